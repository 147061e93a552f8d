"""Suggests chapters for an episode that states none: where the talk turns to something else, and what to. Pure.

A boundary is likely where a turn begins, where the words change, where somebody asks, and where somebody says so
("let's talk about"). Which of these places are boundaries is decided for the whole episode at once: chapters should be
of one meaning each, by the vectors of the index, and a boundary more has to be worth it. `python -m bench.chapters`
measures it; docs/design.md, "Where would an editor put a chapter?", has the figures.
"""

from __future__ import annotations

import math
import re
from bisect import bisect_left, bisect_right
from collections import Counter
from collections.abc import Iterator, Sequence, Set
from dataclasses import dataclass
from itertools import accumulate, pairwise

import numpy as np
from numpy.typing import NDArray

from playhead.model import Chapter, Episode, Segment, Sentence, Span, Transcript, Turn
from playhead.text import STOP_WORDS, stem, stem_spans, unit_starts, word_spans, words

SOURCE = "suggested"
"""What a chapter's ``source`` says when nobody stated it."""

SHORTEST, LONGEST = 160, 4000
"""Words of a chapter: at a talking pace, a minute and twenty-five."""

# What a boundary is worth: a logistic regression on 275 timed notes of 26 episodes; the price and the worth of one
# meaning by the F1 of the boundaries within 30 s, which is .53, and .52 where the episode is left out of the fit.
_TURN, _CHANGE, _CUE, _ASKS = 1.76, 0.84, 0.56, 0.75
_PRICE, _PRICE_BY_WORDS_ALONE = 4.37, 2.8
_ONE_MEANING = 0.015
"""For each word, times how near to the middle of the chapter it is."""

_AROUND = 120
"""Words on either side that are compared."""
_INSIDE = 60
"""Words into a turn after which a sentence may begin a chapter, too."""
_ASKED = 500
"""Characters in which a question is looked for."""
_SAID_FIRST = 160
"""Characters in which somebody says what comes next."""
_CUE_PHRASE = re.compile(
    r"\b(?:let['’]s (?:talk|move|start|get|go|jump|dive|switch|begin|turn|see)|mov(?:e|ing) on|speaking of"
    r"|tell (?:us|me)|next (?:one|topic|question|up|thing|item)|another (?:thing|question|topic|one)|(?:first"
    r"|second|third|last|final) (?:question|topic|thing|one)|so (?:what|how|why|who|where|when|can you"
    r"|could you|do you|tell|the (?:next|first|second|third|last)|now|let)|can you (?:explain|tell|talk|walk"
    r"|give|maybe)|talk about|what (?:is|are|about|else)|how (?:does|do|did|about)|welcome|al(?:l )?right"
    r"|ok(?:ay)?,? so|by the way|i (?:want|wanted|would like) to (?:talk|ask|go|get|move)|before we"
    r"|anything else|wrap)\b",
    re.IGNORECASE,
)

TERMS = 3
"""Terms that make a title."""
_OPENING = 400
"""Characters that say what a chapter is about more than the rest of it does: a term counts three times there."""
_LENGTHS = {1: 1.0, 2: 2.0, 3: 2.2}
"""What a term of so many words is worth."""
_ONCE, _ONCE_ALONE = 0.7, 0.3
"""What it counts that is said once, and so if it is a word alone and no name."""
_PAUSE = re.compile(r"[^\s\-’'/]")
# Words that are said whatever is talked about.
_TALK = STOP_WORDS | frozenset(
    (
        "able about above actually after again against all almost already also although always among another any "
        "anybody anyone anything away back basically because before behind being below best better between bit bunch "
        "called came can't cannot cause certain come comes coming couldn't course day didn't different doesn't doing "
        "don't done down during each easy either else end enough even ever every everybody everyone everything "
        "exactly example fact far feel few find fine first found gave get gets getting give given go goes going gonna "
        "good got great guess guy guys hadn't happen happened happening happens hard hasn't haven't hear heard help "
        "hey hold however huge i'd i'll i'm i've idea inside instead interested interesting isn't it's itself keep "
        "kind kinda knew know known last later least left less let let's lets like literally little long longer look "
        "looked looking lot lots love made make makes making many matter maybe mean means might moment more most move "
        "much must myself need needed needs never new next nice no nobody none nor not nothing now number obviously "
        "off often oh ok okay old once one ones only other others outside own part people per perfect perhaps person "
        "place play point possible pretty probably problem put question questions quick quite rather read real really "
        "reason remember right run said same saw say saying says second see seeing seem seems seen sense set side "
        "simply since small somebody someone something sometimes soon sort start started starting starts stay still "
        "stop stuff super sure take takes taking talk talked talking tell term terms thank thanks that's there's "
        "they're they've thing things think thinking third thought thousand three through time times today together "
        "told took total totally toward towards tried true try trying turn twice two type uh um under understand "
        "unless until up upon use used useful using usually various want wanted wants wasn't way ways we'll we're "
        "we've week weeks well went weren't what's whatever where's whether who's whole within without won't wonder "
        "word words work worked working works world worth would wouldn't wow write yeah year years yes yet you'd "
        "you'll you're you've"
    ).split()
)


@dataclass(frozen=True, slots=True)
class _Door:
    """A place a chapter may begin at: its sentence, the words before it, and what speaks for it."""

    sentence: int
    words: int
    worth: float


def suggest(
    episode: Episode, transcript: Transcript, segments: Sequence[Segment], vectors: NDArray[np.float32]
) -> tuple[Chapter, ...]:
    """Chapters for an episode, in order; ``source`` says that they are suggested, and none of them is stated.

    ``segments`` are the episode's, in order of speech, with a row of ``vectors`` each. The first chapter begins with
    the recording, every other where its first sentence does; starts are None where no time is known. Nothing is
    suggested for a transcript without words.
    """
    sentences = transcript.sentences
    if not sentences:
        return ()
    counts = [len(unit_starts(transcript.said(sentence.span))) for sentence in sentences]
    before = [0, *accumulate(counts)]
    bags = [_bag(transcript.said(sentence.span)) for sentence in sentences]
    doors = list(_doors(transcript, before, bags, _rarity(transcript, segments, bags)))
    firsts = [
        0,
        *(doors[place].sentence for place in _best(doors, _running(sentences, counts, segments, vectors), before)),
    ]
    is_timed = any(sentence.time.start is not None for sentence in sentences)
    spans = [
        (sentences[first].span[0], sentences[last - 1].span[1]) for first, last in pairwise([*firsts, len(sentences)])
    ]
    starts = [0.0 if is_timed else None, *(sentences[first].time.start for first in firsts[1:])]
    ends = [*starts[1:], episode.duration]
    titles = title([transcript.said(span) for span in spans], spoken_to(transcript))
    return tuple(
        Chapter(number, called, start, end, source=SOURCE, span=span)
        for number, (called, start, end, span) in enumerate(zip(titles, starts, ends, spans, strict=True), 1)
    )


# Where chapters may begin.


def _doors(
    transcript: Transcript, before: Sequence[int], bags: Sequence[Counter[str]], rarity: dict[str, float]
) -> Iterator[_Door]:
    """Every place a chapter may begin at. Where times are known, only those that have one."""
    sentences = transcript.sentences
    is_timed = any(sentence.time.start is not None for sentence in sentences)
    places = [
        (first, turn)
        for first, turn in _openings(transcript, before)
        if sentences[first].time.start is not None or not is_timed
    ]
    likeness = np.array([_likeness(first, before, bags, rarity) for first, _ in places])
    change = -_standard(likeness)
    for (first, turn), changes in zip(places, change, strict=True):
        at = sentences[first].span[0]
        said = transcript.said((at, turn.span[1]))
        worth = _TURN * (at == turn.span[0]) + _CHANGE * float(changes)
        worth += _CUE * bool(_CUE_PHRASE.search(said[:_SAID_FIRST])) + _ASKS * ("?" in said[:_ASKED])
        yield _Door(first, before[first], worth)


def _openings(transcript: Transcript, before: Sequence[int]) -> Iterator[tuple[int, Turn]]:
    """The sentences that begin a turn, and those in a long one; not the first of all."""
    starts = [sentence.span[0] for sentence in transcript.sentences]
    for turn in transcript.turns:
        first, last = bisect_left(starts, turn.span[0]), bisect_left(starts, turn.span[1])
        for place in range(first, last):
            if place and (place == first or before[place] - before[first] >= _INSIDE):
                yield place, turn


def _likeness(first: int, before: Sequence[int], bags: Sequence[Counter[str]], rarity: dict[str, float]) -> float:
    """The cosine of the words before a sentence and of those from it on, each weighted by how rare it is.

    Hearst 1997, TextTiling: Segmenting Text into Multi-paragraph Subtopic Passages.
    """
    low = max(0, bisect_right(before, before[first] - _AROUND) - 1)
    high = bisect_left(before, before[first] + _AROUND)
    one, two = (_weighted(bags[slice(*span)], rarity) for span in ((low, first), (first, high)))
    length = math.sqrt(sum(value**2 for value in one.values()) * sum(value**2 for value in two.values()))
    shared = sum(value * two.get(each, 0.0) for each, value in one.items())
    return shared / length if length else 0.0


def _weighted(bags: Sequence[Counter[str]], rarity: dict[str, float]) -> dict[str, float]:
    counted: Counter[str] = Counter()
    for bag in bags:
        counted.update(bag)
    return {each: (1 + math.log(count)) * rarity[each] for each, count in counted.items()}


def _bag(said: str) -> Counter[str]:
    return Counter(each for each, _, _ in stem_spans(said) if len(each) > 1 and each not in _STOPPED)


_STOPPED = frozenset(map(stem, STOP_WORDS))


def _rarity(transcript: Transcript, segments: Sequence[Segment], bags: Sequence[Counter[str]]) -> dict[str, float]:
    """How telling a stem is in this episode, by how few of its passages say it."""
    owners = _owners(transcript.sentences, segments)
    seen = {(each, owner) for bag, owner in zip(bags, owners, strict=True) for each in bag}
    said_in = Counter(each for each, _ in seen)
    return {each: max(0.1, math.log((len(segments) + 1) / (count + 0.5))) for each, count in said_in.items()}


def _owners(sentences: Sequence[Sentence], segments: Sequence[Segment]) -> list[int]:
    """For every sentence the segment that it is in; in the one before where it is in none."""
    starts = [segment.span[0] for segment in segments]
    return [max(0, bisect_right(starts, sentence.span[0]) - 1) for sentence in sentences]


def _standard(values: NDArray[np.float64]) -> NDArray[np.float64]:
    """By how many standard deviations each is above the middle of all; 0 where all are the same."""
    spread = float(values.std()) if len(values) else 0.0
    return (values - values.mean()) / spread if spread > 1e-9 else np.zeros(len(values))


# Which of them do.


def _running(
    sentences: Sequence[Sentence], counts: Sequence[int], segments: Sequence[Segment], vectors: NDArray[np.float32]
) -> NDArray[np.float64]:
    """The sum of the meaning of all that is said before each sentence, and after the last: a word has its segment's.

    What the whole episode is about says nothing of its parts, and is taken off.
    """
    if not len(segments):
        return np.zeros((len(sentences) + 1, 1))
    own = vectors.astype(np.float64) - vectors.mean(axis=0, dtype=np.float64)
    meant = own[_owners(sentences, segments)] * np.array(counts, float)[:, None]
    return np.vstack([np.zeros(own.shape[1]), np.cumsum(meant, axis=0)])


def _best(doors: Sequence[_Door], running: NDArray[np.float64], before: Sequence[int]) -> list[int]:
    """The doors that chapters begin at: the set that is worth the most, and leaves none too short.

    A chapter is worth the length of the sum of its vectors, which is the longer the more they agree; a boundary what
    speaks for it, less its price. The best way to each door is the best one to a door before it, and on from there.
    """
    reached = np.array([0, *(door.words for door in doors), before[-1]])
    sums = running[[0, *(door.sentence for door in doors), len(before) - 1]]
    price = _PRICE if running.any() else _PRICE_BY_WORDS_ALONE
    best = np.full(len(reached), -math.inf)
    best[0] = 0.0
    back = np.zeros(len(reached), int)
    for here in range(1, len(reached)):
        is_end = here == len(reached) - 1
        low = int(np.searchsorted(reached, reached[here] - LONGEST)) if not is_end else 0
        high = int(np.searchsorted(reached, reached[here] - SHORTEST, side="right"))
        reachable = np.flatnonzero(best[low:high] > -math.inf) + low
        if not len(reachable):
            reachable = np.array([0])
            if not is_end and reached[here] < SHORTEST:
                continue
        meant = _ONE_MEANING * np.linalg.norm(sums[here] - sums[reachable], axis=1)
        worth = best[reachable] + meant
        back[here] = reachable[int(worth.argmax())]
        best[here] = worth.max() + (0.0 if is_end else doors[here - 1].worth - price)
    chosen = []
    here = int(back[-1])
    while here:
        chosen.append(here - 1)
        here = int(back[here])
    return chosen[::-1]


# What they are called.


def title(texts: Sequence[str], people: Set[str] = frozenset()) -> list[str]:
    """A title for each of an episode's chapters: the terms that it says and the others do not, most of all at first.

    A term is up to three words in a row that are not said of everything, and none of the names of ``people``, who are
    spoken to all the time.
    """
    found = [list(_terms(text, people)) for text in texts]
    said_in = Counter(key for terms in found for key in {key for key, _ in terms})
    return [_title(text, terms, said_in, len(texts)) for text, terms in zip(texts, found, strict=True)]


def spoken_to(transcript: Transcript) -> frozenset[str]:
    """The names of those who speak, word by word."""
    names = {turn.speaker for turn in transcript.turns if turn.speaker}
    return frozenset(word for name in names for word in words(name))


Key = tuple[str, ...]


def _terms(text: str, people: Set[str]) -> Iterator[tuple[Key, Span]]:
    """Each run of one to three telling words, as stems, and where it stands."""
    run: list[tuple[str, Span]] = []
    reached = 0
    for word, start, end in word_spans(text):
        if run and _PAUSE.search(text, reached, start):
            yield from _runs(run)
            run = []
        reached = end
        if word in _TALK or word.removesuffix("'s") in people or len(word) < 2 or word.isdecimal():
            yield from _runs(run)
            run = []
        else:
            run.append((stem(word), (start, end)))
    yield from _runs(run)


def _runs(run: Sequence[tuple[str, Span]]) -> Iterator[tuple[Key, Span]]:
    for length in _LENGTHS:
        for first in range(len(run) - length + 1):
            part = run[first : first + length]
            yield tuple(each for each, _ in part), (part[0][1][0], part[-1][1][1])


def _title(text: str, terms: Sequence[tuple[Key, Span]], said_in: Counter[Key], chapters: int) -> str:
    counted = Counter(key for key, _ in terms)
    shown: dict[Key, Counter[str]] = {}
    first: dict[Key, int] = {}
    for key, span in terms:
        shown.setdefault(key, Counter())[" ".join(text[slice(*span)].split())] += 1
        first.setdefault(key, span[0])

    def written(key: Key) -> str:
        return shown[key].most_common(1)[0][0]

    def worth(key: Key) -> float:
        rarity = math.log((chapters + 1) / (said_in[key] + 0.5)) + 0.3
        is_name = written(key)[0].isupper()
        once = _ONCE if len(key) > 1 or is_name else _ONCE_ALONE
        often = (counted[key] if counted[key] > 1 else once) ** 0.8
        early = 3.0 if first[key] < _OPENING else 1.0
        return float(often * rarity * _LENGTHS[len(key)] * (1.2 if is_name else 1.0) * early)

    chosen: list[Key] = []
    for key in sorted(counted, key=lambda key: (-worth(key), first[key])):
        if len(chosen) < TERMS and not any(set(key) & set(other) for other in chosen):
            chosen.append(key)
    called = ", ".join(written(key) for key in sorted(chosen, key=first.__getitem__))
    return called[:1].upper() + called[1:] or _first_words(text)


def _first_words(text: str) -> str:
    """What a chapter begins with, where no word of it tells anything."""
    words = " ".join(text.split())
    return words if len(words) <= 60 else f"{words[:60].rsplit(' ', 1)[0]} …"
