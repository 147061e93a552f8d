"""Who is let in, what every answer carries, and what a fault of ours gives away."""

from __future__ import annotations

from pathlib import Path

import pytest
from fastapi.testclient import TestClient

from app.guard import CONTENT_POLICY, hosts
from app.main import create_app
from playhead.errors import DamagedError
from playhead.library import Library
from playhead.settings import Settings


@pytest.mark.parametrize(
    "path", ["/", "/search?q=slower", "/api/v1/podcasts", "/nowhere", "/static/playhead.css", "/docs"]
)
def test_every_answer_carries_the_policy(ask: TestClient, path: str) -> None:
    headers = ask.get(path).headers
    assert headers["content-security-policy"] == CONTENT_POLICY
    assert headers["x-content-type-options"] == "nosniff"
    assert headers["referrer-policy"] == "no-referrer"


@pytest.mark.parametrize("host", ["localhost", "localhost:9999", "127.0.0.1", "[::1]:8000", "LOCALHOST"])
def test_our_own_names_are_answered(ask: TestClient, host: str) -> None:
    assert ask.get("/healthz", headers={"Host": host}).status_code == 200


@pytest.mark.parametrize(
    "host", ["evil.example", "127.0.0.1.evil.example", "localhost.", "", "[::1", "a@localhost", "localhost/x", "[]"]
)
def test_any_other_name_is_refused(ask: TestClient, host: str) -> None:
    response = ask.get("/api/v1/podcasts", headers={"Host": host})
    assert response.status_code == 400
    assert "PLAYHEAD_PUBLIC_URL" in response.json()["detail"]


def test_the_public_address_is_one_of_our_names_and_begins_our_links(library: Library) -> None:
    settings = Settings(host="192.0.2.7", public_url="https://search.example.org")
    assert hosts(settings) == {"localhost", "127.0.0.1", "::1", "192.0.2.7", "search.example.org"}
    with TestClient(create_app(settings, library), base_url="http://search.example.org") as ask:
        found = ask.get("/api/v1/search?q=slower").json()["results"][0]
    assert found["links"]["api"].startswith("https://search.example.org/api/v1/segments/")


@pytest.mark.parametrize(
    ("address", "host"),
    [
        ("https://search.example.org:8443", "search.example.org:8443"),
        ("https://search.example.org", "SEARCH.example.org:80"),
        ("https://Search.Example.org/podcasts", "search.example.org"),
        ("http://[2001:db8::7]:8000", "[2001:DB8::7]:8000"),
        ("https://bücher.example", "xn--bcher-kva.example"),
    ],
)
def test_the_public_address_is_answered_however_it_is_written(library: Library, address: str, host: str) -> None:
    with TestClient(create_app(Settings(public_url=address), library), base_url="http://localhost") as ask:
        assert ask.get("/healthz", headers={"Host": host}).status_code == 200
        assert ask.get("/healthz", headers={"Host": f"x{host.strip('[')}"}).status_code == 400


def test_an_address_to_listen_everywhere_is_no_name() -> None:
    assert hosts(Settings(host="0.0.0.0")) == {"localhost", "127.0.0.1", "::1"}  # noqa: S104


def test_a_request_that_states_a_large_body_is_refused(ask: TestClient) -> None:
    assert ask.request("GET", "/healthz", content=b"x" * 20_000).status_code == 413


def test_head_is_get_without_the_body(ask: TestClient) -> None:
    head, get = ask.head("/api/v1/podcasts"), ask.get("/api/v1/podcasts")
    assert (head.status_code, head.content) == (200, b"")
    assert head.headers["content-length"] == get.headers["content-length"]


class _Broken:
    """A library whose every answer is this error."""

    def __init__(self, error: Exception) -> None:
        self.error = error
        self.embedder = self.engine = self
        self.embedders = (self,)

    def question(self, text: str) -> None:
        """The model is fine."""

    def view(self) -> None:
        raise self.error

    def revision(self) -> None:
        raise self.error

    history = revision


@pytest.mark.parametrize("path", ["/", "/api/v1/podcasts"])
@pytest.mark.parametrize(
    ("error", "status"),
    [(ZeroDivisionError("/secret/place.py"), 500), (DamagedError("/secret/index/library.sqlite is damaged"), 503)],
)
def test_a_fault_gives_nothing_away(error: Exception, status: int, path: str) -> None:
    with TestClient(create_app(Settings(), _Broken(error)), base_url="http://localhost") as ask:  # type: ignore[arg-type]
        response = ask.get(path)
    assert response.status_code == status
    assert "secret" not in response.text
    assert "Traceback" not in response.text
    assert response.headers["content-security-policy"] == CONTENT_POLICY
    kind = "application/problem+json" if path.startswith("/api") else "text/html; charset=utf-8"
    assert response.headers["content-type"] == kind


def test_the_factory_reads_the_settings_and_needs_no_library(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("PLAYHEAD_PUBLIC_URL", "https://search.example.org/")
    assert create_app().state.public_url == "https://search.example.org"
