"""A list of chapters typed by hand, as YouTube's descriptions have it: ``0:00 Intro`` on a line each.

`ingest.listed_chapters` says what such a line is. Here every line is one, but for a heading above them.
"""

from __future__ import annotations

from ingest.formats import HEAD, Format
from ingest.listed_chapters import chapters_in, is_all, is_spoken, lines_of, timed_lines
from ingest.reading import Problem, Reading
from playhead.errors import TranscriptError


def looks_like(head: str) -> bool:
    """Three lines or more, each with a time first or last, and not read as speech."""
    whole = head if len(head) < HEAD else head.rpartition("\n")[0]
    lines = lines_of(whole)
    found = timed_lines(lines)
    return bool(found) and is_all(lines, found) and not is_spoken(found)


def parse(text: str) -> Reading:
    """Read the chapters in order of time. A line that is none becomes a Problem."""
    lines = lines_of(text)
    found = timed_lines(lines)
    if not found:
        raise TranscriptError('this is no list of chapters; write three or more, such as "12:30 The lock"')
    listed = {line.number for line in found}
    first = found[0].number
    problems = [
        Problem(f"this line has no time that is understood, so it is no chapter: {line[:80]}", number)
        for number, line in enumerate(lines, 1)
        if line and number not in listed and number > first
    ]
    chapters = chapters_in(found, problems, "chapter_list")
    return Reading("chapter_list", chapters=chapters, problems=tuple(problems))


FORMAT = Format(
    name="chapter_list",
    title="chapters as lines with a time",
    suffixes=(".txt",),
    looks_like=looks_like,
    parse=parse,
    role="chapters",
    example="0:00 Toast first\n2:01 The lock\n9:30 Outro",
)
