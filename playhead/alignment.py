"""Lays notes along a talk that they mostly follow: a hidden Markov model, by forward and backward passes. Pure.

Each note is at some place or nowhere. Where one is, the next is likely somewhat later; sometimes it is anywhere. From
how well each fits each place by itself follows how likely it is there, given all the others (L. Rabiner, A tutorial on
hidden Markov models, Proc. IEEE 77, 1989, section III).
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class Pace:
    """How far notes go on from one to the next: ``mean`` seconds, the more evenly the higher ``evenness``.

    The gaps have a gamma distribution of that shape: 1 is exponential, without any evenness.
    """

    mean: float
    evenness: float = 1.0


@dataclass(frozen=True, slots=True)
class Step:
    """How the talk goes on to a note: at which pace, or with the chance ``strays`` to anywhere."""

    pace: Pace
    strays: float


@dataclass(frozen=True, slots=True)
class Laid:
    """How likely each note is at each place (notes x places), and ``nowhere`` (notes); ``evidence`` for the model.

    The evidence is the logarithm of how likely the scores are under the order that was supposed.
    """

    places: Floats
    nowhere: Floats
    evidence: float


SOONEST = 4.0
"""Seconds added to every gap, so that two notes can be at one place."""


Onward = Mapping[Pace, Floats]
"""At a pace, from each place (rows) how likely the next note is at each."""


def onward(seconds: NDArray[np.float64], paces: Iterable[Pace]) -> Onward:
    """The table of each pace for places that are at these ``seconds``."""
    return {pace: _onward(seconds, pace) for pace in paces}


def lay(scores: Floats, nowhere: Floats | float, steps: Sequence[Step], tables: Onward) -> Laid:
    """How likely each note is where, given ``scores`` (notes x places) and those of being ``nowhere``.

    Scores are logarithms of likelihoods; ``steps`` has one entry a note, and ``tables`` those of their paces.
    """
    notes, places = scores.shape
    highest = np.maximum(scores.max(axis=1), nowhere)
    fits = np.exp(scores - highest[:, None]).astype(np.float32)
    misses = np.exp(nowhere - highest).astype(np.float32)
    # Where the talk stands before each note; it begins at its first place.
    before = np.zeros((notes, places), np.float32)
    arriving = np.zeros((notes, places), np.float32)
    scale = np.ones(notes, np.float32)
    standing = np.zeros(places, np.float32)
    standing[0] = 1.0
    evidence = 0.0
    for note, step in enumerate(steps):
        before[note] = standing
        arriving[note] = (1 - step.strays) * (standing @ tables[step.pace]) + step.strays * standing.mean()
        standing = fits[note] * arriving[note] + misses[note] * standing
        scale[note] = standing.sum()
        standing = standing / scale[note]
        evidence += math.log(scale[note]) + float(highest[note])
    found = np.zeros((notes, places), np.float32)
    lost = np.zeros(notes, np.float32)
    after = np.ones(places, np.float32)
    for note in range(notes - 1, -1, -1):
        step = steps[note]
        fitting = fits[note] * after
        found[note] = arriving[note] * fitting / scale[note]
        lost[note] = misses[note] * (before[note] @ after) / scale[note]
        onward = (1 - step.strays) * (tables[step.pace] @ fitting) + step.strays * fitting.mean()
        after = (onward + misses[note] * after) / scale[note]
    total = np.maximum(found.sum(axis=1) + lost, np.finfo(np.float32).tiny)
    return Laid(found / total[:, None], lost / total, evidence)


def _onward(seconds: NDArray[np.float64], pace: Pace) -> Floats:
    """A row adds up to 1, and nothing goes back."""
    gap = (seconds[None, :] - seconds[:, None]).astype(np.float32)
    later = (np.maximum(gap, 0) + SOONEST) / pace.mean
    likely: Floats = np.where(gap >= 0, later ** (pace.evenness - 1) * np.exp(-pace.evenness * later), 0)
    likely /= np.maximum(likely.sum(axis=1, keepdims=True), np.finfo(np.float32).tiny)
    return likely
