"""The service over a small library, asked in process."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from fastapi.testclient import TestClient

from app.main import create_app
from playhead.library import Library
from playhead.settings import Settings
from tests.archive import EVERY, HOSTILE, Recorded, demo_archive, fill

ADDRESS = "http://127.0.0.1:8000"


@pytest.fixture(scope="session")
def library(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Library]:
    opened = fill(tmp_path_factory.mktemp("index"), EVERY)
    yield opened
    opened.close()


@pytest.fixture(scope="session")
def ask(library: Library) -> Iterator[TestClient]:
    with TestClient(create_app(Settings(), library), base_url=ADDRESS) as client:
        yield client


@pytest.fixture(scope="session")
def demo() -> list[Recorded]:
    """The episodes of the demo archive, as an ingest leaves them."""
    return demo_archive()


@pytest.fixture
def ask_hostile(tmp_path: Path) -> Iterator[TestClient]:
    """The service over a library that somebody filled with tags."""
    library = fill(tmp_path, [HOSTILE])
    with TestClient(create_app(Settings(), library), base_url=ADDRESS) as client:
        yield client
    library.close()
