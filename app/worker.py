"""Sees to it that jobs get done: one process after another, each an ingest of its own beside the service.

The service neither ingests nor writes. A worker that is killed takes nothing with it but its own job, which the next
one takes up; and a service that is killed leaves its jobs on the disk, where the next one finds them. Jobs in a
database are not its business: whoever runs that runs workers, `playhead ingest --worker`, where there is room for them.
"""

from __future__ import annotations

import logging
import os
import subprocess
import sys
import threading
import time
from contextlib import suppress
from typing import IO

from app.keys import log_write
from playhead.errors import EngineError, LockedError
from playhead.jobs import KEPT_FOR, Jobs, begun, now, put_back, target
from playhead.settings import Settings, environment

LOOK_EVERY = 5.0
"""Seconds between two looks for jobs that somebody else added."""
CLEAN_EVERY = 3_600.0
WAIT = 2.0
"""Seconds before another try, when somebody else works or writes, or a process has failed."""
PATIENCE = 10.0
"""Seconds that a process which is told to end may take."""
MOST_LINE = 2_000
"""Bytes of a line in the log; what is longer becomes several."""

_log = logging.getLogger("playhead.jobs")


def _tell(said: IO[bytes], id: str) -> None:  # noqa: A002 - it is called so everywhere
    """What a worker says is in our log, in the form that our log has, and cannot pass for a line of ours."""
    with said:
        while line := said.readline(MOST_LINE):
            if told := line.decode("utf-8", "replace").strip():
                _log.info("job %s: %s", id, told)


class Worker:
    """Does the jobs of the library that the settings name, from the first `wake` to `stop`."""

    def __init__(self, jobs: Jobs, settings: Settings) -> None:
        self._jobs = jobs
        self._settings = settings
        self._stopping = threading.Event()
        self._woken = threading.Event()
        self._thread: threading.Thread | None = None
        self._starting = threading.Lock()

    def wake(self) -> None:
        """There may be something to do. Where workers share the jobs, they look for themselves."""
        if self._jobs.is_shared:
            return
        self._woken.set()
        with self._starting:
            if not (self._thread and self._thread.is_alive()) and not self._stopping.is_set():
                self._thread = threading.Thread(target=self._work, name="worker")
                self._thread.start()

    def stop(self) -> None:
        """End what is being done; it is taken up again by whoever comes next."""
        self._stopping.set()
        self._woken.set()
        if self._thread:
            self._thread.join()

    def _work(self) -> None:
        cleaned = float("-inf")
        while not self._stopping.is_set():
            self._woken.clear()
            try:
                if time.monotonic() - cleaned >= CLEAN_EVERY:
                    cleaned = time.monotonic()
                    self._jobs.clean(now() - KEPT_FOR)
                for job in self._jobs.unfinished():
                    while not self._stopping.is_set() and not self._do(job.id):
                        self._stopping.wait(WAIT)
            except (EngineError, OSError) as error:  # there may be room again, on the disk or for a process
                _log.error("Jobs cannot be seen to: %s", error)
                self._stopping.wait(LOOK_EVERY)
            self._woken.wait(LOOK_EVERY)

    def _do(self, id: str) -> bool:  # noqa: A002 - it is called so everywhere
        """One try; whether the job is over."""
        before = self._jobs.find(id)
        if before is None or before.is_over:
            return True
        try:
            with self._jobs.working():
                pass  # nobody else works
        except LockedError:
            return False
        command = [sys.executable, "-m", "playhead", "ingest", "--job", id]
        process = subprocess.Popen(  # noqa: S603 - our own command, and an id of our own making  # nosec B603
            command,
            env=environment(self._settings),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
            start_new_session=True,  # Ctrl-C is for the service, which then ends its worker
        )
        telling = threading.Thread(target=_tell, args=(process.stderr, id), name="worker's words", daemon=True)
        telling.start()
        while process.poll() is None and not self._stopping.is_set():
            with suppress(subprocess.TimeoutExpired):
                process.wait(0.1)
        if process.poll() is None:
            self._end(process, id)
            return True
        telling.join(WAIT)  # what it said stands before what became of it
        after = self._jobs.find(id)
        if after is None:
            return True
        if after.is_over:
            counts = ", ".join(f"{count} {outcome}" for outcome, count in after.counts)
            log_write(after.asked_by, after.kind, target(after), f"job {id} {after.state}: {counts or 'nothing new'}")
            return True
        if process.returncode not in (0, os.EX_TEMPFAIL):
            _log.warning("The worker of job %s ended with %d.", id, process.returncode)
            if after.attempts == before.attempts:  # it did not even begin
                self._jobs.keep(begun(after))
        return False

    def _end(self, process: subprocess.Popen[bytes], id: str) -> None:  # noqa: A002
        """The service stops: so does its worker, and the job is put back."""
        process.terminate()
        try:
            process.wait(PATIENCE)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
        known = self._jobs.find(id)
        if known and known.state == "running":
            self._jobs.keep(put_back(known))
