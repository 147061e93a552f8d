"""The peers beside Playhead: how answers are judged, fused and printed, and what a peer is given."""

from __future__ import annotations

import json
import re
import sys
from itertools import groupby
from pathlib import Path

import numpy as np
import pytest

from bench.peers import environments
from bench.peers.__main__ import PEERS
from bench.peers.scores import MEASURES, Score, as_dict, choose, differences, fuse, fused, score, table
from bench.peers.segments import export
from bench.peers.trial import Answer, Task, Trial, paragraphs, read_passages, run
from playhead.evaluation import Place, Question, judge
from playhead.query import EVERYTHING
from tests.archive import GARDENS, LOCKS, fill

FOLDER = environments.ROOT / "bench" / "peers"
OWN = sorted(path.parent.name for path in FOLDER.glob("*/run.py"))
RIGHT = "nobody likes the answer because every list and dictionary takes a lock"


def question(number: int, *texts: str) -> Question:
    places = tuple(Place(text=text, passage=at) for at, text in enumerate(texts or (RIGHT,)))
    return Question(f"q{number}", f"question {number}", places)


def trial(*answers: list[str], seconds: float = 0.01) -> Trial:
    named = [[(text, text) for text in each] for each in answers]
    return Trial(named, [seconds] * len(named), 2.0, 7, 1_000_000)


def scored(name: str, *answers: list[str]) -> Score:
    questions = [question(number) for number in range(len(answers))]
    return score(name, trial(*answers), questions, [judge(each, Path()) for each in questions])


def test_an_answer_counts_at_its_rank_as_in_playhead_eval() -> None:
    came_to = scored("a", [RIGHT], ["no", f"She said: {RIGHT}!"], ["no", "nor this"])

    assert came_to.ranks == [1, 2, None]
    assert came_to.values["success@1"] == [1, 0, 0]
    assert came_to.values["success@5"] == [1, 1, 0]
    assert came_to.values["MRR@10"] == [1, 0.5, 0]
    assert came_to.values["nDCG@10"] == pytest.approx([1, 1 / np.log2(3), 0])


def test_only_ten_answers_are_judged() -> None:
    assert scored("a", [*map(str, range(10)), RIGHT]).ranks == [None]


def test_two_right_passages_are_two_gains() -> None:
    other = "once a year in October so that everybody can plan around it"
    asked = question(0, RIGHT, other)
    both, twice = (
        score("a", trial(answers), [asked], [judge(asked, Path())]).values["nDCG@10"]
        for answers in ([RIGHT, other], [RIGHT, RIGHT])
    )

    assert both == [1]
    assert twice[0] < 1


def test_fusion_puts_first_what_both_lists_have_near_the_top() -> None:
    words: list[Answer] = [("a", "A"), ("b", "B"), ("c", "C")]
    meaning: list[Answer] = [("d", "D"), ("b", "B"), ("e", "E")]

    assert fuse([words, meaning]) == [("b", "B"), ("a", "A"), ("d", "D"), ("c", "C"), ("e", "E")]


def test_fusion_takes_as_long_as_its_parts() -> None:
    together = fused([trial(["a"], seconds=0.01), trial(["b"], seconds=0.03)])

    assert together.seconds == pytest.approx([0.04])
    assert together.build == 4.0
    assert [name for name, _ in together.answers[0]] == ["a", "b"]


FILES = [f"{show}/{number:03}.md" for show in ("one", "two", "three") for number in range(50)]
GOLD = ["one/007.md", "two/011.md", "one/007.md"]


def test_a_sample_has_every_file_with_an_answer_and_is_the_same_each_time() -> None:
    chosen = choose(FILES, GOLD, 20)

    assert {*GOLD} <= {*chosen}
    assert len(set(chosen)) == 20
    assert chosen == choose(list(reversed(FILES)), GOLD, 20)


def test_the_rest_of_a_sample_is_spread_over_the_shows_that_are_asked_of() -> None:
    rest = [name for name in choose(FILES, GOLD, 22) if name not in GOLD]

    assert [sum(name.startswith(show) for name in rest) for show in ("one/", "two/", "three/")] == [10, 10, 0]


def test_a_sample_ends_where_the_files_do() -> None:
    assert len(choose(FILES, GOLD, 1000)) == 100
    assert choose(FILES, GOLD, 1) == ["one/007.md"]
    assert choose(FILES, ["elsewhere/1.md"], 3) == []


def test_a_lead_is_that_of_the_same_questions() -> None:
    ours, other = scored("Playhead", [RIGHT], [RIGHT]), scored("other", ["no"], [RIGHT])
    lead = differences(ours, other)["success@1"]

    assert lead.value == 0.5
    assert (lead.low, lead.high) == (0, 1)


def test_the_table_has_a_row_a_peer_and_one_for_each_lead() -> None:
    printed = table([scored("Playhead", [RIGHT]), scored("other", ["no", RIGHT])])
    lines = printed.splitlines()

    assert re.sub(" +", " ", lines[2]) == (
        "| Playhead | 1.000 | 1.000 | 1.000 | 1.000 | 1.000 | 10.0 ms | 10.0 ms | 2.0 s | 1 MB | - |"
    )
    assert re.sub(" +", " ", lines[-1]) == (
        "| other | +1.000 (+1.000 to +1.000) | +.000 (+.000 to +.000) | +.000 (+.000 to +.000) "
        "| +.500 (+.500 to +.500) | +.369 (+.369 to +.369) |"
    )


def test_what_is_printed_for_programs_has_every_question() -> None:
    [ours, other] = as_dict([scored("Playhead", [RIGHT]), scored("other", ["no", RIGHT])])

    assert ours["behind"]["MRR@10"][0] == 0
    assert other["measures"].keys() == {*MEASURES}
    assert other["ranks"] == [2]
    assert json.dumps(other)


def test_every_segment_is_exported_with_its_own_vector(tmp_path: Path) -> None:
    library = fill(tmp_path / "index", [LOCKS, GARDENS])
    try:
        texts = export(library, tmp_path)
        rows = [json.loads(line) for line in (tmp_path / "passages.jsonl").read_text("utf-8").splitlines()]
        kept = library.view().vectors([row["id"] for row in rows])
        found = library.view().nearest(kept[rows[3]["id"]], EVERYTHING, 1)
    finally:
        library.close()

    assert len(rows) == len(LOCKS[2]) + len(GARDENS[2]) == len(texts)
    assert {row["episode"] for row in rows} == {LOCKS[0].id, GARDENS[0].id}
    vectors = np.load(tmp_path / "vectors.npy")
    assert vectors.dtype == np.float16
    assert int(np.argmax(vectors.astype(np.float32) @ kept[rows[3]["id"]])) == 3
    assert len(found) == 1
    by_id = {segment.id: segment for segment in (*LOCKS[2], *GARDENS[2])}
    assert all((by_id[row["id"]].text, by_id[row["id"]].passage) == (row["text"], row["passage"]) for row in rows)


def test_the_segments_of_an_episode_are_together_whenever_they_were_added(tmp_path: Path) -> None:
    episode, transcript, segments = LOCKS
    fill(tmp_path / "index", [(episode, transcript, segments[:3]), GARDENS]).close()
    library = fill(tmp_path / "index", [LOCKS])
    try:
        export(library, tmp_path)
    finally:
        library.close()
    rows = [json.loads(line) for line in (tmp_path / "passages.jsonl").read_text("utf-8").splitlines()]

    assert [name for name, _ in groupby(row["episode"] for row in rows)] == [LOCKS[0].id, GARDENS[0].id]
    assert len(rows) == len(LOCKS[2]) + len(GARDENS[2])


def test_a_trial_asks_every_question_and_writes_what_it_cost(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "talks" / "show").mkdir(parents=True)
    (tmp_path / "talks" / "show" / "one.md").write_text("Ada: First.\n\n\nBo: Second.\n", "utf-8")
    given, made = tmp_path / "task.json", tmp_path / "trial.json"
    given.write_text(
        json.dumps(
            {"questions": ["a", "b"], "model": "", "scratch": "", "depth": 1, "transcripts": str(tmp_path / "talks")}
        ),
        "utf-8",
    )
    monkeypatch.setattr(sys, "argv", ["run", str(given), str(made)])

    def prepare(task: Task) -> tuple:
        ids, texts = read_passages(task)
        return lambda _: [(ids[1], texts[1])], len(ids)

    run(prepare)
    came_of_it = Trial(**json.loads(made.read_text("utf-8")))

    assert came_of_it.answers == [[["show/one.md#1", "Bo: Second."]]] * 2
    assert len(came_of_it.seconds) == came_of_it.passages == 2
    assert came_of_it.peak > 1_000_000


def test_paragraphs_stand_between_blank_lines() -> None:
    assert paragraphs("One\nstill one\n \n\ntwo\n") == ["One\nstill one", "two"]


def test_every_peer_has_its_environment() -> None:
    assert {*OWN} == {*PEERS, "playhead"} - {"rrf"}
    for peer in OWN:
        lines = (FOLDER / peer / "requirements.txt").read_text("utf-8").splitlines()
        assert all(re.fullmatch(r"[\w-]+==[\d.]+" if peer != "playhead" else r"--editable \.", line) for line in lines)


@pytest.mark.parametrize("peer", [peer for peer in OWN if peer != "playhead"])
def test_a_peer_runs_without_playhead(peer: str) -> None:
    for module in (
        FOLDER / peer / "run.py",
        FOLDER / "trial.py",
        FOLDER / "__init__.py",
        FOLDER.parent / "__init__.py",
    ):
        imported = re.findall(r"^(?:from|import) ([\w.]+)", module.read_text("utf-8"), re.MULTILINE)
        assert not [name for name in imported if name.split(".")[0] in ("app", "ingest", "playhead")]
        assert {name for name in imported if name.startswith("bench")} <= {"bench.peers.trial"}
