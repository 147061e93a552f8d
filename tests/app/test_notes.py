"""Show notes through the service: the page that links them, and `POST link`."""

from __future__ import annotations

import html
import json
import re

import pytest
from fastapi.testclient import TestClient

from app.notes import FORMS, find_episodes
from playhead import linked
from playhead.library import Library
from tests.app.test_pages import _Reader

EPISODE = "the-long-run/12"
NOTES = (
    "* Why the free-threaded build is **slower**: every list and dictionary takes its own small lock\n"
    "* [Reference counts](https://counts.example) biased towards the thread that made the object\n"
    "* Growing tomatoes in winter\n"
)


def _sent(ask: TestClient, **fields: str) -> _Reader:
    response = ask.post("/notes", data={"episode": EPISODE, "notes": NOTES} | fields)
    assert response.status_code == 200, response.text
    return _Reader(response.text)


def _inputs(page: _Reader) -> dict[str, str]:
    return {each["name"] or "": each.get("value") or "" for tag, each in page.tags if tag == "input" and "name" in each}


def _result(ask: TestClient, **fields: str) -> str:
    page = ask.post("/notes", data={"episode": EPISODE, "notes": NOTES} | fields).text
    return html.unescape(re.search(r'<textarea id="result"[^>]*>\n(.*?)</textarea>', page, re.DOTALL)[1])


def test_the_form_is_there_and_an_episode_leads_to_it(ask: TestClient) -> None:
    page = _Reader(ask.get("/notes", params={"episode": EPISODE}).text)
    assert _inputs(page)["episode"] == EPISODE
    assert f"/notes?episode={EPISODE}" in _Reader(ask.get(f"/episodes/{EPISODE}").text).links()
    assert "/notes" in _Reader(ask.get("/").text).links()


def test_every_note_gets_its_time_and_what_is_said_there(ask: TestClient) -> None:
    page = _sent(ask)
    times = [value for name, value in _inputs(page).items() if name.startswith("time-")]
    assert [bool(re.fullmatch(r"\d+:\d\d", time)) for time in times] == [True, True, False]
    assert "2 of 3 notes are talked about" in page.words
    assert "Grace Okoye" in page.words
    assert "not mentioned" in page.words
    assert any(link.startswith("https://longrun.example/12.mp3#t=") for link in page.links())
    assert any(link.startswith(f"/episodes/{EPISODE}?t=") for link in page.links())


def test_the_result_is_the_author_s_notes_with_links(ask: TestClient) -> None:
    result = _result(ask)
    assert re.sub(r"\[\d+:\d\d\]\(https://longrun\.example/12\.mp3#t=\d+\) ", "", result) == NOTES
    assert result.count("](https://longrun.example/12.mp3#t=") == 2


def test_a_time_corrected_by_hand_is_in_the_result_and_an_emptied_one_is_not(ask: TestClient) -> None:
    fields = {"time-1": "", "time-2": "2:31", "time-3": "1:04"}
    lines = _result(ask, **fields).splitlines()
    assert lines[0].startswith("* Why the free-threaded")
    assert lines[1].startswith("* [2:31](https://longrun.example/12.mp3#t=150) [Reference")
    assert lines[2] == "* [1:04](https://longrun.example/12.mp3#t=63) Growing tomatoes in winter"
    page = _sent(ask, **fields)
    assert {name: _inputs(page)[name] for name in fields} == fields
    assert page.words.count("set by hand") == 3


def test_a_time_of_the_author_s_stays_and_is_doubted_where_the_talk_is_elsewhere(ask: TestClient) -> None:
    notes = NOTES.replace("* Why", "* 20:00 Why")
    page = _sent(ask, notes=notes)
    assert _inputs(page)["time-1"] == "20:00"
    assert re.search(r"your time, 20:00, stays, but it seems to be at 1:\d\d", page.words)
    assert _result(ask, notes=notes).startswith("* 20:00 Why the free-threaded")
    assert _result(ask, notes=notes, **{"time-1": "1:52"}).startswith(
        "* [1:52](https://longrun.example/12.mp3#t=111) Why"
    )


def test_what_is_no_time_is_said_to_be_none_and_stays_to_be_corrected(ask: TestClient) -> None:
    page = _sent(ask, **{"time-1": "soon"})
    assert "This is no time" in page.words
    assert _inputs(page)["time-1"] == "soon"
    assert [each["name"] for tag, each in page.tags if tag == "input" and "aria-invalid" in each] == ["time-1"]


@pytest.mark.parametrize("form", FORMS)
def test_every_form_can_be_shown_and_downloaded(ask: TestClient, form: str) -> None:
    fields = {"time-1": "0:00", "time-2": "2:00", "time-3": "4:00", "format": form}
    shown = _result(ask, **fields)
    taken = ask.post("/notes", data={"episode": EPISODE, "notes": NOTES, "download": "1"} | fields)
    assert taken.text == shown
    assert re.fullmatch(r'attachment; filename="12[a-z.-]+"', taken.headers["content-disposition"])


def test_the_page_has_every_form_there_is() -> None:
    assert FORMS.keys() == linked.FORMS.keys()


def test_a_form_that_cannot_be_written_says_why(ask: TestClient) -> None:
    page = _sent(ask, **{"time-1": "2:00", "time-2": "2:05", "format": "youtube", "download": "1"})
    assert "each must last 10 seconds" in page.words
    assert "result" not in [each.get("id") for _, each in page.tags]


@pytest.mark.parametrize(
    ("fields", "said"),
    [
        ({"episode": "the-long-run/99"}, "No episode is called that"),
        ({"episode": ""}, "Choose the episode"),
        ({"notes": "  \n"}, "Paste the show notes first"),
        ({"notes": "* 12 34 ..."}, "not one word in these notes"),
        ({"notes": "* tide\n" * 150_000}, "200,000 can be linked at once"),
        ({"episode": "the-long-run/14"}, "No episode is called that"),
    ],
)
def test_what_cannot_be_linked_is_said_in_a_sentence(ask: TestClient, fields: dict[str, str], said: str) -> None:
    response = ask.post("/notes", data={"episode": EPISODE, "notes": NOTES} | fields)
    assert response.status_code == 422
    assert said in _Reader(response.text).words


def test_an_episode_is_found_by_its_address_here_and_by_words_of_its_title(library: Library) -> None:
    view = library.view()
    for written in (EPISODE, f"http://127.0.0.1:8000/episodes/{EPISODE}?t=12", f"/episodes/{EPISODE}", "threads lock"):
        assert [each.id for each in find_episodes(view, written)] == [EPISODE], written
    assert {each.id for each in find_episodes(view, "long run")} == {EPISODE, "the-long-run/13"}
    assert find_episodes(view, "  ") == []


def test_of_several_episodes_one_is_chosen(ask: TestClient) -> None:
    page = _sent(ask, episode="the long run")
    assert {each["value"] for tag, each in page.tags if each.get("type") == "radio"} == {EPISODE, "the-long-run/13"}
    assert "Growing tomatoes in winter" in page.words


def test_hostile_notes_are_only_ever_text(ask: TestClient) -> None:
    hostile = (
        '* <script>alert(1)</script> slower\n* <img src=x onerror=alert(1)> [locks](javascript:alert(1)) "</textarea>\n'
    )
    response = ask.post("/notes", data={"episode": EPISODE, "notes": hostile})
    page = _Reader(response.text)
    assert [
        each for tag, each in page.tags if tag == "script" and each.get("src", "").startswith("/static/") is False
    ] == []
    assert "img" not in {tag for tag, each in page.tags if each.get("src") == "x"}
    assert not any(link.startswith("javascript") for link in page.links())
    assert _result(ask, notes=hostile).replace("\r\n", "\n").count("<script>") == 1


def test_a_form_of_too_many_bytes_is_refused(ask: TestClient) -> None:
    response = ask.post("/notes", content=b"notes=" + b"x" * 4_000_001)
    assert response.status_code == 413
    chunks = (b"x" * 100_000 for _ in range(50))
    assert ask.post("/api/v1/link", content=chunks).status_code == 413


def test_a_form_of_too_many_fields_is_refused(ask: TestClient) -> None:
    response = ask.post("/notes", content=b"&".join(b"a%d=1" % number for number in range(6000)))
    assert response.status_code == 422
    assert "5,000 fields at most" in response.text


# Over REST.


def test_notes_are_linked_over_rest(ask: TestClient) -> None:
    answer = ask.post("/api/v1/link", json={"episode": EPISODE, "notes": NOTES}).json()
    assert answer["episode"]["id"] == EPISODE
    assert [each["mentioned"] for each in answer["notes"]] == [True, True, False]
    first = answer["notes"][0]
    assert first["links"]["play"].startswith("https://longrun.example/12.mp3#t=")
    assert first["links"]["read"].startswith(f"http://127.0.0.1:8000/episodes/{EPISODE}?t=")
    assert 0 < first["confidence"] <= 1
    assert answer["notes"][2] | {"start": None, "timestamp": None, "links": None} == answer["notes"][2]
    assert {each["kind"] for each in answer["findings"]} >= {"not_mentioned"}


def test_rest_gives_the_notes_and_chapters_too(ask: TestClient) -> None:
    given = {"episode": EPISODE, "notes": NOTES}
    notes = ask.post("/api/v1/link", json=given | {"format": "markdown"})
    assert notes.headers["content-type"].startswith("text/plain")
    assert notes.text.startswith("* [")
    chapters = ask.post("/api/v1/link", json=given | {"format": "json-chapters"})
    assert chapters.headers["content-type"] == "application/json+chapters"
    assert len(json.loads(chapters.text)["chapters"]) == 2


@pytest.mark.parametrize(
    ("given", "status", "named"),
    [
        ({"episode": EPISODE}, 422, "notes"),
        ({"episode": EPISODE, "notes": "* Locks", "colour": "red"}, 422, "colour"),
        ({"episode": EPISODE, "notes": "* Locks", "format": "docx"}, 422, "format"),
        ({"episode": EPISODE, "notes": " "}, 422, "notes"),
        ({"episode": EPISODE, "notes": "* tide\n" * 40_000}, 422, "notes"),
        ({"episode": "the-long-run/99", "notes": "* Locks"}, 404, None),
    ],
)
def test_what_cannot_be_linked_over_rest_is_named(
    ask: TestClient, given: dict[str, str], status: int, named: str | None
) -> None:
    response = ask.post("/api/v1/link", json=given)
    assert (response.status_code, response.headers["content-type"]) == (status, "application/problem+json")
    assert [each["parameter"] for each in response.json().get("errors", [])] == ([named] if named else [])


def test_the_answer_of_one_question_is_not_taken_for_another_s(ask: TestClient) -> None:
    first = ask.post("/api/v1/link", json={"episode": EPISODE, "notes": "* Locks"})
    tag = first.headers.get("etag", 'W/"none"')
    again = ask.post("/api/v1/link", json={"episode": EPISODE, "notes": NOTES}, headers={"If-None-Match": tag})
    assert again.status_code == 200
    assert ask.get("/api/v1/link").status_code == 405
    assert "POST" in ask.get("/api/v1/link").json()["detail"]
