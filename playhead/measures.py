"""What a ranking is worth, in numbers, and how sure the numbers are. Pure.

A ranking is judged by what each of its excerpts holds: the set of the right passages found in it, by number. Excerpts
may be long or short, so each passage counts once, and one excerpt that holds two of them takes two places; nobody
gains by long excerpts or by showing the same passage again.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from itertools import islice

import numpy as np
from numpy.typing import NDArray

from playhead.ranking import fold

DEPTH = 10
"""How many excerpts are judged."""

BINS = 10
RESAMPLES = 10_000
SEED = 20_240_229

Holds = Sequence[frozenset[int]]
"""For each excerpt, best first, the right passages it holds, numbered from 0."""
Numbers = NDArray[np.float64]
Statistic = Callable[[NDArray[np.int64]], Numbers]
"""From rows of numbers of questions, drawn with replacement, to one value a row."""


def rank(holds: Holds) -> int | None:
    """The place, from 1, of the first excerpt that holds a right passage; None if none does."""
    return next((place for place, held in enumerate(holds, 1) if held), None)


def success(holds: Holds, depth: int) -> float:
    """1 if one of the first ``depth`` excerpts holds a right passage, else 0: its mean is success@depth."""
    return float(any(holds[:depth]))


def reciprocal_rank(holds: Holds, depth: int = DEPTH) -> float:
    """1 / rank of the first right excerpt, 0 beyond ``depth``: its mean is MRR (Voorhees 1999, TREC-8 QA track)."""
    first = rank(holds[:depth])
    return 1 / first if first else 0.0


def ndcg(holds: Holds, passages: int, depth: int = DEPTH) -> float:
    """Normalised discounted cumulative gain of a question with this many right ``passages``: 0 to 1.

    Σ gain / log2(1 + place) over the first ``depth`` places, by the same sum with all passages in front (Järvelin &
    Kekäläinen 2002, with the discount of Burges et al. 2005). Gains are 0 or 1, and a passage seen before gains nothing
    (Clarke et al. 2008, α = 1). With one right passage it is 1 / log2(1 + rank).
    """
    gained = sum(gain / math.log2(1 + place) for place, gain in enumerate(islice(_gains(holds), depth), 1))
    return gained / sum(1 / math.log2(1 + place) for place in range(1, min(passages, depth) + 1))


def _gains(holds: Holds) -> Iterator[int]:
    """The gain of every place: one for each passage an excerpt adds, and one of 0 for an excerpt that adds none."""
    seen: set[int] = set()
    for held in holds:
        new = held - seen
        yield from [1] * len(new) or [0]
        seen |= new


def repeated(texts: Sequence[str]) -> float:
    """The share of these texts that say what an earlier one says, by the rule that folds them; 0 of none."""
    return 1 - len(fold(texts)) / len(texts) if texts else 0.0


@dataclass(frozen=True, slots=True)
class Bin:
    """The claims between two confidences: how many, the mean confidence ``said``, and the share that was ``right``."""

    least: float
    most: float
    count: int
    said: float | None
    right: float | None


def tally(said: Sequence[float], right: Sequence[bool]) -> Numbers:
    """Claims by confidence: for each of ten bins of equal width how many, the sum of ``said``, and how many right."""
    counts = np.zeros((BINS, 3))
    for confidence, is_right in zip(said, right, strict=True):
        counts[min(int(confidence * BINS), BINS - 1)] += 1, confidence, is_right
    return counts


def calibration_error(tallies: Numbers) -> Numbers:
    """The expected calibration error of ``tallies`` (…, bins, 3) of at least one claim: Σ share · |right - said|.

    Guo et al. 2017, On Calibration of Modern Neural Networks, formula 3.
    """
    counts, said, right = np.moveaxis(tallies, -1, 0)
    off: Numbers = np.abs(right - said).sum(axis=-1) / counts.sum(axis=-1)
    return off


def reliability(tallies: Numbers) -> list[Bin]:
    """The bins of a reliability diagram (DeGroot & Fienberg 1983) from ``tallies`` (bins, 3)."""
    return [
        Bin(
            place / BINS,
            (place + 1) / BINS,
            int(count),
            float(said / count) if count else None,
            float(right / count) if count else None,
        )
        for place, (count, said, right) in enumerate(tallies)
    ]


@dataclass(frozen=True, slots=True)
class Estimate:
    """A value over ``questions``, and the 95 % interval around it; None where nothing could be measured."""

    value: float | None
    low: float | None
    high: float | None
    questions: int

    @property
    def is_beyond_chance(self) -> bool:
        """Whether 0 is outside the interval."""
        return self.low is not None and self.high is not None and (self.low > 0 or self.high < 0)


def mean_of(values: Numbers) -> Statistic:
    """The mean over the questions drawn."""
    return lambda drawn: np.asarray(values[drawn].mean(axis=-1), np.float64)


def median_of(values: Numbers) -> Statistic:
    """The median over the questions drawn."""
    return lambda drawn: np.asarray(np.median(values[drawn], axis=-1), np.float64)


def calibration_of(tallies: Numbers) -> Statistic:
    """The expected calibration error over the questions drawn, of ``tallies`` (questions, bins, 3)."""
    return lambda drawn: calibration_error(tallies[drawn].sum(axis=-3))


def difference(after: Statistic, before: Statistic) -> Statistic:
    """By how much ``after`` is more than ``before`` on the same questions: what makes the bootstrap a paired one."""
    return lambda drawn: after(drawn) - before(drawn)


def estimate(statistic: Statistic, questions: int, resamples: int = RESAMPLES, seed: int = SEED) -> Estimate:
    """A statistic over all questions with its 95 % bootstrap interval, the same in every run.

    Questions are drawn with replacement, as many as there are; the interval is from the 2.5th to the 97.5th percentile
    (Efron & Tibshirani 1993, chapter 13; for comparing rankings Sakai 2006).
    """
    if not questions:
        return Estimate(None, None, None, 0)
    value = float(statistic(np.arange(questions)[None])[0])
    random = np.random.default_rng(seed)
    rows = max(1, 100_000 // questions)  # at once: memory stays below some tens of megabytes
    drawn = [
        statistic(random.integers(0, questions, (min(rows, resamples - done), questions)))
        for done in range(0, resamples, rows)
    ]
    low, high = np.percentile(np.concatenate(drawn), [2.5, 97.5]).tolist()
    return Estimate(value, low, high, questions)


def percentiles(seconds: Sequence[float]) -> tuple[float, float]:
    """The 50th and the 95th percentile of at least one number."""
    median, p95 = np.percentile(seconds, [50, 95]).tolist()
    return median, p95
