"""Writing through a real service, with real workers: what is sent is found, whatever is killed meanwhile."""

from __future__ import annotations

import json
import os
import re
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any, NamedTuple

import httpx
import pytest
from click.testing import Result
from typer.testing import CliRunner

from playhead.cli import app
from playhead.jobs import MOST_ATTEMPTS, Job, new_id, now, open_jobs
from tests.conftest import ROOT

pytestmark = pytest.mark.model

KEY = "correct-horse-battery-staple"
SHOW = ROOT / "data" / "transcripts" / "found-in-the-feed"
EPISODE = min(SHOW.iterdir())
CAPTIONS = b"WEBVTT\n\n00:01.000 --> 00:04.000\n<v Ann>The lighthouse burned all night, and the sea was loud.\n"
LONGEST = 90.0


class Service:
    """`playhead serve` as a process, and somebody with its key."""

    def __init__(self, index: Path, **settings: str) -> None:
        with socket.create_server(("127.0.0.1", 0)) as listener:
            self.port = listener.getsockname()[1]
        self.index = index
        self.settings = settings
        self.log = index.with_name("serve.log")
        self.log.touch()
        self.ask = httpx.Client(
            base_url=f"http://127.0.0.1:{self.port}",
            headers={"Authorization": f"Bearer {KEY}"},
            trust_env=False,
            timeout=60,
        )
        self.start()

    def start(self) -> None:
        environment = {**os.environ, "PLAYHEAD_API_KEY": KEY, "PLAYHEAD_THREADS": "1", **self.settings}
        command = [sys.executable, "-m", "playhead", "serve", "--create", "--port", str(self.port)]
        with self.log.open("ab") as log:
            self.process = subprocess.Popen(
                [*command, "--index", str(self.index)], cwd=ROOT, env=environment, stdout=log, stderr=log
            )
        wait_for(self.is_there)

    def is_there(self) -> bool:
        assert self.process.poll() is None, self.log.read_text()
        try:
            return self.ask.get("/readyz").status_code == 200
        except httpx.TransportError:
            return False

    def send(self, *paths: Path, **fields: str) -> str:
        answer = self.ask.post(
            "/api/v1/ingest", files=[("file", (path.name, path.read_bytes())) for path in paths], data=fields
        )
        assert answer.status_code == 202, answer.text
        return answer.headers["location"]

    def outcome(self, job: str) -> dict[str, Any]:
        """What became of a job, once it is over."""
        return wait_for(lambda: (told := self.ask.get(job).json())["state"] in ("done", "failed") and told)

    def stop(self, sign: int = signal.SIGINT) -> str:
        self.process.send_signal(sign)
        self.process.wait(60)
        return self.log.read_text("utf-8")


def wait_for(what: Callable[[], Any]) -> Any:
    until = time.monotonic() + LONGEST
    while time.monotonic() < until:
        if found := what():
            return found
        time.sleep(0.1)
    raise AssertionError(f"not within {LONGEST:.0f} seconds")


class Web(NamedTuple):
    """A transcript at an address that answers only once it is let; when it was asked, and the leave."""

    url: str
    asked: threading.Event
    may_answer: threading.Event

    @property
    def place(self) -> str:
        return self.url.split("/")[2]


@contextmanager
def slow_web() -> Iterator[Web]:
    asked, may_answer = threading.Event(), threading.Event()

    class Slow(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            asked.set()
            if may_answer.wait(LONGEST):
                self.send_response(200)
                self.send_header("Content-Type", "text/vtt")
                self.send_header("Content-Length", str(len(CAPTIONS)))
                self.end_headers()
                self.wfile.write(CAPTIONS)

        def log_message(self, *_: object) -> None:
            """Nobody reads it."""

    class Server(ThreadingHTTPServer):
        daemon_threads = True
        block_on_close = False

        def handle_error(self, *_: object) -> None:
            """Whoever asked was killed."""

    with Server(("127.0.0.1", 0), Slow) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        yield Web(f"http://127.0.0.1:{server.server_port}/night.vtt", asked, may_answer)
        may_answer.set()
        server.shutdown()
        thread.join()


def worker_of(index: Path) -> int:
    """The process that writes to the library."""
    return int((index / "writer.lock").read_text("ascii"))


@pytest.fixture(scope="module")
def slow() -> Iterator[Web]:
    with slow_web() as web:
        yield web


@pytest.fixture
def web(slow: Web) -> Web:
    """An address that the service may fetch from, which nobody has asked yet."""
    slow.asked.clear()
    slow.may_answer.clear()
    return slow


@pytest.fixture(scope="module")
def service(tmp_path_factory: pytest.TempPathFactory, slow: Web) -> Iterator[Service]:
    index = tmp_path_factory.mktemp("served") / "index"
    served = Service(index, PLAYHEAD_KEYS="none.toml", PLAYHEAD_ALLOW_HOSTS=slow.place)
    yield served
    told = served.stop()
    served.ask.close()
    assert "ended with -9" in told
    assert KEY not in told
    assert re.search(r"key=PLAYHEAD_API_KEY action=ingest target='night.vtt' outcome='job \w+ done: 1 added'", told)
    assert re.search(r"key=PLAYHEAD_API_KEY action=remove target='\S+' outcome='job \w+ done: 1 removed'", told)
    assert "Traceback" not in told


def test_what_is_sent_is_what_an_ingest_of_its_folder_makes(service: Service, tmp_path: Path) -> None:
    files = sorted(path for path in EPISODE.iterdir() if path.suffix not in (".mp3", ".opus", ".wav", ".m4a"))
    folder = tmp_path / SHOW.name / EPISODE.name
    folder.mkdir(parents=True)
    for path in files:
        (folder / path.name).write_bytes(path.read_bytes())
    command = [sys.executable, "-m", "playhead", "ingest", str(tmp_path / SHOW.name), "--podcast", "By Folder"]
    sent = service.send(*files, podcast="By Folder")
    subprocess.run([*command, "--index", str(tmp_path / "i")], cwd=ROOT, check=True, capture_output=True)
    first = service.outcome(sent)
    assert (first["state"], first["counts"]["added"]) == ("done", 1), first
    [told] = first["episodes"]
    arguments = ["export", told["name"], "transcript", "--format", "json", "--index", str(tmp_path / "i")]
    listed = CliRunner().invoke(app, arguments)
    assert json.loads(listed.stdout) == service.ask.get(f"/api/v1/episodes/{told['name']}/transcript").json()

    again = service.outcome(service.send(*files, podcast="By Folder"))
    assert again["counts"] == {"added": 0, "unchanged": 1, "skipped": 0, "removed": 0}
    assert told["name"] == again["episodes"][0]["name"]


def test_what_was_sent_is_found_within_a_second_of_its_end_and_gone_when_removed(
    service: Service, tmp_path: Path
) -> None:
    path = tmp_path / "night.vtt"
    path.write_bytes(CAPTIONS)
    told = service.outcome(service.send(path, podcast="Harbour Nights", episode="the-first"))
    assert [(each["name"], each["outcome"]) for each in told["episodes"]] == [("harbour-nights/the-first", "added")]
    time.sleep(1)
    found = service.ask.get("/api/v1/search", params={"q": "lighthouse burned", "podcast": "harbour-nights"}).json()
    assert [each["episode"]["id"] for each in found["results"]] == ["harbour-nights/the-first"]
    assert service.ask.delete("/api/v1/episodes/harbour-nights/the-first").status_code == 204
    assert service.ask.get("/api/v1/episodes/harbour-nights/the-first").status_code == 404
    assert service.ask.delete("/api/v1/episodes/harbour-nights/the-first").status_code == 404
    wait_for(lambda: not service.ask.get("/api/v1/search?q=lighthouse&podcast=harbour-nights").json()["results"])


def test_what_cannot_be_read_is_told_without_a_place_of_the_server(service: Service, tmp_path: Path) -> None:
    for name, text in [
        ("broken.vtt", "WEBVTT\n\nnothing"),
        ("cover.png", "x"),
        ("song.mp3", "x"),
        ("transcript.vtt", ""),
    ]:
        path = tmp_path / name
        path.write_bytes(text.encode() or CAPTIONS)
        told = service.outcome(service.send(path))
        assert told["state"] == "failed", told
        assert name in told["problem"]
        assert str(service.index) not in str(told)


@pytest.mark.parametrize("url", ["http://127.0.0.1:1/feed.xml", "http://169.254.169.254/latest", "http://[::1]/x"])
def test_no_address_of_our_own_network_is_fetched(service: Service, url: str) -> None:
    answer = service.ask.post("/api/v1/ingest", json={"url": url})
    told = service.outcome(answer.headers["location"])
    assert told["state"] == "failed"
    assert told["counts"]["added"] == 0


def test_the_job_of_a_worker_that_is_killed_is_done_by_the_next(service: Service, web: Web) -> None:
    job = service.ask.post("/api/v1/ingest", json={"url": web.url, "podcast": "Harbour"}).headers["location"]
    assert web.asked.wait(LONGEST)
    assert service.ask.get(job).json()["state"] == "running"
    os.kill(worker_of(service.index), signal.SIGKILL)
    web.may_answer.set()
    told = service.outcome(job)
    assert (told["state"], told["counts"]["added"]) == ("done", 1)
    kept = open_jobs(f"embedded:{service.index}").find(told["id"])
    assert kept
    assert kept.attempts == 2


def test_a_job_whose_workers_are_always_killed_fails_and_the_next_is_looked_at(
    service: Service, web: Web, tmp_path: Path
) -> None:
    job = service.ask.post("/api/v1/ingest", json={"url": web.url}).headers["location"]
    path = tmp_path / "cover.png"
    path.write_bytes(b"x")
    other = service.send(path)
    for _ in range(MOST_ATTEMPTS):
        assert web.asked.wait(LONGEST)
        os.kill(worker_of(service.index), signal.SIGKILL)
        web.asked.clear()
    told, after = service.outcome(job), service.outcome(other)
    assert told["state"] == "failed"
    assert f"{MOST_ATTEMPTS} times" in told["problem"]
    assert "cover.png" in after["problem"]


def test_jobs_that_services_leave_are_done_by_the_next_one(service: Service, web: Web, tmp_path: Path) -> None:
    path = tmp_path / "other.vtt"
    path.write_bytes(CAPTIONS)
    running = service.ask.post("/api/v1/ingest", json={"url": web.url, "podcast": "Left"}).headers["location"]
    queued = service.send(path, podcast="Left")
    for sign in (signal.SIGINT, signal.SIGKILL):  # one that ends its worker, and one whose worker lives on
        assert web.asked.wait(LONGEST)
        web.asked.clear()
        service.stop(sign)
        service.start()
    web.may_answer.set()
    told = [service.outcome(job) for job in (running, queued)]
    assert [(each["state"], each["counts"]["added"]) for each in told] == [("done", 1), ("done", 1)]


def test_an_operator_may_do_a_job_by_hand(tmp_path: Path) -> None:
    jobs, job = open_jobs(f"embedded:{tmp_path}"), Job(new_id(), "ingest", "studio", now(), now(), files=("a.vtt",))
    (jobs.stage(job.id) / "a.vtt").write_bytes(CAPTIONS)
    jobs.add(job)

    def ingest(*arguments: str) -> Result:
        return CliRunner().invoke(app, ["ingest", *arguments, "--index", str(tmp_path)])

    assert ingest("--job", job.id, "also.vtt").exit_code == 2
    assert ingest().exit_code == 2
    with jobs.working():
        assert ingest("--job", job.id).exit_code == os.EX_TEMPFAIL
    done = subprocess.run(
        [sys.executable, "-m", "playhead", "ingest", "--job", job.id, "--index", str(tmp_path)],
        cwd=ROOT, check=False, capture_output=True, text=True,
    )  # fmt: skip
    assert (done.returncode, done.stdout) == (0, "")
    assert "1 added" in done.stderr
    assert ingest("--job", "0" * 32).exit_code == 1
