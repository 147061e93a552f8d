"""Rewrites the times an episode of the demo archive states to those that were spoken (`bench.speak`).

Only times change, each in the notation it was written in: stamps cut to seconds or to frames, cues and JSON chapters
to milliseconds, the page's table rounded to seconds. What had no time before has none afterwards.
"""

from __future__ import annotations

import re
from bisect import bisect_left
from collections.abc import Callable, Iterable
from itertools import pairwise
from typing import TYPE_CHECKING, TypeVar

from ingest.pipeline import Prepared
from ingest.sources import Source, read
from playhead.model import Chapter, Transcript
from playhead.timestamps import FRAMES_PER_SECOND, write_precise

if TYPE_CHECKING:
    from bench.speak import Recording

New = TypeVar("New")

_STAMP = re.compile(r"(\\?\[)(\d[\d:]*)(\.\d\d)?(\\?\])")
_CUE = re.compile(r"([\d:]+[.,]\d{3}) --> ([\d:]+[.,]\d{3})")
_START_TIME = re.compile(r'("startTime": )[\d.]+')
_ROW = re.compile(r"(?m)^(\d+) \| [\d:]+ \| (.+) \| [\d:]+ \|$")
NEAR = 1.0
"""Seconds by which a page's table, in whole ones, may be early."""

_DURATION = re.compile(r"(?m)^duration = .+$")


def restate(source: Source, prepared: Prepared, recording: Recording) -> None:
    """Rewrite every file of the episode that states a time. A file whose times cannot all be told is an error."""
    starts = [
        chapter_start(chapter, prepared, recording)
        for chapter in sorted(prepared.episode.chapters, key=lambda chapter: chapter.start or 0.0)
    ]
    texts = (part for part in source.parts if part.role not in ("audio", "sheet"))
    for part, reading in zip(texts, read(source), strict=True):
        text = part.path.read_text("utf-8")
        if reading.transcript is not None:
            text = _with_cues(text, prepared, reading.transcript, recording)
            text = _with_stamps(text, prepared, recording)
        text = _with(_START_TIME, text, (f"{start:.3f}".rstrip("0").rstrip(".") for start in starts), _first)
        rows = zip(starts, [*starts[1:], recording.seconds], strict=True)
        clocks = (f"{_clock(round(start))} {_clock(round(end) - round(start))}" for start, end in rows)
        text = _with(_ROW, text, clocks, _row)
        part.path.write_text(text, "utf-8")
    for part in source.parts:
        if part.role == "sheet":
            sheet = part.path.read_text("utf-8")
            part.path.write_text(_DURATION.sub(f"duration = {round(recording.seconds)}", sheet), "utf-8")


def chapter_start(chapter: Chapter, prepared: Prepared, recording: Recording) -> float:
    """When a chapter begins: with its first sentence, or for one nobody speaks in, at its part of the break."""
    stated = chapter.start or 0.0
    if not stated:
        return 0.0
    # A sponsor nobody marked has words of others in its span: what begins with a break is in it.
    for (old_start, old_end), (start, end) in recording.gaps:
        if old_start - NEAR <= stated < old_end - NEAR:
            return start + (end - start) * max(stated - old_start, 0.0) / (old_end - old_start)
    if chapter.span is None:
        raise ValueError(f"the chapter {chapter.title!r} at {stated} s holds no words and lies in no break")
    ats = [sentence.span[0] for sentence in prepared.transcript.sentences]
    placed = bisect_left(ats, chapter.span[0])
    # Where the words were spoken before, the sentence is known and need not be found.
    nearest = min(range(len(ats)), key=lambda number: abs(recording.before[number][0] - stated))
    known = abs(recording.before[nearest][0] - stated) <= 0.5
    return recording.sentences[nearest if known else placed][0]


def _with_stamps(text: str, prepared: Prepared, recording: Recording) -> str:
    """Stamps stand before the word they mean; that of a break where the words before it end."""
    transcript = prepared.transcript
    found = [(stamp.at, 1, recording.at(stamp.at)) for stamp in transcript.stamps if stamp.kind == "stamp"]
    found += [(each.at, 0, _end_before(each.at, prepared, recording)) for each in transcript.breaks if each.start]
    return _with(_STAMP, text, [seconds for _, _, seconds in sorted(found)], _stamp)


def _stamp(written: re.Match[str], seconds: float) -> str:
    opening, clock, frames, closing = written.groups()
    whole = int(seconds)
    new = f"{whole // 3600:02}:{_clock(whole % 3600)}" if clock.count(":") == 2 else _clock(whole)
    return f"{opening}{new}{f'.{int((seconds - whole) * FRAMES_PER_SECOND):02}' if frames else ''}{closing}"


def _with_cues(text: str, prepared: Prepared, transcript: Transcript, recording: Recording) -> str:
    """Cues that met go on meeting; one that ended before the next ends with its last word."""
    cues = [stamp for stamp in transcript.stamps if stamp.kind == "cue"]
    begins = [recording.at(cue.at) for cue in cues]
    ends = []
    for (cue, following), (_, start) in zip(pairwise(cues), pairwise(begins), strict=True):
        met = cue.until is not None and following.seconds - cue.until < 0.01
        ends.append(start if met else min(start, _end_before(following.at, prepared, recording)))
    ends.append(recording.sentences[-1][1])
    return _with(_CUE, text, list(zip(begins, ends, strict=False)), _cue)


def _cue(written: re.Match[str], times: tuple[float, float]) -> str:
    comma = "," in written[1]
    return f"{write_precise(times[0], comma)} --> {write_precise(times[1], comma)}"


def _end_before(at: int, prepared: Prepared, recording: Recording) -> float:
    """When the last sentence before ``at`` has been spoken."""
    ats = [sentence.span[0] for sentence in prepared.transcript.sentences]
    return recording.sentences[bisect_left(ats, at) - 1][1]


def _row(written: re.Match[str], clocks: str) -> str:
    start, length = clocks.split()
    return f"{written[1]} | {start} | {written[2]} | {length} |"


def _first(written: re.Match[str], new: str) -> str:
    return written[1] + new


def _clock(seconds: int) -> str:
    return f"{seconds // 60:02}:{seconds % 60:02}"


def _with(
    pattern: re.Pattern[str], text: str, new: Iterable[New], replaced: Callable[[re.Match[str], New], str]
) -> str:
    """``text`` with the times ``pattern`` finds replaced by ``new``, one each; as it was where it holds none."""
    found, times = pattern.findall(text), list(new)
    if found and len(found) != len(times):
        raise ValueError(f"{len(found)} times are written and {len(times)} are known")
    following = iter(times)
    return pattern.sub(lambda written: replaced(written, next(following)), text)
