"""Bytes that stay on the disk once written, and errors of the disk in words a person can act on."""

from __future__ import annotations

import errno
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from playhead.errors import StorageError

REMEDIES = {
    errno.ENOSPC: "free some space and run it again",
    errno.EDQUOT: "free some space and run it again",
    errno.EFBIG: "allow larger files (ulimit -f) and run it again",
    errno.EROFS: "the disk is read-only; choose a writable directory with --index",
    errno.EACCES: "give this user the right to read and write it, or choose another directory with --index",
    errno.EPERM: "give this user the right to read and write it, or choose another directory with --index",
    errno.EMFILE: "allow more open files (ulimit -n) and run it again",
    errno.ENFILE: "close some programs and run it again",
    errno.ENOTDIR: "choose another directory with --index",
    errno.EEXIST: "choose another directory with --index",
    errno.EIO: "the disk fails; copy what is left to another one",
}


@contextmanager
def storing(path: Path) -> Iterator[None]:
    """Everything the operating system refuses at ``path`` becomes a StorageError that says what to do."""
    try:
        yield
    except OSError as error:
        remedy = REMEDIES.get(error.errno or 0, "see that the directory can be reached")
        raise StorageError(f"{error.filename or path}: {error.strerror or error}; {remedy}.") from error


def write(path: Path, data: bytes | memoryview) -> None:
    """A file that is on the disk when this returns; its name is, after `sync` of its folder."""
    with path.open("wb") as file:
        file.write(data)
        file.flush()
        os.fsync(file.fileno())


def make(folder: Path, mode: int = 0o777) -> None:
    """A folder that is on the disk when this returns, with whichever above it were not there."""
    folder = folder.absolute()
    missing = [each for each in folder.parents if not each.exists()]
    folder.mkdir(mode, parents=True, exist_ok=True)
    for each in (folder, *missing):
        sync(each.parent)


def sync(path: Path) -> None:
    """Force a file, or the names in a folder, to the disk."""
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
