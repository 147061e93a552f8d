"""Every episode has its turn, and nothing is lost by it."""

from __future__ import annotations

from collections import Counter

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from playhead.variety import held_back, in_turn

OWNERS = st.lists(st.integers(0, 4), max_size=40).map(lambda owners: np.array(owners, np.int64))


@given(OWNERS, st.integers(1, 4))
def test_rounds_hold_everything_once_and_keep_the_best_first(owners: np.ndarray, most: int):
    order = in_turn(owners, most)

    assert sorted(order.tolist()) == list(range(len(owners)))
    rounds = [[]]  # type: list[list[int]]
    taken = Counter()  # type: Counter[int]
    for place in order.tolist():
        if taken[owners[place]] >= most * len(rounds):
            rounds.append([])
        taken[owners[place]] += 1
        rounds[-1].append(place)
    for places in rounds:
        assert places == sorted(places)
        assert max(Counter(owners[places].tolist()).values(), default=0) <= most
    for owner in set(owners.tolist()):
        own = [place for place in order.tolist() if owners[place] == owner]
        assert own == sorted(own)


@given(OWNERS, st.integers(1, 3), st.integers(0, 40))
def test_held_back_is_what_is_better_than_the_last_shown_and_not_shown(owners: np.ndarray, most: int, size: int):
    shown = in_turn(owners, most)[:size].tolist()
    last = max(shown, default=0)

    waiting = [place for place in range(last) if place not in shown]
    assert held_back(owners, set(shown), last, most) == dict(Counter(owners[waiting].tolist()))
