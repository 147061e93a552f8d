"""Puts what was found in order: meaning and words fused, an episode's weight, the same words folded. Pure.

Scores are normalised before they are added, not ranked: reciprocal ranks throw away by how much a passage
is better, and lose to plain BM25 on short questions (docs/design.md, "Why fuse scores?").
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from playhead.engine import Hits, WordHits
from playhead.text import words

RUN = 5
"""Words in a row that make passages the same where they share many."""

CANDIDATES = 1000
"""How many of each list are fused."""

Scores = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Weights:
    """How much each kind of evidence counts; the three of a passage's own sum to 1.

    ``episode`` adds that share of the mean of the episode's three best passages to all of its passages: an
    episode about the subject is a better place to find it.
    """

    meaning: float = 0.4
    alone: float = 0.2
    around: float = 0.4
    episode: float = 0.6


RECIPE = Weights()


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
    weights: Weights = RECIPE,
) -> Ranking:
    """Order the ``candidates`` by the weighted sum of their normalised scores.

    ``episodes`` holds each candidate's episode. Scores are z-scores over the candidates, an absent score
    taking its list's floor. Equal scores keep the order of their numbers, so an answer is reproducible.
    """
    meaning, alone, around = (spread(candidates, hits) for hits in (nearest, matching.alone, matching.around))
    scores = (
        weights.meaning * standardise(meaning)
        + weights.alone * standardise(alone)
        + weights.around * standardise(around)
    )
    if weights.episode and len(candidates):
        scores = scores + weights.episode * best_of_each(scores, episodes)
    order = np.argsort(-scores, kind="stable")
    return Ranking(candidates[order], scores[order], meaning[order], alone[order])


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


def best_of_each(scores: Scores, groups: NDArray[np.int64], best: int = 3) -> Scores:
    """For every score the mean of the ``best`` highest in its group, a group with fewer counting zeros."""
    order = np.lexsort((-scores, groups))
    _, starts, where = np.unique(groups[order], return_index=True, return_inverse=True)
    place = np.arange(len(order)) - starts[where]
    sums = np.zeros(len(starts))
    np.add.at(sums, where, np.where(place < best, scores[order], 0.0))
    result = np.empty_like(scores)
    result[order] = sums[where] / best
    return result


def fold(texts: Sequence[str], share: float = 0.6) -> list[list[int]]:
    """Group passages that say the same words: each group's first is its best, the rest its duplicates.

    Two passages are the same when ``share`` of the shorter one's runs of five words stand in the other: adverts
    read again and episodes published twice, but not two answers that happen to agree.
    """
    groups: list[list[int]] = []
    sizes: list[int] = []
    holders: defaultdict[tuple[str, ...], list[int]] = defaultdict(list)
    for index, text in enumerate(texts):
        own = _runs(text)
        common = Counter(group for run in own & holders.keys() for group in holders[run])
        same = (group for group in sorted(common) if common[group] >= share * min(len(own), sizes[group]))
        group = next(same, None)
        if group is not None:
            groups[group].append(index)
            continue
        for run in own:
            holders[run].append(len(groups))
        groups.append([index])
        sizes.append(len(own))
    return groups


@lru_cache(maxsize=2048)
def _runs(text: str) -> frozenset[tuple[str, ...]]:
    """Every five words in a row; all of them where there are fewer. Kept: many questions find the same passages."""
    said = words(text)
    return frozenset(zip(*(said[start:] for start in range(RUN)), strict=False)) or frozenset([tuple(said)])
