"""What only the PostgreSQL engine can get wrong: the server away, many who write, indexes that only come near."""

from __future__ import annotations

import re
import subprocess
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import replace
from datetime import date, timedelta

import numpy as np
import psycopg
import pytest
from hypothesis import given
from hypothesis import strategies as st

from playhead.engine import Engine, open_engine
from playhead.engines.postgres import connections, publication, schema, view
from playhead.errors import (
    EmbeddingMismatchError,
    EngineError,
    ForeignLibraryError,
    NoLibraryError,
    SettingsError,
    StorageError,
)
from playhead.model import Transcript
from playhead.query import EVERYTHING, Filters
from tests.conftest import ROOT
from tests.engines.contract import DIMENSION, MODEL, by_words, everything, found, make, unit, wait_until
from tests.postgres import Server, binary, database, home, postgres, server, take_back_to_version_1, unprivileged  # noqa: F401 - fixtures

Open = Callable[..., Engine]
SCALING = (ROOT / "docs" / "scaling.md").read_text("utf-8")


@pytest.fixture
def opened(database: str) -> Iterator[Open]:
    engines: list[Engine] = []

    def open_again(url: str = database, *, writing: bool = False, reads: str | None = None) -> Engine:
        engines.append(open_engine(url, writing=writing, reads=reads))
        return engines[-1]

    yield open_again
    for engine in engines:
        engine.close()


@pytest.fixture
def engine(opened: Open) -> Engine:
    engine = opened(writing=True)
    engine.use(MODEL)
    return engine


@given(st.text(alphabet=st.sampled_from("a\0\1\2é")))
def test_every_text_comes_back_from_where_no_nul_can_be_kept(text: str) -> None:
    kept = connections.escape(text)
    assert "\0" not in kept
    assert connections.unescape(kept) == text


def test_where_nothing_was_ingested_there_is_no_library(opened: Open) -> None:
    with pytest.raises(NoLibraryError, match="playhead ingest"):
        opened()


def test_what_a_newer_playhead_made_is_left_alone(engine: Engine, opened: Open, database: str) -> None:
    with psycopg.connect(database) as connection:
        connection.execute("UPDATE playhead.library SET version = %s", (schema.VERSION + 1,))
    for writing in (True, False):
        with pytest.raises(ForeignLibraryError, match="newer"):
            opened(writing=writing)


def test_what_an_older_playhead_made_is_brought_up_and_found_as_before(
    engine: Engine, opened: Open, database: str
) -> None:
    for name in ("show/one", "show/two"):
        engine.put(*make(name))
    engine.publish()
    before = everything(engine.view())
    take_back_to_version_1(database)

    with pytest.raises(ForeignLibraryError, match="playhead ingest --worker --until-empty"):
        opened()
    with pytest.raises(EngineError, match="stop the older workers"):
        opened(writing=True)
    engine.close()
    newer = opened(writing=True)
    assert everything(newer.view()) == before
    newer.use(MODEL)
    newer.put(*make("show/two", texts=["kettle"], seed=3))
    newer.remove("show/one")
    newer.publish()
    assert everything(newer.view()) == by_words(newer.view(), "kettle") == ["show-two-3-0"]


@pytest.mark.parametrize("url", ["postgresql://[", "postgresql://host:port/name", "postgresql://h/n?nothing=1"])
def test_what_is_no_address_is_a_mistake_of_the_settings(url: str) -> None:
    with pytest.raises(SettingsError, match="postgresql://USER@HOST/NAME"):
        open_engine(url)


def test_a_server_that_is_not_there_is_named_without_its_password() -> None:
    with pytest.raises(StorageError, match="see that the server runs") as raised:
        open_engine("postgresql://somebody:secret@127.0.0.1:1/library")
    assert "127.0.0.1:1/library" in str(raised.value)
    assert "secret" not in str(raised.value)


def test_several_servers_may_be_named_of_which_one_answers(engine: Engine, opened: Open, database: str) -> None:
    engine.put(*make(texts=["kettle"]))
    engine.publish()
    place = database.partition("@")[2].partition("/")[0]
    reader = opened(database.replace(place, f"127.0.0.1:1,{place}"))
    assert by_words(reader.view(), "kettle") == ["show-one-0-0"]
    assert reader.describe().details["directory"] == f"postgresql://127.0.0.1:1,{place}/{database.rpartition('/')[2]}"


def test_who_may_only_read_says_so(engine: Engine, opened: Open, database: str) -> None:
    engine.put(*make())
    engine.publish()
    with psycopg.connect(database, autocommit=True) as connection:
        connection.execute("DROP ROLE IF EXISTS visitor")
        connection.execute("CREATE ROLE visitor LOGIN")
        connection.execute("GRANT USAGE ON SCHEMA playhead TO visitor")
        connection.execute("GRANT SELECT ON ALL TABLES IN SCHEMA playhead TO visitor")
        visiting = database.replace("playhead@", "visitor@")
        reader = opened(visiting)
        assert len(everything(reader.view())) == 6
        writer = opened(visiting, writing=True)
        writer.use(MODEL)
        with pytest.raises(StorageError, match="may not be written to"):
            writer.put(*make("show/two"))
        connection.execute("DROP OWNED BY visitor")


def test_many_who_write_at_once_lose_nothing_of_one_another(engine: Engine, opened: Open) -> None:
    writers = [opened(writing=True) for _ in range(3)]
    for each in writers:
        each.use(MODEL)
    failed: list[BaseException] = []

    def write(writer: Engine, first: int) -> None:
        try:
            for number in range(first, first + 6):
                writer.put(*make(f"show/e{number}", seed=first))
                writer.publish()
        except BaseException as error:  # noqa: BLE001 - told by the thread that waits
            failed.append(error)

    # Two of them keep some of the same episodes.
    threads = [
        threading.Thread(target=write, args=(each, first)) for each, first in zip(writers, (0, 3, 9), strict=True)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert not failed
    engine.publish()
    names = {f"show/e{number}" for number in (*range(9), *range(9, 15))}
    view = engine.view()
    assert {episode.id for episode in view.episodes(EVERYTHING)} == names
    assert len(everything(view)) == view.size == 6 * len(names)


def test_an_episode_put_while_the_last_of_its_podcast_goes_is_read_and_listed(engine: Engine, opened: Open) -> None:
    other = opened(writing=True)
    other.use(MODEL)
    for number in range(40):
        gone, stays = make(f"p{number}/gone", 1), make(f"p{number}/stays", 1)
        engine.put(*gone)
        thread = threading.Thread(target=other.put, args=stays)
        thread.start()
        engine.remove(f"p{number}/gone")
        thread.join()
    kept = {episode.id for episode in engine.view().episodes(EVERYTHING, 0, 100)}
    assert kept == {f"p{number}/stays" for number in range(40)}
    assert {podcast.slug for podcast in engine.view().podcasts()} == {f"p{number}" for number in range(40)}


def test_a_library_is_embedded_anew_while_others_put(engine: Engine, opened: Open) -> None:
    other = opened(writing=True)
    other.use(MODEL)
    for number in range(20):
        engine.put(*make(f"show/e{number}"))
    refused: list[BaseException] = []

    def put() -> None:
        try:
            for number in range(2_000):
                other.put(*make(f"show/e{number % 20}", seed=number))
        except EmbeddingMismatchError as error:
            refused.append(error)

    thread = threading.Thread(target=put)
    thread.start()
    time.sleep(0.3)
    anew = replace(MODEL, sha256="cd" * 32)
    engine.reembed(anew, lambda passages: unit(np.ones((len(passages), DIMENSION))))
    thread.join()
    engine.publish()
    assert refused
    assert engine.view().model == anew
    assert len(everything(engine.view())) == 6 * 20


def test_episodes_of_which_nothing_is_said_are_put_together_however_many(engine: Engine) -> None:
    silent = [make(f"show/e{number}", 1)[0] for number in range(6_000)]
    engine.put_all((episode, Transcript("", ()), [], np.empty((0, DIMENSION), np.float32)) for episode in silent)
    assert engine.describe().episodes == 6_000


def test_a_dump_is_restored_as_the_page_about_scaling_says(engine: Engine, opened: Open, database: str) -> None:
    engine.put(*make())
    engine.publish()
    address, _, name = database.rpartition("/")
    with home() as folder:
        dumped = folder / "playhead.dump"
        commands = re.findall(r"^(pg_dump|createdb|pg_restore) (.*)$", SCALING, re.MULTILINE)
        for program, arguments in commands:
            given = arguments.replace("playhead.dump", str(dumped)).split()
            given = [f"{address}/{name}" if each == "playhead" else each for each in given]
            given = [each.replace("--dbname=restored", f"--dbname={address}/{name}_restored") for each in given]
            if program == "createdb":
                given = [f"--maintenance-db={address}/postgres", f"{name}_restored"]
            subprocess.run([binary(program), *given], check=True, capture_output=True)
    try:
        restored = opened(f"{database}_restored")
        restored.use(MODEL)
        assert everything(restored.view()) == everything(engine.view())
        assert by_words(restored.view(), "kettle") == by_words(engine.view(), "kettle")
        restored.close()
    finally:
        with psycopg.connect(database, autocommit=True) as connection:
            connection.execute(f"DROP DATABASE {name}_restored WITH (FORCE)".encode())
    assert [program for program, _ in commands] == ["pg_dump", "createdb", "pg_restore"]


def test_what_is_found_no_more_is_forgotten_when_no_view_can_want_it(
    engine: Engine,
    database: str,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(publication, "KEPT_SECONDS", 0)
    for seed in range(4):
        engine.put(*make(seed=seed, texts=["kettle", "violin"]))
        engine.publish()
    assert by_words(engine.view(), "kettle") == ["show-one-3-0"]
    with psycopg.connect(database) as connection:
        for table, most in (("passages", 4), ("lexemes", 4), ("publications", 2), ("counts", 2)):
            [(rows,)] = connection.execute(f"SELECT count(*) FROM playhead.{table}").fetchall()  # noqa: S608
            assert rows <= most, table


RECALLED = [
    EVERYTHING,
    Filters(podcast=("p0",), sponsors=True),
    Filters(speaker=("Ada",), since=date(2024, 1, 20), sponsors=True),
    Filters(episode=("p1/e7",), sponsors=True),
    Filters(kind=("sponsor",)),
]


def test_under_every_filter_an_index_finds_what_brute_force_does(
    engine: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    """3,000 passages in 60 places of meaning, with the sizes at which an index is made and used brought down."""
    monkeypatch.setattr(publication, "INDEXED_FROM", 1000)
    monkeypatch.setattr(view, "SCANNED", 100)
    random = np.random.default_rng(7)
    centres = unit(random.normal(size=(60, DIMENSION)))
    kept = []
    for number in range(30):
        podcast = f"p{min(number % 6, 2)}"
        episode, transcript, segments, _ = make(
            f"{podcast}/e{number}",
            100,
            published=date(2024, 1, 1) + timedelta(days=number),
            speakers=("Ada", "Cy", "Bo"),
        )
        vectors = unit(centres[random.integers(0, 60, 100)] + 0.4 * random.normal(size=(100, DIMENSION)))
        engine.put(episode, transcript, segments, vectors)
        kept += [(episode, segment, vector) for segment, vector in zip(segments, vectors, strict=True)]
    engine.publish()
    assert engine.describe().details["meanings"] == "by an HNSW index"
    matrix = np.stack([vector for *_, vector in kept]).astype(np.float16).astype(np.float32)
    opened = engine.view()

    for filters in RECALLED:
        allowed = [
            place
            for place, (episode, segment, _) in enumerate(kept)
            if (not filters.podcast or episode.podcast in filters.podcast)
            and (not filters.episode or episode.id in filters.episode)
            and (not filters.speaker or "Ada" in segment.speakers)
            and (not filters.kind or segment.kind in filters.kind)
            and (filters.since is None or episode.published >= filters.since)
        ]
        hit = wanted = 0
        for _ in range(20):
            question = unit(centres[random.integers(0, 60)] + 0.4 * random.normal(size=DIMENSION))
            cosines = matrix[allowed] @ question
            best = {kept[allowed[place]][1].id for place in np.argsort(-cosines)[:10]}
            hits = opened.nearest(question, filters, 10)
            assert hits.scores.tolist() == sorted(hits.scores.tolist(), reverse=True)
            ids = set(found(opened, hits.numbers))
            assert len(ids) == min(10, len(allowed)), filters
            hit, wanted = hit + len(ids & best), wanted + len(best)
        assert hit / wanted >= 0.97, filters


@pytest.fixture
def own() -> Iterator[Server]:
    """A server of its own, which the test may kill."""
    with server() as started:
        yield started


def test_nothing_acknowledged_is_lost_when_the_server_is_killed_and_searches_go_on_when_it_is_back(own: Server) -> None:
    engine, reader = None, None
    try:
        engine = open_engine(f"{own.url}/postgres", writing=True)
        engine.use(MODEL)
        engine.put(*make(texts=["kettle"]))
        engine.publish()
        reader = open_engine(f"{own.url}/postgres")
        acknowledged = []
        stop = threading.Event()

        def ingest() -> None:
            number = 0
            while not stop.is_set():
                try:
                    engine.put(*make(f"show/e{number}", texts=["kettle", "violin"]))
                except EngineError:
                    return
                acknowledged.append(f"show/e{number}")
                number += 1

        thread = threading.Thread(target=ingest)
        thread.start()
        while len(acknowledged) < 20:
            thread.join(0.01)
        own.kill()
        thread.join()
        stop.set()

        with pytest.raises(StorageError, match="cannot be reached"):
            reader.view()
        with pytest.raises(StorageError, match="cannot be reached"):
            engine.put(*make("show/late"))

        own.start()
        kept = {episode.id for episode in reader.view().episodes(EVERYTHING, 0, 10_000)}
        assert {"show/one", *acknowledged} <= kept
        assert by_words(reader.view(), "kettle") == ["show-one-0-0"]
        engine.publish()
        assert set(by_words(reader.view(), "violin", k=10_000)) == {
            f"{each.replace('/', '-')}-0-1" for each in kept
        } - {"show-one-0-1"}
    finally:
        for each in (engine, reader):
            if each is not None:
                each.close()


def test_the_model_changes_for_readers_without_a_restart_or_a_wrong_answer(engine: Engine, opened: Open) -> None:
    episode, transcript, segments, vectors = make(texts=["kettle", "violin"])
    engine.put(episode, transcript, segments, vectors)
    engine.publish()
    reader = opened()
    reader.use(MODEL)
    before = reader.view()
    engine.reembed(replace(MODEL, sha256="cd" * 32), lambda _: vectors[::-1])
    assert found(before, before.nearest(vectors[0], EVERYTHING, 1).numbers) == [segments[0].id]
    engine.publish()
    with pytest.raises(EmbeddingMismatchError, match="another model"):
        reader.view()


def test_searches_go_to_a_standby_and_go_on_there_when_the_first_server_dies_and_it_takes_over(own: Server) -> None:
    with home() as folder, ExitStack() as closing:
        engine = open_engine(f"{own.url}/postgres", writing=True)
        closing.callback(engine.close)
        engine.use(MODEL)
        engine.put(*make(texts=["kettle"]))
        engine.publish()
        with psycopg.connect(f"{own.url}/postgres", autocommit=True) as connection:
            connection.execute("CHECKPOINT")
        subprocess.run(
            [binary("pg_basebackup"), "-d", own.url, "-D", folder / "data", "-R", "-c", "fast", "--no-sync"],
            check=True,
            capture_output=True,
            **unprivileged(),
        )
        standby = Server(folder / "data")
        standby.start()
        closing.callback(standby.stop)
        engine.put(*make("show/two", texts=["kettle"]))
        engine.publish()

        reader = open_engine(f"{own.url}/postgres", reads=f"{standby.url}/postgres")
        closing.callback(reader.close)
        both = ["show-one-0-0", "show-two-0-0"]
        wait_until(lambda: sorted(by_words(reader.view(), "kettle")) == both)

        own.kill()
        assert sorted(by_words(reader.view(), "kettle")) == both
        with psycopg.connect(f"{standby.url}/postgres", autocommit=True) as connection:
            connection.execute("SELECT pg_promote()")
        place, other = (each.url.partition("@")[2] for each in (own, standby))
        writer = open_engine(f"postgresql://playhead@{place},{other}/postgres", writing=True)
        closing.callback(writer.close)
        writer.use(MODEL)
        writer.put(*make("show/three", texts=["kettle"]))
        writer.publish()
        assert sorted(by_words(reader.view(), "kettle")) == ["show-one-0-0", "show-three-0-0", "show-two-0-0"]
