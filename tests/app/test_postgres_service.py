"""The service over a library in PostgreSQL: the same answers, and a server that goes away and comes back."""

from __future__ import annotations

from contextlib import closing
from pathlib import Path
from typing import Any

from fastapi.testclient import TestClient

from app.main import create_app
from playhead.settings import Settings
from tests.app.conftest import ADDRESS
from tests.archive import EVERY, fill, fill_at
from tests.postgres import server

QUESTIONS = ("tide", "lighthouse keeper", "why is it slower", "bell rope")


def test_the_same_is_answered_as_from_a_directory_and_a_dead_server_is_said_to_be_away(tmp_path: Path) -> None:
    with (
        server() as running,
        closing(fill(tmp_path, EVERY)) as here,
        closing(fill_at(f"{running.url}/postgres", EVERY)) as there,
        TestClient(create_app(Settings(), here), base_url=ADDRESS) as directory,
        TestClient(create_app(Settings(), there), base_url=ADDRESS) as ask,
    ):
        for question in QUESTIONS:
            asked = {"q": question, "limit": 50}
            known, found = (each.get("/api/v1/search", params=asked).json() for each in (directory, ask))
            assert found["no_answer"] == known["no_answer"]
            assert by_id(found) == by_id(known)
        assert ask.get("/readyz").status_code == 200

        running.kill()
        for path in ("/api/v1/search?q=tide", "/api/v1/episodes", "/readyz", "/?q=tide"):
            answer = ask.get(path)
            assert answer.status_code == 503, path
            assert int(answer.headers["retry-after"]) > 0
        assert ask.get("/healthz").status_code == 200

        running.start()
        again = ask.get("/api/v1/search", params=asked)
        assert again.json()["results"] == found["results"]


def by_id(answer: dict[str, Any]) -> dict[str, dict[str, Any]]:
    """What is said of each passage but how well it fits: lengths weigh a little more or less from engine to engine."""
    judged = ("score", "scores", "confidence", "duplicates")
    return {one["id"]: {name: value for name, value in one.items() if name not in judged} for one in answer["results"]}
