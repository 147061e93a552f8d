"""`playhead export`: what goes out on stdout, and what is refused."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from ingest.formats import read
from tests.archive import EVERY, LOCKS, fill

EPISODE = "the-long-run/12"


@pytest.fixture(scope="module")
def index(tmp_path_factory: pytest.TempPathFactory) -> Path:
    place = tmp_path_factory.mktemp("index")
    fill(place, EVERY).close()
    return place


def test_a_transcript_is_printed_in_the_form_that_is_asked_for(playhead, index: Path) -> None:
    code, out, _ = playhead("export", EPISODE, "transcript", "--format", "vtt", "--index", index)
    assert code == 0
    assert out.startswith("WEBVTT\n\n00:00:03.000 --> ")
    code, out, _ = playhead("export", EPISODE, "transcript", "--index", index)
    assert (code, json.loads(out)["turns"][0]["speaker"]) == (0, "Ada Moss")


def test_what_is_printed_can_be_ingested_again(playhead, index: Path) -> None:
    _, out, _ = playhead("export", EPISODE, "transcript", "-f", "markdown", "--index", index)
    reading = read(out, "again.md")
    assert reading.transcript is not None
    assert reading.transcript.text == LOCKS[1].text
    assert [chapter.title for chapter in reading.chapters] == [chapter.title for chapter in LOCKS[0].chapters]


def test_chapters_are_printed_in_the_form_that_is_asked_for(playhead, index: Path) -> None:
    code, out, _ = playhead("export", EPISODE, "chapters", "--format", "youtube", "--index", index)
    assert (code, out.splitlines()[:2]) == (0, ["0:00 Hello", "1:00 Tea by post"])
    code, out, _ = playhead("export", EPISODE, "chapters", "--index", index)
    assert (code, json.loads(out)["chapters"][1]["kind"]) == (0, "sponsor")


def test_suggested_chapters_stand_in_for_those_that_are_stated(playhead, index: Path) -> None:
    code, out, _ = playhead("export", EPISODE, "chapters", "--suggest", "--index", index)
    chapters = json.loads(out)["chapters"]
    assert (code, {each["source"] for each in chapters}) == (0, {"suggested"})
    assert not {each["title"] for each in chapters} & {each.title for each in LOCKS[0].chapters}


@pytest.mark.parametrize(
    ("words", "code", "said"),
    [
        (
            (EPISODE, "chapters", "-f", "srt"),
            2,
            "chapters cannot be written as 'srt'; it can be json, json-chapters, psc",
        ),
        (("the-long-run/99", "chapters"), 1, "No episode 'the-long-run/99'"),
        (("the-long-run/13", "chapters", "-f", "youtube"), 2, "it wants at least 3, and there are 1"),
        ((EPISODE, "jingles"), 2, "'jingles' is not one of 'transcript', 'chapters'"),
    ],
)
def test_what_cannot_go_out_is_refused_in_a_line(playhead, index: Path, words, code: int, said: str) -> None:
    ended, out, err = playhead("export", *words, "--index", index)
    assert (ended, out) == (code, "")
    assert said in " ".join(err.replace("│", " ").split())
