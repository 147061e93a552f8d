"""Seconds that work takes, and how many of them there are."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from time import perf_counter


def clock(work: Callable[[], object]) -> float:
    """Seconds ``work`` takes."""
    began = perf_counter()
    work()
    return perf_counter() - began


def spread(seconds: Sequence[float]) -> str:
    """The 50th and the 95th percentile, in milliseconds."""
    ordered = sorted(seconds)
    middle, late = (ordered[int(len(ordered) * share)] * 1000 for share in (0.5, 0.95))
    return f"p50 {middle:6.1f} ms, p95 {late:6.1f} ms"
