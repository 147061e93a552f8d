"""One published generation to find in, and the truth to read from: what a question is answered with."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from playhead.engine import NOTHING, Hits, Model, Passage, Vectors, WordHits
from playhead.engines.embedded.generations import Generation
from playhead.engines.embedded.rows import NOT_KNOWN, Choice, Mask
from playhead.engines.embedded.truth import Truth
from playhead.engines.spelling import WRITTEN, respelled, spelled_like
from playhead.model import Episode, Podcast, Segment, Speaker, Spoken, Transcript
from playhead.query import Filters
from playhead.text import fold, says


class EmbeddedView:
    """Fulfils `playhead.engine.View`. What is found is of one generation; what is read is true now."""

    def __init__(self, generation: Generation, truth: Truth) -> None:
        self.generation = generation
        self._truth = truth
        self._saying = lru_cache(maxsize=16)(self._find_saying)  # asked by meaning, by words, and for the next page

    @property
    def revision(self) -> int:
        return self.generation.revision

    @property
    def size(self) -> int:
        return len(self.generation.rows)

    @property
    def model(self) -> Model | None:
        return self.generation.model

    def nearest(self, vector: Vectors, filters: Filters, k: int) -> Hits:
        rows, meaning = self.generation.rows, self.generation.meaning
        choice = self._choose(filters)
        if meaning is None or choice is None:
            return NOTHING
        return meaning.nearest(np.asarray(vector), rows.allowed(choice) if choice else None, k)

    def matching(self, words: str, filters: Filters, k: int) -> WordHits:
        choice = self._choose(filters)
        if self.generation.words is None or choice is None:
            return WordHits(NOTHING, NOTHING)
        return self.generation.words.matching(words, choice, k)

    def respell(self, words: str) -> str:
        if self.generation.words is None:
            return words
        unknown = self.generation.words.unknown(words)
        return respelled(
            words,
            {
                (first, last): spelled_like(fold(words[first:last]), terms, self._passages_with)
                for (first, last), terms in unknown.items()
            },
        )

    def _passages_with(self, term: str) -> list[str]:
        rows, words = self.generation.rows, self.generation.words
        numbers = rows.numbers[words.with_term(term, WRITTEN)].tolist() if words else []
        return [passage.text for passage in self._truth.passages(numbers, self.revision).values()]

    def episodes_of(self, numbers: NDArray[np.int64]) -> NDArray[np.int64]:
        return self.generation.rows.episodes_of(numbers)

    def places_of(self, numbers: NDArray[np.int64]) -> NDArray[np.int64]:
        return self.generation.rows.places_of(numbers)

    def facets(self, numbers: NDArray[np.int64]) -> dict[str, list[tuple[str, int]]]:
        return self.generation.rows.facets(numbers)

    def passages(self, numbers: Sequence[int]) -> dict[int, Passage]:
        return self._truth.passages(numbers, self._known(numbers))

    def segments(self, numbers: Sequence[int]) -> dict[int, Segment]:
        return self._truth.segments(numbers, self._known(numbers))

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
        return self._truth.episodes(filters, offset, limit, self._in_chapters(filters))

    def undated(self, filters: Filters) -> int:
        return self._truth.undated(filters)

    def podcasts(self) -> list[Podcast]:
        return self._truth.podcasts()

    def speakers(self, filters: Filters, offset: int = 0, limit: int = 50) -> list[Speaker]:
        return self._truth.speakers(filters, offset, limit, self._in_chapters(filters))

    def spoken(self, filters: Filters) -> Iterator[Spoken]:
        return self._truth.spoken(filters)

    def _in_chapters(self, filters: Filters) -> list[int] | None:
        """The passages of the chapters that are asked for, from what was held to a checksum; None if none are.

        The generation's columns say it at once, as long as nothing has changed since it was made.
        """
        if not filters.chapter:
            return None
        if self._truth.revision() != self.revision:
            return self._truth.in_chapters(filters)
        choice = self.generation.rows.choose(Filters(chapter=filters.chapter, sponsors=True))
        return [] if choice is None else self.generation.rows.numbers[self.generation.rows.allowed(choice)].tolist()

    def _known(self, numbers: Sequence[int]) -> int | None:
        """The revision at which all of these were there, as far as this generation knows."""
        known = bool((self.generation.rows.places_of(np.array(numbers, np.int64)) != NOT_KNOWN).all())
        return self.revision if known else None

    def _choose(self, filters: Filters) -> Choice | None:
        """The filters in this generation's numbers, phrases as the rows that say all of them."""
        choice = self.generation.rows.choose(filters)
        if choice is None or not filters.phrases:
            return choice
        return replace(choice, rows=self._saying(filters.phrases))

    def _find_saying(self, phrases: tuple[str, ...]) -> Mask:
        """For each row whether its passage says every phrase: those with all of the words are read."""
        rows, words = self.generation.rows, self.generation.words
        mask = np.zeros(len(rows), np.bool_)
        if words is not None:
            holding = words.holding(phrases)
            texts = self._truth.texts(rows.numbers[holding].tolist(), self.revision)
            said = {number for number, text in texts if all(says(text, phrase) for phrase in phrases)}
            mask[holding] = [number in said for number in rows.numbers[holding].tolist()]
        return mask
