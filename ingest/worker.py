"""`playhead ingest --worker`: does the jobs of a library that workers share, one at a time, until told to stop.

What was asked for through a door is done as `errands` does it. The episodes of a queue are one run of the pipeline,
however many there are: each is acknowledged when it is durable, and found with the publishes of any ingest. The model
is loaded when there is something to embed, and once.
"""

from __future__ import annotations

import logging
import os
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from ingest.errands import Account, attempt, name_of_worker
from ingest.parcels import unpack
from ingest.pipeline import Added, Skipped, Unchanged
from ingest.pipeline import ingest as run
from ingest.sources import Source
from ingest.speakers_file import read as read_speakers
from playhead.embedding import Embedder
from playhead.engine import open_engine
from playhead.errors import DamagedError, InputError, LockedError, SettingsError, StorageError
from playhead.jobs import KEPT_FOR, Job, Queue, failed, now, put_back, put_off
from playhead.library import Library, open_library
from playhead.settings import Settings

LOOK_EVERY = 1.0
"""Seconds between two looks for something to do."""
WAIT = 2.0
"""Seconds before another try, when the database is out of reach."""
CLEAN_EVERY = 3_600.0

_log = logging.getLogger("playhead.jobs")


class Worker:
    """Does the jobs of ``queue``. ``tell`` is told of each one that it is rid of."""

    def __init__(self, queue: Queue, settings: Settings, tell: Callable[[Job], None]) -> None:
        self._queue = queue
        self._settings = settings
        self._tell = tell
        self._name = name_of_worker()
        self._stopping = threading.Event()
        self._job: Job | None = None
        self._library: Library | None = None
        self._embedder: Embedder | None = None
        self._cleaned = float("-inf")

    def stop(self) -> None:
        """End after the present episode."""
        self._stopping.set()

    def work(self, *, until_empty: bool = False) -> None:
        """Do what there is to do, until told to stop; or until nothing is left, in anybody's hands.

        A database that is out of reach is waited for. Raises SettingsError for a library that is not ours to fill, and
        InputError for a file of speakers that cannot be read.
        """
        is_ready = False
        try:
            while not self._stopping.is_set():
                try:
                    if not is_ready:  # brought up to this version, and what writers left that are gone, published
                        open_engine(self._settings.engine, writing=True).close()
                        is_ready = True
                    self._job = self._job or self._queue.take(self._name)
                    if self._job is not None:
                        self._do(self._job)
                    elif until_empty and not self._queue.standing().unfinished:
                        return
                    else:
                        self._clean()
                        self._stopping.wait(LOOK_EVERY)
                except StorageError as error:
                    _log.warning("%s", error)
                    self._stopping.wait(WAIT)
        finally:
            self._close_library()

    def _do(self, job: Job) -> None:
        try:
            if job.source is not None:
                self._fill()
            else:
                self._rid(attempt(job, self._queue, self._settings, self._opened, self._stopping.is_set))
        except LockedError as error:
            _log.warning("%s", error)
            self._close_library()
            self._job = None
        except StorageError as error:
            _log.warning("%s", error)
            self._close_library()
            self._stopping.wait(WAIT)
            self._return(put_back)
        except (SettingsError, InputError):  # nothing can be done before somebody mends it
            self._return(put_back)
            raise
        except Exception as error:  # noqa: BLE001 - a fault of ours in one episode stops no other
            _log.exception("job %s", job.id)
            self._close_library()
            fault = f"This met with a fault of ours ({type(error).__name__}); the log of the worker has it."
            self._return(lambda job: put_off(job, fault))

    def _fill(self) -> None:
        """Add the episodes of the queue, the present one first, until there is none or something else comes before."""
        names = read_speakers(Path(self._settings.speakers))
        with self._opened() as library:
            for event in run(self._unpacked(), library, speakers=names):
                match event:
                    case Added() | Unchanged() | Skipped() if self._job is not None:
                        account = Account(self._job, self._queue)
                        account.hidden = (f"{self._folder}{os.sep}",)
                        account.see(event)
                        self._rid(account.closed())
                    case _:
                        pass

    def _unpacked(self) -> Iterator[Source]:
        """The present episode, and those that are taken after it."""
        while self._job is not None and self._job.source is not None:
            try:
                self._folder = self._queue.files(self._job.id)
                source = unpack(self._job.source, self._folder)
            except (DamagedError, InputError) as error:
                self._rid(failed(self._job, str(error)))
            else:
                yield source
            self._job = None if self._stopping.is_set() else self._queue.take(self._name)

    def _rid(self, job: Job) -> None:
        """Keep what has become of the present job."""
        self._job = job  # so that nothing but this is tried again where it cannot be kept at once
        self._queue.keep(job)
        self._tell(job)
        self._job = None

    def _return(self, changed: Callable[[Job], Job]) -> None:
        """Give the present job back, once the database can be reached; told to stop meanwhile, its lease does."""
        if self._job is None:
            return
        job = self._job if self._job.state != "running" else changed(self._job)
        while True:
            try:
                self._queue.keep(job)
            except StorageError as error:
                _log.warning("%s", error)
                if self._stopping.wait(WAIT):
                    break
            except LockedError as error:
                _log.warning("%s", error)
                break
            else:
                self._tell(job)
                break
        self._job = None

    @contextmanager
    def _opened(self) -> Iterator[Library]:
        if self._library is None:
            self._library = open_library(self._settings, writing=True, embedder=self._embedder)
            self._embedder = self._library.embedder
        yield self._library

    def _close_library(self) -> None:
        library, self._library = self._library, None
        if library is None:
            return
        try:
            library.engine.publish()  # what a run added that was stopped before its end
        except StorageError as error:
            _log.warning("%s", error)  # whoever opens the library next publishes it
        finally:
            library.close()

    def _clean(self) -> None:
        if time.monotonic() - self._cleaned >= CLEAN_EVERY:
            self._cleaned = time.monotonic()
            self._queue.clean(now() - KEPT_FOR)
