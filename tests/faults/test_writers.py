"""Writers of one PostgreSQL die at any moment, and others go on: every view finds by words what it finds by meaning."""

from __future__ import annotations

import random
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager

import numpy as np
import psycopg

from playhead.engine import View, open_engine
from playhead.query import EVERYTHING
from tests.engines.contract import DIMENSION, MODEL, make, unit
from tests.faults.library import SEED, rounds
from tests.postgres import database, postgres  # noqa: F401 - fixtures

WRITER = """
import random, sys
from playhead.engine import open_engine
from playhead.engines.postgres import changes
from tests.engines.contract import MODEL, make
chance = random.Random(int(sys.argv[2]))
changes.TOGETHER = chance.choice([1, 20, 2_000])
engine = open_engine(sys.argv[1], writing=True)
engine.use(MODEL)
def made():
    words = [f"kettle {chance.choice('abcdef')}" for _ in range(chance.randrange(1, 9))]
    return make(f"show/e{chance.randrange(12)}", seed=chance.randrange(5), texts=words)
while True:
    which = chance.random()
    if which < 0.5:
        engine.put_all(made() for _ in range(chance.randrange(1, 6)))
    elif which < 0.65:
        engine.remove(f"show/e{chance.randrange(12)}")
    else:
        engine.publish()
"""

LOST = {
    "segments that nothing finds, and findings of none": (
        "SELECT count(*) FROM segments FULL JOIN (SELECT * FROM passages WHERE died IS NULL) AS passages "
        "USING (episode, number) WHERE segments.id IS NULL OR passages.born IS NULL"
    ),
    "passages without words, and words without a passage": (
        "SELECT count(*) FROM (SELECT * FROM lexemes WHERE died IS NULL) AS lexemes FULL JOIN "
        "(SELECT * FROM passages WHERE died IS NULL) AS passages USING (episode, number, born) "
        "WHERE lexemes.kind IS NULL OR passages.kind IS NULL"
    ),
    "episodes whose words are still to be made": "SELECT count(*) FROM wordless",
}


def test_writers_that_are_killed_leave_no_word_behind(database: str) -> None:  # noqa: F811
    chance = random.Random(SEED)
    with closing(open_engine(database, writing=True)) as engine, closing(open_engine(database)) as reader:
        engine.use(MODEL)
        engine.put(*make("show/e0", texts=["kettle a"]))
        engine.publish()
        reader.use(MODEL)
        with writers(database, chance) as running:
            for _ in range(rounds(6, 600)):
                look_until(time.monotonic() + 1.5 * chance.random(), reader.view)
                place = chance.randrange(len(running))
                assert running[place].poll() is None, f"{running[place].communicate()[1].decode()} (seed {SEED})"
                running[place].kill()
                running[place].communicate()
                running[place] = start(database, chance)
        engine.publish()
    with psycopg.connect(database, options="-csearch_path=playhead,public") as connection:
        for what, sql in LOST.items():
            assert connection.execute(sql.encode()).fetchone() == (0,), f"{what} (seed {SEED})"


def look_until(end: float, newest: Callable[[], View]) -> None:
    while time.monotonic() < end:
        view = newest()
        near = set(view.nearest(unit(np.ones(DIMENSION)), EVERYTHING, 10_000).numbers.tolist())
        said = set(view.matching("kettle", EVERYTHING, 10_000).alone.numbers.tolist())
        assert near == said, f"seed {SEED}"
        assert len(near) == view.size, f"seed {SEED}"


def start(url: str, chance: random.Random) -> subprocess.Popen[bytes]:
    return subprocess.Popen(
        [sys.executable, "-c", WRITER, url, str(chance.randrange(10**6))],
        stderr=subprocess.PIPE,
        stdout=subprocess.PIPE,
    )


@contextmanager
def writers(url: str, chance: random.Random) -> Iterator[list[subprocess.Popen[bytes]]]:
    running = [start(url, chance) for _ in range(3)]
    try:
        yield running
    finally:
        for each in running:
            each.kill()
            each.communicate()
