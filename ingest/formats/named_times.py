"""A name and a time on a line, then what is said: the text that Otter exports, and Rev and many hands beside it.

``Ada Lovelace  0:01``, ``**Ada** 0:01``, ``Ada (00:01):``, ``[Ada] 00:00:01`` (Zoom), ``[00:00:01.200] - Ada`` (Happy
Scribe). Lists of chapters look much like it, and prose is never to be taken for speech: every name has words under it,
the times go forward, and a name comes back or stands apart from its time as no title does. Times are cut to whole
seconds where they have no fraction.

Zoom saves captions with the time of day. When the recording began nobody says, so such times are none.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise

from ingest.cues import is_name
from ingest.formats import Format
from ingest.notices import is_notice
from ingest.reading import Problem, Reading
from ingest.scribe import Scribe
from ingest.stamps import MARK, ONE_FRAME, WHOLE_SECOND, lift
from playhead.errors import TranscriptError
from playhead.model import Span
from playhead.timestamps import parse as parse_time

_CLOCK = r"\d{1,3}:\d{2}(?::\d{2})?(?:[.,]\d{1,3})?"
_NAME = r"[^\W_][^:*<>()\[\]\n]{0,60}?"
_HEADING = re.compile(
    rf"[ \t]{{0,3}}(?P<bold>\*\*)?(?P<name>{_NAME})(?(bold)\*\*)"
    rf"(?P<apart>[ \t]{{1,8}})(?P<open>[(\[])?(?P<time>{_CLOCK})(?(open)[)\]](?P<colon>:)?)[ \t]{{0,8}}\Z"
)
_CAPTION = re.compile(
    rf"[ \t]{{0,3}}\[(?P<name>{_NAME})\](?P<apart>[ \t]{{1,8}})(?P<time>{_CLOCK})(?P<colon>)[ \t]{{0,8}}\Z"
)
_TIME_FIRST = re.compile(
    rf"[ \t]{{0,3}}(?P<open>[(\[])?(?P<time>{_CLOCK})(?(open)[)\]])(?P<apart>[ \t]{{1,8}}(?:[-–—][ \t]{{1,4}})?)"
    rf"(?P<bold>\*\*)?(?P<name>{_NAME})(?<![.?!,…])(?(bold)\*\*)(?P<colon>:)?[ \t]{{0,8}}\Z"
)
TIME_OF_DAY = 3600.0
"""Captions that begin an hour in do not count from the beginning."""


@dataclass(frozen=True, slots=True)
class Line:
    """A line that is not blank: a heading has a name and a time; ``stands_apart`` where no title is written so.

    ``is_caption`` where Zoom writes so.
    """

    number: int
    words: str
    raw: Span
    opens: bool
    name: str | None = None
    time: str | None = None
    stands_apart: bool = False
    is_caption: bool = False


def looks_like(head: str) -> bool:
    """Two names with times that go forward, words under each, and a name that recurs or is set apart from its time."""
    lines = list(_lines(head))
    headings = [line for line in lines if line.name]
    times = [parse_time(line.time or "") for line in headings]
    known = [time for time in times if time is not None]
    if len(known) < 2 or known != sorted(known) or any(one.name and other.name for one, other in pairwise(lines)):
        return False
    return len({line.name for line in headings}) < len(headings) or all(line.stands_apart for line in headings)


def parse(text: str) -> Reading:
    """Read the turns. What stands before the first name is not said, and becomes a Problem, as do times that are none.

    Raises TranscriptError where nobody is named.
    """
    lines = list(_lines(text))
    first = next((place for place, line in enumerate(lines) if line.name), None)
    if first is None:
        raise TranscriptError('no line is a name and a time, such as "Ada  0:01"')
    problems = [Problem("this stands before the first name, so nobody says it", lines[0].number)] if first else []
    of_day = lines[first].is_caption and (parse_time(lines[first].time or "") or 0.0) >= TIME_OF_DAY
    if of_day:
        problems.append(
            Problem("these are times of day, and nobody says when the recording began", lines[first].number)
        )
    scribe = Scribe()
    for line in lines[first:]:
        if line.name is None:
            if line.opens:
                scribe.paragraph()
            _say(line, scribe, problems)
            continue
        if line.name != scribe.speaker:
            scribe.turn(line.name)
        else:
            scribe.paragraph()
        seconds = parse_time(line.time or "")
        if seconds is None:
            problems.append(Problem(f"this time is not understood: {line.time}", line.number))
        elif not of_day:
            scribe.stamp(seconds, ONE_FRAME if "." in (line.time or "") else WHOLE_SECOND, line.number)
    return Reading("named_times", scribe.transcript(), problems=tuple(problems))


def _say(line: Line, scribe: Scribe, problems: list[Problem]) -> None:
    """The words of a line, and when those behind a time in brackets are said: ``[inaudible 00:00:07]``."""
    said = lift(line.words)
    problems.extend(Problem(f"this time is not understood: {each}", line.number) for each in said.unread)
    first, *rest = said.text.split(MARK)
    scribe.say(first, line.raw)
    for stamp, words in zip(said.stamps, rest, strict=True):
        scribe.stamp(stamp.seconds, stamp.error, line.number)
        scribe.say(words, line.raw)


def _lines(text: str) -> Iterator[Line]:
    at = 0
    blank = True
    for number, written in enumerate(text.split("\n"), 1):
        raw = (at, at + len(written))
        at = raw[1] + 1
        words = written.strip("\ufeff\r")
        if not words.strip() or is_notice(words):
            blank = True
            continue
        heading = _heading(words) if len(words) < 120 else None
        if heading and is_name(heading["name"]):
            is_caption = heading.re is _CAPTION
            apart = heading.re is not _TIME_FIRST and len(heading["apart"].expandtabs()) > 1
            set_apart = bool(heading["colon"]) or is_caption or apart
            time = heading["time"].replace(",", ".")
            yield Line(number, words, raw, blank, heading["name"], time, set_apart, is_caption)
        else:
            yield Line(number, words, raw, blank)
        blank = False


def _heading(line: str) -> re.Match[str] | None:
    return _HEADING.match(line) or _CAPTION.match(line) or _TIME_FIRST.match(line)


FORMAT = Format(
    name="named_times",
    title="text with a name and a time above what is said, as Otter exports it",
    suffixes=(".txt", ".md"),
    looks_like=looks_like,
    parse=parse,
    example="Ada Moss  4:15\nEveryone asks.",
)
