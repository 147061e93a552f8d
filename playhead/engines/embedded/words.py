"""Words: every passage of a generation in one tantivy index, scored by BM25 in two fields.

``alone`` is the passage, ``around`` the passage with two neighbours each side and the title and people of its episode:
what a passage is about is often said just before it. Filters are clauses of the query that add nothing to the score.
Texts are analysed here, once each, and reach tantivy as terms between spaces: it would analyse each passage six times,
and take twice as long.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from functools import cached_property
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from tantivy import (
    Document,
    FieldType,
    Index,
    Occur,
    Query,
    SchemaBuilder,
)

from playhead.engine import NOTHING, Hits, WordHits
from playhead.engines.embedded.rows import Choice
from playhead.engines.spelling import MOST_GUESSES, Vocabulary, guessable
from playhead.engines.terms import Analyzer
from playhead.errors import StorageError
from playhead.model import Span
from playhead.text import asked_spans

FIELDS = ("alone", "around")
FILTERS = ("episode", "podcast", "chapter", "title", "kind", "speaker")
HEAP = 128_000_000  # bytes; about 25k passages before a first part is written


def _schema_builder() -> SchemaBuilder:
    builder = SchemaBuilder()
    for field in FIELDS:
        builder.add_text_field(field, tokenizer_name="whitespace", index_option="freq")
    for field in FILTERS:
        builder.add_integer_field(field, indexed=True)
    builder.add_integer_field("day", fast=True)
    builder.add_integer_field("row", fast=True)
    return builder


class WordsWriter:
    """Writes a word index into an empty folder: rows in order, then `finish`.

    A disk that refuses is a StorageError: tantivy names no reason, only that its writer was killed.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        with self._refusals():
            index = Index(_schema_builder().build(), path=str(folder), reuse=False)
            self._writer = index.writer(heap_size=HEAP, num_threads=1)
        self._row = 0

    def add(self, alone: str, around: str, values: Mapping[str, Sequence[int]]) -> None:
        """A row: the terms of its two fields, each between spaces, and its values for filters."""
        document = Document()
        document.add_text("alone", alone)
        document.add_text("around", around)
        for field, numbers in values.items():
            for number in numbers:
                document.add_integer(field, number)
        document.add_integer("row", self._row)
        with self._refusals():
            self._writer.add_document(document)
        self._row += 1

    def finish(self) -> None:
        """Write what is left. The files are complete, but not yet forced to the disk."""
        with self._refusals():
            self._writer.commit()
            self._writer.wait_merging_threads()
        for lock in self._folder.glob(".tantivy-*.lock"):
            lock.unlink()

    @contextmanager
    def _refusals(self) -> Iterator[None]:
        try:
            yield
        except (ValueError, OSError) as error:
            raise StorageError(
                f"{self._folder}: the index of words cannot be written ({error}); "
                "free some space, see that the directory is writable, and run it again."
            ) from error


class Words:
    """A generation's word index, from a folder whose files match their checksums.

    ``numbers`` are the segments of its rows. Raises ValueError or OSError for anything unexpected.
    """

    def __init__(self, folder: Path, numbers: NDArray[np.int64]) -> None:
        index = Index.open(str(folder))
        index.config_reader("manual")  # a generation never changes: nothing to watch for
        self._analyzer = Analyzer()
        self._schema = index.schema
        self._searcher = index.searcher()
        self._numbers = numbers
        if self._searcher.num_docs != len(numbers):
            raise ValueError(f"it holds {self._searcher.num_docs} passages, not {len(numbers)}")

    def matching(self, words: str, choice: Choice, k: int) -> WordHits:
        """The ``k`` best rows by each field, among those the choice allows."""
        terms = self._analyzer.question(words)
        if not terms or k <= 0:
            return WordHits(NOTHING, NOTHING)
        alone, around = (self._search(field, terms, choice, k) for field in FIELDS)
        return WordHits(alone, around)

    def _search(self, field: str, terms: list[str], choice: Choice, k: int) -> Hits:
        schema = self._schema
        wanted = [(Occur.Should, Query.term_query(schema, field, term, "freq")) for term in terms]
        clauses = [(Occur.Must, Query.boolean_query(wanted))]
        clauses += [(Occur.Must, Query.const_score_query(query, 0.0)) for query in self._filters(choice)]
        most = k if choice.rows is None else self._searcher.num_docs
        if choice.without is not None:
            clauses.append((Occur.MustNot, Query.term_query(schema, "kind", choice.without)))
        found = self._searcher.search(Query.boolean_query(clauses), limit=most, count=False).hits
        if not found:
            return NOTHING
        scores, places = zip(*found, strict=True)
        rows = np.array(self._searcher.fast_field_values("row", list(places)), np.int64)
        kept = np.arange(len(rows)) if choice.rows is None else np.flatnonzero(choice.rows[rows])[:k]
        return Hits(self._numbers[rows[kept]], np.array(scores, np.float32)[kept])

    def counts(self) -> dict[str, int]:
        """In how many passages each term stands."""
        return dict(self._searcher.terms_with_prefix("alone", ""))

    def unknown(self, words: str) -> dict[Span, list[str]]:
        """The words of a question that stand in no row, by their place in it, each with the terms spelled like it.

        Commonest first, and only those that some row has together with another word of the question.
        """
        strange = guessable(words, lambda word: bool(self._known(word)))
        if not strange:
            return {}
        known = [term for folded, _, _ in asked_spans(words) for term in self._known(folded)]
        others = [(Occur.Should, self._having(term)) for term in known]
        beside = Query.boolean_query(others)
        found: dict[Span, list[str]] = {}
        for span, folded in list(strange.items())[:MOST_GUESSES]:
            together = [
                term
                for term in self._vocabulary.near(folded)
                if not others or len(self._rows(_all_of([self._having(term), beside]), 1))
            ]
            if together:
                found[span] = together
        return found

    def _known(self, word: str) -> list[str]:
        """The terms of a word that stand in some row."""
        return [term for term in self._analyzer.terms(word) if self._searcher.doc_freq("alone", term)]

    @cached_property
    def _vocabulary(self) -> Vocabulary:
        return Vocabulary(term for term, _ in self._searcher.terms_with_prefix("alone", ""))

    def with_term(self, term: str, most: int) -> NDArray[np.int64]:
        """The rows that have a term most often for their length."""
        return self._rows(self._having(term), most)

    def holding(self, phrases: Sequence[str]) -> NDArray[np.int64]:
        """The rows whose passage has every word of the phrases, in any form and order."""
        terms = {term for phrase in phrases for term in self._analyzer.terms(phrase)}
        return self._rows(_all_of([self._having(term) for term in sorted(terms)]), max(1, self._searcher.num_docs))

    def _having(self, term: str) -> Query:
        return Query.term_query(self._schema, "alone", term, "freq")

    def _rows(self, query: Query, most: int) -> NDArray[np.int64]:
        found = self._searcher.search(query, limit=most, count=False).hits
        return np.array(self._searcher.fast_field_values("row", [place for _, place in found]), np.int64)

    def _filters(self, choice: Choice) -> Iterator[Query]:
        for clause in choice.clauses:
            any_of = [Query.term_set_query(self._schema, field, values) for field, values in clause.items() if values]
            yield Query.boolean_query([(Occur.Should, query) for query in any_of])
        if choice.days is not None:
            yield Query.range_query(self._schema, "day", FieldType.Integer, *choice.days)


def _all_of(wanted: Sequence[Query]) -> Query:
    """What matches every one of these, in no order that means anything."""
    return Query.const_score_query(Query.boolean_query([(Occur.Must, each) for each in wanted]), 0.0)
