"""Does the sound play as long as the transcript's times say? Where it does not, it is another edition. Pure.

Adverts that a host puts in and takes out at will move everything behind them, and no time in the transcript tells.
"""

from __future__ import annotations

from dataclasses import replace

from ingest.reading import Problem, Reading
from playhead.model import Transcript
from playhead.timestamps import write

ROUNDING = 1.0
"""Seconds by which a stated length is cut or rounded."""

LONGEST_OUTRO = 180.0
"""Seconds of sound after the last word that nobody wonders at. In 14 recordings whose length is known it is 0 to 136 s,
and behind the marked outros of 1,457 published transcripts 50 s in the median, 110 at the 90th percentile; a break of
adverts is 89 and 210."""

_KNOWN = ("chapter", "stamp", "cue")


def drift(transcript: Transcript, duration: float | None, offset: float = 0.0) -> float | None:
    """Seconds that the sound plays longer than the times of ``transcript`` allow, below 0 shorter; None where they fit.

    Too short is a sound that ends before a time that the transcript states, by more than that time's error. Too long
    is one that goes on after the last word for longer than any outro, by more than that word's error. ``offset`` is
    how much later the sound runs; what it already explains is no contradiction.
    """
    spoken = [sentence.time for sentence in transcript.sentences if sentence.time.start is not None]
    if duration is None or not spoken or not any(time.source in _KNOWN for time in spoken):
        return None
    stated = [time for time in spoken if time.source in _KNOWN]
    last = stated[-1]
    short = (last.start or 0.0) + offset - (last.error or 0.0) - ROUNDING - duration
    if short > 0:
        return round(duration - offset - (last.start or 0.0), 1)
    end = max(spoken[-1].start or 0.0, spoken[-1].end or 0.0)
    long = duration - (end + offset) - (spoken[-1].error or 0.0)
    return round(duration - offset - end, 1) if long > LONGEST_OUTRO else None


def in_transcript(seconds: float | None, offset: float) -> float | None:
    """A second of the sound as one of the transcript, ``offset`` earlier; None for one before it begins."""
    return seconds - offset if seconds is not None and seconds > offset else None


def of_sound(reading: Reading, offset: float) -> Reading:
    """What was read, with the chapters that are inside the sound at the transcript's own seconds."""
    if reading.format != "sound" or not offset:
        return reading
    moved = (
        replace(
            chapter,
            start=None if chapter.start is None else max(0.0, chapter.start - offset),
            end=in_transcript(chapter.end, offset),
        )
        for chapter in reading.chapters
    )
    return replace(reading, chapters=tuple(moved))


def contradiction(drift: float, duration: float, path: str | None = None) -> Problem:
    """What to tell somebody whose sound is not the one that was transcribed, and what to do."""
    plays = f"the sound plays {write(duration)}"
    said = (
        f"{plays}, and the transcript still speaks {write(-drift)} after that"
        if drift < 0
        else f"{plays}, {write(drift)} longer than the transcript speaks"
    )
    remedy = "state offset in episode.toml where it only begins later, or duration where that is wrong"
    return Problem(f"{said}; adverts may have been put in or taken out, so times may differ: {remedy}", path=path)
