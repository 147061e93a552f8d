"""`playhead speakers`: who speaks, and names given by hand, from the command line."""

from __future__ import annotations

import json
import tomllib
from pathlib import Path

import pytest

from playhead.cli import main
from playhead.engine import open_engine
from tests.doubles import HashingEmbedder
from tests.test_naming import ENGINES, LOOMS, TEAPOTS


@pytest.fixture
def playhead(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path):
    """Run `playhead WORDS…` in a folder with a library of its own; its exit code, what it printed and told."""
    folder = tmp_path / "notes"
    folder.mkdir()
    for name, text in (("engines.vtt", ENGINES), ("looms.md", LOOMS), ("teapots.md", TEAPOTS)):
        (folder / name).write_text(text, "utf-8")
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr("playhead.library.SentenceTransformerEmbedder", lambda *_: HashingEmbedder())

    def run(*words: str) -> tuple[int, str, str]:
        monkeypatch.setattr("sys.argv", ["playhead", *words])
        with pytest.raises(SystemExit) as ended:
            main()
        out, err = capsys.readouterr()
        return int(ended.value.code or 0), out, " ".join(err.split())

    assert run("ingest", "notes")[0] == 0
    return run


def listed(playhead, *words: str) -> dict[str, dict]:
    code, out, _ = playhead("speakers", "--json", *words)
    assert code == 0
    return {each["name"]: each for each in json.loads(out)["speakers"]}


def library_state() -> tuple[int, int]:
    engine = open_engine("embedded:index")
    about = engine.describe()
    engine.close()
    return about.revision, about.published


def test_a_list_says_who_speaks_where_and_how_much(playhead) -> None:
    code, out, err = playhead("speakers")

    lines = [line.split() for line in out.splitlines()]
    assert code == 0
    assert lines[0] == ["speaker", "role", "episodes", "turns", "words", "where"]
    assert ["Gehard", "Lazu", "1", "1", "13", "notes"] in lines
    assert ["SPEAKER_00", "1", "1", "12", "notes/engines", "(not", "named)"] in lines
    assert "recordings and nobody: Clip from Notes #12" in err


def test_a_list_can_be_read_by_a_program(playhead) -> None:
    code, out, _ = playhead("speakers", "--json", "--podcast", "notes")

    answer = json.loads(out)
    assert code == 0
    assert answer["recordings"][0]["name"] == "Clip from Notes #12"
    assert {each["name"]: each for each in answer["speakers"]}["SPEAKER_01"] == {
        "name": "SPEAKER_01", "role": None, "anonymous": True, "episodes": ["notes/engines"], "podcasts": ["notes"],
        "turns": 1, "words": 14, "labels": ["SPEAKER_01"],
    }  # fmt: skip


def test_a_list_can_be_of_one_episode(playhead) -> None:
    assert listed(playhead, "--episode", "notes/teapots").keys() == {"Bo Lindqvist"}
    assert playhead("speakers", "--podcast", "nowhere")[0] == 1


def test_names_that_may_be_one_person_s_come_with_the_command_that_would_say_so(playhead) -> None:
    code, out, _ = playhead("speakers", "--alike")

    assert code == 0
    assert "a letter or two apart, but they speak in 1 of the same episodes" in out
    assert "playhead speakers merge 'Gerhard Lazu' 'Gehard Lazu'" in out
    pairs = json.loads(playhead("speakers", "--alike", "--json")[1])["alike"]
    assert [(each["names"], each["together"]) for each in pairs] == [(["Gerhard Lazu", "Gehard Lazu"], 1)]
    assert listed(playhead).keys() >= {"Gerhard Lazu", "Gehard Lazu"}  # nothing was merged


def test_an_anonymous_speaker_is_named_for_one_episode(playhead) -> None:
    code, _, err = playhead("speakers", "rename", "SPEAKER_00", "Ada Moss")
    assert code == 4
    assert "SPEAKER_00 is somebody else in every episode; say in which: --episode notes/engines" in err

    code, _, err = playhead("speakers", "rename", "SPEAKER_00", "Ada Moss", "--episode", "notes/engines")
    assert (code, err) == (0, "1 episode changed, by speakers.toml")
    assert listed(playhead)["Ada Moss"]["labels"] == ["SPEAKER_00"]
    assert library_state()[0] == library_state()[1]

    code, _, err = playhead("ingest", "notes", "--rebuild")
    assert code == 0
    assert listed(playhead)["Ada Moss"]["labels"] == ["SPEAKER_00"]


def test_a_rename_can_be_taken_back(playhead) -> None:
    before = listed(playhead)
    for words in (
        ("SPEAKER_00", "Ada Moss", "--episode", "notes/engines"),
        ("Ada Moss", "SPEAKER_00", "--episode", "notes/engines"),
        ("Bo Lindqvist", "Bosse"),
        ("Bosse", "Bo Lindqvist"),
    ):
        assert playhead("speakers", "rename", *words)[0] == 0

    assert listed(playhead) == before


def test_a_name_is_cleaned_as_every_text_is(playhead) -> None:
    assert playhead("speakers", "rename", "Bo Lindqvist", " Bo\u200b  Lindgren ")[0] == 0

    assert listed(playhead)["Bo Lindgren"]["labels"] == ["Bo Lindqvist"]


def test_two_people_become_one_only_by_merging(playhead) -> None:
    code, _, err = playhead("speakers", "rename", "Gehard Lazu", "Gerhard Lazu")
    assert code == 4
    assert "Gerhard Lazu speaks there already" in err
    assert "playhead speakers merge 'Gerhard Lazu' 'Gehard Lazu'" in err
    assert not Path("speakers.toml").exists()

    assert playhead("speakers", "merge", "Gerhard Lazu", "Gehard Lazu")[0] == 0
    assert listed(playhead)["Gerhard Lazu"]["labels"] == ["Gehard Lazu", "Gerhard Lazu"]
    assert "Gehard Lazu" not in listed(playhead)


def test_a_diarised_voice_that_is_somebody_known_is_merged_within_its_episode(playhead) -> None:
    assert playhead("speakers", "merge", "Bo Lindqvist", "SPEAKER_01")[0] == 4
    assert playhead("speakers", "merge", "Bo Lindqvist", "SPEAKER_01", "--episode", "notes/engines")[0] == 0

    assert listed(playhead)["Bo Lindqvist"]["episodes"] == ["notes/engines", "notes/teapots"]


def test_a_role_is_shown_wherever_the_speaker_is(playhead) -> None:
    assert playhead("speakers", "role", "Bo Lindqvist", "host", "--podcast", "notes")[0] == 0

    assert listed(playhead)["Bo Lindqvist"]["role"] == "host"
    assert "Bo Lindqvist" in playhead("speakers")[1]
    assert tomllib.loads(Path("speakers.toml").read_text("utf-8"))["speaker"] == [
        {"name": "Bo Lindqvist", "podcasts": ["notes"], "role": "host"}
    ]


def test_a_file_changed_by_hand_is_brought_into_the_library(playhead) -> None:
    assert playhead("speakers", "apply")[0] == 1  # there is none yet
    Path("speakers.toml").write_text(
        '[[speaker]]\nname = "Gerhard Lazu"\naliases = ["Gehard Lazu"]\n\n'
        '[[speaker]]\nname = "Cy"\naliases = ["S1"]\nepisodes = ["notes/tides"]\n',
        "utf-8",
    )
    before = Path("speakers.toml").read_bytes()

    code, _, err = playhead("speakers", "apply")

    assert (code, Path("speakers.toml").read_bytes()) == (0, before)
    assert "1 episode changed" in err
    assert "speakers.toml:5: nobody speaks in notes/tides, or it is not in the library" in err
    assert "0 episodes changed" in playhead("speakers", "apply")[2]


@pytest.mark.parametrize(
    ("words", "code", "says"),
    [
        (
            ("rename", "Gerhard Lasu", "x"),
            1,
            "Nobody called Gerhard Lasu speaks in the library; did you mean Gerhard La",
        ),
        (("rename", "Xyz", "x"), 1, "playhead speakers lists who does"),
        (("rename", "Bo Lindqvist", "x", "--episode", "notes/looms"), 1, "Bo Lindqvist does not speak in notes/looms"),
        (("merge", "Nobody At All", "Bo Lindqvist"), 1, "Nobody called Nobody At All"),
        (("role", "Bo Lindqvist", "host", "--podcast", "a", "--episode", "b"), 4, "exclude each other"),
        (("rename", "Bo Lindqvist", ""), 3, "name is empty"),
        (("apply", "--speakers", "elsewhere.toml"), 1, "elsewhere.toml: there is no such file"),
        (("apply", "--index", "nowhere"), 1, "There is no library in nowhere"),
        (("renam", "a", "b"), 2, "No such command"),
    ],
)
def test_what_cannot_be_done_says_why_and_changes_nothing(playhead, words, code: int, says: str) -> None:
    before = library_state()

    ended, _, err = playhead("speakers", *words)

    assert (ended, says in err) == (code, True), err
    assert library_state() == before
    assert not Path("speakers.toml").exists()
    assert not Path("nowhere").exists()


def test_a_broken_file_stops_every_command_that_needs_it_before_anything_changes(playhead) -> None:
    Path("speakers.toml").write_text('[[speaker]]\nname = "Ada"\nalias = "A"\n', "utf-8")
    before = library_state()

    for words in (("ingest", "notes"), ("speakers", "apply"), ("speakers", "role", "Bo Lindqvist", "host")):
        code, _, err = playhead(*words)
        assert (code, "speakers.toml:3: unknown key alias" in err) == (3, True), err
    assert library_state() == before


def test_a_library_that_somebody_else_writes_to_leaves_the_file_as_it_is(playhead) -> None:
    writing = open_engine("embedded:index", writing=True)

    code, _, _ = playhead("speakers", "role", "Bo Lindqvist", "host")

    writing.close()
    assert (code, Path("speakers.toml").exists()) == (1, False)


def test_the_file_may_lie_elsewhere(playhead, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("PLAYHEAD_SPEAKERS", str(tmp_path / "kept" / "who.toml"))
    (tmp_path / "kept").mkdir()

    assert playhead("speakers", "rename", "Bo Lindqvist", "Bosse")[0] == 0
    assert (tmp_path / "kept" / "who.toml").exists()
    assert playhead("ingest", "notes", "--rebuild")[0] == 0
    assert "Bosse" in listed(playhead)
    assert playhead("ingest", "notes", "--speakers", "missing.toml")[0] == 3


def test_a_file_of_speakers_beside_the_transcripts_is_no_transcript(playhead) -> None:
    assert playhead("speakers", "role", "Bo Lindqvist", "host", "--speakers", "notes/speakers.toml")[0] == 0

    code, _, err = playhead("ingest", "notes", "--speakers", "notes/speakers.toml")

    assert (code, "skipped: " in err) == (0, False), err
