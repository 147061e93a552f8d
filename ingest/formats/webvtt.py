"""WebVTT, the web's own captions, as tools really write it.

The cues are scanned here rather than by webvtt-py, which knows neither the line nor the offset of a cue, takes one
voice per cue and drops a cue whose time has a decimal comma; the tests hold the two against each other.

Spec: https://www.w3.org/TR/webvtt1/. Beyond it: headers that are missing, decimal commas, and all that `ingest.cues`
knows of who speaks.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from ingest.cues import Cue, take_down
from ingest.formats import Format
from ingest.reading import Problem, Reading
from playhead.errors import TranscriptError
from playhead.timestamps import parse as parse_time

_TIME = r"(?:\d{1,4}:)?\d{1,2}:\d{2}[.,]\d{1,3}"
_TIMING = re.compile(rf"\s{{0,8}}({_TIME})\s{{0,8}}-->\s{{0,8}}({_TIME})(?:\s.{{0,500}})?")
_HEADER = re.compile("\ufeff?WEBVTT(?:[ \t\n\r]|$)")
_HEADERLESS = re.compile(
    r"\ufeff?\s{0,20}(?:[^\n]{0,80}\n)?\s{0,8}(?:\d{1,4}:)?\d{1,2}:\d{2}\.\d{3}\s{0,8}-->\s{0,8}\d"
)
_BLOCK = re.compile(r"(?:NOTE|STYLE|REGION)(?:\s|$)")


def looks_like(head: str) -> bool:
    """The header; or, where it is missing, a first cue whose times have a decimal point (a comma is SubRip)."""
    return bool(_HEADER.match(head) or _HEADERLESS.match(head))


def parse(text: str) -> Reading:
    """Read the cues. Times that are not understood become a Problem."""
    problems: list[Problem] = []
    cues = list(_cues(text, problems))
    if not cues:
        raise TranscriptError("there is not one cue in it; a cue is 00:01.000 --> 00:04.000 and a line of words")
    return Reading("webvtt", transcript=take_down(cues), problems=tuple(problems))


def _cues(text: str, problems: list[Problem]) -> Iterator[Cue]:
    """Blocks up to a blank line that hold a timing line; a second timing line begins a cue of its own."""
    timing: tuple[int, float, float] | None = None
    said: list[str] = []
    begin = at = 0
    skipping, blank = False, True
    for number, whole in enumerate((*text.split("\n"), ""), 1):
        line, start, at = whole.rstrip("\r"), at, at + len(whole) + 1
        times = _timing(line)
        if times or not line:
            if times and said and said[-1].strip().isdecimal():
                # No blank line stands between two cues: it is the number of the second, not what the first says.
                said.pop()
            if timing and said:
                yield Cue(*timing, tuple(said), (begin, start - 1))
            timing, said, skipping = (number, *times) if times else None, [], False
        elif blank and _BLOCK.match(line):
            skipping = True
        elif timing and not skipping:
            if not said:
                begin = start
            said.append(line)
        elif "-->" in line and not skipping:
            problems.append(Problem(f"these times are not understood: {line.strip()[:80]}", number))
        blank = not line


def _timing(line: str) -> tuple[float, float] | None:
    match = _TIMING.fullmatch(line) if "-->" in line and len(line) < 1000 else None
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
