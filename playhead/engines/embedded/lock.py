"""The writer's lock: one process at a time may write to a library, or publish it. The kernel lets go of it on death."""

from __future__ import annotations

import os
from pathlib import Path

from filelock import FileLock, Timeout

from playhead.engines.embedded import disk
from playhead.errors import LockedError

NAME = "writer.lock"


class WriterLock:
    """Held from `take` to `release`."""

    def __init__(self, directory: Path) -> None:
        self._directory = directory
        # Not shared between threads' own counts: whichever thread closes the engine lets go of it.
        self._lock = FileLock(directory / NAME, timeout=0, thread_local=False)

    def take(self) -> None:
        """Take it at once, or raise LockedError that says who has it."""
        with disk.storing(self._directory / NAME):
            try:
                self._lock.acquire()
            except Timeout:
                holder = (self._directory / NAME).read_text("ascii", "replace").strip()
                process = f" (process {holder})" if holder.isdecimal() else ""
                raise LockedError(
                    f"Another process{process} is writing to {self._directory}; wait for it to end and run it again."
                ) from None
            (self._directory / NAME).write_text(str(os.getpid()), "ascii")

    def release(self) -> None:
        self._lock.release()
