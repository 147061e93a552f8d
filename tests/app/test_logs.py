"""What the service writes down, and what it never does."""

from __future__ import annotations

import io
import json
import logging
import re
from collections.abc import Iterator
from datetime import date
from pathlib import Path

import pytest
from fastapi.testclient import TestClient

from app.logs import JsonLines, TextLines
from app.main import create_app
from playhead.keys import add
from playhead.library import Library
from playhead.settings import Settings
from tests.app.test_guard import _Broken


class _Written:
    """What a handler with this formatter wrote."""

    def __init__(self, formatter: logging.Formatter) -> None:
        self.stream = io.StringIO()
        self.handler = logging.StreamHandler(self.stream)
        self.handler.setFormatter(formatter)

    @property
    def lines(self) -> list[str]:
        return self.stream.getvalue().splitlines()


@pytest.fixture(params=[JsonLines, TextLines])
def written(request: pytest.FixtureRequest) -> Iterator[_Written]:
    yield from _listening(request.param())


@pytest.fixture
def as_json() -> Iterator[_Written]:
    yield from _listening(JsonLines())


@pytest.fixture
def as_text() -> Iterator[_Written]:
    yield from _listening(TextLines())


def _listening(formatter: logging.Formatter) -> Iterator[_Written]:
    written, ours = _Written(formatter), logging.getLogger("playhead")
    level = ours.level
    ours.addHandler(written.handler)
    ours.setLevel(logging.INFO)
    yield written
    ours.removeHandler(written.handler)
    ours.setLevel(level)


def test_a_request_is_one_line_that_says_how_it_went(ask: TestClient, as_json: _Written) -> None:
    answer = ask.get("/api/v1/search", params={"q": "slower"})
    [line] = map(json.loads, as_json.lines)
    assert line.pop("ms") > 0
    assert set(line.pop("stages")) >= {"embedding", "reading"}
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z", line.pop("time"))
    assert line == {
        "level": "info",
        "logger": "playhead.access",
        "message": "GET /api/v1/search 200",
        "request": answer.headers["x-request-id"],
        "method": "GET",
        "route": "/api/v1/search",
        "status": 200,
        "bytes": len(answer.content),
        "key": None,
    }


def test_a_line_names_whose_key_it_was_and_not_the_key(library: Library, as_json: _Written, tmp_path: Path) -> None:
    secret = add(tmp_path / "keys.toml", "robot", ["ingest"], date(2026, 1, 1))
    service = create_app(Settings(keys=str(tmp_path / "keys.toml")), library)
    with TestClient(service, base_url="http://localhost") as ask:
        ask.get("/api/v1/podcasts", headers={"Authorization": f"Bearer {secret}"})
    [line] = as_json.lines
    assert json.loads(line)["key"] == "robot"
    assert secret not in line


def test_a_person_reads_the_same_on_one_line(ask: TestClient, as_text: _Written) -> None:
    answer = ask.get("/api/v1/podcasts")
    [line] = as_text.lines
    assert re.fullmatch(
        rf"\S+Z INFO    GET /api/v1/podcasts 200 [\d.]+ ms, {len(answer.content):,} bytes "
        rf"\[{answer.headers['x-request-id']}\]",
        line,
    )


@pytest.mark.parametrize("path", ["/api/v1/search?q={}", "/search?q={}", "/{}", "/api/v1/episodes/{}/x", "/static/{}"])
def test_what_was_asked_is_never_written_down(ask: TestClient, written: _Written, path: str) -> None:
    ask.get(path.format("mysecret"), headers={"Authorization": "Bearer mysecret", "Cookie": "mysecret=1"})
    assert len(written.lines) == 1
    assert "mysecret" not in written.lines[0]
    assert "testclient" not in written.lines[0]


@pytest.mark.parametrize("given", ["abc-DEF_1.2", "0" * 64])
def test_a_sane_id_of_a_request_is_kept(ask: TestClient, given: str) -> None:
    assert ask.get("/healthz", headers={"X-Request-ID": given}).headers["x-request-id"] == given


@pytest.mark.parametrize("given", ["", "0" * 65, "two words", "a\tb", 'x"y', "é".encode(), b"\x1b[31m", "a;b"])
def test_any_other_is_replaced(ask: TestClient, written: _Written, given: str | bytes) -> None:
    first, second = (ask.get("/healthz", headers={"X-Request-ID": given}).headers["x-request-id"] for _ in range(2))
    assert re.fullmatch("[0-9a-f]{16}", first)
    assert first != second
    assert len(written.lines) == 2


def test_a_fault_is_found_again_by_the_id_in_the_answer(as_json: _Written) -> None:
    broken = _Broken(ZeroDivisionError("a place"))
    with TestClient(create_app(Settings(), broken), base_url="http://localhost") as ask:  # type: ignore[arg-type]
        answer = ask.get("/api/v1/podcasts")
    assert answer.status_code == 500
    fault, access = map(json.loads, as_json.lines)
    assert answer.json()["request_id"] == answer.headers["x-request-id"] == fault["request"] == access["request"]
    assert (fault["level"], fault["logger"]) == ("error", "playhead.app")
    assert "ZeroDivisionError: a place" in fault["error"]
    assert access["status"] == 500


FORGED = "ok\n2026-01-01T00:00:00.000Z INFO    forged\r\x1b[2J\x85\u2028\u202e\u200b\x00end"


def test_nothing_that_is_written_begins_another_line_or_moves_the_cursor(written: _Written) -> None:
    log = logging.getLogger("playhead.audit")
    log.info("a title: %s", FORGED)
    log.error("failed", exc_info=ValueError(FORGED))
    text = written.stream.getvalue()
    assert not re.search("[\x00-\x09\x0b-\x1f\x7f-\x9f\u200b-\u200f\u2028-\u202e]", text)
    assert [line for line in text.split("\n") if line.startswith("2026-01-01")] == []
    assert "forged" in text


def test_the_lines_of_a_fault_are_indented_so_that_none_passes_for_a_record(as_text: _Written) -> None:
    logging.getLogger("playhead.app").error("failed", exc_info=ValueError(FORGED))
    first, *more = as_text.stream.getvalue().rstrip("\n").split("\n")
    assert first.endswith("ERROR   failed")
    assert more
    assert all(line.startswith("    ") for line in more)


def test_every_answer_has_its_id_a_refusal_too(ask: TestClient) -> None:
    answers = [
        ask.get("/"),
        ask.get("/nowhere"),
        ask.get("/healthz", headers={"Host": "evil.example"}),
        ask.request("GET", "/healthz", content=b"x" * 20_000),
        ask.get("/static/playhead.css"),
    ]
    assert len({answer.headers["x-request-id"] for answer in answers}) == len(answers)
