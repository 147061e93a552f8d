"""Lets every episode have its turn: the best few passages of each before any shows its next. Pure.

One long talk about a subject would else fill a page by itself, and hide that others talk about it too.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection

import numpy as np
from numpy.typing import NDArray

Places = NDArray[np.int64]


def in_turn(episodes: Places, most: int) -> Places:
    """The places of the candidates in a new order: round by round, ``most`` of each episode, best first in a round.

    ``episodes`` has the episode of each candidate, best first. Nothing is lost, and no page's size has a say.

    >>> in_turn(np.array([7, 7, 7, 5, 7, 5]), most=2).tolist()
    [0, 1, 3, 5, 2, 4]
    """
    return np.argsort(_before(episodes) // most, kind="stable")


def held_back(episodes: Places, shown: Collection[int], last: int, most: int) -> dict[int, int]:
    """How many candidates of each episode are better than the one at place ``last``, but wait for another round.

    ``shown`` are the places of those that wait no longer.

    >>> held_back(np.array([7, 7, 7, 5, 7, 5]), {0, 1, 3}, last=3, most=2)
    {7: 1}
    """
    waiting = np.flatnonzero(_before(episodes[:last]) >= most).tolist()
    return dict(Counter(int(episodes[place]) for place in waiting if place not in shown))


def _before(episodes: Places) -> Places:
    """For each candidate how many of its episode are better."""
    order = np.argsort(episodes, kind="stable")
    _, starts, counts = np.unique(episodes[order], return_index=True, return_counts=True)
    before = np.empty(len(episodes), np.int64)
    before[order] = np.arange(len(episodes)) - np.repeat(starts, counts)
    return before
