"""What a library of so many segments takes on PostgreSQL: computed from what was measured, printed as a table.

python -m bench.capacity

Everything grows with the number of segments but the time of a search, which grows with its logarithm as long as the
index of meanings is in memory; so what is computed here is when it is not any more, and how long the work takes.
"""

from __future__ import annotations

from dataclasses import dataclass

SIZES = tuple(10**power for power in range(5, 10))
GB, HOUR, DAY = 10**9, 3600.0, 86_400.0


@dataclass(frozen=True, slots=True)
class Measured:
    """Of a million made-up segments (`bench/engines.py`), of the index of 114,417 real ones, of embedding (README)."""

    disk: float
    meanings: float
    put: float
    indexed: float
    embedded: float = 76.0

    node: float = 64 * GB
    """Memory of one server, three quarters of it for what is searched."""


@dataclass(frozen=True, slots=True)
class Needs:
    """What ``segments`` take: bytes, seconds of one worker or server, and servers whose memory holds the index."""

    segments: int
    disk: float
    memory: float
    embedding: float
    loading: float
    indexing: float
    servers: int


def needs(segments: int, measured: Measured) -> Needs:
    memory = segments * measured.meanings
    return Needs(
        segments,
        segments * measured.disk,
        memory,
        segments / measured.embedded,
        segments / measured.put,
        segments / measured.indexed,
        max(1, -int(-memory // (0.75 * measured.node))),
    )


def row(need: Needs) -> str:
    return (
        f"| {need.segments:,} | {need.disk / GB:,.1f} | {need.memory / GB:,.1f} | {spell(need.embedding)} | "
        f"{spell(need.loading)} | {spell(need.indexing)} | {need.servers} |"
    )


def spell(seconds: float) -> str:
    """A length of time in the unit that suits it."""
    if seconds < 120:
        return f"{seconds:,.0f} s"
    if seconds < 2 * HOUR:
        return f"{seconds / 60:,.0f} min"
    return f"{seconds / HOUR:,.0f} h" if seconds < 2 * DAY else f"{seconds / DAY:,.0f} days"


HEAD = (
    "| segments | disk, GB | index of meanings, GB | embedding, one worker | putting, one writer | "
    "indexes, one server | servers of 64 GB |\n|---|---|---|---|---|---|---|"
)
MEASURED = Measured(disk=15_100.0, meanings=1_212.0, put=15_300.0, indexed=1_210.0)


def table(measured: Measured = MEASURED) -> str:
    return "\n".join([HEAD, *(row(needs(size, measured)) for size in SIZES)])


if __name__ == "__main__":
    print(table())
