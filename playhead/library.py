"""The library: add episodes, ask questions. An engine and an embedder held together."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from time import perf_counter

import numpy as np

from playhead import links, ranking
from playhead.confidence import confidence, coverage, is_unanswered
from playhead.embedding import Embedder, SentenceTransformerEmbedder
from playhead.engine import NOTHING, Engine, View, WordHits, open_engine
from playhead.errors import EmbeddingMismatchError
from playhead.excerpts import answering, highlights, rarity
from playhead.model import Episode, Excerpt, Segment, Transcript
from playhead.query import Query
from playhead.settings import Settings
from playhead.text import subject


@dataclass(frozen=True, slots=True)
class Found:
    """What a question found: excerpts best first, and what they were found in.

    ``no_answer`` says that nothing in the library is about the question, whatever is listed. ``took`` is in
    seconds. ``facets`` count the first ``faceted`` candidates. ``undated`` counts the episodes that a filter
    by date left out because they have none. ``next_offset`` is where the next page begins, or None.
    """

    query: Query
    excerpts: tuple[Excerpt, ...]
    no_answer: bool
    took: float
    revision: int
    segments: int
    model: str
    facets: dict[str, list[tuple[str, int]]]
    faceted: int
    next_offset: int | None = None
    undated: int = 0
    suggestion: str | None = None


class Library:
    """Everything ingested: what you add to and search."""

    def __init__(self, engine: Engine, embedder: Embedder, public_url: str = "") -> None:
        self.engine = engine
        self.embedder = embedder
        self.public_url = public_url

    def add(self, episode: Episode, transcript: Transcript, segments: Sequence[Segment]) -> None:
        """Keep an episode; durable when this returns, findable after the next publish of the engine.

        A passage that was kept before keeps its vector: only new words are embedded.
        """
        kept = self.engine.view().vectors([segment.id for segment in segments])
        new = [segment for segment in segments if segment.id not in kept]
        embedded = self.embedder.passages([segment.passage for segment in new])
        kept.update(zip((segment.id for segment in new), embedded, strict=True))
        vectors = np.array([kept[segment.id] for segment in segments], np.float32)
        self.engine.put(episode, transcript, segments, vectors.reshape(len(segments), self.embedder.model.dimension))

    def search(self, query: Query) -> Found:
        """The excerpts that answer a question."""
        began = perf_counter()
        view = self.engine.view()
        ranked = self.rank(query, view)
        # Folding shortens the list, so more is read than shown.
        wanted = query.offset + query.limit
        first = {int(number): row for row, number in enumerate(ranked.numbers[: 2 * wanted + 20])}
        pool = view.segments(list(first))
        segments = list(pool.values())
        weights = rarity(subject(query.text), [segment.passage for segment in segments])
        episodes = {each: view.episode(each) for each in {segment.episode for segment in segments}}
        made = [
            self._excerpt(query, segment, episode, ranked, first[number], weights)
            for number, segment in pool.items()
            if (episode := episodes[segment.episode]) is not None
        ]
        groups = ranking.fold([excerpt.segment.text for excerpt in made])
        shown = tuple(
            replace(made[group[0]], duplicates=tuple(made[other] for other in group[1:]))
            for group in groups[query.offset : wanted]
        )
        return Found(
            query=query,
            excerpts=shown,
            no_answer=is_unanswered(excerpt.confidence for excerpt in made),
            took=perf_counter() - began,
            revision=view.revision,
            segments=view.size,
            model=self.embedder.model.name,
            facets=view.facets(ranked.numbers[: ranking.CANDIDATES]),
            faceted=min(len(ranked), ranking.CANDIDATES),
            next_offset=wanted if len(groups) > wanted else None,
            undated=view.undated(query.filters) if query.filters.since or query.filters.until else 0,
        )

    def search_many(self, queries: Sequence[Query]) -> list[Found]:
        """Several questions, in their order."""
        return [self.search(query) for query in queries]

    def rank(self, query: Query, view: View, weights: ranking.Weights = ranking.RECIPE) -> ranking.Ranking:
        """Every candidate for a question, best first. ``query.mode`` leaves one kind of evidence out."""
        nearest, matching = NOTHING, WordHits(NOTHING, NOTHING)
        if query.mode != "words":
            nearest = view.nearest(self.embedder.question(query.text), query.filters, ranking.CANDIDATES)
        if query.mode != "meaning":
            matching = view.matching(query.text, query.filters, ranking.CANDIDATES)
        candidates = ranking.gather(nearest, matching)
        return ranking.fuse(candidates, nearest, matching, view.episodes_of(candidates), weights)

    def view(self) -> View:
        """The newest findable state, for everything that is not a question."""
        return self.engine.view()

    def close(self) -> None:
        """Let go of the files, and of the writer's lock if it was held."""
        self.engine.close()

    def _excerpt(
        self,
        query: Query,
        segment: Segment,
        episode: Episode,
        ranked: ranking.Ranking,
        row: int,
        weights: dict[str, float],
    ) -> Excerpt:
        meaning, matched = _known(ranked.meaning[row]), _known(ranked.words[row])
        covered = coverage(segment.passage, weights)
        return Excerpt(
            segment=segment,
            episode=episode,
            score=float(ranked.scores[row]),
            scores={"meaning": meaning, "words": matched, "coverage": covered},
            confidence=confidence(meaning, covered),
            answer=answering(segment, weights),
            highlights=highlights(segment.text, query.text),
            links=links.to_segment(segment, episode, self.public_url),
            citation=links.citation(segment, episode),
        )


def open_library(
    settings: Settings, *, writing: bool = False, reembed: bool = False, embedder: Embedder | None = None
) -> Library:
    """The library the settings name. ``writing`` takes the writer's lock until it is closed.

    ``reembed`` brings a library made with another model over to this one, from its own stored words. Without it
    that is an EmbeddingMismatchError. Raises LockedError when somebody else writes, ModelError when there is none.
    """
    engine = open_engine(settings.engine, writing=writing)
    try:
        embedder = embedder or SentenceTransformerEmbedder(settings.model, settings.precision, settings.threads)
        try:
            engine.use(embedder.model)
        except EmbeddingMismatchError:
            if not reembed:
                raise
            engine.reembed(embedder.model, embedder.passages)
    except BaseException:
        engine.close()
        raise
    return Library(engine, embedder, settings.public_url)


def _known(score: float) -> float | None:
    return None if math.isnan(score) else float(score)
