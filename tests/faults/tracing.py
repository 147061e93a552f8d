"""What a process does to a folder, told by the kernel (ptrace(2)): every call of every library and thread of it.

A tracer is stopped at each system call of its child, before and after. Nothing is put in the way of a call, so that
SQLite, tantivy and Python are recorded as they are. Linux on x86-64 alone; what would go unseen is an error.
"""

from __future__ import annotations

import ctypes
import mmap
import os
import signal
import struct
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Any

from tests.faults.outage import Event, Named, Recording, Said, Sized, Synced, Written

CAN_TRACE = os.uname().sysname == "Linux" and os.uname().machine == "x86_64"

SEIZE, INTERRUPT, SYSCALL, GET_SYSCALL_INFO = 0x4206, 0x4207, 24, 0x420E
STOPS_ARE_MARKED, FORKS, VFORKS, CLONES, DIES_WITH_TRACER = 0x1, 0x2, 0x4, 0x8, 0x100000
ALL_THREADS = 0x40000000  # __WALL
ENTRY, EXIT = 1, 2

_libc = ctypes.CDLL(None, use_errno=True)
_libc.ptrace.restype = ctypes.c_long
_libc.ptrace.argtypes = [ctypes.c_long, ctypes.c_long, ctypes.c_void_p, ctypes.c_void_p]

# Calls by number (arch/x86/entry/syscalls/syscall_64.tbl), and where among their arguments stand a folder's handle
# (None: there is none) and a path.
Where = tuple[int | None, int]
OPENS: dict[int, tuple[Where, int | None]] = {2: ((None, 0), 1), 85: ((None, 0), None), 257: ((0, 1), 2)}  # and flags
RENAMES: dict[int, tuple[Where, Where]] = {
    82: ((None, 0), (None, 1)), 264: ((0, 1), (2, 3)), 316: ((0, 1), (2, 3)),
}  # fmt: skip
LINKS: dict[int, tuple[Where, Where]] = {86: ((None, 0), (None, 1)), 265: ((0, 1), (2, 3))}
REMOVES: dict[int, Where] = {87: (None, 0), 84: (None, 0), 263: (0, 1)}  # unlink, rmdir, unlinkat
FOLDERS: dict[int, Where] = {83: (None, 0), 258: (0, 1)}  # mkdir, mkdirat
SYNCS = (74, 75)  # fsync, fdatasync
WRITES = (1, 18)  # write, pwrite64
SENDFILE, FTRUNCATE, MMAP, IO_URING = 40, 77, 9, 425
UNSEEN_BY_HANDLE = {20: 0, 285: 0, 296: 0, 326: 2, 328: 0}  # writev, fallocate, pwritev, copy_file_range, pwritev2
UNSEEN_BY_PATH: dict[int, Where] = {76: (None, 0), 88: (None, 1), 266: (1, 2)}  # truncate, symlink, symlinkat
HERE = -100  # AT_FDCWD
BY_MEMORY = "-shm"  # SQLite's index of its log, which it makes anew after a cut


def record(folder: Path, journal: Path, act: Callable[[], None]) -> Recording:
    """What ``act`` does in ``folder``, in a child of this process, which should have no other children and no threads.

    What it writes to ``journal``, a file elsewhere, it says.
    """
    reader, writer = os.pipe()
    child = os.fork()
    if child == 0:
        os.read(reader, 1)
        act()
        os._exit(0)
    watch = _Watch(folder, journal)
    _ptrace(SEIZE, child, data=STOPS_ARE_MARKED | FORKS | VFORKS | CLONES | DIES_WITH_TRACER)
    _ptrace(INTERRUPT, child)
    os.write(writer, b"\n")
    _follow(child, watch)
    return watch.recording()


def _follow(child: int, watch: _Watch) -> None:
    while True:
        thread, status = os.waitpid(-1, ALL_THREADS)
        if os.WIFEXITED(status) or os.WIFSIGNALED(status):
            if thread == child:
                assert status == 0, f"what was recorded ended with {status}"
                return
            continue
        passed_on = 0
        if os.WSTOPSIG(status) == signal.SIGTRAP | 0x80:
            _tell(thread, watch)
        elif not status >> 16:
            passed_on = os.WSTOPSIG(status)
        with suppress(ProcessLookupError):  # ended meanwhile
            _ptrace(SYSCALL, thread, data=passed_on)


def _tell(thread: int, watch: _Watch) -> None:
    told = ctypes.create_string_buffer(88)
    _ptrace(GET_SYSCALL_INFO, thread, len(told), ctypes.addressof(told))
    if told.raw[0] == ENTRY:
        call, *values = struct.unpack_from("<Q6q", told.raw, 24)
        watch.enter(thread, call, values)
    elif told.raw[0] == EXIT:
        watch.leave(thread, *struct.unpack_from("<q", told.raw, 24))


def _ptrace(request: int, thread: int, address: int = 0, data: int = 0) -> None:
    if _libc.ptrace(request, thread, address, data) == -1:
        number = ctypes.get_errno()
        raise OSError(number, os.strerror(number))


class _Watch:
    """Turns calls into events. Every file has a number of its own, for the kernel gives an inode to the next."""

    def __init__(self, folder: Path, journal: Path) -> None:
        self._place, self._journal = str(folder.resolve()), str(journal.resolve())
        self._device = folder.stat().st_dev
        self._numbers: dict[int, int] = {}  # by inode, of what has a name now
        self._count = 0
        self._files: dict[int, bytes] = {}
        self._names: dict[int, dict[str, int]] = {}
        self._take(folder)
        self._before = {number: dict(names) for number, names in self._names.items()}
        self._shared: set[int] = set()
        self._events: list[Event] = []
        self._begun: dict[int, tuple[int, list[int], Any]] = {}

    def recording(self) -> Recording:
        made = {number: self._before.get(number, {}) for number in self._names}
        return Recording(self._files, made, frozenset(self._shared), tuple(self._events))

    def enter(self, thread: int, call: int, values: list[int]) -> None:
        """Note what cannot be known any more after the call."""
        held: Any = None
        if call in OPENS:
            where, flags = OPENS[call]
            held = self._find(thread, where, values), os.O_CREAT | os.O_TRUNC if flags is None else values[flags]
        elif call in RENAMES or call in LINKS:
            first, second = (RENAMES | LINKS)[call]
            held = self._find(thread, first, values), self._find(thread, second, values)
        elif call in REMOVES or call in FOLDERS:
            held = self._find(thread, (REMOVES | FOLDERS)[call], values)
        elif call in SYNCS:
            held = len(self._events)
        elif call in WRITES and self._is_of_interest(thread, values[0]):
            held = self._read(thread, values[1], values[2])
        elif call == MMAP and values[2] & mmap.PROT_WRITE and values[3] & mmap.MAP_SHARED and values[4] >= 0:
            self._share(thread, values[4])
        assert not self._goes_unseen(thread, call, values), f"system call {call} is not recorded"
        self._begun[thread] = call, values, held

    def leave(self, thread: int, result: int) -> None:
        """Note what was done, if it was."""
        call, values, held = self._begun.pop(thread, (None, [], None))
        if call is None or result < 0:
            return
        if call in OPENS:
            self._open(*held)
        elif call in RENAMES:
            self._rename(*held)
        elif call in LINKS and held[1]:
            self._name((*held[1], self._names[held[0][0]][held[0][1]]))
        elif call in REMOVES and held:
            self._name((*held, None))
        elif call in FOLDERS and held:
            self._name((*held, self._know(self._path(*held))))
            self._names[self._names[held[0]][held[1]]] = {}
        elif call in SYNCS and (number := self._number(thread, values[0])) is not None:
            self._events.append(Synced(number, held))
        elif call in WRITES and held is not None:
            self._write(thread, values[0], held[:result], values[3] if call == 18 else None)
        elif call == SENDFILE and (number := self._number(thread, values[0])) is not None:
            self._send(thread, values[0], number, result)
        elif call == FTRUNCATE and (number := self._number(thread, values[0])) is not None:
            self._events.append(Sized(number, values[1]))

    def _goes_unseen(self, thread: int, call: int, values: list[int]) -> bool:
        """Whether it changes the place in a way that is not recorded."""
        if call in UNSEEN_BY_HANDLE:
            return self._number(thread, values[UNSEEN_BY_HANDLE[call]]) is not None
        if call in UNSEEN_BY_PATH:
            return self._find(thread, UNSEEN_BY_PATH[call], values) is not None
        return call == IO_URING

    # What calls come to

    def _open(self, place: tuple[int, str] | None, flags: int) -> None:
        if place is None:
            return
        number = self._names[place[0]].get(place[1])
        if number is None and flags & os.O_CREAT:
            self._name((*place, self._know(self._path(*place))))
        elif number is not None and flags & os.O_TRUNC:
            self._events.append(Sized(number, 0))

    def _rename(self, first: tuple[int, str] | None, second: tuple[int, str] | None) -> None:
        assert (first is None) == (second is None), "what is moved in or out is not recorded"
        if first and second:
            self._name((*first, None), (*second, self._names[first[0]][first[1]]))

    def _write(self, thread: int, handle: int, data: bytes, at: int | None) -> None:
        number = self._number(thread, handle)
        if number is None:
            self._events += [Said(line) for line in data.decode().splitlines()]
        else:
            self._events.append(Written(number, self._offset(thread, handle) - len(data) if at is None else at, data))

    def _send(self, thread: int, handle: int, number: int, count: int) -> None:
        at = self._offset(thread, handle) - count
        with Path(f"/proc/{thread}/fd/{handle}").open("rb") as file:
            file.seek(at)
            self._events.append(Written(number, at, file.read(count)))

    def _share(self, thread: int, handle: int) -> None:
        if (number := self._number(thread, handle)) is not None:
            name = Path(f"/proc/{thread}/fd/{handle}").readlink().name
            assert name.endswith(BY_MEMORY), f"{name} is written through memory, which is not recorded"
            self._shared.add(number)

    def _name(self, *names: tuple[int, str, int | None]) -> None:
        for folder, name, number in names:
            self._names[folder].pop(name, None)
            if number is not None:
                self._names[folder][name] = number
        self._events.append(Named(names))
        there = {0, *(number for held in self._names.values() for number in held.values())}
        self._numbers = {inode: number for inode, number in self._numbers.items() if number in there}

    # Which file it is

    def _take(self, folder: Path) -> int:
        """Everything in a folder, as it is."""
        number = self._know(folder)
        names = self._names[number] = {}
        for path in folder.iterdir():
            if path.is_dir():
                names[path.name] = self._take(path)
            else:
                names[path.name] = self._know(path)
                self._files[names[path.name]] = path.read_bytes()
        return number

    def _know(self, path: Path) -> int:
        """A number for what is new there, or has got another name."""
        inode = path.stat().st_ino
        if inode not in self._numbers:
            self._numbers[inode], self._count = self._count, self._count + 1
        return self._numbers[inode]

    def _find(self, thread: int, where: Where, values: list[int]) -> tuple[int, str] | None:
        """The folder and the name of a path, if it is in the place."""
        handle, at = where
        beginning = (
            "cwd" if handle is None or (values[handle] & 0xFFFFFFFF) == HERE & 0xFFFFFFFF else f"fd/{values[handle]}"
        )
        given = os.fsdecode(self._read(thread, values[at], 4096).partition(b"\0")[0])
        path = Path(f"/proc/{thread}/{beginning}").readlink() / given
        folder, name = os.path.split(os.path.normpath(path))
        if not f"{folder}/".startswith(f"{self._place}/"):
            return None
        number = 0
        for part in Path(folder).relative_to(self._place).parts:
            if part not in self._names[number]:
                return None
            number = self._names[number][part]
        return number, name

    def _path(self, folder: int, name: str) -> Path:
        """Where that is now."""
        path = Path(name)
        while folder != 0:
            folder, name = next(
                (above, name) for above, names in self._names.items() for name, held in names.items() if held == folder
            )
            path = name / path
        return self._place / path

    def _number(self, thread: int, handle: int) -> int | None:
        try:
            status = Path(f"/proc/{thread}/fd/{handle}").stat()
        except FileNotFoundError:
            return None
        return self._numbers.get(status.st_ino) if status.st_dev == self._device else None

    def _is_of_interest(self, thread: int, handle: int) -> bool:
        link = Path(f"/proc/{thread}/fd/{handle}")
        return self._number(thread, handle) is not None or os.path.realpath(link) == self._journal

    def _offset(self, thread: int, handle: int) -> int:
        return int(Path(f"/proc/{thread}/fdinfo/{handle}").read_text().split()[1])

    def _read(self, thread: int, address: int, count: int) -> bytes:
        memory = os.open(f"/proc/{thread}/mem", os.O_RDONLY)
        try:
            return os.pread(memory, count, address)
        finally:
            os.close(memory)
