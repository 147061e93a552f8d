"""An episode without a transcript, at every door: found by its notes, said to be so, and with what to do."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from fastapi.testclient import TestClient

from app.main import create_app
from playhead.commands.search import _lines
from playhead.library import Library
from playhead.query import Query
from playhead.settings import Settings
from tests.archive import LOCKS, SILENT, fill

EPISODE = "/api/v1/episodes/the-long-run/14"


@pytest.fixture(scope="module")
def library(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Library]:
    opened = fill(tmp_path_factory.mktemp("index"), [LOCKS, SILENT])
    yield opened
    opened.close()


@pytest.fixture(scope="module")
def ask(library: Library) -> Iterator[TestClient]:
    with TestClient(create_app(Settings(), library), base_url="http://127.0.0.1:8000") as client:
        yield client


def test_a_result_from_notes_says_so_and_has_no_time_no_speaker_and_no_turns(ask: TestClient) -> None:
    result = ask.get("/api/v1/search", params={"q": "the lamp that went dark"}).json()["results"][0]

    assert (result["kind"], result["episode"]["transcribed"]) == ("notes", False)
    assert (result["turns"], result["speakers"], result["chapter"]) == ([], [], None)
    assert result["time"] == {"start": None, "end": None, "timestamp": None, "source": "none", "error": None}
    assert result["answer"]["time"]["source"] == "none"
    assert result["citation"] == "The Long Run: A lighthouse by night, show notes"
    assert result["links"]["read"].endswith("/episodes/the-long-run/14#notes")
    assert ask.get(result["links"]["api"]).json()["segments"][0]["kind"] == "notes"


def test_what_is_said_has_the_kind_of_its_chapter(ask: TestClient) -> None:
    result = ask.get("/api/v1/search", params={"q": "why is the free-threaded build slower"}).json()["results"][0]
    assert (result["kind"], result["episode"]["transcribed"]) == ("content", True)


def test_lists_and_the_episode_itself_say_that_it_has_no_transcript(ask: TestClient) -> None:
    listed = {each["id"]: each["transcribed"] for each in ask.get("/api/v1/episodes").json()["episodes"]}
    episode = ask.get(EPISODE).json()

    assert listed == {"the-long-run/12": True, "the-long-run/14": False}
    assert (episode["transcribed"], episode["links"]["transcript"]) == (False, None)
    assert episode["time"] == {"turns": 0, "timed": 0, "sources": {}, "error": None}
    assert [chapter["empty"] for chapter in episode["chapters"]] == [True]


@pytest.mark.parametrize("form", ["json", "text", "markdown", "vtt", "srt"])
def test_notes_are_never_given_out_as_a_transcript(ask: TestClient, form: str) -> None:
    answer = ask.get(f"{EPISODE}/transcript", params={"format": form})

    assert answer.status_code == 404
    assert "has no transcript yet" in answer.json()["detail"]
    assert "playhead transcribe the-long-run/14" in answer.json()["detail"]


def test_its_page_says_what_to_do(ask: TestClient) -> None:
    page = ask.get("/episodes/the-long-run/14").text

    assert "No transcript yet." in page
    assert "<code>playhead transcribe the-long-run/14</code>" in page
    assert "&lt;podcast:transcript&gt;" in page
    assert 'id="notes"' in page
    assert "Take away" not in page
    assert "not in the transcript" not in page
    assert "No transcript yet" not in ask.get("/episodes/the-long-run/12").text


def test_a_card_of_the_search_shows_the_notes_and_that_they_are_notes(ask: TestClient) -> None:
    page = ask.get("/search", params={"q": "the lamp that went dark"}).text
    card = page.split('<article class="excerpt">')[1]

    assert "show notes, no transcript yet" in card
    assert "<mark>" in card
    assert "recipe for tar" in card
    assert 'href="/episodes/the-long-run/14#notes"' in card
    assert "time not known" not in card


def test_the_start_says_which_of_the_latest_has_none(ask: TestClient) -> None:
    assert ask.get("/").text.count("no transcript yet") == 1


def test_the_command_line_prints_the_notes_and_that_they_are_notes(library: Library) -> None:
    (excerpt, *_) = library.search(Query("the lamp that went dark")).excerpts
    printed = [str(line) for _, line in _lines(1, excerpt)]

    assert printed[0].endswith("show notes, no transcript yet")
    assert printed[-1].endswith("Grace Okoye on the lamp that went dark.\nWith a recipe for tar.")
