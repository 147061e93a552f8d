"""Questions with known answers, judged."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from playhead.errors import InputError
from playhead.evaluation import Outcome, Question, judge, read_questions, score

GOLD = "Every increment has to be atomic, or one of two threads will lose the other's count for good."


@pytest.fixture
def texts(tmp_path: Path) -> Path:
    (tmp_path / "show").mkdir()
    (tmp_path / "show" / "one.md").write_text(f"**Ada:** Hello.\n\n**Ada:** {GOLD}\n\n\n**Bob:** Nice one.\n", "utf-8")
    return tmp_path


def test_an_excerpt_is_right_when_it_shares_eight_words_in_a_row(texts: Path):
    is_right = judge(Question("a", "why", (("show/one.md", 1, 1),)), texts)

    assert is_right("and so EVERY increment has to be atomic — or one…")
    assert not is_right("every increment has to be atomic, or two of them")


def test_only_the_named_paragraphs_are_right(texts: Path):
    assert not judge(Question("a", "why", (("show/one.md", 0, 0),)), texts)(GOLD)


def test_a_passage_shorter_than_eight_words_must_be_there_whole(texts: Path):
    is_right = judge(Question("a", "why", (("show/one.md", 2, 2),)), texts)

    assert is_right("Bob: Nice one.")
    assert not is_right("Nice one it was, said everybody who had been there that day.")


def test_a_passage_can_be_given_in_so_many_words(texts: Path):
    (texts / "q.jsonl").write_text(json.dumps({"id": "a", "query": "why", "text": GOLD}))

    (question,) = read_questions(texts / "q.jsonl")

    assert question.is_judged
    assert judge(question, texts)(f"She said: {GOLD.lower()}")
    assert not judge(question, texts)("Every increment has to be.")


def test_a_paragraph_beyond_the_end_of_its_file_is_named_rather_than_never_right(texts: Path):
    with pytest.raises(InputError, match="no paragraph 9"):
        judge(Question("a", "why", (("show/one.md", 9, 9),)), texts)


def test_a_question_s_twins_are_right_too(texts: Path):
    (texts / "q.jsonl").write_text(
        json.dumps({"id": "a", "query": "why", "file": "show/one.md", "first": 0, "last": 0})
    )
    (texts / "twins.json").write_text(json.dumps({"a": [{"file": "show/one.md", "first": 1, "last": 1}]}))

    (question,) = read_questions(texts / "q.jsonl", texts / "twins.json")

    assert judge(question, texts)(GOLD)


def test_scores_are_means_over_all_questions():
    outcomes = [Outcome(Question(str(rank), "q"), (), rank, 0.0, False) for rank in (1, 4, None, 10)]

    scores = score(outcomes)

    assert (scores.questions, scores.success_1, scores.success_5, scores.success_10) == (4, 0.25, 0.5, 0.75)
    assert scores.mrr_10 == pytest.approx((1 + 1 / 4 + 0 + 1 / 10) / 4)


@pytest.mark.parametrize("line", ["nonsense", "[]", '{"id": "a"}', '{"id": "a", "query": "q", "file": "x"}'])
def test_a_line_that_is_no_question_is_named(tmp_path: Path, line: str):
    file = tmp_path / "q.jsonl"
    file.write_text('{"id": "a", "query": "q", "meeting": "m"}\n' + line)

    with pytest.raises(InputError, match=r"q\.jsonl:2: not a question"):
        read_questions(file)


def test_questions_that_cannot_be_read_are_named(tmp_path: Path):
    latin = tmp_path / "latin.jsonl"
    latin.write_bytes(b'{"id": "a", "query": "caf\xe9", "meeting": "m"}')
    good = tmp_path / "good.jsonl"
    good.write_text('{"id": "a", "query": "q", "meeting": "m"}')
    twins = tmp_path / "twins.json"
    twins.write_text("[1]")

    with pytest.raises(InputError, match=r"none\.jsonl: cannot be read: No such file"):
        read_questions(tmp_path / "none.jsonl")
    with pytest.raises(InputError, match=r"latin\.jsonl: this is not UTF-8"):
        read_questions(latin)
    with pytest.raises(InputError, match=r"twins\.json: these are no twins"):
        read_questions(good, twins)


def test_a_text_that_is_not_there_is_named_with_the_remedy(texts: Path):
    with pytest.raises(InputError, match="--texts names the folder"):
        judge(Question("a", "why", (("show/two.md", 0, 0),)), texts)
