"""The embedded engine keeps the contract."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from playhead.engine import Engine, open_engine
from tests.engines.contract import *  # noqa: F403


@pytest.fixture
def place(tmp_path: Path) -> Iterator[object]:
    opened: list[Engine] = []

    def open_again(*, writing: bool = False) -> Engine:
        opened.append(open_engine(f"embedded:{tmp_path / 'library'}", writing=writing))
        return opened[-1]

    yield open_again
    for engine in opened:
        engine.close()
