"""A library copied while it is used, and put back: a folder with library.sqlite and what it must come to.

Either happens whole or not at all: a backup appears by the renaming of a folder that was read back and found whole, and
a library is replaced by the renaming of a file. The indexes are not copied, for they are made from it.
"""

from __future__ import annotations

import hashlib
import json
import os
import shutil
from contextlib import closing
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from itertools import count
from pathlib import Path

from playhead import __version__
from playhead.engines.embedded import database, disk, generations
from playhead.engines.embedded.checking import check_rows
from playhead.engines.embedded.lock import WriterLock
from playhead.engines.embedded.truth import Truth
from playhead.errors import DamagedError, EngineError

LIBRARY = "library.sqlite"
MANIFEST = "manifest.json"


@dataclass(frozen=True, slots=True)
class Backup:
    """What a backup holds, as its manifest says."""

    playhead: str
    version: int
    library: str
    revision: int
    made: str
    episodes: int
    segments: int
    bytes: int
    sha256: str


def back_up(directory: Path, place: Path) -> Backup:
    """Copy the library as it is at one moment, whoever is writing to it, and read the copy back.

    Raises EngineError where ``place`` is taken, DamagedError where the library is not whole, StorageError.
    """
    if os.path.lexists(place):
        raise EngineError(f"{place} exists already; give the backup another name.")
    path = directory / LIBRARY
    with disk.storing(path):
        if not path.is_file():
            raise database.missing(directory)
    making = place.with_name(f"{place.name}.tmp")
    with disk.storing(place):
        shutil.rmtree(making, ignore_errors=True)
        disk.make(place.parent)
        making.mkdir()
        try:
            with closing(Truth(path, writing=False)) as truth:
                truth.copy(making / LIBRARY)
            backup = _describe(making / LIBRARY)
            sealed = {"manifest": asdict(backup), "sha256": _digest(backup)}
            disk.write(making / MANIFEST, json.dumps(sealed, indent=1).encode())
            disk.sync(making)
            making.rename(place)
        except BaseException:
            shutil.rmtree(making, ignore_errors=True)
            raise
        disk.sync(place.absolute().parent)
    return backup


def read(place: Path) -> Backup:
    """What a backup says of itself, held to every byte of it. Raises DamagedError, StorageError."""
    with disk.storing(place / MANIFEST):
        written = (place / MANIFEST).read_bytes()
    try:
        sealed = json.loads(written)
        stated, is_whole = Backup(**sealed["manifest"]), sealed["sha256"] == _digest(Backup(**sealed["manifest"]))
    except (ValueError, KeyError, TypeError) as error:
        raise DamagedError(f"{place / MANIFEST} is damaged ({error}); use another backup.") from error
    if not is_whole:
        raise DamagedError(f"{place / MANIFEST} does not match its checksum; use another backup.")
    database.refuse_unknown(place / LIBRARY, stated.version)
    _compare(place / LIBRARY, stated)
    return stated


def restore(place: Path, directory: Path, *, force: bool = False) -> tuple[Backup, Path | None]:
    """Put a backup in the place of a library and make it findable; where the library that was there is kept.

    The backup is read to the last byte before anything is touched. A service that is running goes over to it by itself.
    Raises EngineError where there is a library and not ``force``, LockedError while somebody writes to it.
    """
    backup = read(place)
    database.make_directory(directory)
    lock = WriterLock(directory)
    lock.take()
    try:
        path, coming = directory / LIBRARY, directory / f"{LIBRARY}.tmp"
        if path.exists() and not force:
            raise EngineError(f"There is a library in {directory}; --force puts it aside and the backup in its place.")
        with disk.storing(directory):
            try:
                shutil.copyfile(place / LIBRARY, coming)
                disk.sync(coming)
                _compare(coming, backup)
                aside = _put_aside(directory) if path.exists() else None
                coming.replace(path)
            except BaseException:
                coming.unlink(missing_ok=True)
                raise
            disk.sync(directory)
            if aside:
                shutil.rmtree(aside / generations.FOLDER, ignore_errors=True)
        with closing(Truth(path, writing=False)) as truth:
            if truth.state().revision:
                generations.publish(directory, truth, 0)
        return backup, aside
    finally:
        lock.release()


def _put_aside(directory: Path) -> Path:
    """Give the library that is there a second name, and take away what the next must not find.

    At every moment ``library.sqlite`` is all of the old library or all of the new: its log is written into it first,
    for SQLite would read an old log into a new file. Its generations go, for two histories share their numbers.
    """
    aside = next(place for number in count(1) if not (place := directory / f"replaced-{number}").exists())
    aside.mkdir()
    database.settle(directory / LIBRARY)
    os.link(directory / LIBRARY, aside / LIBRARY)
    disk.sync(aside)
    if (directory / generations.FOLDER).exists():
        (directory / generations.FOLDER).rename(aside / generations.FOLDER)
    (directory / generations.CURRENT).unlink(missing_ok=True)
    for end in ("-wal", "-shm"):
        if (log := directory / f"{LIBRARY}{end}").exists():
            log.rename(aside / log.name)
    disk.sync(aside)
    disk.sync(directory)  # before the new file comes, and before anything that was put aside is taken away
    return aside


def _describe(path: Path) -> Backup:
    """A copy that nobody uses, read to the last row. Raises DamagedError unless it is whole."""
    with closing(Truth(path, writing=False, alone=True)) as truth:
        for finding in check_rows(truth):
            if not finding.is_whole:
                raise DamagedError(f"{path.name} is not whole: {finding.says}; run {finding.run}.")
        state, (episodes, _, segments) = truth.state(), truth.counts()
    made = datetime.now(UTC).isoformat(timespec="seconds")
    return Backup(
        __version__, database.VERSION, state.library, state.revision, made, episodes, segments, *_measure(path)
    )


def _compare(path: Path, backup: Backup) -> None:
    with disk.storing(path):
        measured = _measure(path)
    if measured != (backup.bytes, backup.sha256):
        raise DamagedError(f"{path} does not match its checksum; use another backup.")


def _measure(path: Path) -> tuple[int, str]:
    with path.open("rb") as file:
        return path.stat().st_size, hashlib.file_digest(file, "sha256").hexdigest()


def _digest(backup: Backup) -> str:
    return hashlib.sha256(json.dumps(asdict(backup), sort_keys=True).encode()).hexdigest()
