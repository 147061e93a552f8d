"""What is kept, and what is forgotten: every change is one transaction, acknowledged when it is committed.

Several episodes are kept in one where there are many. What is found by words is not made with it: `wordless` says
which episodes want that, and `publication` makes it before they are found.

Statements are put together from our own column names; every value is a parameter, so no text is SQL here.
"""

# ruff: noqa: S608

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import astuple
from datetime import date
from functools import partial
from typing import Any

import numpy as np
from numpy.typing import NDArray

from playhead.engine import Kept, Model, Receipt, Subscription, Vectors
from playhead.engines import records
from playhead.engines.postgres import lexemes
from playhead.engines.postgres.connections import Connection, Connections, copy
from playhead.engines.postgres.truth import EPISODES_SQL, SEGMENT_SQL, read_state
from playhead.errors import EmbeddingMismatchError, EngineError
from playhead.model import Episode, Segment

TOGETHER, EPISODES_TOGETHER = 2_000, 200
"""Segments, or episodes, from which on those put so far are one transaction; an episode takes a lock in it."""
REEMBED_BATCH = 256
CHANGING = 0x506C6163  # an advisory lock's number: of everybody who changes episodes, together

SEGMENTS = dict(
    zip(
        ("number", "episode", *records.SEGMENT_COLUMNS, "chapter_folded", "vector"),
        (
            "int8", "int8", "text", "int4", "int4", "int4", "text", "text", "int4", "int4", "float8", "float8", "text",
            "float8", "text", "text", "int4", "text", "float8", "text", "text", "bytea",
        ),
        strict=True,
    )
)  # fmt: skip
VOICES = {"segment": "int8", "episode": "int8", "folded": "text", "name": "text"}
CHAPTERS = dict(
    zip(
        ("episode", "position", *records.CHAPTER_COLUMNS),
        ("int8", "int4", "int4", "text", "float8", "float8", "text", "text", "text", "int4", "int4"),
        strict=True,
    )
)
TRANSCRIPTS = {"episode": "int8"} | dict.fromkeys(records.TRANSCRIPT_COLUMNS, "text")
PASSAGES = {
    "number": "int8", "episode": "int8", "ordinal": "int4", "born": "int8", "episode_id": "text", "podcast": "text",
    "day": "int4", "chapter": "int4", "title": "text", "kind": "text", "speakers": "text[]", "names": "text[]",
    "embedding": "bytea",
}  # fmt: skip
"""What is copied into these tables, and how it is written; bytes are already in the form the column is sent in."""

Halves = NDArray[np.float16]


class Changes:
    """Writes the library's nouns at ``connections``."""

    def __init__(self, connections: Connections) -> None:
        self._connections = connections
        self._model: Model | None = None

    def use(self, model: Model, *, writing: bool) -> None:
        """Note the model; an empty library takes any, and forgets the one it had."""
        self._model = model
        known = self._connections.read(read_state).model
        if known == model or (known is None and not writing):
            return

        def note(connection: Connection) -> None:
            known = read_state(connection, lock=True).model
            empty = connection.execute("SELECT 1 FROM segments LIMIT 1").fetchone() is None
            if known is not None and known != model and not (empty and writing):
                raise EmbeddingMismatchError(
                    f"{self._connections.name} was made with the model {known.name} ({known.sha256[:12]}…, "
                    f"{known.dimension} dimensions) and {model.name} ({model.sha256[:12]}…, {model.dimension}) is "
                    "loaded; load that one (the packaged model where PLAYHEAD_MODEL is not set), "
                    "or run playhead ingest PATH --rebuild to embed it anew."
                )
            if known != model:
                _note_model(connection, model)
                _advance(connection)

        self._connections.change(note)

    def reembed(self, model: Model, embed: Callable[[Sequence[str]], Vectors]) -> None:
        """A new vector for every segment, from its passage, in one transaction: all are of one model, or none is."""
        with self._connections.changing() as connection:
            connection.execute("SET LOCAL statement_timeout = 0")
            connection.execute("SELECT pg_advisory_xact_lock(%s)", (CHANGING,))
            revision = _advance(connection)
            last = 0
            while batch := connection.execute(
                "SELECT number, episode, passage FROM segments WHERE number > %s ORDER BY number LIMIT %s",
                (last, REEMBED_BATCH),
            ).fetchall():
                rows = records.halved(embed([passage for *_, passage in batch]), len(batch), model.dimension)
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
            # Nobody searches from here on until this is committed: after all that takes long, and before an index is
            # given vectors of another length.
            connection.execute("DROP INDEX IF EXISTS passages_by_meaning")
            for (number,) in connection.execute("SELECT number FROM episodes ORDER BY number").fetchall():
                _find_anew(connection, number, revision)
        self._model = model

    def put(self, kept: Iterable[Kept]) -> None:
        """Keep episodes in place of what was kept under their ids; a segment that stays keeps its number."""
        for batch in _together(kept):
            self._connections.change(partial(_keep, batch, self._model))

    def remove(self, episode_id: str) -> bool:
        def forget(connection: Connection) -> bool:
            _lock_episodes(connection, [episode_id])
            row = connection.execute("DELETE FROM episodes WHERE id = %s RETURNING number", (episode_id,)).fetchone()
            if row is None:
                return False
            for table in ("segments", "voices"):
                connection.execute(f"DELETE FROM {table} WHERE episode = %s", row)
            connection.execute("DELETE FROM receipts WHERE episode = %s", (episode_id,))
            _retire(connection, [row[0]], _advance(connection))
            return True

        return self._connections.change(forget)

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

        return self._connections.change(forget)

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

        self._connections.change(end)

    def _write(self, sql: str, values: Sequence[Any]) -> None:
        self._connections.change(lambda connection: connection.execute(sql.encode(), values))


def _together(kept: Iterable[Kept]) -> Iterator[list[Kept]]:
    """Episodes by the transaction they are kept in: one comes in the last place it has, and no id in two."""
    batch: dict[str, Kept] = {}
    owners: dict[str, str] = {}
    for each in kept:
        episode, _, segments, _ = each
        if episode.id in batch:
            yield list(batch.values())
            batch, owners = {}, {}
        for segment in segments:
            if segment.episode != episode.id:
                raise ValueError(f"Segment {segment.id} is of {segment.episode}, not of {episode.id}.")
            if owners.setdefault(segment.id, episode.id) != episode.id:
                raise _taken(segment.id, episode.id, owners[segment.id])
        batch[episode.id] = each
        if len(owners) >= TOGETHER or len(batch) >= EPISODES_TOGETHER:
            yield list(batch.values())
            batch, owners = {}, {}
    if batch:
        yield list(batch.values())


def _keep(batch: Sequence[Kept], used: Model | None, connection: Connection) -> None:
    _lock_episodes(connection, [episode.id for episode, *_ in batch])
    model = read_state(connection).model
    if model is None:
        raise EngineError("Which model the vectors come from is not known yet; call use(model) before put.")
    halved = [records.halved(vectors, len(segments), model.dimension) for _, _, segments, vectors in batch]
    _refuse_foreign(connection, batch)
    numbers = _put_episodes(connection, [episode for episode, *_ in batch])
    copy(
        connection,
        "transcripts",
        TRANSCRIPTS,
        ((numbers[episode.id], *records.transcript_row(transcript)) for episode, transcript, *_ in batch),
    )
    taken = _number(connection, batch, list(numbers.values()))
    for table in ("segments", "voices"):
        connection.execute(f"DELETE FROM {table} WHERE episode = ANY(%s)", (list(numbers.values()),))
    copy(
        connection,
        "segments",
        SEGMENTS,
        (
            (
                taken[segment.id],
                numbers[episode.id],
                *records.segment_row(segment),
                segment.chapter_title and records.fold(segment.chapter_title),
                row.tobytes(),
            )
            for (episode, _, segments, _), rows in zip(batch, halved, strict=True)
            for segment, row in zip(segments, rows, strict=True)
        ),
    )
    copy(connection, "voices", VOICES, _voices(batch, numbers, taken))
    revision = _advance(connection)  # last: whoever else writes waits for it until this is committed
    if used not in (None, read_state(connection).model):
        raise EmbeddingMismatchError(
            f"The library was embedded anew with another model, so {batch[0][0].id} was not kept; "
            "start again with the new one."
        )
    _retire(connection, list(numbers.values()), revision)
    copy(
        connection,
        "passages",
        PASSAGES,
        (
            _passage(episode, numbers[episode.id], taken[segment.id], segment, row, revision)
            for (episode, _, segments, _), rows in zip(batch, halved, strict=True)
            for segment, row in zip(segments, rows, strict=True)
        ),
    )
    _want_words(connection, list(numbers.values()), revision)


def _put_episodes(connection: Connection, episodes: Sequence[Episode]) -> dict[str, int]:
    """Keep what episodes are, with their podcasts and chapters, and forget their transcripts: the number of each.

    A podcast stays when its last episode goes, and nothing lists it: whoever deleted it might not see that somebody is
    putting its next one.
    """
    podcasts = {episode.podcast: episode.podcast_title for episode in episodes}
    columns = records.EPISODE_COLUMNS
    with connection.cursor() as cursor:
        cursor.executemany(
            "INSERT INTO podcasts VALUES (%s, %s) ON CONFLICT (slug) DO UPDATE SET title = excluded.title "
            "WHERE podcasts.title <> excluded.title",
            sorted(podcasts.items()),  # in one order, so that two who write the same ones wait and do not lock
        )
        cursor.executemany(
            f"INSERT INTO episodes ({', '.join(columns)}) VALUES ({', '.join(['%s'] * len(columns))}) "
            "ON CONFLICT (id) DO UPDATE SET " + ", ".join(f"{column} = excluded.{column}" for column in columns[1:]),
            [records.episode_row(episode) for episode in episodes],
        )
    rows = connection.execute(
        "SELECT id, number FROM episodes WHERE id = ANY(%s::text[])", ([episode.id for episode in episodes],)
    )
    numbers: dict[str, int] = dict(rows.fetchall())
    for table in ("chapters", "transcripts"):
        connection.execute(f"DELETE FROM {table} WHERE episode = ANY(%s)", (list(numbers.values()),))
    copy(
        connection,
        "chapters",
        CHAPTERS,
        (
            (numbers[episode.id], place, *records.chapter_row(chapter))
            for episode in episodes
            for place, chapter in enumerate(episode.chapters)
        ),
    )
    return numbers


def _number(connection: Connection, batch: Sequence[Kept], episodes: Sequence[int]) -> dict[str, int]:
    """The number of each segment: the one it has, or a new one."""
    known: dict[str, int] = dict(
        connection.execute("SELECT id, number FROM segments WHERE episode = ANY(%s)", (list(episodes),)).fetchall()
    )
    new = [segment.id for _, _, segments, _ in batch for segment in segments if segment.id not in known]
    drawn = connection.execute("SELECT nextval('numbers') FROM generate_series(1, %s)", (len(new),)).fetchall()
    return known | {identity: int(number) for identity, (number,) in zip(new, drawn, strict=True)}


def _voices(
    batch: Sequence[Kept], episodes: Mapping[str, int], numbers: Mapping[str, int]
) -> Iterator[tuple[int, int, str, str]]:
    """Who is heard where, a name as it is spelled first."""
    for episode, _, segments, _ in batch:
        for segment in segments:
            spelled = {records.fold(name): name for name in reversed(segment.speakers)}
            yield from ((numbers[segment.id], episodes[episode.id], folded, name) for folded, name in spelled.items())


def _passage(
    episode: Episode, number: int, taken: int, segment: Segment, row: Halves, revision: int
) -> tuple[Any, ...]:
    """What a segment is found by, but its words."""
    return (
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


def _find_anew(connection: Connection, number: int, revision: int) -> None:
    """Make what an episode that is kept is found by anew, from ``revision`` on."""
    [row] = connection.execute(f"{EPISODES_SQL} WHERE episodes.number = %s", (number,)).fetchall()
    episode = records.read_episode(row[2:], row[0])
    kept = connection.execute(
        f"SELECT segments.number, vector, {SEGMENT_SQL} FROM segments WHERE episode = %s ORDER BY ordinal", (number,)
    ).fetchall()
    _retire(connection, [number], revision)
    copy(
        connection,
        "passages",
        PASSAGES,
        (
            _passage(
                episode,
                number,
                taken,
                records.read_segment(values, episode.id),
                np.frombuffer(vector, records.FLOAT16),
                revision,
            )
            for taken, vector, *values in kept
        ),
    )
    _want_words(connection, [number], revision)


def _want_words(connection: Connection, episodes: Sequence[int], revision: int) -> None:
    """Note that what finds these by their words is to be made before ``revision`` is published."""
    connection.execute("INSERT INTO wordless SELECT unnest(%s::bigint[]), %s", (list(episodes), revision))


def _retire(connection: Connection, episodes: Sequence[int], revision: int) -> None:
    """From ``revision`` on, nothing of the episodes as they were is found.

    Whoever makes their words is waited for: what was made then is seen by the statements that follow.
    """
    connection.execute("DELETE FROM wordless WHERE episode = ANY(%s)", (list(episodes),))
    for table in ("passages", "lexemes"):
        connection.execute(
            f"UPDATE {table} SET died = %s WHERE episode = ANY(%s) AND died IS NULL", (revision, list(episodes))
        )


def _refuse_foreign(connection: Connection, batch: Sequence[Kept]) -> None:
    pairs = [(segment.id, episode.id) for episode, _, segments, _ in batch for segment in segments]
    row = connection.execute(
        "SELECT segments.id, put.episode, episodes.id FROM unnest(%s::text[], %s::text[]) AS put (id, episode) "
        "JOIN segments ON segments.id = put.id JOIN episodes ON episodes.number = segments.episode "
        "WHERE episodes.id <> put.episode LIMIT 1",
        ([identity for identity, _ in pairs], [episode for _, episode in pairs]),
    ).fetchone()
    if row is not None:
        raise _taken(*row)


def _taken(segment: str, episode: str, owner: str) -> ValueError:
    return ValueError(f"Segment id {segment} of {episode} is taken by {owner}; ids name one passage.")


def _lock_episodes(connection: Connection, ids: Sequence[str]) -> None:
    """One at a time writes an episode, until its transaction ends; in one order, so that nobody waits in a circle.

    Nobody writes while everything is embedded anew, which takes all of them.
    """
    connection.execute("SELECT pg_advisory_xact_lock_shared(%s)", (CHANGING,))
    connection.execute(
        "SELECT pg_advisory_xact_lock(hashtextextended(id, 0)) FROM unnest(%s::text[]) AS id", (sorted(ids),)
    )


def _note_model(connection: Connection, model: Model) -> None:
    connection.execute(
        "UPDATE library SET model_name = %s, model_sha256 = %s, model_dimension = %s",
        (model.name, model.sha256, model.dimension),
    )


def _advance(connection: Connection) -> int:
    """The next revision. Whoever else wants one waits until this transaction ends."""
    [row] = connection.execute("UPDATE library SET revision = revision + 1 RETURNING revision").fetchall()
    return int(row[0])


def day(published: date | None) -> int | None:
    return None if published is None else published.toordinal()
