"""Every way of writing a transcript down, one file each.

A module in this folder with a ``FORMAT`` is a format: nothing else is edited to add one. Other packages add
theirs through the entry-point group ``playhead.formats``. Chapter formats live in `ingest.chapters` the same way.
"""

from __future__ import annotations

import pkgutil
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from functools import cache
from importlib import import_module
from importlib.metadata import entry_points
from itertools import pairwise
from operator import attrgetter
from pathlib import PurePath
from statistics import median
from typing import Literal

from ingest.front_matter import FRONT_MATTER, Matter, find_matter, read_matter
from ingest.guesses import listed, nearest, traits
from ingest.notices import is_chat
from ingest.reading import Problem, Reading, first_stated
from ingest.scribe import LONGEST_TALK
from ingest.webpages import open_page
from playhead.errors import AmbiguousFormatError, TranscriptError, UnknownFormatError
from playhead.text import words

Role = Literal["transcript", "page", "chapters", "notes", "feed", "feeds"]

_TOO_LONG = "more than anybody says in a week; give each episode its file"
LONGEST_TEXT = 32_000_000
"""Characters of a file with such a transcript and its marks; JSON may time every word, and be as long as files are."""

SLOWEST = 0.05
FASTEST = 500.0
"""Characters in a second, of any script: people say four to twenty, and a wrong unit makes them a thousandth of it."""
FEWEST_PACES = 50
"""So many stretches between times tell; a few may be anything."""

HEAD = 4096
"""How many characters of a file a format may look at to recognise it."""
CHAT = "this is a chat of Zoom, typed and not said; what was said is in a .vtt or meeting_saved_closed_caption.txt"


@dataclass(frozen=True, slots=True)
class Format:
    """One way of writing a transcript or chapters down.

    ``looks_like`` says from the first characters whether the text is written in this format, ``parse`` reads it.
    One that ``looks_at_all`` of a text is shown it whole: HTML may say what it holds behind a head full of scripts.
    Neither touches disk or network. ``parse`` raises TranscriptError, with a line, only when nothing can be read;
    a place that is not understood becomes a Problem of the Reading instead. ``role`` is what such a file is there for;
    ``example`` is the shortest file of its kind, which one that nobody knows is compared with.
    """

    name: str
    title: str
    suffixes: tuple[str, ...]
    looks_like: Callable[[str], bool]
    parse: Callable[[str], Reading]
    role: Role = "transcript"
    example: str = ""
    looks_at_all: bool = False


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


def named(name: str) -> Format:
    """The format of that name. Raises UnknownFormatError with the names there are."""
    for each in known():
        if each.name == name:
            return each
    raise UnknownFormatError(f"there is no format {name}; there are {', '.join(each.name for each in known())}")


@dataclass(frozen=True, slots=True)
class Verdict:
    """The format a text is written in, and ``rivals``: others that claim it, ruled out by its file's name."""

    format: Format
    rivals: tuple[Format, ...] = ()

    @property
    def is_certain(self) -> bool:
        """Does no other format claim the text?"""
        return not self.rivals


def recognise(text: str, path: str) -> Format:
    """The one format that ``text`` is written in; raises as `weigh` does."""
    return weigh(text, path).format


def weigh(text: str, path: str) -> Verdict:
    """The one format that ``text`` is written in; the file's suffix decides between two that both could be.

    Below front matter, the text says what it is; where it is in no format, the front matter itself may say enough.
    Raises UnknownFormatError naming the nearest guesses, AmbiguousFormatError naming all who claim it,
    TranscriptError for a text without a single character to read.
    """
    if not text.strip("\ufeff \t\r\n\f\v"):
        raise TranscriptError("this file is empty; put the transcript into it or take it away", path)
    matter = _front_matter(text, path)
    body = text[matter.body :] if matter else text
    head = body[:HEAD]
    if is_chat(head):
        raise UnknownFormatError(CHAT, path)
    claims = [each for each in known() if each.looks_like(body if each.looks_at_all else head)]
    if not claims and matter:
        claims = [each for each in known() if each.name == FRONT_MATTER and each.looks_like(text)]
    if not claims and (page := open_page(body)) and page.missing:
        raise UnknownFormatError(page.missing, path)
    if not claims:
        raise UnknownFormatError(f"this is in no format that is known; {_guesses(text, path)}", path)
    suffix = PurePath(path).suffix.casefold()
    left = [each for each in claims if suffix in each.suffixes] or claims
    if len(left) > 1:
        names = " and ".join(each.name for each in left)
        raise AmbiguousFormatError(f"this could be {names}; {_endings(left)} at the end of its name decides", path)
    return Verdict(left[0], tuple(each for each in claims if each is not left[0]))


def read(text: str, path: str) -> Reading:
    """``text`` in whatever format it is written in. Errors and problems name ``path``.

    Raises TranscriptError when nothing can be read, or when a transcript holds not a single word.
    """
    return read_as(recognise(text, path), text, path)


def read_as(chosen: Format, text: str, path: str) -> Reading:
    """``text`` as ``chosen`` reads it; raises as `read` does. Front matter states facts, and is none of the text."""
    if len(text) > LONGEST_TEXT and chosen.role == "transcript" and not text.startswith(("{", "[")):
        raise TranscriptError(f"this text is {_millions(text)}, {_TOO_LONG}", path)
    matter = _front_matter(text, path)
    stated = read_matter(matter) if matter else Reading(chosen.name)
    try:
        reading = chosen.parse(matter.taken_out() if matter else text)
    except TranscriptError as error:
        raise type(error)(error.message, path, error.line) from error
    if reading.transcript is not None and len(reading.transcript.text) > LONGEST_TALK:
        raise TranscriptError(f"this has {_millions(reading.transcript.text)}, {_TOO_LONG}", path)
    if reading.transcript is not None and not words(reading.transcript.text):
        raise TranscriptError(f"there is not one spoken word in this {chosen.name} transcript", path)
    return replace(
        reading,
        facts=first_stated([stated.facts, reading.facts]),
        chapters=stated.chapters or reading.chapters,
        problems=tuple(
            replace(problem, path=path)
            for problem in (*stated.problems, *reading.problems, *_odd_pace(reading), *_damage(text))
        ),
    )


def _odd_pace(reading: Reading) -> Iterator[Problem]:
    """Times in another unit than they are read in: whole sentences in no time, or hours for a few words."""
    stamps = reading.transcript.stamps if reading.transcript else ()
    paces = [
        (after.at - before.at) / (after.seconds - before.seconds)
        for before, after in pairwise(stamps)
        if after.at > before.at and after.seconds > before.seconds
    ]
    pace = median(paces) if len(paces) >= FEWEST_PACES else None
    if pace is not None and not SLOWEST < pace < FASTEST:
        said = f"by these times {pace * 60:.3g} characters are said in a minute; are they in another unit?"
        yield Problem(said, stamps[0].line)


def _damage(text: str) -> Iterator[Problem]:
    """Characters that were lost before the file came here."""
    damaged = text.count("\ufffd")
    if damaged:
        line = text.count("\n", 0, text.index("\ufffd")) + 1
        yield Problem(f"this is damaged ({damaged} characters in all); save it as UTF-8 again", line)


def _millions(text: str) -> str:
    return f"{len(text) / 1e6:.0f} million characters"


def _front_matter(text: str, path: str) -> Matter | None:
    try:
        return find_matter(text)
    except TranscriptError as error:
        raise TranscriptError(error.message, path, error.line) from error


def _guesses(text: str, path: str) -> str:
    """What a text is nearest to, and what it would take; by its name alone only where nothing in it tells."""
    best = nearest(text, [(each.name, each.example) for each in known() if each.example])[:2]
    if best:
        shown = " / ".join(filter(None, best[0].example.split("\n")))
        return f"nearest is {', or '.join(map(str, best))}; {best[0].name} is written so: {shown}"
    suffix = PurePath(path).suffix.casefold()
    near = [each.name for each in known() if suffix in each.suffixes]
    named = (
        f"files ending in {suffix} can be {', '.join(near)}" if near else f"what can be read ends in {_all_endings()}"
    )
    found = sorted(traits(text))
    held = (
        f"it has {listed(found)}, as none has" if found else "it has no times, no names before the words, no captions"
    )
    return f"{held}; {named}"


def _all_endings() -> str:
    return ", ".join(sorted({suffix for each in known() for suffix in each.suffixes}))


def _endings(formats: list[Format]) -> str:
    return " or ".join(suffix for each in formats for suffix in each.suffixes[:1])
