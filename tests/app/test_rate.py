"""How often a client may ask, who a client is, and what it is told."""

from __future__ import annotations

import re
import time
from collections.abc import Iterator
from datetime import date
from pathlib import Path

import pytest
from fastapi.testclient import TestClient

from app.clients import NOBODY, address_of, is_here, proxies
from app.main import create_app
from app.rates import Buckets, Rate, rates
from playhead.errors import SettingsError
from playhead.keys import add
from playhead.library import Library
from playhead.settings import Settings

QUOTA_EXCEEDED = "https://iana.org/assignments/http-problem-types#quota-exceeded"


class _Clock:
    def __init__(self) -> None:
        self.now = 1_000.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock() -> _Clock:
    return _Clock()


@pytest.fixture
def limited(library: Library) -> Iterator[TestClient]:
    """A service that may be asked five times a minute."""
    with _service(library, rate="5/minute") as ask:
        yield ask


def _service(library: Library, client: tuple[str, int] = ("192.0.2.1", 5000), **settings: str) -> TestClient:
    return TestClient(create_app(Settings(**settings), library), base_url="http://localhost", client=client)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        ("", ()),
        ("60/minute", (Rate(60, "minute"),)),
        (" 10 / second , 1000/hour;20000/day ", (Rate(10, "second"), Rate(1000, "hour"), Rate(20_000, "day"))),
    ],
)
def test_a_rate_is_so_many_requests_in_a_period(written: str, meant: tuple[Rate, ...]) -> None:
    assert rates(Settings(rate=written)) == meant


@pytest.mark.parametrize("written", ["60", "0/minute", "-1/minute", "many/minute", "60/fortnight", "1/hour, 2/hour"])
def test_what_is_no_rate_is_refused_when_the_service_is_made(written: str, library: Library) -> None:
    with pytest.raises(SettingsError, match="PLAYHEAD_RATE"):
        create_app(Settings(rate=written), library)


def test_a_bucket_empties_at_once_and_fills_again_evenly(clock: _Clock) -> None:
    buckets = Buckets([Rate(3, "minute")], clock)
    taken = [buckets.take("a") for _ in range(4)]
    assert [allowed for allowed, _ in taken] == [True, True, True, False]
    assert [standing.left for _, [standing] in taken] == [2, 1, 0, 0]
    assert taken[2][1][0].wait == taken[3][1][0].wait == pytest.approx(20)
    assert taken[0][1][0].full == pytest.approx(20)
    clock.now += 19.9
    assert buckets.take("a")[0] is False
    clock.now += 0.1
    assert [buckets.take("a")[0] for _ in range(2)] == [True, False]
    clock.now += 600
    assert [buckets.take("a")[0] for _ in range(4)] == [True, True, True, False]


def test_over_a_long_time_nobody_gets_more_than_the_rate(clock: _Clock) -> None:
    buckets = Buckets([Rate(60, "minute")], clock)
    allowed = 0
    for _ in range(36_000):  # an hour, ten times a second
        allowed += buckets.take("a")[0]
        clock.now += 0.1
    assert 3_600 <= allowed <= 3_661


def test_all_of_several_rates_hold_and_a_refusal_costs_nothing(clock: _Clock) -> None:
    buckets = Buckets([Rate(2, "second"), Rate(3, "hour")], clock)
    assert [buckets.take("a")[0] for _ in range(3)] == [True, True, False]
    clock.now += 1
    allowed, (second, hour) = buckets.take("a")
    assert (allowed, second.left, hour.left) == (True, 1, 0)
    clock.now += 1
    allowed, (second, hour) = buckets.take("a")
    assert (allowed, second.left, hour.left) == (False, 2, 0)
    assert hour.wait == pytest.approx(1_198)


def test_one_client_does_not_empty_the_bucket_of_another(clock: _Clock) -> None:
    buckets = Buckets([Rate(1, "minute")], clock)
    assert [buckets.take(client)[0] for client in ("a", "b", "a", "b")] == [True, True, False, False]


def test_however_many_addresses_ask_only_so_many_are_remembered(clock: _Clock) -> None:
    buckets = Buckets([Rate(1, "day")], clock, most=100)
    buckets.take("first")
    for number in range(10_000):
        buckets.take(str(number))
        if number == 9_950:
            assert buckets.take("9940")[0] is False
    assert len(buckets) == 100
    assert buckets.take("9999")[0] is False
    assert buckets.take("first")[0] is True  # forgotten


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        ("192.0.2.1", "192.0.2.2", False),
        ("2001:db8:1:2::1", "2001:db8:1:2:ffff:ffff:ffff:ffff", True),
        ("2001:db8:1:2::1", "2001:db8:1:3::1", False),
        ("::ffff:192.0.2.1", "192.0.2.1", True),
        ("fe80::1%eth0", "fe80::2", True),
        ("made-up", "<script>", True),
    ],
)
def test_a_client_is_an_address_or_the_network_of_one_subscriber(one: str, other: str, same: bool) -> None:
    addresses = [address_of({"type": "http", "client": (address, 1)}) for address in (one, other)]
    assert (addresses[0] == addresses[1]) is same


def test_who_has_no_address_is_nobody() -> None:
    assert address_of({"type": "http", "client": None}) == NOBODY == address_of({"type": "http"})
    assert not is_here({"type": "http", "client": None})


def test_each_answer_says_how_the_client_stands_and_a_refusal_when_to_come_back(limited: TestClient) -> None:
    answers = [limited.get("/api/v1/podcasts") for _ in range(6)]
    assert [answer.status_code for answer in answers] == [200] * 5 + [429]
    assert {answer.headers["ratelimit-policy"] for answer in answers} == {'"minute";q=5;w=60'}
    told = [re.fullmatch(r'"minute";r=(\d);t=(\d+)', answer.headers["ratelimit"]) for answer in answers]
    assert [int(each[1]) for each in told if each] == [4, 3, 2, 1, 0, 0]
    assert [int(each[2]) for each in told if each][:4] == [12, 24, 36, 48]
    refusal = answers[-1]
    assert refusal.headers["retry-after"] == "12" == told[-1][2]  # type: ignore[index]
    assert refusal.headers["content-type"] == "application/problem+json"
    assert refusal.json() == {
        "type": QUOTA_EXCEEDED,
        "title": "Too Many Requests",
        "status": 429,
        "detail": "You may ask 5 requests a minute; ask again in 12 seconds.",
        "instance": "/api/v1/podcasts",
        "violated-policies": ["minute"],
    }


def test_after_the_time_it_is_told_a_client_is_answered(library: Library) -> None:
    with _service(library, rate="2/second") as ask:
        while ask.get("/api/v1/podcasts").status_code == 200:
            pass
        refusal = ask.get("/api/v1/podcasts")
        time.sleep(int(refusal.headers["retry-after"]))
        assert ask.get("/api/v1/podcasts").status_code == 200


def test_a_person_is_told_on_a_page(limited: TestClient) -> None:
    for _ in range(5):
        limited.get("/")
    page = limited.get("/search?q=slower")
    assert (page.status_code, page.headers["content-type"]) == (429, "text/html; charset=utf-8")
    assert "ask again in" in page.text


def test_instruments_and_what_pages_are_made_of_are_not_counted(limited: TestClient) -> None:
    for _ in range(10):
        for path in ("/healthz", "/readyz", "/static/playhead.css"):
            answer = limited.get(path)
            assert answer.status_code == 200
            assert "ratelimit" not in answer.headers
    assert limited.get("/api/v1/podcasts").headers["ratelimit"].startswith('"minute";r=4')


def test_head_and_what_is_not_there_count_as_well(limited: TestClient) -> None:
    limited.head("/api/v1/podcasts")
    limited.get("/nowhere")
    assert limited.get("/api/v1/podcasts").headers["ratelimit"].startswith('"minute";r=2')


def test_without_a_rate_nothing_is_said_of_one(ask: TestClient) -> None:
    assert "ratelimit" not in ask.get("/api/v1/podcasts").headers


def test_whoever_has_a_key_has_a_bucket_of_its_own_and_a_wrong_key_is_none(library: Library, tmp_path: Path) -> None:
    kept = tmp_path / "keys.toml"
    first, second = (add(kept, name, ["ingest"], date(2026, 1, 1)) for name in ("first", "second"))
    with _service(library, rate="5/minute", keys=str(kept)) as ask:
        left = [
            ask.get("/api/v1/podcasts", headers={"Authorization": f"Bearer {key}"}).headers["ratelimit"][11]
            for key in (first, first, second, "wrong", "wronger")
        ]
    assert left == ["4", "3", "4", "4", "3"]


@pytest.mark.parametrize(
    ("peer", "forwarded", "left"),
    [
        ("127.0.0.1", ["203.0.113.1", "203.0.113.2"], 4),
        ("127.0.0.1", ["203.0.113.1", "203.0.113.1"], 3),
        # What a visitor sends before the proxy adds to it is not believed.
        ("127.0.0.1", ["1.1.1.1, 203.0.113.1", "2.2.2.2, 203.0.113.1"], 3),
        ("10.1.2.3", ["203.0.113.1, 10.9.9.9", "203.0.113.2, 10.9.9.9"], 4),
        # No proxy of ours: it may say what it likes.
        ("198.51.100.7", ["203.0.113.1", "203.0.113.2"], 3),
        ("127.0.0.1", ["<script>", "../../etc"], 3),
    ],
)
def test_only_our_own_proxies_say_who_asks(library: Library, peer: str, forwarded: list[str], left: int) -> None:
    with _service(library, (peer, 5000), rate="5/minute", proxies="127.0.0.1 10.0.0.0/8") as ask:
        answers = [ask.get("/api/v1/podcasts", headers={"X-Forwarded-For": each}) for each in forwarded]
    assert answers[-1].headers["ratelimit"].startswith(f'"minute";r={left}')


@pytest.mark.parametrize("written", ["*", "proxy.example", "10.0.0.0/33", "127.0.0.1, nginx"])
def test_what_is_no_address_is_no_proxy(written: str) -> None:
    with pytest.raises(SettingsError, match="PLAYHEAD_PROXIES"):
        proxies(Settings(proxies=written))
