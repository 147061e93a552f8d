"""Questions on their way to the model."""

from __future__ import annotations

from collections.abc import Sequence
from threading import Event, Thread

import numpy as np
import pytest

from playhead.engine import Vectors
from playhead.questions import Questions
from tests.doubles import HashingEmbedder


class Slow(HashingEmbedder):
    """A model that begins when it is let, and remembers what it was given."""

    def __init__(self) -> None:
        self.begun, self.let = Event(), Event()
        self.batches: list[list[str]] = []

    def questions(self, texts: Sequence[str]) -> Vectors:
        self.batches.append(list(texts))
        self.begun.set()
        assert self.let.wait(10)
        if "broken" in texts:
            raise ValueError("the model has no word for it")
        return super().questions(texts)


@pytest.fixture
def model() -> Slow:
    return Slow()


def test_what_is_asked_while_the_model_is_busy_goes_together_and_in_turn(model: Slow):
    questions = Questions(model, together=3)
    first = questions.ask("first")
    assert model.begun.wait(10)
    others = [questions.ask(f"number {number}") for number in range(5)]
    model.let.set()
    for text, future in zip(["first", *(f"number {number}" for number in range(5))], [first, *others], strict=True):
        np.testing.assert_array_equal(future.result(10), HashingEmbedder().question(text))
    questions.close()
    assert model.batches == [["first"], ["number 0", "number 1", "number 2"], ["number 3", "number 4"]]


def test_the_same_question_is_embedded_once_for_all_who_ask_it(model: Slow):
    questions = Questions(model)
    futures = []
    asking = [Thread(target=lambda: futures.append(questions.ask("why"))) for _ in range(20)]
    for each in asking:
        each.start()
    for each in asking:
        each.join()
    model.let.set()
    assert len({id(future.result(10)) for future in futures}) == 1
    questions.ask("why").result(10)
    questions.close()
    assert model.batches == [["why"]]


def test_only_so_many_are_remembered_those_asked_last(model: Slow):
    model.let.set()
    questions = Questions(model, remembered=2)
    for text in ("one", "two", "one", "three", "one", "two"):
        questions.ask(text).result(10)
    questions.close()
    assert model.batches == [["one"], ["two"], ["three"], ["two"]]


def test_a_question_that_is_forgotten_before_its_turn_is_answered_all_the_same(model: Slow):
    questions = Questions(model, remembered=1)
    futures = [questions.ask(f"number {number}") for number in range(40)]
    model.let.set()
    assert [future.result(10).shape for future in futures] == [(64,)] * 40
    questions.close()


def test_what_goes_wrong_is_told_to_everybody_who_waits_and_tried_anew_for_the_next(model: Slow):
    questions = Questions(model)
    questions.ask("first")
    assert model.begun.wait(10)
    futures = [questions.ask(text) for text in ("broken", "along")]
    model.let.set()
    for future in futures:
        with pytest.raises(ValueError, match="no word"):
            future.result(10)
    assert questions.ask("along").result(10) is not None
    questions.close()
    assert model.batches == [["first"], ["broken", "along"], ["along"]]
