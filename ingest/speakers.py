"""Who a label names, and which labels name nobody."""

from __future__ import annotations

import re

_MARKER = re.compile(
    r"(?:the )?(break|jingle|outro|intro|sample|song|clip|audio|sound|music|remix|extract)"
    r"(?: (?:extract|sample|clip))?",
    re.IGNORECASE,
)


def marker(label: str) -> str | None:
    """The kind of break that ``label`` marks, or None where it names somebody who speaks.

    >>> marker("Break"), marker("Song extract"), marker("Clip from JS Party"), marker("Ada Lovelace")
    ('break', 'song', None, None)
    """
    match = _MARKER.fullmatch(label.strip())
    return match[1].casefold() if match else None
