"""Whose pages may ask from a browser."""

from __future__ import annotations

import pytest
from fastapi.testclient import TestClient

from app.main import create_app
from app.origins import may_ask, origins
from playhead.errors import SettingsError
from playhead.library import Library
from playhead.settings import Settings

APP = "https://app.example"
PREFLIGHT = {"Origin": APP, "Access-Control-Request-Method": "GET"}


def _service(library: Library, allowed: str) -> TestClient:
    return TestClient(create_app(Settings(origins=allowed), library), base_url="http://localhost")


def _cors(headers: object) -> dict[str, str]:
    return {name: value for name, value in headers.items() if name.startswith("access-control")}  # type: ignore[attr-defined]


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        ("", set()),
        ("*", {"*"}),
        ("https://a.example, *", {"*"}),
        ("https://A.example/ http://b.example:8080", {"https://a.example", "http://b.example:8080"}),
        ("https://a.example:443,http://b.example:80", {"https://a.example", "http://b.example"}),
        ("http://[::1]:3000", {"http://[::1]:3000"}),
    ],
)
def test_origins_are_read_as_browsers_write_them(written: str, meant: set[str]) -> None:
    assert origins(Settings(origins=written)) == meant


@pytest.mark.parametrize("written", ["a.example", "https://a.example/path", "null", "ftp://a.example", "https://*.a"])
def test_what_is_no_origin_is_refused_when_the_service_is_made(written: str) -> None:
    with pytest.raises(SettingsError, match="PLAYHEAD_ORIGINS"):
        create_app(Settings(origins=written))


@pytest.mark.parametrize(
    "origin", ["", "null", "https://app.example.evil", "http://app.example", "https://app.example:1"]
)
def test_no_other_origin_passes_for_one_that_may_ask(origin: str) -> None:
    assert not may_ask(origin, frozenset({APP}))


def test_without_the_setting_no_page_of_another_site_reads_an_answer(ask: TestClient) -> None:
    answer = ask.get("/api/v1/podcasts", headers={"Origin": APP})
    assert answer.status_code == 200
    assert _cors(answer.headers) == {}
    assert ask.options("/api/v1/podcasts", headers=PREFLIGHT).status_code == 405


def test_a_page_that_may_ask_reads_the_answer_its_errors_and_its_limits(library: Library) -> None:
    with _service(library, APP) as ask:
        for path, status in (("/api/v1/podcasts", 200), ("/api/v1/search", 422), ("/api/v1/nowhere", 404)):
            answer = ask.get(path, headers={"Origin": APP})
            assert answer.status_code == status
            assert answer.headers["access-control-allow-origin"] == APP
            assert "access-control-allow-credentials" not in answer.headers
            assert "Origin" in answer.headers["vary"]
            assert {"ETag", "Retry-After"} <= set(answer.headers["access-control-expose-headers"].split(", "))
        tag = ask.get("/api/v1/podcasts").headers["etag"]
        unchanged = ask.get("/api/v1/podcasts", headers={"Origin": APP, "If-None-Match": tag})
        assert (unchanged.status_code, unchanged.headers["access-control-allow-origin"]) == (304, APP)


def test_what_a_cache_may_keep_depends_on_the_origin_even_where_there_is_none(library: Library) -> None:
    with _service(library, APP) as ask:
        for headers in ({}, {"Origin": "https://evil.example"}):
            answer = ask.get("/api/v1/podcasts", headers=headers)
            assert "access-control-allow-origin" not in answer.headers
            assert answer.headers["vary"] == "Accept, Origin"


def test_a_browser_that_asks_first_is_told_what_it_may(library: Library) -> None:
    with _service(library, APP) as ask:
        told = ask.options("/api/v1/link", headers=PREFLIGHT | {"Access-Control-Request-Method": "POST"})
        assert (told.status_code, told.content) == (204, b"")
        assert told.headers["access-control-allow-origin"] == APP
        assert "POST" in told.headers["access-control-allow-methods"]
        allowed = told.headers["access-control-allow-headers"]
        assert "Content-Type" in allowed
        assert "Authorization" not in allowed
        assert "access-control-allow-credentials" not in told.headers
        again = ask.options("/api/v1/link", headers=PREFLIGHT)
        assert again.headers == told.headers | {"x-request-id": again.headers["x-request-id"]}


@pytest.mark.parametrize(
    "changed", [{"Origin": "https://evil.example"}, {"Access-Control-Request-Method": "DELETE"}, {"Origin": "null"}]
)
def test_a_browser_that_asks_for_what_it_may_not_is_refused(library: Library, changed: dict[str, str]) -> None:
    with _service(library, APP) as ask:
        assert ask.options("/api/v1/podcasts", headers=PREFLIGHT | changed).status_code == 405


@pytest.mark.parametrize("path", ["/", "/search?q=slower", "/healthz", "/metrics"])
def test_pages_are_for_people_and_not_for_other_pages(library: Library, path: str) -> None:
    with _service(library, "*") as ask:
        assert _cors(ask.get(path, headers={"Origin": APP}).headers) == {}


def test_everybody_may_ask_a_public_archive(library: Library) -> None:
    with _service(library, "*") as ask:
        for headers in ({}, {"Origin": APP}, {"Origin": "null"}):
            answer = ask.get("/api/v1/podcasts", headers=headers)
            assert answer.headers["access-control-allow-origin"] == "*"
            assert answer.headers["vary"] == "Accept"
        assert ask.options("/api/v1/podcasts", headers=PREFLIGHT).status_code == 204
