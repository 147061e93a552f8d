"""Every way of writing a transcript down, one file each.

A module in this folder with a ``FORMAT`` is a format: nothing else is edited to add one. Other packages add
theirs through the entry-point group ``playhead.formats``. Chapter formats live in `ingest.chapters` the same way.
"""

from __future__ import annotations

import pkgutil
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from importlib import import_module
from importlib.metadata import entry_points
from pathlib import PurePath

from ingest.reading import Reading
from playhead.errors import AmbiguousFormatError, UnknownFormatError

HEAD = 4096
"""How many characters of a file a format may look at to recognise it."""


@dataclass(frozen=True, slots=True)
class Format:
    """One way of writing a transcript or chapters down.

    ``looks_like`` says from the first characters whether the text is written in this format, ``parse`` reads it.
    Neither touches disk or network. ``parse`` raises TranscriptError, with a line, only when nothing can be read;
    a place that is not understood becomes a Problem of the Reading instead.
    """

    name: str
    title: str
    suffixes: tuple[str, ...]
    looks_like: Callable[[str], bool]
    parse: Callable[[str], Reading]


@cache
def known() -> tuple[Format, ...]:
    """Every format there is, by name."""
    import ingest.chapters

    found: list[Format] = []
    for package in (import_module(__name__), ingest.chapters):
        for module in pkgutil.iter_modules(package.__path__):
            if not module.name.startswith("_"):
                found.append(import_module(f"{package.__name__}.{module.name}").FORMAT)
    found.extend(point.load() for point in entry_points(group="playhead.formats"))
    return tuple(sorted(found, key=lambda format: format.name))


def recognise(text: str, path: str) -> Format:
    """The one format that ``text`` is written in.

    Raises UnknownFormatError naming the nearest guesses, or AmbiguousFormatError naming all who claim it.
    """
    head = text[:HEAD]
    suffix = PurePath(path).suffix.casefold()
    claims = [format for format in known() if format.looks_like(head)]
    if len(claims) > 1:
        claims = [format for format in claims if suffix in format.suffixes] or claims
    if len(claims) > 1:
        names = " and ".join(format.name for format in claims)
        raise AmbiguousFormatError(f"this could be {names}; name the file after one of them to decide", path)
    if not claims:
        near = [format for format in known() if suffix in format.suffixes] or list(known())
        guesses = ", ".join(f"{format.name} ({format.title})" for format in near[:4])
        raise UnknownFormatError(f"this is in no format that is known; nearest by its name: {guesses}", path)
    return claims[0]
