"""One published state to find in, and the truth to read from: what a question is answered with.

Every row that finds something is of the revisions between its birth and its death, so a view is the number of a
revision: whatever others put, remove and publish meanwhile, it finds the same.
"""

# Statements are put together from our own column names; every value is a parameter.
# ruff: noqa: S608

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import Executor
from dataclasses import dataclass, replace
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
from playhead.query import EVERYTHING, Filters
from playhead.text import asked_spans, fold, says

NOT_KNOWN = -1
ORDINALS = 1 << 24
"""More than an episode has segments: the place of one is its episode's number times this, and its ordinal."""

SCANNED = 20_000
"""Passages a filter may leave that are compared with a question one by one; of more the index finds the nearest."""
WEIGHED = 5_000
"""Passages that are ranked by words: those with the rarest words of the question, until there would be more."""

LEAST_LOOKED_AT, LEAST_FILTERED, MOST_LOOKED_AT = 110, 400, 1000
"""How many neighbours the index of meanings keeps in view (ef_search): more where filters leave some of them out.

1,000 is the most that pgvector allows. With these, 99 of 100 are found for real questions to 114,417
passages, and 97 for questions that lie halfway between two passages.
"""
ENOUGH_FOR = 120_000
"""Passages up to which the least is enough; of more it grows with their root, as the work of finding hardly does."""


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


def published(connection: Connection) -> Published:
    """What is answered from at the moment."""
    [row] = connection.execute(
        "SELECT publications.revision, publications.size, counted, counts.size, "
        "coalesce((SELECT indisvalid FROM pg_index WHERE indexrelid = to_regclass('playhead.passages_by_meaning')), "
        "false), publications.model_name, publications.model_sha256, publications.model_dimension FROM library "
        "JOIN publications ON publications.revision = published JOIN counts ON counts.revision = counted"
    ).fetchall()
    revision, size, counted, passages, is_indexed, name, sha256, dimension = row
    model = None if name is None else Model(name, sha256, dimension)
    return Published(revision, size, counted, passages, model, is_indexed)


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
        aside: Executor,
    ) -> None:
        self._connections = connections
        self._truth = truth
        self._state = state
        self._analyzer = analyzer
        self._terms = terms
        self._vocabulary = vocabulary
        self._aside = aside
        self._known: dict[int, tuple[int, int]] = {}
        self._saying = lru_cache(maxsize=16)(self._find_saying)

    @property
    def revision(self) -> int:
        return self._state.revision

    @property
    def size(self) -> int:
        return self._state.size

    @property
    def model(self) -> Model | None:
        return self._state.model

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
        is_indexed = self._state.is_indexed and self._leaves_many(filters)
        # Half the bytes are compared, by the index if its own words are used; what is nearest, and some more than asked
        # for, is then compared in full.
        near = f"p.embedding::halfvec({dimension})" if is_indexed else "p.embedding"
        exact = f"p.embedding::vector({dimension}) <#> %s::vector({dimension})"
        sql = (
            f"SELECT p.number, p.episode, p.ordinal, -({exact}) FROM (SELECT * FROM passages AS p WHERE {where} "
            f"ORDER BY {near} <#> %s::halfvec({dimension}) LIMIT %s) AS p ORDER BY {exact}, p.number LIMIT %s"
        )
        most = k + k // 8 + 8
        if is_indexed:
            most = max(k, min(most, MOST_LOOKED_AT))
        least = LEAST_LOOKED_AT if where == _VISIBLE else LEAST_FILTERED
        least = int(least * max(1.0, self.size / ENOUGH_FOR) ** 0.5)
        looked_at = min(max(most, least), MOST_LOOKED_AT) if is_indexed else None
        return self._hits(sql, (question, *values, question, most, question, k), looked_at)

    def matching(self, words: str, filters: Filters, k: int) -> WordHits:
        terms = self._terms.known(self._analyzer.question(words))
        if not terms or k <= 0:
            return WordHits(NOTHING, NOTHING)
        alone, around = self._with_terms(list(terms.values()))
        aside = self._aside.submit(self._match, "around", around, filters, k)
        return WordHits(self._match("alone", alone, filters, k), aside.result())

    def _match(self, field: str, counts: Mapping[int, int], filters: Filters, k: int) -> Hits:
        """The best by one field: of the passages with a rare word of the question, by all of its words.

        Where even the rarest is common, those that have every word are looked at first, and often are enough.
        """
        weighed = lexemes.asked(lexemes.rarities(self._state.passages, counts))
        rarest = _rarest(counts)
        if len(counts) > 1 and counts[rarest[0]] > WEIGHED:
            found = self._weigh(field, "@>", list(counts), weighed, filters, k)
            if len(found) == k:
                return found
        return self._weigh(field, "&&", rarest, weighed, filters, k)

    def _weigh(self, field: str, having: str, terms: list[int], weighed: str, filters: Filters, k: int) -> Hits:
        """The best of the passages that have these terms, all or any."""
        clauses, values = [f"l.{field} {having} %s::int[]", _VISIBLE.replace("p.", "l.")], [terms, *self._visible()]
        if not filters.sponsors:
            clauses.append("l.kind <> 'sponsor'")
        join = ""
        if replace(filters, sponsors=True) != EVERYTHING:
            where, more = self._where(filters)
            join = "JOIN passages AS p USING (episode, number, born)"
            clauses.append(where)
            values += more
        sql = (
            f"SELECT l.number, l.episode, l.ordinal, -(l.{field}_weights <#> %s::sparsevec) AS score "
            f"FROM lexemes AS l {join} WHERE {' AND '.join(clauses)} ORDER BY score DESC, l.number LIMIT %s"
        )
        return self._hits(sql, (weighed, *values, k))

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
        beside = " AND alone && %s::int[]" if some else ""
        sql = f"SELECT 1 FROM lexemes AS p WHERE alone @> %s::int[]{beside} AND {_VISIBLE} LIMIT 1"
        return bool(self._read(sql, (list(every), *([list(some)] if some else []), *self._visible())))

    def _passages_with(self, term: str) -> list[str]:
        """Some of the passages that have a term most often for their length."""
        numbers = self._terms.known([term])
        question = lexemes.asked(dict.fromkeys(numbers.values(), 1.0))
        rows = self._read(
            f"SELECT number FROM lexemes AS p WHERE alone && %s::int[] AND {_VISIBLE} "
            "ORDER BY alone_weights <#> %s::sparsevec, number LIMIT %s",
            (list(numbers.values()), *self._visible(), question, WRITTEN),
        )
        return [passage.text for passage in self.passages([number for (number,) in rows]).values()]

    def episodes_of(self, numbers: NDArray[np.int64]) -> NDArray[np.int64]:
        return np.array([NOT_KNOWN if place is None else place[0] for place in self._places(numbers)], np.int64)

    def places_of(self, numbers: NDArray[np.int64]) -> NDArray[np.int64]:
        return np.array(
            [NOT_KNOWN if place is None else place[0] * ORDINALS + place[1] for place in self._places(numbers)],
            np.int64,
        )

    def facets(self, numbers: NDArray[np.int64]) -> dict[str, list[tuple[str, int]]]:
        counted: dict[str, dict[str, int]] = {"podcast": {}, "speaker": {}, "year": {}, "kind": {}}
        for column, value, count in self._read(
            "WITH p AS MATERIALIZED (SELECT podcast, day, kind, speakers, names FROM passages AS p "
            f"WHERE number = ANY(%s::bigint[]) AND {_VISIBLE}) "
            "SELECT 'podcast', podcast, count(*) FROM p GROUP BY podcast "
            "UNION ALL SELECT 'kind', kind, count(*) FROM p GROUP BY kind "
            "UNION ALL SELECT 'day', day::text, count(*) FROM p WHERE day IS NOT NULL GROUP BY day "
            "UNION ALL SELECT 'speaker', min(name COLLATE \"C\"), count(*) "
            "FROM p, unnest(speakers, names) AS voice (folded, name) GROUP BY folded",
            (numbers.tolist(), *self._visible()),
        ):
            facet, named = (column, value) if column != "day" else ("year", str(date.fromordinal(int(value)).year))
            counted[facet][named] = counted[facet].get(named, 0) + count
        return {facet: _most_first(counts) for facet, counts in counted.items()}

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

    def _hits(self, sql: str, values: Sequence[Any], looked_at: int | None = None) -> Hits:
        """What a statement finds as number, episode, ordinal and score. ``looked_at`` is for the index of meanings."""

        def find(connection: Connection) -> list[tuple[Any, ...]]:
            if looked_at is not None:
                connection.execute(f"SET hnsw.ef_search = {looked_at}".encode())
            return connection.execute(sql.encode(), values, binary=True).fetchall()

        found = self._connections.read(find)
        self._known.update((number, (episode, ordinal)) for number, episode, ordinal, _ in found)
        return Hits(np.array([row[0] for row in found], np.int64), np.array([row[3] for row in found], np.float32))

    def _places(self, numbers: NDArray[np.int64]) -> list[tuple[int, int] | None]:
        """For each passage its episode and its ordinal; None for one that is not of this state."""
        wanted = [int(number) for number in numbers]
        if missing := [number for number in wanted if number not in self._known]:
            sql = f"SELECT number, episode, ordinal FROM passages AS p WHERE number = ANY(%s) AND {_VISIBLE}"
            found = self._read(sql, (missing, *self._visible()))
            self._known.update((number, (episode, ordinal)) for number, episode, ordinal in found)
        return [self._known.get(number) for number in wanted]

    def _with_terms(self, terms: list[int]) -> tuple[dict[int, int], dict[int, int]]:
        """In how many passages each term stands, and around how many; of one that was not counted yet, in one."""
        counted = self._read(
            "SELECT term, alone, around FROM frequencies WHERE revision = %s AND term = ANY(%s)",
            (self._state.counted, terms),
        )
        alone, around = {term: count for term, count, _ in counted}, {term: count for term, _, count in counted}
        return {term: alone.get(term) or 1 for term in terms}, {term: around.get(term) or 1 for term in terms}

    def _leaves_many(self, filters: Filters) -> bool:
        """Whether the filters leave more than is compared one by one, as far as PostgreSQL can guess."""
        if filters.phrases:
            return False
        if replace(filters, sponsors=True) == EVERYTHING:
            return self.size > SCANNED
        where, values = self._where(filters)
        [[[guess]]] = self._read(f"EXPLAIN (FORMAT JSON) SELECT 1 FROM passages AS p WHERE {where}", values)
        return bool(guess["Plan"]["Plan Rows"] > SCANNED)

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
            f"SELECT number FROM lexemes AS p WHERE alone @> %s::int[] AND {_VISIBLE}",
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
