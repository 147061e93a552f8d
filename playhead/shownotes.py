"""Show notes to the second: when each of them is talked about, or that it is not. Pure.

All notes are placed together: they mostly follow the talk, so each helps to place its neighbours. What is said of a
note at a place (`playhead.mentions`) is weighed by a log-linear model; `playhead.alignment` makes chances of it. Both
are fitted on notes whose times people wrote, by ``python -m bench.shownotes``: docs/editor.md says what that is worth.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from playhead.alignment import Laid, Pace, Step, lay, onward
from playhead.mentions import MOST_PLACES, Floats, Talk, evidence, hear, terms
from playhead.model import Chapter, Episode, Span, Time, Transcript
from playhead.notes import Note

RIGHT = 60.0
"""A link is right when it is at most this many seconds from where the talk about its note begins."""

NEAR = 30.0
"""Of the places that are likely, the one is chosen with the most chances so many seconds around it."""

NOT_MENTIONED = 0.5
"""From this chance on that nobody talks of a note, we say so."""

MOST_WORK = 250_000_000
"""Steps from place to place for all notes together: of many notes in a long talk, fewer places are looked at."""

MOST_ALTERNATIVES, LEAST_ALTERNATIVE = 3, 0.05

_STATED_ERROR, _STATED_TRUST = 15.0, 0.9
_NEVER = -50.0
_CONTRADICTED, _DOUBTED = 0.8, 0.05
_SAME_TITLE, _TITLE, _BEGINS, _SPONSOR = 0.5, 12.0, 0.7, -4.0
_NAMED, _IN_TURN = 0.9, 0.5


@dataclass(frozen=True, slots=True)
class Order:
    """One way in which notes may follow the talk, and how likely it is before anything is known of them."""

    chance: float
    evenness: float
    strays: float


@dataclass(frozen=True, slots=True)
class Recipe:
    """What each of `playhead.mentions.FEATURES` weighs, what ``nowhere`` does, and how notes follow the talk.

    The weights are of logarithms of chances: of two places alike but for a feature that differs by 1, the one is
    exp(weight) times as likely. ``elsewhere`` is the chance that a new section of the notes begins anywhere.
    """

    weights: tuple[float, ...]
    nowhere: float
    orders: tuple[Order, ...] = (Order(0.5, 3.0, 0.1), Order(0.3, 1.0, 0.2), Order(0.2, 1.0, 1.0))
    elsewhere: float = 0.3


RECIPE = Recipe(
    weights=(2.619, 7.374, 4.072, -3.974, 6.003, 3.426, -2.364, 0.591, 0.453, 0.821, 1.024, 5.415, 2.802),
    nowhere=4.343,
)


@dataclass(frozen=True, slots=True)
class Alternative:
    """Another place where a note may be talked about, and the chance that it is there."""

    start: float | None
    time: Time
    confidence: float
    turn: int
    span: Span


@dataclass(frozen=True, slots=True)
class LinkedNote:
    """A note and where the talk about it begins.

    ``start`` is in seconds of the transcript, the same as ``time.start``; all are None where the note is not mentioned,
    and ``start`` alone where the times of an episode are not known. ``confidence`` is the chance that the talk begins
    within `RIGHT` seconds of it, and where the note is not mentioned, that it is not; it is 0 for prose and
    boilerplate, which are not looked for. ``turn`` counts the transcript's turns from 0, ``span`` is the sentence in
    its text; a sponsor's break has neither. ``alternatives`` are other places, likeliest first.
    """

    note: Note
    start: float | None = None
    time: Time | None = None
    confidence: float = 0.0
    speaker: str | None = None
    chapter: Chapter | None = None
    turn: int | None = None
    span: Span | None = None
    alternatives: tuple[Alternative, ...] = ()

    @property
    def is_mentioned(self) -> bool:
        """Whether a place was found, with or without a known time."""
        return self.time is not None

    @property
    def is_sought(self) -> bool:
        """Whether it is something that can be talked of."""
        return self.note.kind in ("item", "heading", "sponsor")


def link(
    notes: Sequence[Note],
    episode: Episode,
    transcript: Transcript,
    passages: Sequence[Span],
    meaning: Floats,
    recipe: Recipe = RECIPE,
) -> tuple[LinkedNote, ...]:
    """Where each note is talked about, in the order of the notes.

    ``meaning`` has the cosine of each note (rows) with each of the ``passages`` of the transcript.
    """
    talk = hear(transcript, min(MOST_PLACES, math.isqrt(MOST_WORK // max(1, len(notes)))))
    found = {note.number: LinkedNote(note) for note in notes}
    breaks = [chapter for chapter in episode.chapters if chapter.kind == "sponsor" and chapter.start is not None]
    rows = [row for row, note in enumerate(notes) if note.kind in ("item", "heading")]
    alone = [row for row, note in enumerate(notes) if note.kind == "sponsor"]
    if breaks:
        for each in _sponsored([notes[row] for row in alone], breaks, transcript):
            found[each.note.number] = each
        alone = []
    for chosen, orders in ((rows, recipe.orders), (alone, (Order(1.0, 1.0, 1.0),))):
        if not chosen or not len(talk):
            continue
        sought = [notes[row] for row in chosen]
        scores = score(talk, sought, passages, meaning[chosen], recipe) + _chaptered(talk, sought, episode.chapters)
        laid = _checked(talk, sought, scores, orders, recipe)
        for row, note in enumerate(sought):
            found[note.number] = _linked(note, laid.places[row], float(laid.nowhere[row]), talk, episode, transcript)
    return tuple(found[note.number] for note in notes)


def score(talk: Talk, notes: Sequence[Note], passages: Sequence[Span], meaning: Floats, recipe: Recipe) -> Floats:
    """How well each note fits each place by itself: the logarithm of a likelihood but for a constant."""
    known = evidence(talk, [note.text for note in notes], passages, meaning)
    scores: Floats = known @ np.array(recipe.weights, np.float32)
    return scores


def settle(
    talk: Talk,
    notes: Sequence[Note],
    scores: Floats,
    orders: Sequence[Order],
    recipe: Recipe,
    nowhere: Floats | None = None,
) -> Laid:
    """How likely each note is where, whichever of the ``orders`` the notes are in: each counts as far as it fits."""
    steps = [steps_of(talk, notes, order, recipe) for order in orders]
    tables = onward(talk.seconds, {step.pace for each in steps for step in each})
    laid = [lay(scores, recipe.nowhere if nowhere is None else nowhere, each, tables) for each in steps]
    fits = np.array([each.evidence + math.log(order.chance) for each, order in zip(laid, orders, strict=True)])
    shares = np.exp(fits - fits.max())
    shares /= shares.sum()
    places = sum(share * each.places for share, each in zip(shares, laid, strict=True))
    nowhere = sum(share * each.nowhere for share, each in zip(shares, laid, strict=True))
    return Laid(np.asarray(places, np.float32), np.asarray(nowhere, np.float32), float(fits.max()))


def choose(chances: Floats, seconds: NDArray[np.float64]) -> tuple[int, float]:
    """The place to link to, and the chance that the talk begins within `RIGHT` seconds of it."""
    place = int(np.argmax(_around(chances, seconds, NEAR) + chances / 2))
    return place, min(1.0, float(chances[np.abs(seconds - seconds[place]) <= RIGHT].sum()))


def steps_of(talk: Talk, notes: Sequence[Note], order: Order, recipe: Recipe) -> list[Step]:
    """How the talk goes on from note to note: evenly between those of the highest rank, else at any pace."""
    length = float(talk.seconds[-1] - talk.seconds[0]) + 10
    lowest = min(note.depth for note in notes)
    leads = [note.kind == "heading" or note.depth == lowest for note in notes]
    even = Pace(length / (sum(leads) + 1), order.evenness)
    loose = Pace(length / (len(notes) + 1))
    steps = []
    for number, note in enumerate(notes):
        before = notes[number - 1] if number else None
        is_even = leads[number] and (before is None or (leads[number - 1] and before.kind == note.kind))
        is_new = before is not None and (before.section != note.section or "heading" in (note.kind, before.kind))
        steps.append(Step(even if is_even else loose, max(order.strays, recipe.elsewhere if is_new else 0.0)))
    return steps


def _checked(talk: Talk, notes: Sequence[Note], scores: Floats, orders: Sequence[Order], recipe: Recipe) -> Laid:
    """As `settle`, with the times that stand in the notes as evidence, but for those that the talk contradicts."""
    laid = settle(talk, notes, scores, orders, recipe)
    if all(note.stated is None for note in notes) or all(time.start is None for time in talk.times):
        return laid
    length = float(talk.seconds[-1] - talk.seconds[0]) + 10
    scores, nowhere = scores.copy(), np.full(len(notes), recipe.nowhere, np.float32)
    for row, note in enumerate(notes):
        if note.stated is None:
            continue
        off = np.abs(talk.seconds - note.stated)
        _, confidence = choose(laid.places[row], talk.seconds)
        if confidence >= _CONTRADICTED and float(laid.places[row][off <= RIGHT].sum()) < _DOUBTED:
            continue
        likely = length / (2 * _STATED_ERROR) * np.exp(-off / _STATED_ERROR)
        scores[row] += np.log(_STATED_TRUST * likely + 1 - _STATED_TRUST)
        nowhere[row] = _NEVER
    return settle(talk, notes, scores, orders, recipe, nowhere)


def _chaptered(talk: Talk, notes: Sequence[Note], chapters: Sequence[Chapter]) -> Floats:
    """What chapters say of where notes are: one of the same title, the beginning of any, a sponsor's."""
    found = np.zeros((len(notes), len(talk)), np.float32)
    firsts = np.array([span[0] for span in talk.spans])
    asked = [set(terms(note.text)) for note in notes]
    for chapter in chapters:
        if chapter.span is None:
            continue
        first, last = np.searchsorted(firsts, chapter.span)
        if first == len(talk):
            continue
        if chapter.kind == "sponsor":
            found[:, first:last] += _SPONSOR
            continue
        title = set(terms(chapter.title))
        for row, words in enumerate(asked):
            alike = 2 * len(title & words) / max(1, len(title) + len(words))
            found[row, first] += _BEGINS + (_TITLE * alike if alike >= _SAME_TITLE else 0.0)
    return found


def _sponsored(notes: Sequence[Note], breaks: Sequence[Chapter], transcript: Transcript) -> list[LinkedNote]:
    """Sponsors' notes and the sponsors' chapters that name them; else in turn, where there are as many of both."""
    told = [
        set(terms(f"{chapter.title} {transcript.said(chapter.span) if chapter.span else ''}")) for chapter in breaks
    ]
    # What every sponsor's note says names none of them.
    asked = [set(terms(note.text)) for note in notes]
    common = set.intersection(*asked) if len(asked) > 1 else set()
    linked = []
    for row, note in enumerate(notes):
        shares = [len((asked[row] - common) & words) for words in told]
        named = max(range(len(breaks)), key=lambda place: shares[place])
        if shares[named]:
            linked.append(_in_break(note, breaks[named], _NAMED, transcript))
        elif len(notes) == len(breaks):
            linked.append(_in_break(note, breaks[row], _IN_TURN, transcript))
        else:
            linked.append(LinkedNote(note, confidence=_IN_TURN))
    return linked


def _in_break(note: Note, chapter: Chapter, confidence: float, transcript: Transcript) -> LinkedNote:
    time = Time(chapter.start, chapter.end, "chapter", 0.5)
    turn = next(
        (
            number
            for number, turn in enumerate(transcript.turns)
            if chapter.span and turn.span[0] <= chapter.span[0] < turn.span[1]
        ),
        None,
    )
    speaker = transcript.turns[turn].speaker if turn is not None else None
    return LinkedNote(note, chapter.start, time, confidence, speaker, chapter, turn, chapter.span)


def _linked(
    note: Note, chances: Floats, nowhere: float, talk: Talk, episode: Episode, transcript: Transcript
) -> LinkedNote:
    places: list[tuple[int, float]] = []
    left = chances.copy()
    while len(places) <= MOST_ALTERNATIVES:
        place, confidence = choose(left, talk.seconds)
        if places and confidence < LEAST_ALTERNATIVE:
            break
        places.append((place, confidence))
        left[np.abs(talk.seconds - talk.seconds[place]) <= RIGHT] = 0
    is_there = nowhere < NOT_MENTIONED
    others = tuple(
        Alternative(talk.times[place].start, talk.times[place], confidence, int(talk.turns[place]), talk.spans[place])
        for place, confidence in places[is_there:]
        if confidence >= LEAST_ALTERNATIVE
    )[:MOST_ALTERNATIVES]
    if not is_there:
        return LinkedNote(note, confidence=nowhere, alternatives=others)
    place, confidence = places[0]
    turn, span = int(talk.turns[place]), talk.spans[place]
    return LinkedNote(
        note=note,
        start=talk.times[place].start,
        time=talk.times[place],
        confidence=confidence,
        speaker=transcript.turns[turn].speaker,
        chapter=next((each for each in episode.chapters if each.span and each.span[0] <= span[0] < each.span[1]), None),
        turn=turn,
        span=span,
        alternatives=others,
    )


def _around(chances: Floats, seconds: NDArray[np.float64], reach: float) -> NDArray[np.float64]:
    """For each place the chances of all that are at most ``reach`` seconds away."""
    total = np.concatenate([[0.0], np.cumsum(chances, dtype=np.float64)])
    around: NDArray[np.float64] = (
        total[np.searchsorted(seconds, seconds + reach, "right")] - total[np.searchsorted(seconds, seconds - reach)]
    )
    return around
