"""SubRip captions (SRT), which never had a specification and are typed, cut and converted by everybody.

What is tolerated: indices that are wrong, doubled or missing, no blank line between two cues, blank lines inside one,
a point for the comma, one digit for two, a missing hour, tags of SubRip (``<font>``) and of SubStation (``{\\an8}``).
No word is dropped: those without a time of their own stay with the cue before them, and are reported.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import pairwise

from ingest.cues import Cue, take_down
from ingest.formats import Format
from ingest.reading import Problem, Reading
from playhead.errors import TranscriptError
from playhead.timestamps import parse as parse_time

_TIME = r"(?:\d{1,3}\s?:\s?)?\d{1,2}\s?:\s?\d{1,2}(?:\s?[.,]\s?\d{1,3})?"
_TIMING = re.compile(rf"\ufeff?\s{{0,8}}({_TIME})\s{{0,8}}-{{1,2}}>\s{{0,8}}({_TIME})(?:\s.{{0,500}})?")
_INDEX = re.compile(r"\ufeff?\s{0,8}\d{1,9}\s{0,8}")
_TAG = re.compile(r"</?(?:font|[bis]|strike|br)(?:\s[^<>]{0,200})?/?>|\{\\[^{}\n]{0,200}\}", re.IGNORECASE)
FIRST_LINES = 12
"""The first times stand this near to the beginning."""
MOST_BLANK = 4
"""Lines between the number of a cue and its times."""


@dataclass(slots=True)
class Open:
    """The cue that is being read: where its times stand, and its lines with where each begins and ends."""

    line: int
    start: float
    end: float
    said: list[tuple[str, int, int]] = field(default_factory=list)

    def cue(self) -> Cue:
        """The cue, complete."""
        lines = tuple(_TAG.sub("", line) for line, _, _ in self.said)
        return Cue(self.line, self.start, self.end, lines, (self.said[0][1], self.said[-1][2]))


def looks_like(head: str) -> bool:
    """No header of WebVTT, and the first arrow is between times with a decimal comma (a point is WebVTT).

    Where they have neither, the number of the cue stands above.
    """
    opening = head.lstrip("\ufeff \t\r\n")
    if opening.startswith("WEBVTT"):
        return False
    lines = ["", *opening.split("\n")[:FIRST_LINES]]
    timings = ((above, line.partition(">")[0]) for above, line in pairwise(lines) if _timing(line.rstrip("\r")))
    above, first = next(timings, ("", ""))
    return "," in first or ("." not in first and _INDEX.fullmatch(above) is not None)


def parse(text: str) -> Reading:
    """Read the cues. Words without a time of their own, and times that are none, become a Problem."""
    problems: list[Problem] = []
    cues = list(_cues(text, problems))
    if not cues:
        raise TranscriptError("there is not one cue in it; a cue is 00:00:01,000 --> 00:00:04,000 and a line of words")
    return Reading("subrip", transcript=take_down(cues), problems=tuple(problems))


def _cues(text: str, problems: list[Problem]) -> Iterator[Cue]:
    """All that stands between two lines of times is the first one's, except the number of the second."""
    current: Open | None = None
    at, opened, blank = 0, 0, True
    lines = text.split("\n")
    for number, whole in enumerate(lines, 1):
        line, begin, at = whole.rstrip("\r"), at, at + len(whole) + 1
        following = lines[number].rstrip("\r") if number < len(lines) else ""
        if times := _timing(line):
            if current and current.said:
                yield current.cue()
            current = Open(number, *times)
            opened += 1
        elif not line.strip("\ufeff \t") or (_INDEX.fullmatch(line) and _timing(following)):
            pass
        elif blank and line.strip() == str(opened + 1) and _timing(_next_written(lines, number)):
            pass  # The number of the next cue, with a blank line below it.
        elif current and blank and following.strip() and _INDEX.fullmatch(line):
            problems.append(Problem(f"cue {line.strip()} has no times; its words go with the cue before", number))
        elif "-->" in line:
            problems.append(Problem(f"these times are not understood: {line.strip()[:80]}", number))
        elif current:
            current.said.append((line, begin, begin + len(line)))
        else:
            problems.append(Problem(f"this stands before the first time and is left out: {line.strip()[:80]}", number))
        blank = not line.strip()
    if current and current.said:
        yield current.cue()


def _next_written(lines: list[str], number: int) -> str:
    """The next line that is not blank, of the few below."""
    return next((line.rstrip("\r") for line in lines[number : number + MOST_BLANK] if line.strip()), "")


def _timing(line: str) -> tuple[float, float] | None:
    match = _TIMING.fullmatch(line) if ">" in line and len(line) < 1000 else None
    start, end = (parse_time(time.replace(" ", "")) for time in match.groups()) if match else (None, None)
    return None if start is None or end is None else (start, end)


FORMAT = Format(
    name="subrip",
    title="SubRip captions (SRT)",
    suffixes=(".srt",),
    looks_like=looks_like,
    parse=parse,
    example="00:00:14,200 --> 00:00:18,560\nEveryone asks.",
)
