"""Where in the text a chapter begins: chapters come with times, their words have to be found.

A mark is set by ear, some seconds around the turn it means, and often just after the question that opens it.
So a chapter begins at the nearest turn within what the clock may be off, else at the nearest sentence. Silences -
before the first word, in a break, after the last - attract chapters: sponsors sit in them and hold no words.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import zip_longest
from math import inf

from playhead.model import Chapter

REACH = 6.0
"""Seconds a mark may be from its turn even where the clock is exact."""


@dataclass(frozen=True, slots=True)
class Door:
    """A place a chapter can begin at: where a turn or, with ``turn`` unset, a sentence in it begins."""

    at: int
    start: float
    error: float
    turn: bool


@dataclass(frozen=True, slots=True)
class Silence:
    """A stretch of the recording without words, before the word at ``at``. Errors are of its start and its end."""

    at: int
    start: float
    end: float
    start_error: float = 0.0
    end_error: float = 0.0


@dataclass(frozen=True, slots=True)
class Place:
    """Where a chapter begins. ``silence`` is set where that is beside a silence; ``opens`` at its end."""

    at: int
    error: float
    silence: Silence | None = None
    opens: bool = False


def place(chapters: Sequence[Chapter], doors: Sequence[Door], silences: Sequence[Silence]) -> list[Place]:
    """A place for each of ``chapters``, which have starts and are in their order; places never go back.

    ``doors`` and ``silences`` are in order of the text, and there is at least one silence: before the first word.
    Of the chapters at one place the last holds the words there.
    """
    starts = [chapter.start or 0.0 for chapter in chapters]
    places: list[Place] = []
    for start, following in zip_longest(starts, starts[1:], fillvalue=inf):
        places.append(_place(start, following, places[-1] if places else None, doors, silences))
    return places


def _place(
    start: float, following: float, last: Place | None, doors: Sequence[Door], silences: Sequence[Silence]
) -> Place:
    resting = last.silence if last and not last.opens else None
    least = last.at if last else 0
    near: list[tuple[float, Place]] = []
    for silence in silences:
        if silence.at >= least and (beside := _beside(silence, start, following)):
            if silence == resting:
                # What follows a sponsor in its break begins with the first word after it.
                return beside[1]
            near.append(beside)
    # A chapter holds words unless it is in a silence: the next one begins further on.
    ahead = [door for door in doors if door.at > least or last is None]
    for door in ahead:
        distance = abs(start - door.start)
        if door.turn and distance <= max(REACH, door.error):
            near.append((distance, Place(door.at, door.error)))
    near = near or [(abs(start - door.start), Place(door.at, door.error)) for door in ahead]
    return min(near, key=lambda each: each[0])[1] if near else Place(silences[-1].at, 0.0, silences[-1])


def _beside(silence: Silence, start: float, following: float) -> tuple[float, Place] | None:
    """How far ``start`` is from a silence, less what it attracts, and the place beside it; None when out of reach.

    A chapter opens what comes after the silence unless the next chapter is nearer to its end.
    """
    late = abs(start - silence.end)
    nearest = late <= abs(following - silence.end) and late < abs(start - silence.start)
    if nearest and late <= max(REACH, silence.end_error):
        off, place = max(start - silence.end, 0.0), Place(silence.at, silence.end_error, silence, opens=True)
    elif start < silence.end and silence.start - start <= max(REACH, silence.start_error):
        off, place = max(silence.start - start, 0.0), Place(silence.at, silence.start_error, silence)
    else:
        return None
    return off - REACH, place
