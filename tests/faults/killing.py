"""Processes that die at a named point of what they do, or at any moment, and never by their own doing.

A point is a call that changes what is on the disk, named by what it is called with: ``fsync meaning.faiss``,
``rename 3.tmp``, ``COMMIT``. The calls are wrapped in the child alone, so nothing of this is in Playhead.
"""

from __future__ import annotations

import multiprocessing
import os
import shutil
import signal
from collections.abc import Callable
from itertools import count
from multiprocessing.context import ForkServerProcess
from pathlib import Path
from typing import Any

from pysqlite3 import dbapi2 as sqlite

from playhead.engine import open_engine
from playhead.engines.embedded import backups
from tests.engines.contract import MODEL, make

_server = multiprocessing.get_context("forkserver")
_server.set_forkserver_preload([__name__])

CALLS = ("fsync", "rename", "replace", "link", "unlink", "rmdir", "mkdir")
STATEMENTS = ("BEGIN IMMEDIATE", "COMMIT", "ALTER TABLE", "PRAGMA wal_checkpoint", "PRAGMA user_version", "REINDEX")


class Points:
    """Notes each point as it is reached, and dies before the one at ``kill_at`` (0: the first; None: at none)."""

    def __init__(self, kill_at: int | None) -> None:
        self.reached: list[str] = []
        self._kill_at = kill_at

    def reach(self, name: str) -> None:
        if len(self.reached) == self._kill_at:
            os.kill(os.getpid(), signal.SIGKILL)
        self.reached.append(name)

    def wrap(self) -> None:
        """Wrap every call that changes the disk, in this process."""
        for name in CALLS:
            setattr(os, name, self._counted(name, getattr(os, name)))
        points, connect = self, sqlite.connect

        class Connection(sqlite.Connection):  # type: ignore[misc]
            def execute(self, sql: str, *values: Any) -> Any:
                if statement := next((each for each in STATEMENTS if sql.startswith(each)), None):
                    points.reach(statement)
                return super().execute(sql, *values)

            def backup(self, *arguments: Any, **named: Any) -> None:
                points.reach("copy")
                super().backup(*arguments, **named)

        sqlite.connect = lambda *arguments, **named: connect(*arguments, factory=Connection, **named)

    def _counted(self, name: str, call: Callable[..., Any]) -> Callable[..., Any]:
        def wrapped(first: Any, *arguments: Any, **named: Any) -> Any:
            place = Path(f"/proc/self/fd/{first}").readlink() if isinstance(first, int) else os.fspath(first)
            self.reach(f"{name} {Path(os.fsdecode(place)).name}")
            return call(first, *arguments, **named)

        return wrapped


def start(work: Callable[..., None], *arguments: object) -> ForkServerProcess:
    """Run ``work`` in a child of a process that has opened nothing and has no threads."""
    child = _server.Process(target=work, args=arguments)
    child.start()
    return child


def die(operation: str, directory: Path, journal: Path, seed: int, kill_at: int | None) -> None:
    """Do one operation on the library, killed at a point of it; the points reached go to the journal if it lives."""
    points = Points(kill_at)
    act, note = OPERATIONS[operation], Note(journal)
    points.wrap()
    act(directory, note, seed)
    with journal.with_suffix(".points").open("w") as file:
        file.write("\n".join(points.reached))


class Note:
    """Says in the journal what is kept (``+``) or removed (``-``): before it is asked, with a ``?``, and after."""

    def __init__(self, journal: Path) -> None:
        self._journal = journal

    def __call__(self, line: str) -> None:
        with self._journal.open("a") as file:
            file.write(f"{line}\n")


def _put(directory: Path, note: Note, names: list[tuple[str, int]], *, publish: bool) -> None:
    engine = open_engine(f"embedded:{directory}", writing=True)
    engine.use(MODEL)
    for name, version in names:
        note(f"?+{name} {version}")
        engine.put(*make(name, 3, seed=version, texts=["kettle violin"] * 3))
        note(f"+{name} {version}")
    if publish:
        engine.publish()
    engine.close()


def ingest(directory: Path, note: Note, seed: int) -> None:
    _put(directory, note, [(f"show/new-{seed}", 0), (f"other/new-{seed}", 0)], publish=True)


def replace(directory: Path, note: Note, seed: int) -> None:
    _put(directory, note, [("show/one", seed + 1)], publish=True)


def publish(directory: Path, note: Note, seed: int) -> None:
    _put(directory, note, [(f"show/unpublished-{seed}", 0)], publish=False)
    open_engine(f"embedded:{directory}").close()


def delete(directory: Path, note: Note, seed: int) -> None:
    engine = open_engine(f"embedded:{directory}", writing=True)
    note("?-show/two 0")
    engine.remove("show/two")
    note("-show/two 0")
    engine.publish()
    engine.close()


def back_up(directory: Path, note: Note, seed: int) -> None:
    backups.back_up(directory, directory.with_name(f"made-{seed}"))


def restore(directory: Path, note: Note, seed: int) -> None:
    """Of a backup that holds what the library does, so that what is expected is the same whether it was put back."""
    backups.restore(directory.with_name("backup"), directory, force=True)


def migrate(directory: Path, note: Note, seed: int) -> None:
    open_engine(f"embedded:{directory}").close()


def work_on(directory: Path, journal: Path, beginning: int) -> None:
    """Ingest, replace, remove and publish until killed. Each beginning is of another episode, or another version."""
    note = Note(journal)
    engine = open_engine(f"embedded:{directory}", writing=True)
    engine.use(MODEL)
    for number in count(beginning):
        name, version = f"show/e{number % 20}", number // 20
        note(f"?+{name} {version}")
        engine.put(*make(name, 3, seed=version, texts=["kettle violin"] * 3))
        note(f"+{name} {version}")
        if number % 3 == 2:
            note(f"?-{name} {version}")
            engine.remove(name)
            note(f"-{name} {version}")
        engine.publish()


OPERATIONS: dict[str, Callable[[Path, Note, int], None]] = {
    "ingest": ingest,
    "replace": replace,
    "delete": delete,
    "publish": publish,
    "backup": back_up,
    "restore": restore,
    "migrate": migrate,
}


def sweep(directory: Path) -> None:
    """Take a library away with all that was made beside it."""
    for path in directory.parent.iterdir():
        shutil.rmtree(path) if path.is_dir() else path.unlink()


def wait(child: ForkServerProcess) -> None:
    """Until it is done; one that hangs is an error."""
    child.join(120)
    if child.is_alive():
        child.kill()
        raise AssertionError("it hangs")
