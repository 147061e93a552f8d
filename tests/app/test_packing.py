"""What a page weighs on its way to a reader."""

from __future__ import annotations

import re

import httpx
import pytest
from fastapi.testclient import TestClient

BUDGET = 40_000


def _weight(answer: httpx.Response) -> int:
    return len(b"".join(answer.iter_raw()))


@pytest.mark.parametrize("path", ["/", "/search?q=slower", "/episodes/the-long-run/12", "/notes", "/episodes"])
def test_a_first_page_with_all_it_needs_is_light(ask: TestClient, path: str) -> None:
    page = ask.get(path).text
    needed = {path, *re.findall(r'(?:src|href)="(/static/[^"]+)"', page)}
    assert len(needed) >= 4
    total = 0
    for each in needed:
        with ask.stream("GET", each, headers={"Accept-Encoding": "gzip"}) as answer:
            assert answer.status_code == 200
            total += _weight(answer)
    assert total <= BUDGET


def test_who_cannot_unpack_gets_the_page_as_it_is(ask: TestClient) -> None:
    plain = ask.get("/search?q=slower", headers={"Accept-Encoding": "identity"})
    packed = ask.get("/search?q=slower", headers={"Accept-Encoding": "gzip"})
    assert "content-encoding" not in plain.headers
    assert packed.headers["content-encoding"] == "gzip"
    assert "Accept-Encoding" in plain.headers["vary"]
    assert re.sub(r"in \d+ ms", "", packed.text) == re.sub(r"in \d+ ms", "", plain.text)


@pytest.mark.parametrize("path", ["/api/v1/search?q=slower", "/api/v1/episodes"])
def test_answers_for_programs_are_not_packed(ask: TestClient, path: str) -> None:
    assert "content-encoding" not in ask.get(path, headers={"Accept-Encoding": "gzip"}).headers
