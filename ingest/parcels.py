"""An episode packed for a worker on another machine: its files, and what was found out about it where they lie.

Sound is not sent. Whoever has the same folder under the same name reads what is in it; for anybody else it is only
known where it lies.
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable, Iterable, Iterator
from dataclasses import replace
from functools import cache
from pathlib import Path

from pydantic import TypeAdapter, ValidationError
from pydantic_core import PydanticSerializationError

from ingest.pipeline import Event, Queued, Skipped, Unchanged
from ingest.sources import File, Source, Unreadable
from playhead.engine import Engine
from playhead.errors import DamagedError, InputError
from playhead.jobs import Job, Queue, new_id, now

ASKED_BY = "playhead ingest --queue"


def enqueue(sources: Iterable[Source | Unreadable], queue: Queue, engine: Engine) -> Iterator[Event]:
    """Put every source into the queue as a job of its own. What is there or waits already, unchanged, is left alone."""
    for source in sources:
        if isinstance(source, Unreadable):
            yield Skipped(source, source.error)
        elif engine.has(source.episode_id, source.fingerprint):
            yield Unchanged(source)
        else:
            try:
                if not queue.waits(source.episode_id, source.fingerprint):
                    _add(source, queue)
            except InputError as error:
                yield Skipped(source, error)
            else:
                yield Queued(source)


def _add(source: Source, queue: Queue) -> None:
    job = Job(new_id(), "ingest", ASKED_BY, now(), now(), episode=source.episode_id, fingerprint=source.fingerprint)
    try:
        written = pack(source, queue.stage(job.id))
        files = tuple(part.path.name for part in source.parts if part.role != "audio")
        queue.add(replace(job, source=written, files=files, podcast=source.podcast_title))
    except BaseException:
        queue.discard(job.id)
        raise


def pack(source: Source, folder: Path) -> str:
    """Copy the files of an episode into ``folder``, and say in JSON how it is made of them."""
    sent = [path for part in source.parts if part.role != "audio" for path in (part.path, *part.instead)]
    root = Path(os.path.commonpath([path.absolute().parent for path in sent])) if sent else Path()
    called = {path: source.called(path) for path in sent}

    def rename(path: Path) -> Path:
        return path.absolute().relative_to(root) if path in called else path.absolute()

    parts = tuple(_renamed(part, rename) for part in source.parts)
    # A sheet may name the sound beside it, and is only right where that is.
    beside = [rename(part.path) for part in source.parts if part.role == "audio"]
    stands_in = [path.relative_to(root) for path in beside if sent and path.is_relative_to(root)]
    try:
        for path in stands_in:
            _make_way(folder / path).touch()
        for path in called:
            shutil.copyfile(path, _make_way(folder / rename(path)))
        addresses = {rename(path): name for path, name in called.items()}
        return _typed().dump_json(replace(source, parts=parts, addresses=addresses)).decode()
    except OSError as error:
        raise InputError(f"{source.name}: cannot be put into the queue: {error.strerror or error}.") from error
    except (UnicodeError, PydanticSerializationError) as error:
        raise InputError(f"{source.name!r}: a name is not UTF-8, and cannot be sent; rename the file.") from error


def unpack(written: str, folder: Path) -> Source:
    """The episode that was packed, made of its files in ``folder``. They are read as a stranger's are."""
    try:
        source = _typed().validate_json(written)
    except ValidationError as error:
        raise DamagedError(f"What was packed makes no sense ({error.error_count()} places); queue it again.") from error

    def rename(path: Path) -> Path:
        return path if path.is_absolute() else folder / path

    parts = tuple(_renamed(part, rename) for part in source.parts)
    return replace(source, parts=parts, addresses={rename(path): name for path, name in source.addresses.items()})


def _renamed(part: File, rename: Callable[[Path], Path]) -> File:
    return replace(part, path=rename(part.path), instead=tuple(map(rename, part.instead)))


def _make_way(path: Path) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    return path


@cache
def _typed() -> TypeAdapter[Source]:
    return TypeAdapter(Source)
