"""POST verify-quote: the verdict, its shape, and what is refused."""

from __future__ import annotations

import hashlib
import json
from typing import Any

import pytest
from fastapi.testclient import TestClient

from app.guard import MOST_BYTES
from playhead.library import Library
from playhead.quotes import Quote
from playhead.rendering import verification_as_dict
from playhead.verifying import verify_quote
from tests.app.conftest import ADDRESS

PATH = "/api/v1/verify-quote"
SAID = "every list and every dictionary now takes its own small lock"


def test_a_quote_is_answered_with_the_whole_shape(ask: TestClient) -> None:
    asked = {"quote": f"“{SAID.upper()}”", "speaker": "Ada Moss", "episode": "the-long-run/12"}
    answer = ask.post(PATH, json=asked).json()
    [match] = answer["matches"]
    assert answer["verdict"] == match["verdict"] == "verbatim"
    assert answer["speaker"] == {"claimed": "Ada Moss", "agrees": False, "really": ["Grace Okoye"]}
    assert answer["episode"] == {"claimed": "the-long-run/12", "agrees": True, "really": ["the-long-run/12"]}
    assert (answer["places"], answer["nearest"], answer["index"]) == (1, None, {"revision": 4, "segments": 11})
    assert match["text"] == SAID
    assert match["sha256"] == hashlib.sha256(SAID.encode()).hexdigest()
    assert match["context"]["text"][slice(*match["context"]["span"])] == SAID
    assert match["citation"] == "Grace Okoye, The Long Run: Threads without a lock, 1:53"
    assert match["links"]["read"] == "http://127.0.0.1:8000/episodes/the-long-run/12?t=110"
    assert match["chapter"]["title"] == "Why one thread is slower"


def test_rest_shows_what_the_library_renders(ask: TestClient, library: Library) -> None:
    served = ask.post(PATH, json={"quote": SAID}).json()
    rendered = verification_as_dict(verify_quote(library, Quote(SAID)), ADDRESS)
    assert {**served, "took_ms": 0} == {**json.loads(json.dumps(rendered)), "took_ms": 0}


def test_a_span_is_in_the_transcript_as_it_is_served(ask: TestClient) -> None:
    [match] = ask.post(PATH, json={"quote": SAID}).json()["matches"]
    text = ask.get("/api/v1/episodes/the-long-run/12/transcript", params={"format": "json"}).json()["turns"]
    assert "\n\n".join(turn["text"] for turn in text)[slice(*match["span"])] == SAID


def test_what_is_changed_is_named_and_is_no_match(ask: TestClient) -> None:
    answer = ask.post(PATH, json={"quote": SAID.replace("takes", "never takes")}).json()
    assert (answer["verdict"], answer["matches"]) == ("not_found", [])
    [difference] = answer["nearest"]["differences"]
    assert (difference["kind"], difference["grave"], difference["quoted"]) == ("negation", True, "never")


@pytest.mark.parametrize(
    ("sent", "parameter"),
    [
        ({}, "quote"),
        ({"quote": ""}, "quote"),
        ({"quote": " … "}, "quote"),
        ({"quote": "x" * 5001}, "quote"),
        ({"quote": 7}, "quote"),
        ({"quote": ["a"]}, "quote"),
        ({"quote": SAID, "speeker": "Ada"}, "speeker"),
        ({"quote": SAID, "speaker": ""}, "speaker"),
        ({"quote": SAID, "episode": "x" * 201}, "episode"),
        ([SAID], "body"),
    ],
)
def test_what_cannot_be_asked_is_a_problem_that_names_it(ask: TestClient, sent: Any, parameter: str) -> None:
    response = ask.post(PATH, json=sent)
    assert (response.status_code, response.headers["content-type"]) == (422, "application/problem+json")
    assert response.json()["errors"][0]["parameter"] == parameter


@pytest.mark.parametrize("body", [b"", b"{", b"\xff\xfe", b"[" * 5000, b'{"quote": "\\ud800"}'])
def test_a_body_that_is_no_json_is_a_problem(ask: TestClient, body: bytes) -> None:
    response = ask.post(PATH, content=body, headers={"Content-Type": "application/json"})
    assert response.status_code in (400, 422)
    assert response.json()["detail"]


def test_a_large_body_is_refused_also_in_pieces_that_state_no_length(ask: TestClient) -> None:
    whole = ask.post(PATH, json={"quote": "x" * 100_000})
    pieces = ask.post(PATH, content=iter([b'{"quote": "', *[b"x" * 1000] * 20, b'"}']))
    assert [response.status_code for response in (whole, pieces)] == [413, 413]
    assert f"{MOST_BYTES:,} bytes" in pieces.json()["detail"]


def test_a_claimed_episode_that_is_not_there_is_404(ask: TestClient) -> None:
    response = ask.post(PATH, json={"quote": SAID, "episode": "nowhere/1"})
    assert response.status_code == 404
    assert "nowhere/1" in response.json()["detail"]


def test_a_parameter_in_the_address_and_another_method_are_refused(ask: TestClient) -> None:
    assert ask.post(f"{PATH}?q=x", json={"quote": SAID}).status_code == 422
    refused = ask.get(PATH)
    assert (refused.status_code, refused.headers["allow"]) == (405, "POST")
    assert "use POST" in refused.json()["detail"]


def test_an_answer_is_never_one_to_another_quote(ask: TestClient) -> None:
    """Entity tags are of the address, and every quote is sent to the same."""
    tag = ask.get("/api/v1/podcasts").headers["etag"]
    response = ask.post(PATH, json={"quote": SAID}, headers={"If-None-Match": tag})
    assert (response.status_code, "etag" in response.headers) == (200, False)


@pytest.mark.parametrize(
    "quote", ["<script>alert('heard')</script>", "'; DROP TABLE segments; --", "\x00\u202e lock", "* lock:*"]
)
def test_hostile_characters_are_words_or_none(ask: TestClient, quote: str) -> None:
    assert ask.post(PATH, json={"quote": quote}).status_code == 200
