"""Questions with known answers, asked and judged."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import fields, replace
from pathlib import Path
from typing import Any

import pytest

from playhead.errors import InputError, InvalidQueryError
from playhead.evaluation import (
    Outcome,
    Place,
    Question,
    evaluate,
    judge,
    meetings_of,
    onset,
    read_questions,
    run_of,
    weights_of,
)
from playhead.library import Library
from playhead.ranking import RECIPE, Weights
from playhead.text import words
from tests.archive import EVERY, GARDENS, LOCKS, Said, fill, record
from tests.conftest import ROOT

GOLD = "Every increment has to be atomic, or one of two threads will lose the other's count for good."
LOCK = "The free-threaded build is slower because every list and every dictionary now takes its own small lock."
RAIN = "We weighed the roof garden after rain. It was slower work than anybody thought."


@pytest.fixture
def texts(tmp_path: Path) -> Path:
    (tmp_path / "show").mkdir()
    (tmp_path / "show" / "one.md").write_text(f"**Ada:** Hello.\n\n**Ada:** {GOLD}\n\n\n**Bob:** Nice one.\n", "utf-8")
    return tmp_path


@pytest.fixture(scope="module")
def library(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Library]:
    again = record(replace(LOCKS[0], id="repeats/12", podcast="repeats", title="Again"), [AGAIN])
    opened = fill(tmp_path_factory.mktemp("index"), [*EVERY, again])
    yield opened
    opened.close()


AGAIN = Said(3, "Ada Moss", 12.0, f"Last year somebody told us why. {LOCK} One thread pays for locks it never needed.")


def why(**place: Any) -> Question:
    return Question("why", "why is the free-threaded build slower", (Place(text=LOCK, **place),))


def ask(library: Library, *questions: Question, **options: Any) -> list[Outcome]:
    return list(evaluate(library, questions, Path("nowhere"), **options))


def test_an_excerpt_is_right_when_it_shares_eight_words_in_a_row(texts: Path):
    is_right = judge(Question("a", "why", (Place("show/one.md", 1, 1),)), texts)

    assert is_right("and so EVERY increment has to be atomic — or one…")
    assert not is_right("every increment has to be atomic, or two of them")


def test_only_the_named_paragraphs_are_right(texts: Path):
    assert not judge(Question("a", "why", (Place("show/one.md", 0, 0),)), texts)(GOLD)


def test_a_passage_shorter_than_eight_words_must_be_there_whole(texts: Path):
    is_right = judge(Question("a", "why", (Place("show/one.md", 2, 2),)), texts)

    assert is_right("Bob: Nice one.")
    assert not is_right("Nice one it was, said everybody who had been there that day.")


def test_a_passage_can_be_given_in_so_many_words(texts: Path):
    question = read(texts, {"id": "a", "query": "why", "text": GOLD})

    assert question.is_judged
    assert judge(question, texts)(f"She said: {GOLD.lower()}")
    assert not judge(question, texts)("Every increment has to be.")


def test_a_paragraph_beyond_the_end_of_its_file_is_named_rather_than_never_right(texts: Path):
    with pytest.raises(InputError, match="no paragraph 9"):
        judge(Question("a", "why", (Place("show/one.md", 9, 9),)), texts)


def test_a_question_s_twins_are_right_too_and_are_the_same_passage(texts: Path):
    (texts / "twins.json").write_text(json.dumps({"a": [{"file": "show/one.md", "first": 1, "last": 1}]}))

    question = read(
        texts, {"id": "a", "query": "why", "file": "show/one.md", "first": 0, "last": 0}, texts / "twins.json"
    )

    assert judge(question, texts)(GOLD)
    assert question.passages == 1


def test_a_question_can_have_several_passages(texts: Path):
    one = {"file": "show/one.md", "first": 1, "last": 1, "start": 12.5}
    question = read(texts, {"id": "a", "query": "why", "passages": [one, {"text": LOCK}]})

    assert question.passages == 2
    assert [place.start for place in question.places] == [12.5, None]
    assert judge(question, texts)(GOLD)
    assert judge(question, texts)(LOCK)


def test_a_question_can_be_one_that_nothing_answers(texts: Path):
    question = read(texts, {"id": "a", "query": "how do you shoe a nervous horse", "answerable": False})

    assert (question.answerable, question.is_judged) == (False, False)


def read(folder: Path, row: dict[str, Any], twins: Path | None = None) -> Question:
    (folder / "q.jsonl").write_text(json.dumps(row))
    (question,) = read_questions(folder / "q.jsonl", twins)
    return question


def test_every_excerpt_says_which_of_the_right_passages_it_holds(library: Library):
    both = Question("both", "free-threaded roof garden slower", (Place(text=LOCK), Place(text=RAIN, passage=1)))
    (outcome,) = ask(library, both)

    for excerpt, held in zip(outcome.excerpts, outcome.holds, strict=True):
        said = " ".join(words(excerpt.segment.text))
        assert (0 in held) == (" ".join(words(LOCK)) in said)
        assert (1 in held) == (" ".join(words(RAIN)) in said)
    assert frozenset().union(*outcome.holds) == {0, 1}
    assert outcome.holds[outcome.rank - 1]
    assert not any(outcome.holds[: outcome.rank - 1])


def test_what_answers_nothing_has_no_rank(library: Library):
    (outcome,) = ask(library, Question("none", "the night bus", (Place(text=" ".join("abcdefghij")),)))

    assert outcome.excerpts
    assert outcome.rank is None
    assert outcome.off == (None, None)
    assert outcome.is_absent


def test_a_passage_that_is_there_and_was_not_found_is_not_absent(library: Library):
    bus = "The night bus is slower than the day bus, because it stops wherever anybody waves."
    (outcome,) = ask(library, Question("bus", "roof", (Place(text=bus),), meeting="13"), within=True)

    assert outcome.rank is None
    assert not outcome.is_absent


def test_a_stated_second_is_what_an_excerpt_s_own_is_held_against(library: Library):
    (outcome,) = ask(library, Question("rain", "weighed the roof garden", (Place(text=RAIN, start=21.0),)))

    assert outcome.off_stated
    assert outcome.off == (pytest.approx(2), pytest.approx(2))  # said to start at 19


def test_without_a_stated_second_the_transcript_tells_where_the_passage_begins(library: Library):
    """The lock is spoken of in the second sentence of a turn, and the answer begins with it."""
    (outcome,) = ask(library, why())
    excerpt = outcome.excerpts[outcome.rank - 1]
    first, answer = outcome.off

    assert not outcome.off_stated
    assert excerpt.answer.text == LOCK
    assert answer == pytest.approx(0)
    assert first == pytest.approx(excerpt.answer.time.start - excerpt.segment.time.start)
    assert first > 0


def test_a_second_stated_for_a_passage_that_stands_in_several_places_is_not_used(library: Library):
    twice = replace(why(), places=(Place(text=LOCK, start=5000.0), Place(text=LOCK, start=7000.0)))
    (outcome,) = ask(library, twice)

    assert not outcome.off_stated
    assert outcome.off[1] == pytest.approx(0)


def test_a_time_that_nobody_knows_is_no_error(library: Library):
    bus = "The night bus is slower than the day bus"
    (outcome,) = ask(library, Question("bus", "the night bus", (Place(text=bus, start=3.0),)))

    assert outcome.rank == 1
    assert outcome.off == (None, None)


def test_a_passage_begins_with_its_sentence_and_not_with_the_label_before_it():
    _, transcript, _ = GARDENS

    assert onset([f"**Bo Lindqvist:** {RAIN}"], transcript) == 19.0
    assert onset(["Something that nobody in the garden has ever said to anybody."], transcript) is None


def test_every_stage_of_a_question_is_timed_and_the_first_question_is_warm(library: Library):
    outcomes = ask(library, why(), replace(why(), id="again"), mode="words")

    for outcome in outcomes:
        assert outcome.took == pytest.approx(sum(outcome.stages.values()))
        assert "matching" in outcome.stages
        assert "nearest" not in outcome.stages


def test_a_meeting_s_question_is_asked_of_its_meeting_alone_and_scored_elsewhere(library: Library):
    question = Question("m", "slower", meeting="13")
    (outcome,) = ask(library, question, within=True)
    line = run_of(outcome, meetings_of([question]))

    assert line["id"] == "m"
    assert [each["meeting"] for each in line["ranked"]] == ["13"] * 2
    assert sorted((each["start_turn"], each["end_turn"]) for each in line["ranked"]) == [(0, 0), (1, 1)]


def test_weights_are_written_by_name_and_the_rest_is_the_recipe_s():
    assert weights_of("meaning=.5, episode=0") == replace(RECIPE, meaning=0.5, episode=0.0)
    assert weights_of("") == RECIPE
    assert weights_of(",".join(f"{each.name}={getattr(RECIPE, each.name)}" for each in fields(Weights))) == RECIPE


@pytest.mark.parametrize("written", ["sense=.4", "meaning", "meaning=lots", "meaning=nan", "meaning=inf", "=1"])
def test_weights_that_there_are_not_are_refused_with_those_there_are(written: str):
    with pytest.raises(InvalidQueryError, match=rf"{written}.*meaning={RECIPE.meaning}"):
        weights_of(written)


def test_the_demo_s_questions_state_the_second_at_which_their_passage_is_spoken():
    """Which is that of a sentence of the passage, as it was spoken."""
    archive = ROOT / "data" / "transcripts"
    stated = [question for question in read_questions(archive / "questions.jsonl") if question.places[0].start]

    assert len(stated) >= 20
    rows = [json.loads(line) for line in (archive / "questions.jsonl").read_text("utf-8").splitlines()]
    for row in rows:
        if "start" not in row:
            continue
        episode = archive / (row.get("episode") or str(Path(row["file"]).parent))
        (truth,) = episode.glob("*.truth.jsonl")
        sentences = map(json.loads, truth.read_text("utf-8").splitlines())
        (spoken,) = [each["text"] for each in sentences if each["start"] == row["start"]]
        where = row.get("text") or "\n\n".join(
            (archive / row["file"]).read_text("utf-8").split("\n\n")[row["first"] : row["last"] + 1]
        )
        assert " ".join(words(spoken)) in " ".join(words(where)), row["id"]


@pytest.mark.parametrize(
    "line",
    [
        "nonsense",
        "[]",
        "7",
        '{"id": "b"}',
        '{"id": "b", "query": "q", "file": "x"}',
        '{"id": "b", "query": "  "}',
        '{"id": "b", "query": 7}',
        '{"id": "b", "query": "q", "text": "t", "start": -1}',
        '{"id": "b", "query": "q", "text": "t", "start": NaN}',
        '{"id": "b", "query": "q", "text": "t", "answerable": false}',
        '{"id": "b", "query": "q", "answerable": "no"}',
        '{"id": "b", "query": "q", "passages": [{"first": 1}]}',
    ],
)
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
        judge(Question("a", "why", (Place("show/two.md"),)), texts)


def test_two_questions_with_one_id_are_refused(tmp_path: Path):
    file = tmp_path / "q.jsonl"
    file.write_text('{"id": "a", "query": "q", "meeting": "m"}\n' * 2)

    with pytest.raises(InputError, match=r"q\.jsonl:2: a second question with the id 'a'"):
        read_questions(file)
