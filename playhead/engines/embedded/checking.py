"""A library looked over: is what is kept whole, and is what is found made from it? Nothing is changed by looking."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from playhead.engines.embedded import database, disk, generations
from playhead.engines.embedded.generations import Generation
from playhead.engines.embedded.rows import Gatherer, Rows
from playhead.engines.embedded.truth import Truth
from playhead.engines.terms import Analyzer
from playhead.errors import DamagedError, StorageError

INGEST = "playhead ingest --rebuild on its files, or playhead restore"
RESTORE = "playhead restore, or ingest again into an empty directory"
OPEN = "playhead status: opening the library makes it anew from the vectors that are kept"


@dataclass(frozen=True, slots=True)
class Finding:
    """What was looked at and what it is like; what to run where it is not whole."""

    what: str
    says: str
    run: str | None = None

    @property
    def is_whole(self) -> bool:
        return self.run is None


def check(directory: Path, *, deep: bool = False) -> Iterator[Finding]:
    """Look at the database, every row, and every generation; one after the other, as each is done.

    ``deep`` also reads the database's own structure against its indexes, and holds the words and vectors that are
    searched to the passages they were made from. Raises NoLibraryError, ForeignLibraryError.
    """
    path = directory / "library.sqlite"
    with disk.storing(path):
        if not path.is_file():
            raise database.missing(directory)
    found = database.examine(path, deep=deep)
    yield Finding("file", found or "SQLite finds it in order", RESTORE if found else None)
    try:
        if (version := database.version_of(path)) < database.VERSION:
            yield Finding(
                "layout", f"of version {version}; not looked at further", "playhead status, which brings it up"
            )
            return
        truth = Truth(path, writing=False)
    except DamagedError as error:
        yield Finding("rows", str(error), RESTORE)
        return
    try:
        yield from check_rows(truth)
        yield from _check_generations(directory, truth, deep=deep)
    finally:
        truth.close()


def check_rows(truth: Truth) -> Iterator[Finding]:
    """Hold every row to its seal, and every list to the tree."""
    try:
        damaged = truth.damaged_episodes()
        episodes, _, segments = truth.counts()
    except DamagedError as error:
        yield Finding("rows", str(error), RESTORE)
        return
    if damaged:
        yield Finding("rows", f"damaged in {', '.join(damaged)}", INGEST)
    else:
        yield Finding("rows", f"{episodes:,} episodes and {segments:,} segments match their seals")
    if truth.doubt and not damaged:
        yield Finding("lists", truth.doubt, RESTORE)
    elif not truth.doubt:
        yield Finding("lists", "what lists and finds them matches its seal")


def _check_generations(directory: Path, truth: Truth, *, deep: bool) -> Iterator[Finding]:
    state = truth.state()
    named, numbers = generations.current(directory), generations.kept(directory)
    if state.revision and named not in numbers:
        answers = "; the newest that is whole answers until the next is published" if numbers else ""
        yield Finding("CURRENT", f"names no generation that is there{answers}", None if numbers else OPEN)
    for number in numbers:
        what = f"generation {number}"
        try:
            generation = generations.open_generation(directory, number, state.library)
        except (DamagedError, StorageError) as error:
            if generations.current(directory) == named:  # or it gave way to a newer one while this looked
                yield Finding(what, str(error), OPEN)
            continue
        age = state.revision - generation.revision
        if age < 0:
            yield Finding(what, "made from a later state than the library's, which was put back; never answers")
        elif age or not deep:
            behind = f", {age} changes ago" if age else ", the newest"
            yield Finding(what, f"every file matches its checksum{behind}")
        else:
            wrong = _disagreement(generation, truth)
            yield Finding(
                what, wrong or "every file, word and vector is as what is kept makes it", OPEN if wrong else None
            )


def _disagreement(generation: Generation, truth: Truth) -> str | None:
    """What of a generation is not as its revision of the truth makes it; None if somebody has written meanwhile."""
    analyzer, gathered, halves = Analyzer(), Gatherer(), []
    terms: Counter[str] = Counter()
    try:
        with truth.snapshot() as (state, passages):
            if state.revision != generation.revision:
                return None
            for passage in passages:
                gathered.add(passage)
                halves.append(passage.vector)
                terms.update(set(analyzer.terms(passage.text)))
    except DamagedError:
        return None  # which `check_rows` has told
    if not generation.rows.same_as(Rows(gathered.columns(), gathered.names())):
        return "its passages are not those that are kept"
    if generation.meaning is None or generation.words is None:
        return None
    if not np.array_equal(generation.meaning.halves(), np.frombuffer(b"".join(halves), "<f2")):
        return "its vectors are not those that are kept"
    if generation.words.counts() != terms:
        return "its words are not those of the passages that are kept"
    return None
