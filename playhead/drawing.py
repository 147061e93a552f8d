"""An SVG in the making, for the few pictures of numbers that commands draw. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from html import escape


class Drawing:
    """Lines, boxes and words on white, at pixels from the top left; ``str`` of it is the SVG."""

    def __init__(self, title: str, width: int = 720, height: int = 400) -> None:
        self.title = title
        self.width = width
        self.height = height
        self._parts: list[str] = []

    def line(self, start: tuple[float, float], end: tuple[float, float], colour: str, *, width: int = 1) -> None:
        """A straight line."""
        self.path([start, end], colour, width=width)

    def dashes(self, start: tuple[float, float], end: tuple[float, float], colour: str, *, width: int = 1) -> None:
        """A straight line of dashes."""
        self.path([start, end], colour, width=width, style=' stroke-dasharray="5 3"')

    def path(self, points: Sequence[tuple[float, float]], colour: str, *, width: int = 2, style: str = "") -> None:
        """A line through all ``points``."""
        through = " ".join(f"{x:.1f},{y:.1f}" for x, y in points)
        self._parts.append(
            f'<polyline points="{through}" fill="none" stroke="{colour}" stroke-width="{width}"{style}/>'
        )

    def dot(self, centre: tuple[float, float], radius: float, colour: str, says: str = "") -> None:
        """A disc that ``says`` something to whoever points at it."""
        x, y = centre
        told = f"<title>{escape(says)}</title>"
        self._parts.append(f'<circle cx="{x:.1f}" cy="{y:.1f}" r="{radius:.1f}" fill="{colour}">{told}</circle>')

    def box(self, corner: tuple[float, float], width: float, height: float, colour: str) -> None:
        """A filled rectangle from its top left corner."""
        x, y = corner
        self._parts.append(f'<rect x="{x:.1f}" y="{y:.1f}" width="{width:.1f}" height="{height:.1f}" fill="{colour}"/>')

    def write(self, x: float, y: float, text: str, anchor: str = "middle", colour: str = "#000") -> None:
        """Words on a line at ``y``; ``anchor`` says which end of them is at ``x``: start, middle or end."""
        ink = "" if colour == "#000" else f' fill="{colour}"'
        self._parts.append(f'<text x="{x:.1f}" y="{y:.1f}" text-anchor="{anchor}"{ink}>{escape(text)}</text>')

    def __str__(self) -> str:
        return (
            f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {self.width} {self.height}" width="{self.width}" '
            f'height="{self.height}" role="img" font-family="sans-serif" font-size="12">'
            f"<title>{escape(self.title)}</title>"
            f'<rect width="100%" height="100%" fill="#fff"/>{"".join(self._parts)}</svg>\n'
        )
