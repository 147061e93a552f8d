"""The PostgreSQL engine keeps the contract where Citus spreads its tables over servers.

No registry carries Citus, so this runs where ``PLAYHEAD_TEST_CITUS`` is the address of a coordinator's database: its
schema ``playhead`` is dropped before every test.
"""

from __future__ import annotations

import os
from collections.abc import Iterator

import psycopg
import pytest

from playhead.engine import Engine, open_engine
from tests.engines.contract import *  # noqa: F403
from tests.engines.contract import MODEL, Place, everything, make

if "PLAYHEAD_TEST_CITUS" not in os.environ:
    pytest.skip("PLAYHEAD_TEST_CITUS names no coordinator", allow_module_level=True)


@pytest.fixture
def coordinator() -> str:
    url = os.environ["PLAYHEAD_TEST_CITUS"]
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute("DROP SCHEMA IF EXISTS playhead CASCADE")
    return url


@pytest.fixture
def place(coordinator: str) -> Iterator[object]:
    opened: list[Engine] = []

    def open_again(*, writing: bool = False) -> Engine:
        opened.append(open_engine(coordinator, writing=writing))
        return opened[-1]

    yield open_again
    for engine in opened:
        engine.close()


def test_what_is_searched_is_spread_by_episode(place: Place, coordinator: str) -> None:
    engine = place(writing=True)
    engine.use(MODEL)
    engine.put_all(make(f"show/e{number}") for number in range(40))
    engine.publish()
    with psycopg.connect(coordinator) as connection:
        rows = connection.execute(
            "SELECT table_name::text, distribution_column, shard_count FROM citus_tables ORDER BY 1"
        ).fetchall()
    assert [(name.split(".")[-1], column) for name, column, _ in rows] == [
        ("lexemes", "episode"),
        ("passages", "episode"),
    ]
    assert all(shards > 1 for *_, shards in rows)
    assert len(everything(engine.view())) == 240
