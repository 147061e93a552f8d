"""`playhead doctor`: what a file is, how sure, what was read, what was not, and how files pair."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from ingest.diagnosis import diagnose, pair
from playhead.cli import main
from playhead.errors import UnknownFormatError
from playhead.model import Person

CUES = "WEBVTT\n\n00:02.000 --> 00:04.500\n<v Mara>Ahoy, harbour.\n\n00:04.500 --> 00:09.000\n<v Ojo>Ahoy.\n"
LABELLED = "**Mara:** [00:02] Ahoy.\n\n**Ojo:** [00:75] Which knot?\n\n**Break:** [01:00]\n"
CHAPTERS = '{"version": "1.2.0", "chapters": [{"startTime": 0, "title": "Ahoy"}]}'


@pytest.fixture
def doctor(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Callable[..., tuple[int, str, str]]:
    """Run `playhead doctor WORDS…`; its exit code, what it printed, and what it told the person."""

    def run(*words: object) -> tuple[int, str, str]:
        monkeypatch.setattr("sys.argv", ["playhead", "doctor", *map(str, words)])
        with pytest.raises(SystemExit) as ended:
            main()
        return int(ended.value.code or 0), *capsys.readouterr()

    return run


def put(folder: Path, **files: str) -> Path:
    for name, text in files.items():
        path = folder / name.replace("__", ".").replace("/", "_")
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    return folder


def test_all_that_was_read_of_a_file_is_told(doctor, tmp_path: Path) -> None:
    put(tmp_path, tides__vtt=CUES)
    code, out, err = doctor(tmp_path / "tides.vtt")
    assert (code, err) == (0, "")
    lines = [" ".join(line.split()) for line in out.splitlines()]
    assert lines[0] == str(tmp_path / "tides.vtt")
    assert lines[1] == "format webvtt: WebVTT captions"
    assert lines[2].startswith("sure certain: of ")
    assert lines[3:] == ["turns 2", "words 3", "speakers Mara (1), Ojo (1)", "times 2 cues, from 0:02 to 0:09"]


def test_every_line_that_was_not_understood_is_shown_with_its_number_and_ends_with_one(doctor, tmp_path: Path) -> None:
    put(tmp_path, knots__md=LABELLED)
    code, out, _ = doctor(tmp_path / "knots.md")
    assert code == 1
    assert out.splitlines()[-2:] == [
        f"  {tmp_path / 'knots.md'}:3: this time is not understood: [00:75]",
        "    | **Ojo:** [00:75] Which knot?",
    ]


def test_a_program_is_told_the_same_and_what_else_was_considered(doctor, tmp_path: Path) -> None:
    put(tmp_path, knots__md=LABELLED)
    code, out, _ = doctor(tmp_path / "knots.md", "--json")
    about = json.loads(out)
    assert code == 1
    assert (about["format"], about["for"], about["sure"]) == ("changelog", "transcript", "certain")
    assert (about["speakers"], about["stamps"], about["cues"]) == ({"Mara": 1, "Ojo": 1}, 1, 0)
    assert (about["first"], about["last"], about["breaks"]) == (2.0, 2.0, {"break": 1})
    assert about["problems"] == [
        {"line": 3, "message": "this time is not understood: [00:75]", "text": "**Ojo:** [00:75] Which knot?"}
    ]
    assert {"format": "named_times", "why_not": "its signature is not there"} in about["considered"]


def test_a_file_whose_name_decides_is_only_likely_what_it_seems(tmp_path: Path) -> None:
    put(tmp_path, ep__md="**Mara:** Ahoy.\nFeaturing\nTranscript\n**Ojo:** Ahoy.\n")
    found = diagnose(tmp_path / "ep.md")
    assert (found.kind, found.sure) == ("changelog", "likely")
    assert found.why == "page would fit as well, but the name ends in .md"
    assert dict(found.considered)["page"].startswith("its signature is there, but its files end in .txt")


def test_a_sheet_and_a_sound_are_told_from_transcripts(doctor, tmp_path: Path) -> None:
    put(tmp_path, episode__toml='title = "Tides"\nduration = 125\n[[chapter]]\nstart = 0\ntitle = "Ahoy"')
    (tmp_path / "tides.mp3").write_bytes(b"\x00" * 64)
    assert diagnose(tmp_path / "tides.mp3").kind == "sound"
    code, out, _ = doctor(tmp_path / "episode.toml")
    assert code == 0
    assert [" ".join(line.split()) for line in out.splitlines()[3:]] == [
        "chapters 1 from sheet",
        "title Tides",
        "duration 2:05",
    ]


def test_a_file_in_no_format_is_an_error_that_names_what_it_is_near_to(doctor, tmp_path: Path) -> None:
    put(tmp_path, a__json='{"segments": [{"begin": 0}]}', b__vtt=CUES)
    with pytest.raises(UnknownFormatError, match="nearest is"):
        diagnose(tmp_path / "a.json")
    code, out, err = doctor(tmp_path / "a.json", tmp_path / "b.vtt")
    assert code == 4, "one file that cannot be read does not stop the others, and is not forgotten"
    assert "b.vtt" in out
    assert "a.json: this is in no format that is known; nearest is" in err


def test_a_folder_is_told_by_its_episodes_what_each_file_is_for_and_what_nobody_takes(doctor, tmp_path: Path) -> None:
    put(tmp_path / "show", a__vtt=CUES, a__chapters__json=CHAPTERS, b__vtt=CUES, README__md="Ahoy.", lost__toml="x = 1")
    code, out, _ = doctor(tmp_path / "show")
    assert code == 1
    shown = [" ".join(line.split()) for line in out.splitlines()]
    assert shown[1:7] == [
        "show/a",
        f"transcript {tmp_path / 'show' / 'a.vtt'}",
        f"chapters {tmp_path / 'show' / 'a.chapters.json'}",
        "1 chapter from json_chapters",
        "show/b",
        f"transcript {tmp_path / 'show' / 'b.vtt'}",
    ]
    assert any("README.md: it is passed over" in line for line in shown)
    assert any("lost.toml: this is in no format that is known" in line for line in shown)
    code, out, _ = doctor(tmp_path / "show", "--json")
    about = json.loads(out)
    assert [each["id"] for each in about["episodes"]] == ["show/a", "show/b"]
    assert [Path(each["file"]).name for each in about["left"]] == ["README.md"]


def test_a_folder_says_which_episodes_have_no_transcript_yet(doctor, tmp_path: Path) -> None:
    put(tmp_path / "show", a__vtt=CUES, b__mp3="sound", c__vtt=CUES)
    _, out, _ = doctor(tmp_path / "show")
    assert out.count("no transcript yet") == 1
    _, out, _ = doctor(tmp_path / "show", "--json")
    assert [each["transcribed"] for each in json.loads(out)["episodes"]] == [True, False, True]


def test_a_folder_says_which_chapters_count_and_which_are_passed_over(doctor, tmp_path: Path) -> None:
    put(
        tmp_path / "a",
        a__vtt=CUES,
        chapters__json=CHAPTERS,
        notes__md="Ahoy.\n\n* 0:00 Tide\n* 0:01 Ebb\n* 0:02 Flow\n",
    )
    _, out, _ = doctor(tmp_path / "a")
    assert "\n    1 chapter from json_chapters; passed over: 3 in the show notes\n" in out
    _, out, _ = doctor(tmp_path / "a", "--json")
    assert json.loads(out)["episodes"][0]["chapters"] == {
        "count": 1,
        "sources": ["json_chapters"],
        "passed_over": ["3 in the show notes"],
    }


def test_files_that_are_named_together_are_told_to_be_one_episode(doctor, tmp_path: Path) -> None:
    put(tmp_path / "tides", tides__vtt=CUES, chapters__json=CHAPTERS)
    files = [tmp_path / "tides" / "tides.vtt", tmp_path / "tides" / "chapters.json"]
    assert [part.role for part in pair(files).episodes[0].parts] == ["transcript", "chapters"]
    _, out, _ = doctor(*files)
    assert "together\n  tides/tides\n    transcript" in out


def test_a_folder_without_an_episode_is_bad_input(doctor, tmp_path: Path) -> None:
    put(tmp_path / "show", README__md="Ahoy.")
    code, _, err = doctor(tmp_path / "show")
    assert code == 4
    assert "show: there is no episode in it" in err


def test_the_file_of_speakers_is_known_by_its_name_and_a_mistake_in_it_by_its_line(doctor, tmp_path: Path) -> None:
    put(tmp_path, speakers__toml='[[speaker]]\nname = "Mara"\naliases = ["M."]\n')
    found = diagnose(tmp_path / "speakers.toml")
    assert (found.kind, found.reading.facts.people) == ("speakers", (Person("Mara"),))
    put(tmp_path, speakers__toml='[[speaker]]\nnaem = "Mara"\n')
    code, _, err = doctor(tmp_path / "speakers.toml")
    assert code == 4
    assert "speakers.toml:2:" in err


def test_a_name_of_a_file_steers_no_terminal(doctor, tmp_path: Path) -> None:
    put(tmp_path, **{"ti\x1b[31mdes__vtt": CUES, "gn\u202ep__md": "No words of anybody."})
    _, out, err = doctor(*sorted(tmp_path.iterdir()))
    assert "ti\\x1b[31mdes.vtt" in out
    assert "gn\\u202ep.md" in err
    assert not {"\x1b", "\u202e"} & {*out, *err}
