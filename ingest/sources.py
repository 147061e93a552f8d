"""One episode as it lies on disk or was fetched: its files, what is stated of it, and what they say."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Iterable, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass, field, replace
from pathlib import Path

from ingest import files, sandbox
from ingest.feeds import Item
from ingest.files import Role, read_bytes, read_text, stem_of
from ingest.front_matter import find_matter, read_matter
from ingest.reading import Facts, Problem, Reading, first_stated
from ingest.sheets import read_sheet
from ingest.sound import can_be_read, heard, read_sound
from playhead.errors import InputError, TranscriptError
from playhead.text import clean, slug

READER_VERSION = 4
"""Counted up when files are read better than before, so that the next ingest reads them again."""


@dataclass(frozen=True, slots=True)
class File:
    """A file of an episode, and what it is there for. ``instead`` are to be read, in turn, where it cannot be.

    ``format`` is the name of the one it is stated to be in; None where that is seen from the file.
    """

    path: Path
    role: Role
    instead: tuple[Path, ...] = ()
    format: str | None = None


@dataclass(frozen=True, slots=True)
class Source:
    """One episode as it lies on disk. ``title`` is for want of a better one; ``sheet`` is what its episode.toml states.

    What a feed states of it goes after the sheet; ``feed`` are the chapters that stand in the feed itself.
    ``fingerprint`` changes when the name or content of a file does, or when Playhead has learned to read better.
    """

    episode_id: str
    podcast: str
    podcast_title: str
    title: str
    parts: tuple[File, ...]
    sheet: Facts
    fingerprint: str
    feed: Reading | None = None
    addresses: Mapping[Path, str] = field(default_factory=dict)
    """Where files that were fetched lie: what a person knows them by."""
    place: str = ""
    """What a person knows it by where it has no file of its own."""

    @property
    def files(self) -> tuple[Path, ...]:
        """Everything the episode is made from, the transcript first."""
        return tuple(part.path for part in self.parts)

    @property
    def has_words(self) -> bool:
        """Whether what is said is among its files. Where it is not, the episode waits for a transcript."""
        return any(part.role in ("transcript", "page") for part in self.parts)

    @property
    def audio(self) -> Path | None:
        """The episode's sound, where it lies beside the transcript."""
        return next((part.path for part in self.parts if part.role == "audio"), None)

    @property
    def name(self) -> str:
        """The path or the address a person knows it by."""
        return self.called(self.parts[0].path) if self.parts else self.place

    def called(self, path: Path) -> str:
        """What to call one of its files."""
        return self.addresses.get(path, str(path))


@dataclass(frozen=True, slots=True)
class Unreadable:
    """A file that no episode can be made of, and why."""

    path: Path
    error: InputError

    @property
    def name(self) -> str:
        """The path a person knows it by."""
        return str(self.path)


def episode(
    parts: list[File],
    podcast: str | None,
    show: str,
    name: str | None = None,
    item: Item | None = None,
    addresses: Mapping[Path, str] | None = None,
    place: str = "",
) -> Source | Unreadable:
    """The episode of ``parts``, transcript or page first; ``item`` is what a feed says of it, at ``place``.

    ``podcast`` names the show, else what is stated does, else ``show``; ``name`` or else the first file's names it.
    """
    title = clean(name or stem_of(parts[0].path))
    stated = [item.facts] if item else []
    try:
        sheets = [read_sheet(part.path) for part in parts if part.role == "sheet"]
        sheet = first_stated([*(each.reading.facts for each in sheets), *stated])
        fingerprint = _fingerprint(parts, item)
    except InputError as error:
        return Unreadable(parts[0].path, error)
    podcast_title = clean(podcast or sheet.podcast_title or _podcast_in_front(parts) or show)
    return Source(
        episode_id=f"{slug_of(podcast_title)}/{slug_of(next((each.id for each in sheets if each.id), title))}",
        podcast=slug_of(podcast_title),
        podcast_title=podcast_title,
        title=title,
        parts=tuple(parts),
        sheet=sheet,
        fingerprint=fingerprint,
        feed=Reading("rss", chapters=item.chapters, problems=item.problems) if item else None,
        addresses=addresses or {},
        place=place,
    )


def _podcast_in_front(parts: list[File]) -> str | None:
    """The show that the front matter of a file names. What is wrong with a file is said when it is read."""
    for part in parts:
        if part.role in ("transcript", "notes"):
            with suppress(InputError):
                matter = find_matter(read_text(part.path))
                named = read_matter(matter).facts.podcast_title if matter else None
                if named:
                    return named
    return None


def read(source: Source) -> tuple[Reading, ...]:
    """What every text of the episode says, its sheet first. Raises TranscriptError naming the file and the line."""
    sheets = [read_sheet(part.path).reading for part in source.parts if part.role == "sheet"]
    readings = [_read_part(part, source) for part in source.parts if part.role not in ("audio", "sheet")]
    sounds = [heard(sound) for part in source.parts if part.role == "audio" and (sound := read_sound(part.path))]
    return (*sheets, *readings, *sounds, source.feed) if source.feed else (*sheets, *readings, *sounds)


def _read_part(part: File, source: Source) -> Reading:
    """The first of its files that can be read; of those passed over, a Problem each. Fetched ones go to the sandbox."""
    read_file = sandbox.read_file if source.addresses else files.read_file
    called = source.called
    passed_over: list[Problem] = []
    path, *others = part.path, *part.instead
    while others:
        try:
            reading = read_file(path, called(path), part.format)
        except InputError as error:
            message, line = (error.message, error.line) if isinstance(error, TranscriptError) else (str(error), None)
            passed_over.append(Problem(f"{message}; {others[0].name} is read instead", line, called(path)))
            path, *others = others
        else:
            break
    else:
        reading = read_file(path, called(path), part.format)
    return replace(reading, problems=(*passed_over, *reading.problems))


def refuse_namesakes(found: Iterable[Source | Unreadable]) -> Iterator[Source | Unreadable]:
    """One run never puts an episode in another's place: season1/ep1.md and season2/ep1.md of one show are two.

    A file that is given twice is still one episode, and so is an item that stands in its feed twice. So is one that one
    place has a transcript of, and another not.
    """
    taken: dict[tuple[str, bool], Source] = {}
    for each in found:
        if isinstance(each, Unreadable):
            yield each
            continue
        first = taken.setdefault((each.episode_id, each.has_words), each)
        if first is each or _are_one(first, each):
            yield each
        else:
            error = TranscriptError(f"its name is as good as that of {first.name}; rename one of them", each.name)
            yield Unreadable(Path(each.name), error)


def _are_one(one: Source, other: Source) -> bool:
    if one.feed and other.feed and one.fingerprint == other.fingerprint:
        return True
    return not {path.resolve() for path in one.files}.isdisjoint(path.resolve() for path in other.files)


def importance(part: File) -> int:
    return ("transcript", "page", "chapters", "notes", "sheet", "audio", "feed", "feeds").index(part.role)


def _fingerprint(parts: list[File], item: Item | None) -> str:
    """SHA-256 over what was read and how. Sound is known by where it lies, its size and its age: it is never hashed."""
    digest = hashlib.sha256(f"reader {READER_VERSION}".encode())
    if item:
        digest.update(repr((item.facts, item.chapters)).encode())
    for part in parts:
        for path in (part.path, *part.instead):
            data = _whereabouts(path) if part.role == "audio" else read_bytes(path)
            for piece in (path.name.encode("utf-8", "surrogateescape"), data):
                digest.update(len(piece).to_bytes(8, "big"))
                digest.update(piece)
    return digest.hexdigest()


def _whereabouts(sound: Path) -> bytes:
    """Where a file lies, so that moving an archive and reading it again mends its links, its size, and its age.

    Taggers leave the size as it is. What can be read of sound once the extra is installed is new as well.
    """
    status = sound.stat()
    return b"%s %d %d %d" % (os.fsencode(sound.resolve()), status.st_size, status.st_mtime_ns, can_be_read())


def slug_of(text: str) -> str:
    """A name no Latin letter is in still makes an id of its own."""
    return slug(text, fallback=hashlib.sha256(text.encode("utf-8", "surrogateescape")).hexdigest()[:12])
