"""Gives every turn and sentence a second, and says where it comes from and how far off it may be.

Between two times the transcript states, speech is spread by how long its words take to say; a marked break takes
what is left over. Handling breaks is worth more than all modelling of pace: in the study this method comes from,
hiding one stamp at a time, spreading words blindly was off by 5.7 s in the median and 42 s at the 90th percentile,
with breaks as gaps 4.3 and 13.7 s. This code is off by 3.7 and 11.9 s where words alone, breaks as gaps, are by 4.6 and
14.6 s (612 episodes, `python -m bench.timing`).
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import accumulate, pairwise
from math import hypot, inf, sqrt

import numpy as np

from ingest import pace
from ingest.anchors import Anchor, believed, gaps, stated, too_fast, with_ends
from ingest.pace import Speech
from ingest.placing import REACH, Door, Place, Silence, place
from ingest.reading import Problem
from playhead.model import NO_TIME, Chapter, Sentence, Span, Time, TimeSource, Transcript
from playhead.sentences import sentence_spans
from playhead.text import subject

# Median seconds without text behind each kind of marker where nothing closes it, and the half-width of the 90 %
# interval around them.
BREAK = (89.0, 66.0)
BREAKS = {
    "break": BREAK, "jingle": (18.0, 15.0), "sample": (15.0, 20.0), "clip": (15.0, 20.0), "song": (14.0, 15.0),
    "outro": (77.0, 32.0), "intro": (18.0, 15.0),
}  # fmt: skip

CHAPTER_ERROR = 4.0
"""How far a chapter's mark is from the turn it means, for nine of ten."""
SURE = 20.0
"""A clock off by more than this cannot say which turn a chapter means, except beside a silence."""
SURE_BESIDE_SILENCE = 60.0
UNMARKED = 0.25
"""The share of a gap that words do not fill, beyond which a break that nobody marked is likelier than slow speech."""
OPENING = 400
"""Characters at the beginning of a turn in which a chapter's title may be said."""
LONG_PAUSE = 8.0
"""Seconds between two cues in which something else is heard: an advert nobody wrote down, a jingle."""

# Half-width of the 90 % interval over z = x(G - x)/G, for x seconds into a gap of G. Up to z = 165 of 13,241 stamps
# hidden one at a time, on the episodes the weights of `ingest.pace` were fitted on; beyond, where several were hidden.
# Made monotone.
_SCALE = (0.0, 5.0, 15.0, 27.0, 47.0, 75.0, 110.0, 165.0, 260.0, 410.0, 600.0)
_ERRORS: dict[TimeSource, tuple[float, ...]] = {
    "interpolated": (2.3, 3.2, 4.8, 5.9, 7.6, 9.9, 11.5, 18.0, 20.5, 24.2, 56.0),
    "across_break": (3.0, 4.9, 5.7, 7.6, 12.2, 15.3, 17.3, 20.5, 48.0, 62.0, 84.0),
}
# The same over the seconds to the first or last stamp, one to thirteen of them hidden there, no break between;
# rounded up, and beyond 260 s by a twelfth more: few were so far off when one alone was hidden.
_DISTANCE = (0.0, 5.0, 15.0, 27.0, 47.0, 75.0, 110.0, 165.0, 260.0, 410.0, 650.0, 1000.0, 1500.0, 2500.0, 3600.0)
_BEYOND = (2.5, 3.5, 5.5, 6.5, 9.0, 11.5, 13.5, 17.5, 21.0, 33.0, 45.0, 60.0, 84.0, 116.0, 144.0)


@dataclass(frozen=True, slots=True)
class Settled:
    """A transcript whose turns and sentences have times, the chapters with their spans, and what did not fit."""

    transcript: Transcript
    chapters: tuple[Chapter, ...] = ()
    problems: tuple[Problem, ...] = ()


def settle(transcript: Transcript, chapters: Sequence[Chapter] = (), duration: float | None = None) -> Settled:
    """Times for every turn and sentence, from the stamps, cues, breaks and chapters there are.

    Chapters come out in order of their starts, with spans and ends; those no place can be found for keep None.
    ``duration`` is the recording's, in seconds. Without any time at all, words are spread over it, or have none.
    """
    common = pace.listen(transcript)
    anchors, problems = believed(stated(transcript, common), common)
    speech = pace.tune(common, gaps(anchors, common))
    clock = Clock(transcript, speech, anchors, duration)
    sentences = [span for turn in transcript.turns for span in sentence_spans(transcript.text, turn.span)]
    timed = sorted((chapter for chapter in chapters if chapter.start is not None), key=lambda each: each.start or 0.0)
    untimed = [chapter for chapter in chapters if chapter.start is None]
    can_place = clock and sentences and timed
    placed = list(zip(timed, _places(timed, transcript, sentences, clock), strict=True)) if can_place else []
    for beside_silence in (True, False):
        # Those beside a silence are plain; they make the others' errors smaller before those are looked at.
        marks = [
            mark
            for chapter, place in placed
            if (place.silence is not None) == beside_silence
            and (mark := _mark(chapter, place, clock, transcript, speech)) is not None
        ]
        anchors = _marked(anchors, marks, speech)
        clock = Clock(transcript, speech, anchors, duration)
    spanned = [*_spanned(timed, [place.at for _, place in placed], transcript, duration), *untimed]
    return Settled(_timed(transcript, sentences, clock, spanned), tuple(spanned), tuple(problems))


class Clock:
    """Tells the time at any place of a transcript, from the anchors around it. Never goes back.

    False when it knows nothing: no anchor and no duration.
    """

    def __init__(
        self, transcript: Transcript, speech: Speech, anchors: Sequence[Anchor], duration: float | None = None
    ) -> None:
        self._speech = speech
        self._breaks = [pause.at for pause in transcript.breaks]
        lengths = [BREAKS.get(pause.kind, BREAK) for pause in transcript.breaks]
        self._rested = list(accumulate((usual for usual, _ in lengths), initial=0.0))
        self._unsure = list(accumulate((spread**2 for _, spread in lengths), initial=0.0))
        self._anchors = self._kept_inside(with_ends(anchors, len(speech.starts)), duration)
        self._places = [anchor.place for anchor in self._anchors]

    def __bool__(self) -> bool:
        return bool(self._anchors)

    def begins(self, at: int) -> Time:
        """When the word at or after ``at`` begins, all breaks before it over."""
        return self.at((self._speech.word_at(at), bisect_right(self._breaks, at)))

    def at(self, place: tuple[int, int]) -> Time:
        """When a word begins after so many breaks: the place of an `Anchor`."""
        index = bisect_right(self._places, place)
        return self._tell(place, index, index - 1)

    def ends(self, at: int) -> Time:
        """When what stands before ``at`` has been spoken: the next word begins, or a break."""
        place = (self._speech.word_at(at), bisect_left(self._breaks, at))
        index = bisect_left(self._places, place)
        return self._tell(place, index, index)

    def _tell(self, place: tuple[int, int], index: int, exact: int) -> Time:
        """The time at ``place``, which lies before the anchor ``index`` and perhaps at the anchor ``exact``."""
        if not self._anchors:
            return NO_TIME
        if 0 <= exact < len(self._anchors) and self._places[exact] == place:
            anchor = self._anchors[exact]
            return Time(round(anchor.seconds, 3), source=anchor.source, error=anchor.error)
        left = self._anchors[index - 1] if index else None
        right = self._anchors[index] if index < len(self._anchors) else None
        if left is not None and right is not None:
            seconds = self._between(left, right, place)
        else:
            seconds = self._reckoned(left or self._anchors[0], place)
        near = left or right
        unsure = abs(self._unsure[place[1]] - self._unsure[near.passed]) if near else 0.0
        over = right.seconds - left.seconds - self._speech.between(left.word, right.word) if left and right else 0.0
        return Time(round(seconds, 3), None, *_certainty(left, right, seconds, unsure, over))

    def _reckoned(self, anchor: Anchor, place: tuple[int, int]) -> float:
        """Seconds at ``place`` counted from ``anchor`` alone, breaks at their usual length."""
        word, passed = place
        rest = self._rested[passed] - self._rested[anchor.passed]
        return anchor.seconds + self._speech.said[word] - self._speech.said[anchor.word] + rest

    def _between(self, left: Anchor, right: Anchor, place: tuple[int, int]) -> float:
        """Seconds at ``place``: speech and breaks share the gap; breaks get what speech leaves over."""
        word, passed = place
        gap = right.seconds - left.seconds
        speech = self._speech.between(left.word, right.word)
        rest = self._rested[right.passed] - self._rested[left.passed]
        over = max(0.0, gap - speech) if rest else 0.0
        share = self._speech.between(left.word, word) / speech if speech else 0.0
        rested = (self._rested[passed] - self._rested[left.passed]) / rest if rest else 0.0
        return left.seconds + (gap - over) * share + over * rested

    def _kept_inside(self, anchors: list[Anchor], duration: float | None) -> list[Anchor]:
        """The anchors, with an edge where reckoning would leave the recording: before second 0, after its end."""
        first, last = (0, 0), (len(self._speech.starts), len(self._breaks))
        start = Anchor(*first, 0.0, _BEYOND[-1], "extrapolated")
        if not anchors:
            return [] if duration is None else [start, replace(start, word=last[0], passed=last[1], seconds=duration)]
        if self._reckoned(anchors[0], first) < 0:
            anchors = [start, *anchors]
        if duration is not None and anchors[-1].seconds < duration < self._reckoned(anchors[-1], last):
            anchors = [*anchors, replace(start, word=last[0], passed=last[1], seconds=duration)]
        return anchors


def _certainty(
    left: Anchor | None, right: Anchor | None, seconds: float, unsure: float, over: float
) -> tuple[TimeSource, float]:
    """Source and error of a time between two anchors; one of them may be missing, or an edge of the recording.

    ``unsure`` is the squared error of the breaks between the time and the one anchor there is; ``over`` are the seconds
    between the two that words do not fill.
    """
    known = [anchor for anchor in (left, right) if anchor is not None and anchor.source != "extrapolated"]
    if left is None or right is None or len(known) < 2:
        distance = min((abs(seconds - anchor.seconds) for anchor in known), default=inf)
        return "extrapolated", round(hypot(_error(distance, _DISTANCE, _BEYOND), sqrt(unsure)), 1)
    into, gap = seconds - left.seconds, right.seconds - left.seconds
    if left.until is not None:
        return "cue", round(left.error + min(into, gap - into) / 2, 1)
    source: TimeSource = "across_break" if right.passed > left.passed else "interpolated"
    error = _error(into * (gap - into) / gap if gap else 0.0, _SCALE, _ERRORS[source])
    # More time than the words can fill, and no marker: a break nobody wrote down may lie on either side.
    rest = over * max(into, gap - into) / gap if source == "interpolated" and over > UNMARKED * gap else 0.0
    return source, max(error, round(rest, 1))


def _error(measure: float, scale: Sequence[float], table: Sequence[float]) -> float:
    return round(float(np.interp(measure, scale, table)), 1)


def _places(
    chapters: Sequence[Chapter], transcript: Transcript, sentences: Sequence[Span], clock: Clock
) -> list[Place]:
    turns = {turn.span[0]: turn.span[1] for turn in transcript.turns}
    doors = [
        Door(at, time.start or 0.0, time.error or 0.0, turn=at in turns, subject=_said_first(transcript, turns, at))
        for at, time in ((at, clock.begins(at)) for at, _ in sentences)
    ]
    return place(chapters, doors, _silences(transcript, clock))


def _said_first(transcript: Transcript, turns: Mapping[int, int], at: int) -> frozenset[str]:
    """The stems of what a turn begins with; of a sentence in the middle of one, none."""
    return frozenset(subject(transcript.said((at, min(turns[at], at + OPENING))))) if at in turns else frozenset()


def _silences(transcript: Transcript, clock: Clock) -> list[Silence]:
    """Before the first word, in every break and long pause of the cues between words, and after the last."""
    first, last = transcript.turns[0].span[0], len(transcript.text)
    cues = [stamp for stamp in transcript.stamps if stamp.until is not None]
    pauses = {later.at for cue, later in pairwise(cues) if later.seconds - (cue.until or 0.0) >= LONG_PAUSE}
    inner = {at for at in pauses | {pause.at for pause in transcript.breaks} if first < at < last}
    found: list[Silence] = []
    for at in (first, *sorted(inner), last):
        start, end = clock.ends(at), clock.begins(at)
        found.append(
            Silence(
                at,
                start=0.0 if at == first else start.start or 0.0,
                end=inf if at == last else end.start or 0.0,
                start_error=0.0 if at == first else start.error or 0.0,
                end_error=end.error or 0.0,
            )
        )
    return found


def _mark(chapter: Chapter, place: Place, clock: Clock, transcript: Transcript, speech: Speech) -> Anchor | None:
    """The anchor a placed chapter gives, where it knows better than the clock and which turn it means is plain."""
    if chapter.start is None or chapter.start < 1:
        return None  # A chapter at 0:00 is where the recording begins, not its first word.
    breaks = [pause.at for pause in transcript.breaks]
    if place.silence is None or place.opens:
        passed, error = bisect_right(breaks, place.at), clock.begins(place.at).error or 0.0
    else:
        passed, error = bisect_left(breaks, place.at), clock.ends(place.at).error or 0.0
        if place.at == transcript.turns[0].span[0] or abs(chapter.start - place.silence.start) > REACH:
            return None
    sure = SURE if place.silence is None else SURE_BESIDE_SILENCE
    if not CHAPTER_ERROR < error <= sure:
        return None
    return Anchor(speech.word_at(place.at), passed, chapter.start, CHAPTER_ERROR, "chapter")


def _marked(anchors: Sequence[Anchor], marks: Sequence[Anchor], speech: Speech) -> list[Anchor]:
    """The anchors and those marks that leave time enough for the words on either side."""
    marked = list(anchors)
    for mark in marks:
        index = bisect_right(marked, mark.place, key=lambda anchor: anchor.place)
        neighbours = (*marked[:index][-1:], mark, *marked[index : index + 1])
        if all(
            left.seconds <= right.seconds and not too_fast(left, right, speech) for left, right in pairwise(neighbours)
        ):
            marked.insert(index, mark)
    return marked


def _spanned(
    chapters: Sequence[Chapter], places: Sequence[int], transcript: Transcript, duration: float | None
) -> list[Chapter]:
    """The chapters with the words between their place and the next one's, and with ends."""
    spanned: list[Chapter] = []
    for index, chapter in enumerate(chapters):
        following = chapters[index + 1].start if index + 1 < len(chapters) else duration
        span = None
        if places:
            first, last = (*places, len(transcript.text))[index : index + 2]
            said = transcript.text[first:last].rstrip()
            span = (first, first + len(said)) if said else None
        spanned.append(replace(chapter, span=span, end=following if chapter.end is None else chapter.end))
    return spanned


def _timed(transcript: Transcript, sentences: Sequence[Span], clock: Clock, chapters: Sequence[Chapter]) -> Transcript:
    def when(span: Span) -> Time:
        time, end = clock.begins(span[0]), clock.ends(span[1]).start
        # A turn without a word ("...") may stand where two stamps do: it ends when it begins.
        return time if time.start is None or end is None else replace(time, end=max(time.start, end))

    spans = [(chapter.span, chapter.number) for chapter in chapters if chapter.span is not None]
    spans.sort()
    begins = [span[0] for span, _ in spans]

    def chapter_of(at: int) -> int | None:
        index = bisect_right(begins, at) - 1
        return spans[index][1] if index >= 0 else None

    return replace(
        transcript,
        turns=tuple(replace(turn, time=when(turn.span), chapter=chapter_of(turn.span[0])) for turn in transcript.turns),
        sentences=tuple(Sentence(span, when(span)) for span in sentences),
    )
