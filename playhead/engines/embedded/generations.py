"""Generations: the indexes made from one revision of the truth, each complete, checked and never changed.

Published so that a kill or a power cut at any point leaves a generation that opens: files are written and synced in
``<n>.tmp``, described by a sealed manifest, renamed, read back, and only then named in ``CURRENT``. The one before is
kept. Checksums and syncs are two separate defences; either alone was enough in every enumerated state of a
power cut, and FAISS loads a quarter of all damaged files without a word (research: D1, D2, D10).
"""

from __future__ import annotations

import hashlib
import json
import shutil
from collections.abc import Iterable, Iterator
from dataclasses import asdict, dataclass
from itertools import groupby
from pathlib import Path
from typing import Any

from playhead.engine import Model
from playhead.engines.embedded import disk, meaning
from playhead.engines.embedded.meaning import Meaning
from playhead.engines.embedded.rows import Gatherer, Rows
from playhead.engines.embedded.truth import Entry, State, Truth
from playhead.engines.embedded.words import Words, WordsWriter
from playhead.engines.terms import SPONSOR, Analyzer, nearby
from playhead.errors import DamagedError, StorageError
from playhead.text import ANALYSIS

SCHEMA = 1
FOLDER = "generations"
CURRENT = "CURRENT"
MANIFEST = "manifest.json"
COLUMNS = "rows.npz"
NAMES = "names.json"
MEANING = "meaning.faiss"
WORDS = "words"
BATCH = 4096


@dataclass(frozen=True, slots=True)
class Generation:
    """One immutable set of indexes, opened. ``number`` 0 is the empty one, which has no files."""

    number: int
    revision: int
    model: Model | None
    rows: Rows
    meaning: Meaning | None = None
    words: Words | None = None


def empty() -> Generation:
    gathered = Gatherer()
    return Generation(0, 0, None, Rows(gathered.columns(), gathered.names()))


def current(directory: Path) -> int | None:
    """The generation ``CURRENT`` names; None when there is none, or it names nothing. StorageError if unreadable."""
    with disk.storing(directory / CURRENT):
        try:
            named = (directory / CURRENT).read_text("ascii").strip()
        except (FileNotFoundError, UnicodeDecodeError):
            return None
    return int(named) if named.isdecimal() else None


def kept(directory: Path) -> list[int]:
    """The numbers taken on the disk, newest first. StorageError if they cannot be listed."""
    folder = directory / FOLDER
    with disk.storing(folder):
        names = [path.name for path in folder.iterdir()] if folder.is_dir() else []
    return sorted((int(name) for name in names if name.isdecimal()), reverse=True)


def open_generation(directory: Path, number: int, library: str) -> Generation:
    """Generation ``number``, every byte of it checked first.

    Raises DamagedError naming the file that does not match, StorageError when the files cannot be reached.
    """
    folder = directory / FOLDER / str(number)
    try:
        with disk.storing(folder):
            manifest = _read_manifest(folder, library)
            held = _read_files(folder, manifest["files"])
            model, rows = Model(**manifest["model"]), Rows(held[COLUMNS], held[NAMES])
            vectors = Meaning(held[MEANING], rows.numbers, model.dimension)
            return Generation(number, manifest["revision"], model, rows, vectors, Words(folder / WORDS, rows.numbers))
    except StorageError as error:
        if not isinstance(error.__cause__, FileNotFoundError):
            raise
        raise DamagedError(f"generation {number} is damaged: {error.__cause__.filename} is missing") from error
    except (ValueError, KeyError, TypeError) as error:
        raise DamagedError(f"generation {number} is damaged: {error}") from error


def publish(directory: Path, truth: Truth, previous: int) -> Generation:
    """Make the newest revision of the truth findable, and keep generation ``previous`` beside it.

    The caller holds the writer's lock. Raises StorageError, with ``CURRENT`` and its generation as they were.
    """
    number = max([0, *kept(directory)]) + 1
    folder = directory / FOLDER
    making = folder / f"{number}.tmp"
    with disk.storing(directory):
        _sweep(folder, {current(directory), previous})
        (making / WORDS).mkdir(parents=True)
        try:
            library = _build(making, truth)
            making.rename(folder / str(number))
        except BaseException:
            shutil.rmtree(making, ignore_errors=True)
            raise
        disk.sync(folder)
        disk.sync(directory)
        made = open_generation(directory, number, library)
        disk.write(directory / f"{CURRENT}.tmp", f"{number}\n".encode("ascii"))
        (directory / f"{CURRENT}.tmp").replace(directory / CURRENT)
        disk.sync(directory)
        _sweep(folder, {number, previous})
    return made


def _build(folder: Path, truth: Truth) -> str:
    """Write every file of a generation and sync it; the library it was made from."""
    with truth.snapshot() as (state, passages):
        if state.model is None:
            raise ValueError("A library without a model has nothing to publish.")
        rows, words, vectors = Gatherer(), WordsWriter(folder / WORDS), meaning.make(state.model.dimension)
        halves: list[bytes] = []
        for passage, alone, around in _with_neighbours(passages):
            words.add(alone, around, rows.add(passage))
            halves.append(passage.vector)
            if len(halves) == BATCH:
                meaning.add(vectors, b"".join(halves))
                halves.clear()
        meaning.add(vectors, b"".join(halves))
        words.finish()
    (folder / MEANING).write_bytes(meaning.serialise(vectors))
    (folder / COLUMNS).write_bytes(rows.columns())
    (folder / NAMES).write_bytes(rows.names())
    files = {}
    for path in sorted(path for path in folder.rglob("*") if path.is_file()):
        path.chmod((folder / NAMES).stat().st_mode)  # tantivy keeps some files from everybody but their owner
        disk.sync(path)
        files[path.relative_to(folder).as_posix()] = _measure(path)
    _write_manifest(folder, state, len(rows), files)
    disk.sync(folder / WORDS)
    disk.sync(folder)
    return state.library


def _with_neighbours(passages: Iterable[Entry]) -> Iterator[tuple[Entry, str, str]]:
    """Each passage, its terms, and those of what is around it."""
    analyzer = Analyzer()
    for _, listed in groupby(passages, key=lambda passage: passage.episode):
        episode = list(listed)
        terms = [" ".join(analyzer.terms(passage.text)) for passage in episode]
        about = " ".join(analyzer.about(episode[0].title, episode[0].people, episode[0].podcast))
        for passage, alone, near in zip(episode, terms, nearby([each.kind for each in episode]), strict=True):
            around = alone if passage.kind == SPONSOR else " ".join([*(terms[place] for place in near), about])
            yield passage, alone, around


def _write_manifest(folder: Path, state: State, segments: int, files: dict[str, tuple[int, str]]) -> None:
    manifest = {
        "schema": SCHEMA,
        "library": state.library,
        "revision": state.revision,
        "analysis": ANALYSIS,
        "model": asdict(state.model) if state.model else None,
        "segments": segments,
        "files": files,
    }
    disk.write(folder / MANIFEST, json.dumps({"manifest": manifest, "sha256": _digest(manifest)}, indent=1).encode())


def _read_manifest(folder: Path, library: str) -> dict[str, Any]:
    sealed = json.loads((folder / MANIFEST).read_bytes())
    manifest: dict[str, Any] = sealed["manifest"]
    if sealed["sha256"] != _digest(manifest):
        raise ValueError(f"{MANIFEST} does not match its checksum")
    if manifest["schema"] != SCHEMA:
        raise ValueError(f"it has schema {manifest['schema']}, this Playhead reads {SCHEMA}")
    if manifest.get("analysis") != ANALYSIS:
        raise ValueError("its words were cut in another way, by another Playhead; it is made anew")
    if manifest["library"] != library:
        raise ValueError("it was made from another library.sqlite")
    return manifest


def _read_files(folder: Path, files: dict[str, tuple[int, str]]) -> dict[str, bytes]:
    """Check every file; the bytes of those that are opened from memory, so that what was checked is what is used."""
    held = {}
    for name, (size, sha256) in files.items():
        if name in (MEANING, COLUMNS, NAMES):
            held[name] = (folder / name).read_bytes()
            found = len(held[name]), hashlib.sha256(held[name]).hexdigest()
        else:
            found = _measure(folder / name)
        if found != (size, sha256):
            raise ValueError(f"{name} does not match its checksum")
    return held


def _digest(manifest: dict[str, Any]) -> str:
    return hashlib.sha256(json.dumps(manifest, sort_keys=True).encode()).hexdigest()


def _measure(path: Path) -> tuple[int, str]:
    with path.open("rb") as file:
        return path.stat().st_size, hashlib.file_digest(file, "sha256").hexdigest()


def _sweep(folder: Path, stay: set[int | None]) -> None:
    """Delete every generation that need not stay, and what an interrupted publish left; what is not ours stays.

    What does not go now, because somebody is just opening it and tantivy makes a lock in it, goes the next time.
    """
    for path in folder.iterdir() if folder.is_dir() else ():
        number = path.name.removesuffix(".tmp")
        is_ours = number.isdecimal() and path.is_dir() and not path.is_symlink()
        if is_ours and not (path.name == number and int(number) in stay):
            shutil.rmtree(path, ignore_errors=True)
