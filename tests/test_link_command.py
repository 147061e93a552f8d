"""`playhead link`: notes in, notes with seconds out."""

from __future__ import annotations

import io
import json
import re
from pathlib import Path

import pytest

from tests.archive import EVERY, fill

EPISODE = "the-long-run/12"
NOTES = (
    "# Notes\r\n\r\n"
    "* Why the free-threaded build is **slower**: every list and dictionary takes its own small lock\r\n"
    "* [Reference counts](https://counts.example) biased towards the thread that made the object\r\n"
    "* Growing tomatoes in winter\r\n"
)


@pytest.fixture(scope="module")
def index(tmp_path_factory: pytest.TempPathFactory) -> Path:
    place = tmp_path_factory.mktemp("index")
    fill(place, EVERY).close()
    return place


@pytest.fixture
def notes(tmp_path: Path) -> Path:
    file = tmp_path / "notes.md"
    file.write_bytes(NOTES.encode())
    return file


@pytest.fixture
def link(playhead, index: Path, monkeypatch: pytest.MonkeyPatch):
    """Run `playhead link` over the small archive, by the vectors that it was made with."""
    from tests.doubles import HashingEmbedder

    monkeypatch.setattr("playhead.library.SentenceTransformerEmbedder", lambda *_: HashingEmbedder())
    return lambda *given: playhead("link", *given, "--index", index)


def test_the_author_s_notes_come_back_with_a_link_before_each(link, notes: Path) -> None:
    code, out, err = link(notes, "--episode", EPISODE)
    assert code == 0
    assert re.sub(r"\[\d+:\d\d\]\(https://longrun\.example/12\.mp3#t=\d+\) ", "", out) == NOTES
    assert [line.startswith("* [") and ".mp3#t=" in line for line in out.splitlines()[2:]] == [True, True, False]
    assert "2 of 3 notes are talked about in the-long-run/12" in err


def test_notes_may_come_from_a_pipe(link, notes: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    _, from_file, _ = link(notes, "--episode", EPISODE)
    monkeypatch.setattr("sys.stdin", io.TextIOWrapper(io.BytesIO(NOTES.encode())))
    _, from_pipe, _ = link("-", "--episode", EPISODE)
    assert from_pipe == from_file


def test_json_and_chapters_are_printed(link, notes: Path) -> None:
    _, out, _ = link(notes, "--episode", EPISODE, "--format", "json")
    answer = json.loads(out)
    assert answer["episode"]["id"] == EPISODE
    assert [each["mentioned"] for each in answer["notes"] if each["kind"] == "item"] == [True, True, False]
    assert answer == json.loads(link(notes, "--episode", EPISODE, "--json")[1])
    _, out, _ = link(notes, "--episode", EPISODE, "--format", "json-chapters")
    assert "https://counts.example" in {each.get("url") for each in json.loads(out)["chapters"]}


def test_lint_names_what_nobody_talks_about_and_ends_with_one(link, notes: Path) -> None:
    code, out, _ = link(notes, "--episode", EPISODE, "--lint")
    assert code == 1
    assert any(line.startswith(f"{notes}:5: ") and "tomatoes" in line for line in out.splitlines())


@pytest.mark.parametrize(
    ("written", "options", "code", "said"),
    [
        (b"* Locks", ("--episode", "the-long-run/99"), 1, "no episode 'the-long-run/99'"),
        (b"* Locks", ("--episode", EPISODE, "-f", "docx"), 2, "notes cannot be written as 'docx'; it can be markdown"),
        (b"\n \n", ("--episode", EPISODE), 4, "not one word in these notes"),
        (b"ok\nno\xff\n", ("--episode", EPISODE), 4, "notes.md:2: this is not UTF-8; save the notes as UTF-8."),
        (b"* tide\n" * 150_000, ("--episode", EPISODE), 4, "1,050,000 characters; 200,000 can be linked at once"),
        (b"x" * 4_000_001, ("--episode", EPISODE), 4, "is longer than 4,000,000 bytes"),
    ],
)
def test_notes_that_cannot_be_linked_are_refused_in_a_line(
    link, tmp_path: Path, written: bytes, options: tuple[str, ...], code: int, said: str
) -> None:
    file = tmp_path / "notes.md"
    file.write_bytes(written)
    ended, out, err = link(file, *options)
    assert (ended, out) == (code, "")
    assert said in err


def test_a_file_that_is_not_there_is_named(link, tmp_path: Path) -> None:
    code, _, err = link(tmp_path / "none.md", "--episode", EPISODE)
    assert code == 1
    assert "none.md: No such file" in err
