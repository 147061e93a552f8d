"""Seals: what a row, an episode and the whole library must come to, so that damage is noticed before it answers.

SQLite has no checksums of its own, and its check of itself misses nine of ten flipped bits (research: D3). So a tree of
hashes stands over the rows (Merkle, 1979). A segment, a transcript and a vector are sealed each for itself, with the
numbers they are found by. An episode's row seals its chapters (``outline``), which segments it has and who speaks in
them (``contents``), and itself; ``root`` in ``meta`` seals the list of episodes, of podcasts, and how far the library
has come. What is read by number or id is held to its own seal each time; what counts and lists rows is held to the tree
when a library is opened (`audit`), which reads indexes and short rows alone.
"""

# ruff: noqa: S608

from __future__ import annotations

from collections.abc import Container, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any

from playhead.engines import records
from playhead.engines.records import seal

Connection = Any
Row = Sequence[Any]

ROOT = "root"
EPISODE_SQL = ", ".join(records.EPISODE_COLUMNS)
CHAPTER_SQL = ", ".join(records.CHAPTER_COLUMNS)
SEGMENT_SQL = ", ".join(records.SEGMENT_COLUMNS)
TRANSCRIPT_SQL = ", ".join(records.TRANSCRIPT_COLUMNS)
BATCH = 500
ORDERED = (
    "SELECT number FROM episodes NOT INDEXED",
    "SELECT id FROM episodes INDEXED BY sqlite_autoindex_episodes_1",
    "SELECT podcast, number FROM episodes INDEXED BY episodes_by_podcast",
    "SELECT id FROM segments INDEXED BY sqlite_autoindex_segments_1",
    "SELECT episode, ordinal, kind, number FROM segments INDEXED BY segments_in_order",
    "SELECT segment, folded, name FROM voices NOT INDEXED",
    "SELECT folded, segment FROM voices INDEXED BY voices_by_name",
)


@dataclass(frozen=True, slots=True)
class Audit:
    """What does not come to its seal: episodes by number and id, and what lists or finds them."""

    episodes: tuple[tuple[int, str], ...] = ()
    lists: tuple[str, ...] = ()

    def __bool__(self) -> bool:
        return bool(self.episodes or self.lists)


def audit(connection: Connection) -> Audit:
    """Hold every list, count and index to the tree. Segments' and transcripts' own texts are not read.

    Half a second for 114,000 segments.
    """
    with reading_damaged(connection):
        ids = dict(connection.execute("SELECT number, id FROM segments INDEXED BY sqlite_autoindex_segments_1"))
        voices: dict[int, list[Any]] = {}
        pairs = set()
        for segment, folded, name in connection.execute("SELECT segment, folded, name FROM voices"):
            voices.setdefault(segment, []).extend((folded, name))
            pairs.add((folded, segment))
        heard: dict[int, list[Any]] = {}
        placed = []
        for episode, ordinal, kind, number in connection.execute(
            "SELECT episode, ordinal, kind, number FROM segments INDEXED BY segments_in_order"
        ):
            heard.setdefault(episode, []).extend((number, ids.get(number), ordinal, kind, *voices.get(number, ())))
            placed.append((episode, number))
        chapters: dict[int, list[Any]] = {}
        for episode, *chapter in connection.execute(f"SELECT episode, position, {CHAPTER_SQL} FROM chapters"):
            chapters.setdefault(episode, []).extend(chapter)
        damaged: dict[int, str] = {}
        restated: dict[int, bytes] = {}
        names, shows = set(), set()
        for number, sealed, outline, contents, *row in connection.execute(
            f"SELECT number, seal, outline, contents, {EPISODE_SQL} FROM episodes NOT INDEXED ORDER BY number"
        ):
            consists = chapters.pop(number, ()), heard.pop(number, ())
            if (
                (outline, contents) == tuple(map(seal, consists))
                and all(map(are_texts, consists))
                and is_episode(sealed, number, outline, contents, row)
            ):
                names.add((row[0], number))
                shows.add((row[1], number))
            else:
                damaged[number] = shown(row[0])
                restated[number] = of_episode(number, outline, contents, row)
        lost = {number for episode, number in placed if episode in damaged} if damaged else set()
        # What is damaged itself is no reason to doubt what lists the others, as long as that stands in order.
        whole = {
            "the list of episodes": _stated_root(connection) in (_root(connection), _root(connection, restated)),
            "the index of episodes": names
            == _without(damaged, _by_index(connection, "id", "sqlite_autoindex_episodes_1"))
            and shows == _without(damaged, _by_index(connection, "podcast", "episodes_by_podcast")),
            "the index of segments": len(placed) == len(ids) and not heard,
            "the chapters": not chapters,
            "the index of speakers": _without(lost, pairs)
            == _without(lost, connection.execute("SELECT folded, segment FROM voices INDEXED BY voices_by_name")),
            "the order of what is listed": not damaged or _is_ordered(connection),
        }
    return Audit(tuple(damaged.items()), tuple(name for name, holds in whole.items() if not holds))


def are_texts(row: Iterable[Any]) -> bool:
    """Whether no value is bytes: a text whose type alone was damaged has the seal of the text."""
    return not any(isinstance(value, bytes) for value in row)


def is_episode(sealed: bytes | None, number: int, outline: bytes, contents: bytes, row: Row) -> bool:
    """Whether an episode's row comes to its seal. Of its values, a file's path alone is bytes."""
    texts = (value for column, value in zip(records.EPISODE_COLUMNS, row, strict=True) if column != "audio_file")
    return sealed == of_episode(number, outline, contents, row) and are_texts(texts)


def of_segment(number: int, episode: int, row: Row) -> bytes:
    return seal((number, episode, *row))


def of_transcript(episode: int, row: Row) -> bytes:
    return seal((episode, *row))


def of_podcast(slug: str, title: str) -> bytes:
    return seal((slug, title))


def of_episode(number: int, outline: bytes, contents: bytes, row: Row) -> bytes:
    return seal((number, outline, contents, *row))


def of_chapters(rows: Iterable[Row]) -> bytes:
    """Of rows that begin with their position, in this order."""
    return seal([value for row in rows for value in row])


def seal_episode(connection: Connection, number: int) -> None:
    """Seal an episode as it now stands, with what it consists of."""
    voices: dict[int, list[Any]] = {}
    for segment, *voice in connection.execute(
        "SELECT segment, folded, name FROM voices JOIN segments ON segments.number = segment WHERE episode = ? "
        "ORDER BY segment, folded",
        (number,),
    ):
        voices.setdefault(segment, []).extend(voice)
    heard = [
        value
        for row in connection.execute(
            "SELECT number, id, ordinal, kind FROM segments WHERE episode = ? ORDER BY ordinal, kind, number", (number,)
        )
        for value in (*row, *voices.get(row[0], ()))
    ]
    outline = of_chapters(
        connection.execute(f"SELECT position, {CHAPTER_SQL} FROM chapters WHERE episode = ? ORDER BY 1", (number,))
    )
    contents = seal(heard)
    row = connection.execute(f"SELECT {EPISODE_SQL} FROM episodes WHERE number = ?", (number,)).fetchone()
    connection.execute(
        "UPDATE episodes SET outline = ?, contents = ?, seal = ? WHERE number = ?",
        (outline, contents, of_episode(number, outline, contents, row), number),
    )


def seal_root(connection: Connection) -> None:
    """Seal the library as it now stands; the last thing that a change does."""
    connection.execute("INSERT OR REPLACE INTO meta VALUES (?, ?)", (ROOT, _root(connection).hex()))


def seal_everything(connection: Connection) -> None:
    """What makes a library of before there was a tree one that has it.

    A seal that does not hold is left as it is and holds no better afterwards: damage is not sealed in.
    """
    connection.execute("ALTER TABLE episodes ADD COLUMN outline BLOB")
    connection.execute("ALTER TABLE episodes ADD COLUMN contents BLOB")
    connection.execute("ALTER TABLE episodes ADD COLUMN seal BLOB")
    connection.execute("ALTER TABLE podcasts ADD COLUMN seal BLOB")
    with reading_damaged(connection):
        _reseal(connection, f"SELECT number, episode, seal, {SEGMENT_SQL} FROM segments", "segments", "number")
        _reseal(
            connection, f"SELECT episode, episode, seal, {TRANSCRIPT_SQL} FROM transcripts", "transcripts", "episode"
        )
        for slug, title in connection.execute("SELECT slug, title FROM podcasts").fetchall():
            connection.execute("UPDATE podcasts SET seal = ? WHERE slug = CAST(? AS TEXT)", (seal((slug, title)), slug))
        for (number,) in connection.execute("SELECT number FROM episodes").fetchall():
            seal_episode(connection, number)
        seal_root(connection)


def _reseal(connection: Connection, sql: str, table: str, key: str) -> None:
    last = -1
    while rows := connection.execute(f"{sql} WHERE {key} > ? ORDER BY {key} LIMIT {BATCH}", (last,)).fetchall():
        for number, episode, sealed, *row in rows:
            if sealed is None or sealed == seal(row):
                new = of_segment(number, episode, row) if table == "segments" else of_transcript(episode, row)
                connection.execute(f"UPDATE {table} SET seal = ? WHERE {key} = ?", (new, number))
        last = rows[-1][0]


def _root(connection: Connection, restated: Mapping[int, bytes] = MappingProxyType({})) -> bytes:
    """The seal over everything; ``restated`` are seals of episodes in place of those that stand there."""
    rows = [
        *connection.execute("SELECT name, value FROM meta WHERE name <> ? ORDER BY name", (ROOT,)),
        *connection.execute("SELECT slug, title FROM podcasts ORDER BY slug"),
        *(
            (number, restated.get(number, sealed))
            for number, sealed in connection.execute("SELECT number, seal FROM episodes NOT INDEXED ORDER BY number")
        ),
    ]
    return seal([value for row in rows for value in row])


def _stated_root(connection: Connection) -> bytes | None:
    row = connection.execute("SELECT unhex(value) FROM meta WHERE name = ?", (ROOT,)).fetchone()
    return bytes(row[0]) if row and row[0] else None


def _without(lost: Container[int], rows: Iterable[tuple[str, int]]) -> set[tuple[str, int]]:
    return {(name, number) for name, number in rows if number not in lost}


def _is_ordered(connection: Connection) -> bool:
    """Whether tables and indexes stand in the order they are searched by: one entry out of it may hide others."""
    for sql in ORDERED:
        rows = connection.execute(sql).fetchall()
        try:
            if rows != sorted(rows):
                return False
        except TypeError:  # of another type than the column
            return False
    return True


def _by_index(connection: Connection, column: str, index: str) -> Iterator[tuple[str, int]]:
    return connection.execute(f"SELECT {column}, number FROM episodes INDEXED BY {index}")  # type: ignore[no-any-return]


@contextmanager
def reading_damaged(connection: Connection) -> Iterator[None]:
    """Texts that are none, too: a damaged one may be no UTF-8."""
    connection.text_factory = _decode
    try:
        yield
    finally:
        connection.text_factory = str


def _decode(text: bytes) -> str:
    return text.decode("utf-8", "surrogateescape")


def shown(name: str) -> str:
    """A name as it can be printed, whatever became of it."""
    return str(name).encode("utf-8", "replace").decode()
