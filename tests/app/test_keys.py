"""Who may write: no key, a wrong one, one that may not, one that may; and a service without any."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from datetime import date
from pathlib import Path

import pytest
from fastapi.testclient import TestClient
from starlette.requests import Request

from app.keys import key_name
from app.main import create_app
from playhead import keys
from playhead.library import Library
from playhead.settings import Settings
from tests.app.conftest import ADDRESS

OURS = "correct-horse-battery-staple"
TODAY = date(2026, 11, 23)
WRITING = [("POST", "/api/v1/ingest"), ("GET", f"/api/v1/jobs/{'0' * 32}"), ("DELETE", "/api/v1/episodes/a/b")]


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "keys.toml"


@pytest.fixture
def ask(library: Library, path: Path, tmp_path: Path) -> Iterator[TestClient]:
    """A service whose keys are in a file that is not there yet."""
    settings = Settings(engine=f"embedded:{tmp_path / 'index'}", keys=str(path))
    with TestClient(create_app(settings, library), base_url=ADDRESS) as client:
        yield client


def bearing(key: str) -> dict[str, str]:
    return {"Authorization": f"Bearer {key}"}


@pytest.mark.parametrize(("method", "address"), WRITING)
@pytest.mark.parametrize("headers", [{}, bearing(OURS)])
def test_without_any_key_the_writing_routes_are_not_there(
    ask: TestClient, method: str, address: str, headers: dict[str, str]
) -> None:
    unknown = {"DELETE": "/api/v1/podcasts"}.get(method, "/api/v1/nowhere")
    writing, other = ask.request(method, address, headers=headers), ask.request(method, unknown, headers=headers)
    assert writing.status_code == other.status_code == (405 if method == "DELETE" else 404)
    assert writing.json()["detail"].replace(address, "") == other.json()["detail"].replace(unknown, "")
    assert "www-authenticate" not in writing.headers
    assert writing.headers.get("allow") == other.headers.get("allow")


def test_routes_and_their_description_come_and_go_with_the_first_and_the_last_key(ask: TestClient, path: Path) -> None:
    def operations() -> set[str]:
        paths = ask.get("/openapi.json").json()["paths"].values()
        return {each["operationId"] for operations in paths for each in operations.values()}

    before = operations()
    made = keys.add(path, "studio", ["admin"], TODAY)
    assert operations() - before == {"ingest", "get_job", "remove_episode"}
    assert ask.delete("/api/v1/episodes/a/b", headers=bearing(made)).status_code == 404
    keys.remove(path, "studio")
    assert operations() == before
    assert ask.delete("/api/v1/episodes/a/b", headers=bearing(made)).status_code == 405


@pytest.mark.parametrize(
    "header",
    ["", "Bearer", "Bearer ", "Bearer wrong", "Basic dXNlcjpwYXNz", "KEY", "Bearer KEYx", "Bearer KEY KEY",
     "KEY Bearer", "Token KEY", "Bearer ünï"],
)  # fmt: skip
@pytest.mark.parametrize(("method", "address"), WRITING)
def test_no_key_and_a_wrong_one_are_told_what_is_missing(
    ask: TestClient, path: Path, method: str, address: str, header: str
) -> None:
    made = keys.add(path, "studio", ["admin"], TODAY)
    headers = {"Authorization": header.replace("KEY", made).encode("latin-1")} if header else {}
    refused = ask.request(method, address, headers=headers)
    assert refused.status_code == 401
    assert refused.headers["www-authenticate"].startswith("Bearer ")
    assert refused.headers["content-type"] == "application/problem+json"
    assert made not in refused.text


@pytest.mark.parametrize("where", ["?key=KEY", "?api_key=KEY", "?access_token=KEY"])
def test_a_key_in_an_address_is_no_key(ask: TestClient, path: Path, where: str) -> None:
    made = keys.add(path, "studio", ["admin"], TODAY)
    assert ask.delete("/api/v1/episodes/a/b" + where.replace("KEY", made)).status_code == 401
    assert ask.delete("/api/v1/episodes/a/b", headers={"X-API-Key": made}).status_code == 401


def test_a_key_may_do_what_its_scopes_say(ask: TestClient, path: Path) -> None:
    ingest, admin = (keys.add(path, name, [name], TODAY) for name in keys.SCOPES)
    job = f"/api/v1/jobs/{'0' * 32}"
    assert ask.get(job, headers=bearing(ingest)).status_code == 404
    assert ask.get(job, headers=bearing(admin)).status_code == 404
    refused = ask.delete("/api/v1/episodes/the-long-run/12", headers=bearing(ingest))
    assert refused.status_code == 403
    assert 'error="insufficient_scope", scope="admin"' in refused.headers["www-authenticate"]
    assert ask.get("/api/v1/episodes/the-long-run/12").status_code == 200


def test_reading_needs_no_key_and_minds_no_wrong_one(ask: TestClient, path: Path) -> None:
    keys.add(path, "studio", ["ingest"], TODAY)
    assert ask.get("/api/v1/podcasts").status_code == 200
    assert ask.get("/api/v1/podcasts", headers=bearing("wrong")).status_code == 200


def test_the_key_of_the_environment_may_do_everything_and_shows_nowhere(
    library: Library, path: Path, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    settings = Settings(engine=f"embedded:{tmp_path / 'index'}", keys=str(path), api_key=OURS)
    caplog.set_level(logging.DEBUG)
    with TestClient(create_app(settings, library), base_url=ADDRESS) as ask:
        answers = [ask.request(method, address, headers=bearing(OURS)) for method, address in WRITING]
        answers.append(ask.get("/openapi.json"))
    assert [answer.status_code for answer in answers] == [415, 404, 404, 200]
    assert OURS not in "".join(answer.text + str(answer.headers) for answer in answers)
    assert OURS not in caplog.text
    assert "key=PLAYHEAD_API_KEY action=remove target='a/b'" in caplog.text


def test_who_asks_is_known_by_the_name_of_the_key(ask: TestClient, path: Path) -> None:
    made = keys.add(path, "studio", ["ingest"], TODAY)

    def name(*headers: tuple[bytes, bytes]) -> str | None:
        return key_name(Request({"type": "http", "headers": headers, "app": ask.app}))

    assert name((b"authorization", f"bearer {made}".encode())) == "studio"
    assert name((b"authorization", b"Bearer wrong")) is None
    assert name() is None


def test_whoever_is_refused_is_in_the_log_on_one_line(
    ask: TestClient, path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    keys.add(path, "studio", ["ingest"], TODAY)
    ask.delete("/api/v1/episodes/a/b%0Akey=admin", headers=bearing("wrong"))
    [record] = [each for each in caplog.records if each.name == "playhead.audit"]
    assert "\n" not in record.getMessage()
    assert "key=- action=DELETE" in record.getMessage()
    assert "wrong key" in record.getMessage()


def test_who_sends_wrong_keys_is_not_told_which_would_be_right(library: Library, path: Path, tmp_path: Path) -> None:
    made = keys.add(path, "studio", ["admin"], TODAY)
    settings = Settings(engine=f"embedded:{tmp_path / 'index'}", keys=str(path), rate="100/minute", proxies="127.0.0.1")
    app = create_app(settings, library)

    def sent(ask: TestClient, key: str, path: str = "/api/v1/episodes/a/b", **headers: str):
        return ask.request("GET" if path == "/metrics" else "DELETE", path, headers=bearing(key) | headers)

    with TestClient(app, base_url=ADDRESS, client=("127.0.0.1", 1)) as ask:
        guesser, other = {"X-Forwarded-For": "192.0.2.1"}, {"X-Forwarded-For": "192.0.2.2"}
        assert [sent(ask, f"wrong{number}", **guesser).status_code for number in range(5)] == [401] * 5
        for key in ("wrong", made):
            refused = sent(ask, key, **guesser)
            assert refused.status_code == 429
            assert 1 <= int(refused.headers["retry-after"]) <= 12
            assert "wrong keys" in refused.json()["detail"]
            # Nor do other doors tell: neither this one, nor in whose bucket the request is counted.
            assert sent(ask, key, "/metrics", **guesser).status_code == 403
        known = ask.get("/api/v1/podcasts", headers=bearing(made) | guesser)
        assert known.status_code == 200
        assert known.headers["ratelimit"].startswith('"minute";r=92;')
        assert sent(ask, made, **other).status_code == 404
        later = app.state.guesses.clock() + 13
        app.state.guesses.clock = lambda: later
        assert sent(ask, made, **guesser).status_code == 404
