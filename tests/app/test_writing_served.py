"""Writing through a real service, with real workers: what is sent is found, whatever is killed meanwhile."""

from __future__ import annotations

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
from typing import Any

import httpx
import pytest

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
        self.log = index.with_name(f"serve-{self.port}.log")
        environment = {**os.environ, "PLAYHEAD_API_KEY": KEY, **settings}
        command = [sys.executable, "-m", "playhead", "serve", "--create", "--port", str(self.port)]
        with self.log.open("wb") as log:
            self.process = subprocess.Popen(
                [*command, "--index", str(index)], cwd=ROOT, env=environment, stdout=log, stderr=log
            )
        self.ask = httpx.Client(
            base_url=f"http://127.0.0.1:{self.port}",
            headers={"Authorization": f"Bearer {KEY}"},
            trust_env=False,
            timeout=60,
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
        self.ask.close()
        return self.log.read_text("utf-8")


def wait_for(what: Callable[[], Any]) -> Any:
    until = time.monotonic() + LONGEST
    while time.monotonic() < until:
        if found := what():
            return found
        time.sleep(0.1)
    raise AssertionError(f"not within {LONGEST:.0f} seconds")


@contextmanager
def slow_web() -> Iterator[tuple[str, threading.Event, threading.Event]]:
    """A transcript at an address that answers only once it is let; the address, when it was asked, and the leave."""
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
        yield f"http://127.0.0.1:{server.server_port}/night.vtt", asked, may_answer
        may_answer.set()
        server.shutdown()
        thread.join()


def place_of(url: str) -> str:
    return url.split("/")[2]


def worker_of(index: Path) -> int:
    """The process that writes to the library."""
    return int((index / "writer.lock").read_text("ascii"))


@pytest.fixture(scope="module")
def service(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Service]:
    served = Service(tmp_path_factory.mktemp("served") / "index", PLAYHEAD_KEYS="none.toml")
    yield served
    told = served.stop()
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
    first = service.outcome(service.send(*files, podcast="By Folder"))
    assert (first["state"], first["counts"]["added"]) == ("done", 1), first
    [told] = first["episodes"]

    command = [sys.executable, "-m", "playhead", "ingest", str(tmp_path / SHOW.name), "--podcast", "By Folder"]
    subprocess.run([*command, "--index", str(tmp_path / "i")], cwd=ROOT, check=True, capture_output=True)
    listed = subprocess.run(
        [sys.executable, "-m", "playhead", "export", told["name"], "transcript", "--format", "json",
         "--index", str(tmp_path / "i")], cwd=ROOT, check=True, capture_output=True,
    ).stdout  # fmt: skip
    assert (
        httpx.Response(200, content=listed).json()
        == service.ask.get(f"/api/v1/episodes/{told['name']}/transcript").json()
    )

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


def test_the_job_of_a_worker_that_is_killed_is_done_by_the_next(tmp_path: Path) -> None:
    with slow_web() as (url, asked, may_answer):
        service = Service(tmp_path / "index", PLAYHEAD_ALLOW_HOSTS=place_of(url))
        job = service.ask.post("/api/v1/ingest", json={"url": url, "podcast": "Harbour"}).headers["location"]
        assert asked.wait(LONGEST)
        assert service.ask.get(job).json()["state"] == "running"
        os.kill(worker_of(service.index), signal.SIGKILL)
        may_answer.set()
        told = service.outcome(job)
        log = service.stop()
    assert (told["state"], told["counts"]["added"]) == ("done", 1), log
    assert "ended with -9" in log
    kept = open_jobs(f"embedded:{tmp_path / 'index'}").find(told["id"])
    assert kept
    assert kept.attempts == 2


def test_a_job_whose_workers_are_always_killed_fails_and_the_next_is_done(tmp_path: Path) -> None:
    with slow_web() as (url, asked, _):
        service = Service(tmp_path / "index", PLAYHEAD_ALLOW_HOSTS=place_of(url))
        job = service.ask.post("/api/v1/ingest", json={"url": url}).headers["location"]
        path = tmp_path / "other.vtt"
        path.write_bytes(CAPTIONS)
        other = service.send(path, podcast="Harbour")
        for _ in range(MOST_ATTEMPTS):
            assert asked.wait(LONGEST)
            os.kill(worker_of(service.index), signal.SIGKILL)
            asked.clear()
        told, after = service.outcome(job), service.outcome(other)
        service.stop()
    assert told["state"] == "failed"
    assert f"{MOST_ATTEMPTS} times" in told["problem"]
    assert after["state"] == "done"


@pytest.mark.parametrize("sign", [signal.SIGINT, signal.SIGKILL])
def test_jobs_that_a_service_leaves_are_done_by_the_next_one(tmp_path: Path, sign: int) -> None:
    with slow_web() as (url, asked, may_answer):
        allowed = {"PLAYHEAD_ALLOW_HOSTS": place_of(url)}
        service = Service(tmp_path / "index", **allowed)
        running = service.ask.post("/api/v1/ingest", json={"url": url, "podcast": "Harbour"}).headers["location"]
        assert asked.wait(LONGEST)
        path = tmp_path / "other.vtt"
        path.write_bytes(CAPTIONS)
        queued = service.send(path, podcast="Harbour")
        service.stop(sign)
        may_answer.set()
        following = Service(tmp_path / "index", **allowed)
        told = [following.outcome(job) for job in (running, queued)]
        following.stop()
    assert [(each["state"], each["counts"]["added"]) for each in told] == [("done", 1), ("done", 1)]


def test_an_operator_may_do_a_job_by_hand(tmp_path: Path) -> None:
    jobs, job = open_jobs(f"embedded:{tmp_path}"), Job(new_id(), "ingest", "studio", now(), now(), files=("a.vtt",))
    (jobs.stage(job.id) / "a.vtt").write_bytes(CAPTIONS)
    jobs.add(job)

    def ingest(*arguments: str) -> subprocess.CompletedProcess[str]:
        command = [sys.executable, "-m", "playhead", "ingest", *arguments, "--index", str(tmp_path)]
        return subprocess.run(command, cwd=ROOT, check=False, capture_output=True, text=True)

    assert ingest("--job", job.id, "also.vtt").returncode == 2
    assert ingest().returncode == 2
    with jobs.working():
        assert ingest("--job", job.id).returncode == os.EX_TEMPFAIL
    done = ingest("--job", job.id)
    assert (done.returncode, done.stdout) == (0, "")
    assert "1 added" in done.stderr
    assert ingest("--job", "0" * 32).returncode == 1
