"""The truth: everything kept, in library.sqlite. What it acknowledges survives kill -9; the rest is derived from it.

Statements are put together from our own column names; every value is a parameter, so no text is SQL here.
"""

# ruff: noqa: S608

from __future__ import annotations

import json
import logging
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import asdict, astuple, dataclass, field, replace
from itertools import count, groupby
from pathlib import Path
from typing import Any

import numpy as np

from playhead.engine import Model, Passage, Receipt, Subscription, Vectors
from playhead.engines import records
from playhead.engines.embedded import database, seals
from playhead.engines.embedded.database import Connection, Database
from playhead.errors import DamagedError, EmbeddingMismatchError, EngineError
from playhead.model import Episode, Podcast, Segment, Speaker, Spoken, Transcript
from playhead.query import EVERYTHING, Filters

SEGMENT_SQL = ", ".join(f"segments.{column}" for column in ("number", "episode", *records.SEGMENT_COLUMNS))
_ID, _KIND, _TEXT, _PASSAGE, _CHAPTER, _CHAPTER_TITLE = map(
    records.SEGMENT_COLUMNS.index, ("id", "kind", "text", "passage", "chapter", "chapter_title")
)
EPISODE_SQL = ", ".join(f"episodes.{column}" for column in ("number", "outline", "contents", *records.EPISODE_COLUMNS))
EPISODES_SQL = (
    f"SELECT podcasts.title, podcasts.seal, episodes.seal, {EPISODE_SQL} "
    "FROM episodes LEFT JOIN podcasts ON slug = podcast"
)
SEALED_SQL = (
    f"segments.seal, vectors.seal, vectors.codec, vectors.data, {SEGMENT_SQL} "
    "FROM episodes JOIN segments ON segments.episode = episodes.number "
    "LEFT JOIN vectors ON vectors.segment = segments.number AND vectors.kind = 'segment' "
    "ORDER BY episodes.number, segments.ordinal"
)
TRANSCRIPT_SQL = ", ".join(f"transcripts.{column}" for column in records.TRANSCRIPT_COLUMNS)
CHAPTER_SQL = ", ".join(records.CHAPTER_COLUMNS)
REEMBED_BATCH = 256
MOST_NAMED = 10  # episodes in one message
NEWEST_FIRST = "episodes.published IS NULL, episodes.published DESC, episodes.id"

_log = logging.getLogger("playhead.engines")


Within = Sequence[int] | None


@dataclass(frozen=True, slots=True)
class State:
    """Which library this is, and how far it has come."""

    library: str
    revision: int
    model: Model | None


@dataclass(frozen=True, slots=True)
class Doubt:
    """What an audit found: damaged episodes, names by number, and whether lists and rows can be relied on."""

    says: str | None = None
    episodes: Mapping[int, str] = field(default_factory=dict)
    lists_hold: bool = True
    rows_are_readable: bool = True


@dataclass(frozen=True, slots=True)
class Entry:
    """What a generation is made of: a segment as it is indexed, with its vector as float16 bytes."""

    number: int
    episode: str
    title: str
    people: list[str]
    podcast: str
    published: str | None
    speakers: list[str]
    chapter: int | None
    chapter_title: str | None
    kind: str
    text: str
    vector: bytes


class Truth:
    """Reads and writes the library's nouns. Reading methods may be called from any thread."""

    def __init__(self, path: Path, *, writing: bool, alone: bool = False) -> None:
        self.path = path
        self._database = Database(path, writing=writing, alone=alone)
        if self.audit() and writing:
            self._mend_indexes()

    def audit(self) -> str | None:
        """Hold every list and index to its seal; what does not match is kept in ``doubt``, in words.

        While there is doubt, nothing is said not to be there. A damaged episode is left out of lists, counts and
        answers, and refused when it is asked for; where lists are damaged, nothing is listed or looked up by name.
        """
        self._noticed: frozenset[str] = frozenset()
        try:
            with self._database.reading() as connection:
                found = seals.audit(connection)
        except DamagedError as error:
            self._found = Doubt(str(error), lists_hold=False, rows_are_readable=False)
        else:
            says = str(self._damage([name for _, name in found.episodes], found.lists)) if found else None
            self._found = Doubt(says, dict(found.episodes), lists_hold=not found.lists)
        return self.doubt

    @property
    def doubt(self) -> str | None:
        """What is damaged and what to do about it, as far as it is known: from the audit, and from reading since."""
        noticed = sorted(self._noticed - set(self._found.episodes.values()))
        return "; ".join([*filter(None, [self._found.says]), *map(str, map(self._damage, zip(noticed)))]) or None

    def close(self) -> None:
        self._database.close()

    # Writing

    def use(self, model: Model, *, writing: bool) -> None:
        """Note the model; an empty library takes any, and forgets the one it had."""
        with self._database.reading() as connection:
            known = self._state(connection).model
            empty = connection.execute("SELECT 1 FROM segments LIMIT 1").fetchone() is None
        if known == model or (known is None and not writing):
            return
        if known is not None and not (empty and writing):
            raise EmbeddingMismatchError(
                f"{self.path.parent} was made with the model {known.name} ({known.sha256[:12]}…, {known.dimension} "
                f"dimensions) and {model.name} ({model.sha256[:12]}…, {model.dimension}) is loaded; "
                f"load that one (the packaged model where PLAYHEAD_MODEL is not set), "
                "or run playhead ingest PATH --rebuild to embed it anew."
            )
        with self._database.writing() as connection:
            _note_model(connection, model)
            _advance(connection)

    def reembed(self, model: Model, embed: Callable[[Sequence[str]], Vectors]) -> None:
        """A new vector for every segment, from its passage, in one transaction: all are of one model, or none is.

        It holds the database for as long as embedding takes, and the log grows by every vector until it ends. Readers
        see the old ones meanwhile; there is no other writer to wait, because of the writer's lock.
        """
        with self._database.writing() as connection:
            connection.execute("DELETE FROM vectors")
            last = 0
            while batch := connection.execute(
                "SELECT number, passage FROM segments WHERE number > ? ORDER BY number LIMIT ?", (last, REEMBED_BATCH)
            ).fetchall():
                rows = records.halved(embed([passage for _, passage in batch]), len(batch), model.dimension)
                for (number, _), row in zip(batch, rows, strict=True):
                    _put_vector(connection, number, row.tobytes())
                last = batch[-1][0]
            _note_model(connection, model)
            _advance(connection)

    def put(self, episode: Episode, transcript: Transcript, segments: Sequence[Segment], vectors: Vectors) -> None:
        """Keep an episode in place of what was kept under its id; a segment that stays keeps its number."""
        with self._database.writing() as connection:
            model = self._state(connection).model
            if model is None:
                raise EngineError("Which model the vectors come from is not known yet; call use(model) before put.")
            rows = records.halved(vectors, len(segments), model.dimension)
            known = dict(
                connection.execute(
                    "SELECT segments.id, segments.number FROM segments JOIN episodes ON episodes.number = episode "
                    "WHERE episodes.id = ?",
                    (episode.id,),
                )
            )
            number = _put_episode(connection, episode, transcript)
            connection.execute("DELETE FROM segments WHERE episode = ?", (number,))
            free = count(_last_number(connection) + 1)
            for segment, row in zip(segments, rows, strict=True):
                _refuse_foreign(connection, segment, episode)
                taken = known.get(segment.id)
                _put_segment(connection, segment, row.tobytes(), number, next(free) if taken is None else taken)
            seals.seal_episode(connection, number)
            _forget_silent_podcasts(connection)
            _advance(connection)

    def remove(self, episode_id: str) -> bool:
        with self._database.writing() as connection:
            gone = bool(connection.execute("DELETE FROM episodes WHERE id = ?", (episode_id,)).rowcount)
            if gone:
                _forget_silent_podcasts(connection)
                _advance(connection)
            return gone

    def follow(self, subscription: Subscription) -> None:
        with self._database.writing() as connection:
            connection.execute("INSERT OR REPLACE INTO feeds VALUES (?, ?, ?, ?)", astuple(subscription))

    def unfollow(self, url: str) -> bool:
        with self._database.writing() as connection:
            connection.execute("DELETE FROM receipts WHERE feed = ?", (url,))
            return bool(connection.execute("DELETE FROM feeds WHERE url = ?", (url,)).rowcount)

    def file(self, receipt: Receipt) -> None:
        values = {**asdict(receipt), "files": json.dumps(receipt.files)}
        with self._database.writing() as connection:
            connection.execute("INSERT OR REPLACE INTO receipts VALUES (?, ?, ?, ?, ?, ?)", tuple(values.values()))

    def end_visit(self, feed: str) -> None:
        with self._database.writing() as connection:
            connection.execute("DELETE FROM receipts WHERE feed = ? AND NOT is_of_this_visit", (feed,))
            connection.execute("UPDATE receipts SET is_of_this_visit = 0 WHERE feed = ?", (feed,))

    # Reading

    def subscriptions(self) -> list[Subscription]:
        with self._database.reading() as connection:
            rows = connection.execute("SELECT url, podcast, etag, last_modified FROM feeds ORDER BY url").fetchall()
        return [Subscription(*row) for row in rows]

    def receipts(self, feed: str) -> list[Receipt]:
        sql = (
            "SELECT feed, item, episode, receipts.fingerprint, files, is_of_this_visit FROM receipts JOIN episodes "
            "ON episodes.id = episode AND episodes.fingerprint = receipts.fingerprint WHERE feed = ? ORDER BY item"
        )
        with self._database.reading() as connection:
            rows = connection.execute(sql, (feed,)).fetchall()
        return [
            Receipt(feed, item, episode, fingerprint, tuple(map(tuple, json.loads(files))), bool(is_of_this_visit))
            for _, item, episode, fingerprint, files, is_of_this_visit in rows
        ]

    def state(self) -> State:
        with self._database.reading() as connection:
            return self._state(connection)

    def revision(self) -> int:
        """How many changes are acknowledged; one read by key."""
        with self._database.reading() as connection, self._reading_itself():
            return int(connection.execute("SELECT value FROM meta WHERE name = 'revision'").fetchone()[0])

    def counts(self) -> tuple[int, int, int]:
        """How many episodes are kept, how many of them without a transcript, and how many segments."""
        with self._database.reading() as connection:
            episodes, untranscribed, segments = connection.execute(
                "SELECT (SELECT count(*) FROM episodes), (SELECT count(*) FROM episodes WHERE NOT transcribed), "
                "(SELECT count(*) FROM segments)"
            ).fetchone()
            return episodes, untranscribed, segments

    @contextmanager
    def snapshot(self) -> Iterator[tuple[State, Iterator[Entry]]]:
        """One state of the library, and its passages: episode by episode, in order of speech.

        Raises DamagedError naming every episode of which something does not match its seal.
        """
        try:
            with self._database.reading() as connection:
                if found := seals.audit(connection):
                    raise self._damage([name for _, name in found.episodes], found.lists)
                yield self._state(connection), self._passages(connection)
        except DamagedError as error:
            if damaged := self.damaged_episodes():
                raise self._damage(damaged) from error
            raise

    def _passages(self, connection: Connection) -> Iterator[Entry]:
        for episode, title, people, podcast, published, sealed, vector_seal, codec, vector, *row in connection.execute(
            "SELECT episodes.id, episodes.title, episodes.people, episodes.podcast, episodes.published, " + SEALED_SQL
        ):
            if not _is_segment(sealed, row) or not _is_whole(vector_seal, (codec, vector)):
                raise self._damage([episode])
            number, _, *values = row
            segment = dict(zip(records.SEGMENT_COLUMNS, values, strict=True))
            yield Entry(
                number=number,
                episode=episode,
                title=title,
                people=records.read_names(people),
                podcast=podcast,
                published=published,
                speakers=records.read_speakers(segment["turns"]),
                chapter=segment["chapter"],
                chapter_title=segment["chapter_title"],
                kind=segment["kind"],
                text=segment["passage"],
                vector=vector,
            )

    def _mend_indexes(self) -> None:
        """Make what finds rows again from the rows, which are sealed each for itself."""
        with suppress(EngineError), self._database.writing() as connection:
            connection.execute("REINDEX")
        self.audit()

    def copy(self, path: Path) -> None:
        """One state of everything, as a database of its own; see `database.copy`."""
        with self._database.reading() as connection:
            database.copy(connection, path)

    def damaged_episodes(self) -> list[str]:
        """Those with a row that does not match its seal."""
        with self._database.reading() as connection:
            with seals.reading_damaged(connection):
                damaged = [
                    episode
                    for episode, rows in groupby(
                        connection.execute(f"SELECT episodes.id, {SEALED_SQL}"), key=lambda found: found[0]
                    )
                    if not all(
                        _is_segment(sealed, row) and _is_whole(vector_seal, (codec, vector))
                        for _, sealed, vector_seal, codec, vector, *row in rows
                    )
                ]
                damaged += [
                    episode
                    for episode, number, sealed, *row in connection.execute(
                        f"SELECT episodes.id, number, transcripts.seal, {TRANSCRIPT_SQL} FROM episodes "
                        "LEFT JOIN transcripts ON transcripts.episode = number"
                    )
                    if not _is_transcript(sealed, number, row)
                ]
            audited = [name for _, name in seals.audit(connection).episodes]
        return list(dict.fromkeys([*audited, *map(seals.shown, damaged)]))

    def has(self, episode_id: str, fingerprint: str) -> bool:
        with self._database.reading() as connection:
            sql = "SELECT 1 FROM episodes WHERE id = ? AND fingerprint = ?"
            return connection.execute(sql, (episode_id, fingerprint)).fetchone() is not None

    # By number: in this order. Those that are gone are left out; if ``known`` is the revision at which all of them
    # were there and it still is, one that is missing was not removed, and that is damage.

    def segments(self, numbers: Iterable[int], known: int | None = None) -> dict[int, Segment]:
        return {number: records.read_segment(row, episode) for number, episode, row in self._numbered(numbers, known)}

    def passages(self, numbers: Iterable[int], known: int | None = None) -> dict[int, Passage]:
        return {
            number: Passage(row[_ID], episode, row[_KIND], row[_PASSAGE])
            for number, episode, row in self._numbered(numbers, known)
        }

    def texts(self, numbers: Iterable[int], known: int | None = None) -> list[tuple[int, str]]:
        """What is said in these segments."""
        return [(number, row[_TEXT]) for number, _, row in self._numbered(numbers, known)]

    def segment(self, segment_id: str) -> Segment | None:
        self._refuse_lists()
        for _, episode, row in self._segment_rows("segments.id", _any_of([segment_id])):
            return records.read_segment(row, episode) if row else None
        self._refuse_doubt()
        return None

    def neighbours(self, segment_id: str, before: int, after: int) -> list[Segment]:
        self._refuse_lists()
        with self._database.reading() as connection:
            place = connection.execute("SELECT episode, ordinal FROM segments WHERE id = ?", (segment_id,)).fetchone()
            if place is None:
                self._refuse_doubt()
                return []
            episode, ordinal = place
            earlier = connection.execute(
                "SELECT number FROM segments WHERE episode = ? AND ordinal <= ? ORDER BY ordinal DESC LIMIT ?",
                (episode, ordinal, before + 1),
            ).fetchall()
            later = connection.execute(
                "SELECT number FROM segments WHERE episode = ? AND ordinal > ? ORDER BY ordinal LIMIT ?",
                (episode, ordinal, after),
            ).fetchall()
            known = self._state(connection).revision
        numbers = [number for (number,) in [*reversed(earlier), *later]]
        found = [records.read_segment(row, of) for _, of, row in self._numbered(numbers, known, strict=True)]
        if known == self.revision() and segment_id not in [segment.id for segment in found]:
            raise self._damage((), ("the order of segments",))
        return found

    def segments_of(self, episode_id: str) -> list[Segment]:
        self._refuse_lists()
        known = self.revision()
        with self._database.reading() as connection:
            rows = connection.execute(
                "SELECT segments.number FROM segments JOIN episodes ON episodes.number = episode "
                "WHERE episodes.id = ? ORDER BY ordinal",
                (episode_id,),
            ).fetchall()
        if not rows:
            self._refuse_doubt()
        numbers = [number for (number,) in rows]
        return [records.read_segment(row, of) for _, of, row in self._numbered(numbers, known, strict=True)]

    def vectors(self, ids: Sequence[str]) -> dict[str, Vectors]:
        """Those that are kept and whole: what is left out can be embedded again."""
        with self._database.reading() as connection:
            rows = connection.execute(
                "SELECT segments.id, vectors.codec, vectors.data, vectors.seal FROM segments "
                "JOIN vectors ON vectors.segment = segments.number AND vectors.kind = 'segment' "
                "WHERE segments.id IN (SELECT value FROM json_each(?))",
                (_any_of(ids),),
            ).fetchall()
        return {
            identity: np.frombuffer(data, records.FLOAT16).astype(np.float32)
            for identity, codec, data, sealed in rows
            if _is_whole(sealed, (codec, data))
        }

    def episode(self, episode_id: str) -> Episode | None:
        self._refuse_lists()
        with self._database.reading() as connection:
            row = connection.execute(f"{EPISODES_SQL} WHERE episodes.id = ?", (episode_id,)).fetchone()
            if row is None:
                self._refuse_doubt()
                return None
            chapters = connection.execute(
                f"SELECT position, {CHAPTER_SQL} FROM chapters WHERE episode = ? ORDER BY position",
                (row[3],),
            ).fetchall()
        found = self._read_episode(row)
        if row[4] != seals.of_chapters(chapters) or not all(map(seals.are_texts, chapters)):
            raise self._damage([episode_id])
        return replace(found, chapters=tuple(records.read_chapter(values) for _, *values in chapters))

    def _read_episode(self, row: Sequence[Any]) -> Episode:
        """An episode and the title of its podcast, which match their seals; without its chapters."""
        title, podcast_seal, sealed, number, outline, contents, *values = row
        episode_id, podcast = values[:2]
        is_whole = number not in self._found.episodes and seals.is_episode(sealed, number, outline, contents, values)
        if not is_whole or podcast_seal != seals.of_podcast(podcast, title) or not seals.are_texts([title]):
            raise self._damage([str(episode_id)])
        return records.read_episode(values, title)

    def transcript(self, episode_id: str) -> Transcript | None:
        self._refuse_lists()
        with self._database.reading() as connection:
            row = connection.execute(
                f"SELECT episodes.number, transcripts.seal, {TRANSCRIPT_SQL} "
                "FROM episodes LEFT JOIN transcripts ON transcripts.episode = number WHERE episodes.id = ?",
                (episode_id,),
            ).fetchone()
        if row is None:
            self._refuse_doubt()
            return None
        number, sealed, *values = row
        if not _is_transcript(sealed, number, values):
            raise self._damage([episode_id])
        return records.read_transcript(values)

    # Lists: what is damaged is left out. ``within`` are the passages of the chapters that are asked for.

    def episodes(self, filters: Filters, offset: int, limit: int, within: Within = None) -> list[Episode]:
        try:
            return self._list_episodes(filters, offset, limit, within)
        except DamagedError:
            self.audit()  # one was damaged since the last; by now it is known which, or that none is to be relied on
            return self._list_episodes(filters, offset, limit, within)

    def _list_episodes(self, filters: Filters, offset: int, limit: int, within: Within) -> list[Episode]:
        published, values = self._listed_where(filters)
        if filters.speaker or filters.chapter:
            spoken, more = _spoken_where(filters, within)
            published += f" AND EXISTS (SELECT 1 FROM segments WHERE segments.episode = episodes.number AND {spoken})"
            values += more
        with self._database.reading() as connection:
            rows = connection.execute(
                f"{EPISODES_SQL} WHERE {published} ORDER BY {NEWEST_FIRST} LIMIT ? OFFSET ?",
                (*values, limit, offset),
            ).fetchall()
        return list(map(self._read_episode, rows))

    def undated(self, filters: Filters) -> int:
        published, values = self._listed_where(replace(filters, since=None, until=None))
        with self._database.reading() as connection:
            sql = f"SELECT count(*) FROM episodes WHERE {published} AND episodes.published IS NULL"
            return int(connection.execute(sql, values).fetchone()[0])

    def podcasts(self) -> list[Podcast]:
        listed, values = self._listed_where(EVERYTHING)
        with self._database.reading() as connection:
            rows = connection.execute(
                f"SELECT slug, podcasts.title, count(*) FROM podcasts JOIN episodes ON podcast = slug WHERE {listed} "
                "GROUP BY slug ORDER BY podcasts.title, slug",
                values,
            ).fetchall()
        return [Podcast(*row) for row in rows]

    def speakers(self, filters: Filters, offset: int, limit: int, within: Within = None) -> list[Speaker]:
        published, values = self._listed_where(filters)
        spoken, more = _spoken_where(filters, within)
        with self._database.reading() as connection:
            heard = connection.execute(
                # CROSS JOIN keeps this order, in which indexes alone answer: 26 ms instead of 147 for 50k segments.
                # Ids are looked up after the grouping: grouped with them, it takes twice as long.
                "SELECT folded, name, (SELECT id FROM episodes WHERE number = episode), segments FROM ("
                "SELECT voices.folded, min(voices.name) AS name, segments.episode, count(*) AS segments FROM episodes "
                "CROSS JOIN segments ON segments.episode = episodes.number "
                "CROSS JOIN voices ON voices.segment = segments.number "
                f"WHERE {published} AND {spoken} GROUP BY segments.episode, voices.folded)",
                (*values, *more),
            ).fetchall()
            people = connection.execute(
                f"SELECT people FROM episodes WHERE {published} AND people <> '[]'", values
            ).fetchall()
        found = records.gather_speakers(heard)
        ordered = sorted(found, key=lambda each: (-each.segments, each.name, each.episode or ""))
        roles = records.gather_roles(stated for (stated,) in people)
        return [replace(each, role=roles.get(records.fold(each.name))) for each in ordered[offset : offset + limit]]

    def spoken(self, filters: Filters) -> Iterator[Spoken]:
        published, values = self._listed_where(filters)
        with self._database.reading() as connection:
            for episode, number, sealed, *row in connection.execute(
                f"SELECT episodes.id, episodes.number, transcripts.seal, {TRANSCRIPT_SQL} FROM episodes "
                f"LEFT JOIN transcripts ON transcripts.episode = number WHERE {published} ORDER BY {NEWEST_FIRST}",
                values,
            ):
                if not _is_transcript(sealed, number, row):
                    if filters.episode == (episode,):
                        raise self._damage([episode])
                    self._notice(episode)
                    continue
                text, turns, *_ = row
                yield from records.count_spoken(episode, text, turns)

    def in_chapters(self, filters: Filters) -> list[int]:
        """The passages of the chapters that are asked for, from rows that are held to their seals: all are read."""
        titles, numbers = {records.fold(title) for title in filters.chapter}, records.numbers(filters.chapter)
        listed, values = self._listed_where(filters)
        found = []
        with self._database.reading() as connection:
            for episode, sealed, *row in connection.execute(
                f"SELECT episodes.id, segments.seal, {SEGMENT_SQL} FROM episodes "
                f"JOIN segments ON segments.episode = episodes.number WHERE {listed}",
                values,
            ):
                if not _is_segment(sealed, row):
                    self._notice(episode)
                    continue
                number, _, *texts = row
                title = texts[_CHAPTER_TITLE]
                if (title and records.fold(title) in titles) or texts[_CHAPTER] in numbers:
                    found.append(number)
        return found

    def _numbered(
        self, numbers: Iterable[int], known: int | None, *, strict: bool = False
    ) -> list[tuple[int, str, Sequence[Any]]]:
        """Those that are whole; one that is not is refused if ``strict``, or else left out."""
        wanted = [int(number) for number in numbers]
        found = {row[0]: row for row in self._segment_rows("segments.number", _any_of(wanted), strict=strict)}
        if len(found) < len(set(wanted)) and known is not None and known == self.revision():
            # Revisions only grow, so the rows, which were read before, are of this one, too.
            raise self._damage((), ("passages that can be found",))
        rows = (found[number] for number in wanted if number in found)
        return [(number, episode, row) for number, episode, row in rows if row is not None]

    def _segment_rows(
        self, column: str, wanted: str, *, strict: bool = True
    ) -> Iterator[tuple[int, str, Sequence[Any] | None]]:
        """The number, the episode and the row of each segment, which matches its seal; None if not ``strict``."""
        if not self._found.rows_are_readable:
            self._refuse_doubt()
        with self._database.reading() as connection:
            rows = connection.execute(
                f"SELECT segments.seal, episodes.id, {SEGMENT_SQL} FROM segments "
                "LEFT JOIN episodes ON episodes.number = segments.episode "
                f"WHERE {column} IN (SELECT value FROM json_each(?))",
                (wanted,),
            ).fetchall()
        for sealed, episode, *row in rows:
            number, of, *values = row
            if _is_segment(sealed, row) and isinstance(episode, str) and of not in self._found.episodes:
                yield number, episode, values
            elif strict or not isinstance(episode, str):
                raise self._damage([episode] if isinstance(episode, str) else (), ("segments",))
            else:
                self._notice(episode)
                yield number, episode, None

    def _state(self, connection: Connection) -> State:
        with self._reading_itself():
            meta = dict(connection.execute("SELECT name, value FROM meta").fetchall())
            model = None
            if "model_name" in meta:
                model = Model(meta["model_name"], meta["model_sha256"], int(meta["model_dimension"]))
            return State(meta["library"], int(meta["revision"]), model)

    @contextmanager
    def _reading_itself(self) -> Iterator[None]:
        """A row that is not there, or no number, where the library says which it is and how far it has come."""
        try:
            yield
        except (KeyError, TypeError, ValueError) as error:
            raise self._damage((), ("what it says of itself",)) from error

    def _refuse_doubt(self) -> None:
        if self._found.says:
            raise DamagedError(self._found.says)

    def _refuse_lists(self) -> None:
        if not self._found.lists_hold:
            self._refuse_doubt()

    def _listed_where(self, filters: Filters) -> tuple[str, list[str]]:
        """What the filters ask of an episode that is listed; one that is damaged is not, and not asked for either."""
        self._refuse_lists()
        if asked := [name for name in self._found.episodes.values() if name in filters.episode]:
            raise self._damage(asked)
        published, values = _published_where(filters)
        if self._found.episodes:
            published += " AND episodes.number NOT IN (SELECT value FROM json_each(?))"
            values.append(_any_of(self._found.episodes))
        return published, values

    def _notice(self, episode: str) -> None:
        """What was damaged since the audit, or is not read by it, is left out from here on, and said to be."""
        if episode not in self._noticed:
            self._noticed |= {episode}
            _log.warning("Left out: %s", self._damage([episode]))

    def _damage(self, episodes: Sequence[str], lists: Sequence[str] = ()) -> DamagedError:
        """What to say of episodes, and of what lists them; the first says more."""
        if not episodes:
            return DamagedError(
                f"{self.path} is damaged: {', '.join(lists)} does not match its checksum; "
                "run playhead check, and restore a backup if an ingest does not mend it."
            )
        more = f" and {len(episodes) - MOST_NAMED} more" if len(episodes) > MOST_NAMED else ""
        return DamagedError(
            f"{self.path} is damaged in {', '.join(episodes[:MOST_NAMED])}{more}: what is kept does not match its "
            f"checksum; run playhead ingest --rebuild on its files, or playhead remove {episodes[0]}."
        )


def _is_whole(sealed: bytes | None, row: Sequence[Any]) -> bool:
    return sealed == records.seal(row)


def _is_segment(sealed: bytes | None, row: Sequence[Any]) -> bool:
    return _is_whole(sealed, row) and seals.are_texts(row)


def _is_transcript(sealed: bytes | None, number: int, row: Sequence[Any]) -> bool:
    return sealed == seals.of_transcript(number, row) and seals.are_texts(row)


def _put_episode(connection: Connection, episode: Episode, transcript: Transcript) -> int:
    connection.execute(
        "INSERT INTO podcasts VALUES (?, ?, ?) ON CONFLICT DO UPDATE SET title = excluded.title, seal = excluded.seal",
        (episode.podcast, episode.podcast_title, seals.of_podcast(episode.podcast, episode.podcast_title)),
    )
    columns = records.EPISODE_COLUMNS
    connection.execute(
        f"INSERT INTO episodes ({', '.join(columns)}) VALUES ({_marks(columns)}) ON CONFLICT (id) DO UPDATE "
        f"SET {', '.join(f'{column} = excluded.{column}' for column in columns[1:])}",
        records.episode_row(episode),
    )
    (number,) = connection.execute("SELECT number FROM episodes WHERE id = ?", (episode.id,)).fetchone()
    connection.execute("DELETE FROM chapters WHERE episode = ?", (number,))
    chapters = [(number, place, *records.chapter_row(chapter)) for place, chapter in enumerate(episode.chapters)]
    connection.executemany(f"INSERT INTO chapters VALUES (?, ?, {_marks(records.CHAPTER_COLUMNS)})", chapters)
    row = records.transcript_row(transcript)
    connection.execute(
        f"INSERT OR REPLACE INTO transcripts VALUES (?, {_marks(records.TRANSCRIPT_COLUMNS)}, ?)",
        (number, *row, seals.of_transcript(number, row)),
    )
    return int(number)


def _last_number(connection: Connection) -> int:
    """The highest number that a segment ever had."""
    found = connection.execute("SELECT max(seq) FROM sqlite_sequence WHERE name = 'segments'").fetchone()[0]
    return int(found or 0)


def _put_segment(connection: Connection, segment: Segment, vector: bytes, episode: int, number: int) -> None:
    row = records.segment_row(segment)
    folded = segment.chapter_title and records.fold(segment.chapter_title)
    connection.execute(
        f"INSERT INTO segments (number, episode, {', '.join(records.SEGMENT_COLUMNS)}, chapter_folded, seal) "
        f"VALUES (?, ?, {_marks(records.SEGMENT_COLUMNS)}, ?, ?)",
        (number, episode, *row, folded, seals.of_segment(number, episode, row)),
    )
    connection.executemany(
        "INSERT OR IGNORE INTO voices VALUES (?, ?, ?)",
        [(number, records.fold(name), name) for name in segment.speakers],
    )
    _put_vector(connection, number, vector)


def _put_vector(connection: Connection, number: int, vector: bytes) -> None:
    connection.execute(
        "INSERT INTO vectors VALUES (?, 'segment', 0, 'float16', ?, ?)",
        (number, vector, records.seal(("float16", vector))),
    )


def _note_model(connection: Connection, model: Model) -> None:
    values = {"model_name": model.name, "model_sha256": model.sha256, "model_dimension": str(model.dimension)}
    connection.executemany("INSERT OR REPLACE INTO meta VALUES (?, ?)", list(values.items()))


def _refuse_foreign(connection: Connection, segment: Segment, episode: Episode) -> None:
    if segment.episode != episode.id:
        raise ValueError(f"Segment {segment.id} is of {segment.episode}, not of {episode.id}.")
    owner = connection.execute(
        "SELECT episodes.id FROM segments JOIN episodes ON episodes.number = episode WHERE segments.id = ?",
        (segment.id,),
    ).fetchone()
    if owner is not None:
        raise ValueError(f"Segment id {segment.id} of {episode.id} is taken by {owner[0]}; ids name one passage.")


def _forget_silent_podcasts(connection: Connection) -> None:
    connection.execute("DELETE FROM podcasts WHERE slug NOT IN (SELECT podcast FROM episodes)")


def _advance(connection: Connection) -> None:
    connection.execute("UPDATE meta SET value = CAST(value AS INTEGER) + 1 WHERE name = 'revision'")
    seals.seal_root(connection)


def _published_where(filters: Filters) -> tuple[str, list[str]]:
    """What the filters ask of an episode, as SQL over ``episodes``."""
    clauses, values = ["1"], []
    for column, names in (("podcast", filters.podcast), ("id", filters.episode)):
        if names:
            clauses.append(f"episodes.{column} IN (SELECT value FROM json_each(?))")
            values.append(_any_of(names))
    for comparison, day in ((">=", filters.since), ("<=", filters.until)):
        if day:
            clauses.append(f"episodes.published {comparison} ?")
            values.append(day.isoformat())
    return " AND ".join(clauses), values


def _spoken_where(filters: Filters, within: Within) -> tuple[str, list[str]]:
    """What the filters ask of a segment beyond its episode, as SQL over ``segments``."""
    clauses, values = ["1"], []
    if filters.speaker:
        clauses.append(
            "EXISTS (SELECT 1 FROM voices AS voice WHERE voice.segment = segments.number "
            "AND voice.folded IN (SELECT value FROM json_each(?)))"
        )
        values.append(_any_of([records.fold(name) for name in filters.speaker]))
    if within is not None:
        clauses.append("segments.number IN (SELECT value FROM json_each(?))")
        values.append(_any_of(within))
    if filters.kind:
        clauses.append("segments.kind IN (SELECT value FROM json_each(?))")
        values.append(_any_of(filters.kind))
    if not filters.sponsors:
        clauses.append("segments.kind <> 'sponsor'")
    return " AND ".join(clauses), values


def _any_of(values: Iterable[str | int]) -> str:
    """Any number of values as one parameter, for ``IN (SELECT value FROM json_each(?))``."""
    return json.dumps(list(values))


def _marks(columns: Sequence[str]) -> str:
    return ", ".join("?" * len(columns))
