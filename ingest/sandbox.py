"""What strangers wrote is read by a process of its own, which may not take long, hold much, write, or connect.

Files that were fetched or sent through a door go this way; an operator's own files are read where they are. The process
is begun when it is first asked for, stays for the next file, and is begun anew where a file has cost it its life. What
comes back is JSON and is held to its type: nothing of what the process says is ever run.

These are the limits of an operating system and of Python, and no prison: code that takes over the interpreter itself
may still read what its user may.
"""

from __future__ import annotations

import atexit
import json
import os
import resource
import select
import signal
import subprocess
import sys
import time
import traceback
from functools import cache
from pathlib import Path
from threading import Lock
from typing import IO, Any, cast

from pydantic import TypeAdapter, ValidationError

from ingest import feeds, files, formats
from ingest.feeds import Feed
from ingest.formats import Role
from ingest.reading import Reading
from playhead.errors import AmbiguousFormatError, InputError, TranscriptError, UnknownFormatError

SECONDS = 30
"""Of the processor, for one file. The slowest of `bench.hostile` takes a third of it."""
PATIENCE = 4.0 * SECONDS
"""Seconds on the clock, on a machine that has others to serve."""
MOST_BYTES = 2 * 2**30
"""Of memory, the interpreter and its libraries with it."""
MOST_ANSWER = 512 * 2**20

_REFUSED_EVENTS = ("socket.connect", "socket.bind", "socket.getaddrinfo", "subprocess.Popen", "os.exec", "os.fork",
                   "os.posix_spawn", "os.system", "os.remove", "os.rename")  # fmt: skip


class FatalFileError(TranscriptError):
    """A file that whoever reads it does not live through, or not soon enough."""


_ERRORS = {each.__name__: each for each in (TranscriptError, UnknownFormatError, AmbiguousFormatError, FatalFileError)}


def read_file(path: Path, name: str, written: str | None = None) -> Reading:
    """What `files.read_file` says of a stranger's file."""
    return cast(Reading, _ask(Reading, name, "read_file", str(path), name, written))


def role_of(path: Path, name: str) -> Role:
    """What a stranger's file is there for; raises as `formats.recognise` does."""
    return cast(Role, _ask(Role, name, "role_of", str(path)))


def read_feed(path: Path, url: str, name: str) -> Feed:
    """What `feeds.read_feed` says of a stranger's feed that lies at ``url``."""
    return cast(Feed, _ask(Feed, name, "read_feed", str(path), url))


def _role(path: str) -> Role:
    return formats.recognise(files.read_text(Path(path)), path).role


def _feed(path: str, url: str) -> Feed:
    return feeds.read_feed(files.read_text(Path(path)), url)


def _reading(path: str, name: str, written: str | None) -> Reading:
    return files.read_file(Path(path), name, written)


_DONE_INSIDE: dict[str, tuple[Any, Any]] = {
    "read_file": (_reading, Reading),
    "role_of": (_role, Role),
    "read_feed": (_feed, Feed),
}

SECRET = ("PLAYHEAD_", "PG")
"""What the names of settings begin with that may be secret: ours, and the password and address of a PostgreSQL."""


class _Reader:
    """The process, as it is seen from outside."""

    def __init__(self) -> None:
        # Our own interpreter and module.
        self._process = process = subprocess.Popen(  # noqa: S603  # nosec B603
            [sys.executable, "-c", f"from ingest.sandbox import serve; serve({SECONDS}, {MOST_BYTES})"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            env={name: value for name, value in os.environ.items() if not name.startswith(SECRET)},
        )
        self._questions: IO[bytes] = cast(IO[bytes], process.stdin)
        self._answers: IO[bytes] = cast(IO[bytes], process.stdout)

    @property
    def is_over(self) -> bool:
        """Has it ended, and no file is to blame?"""
        return self._process.poll() is not None

    def ask(self, question: list[object]) -> bytes:
        """Its answer, a line; shorter where it has ended, or was ended because time or room was up."""
        answer, ends, source = bytearray(), time.monotonic() + PATIENCE, self._answers.fileno()
        try:
            self._questions.write(json.dumps(question).encode() + b"\n")
            self._questions.flush()
        except BrokenPipeError:
            return b""
        while not answer.endswith(b"\n"):
            ready, _, _ = select.select([source], [], [], max(0.0, ends - time.monotonic()))
            piece = os.read(source, 2**20) if ready and len(answer) < MOST_ANSWER else b""
            if not piece:
                break
            answer += piece
        return bytes(answer)

    def leave(self) -> None:
        """Let it end, as it does when nothing more is asked."""
        self._process.communicate()

    def end(self) -> int:
        """End it, if it has not ended by itself; its exit code, below 0 the signal that ended it."""
        try:
            self._process.wait(1.0)
        except subprocess.TimeoutExpired:
            self._process.kill()
        with self._process:
            return self._process.wait()


_reader: _Reader | None = None
_one_at_a_time = Lock()


def _ask(kind: Any, name: str, *question: object) -> Any:
    """The answer of the process, as ``kind``. Raises as what is done there does; errors call the file ``name``."""
    global _reader  # noqa: PLW0603 - there is one, for as long as this process lives
    with _one_at_a_time:
        if _reader is None or _reader.is_over:
            _reader = _Reader()
        line = _reader.ask(list(question))
        if not line.endswith(b"\n"):
            code, _reader = _reader.end(), None
            raise FatalFileError(f"{_why(code)}; look at it, or leave it out", name)
    said = line[1:-1]
    if line[:1] == b"=":
        try:
            return _typed(kind).validate_json(said)
        except ValidationError as error:
            raise TranscriptError(f"what was read of this has no sense ({error.error_count()} places)", name) from error
    refusal = json.loads(said)
    raise _ERRORS[refusal["error"]](refusal["message"], name, refusal["line"])


def _why(code: int) -> str:
    if code in (-signal.SIGXCPU, -signal.SIGKILL):
        return f"this takes longer than {SECONDS} seconds to read"
    return f"this ends whatever reads it ({signal.Signals(-code).name if code < 0 else f'exit code {code}'})"


@cache
def _typed(kind: Any) -> TypeAdapter[Any]:
    return TypeAdapter(kind)


@atexit.register
def close() -> None:
    """End the process, if one was begun."""
    global _reader  # noqa: PLW0603
    if _reader:
        _reader.leave()
        _reader = None


# Inside the process


def serve(seconds: int, most_bytes: int) -> None:
    """Answer one question a line until there are no more, each in so many seconds of the processor."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # whoever asks decides when to stop
    answers = os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)  # what a library prints is no answer
    formats.known()  # all is loaded before nothing more may be
    for _, kind in _DONE_INSIDE.values():
        _typed(kind)
    confine(most_bytes)
    for line in sys.stdin.buffer:
        used = resource.getrusage(resource.RUSAGE_SELF)
        resource.setrlimit(resource.RLIMIT_CPU, (int(used.ru_utime + used.ru_stime) + seconds + 1, -1))
        done, *arguments = json.loads(line)
        answers.write(_answer(done, arguments) + b"\n")
        answers.flush()


def confine(most_bytes: int) -> None:
    """From now on this process may not take much, write, connect or begin others."""
    resource.setrlimit(resource.RLIMIT_AS, (most_bytes, most_bytes))
    resource.setrlimit(resource.RLIMIT_FSIZE, (0, 0))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    resource.setrlimit(resource.RLIMIT_NOFILE, (64, 64))
    sys.addaudithook(_refuse)


def _refuse(event: str, _: tuple[object, ...]) -> None:
    if event in _REFUSED_EVENTS:
        raise PermissionError(f"{event} is not for a reader of files")


def _answer(done: str, arguments: list[Any]) -> bytes:
    do, kind = _DONE_INSIDE[done]
    try:
        return b"=" + bytes(_typed(kind).dump_json(do(*arguments)))
    except TranscriptError as error:
        return _refusal(type(error).__name__, error.message, error.line)
    except InputError as error:
        return _refusal("TranscriptError", str(error))
    except (MemoryError, RecursionError) as error:
        return _refusal("FatalFileError", f"this takes too much to read ({type(error).__name__})")
    except Exception as error:  # noqa: BLE001 - a fault of ours in reading one stranger's file stops no run
        traceback.print_exc()
        return _refusal("TranscriptError", f"this could not be read, which is a fault of ours ({type(error).__name__})")


def _refusal(error: str, message: str, line: int | None = None) -> bytes:
    return b"!" + json.dumps({"error": error, "message": message, "line": line}).encode()
