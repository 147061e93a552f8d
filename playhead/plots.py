"""The picture of a run: whether confidence is what it says, and how soon the right passage comes. Pure."""

from __future__ import annotations

import math
from collections.abc import Sequence
from itertools import pairwise

from playhead.drawing import Drawing
from playhead.measures import Bin

WIDTH, HEIGHT = 820, 450
SIDE = 300
TOP = 64
COLOURS = ("#1f5f8b", "#b3541e")


def plot(
    title: str, reliability: Sequence[tuple[str, Sequence[Bin]]], curves: Sequence[tuple[str, Sequence[float]]]
) -> str:
    """An SVG: on the left a reliability diagram, on the right success@1 to success@10 where there are ``curves``.

    Each is given as names with what belongs to them, two at most. The diagonal is where confidence is true; the size of
    a dot tells how many claims it stands for.
    """
    drawing = Drawing(title, WIDTH if curves else WIDTH // 2, HEIGHT)
    drawing.write(56, 24, title, "start")
    _frame(drawing, 56, "confidence said", [f"{tick / 5:.1f}" for tick in range(6)])
    drawing.dashes(_at(56, 0, 0), _at(56, 1, 1), "#999")
    for number, (name, bins) in enumerate(reliability):
        colour = COLOURS[number]
        claims = sum(each.count for each in bins)
        dots = [
            (_at(56, each.said, each.right), each) for each in bins if each.said is not None and each.right is not None
        ]
        for (start, _), (end, _) in pairwise(dots):
            drawing.line(start, end, colour, width=2)
        for place, each in dots:
            says = f"{each.count} of {claims}: said {each.said:.2f}, right {each.right:.2f}"
            drawing.dot(place, 3 + 7 * math.sqrt(each.count / claims), colour, says)
        drawing.write(56, TOP + SIDE + 56 + 16 * number, name, "start", colour)
    drawing.write(56, 48, "share that is right", "start")
    if not curves:
        return str(drawing)
    left = WIDTH - 40 - SIDE
    _frame(drawing, left, "within the first", [str(depth) for depth in range(1, 11)])
    for number, (name, shares) in enumerate(curves):
        points = [_at(left, place / max(1, len(shares) - 1), share) for place, share in enumerate(shares)]
        drawing.path(points, COLOURS[number])
        for place, share in zip(points, shares, strict=True):
            drawing.dot(place, 3, COLOURS[number], f"{share:.3f}")
        drawing.write(left, TOP + SIDE + 56 + 16 * number, name, "start", COLOURS[number])
    drawing.write(left, 48, "share of questions whose right passage is there", "start")
    return str(drawing)


def _at(left: float, along: float, up: float) -> tuple[float, float]:
    """The place of two shares, 0 to 1, in the square that begins at ``left``."""
    return left + along * SIDE, TOP + (1 - up) * SIDE


def _frame(drawing: Drawing, left: float, below: str, ticks: Sequence[str]) -> None:
    for tick in range(6):
        drawing.line(_at(left, 0, tick / 5), _at(left, 1, tick / 5), "#ddd")
        drawing.write(left - 6, _at(left, 0, tick / 5)[1] + 4, f"{tick / 5:.1f}", "end")
    for number, label in enumerate(ticks):
        drawing.write(_at(left, number / (len(ticks) - 1), 0)[0], TOP + SIDE + 18, label)
    drawing.write(left + SIDE / 2, TOP + SIDE + 38, below)
