"""The whole story of an ingest, from files to a library that answers.

    path ─ sources ─ formats.read ─ align ─ timing.settle ─ segmenting.split ─ naming ─ library.add ─ engine.publish

One bad transcript is reported and passed over; it never stops the others. An unchanged episode is recognised by
its fingerprint and not read again; it is named anew where the file of speakers says something else of it than before.
An episode is acknowledged (`Added`) only when it is durable, and becomes findable with the next publish: every 50
episodes, every minute, and at the end.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Iterator
from concurrent.futures import Future, ProcessPoolExecutor
from contextlib import suppress
from dataclasses import dataclass
from multiprocessing import get_context
from time import monotonic

from ingest.naming import named, renamed
from ingest.preparing import Prepared, prepare
from ingest.reading import Problem
from ingest.sources import Source, Unreadable
from ingest.speakers import Speakers
from playhead.engine import View
from playhead.errors import DamagedError, InputError
from playhead.library import Library

PUBLISH_EPISODES = 50
PUBLISH_SECONDS = 60.0


@dataclass(frozen=True, slots=True)
class Added:
    """An episode is durable. ``problems`` are the places that were not understood.

    One that is not ``transcribed`` waits for a transcript; its segments are its notes.
    """

    source: Source | Unreadable
    segments: int
    problems: tuple[Problem, ...]
    transcribed: bool = True


@dataclass(frozen=True, slots=True)
class Unchanged:
    """This version of the episode was there already."""

    source: Source | Unreadable


@dataclass(frozen=True, slots=True)
class Skipped:
    """Something could not be read, and why; the run goes on."""

    source: Source | Unreadable
    error: InputError


@dataclass(frozen=True, slots=True)
class Published:
    """Everything added so far can be found."""

    revision: int


@dataclass(frozen=True, slots=True)
class Queued:
    """An episode waits for a worker, from now on or since before."""

    source: Source | Unreadable


Event = Added | Unchanged | Skipped | Published | Queued


def ingest(
    sources: Iterable[Source | Unreadable],
    library: Library,
    *,
    rebuild: bool = False,
    jobs: int = 1,
    speakers: Speakers | None = None,
) -> Iterator[Event]:
    """Read every source into the library. Yields an event for each, so a bar, a log and a test watch the same run.

    ``rebuild`` reads unchanged ones too. ``speakers`` are the names given by hand; None keeps those there are.
    With ``jobs`` above 1 so many processes read ahead of the embedding.
    """
    waiting, published = 0, monotonic()
    for source, made in _ahead(sources, library, rebuild, jobs):
        prepared = made
        if made is None and isinstance(source, Source) and speakers:
            prepared = _rename(source, speakers, library.view())
        if isinstance(prepared, Prepared):
            prepared = named(prepared, speakers, library.view())
        if prepared is None:
            yield Unchanged(source)
            continue
        try:
            if isinstance(prepared, InputError):
                raise prepared
            library.add(prepared.episode, prepared.transcript, prepared.segments)
        except InputError as error:
            yield Skipped(source, error)
            continue
        yield Added(source, len(prepared.segments), prepared.problems, prepared.episode.transcribed)
        waiting += 1
        if waiting >= PUBLISH_EPISODES or monotonic() - published >= PUBLISH_SECONDS:
            with suppress(DamagedError):  # this run may yet mend it; if not, the last publish says so
                yield Published(library.engine.publish())
            waiting, published = 0, monotonic()
    yield Published(library.engine.publish())


def rehearse(sources: Iterable[Source | Unreadable]) -> Iterator[Event]:
    """Read every source as `ingest` would into an empty library, and keep nothing."""
    for source in sources:
        made = _attempt(source)
        if isinstance(made, InputError):
            yield Skipped(source, made)
        else:
            yield Added(source, len(made.segments), made.problems, made.episode.transcribed)


Attempt = tuple[Source | Unreadable, Prepared | InputError | None]
"""A source, and what became of reading it: an episode, an error, or None where nothing changed."""


def _ahead(sources: Iterable[Source | Unreadable], library: Library, rebuild: bool, jobs: int) -> Iterator[Attempt]:
    """Every source read, in its order, by as many processes as asked for."""

    def is_known(source: Source | Unreadable) -> bool:
        return isinstance(source, Source) and not rebuild and library.engine.has(source.episode_id, source.fingerprint)

    if jobs == 1:
        for source in sources:
            yield source, None if is_known(source) else _attempt(source, library.view())
        return
    with ProcessPoolExecutor(jobs, mp_context=get_context("spawn")) as pool:
        running: deque[tuple[Source | Unreadable, Future[Prepared | InputError] | None]] = deque()

        def next_done() -> Attempt:
            source, future = running.popleft()
            return source, future.result() if future else None

        for source in sources:
            if is_known(source):
                running.append((source, None))
            elif isinstance(source, Source) and _is_there(source, library, running):
                # What is known of this episode counts, and may be about to change.
                while running:
                    yield next_done()
                yield source, _attempt(source, library.view())
            else:
                running.append((source, pool.submit(_attempt, source)))
            while len(running) > 4 * jobs:
                yield next_done()
        while running:
            yield next_done()


def _is_there(source: Source, library: Library, running: Iterable[tuple[Source | Unreadable, object]]) -> bool:
    """Whether the library knows of this episode, or is about to."""
    return library.view().episode(source.episode_id) is not None or any(
        isinstance(other, Source) and other.episode_id == source.episode_id for other, _ in running
    )


def _rename(source: Source, speakers: Speakers, known: View) -> Prepared | InputError | None:
    """An unchanged episode with its names of now, None where they are the same; read again if it is damaged."""
    try:
        return renamed(source.episode_id, speakers, known)
    except DamagedError:
        return _attempt(source, known)


def _attempt(source: Source | Unreadable, known: View | None = None) -> Prepared | InputError:
    try:
        if isinstance(source, Unreadable):
            raise source.error
        return prepare(source, known)
    except InputError as error:
        return error
