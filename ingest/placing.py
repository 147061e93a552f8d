"""Where in the text a chapter begins: chapters come with times, their words have to be found.

A mark is set by ear, some seconds around the turn it means, and often just after the question that opens it.
So a chapter begins at a turn within what the clock may be off - the likeliest by its second and by whether it says
what the title says - else at the nearest sentence. Silences - before the first word, in a break, after the last -
attract chapters: sponsors sit in them and hold no words.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import zip_longest
from math import hypot, inf

from playhead.model import Chapter
from playhead.text import subject

REACH = 6.0
"""Seconds a mark may be from its turn even where the clock is exact."""

EXACT = 0.5
"""Seconds within which a mark stands at its turn, where the clock is as exact: marks are often whole seconds."""

# How likely a turn is the one that is meant: marks are some seconds off (the spread of a normal distribution), and a
# title's words are said at once (the weight of all of them, in the unit of its logarithm). On 275 chapters of 26
# episodes with a stamp in 240 s left, 77 of 100 begin at their turn, 72 by the nearest second alone; the length of a
# turn and whether it asks something say nothing more.
SPREAD = 2.0
TITLE = 1.5
WITHIN_90 = 1.645
"""Standard deviations on either side of a normal distribution's mean that hold 90 % of it."""


@dataclass(frozen=True, slots=True)
class Door:
    """A place a chapter can begin at: where a turn or, with ``turn`` unset, a sentence in it begins.

    ``subject`` are the stems of what a turn says first.
    """

    at: int
    start: float
    error: float
    turn: bool
    subject: frozenset[str] = frozenset()


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
    house = _House(doors, silences)
    places: list[Place] = []
    for chapter, following in zip_longest(chapters, chapters[1:]):
        until = inf if following is None else following.start or 0.0
        places.append(_place(chapter, until, places[-1] if places else None, house))
    return places


class _House:
    """The doors and silences of an episode, found by their times: in order of the text, they are in order of time."""

    def __init__(self, doors: Sequence[Door], silences: Sequence[Silence]) -> None:
        self.silences = silences
        self._doors = doors
        self._starts = [door.start for door in doors]
        self._reach = max((door.error for door in doors), default=0.0) + REACH
        self._begins = [silence.start for silence in silences]
        self._ends = [silence.end for silence in silences]
        self._beside = max(max(silence.start_error, silence.end_error) for silence in silences) + REACH

    def silences_about(self, start: float) -> Sequence[Silence]:
        """All that a chapter at ``start`` can be in or beside."""
        first = bisect_left(self._ends, start - self._beside)
        return self.silences[first : bisect_right(self._begins, start + self._beside)]

    def doors_about(self, start: float, behind: int | None) -> Sequence[Door]:
        """All within what the clock may be off of ``start``, and the nearest on either side, ``behind`` a place."""
        ahead = 0 if behind is None else bisect_right(self._doors, behind, key=lambda door: door.at)
        first = bisect_left(self._starts, start - self._reach, ahead)
        if first > ahead:
            first = bisect_left(self._starts, self._starts[first - 1], ahead)
        return self._doors[first : bisect_right(self._starts, start + self._reach, ahead) + 1]


def _place(chapter: Chapter, following: float, last: Place | None, house: _House) -> Place:
    start = chapter.start or 0.0
    resting = last.silence if last and not last.opens else None
    least = last.at if last else 0
    # A chapter holds words unless it is in a silence: the next one begins further on.
    ahead = house.doors_about(start, last.at if last else None)
    turns = [door for door in ahead if door.turn and abs(start - door.start) <= max(REACH, door.error)]
    is_exact = any(max(door.error, abs(start - door.start)) <= EXACT for door in turns)
    near: list[tuple[float, Place]] = []
    for silence in house.silences_about(start):
        if is_exact and not silence.at:
            continue  # What is said before the mark belongs to the chapter before, however short that is.
        if silence.at >= least and (beside := _beside(silence, start, following)):
            if silence == resting:
                # What follows a sponsor in its break begins with the first word after it.
                return beside[1]
            near.append(beside)
    if turns:
        title = subject(chapter.title)
        meant = min(turns, key=lambda door: _doubt(door, start, title))
        near.append((min(abs(start - door.start) for door in turns), Place(meant.at, meant.error)))
    near = near or [(abs(start - door.start), Place(door.at, door.error)) for door in ahead]
    return min(near, key=lambda each: each[0])[1] if near else Place(house.silences[-1].at, 0.0, house.silences[-1])


def _doubt(door: Door, start: float, title: Sequence[str]) -> float:
    """How little a chapter that starts there, with these stems in its title, seems to begin at ``door``."""
    off = (door.start - start) / hypot(door.error / WITHIN_90, SPREAD)
    return off**2 / 2 - TITLE * sum(stem in door.subject for stem in title) / max(1, len(title))


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
