"""Connections to a PostgreSQL: a pool that makes itself again when the server went away, and texts as they are.

PostgreSQL's texts hold no NUL, and transcripts may: it is written as two control characters, and read back as one.
"""

from __future__ import annotations

import re
import threading
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any, TypeVar

import psycopg
from psycopg import errors
from psycopg.conninfo import conninfo_to_dict, make_conninfo
from psycopg.types.string import StrBinaryDumper, StrDumper, TextBinaryLoader, TextLoader
from psycopg_pool import ConnectionPool, PoolTimeout

from playhead.errors import EngineError, InputError, SettingsError, StorageError

Connection = psycopg.Connection[tuple[Any, ...]]
T = TypeVar("T")

MOST_CONNECTIONS = 12
WAIT_SECONDS = 3.0
"""For a connection, new or free; whoever asked is told then that the server is away or overworked."""
STATEMENT_SECONDS = 20
TRIES = 2
"""How often something is tried that may be done twice: a connection may have died since it was used last."""

SESSION = {
    "search_path": "playhead,public",
    "statement_timeout": STATEMENT_SECONDS * 1000,
    # What filters leave is looked for until there is enough of it (pgvector's README, "Iterative Index Scans"); what is
    # found is put in order again.
    "hnsw.iterative_scan": "relaxed_order",
    "hnsw.max_scan_tuples": 1_000_000,
    "hnsw.scan_mem_multiplier": 8,
    # Plans that know what is asked: one for all would not know a rare word from a common one.
    "plan_cache_mode": "force_custom_plan",
    "jit": "off",
    # Questions share the processors with each other, so none takes more than one.
    "max_parallel_workers_per_gather": 0,
}

_ESCAPE, _NUL = "\x01", "\x02"

# What says that the server is away, restarts, or gave this transaction up, and not that we asked for the wrong thing.
_AWAY = (errors.OperationalError, errors.InterfaceError, PoolTimeout)


def escape(text: str) -> str:
    """A text without NUL, from which `unescape` makes it again."""
    if "\0" not in text and _ESCAPE not in text:
        return text
    return text.replace(_ESCAPE, _ESCAPE * 2).replace("\0", _ESCAPE + _NUL)


def unescape(text: str) -> str:
    """The text that was escaped."""
    if _ESCAPE not in text:
        return text
    return re.sub(f"{_ESCAPE}([{_ESCAPE}{_NUL}])", lambda found: "\0" if found[1] == _NUL else _ESCAPE, text)


class _Dumper(StrDumper):
    def dump(self, obj: str) -> bytes:
        return escape(obj).encode()


class _BinaryDumper(StrBinaryDumper):
    def dump(self, obj: str) -> bytes:
        return escape(obj).encode()


class _BinaryLoader(TextBinaryLoader):
    def load(self, data: Any) -> str:
        return unescape(bytes(data).decode())


class _Loader(TextLoader):
    def load(self, data: Any) -> str:
        return unescape(bytes(data).decode())


class Connections:
    """The server at ``url``, asked from any thread.

    Raises StorageError, saying what to do, when it cannot be reached or does not do what it is asked in time.
    """

    def __init__(self, url: str) -> None:
        self.name = "PLAYHEAD_ENGINE"
        self._held: Connection | None = None
        self._is_away = False
        self._opening = threading.Lock()
        try:
            self.name = _without_password(url)
            self._info = make_conninfo(
                url,
                connect_timeout=int(WAIT_SECONDS),
                application_name="playhead",
                options=" ".join(f"-c {name}={value}" for name, value in SESSION.items()),
            )
        except (psycopg.ProgrammingError, ValueError) as error:
            raise SettingsError(
                f"{self.name} is no address of a PostgreSQL ({_first_line(error)}); write postgresql://USER@HOST/NAME."
            ) from None
        self._pool = self._new_pool()

    def _new_pool(self) -> ConnectionPool[Connection]:
        return ConnectionPool[Connection](
            self._info,
            min_size=1,
            max_size=MOST_CONNECTIONS,
            kwargs={"autocommit": True},
            configure=_configure,
            timeout=WAIT_SECONDS,
            max_lifetime=1800.0,
            reconnect_timeout=WAIT_SECONDS,
            open=False,
        )

    @contextmanager
    def using(self) -> Iterator[Connection]:
        """A connection on which every statement is a transaction of its own."""
        with self._saying(), self._connection() as connection:
            yield connection

    @contextmanager
    def changing(self) -> Iterator[Connection]:
        """A connection in one transaction: all of it is kept, or nothing."""
        with self._saying(), self._connection() as connection, connection.transaction():
            yield connection

    def read(self, ask: Callable[[Connection], T]) -> T:
        """What ``ask`` finds; asked again when a connection turns out to be dead."""
        return self._again(ask, self.using)

    def change(self, make: Callable[[Connection], T]) -> T:
        """What ``make`` does, in one transaction; done again if that was given up, so it must not matter if twice."""
        return self._again(make, self.changing)

    def _again(self, do: Callable[[Connection], T], taking: Callable[[], Any]) -> T:
        for left in reversed(range(TRIES)):
            try:
                with taking() as connection:
                    return do(connection)
            except StorageError as error:
                if not left or not isinstance(error.__cause__, (errors.OperationalError, errors.InterfaceError)):
                    raise
                if isinstance(error.__cause__, (PoolTimeout, errors.QueryCanceled)):  # once more would take as long
                    raise
                self._is_away = True
        raise AssertionError("the last try returns or raises")

    @contextmanager
    def _connection(self) -> Iterator[Connection]:
        if self._is_away:
            self._knock()
        if self._pool.closed:
            self._pool.open()
        pool = self._pool
        try:
            taken = pool.getconn()
        except PoolTimeout:
            self._is_away = pool.get_stats().get("pool_size", 0) == 0
            raise
        try:
            with taken:
                yield taken
        finally:
            pool.putconn(taken)

    def _knock(self) -> None:
        """See whether the server is back: who is away is said to be at once, and who is back is not waited for."""
        psycopg.connect(self._info).close()
        with self._opening:
            if self._is_away:
                left, self._pool = self._pool, self._new_pool()
                self._pool.open()
                left.close(0)
                self._is_away = False

    @contextmanager
    def _saying(self) -> Iterator[None]:
        """What the driver says, in words of what to do."""
        try:
            yield
        except UnicodeEncodeError as error:
            raise InputError(f"A text holds half a character ({error}); clean it before it is kept.") from error
        except errors.QueryCanceled as error:
            raise StorageError(f"{self.name} did not answer within {STATEMENT_SECONDS} seconds; ask again.") from error
        except (errors.InsufficientPrivilege, errors.ReadOnlySqlTransaction) as error:
            raise StorageError(f"{self.name} may not be written to as this user: {_first_line(error)}.") from error
        except (errors.DeadlockDetected, errors.SerializationFailure) as error:
            raise StorageError(f"{self.name} gave way to a change of somebody else's; try again.") from error
        except errors.OutOfMemory as error:
            raise StorageError(f"{self.name} has too little memory ({_first_line(error)}).") from error
        except errors.DiskFull as error:
            raise StorageError(f"{self.name} has no room left; free some space there.") from error
        except _AWAY as error:
            raise StorageError(
                f"The library at {self.name} cannot be reached ({_first_line(error)}); see that the server runs there."
            ) from error
        except psycopg.Error as error:
            raise EngineError(f"{self.name} refused: {_first_line(error)}.") from error

    def hold(self, number: int) -> None:
        """Hold an advisory lock together with others until this is closed, or this process dies."""
        with self._saying():
            self._held = psycopg.connect(self._info, autocommit=True)
            self._held.execute("SELECT pg_advisory_lock_shared(%s)", (number,))

    def is_held(self, number: int) -> bool:
        """Whether anybody holds it."""
        sql = (
            "SELECT 1 FROM pg_locks WHERE locktype = 'advisory' AND objid = %s AND granted "
            "AND database = (SELECT oid FROM pg_database WHERE datname = current_database())"
        )
        return self.read(lambda connection: connection.execute(sql, (number,)).fetchone() is not None)

    def close(self) -> None:
        if self._held is not None:
            self._held.close()
        if not self._pool.closed:
            self._pool.close()


def copy(connection: Connection, table: str, columns: Mapping[str, str], rows: Iterable[Sequence[Any]]) -> None:
    """Add rows to a table, quicker than one by one; ``columns`` are their names and types, our own words."""
    statement = f"COPY {table} ({', '.join(columns)}) FROM STDIN (FORMAT binary)"
    with connection.cursor() as cursor, cursor.copy(statement.encode()) as copying:
        copying.set_types(list(columns.values()))
        for row in rows:
            copying.write_row(row)


def _configure(connection: Connection) -> None:
    for dumper in (_BinaryDumper, _Dumper):
        connection.adapters.register_dumper(str, dumper)
    for loader in (_BinaryLoader, _Loader):
        connection.adapters.register_loader("text", loader)


def _without_password(url: str) -> str:
    """The address as it may be shown; of one of several servers, the addresses of all."""
    known = conninfo_to_dict(url)
    hosts, ports = (str(known.get(name) or "").split(",") for name in ("host", "port"))
    if not all(port.isdecimal() or not port for port in ports):
        raise ValueError(f"a port is a number, not {','.join(ports)}")
    ports = ports * len(hosts) if len(ports) == 1 else ports
    places = [f"{host}:{port}" if port else host for host, port in zip(hosts, ports, strict=False)]
    return f"postgresql://{','.join(places)}/{known.get('dbname') or ''}"


def _first_line(error: BaseException) -> str:
    return (str(error).strip().splitlines() or [type(error).__name__])[0].rstrip(".")
