"""Notes are laid along a talk as the model says, which for few notes can be counted out."""

from __future__ import annotations

from itertools import product

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from playhead.alignment import Pace, Step, lay, onward

SECONDS = np.array([0.0, 10.0, 25.0, 70.0])
EVEN, LOOSE = Pace(30.0, 3.0), Pace(20.0)
STEPS = [Step(EVEN, 0.1), Step(LOOSE, 0.3), Step(EVEN, 1.0)]
SCORES = st.lists(st.lists(st.floats(-6, 6), min_size=4, max_size=4), min_size=3, max_size=3)


def counted_out(scores: np.ndarray, nowhere: float) -> tuple[np.ndarray, np.ndarray, float]:
    """The same by going through every way in which three notes can be at four places or nowhere."""
    tables = onward(SECONDS, (EVEN, LOOSE))
    places, lost, total = np.zeros(scores.shape), np.zeros(len(scores)), 0.0
    for way in product([None, 0, 1, 2, 3], repeat=len(scores)):
        standing, likely = 0, 1.0
        for row, place in enumerate(way):
            if place is None:
                likely *= np.exp(nowhere)
            else:
                step = STEPS[row]
                going = (1 - step.strays) * float(tables[step.pace][standing, place]) + step.strays / len(SECONDS)
                likely *= going * np.exp(scores[row, place])
                standing = place
        total += likely
        for row, place in enumerate(way):
            if place is None:
                lost[row] += likely
            else:
                places[row, place] += likely
    return places / total, lost / total, float(np.log(total))


@given(SCORES, st.floats(-4, 4))
def test_chances_are_those_of_every_way_counted_out(scores: list[list[float]], nowhere: float) -> None:
    fits = np.array(scores, np.float32)
    laid = lay(fits, nowhere, STEPS, onward(SECONDS, (EVEN, LOOSE)))
    places, lost, evidence = counted_out(fits.astype(np.float64), nowhere)
    assert laid.places == pytest.approx(places, abs=1e-4)
    assert laid.nowhere == pytest.approx(lost, abs=1e-4)
    assert laid.evidence == pytest.approx(evidence, abs=1e-2)


def test_nothing_goes_back_unless_it_strays() -> None:
    table = onward(SECONDS, (EVEN,))[EVEN]
    assert np.allclose(table, np.triu(table))
    assert table.sum(axis=1) == pytest.approx(1.0)


def test_a_note_that_fits_two_places_goes_between_its_neighbours() -> None:
    scores = np.array([[9, 0, 0, 0], [0, 4, 0, 4], [0, 0, 9, 0]], np.float32)
    steps = [Step(EVEN, 0.05)] * 3
    laid = lay(scores, -9.0, steps, onward(SECONDS, (EVEN,)))
    assert laid.places.argmax(axis=1).tolist() == [0, 1, 2]
    assert laid.places[1, 1] > 0.9


def test_notes_may_all_be_nowhere() -> None:
    laid = lay(np.full((3, 4), -20, np.float32), 5.0, STEPS, onward(SECONDS, (EVEN, LOOSE)))
    assert laid.nowhere == pytest.approx(1.0)
