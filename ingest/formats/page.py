"""An episode's web page, as text or HTML: what it is about, its chapters, and a transcript, mostly without speakers.

`ingest.webpages` reads HTML; this is about text.

Sections follow one another under their bare headings: ``Featuring``, ``Sponsors``, ``Notes & Links``, ``Chapters``
(``number | start | title | duration |``), ``Transcript``. Starts are trusted; durations are rounded by whoever wrote
them and only the last one is used.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import replace
from itertools import pairwise

from ingest.chapters import kind_of
from ingest.formats import HEAD, Format
from ingest.markup import is_html
from ingest.reading import Facts, Problem, Reading
from ingest.scribe import Scribe, plain
from ingest.stamps import MARK, lift
from ingest.webpages import open_page, reading
from playhead.model import Chapter, Transcript
from playhead.timestamps import parse as parse_time
from playhead.voices import marker

HEADINGS = ("Featuring", "Sponsors", "Notes & Links", "Chapters", "Transcript")

Numbered = tuple[int, int, str]
"""Number of a line in the file, where the line begins in it, and the line."""

_ROW = re.compile(r"\s*(\d{1,4})\s*\|\s*([\d:.]{1,12})\s*\|\s*(\S[^\n]{0,500}?)\s*\|\s*([\d:.]{0,12})\s*\|?\s*")
_HEADER_ROW = re.compile(r"Chapter Number\s*\|.{0,200}")
_MARKER = re.compile(r"(\w{1,20}(?: \w{1,20})?)\s?:\s*(.{1,200})")
_NOISE = re.compile(r"Play the audio to listen along.{0,100}|Our transcripts are open source on GitHub.{0,100}")


def looks_like(text: str) -> bool:
    """Text with two of the section headings, each alone on its line, or a chapter table; HTML of an episode."""
    page = open_page(text)
    if page is not None:
        return page.is_episode
    lines = [line.strip() for line in text[:HEAD].splitlines()]
    return len({line for line in lines if line in HEADINGS}) > 1 or any(map(_HEADER_ROW.fullmatch, lines))


def parse(text: str) -> Reading:
    """Read the page. A row or a time that is not understood becomes a Problem.

    Raises TranscriptError for HTML that is no page of an episode.
    """
    if is_html(text):
        return reading(text, "page")
    sections = _sections(text)
    problems: list[Problem] = []
    chapters = _chapters(sections.get("Chapters", ()), problems)
    transcript = _transcript(sections["Transcript"], problems) if "Transcript" in sections else None
    about = plain("\n".join(line for _, _, line in sections[""]))
    facts = Facts(description=about or None, duration=chapters[-1].end if chapters else None)
    return Reading("page", transcript, chapters, facts, tuple(problems))


def _sections(text: str) -> dict[str, list[Numbered]]:
    """The page's lines under their headings; what stands before the first is under the empty one."""
    sections: dict[str, list[Numbered]] = {"": []}
    heading, at = "", 0
    for number, line in enumerate(text.split("\n"), 1):
        # A talk may say "Chapters" on a line of its own: nothing follows the transcript.
        if heading != "Transcript" and line.strip() in HEADINGS:
            heading = line.strip()
            sections.setdefault(heading, [])
        elif line.strip():
            sections[heading].append((number, at, line))
        at += len(line) + 1
    return sections


def _chapters(lines: Iterable[Numbered], problems: list[Problem]) -> tuple[Chapter, ...]:
    chapters: list[Chapter] = []
    length: float | None = None
    for number, _, line in lines:
        row = _ROW.fullmatch(line) if len(line) < 1000 else None
        start = parse_time(row[2]) if row else None
        if row is None or start is None:
            if not _HEADER_ROW.fullmatch(line.strip()):
                problems.append(
                    Problem(f"this row of the chapter table is not understood: {line.strip()[:80]}", number)
                )
            continue
        title = plain(row[3])
        chapters.append(Chapter(int(row[1]), title, start, kind=kind_of(title), source="page"))
        length = parse_time(row[4])
    if chapters and chapters[-1].start is not None and length is not None:
        chapters[-1] = replace(chapters[-1], end=chapters[-1].start + length)
    ended = (replace(chapter, end=following.start) for chapter, following in pairwise(chapters))
    return (*ended, *chapters[-1:])


def _transcript(lines: Iterable[Numbered], problems: list[Problem]) -> Transcript:
    """Every paragraph is a turn of its own: the page does not say who speaks."""
    scribe = Scribe()
    for number, at, line in lines:
        if _NOISE.match(line.strip()):
            continue
        label = _MARKER.fullmatch(line.strip())
        kind = marker(label[1]) if label else None
        said = lift(label[2] if label and kind else line)
        problems.extend(Problem(f"this time is not understood: {written}", number) for written in said.unread)
        if kind and said.is_silent:
            start, end = (*(stamp.seconds for stamp in said.stamps), None, None)[:2]
            scribe.rest(kind, start, end, number)
            continue
        raw = (at, at + len(line.rstrip()))
        scribe.turn(None)
        first, *rest = said.text.split(MARK)
        scribe.say(first, raw)
        for stamp, words in zip(said.stamps, rest, strict=True):
            scribe.stamp(stamp.seconds, stamp.error, number)
            scribe.say(words, raw)
    return scribe.transcript()


FORMAT = Format(
    name="page",
    title="an episode's web page as text or HTML, with chapters",
    suffixes=(".txt", ".text", ".html", ".htm", ".xhtml"),
    looks_like=looks_like,
    parse=parse,
    role="page",
    looks_at_all=True,
    example="Transcript\nEveryone asks.",
)
