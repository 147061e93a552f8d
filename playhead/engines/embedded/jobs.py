"""Jobs as folders beside the library: ``jobs/ID/job.json``, and in ``jobs/ID/files`` what was sent.

A job appears by the renaming of a folder that is whole, and changes by the renaming of a file that is: whoever looks
sees it as it was or as it is. Everything is on the disk before that.
"""

from __future__ import annotations

import logging
import re
import shutil
import threading
from collections import Counter
from collections.abc import Collection, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path

from filelock import FileLock, Timeout

from playhead.engines.embedded import disk
from playhead.errors import BusyError, DamagedError, LockedError
from playhead.jobs import MOST_SHOWN, MOST_UNFINISHED, Job, Standing, begun, read, written

_ID = re.compile(r"[0-9a-f]{32}")
_NEW = "new-"  # what a folder is called by until it is whole
_LOCK = "worker.lock"
_log = logging.getLogger("playhead.jobs")


class EmbeddedJobs:
    """Fulfils `playhead.jobs.Jobs` in ``folder``."""

    is_shared = False

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._over: set[str] = set()  # what is over stays so, and need not be read again
        self._adding = threading.Lock()

    def stage(self, id: str) -> Path:  # noqa: A002 - the contract's name
        place = self._folder / f"{_NEW}{id}" / "files"
        with disk.storing(place):
            self._make(place.parent)
            place.mkdir(mode=0o700)
        return place

    def discard(self, id: str) -> None:  # noqa: A002
        shutil.rmtree(self._folder / f"{_NEW}{id}", ignore_errors=True)

    def add(self, job: Job) -> None:
        with self._adding:
            if len(self.unfinished()) >= MOST_UNFINISHED:
                raise BusyError(f"{MOST_UNFINISHED} jobs wait already; send this again when some of them are done.")
            new = self._folder / f"{_NEW}{job.id}"
            with disk.storing(new):
                self._make(new)
                _write(new / "job.json", job)
                for path in (new / "files").rglob("*"):
                    disk.sync(path)
                for folder in ([new / "files"] if (new / "files").is_dir() else []) + [new]:
                    disk.sync(folder)
                new.rename(self._folder / job.id)
                disk.sync(self._folder)

    def keep(self, job: Job) -> None:
        place = self._folder / job.id
        with disk.storing(place):
            _write(place / "job.new", job)
            (place / "job.new").replace(place / "job.json")
            disk.sync(place)

    def find(self, id: str) -> Job | None:  # noqa: A002
        if not _ID.fullmatch(id):
            return None
        path = self._folder / id / "job.json"
        with disk.storing(path):
            try:
                text = path.read_bytes()
            except FileNotFoundError:
                return None
        try:
            return read(text)
        except (AttributeError, KeyError, TypeError, ValueError) as error:
            raise DamagedError(f"{path} is no job any more; remove its folder.") from error

    def unfinished(self) -> list[Job]:
        jobs = self._all(self._over)
        self._over |= {job.id for job in jobs if job.is_over}
        return sorted((job for job in jobs if not job.is_over), key=lambda job: (job.asked, job.id))

    def standing(self) -> Standing:
        jobs = sorted(self._all(), key=lambda job: (job.asked, job.id))
        failed = sorted((job for job in jobs if job.state == "failed"), key=lambda job: job.changed, reverse=True)
        running = [job for job in jobs if job.state == "running"]
        counts = Counter(job.state for job in jobs)
        return Standing(counts, tuple(running[:MOST_SHOWN]), tuple(failed[:MOST_SHOWN]))

    def files(self, id: str) -> Path:  # noqa: A002
        return self._folder / id / "files"

    @contextmanager
    def working(self) -> Iterator[None]:
        with disk.storing(self._folder):
            self._folder.mkdir(parents=True, mode=0o700, exist_ok=True)
        lock = FileLock(self._folder / _LOCK, timeout=0)
        try:
            lock.acquire()
        except Timeout:
            raise LockedError(f"Another process is doing the jobs in {self._folder}; wait for it to end.") from None
        try:
            yield
        finally:
            lock.release()

    def claim(self, id: str, worker: str) -> Job | None:  # noqa: A002
        job = self.find(id)
        if job is not None and not job.is_over:
            job = begun(job, worker)
            self.keep(job)
        return job

    def close(self) -> None:
        """Nothing is held."""

    def _make(self, new: Path) -> None:
        """A folder for its owner alone, as the one it is in: what was sent, and the address of a private feed."""
        disk.make(self._folder, 0o700)
        new.mkdir(mode=0o700, exist_ok=True)

    def clean(self, before: datetime) -> int:
        old = [job.id for job in self._all() if job.is_over and job.changed < before]
        for id in old:  # noqa: A001
            shutil.rmtree(self._folder / id, ignore_errors=True)
        for path in self._folder.glob(f"{_NEW}*"):
            if datetime.fromtimestamp(path.stat().st_mtime, UTC) < before:
                shutil.rmtree(path, ignore_errors=True)
        return len(old)

    def _all(self, but: Collection[str] = ()) -> list[Job]:
        """Every whole job. One that is damaged stands in nobody's way, and is in the log."""
        found: list[Job] = []
        for id in self._ids():  # noqa: A001
            try:
                job = None if id in but else self.find(id)
            except DamagedError as error:
                _log.error("A job is passed over: %s", error)
                self._over.add(id)
                continue
            found += [job] if job else []
        return found

    def _ids(self) -> list[str]:
        with disk.storing(self._folder):
            try:
                return [path.name for path in self._folder.iterdir() if _ID.fullmatch(path.name)]
            except FileNotFoundError:
                return []


def _write(path: Path, job: Job) -> None:
    disk.write(path, written(job).encode())
