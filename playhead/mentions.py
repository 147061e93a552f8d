"""Where an episode speaks of show notes: what is known of every note at every place. Pure.

A place is the beginning of a sentence. Talk about a note begins where its words are said soon and have not been said
for a while, where the passage means what the note means, and where a turn or a paragraph begins.
"""

from __future__ import annotations

import math
import re
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from playhead.model import Sentence, Span, Time, Transcript
from playhead.text import stem, stem_spans, subject, words

Floats = NDArray[np.float32]
Whole = NDArray[np.int64]

FEATURES = (
    "ahead near",
    "ahead",
    "behind near",
    "behind",
    "meaning",
    "meaning next",
    "meaning before",
    "opens",
    "opens long",
    "asks",
    "turns to it",
    "at the start",
    "at the end",
)
"""What is known of a note at a place, in this order; see `evidence`."""

SCALES = ((40, 120), (40, 200))
"""In words: how far what is said ahead of a place, and behind it, is heard."""

PACE = 2.5
"""Words a second, where no time is known: only distances between places count then."""

WINDOW = 60
"""Words of the windows by which a word is rare or common in an episode."""

MOST_PLACES = 2_500
"""Of a longer episode only so many places are looked at, beginnings of turns before all others."""

SOON = 5
"""A turn asks when one of its first sentences does."""

_ADDRESS = re.compile(r"(?:https?://|www\.)\S+")
_ASKED = re.compile(r"[?？؟]\W*\Z")
_TURNS = re.compile(
    r"(?:\S+\s+){0,7}?(?:so|okay|ok|alright|all right|now|well|let's|next|another|moving on|speaking of|what about|"
    r"how about|tell (?:us|me)|talk about|first|second|finally|before we)\b",
    re.IGNORECASE,
)
# What begins or ends an episode has names that nobody says.
_OPENING = re.compile(
    r"\b(?:intro(?:duc(?:tions?|ing))?|welcome|housekeeping|opening|hello|einleitung|begrüßung)\b", re.IGNORECASE
)
_CLOSING = re.compile(
    r"\b(?:outro|closing|final (?:thoughts|words|remarks)|parting (?:thoughts|words)|wrap(?:ping)?[ -]?up|conclusions?|"
    r"goodbyes?|sign(?:ing)?[ -]off|ending|verabschiedung|abschied)\b",
    re.IGNORECASE,
)
EDGE, EDGE_SHARE = 120.0, 0.04
"""An episode's start and end are so many seconds, or this share of it if that is more."""

_LONGEST_JOIN, _SHORTEST_JOINED = 3, 5


@dataclass(frozen=True, slots=True)
class Talk:
    """An episode as notes are looked for in it, with one entry a place in each of its rows, in order of speech.

    ``seconds`` never go back, and follow from the words where no time is known; ``at`` counts the words said before.
    ``shape`` has those four of `FEATURES` that are the same for every note. ``plain`` are all words, and ``said``
    the numbers of those at which each stem is said.
    """

    spans: tuple[Span, ...]
    times: tuple[Time, ...]
    turns: Whole
    seconds: NDArray[np.float64]
    at: NDArray[np.float64]
    shape: Floats
    plain: tuple[str, ...]
    said: dict[str, list[int]]

    def __len__(self) -> int:
        return len(self.spans)


def hear(transcript: Transcript, most: int = MOST_PLACES) -> Talk:
    """The ``most`` places of a transcript, and where in it every word is said."""
    sentences = transcript.sentences or tuple(Sentence(turn.span, turn.time) for turn in transcript.turns)
    opening = {turn.span[0]: number for number, turn in enumerate(transcript.turns)}
    at: list[int] = []
    turns: list[int] = []
    said: dict[str, list[int]] = defaultdict(list)
    plain: list[str] = []
    asks = np.zeros(len(sentences), np.bool_)
    leads = np.zeros(len(sentences), np.bool_)
    number = 0
    for place, sentence in enumerate(sentences):
        text = transcript.said(sentence.span)
        number = opening.get(sentence.span[0], number)
        turns.append(number)
        at.append(len(plain))
        asks[place] = _ASKED.search(text) is not None
        leads[place] = _TURNS.match(text) is not None
        for term, first, last in stem_spans(text):
            said[term].append(len(plain))
            plain.append("".join(words(text[first:last])))
    opens = np.array([sentence.span[0] in opening for sentence in sentences], np.bool_)
    stated = np.array([sentence.time.source in ("chapter", "stamp", "cue") for sentence in sentences], np.bool_)
    lengths = np.bincount(turns, np.diff([*at, len(plain)]), minlength=len(transcript.turns))
    # What the transcript sets apart inside a turn is a paragraph, unless it sets nearly everything apart.
    begins = np.maximum(opens, stated * (1 - stated.mean() if len(stated) else 0))
    soon = np.array([asks[place : place + SOON][_same(turns, place)].any() for place in range(len(asks))], np.bool_)
    shape = np.stack([begins, begins * np.log1p(lengths[turns]), opens * soon, leads], axis=1)
    kept = _kept(opens, most)
    return Talk(
        spans=tuple(sentences[place].span for place in kept),
        times=tuple(sentences[place].time for place in kept),
        turns=np.array(turns, np.int64)[kept],
        seconds=_seconds([sentence.time.start for sentence in sentences], at)[kept],
        at=np.array(at, np.float64)[kept],
        shape=shape[kept].astype(np.float32),
        plain=tuple(plain),
        said=dict(said),
    )


def evidence(talk: Talk, texts: Sequence[str], passages: Sequence[Span], meaning: Floats) -> Floats:
    """What is known of each text at each place: notes x places x `FEATURES`.

    ``passages`` are stretches of the transcript in order, and ``meaning`` the cosine of each text with each of them.
    The words count by how rare they are in the episode, as in BM25, and however often they are said, as one.
    """
    asked = [terms(text) for text in texts]
    said = _with_joined(talk, {word for text in texts for word in words(text)})
    vocabulary = list(dict.fromkeys(term for each in asked for term in each))
    column = {term: number for number, term in enumerate(vocabulary)}
    rarity = _rarity(vocabulary, said, len(talk.plain))
    weights = np.zeros((len(texts), len(vocabulary)), np.float32)
    for number, each in enumerate(asked):
        for term in each:
            weights[number, column[term]] = rarity[column[term]]
    weights /= np.maximum(weights.sum(axis=1, keepdims=True), 1e-9)
    found = np.zeros((len(texts), len(talk), len(FEATURES)), np.float32)
    occurrences = [said.get(term, []) for term in vocabulary]
    for place, scale in enumerate(SCALES[0]):
        found[:, :, place] = weights @ _heard(talk.at, occurrences, scale, ahead=True)
    for place, scale in enumerate(SCALES[1], 2):
        found[:, :, place] = weights @ _heard(talk.at, occurrences, scale, ahead=False)
    if len(passages):
        inside = np.searchsorted([span[0] for span in passages], [span[0] for span in talk.spans], side="right") - 1
        for place, step in ((4, 0), (5, 1), (6, -1)):
            found[:, :, place] = meaning[:, np.clip(inside + step, 0, len(passages) - 1)]
    found[:, :, 7:11] = talk.shape
    if len(talk):
        edge = max(EDGE, EDGE_SHARE * float(talk.seconds[-1] - talk.seconds[0]))
        opening = [_OPENING.search(text) is not None for text in texts]
        closing = [_CLOSING.search(text) is not None for text in texts]
        found[:, :, 11] = np.outer(opening, talk.seconds <= talk.seconds[0] + edge)
        found[:, :, 12] = np.outer(closing, talk.seconds >= talk.seconds[-1] - edge)
    return found


def terms(text: str) -> list[str]:
    """The stems a note is looked for by: those of an address only where there is nothing else."""
    return subject(_ADDRESS.sub(" ", text)) or subject(text)


def _with_joined(talk: Talk, wanted: set[str]) -> dict[str, list[int]]:
    """Where each stem is said, also as two or three words of what the notes write as one: "get block template"."""
    longest = max(map(len, wanted), default=0)
    joined: dict[str, list[int]] = defaultdict(list)
    for place, first in enumerate(talk.plain):
        together = first
        for word in talk.plain[place + 1 : place + _LONGEST_JOIN]:
            together += word
            if len(together) > longest:
                break
            if len(together) >= _SHORTEST_JOINED and together in wanted:
                joined[stem(together)].append(place)
    return talk.said | {term: sorted({*places, *talk.said.get(term, [])}) for term, places in joined.items()}


def _rarity(vocabulary: Sequence[str], said: dict[str, list[int]], size: int) -> list[float]:
    """The inverse document frequency of BM25, a window of the talk being a document."""
    windows = -(-size // WINDOW)
    counts = (len({place // WINDOW for place in said.get(term, [])}) for term in vocabulary)
    return [math.log(1 + (windows - count + 0.5) / (count + 0.5)) for count in counts]


def _heard(at: NDArray[np.float64], occurrences: Sequence[Sequence[int]], scale: float, ahead: bool) -> Floats:
    """How much each word is in the air at each place: 1 when it is said there often, 0 when far from it.

    What is said d words away counts exp(-d / scale), and together they count 1 - exp(-sum).
    """
    size = len(at)
    near = np.zeros((size, len(occurrences)), np.float32)
    for term, places in enumerate(occurrences):
        spoken = np.asarray(places, np.float64)
        # The last place not behind a word hears it ahead; the first place behind it hears it from behind.
        hears = np.searchsorted(at, spoken, side="right") - (1 if ahead else 0)
        inside = (hears >= 0) & (hears < size)
        hears, spoken = hears[inside], spoken[inside]
        np.add.at(near[:, term], hears, np.exp(-np.abs(spoken - at[hears]) / scale))
    fade = np.exp(-np.diff(at) / scale).astype(np.float32)
    if ahead:
        for place in range(size - 2, -1, -1):
            near[place] += fade[place] * near[place + 1]
    else:
        for place in range(1, size):
            near[place] += fade[place - 1] * near[place - 1]
    heard: Floats = (1 - np.exp(-near)).T
    return heard


def _seconds(starts: Sequence[float | None], at: Sequence[int]) -> NDArray[np.float64]:
    """When each place is, never going back: what is not known lies between what is, by the words."""
    known = [(words_before, start) for words_before, start in zip(at, starts, strict=True) if start is not None]
    if not known:
        return np.array(at, np.float64) / PACE
    counts, seconds = (np.array(each, np.float64) for each in zip(*known, strict=True))
    return np.maximum.accumulate(np.interp(np.array(at, np.float64), counts, np.maximum.accumulate(seconds)))


def _kept(opens: NDArray[np.bool_], most: int) -> Whole:
    """Which sentences are places: all, or of very many the turns' beginnings and an even choice of the others."""
    every = np.arange(len(opens))
    if len(opens) <= most:
        return every
    turns = every[opens][:: -(-int(opens.sum()) // most)]
    rest = np.setdiff1d(every, turns)
    room = most - len(turns)
    return np.union1d(turns, rest[np.linspace(0, len(rest) - 1, room).astype(int)] if room else turns)


def _same(turns: Sequence[int], place: int) -> NDArray[np.bool_]:
    return np.array([turn == turns[place] for turn in turns[place : place + SOON]], np.bool_)
