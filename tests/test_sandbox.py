"""A stranger's file is read by a process of its own: the same is read, and what is fatal is fatal to it alone."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from ingest import fetch as fetching
from ingest import files, sandbox
from ingest.downloads import Downloads
from ingest.feeds import read_feed
from ingest.fetch import places
from ingest.pipeline import Added, Skipped, rehearse
from playhead.errors import TranscriptError
from tests.fuzz.targets import SAMPLES
from tests.web import Web, web

GOOD = "WEBVTT\n\n00:00.000 --> 00:02.000\nThe tide is in.\n"
FEED = "<rss><channel><title>Tides</title><item><title>One</title><guid>one</guid></item></channel></rss>"


def long(cues: int) -> str:
    """Captions that take a while."""
    return "WEBVTT\n\n" + "".join(
        f"{i // 3600:02}:{i // 60 % 60:02}:{i % 60:02}.000 --> {i // 3600:02}:{i // 60 % 60:02}:{i % 60:02}.900\n"
        f"The tide {i} is in.\n\n"
        for i in range(cues)
    )


@pytest.fixture(autouse=True)
def _anew() -> Iterator[None]:
    sandbox.close()
    yield
    sandbox.close()


@pytest.fixture
def hasty(monkeypatch: pytest.MonkeyPatch) -> None:
    """No more than a second or two of the processor for a file."""
    monkeypatch.setattr(sandbox, "SECONDS", 0)


def outcome(read: object, *arguments: object) -> object:
    try:
        return read(*arguments)  # type: ignore[operator]
    except TranscriptError as error:
        return type(error), str(error), error.line


def test_the_same_is_read_there_as_here() -> None:
    for sample in SAMPLES:
        assert outcome(sandbox.read_file, sample, "a") == outcome(files.read_file, sample, "a"), sample


def test_the_same_is_refused_there_as_here(tmp_path: Path) -> None:
    for name, text in [("a.txt", "Once upon a time."), ("b.json", '{"chapters": [\n{"startTime": 1,}]}'), ("c.md", "")]:
        path = tmp_path / name
        path.write_text(text, "utf-8")
        said = outcome(sandbox.read_file, path, "https://harbour.example.org/a")
        assert isinstance(said, tuple)
        assert said == outcome(files.read_file, path, "https://harbour.example.org/a")


def test_a_feed_is_the_same_there_as_here(tmp_path: Path) -> None:
    path = tmp_path / "feed.xml"
    path.write_text(FEED, "utf-8")
    url = "https://harbour.example.org/feed"
    assert sandbox.role_of(path, url) == "feed"
    assert sandbox.read_feed(path, url, url) == read_feed(FEED, url)


@pytest.mark.usefixtures("hasty")
def test_a_file_that_takes_too_long_is_named_and_the_next_one_is_read(tmp_path: Path) -> None:
    slow, good = tmp_path / "slow.vtt", tmp_path / "good.vtt"
    slow.write_text(long(350_000), "utf-8")
    good.write_text(GOOD, "utf-8")
    with pytest.raises(sandbox.FatalFileError, match=r"slow: this takes longer than 0 seconds to read; look at it"):
        sandbox.read_file(slow, "slow")
    assert sandbox.read_file(good, "good") == files.read_file(good, "good")


def test_a_file_that_needs_too_much_memory_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sandbox, "MOST_BYTES", 100 * 2**20)
    path, good = tmp_path / "large.json", tmp_path / "good.vtt"
    path.write_text('{"segments": [' + '{"start": 1, "text": "a"},' * 1_000_000 + "{}]}", "utf-8")
    good.write_text(GOOD, "utf-8")
    with pytest.raises(TranscriptError, match=r"large: this (?:takes too much to read|ends whatever reads it)"):
        sandbox.read_file(path, "large")
    assert sandbox.read_file(good, "good").transcript


def test_a_process_that_was_ended_between_two_files_is_no_file_s_fault(tmp_path: Path) -> None:
    path = tmp_path / "good.vtt"
    path.write_text(GOOD, "utf-8")
    sandbox.read_file(path, "good")
    assert sandbox._reader
    process = sandbox._reader._process
    os.kill(process.pid, signal.SIGKILL)
    os.waitid(os.P_PID, process.pid, os.WEXITED | os.WNOWAIT)
    assert sandbox.read_file(path, "good").transcript
    with process:
        process.wait()


@pytest.mark.parametrize(
    "attempt",
    [
        "import socket; socket.create_connection(('127.0.0.1', 9))",
        "import socket; socket.getaddrinfo('harbour.example.org', 80)",
        "import subprocess; subprocess.run(['true'])",
        "import os; os.system('true')",
        "import os; os.fork()",
        "import os; os.remove('a')",
        "f = open('a', 'wb', 0); f.write(b'a')",
        "bytes(300 * 2**20)",
    ],
)
def test_whoever_reads_strangers_files_may_do_nothing_else(attempt: str, tmp_path: Path) -> None:
    confined = f"import socket, subprocess, sys; from ingest.sandbox import confine; confine(200 * 2**20)\n{attempt}"
    done = subprocess.run([sys.executable, "-c", confined], cwd=tmp_path, capture_output=True, text=True, check=False)
    assert done.returncode == 1
    last = done.stderr.strip().splitlines()[-1]
    assert last.startswith(("PermissionError: ", "OSError: [Errno 27]", "MemoryError")), done.stderr


def test_no_secret_of_ours_is_told_to_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PLAYHEAD_KEY", "a-secret-of-ours-that-nobody-reads")
    monkeypatch.setenv("PGPASSWORD", "a-secret-of-ours-that-opens-the-database")
    path = tmp_path / "good.vtt"
    path.write_text(GOOD, "utf-8")
    sandbox.close()  # so that the process is a new one
    sandbox.read_file(path, "good")
    assert sandbox._reader
    told = Path(f"/proc/{sandbox._reader._process.pid}/environ").read_bytes()
    assert b"PATH=" in told
    assert b"PLAYHEAD_" not in told
    assert b"PGPASSWORD" not in told


@pytest.mark.usefixtures("hasty")
def test_a_fetched_file_that_is_fatal_is_passed_over_and_the_run_goes_on(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(fetching, "PAUSE_SECONDS", 0.0)
    with web() as served:
        items = "".join(_item(served, number, text) for number, text in enumerate((GOOD, long(350_000), GOOD)))
        url = served.put("/feed", f"<rss><channel><title>Tides</title>{items}</channel></rss>")
        outcomes = list(rehearse(Downloads(tmp_path, places(served.place)).open(url).sources))
    added = [each.source.episode_id for each in outcomes if isinstance(each, Added) and each.transcribed]
    assert added == ["tides/0", "tides/2"]
    skipped = [str(each.error) for each in outcomes if isinstance(each, Skipped)]
    assert len(skipped) == 1
    assert "1.vtt this takes longer than 0 seconds to read" in skipped[0]


def _item(served: Web, number: int, text: str) -> str:
    address = served.put(f"/{number}.vtt", text)
    tag = f'<podcast:transcript url="{address}" type="text/vtt"/>'
    return f"<item><title>{number}</title><guid>{number}</guid>{tag}</item>"
