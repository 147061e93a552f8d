"""What a visitor waits: the service over a library of one's own, asked over HTTP, beside yardsticks of the same run.

    python -m bench.serving --index INDEX --questions ../shared/data/queries/dev.jsonl

Prints the time from the start of `playhead serve` to its first answer, a warm question's time by meaning and words
together and by words only, the service's memory, and beside them what one question's embedding and one exact scan of
the same vectors take in this process on the same machine. Each question is asked once to warm, then ``--rounds`` times.
"""

from __future__ import annotations

import argparse
import json
import socket
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from functools import partial
from http.client import HTTPConnection
from pathlib import Path
from urllib.parse import urlencode

from bench.clock import clock, spread
from playhead.library import open_library
from playhead.query import EVERYTHING
from playhead.ranking import CANDIDATES
from playhead.settings import Settings

PATIENCE = 120.0
"""Seconds a service may take to answer for the first time."""


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m bench.serving", description="What a visitor waits.")
    parser.add_argument("--index", required=True, help="the library that is served")
    parser.add_argument("--questions", required=True, metavar="QUERIES.jsonl", help="one JSON object with query a line")
    parser.add_argument("--rounds", type=int, default=3, help="how often each question is asked")
    given = parser.parse_args()
    lines = Path(given.questions).read_text("utf-8").splitlines()
    questions = [json.loads(line)["query"] for line in lines if line.strip()]

    with serve(given.index) as (connection, process, began):
        ask(connection, questions[0], "hybrid")
        print(f"start to first answer     {time.perf_counter() - began:8.1f} s")
        for mode, name in (("hybrid", "meaning and words"), ("words", "words only")):
            once, *warm = (
                [clock(partial(ask, connection, question, mode)) for question in questions]
                for _ in range(given.rounds + 1)
            )
            later = [seconds for each in warm for seconds in each]
            print(f"{name:<19} first {spread(once)}   warm {spread(later)}")
        print(f"memory of the service     {resident(process.pid):8.0f} MB")
    yardsticks(given.index, questions)


@contextmanager
def serve(index: str) -> Iterator[tuple[HTTPConnection, subprocess.Popen[bytes], float]]:
    """`playhead serve` over a library, a connection to it once it answers, and when it was started."""
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    began = time.perf_counter()
    command = [sys.executable, "-c", "from playhead.cli import main; main()", "serve"]
    process = subprocess.Popen([*command, "--index", index, "--port", str(port)], stderr=subprocess.DEVNULL)
    connection = HTTPConnection("127.0.0.1", port, timeout=PATIENCE)
    try:
        while True:
            try:
                connection.connect()
                break
            except ConnectionRefusedError:
                if process.poll() is not None or time.perf_counter() - began > PATIENCE:
                    raise SystemExit(f"{index} is not served; run playhead serve --index {index} to see why") from None
                time.sleep(0.02)
        yield connection, process, began
    finally:
        connection.close()
        process.terminate()
        process.wait()


def ask(connection: HTTPConnection, question: str, mode: str) -> None:
    """Ask, and read the whole answer."""
    connection.request("GET", f"/api/v1/search?{urlencode({'q': question, 'mode': mode})}")
    answer = connection.getresponse()
    body = answer.read()
    if answer.status != 200:
        raise SystemExit(f"{question!r}: {answer.status} {body[:200]!r}")


def yardsticks(index: str, questions: Sequence[str]) -> None:
    """One question embedded alone, and one exact scan of the same rows: what a faster machine would do faster, too."""
    library = open_library(Settings(engine=f"embedded:{index}"))
    view, embedder = library.view(), library.embedder
    vectors = [embedder.question(question) for question in questions]
    alone = [clock(partial(embedder.question, question)) for question in questions]
    scans = [clock(partial(view.nearest, vector, EVERYTHING, CANDIDATES)) for vector in vectors]
    print(f"yardsticks: a question embedded alone {spread(alone)}; a scan of {view.size:,} vectors {spread(scans)}")
    library.close()


def resident(process: int) -> float:
    """The most memory a process ever held, in MB (Linux: VmHWM)."""
    status = Path(f"/proc/{process}/status").read_text("ascii")
    return next(int(line.split()[1]) for line in status.splitlines() if line.startswith("VmHWM")) / 1000


if __name__ == "__main__":
    main()
