"""Chapters that somebody typed as lines with a time: ``0:00 Intro``, ``- (12:30) – The lock``, ``The lock | 12:30``.

In a video's description, an episode's, or its show notes. The time stands first or last, as in yt-dlp, which tries the
one and then the other (``_extract_chapters_from_description``). Times in prose are no chapters, nor is a timetable.
"""

from __future__ import annotations

import html
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from ingest import markdown
from ingest.chapters import in_order, kind_of
from ingest.cues import is_talk
from ingest.reading import Problem
from ingest.rising import longest_rising
from ingest.values import LONGEST_EPISODE, one_line
from playhead.model import Chapter
from playhead.timestamps import parse as parse_time

FEWEST = 3
FORWARD = 0.8
"""Of the times in a list, at least this share goes forward; a few are written down in the wrong place."""
DISTINCT = 0.75
"""Speakers come back, chapters hardly ever."""
MOST_WORDS = 30
MOST_OTHERS = 1
LONGEST_LINE = 1000
MOST_LINES = 100_000

_CLOCK = r"(?:\d{1,2}:)?\d{1,3}:\d{2}(?:\.\d{1,3})?(?![\d:,.]*\d)"
_FIRST = re.compile(
    r"\W{0,12}?(?:\d{1,3}[.)]\s{1,4})?[(\[{<]?\s?"
    rf"(?P<time>{_CLOCK})(?:\s?(?:-|–|—|to|bis)\s?{_CLOCK})?\s?[)\]}}>]?"
    r"(?:\s{0,8}(?:[-–—:|•·~=>→]{1,3}|[.,](?=\s))\s{0,8}|\s{1,8})(?P<title>\S.*)"
)
_LAST = re.compile(
    r"(?P<title>.*\S)\s{0,8}"
    rf"(?:(?P<apart>[-–—:|•·~@→…(\[{{<]|\.{{2,}})\s{{0,8}}|\s)[(\[{{<]?(?P<time>(?<![\d:.,]){_CLOCK})\s?[)\]}}>]?[.,;]?\s{{0,8}}"
)
_LEAD = re.compile(r"(?:\W{0,12}?[-*+•·▶►‣◦]\s{1,8}|[\s>#]{0,12})(?:\d{1,3}[.)]\s{1,4})?")
_DOTS = re.compile(r"(?:\s?\.{2,16}|\s?…|\s?:|\s@)\Z")
_DAYTIME = re.compile(r"(?:[ap]\.?m\b|uhr\b|o['’]clock|(?:utc|gmt|c?est?|[cemp][sd]?t)\b)", re.IGNORECASE)
# Lower-case words that go on with a sentence before or after the time.
_PROSE_AFTER = re.compile(r"(?:is|was|are|and|or|but|when|where|while|to|until|till|in the|on the|he|she|they|we)\b")
_PROSE_BEFORE = re.compile(
    r"\b(?:at|by|from|to|until|till|about|around|before|after|and|or|of|minute|um|gegen|bis|ab|à|vers|las)\Z"
)
_WORD = re.compile(r"\w")
_WIDE_COLON = re.compile(r"(?<=\d)：(?=\d)")
# Marks of direction and of joining stand before and after times in some scripts.
_UNSEEN = re.compile("[\u200b\u200e\u200f\u202a-\u202e\u2060\u2066-\u2069\ufeff]")
_TIME = re.compile(r"\d:\d\d")
_TAG = re.compile(
    r"</?(?:a|b|i|em|strong|span|p|li|ul|ol|div|br|h[1-6]|code|u|small|time)(?:\s[^<>\n]{0,2000})?/?>", re.IGNORECASE
)
_BLOCK = re.compile(r"<(?:/?(?:p|li|ul|ol|div|h[1-6]|tr|table)|br)(?:\s[^<>\n]{0,2000})?/?>", re.IGNORECASE)

QUARTER, OPENING = 15.0, 300.0
"""Times of the day come in quarters, and no timetable begins at five minutes past midnight."""


@dataclass(frozen=True, slots=True)
class Line:
    """A line with a time in it, and the words beside the time."""

    number: int
    seconds: float
    title: str


def lines_of(text: str) -> list[str]:
    """The lines of a description or of show notes as a reader sees them: without HTML and Markdown."""
    shown = html.unescape(_TAG.sub("", _BLOCK.sub("\n", text))) if "</" in text or "<br" in text else text
    shown = _WIDE_COLON.sub(":", _UNSEEN.sub("", shown))
    return [markdown.plain(line).strip() if len(line) <= LONGEST_LINE else "" for line in shown.split("\n", MOST_LINES)]


def timed_lines(lines: Sequence[str]) -> tuple[Line, ...]:
    """Those of ``lines`` that are a list of chapters; none where they are not: too few, in prose, or a timetable.

    A list that stands there twice, as in many feeds, counts once.
    """
    timed = [(number, line) for number, line in enumerate(lines, 1) if _TIME.search(line)]
    for read in (_first, _last):
        found: dict[tuple[float, str], Line] = {}
        for number, written in timed:
            if line := read(number, written):
                found.setdefault((line.seconds, line.title), line)
        if _is_list(list(found.values())):
            return tuple(found.values())
    return ()


def chapters_in(
    lines: Iterable[Line], problems: list[Problem], source: str, duration: float | None = None
) -> tuple[Chapter, ...]:
    """The chapters of a list, in order of time. One that begins after ``duration`` seconds becomes a Problem."""
    kept: list[Line] = []
    for line in lines:
        if duration is not None and line.seconds > duration:
            problems.append(Problem(f'"{line.title[:80]}" would begin after the end of the episode', line.number))
        else:
            kept.append(line)
    numbers = {place: line.number for place, line in enumerate(kept, 1)}
    chapters = (Chapter(0, line.title, line.seconds, kind=kind_of(line.title), source=source) for line in kept)
    return in_order(enumerate(chapters, 1), problems, numbers)


def is_all(lines: Sequence[str], found: Sequence[Line]) -> bool:
    """Is the list all there is, but for a heading?"""
    listed = {line.number for line in found}
    others = [line for number, line in enumerate(lines, 1) if line and number not in listed]
    return len(others) <= MOST_OTHERS and not any(map(_TIME.search, others))


def is_spoken(lines: Sequence[Line]) -> bool:
    """Does the list read as speech with a time before every sentence?"""
    return is_talk([line.seconds for line in lines], [line.title for line in lines])


def _first(number: int, line: str) -> Line | None:
    found = _FIRST.fullmatch(line)
    if found is None or _DAYTIME.match(found["title"]) or _PROSE_AFTER.match(found["title"]):
        return None
    return _line(number, found["time"], found["title"])


def _last(number: int, line: str) -> Line | None:
    found = _LAST.fullmatch(line)
    if found is None or (not found["apart"] and _PROSE_BEFORE.search(found["title"].casefold())):
        return None
    return _line(number, found["time"], _DOTS.sub("", _LEAD.sub("", found["title"], count=1)))


def _line(number: int, written: str, words: str) -> Line | None:
    seconds, title = parse_time(written), one_line(words)
    title = title.strip(" \t-–—|•·~→") if title else None
    if seconds is None or seconds > LONGEST_EPISODE or not title or not _WORD.search(title):
        return None
    return Line(number, seconds, title) if len(title.split()) <= MOST_WORDS else None


def _is_list(lines: Sequence[Line]) -> bool:
    if len(lines) < FEWEST:
        return False
    times = [line.seconds for line in lines]
    if len({line.title for line in lines}) < DISTINCT * len(lines):
        return False
    if len(set(times)) < FEWEST or len(longest_rising(times)) < max(FEWEST, FORWARD * len(times)):
        return False
    return min(times) < OPENING or any(seconds % QUARTER for seconds in times)
