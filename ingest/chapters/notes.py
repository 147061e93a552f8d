"""Show notes beside a transcript, in Markdown, HTML or plain: what an episode is about, and times in a list.

A file whose name says so is read as notes whatever is in it; by what is in it, one that has a list of times among other
lines. The text is the description where nobody states one, and the times are chapters where nothing else has any.
"""

from __future__ import annotations

import re

from ingest.formats import HEAD, Format
from ingest.listed_chapters import FEWEST, chapters_in, is_all, is_spoken, lines_of, timed_lines
from ingest.reading import Facts, Problem, Reading
from ingest.scribe import plain
from playhead.errors import TranscriptError

_MARKED = re.compile(r"[ \t]{0,8}(?:[*+•-]|\d{1,3}[.)])[ \t]{1,8}\S")
_HEADING = re.compile(r"#{1,6}\s+")
_BLANKS = re.compile(r"\n{3,}")


def looks_like(head: str) -> bool:
    """A list whose items begin or end with times, among other lines, and not read as speech."""
    whole = head if len(head) < HEAD else head.rpartition("\n")[0]
    written, lines = whole.split("\n"), lines_of(whole)
    found = timed_lines(lines)
    if len(lines) != len(written) or is_all(lines, found) or is_spoken(found):
        return False
    return sum(1 for line in found if _MARKED.match(written[line.number - 1])) >= FEWEST


def parse(text: str) -> Reading:
    """Read the notes. Times that do not fit into a list become Problems."""
    problems: list[Problem] = []
    lines = lines_of(text)
    about = plain(_BLANKS.sub("\n\n", "\n".join(_HEADING.sub("", line) for line in lines)))
    if not about:
        raise TranscriptError("there is not one word in these notes")
    chapters = chapters_in(timed_lines(lines), problems, "notes")
    return Reading("notes", chapters=chapters, facts=Facts(description=about), problems=tuple(problems))


FORMAT = Format(
    name="notes",
    title="show notes with a list of times",
    suffixes=(".md", ".markdown", ".txt"),
    looks_like=looks_like,
    parse=parse,
    role="notes",
    example="Show notes.\n\n* [04:15](#t=04:15) The tide\n* [09:30](#t=09:30) The bell\n* [12:00](#t=12:00) The lock",
)
