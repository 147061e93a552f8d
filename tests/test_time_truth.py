"""Times held against the sound they are of: the demo archive's sentences, spoken, and written down as they were."""

from __future__ import annotations

import numpy as np
import pytest

from bench.time_truth import MODES, Judged, judge, spoken_episodes


def everything(mode: str) -> list[Judged]:
    return [each for sentences in judge(MODES[mode]).values() for each in sentences]


def test_at_least_four_episodes_are_spoken_and_in_the_words_they_have_now() -> None:
    assert len([name for name, *_ in spoken_episodes()]) >= 4


def test_a_sentence_is_where_the_sound_is() -> None:
    off = [each.off for each in everything("as published")]

    assert np.median(off) < 0.6
    assert np.percentile(off, 90) < 2.0


def test_a_few_stamps_are_enough_for_most_sentences() -> None:
    """Not for those around an advert that no marker shows: nothing says that it is there."""
    assert np.median([each.off for each in everything("a stamp in three minutes")]) < 1.8


def test_a_link_lands_a_breath_before_the_sentence() -> None:
    """Late by more than half a second is a beginning missed; nine of ten listeners wait no longer than a breath."""
    waits = [each.wait for each in everything("as published")]

    assert np.mean([wait < -0.5 for wait in waits]) < 0.02
    assert np.percentile(waits, 90) < 5.0


@pytest.mark.parametrize(("mode", "share"), list(zip(MODES, (0.95, 0.85, 0.9), strict=True)))
def test_most_sentences_are_within_their_stated_error(mode: str, share: float) -> None:
    assert np.mean([each.off <= (each.time.error or 0.0) for each in everything(mode)]) >= share
