"""One published state to find in, and the truth to read from: what a question is answered with.

Every row that finds something is of the revisions between its birth and its death, so a view is the number of a
revision: whatever others put, remove and publish meanwhile, it finds the same.
"""

# Statements are put together from our own column names; every value is a parameter.
# ruff: noqa: S608

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from functools import lru_cache
from typing import Any

import numpy as np
from numpy.typing import NDArray

from playhead.engine import NOTHING, Hits, Model, Passage, Vectors, WordHits
from playhead.engines import records
from playhead.engines.postgres import lexemes
from playhead.engines.postgres.connections import Connection, Connections
from playhead.engines.postgres.truth import Truth
from playhead.engines.spelling import MOST_GUESSES, WRITTEN, Vocabulary, guessable, respelled, spelled_like
from playhead.engines.terms import Analyzer
from playhead.model import Episode, Podcast, Segment, Speaker, Spoken, Transcript
from playhead.query import Filters
from playhead.text import asked_spans, fold, says

NOT_KNOWN = -1
ORDINALS = 1 << 24
"""More than an episode has segments: the place of one is its episode's number times this, and its ordinal."""

SCANNED = 8_000
"""Passages a filter may leave that are compared with a question one by one; of more the index finds the nearest."""
WEIGHED = 12_000
"""Passages that are ranked by words: those with the rarest words of the question, until there would be more."""

_ROW = "p.number, p.episode, p.ordinal, p.podcast, p.day, p.kind, p.names"


@dataclass(frozen=True, slots=True)
class Published:
    """The state that is answered from: of ``revision``, with ``size`` passages.

    ``counted`` is the revision at which it was counted how common words are, when there were ``passages``.
    ``model`` is whose vectors it has, None before there is one; ``is_indexed``: there is an index of meanings.
    """

    revision: int
    size: int
    counted: int
    passages: int
    model: Model | None
    is_indexed: bool


@dataclass(frozen=True, slots=True)
class Row:
    """What is told of a passage without reading it."""

    episode: int
    ordinal: int
    podcast: str
    day: int | None
    kind: str
    names: tuple[str, ...]


def published(connection: Connection) -> Published:
    """What is answered from at the moment."""
    [row] = connection.execute(
        "SELECT publications.revision, publications.size, counted, counts.size, "
        "coalesce((SELECT indisvalid FROM pg_index WHERE indexrelid = to_regclass('playhead.passages_by_meaning')), "
        "false), publications.model_name, publications.model_sha256, publications.model_dimension FROM library "
        "JOIN publications ON publications.revision = published JOIN counts ON counts.revision = counted"
    ).fetchall()
    *told, is_indexed, name, sha256, dimension = row
    return Published(*told, None if name is None else Model(name, sha256, dimension), is_indexed)


class PostgresView:
    """Fulfils `playhead.engine.View`. What is found is of one revision; what is read is true now."""

    def __init__(
        self,
        connections: Connections,
        truth: Truth,
        state: Published,
        analyzer: Analyzer,
        terms: lexemes.Terms,
        vocabulary: Callable[[int], Vocabulary],
    ) -> None:
        self._connections = connections
        self._truth = truth
        self._state = state
        self._analyzer = analyzer
        self._terms = terms
        self._vocabulary = vocabulary
        self._rows: dict[int, Row] = {}
        self._saying = lru_cache(maxsize=16)(self._find_saying)

    @property
    def revision(self) -> int:
        return self._state.revision

    @property
    def size(self) -> int:
        return self._state.size

    # Finding

    def nearest(self, vector: Vectors, filters: Filters, k: int) -> Hits:
        model = self._state.model
        if model is None or k <= 0:
            return NOTHING
        dimension = model.dimension
        if vector.shape != (dimension,):
            raise ValueError(f"The question's vector has shape {vector.shape}; this library needs ({dimension},).")
        where, values = self._where(filters)
        question = lexemes.dense(np.asarray(vector, np.float32))
        exact = f"(p.embedding::vector({dimension}) <#> %s::vector({dimension}))"
        if self._state.is_indexed and self._leaves_many(filters):
            # Half the bytes are compared in the index, and some more than asked for are compared again in full.
            near = f"p.embedding::halfvec({dimension}) <#> %s::halfvec({dimension})"
            sql = (
                f"SELECT {_ROW}, -{exact} FROM (SELECT * FROM passages AS p WHERE {where} ORDER BY {near} LIMIT %s) "
                f"AS p ORDER BY {exact}, p.number LIMIT %s"
            )
            return self._hits(sql, (question, *values, question, k + k // 8 + 8, question, k))
        sql = f"SELECT {_ROW}, -{exact} FROM passages AS p WHERE {where} ORDER BY {exact}, p.number LIMIT %s"
        return self._hits(sql, (question, *values, question, k))

    def matching(self, words: str, filters: Filters, k: int) -> WordHits:
        terms = self._terms.known(self._analyzer.question(words))
        if not terms or k <= 0:
            return WordHits(NOTHING, NOTHING)
        alone, around = self._with_terms(list(terms.values()))
        return WordHits(
            self._match("alone", alone, filters, k),
            self._match("around", around, filters, k),
        )

    def _match(self, field: str, counts: Mapping[int, int], filters: Filters, k: int) -> Hits:
        """The best by one field: of the passages with a rare word of the question, by all of its words."""
        where, values = self._where(filters)
        question = lexemes.asked(lexemes.rarities(self._state.passages, counts))
        sql = (
            f"SELECT {_ROW}, -(l.{field}_weights <#> %s::sparsevec) AS score FROM lexemes AS l "
            f"JOIN passages AS p USING (episode, number, born) WHERE l.{field} && %s::int[] AND {where} "
            "ORDER BY score DESC, p.number LIMIT %s"
        )
        return self._hits(sql, (question, _rarest(counts), *values, k))

    def respell(self, words: str) -> str:
        def known(word: str) -> list[int]:
            return [term for term in self._terms.known(self._analyzer.terms(word)).values() if self._has([term])]

        strange = guessable(words, lambda word: bool(known(word)))
        if not strange or not self.size:
            return words
        beside = [term for folded, _, _ in asked_spans(words) for term in known(folded)]
        vocabulary = self._vocabulary(self._state.counted)
        spelled: dict[tuple[int, int], str | None] = {}
        for span, folded in list(strange.items())[:MOST_GUESSES]:
            near = vocabulary.near(folded)
            numbers = self._terms.known(near)
            together = [term for term in near if term in numbers and self._has([numbers[term]], beside)]
            if together:
                spelled[span] = spelled_like(fold(words[slice(*span)]), together, self._passages_with)
        return respelled(words, spelled)

    def _has(self, every: Sequence[int], some: Sequence[int] = ()) -> bool:
        """Whether a passage has all of the one terms, and one of the others if there are any."""
        beside = " AND l.alone && %s::int[]" if some else ""
        sql = (
            "SELECT 1 FROM lexemes AS l JOIN passages AS p USING (episode, number, born) "
            f"WHERE l.alone @> %s::int[]{beside} AND {_VISIBLE} LIMIT 1"
        )
        return bool(self._read(sql, (list(every), *([list(some)] if some else []), *self._visible())))

    def _passages_with(self, term: str) -> list[str]:
        """Some of the passages that have a term most often for their length."""
        numbers = self._terms.known([term])
        question = lexemes.asked(dict.fromkeys(numbers.values(), 1.0))
        rows = self._read(
            "SELECT p.number FROM lexemes AS l JOIN passages AS p USING (episode, number, born) "
            f"WHERE l.alone && %s::int[] AND {_VISIBLE} ORDER BY l.alone_weights <#> %s::sparsevec LIMIT %s",
            (list(numbers.values()), *self._visible(), question, WRITTEN),
        )
        return [passage.text for passage in self.passages([number for (number,) in rows]).values()]

    def episodes_of(self, numbers: NDArray[np.int64]) -> NDArray[np.int64]:
        rows = self._told(numbers)
        return np.array([row.episode if row else NOT_KNOWN for row in rows], np.int64)

    def places_of(self, numbers: NDArray[np.int64]) -> NDArray[np.int64]:
        rows = self._told(numbers)
        return np.array([row.episode * ORDINALS + row.ordinal if row else NOT_KNOWN for row in rows], np.int64)

    def facets(self, numbers: NDArray[np.int64]) -> dict[str, list[tuple[str, int]]]:
        rows = [row for row in self._told(numbers) if row]
        spelled: dict[str, str] = {}
        speakers = Counter(
            spelled.setdefault(records.fold(name), name)
            for row in rows
            for name in {records.fold(name): name for name in row.names}.values()
        )
        return {
            "podcast": _most_first(Counter(row.podcast for row in rows)),
            "speaker": _most_first(speakers),
            "year": _most_first(Counter(str(date.fromordinal(row.day).year) for row in rows if row.day is not None)),
            "kind": _most_first(Counter(row.kind for row in rows)),
        }

    # Reading

    def passages(self, numbers: Sequence[int]) -> dict[int, Passage]:
        return self._truth.passages(numbers)

    def segments(self, numbers: Sequence[int]) -> dict[int, Segment]:
        return self._truth.segments(numbers)

    def segment(self, segment_id: str) -> Segment | None:
        return self._truth.segment(segment_id)

    def neighbours(self, segment_id: str, before: int, after: int) -> list[Segment]:
        return self._truth.neighbours(segment_id, before, after)

    def segments_of(self, episode_id: str) -> list[Segment]:
        return self._truth.segments_of(episode_id)

    def vectors(self, ids: Sequence[str]) -> dict[str, Vectors]:
        return self._truth.vectors(ids)

    def episode(self, episode_id: str) -> Episode | None:
        return self._truth.episode(episode_id)

    def transcript(self, episode_id: str) -> Transcript | None:
        return self._truth.transcript(episode_id)

    def episodes(self, filters: Filters, offset: int = 0, limit: int = 50) -> list[Episode]:
        return self._truth.episodes(filters, offset, limit)

    def undated(self, filters: Filters) -> int:
        return self._truth.undated(filters)

    def podcasts(self) -> list[Podcast]:
        return self._truth.podcasts()

    def speakers(self, filters: Filters, offset: int = 0, limit: int = 50) -> list[Speaker]:
        return self._truth.speakers(filters, offset, limit)

    def spoken(self, filters: Filters) -> Iterator[Spoken]:
        return self._truth.spoken(filters)

    # How

    def _hits(self, sql: str, values: Sequence[Any]) -> Hits:
        found = self._read(sql, values)
        self._remember(row[:-1] for row in found)
        return Hits(np.array([row[0] for row in found], np.int64), np.array([row[-1] for row in found], np.float32))

    def _remember(self, rows: Iterable[Sequence[Any]]) -> None:
        for number, episode, ordinal, podcast, day, kind, names in rows:
            self._rows[number] = Row(episode, ordinal, podcast, day, kind, tuple(names))

    def _told(self, numbers: NDArray[np.int64]) -> list[Row | None]:
        wanted = [int(number) for number in numbers]
        if missing := [number for number in wanted if number not in self._rows]:
            sql = f"SELECT {_ROW} FROM passages AS p WHERE p.number = ANY(%s) AND {_VISIBLE}"
            self._remember(self._read(sql, (missing, *self._visible())))
        return [self._rows.get(number) for number in wanted]

    def _with_terms(self, terms: list[int]) -> tuple[dict[int, int], dict[int, int]]:
        """In how many passages each term stands, and around how many; of one that was not counted yet, in one."""
        counted = self._read(
            "SELECT term, alone, around FROM frequencies WHERE revision = %s AND term = ANY(%s)",
            (self._state.counted, terms),
        )
        alone, around = {term: count for term, count, _ in counted}, {term: count for term, _, count in counted}
        return {term: alone.get(term) or 1 for term in terms}, {term: around.get(term) or 1 for term in terms}

    def _leaves_many(self, filters: Filters) -> bool:
        """Whether the filters leave more than can be compared one by one."""
        if filters.phrases:
            return False
        where, values = self._where(filters)
        if where == _VISIBLE:
            return self.size > SCANNED
        sql = f"SELECT count(*) FROM (SELECT 1 FROM passages AS p WHERE {where} LIMIT {SCANNED + 1}) AS few"
        return bool(self._read(sql, values)[0][0] > SCANNED)

    def _where(self, filters: Filters) -> tuple[str, list[Any]]:
        """What is of this state and what the filters ask, as SQL over ``passages AS p``."""
        clauses: list[str] = [_VISIBLE]
        values: list[Any] = [*self._visible()]
        for column, names in (("podcast", filters.podcast), ("episode_id", filters.episode), ("kind", filters.kind)):
            if names:
                clauses.append(f"p.{column} = ANY(%s::text[])")
                values.append(list(names))
        if filters.speaker:
            clauses.append("p.speakers && %s::text[]")
            values.append([records.fold(name) for name in filters.speaker])
        if filters.chapter:
            clauses.append("(p.title = ANY(%s::text[]) OR p.chapter = ANY(%s::int[]))")
            values += [[records.fold(title) for title in filters.chapter], records.numbers(filters.chapter)]
        for comparison, limit in ((">=", filters.since), ("<=", filters.until)):
            if limit:
                clauses.append(f"p.day {comparison} %s")
                values.append(limit.toordinal())
        if not filters.sponsors:
            clauses.append("p.kind <> 'sponsor'")
        if filters.phrases:
            clauses.append("p.number = ANY(%s)")
            values.append(self._saying(filters.phrases))
        return " AND ".join(clauses), values

    def _find_saying(self, phrases: tuple[str, ...]) -> list[int]:
        """The passages that say every phrase: those with all of the words are read."""
        wanted = {term for phrase in phrases for term in self._analyzer.terms(phrase)}
        terms = self._terms.known(wanted)
        if len(terms) < len(wanted):
            return []
        holding = self._read(
            "SELECT p.number FROM lexemes AS l JOIN passages AS p USING (episode, number, born) "
            f"WHERE l.alone @> %s::int[] AND {_VISIBLE}",
            (list(terms.values()), *self._visible()),
        )
        texts = self._truth.texts([number for (number,) in holding])
        return [number for number, text in texts if all(says(text, phrase) for phrase in phrases)]

    def _visible(self) -> tuple[int, int]:
        return self.revision, self.revision

    def _read(self, sql: str, values: Sequence[Any]) -> list[tuple[Any, ...]]:
        return self._connections.read(lambda connection: connection.execute(sql.encode(), values).fetchall())


_VISIBLE = "p.born <= %s AND (p.died IS NULL OR p.died > %s)"


def _rarest(counts: Mapping[int, int]) -> list[int]:
    """The rarest of these terms, as many as not too many passages have; one at least."""
    chosen: list[int] = []
    passages = 0
    for term in sorted(counts, key=lambda term: (counts[term], term)):
        passages += counts[term]
        if chosen and passages > WEIGHED:
            break
        chosen.append(term)
    return chosen


def _most_first(counts: Mapping[str, int]) -> list[tuple[str, int]]:
    return sorted(counts.items(), key=lambda item: (-item[1], item[0]))
