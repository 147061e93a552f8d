"""The PostgreSQL engine keeps the contract."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from playhead.engine import Engine, open_engine
from tests.engines.contract import *  # noqa: F403
from tests.postgres import database, postgres  # noqa: F401 - fixtures


@pytest.fixture
def place(database: str) -> Iterator[object]:
    opened: list[Engine] = []

    def open_again(*, writing: bool = False) -> Engine:
        opened.append(open_engine(database, writing=writing))
        return opened[-1]

    yield open_again
    for engine in opened:
        engine.close()
