"""YouTube's own captions as text, SubViewer in name: ``0:00:00.599,0:00:04.160`` above the words of each caption.

YouTube Studio exports and takes them; a line inside a caption may end with ``[br]``. They roll as its WebVTT does.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from ingest.cues import Cue, take_down
from ingest.formats import Format
from ingest.reading import Problem, Reading
from playhead.errors import TranscriptError
from playhead.timestamps import parse as parse_time

_CLOCK = r"\d{1,3}:\d{1,2}:\d{1,2}\.\d{1,3}"
_TIMING = re.compile(rf"\ufeff?[ \t]{{0,8}}({_CLOCK})[ \t]{{0,4}},[ \t]{{0,4}}({_CLOCK})\s{{0,8}}")
_ALMOST = re.compile(r"[ \t]{0,8}\d{1,3}:[^\s,]{1,16}[ \t]{0,4},[ \t]{0,4}\d[^\s,]{0,16}\s{0,8}")
_BREAK = re.compile(r"\[br\]", re.IGNORECASE)


def looks_like(head: str) -> bool:
    """The first line that is not blank is two times with a comma between them."""
    return _TIMING.fullmatch(head.lstrip("\ufeff \t\r\n").partition("\n")[0][:100]) is not None


def parse(text: str) -> Reading:
    """Read the captions. Times that are none become a Problem, and their words go with the caption before."""
    problems: list[Problem] = []
    cues = list(_cues(text, problems))
    if not cues:
        raise TranscriptError("there is not one caption in it; one is 0:00:01.000,0:00:04.000 and a line of words")
    return Reading("sbv", take_down(cues), problems=tuple(problems))


def _cues(text: str, problems: list[Problem]) -> Iterator[Cue]:
    opened: tuple[int, float, float] | None = None
    said: list[tuple[str, int, int]] = []
    at = 0
    for number, whole in enumerate(text.split("\n"), 1):
        line, begin, at = whole.rstrip("\r"), at, at + len(whole) + 1
        if times := _timing(line):
            if opened and said:
                yield _cue(opened, said)
            opened, said = (number, *times), []
        elif not line.strip("\ufeff \t"):
            pass
        elif _ALMOST.fullmatch(line[:100]):
            problems.append(Problem(f"these times are not understood: {line.strip()}", number))
        elif opened:
            said.append((_BREAK.sub(" ", line), begin, begin + len(line)))
        else:
            problems.append(Problem(f"this stands before the first time and is left out: {line.strip()[:80]}", number))
    if opened and said:
        yield _cue(opened, said)


def _cue(opened: tuple[int, float, float], said: list[tuple[str, int, int]]) -> Cue:
    return Cue(*opened, tuple(line for line, _, _ in said), (said[0][1], said[-1][2]))


def _timing(line: str) -> tuple[float, float] | None:
    match = _TIMING.fullmatch(line[:100])
    start, end = map(parse_time, match.groups()) if match else (None, None)
    return None if start is None or end is None else (start, end)


FORMAT = Format(
    name="sbv",
    title="YouTube's captions as text (SBV)",
    suffixes=(".sbv",),
    looks_like=looks_like,
    parse=parse,
    example="0:00:14.200,0:00:18.560\nEveryone asks.",
)
