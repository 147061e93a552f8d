"""Lines that begin with a time: ``00:00:08 words``, ``[00:00:08] Ada: words``, ``[00:08.000 --> 00:11.500] words``.

A list of chapters or show notes looks the same, and is nobody's speech. So every line has a time, the times go forward,
and `ingest.cues.is_talk`: sentences that follow each other closely, or people who take turns. Talk Python publishes
such files; those with an arrow are what Whisper and whisper.cpp print, cut where they like.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace

from ingest import cues
from ingest.cues import Cue
from ingest.formats import HEAD, Format
from ingest.reading import Problem, Reading
from ingest.stamps import ONE_FRAME, WHOLE_SECOND
from playhead.errors import TranscriptError
from playhead.timestamps import parse as parse_time

_CLOCK = r"\d{1,3}:\d{2}(?::\d{2})?(?:\.\d{1,3})?"
_LINE = re.compile(
    rf"[ \t]{{0,3}}(?P<open>[\[(])?(?P<time>{_CLOCK})(?(open)(?:[ \t]?-->[ \t]?(?P<end>{_CLOCK}))?[\])])"
    r"[ \t]{1,8}(?P<words>\S.*)"
)
FEWEST = 3


def looks_like(head: str) -> bool:
    """At least three lines, each with a time, forward, that are talk; or two where every time has an end."""
    whole = head if len(head) < HEAD else head.rpartition("\n")[0]
    written = [line for line in whole.lstrip("\ufeff").split("\n") if line.strip()]
    lines = [line for line in map(_LINE.match, written) if line]
    times = [seconds for line in lines if (seconds := parse_time(line["time"])) is not None]
    if len(times) < len(written) or times != sorted(times):
        return False
    if len(times) > 1 and all(line["end"] for line in lines):
        return True
    return len(times) >= FEWEST and cues.is_talk(times, [line["words"] for line in lines])


def parse(text: str) -> Reading:
    """Read the lines. One without a time goes on with the one before it; a time that is none becomes a Problem.

    Raises TranscriptError where no line has a time.
    """
    problems: list[Problem] = []
    said = list(_cues(text, problems))
    if not said:
        raise TranscriptError('no line begins with a time, such as "00:00:08 words"')
    transcript = cues.take_down(said, may_roll=False)
    # One time on a line says when it begins, most often cut to the second, and not when it ends.
    error = WHOLE_SECOND if all(cue.start.is_integer() for cue in said) else ONE_FRAME
    stamps = (
        stamp if stamp.until != stamp.seconds else replace(stamp, kind="stamp", error=error, until=None)
        for stamp in transcript.stamps
    )
    return Reading("timed_lines", replace(transcript, stamps=tuple(stamps)), problems=tuple(problems))


def _cues(text: str, problems: list[Problem]) -> Iterator[Cue]:
    opened: tuple[int, float, float, int] | None = None
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
            until = parse_time(timed["end"]) if timed["end"] else None
            opened, words = (number, seconds, seconds if until is None else until, begin), [timed["words"]]
        elif opened:
            words.append(line)
        else:
            problems.append(Problem("this stands before the first time, so nobody says it", number))
        end = begin + len(written)
    if opened:
        yield _cue(opened, words, end)


def _cue(opened: tuple[int, float, float, int], words: list[str], end: int) -> Cue:
    number, seconds, until, begin = opened
    return Cue(number, seconds, until, tuple(words), (begin, end))


FORMAT = Format(
    name="timed_lines",
    title="text with a time at the start of every line",
    suffixes=(".txt",),
    looks_like=looks_like,
    parse=parse,
    example="04:15 Everyone asks.",
)
