"""Lines that begin with a time: ``00:00:08 words``, ``[00:00:08] Ada: words``.

A list of chapters or show notes looks the same, and is nobody's speech. So every line has a time, the times go forward,
most lines end as sentences do, and the middle gap between two is at most a minute, or names come back. Talk Python
publishes such files.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace
from itertools import pairwise
from statistics import median

from ingest import cues
from ingest.cues import Cue
from ingest.formats import HEAD, Format
from ingest.reading import Problem, Reading
from ingest.stamps import WHOLE_SECOND
from playhead.errors import TranscriptError
from playhead.timestamps import parse as parse_time

_LINE = re.compile(
    r"[ \t]{0,3}(?P<open>[\[(])?(?P<time>\d{1,3}:\d{2}(?::\d{2})?(?:\.\d{1,3})?)(?(open)[\])])[ \t]{1,8}(?P<words>\S.*)"
)
_SENTENCE_END = re.compile(r"[.?!,…][\"'”’)]?\s{0,8}\Z")
FEWEST = 3
SENTENCES = 0.6
WIDEST = 60.0


def looks_like(head: str) -> bool:
    """At least three lines, each with a time, forward, most of them sentences, close together or by recurring names."""
    whole = head if len(head) < HEAD else head.rpartition("\n")[0]
    written = [line for line in whole.lstrip("\ufeff").split("\n") if line.strip()]
    lines = [line for line in map(_LINE.match, written) if line]
    times = [seconds for line in lines if (seconds := parse_time(line["time"])) is not None]
    if len(times) < FEWEST or len(times) < len(written) or times != sorted(times):
        return False
    sentences = sum(1 for line in lines if _SENTENCE_END.search(line["words"]))
    if sentences < SENTENCES * len(lines):
        return False
    gap = median(after - before for before, after in pairwise(times))
    return gap <= WIDEST or cues.names_recur([line["words"] for line in lines])


def parse(text: str) -> Reading:
    """Read the lines. One without a time goes on with the one before it; a time that is none becomes a Problem.

    Raises TranscriptError where no line has a time.
    """
    problems: list[Problem] = []
    said = list(_cues(text, problems))
    if not said:
        raise TranscriptError('no line begins with a time, such as "00:00:08 words"')
    transcript = cues.take_down(said, may_roll=False)
    # A time on a line says when it begins, cut to the second, and not when it ends.
    stamps = (replace(stamp, kind="stamp", error=WHOLE_SECOND, until=None) for stamp in transcript.stamps)
    return Reading("timed_lines", replace(transcript, stamps=tuple(stamps)), problems=tuple(problems))


def _cues(text: str, problems: list[Problem]) -> Iterator[Cue]:
    opened: tuple[int, float, int] | None = None
    words: list[str] = []
    at = end = 0
    for number, written in enumerate(text.split("\n"), 1):
        begin, at = at, at + len(written) + 1
        if not (line := written.strip("\ufeff\r")).strip():
            continue
        timed = _LINE.match(line)
        seconds = parse_time(timed["time"]) if timed else None
        if timed and seconds is None:
            problems.append(Problem(f"this time is not understood: {timed['time']}", number))
        if timed and seconds is not None:
            if opened:
                yield _cue(opened, words, end)
            opened, words = (number, seconds, begin), [timed["words"]]
        elif opened:
            words.append(line)
        else:
            problems.append(Problem("this stands before the first time, so nobody says it", number))
        end = begin + len(written)
    if opened:
        yield _cue(opened, words, end)


def _cue(opened: tuple[int, float, int], words: list[str], end: int) -> Cue:
    number, seconds, begin = opened
    return Cue(number, seconds, seconds, tuple(words), (begin, end))


FORMAT = Format(
    name="timed_lines",
    title="text with a time at the start of every line",
    suffixes=(".txt",),
    looks_like=looks_like,
    parse=parse,
    example="04:15 Everyone asks.",
)
