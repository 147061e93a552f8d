"""Puts what was found in order: meaning and words fused, an episode's weight, the same words folded. Pure.

Scores are normalised before they are added, not ranked: reciprocal ranks throw away by how much a passage
is better, and lose to plain BM25 on short questions (docs/design.md, "Why fuse scores?").
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from playhead.engine import Hits, WordHits
from playhead.text import said

RUN = 5
"""Words in a row that make passages the same where they share many."""

NEAR = 3
"""Words from one word to another that is said beside it: "the build, which is slower" says "build" beside "slower"."""

CANDIDATES = 1000
"""How many of each list are fused."""

# Odd factors, so that words in another order make another run (Knuth, The Art of Computer Programming 3, 6.4).
_ODD = np.array([0x9E3779B97F4A7C15, 0xBF58476D1CE4E5B9, 0x94D049BB133111EB, 0xD6E8FEB86659FD93, 1], np.uint64)

Scores = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Weights:
    """How much each kind of evidence counts; the first three are of a passage itself and sum to 1.

    ``episode`` adds that share of the mean of the episode's three best passages to all of its passages: an
    episode about the subject is a better place to find it. ``neighbours`` adds that share of what is found around a
    passage: two on each side, the next counting twice. ``nearness`` counts, among the best, words of the question that
    are said beside each other.
    """

    meaning: float = 0.5
    alone: float = 0.1
    around: float = 0.4
    episode: float = 1.0
    neighbours: float = 0.15
    nearness: float = 0.4


RECIPE = Weights()

WITHIN = 1.0
"""What neighbours count for within one episode: there it is found that something is talked about, and asked where."""


def within(weights: Weights) -> Weights:
    """The weights for a question that is asked of one episode; neighbours that count for nothing still do not."""
    return replace(weights, neighbours=WITHIN) if weights.neighbours else weights


def by_words(weights: Weights) -> Weights:
    """The weights where meaning has no say: what a passage says itself counts as much as what is said around it.

    Else its neighbours would often go before the one passage that says a rare word.
    """
    each = (weights.alone + weights.around) / 2
    return replace(weights, alone=each, around=each)


@dataclass(frozen=True, slots=True)
class Ranking:
    """Candidates, best first; ``meaning`` and ``words`` are the raw scores, NaN where a list did not have one."""

    numbers: NDArray[np.int64]
    scores: Scores
    meaning: Scores
    words: Scores

    def __len__(self) -> int:
        return len(self.numbers)


def gather(nearest: Hits, matching: WordHits) -> NDArray[np.int64]:
    """Every candidate of any list, once."""
    return np.unique(np.concatenate([nearest.numbers, matching.alone.numbers, matching.around.numbers]))


def fuse(
    candidates: NDArray[np.int64],
    nearest: Hits,
    matching: WordHits,
    episodes: NDArray[np.int64],
    places: NDArray[np.int64],
    weights: Weights = RECIPE,
) -> Ranking:
    """Order the ``candidates`` by the weighted sum of their normalised scores.

    ``episodes`` holds each candidate's episode, ``places`` its place in it. Scores are z-scores over the candidates,
    an absent score taking its list's floor. Equal scores keep the order of their numbers, so an answer is reproducible.
    """
    meaning, alone, around = (spread(candidates, hits) for hits in (nearest, matching.alone, matching.around))
    scores = (
        weights.meaning * standardise(meaning)
        + weights.alone * standardise(alone)
        + weights.around * standardise(around)
    )
    if weights.neighbours:
        scores = scores + weights.neighbours * of_neighbours(scores, episodes, places)
    if weights.episode and len(candidates):
        scores = scores + weights.episode * best_of_each(scores, episodes)
    order = np.argsort(-scores, kind="stable")
    return Ranking(candidates[order], scores[order], meaning[order], alone[order])


def sharpen(ranking: Ranking, nearness: Sequence[float], weight: float = RECIPE.nearness) -> Ranking:
    """Reorder the first candidates, as many as ``nearness`` is given for, by how near it finds what was asked.

    Nothing falls behind what is not looked at: the least near keeps its score, the others gain.
    """
    gain = weight * standardise(np.asarray(nearness, np.float64))
    scores = ranking.scores.copy()
    scores[: len(gain)] += gain - gain.min(initial=0.0)
    order = np.argsort(-scores, kind="stable")
    return Ranking(ranking.numbers[order], scores[order], ranking.meaning[order], ranking.words[order])


def nearness(asked: Sequence[str], said: Sequence[str], weights: Mapping[str, float]) -> float:
    """The share of neighbours in a question that a passage says within three words of each other: 0 to 1.

    Both are stems in their order; each pair counts with the ``weights`` of its two.

    >>> nearness(["memory", "leak", "python"], "a leak of memory in our python".split(), {"memory": 2, "leak": 2})
    0.6666666666666666
    """
    places: dict[str, list[int]] = {stem: [] for stem in asked}
    for place, stem in enumerate(said):
        if stem in places:
            places[stem].append(place)
    pairs = [(one, other, weights.get(one, 0.0) + weights.get(other, 0.0)) for one, other in pairwise(asked)]
    total = sum(weight for _, _, weight in pairs)
    near = sum(weight for one, other, weight in pairs if _are_near(places[one], places[other]))
    return near / total if total else 0.0


def _are_near(one: Sequence[int], other: Sequence[int]) -> bool:
    return any(abs(first - second) <= NEAR for first in one for second in other)


def spread(candidates: NDArray[np.int64], hits: Hits) -> Scores:
    """The hits' scores laid out over the (sorted) candidates, NaN where there is none."""
    scores = np.full(len(candidates), np.nan)
    scores[np.searchsorted(candidates, hits.numbers)] = hits.scores
    return scores


def standardise(scores: Scores) -> Scores:
    """Scores in standard deviations from their mean; an absent one counts as the list's lowest."""
    if not len(scores) or np.isnan(scores).all():
        return np.zeros_like(scores)
    filled = np.where(np.isnan(scores), np.nanmin(scores), scores)
    deviation = filled.std()
    return (filled - filled.mean()) / deviation if deviation > 0 else np.zeros_like(filled)


def of_neighbours(scores: Scores, episodes: NDArray[np.int64], places: NDArray[np.int64]) -> Scores:
    """For every score the mean of those one and two places off in its episode, the nearer counting twice.

    One that is no candidate counts as 0, the mean of all.

    >>> of_neighbours(np.array([6.0, 3.0, 0.0]), np.zeros(3), np.array([4, 5, 9])).tolist()
    [1.0, 2.0, 0.0]
    """
    order = np.lexsort((places, episodes))
    result = np.zeros(len(scores))
    for apart in (1, 2):
        # Among those in order, the neighbour two places off may be the next candidate or the one after it.
        for step in range(1, apart + 1):
            one, other = order[:-step], order[step:]
            near = (episodes[one] == episodes[other]) & (places[other] - places[one] == apart)
            result[one[near]] += (3 - apart) * scores[other[near]]
            result[other[near]] += (3 - apart) * scores[one[near]]
    return result / 6


def best_of_each(scores: Scores, groups: NDArray[np.int64], best: int = 3) -> Scores:
    """For every score the mean of the ``best`` highest in its group, a group with fewer counting zeros."""
    order = np.lexsort((-scores, groups))
    _, starts, where = np.unique(groups[order], return_index=True, return_inverse=True)
    place = np.arange(len(order)) - starts[where]
    sums = np.bincount(where, np.where(place < best, scores[order], 0.0), len(starts))
    result = np.empty_like(scores)
    result[order] = sums[where] / best
    return result


def fold(texts: Sequence[str], share: float = 0.6) -> list[list[int]]:
    """Group passages that say the same words: each group's first is its best, the rest its duplicates.

    Two passages are the same when ``share`` of the shorter one's runs of five words stand in the other: adverts
    read again and episodes published twice, but not two answers that happen to agree.
    """
    sizes, shared = _shared_runs(texts)
    groups: list[list[int]] = []
    holders: defaultdict[int, list[int]] = defaultdict(list)
    for index, own in enumerate(shared):
        common = Counter(group for run in own for group in holders.get(run, ()))
        least = {group: share * min(sizes[index], sizes[groups[group][0]]) for group in common}
        group = next((group for group in sorted(common) if common[group] >= least[group]), None)
        if group is not None:
            groups[group].append(index)
            continue
        for run in own:
            holders[run].append(len(groups))
        groups.append([index])
    return groups


def _shared_runs(texts: Sequence[str]) -> tuple[list[int], list[list[int]]]:
    """How many runs each text has, and those that another has, too: nearly every run is said in one text only."""
    if not texts:
        return [], []
    runs = [_runs(text) for text in texts]
    sizes = [len(own) for own in runs]
    _, which, counts = np.unique(np.concatenate(runs), return_inverse=True, return_counts=True)
    of_each = np.split(which, np.cumsum(sizes)[:-1])
    return sizes, [own[counts[own] > 1].tolist() for own in of_each]


@lru_cache(maxsize=4096)
def _runs(text: str) -> NDArray[np.uint64]:
    """Every five words in a row, each run once; all words where there are fewer. Kept: passages are found again.

    As hashes, which are compared ten times as fast: that two runs of one question's passages share one by chance is
    less likely than a fault of the machine.
    """
    stems = np.fromiter(map(hash, said(text)), np.int64).view(np.uint64)
    if len(stems) < RUN:
        stems = np.pad(stems, (0, RUN - len(stems)))
    return np.unique(np.lib.stride_tricks.sliding_window_view(stems, RUN) @ _ODD)
