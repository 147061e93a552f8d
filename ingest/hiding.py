"""Hides times that a transcript states and tells them by the others: how honest its times are.

A time written in a transcript is the truth somebody heard. Leaving each out once measures what a turn between two
stamps gets; captions state too many for that, so all but one in some minutes are left out there.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace

from ingest import pace
from ingest.anchors import Anchor, believed, gaps, stated
from ingest.pace import Speech
from ingest.reading import Problem
from ingest.timing import Clock
from playhead.model import Time, Transcript

FEWEST = 3
"""Times an episode must state, for one to be hidden between two."""

THINNED = 240.0
"""Seconds between the times that are kept of captions: about what people leave who write stamps by hand."""

Tuning = Callable[[Speech, list[Anchor]], Speech]


@dataclass(frozen=True, slots=True)
class Told:
    """A stated time that was hidden, and what the others say of it.

    ``distance`` is to the nearest of them, in seconds; ``after_break`` says that none is between it and a break before.
    """

    hidden: Anchor
    time: Time
    distance: float
    after_break: bool = False

    @property
    def off(self) -> float:
        """Seconds told too late; below 0, too early."""
        return (self.time.start or 0.0) - self.hidden.seconds

    @property
    def is_cue(self) -> bool:
        """Whether a caption stated it."""
        return self.hidden.source == "cue"

    @property
    def is_covered(self) -> bool:
        """Whether the stated time lies within the error that was claimed for it."""
        return abs(self.off) <= (self.time.error or 0.0)


def own_pace(speech: Speech, anchors: list[Anchor]) -> Speech:
    """The speakers' own pace, as `ingest.timing.settle` finds it."""
    return pace.tune(speech, gaps(anchors, speech))


def check(transcript: Transcript, tuning: Tuning = own_pace) -> tuple[list[Told], list[Problem]]:
    """Every stated time told by the others, and the times that were not believed to begin with.

    None are told when there are fewer than three. Of captions one time in 240 s is kept and the rest are told.
    """
    speech = pace.listen(transcript)
    anchors, problems = believed(stated(transcript, speech), speech)
    cued = any(anchor.source == "cue" for anchor in anchors)
    told = thinned(transcript, speech, anchors, THINNED, tuning) if cued else each(transcript, speech, anchors, tuning)
    return told, problems


def each(transcript: Transcript, speech: Speech, anchors: Sequence[Anchor], tuning: Tuning = own_pace) -> list[Told]:
    """Each of ``anchors`` told by all others; one whose place has another time as well is not asked for."""
    if len(anchors) < FEWEST:
        return []
    told: list[Told] = []
    for index, hidden in enumerate(anchors):
        rest = [*anchors[:index], *anchors[index + 1 :]]
        if all(anchor.place != hidden.place for anchor in rest):
            told += tell(transcript, tuning(speech, rest), rest, [hidden])
    return told


def thinned(
    transcript: Transcript, speech: Speech, anchors: Sequence[Anchor], apart: float, tuning: Tuning = own_pace
) -> list[Told]:
    """The anchors told that are left out when those kept are at least ``apart`` seconds from each other."""
    kept: list[Anchor] = []
    hidden: list[Anchor] = []
    for anchor in anchors:
        if not kept or anchor.seconds >= kept[-1].seconds + apart:
            kept.append(replace(anchor, until=None, source="stamp"))
        elif anchor.place != kept[-1].place:
            hidden.append(anchor)
    return tell(transcript, tuning(speech, kept), kept, hidden) if len(kept) > 1 else []


def tell(transcript: Transcript, speech: Speech, known: Sequence[Anchor], hidden: Iterable[Anchor]) -> list[Told]:
    """What a clock with the ``known`` times says of the ``hidden`` ones."""
    clock = Clock(transcript, speech, known)
    places = [anchor.place for anchor in known]
    told: list[Told] = []
    for anchor in hidden:
        index = bisect_right(places, anchor.place)
        distance = min(abs(anchor.seconds - other.seconds) for other in known)
        after_break = index > 0 and known[index - 1].passed < anchor.passed
        told.append(Told(anchor, clock.at(anchor.place), distance, after_break))
    return told
