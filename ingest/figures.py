"""What a check of times comes to: errors at percentiles, coverage, by source and by distance, and a picture."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from math import inf

import numpy as np

from ingest.hiding import Told
from playhead.drawing import Drawing

BANDS = (0.0, 15.0, 30.0, 60.0, 120.0, 180.0, 300.0, inf)
"""Seconds to the nearest known time."""

WIDTH, HEIGHT, MARGIN = 720, 400, 56


@dataclass(frozen=True, slots=True)
class Figures:
    """Seconds between stated and told times at three percentiles; ``covered`` is the share within its error.

    ``quarters`` are the 25th and 75th percentiles, ``claimed`` the mean error that was claimed.
    """

    times: int
    median: float
    p90: float
    p95: float
    covered: float
    claimed: float
    quarters: tuple[float, float]


def summarise(told: Sequence[Told]) -> Figures:
    """The figures of at least one time; ValueError for none."""
    if not told:
        raise ValueError("no times were told, so there is nothing to summarise")
    low, median, high, p90, p95 = np.percentile([abs(each.off) for each in told], [25, 50, 75, 90, 95]).tolist()
    claimed = float(np.mean([each.time.error or 0.0 for each in told]))
    covered = float(np.mean([each.is_covered for each in told]))
    return Figures(len(told), median, p90, p95, covered, claimed, (low, high))


def by_source(told: Sequence[Told]) -> dict[str, Figures]:
    """Figures of all written times, of each source there is, of the first after a break, and of captions."""
    cued = [each for each in told if each.is_cue]
    groups = {"all": [each for each in told if not each.is_cue]}
    for source in ("interpolated", "across_break", "extrapolated"):
        groups[source] = [each for each in groups["all"] if each.time.source == source]
    groups["after_break"] = [each for each in groups["all"] if each.after_break]
    groups["captions"] = cued
    return {name: summarise(group) for name, group in groups.items() if group}


def by_distance(told: Sequence[Told]) -> dict[str, Figures]:
    """Figures by how far the nearest known time is."""
    bands: dict[str, Figures] = {}
    for least, most in pairwise(BANDS):
        if band := [each for each in told if least <= each.distance < most]:
            bands[f"{least:.0f}–{most:.0f} s" if most < inf else f"over {least:.0f} s"] = summarise(band)
    return bands


def plot(bands: dict[str, Figures], title: str) -> str:
    """An SVG: for each distance a box of the middle half of the errors, a line to nine of ten, the error claimed."""
    drawing = Drawing(title, WIDTH, HEIGHT)
    top = max(1.0, *(max(each.p90, each.claimed) for each in bands.values())) * 1.05
    step = (WIDTH - 2 * MARGIN) / max(1, len(bands))

    def y(seconds: float) -> float:
        return HEIGHT - MARGIN - seconds / top * (HEIGHT - 2 * MARGIN)

    drawing.write(MARGIN, 24, title, "start")
    drawing.write(MARGIN, 42, "box: middle half; line: nine of ten; dashes: the error claimed", "start")
    spacing = next(each for each in (1, 2, 5, 10, 20, 50, 100, 200, 500, 1000, 10**4) if top / each <= 8)
    for tick in range(0, int(top) + 1, spacing):
        drawing.line((MARGIN, y(tick)), (WIDTH - MARGIN, y(tick)), "#ddd")
        drawing.write(MARGIN - 6, y(tick) + 4, f"{tick} s", "end")
    for number, (name, each) in enumerate(bands.items()):
        middle, half = MARGIN + step * (number + 0.5), step / 4
        left, right = middle - half, middle + half
        low, high = each.quarters
        drawing.line((middle, y(each.p90)), (middle, y(low)), "#1f5f8b", width=2)
        drawing.box((left, y(high)), 2 * half, y(low) - y(high), "#8fbfe0")
        drawing.line((left, y(each.median)), (right, y(each.median)), "#0b2e46", width=2)
        drawing.dashes((left, y(each.claimed)), (right, y(each.claimed)), "#b3541e", width=2)
        drawing.write(middle, HEIGHT - MARGIN + 18, name)
        drawing.write(middle, HEIGHT - MARGIN + 34, f"{each.times:,} times")
    drawing.write(WIDTH / 2, HEIGHT - 6, "distance to the nearest known time")
    return str(drawing)
