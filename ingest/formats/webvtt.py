"""WebVTT, the web's own captions, as tools really write it.

The cues are scanned here rather than by webvtt-py, which knows neither the line nor the offset of a cue, takes one
voice per cue and drops a cue whose time has a decimal comma; the tests hold the two against each other.

Spec: https://www.w3.org/TR/webvtt1/. Beyond it: headers that are missing, decimal commas, and all that `ingest.cues`
knows of who speaks.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from ingest.cues import Cue, is_track_of_chapters, take_down
from ingest.formats import Format
from ingest.reading import Problem, Reading
from playhead.errors import TranscriptError
from playhead.timestamps import parse as parse_time

_TIME = r"(?:\d{1,4}:)?\d{1,2}:\d{2}(?:[.,]\d{1,3})?"
_TIMING = re.compile(rf"\s{{0,8}}({_TIME})\s{{0,8}}-{{1,2}}>\s{{0,8}}({_TIME})(?:\s.{{0,500}})?")
_CLOCKED = re.compile(r"\s{0,8}(?:\d{1,4}:)?\d{1,2}:\d{1,2}(?:[.,]\d{1,3})?\s{0,8}-{1,2}>")
_HEADER = re.compile("\ufeff?WEBVTT(?:[ \t\n\r]|$)")
_ARROW = re.compile(r"\d\s{0,8}-->|-->\s{0,8}\d")
_BLOCK = re.compile(r"(?:NOTE|STYLE|REGION)(?:\s|$)")
FIRST_LINES = 12
"""Where the header is missing, the first times stand this near to the beginning."""
LONGEST_LINE = 1000
"""Of times."""


@dataclass(frozen=True, slots=True)
class Line:
    """A line of words and where it starts in the file; it ``opens`` a block where a blank one stands above it."""

    number: int
    words: str
    start: int
    opens: bool


def looks_like(head: str) -> bool:
    """The header; or, where it is missing, a first cue whose times have a decimal point (a comma is SubRip)."""
    if _HEADER.match(head):
        return not is_track_of_chapters(head)
    opening = head.lstrip("\ufeff \t\r\n").split("\n")[:FIRST_LINES]
    timing = next((line for line in map(str.rstrip, opening) if _CLOCKED.match(line)), "")
    first = timing.partition(">")[0]
    return "." in first and "," not in first and _timing(timing) is not None


def parse(text: str) -> Reading:
    """Read the cues. Times that are not understood become a Problem."""
    problems: list[Problem] = []
    cues = list(_cues(text, problems))
    if not cues:
        raise TranscriptError("there is not one cue in it; a cue is 00:01.000 --> 00:04.000 and a line of words")
    return Reading("webvtt", transcript=take_down(cues), problems=tuple(problems))


def _cues(text: str, problems: list[Problem]) -> Iterator[Cue]:
    """All that stands between two lines of times is the first one's, except notes and what the second is called.

    The standard drops what stands below a blank line without times of its own. It was written to be read.
    """
    timing: tuple[int, float, float] | None = None
    said: list[Line] = []
    at = 0
    skipping, opens = False, True
    for number, whole in enumerate(text.split("\n"), 1):
        line, start, at = whole.strip("\ufeff").rstrip("\r"), at, at + len(whole) + 1
        times = _timing(line)
        are_times = times or _ARROW.search(line[:LONGEST_LINE])
        last = said[-1] if said and said[-1].number == number - 1 else None
        if are_times and last and (last.opens or last.words.strip().isdecimal()):
            # What the cue is called; where no blank line stands between two cues, only a number is.
            said.pop()
        if times:
            if timing and said:
                yield _cue(timing, said)
            timing, said, skipping = (number, *times), [], False
        elif not line.strip():
            skipping = False
        elif opens and _BLOCK.match(line):
            skipping = True
        elif skipping:
            pass
        elif are_times:
            problems.append(Problem(f"these times are not understood: {line.strip()[:80]}", number))
        elif timing:
            said.append(Line(number, line, start, opens))
        opens = not line.strip()
    if timing and said:
        yield _cue(timing, said)


def _cue(timing: tuple[int, float, float], said: list[Line]) -> Cue:
    return Cue(*timing, tuple(line.words for line in said), (said[0].start, said[-1].start + len(said[-1].words)))


def _timing(line: str) -> tuple[float, float] | None:
    match = _TIMING.fullmatch(line) if "->" in line and len(line) < LONGEST_LINE else None
    start, end = (parse_time(time) for time in match.groups()) if match else (None, None)
    return None if start is None or end is None else (start, end)


FORMAT = Format(
    name="webvtt",
    title="WebVTT captions",
    suffixes=(".vtt", ".webvtt"),
    looks_like=looks_like,
    parse=parse,
    example="WEBVTT\n\n00:00:14.200 --> 00:00:18.560\nEveryone asks.",
)
