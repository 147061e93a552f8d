"""Jobs as rows beside the library, which any number of workers share, on any number of machines.

A worker takes a row that nobody else is looking at (``FOR UPDATE SKIP LOCKED``) and has it for the length of a lease,
which it renews for as long as it lives. Each claim has a number: who comes back after its lease ran out, and somebody
else took the job up, changes nothing any more. What was sent lies in the database as well, in pieces.
"""

from __future__ import annotations

import logging
import os
import re
import shutil
import tempfile
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from playhead.engines.postgres import schema
from playhead.engines.postgres.connections import Connection, Connections
from playhead.errors import BusyError, DamagedError, EngineError, LockedError, StorageError
from playhead.jobs import MOST_SHOWN, MOST_UNFINISHED, Job, Standing, begun, read, written

PIECE_BYTES = 2**20
RENEWALS = 3
"""How often a lease is renewed in its length, so that one that is late or lost costs nothing."""

_ID = re.compile(r"[0-9a-f]{32}")
_NEW = "new-"
_ADDING = 0x506C6179_00000001  # an advisory lock's number: one at a time counts who waits
_log = logging.getLogger("playhead.jobs")

# A job that nobody has: it waits and its time has come, or who had it is not heard of any more.
_FREE = "(state = 'queued' AND (due IS NULL OR due <= now()) OR state = 'running' AND lease < now())"
_FIRST_OF_ITS_EPISODE = (
    "NOT EXISTS (SELECT 1 FROM jobs AS older WHERE older.episode = jobs.episode "
    "AND older.state IN ('queued', 'running') AND (older.asked, older.id) < (jobs.asked, jobs.id))"
)


class PostgresJobs:
    """Fulfils `playhead.jobs.Queue` in the database at ``url``; a claim lasts for ``lease`` seconds, and is renewed."""

    is_shared = True

    def __init__(self, url: str, lease: float) -> None:
        self._connections = Connections(url)
        self._seconds = lease
        self._is_there = False
        self._claims: dict[str, int] = {}
        self._closing = threading.Event()
        self._renewing: threading.Thread | None = None

    def stage(self, id: str) -> Path:  # noqa: A002 - the contract's name
        return _empty(f"{_NEW}{id}")

    def discard(self, id: str) -> None:  # noqa: A002
        shutil.rmtree(_staging() / f"{_NEW}{id}", ignore_errors=True)

    def add(self, job: Job) -> None:
        if not self._is_there:
            schema.prepare(self._connections, writing=True)
        staged = _staging() / f"{_NEW}{job.id}" / "files"

        def keep(connection: Connection) -> None:
            if job.source is None:
                connection.execute("SELECT pg_advisory_xact_lock(%s)", (_ADDING,))
                [(waiting,)] = connection.execute(
                    "SELECT count(*) FROM jobs WHERE episode IS NULL AND state IN ('queued', 'running')"
                ).fetchall()
                if waiting >= MOST_UNFINISHED:
                    raise BusyError(f"{MOST_UNFINISHED} jobs wait already; send this again when some of them are done.")
            connection.execute(
                "INSERT INTO jobs (id, state, asked, changed, due, episode, fingerprint, job) "
                "VALUES (%s, %s, %s, %s, %s, %s, %s, %s) ON CONFLICT (id) DO NOTHING",  # tried again, it may be there
                (
                    job.id, job.state, job.asked, job.changed, job.due,
                    job.episode if job.source is not None else None, job.fingerprint, written(job),
                ),
            )  # fmt: skip
            for name, number, piece in _pieces(staged):
                connection.execute(
                    "INSERT INTO job_files VALUES (%s, %s, %s, %s) ON CONFLICT DO NOTHING",
                    (job.id, name, number, piece),
                )

        self._connections.change(keep)
        self.discard(job.id)

    def keep(self, job: Job) -> None:
        claim = self._claims.get(job.id)

        def write(connection: Connection) -> bool:
            changed = connection.execute(
                "UPDATE jobs SET state = %s, changed = %s, due = %s, job = %s WHERE id = %s AND claims = "
                "coalesce(%s, claims)",
                (job.state, job.changed, job.due, written(job), job.id, claim),
            )
            if job.is_over:
                connection.execute("DELETE FROM job_files WHERE job = %s", (job.id,))
            return bool(changed.rowcount)

        is_ours = self._connections.change(write)
        if job.state != "running" or not is_ours:
            self._let_go(job.id)
        if not is_ours:
            raise LockedError(f"Job {job.id} is another worker's by now: this one was not heard of for too long.")

    def find(self, id: str) -> Job | None:  # noqa: A002
        if not _ID.fullmatch(id):
            return None
        rows = self._rows("SELECT job FROM jobs WHERE id = %s", (id,))
        return _read(id, rows[0][0]) if rows else None

    def unfinished(self) -> list[Job]:
        sql = "SELECT id, job FROM jobs WHERE episode IS NULL AND state IN ('queued', 'running') ORDER BY asked, id"
        return list(_readable(self._rows(sql)))

    def standing(self) -> Standing:
        counts = self._rows(
            "SELECT CASE WHEN state = 'running' AND lease < now() THEN 'queued' ELSE state END AS stands, count(*) "
            "FROM jobs GROUP BY stands"
        )
        running = self._rows(
            "SELECT id, job FROM jobs WHERE state = 'running' AND NOT lease < now() ORDER BY asked, id LIMIT %s",
            (MOST_SHOWN,),
        )
        failed = self._rows(
            "SELECT id, job FROM jobs WHERE state = 'failed' ORDER BY changed DESC, id LIMIT %s", (MOST_SHOWN,)
        )
        return Standing(dict(counts), tuple(_readable(running)), tuple(_readable(failed)))

    def files(self, id: str) -> Path:  # noqa: A002
        """A copy of what was sent, on this machine; it goes when the job is let go of."""
        names = [name for (name,) in self._rows("SELECT DISTINCT name FROM job_files WHERE job = %s", (id,))]
        if not names:
            return _fetched(id) / "files"
        folder = _empty(_fetched(id).name)
        for name in names:
            path = folder / name
            if not path.resolve().is_relative_to(folder.resolve()):
                raise DamagedError(f"Job {id} holds a file called {name!r}, which leads elsewhere; remove its row.")
            with _storing(path):
                path.parent.mkdir(parents=True, exist_ok=True)
                with path.open("wb") as file:
                    for piece in self._pieces_of(id, name):
                        file.write(piece)
        return folder

    @contextmanager
    def working(self) -> Iterator[None]:
        """Anybody may."""
        yield

    def claim(self, id: str, worker: str) -> Job | None:  # noqa: A002
        found = self.find(id)
        if found is None or found.is_over:
            return found
        claimed = self._claim("id = %s AND (state = 'queued' OR lease < now())", (id,), worker)
        if claimed is None:
            raise LockedError(f"Job {id} is being done by {found.worker or 'another worker'}; wait for it to end.")
        return claimed

    def take(self, worker: str) -> Job | None:
        while (job := self._claim(f"{_FREE} AND {_FIRST_OF_ITS_EPISODE}", (), worker)) and job.is_over:
            _log.warning("Job %s is set aside: %s", job.id, job.problem)
        return job

    def waits(self, episode: str, fingerprint: str) -> bool:
        sql = "SELECT 1 FROM jobs WHERE episode = %s AND fingerprint = %s AND state IN ('queued', 'running')"
        return bool(self._rows(sql, (episode, fingerprint)))

    def clean(self, before: datetime) -> int:
        for path in _staging().glob("*"):
            if datetime.fromtimestamp(path.stat().st_mtime, UTC) < before:
                shutil.rmtree(path, ignore_errors=True)
        return len(
            self._rows("DELETE FROM jobs WHERE state IN ('done', 'failed') AND changed < %s RETURNING 1", (before,))
        )

    def close(self) -> None:
        self._closing.set()
        if self._renewing:
            self._renewing.join()
        for id in list(self._claims):  # noqa: A001
            self._let_go(id)
        self._connections.close()

    def _claim(self, where: str, values: Sequence[Any], worker: str) -> Job | None:
        """The first free job of which ``where`` holds, begun; or set aside, where it was begun too often."""

        def begin(connection: Connection) -> tuple[Job, int] | None:
            while True:
                row = connection.execute(
                    f"SELECT id, job FROM jobs WHERE state IN ('queued', 'running') AND {where} "  # noqa: S608
                    "ORDER BY episode IS NOT NULL, asked, id LIMIT 1 FOR UPDATE SKIP LOCKED".encode(),
                    values,
                ).fetchone()
                if row is None:
                    return None
                try:
                    job = begun(_read(*row), worker)
                except DamagedError as error:
                    _log.error("A job is passed over: %s", error)
                    connection.execute("UPDATE jobs SET state = 'failed', changed = now() WHERE id = %s", row[:1])
                    continue
                [(claim,)] = connection.execute(
                    "UPDATE jobs SET state = %s, changed = %s, due = NULL, job = %s, claims = claims + 1, "
                    "lease = now() + make_interval(secs => %s) WHERE id = %s RETURNING claims",
                    (job.state, job.changed, written(job), self._seconds, job.id),
                ).fetchall()
                return job, int(claim)

        found = self._connections.change(begin) if self._has_tables() else None
        if found is None:
            return None
        job, claim = found
        if not job.is_over:
            self._claims[job.id] = claim
            self._renew_from_now_on()
        return job

    def _renew_from_now_on(self) -> None:
        if self._renewing is None:
            self._renewing = threading.Thread(target=self._renew, name="leases", daemon=True)
            self._renewing.start()

    def _renew(self) -> None:
        while not self._closing.wait(self._seconds / RENEWALS):
            for id, claim in list(self._claims.items()):  # noqa: A001
                try:
                    self._rows(
                        "UPDATE jobs SET lease = now() + make_interval(secs => %s) "
                        "WHERE id = %s AND claims = %s AND state = 'running' RETURNING 1",
                        (self._seconds, id, claim),
                    )
                except EngineError as error:  # it may be back before the lease runs out
                    _log.warning("The lease of job %s is not renewed: %s", id, error)

    def _let_go(self, id: str) -> None:  # noqa: A002
        self._claims.pop(id, None)
        shutil.rmtree(_fetched(id), ignore_errors=True)

    def _pieces_of(self, id: str, name: str) -> Iterator[bytes]:  # noqa: A002
        number = 0
        while rows := self._rows(
            "SELECT data FROM job_files WHERE job = %s AND name = %s AND piece = %s", (id, name, number)
        ):
            yield rows[0][0]
            number += 1

    def _rows(self, sql: str, values: Sequence[Any] = ()) -> list[tuple[Any, ...]]:
        """What the database answers; nothing where there is no library yet."""
        if not self._has_tables():
            return []
        return self._connections.read(lambda connection: connection.execute(sql.encode(), values).fetchall())

    def _has_tables(self) -> bool:
        self._is_there = self._is_there or self._connections.read(schema.version_of) > 0
        return self._is_there


def _staging() -> Path:
    """Where files lie on their way into the database and out of it: a folder for its owner alone."""
    return Path(tempfile.gettempdir()) / f"playhead-jobs-{os.getuid()}"


def _fetched(id: str) -> Path:  # noqa: A002
    """Where this process has what was sent for a job: another on this machine may have it as well."""
    return _staging() / f"{id}-{os.getpid()}"


def _empty(name: str) -> Path:
    """The folder for the files of a job, made anew."""
    root = _staging()
    with _storing(root):
        root.mkdir(parents=True, mode=0o700, exist_ok=True)
        if root.is_symlink() or root.stat().st_uid != os.getuid():
            raise StorageError(f"{root} is somebody else's; remove it, or name another folder by TMPDIR.")
        shutil.rmtree(root / name, ignore_errors=True)
        place = root / name / "files"
        place.mkdir(parents=True, mode=0o700)
    return place


@contextmanager
def _storing(path: Path) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise StorageError(f"{path} cannot be written: {error.strerror or error}; make room there.") from error


def _pieces(folder: Path) -> Iterator[tuple[str, int, bytes]]:
    """What lies in a folder: the name of each file in it, and its bytes piece by piece, at least one."""
    for path in sorted(each for each in folder.rglob("*") if each.is_file()):
        with path.open("rb") as file:
            number, piece = 0, file.read(PIECE_BYTES)
            while piece or number == 0:
                yield str(path.relative_to(folder)), number, piece
                number, piece = number + 1, file.read(PIECE_BYTES)


def _readable(rows: Sequence[tuple[Any, ...]]) -> Iterator[Job]:
    """Those that are whole. One that is damaged stands in nobody's way, and is in the log."""
    for id, text in rows:  # noqa: A001
        try:
            yield _read(id, text)
        except DamagedError as error:
            _log.error("A job is passed over: %s", error)


def _read(id: str, text: str) -> Job:  # noqa: A002
    try:
        return read(text)
    except (AttributeError, KeyError, TypeError, ValueError) as error:
        raise DamagedError(f"Job {id} is no job any more; remove its row from playhead.jobs.") from error
