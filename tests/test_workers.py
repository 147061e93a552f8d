"""Workers share an ingest: real processes over a real PostgreSQL, some of them killed."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import psycopg
import pytest
from fastapi.testclient import TestClient

from app.main import create_app
from ingest import sandbox
from ingest.folders import find
from ingest.parcels import enqueue, pack, unpack
from ingest.pipeline import Queued, Skipped, prepare
from ingest.sources import Source
from ingest.worker import Worker
from playhead.engine import open_engine
from playhead.errors import DamagedError, ForeignLibraryError, InputError
from playhead.jobs import MOST_ATTEMPTS, Job, State, new_id, now, open_queue
from playhead.settings import Settings
from tests.app.conftest import ADDRESS
from tests.archive import LOCKS, fill
from tests.conftest import ROOT
from tests.engines.contract import MODEL, make
from tests.postgres import Server, database, postgres, server, take_back_to_version_1  # noqa: F401 - fixtures
from tests.web import web

DEMO = ROOT / "data" / "transcripts"
LONGEST = 300.0
LEASE = 2.0
KEY = "correct-horse-battery-staple"
CAPTIONS = (
    "WEBVTT\n\n00:01.000 --> 00:04.000\n<v Ann>The lighthouse burned all night, number {}, and the sea was loud.\n"
)


def wait_for(what: Callable[[], Any]) -> Any:
    until = time.monotonic() + LONGEST
    while time.monotonic() < until:
        if found := what():
            return found
        time.sleep(0.05)
    raise AssertionError(f"not within {LONGEST:.0f} seconds")


@pytest.fixture
def show(tmp_path: Path) -> Path:
    """A folder of four short episodes, harbour/1 to harbour/4."""
    folder = tmp_path / "harbour"
    folder.mkdir()
    for number in range(1, 5):
        (folder / f"{number}.vtt").write_text(CAPTIONS.format(number), "utf-8")
    return folder


class Archive:
    """A library at ``url``, and the processes that fill it."""

    def __init__(self, url: str, logs: Path) -> None:
        self.url = url
        self.queue = open_queue(url, LEASE)
        self.logs = logs
        self.workers: list[subprocess.Popen[bytes]] = []

    def playhead(self, *arguments: object, **settings: str) -> subprocess.CompletedProcess[str]:
        command = [sys.executable, "-m", "playhead", *map(str, arguments)]
        environment = self._environment() | settings
        return subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, check=False)

    def leave(self, *paths: Path) -> None:
        with closing(open_engine(self.url, writing=True)) as engine:
            events = list(enqueue(find(paths), self.queue, engine))
        assert all(isinstance(event, Queued) for event in events)

    def begin(self, *arguments: str) -> subprocess.Popen[bytes]:
        command = [sys.executable, "-m", "playhead", "ingest", "--worker", *arguments]
        with (self.logs / f"{len(self.workers)}.log").open("wb") as log:
            self.workers.append(subprocess.Popen(command, cwd=ROOT, env=self._environment(), stdout=log, stderr=log))
        return self.workers[-1]

    def ended(self, worker: subprocess.Popen[bytes]) -> str:
        """What it said, once it is over."""
        code = worker.wait(LONGEST)
        said = (self.logs / f"{self.workers.index(worker)}.log").read_text("utf-8")
        assert code == 0, said
        assert "Traceback" not in said
        return said

    def counts(self) -> dict[State, int]:
        return dict(self.queue.standing().counts)

    def jobs(self) -> list[tuple[Any, ...]]:
        """Every job of an episode: which, how it stands, how often it was claimed, and what is known of it."""
        sql = "SELECT episode, state, claims, job::jsonb FROM playhead.jobs WHERE episode IS NOT NULL ORDER BY episode"
        with psycopg.connect(self.url) as connection:
            return connection.execute(sql).fetchall()

    def kept(self) -> list[str]:
        with psycopg.connect(self.url) as connection:
            return [id for (id,) in connection.execute("SELECT id FROM playhead.episodes ORDER BY id")]  # noqa: A001

    def findable(self) -> int:
        with closing(open_engine(self.url)) as engine:
            about = engine.describe()
        assert about.published == about.revision
        return about.findable

    def killed_at(self, episode: str) -> None:
        """A worker that was killed while it did this episode."""
        worker = self.begin()
        [running] = wait_for(lambda: [job for job in self.queue.standing().running if job.episode == episode])
        assert running.worker
        assert running.worker.endswith(f":{worker.pid}")
        worker.kill()
        worker.wait(LONGEST)
        wait_for(lambda: not self.queue.standing().running)  # its lease runs out

    def _environment(self) -> dict[str, str]:
        ours = {"PLAYHEAD_ENGINE": self.url, "PLAYHEAD_THREADS": "1", "PLAYHEAD_LEASE": str(LEASE)}
        ours |= {"PLAYHEAD_PRECISION": "float32"}  # the quickest to load
        return {**os.environ, **ours, "PLAYHEAD_SPEAKERS": str(self.logs / "none.toml")}


@contextmanager
def filling(url: str, logs: Path) -> Iterator[Archive]:
    with closing(open_queue(url, LEASE)):
        archive = Archive(url, logs)
        try:
            yield archive
        finally:
            archive.queue.close()
            for worker in archive.workers:
                if worker.poll() is None:
                    worker.kill()
                    worker.wait()


@pytest.fixture
def archive(database: str, tmp_path: Path) -> Iterator[Archive]:  # noqa: F811
    with filling(database, tmp_path) as made:
        yield made


EVERY = ["harbour/1", "harbour/2", "harbour/3", "harbour/4"]


# What is sent to a worker.


@pytest.fixture(scope="module", autouse=True)
def _reader() -> Iterator[None]:
    yield
    sandbox.close()


@pytest.mark.parametrize("source", list(find([DEMO])), ids=lambda source: source.episode_id)
def test_an_episode_that_was_packed_is_read_as_where_it_lay(source: Source, tmp_path: Path) -> None:
    there = unpack(pack(source, tmp_path / "sent"), tmp_path / "sent")

    assert there.fingerprint == source.fingerprint
    assert not {path for path in there.files if path.is_relative_to(DEMO)} - {source.audio}
    assert all(path.stat().st_size == 0 for path in (tmp_path / "sent").rglob("*.opus"))
    assert prepare(there) == prepare(source)


def test_what_makes_no_sense_and_what_cannot_be_sent_are_one_clear_line(show: Path, tmp_path: Path) -> None:
    [source, *_] = find([show])
    assert isinstance(source, Source)
    for written in ("", "{}", pack(source, tmp_path / "sent").replace('"transcript"', '"sculpture"')):
        with pytest.raises(DamagedError, match="queue it again"):
            unpack(written, tmp_path)
    with pytest.raises(InputError, match="No such file"):
        pack(replace(source, parts=(replace(source.parts[0], path=tmp_path / "gone.vtt"),)), tmp_path)
    unwritable = tmp_path / os.fsdecode(b"\xff.vtt")
    unwritable.write_bytes(source.parts[0].path.read_bytes())
    with pytest.raises(InputError, match="not UTF-8"):
        pack(replace(source, parts=(replace(source.parts[0], path=unwritable),)), tmp_path / "sent")


def test_what_waits_is_not_queued_again_and_what_changed_is(archive: Archive, show: Path) -> None:
    def leave() -> list[type]:
        with closing(open_engine(archive.url, writing=True)) as engine:
            return [type(event) for event in enqueue(find([show]), archive.queue, engine)]

    assert leave() == leave() == [Queued] * 4
    assert archive.counts() == {"queued": 4}
    (show / "2.vtt").write_text(CAPTIONS.format("two"), "utf-8")
    (show / "3.vtt").write_text("", "utf-8")
    (show / "4.vtt").unlink()
    assert leave() == leave() == [Queued, Queued, Skipped]
    assert archive.counts() == {"queued": 5}


def test_a_fault_in_one_job_stops_no_other(archive: Archive, tmp_path: Path) -> None:
    """Without a model: none of these comes as far as that."""
    jobs = [
        Job(new_id(), "ingest", "studio", now(), now(), episode="a/b", fingerprint="1", source="{"),
        Job(new_id(), "remove", "studio", now(), now(), episode=LOCKS[0].id),
    ]
    for job in jobs:
        archive.queue.add(job)
    open_engine(archive.url, writing=True).close()
    told: list[Job] = []
    Worker(archive.queue, Settings(engine=archive.url, speakers=str(tmp_path / "none.toml")), told.append).work(
        until_empty=True
    )
    assert [(job.id, job.state) for job in told] == [(jobs[1].id, "done"), (jobs[0].id, "failed")]
    assert "queue it again" in (told[1].problem or "")


@pytest.mark.parametrize(
    ("arguments", "code", "says"),
    [
        (["--worker", "--index", "x"], 3, "one process writes"),
        (["somewhere", "--worker"], 2, "nothing else goes"),
        (["--until-empty"], 2, "nothing else goes"),
        (["--worker", "--job", "0" * 32], 2, "nothing else goes"),
        (["data/transcripts", "--queue", "--index", "x"], 3, "one process writes"),
        (["data/transcripts", "--queue", "--rebuild"], 2, "leave the other options out"),
    ],
)
def test_what_does_not_go_together_is_one_clear_line(
    playhead: Callable[..., tuple[int, str, str]], arguments: list[str], code: int, says: str
) -> None:
    ended, out, err = playhead("ingest", *arguments)

    assert (ended, out) == (code, "")
    assert says in " ".join(err.replace("│", " ").split())


# What a feed names.


def test_a_feed_that_is_left_to_workers_is_fetched_again_until_they_are_done(archive: Archive) -> None:
    with web() as found:
        for number in (1, 2):
            found.put(f"/{number}.vtt", CAPTIONS.format(number), Content_Type="text/vtt", ETag=f'"{number}"')
        items = "".join(
            f"<item><title>{number}</title><guid>{number}</guid>"
            f'<podcast:transcript url="{found.url(f"/{number}.vtt")}" type="text/vtt"/></item>'
            for number in (1, 2)
        )
        feed = (
            '<rss version="2.0" xmlns:podcast="https://podcastindex.org/namespace/1.0"><channel>'
            f"<title>Harbour</title>{items}</channel></rss>"
        )
        address = found.put("/feed.xml", feed, Content_Type="application/rss+xml", ETag='"feed"')

        for _ in range(2):
            left = archive.playhead("ingest", address, "--queue", "--json", PLAYHEAD_ALLOW_HOSTS=found.place)
            assert (left.returncode, json.loads(left.stdout)["queued"]) == (0, 2), left.stderr
        assert found.paths.count("/feed.xml") == 2
    assert archive.counts() == {"queued": 2}
    with closing(open_engine(archive.url)) as engine:
        assert [(each.url, each.etag) for each in engine.subscriptions()] == [(address, None)]


# Who does it. These need the model.


@pytest.mark.model
def test_a_worker_publishes_what_others_left_and_brings_a_library_up(archive: Archive, database: str) -> None:  # noqa: F811
    with closing(open_engine(database, writing=True)) as left:
        left.use(MODEL)
        left.put_all(make(f"show/e{number}") for number in range(30))
    with closing(open_engine(database)) as reader:
        assert "30 episodes are not published; run playhead ingest --worker" in str(reader.describe().details["notes"])
    published = archive.playhead("ingest", "--worker", "--until-empty")
    with closing(open_engine(database)) as reader:
        assert reader.view().size == 180

    take_back_to_version_1(database)
    with pytest.raises(ForeignLibraryError, match="playhead ingest --worker --until-empty"):
        open_engine(database)
    brought_up = archive.playhead("ingest", "--worker", "--until-empty")
    with closing(open_engine(database)) as reader:
        assert reader.view().size == 180
    assert (published.returncode, brought_up.returncode) == (0, 0), published.stderr + brought_up.stderr


def test_three_workers_do_every_episode_once_and_lose_none(archive: Archive, show: Path) -> None:
    archive.leave(show)
    said = [archive.ended(each) for each in [archive.begin("--until-empty") for _ in range(3)]]

    assert sorted("".join(said).splitlines()) == [f"{each} is done: 1 added" for each in EVERY]
    assert [(episode, state, claims) for episode, state, claims, _ in archive.jobs()] == [(e, "done", 1) for e in EVERY]
    assert archive.kept() == EVERY
    assert archive.findable() == 4

    again = json.loads(archive.playhead("ingest", show, "--json").stdout)
    assert (again["unchanged"], again["added"]) == (4, 0)


@pytest.mark.model
def test_the_job_of_a_killed_worker_is_done_by_another(archive: Archive, show: Path) -> None:
    archive.leave(show / "1.vtt", show / "2.vtt")
    archive.killed_at("harbour/1")
    assert archive.counts() == {"queued": 2}
    archive.ended(archive.begin("--until-empty"))

    assert [(episode, state, claims) for episode, state, claims, _ in archive.jobs()] == [
        ("harbour/1", "done", 2),
        ("harbour/2", "done", 1),
    ]
    assert archive.findable() == 2


@pytest.mark.model
def test_what_kills_every_worker_is_set_aside_with_its_reason_and_the_others_are_done(
    archive: Archive, show: Path
) -> None:
    archive.leave(show)
    for _ in range(MOST_ATTEMPTS):
        archive.killed_at("harbour/1")
    (show / "3.vtt").write_text("WEBVTT\n\nnothing", "utf-8")
    archive.leave(show / "3.vtt")  # what cannot be read is set aside at once
    archive.ended(archive.begin("--until-empty"))

    assert archive.kept() == EVERY[1:]
    assert archive.findable() == 3
    status = archive.playhead("status", "--json")
    told = json.loads(status.stdout)["jobs"]
    assert [told[state] for state in ("queued", "running", "done", "failed")] == [0, 0, 3, 2]
    problems = {each["target"]: each["problem"] for each in told["problems"]}
    assert f"{MOST_ATTEMPTS} times" in problems["harbour/1"]
    assert "3.vtt" in problems["harbour/3"]


@pytest.mark.model
def test_a_worker_that_is_told_to_stop_ends_after_the_present_episode(archive: Archive, show: Path) -> None:
    archive.leave(show)
    worker = archive.begin()
    wait_for(lambda: archive.counts().get("done"))
    worker.send_signal(signal.SIGTERM)
    archive.ended(worker)

    counts = archive.counts()
    assert counts.get("running", 0) == 0
    assert counts["done"] == len(archive.kept()) == archive.findable()
    assert counts["done"] + counts.get("queued", 0) == 4


@pytest.mark.model
def test_a_server_that_is_killed_loses_nothing_that_was_acknowledged(show: Path, tmp_path: Path) -> None:
    with server() as running:
        url = f"{running.url}/postgres"
        with filling(url, tmp_path) as archive:
            archive.leave(show)
            worker = archive.begin("--until-empty")
            wait_for(lambda: archive.counts().get("done"))
            acknowledged = [episode for episode, state, *_ in archive.jobs() if state == "done"]
            running.kill()
            time.sleep(1.0)
            assert worker.poll() is None
            running.start()

            assert set(acknowledged) <= set(archive.kept())
            archive.ended(worker)
            assert archive.kept() == EVERY
            assert archive.counts() == {"done": 4}
            assert archive.findable() == 4


@pytest.mark.model
def test_what_a_door_is_asked_for_is_done_by_a_worker_and_by_no_process_of_the_service(
    archive: Archive, tmp_path: Path
) -> None:
    settings = Settings(engine=archive.url, api_key=KEY, keys=str(tmp_path / "none.toml"))  # type: ignore[arg-type]
    library = fill(tmp_path / "index", [LOCKS])
    headers = {"Authorization": f"Bearer {KEY}"}
    with TestClient(create_app(settings, library), base_url=ADDRESS, headers=headers) as ask:
        sent = ask.post("/api/v1/ingest", files={"file": ("night.vtt", CAPTIONS.format(1))}, data={"podcast": "Nights"})
        assert sent.status_code == 202, sent.text
        time.sleep(1.0)
        assert ask.get(sent.headers["location"]).json()["state"] == "queued"
        archive.ended(archive.begin("--until-empty"))
        told = ask.get(sent.headers["location"]).json()
    library.close()

    assert (told["state"], told["counts"]["added"]) == ("done", 1)
    assert [each["name"] for each in told["episodes"]] == ["nights/night"]
    assert archive.kept() == ["nights/night"]
    assert str(tmp_path) not in str(told)
