"""A disk as a power cut may leave it: what was synced is there, and of the rest any part, in any order.

A file and the names in a folder are synced each for itself. Without it a name may be there and not what the file holds,
a later write and not the one before, and of one write some sectors; a rename is there or not, never half of it. Two
things are taken to be true of every disk, as SQLite does (sqlite.org/psow.html): what a sync that returned has covered
is kept, and a write changes no byte beside those it writes.
"""

from __future__ import annotations

import random
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path

SECTOR = 512


@dataclass(frozen=True, slots=True)
class Written:
    """Bytes that were put into a file, ``at`` that offset."""

    file: int
    at: int
    data: bytes


@dataclass(frozen=True, slots=True)
class Sized:
    """A file cut, or lengthened with zeros."""

    file: int
    size: int


@dataclass(frozen=True, slots=True)
class Named:
    """What names in folders stand for from now on, or that they are gone (None): all of it at one moment."""

    names: tuple[tuple[int, str, int | None], ...]


@dataclass(frozen=True, slots=True)
class Synced:
    """What the first ``since`` events did to a file, or to the names in a folder, is on the disk."""

    node: int
    since: int


@dataclass(frozen=True, slots=True)
class Said:
    """A line that somebody was told: from now on it has to be true."""

    line: str


Change = Written | Sized | Named
Event = Change | Synced | Said


@dataclass(frozen=True, slots=True)
class Recording:
    """What a folder held, all of it synced, and what was done there since, in order.

    Files and folders are numbered; ``folders`` say what each name in them stands for, and 0 is the one that was
    watched. ``shared`` files are written through memory, unseen.
    """

    files: Mapping[int, bytes]
    folders: Mapping[int, Mapping[str, int]]
    shared: frozenset[int]
    events: Sequence[Event]

    def said(self, moment: int) -> list[str]:
        """All that was told before the event of that number."""
        return [event.line for event in self.events[:moment] if isinstance(event, Said)]


class Disk:
    """What a folder holds, as changes are made to it."""

    def __init__(self, recording: Recording) -> None:
        self._shared = recording.shared
        self._files = {number: bytearray(data) for number, data in recording.files.items()}
        self._folders = {number: dict(names) for number, names in recording.folders.items()}

    def change(self, change: Change, stale: bytes = b"\0") -> None:
        """``stale`` is what lies where a file grows, again and again, and nothing is written."""
        match change:
            case Written(file, at, data):
                self._grow(file, at, stale)
                self._files[file][at : at + len(data)] = data
            case Sized(file, size):
                self._grow(file, size, stale)
                del self._files[file][size:]
            case Named(names):
                for folder, name, number in names:
                    self._folders[folder].pop(name, None)
                    if number is not None:
                        self._folders[folder][name] = number

    def lay(self, place: Path, chance: random.Random, folder: int = 0) -> None:
        """As a new folder."""
        place.mkdir()
        for name, number in self._folders[folder].items():
            if number in self._folders:
                self.lay(place / name, chance, number)
            else:
                data = self._files.get(number, b"")
                (place / name).write_bytes(chance.randbytes(len(data)) if number in self._shared else data)

    def _grow(self, file: int, size: int, stale: bytes) -> None:
        data = self._files.setdefault(file, bytearray())
        missing = size - len(data)
        data += (stale * (missing // len(stale) + 1))[: max(0, missing)]


def killed(recording: Recording, moment: int) -> Disk:
    """With all that was done: what is found by whoever comes after a process that was killed there."""
    disk = Disk(recording)
    for _, change in _changes(recording, moment):
        disk.change(change)
    return disk


def dark(recording: Recording, moment: int) -> Disk:
    """With nothing that was not synced."""
    disk = Disk(recording)
    synced = _synced(recording, moment)
    for at, change in _changes(recording, moment):
        if _is_kept(at, change, synced):
            disk.change(change)
    return disk


def torn(recording: Recording, moment: int, chance: random.Random) -> Disk:
    """With all that was synced, and of the rest what chance leaves of it."""
    disk = Disk(recording)
    synced = _synced(recording, moment)
    names_are_ordered = chance.random() < 0.5  # as a journal keeps them
    share, end = chance.choice((0.1, 0.5, 0.9)), chance.randrange(moment + 1)
    stale = chance.choice((b"\0", chance.randbytes(SECTOR)))
    ways: dict[int, tuple[str, int]] = {}
    for at, change in _changes(recording, moment):
        if _is_kept(at, change, synced):
            disk.change(change)
        elif isinstance(change, Named):
            if at < end if names_are_ordered else chance.random() < share:
                disk.change(change)
        else:
            way, until = ways.setdefault(
                change.file, (chance.choice(("none", "all", "first", "any")), chance.randrange(moment + 1))
            )
            if way == "all" or (way == "first" and at < until):
                disk.change(change, stale)
            elif way == "any" or (way == "first" and at == until):
                for piece in _some(change, chance):
                    disk.change(piece, stale)
    return disk


def _some(change: Written | Sized, chance: random.Random) -> Iterator[Written | Sized]:
    """Any sectors of a write, or its first ones; a size is there or not."""
    if isinstance(change, Sized):
        yield from [change] if chance.random() < 0.5 else []
        return
    end = change.at + len(change.data)
    cuts = [change.at, *range((change.at // SECTOR + 1) * SECTOR, end, SECTOR), end]
    reached = chance.choice((None, chance.randrange(len(cuts))))
    for number, (first, last) in enumerate(pairwise(cuts)):
        if chance.random() < 0.5 if reached is None else number < reached:
            yield Written(change.file, first, change.data[first - change.at : last - change.at])


def _changes(recording: Recording, moment: int) -> Iterator[tuple[int, Change]]:
    for at, event in enumerate(recording.events[:moment]):
        if isinstance(event, Written | Sized | Named):
            yield at, event


def _synced(recording: Recording, moment: int) -> dict[int, int]:
    """How many events each file and folder has on the disk."""
    synced: dict[int, int] = {}
    for event in recording.events[:moment]:
        if isinstance(event, Synced):
            synced[event.node] = max(event.since, synced.get(event.node, 0))
    return synced


def _is_kept(at: int, change: Change, synced: Mapping[int, int]) -> bool:
    """A rename from one folder to another is kept for certain when both are synced."""
    nodes = [folder for folder, *_ in change.names] if isinstance(change, Named) else [change.file]
    return all(at < synced.get(node, 0) for node in nodes)
