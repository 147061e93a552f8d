"""The truth: everything kept, as it is read from the tables of `schema`; `changes` writes it.

Statements are put together from our own column names; every value is a parameter, so no text is SQL here.
"""

# ruff: noqa: S608

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from playhead.engine import Model, Passage, Receipt, Subscription, Vectors
from playhead.engines import records
from playhead.engines.postgres.connections import Connection, Connections
from playhead.model import Episode, Podcast, Segment, Speaker, Spoken, Transcript
from playhead.query import Filters

SEGMENT_SQL = ", ".join(f"segments.{column}" for column in records.SEGMENT_COLUMNS)
EPISODE_SQL = ", ".join(f"episodes.{column}" for column in records.EPISODE_COLUMNS)
CHAPTER_SQL = ", ".join(records.CHAPTER_COLUMNS)
TRANSCRIPT_SQL = ", ".join(records.TRANSCRIPT_COLUMNS)
EPISODES_SQL = f"SELECT podcasts.title, episodes.number, {EPISODE_SQL} FROM episodes JOIN podcasts ON slug = podcast"
NEWEST_FIRST = 'episodes.published IS NULL, episodes.published DESC, episodes.id COLLATE "C"'


@dataclass(frozen=True, slots=True)
class State:
    """Which library this is, and how far it has come."""

    library: str
    revision: int
    published: int
    model: Model | None


class Truth:
    """Reads the library's nouns ``near``, at a standby perhaps; what decides on a change, at ``main``."""

    def __init__(self, main: Connections, near: Connections) -> None:
        self._main = main
        self._near = near

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
        return self._main.read(read_state)

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
        return {identity: np.frombuffer(data, records.FLOAT16).astype(np.float32) for identity, data in rows}

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


def read_state(connection: Connection, *, lock: bool = False) -> State:
    """Which library this is; ``lock`` keeps everybody from changing it until the transaction ends."""
    [row] = connection.execute(
        "SELECT id, revision, published, model_name, model_sha256, model_dimension FROM library"
        + (" FOR UPDATE" if lock else "")
    ).fetchall()
    library, revision, published, name, sha256, dimension = row
    return State(library, revision, published, None if name is None else Model(name, sha256, dimension))


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
