"""`playhead serve` as a person starts it: in a process of its own."""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from pathlib import Path

import pytest

from app.cli import listen
from app.main import create_app
from playhead.commands import settings_for
from tests.archive import EVERY, fill


def _playhead(*arguments: str) -> list[str]:
    return [sys.executable, "-c", "from playhead.cli import main; main()", *arguments]


def _run(*arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(_playhead(*arguments), check=False, capture_output=True, text=True, timeout=300)


def test_a_port_that_is_taken_is_one_clear_line(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = str(taken.getsockname()[1])
        done = _run("serve", "--port", port, "--index", str(tmp_path))
    assert done.returncode == 3
    assert done.stdout == ""
    assert f"127.0.0.1:{port} cannot be served on" in done.stderr
    assert "--port" in done.stderr
    assert "Traceback" not in done.stderr


def test_what_is_answered_leaves_at_once_and_does_not_wait_for_the_client_s_acknowledgement() -> None:
    listening = listen(settings_for(None, port=_free_port()))
    with listening, socket.create_connection(listening.getsockname()), listening.accept()[0] as answering:
        assert answering.getsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY)


def test_a_library_that_is_not_there_is_one_clear_line(tmp_path: Path) -> None:
    done = _run("serve", "--port", str(_free_port()), "--index", str(tmp_path / "nowhere"))
    assert done.returncode in (1, 3, 4)
    assert "playhead ingest" in done.stderr
    assert "Traceback" not in done.stderr


@pytest.mark.model
def test_serve_says_where_it_is_answers_and_stops_when_told(tmp_path: Path) -> None:
    port = _free_port()
    archive = Path(__file__).resolve().parents[2] / "data" / "transcripts" / "found-in-the-feed"
    assert _run("ingest", str(archive), "--index", str(tmp_path / "index")).returncode == 0
    command = _playhead("serve", "--port", str(port), "--index", str(tmp_path / "index"))
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as serving:
        ready = _ask_until_answered(f"http://127.0.0.1:{port}/readyz", serving)
        assert ready["status"] == "ready"
        assert ready["findable"] > 0
        os.kill(serving.pid, signal.SIGINT)
        said, told = serving.communicate(timeout=60)
    assert said == ""
    assert f"Playhead is at http://127.0.0.1:{port}" in told
    assert "Traceback" not in told


@pytest.mark.model
def test_a_service_over_nothing_answers_so_and_finds_what_an_ingest_brings(tmp_path: Path) -> None:
    """As a container does on an empty volume."""
    port, index = _free_port(), str(tmp_path / "index")
    archive = Path(__file__).resolve().parents[2] / "data" / "transcripts" / "found-in-the-feed"
    address = f"http://127.0.0.1:{port}"
    command = _playhead("serve", "--create", "--port", str(port), "--index", index)
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as serving:
        empty = _ask_until_answered(f"{address}/readyz", serving)
        answer = _ask_until_answered(f"{address}/api/v1/search?q=lighthouse", serving)
        assert _run("ingest", str(archive), "--index", index).returncode == 0
        time.sleep(1)
        filled = _ask_until_answered(f"{address}/api/v1/search?q=lighthouse", serving)
        os.kill(serving.pid, signal.SIGINT)
        _, told = serving.communicate(timeout=60)
    assert (empty["episodes"], answer["no_answer"], answer["results"]) == (0, True, [])
    assert filled["results"]
    assert "Traceback" not in told


@pytest.mark.model
def test_the_log_is_json_when_that_is_asked_for(tmp_path: Path) -> None:
    port = _free_port()
    command = _playhead("serve", "--create", "--port", str(port), "--index", str(tmp_path / "index"))
    environment = os.environ | {"PLAYHEAD_LOG": "json"}
    with subprocess.Popen(command, stderr=subprocess.PIPE, text=True, env=environment) as serving:
        _ask_until_answered(f"http://127.0.0.1:{port}/readyz", serving)
        with socket.create_connection(("127.0.0.1", port)) as speaking:
            speaking.sendall(b"not http at all\r\n\r\n")
            assert speaking.recv(100).startswith(b"HTTP/1.1 400")
        os.kill(serving.pid, signal.SIGINT)
        _, told = serving.communicate(timeout=60)
    lines = [json.loads(line) for line in told.splitlines()]
    assert lines[0]["message"].startswith(f"Playhead is at http://127.0.0.1:{port}")
    [access] = [line for line in lines if line["logger"] == "playhead.access"]
    assert (access["route"], access["status"]) == ("/readyz", 200)
    assert [line["message"] for line in lines if line["logger"] == "uvicorn.error"] == [
        "Invalid HTTP request received."
    ]


def test_the_flags_of_serve_become_settings() -> None:
    settings = settings_for("there", host="192.0.2.7", port=9000)
    assert (settings.engine, settings.host, settings.port) == ("embedded:there", "192.0.2.7", 9000)


def test_a_library_that_was_handed_in_is_not_closed(tmp_path: Path) -> None:
    from fastapi.testclient import TestClient

    library = fill(tmp_path, EVERY)
    for _ in range(2):
        with TestClient(create_app(library=library), base_url="http://localhost") as ask:
            assert ask.get("/api/v1/search?q=slower").status_code == 200
    library.close()


def _free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port: int = listener.getsockname()[1]
    return port


def _ask_until_answered(url: str, serving: subprocess.Popen[str]) -> dict[str, object]:
    for _ in range(600):
        assert serving.poll() is None, serving.stderr and serving.stderr.read()
        try:
            with urllib.request.urlopen(url, timeout=30) as response:
                answer: dict[str, object] = json.load(response)
                return answer
        except OSError:
            time.sleep(0.2)
    raise AssertionError(f"{url} never answered")
