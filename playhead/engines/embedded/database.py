"""library.sqlite as a file: opened with the settings that keep it whole, made in one transaction, never guessed at.

SQLite comes from the ``pysqlite3`` wheel, because SQLite 3.7.0 to 3.51.2, and so the one of most systems, can corrupt
a database in WAL mode when a checkpoint meets a reset of the log (sqlite.org/wal.html, "the WAL-reset bug").
"""

from __future__ import annotations

import queue
import threading
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

from pysqlite3 import dbapi2 as sqlite

from playhead.engines.embedded import disk, seals
from playhead.errors import (
    DamagedError,
    EngineError,
    ForeignLibraryError,
    InputError,
    LockedError,
    NoLibraryError,
    StorageError,
)

Connection = Any  # pysqlite3 has no types

APPLICATION_ID = 0x504C4159  # "PLAY"
SQLITE_VERSION: str = sqlite.sqlite_version
OLDEST_SQLITE = (3, 51, 3)
WAIT = 5.0  # seconds another process may hold the database; measured longest wait of four writers: 1.9

RECEIPTS = """CREATE TABLE receipts (
  feed TEXT NOT NULL, item TEXT NOT NULL, episode TEXT NOT NULL REFERENCES episodes (id) ON DELETE CASCADE,
  fingerprint TEXT NOT NULL, files TEXT NOT NULL, is_of_this_visit INTEGER NOT NULL,
  PRIMARY KEY (feed, item)
) STRICT, WITHOUT ROWID"""

UPGRADES: tuple[str | Callable[[Connection], None], ...] = (
    "ALTER TABLE episodes ADD COLUMN people TEXT NOT NULL DEFAULT '[]'",
    "ALTER TABLE episodes ADD COLUMN transcribed INTEGER NOT NULL DEFAULT 1",
    RECEIPTS,
    "ALTER TABLE episodes ADD COLUMN time_offset REAL NOT NULL DEFAULT 0",
    "ALTER TABLE episodes ADD COLUMN drift REAL",
    "ALTER TABLE episodes ADD COLUMN editions TEXT NOT NULL DEFAULT '[]'",
    "ALTER TABLE transcripts ADD COLUMN seal BLOB",
    seals.seal_everything,
)
"""What makes a library of each version one of the next, from version 1 on. The schema below is of the last."""

VERSION = 1 + len(UPGRADES)

# Numbers of segments are never used twice (AUTOINCREMENT), so that an older generation cannot name a newer passage.
# Columns that filters read stand before the texts: SQLite reads a long row page by page up to the column it needs.
# Vectors know their kind and how they are written, so that a sentence's is never taken for a segment's.
SCHEMA = f"""
BEGIN IMMEDIATE;
CREATE TABLE meta (name TEXT PRIMARY KEY, value TEXT NOT NULL) STRICT, WITHOUT ROWID;
CREATE TABLE podcasts (slug TEXT PRIMARY KEY, title TEXT NOT NULL, seal BLOB) STRICT, WITHOUT ROWID;
CREATE TABLE episodes (
  number INTEGER PRIMARY KEY AUTOINCREMENT, id TEXT NOT NULL UNIQUE,
  podcast TEXT NOT NULL REFERENCES podcasts (slug),
  title TEXT NOT NULL, published TEXT, description TEXT, page_url TEXT, audio_url TEXT, audio_file BLOB,
  duration REAL, language TEXT,
  sources TEXT NOT NULL, fingerprint TEXT NOT NULL, people TEXT NOT NULL DEFAULT '[]',
  transcribed INTEGER NOT NULL DEFAULT 1,
  time_offset REAL NOT NULL DEFAULT 0, drift REAL, editions TEXT NOT NULL DEFAULT '[]',
  outline BLOB, contents BLOB, seal BLOB
) STRICT;
CREATE INDEX episodes_by_podcast ON episodes (podcast);
CREATE TABLE chapters (
  episode INTEGER NOT NULL REFERENCES episodes (number) ON DELETE CASCADE, position INTEGER NOT NULL,
  number INTEGER NOT NULL, title TEXT NOT NULL, time_start REAL, time_end REAL, kind TEXT NOT NULL,
  url TEXT, source TEXT, span_first INTEGER, span_last INTEGER,
  PRIMARY KEY (episode, position)
) STRICT, WITHOUT ROWID;
CREATE TABLE transcripts (
  episode INTEGER PRIMARY KEY REFERENCES episodes (number) ON DELETE CASCADE,
  text TEXT NOT NULL, turns TEXT NOT NULL, stamps TEXT NOT NULL, breaks TEXT NOT NULL, sentences TEXT NOT NULL,
  seal BLOB
) STRICT;
CREATE TABLE segments (
  number INTEGER PRIMARY KEY AUTOINCREMENT, id TEXT NOT NULL UNIQUE,
  episode INTEGER NOT NULL REFERENCES episodes (number) ON DELETE CASCADE, ordinal INTEGER NOT NULL,
  kind TEXT NOT NULL, chapter INTEGER, chapter_folded TEXT, chapter_title TEXT, chapter_start REAL,
  time_start REAL, time_end REAL, time_source TEXT NOT NULL, time_error REAL,
  span_first INTEGER NOT NULL, span_last INTEGER NOT NULL, first_turn INTEGER NOT NULL, last_turn INTEGER NOT NULL,
  seal BLOB NOT NULL, text TEXT NOT NULL, passage TEXT NOT NULL, turns TEXT NOT NULL, sentences TEXT NOT NULL
) STRICT;
CREATE INDEX segments_in_order ON segments (episode, ordinal, kind);
CREATE TABLE voices (
  segment INTEGER NOT NULL REFERENCES segments (number) ON DELETE CASCADE, folded TEXT NOT NULL, name TEXT NOT NULL,
  PRIMARY KEY (segment, folded)
) STRICT, WITHOUT ROWID;
CREATE INDEX voices_by_name ON voices (folded, segment);
CREATE TABLE vectors (
  segment INTEGER NOT NULL REFERENCES segments (number) ON DELETE CASCADE,
  kind TEXT NOT NULL CHECK (kind IN ('segment', 'sentence')), part INTEGER NOT NULL,
  codec TEXT NOT NULL CHECK (codec IN ('float16', 'int8')), data BLOB NOT NULL, seal BLOB NOT NULL,
  UNIQUE (segment, kind, part)
) STRICT;
CREATE TABLE feeds (
  url TEXT PRIMARY KEY, podcast TEXT, etag TEXT, last_modified TEXT
) STRICT, WITHOUT ROWID;
{RECEIPTS};
INSERT INTO meta VALUES ('library', lower(hex(randomblob(16)))), ('revision', '0');
PRAGMA application_id = {APPLICATION_ID};
PRAGMA user_version = {VERSION};
"""  # noqa: S608

STORAGE_CODES = {  # SQLite's primary result codes (sqlite.org/rescode.html)
    3: "access denied; give this user the right to read and write it",
    8: "it is read-only; give this user the right to write it",
    10: "the disk refused; free some space or see that it can be reached",
    13: "the disk is full; free some space and run it again",
    14: "it cannot be opened; see that this user may read and write the directory and its files",
}
DAMAGE_CODES = (11, 26)
UNNUMBERED = {"disk I/O error": 10, "database or disk is full": 13, "database disk image is malformed": 11}  # of a copy
UNDECODABLE = "Could not decode to UTF-8"  # Python's own, without a code
BUSY_CODES = (5, 6)


class Database:
    """One library.sqlite. A connection is used by one thread at a time; there is one for writing, if any.

    Raises ForeignLibraryError for a file that is not ours or newer, DamagedError, StorageError, LockedError.
    ``alone`` is a file of this version that nobody uses, and that has no log beside it: nothing is made there.
    """

    def __init__(self, path: Path, *, writing: bool, alone: bool = False) -> None:
        if sqlite.sqlite_version_info < OLDEST_SQLITE:
            raise EngineError(
                f"SQLite {SQLITE_VERSION} may corrupt a library (the WAL-reset bug); run pip install -U pysqlite3."
            )
        self.path = path
        self._alone = "&immutable=1" if alone else ""
        self._idle: queue.LifoQueue[Connection] = queue.LifoQueue()
        self._writer: Connection | None = None
        self._turn = threading.Lock()
        with translated(path):
            if writing:
                self._writer = self._connect("rwc")
                if self._is_blank(self._writer):
                    self._writer.execute("PRAGMA journal_mode = WAL")
                    self._writer.executescript(SCHEMA)
                    seals.seal_root(self._writer)
                    self._writer.execute("COMMIT")
                self._refuse_others(self._writer)
                self._writer.execute("PRAGMA synchronous = FULL")
                if _version(self._writer) < VERSION:
                    self._upgrade(self._writer)
                self._writer.execute("PRAGMA foreign_keys = ON")
            else:
                if path.with_name(f"{path.name}-journal").exists():  # left by a process that died while making it
                    with closing(self._connect("rw")) as unmade:  # what only reads may not undo it
                        _version(unmade)
                first = self._connect("ro")
                if self._is_blank(first):
                    raise missing(path.parent)
                self._refuse_others(first)
                if _version(first) < VERSION:
                    with closing(self._connect("rw")) as older:
                        self._upgrade(older)
                self._idle.put(first)

    @contextmanager
    def reading(self) -> Iterator[Connection]:
        """A connection that sees one state of the library for as long as it is held."""
        with translated(self.path):
            try:
                connection = self._idle.get_nowait()
            except queue.Empty:
                connection = self._connect("ro")
            try:
                connection.execute("BEGIN")
                yield connection
            finally:
                if connection.in_transaction:
                    connection.execute("ROLLBACK")
                self._idle.put(connection)

    @contextmanager
    def writing(self) -> Iterator[Connection]:
        """A transaction that is on the disk when this ends, or leaves nothing behind.

        It begins as a writer (IMMEDIATE): one that reads first and writes later meets "database is locked"
        whatever the timeout, as soon as there are two.
        """
        if self._writer is None:
            raise EngineError(f"The library in {self.path.parent} is open for reading only.")
        with self._turn, translated(self.path):
            self._writer.execute("BEGIN IMMEDIATE")
            try:
                yield self._writer
                self._writer.execute("COMMIT")
            finally:
                if self._writer.in_transaction:
                    self._writer.execute("ROLLBACK")

    def close(self) -> None:
        while not self._idle.empty():
            self._idle.get().close()
        if self._writer is not None:
            self._writer.close()
            self._writer = None

    def _upgrade(self, connection: Connection) -> None:
        """Bring an older library up to this version, whole or not at all; of two who try at once, the second waits.

        What it was is copied beside it before, from the very state that is changed: nobody else can write meanwhile.
        """
        connection.execute("BEGIN IMMEDIATE")
        if (version := _version(connection)) < VERSION:
            with closing(self._connect("ro")) as before:
                copy(before, self.path.with_name(f"library-{version}.sqlite"))
            for step in UPGRADES[version - 1 :]:
                if callable(step):
                    step(connection)
                else:
                    connection.execute(step)
            connection.execute(f"PRAGMA user_version = {VERSION}")
        connection.execute("COMMIT")
        connection.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchall()  # the log is as long as all that was sealed

    def _connect(self, mode: str) -> Connection:
        connection = sqlite.connect(
            f"{self.path.absolute().as_uri()}?mode={mode}{self._alone}",
            uri=True,
            timeout=WAIT,
            isolation_level=None,
            check_same_thread=False,
        )
        connection.execute("PRAGMA trusted_schema = OFF")
        connection.execute("PRAGMA cell_size_check = ON")
        if mode == "ro":
            connection.execute("PRAGMA query_only = ON")
        return connection

    def _is_blank(self, connection: Connection) -> bool:
        """A file that holds nothing at all: new, or left by a process that died while making it."""
        marks = _value(connection, "PRAGMA application_id"), _value(connection, "PRAGMA user_version")
        return marks == (0, 0) and not _value(connection, "SELECT count(*) FROM sqlite_master")

    def _refuse_others(self, connection: Connection) -> None:
        if not is_ours(connection):
            raise ForeignLibraryError(f"{self.path} is not a Playhead library; choose another directory with --index.")
        refuse_unknown(self.path, _version(connection))


@contextmanager
def translated(path: Path) -> Iterator[None]:
    """What SQLite refuses at ``path``, in words a person can act on."""
    try:
        yield
    except sqlite.Error as error:
        code = getattr(error, "sqlite_errorcode", UNNUMBERED.get(str(error), 0)) & 0xFF
        if code in DAMAGE_CODES or str(error).startswith(UNDECODABLE):
            raise DamagedError(
                f"{path} is damaged ({error}); restore it from a backup, or ingest again into an empty directory."
            ) from error
        if code in BUSY_CODES:
            raise LockedError(f"{path} was held by another process for {WAIT:.0f} seconds; try again later.") from error
        if code in STORAGE_CODES:
            raise StorageError(f"{path}: {error}; {STORAGE_CODES[code]}.") from error
        raise EngineError(f"{path}: {error}.") from error
    except UnicodeDecodeError as error:  # a message of SQLite's that quotes what is damaged
        raise DamagedError(
            f"{path} is damaged ({error.reason}); restore it from a backup, or ingest again into an empty directory."
        ) from error
    except UnicodeEncodeError as error:
        raise InputError(f"A text holds half a character ({error}); clean it before it is kept.") from error


def missing(directory: Path) -> NoLibraryError:
    return NoLibraryError(f"There is no library in {directory}; run playhead ingest PATH.")


def examine(path: Path, *, deep: bool) -> str | None:
    """What SQLite's own check finds wrong with the file, if anything; ``deep`` holds its indexes to its tables, too.

    Raises ForeignLibraryError for a file that is not ours.
    """
    try:
        with translated(path), closing(_look_at(path)) as connection:
            if not is_ours(connection):
                raise ForeignLibraryError(f"{path} is not a Playhead library; choose another directory with --index.")
            found = connection.execute("PRAGMA integrity_check(3)" if deep else "PRAGMA quick_check(3)").fetchall()
            dangling = connection.execute("PRAGMA foreign_key_check").fetchall() if deep else []
    except DamagedError as error:
        return str(error)
    wrong = [str(line).splitlines()[0] for (line,) in found if line != "ok"]
    return "; ".join([*wrong, *[f"{table} names a row that is not there" for table, *_ in dangling[:3]]]) or None


def version_of(path: Path) -> int:
    """The version of its layout. Raises ForeignLibraryError for one that this Playhead does not know."""
    with translated(path), closing(_look_at(path)) as connection:
        refuse_unknown(path, _version(connection))
        return _version(connection)


def settle(path: Path) -> None:
    """Write what is in the log into the file, so that it stands alone; one too damaged for that stays as it is.

    Raises LockedError while somebody reads an older state of it.
    """
    try:
        with translated(path), closing(sqlite.connect(str(path), timeout=WAIT, isolation_level=None)) as connection:
            is_busy, *_ = connection.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()
    except (DamagedError, EngineError) as error:
        if isinstance(error, LockedError | StorageError):
            raise
        return
    if is_busy:
        raise LockedError(f"{path} is being read; try again later.")


def is_ours(connection: Connection) -> bool:
    return bool(_value(connection, "PRAGMA application_id") == APPLICATION_ID)


def refuse_unknown(path: Path, version: int) -> None:
    if not 1 <= version <= VERSION:
        raise ForeignLibraryError(
            f"{path} was made by another Playhead (library version {version}, this one reads {VERSION}); "
            "upgrade Playhead, or ingest into another directory with --index."
        )


def make_directory(directory: Path) -> None:
    """The library's directory, made if need be and known to the disk."""
    with disk.storing(directory):
        disk.make(directory)


def copy(source: Connection, path: Path) -> None:
    """One state of a database as a file of its own, whoever writes meanwhile; on the disk, and whole, or not there."""
    making = path.with_name(f"{path.name}.tmp")
    with disk.storing(path):
        making.unlink(missing_ok=True)
        try:
            with closing(sqlite.connect(str(making))) as target:
                source.backup(target)
            disk.sync(making)
            making.replace(path)
        except BaseException:
            making.unlink(missing_ok=True)
            raise
        disk.sync(path.parent)


def _look_at(path: Path) -> Connection:
    return sqlite.connect(f"{path.absolute().as_uri()}?mode=ro", uri=True, timeout=WAIT, isolation_level=None)


def _version(connection: Connection) -> int:
    return int(_value(connection, "PRAGMA user_version"))


def _value(connection: Connection, sql: str) -> Any:
    return connection.execute(sql).fetchone()[0]
