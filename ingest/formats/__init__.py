"""Every way of writing a transcript down, one file each.

A module in this folder with a ``FORMAT`` is a format: nothing else is edited to add one. Other packages add
theirs through the entry-point group ``playhead.formats``. Chapter formats live in `ingest.chapters` the same way.
"""

from __future__ import annotations

import pkgutil
from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import cache
from importlib import import_module
from importlib.metadata import entry_points
from operator import attrgetter
from pathlib import PurePath
from typing import Literal

from ingest.reading import Reading
from playhead.errors import AmbiguousFormatError, TranscriptError, UnknownFormatError
from playhead.text import words

Role = Literal["transcript", "page", "chapters", "feed"]

HEAD = 4096
"""How many characters of a file a format may look at to recognise it."""


@dataclass(frozen=True, slots=True)
class Format:
    """One way of writing a transcript or chapters down.

    ``looks_like`` says from the first characters whether the text is written in this format, ``parse`` reads it.
    Neither touches disk or network. ``parse`` raises TranscriptError, with a line, only when nothing can be read;
    a place that is not understood becomes a Problem of the Reading instead. ``role`` is what such a file is there for.
    """

    name: str
    title: str
    suffixes: tuple[str, ...]
    looks_like: Callable[[str], bool]
    parse: Callable[[str], Reading]
    role: Role = "transcript"


@cache
def known() -> tuple[Format, ...]:
    """Every format there is, by name."""
    import ingest.chapters

    found: list[Format] = [
        import_module(f"{package.__name__}.{module.name}").FORMAT
        for package in (import_module(__name__), ingest.chapters)
        for module in pkgutil.iter_modules(package.__path__)
        if not module.name.startswith("_")
    ]
    found.extend(point.load() for point in entry_points(group="playhead.formats"))
    return tuple(sorted(found, key=attrgetter("name")))


def recognise(text: str, path: str) -> Format:
    """The one format that ``text`` is written in; the file's suffix decides between two that both could be.

    Raises UnknownFormatError naming the nearest guesses, AmbiguousFormatError naming all who claim it,
    TranscriptError for a text without a single character to read.
    """
    if not text.strip("\ufeff \t\r\n\f\v"):
        raise TranscriptError("this file is empty; put the transcript into it or take it away", path)
    head = text[:HEAD]
    suffix = PurePath(path).suffix.casefold()
    claims = [each for each in known() if each.looks_like(head)]
    if len(claims) > 1:
        claims = [each for each in claims if suffix in each.suffixes] or claims
    if len(claims) > 1:
        names = " and ".join(each.name for each in claims)
        raise AmbiguousFormatError(f"this could be {names}; {_endings(claims)} at the end of its name decides", path)
    if not claims:
        near = [each for each in known() if suffix in each.suffixes] or list(known())
        guesses = ", ".join(f"{each.name} ({each.title})" for each in near[:4])
        raise UnknownFormatError(f"this is in no format that is known; nearest by its name: {guesses}", path)
    return claims[0]


def read(text: str, path: str) -> Reading:
    """``text`` in whatever format it is written in. Errors and problems name ``path``.

    Raises TranscriptError when nothing can be read, or when a transcript holds not a single word.
    """
    chosen = recognise(text, path)
    try:
        reading = chosen.parse(text)
    except TranscriptError as error:
        raise type(error)(error.message, path, error.line) from error
    if reading.transcript is not None and not words(reading.transcript.text):
        raise TranscriptError(f"there is not one spoken word in this {chosen.name} transcript", path)
    return replace(reading, problems=tuple(replace(problem, path=path) for problem in reading.problems))


def _endings(formats: list[Format]) -> str:
    return " or ".join(suffix for each in formats for suffix in each.suffixes[:1])
