"""Whether questions can be answered, and what is wrong when they cannot."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
from fastapi.testclient import TestClient
from pysqlite3 import dbapi2 as sqlite

from app.main import create_app
from app.readiness import checks
from playhead.engine import Description, Model, open_engine
from playhead.library import Library
from playhead.settings import Settings
from tests.archive import LOCKS, fill
from tests.doubles import HashingEmbedder


class _Otherwise:
    """The engine of a library that stands otherwise than it does."""

    def __init__(self, state: Description) -> None:
        self.describe = lambda: state


@pytest.mark.parametrize(
    ("wrong", "name", "said"),
    [
        ({"model": Model("another", "0" * 64, 64)}, "model", "was made with another"),
        ({"findable": 0}, "findable", "0 passages can be found, 11 are kept"),
        ({"findable": 0, "revision": 5}, "findable", "1 change waits"),
    ],
)
def test_what_is_not_right_makes_the_service_unready_and_is_named(
    library: Library, wrong: dict, name: str, said: str
) -> None:
    state = replace(library.engine.describe(), **wrong)
    assert [check["name"] for check in checks(library, state) if not check["ok"]] == [name]
    unready = Library(_Otherwise(state), library.embedder)  # type: ignore[arg-type]
    with TestClient(create_app(Settings(), unready), base_url="http://localhost") as ask:
        answer = ask.get("/readyz")
        assert ask.get("/healthz").status_code == 200
    assert (answer.status_code, answer.headers["content-type"]) == (503, "application/problem+json")
    assert answer.headers["retry-after"] == "5"
    assert said in answer.json()["detail"]
    assert [check["name"] for check in answer.json()["checks"] if not check["ok"]] == [name]


def test_what_is_doubted_of_a_library_is_told_without_its_place_and_sends_nobody_away(tmp_path: Path) -> None:
    fill(tmp_path, [LOCKS]).close()
    connection = sqlite.connect(str(tmp_path / "library.sqlite"))
    connection.execute("UPDATE episodes SET title = 'another'")
    connection.commit()
    connection.close()
    library = Library(open_engine(f"embedded:{tmp_path}"), HashingEmbedder())
    with TestClient(create_app(Settings(), library), base_url="http://localhost") as ask:
        answer = ask.get("/readyz")
    library.close()
    assert answer.status_code == 200
    (told,) = (check["detail"] for check in answer.json()["checks"] if check["name"] == "notes")
    assert told.startswith(f"library.sqlite is damaged in {LOCKS[0].id}: ")
    assert str(tmp_path) not in answer.text


def test_an_empty_library_is_ready(tmp_path: Path) -> None:
    library = fill(tmp_path, [])
    with TestClient(create_app(Settings(), library), base_url="http://localhost") as ask:
        answer = ask.get("/readyz")
    library.close()
    assert (answer.status_code, answer.json()["episodes"]) == (200, 0)


def test_a_change_that_is_not_published_yet_is_told_and_no_reason_to_send_people_away(tmp_path: Path) -> None:
    library = fill(tmp_path, [LOCKS])
    writing = open_engine(f"embedded:{tmp_path}", writing=True)
    with TestClient(create_app(Settings(), library), base_url="http://localhost") as ask:
        writing.remove(LOCKS[0].id)
        answer = ask.get("/readyz")
    writing.close()
    library.close()
    assert answer.status_code == 200
    assert "1 change waits" in answer.json()["checks"][-1]["detail"]
