"""`make bench-engines`: the embedded engine and PostgreSQL side by side, on the same made-up passages.

python -m bench.engines [--segments 10000 100000] [--questions 100] [--engine embedded postgresql]
                        [--index embedded:DIR] [--set shared_buffers=4GB maintenance_work_mem=3GB]

Vectors are clustered as those of speech are: 2,000 centres in 60 topics with noise of low rank, stored as float16.
Texts have words as rare as in speech (Zipf). ``--index`` takes passages and vectors of a library instead. Every search
takes turns with an exact scan of the same rows by numpy on one thread in this process, and is told as a multiple of it
(×): on a machine that others use too, that is what can be compared. The server is PostgreSQL's own, from a wheel.
"""

from __future__ import annotations

import argparse
import gc
import os
import subprocess
import sys
import tempfile
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, closing, contextmanager
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path
from time import perf_counter
from typing import Any

import numpy as np
import psycopg
from numpy.typing import NDArray
from threadpoolctl import threadpool_limits

from bench.clock import clock, spread
from playhead import copying
from playhead.engine import Kept, Model, Vectors, View, open_engine
from playhead.model import Episode, Segment, Time, Transcript, Turn
from playhead.query import EVERYTHING, Filters
from tests.postgres import Server, binary, children, home, unprivileged

DIMENSION, TOPICS, CENTRES, RANK = 384, 60, 2_000, 48
EACH = 64
"""Segments of a made-up episode: of 100,000 they are .06 %."""
WORDS_EACH, VOCABULARY = 85, 40_000
PODCASTS = 14
ONE_BY_ONE = 30
"""Episodes that are put one by one; the others are put together."""
ASTRAY, FAR_ASTRAY = 0.3, 0.6
NEAR = 10
FUSED = 1_000
"""How many of each list the library asks an engine for."""
SAME = 1e-6
"""Cosines that differ by less are one."""
SERVER = (
    "fsync=on",
    "shared_buffers=1GB",
    "maintenance_work_mem=1GB",
    "max_wal_size=4GB",
    "max_parallel_maintenance_workers=1",
)


@dataclass(frozen=True, slots=True)
class Rows:
    """Everything that is put, for brute force: vectors as they are stored, and what filters ask of each row."""

    vectors: Vectors
    places: dict[str, int]
    podcasts: NDArray[np.str_]
    episodes: NDArray[np.str_]
    days: NDArray[np.int64]
    voices: list[frozenset[str]]
    kinds: NDArray[np.str_]


def main() -> None:
    options = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    options.add_argument("--segments", type=int, nargs="+", default=[10_000, 100_000])
    options.add_argument("--questions", type=int, default=100)
    options.add_argument("--engine", nargs="+", choices=ENGINES, default=list(ENGINES))
    options.add_argument("--index", help="also a library that exists, embedded:DIRECTORY: its passages and vectors")
    options.add_argument("--set", nargs="+", default=[], help="settings of the server: shared_buffers=4GB …")
    chosen = options.parse_args()
    table = Table()
    for size in chosen.segments:
        compare(f"{size:,} made up", list(made_up(size)), chosen, table)
    if chosen.index:
        kept = list(of_library(chosen.index))
        compare(f"{sum(len(each[2]) for each in kept):,} real", kept, chosen, table)
    print(table)


def compare(name: str, kept: list[Kept], chosen: argparse.Namespace, table: Table) -> None:
    """Each engine filled with the same episodes, searched, changed; a column of the table for each."""
    rows = read(kept)
    asked = ask(rows, chosen.questions, ASTRAY)
    hard = ask(rows, chosen.questions, FAR_ASTRAY)
    for engine in chosen.engine:
        with ENGINES[engine](chosen.set) as place:
            for what, value in measure(place, kept, rows, asked, hard):
                table.add(f"{engine}, {name}", what, value)


def measure(place: Place, kept: list[Kept], rows: Rows, asked: Vectors, hard: Vectors) -> Iterator[tuple[str, str]]:
    """What filling, searching and changing a library at ``place`` takes."""
    before = place.memory()
    with closing(open_engine(place.url, writing=True)) as engine:
        engine.use(Model("made-up", "0" * 64, rows.vectors.shape[1]))
        alone, together = kept[:ONE_BY_ONE], kept[ONE_BY_ONE:]
        yield "put one by one, passages/s", rate(alone, clock(lambda: [engine.put(*each) for each in alone]))
        yield "put together, passages/s", rate(together, clock(lambda: engine.put_all(together)))
        yield "published, s", f"{clock(engine.publish):.1f}"
        view = engine.view()
        for name, filters in choose(rows).items():
            yield name, f"{search(view, rows, filters, asked, NEAR)}, of {allowed(rows, filters).mean():.2%}"
        yield "everything, hard questions", str(search(view, rows, EVERYTHING, hard, NEAR))
        yield f"everything, best {FUSED:,}", str(search(view, rows, EVERYTHING, asked[: len(asked) // 2], FUSED))
        yield "words", spread([clock(lambda said=said: view.matching(said, EVERYTHING, FUSED)) for said in say(kept)])
        yield "memory, MB", f"{place.memory() - before:,.0f}"
        yield "disk, MB", f"{place.disk():,.0f}"
        episode = kept[len(kept) // 2]
        yield "removed, s", f"{clock(lambda: engine.remove(episode[0].id)):.2f}"
        yield "and published, s", f"{clock(engine.publish):.2f}"
        yield "put again, s", f"{clock(lambda: engine.put(*episode)):.2f}"
        yield "replaced, s", f"{clock(lambda: engine.put(*episode)):.2f}"


@dataclass(frozen=True, slots=True)
class Searched:
    """How searches went: how many of the nearest were found, seconds of each, and of the exact scan beside it."""

    recall: float
    seconds: list[float]
    scans: list[float]

    def __str__(self) -> str:
        ratio = np.median(self.seconds) / np.median(self.scans)
        return f"{spread(self.seconds)}, {ratio:.2f} ×, recall {self.recall:.3f}"


def rate(kept: Sequence[Kept], seconds: float) -> str:
    """Passages of these a second."""
    return f"{sum(len(segments) for _, _, segments, _ in kept) / seconds:,.0f}"


def search(view: View, rows: Rows, filters: Filters, asked: Vectors, k: int) -> Searched:
    """Ask each question of the engine, and of numpy."""
    is_allowed = allowed(rows, filters)
    seconds, scans, found = [], [], []
    view.nearest(asked[0], filters, k)
    with threadpool_limits(1, "blas"):
        for question in asked:
            scans.append(clock(lambda question=question: scan(rows.vectors, question, k)))
            began = perf_counter()
            hits = view.nearest(question, filters, k)
            seconds.append(perf_counter() - began)
            cosines = np.where(is_allowed, rows.vectors @ question, -np.inf)
            reachable = min(k, int(is_allowed.sum()))
            limit = np.partition(cosines, -reachable)[-reachable] - SAME
            near = [cosines[rows.places[each.id]] >= limit for each in view.segments(hits.numbers.tolist()).values()]
            found.append(sum(near) / reachable)
    return Searched(float(np.mean(found)), seconds, scans)


def scan(vectors: Vectors, question: Vectors, k: int) -> NDArray[np.int64]:
    """The nearest, exactly."""
    return np.argpartition(vectors @ question, -k)[-k:]


def choose(rows: Rows) -> dict[str, Filters]:
    """Filters that leave all, about 18 %, 1 %, one episode, and the sponsors."""
    podcast = nearest_share(rows.podcasts, 0.18)
    voice = nearest_share([name for names in rows.voices for name in names], 0.08)
    days = np.sort(rows.days[heard(rows, voice) & (rows.days > 0)])
    since = date.fromordinal(int(days[-min(len(days), len(rows.days) // 100)]))
    return {
        "everything": EVERYTHING,
        "a podcast": Filters(podcast=(podcast,), sponsors=True),
        "a speaker since a day": Filters(speaker=(voice,), since=since, sponsors=True),
        "an episode": Filters(episode=(nearest_share(rows.episodes, 0.0006),), sponsors=True),
        "sponsors": Filters(kind=("sponsor",)),
    }


def nearest_share(values: Sequence[str], share: float) -> str:
    """The value that nearest to this share of all has."""
    counts = Counter(values)
    return min(counts, key=lambda value: abs(counts[value] / len(values) - share))


def heard(rows: Rows, voice: str) -> NDArray[np.bool_]:
    return np.array([voice in names for names in rows.voices], bool)


def allowed(rows: Rows, filters: Filters) -> NDArray[np.bool_]:
    """The rows that `choose`'s filters leave."""
    left = np.ones(len(rows.kinds), bool)
    for values, names in (
        (rows.podcasts, filters.podcast),
        (rows.episodes, filters.episode),
        (rows.kinds, filters.kind),
    ):
        if names:
            left &= np.isin(values, names)
    for voice in filters.speaker:
        left &= heard(rows, voice)
    return left if filters.since is None else left & (rows.days >= filters.since.toordinal())


def read(kept: Sequence[Kept]) -> Rows:
    pairs = [(episode, segment) for episode, _, segments, _ in kept for segment in segments]
    return Rows(
        np.concatenate([vectors.astype(np.float16).astype(np.float32) for *_, vectors in kept]),
        {segment.id: place for place, (_, segment) in enumerate(pairs)},
        np.array([episode.podcast for episode, _ in pairs]),
        np.array([episode.id for episode, _ in pairs]),
        np.array([episode.published.toordinal() if episode.published else 0 for episode, _ in pairs]),
        [frozenset(segment.speakers) for _, segment in pairs],
        np.array([segment.kind for _, segment in pairs]),
    )


def ask(rows: Rows, count: int, astray: float) -> Vectors:
    """Questions like the rows: each a row, ``astray`` towards a random other, which is hard on an index."""
    random = np.random.default_rng(11)
    one, other = (rows.vectors[random.integers(len(rows.vectors), size=count)] for _ in range(2))
    return unit((one + astray * other).astype(np.float64))


def say(kept: Sequence[Kept]) -> list[str]:
    """Three words of a passage each."""
    random = np.random.default_rng(13)
    episodes = [kept[each] for each in random.integers(len(kept), size=50)]
    return [" ".join(random.choice(segments[0].text.split(), 3)) for _, _, segments, _ in episodes if segments]


class Embedded:
    """A library in a directory of its own; its memory is this process's."""

    def __init__(self, directory: Path) -> None:
        self._directory = directory
        self.url = f"embedded:{directory}"

    def memory(self) -> float:
        gc.collect()
        return proportional(os.getpid())

    def disk(self) -> float:
        return sum(path.stat().st_size for path in self._directory.rglob("*") if path.is_file()) / 1e6


class PostgreSQL:
    """A database of a server of its own; its memory is all of the server's processes."""

    def __init__(self, running: Server) -> None:
        self._server = running
        self.url = f"{running.url}/playhead"
        self._do("CREATE DATABASE playhead", "postgres")

    def memory(self) -> float:
        first = int((self._server.home / "postmaster.pid").read_text("ascii").split()[0])
        return sum(map(proportional, [first, *children(first)]))

    def disk(self) -> float:
        return self._do("SELECT pg_database_size('playhead')", "playhead")[0][0] / 1e6

    def _do(self, sql: str, database: str) -> list[tuple[Any, ...]]:
        with psycopg.connect(f"{self._server.url}/{database}", autocommit=True) as connection:
            answer = connection.execute(sql)
            return answer.fetchall() if answer.description else []


Place = Embedded | PostgreSQL


@contextmanager
def directory(_: Sequence[str]) -> Iterator[Embedded]:
    with tempfile.TemporaryDirectory() as made:
        yield Embedded(Path(made) / "index")


@contextmanager
def database(settings: Sequence[str]) -> Iterator[PostgreSQL]:
    """A server that keeps what it acknowledges, as one should; ``settings`` are of it, beside `SERVER`."""
    with home() as folder:
        made = [binary("initdb"), "-D", folder / "data", "-U", "playhead", "-A", "trust", "-E", "UTF8"]
        subprocess.run(made, check=True, capture_output=True, **unprivileged())
        running = Server(folder / "data")
        running.start(*SERVER, *settings)
        try:
            yield PostgreSQL(running)
        finally:
            running.stop()


ENGINES: dict[str, Callable[[Sequence[str]], AbstractContextManager[Place]]] = {
    "embedded": directory,
    "postgresql": database,
}


def proportional(pid: int) -> float:
    """Megabytes of memory of a process, what it shares divided among those it shares it with."""
    try:
        told = Path(f"/proc/{pid}/smaps_rollup").read_text("ascii")
    except OSError:  # it has ended meanwhile
        return 0.0
    [line] = [line for line in told.splitlines() if line.startswith("Pss:")]
    return int(line.split()[1]) / 1000


class Table:
    """A column a library. What was measured is told at once on stderr, and as Markdown at the end."""

    def __init__(self) -> None:
        self._columns: dict[str, dict[str, str]] = {}

    def add(self, column: str, what: str, value: str) -> None:
        print(f"{column:<28} {what:<26} {value}", file=sys.stderr, flush=True)
        self._columns.setdefault(column, {})[what] = value

    def __str__(self) -> str:
        measured = list(dict.fromkeys(what for column in self._columns.values() for what in column))
        head = [f"| | {' | '.join(self._columns)} |", f"|---|{'---|' * len(self._columns)}"]
        return "\n".join(
            head
            + [f"| {what} | {' | '.join(each.get(what, '') for each in self._columns.values())} |" for what in measured]
        )


def of_library(url: str) -> Iterator[Kept]:
    """Every episode of a library that exists."""
    engine = open_engine(url)
    view = engine.view()
    for listed in view.episodes(EVERYTHING, limit=1_000_000):
        kept = copying.read(view, listed.id)
        assert kept
        yield kept
    engine.close()


def made_up(count: int, seed: int = 7) -> Iterator[Kept]:
    """Episodes of `EACH` segments: a podcast has 18 % of them, a voice 8 % of passages, a sponsor .8 %."""
    random = np.random.default_rng(seed)
    near = mixture(random)
    names = words(random)
    rarity = 1 / np.arange(1, VOCABULARY + 1)
    rarity /= rarity.sum()
    shares = np.array([0.18, *([0.82 / (PODCASTS - 1)] * (PODCASTS - 1))])
    for number in range(-(-count // EACH)):
        size = min(EACH, count - number * EACH)
        podcast = f"show-{random.choice(PODCASTS, p=shares)}"
        episode = Episode(
            f"{podcast}/episode-{number}",
            podcast,
            podcast.title(),
            f"Episode {number}",
            date(2015, 1, 1) + timedelta(days=int(random.integers(3_650))),
            fingerprint=str(number),
        )
        said = [" ".join(names[drawn]) for drawn in random.choice(VOCABULARY, (size, WORDS_EACH), p=rarity)]
        voices = random.integers(12, size=size)
        is_sponsor = random.random(size) < 0.008
        segments = [
            segment(episode.id, number, ordinal, text, f"Voice {voices[ordinal]}", sponsor=bool(is_sponsor[ordinal]))
            for ordinal, text in enumerate(said)
        ]
        yield episode, Transcript("\n\n".join(said), ()), segments, near(size)


def mixture(random: np.random.Generator) -> Callable[[int], Vectors]:
    """What draws unit vectors: around centres, which lie around topics, with noise of low rank; nearest cosine .73."""
    topics = random.normal(size=(TOPICS, DIMENSION))
    centres = unit(topics[random.integers(TOPICS, size=CENTRES)] + 0.9 * random.normal(size=(CENTRES, DIMENSION)))
    directions = unit(random.normal(size=(RANK, DIMENSION))) / np.sqrt(RANK)

    def draw(count: int) -> Vectors:
        around = centres[random.integers(CENTRES, size=count)]
        noise = 0.7 * (random.normal(size=(count, RANK)) @ directions)
        return unit(around + noise + 0.2 / np.sqrt(DIMENSION) * random.normal(size=(count, DIMENSION)))

    return draw


def unit(rows: NDArray[np.float64]) -> Vectors:
    return (rows / np.linalg.norm(rows, axis=1, keepdims=True)).astype(np.float32)


def words(random: np.random.Generator) -> NDArray[np.str_]:
    """A language of its own: words that can be said, the commonest first."""
    syllables = [first + second for first in "bdfgklmnprstvz" for second in "aeiou"]
    made: dict[str, None] = {}
    while len(made) < VOCABULARY:
        made["".join(random.choice(syllables, int(random.integers(2, 5))))] = None
    return np.array(list(made))


def segment(episode: str, number: int, ordinal: int, text: str, speaker: str, *, sponsor: bool) -> Segment:
    return Segment(
        id=f"{number:08x}{ordinal:08x}",
        episode=episode,
        ordinal=ordinal,
        span=(ordinal * (len(text) + 2), ordinal * (len(text) + 2) + len(text)),
        text=text,
        passage=f"{speaker}: {text}",
        first_turn=ordinal,
        last_turn=ordinal,
        time=Time(ordinal * 40.0, ordinal * 40.0 + 40, "interpolated", 5.0),
        turns=(Turn(speaker, (0, len(text))),),
        kind="sponsor" if sponsor else "content",
    )


if __name__ == "__main__":
    main()
