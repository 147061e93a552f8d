"""What a service counts of itself, and who may read it."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest
from fastapi.testclient import TestClient
from prometheus_client.parser import text_string_to_metric_families

from app.main import create_app
from playhead.errors import DamagedError
from playhead.keys import Scope, add
from playhead.library import Library
from playhead.settings import Settings
from tests.app.test_guard import _Broken
from tests.archive import LOCKS, fill

HERE = ("127.0.0.1", 5000)


def _service(library: Library, client: tuple[str, int] = HERE, **settings: str) -> TestClient:
    return TestClient(create_app(Settings(**settings), library), base_url="http://localhost", client=client)  # type: ignore[arg-type]


def _read(ask: TestClient) -> dict[tuple[str, frozenset[tuple[str, str]]], float]:
    answer = ask.get("/metrics")
    assert answer.status_code == 200
    assert answer.headers["content-type"].startswith("text/plain; version=0.0.4")
    return {
        (sample.name, frozenset(sample.labels.items())): sample.value
        for family in text_string_to_metric_families(answer.text)
        for sample in family.samples
    }


def _value(read: dict, name: str, **labels: str) -> float | None:
    return read.get((name, frozenset(labels.items())))


def test_requests_are_counted_by_route_and_never_by_what_was_asked(library: Library) -> None:
    with _service(library) as ask:
        for question in ("slower", "bus", "tea"):
            ask.get("/api/v1/search", params={"q": question})
        ask.get("/api/v1/search")
        ask.get("/api/v1/episodes/the-long-run/12")
        ask.get("/api/v1/episodes/the-long-run/99")
        ask.head("/api/v1/podcasts")
        ask.post("/api/v1/search")
        ask.get("/static/playhead.css")
        ask.get("/openapi.json")
        read = _read(ask)
    count = {
        (dict(labels)["method"], dict(labels)["route"], dict(labels)["status"]): value
        for (name, labels), value in read.items()
        if name == "playhead_requests_total"
    }
    assert count == {
        ("GET", "/api/v1/search", "200"): 3,
        ("GET", "/api/v1/search", "422"): 1,
        ("POST", "/api/v1/search", "405"): 1,
        ("GET", "/api/v1/episodes/{id}", "200"): 1,
        ("GET", "/api/v1/episodes/{id}", "404"): 1,
        ("HEAD", "/api/v1/podcasts", "200"): 1,
        ("GET", "/static/{path}", "200"): 1,
        ("GET", "/openapi.json", "200"): 1,
    }
    assert _value(read, "playhead_request_seconds_count", route="/api/v1/search") == 5
    assert "slower" not in str(read)


def test_it_is_told_who_waits_and_who_was_turned_away(library: Library) -> None:
    with _service(library) as ask:
        line = ask.app.state.line  # type: ignore[attr-defined]
        line.waiting, line.refused = 3, 7
        read = _read(ask)
    assert _value(read, "playhead_requests_waiting") == 3
    assert _value(read, "playhead_requests_turned_away_total") == 7


def test_visitors_cannot_make_up_labels(library: Library) -> None:
    with _service(library) as ask:
        before = len(_read(ask))
        ask.get("/nowhere/0")
        ask.request("MADE0", "/api/v1/podcasts")
        ask.get("/api/v1/podcasts", headers={"Host": "evil0.example"})
        few = len(_read(ask))
        for number in range(50):
            ask.get(f"/nowhere/{number}")
            ask.get(f"/static/{number}")
            ask.get(f"/api/v1/segments/{number}")
            ask.request(f"MADE{number}", "/api/v1/podcasts")
            ask.get("/api/v1/podcasts", headers={"Host": f"evil{number}.example"})
        many = _read(ask)
    assert before < few
    assert _value(many, "playhead_requests_total", method="GET", route="unknown", status="404") == 51
    assert _value(many, "playhead_requests_total", method="other", route="/api/v1/podcasts", status="405") == 51
    assert len(many) - few < 50


def test_searches_are_counted_through_every_door_with_the_time_of_each_stage(library: Library) -> None:
    with _service(library) as ask:
        ask.get("/api/v1/search?q=slower")
        ask.get("/search?q=slower")
        ask.get("/search.atom?q=slower")
        ask.get('/api/v1/search?q="nobody said this at all"')
        read = _read(ask)
    assert _value(read, "playhead_searches_total", no_answer="false") == 3
    assert _value(read, "playhead_searches_total", no_answer="true") == 1
    stages = {dict(labels)["stage"] for name, labels in read if name == "playhead_search_stage_seconds_count"}
    assert {"embedding", "reading"} <= stages
    assert all(_value(read, "playhead_search_stage_seconds_count", stage=stage) == 4 for stage in stages)


def test_how_the_library_stands_is_told_as_it_is_when_asked(tmp_path: Path) -> None:
    library = fill(tmp_path, [LOCKS])
    with _service(library) as ask:
        read = _read(ask)
        state = library.engine.describe()
    library.close()
    assert _value(read, "playhead_library_readable") == 1
    assert _value(read, "playhead_episodes") == state.episodes == 1
    assert _value(read, "playhead_segments") == _value(read, "playhead_segments_findable") == state.findable > 0
    assert _value(read, "playhead_revision") == _value(read, "playhead_revision_published") == state.revision
    assert _value(read, "playhead_generation") == state.details["generation"]
    assert _value(read, "process_resident_memory_bytes") > 1e6
    assert _value(read, "python_gc_collections_total", generation="0") is not None


def test_a_library_that_cannot_be_read_is_a_number_too(library: Library) -> None:
    class Damaged(_Broken):
        def describe(self) -> None:
            raise self.error

    with _service(Damaged(DamagedError("/secret/place"))) as ask:  # type: ignore[arg-type]
        read = _read(ask)
        ready = ask.get("/readyz")
    assert _value(read, "playhead_library_readable") == 0
    assert _value(read, "playhead_episodes") is None
    assert ready.status_code == 503
    assert ready.json()["checks"] == [
        {"name": "library", "ok": False, "detail": "It cannot be read; the log of the service says why."}
    ]
    assert "secret" not in ready.text


def test_refusals_are_counted(library: Library) -> None:
    with _service(library, rate="1/hour") as ask:
        for _ in range(4):
            ask.get("/api/v1/podcasts")
        assert _value(_read(ask), "playhead_rate_limited_total") == 3


def test_two_services_do_not_count_together(library: Library) -> None:
    with _service(library) as one, _service(library) as other:
        one.get("/api/v1/podcasts")
        labels = {"method": "GET", "route": "/api/v1/podcasts", "status": "200"}
        assert _value(_read(one), "playhead_requests_total", **labels) == 1
        assert _value(_read(other), "playhead_requests_total", **labels) is None


@pytest.mark.parametrize(
    ("client", "headers", "status"),
    [
        (("127.0.0.1", 1), {}, 200),
        (("::1", 1), {}, 200),
        (("192.0.2.1", 1), {}, 403),
        (("127.0.0.1", 1), {"X-Forwarded-For": "192.0.2.1"}, 403),
        (("192.0.2.1", 1), {"X-Forwarded-For": "127.0.0.1"}, 403),
        # A proxy on this machine that does not say for whom it asks.
        (("127.0.0.1", 1), {"Host": "search.example.org"}, 403),
    ],
)
def test_the_metrics_are_for_this_machine_unless_they_are_public(
    library: Library, client: tuple[str, int], headers: dict[str, str], status: int
) -> None:
    with _service(library, client, public_url="https://search.example.org") as ask:
        answer = ask.get("/metrics", headers=headers)
    assert answer.status_code == status
    if status == 403:
        assert "PLAYHEAD_METRICS" in answer.json()["detail"]
        assert "playhead_requests" not in answer.text
    with _service(library, client, public_url="https://search.example.org", metrics="public") as ask:
        assert ask.get("/metrics", headers=headers).status_code == 200


def test_an_admin_key_reads_the_metrics_from_anywhere_and_no_other_key_does(library: Library, tmp_path: Path) -> None:
    kept = tmp_path / "keys.toml"
    scopes: tuple[Scope, ...] = ("admin", "ingest")
    admin, ingest = (add(kept, scope, [scope], date(2026, 1, 1)) for scope in scopes)
    with _service(library, ("192.0.2.1", 1), keys=str(kept)) as ask:
        answers = [
            ask.get("/metrics", headers={"Authorization": f"Bearer {key}"}).status_code for key in (admin, ingest, "x")
        ]
    assert answers == [200, 403, 403]
