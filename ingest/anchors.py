"""The times a transcript itself gives, each at its word, and which of them to believe."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from heapq import heapify, heappop, heappush
from itertools import pairwise, zip_longest

from ingest.pace import Gap, Speech
from ingest.reading import Problem
from ingest.rising import longest_rising
from playhead.model import TimeSource, Transcript
from playhead.timestamps import write

FASTEST = 320
SLOWEST = 40
"""Words per minute nobody exceeds, or falls below, over a whole gap; people talk at 140 to 210."""

FAR_OFF = 40.0
"""Seconds between a stamp and what its neighbours say of it, beyond which it is looked at; .1 % of real ones are."""

LEAST_FAULT = 5.0

LONGEST_SILENCE = 600.0
"""Seconds nobody leaves unmarked before the last stamp; beyond, it was written for another recording."""


MOST_LOOKS = 2_000_000
"""Anchors looked at in all before the rest is settled without asking each time whether those that went back now fit:
a thousand times all that a real transcript has, and seconds of work."""


@dataclass(frozen=True, slots=True)
class Anchor:
    """A time of the recording at a place of the text: before ``word``, after ``passed`` breaks.

    ``until`` is when the cue that begins here ends; its end is the next anchor.
    """

    word: int
    passed: int
    seconds: float
    error: float
    source: TimeSource = "stamp"
    line: int | None = None
    until: float | None = None

    @property
    def place(self) -> tuple[int, int]:
        return (self.word, self.passed)


def stated(transcript: Transcript, speech: Speech) -> list[Anchor]:
    """Every time the transcript gives, in the order of its text."""
    ats = [pause.at for pause in transcript.breaks]
    found = [
        Anchor(
            speech.word_at(stamp.at), bisect_right(ats, stamp.at), stamp.seconds, stamp.error, stamp.kind, stamp.line,
            stamp.until,
        )
        for stamp in transcript.stamps
    ]  # fmt: skip
    for number, pause in enumerate(transcript.breaks):
        word = speech.word_at(pause.at)
        if pause.start is not None:
            found.append(Anchor(word, number, pause.start, 0.5, line=pause.line))
        if pause.end is not None and (pause.start is None or pause.end > pause.start):
            found.append(Anchor(word, number + 1, pause.end, 0.5, line=pause.line))
    return sorted(found, key=lambda anchor: anchor.place)


def believed(anchors: Sequence[Anchor], speech: Speech) -> tuple[list[Anchor], list[Problem]]:
    """The anchors that fit together, and a problem for each that does not.

    Times must not go back (the longest rising run of them stays) and must leave a speakable rate: where a gap
    is too fast or too slow, or an anchor is far from what its neighbours say, the one whose absence makes the
    rest agree is dropped. A clip nobody marked makes one gap too long and its neighbours not too short, and stays.
    """
    dropped: set[int] = set()
    looks = 0
    while True:
        left = [index for index in range(len(anchors)) if index not in dropped]
        kept = [left[index] for index in longest_rising([anchors[index].seconds for index in left])]
        looks += len(left)
        if len(kept) == len(left) or looks > MOST_LOOKS:
            kept = _fitting(anchors, kept, speech)
            break
        faults = [fault for fault in _faults([anchors[index] for index in kept], speech) if fault]
        if not faults:
            break
        dropped.add(kept[max(faults)[1]])
    believed = set(kept)
    problems = [
        Problem(f"the time {write(anchor.seconds)} does not fit its neighbours and is not used", anchor.line)
        for index, anchor in enumerate(anchors)
        if index not in believed
    ]
    return [anchors[index] for index in kept], problems


def gaps(anchors: Sequence[Anchor], speech: Speech) -> list[Gap]:
    """The stretches between neighbouring anchors that hold words at a plausible rate, and no break."""
    return [
        (left.word, right.word, right.seconds - left.seconds)
        for left, right in pairwise(anchors)
        if left.passed == right.passed
        and right.seconds > left.seconds
        and 0.6 <= speech.between(left.word, right.word) / (right.seconds - left.seconds) <= 1.6
    ]


def _fitting(anchors: Sequence[Anchor], kept: Sequence[int], speech: Speech) -> list[int]:
    """Those of the rising ``kept`` that remain when the least fitting is dropped again and again.

    Whether an anchor fits is for its neighbours to say, so a drop makes only two others to be looked at anew.
    """
    before = dict(zip(kept, [None, *kept], strict=False))
    after = dict(zip(kept, [*kept[1:], None], strict=False))

    def look(index: int) -> float | None:
        first, last = before[index], after[index]
        return _fault(
            None if first is None else anchors[first], anchors[index], None if last is None else anchors[last], speech
        )

    faults = {index: fault for index in kept if (fault := look(index)) is not None}
    heap = [(-fault, -index) for index, fault in faults.items()]
    heapify(heap)
    while heap:
        fault, index = -heap[0][0], -heappop(heap)[1]
        if faults.get(index) != fault:
            continue  # It was looked at again since.
        del faults[index]
        first, last = before.pop(index), after.pop(index)
        if first is not None:
            after[first] = last
        if last is not None:
            before[last] = first
        for neighbour in (first, last):
            if neighbour is not None:
                faults.pop(neighbour, None)
                if (anew := look(neighbour)) is not None:
                    faults[neighbour] = anew
                    heappush(heap, (-anew, -neighbour))
    return [index for index in kept if index in before]


def _faults(anchors: Sequence[Anchor], speech: Speech) -> Iterator[tuple[float, int] | None]:
    """How badly each anchor fits between its neighbours, with its place; None where it does."""
    for place, (before, anchor, after) in enumerate(zip([None, *anchors], anchors, [*anchors[1:], None], strict=False)):
        fault = _fault(before, anchor, after, speech)
        yield None if fault is None else (fault, place)


def _fault(before: Anchor | None, anchor: Anchor, after: Anchor | None, speech: Speech) -> float | None:
    """How badly an anchor fits between its neighbours, in seconds; None where it does. Cues are exact."""
    if anchor.source == "cue":
        return None
    if before is None or after is None:
        is_odd = (
            (before and too_fast(before, anchor, speech))
            or (after and too_fast(anchor, after, speech))
            or (before and _excess(before, anchor, speech) > LONGEST_SILENCE)
        )
        return 0.0 if is_odd else None
    ahead, behind = _excess(before, anchor, speech), _excess(anchor, after, speech)
    fault = min(abs(ahead), abs(behind))
    if ahead * behind >= 0 or fault < LEAST_FAULT or abs(_excess(before, after, speech)) > fault / 2:
        return None
    odd = any(_is_odd(*pair, speech) for pair in ((before, anchor), (anchor, after)))
    return fault if odd or fault > FAR_OFF else None


def _excess(left: Anchor, right: Anchor, speech: Speech) -> float:
    """Seconds of the gap that its words do not fill; a break may fill any that are left over."""
    excess = right.seconds - left.seconds - speech.between(left.word, right.word)
    return min(excess, 0.0) if right.passed > left.passed else excess


def too_fast(left: Anchor, right: Anchor, speech: Speech) -> bool:
    """Would nobody be able to say the words between the two in the time between them?"""
    # Both stamps may be cut to whole seconds.
    fewest = (right.word - left.word) * 60 / FASTEST
    return fewest > right.seconds - left.seconds + 1.0 and _excess(left, right, speech) < -LEAST_FAULT


def _is_odd(left: Anchor, right: Anchor, speech: Speech) -> bool:
    slow = left.passed == right.passed and (right.word - left.word) * 60 < SLOWEST * (right.seconds - left.seconds)
    return slow or too_fast(left, right, speech)


def with_ends(anchors: Sequence[Anchor], words: int) -> list[Anchor]:
    """The anchors, and after each cue's start its end: where the next anchor's word begins, or the text ends."""
    ended: list[Anchor] = []
    for anchor, following in zip_longest(anchors, anchors[1:]):
        ended.append(anchor)
        if anchor.until is not None:
            word = words if following is None else following.word
            latest = anchor.until if following is None else min(anchor.until, following.seconds)
            ended.append(replace(anchor, word=word, seconds=max(anchor.seconds, latest), until=None))
    return ended
