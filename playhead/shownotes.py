"""Show notes to the second: when each of them is talked about, or that it is not. Pure.

All notes are placed together: they mostly follow the talk, so each helps to place its neighbours.
"""

from __future__ import annotations

from dataclasses import dataclass

from playhead.model import Chapter, Span, Time
from playhead.notes import Note

RIGHT = 60.0
"""A link is right when it is at most this many seconds from where the talk about its note begins."""


@dataclass(frozen=True, slots=True)
class Alternative:
    """Another place where a note may be talked about, and the chance that it is there."""

    start: float
    time: Time
    confidence: float
    turn: int
    span: Span


@dataclass(frozen=True, slots=True)
class LinkedNote:
    """A note and where the talk about it begins.

    ``start`` is in seconds of the transcript, the same as ``time.start``; both the time and all below it are None where
    the note is not mentioned, or where the episode's times are not known. ``confidence`` is the chance that the talk
    begins within `RIGHT` seconds of it, and where the note is not mentioned, that it is not. ``turn`` counts the
    transcript's turns from 0, ``span`` is the sentence in its text. ``alternatives`` are other places, likeliest first.
    """

    note: Note
    start: float | None
    time: Time | None
    confidence: float
    speaker: str | None = None
    chapter: Chapter | None = None
    turn: int | None = None
    span: Span | None = None
    alternatives: tuple[Alternative, ...] = ()

    @property
    def is_mentioned(self) -> bool:
        """Whether a place was found, with or without a known time."""
        return self.span is not None
