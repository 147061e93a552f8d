"""What may be sent through the door that writes, and what is refused there. Nothing is ingested: the worker waits."""

from __future__ import annotations

import errno
import json
import os
import re
import threading
import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from fastapi.testclient import TestClient

from app.main import create_app
from app.uploads import MOST_FILES, UploadError, safe_name
from ingest.errands import do
from playhead.jobs import MOST_UNFINISHED, Job, Jobs, ended, failed, new_id, now, open_jobs
from playhead.settings import Settings
from tests.app.conftest import ADDRESS
from tests.archive import LOCKS, fill
from tests.conftest import ROOT

KEY = {"Authorization": "Bearer correct-horse-battery-staple"}
GOLDEN = Path(__file__).parent / "openapi.writing.json"
CAPTIONS = "WEBVTT\n\n00:01.000 --> 00:04.000\n<v Ann>The lighthouse burned all night.\n"


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return Settings(
        engine=f"embedded:{tmp_path / 'index'}",
        api_key=KEY["Authorization"].removeprefix("Bearer "),
        keys=str(tmp_path / "keys.toml"),
        upload_mb=1,
    )


@pytest.fixture
def jobs(settings: Settings) -> Iterator[Jobs]:
    """Where the service keeps its jobs, with somebody at work there so that it does none of them."""
    opened = open_jobs(settings.engine)
    with opened.working():
        yield opened


@pytest.fixture
def ask(settings: Settings, jobs: Jobs, tmp_path: Path) -> Iterator[TestClient]:
    library = fill(tmp_path / "index", [LOCKS])
    with TestClient(create_app(settings, library), base_url=ADDRESS, headers=KEY) as client:
        yield client
    library.close()


def send(ask: TestClient, *files: tuple[str, str | bytes], **fields: str):
    return ask.post("/api/v1/ingest", files=[("file", each) for each in files], data=fields)


def lying(jobs: Jobs, tmp_path: Path) -> list[str]:
    """Every file of every job there is, and whatever else was left beside them."""
    root = tmp_path / "index" / "jobs"
    return sorted(str(path.relative_to(root)) for path in root.rglob("*") if path.name != "worker.lock")


def test_the_contract_of_the_writing_routes_is_the_golden_one(ask: TestClient, tmp_path: Path) -> None:
    """What a service with a key has besides ``openapi.json``; written anew as that is."""
    keyless = create_app(Settings(keys=str(tmp_path / "none.toml"))).openapi()
    document = ask.get("/openapi.json").json()
    more = {
        "paths": {
            path: {method: each for method, each in operations.items() if method not in keyless["paths"].get(path, {})}
            for path, operations in document["paths"].items()
        },
        "components": {
            kind: {name: each for name, each in shapes.items() if name not in keyless["components"].get(kind, {})}
            for kind, shapes in document["components"].items()
        },
    }
    more["paths"] = {path: operations for path, operations in more["paths"].items() if operations}
    written = json.dumps(more, indent=1, ensure_ascii=False) + "\n"
    if os.environ.get("PLAYHEAD_TEST_GOLDEN") == "write":
        GOLDEN.write_text(written, encoding="utf-8")
    assert written == GOLDEN.read_text(encoding="utf-8")
    for operations in more["paths"].values():
        for operation in operations.values():
            assert operation["security"] == [{"key": []}]
            assert {"401", "403", "422"} <= operation["responses"].keys()
            assert operation["description"]


def test_the_documentation_names_them_and_no_other() -> None:
    document = json.loads(GOLDEN.read_text("utf-8"))
    page = (ROOT / "docs" / "chatbots.md").read_text("utf-8")
    named = set(re.findall(r"^\| `([A-Z]+ /api[^`]+)` \|", page, re.MULTILINE))
    assert named == {f"{method.upper()} {path}" for path, each in document["paths"].items() for method in each}


def test_the_page_about_the_api_shows_them_too(ask: TestClient) -> None:
    page = ask.get("/docs").text
    assert "POST /api/v1/ingest" in page
    assert "DELETE /api/v1/episodes/{id}" in page


def test_files_become_a_job_that_can_be_asked_for(ask: TestClient, jobs: Jobs, tmp_path: Path) -> None:
    answer = send(ask, ("one.vtt", CAPTIONS), ("one.chapters.json", "{}"), podcast="A Show", episode="first")
    assert answer.status_code == 202
    job = answer.json()
    assert answer.headers["location"] == f"/api/v1/jobs/{job['id']}"
    assert job["links"]["api"] == ADDRESS + answer.headers["location"]
    assert (job["state"], job["podcast"], job["episode"]) == ("queued", "A Show", "first")
    assert job["files"] == ["one.vtt", "one.chapters.json"]
    assert job["progress"] == {"done": 0, "total": None}
    assert ask.get(job["links"]["api"]).json() == job
    assert (jobs.files(job["id"]) / "one.vtt").read_text("utf-8") == CAPTIONS
    known = jobs.find(job["id"])
    assert known
    assert known.asked_by == "PLAYHEAD_API_KEY"


def test_the_password_of_a_private_feed_is_in_no_log(ask: TestClient, caplog: pytest.LogCaptureFixture) -> None:
    assert ask.post("/api/v1/ingest", json={"url": "https://example.org/feed?auth=hush"}).status_code == 202
    assert "https://example.org/feed" in caplog.text
    assert "hush" not in caplog.text


def test_an_address_becomes_a_job(ask: TestClient, jobs: Jobs) -> None:
    url = "https://example.org/feed.xml"
    answer = ask.post("/api/v1/ingest", json={"url": url, "podcast": "A Show"})
    assert answer.status_code == 202
    known = jobs.find(answer.json()["id"])
    assert known
    assert (known.url, known.podcast, known.files) == (url, "A Show", ())


def test_job_ids_are_not_guessed(ask: TestClient) -> None:
    for id in ("0" * 32, "x", "..%2f..%2fetc", "worker.lock"):  # noqa: A001
        assert ask.get(f"/api/v1/jobs/{id}").status_code == 404


@pytest.mark.parametrize(
    ("given", "kept"),
    [
        ("one.vtt", "one.vtt"), ("../../one.vtt", "one.vtt"), ("/etc/one.vtt", "one.vtt"),
        ("C:\\x\\one.vtt", "one.vtt"),
        ("..\\..\\one.vtt", "one.vtt"), ("a:b*?.vtt", "a_b__.vtt"), ("Überfall 1.vtt", "Überfall 1.vtt"),
        ("a\x00b.vtt", "a_b.vtt"), ("a\u202etxt.vtt", "a_txt.vtt"), ("%2e%2e%2fone.vtt", "_2e_2e_2fone.vtt"),
        ("第一回.srt", "第一回.srt"), ("$(reboot).md", "_(reboot).md"), ("e\u0301.vtt", "é.vtt"),
    ],
)  # fmt: skip
def test_a_name_is_kept_without_what_could_lead_anywhere(given: str, kept: str) -> None:
    assert safe_name(given) == kept


@pytest.mark.parametrize(
    "given",
    ["", ".", "..", "../..", "/", "\\", ".env", ".hidden.vtt", "dir/", "???", "CON", "nul.vtt", "LPT1.txt", "com1",
     "x" * 151, "ü" * 76, " ", "\x00", "../../.ssh"],
)  # fmt: skip
def test_a_name_of_which_nothing_is_left_is_refused(given: str) -> None:
    with pytest.raises(UploadError):
        safe_name(given)


@pytest.mark.parametrize("given", ["../../../escaped.vtt", "/escaped.vtt", "..\\escaped.vtt", "x/../../escaped.vtt"])
def test_a_hostile_name_stays_in_the_folder_of_its_job(ask: TestClient, jobs: Jobs, tmp_path: Path, given: str) -> None:
    job = send(ask, (given, CAPTIONS)).json()
    assert [str(path.relative_to(tmp_path)) for path in tmp_path.rglob("escaped.vtt")] == [
        f"index/jobs/{job['id']}/files/escaped.vtt"
    ]


def refused(answer, status: int, parameter: str | None = None) -> str:
    assert answer.status_code == status, answer.text
    problem = answer.json()
    assert answer.headers["content-type"] == "application/problem+json"
    if parameter:
        assert [each["parameter"] for each in problem["errors"]] == [parameter]
    assert problem["detail"].endswith(".")
    return problem["detail"]


@pytest.mark.parametrize(
    "url",
    ["", "feed.xml", "file:///etc/passwd", "ftp://example.org/x", "javascript:alert(1)", "http://", "https:///x",
     "//a/b",
     "http://user:secret@example.org/", "http://[::1", "http://exa mple.org/", "http://example.org/\n", "gopher://x/",
     "http://example.org:99999/", "/etc/passwd", "index", "https://example.org/" + "x" * 2000],
)  # fmt: skip
def test_what_is_no_address_of_the_web_is_refused(ask: TestClient, jobs: Jobs, url: str) -> None:
    refused(ask.post("/api/v1/ingest", json={"url": url}), 422, "url")
    assert jobs.unfinished() == []


@pytest.mark.parametrize("url", ["/etc", "../data/transcripts", "index", "C:\\shows"])
def test_no_path_of_the_server_can_be_named(ask: TestClient, jobs: Jobs, url: str) -> None:
    refused(ask.post("/api/v1/ingest", json={"path": url}), 422)
    refused(ask.post("/api/v1/ingest", data={"path": url}, files={"file": ("a.vtt", CAPTIONS)}), 422, "path")
    refused(ask.post("/api/v1/ingest", data={"file": url}, files={"other": ("a.vtt", CAPTIONS)}), 422, "file")
    assert jobs.unfinished() == []


def test_wrong_bodies_are_refused_and_leave_nothing(ask: TestClient, jobs: Jobs, tmp_path: Path) -> None:
    def post(body: bytes, kind: str):
        return ask.post("/api/v1/ingest", content=body, headers={"Content-Type": kind})

    form = "multipart/form-data"
    part = b'--x\r\nContent-Disposition: form-data; name="file"; filename="a.vtt"\r\n\r\nWEBVTT'
    refused(post(b"url=https://example.org", "application/x-www-form-urlencoded"), 415)
    refused(post(b"WEBVTT", "text/vtt"), 415)
    refused(post(b"", ""), 415)
    refused(post(b"{", "application/json"), 422)
    refused(post(b"[]", "application/json"), 422)
    refused(post(b'{"url": "https://a.example/", "url": "https://b.example/"}', "application/json"), 422, "url")
    refused(post(b'{"url": 7}', "application/json"), 422, "url")
    refused(post(b"\xff\xfe", "application/json"), 422)
    refused(post(b'{"url": "https://example.org/", "rebuild": true}', "application/json"), 422, "rebuild")
    refused(post(b" " * 17_000, "application/json"), 413)
    refused(post(part, form), 422, "Content-Type")
    refused(post(part, f"{form}; boundary={'x' * 71}"), 422, "Content-Type")
    refused(post(part, f"{form}; boundary={'x' * 9_000}"), 422, "Content-Type")
    refused(post(b"", f"{form}; boundary=x"), 422, "body")
    refused(post(b"nothing of the kind", f"{form}; boundary=x"), 422, "body")
    refused(post(part, f"{form}; boundary=x"), 422, "body")
    refused(post(part + b"\r\n--x", f"{form}; boundary=x"), 422, "body")
    refused(post(b"--x--\r\n", f"{form}; boundary=x"), 422, "file")
    assert post(part + b"\r\n--x--\r\n", f"{form}; boundary=x").status_code == 202
    assert [name.partition("/")[2] for name in lying(jobs, tmp_path)] == ["", "files", "files/a.vtt", "job.json"]


def test_what_was_sent_is_for_nobody_else_on_the_machine(ask: TestClient, tmp_path: Path) -> None:
    before = os.umask(0o022)
    try:
        job = send(ask, ("night.vtt", CAPTIONS)).json()
    finally:
        os.umask(before)
    folder = tmp_path / "index" / "jobs"
    assert [path.stat().st_mode & 0o777 for path in (folder, folder / job["id"])] == [0o700] * 2


def test_a_name_that_is_no_episode_s_is_told_how_one_is_written(ask: TestClient) -> None:
    told = refused(send(ask, ("night.vtt", CAPTIONS), episode="../x"), 422, "episode")
    assert told == "episode must be written as ^[a-z0-9][a-z0-9-]{0,79}$ (given: '../x')."
    told = refused(ask.post("/api/v1/ingest", content=b"{", headers={"Content-Type": "application/json"}), 422, "body")
    assert "character body" not in told


def test_wrong_uploads_are_refused_and_leave_nothing(ask: TestClient, jobs: Jobs, tmp_path: Path) -> None:
    refused(send(ask, ("..", CAPTIONS)), 422, "file")
    refused(send(ask, ("a.vtt", CAPTIONS), ("A.vtt", CAPTIONS)), 422, "file")
    refused(send(ask, *((f"{number}.vtt", CAPTIONS) for number in range(MOST_FILES + 1))), 422, "file")
    refused(send(ask, ("a.vtt", CAPTIONS), episode="Not/An Id"), 422, "episode")
    refused(send(ask, ("a.vtt", CAPTIONS), podcast="x" * 201), 422, "podcast")
    refused(send(ask, ("a.vtt", CAPTIONS), podcast="x" * 2000), 422, "podcast")
    refused(send(ask, ("a.vtt", CAPTIONS), speed="11"), 422, "speed")
    refused(ask.post("/api/v1/ingest?podcast=x", files={"file": ("a.vtt", CAPTIONS)}), 422, "podcast")
    assert lying(jobs, tmp_path) == []


def test_an_upload_that_is_too_large_is_refused_as_it_comes(ask: TestClient, jobs: Jobs, tmp_path: Path) -> None:
    refused(send(ask, ("a.vtt", "x" * 2**20)), 413)

    def pieces() -> Iterator[bytes]:
        yield b'--x\r\nContent-Disposition: form-data; name="file"; filename="a.vtt"\r\n\r\n'
        yield from (b"x" * 60_000 for _ in range(30))

    kind = {"Content-Type": "multipart/form-data; boundary=x"}
    refused(ask.post("/api/v1/ingest", content=pieces(), headers=kind), 413)
    assert lying(jobs, tmp_path) == []
    assert send(ask, ("a.vtt", "x" * 900_000)).status_code == 202


def test_other_doors_take_no_more_than_before(ask: TestClient) -> None:
    refused(ask.post("/api/v1/verify-quote", content=b"x" * 20_000), 413)


def test_only_so_many_jobs_wait(ask: TestClient, jobs: Jobs) -> None:
    for _ in range(MOST_UNFINISHED):
        jobs.add(Job(new_id(), "ingest", "studio", now(), now(), url="https://example.org/feed.xml"))
    for answer in (send(ask, ("a.vtt", CAPTIONS)), ask.delete(f"/api/v1/episodes/{LOCKS[0].id}")):
        refused(answer, 503)
        assert int(answer.headers["retry-after"]) > 0


def test_what_cannot_be_stored_is_refused_without_a_place(
    ask: TestClient, jobs: Jobs, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "full").write_text("no folder", "utf-8")
    monkeypatch.setattr(ask.app.state, "jobs", open_jobs(f"embedded:{tmp_path / 'full'}"))
    for answer in (send(ask, ("a.vtt", CAPTIONS)), ask.post("/api/v1/ingest", json={"url": "https://example.org/"})):
        assert answer.status_code in (503, 507)
        assert str(tmp_path) not in answer.text


def test_a_removal_that_cannot_be_stored_leaves_nothing(
    ask: TestClient, jobs: Jobs, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: object) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    with monkeypatch.context() as patched:
        patched.setattr(os, "fsync", full)
        refused(ask.delete(f"/api/v1/episodes/{LOCKS[0].id}"), 507)
    assert lying(jobs, tmp_path) == []


def test_progress_and_outcome_are_told(ask: TestClient, jobs: Jobs) -> None:
    id = ask.post("/api/v1/ingest", json={"url": "https://example.org/feed.xml"}).json()["id"]  # noqa: A001
    job = jobs.find(id)
    assert job
    jobs.keep(replace(job, state="running", total=4, counts=(("added", 1), ("skipped", 2))))
    told = ask.get(f"/api/v1/jobs/{id}")
    assert told.json()["progress"] == {"done": 3, "total": 4}
    assert told.json()["counts"] == {"added": 1, "unchanged": 0, "skipped": 2, "removed": 0}
    assert told.headers["cache-control"] == "no-store"
    jobs.keep(failed(job, "So it is."))
    assert (ask.get(f"/api/v1/jobs/{id}").json()["problem"]) == "So it is."


def test_an_episode_that_is_not_there_cannot_be_removed(ask: TestClient, jobs: Jobs) -> None:
    refused(ask.delete("/api/v1/episodes/nobody/nothing"), 404)
    assert jobs.unfinished() == []


def test_a_removal_is_awaited_and_then_it_is_gone(ask: TestClient, jobs: Jobs) -> None:
    def work() -> None:
        while not jobs.unfinished():
            time.sleep(0.02)
        [job] = jobs.unfinished()
        assert (job.kind, job.episode) == ("remove", LOCKS[0].id)
        time.sleep(0.3)
        jobs.keep(ended(job))

    worker = threading.Thread(target=work)
    worker.start()
    answer = ask.delete(f"/api/v1/episodes/{LOCKS[0].id}")
    worker.join()
    assert (answer.status_code, answer.content) == (204, b"")


def test_a_removal_that_takes_long_is_a_job(ask: TestClient, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("app.writing.PATIENCE", 0.3)
    answer = ask.delete(f"/api/v1/episodes/{LOCKS[0].id}")
    assert answer.status_code == 202
    assert answer.headers["content-type"] == "application/json"
    job = ask.get(answer.headers["location"]).json()
    assert job == answer.json()
    assert (job["kind"], job["episode"], job["state"]) == ("remove", LOCKS[0].id, "queued")


def test_a_job_in_hand_is_not_done_twice(ask: TestClient, jobs: Jobs, settings: Settings) -> None:
    id = send(ask, ("a.vtt", CAPTIONS)).json()["id"]  # noqa: A001
    job = jobs.find(id)
    assert job
    from playhead.errors import LockedError

    with pytest.raises(LockedError):
        do(id, settings)
    assert jobs.find(id) == job
