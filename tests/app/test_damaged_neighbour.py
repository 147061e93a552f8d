"""One episode of a library is damaged: every door goes on with the others, and says of that one what to do."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from pathlib import Path

import pytest
from fastapi.testclient import TestClient
from pysqlite3 import dbapi2 as sqlite

from app.chatbot import serve_tools
from app.main import create_app
from playhead.engine import open_engine
from playhead.library import Library
from playhead.settings import Settings
from tests.app.conftest import ADDRESS
from tests.app.mcp_client import called
from tests.archive import EVERY, GARDENS, LOCKS, fill
from tests.doubles import HashingEmbedder

DAMAGED, WHOLE = LOCKS[0].id, GARDENS[0].id


@pytest.fixture
def library(tmp_path: Path) -> Iterator[Library]:
    """Three episodes, of which one has another title than was kept."""
    fill(tmp_path, EVERY).close()
    connection = sqlite.connect(str(tmp_path / "library.sqlite"))
    connection.execute("UPDATE episodes SET title = 'another' WHERE id = ?", (DAMAGED,))
    connection.commit()
    connection.close()
    library = Library(open_engine(f"embedded:{tmp_path}"), HashingEmbedder())
    yield library
    library.close()


@pytest.fixture
def ask(library: Library) -> Iterator[TestClient]:
    with TestClient(create_app(Settings(), library), base_url=ADDRESS) as ask:
        yield ask


@pytest.mark.parametrize(
    "path",
    [
        "/", "/episodes", "/podcasts", "/speakers", "/speaker?name=Ada", "/about", "/search?q=lock",
        "/search.md?q=lock", "/llms.txt", f"/episodes/{WHOLE}", f"/episodes/{WHOLE}.md", "/api/v1/episodes",
        "/api/v1/podcasts", "/api/v1/speakers", "/api/v1/search?q=lock", "/readyz",
    ],
)  # fmt: skip
def test_a_damaged_neighbour_stops_no_answer(ask: TestClient, path: str) -> None:
    answer = ask.get(path)
    assert answer.status_code == (404 if path.startswith("/speaker?") else 200), answer.text
    assert path == "/readyz" or DAMAGED not in answer.text


def test_lists_are_of_what_is_whole(ask: TestClient) -> None:
    listed = {episode["id"] for episode in ask.get("/api/v1/episodes").json()["episodes"]}
    assert listed == {episode.id for episode, *_ in EVERY} - {DAMAGED}
    found = ask.get("/api/v1/search?q=lock&limit=50").json()["results"]
    assert found
    assert DAMAGED not in {each["episode"]["id"] for each in found}


@pytest.mark.parametrize("path", [f"/episodes/{DAMAGED}", f"/episodes/{DAMAGED}.md", f"/api/v1/episodes/{DAMAGED}"])
def test_what_is_damaged_itself_is_refused_and_the_log_names_what_mends_it(
    ask: TestClient, caplog: pytest.LogCaptureFixture, path: str
) -> None:
    with caplog.at_level(logging.ERROR, "playhead.app"):
        answer = ask.get(path)
    assert answer.status_code == 503
    assert "is damaged where it is kept; /readyz and the log" in answer.text
    assert f"damaged in {DAMAGED}: " in caplog.text
    assert f"playhead remove {DAMAGED}" in caplog.text


def test_chatbots_are_told_of_what_is_whole(library: Library) -> None:
    tools = serve_tools(library, lambda _context: "")
    listed, found, damaged = called(
        tools, ("list_episodes", {}), ("search", {"query": "lock"}), ("get_transcript", {"episode": DAMAGED})
    )
    assert not listed.is_error
    assert not found.is_error
    assert DAMAGED not in str(listed) + str(found)
    assert "is damaged where it is kept" in str(damaged)
