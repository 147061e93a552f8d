"""What a ranking is worth, by hand and by what must hold of any ranking."""

from __future__ import annotations

import math
import random

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from playhead import measures
from playhead.measures import (
    calibration_error,
    calibration_of,
    difference,
    estimate,
    mean_of,
    median_of,
    ndcg,
    reciprocal_rank,
    reliability,
    repeated,
    success,
    tally,
)

PASSAGES = 4
NONE: frozenset[int] = frozenset()
HELD = st.frozensets(st.integers(0, PASSAGES - 1), max_size=2)
RANKINGS = st.lists(HELD, max_size=12)
CLAIMS = st.lists(st.tuples(st.floats(0, 1), st.booleans()), min_size=1, max_size=60)


def holds(*places: int | None) -> list[frozenset[int]]:
    """One passage or none an excerpt."""
    return [NONE if place is None else frozenset([place]) for place in places]


def test_success_and_reciprocal_rank_are_of_the_first_right_excerpt():
    third = holds(None, None, 0, 0)

    assert [success(third, depth) for depth in (1, 2, 3, 10)] == [0, 0, 1, 1]
    assert reciprocal_rank(third) == pytest.approx(1 / 3)
    assert measures.rank(third) == 3


def test_nothing_right_is_worth_nothing():
    assert (measures.rank(holds(None)), reciprocal_rank([]), ndcg([], 1), success([], 10)) == (None, 0, 0, 0)


def test_an_eleventh_excerpt_is_beyond_the_ten():
    eleventh = holds(*[None] * 10, 0)

    assert reciprocal_rank(eleventh) == 0
    assert ndcg(eleventh, 1) == 0


def test_ndcg_by_hand():
    """Two passages at places 2 and 4: (1/log2 3 + 1/log2 5) / (1 + 1/log2 3)."""
    ideal = 1 + 1 / math.log2(3)

    assert ndcg(holds(None, 0, None, 1), 2) == pytest.approx((1 / math.log2(3) + 1 / math.log2(5)) / ideal)
    assert ndcg(holds(0, 1), 2) == pytest.approx(1)
    assert ndcg(holds(0, 0, 0), 2) == pytest.approx(1 / ideal)


def test_an_excerpt_that_holds_two_passages_is_worth_two_excerpts_of_one():
    both = [frozenset([0, 1]), NONE, frozenset([2])]

    assert ndcg(both, 3) == pytest.approx(ndcg(holds(0, 1, None, 2), 3))


def test_a_question_with_more_passages_than_places_can_be_answered_in_full():
    assert ndcg(holds(*range(10)), 25) == pytest.approx(1)


@given(st.integers(1, 10))
def test_with_one_right_passage_ndcg_is_the_discount_of_its_rank(rank: int):
    assert ndcg(holds(*[None] * (rank - 1), 0), 1) == pytest.approx(1 / math.log2(1 + rank))


@given(RANKINGS)
def test_every_measure_of_a_ranking_is_between_0_and_1(ranking: list[frozenset[int]]):
    assert 0 <= ndcg(ranking, PASSAGES) <= 1 + 1e-12
    assert 0 <= reciprocal_rank(ranking) <= 1
    assert [success(ranking, depth) for depth in range(1, 11)] == sorted(
        success(ranking, depth) for depth in range(1, 11)
    )
    assert success(ranking, 1) <= reciprocal_rank(ranking) <= success(ranking, 10)


@given(RANKINGS, HELD)
def test_one_more_excerpt_at_the_end_never_makes_a_ranking_worse(ranking: list[frozenset[int]], more: frozenset[int]):
    longer = [*ranking, more]

    assert ndcg(longer, PASSAGES) >= ndcg(ranking, PASSAGES)
    assert reciprocal_rank(longer) >= reciprocal_rank(ranking)


@given(RANKINGS, st.integers(0, 11), HELD)
def test_a_wrong_excerpt_in_front_never_makes_a_ranking_better(
    ranking: list[frozenset[int]], at: int, held: frozenset[int]
):
    pushed = [*ranking[:at], NONE, *ranking[at:]]

    assert ndcg(pushed, PASSAGES) <= ndcg(ranking, PASSAGES) + 1e-12
    assert reciprocal_rank(pushed) <= reciprocal_rank(ranking)


@given(RANKINGS, st.permutations(range(PASSAGES)))
def test_what_the_passages_are_called_does_not_matter(ranking: list[frozenset[int]], names: list[int]):
    renamed = [frozenset(names[each] for each in held) for held in ranking]

    assert ndcg(renamed, PASSAGES) == ndcg(ranking, PASSAGES)


def test_what_was_said_before_is_repeated():
    said = "we weighed the roof garden after rain and it was slower work than anybody thought"
    other = "the night bus is slower than the day bus because it stops wherever anybody waves"

    assert repeated([said, other, f"well, {said}"]) == pytest.approx(1 / 3)
    assert repeated([said, other]) == 0
    assert repeated([]) == 0


def test_calibration_by_hand():
    """Two claims of .9 of which one is right are .4 off, two of .1 of which none is are .1 off: .25 in the mean."""
    counted = tally([0.9, 0.9, 0.1, 0.1], [True, False, False, False])

    assert float(calibration_error(counted)) == pytest.approx(0.25)
    assert [(each.count, each.said, each.right) for each in reliability(counted) if each.count] == [
        (2, pytest.approx(0.1), 0.0),
        (2, pytest.approx(0.9), 0.5),
    ]


def test_a_certain_claim_is_in_the_last_bin():
    assert reliability(tally([1.0], [True]))[-1].count == 1


@given(CLAIMS)
def test_a_calibration_error_is_the_mean_over_claims_of_how_far_off_their_bin_is(claims: list[tuple[float, bool]]):
    bins: dict[int, list[tuple[float, bool]]] = {}
    for claim in claims:
        bins.setdefault(min(int(claim[0] * 10), 9), []).append(claim)
    off = sum(abs(sum(said - right for said, right in each)) for each in bins.values()) / len(claims)
    error = float(calibration_error(tally(*zip(*claims, strict=True))))

    assert error == pytest.approx(off)
    assert 0 <= error <= 1
    assert sum(each.count for each in reliability(tally(*zip(*claims, strict=True)))) == len(claims)


@given(CLAIMS)
def test_the_order_of_claims_does_not_matter(claims: list[tuple[float, bool]]):
    shuffled = random.Random(7).sample(claims, len(claims))

    assert np.allclose(tally(*zip(*claims, strict=True)), tally(*zip(*shuffled, strict=True)))


def test_claims_that_are_always_what_they_say_are_calibrated():
    assert float(calibration_error(tally([1.0, 0.0, 1.0], [True, False, True]))) == 0


@given(st.lists(st.floats(-1, 1), min_size=1, max_size=30))
def test_an_interval_is_the_same_in_every_run_and_within_the_values(values: list[float]):
    statistic = mean_of(np.array(values))
    first, second = (estimate(statistic, len(values), resamples=200) for _ in range(2))

    assert first == second
    assert first.value == pytest.approx(float(np.mean(values)))
    assert first.low is not None
    assert first.high is not None
    assert min(values) - 1e-12 <= first.low <= first.high <= max(values) + 1e-12


def test_an_interval_is_as_wide_as_the_theory_says():
    """Of the mean of many numbers it is 1.96 standard errors to either side."""
    values = np.random.default_rng(1).normal(size=400)
    found = estimate(mean_of(values), 400)
    error = 1.96 * values.std() / 20

    assert found.low == pytest.approx(values.mean() - error, abs=0.01)
    assert found.high == pytest.approx(values.mean() + error, abs=0.01)


def test_nineteen_of_twenty_intervals_hold_the_truth():
    drawn = np.random.default_rng(3).random((200, 60)) < 0.6
    found = [estimate(mean_of(each.astype(float)), 60, resamples=400) for each in drawn]

    assert 0.9 <= np.mean([each.low <= 0.6 <= each.high for each in found]) <= 0.985  # type: ignore[operator]


def test_a_run_against_itself_is_no_difference_at_all():
    values = np.random.default_rng(2).random(50)

    for statistic in (mean_of(values), median_of(values)):
        found = estimate(difference(statistic, statistic), 50, resamples=300)
        assert (found.value, found.low, found.high) == (0, 0, 0)
        assert not found.is_beyond_chance


def test_questions_are_paired_so_a_small_steady_gain_is_beyond_chance():
    """Questions differ far more from each other than the two runs do on any of them."""
    before = np.random.default_rng(4).random(50)
    gained = estimate(difference(mean_of(before + 0.02), mean_of(before)), 50, resamples=500)

    assert gained.value == pytest.approx(0.02)
    assert gained.is_beyond_chance


def test_the_interval_of_a_calibration_error_draws_questions_and_not_claims():
    tallies = np.array([tally([0.9] * 10, [right] * 10) for right in (True, True, False, True)])
    found = estimate(calibration_of(tallies), 4)

    assert found.value == pytest.approx(0.15)
    assert found.high == pytest.approx(0.65)  # one of the four right, or none: 5 % of the draws
    assert found.questions == 4


def test_nothing_measured_is_not_zero():
    assert estimate(mean_of(np.array([])), 0) == measures.Estimate(None, None, None, 0)
