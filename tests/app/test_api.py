"""REST, version 1, against its contract: status, shape and the errors of every endpoint."""

from __future__ import annotations

import json
import os
import re
import time
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import get_args

import pytest
from fastapi.testclient import TestClient
from pydantic_core.core_schema import ErrorType

from app import mistakes
from app.main import create_app
from playhead.engine import open_engine
from playhead.engines.embedded.backups import back_up, restore
from playhead.keys import add
from playhead.library import Library
from playhead.query import Query
from playhead.rendering import found_as_dict
from playhead.settings import Settings
from tests.app.conftest import ADDRESS
from tests.archive import LOCKS, fill

GOLDEN = Path(__file__).parent / "openapi.json"
QUESTION = "why is the free-threaded build slower"


def _problem(response, status: int) -> dict:
    """The problem in ``response``, checked for what every problem has."""
    assert response.status_code == status
    assert response.headers["content-type"] == "application/problem+json"
    problem = response.json()
    assert problem["status"] == status
    assert problem["title"]
    assert problem["detail"].endswith((".", "?"))
    return problem


def test_the_contract_is_the_golden_one(ask: TestClient) -> None:
    """Changed on purpose? ``PLAYHEAD_TEST_GOLDEN=write pytest tests/app/test_api.py`` writes it anew; read the diff."""
    document = json.dumps(ask.get("/openapi.json").json(), indent=1, ensure_ascii=False) + "\n"
    if os.environ.get("PLAYHEAD_TEST_GOLDEN") == "write":
        GOLDEN.write_text(document, encoding="utf-8")
    assert document == GOLDEN.read_text(encoding="utf-8")


def test_every_operation_has_a_name_a_description_and_its_problems(ask: TestClient) -> None:
    for path, operations in ask.get("/openapi.json").json()["paths"].items():
        [(method, operation)] = operations.items()
        assert method == ("post" if path in ("/api/v1/ask", "/api/v1/link", "/api/v1/verify-quote") else "get")
        assert operation["operationId"]
        assert operation["description"]
        assert operation["tags"]
        if path.startswith("/api"):
            assert "application/problem+json" in operation["responses"]["422"]["content"]


def test_a_phrase_in_quotes_is_named_and_said_by_every_result(ask: TestClient) -> None:
    answer = ask.get("/api/v1/search", params={"q": 'locks "every list AND every dictionary"'}).json()
    assert answer["phrases"] == ["every list AND every dictionary"]
    assert ["every list and every dictionary" in each["text"] for each in answer["results"]] == [True]

    nobody = ask.get("/api/v1/search", params={"q": 'locks "every list or dictionary"'}).json()
    assert (nobody["results"], nobody["no_answer"], nobody["next"]) == ([], True, None)


def test_a_question_is_answered_with_the_whole_shape(ask: TestClient) -> None:
    answer = ask.get("/api/v1/search", params={"q": QUESTION, "speaker": "grace okoye"}).json()
    assert answer["query"] == QUESTION
    assert answer["no_answer"] is False
    assert answer["filters"] == {"speaker": ["grace okoye"]}
    assert answer["index"] == {"revision": 4, "segments": 11, "model": "hashing-64"}
    assert answer["facets"]["speaker"] == [["Grace Okoye", answer["faceted"]]]
    first = answer["results"][0]
    assert first["text"].startswith("Nobody likes the answer.")
    assert first["answer"]["text"].startswith("The free-threaded build is slower because every list")
    assert first["text"][slice(*first["answer"]["span"])] == first["answer"]["text"]
    assert {first["text"][slice(*span)] for span in first["highlights"]} >= {"free-threaded build", "slower"}
    assert first["speakers"] == ["Grace Okoye"]
    assert [turn["text"] for turn in first["turns"]] == [first["text"]]
    assert (first["turns"][0]["number"], first["turns"][0]["start"]) == (4, 112.0)
    assert first["chapter"] == {"number": 3, "title": "Why one thread is slower", "start": 95.0, "kind": "content"}
    assert first["time"] == {"start": 112.0, "end": 122.0, "timestamp": "1:52", "source": "stamp", "error": 6.1}
    assert first["episode"] == {
        "id": "the-long-run/12",
        "podcast": "the-long-run",
        "podcast_title": "The Long Run",
        "title": "Threads without a lock",
        "published": "2024-10-02",
        "page_url": "https://longrun.example/12",
        "audio_url": "https://longrun.example/12.mp3",
        "drift": None,
        "transcribed": True,
    }
    assert first["links"] == {
        "play": "https://longrun.example/12.mp3#t=108",
        "read": "http://127.0.0.1:8000/episodes/the-long-run/12?t=108",
        "page": "https://longrun.example/12",
        "api": f"http://127.0.0.1:8000/api/v1/segments/{first['id']}",
        "editions": [],
    }
    assert first["citation"] == "Grace Okoye, The Long Run: Threads without a lock, 1:52"
    assert 0 <= first["confidence"] <= 1
    assert set(first["scores"]) == {"meaning", "words", "coverage"}


def test_rest_shows_what_the_library_renders(ask: TestClient, library: Library) -> None:
    served = ask.get("/api/v1/search", params={"q": QUESTION}).json()
    rendered = found_as_dict(library.search(Query(QUESTION)), "http://127.0.0.1:8000")
    assert {**served, "took_ms": 0} == {**json.loads(json.dumps(rendered)), "took_ms": 0}


def test_what_an_episode_does_not_know_is_null(ask: TestClient) -> None:
    found = ask.get("/api/v1/search", params={"q": "night bus", "podcast": "night-shift"}).json()["results"][0]
    assert found["time"] == {"start": None, "end": None, "timestamp": None, "source": "none", "error": None}
    assert found["episode"]["published"] is None
    assert found["links"]["play"] is None
    assert found["chapter"] is None
    assert found["speakers"] == []
    assert found["links"]["read"].startswith("http://127.0.0.1:8000/episodes/night-shift/one#turn-")


@pytest.mark.parametrize(
    ("filters", "episodes"),
    [
        ({"podcast": "night-shift"}, {"night-shift/one"}),
        ({"podcast": ["night-shift", "the-long-run"]}, {"night-shift/one", "the-long-run/12", "the-long-run/13"}),
        ({"episode": "the-long-run/13"}, {"the-long-run/13"}),
        ({"speaker": "bo lindqvist"}, {"the-long-run/13"}),
        ({"chapter": "why one thread is SLOWER"}, {"the-long-run/12"}),
        ({"chapter": "3"}, {"the-long-run/12"}),
        ({"since": "2025-01-01"}, {"the-long-run/13"}),
        ({"until": "2024-12-31"}, {"the-long-run/12"}),
        ({"since": "2024-10-02", "until": "2024-10-02"}, {"the-long-run/12"}),
        ({"mode": "words"}, {"night-shift/one", "the-long-run/12", "the-long-run/13"}),
        ({"podcast": "nobody-made-this"}, set()),
        ({"episode": "nobody/made-this"}, set()),
    ],
)
def test_a_filter_lets_only_its_own_through(ask: TestClient, filters: dict, episodes: set[str]) -> None:
    response = ask.get("/api/v1/search", params={"q": "slower", "limit": 50} | filters)
    assert response.status_code == 200
    assert {each["episode"]["id"] for each in response.json()["results"]} == episodes


def test_episodes_without_a_date_are_counted_when_dates_are_asked_for(ask: TestClient) -> None:
    assert ask.get("/api/v1/search", params={"q": "slower", "since": "2024-01-01"}).json()["undated"] == 1


def test_sponsors_answer_only_when_they_are_asked_for(ask: TestClient) -> None:
    def kinds(**more: str) -> set[str]:
        found = ask.get("/api/v1/search", params={"q": "tea by post", "limit": 50} | more).json()["results"]
        return {each["chapter"]["kind"] for each in found if each["chapter"]}

    assert "sponsor" not in kinds()
    assert "sponsor" in kinds(include="sponsor")


def test_pages_of_an_answer_follow_each_other_without_repeating(ask: TestClient) -> None:
    everything = ask.get("/api/v1/search", params={"q": "slower", "limit": 50}).json()
    assert everything["next"] is None
    seen: list[str] = []
    cursor: dict[str, str] = {}
    while True:
        page = ask.get("/api/v1/search", params={"q": "slower", "limit": 2} | cursor).json()
        assert len(page["results"]) <= 2
        seen += [each["id"] for each in page["results"]]
        if page["next"] is None:
            break
        cursor = {"cursor": page["next"]}
    assert len(seen) == len(set(seen))
    assert set(seen) == {each["id"] for each in everything["results"]}


def test_a_budget_gives_whole_results_and_leads_to_those_it_left_out(ask: TestClient) -> None:
    """At four characters of a result's JSON a token, as the parameter's description says."""
    asked = {"q": "slower", "limit": 4}
    whole = ask.get("/api/v1/search", params=asked).json()
    sizes = [len(json.dumps(each, ensure_ascii=False, separators=(",", ":"))) for each in whole["results"]]
    assert (len(sizes), whole["left_out"]) == (4, 0)
    for characters, fits in [(sum(sizes), 4), (sum(sizes) - 4, 3), (sum(sizes[:2]), 2), (sum(sizes[:2]) - 4, 1)]:
        budget = -(-characters // 4)
        answer = ask.get("/api/v1/search", params=asked | {"max_tokens": budget}).json()
        assert answer["results"] == whole["results"][:fits]
        assert answer["left_out"] == 4 - fits
        if fits < 4:
            rest = ask.get("/api/v1/search", params=asked | {"cursor": answer["next"]}).json()
            assert rest["results"][: 4 - fits] == whole["results"][fits:]
        else:
            assert answer["next"] == whole["next"]


def test_a_budget_too_small_for_anything_still_gives_one_result_a_page(ask: TestClient) -> None:
    everything = [each["id"] for each in ask.get("/api/v1/search?q=slower&limit=50").json()["results"]]
    seen, cursor = [], {}
    for _ in everything:
        answer = ask.get("/api/v1/search", params={"q": "slower", "max_tokens": 1} | cursor).json()
        seen += [each["id"] for each in answer["results"]]
        cursor = {"cursor": answer["next"]}
    assert seen == everything
    assert (answer["next"], answer["left_out"]) == (None, 0)


@pytest.mark.parametrize("cursor", ["", "x", "!!!", "MTA", "é", "9" * 100, "LTE.", "MS5iYzllMTcyNTZhNDc"])
def test_a_cursor_of_another_list_is_refused(ask: TestClient, cursor: str) -> None:
    problem = _problem(ask.get("/api/v1/search", params={"q": "slower", "cursor": cursor}), 422)
    assert [error["parameter"] for error in problem["errors"]] == ["cursor"]


@pytest.mark.parametrize(
    ("parameter", "value"),
    [
        ("limit", "0"),
        ("limit", "51"),
        ("limit", "ten"),
        ("since", "yesterday"),
        ("since", "1700000000"),
        ("since", "2024-02-30"),
        ("until", "2024-1-1"),
        ("include", "everything"),
        ("mode", "guess"),
        ("podcast", ""),
        ("podcast", "x" * 201),
        ("colour", "blue"),
        ("max_tokens", "0"),
        ("max_tokens", "many"),
        ("Q", "upper"),
    ],
)
def test_a_wrong_parameter_is_named(ask: TestClient, parameter: str, value: str) -> None:
    problem = _problem(ask.get("/api/v1/search", params={"q": "slower", parameter: value}), 422)
    assert [error["parameter"] for error in problem["errors"]] == [parameter]
    assert parameter in problem["detail"]


@pytest.mark.parametrize(
    ("path", "parameter"),
    [
        ("/api/v1/search?q=slower&q=bus", "q"),
        ("/api/v1/search?q=slower&limit=1&limit=1", "limit"),
        ("/api/v1/episodes?since=2024-01-01&since=2025-01-01", "since"),
        ("/api/v1/podcasts?cursor=&cursor=", "cursor"),
        ("/api/v1/episodes/the-long-run/12/transcript?format=text&format=json", "format"),
        ("/api/v1/segments/0123456789abcdef?before=1&before=2", "before"),
        ("/api/v1/search?q=slower&colour=blue&colour=red", "colour"),
        ("/audio/the-long-run/12?t=1", "t"),
    ],
)
def test_of_what_is_one_value_a_second_is_not_ignored(ask: TestClient, path: str, parameter: str) -> None:
    problem = _problem(ask.get(path), 422)
    assert [error["parameter"] for error in problem["errors"]] == [parameter]


def test_a_page_does_not_ignore_it_either(ask: TestClient) -> None:
    page = ask.get("/search?q=slower&q=bus")
    assert (page.status_code, "q is given 2 times" in page.text) == (422, True)


@pytest.mark.parametrize(
    ("asked", "detail"),
    [
        ({"limit": "ten"}, "limit must be a whole number (given: 'ten')."),
        ({"limit": "0"}, "limit must be 1 or more (given: '0')."),
        ({"limit": "51"}, "limit must be 50 or less (given: '51')."),
        ({"limit": "9" * 30}, "limit must be 50 or less (given: '999999999999999999999999999999')."),
        ({"mode": "guess"}, "mode must be hybrid, meaning or words (given: 'guess')."),
        ({"podcast": ""}, "podcast must not be empty (given: '')."),
        ({"since": "2024-02-30"}, "since must be a day there is, as in 2024-10-02 (given: '2024-02-30')."),
        ({"podcast": ["a"] * 51}, "podcast may be given 50 times at most."),
    ],
)
def test_what_is_wrong_is_said_in_words_for_whoever_asks(ask: TestClient, asked: dict, detail: str) -> None:
    assert _problem(ask.get("/api/v1/search", params={"q": "slower"} | asked), 422)["detail"] == detail


@pytest.mark.parametrize(
    ("body", "detail"),
    [
        (b"{", "body is no JSON: Expecting property name enclosed in double quotes, at character 1."),
        (b"[]", "body must be a JSON object, sent as application/json."),
        (b'{"quote": 7}', "quote must be text."),
        (b"{}", "quote is missing."),
        (b'{"quote": "slower", "quote": "faster"}', "quote is given 2 times; give it once."),
        *(
            (
                body,
                "body is no JSON that can be read: it is no Unicode, is nested too deeply, or has too long a number.",
            )
            for body in (b'{"quote": "\xe9"}', b'{"quote": %b}' % (b"[" * 7_000), b'{"quote": %b}' % (b"9" * 5_000))
        ),
    ],
)
def test_what_is_wrong_with_a_body_is_said_in_the_same_words(ask: TestClient, body: bytes, detail: str) -> None:
    sent = ask.post("/api/v1/verify-quote", content=body, headers={"Content-Type": "application/json"})
    assert _problem(sent, 422)["detail"] == detail


def test_the_kinds_of_mistakes_we_have_words_for_are_pydantic_s() -> None:
    assert set(mistakes._RIGHT) <= set(get_args(ErrorType))


def test_dates_in_the_wrong_order_are_refused(ask: TestClient) -> None:
    problem = _problem(
        ask.get("/api/v1/search", params={"q": "slower", "since": "2025-01-01", "until": "2024-01-01"}), 422
    )
    assert [error["parameter"] for error in problem["errors"]] == ["since"]


@pytest.mark.parametrize(
    "query",
    [
        "",
        "q=",
        "q=%20%20",
        "q=%00",
        "q=%3F%21%2E%2E%2E",
        "q=" + "a" * 10_000,
        "q=%E2%80%AE%E2%80%8F",
        "q=" + "x+" * 5000,
    ],
)
def test_what_is_no_question_is_refused_and_says_why(ask: TestClient, query: str) -> None:
    problem = _problem(ask.get(f"/api/v1/search?{query}"), 422)
    assert [error["parameter"] for error in problem["errors"]] == ["q"]


@pytest.mark.parametrize(
    "query",
    [
        "q=slower%00bus",
        "q=slower%ED%A0%80",
        "q=%FFslower",
        "q=%E2%80%AEslower",
        "q=" + "slower%20" * 111,
        "q=slower%20AND%20NOT%20%22(*",
        "q=title:slower%5E99%20%5B1%20TO%202%5D~",
        "q=%F0%9D%94%B0low",
        "q=%3Cscript%3E",
        "q=%5BSEP%5D%20%5BCLS%5D",
        "q=slower&speaker=%00",
        "q=slower&speaker=%ED%A0%80",
        "q=slower&chapter=99999999999999999999",
        "q=slower&since=0001-01-01&until=9999-12-31",
    ],
)
def test_a_strange_question_is_answered(ask: TestClient, query: str) -> None:
    assert ask.get(f"/api/v1/search?{query}").status_code == 200


def test_podcasts_are_listed(ask: TestClient) -> None:
    assert ask.get("/api/v1/podcasts").json() == {
        "podcasts": [
            {"id": "night-shift", "title": "Night Shift", "episodes": 1},
            {"id": "the-long-run", "title": "The Long Run", "episodes": 2},
        ],
        "next": None,
    }


def test_podcasts_are_listed_page_by_page(ask: TestClient) -> None:
    first = ask.get("/api/v1/podcasts?limit=1").json()
    second = ask.get("/api/v1/podcasts", params={"limit": 1, "cursor": first["next"]}).json()
    assert [each["id"] for page in (first, second) for each in page["podcasts"]] == ["night-shift", "the-long-run"]
    assert second["next"] is None
    _problem(ask.get("/api/v1/episodes", params={"cursor": first["next"]}), 422)
    _problem(ask.get("/api/v1/podcasts", params={"cursor": ask.get("/api/v1/episodes?limit=1").json()["next"]}), 422)


def test_episodes_are_listed_newest_first_and_page_by_page(ask: TestClient) -> None:
    first = ask.get("/api/v1/episodes", params={"limit": 2}).json()
    second = ask.get("/api/v1/episodes", params={"limit": 2, "cursor": first["next"]}).json()
    ids = [each["id"] for page in (first, second) for each in page["episodes"]]
    assert ids == ["the-long-run/13", "the-long-run/12", "night-shift/one"]
    assert second["next"] is None


def test_episodes_can_be_filtered(ask: TestClient) -> None:
    def ids(**filters: str) -> list[str]:
        return [each["id"] for each in ask.get("/api/v1/episodes", params=filters).json()["episodes"]]

    assert ids(podcast="night-shift") == ["night-shift/one"]
    assert ids(since="2025-01-01") == ["the-long-run/13"]
    assert ids(until="2025-01-01") == ["the-long-run/12"]
    assert ids(podcast="unheard-of") == []


def test_speakers_are_listed_most_heard_first(ask: TestClient) -> None:
    first = ask.get("/api/v1/speakers", params={"limit": 2}).json()
    ada, grace = first["speakers"]
    assert ada == {
        "name": "Ada Moss", "segments": 5, "episodes": 2, "role": "host", "anonymous": False, "episode": None,
    }  # fmt: skip
    assert (grace["name"], grace["segments"], grace["role"]) == ("Grace Okoye", 3, None)
    second = ask.get("/api/v1/speakers", params={"limit": 2, "cursor": first["next"]}).json()
    assert ([each["name"] for each in second["speakers"]], second["next"]) == (["Bo Lindqvist"], None)
    one = ask.get("/api/v1/speakers", params={"episode": "the-long-run/13"}).json()
    assert {each["name"] for each in one["speakers"]} == {"Ada Moss", "Bo Lindqvist"}


def test_an_episode_says_how_well_its_times_are_known(ask: TestClient) -> None:
    episode = ask.get("/api/v1/episodes/the-long-run/12").json()
    assert episode["duration"] == 1260.0
    assert episode["time"] == {"turns": 7, "timed": 7, "sources": {"stamp": 7}, "error": 4.0}
    assert [(each["name"], each["segments"]) for each in episode["speakers"]] == [("Ada Moss", 4), ("Grace Okoye", 3)]
    assert episode["people"] == [{"name": "Ada Moss", "role": "host", "url": "https://longrun.example/ada"}]
    assert episode["links"]["transcript"] == "http://127.0.0.1:8000/api/v1/episodes/the-long-run/12/transcript"
    assert ask.get(episode["links"]["api"]).json() == episode
    night = ask.get("/api/v1/episodes/night-shift/one").json()
    assert night["time"] == {"turns": 2, "timed": 0, "sources": {"none": 2}, "error": None}


def test_suggested_chapters_say_so_and_leave_the_stated_ones_alone(ask: TestClient) -> None:
    stated = ask.get("/api/v1/episodes/the-long-run/12/chapters").json()["chapters"]
    answer = ask.get("/api/v1/episodes/the-long-run/12/chapters?suggest=true")
    suggested = answer.json()["chapters"]
    assert {each["source"] for each in suggested} == {"suggested"}
    assert (suggested[0]["start"], suggested[-1]["end"]) == (0.0, 1260.0)
    assert stated == ask.get("/api/v1/episodes/the-long-run/12/chapters").json()["chapters"]
    player = ask.get("/api/v1/episodes/the-long-run/12/chapters?suggest=true&format=json-chapters").json()
    assert [each["title"] for each in player["chapters"]] == [each["title"] for each in suggested]


def test_chapters_without_words_are_there_and_say_so(ask: TestClient) -> None:
    chapters = ask.get("/api/v1/episodes/the-long-run/12/chapters").json()["chapters"]
    assert [(each["number"], each["kind"], each["empty"]) for each in chapters] == [
        (1, "intro", False),
        (2, "sponsor", False),
        (3, "content", False),
        (4, "music", True),
    ]
    assert chapters[2]["timestamp"] == "1:35"
    assert {each["source"] for each in chapters} == {"page"}
    assert chapters == ask.get("/api/v1/episodes/the-long-run/12").json()["chapters"]


def test_a_transcript_is_verbatim_in_every_format(ask: TestClient) -> None:
    address = "/api/v1/episodes/the-long-run/12/transcript"
    turns = ask.get(address).json()["turns"]
    assert len(turns) == 7
    assert turns[4]["speaker"] == "Grace Okoye"
    assert (turns[4]["start"], turns[4]["source"], turns[4]["error"], turns[4]["chapter"]) == (112.0, "stamp", 6.1, 3)
    text = ask.get(address, params={"format": "text"})
    assert text.headers["content-type"] == "text/plain; charset=utf-8"
    assert text.text == "\n\n".join(f"{turn['speaker']}: {turn['text']}" for turn in turns) + "\n"
    markdown = ask.get(address, params={"format": "markdown"})
    assert markdown.headers["content-type"] == "text/markdown; charset=utf-8"
    assert "\n## Why one thread is slower (1:35)\n" in markdown.text
    assert "\n## Closing music (15:00)\n" in markdown.text
    assert "**Grace Okoye** [1:52](http://127.0.0.1:8000/episodes/the-long-run/12?t=108)\n" in markdown.text


@pytest.mark.parametrize(
    ("path", "kind", "begins"),
    [
        ("transcript?format=vtt", "text/vtt; charset=utf-8", "WEBVTT\n\n00:00:03.000 --> 00:00:13.000\n<v Ada Moss>"),
        (
            "transcript?format=srt",
            "application/x-subrip; charset=utf-8",
            "1\n00:00:03,000 --> 00:00:13,000\nAda Moss: ",
        ),
        ("chapters?format=json-chapters", "application/json+chapters", '{\n  "version": "1.2.0"'),
        ("chapters?format=psc", "application/xml", "<?xml"),
        ("chapters?format=youtube", "text/plain; charset=utf-8", "0:00 Hello\n1:00 Tea by post\n"),
        ("chapters?format=ffmetadata", "text/plain; charset=utf-8", ";FFMETADATA1\n"),
        ("chapters?format=vtt", "text/vtt; charset=utf-8", "WEBVTT chapters\n\n1\n"),
    ],
)
def test_other_tools_forms_are_given_under_their_own_type(ask: TestClient, path: str, kind: str, begins: str) -> None:
    response = ask.get(f"/api/v1/episodes/the-long-run/12/{path}")
    assert response.headers["content-type"] == kind
    assert response.text.startswith(begins)


@pytest.mark.parametrize("form", ["vtt", "srt"])
def test_captions_of_words_without_a_time_are_refused_and_why(ask: TestClient, form: str) -> None:
    problem = _problem(ask.get(f"/api/v1/episodes/night-shift/one/transcript?format={form}"), 422)
    assert [error["parameter"] for error in problem["errors"]] == ["format"]
    assert "The times of 2 of 2 sentences are not known" in problem["detail"]


def test_an_unknown_format_is_told_which_there_are(ask: TestClient) -> None:
    problem = _problem(ask.get("/api/v1/episodes/the-long-run/12/transcript?format=docx"), 422)
    assert all(known in problem["detail"] for known in ("json", "text", "markdown", "vtt", "srt"))
    problem = _problem(ask.get("/api/v1/episodes/the-long-run/12/chapters?format=xml"), 422)
    assert all(known in problem["detail"] for known in ("json-chapters", "psc", "youtube", "ffmetadata"))


def test_a_segment_stands_among_its_neighbours(ask: TestClient) -> None:
    found = ask.get("/api/v1/search", params={"q": QUESTION, "speaker": "grace okoye"}).json()["results"][0]
    around = ask.get(f"/api/v1/segments/{found['id']}?before=1&after=2").json()
    assert [each["turns"][0]["number"] for each in around["segments"]] == [3, 4, 5, 6]
    assert around["id"] == found["id"] == around["segments"][1]["id"]
    assert around["segments"][1]["text"] == found["text"]
    alone = ask.get(f"/api/v1/segments/{found['id']}").json()
    assert [each["id"] for each in alone["segments"]] == [found["id"]]


@pytest.mark.parametrize(
    "path",
    [
        "/api/v1/episodes/the-long-run/99",
        "/api/v1/episodes/the-long-run/99/transcript",
        "/api/v1/episodes/the-long-run/99/chapters",
        "/api/v1/episodes/the-long-run",
        "/api/v1/episodes/%00/%ED%A0%80",
        "/api/v1/episodes/..%2f..%2fetc/passwd",
        "/api/v1/segments/0123456789abcdef",
        "/api/v1/segments/%ED%A0%80",
        "/api/v1/nothing",
        "/api/v2/search",
        "/api",
    ],
)
def test_what_is_not_there_is_a_404(ask: TestClient, path: str) -> None:
    _problem(ask.get(path), 404)


@pytest.mark.parametrize(
    "path",
    [
        "/api/v1/podcasts",
        "/api/v1/episodes",
        "/api/v1/speakers",
        "/api/v1/episodes/the-long-run/12",
        "/api/v1/episodes/the-long-run/12/chapters",
        "/api/v1/episodes/the-long-run/12/transcript",
        "/api/v1/segments/0123456789abcdef",
    ],
)
def test_no_endpoint_ignores_a_parameter_it_does_not_know(ask: TestClient, path: str) -> None:
    problem = _problem(ask.get(path, params={"colour": "blue"}), 422)
    assert [error["parameter"] for error in problem["errors"]] == ["colour"]


def test_other_methods_are_refused(ask: TestClient) -> None:
    refused = ask.post("/api/v1/search")
    assert "POST" in _problem(refused, 405)["detail"]
    assert refused.headers["allow"] == "GET, HEAD"
    assert ask.get("/api/v1/link").headers["allow"] == "POST"
    assert ask.put("/audio/the-long-run/12").headers["allow"] == "GET, HEAD"
    assert ask.delete("/openapi.json").headers["allow"] == "GET, HEAD"


def test_of_a_path_with_several_methods_each_is_named(library: Library, tmp_path: Path) -> None:
    add(tmp_path / "keys.toml", "one", ["admin"], date(2026, 1, 1))
    settings = Settings(keys=str(tmp_path / "keys.toml"))
    with TestClient(create_app(settings, library), base_url=ADDRESS) as keyed:
        assert keyed.put("/api/v1/episodes/the-long-run/12").headers["allow"] == "GET, HEAD, DELETE"


def test_under_a_path_every_link_and_the_document_lead_there(library: Library) -> None:
    at = "https://example.org/podcasts"
    with TestClient(create_app(Settings(public_url=at), library), base_url="https://example.org") as ask:
        assert ask.get("/podcasts/openapi.json").json()["servers"] == [{"url": at}]
        for path in ("search?q=slower", "episodes", "episodes/the-long-run/12", "speakers"):
            answer = ask.get(f"/podcasts/api/v1/{path}")
            ours = re.findall(r'"(/[^"]*|https://example\.org[^"]*)"', answer.text)
            assert answer.status_code == 200
            assert [link for link in ours if not link.startswith(f"{at}/")] == []
        found = ask.get("/podcasts/api/v1/search?q=slower").json()["results"][0]
        assert ask.get(found["links"]["api"]).json()["id"] == found["id"]
        assert ask.get(found["links"]["read"]).status_code == 200


def test_an_unchanged_answer_is_not_sent_again(ask: TestClient) -> None:
    first = ask.get("/api/v1/search?q=slower&limit=3")
    assert first.headers["vary"] == "Accept"
    tag = first.headers["etag"]
    stripped = ask.get("/api/v1/search?limit=3&q=slower", headers={"If-None-Match": tag.removeprefix("W/")})
    assert stripped.status_code == 304
    same = ask.get("/api/v1/search?limit=3&q=slower", headers={"If-None-Match": f'"else", {tag}'})
    assert (same.status_code, same.content, same.headers["etag"]) == (304, b"", tag)
    anything = ask.get("/api/v1/search?limit=3&q=slower", headers={"If-None-Match": "*"})
    assert (anything.status_code, anything.content) == (304, b"")
    other = ask.get("/api/v1/search?limit=4&q=slower", headers={"If-None-Match": tag})
    assert other.status_code == 200
    assert other.headers["etag"] != tag


def test_an_answer_that_changed_before_anything_was_published_is_sent_again(tmp_path: Path) -> None:
    """Lists, transcripts and segments are read from what is acknowledged, which is ahead of what can be found."""
    library = fill(tmp_path, [LOCKS])
    episode, transcript, segments = LOCKS
    paths = ("episodes", "podcasts", "speakers", f"episodes/{episode.id}", f"search?q={QUESTION}&since=2024-01-01")
    writing = open_engine(f"embedded:{tmp_path}", writing=True)
    with TestClient(create_app(Settings(), library), base_url=ADDRESS) as ask:
        tags = {path: ask.get(f"/api/v1/{path}").headers["etag"] for path in paths}
        same = [ask.get(f"/api/v1/{path}", headers={"If-None-Match": tag}).status_code for path, tag in tags.items()]
        renamed = replace(episode, title="Threads with a lock", fingerprint="another")
        Library(writing, library.embedder).add(renamed, transcript, segments)
        answers = {path: ask.get(f"/api/v1/{path}", headers={"If-None-Match": tag}) for path, tag in tags.items()}
    writing.close()
    library.close()
    assert set(same) == {304}
    assert {path: answer.status_code for path, answer in answers.items()} == dict.fromkeys(paths, 200)
    assert answers["episodes"].json()["episodes"][0]["title"] == "Threads with a lock"


def test_an_answer_of_before_a_restore_is_not_taken_for_one_of_as_many_changes_after_it(tmp_path: Path) -> None:
    """Two histories of one library, which a running service follows from the one to the other."""
    place, backup = tmp_path / "library", tmp_path / "backup"
    library = fill(place, [LOCKS])
    back_up(place, backup)
    told = []
    with TestClient(create_app(Settings(), library), base_url=ADDRESS) as ask:
        for title in ("Threads with a lock", "Threads without one"):
            writing = open_engine(f"embedded:{place}", writing=True)
            Library(writing, library.embedder).add(replace(LOCKS[0], title=title, fingerprint=title), *LOCKS[1:])
            writing.publish()
            writing.close()
            while library.engine.view().revision != library.engine.revision():
                time.sleep(0.05)
            known = {"If-None-Match": told[0].headers["etag"]} if told else {}
            told.append(ask.get("/api/v1/episodes", headers=known))
            if len(told) == 1:
                revision = library.engine.revision()
                restore(backup, place, force=True)
                while library.engine.view().revision == revision:
                    time.sleep(0.05)
        assert library.engine.revision() == revision
    library.close()
    assert [answer.json()["episodes"][0]["title"] for answer in told] == ["Threads with a lock", "Threads without one"]


def test_health_is_told_apart_from_readiness(ask: TestClient) -> None:
    assert ask.get("/healthz").json() == {"status": "alive"}
    ready = ask.get("/readyz").json()
    assert {name: value for name, value in ready.items() if name != "checks"} == {
        "status": "ready",
        "revision": 4,
        "published": 4,
        "episodes": 3,
        "segments": 11,
        "findable": 11,
        "generation": 1,
        "model": {"name": "hashing-64", "dimension": 64, "precision": "float32"},
    }
    assert [(check["name"], check["ok"]) for check in ready["checks"]] == [
        ("library", True),
        ("model", True),
        ("generation", True),
        ("findable", True),
    ]
    assert "0 changes wait" in ready["checks"][-1]["detail"]
