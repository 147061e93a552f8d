"""Confidence grows with evidence, and knows when there is none."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as some

from ingest.folders import find
from ingest.pipeline import ingest
from playhead.confidence import Standing, confidence, coverage, stand
from playhead.library import Library, open_library
from playhead.query import Query
from playhead.settings import Settings
from tests.conftest import ROOT

DEMO = ROOT / "data" / "transcripts"
shares = some.floats(0, 1)
standings = some.builds(
    lambda near, ahead, covered, asked, passages: Standing(min(1.0, near + ahead), near, covered, asked, passages),
    shares,
    shares,
    shares,
    some.integers(1, 32),
    some.integers(1, 10_000_000),
)


def read(path: Path) -> list[dict]:
    return [json.loads(line) for line in path.read_text("utf-8").splitlines()]


@given(standings, shares, shares, shares)
def test_a_passage_nearer_or_with_more_of_the_words_is_never_less_sure(standing, meaning, covered, more):
    sure = confidence(meaning, covered, standing)

    assert 0 <= sure <= standing.answered <= 1
    assert confidence(min(1.0, meaning + more), covered, standing) >= sure
    assert confidence(meaning, min(1.0, covered + more), standing) >= sure


@given(some.lists(some.tuples(shares, shares), min_size=1, max_size=40), some.integers(1, 32), shares)
def test_a_question_with_nearer_passages_is_never_less_answered(evidence, asked, more):
    nearer = [(min(1.0, meaning + more), covered) for meaning, covered in evidence]
    fuller = [(meaning, min(1.0, covered + more)) for meaning, covered in evidence]
    answered = stand(evidence, asked, 1000).answered

    assert stand(nearer, asked, 1000).answered >= answered
    assert stand(fuller, asked, 1000).answered >= answered


@given(standings)
def test_the_same_evidence_says_less_in_a_larger_library(standing):
    larger = Standing(standing.nearest, standing.near, standing.covered, standing.asked, standing.passages * 10)

    assert larger.answered <= standing.answered


def test_three_passages_speak_for_the_library_and_the_rest_do_not():
    evidence = [(0.2, 0.9), (0.6, 0.3), (0.5, 0.0), (0.4, 0.6), (0.0, 0.0)]

    standing = stand(evidence, 4, 500)

    assert (standing.nearest, standing.near, standing.covered) == pytest.approx((0.6, 0.5, 0.6))


def test_a_library_of_one_passage_is_judged_by_it():
    assert stand([(0.7, 1.0)], 2, 1) == Standing(0.7, 0.7, 1.0, 2, 1)


@pytest.mark.parametrize("standing", [stand([], 3, 500), stand([(0.9, 1.0)], 0, 500), stand([(0.9, 1.0)], 3, 0)])
def test_where_nothing_is_there_or_asked_nothing_answers(standing: Standing):
    assert standing.answered == 0
    assert standing.is_unanswered


def test_a_word_that_no_passage_says_weighs_against_those_that_do_not_say_it():
    assert coverage("Ines counts the locks.", {"count": 1.0, "lock": 1.0, "sourdough": 6.0}) == 0.25


@pytest.fixture(scope="module")
def library(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Library]:
    place = tmp_path_factory.mktemp("index")
    opened = open_library(Settings(engine=f"embedded:{place}"), writing=True)
    for _ in ingest(find([DEMO]), opened):
        pass
    yield opened
    opened.close()


def test_the_demo_archive_knows_what_it_does_not_have(library: Library):
    asked = [row["query"] for row in read(ROOT / "bench" / "questions" / "unanswerable.jsonl") if row["kind"] == "far"]

    flagged = [library.search(Query(each, limit=1)).no_answer for each in asked]

    assert sum(flagged) >= 0.9 * len(asked)


def test_the_demo_archive_knows_what_it_has(library: Library):
    asked = [row["query"] for row in read(DEMO / "questions.jsonl")]

    denied = [each for each in asked if library.search(Query(each, limit=1)).no_answer]

    assert len(denied) <= 0.05 * len(asked), denied
