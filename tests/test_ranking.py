"""How what was found is put in order."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from playhead.engine import NOTHING, Hits, WordHits
from playhead.ranking import (
    WITHIN,
    Weights,
    best_of_each,
    fold,
    fuse,
    gather,
    nearness,
    of_neighbours,
    sharpen,
    standardise,
    within,
)

OWN_EVIDENCE = Weights(episode=0.0, neighbours=0.0)
APART = 10


def hits(**scores: float) -> Hits:
    best = sorted(scores.items(), key=lambda item: -item[1])
    return Hits(
        np.array([int(name[1:]) for name, _ in best], np.int64), np.array([score for _, score in best], np.float32)
    )


def order(nearest: Hits, matching: WordHits, episodes: list[int] | None = None, weights: Weights = OWN_EVIDENCE):
    """Fused, no candidate the neighbour of another."""
    candidates = gather(nearest, matching)
    places = np.arange(len(candidates)) * APART
    return fuse(candidates, nearest, matching, np.array(episodes or [0] * len(candidates)), places, weights)


def test_a_passage_that_both_meaning_and_words_find_comes_first():
    ranking = order(hits(n1=0.9, n2=0.8, n3=0.1), WordHits(hits(n2=9.0, n4=8.0), hits(n2=9.0, n4=8.0)))

    assert ranking.numbers[0] == 2


def test_by_how_much_a_passage_is_better_counts_and_not_only_its_rank():
    """Reciprocal ranks would call 1 and 2 equal; one of them is far ahead by words, the other barely by meaning."""
    ranking = order(hits(n1=0.51, n2=0.50, n3=0.1), WordHits(hits(n2=20.0, n1=3.0, n3=2.0), NOTHING))

    assert list(ranking.numbers[:2]) == [2, 1]


def test_a_passage_that_a_list_does_not_hold_takes_that_list_s_floor():
    ranking = order(hits(n1=0.9, n2=0.2), WordHits(hits(n3=5.0), hits(n3=5.0)))

    assert set(ranking.numbers.tolist()) == {1, 2, 3}
    assert np.isnan(ranking.words[list(ranking.numbers).index(1)])
    assert np.isfinite(ranking.scores).all()


def test_raw_scores_are_kept_beside_the_fused_one():
    ranking = order(hits(n1=0.75), WordHits(hits(n1=11.5), NOTHING))

    assert (ranking.meaning[0], ranking.words[0]) == (0.75, 11.5)


def test_nothing_found_ranks_nothing():
    assert len(order(NOTHING, WordHits(NOTHING, NOTHING))) == 0


def test_an_episode_with_more_about_the_subject_lifts_its_passages():
    """1 and 4 are equal by themselves; 4's episode has two more good passages."""
    nearest = hits(n1=0.8, n4=0.8, n5=0.79, n6=0.79, n2=0.1, n3=0.1)
    ranking = order(
        nearest, WordHits(NOTHING, NOTHING), episodes=[0, 0, 0, 1, 1, 1], weights=Weights(episode=1.0, neighbours=0.0)
    )

    assert ranking.numbers[0] == 4


def test_the_weight_of_an_episode_is_the_mean_of_its_three_best():
    scores = np.array([1.0, 5.0, 2.0, 4.0, 3.0, 6.0])

    lifted = best_of_each(scores, np.array([0, 0, 0, 0, 1, 1]))

    assert lifted.tolist() == [11 / 3] * 4 + [3.0] * 2


@given(st.lists(st.floats(-1e6, 1e6), max_size=30))
def test_standardised_scores_are_finite_and_keep_their_order(scores: list[float]):
    made = standardise(np.array(scores))

    assert np.isfinite(made).all()
    best = np.argsort(scores, kind="stable")
    assert (np.diff(made[best]) >= 0).all()


@given(st.permutations([(1, 0.9), (2, 0.5), (3, 0.5), (4, 0.1)]))
def test_the_order_of_equals_does_not_depend_on_how_they_arrived(pairs: list[tuple[int, float]]):
    nearest = Hits(np.array([number for number, _ in pairs]), np.array([score for _, score in pairs], np.float32))

    assert order(nearest, WordHits(NOTHING, NOTHING)).numbers.tolist() == [1, 2, 3, 4]


def test_the_same_words_found_twice_are_folded_under_the_better_one():
    advert = "This episode is brought to you by Acorn Hosting, the little host with the big heart, use code OAK."
    other = "Reference counts are shared between threads, so every increment has to be atomic or be avoided."

    assert fold([advert, other, advert.replace("OAK", "ELM")]) == [[0, 2], [1]]


def test_two_answers_that_agree_are_not_one():
    assert fold(["It is slower because of the locks.", "It is slower, because locks cost time."]) == [[0], [1]]


@given(st.lists(st.text(alphabet="ab ", max_size=40), max_size=12))
def test_folding_loses_no_passage_and_doubles_none(texts: list[str]):
    groups = fold(texts)

    assert sorted(index for group in groups for index in group) == list(range(len(texts)))
    assert [group[0] for group in groups] == sorted(group[0] for group in groups)


def test_of_two_equals_the_one_among_what_is_found_as_well_comes_first():
    nearest = hits(n1=0.8, n5=0.8, n6=0.7, n9=0.1)
    candidates = gather(nearest, WordHits(NOTHING, NOTHING))
    weights = Weights(episode=0.0, neighbours=0.5)
    ranking = fuse(candidates, nearest, WordHits(NOTHING, NOTHING), np.zeros(4), np.array([1, 5, 6, 9]), weights)

    assert ranking.numbers[0] == 5


def test_the_end_of_one_episode_is_no_neighbour_of_the_next_one_s_beginning():
    scores, places = np.array([4.0, 8.0, 2.0]), np.array([3, 4, 5])

    assert of_neighbours(scores, np.array([0, 1, 1]), places).tolist() == [0.0, 4 / 6, 16 / 6]


@given(st.lists(st.tuples(st.integers(0, 2), st.integers(0, 9)), max_size=12, unique=True))
def test_neighbours_are_those_one_and_two_places_off(found: list[tuple[int, int]]):
    scores = {place: float(number + 1) for number, place in enumerate(found)}

    def around(episode: int, place: int) -> float:
        shares = {1: 2, -1: 2, 2: 1, -2: 1}
        return sum(share * scores.get((episode, place + apart), 0.0) for apart, share in shares.items()) / 6

    episodes = np.array([episode for episode, _ in found], np.int64)
    places = np.array([place for _, place in found], np.int64)
    made = of_neighbours(np.array(list(scores.values()), np.float64), episodes, places)
    assert made.tolist() == pytest.approx([around(*place) for place in found])


def test_within_one_episode_neighbours_count_for_more_unless_they_count_for_nothing():
    assert within(Weights()).neighbours == WITHIN > Weights().neighbours
    assert within(Weights(neighbours=0.0)).neighbours == 0.0


def test_words_said_beside_each_other_are_nearer_than_the_same_words_apart():
    asked, weights = ["memori", "leak"], {"memori": 2.0, "leak": 3.0}
    beside = "there is a leak in memori".split()
    apart = "the leak was found on a long winter night without memori".split()

    assert nearness(asked, beside, weights) == 1.0
    assert nearness(asked, apart, weights) == 0.0


def test_of_a_question_of_one_word_nothing_is_near():
    assert nearness(["leak"], ["leak"], {"leak": 1.0}) == 0.0


def test_rare_neighbours_count_for_more():
    asked, weights = ["python", "slow", "interpret"], {"python": 0.1, "slow": 1.0, "interpret": 3.0}

    rare = nearness(asked, ["slow", "interpret"], weights)
    assert rare > nearness(asked, ["python", "slow"], weights) > 0


words_said = st.lists(st.sampled_from(["a", "b", "c", "d"]), max_size=12)


@given(words_said, words_said, st.dictionaries(st.sampled_from(["a", "b", "c", "d"]), st.floats(0, 9)))
def test_nearness_is_a_share(asked: list[str], said: list[str], weights: dict[str, float]):
    assert 0 <= nearness(asked, said, weights) <= 1


def test_what_is_near_comes_first_and_nothing_falls_behind_what_was_not_looked_at():
    before = order(hits(n1=0.9, n2=0.89, n3=0.5, n4=0.1), WordHits(NOTHING, NOTHING))
    after = sharpen(before, [0.0, 1.0, 0.0], weight=0.5)

    assert after.numbers.tolist() == [2, 1, 3, 4]
    assert (np.diff(after.scores) <= 0).all()
    assert dict(zip(after.numbers.tolist(), after.meaning.tolist(), strict=True)) == dict(
        zip(before.numbers.tolist(), before.meaning.tolist(), strict=True)
    )


@given(st.lists(st.floats(0, 1), max_size=4))
def test_sharpening_loses_no_candidate(nearnesses: list[float]):
    before = order(hits(n1=0.9, n2=0.89, n3=0.5, n4=0.1), WordHits(NOTHING, NOTHING))
    after = sharpen(before, nearnesses)

    assert sorted(after.numbers.tolist()) == [1, 2, 3, 4]
    assert set(after.numbers[: len(nearnesses)].tolist()) == set(before.numbers[: len(nearnesses)].tolist())
