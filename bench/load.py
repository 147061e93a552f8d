"""Many visitors at once: how many are answered, how soon, what the others are told, and whether the service is alive.

    python -m bench.load --index INDEX --questions ../shared/data/queries/dev.jsonl --clients 200 --seconds 20

Each client asks one question after the other over a connection of its own, and no question is asked twice, so that
nothing is remembered; told 503 it waits as long as it is told to. Beside them `/healthz` is asked ten times a second.
The clients run on the same machine: on two cores they take some of what the service could have used.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import statistics
import time
from collections import Counter
from dataclasses import dataclass, field
from itertools import count
from pathlib import Path
from urllib.parse import urlencode

from bench.serving import ask, resident, serve


@dataclass
class Tally:
    """What became of the requests: seconds of those answered, and how often each status was given."""

    answered: list[float] = field(default_factory=list)
    statuses: Counter[int] = field(default_factory=Counter)
    health: list[float] = field(default_factory=list)
    broken: int = 0


class Client:
    """One connection that is kept open, spoken to in as few words as HTTP/1.1 allows."""

    def __init__(self, port: int) -> None:
        self.port = port
        self.streams: tuple[asyncio.StreamReader, asyncio.StreamWriter] | None = None

    async def get(self, path: str) -> tuple[int, dict[str, str]]:
        if self.streams is None:
            self.streams = await asyncio.open_connection("127.0.0.1", self.port)
        reader, writer = self.streams
        try:
            writer.write(f"GET {path} HTTP/1.1\r\nHost: 127.0.0.1:{self.port}\r\n\r\n".encode())
            head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1").split("\r\n")
            headers = {name.lower(): value for name, _, value in (line.partition(": ") for line in head[1:] if line)}
            await reader.readexactly(int(headers["content-length"]))
        except (OSError, EOFError):
            self.streams = None
            raise
        return int(head[0].split()[1]), headers


async def visit(port: int, questions: list[str], number: count[int], until: float, tally: Tally) -> None:
    """Ask until the time is over, and come back when told to."""
    client = Client(port)
    while time.perf_counter() < until:
        one = next(number)
        path = f"/api/v1/search?{urlencode({'q': f'{questions[one % len(questions)]} {one}'})}"
        began = time.perf_counter()
        try:
            status, headers = await client.get(path)
        except (OSError, EOFError):
            tally.broken += 1
            await asyncio.sleep(1)
            continue
        tally.statuses[status] += 1
        if status == 200:
            tally.answered.append(time.perf_counter() - began)
        else:
            await asyncio.sleep(float(headers.get("retry-after", 1)))


async def feel_the_pulse(port: int, until: float, tally: Tally) -> None:
    """Ask ten times a second whether the service lives."""
    client = Client(port)
    while time.perf_counter() < until:
        began = time.perf_counter()
        await client.get("/healthz")
        tally.health.append(time.perf_counter() - began)
        await asyncio.sleep(0.1)


async def load(port: int, questions: list[str], clients: int, seconds: float) -> Tally:
    """What became of so many clients in so many seconds."""
    tally, number, until = Tally(), count(), time.perf_counter() + seconds
    visits = [visit(port, questions, number, until, tally) for _ in range(clients)]
    await asyncio.gather(*visits, feel_the_pulse(port, until, tally))
    return tally


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m bench.load", description="Many visitors at once.")
    parser.add_argument("--index", required=True, help="the library that is served")
    parser.add_argument("--questions", required=True, metavar="QUERIES.jsonl", help="one JSON object with query a line")
    parser.add_argument("--clients", type=int, default=200)
    parser.add_argument("--seconds", type=float, default=20)
    given = parser.parse_args()
    lines = Path(given.questions).read_text("utf-8").splitlines()
    questions = [json.loads(line)["query"] for line in lines if line.strip()]

    with serve(given.index) as (connection, process, _):
        ask(connection, questions[0], "hybrid")
        before = resident(process.pid)
        tally = asyncio.run(load(connection.port, questions, given.clients, given.seconds))
        others = {status: times for status, times in tally.statuses.items() if status not in (200, 503)}
        print(f"{given.clients} clients for {given.seconds:.0f} s")
        print(f"answered      {len(tally.answered) / given.seconds:8.1f} a second   {_spread(tally.answered)}")
        print(f"told to wait  {tally.statuses[503]:8,}   other answers {others or 'none'}, broken {tally.broken}")
        print(f"/healthz      {len(tally.health):8,}   {_spread(tally.health)}")
        print(f"memory        {before:8.0f} MB before, {resident(process.pid):.0f} MB at most")


def _spread(seconds: list[float]) -> str:
    if len(seconds) < 2:
        return "too few to say"
    cuts = statistics.quantiles(seconds, n=100, method="inclusive")
    return f"p50 {cuts[49] * 1000:6.0f} ms   p95 {cuts[94] * 1000:6.0f} ms   p99 {cuts[98] * 1000:6.0f} ms"


if __name__ == "__main__":
    main()
