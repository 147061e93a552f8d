"""Runs of `playhead eval`: summed up, saved, compared, drawn and printed."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from defusedxml import ElementTree

from playhead import runs
from playhead.cli import main
from playhead.errors import InputError
from playhead.runs import Row, Run, compare, latency, read, reliability, success_curve, summarise
from tests.archive import EVERY, fill
from tests.doubles import HashingEmbedder

QUESTIONS = [
    {
        "id": "locks",
        "query": "why is the free-threaded build slower",
        "text": "The free-threaded build is slower because every list and every dictionary now takes its own small",
        "start": 113.0,
    },
    {"id": "rain", "query": "wet soil", "text": "Soil is heavy when it is wet, and a roof has to carry it wet."},
    {"id": "horse", "query": "how do you shoe a nervous horse", "answerable": False},
]
ESTIMATE = {"value", "low", "high", "questions"}
SHAPE = {
    "configuration": {"library", "revision", "segments", "model", "precision", "mode", "weights", "within"},
    "measures.success@1": ESTIMATE,
    "measures.calibration_error_of_surest": ESTIMATE,
    "reliability.calibration_error.0": {"least", "most", "count", "said", "right"},
    "latency_ms": {"embedding", "nearest", "matching", "ranking", "reading", "excerpts", "total"},
    "latency_ms.total": {"p50", "p95"},
    "each.0": {
        *("id", "query", "rank", "no_answer", "measures", "excerpts", "starts", "confidences", "right"),
        *("took", "stages", "absent"),
    },
    "against": {"configuration", "questions", "changes", "moved"},
    "against.changes.ndcg@10": {"before", "after", "difference"},
    "against.changes.ndcg@10.difference": ESTIMATE,
    "against.moved.0": {"id", "query", "before", "after"},
}
"""What a program may rely on, by place."""

Typed = Callable[..., tuple[int, str, str]]


@pytest.fixture(scope="module")
def index(tmp_path_factory: pytest.TempPathFactory) -> Path:
    place = tmp_path_factory.mktemp("index")
    fill(place, EVERY).close()
    return place


@pytest.fixture
def questions(tmp_path: Path) -> Path:
    file = tmp_path / "questions.jsonl"
    file.write_text("".join(json.dumps(each) + "\n" for each in QUESTIONS))
    return file


@pytest.fixture
def evaluate(
    questions: Path, index: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> Iterator[Typed]:
    """Type `playhead eval QUESTIONS …`; its exit code, what it printed, and what it told the person."""
    monkeypatch.setattr("playhead.library.SentenceTransformerEmbedder", lambda *_: HashingEmbedder())
    monkeypatch.setenv("PLAYHEAD_ENGINE", f"embedded:{index}")

    def typed(*words: object) -> tuple[int, str, str]:
        monkeypatch.setattr("sys.argv", ["playhead", "eval", str(questions), *map(str, words)])
        with pytest.raises(SystemExit) as ended:
            main()
        out, err = capsys.readouterr()
        return int(ended.value.code or 0), out, err

    return typed


def row(name: str, rank: int | None, confidences: tuple[float, ...] = (0.8, 0.1), **measures: float) -> Row:
    return Row(
        id=name,
        query=f"about {name}",
        rank=rank,
        no_answer=False,
        measures={"mrr@10": 1 / rank if rank else 0.0, "flagged_answerable": 0.0, **measures},
        excerpts=["a", "b"],
        starts=[1.0, None],
        confidences=list(confidences),
        right=[place == rank for place in range(1, len(confidences) + 1)],
        took=0.02,
        stages={"embedding": 0.005, "reading": 0.015},
    )


def test_a_measure_is_over_the_questions_it_applies_to():
    summary = summarise([row("a", 1, start_error=3.0), row("b", 2), row("c", None, start_error=8.0)])

    assert summary["mrr@10"].value == pytest.approx(0.5)
    assert summary["mrr@10"].questions == 3
    assert summary["start_error"].value == pytest.approx(5.5)
    assert summary["start_error"].questions == 2
    assert "flagged_unanswerable" not in summary


def test_seconds_are_summed_up_by_their_median_so_that_one_lost_excerpt_is_not_all():
    rows = [row(str(seconds), 1, start_error=seconds) for seconds in (1.0, 2.0, 900.0)]

    assert summarise(rows)["start_error"].value == 2.0


def test_confidence_is_calibrated_by_excerpt_and_by_question():
    """Of four excerpts one is right, said to be so by .8; so is the surest of one question of two, both said .8."""
    rows = [row("a", 1), row("b", None)]
    summary = summarise(rows)

    assert summary["calibration_error"].value == pytest.approx((0.6 + 0.2) / 4)
    assert summary["calibration_error_of_surest"].value == pytest.approx(0.3)
    assert [each.count for each in reliability(rows) if each.count] == [2, 2]


def test_success_is_a_curve_that_never_falls():
    curve = success_curve([row("a", 1), row("b", 3), row("c", None), row("d", 10)])

    assert curve == sorted(curve)
    assert (curve[0], curve[2], curve[9]) == (0.25, 0.5, 0.75)
    assert success_curve([]) == []


def test_time_is_told_by_stage():
    slow = replace(row("b", 1), took=0.1, stages={"embedding": 0.1})

    assert latency([row("a", 1), slow])["embedding"][0] == pytest.approx(0.0525)
    assert latency([row("a", 1), slow])["reading"] == (0.015, 0.015)
    assert latency([row("a", 1), slow])["total"][0] == pytest.approx(0.06)


def test_runs_are_compared_on_the_questions_that_both_asked():
    comparison = compare(
        [row("a", 2), row("b", None), row("c", 1), row("only before", 1)],
        [row("a", 1), row("b", 4), row("c", 1), row("only after", None)],
    )

    assert comparison.questions == 3
    change = comparison.changes["mrr@10"]
    assert (change.before, change.after) == (pytest.approx(0.5), pytest.approx(0.75))
    assert change.difference.value == pytest.approx(0.25)
    assert [(move.id, move.before, move.after) for move in comparison.moved] == [("a", 2, 1), ("b", None, 4)]


def test_a_question_that_was_worded_otherwise_is_another_question():
    with pytest.raises(InputError, match="no question in common"):
        compare([row("a", 1)], [replace(row("a", 1), query="something else")])


def test_a_saved_run_is_read_as_it_was(tmp_path: Path):
    run = Run({"mode": "hybrid"}, [row("a", 1), replace(row("b", None), right=None)])
    (tmp_path / "run.json").write_text(json.dumps(runs.as_dict(run)))

    assert read(tmp_path / "run.json") == run


@pytest.mark.parametrize(
    ("text", "about"),
    [
        ("nonsense", "JSONDecodeError"),
        ("[]", "TypeError"),
        ("{}", "KeyError: 'configuration'"),
        ('{"configuration": {}, "each": [{"id": "a"}]}', r"each\.0\.query: "),
        ('{"configuration": {}, "each": 7}', "each"),
    ],
)
def test_what_is_no_run_is_refused_by_name(tmp_path: Path, text: str, about: str):
    file = tmp_path / "run.json"
    file.write_text(text)

    with pytest.raises(InputError, match=rf"run\.json: not a run \({about}.*--out RUN\.json"):
        read(file)


def test_the_numbers_are_printed_with_their_intervals(evaluate: Typed):
    code, out, _ = evaluate()
    lines = {line.split("  ")[0].strip(): line for line in out.splitlines()}

    assert code == 0
    assert out.startswith("3 questions, ")
    assert " to " in lines["nDCG@10"]
    assert lines["no_answer, unanswerable"].split()[-1] == "1"
    assert lines["no_answer, answerable"].split()[-1] == "2"
    assert lines["start-time error"].split()[-1] == "1"
    assert lines["total"].count("ms") == 2


def test_a_program_gets_every_question(evaluate: Typed):
    code, out, _ = evaluate("--json")
    about = json.loads(out)
    locks, _, horse = about["each"]

    assert code == 0
    assert about["measures"]["success@10"]["value"] == 1.0
    assert [each["id"] for each in about["each"]] == ["locks", "rain", "horse"]
    assert locks["right"][locks["rank"] - 1]
    assert horse["rank"] is None
    assert not any(horse["right"])
    assert "mrr@10" not in horse["measures"]


def test_a_program_can_rely_on_the_shape(evaluate: Typed, index: Path, tmp_path: Path):
    fill(tmp_path / "smaller", EVERY[:1]).close()
    about = json.loads(evaluate("--index", index, "--index", tmp_path / "smaller", "--json")[1])

    assert set(about) == {place.partition(".")[0] for place in SHAPE} | {"questions"}
    for place, keys in SHAPE.items():
        there = about
        for step in place.split("."):
            there = there[int(step) if step.isdigit() else step]
        assert set(there) == keys, place


def test_an_option_given_twice_compares(evaluate: Typed):
    code, out, _ = evaluate("--mode", "hybrid", "--mode", "words", "--weights", "episode=0")

    assert code == 0
    assert "before: mode hybrid" in out
    assert "now: mode words" in out
    assert "questions moved" in out


def test_a_passage_that_is_not_in_the_library_is_said_to_be_missing(evaluate: Typed, index: Path, tmp_path: Path):
    fill(tmp_path / "smaller", EVERY[:1]).close()

    assert "1 of them ask for a passage that is not in the library" in evaluate("--index", tmp_path / "smaller")[1]
    assert "not in the library" not in evaluate("--index", index)[1]


def test_two_libraries_are_compared(evaluate: Typed, index: Path, tmp_path: Path):
    fill(tmp_path / "smaller", EVERY[:1]).close()
    code, out, _ = evaluate("--index", index, "--index", tmp_path / "smaller", "--json")
    against = json.loads(out)["against"]

    assert code == 0
    assert against["configuration"]["library"].endswith(str(index))
    assert [move["id"] for move in against["moved"]] == ["rain"]
    assert against["moved"][0]["after"] is None
    assert against["changes"]["success@10"]["difference"]["value"] == pytest.approx(-0.5)


def test_a_run_is_saved_and_compared_with_a_later_one(evaluate: Typed, tmp_path: Path):
    assert evaluate("--out", tmp_path / "run.json")[0] == 0
    code, out, _ = evaluate("--against", tmp_path / "run.json")

    assert code == 0
    assert "before: the same configuration" in out
    assert "0 of 3 questions moved" in out


def test_what_was_printed_for_a_program_can_be_compared_with(evaluate: Typed, tmp_path: Path):
    (tmp_path / "run.json").write_text(evaluate("--json")[1])

    assert evaluate("--against", tmp_path / "run.json", "--weights", "meaning=1")[0] == 0


def test_a_picture_shows_calibration_and_success(evaluate: Typed, tmp_path: Path):
    assert evaluate("--plot", tmp_path / "eval.svg", "--mode", "hybrid", "--mode", "words")[0] == 0
    drawn = ElementTree.parse(tmp_path / "eval.svg").getroot()
    texts = [each.text for each in drawn.iter("{http://www.w3.org/2000/svg}text")]
    dots = list(drawn.iter("{http://www.w3.org/2000/svg}circle"))

    assert {"confidence said", "within the first", "this run", "the run before"} <= set(texts)
    assert len(dots) > 20


def test_the_rankings_of_meetings_are_written_for_their_scorer(evaluate: Typed, questions: Path, tmp_path: Path):
    questions.write_text('{"id": "m", "query": "slower", "meeting": "13", "spans": [[1, 1]]}\n')
    code, out, err = evaluate("--run", tmp_path / "run.jsonl", "--within")
    (line,) = map(json.loads, (tmp_path / "run.jsonl").read_text().splitlines())

    assert code == 0
    assert "Wrote 1 rankings" in err
    assert "success@1" not in out
    assert "total" in out
    assert {each["meeting"] for each in line["ranked"]} == {"13"}
    assert set(line["ranked"][0]) == {"meeting", "start_turn", "end_turn"}


@pytest.mark.parametrize(
    ("words", "code", "says"),
    [
        (["--mode", "loudly"], 2, "mode is 'loudly'; it is hybrid, meaning or words."),
        (["--weights", "sense=.4"], 2, "sense=.4"),
        (["--weights", "meaning=.4", "--weights", "sense=.4"], 2, "sense=.4"),
        (["--mode", "words", "--mode", "words", "--mode", "words"], 2, "--mode is given 3 times"),
        (["--mode", "words", "--mode", "hybrid", "--against", "run.json"], 2, "--against"),
        (["--against", "none.json"], 4, "none.json: cannot be read"),
        (["--plot", "eval.png"], 4, "eval.png: pictures are drawn as SVG"),
        (["--out", "no/where/run.json"], 4, "run.json: there is no folder no/where"),
        (["--index", "nowhere"], 1, "nowhere"),
    ],
)
def test_what_cannot_be_done_is_one_clear_line(
    evaluate: Typed, monkeypatch: pytest.MonkeyPatch, tmp_path: Path, words: list[str], code: int, says: str
):
    monkeypatch.chdir(tmp_path)
    ended, out, err = evaluate(*words)

    assert ended == code
    assert out == ""
    assert says in " ".join(err.split())


def test_a_measure_is_compared_on_the_questions_it_applies_to_in_both_runs():
    before: Any = [row("a", 1), replace(row("b", 1), measures={"mrr@10": 1.0})]
    comparison = compare(before, [row("a", 1), row("b", 1)])

    assert comparison.changes["mrr@10"].difference.questions == 2
    assert comparison.changes["flagged_answerable"].difference.questions == 1
