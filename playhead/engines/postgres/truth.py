"""The truth: everything kept, in the tables of `schema`. What it acknowledges is committed; nothing is half there.

Statements are put together from our own column names; every value is a parameter, so no text is SQL here.
"""

# ruff: noqa: S608

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import astuple, dataclass, replace
from datetime import date
from typing import Any

import numpy as np
from numpy.typing import NDArray

from playhead.engine import Model, Passage, Receipt, Subscription, Vectors
from playhead.engines import records
from playhead.engines.postgres import lexemes
from playhead.engines.postgres.connections import Connection, Connections
from playhead.engines.terms import Analyzer
from playhead.errors import EmbeddingMismatchError, EngineError
from playhead.model import Episode, Podcast, Segment, Speaker, Spoken, Transcript
from playhead.query import Filters

FLOAT16 = np.dtype("<f2")
REEMBED_BATCH = 256
SEGMENT_SQL = ", ".join(f"segments.{column}" for column in records.SEGMENT_COLUMNS)
EPISODE_SQL = ", ".join(f"episodes.{column}" for column in records.EPISODE_COLUMNS)
CHAPTER_SQL = ", ".join(records.CHAPTER_COLUMNS)
TRANSCRIPT_SQL = ", ".join(records.TRANSCRIPT_COLUMNS)
EPISODES_SQL = f"SELECT podcasts.title, episodes.number, {EPISODE_SQL} FROM episodes JOIN podcasts ON slug = podcast"
NEWEST_FIRST = 'episodes.published IS NULL, episodes.published DESC, episodes.id COLLATE "C"'

PASSAGE_COLUMNS = {
    "number": "int8", "episode": "int8", "ordinal": "int4", "born": "int8", "episode_id": "text", "podcast": "text",
    "day": "int4", "chapter": "int4", "title": "text", "kind": "text", "speakers": "text[]", "names": "text[]",
    "embedding": "bytea",
}  # fmt: skip
LEXEME_COLUMNS = {
    "number": "int8", "episode": "int8", "ordinal": "int4", "born": "int8", "kind": "text",
    "alone": "bytea", "around": "bytea", "alone_weights": "bytea", "around_weights": "bytea",
}  # fmt: skip
"""What is copied into these tables, and how it is written; bytes are already in the form the column is sent in."""

SEGMENT_TYPES = (
    "int8", "int8", "text", "int4", "int4", "int4", "text", "text", "int4", "int4", "float8", "float8", "text",
    "float8", "text", "text", "int4", "text", "float8", "text", "text", "bytea",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class State:
    """Which library this is, and how far it has come."""

    library: str
    revision: int
    published: int
    model: Model | None


class Truth:
    """Reads and writes the library's nouns at ``main``; ``near`` is where it reads, a standby perhaps."""

    def __init__(self, main: Connections, near: Connections) -> None:
        self._main = main
        self._near = near
        self._terms = lexemes.Terms(main)
        self._analyzer = Analyzer()

    # Writing

    def use(self, model: Model, *, writing: bool) -> None:
        """Note the model; an empty library takes any, and forgets the one it had."""
        known = self.state().model
        if known == model or (known is None and not writing):
            return

        def note(connection: Connection) -> None:
            known = _state(connection, lock=True).model
            empty = connection.execute("SELECT 1 FROM segments LIMIT 1").fetchone() is None
            if known is not None and known != model and not (empty and writing):
                raise EmbeddingMismatchError(
                    f"{self._main.name} was made with the model {known.name} ({known.sha256[:12]}…, "
                    f"{known.dimension} dimensions) and {model.name} ({model.sha256[:12]}…, {model.dimension}) is "
                    "loaded; load that one (the packaged model where PLAYHEAD_MODEL is not set), "
                    "or run playhead ingest PATH --rebuild to embed it anew."
                )
            if known != model:
                _note_model(connection, model)
                _advance(connection)

        self._main.change(note)

    def reembed(self, model: Model, embed: Callable[[Sequence[str]], Vectors]) -> None:
        """A new vector for every segment, from its passage, in one transaction: all are of one model, or none is."""
        with self._main.changing() as connection:
            connection.execute("SET LOCAL statement_timeout = 0")
            connection.execute("DROP INDEX IF EXISTS passages_by_meaning")
            revision = _advance(connection)
            last = 0
            while batch := connection.execute(
                "SELECT number, episode, passage FROM segments WHERE number > %s ORDER BY number LIMIT %s",
                (last, REEMBED_BATCH),
            ).fetchall():
                rows = _halved(embed([passage for *_, passage in batch]), len(batch), model.dimension)
                with connection.cursor() as cursor:
                    cursor.executemany(
                        "UPDATE segments SET vector = %s WHERE episode = %s AND number = %s",
                        [
                            (row.tobytes(), episode, number)
                            for (number, episode, _), row in zip(batch, rows, strict=True)
                        ],
                    )
                last = batch[-1][0]
            _note_model(connection, model)
            for (number,) in connection.execute("SELECT number FROM episodes ORDER BY number").fetchall():
                self._index(connection, number, revision)

    def put(self, episode: Episode, transcript: Transcript, segments: Sequence[Segment], vectors: Vectors) -> None:
        """Keep an episode in place of what was kept under its id; a segment that stays keeps its number."""
        for segment in segments:
            if segment.episode != episode.id:
                raise ValueError(f"Segment {segment.id} is of {segment.episode}, not of {episode.id}.")
        words = lexemes.read(self._analyzer, episode, segments)
        numbers = self._terms.numbered(words.terms())

        def keep(connection: Connection) -> None:
            _lock_episode(connection, episode.id)
            model = _state(connection).model
            if model is None:
                raise EngineError("Which model the vectors come from is not known yet; call use(model) before put.")
            rows = _halved(vectors, len(segments), model.dimension)
            _refuse_foreign(connection, segments, episode)
            number, known = _put_episode(connection, episode, transcript)
            fresh = _new_numbers(connection, sum(segment.id not in known for segment in segments))
            taken = [known[segment.id] if segment.id in known else next(fresh) for segment in segments]
            connection.execute("DELETE FROM segments WHERE episode = %s", (number,))
            connection.execute("DELETE FROM voices WHERE episode = %s", (number,))
            _copy_segments(connection, number, taken, segments, rows)
            _forget_silent_podcasts(connection)
            revision = _advance(connection)  # last: whoever else writes waits for it until this is committed
            _retire(connection, number, revision)
            _copy_passages(connection, episode, number, taken, segments, rows, revision)
            _copy_lexemes(connection, number, taken, segments, words, numbers, revision)

        self._main.change(keep)

    def _index(self, connection: Connection, number: int, revision: int) -> None:
        """Make the passages of a kept episode anew, from ``revision`` on."""
        [row] = connection.execute(f"{EPISODES_SQL} WHERE episodes.number = %s", (number,)).fetchall()
        episode = records.read_episode(row[2:], row[0])
        kept = connection.execute(
            f"SELECT segments.number, vector, {SEGMENT_SQL} FROM segments WHERE episode = %s ORDER BY ordinal",
            (number,),
        ).fetchall()
        segments = [records.read_segment(values, episode.id) for _, _, *values in kept]
        taken = [each for each, *_ in kept]
        rows = np.array([np.frombuffer(vector, FLOAT16) for _, vector, *_ in kept], np.float16)
        words = lexemes.read(self._analyzer, episode, segments)
        numbers = self._terms.numbered(words.terms())
        _retire(connection, number, revision)
        _copy_passages(connection, episode, number, taken, segments, rows, revision)
        _copy_lexemes(connection, number, taken, segments, words, numbers, revision)

    def remove(self, episode_id: str) -> bool:
        def forget(connection: Connection) -> bool:
            _lock_episode(connection, episode_id)
            row = connection.execute("DELETE FROM episodes WHERE id = %s RETURNING number", (episode_id,)).fetchone()
            if row is None:
                return False
            connection.execute("DELETE FROM receipts WHERE episode = %s", (episode_id,))
            _forget_silent_podcasts(connection)
            _retire(connection, row[0], _advance(connection))
            return True

        return self._main.change(forget)

    def follow(self, subscription: Subscription) -> None:
        self._write(
            "INSERT INTO feeds VALUES (%s, %s, %s, %s) ON CONFLICT (url) DO UPDATE SET podcast = excluded.podcast, "
            "etag = excluded.etag, last_modified = excluded.last_modified",
            astuple(subscription),
        )

    def unfollow(self, url: str) -> bool:
        def forget(connection: Connection) -> bool:
            connection.execute("DELETE FROM receipts WHERE feed = %s", (url,))
            return bool(connection.execute("DELETE FROM feeds WHERE url = %s", (url,)).rowcount)

        return self._main.change(forget)

    def file(self, receipt: Receipt) -> None:
        values = (receipt.feed, receipt.item, receipt.episode, receipt.fingerprint, json.dumps(receipt.files))
        self._write(
            "INSERT INTO receipts VALUES (%s, %s, %s, %s, %s, %s) ON CONFLICT (feed, item) DO UPDATE SET "
            "episode = excluded.episode, fingerprint = excluded.fingerprint, files = excluded.files, "
            "is_of_this_visit = excluded.is_of_this_visit",
            (*values, receipt.is_of_this_visit),
        )

    def end_visit(self, feed: str) -> None:
        def end(connection: Connection) -> None:
            connection.execute("DELETE FROM receipts WHERE feed = %s AND NOT is_of_this_visit", (feed,))
            connection.execute("UPDATE receipts SET is_of_this_visit = false WHERE feed = %s", (feed,))

        self._main.change(end)

    def _write(self, sql: str, values: Sequence[Any]) -> None:
        self._main.change(lambda connection: connection.execute(sql.encode(), values))

    # Reading

    def subscriptions(self) -> list[Subscription]:
        rows = self._rows('SELECT url, podcast, etag, last_modified FROM feeds ORDER BY url COLLATE "C"', main=True)
        return [Subscription(*row) for row in rows]

    def receipts(self, feed: str) -> list[Receipt]:
        rows = self._rows(
            "SELECT feed, item, episode, receipts.fingerprint, files, is_of_this_visit FROM receipts JOIN episodes "
            "ON episodes.id = episode AND episodes.fingerprint = receipts.fingerprint WHERE feed = %s "
            'ORDER BY item COLLATE "C"',
            (feed,),
            main=True,
        )
        return [
            Receipt(feed, item, episode, fingerprint, tuple(map(tuple, json.loads(files))), is_of_this_visit)
            for _, item, episode, fingerprint, files, is_of_this_visit in rows
        ]

    def state(self) -> State:
        return self._main.read(_state)

    def revision(self) -> int:
        """How many changes are acknowledged."""
        return int(self._rows("SELECT revision FROM library")[0][0])

    def counts(self) -> tuple[int, int, int]:
        """How many episodes are kept, how many of them without a transcript, and how many segments."""
        [(episodes, untranscribed, segments)] = self._rows(
            "SELECT (SELECT count(*) FROM episodes), (SELECT count(*) FROM episodes WHERE transcribed = 0), "
            "(SELECT count(*) FROM segments)"
        )
        return episodes, untranscribed, segments

    def has(self, episode_id: str, fingerprint: str) -> bool:
        sql = "SELECT 1 FROM episodes WHERE id = %s AND fingerprint = %s"
        return bool(self._rows(sql, (episode_id, fingerprint), main=True))

    def segments(self, numbers: Iterable[int]) -> dict[int, Segment]:
        wanted = [int(number) for number in numbers]
        found = {
            number: records.read_segment(values, episode)
            for number, episode, *values in self._segment_rows("segments.number = ANY(%s)", (wanted,))
        }
        return {number: found[number] for number in wanted if number in found}

    def passages(self, numbers: Iterable[int]) -> dict[int, Passage]:
        wanted = [int(number) for number in numbers]
        rows = self._rows(
            "SELECT segments.number, segments.id, episodes.id, kind, passage FROM segments "
            "JOIN episodes ON episodes.number = segments.episode WHERE segments.number = ANY(%s)",
            (wanted,),
        )
        found = {number: Passage(*values) for number, *values in rows}
        return {number: found[number] for number in wanted if number in found}

    def texts(self, numbers: Iterable[int]) -> list[tuple[int, str]]:
        """What is said in these segments."""
        wanted = [int(number) for number in numbers]
        return [
            (number, text)
            for number, text in self._rows("SELECT number, text FROM segments WHERE number = ANY(%s)", (wanted,))
        ]

    def segment(self, segment_id: str) -> Segment | None:
        for _, episode, *values in self._segment_rows("segments.id = %s", (segment_id,)):
            return records.read_segment(values, episode)
        return None

    def neighbours(self, segment_id: str, before: int, after: int) -> list[Segment]:
        rows = self._rows(
            "WITH place AS (SELECT episode, ordinal FROM segments WHERE id = %s), "
            "earlier AS (SELECT segments.number, segments.ordinal FROM segments, place WHERE "
            "segments.episode = place.episode AND segments.ordinal <= place.ordinal "
            "ORDER BY segments.ordinal DESC LIMIT %s), "
            "later AS (SELECT segments.number, segments.ordinal FROM segments, place WHERE "
            "segments.episode = place.episode AND segments.ordinal > place.ordinal "
            "ORDER BY segments.ordinal LIMIT %s) "
            "SELECT number FROM (TABLE earlier UNION ALL TABLE later) AS near ORDER BY ordinal",
            (segment_id, before + 1, after),
        )
        return list(self.segments([number for (number,) in rows]).values())

    def segments_of(self, episode_id: str) -> list[Segment]:
        found = self._segment_rows("episodes.id = %s ORDER BY segments.ordinal", (episode_id,))
        return [records.read_segment(values, episode) for _, episode, *values in found]

    def vectors(self, ids: Sequence[str]) -> dict[str, Vectors]:
        """Those that are kept."""
        rows = self._rows("SELECT id, vector FROM segments WHERE id = ANY(%s::text[])", (list(ids),), main=True)
        return {identity: np.frombuffer(data, FLOAT16).astype(np.float32) for identity, data in rows}

    def episode(self, episode_id: str) -> Episode | None:
        rows = self._rows(f"{EPISODES_SQL} WHERE episodes.id = %s", (episode_id,))
        if not rows:
            return None
        [(title, number, *values)] = rows
        chapters = self._rows(f"SELECT {CHAPTER_SQL} FROM chapters WHERE episode = %s ORDER BY position", (number,))
        return records.read_episode(values, title, map(records.read_chapter, chapters))

    def transcript(self, episode_id: str) -> Transcript | None:
        rows = self._rows(
            f"SELECT {TRANSCRIPT_SQL} FROM transcripts JOIN episodes ON episodes.number = episode "
            "WHERE episodes.id = %s",
            (episode_id,),
        )
        return records.read_transcript(rows[0]) if rows else None

    def episodes(self, filters: Filters, offset: int, limit: int) -> list[Episode]:
        published, values = _published_where(filters)
        if filters.speaker or filters.chapter:
            spoken, more = _spoken_where(filters)
            published += f" AND EXISTS (SELECT 1 FROM segments WHERE segments.episode = episodes.number AND {spoken})"
            values += more
        rows = self._rows(
            f"{EPISODES_SQL} WHERE {published} ORDER BY {NEWEST_FIRST} LIMIT %s OFFSET %s", (*values, limit, offset)
        )
        return [records.read_episode(values, title) for title, _, *values in rows]

    def undated(self, filters: Filters) -> int:
        published, values = _published_where(replace(filters, since=None, until=None))
        sql = f"SELECT count(*) FROM episodes WHERE {published} AND episodes.published IS NULL"
        return int(self._rows(sql, values)[0][0])

    def podcasts(self) -> list[Podcast]:
        rows = self._rows(
            "SELECT slug, podcasts.title, count(*) FROM podcasts JOIN episodes ON podcast = slug "
            'GROUP BY slug, podcasts.title ORDER BY podcasts.title COLLATE "C", slug COLLATE "C"'
        )
        return [Podcast(*row) for row in rows]

    def speakers(self, filters: Filters, offset: int, limit: int) -> list[Speaker]:
        published, values = _published_where(filters)
        spoken, more = _spoken_where(filters)
        heard = self._rows(
            'SELECT voices.folded, min(voices.name COLLATE "C"), episodes.id, count(*) FROM episodes '
            "JOIN segments ON segments.episode = episodes.number "
            "JOIN voices ON voices.episode = segments.episode AND voices.segment = segments.number "
            f"WHERE {published} AND {spoken} GROUP BY episodes.id, voices.folded",
            (*values, *more),
        )
        people = self._rows(f"SELECT people FROM episodes WHERE {published} AND people <> '[]'", values)
        found = records.gather_speakers((folded, name, episode, segments) for folded, name, episode, segments in heard)
        ordered = sorted(found, key=lambda each: (-each.segments, each.name, each.episode or ""))
        roles = records.gather_roles(stated for (stated,) in people)
        return [replace(each, role=roles.get(records.fold(each.name))) for each in ordered[offset : offset + limit]]

    def spoken(self, filters: Filters) -> Iterator[Spoken]:
        published, values = _published_where(filters)
        for episode, text, turns in self._rows(
            "SELECT episodes.id, transcripts.text, transcripts.turns FROM episodes "
            f"JOIN transcripts ON transcripts.episode = episodes.number WHERE {published} ORDER BY {NEWEST_FIRST}",
            values,
        ):
            yield from records.count_spoken(episode, text, turns)

    def _segment_rows(self, where: str, values: Sequence[Any]) -> list[tuple[Any, ...]]:
        return self._rows(
            f"SELECT segments.number, episodes.id, {SEGMENT_SQL} FROM segments "
            f"JOIN episodes ON episodes.number = segments.episode WHERE {where}",
            values,
        )

    def _rows(self, sql: str, values: Sequence[Any] = (), *, main: bool = False) -> list[tuple[Any, ...]]:
        where = self._main if main else self._near
        return where.read(lambda connection: connection.execute(sql.encode(), values).fetchall())


def _put_episode(connection: Connection, episode: Episode, transcript: Transcript) -> tuple[int, dict[str, int]]:
    """Keep what there is of an episode but its segments: its number, and those its segments had."""
    connection.execute(
        "INSERT INTO podcasts VALUES (%s, %s) ON CONFLICT (slug) DO UPDATE SET title = excluded.title "
        "WHERE podcasts.title <> excluded.title",
        (episode.podcast, episode.podcast_title),
    )
    columns = records.EPISODE_COLUMNS
    [row] = connection.execute(
        f"INSERT INTO episodes ({', '.join(columns)}) VALUES ({_marks(columns)}) ON CONFLICT (id) DO UPDATE SET "
        + ", ".join(f"{column} = excluded.{column}" for column in columns[1:])
        + " RETURNING number",
        records.episode_row(episode),
    ).fetchall()
    number = int(row[0])
    known: dict[str, int] = dict(
        connection.execute("SELECT id, number FROM segments WHERE episode = %s", (number,)).fetchall()
    )
    connection.execute("DELETE FROM chapters WHERE episode = %s", (number,))
    with connection.cursor() as cursor:
        cursor.executemany(
            f"INSERT INTO chapters (episode, position, {CHAPTER_SQL}) "
            f"VALUES (%s, %s, {_marks(records.CHAPTER_COLUMNS)})",
            [(number, place, *records.chapter_row(chapter)) for place, chapter in enumerate(episode.chapters)],
        )
    parts = records.TRANSCRIPT_COLUMNS
    connection.execute(
        f"INSERT INTO transcripts (episode, {TRANSCRIPT_SQL}) VALUES (%s, {_marks(parts)}) "
        "ON CONFLICT (episode) DO UPDATE SET " + ", ".join(f"{column} = excluded.{column}" for column in parts),
        (number, *records.transcript_row(transcript)),
    )
    return number, known


def _copy_segments(
    connection: Connection,
    episode: int,
    numbers: Sequence[int],
    segments: Sequence[Segment],
    rows: NDArray[np.float16],
) -> None:
    columns = ("number", "episode", *records.SEGMENT_COLUMNS, "chapter_folded", "vector")
    listed = (
        (
            number,
            episode,
            *records.segment_row(segment),
            segment.chapter_title and records.fold(segment.chapter_title),
            row.astype(FLOAT16).tobytes(),
        )
        for number, segment, row in zip(numbers, segments, rows, strict=True)
    )
    _copy(connection, "segments", dict(zip(columns, SEGMENT_TYPES, strict=True)), listed)
    voices = {
        (number, episode, records.fold(name)): name
        for number, segment in zip(numbers, segments, strict=True)
        for name in reversed(segment.speakers)
    }
    _copy(
        connection,
        "voices",
        {"segment": "int8", "episode": "int8", "folded": "text", "name": "text"},
        ((*key, name) for key, name in voices.items()),
    )


def _copy_passages(
    connection: Connection,
    episode: Episode,
    number: int,
    numbers: Sequence[int],
    segments: Sequence[Segment],
    rows: NDArray[np.float16],
    revision: int,
) -> None:
    _copy(
        connection,
        "passages",
        PASSAGE_COLUMNS,
        (
            (
                taken,
                number,
                segment.ordinal,
                revision,
                episode.id,
                episode.podcast,
                day(episode.published),
                segment.chapter,
                segment.chapter_title and records.fold(segment.chapter_title),
                segment.kind,
                list(dict.fromkeys(map(records.fold, segment.speakers))),
                list({records.fold(name): name for name in reversed(segment.speakers)}.values())[::-1],
                lexemes.halves(row),
            )
            for taken, segment, row in zip(numbers, segments, rows, strict=True)
        ),
    )


def _copy_lexemes(
    connection: Connection,
    episode: int,
    numbers: Sequence[int],
    segments: Sequence[Segment],
    words: lexemes.Lexemes,
    terms: dict[str, int],
    revision: int,
) -> None:
    _copy(
        connection,
        "lexemes",
        LEXEME_COLUMNS,
        (
            (number, episode, segment.ordinal, revision, segment.kind, *row)
            for number, segment, row in zip(numbers, segments, words.rows(terms), strict=True)
        ),
    )


def _copy(connection: Connection, table: str, columns: dict[str, str], rows: Iterable[Sequence[Any]]) -> None:
    with (
        connection.cursor() as cursor,
        cursor.copy(f"COPY {table} ({', '.join(columns)}) FROM STDIN (FORMAT binary)".encode()) as copy,
    ):
        copy.set_types(list(columns.values()))
        for row in rows:
            copy.write_row(row)


def _retire(connection: Connection, episode: int, revision: int) -> None:
    """From ``revision`` on, nothing of the episode as it was is found."""
    for table in ("passages", "lexemes"):
        connection.execute(
            f"UPDATE {table} SET died = %s WHERE episode = %s AND died IS NULL".encode(), (revision, episode)
        )


def _new_numbers(connection: Connection, count: int) -> Iterator[int]:
    rows = connection.execute("SELECT nextval('numbers') FROM generate_series(1, %s)", (count,)).fetchall()
    return iter([int(number) for (number,) in rows])


def _refuse_foreign(connection: Connection, segments: Sequence[Segment], episode: Episode) -> None:
    row = connection.execute(
        "SELECT segments.id, episodes.id FROM segments JOIN episodes ON episodes.number = segments.episode "
        "WHERE segments.id = ANY(%s::text[]) AND episodes.id <> %s LIMIT 1",
        ([segment.id for segment in segments], episode.id),
    ).fetchone()
    if row is not None:
        raise ValueError(f"Segment id {row[0]} of {episode.id} is taken by {row[1]}; ids name one passage.")


def _lock_episode(connection: Connection, episode_id: str) -> None:
    """One at a time writes an episode, until its transaction ends."""
    connection.execute("SELECT pg_advisory_xact_lock(hashtextextended(%s, 0))", (episode_id,))


def _forget_silent_podcasts(connection: Connection) -> None:
    connection.execute("DELETE FROM podcasts WHERE NOT EXISTS (SELECT 1 FROM episodes WHERE podcast = slug)")


def _note_model(connection: Connection, model: Model) -> None:
    connection.execute(
        "UPDATE library SET model_name = %s, model_sha256 = %s, model_dimension = %s",
        (model.name, model.sha256, model.dimension),
    )


def _state(connection: Connection, *, lock: bool = False) -> State:
    [row] = connection.execute(
        "SELECT id, revision, published, model_name, model_sha256, model_dimension FROM library"
        + (" FOR UPDATE" if lock else "")
    ).fetchall()
    library, revision, published, name, sha256, dimension = row
    return State(library, revision, published, None if name is None else Model(name, sha256, dimension))


def _advance(connection: Connection) -> int:
    """The next revision. Whoever else wants one waits until this transaction ends."""
    [row] = connection.execute("UPDATE library SET revision = revision + 1 RETURNING revision").fetchall()
    return int(row[0])


def day(published: date | None) -> int | None:
    return None if published is None else published.toordinal()


def _halved(vectors: Vectors, count: int, dimension: int) -> NDArray[np.float16]:
    rows = np.asarray(vectors, np.float32)
    if rows.shape != (count, dimension) and (count or rows.size):
        raise ValueError(f"{count} segments need vectors of shape ({count}, {dimension}), not {rows.shape}.")
    with np.errstate(over="ignore"):
        halved = rows.reshape(count, dimension).astype(FLOAT16)
    if not np.isfinite(halved).all():
        raise ValueError("A vector holds a number that is not finite; the embedder failed.")
    return halved


def _published_where(filters: Filters) -> tuple[str, list[Any]]:
    """What the filters ask of an episode, as SQL over ``episodes``."""
    clauses: list[str] = ["true"]
    values: list[Any] = []
    for column, names in (("podcast", filters.podcast), ("id", filters.episode)):
        if names:
            clauses.append(f"episodes.{column} = ANY(%s::text[])")
            values.append(list(names))
    for comparison, limit in ((">=", filters.since), ("<=", filters.until)):
        if limit:
            clauses.append(f'episodes.published COLLATE "C" {comparison} %s')
            values.append(limit.isoformat())
    return " AND ".join(clauses), values


def _spoken_where(filters: Filters) -> tuple[str, list[Any]]:
    """What the filters ask of a segment beyond its episode, as SQL over ``segments``."""
    clauses: list[str] = ["true"]
    values: list[Any] = []
    if filters.speaker:
        clauses.append(
            "EXISTS (SELECT 1 FROM voices AS voice WHERE voice.episode = segments.episode "
            "AND voice.segment = segments.number AND voice.folded = ANY(%s::text[]))"
        )
        values.append([records.fold(name) for name in filters.speaker])
    if filters.chapter:
        clauses.append("(segments.chapter_folded = ANY(%s::text[]) OR segments.chapter = ANY(%s::int[]))")
        values += [[records.fold(title) for title in filters.chapter], records.numbers(filters.chapter)]
    if filters.kind:
        clauses.append("segments.kind = ANY(%s::text[])")
        values.append(list(filters.kind))
    if not filters.sponsors:
        clauses.append("segments.kind <> 'sponsor'")
    return " AND ".join(clauses), values


def _marks(columns: Sequence[str]) -> str:
    return ", ".join(["%s"] * len(columns))
