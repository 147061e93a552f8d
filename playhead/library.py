"""The library: add episodes, ask questions. An engine and an embedder held together."""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Mapping, Sequence
from concurrent.futures import Future
from dataclasses import dataclass, field, replace
from datetime import date

import numpy as np
from numpy.typing import NDArray

from playhead import links, ranking, variety
from playhead.confidence import ANSWERS, Standing, confidence, coverage, stand
from playhead.embedding import Embedder, SentenceTransformerEmbedder
from playhead.engine import NOTHING, Engine, Passage, Vectors, View, WordHits, open_engine
from playhead.errors import EmbeddingMismatchError
from playhead.excerpts import answering, highlights, rarity
from playhead.model import Episode, Excerpt, Segment, Transcript
from playhead.query import Query
from playhead.questions import Questions
from playhead.ranking import RECIPE, Weights
from playhead.settings import Settings
from playhead.stopwatch import Stopwatch
from playhead.text import said, subject
from playhead.voices import voice

HEAD = 40
"""How many of the best segments a question is judged on."""

DATED = 100
"""How many of the best passages are put in the order of their dates, when that is asked for."""


@dataclass(frozen=True, slots=True)
class Found:
    """What a question found: excerpts best first, and what they were found in.

    ``no_answer`` says that nothing in the library is about the question, whatever is listed. ``took`` is in
    seconds, and so is each of the ``stages`` it was spent on. ``facets`` count the first ``faceted`` candidates.
    ``standing`` is what ``no_answer`` and the excerpts' confidence rest on.
    ``undated`` counts the episodes that a filter by date left out because they have none. ``next_offset`` is where
    the next page begins, or None. ``suggestion`` is the question with each word that is said nowhere spelled like the
    nearest that is, which was looked for in its place; None where every word is said or like none.

    Every episode shows its best five before any shows its next, unless the question asks for episodes by name.
    ``held_back`` counts, by id, what that keeps off this page although it is better than something on it.
    """

    query: Query
    excerpts: tuple[Excerpt, ...]
    no_answer: bool
    standing: Standing
    took: float
    revision: int
    segments: int
    model: str
    facets: dict[str, list[tuple[str, int]]]
    faceted: int
    next_offset: int | None = None
    undated: int = 0
    suggestion: str | None = None
    held_back: dict[str, int] = field(default_factory=dict)
    stages: dict[str, float] = field(default_factory=dict)


class Library:
    """Everything ingested: what you add to and search."""

    def __init__(
        self,
        engine: Engine,
        embedder: Embedder,
        public_url: str = "",
        weights: Weights = RECIPE,
        others: Sequence[Embedder] = (),
    ) -> None:
        self.engine = engine
        self.embedder = embedder
        self.embedders = (embedder, *others)
        self.public_url = public_url
        self.weights = weights
        self._questions = {each.model: Questions(each) for each in self.embedders}

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
        watch = Stopwatch()
        view = self.engine.view()
        # Words are looked up while the question is embedded: on two cores it takes a fifth less time.
        embedder = self.embedder_of(view)
        asked = self._questions[embedder.model].ask(query.text)
        respelled = view.respell(query.text) if query.mode != "meaning" else query.text
        ranked = _rank(query, respelled, asked, view, self.weights, watch)
        # Telling words and certainty are judged on a head of fixed length: they do not depend on the page.
        head = view.passages(ranked.numbers[:HEAD].tolist())
        texts = [passage.text for passage in head.values()]
        telling = rarity(subject(respelled), texts)
        if query.mode != "meaning":
            ranked = _sharpened(ranked, subject(respelled), head, telling, self.weights.nearness)
        # How sure we are is judged by what was asked, not by what was found in its place.
        weights = telling if respelled == query.text else rarity(subject(query.text), texts)
        owners = view.episodes_of(ranked.numbers[: ranking.CANDIDATES])
        turns = variety.in_turn(owners, query.turn) if query.turn else np.arange(len(owners))
        wanted = query.offset + query.limit if query.sort == "best" else DATED
        pool, groups = _read(view, ranked.numbers[turns], wanted, head)
        watch.lap("reading")
        vector = asked.result()
        watch.lap("embedding")
        place_of = {number: place for place, number in enumerate(ranked.numbers.tolist())}
        evidence = _evidence(view, ranked, place_of, head, vector, weights)
        standing = stand(list(evidence.values()), len(weights), _searched(ranked, view))
        last = None
        if query.sort == "best":
            sure = {each: confidence(meaning, covered, standing) for each, (meaning, covered) in evidence.items()}
            groups, last = _speech_first(groups, pool, sure)
        else:
            unknown = {each: pool[each] for each, *_ in groups[:DATED] if each not in evidence}
            evidence |= _evidence(view, ranked, place_of, unknown, vector, weights)
            sure = {each: confidence(*evidence[each], standing) for each, *_ in groups[:DATED]}
            days = {episode: _published(view, episode) for episode in {pool[each].episode for each in sure}}
            dates = {each: days[pool[each].episode] for each in sure}
            groups = _by_date(groups[:DATED], sure, dates, newest=query.sort == "newest")
        page = groups[query.offset : query.offset + query.limit]
        segments = view.segments([number for group in page for number in group])
        evidence |= _evidence(
            view, ranked, place_of, {each: pool[each] for each in segments.keys() - evidence.keys()}, vector, weights
        )
        episodes = {each: view.episode(each) for each in {segment.episode for segment in segments.values()}}

        def excerpt(number: int, duplicates: Iterable[int] = ()) -> Iterator[Excerpt]:
            segment = segments.get(number)
            episode = None if segment is None else episodes[segment.episode]
            if segment is None or episode is None:
                return  # removed since it was found
            place = place_of[number]
            score = ranked.scores[place]
            meaning, covered = evidence[number]
            yield Excerpt(
                segment=segment,
                episode=episode,
                score=float(min(score, ranked.scores[place_of[last]]) if segment.kind == "notes" and last else score),
                scores={
                    "meaning": _known(ranked.meaning[place]),
                    "words": _known(ranked.words[place]),
                    "coverage": covered,
                },
                confidence=confidence(meaning, covered, standing),
                answer=answering(segment, telling),
                highlights=highlights(segment.text, respelled),
                links=links.to_segment(segment, episode, self.public_url),
                citation=links.citation(segment, episode),
                duplicates=tuple(each for other in duplicates for each in excerpt(other)),
            )

        def held_back() -> dict[str, int]:
            if not query.turn or not page:
                return {}
            named = {
                int(owners[place_of[first]]): pool[first].episode
                for first, *_ in page
                if episodes.get(pool[first].episode)
            }
            seen = {place_of[number] for group in groups[: query.offset + query.limit] for number in group}
            counts = variety.held_back(owners, seen, max(place_of[first] for first, *_ in page), query.turn)
            return {named[owner]: count for owner, count in counts.items() if owner in named}

        found = Found(
            query=query,
            excerpts=tuple(each for group in page for each in excerpt(group[0], group[1:])),
            no_answer=standing.is_unanswered,
            standing=standing,
            took=0.0,
            revision=view.revision,
            segments=view.size,
            model=embedder.model.name,
            facets=_of_people(view.facets(ranked.numbers[: ranking.CANDIDATES]), len(query.filters.episode) == 1),
            faceted=min(len(ranked), ranking.CANDIDATES),
            next_offset=query.offset + query.limit if len(groups) > query.offset + query.limit else None,
            undated=view.undated(query.filters) if query.filters.since or query.filters.until else 0,
            suggestion=respelled if respelled != query.text else None,
            held_back=held_back(),
        )
        watch.lap("excerpts")
        return replace(found, took=sum(watch.stages.values()), stages=watch.stages)

    def view(self) -> View:
        """The newest findable state, for everything that is not a question."""
        return self.engine.view()

    def embedder_of(self, view: View) -> Embedder:
        """What a question to this view is embedded with: its vectors may be another model's than those before.

        Raises EmbeddingMismatchError where that model is not loaded.
        """
        if view.model is None:
            return self.embedder
        for each in self.embedders:
            if each.model == view.model:
                return each
        raise EmbeddingMismatchError(
            f"What can be searched is embedded with {view.model.name}, and {self.embedder.model.name} is loaded; "
            "publish what was embedded anew, or start again with the model it was made with."
        )

    def close(self) -> None:
        """Let go of the files, and of the writer's lock if it was held."""
        for questions in self._questions.values():
            questions.close()
        self.engine.close()


def open_library(
    settings: Settings, *, writing: bool = False, reembed: bool = False, embedder: Embedder | None = None
) -> Library:
    """The library the settings name. ``writing`` takes the writer's lock until it is closed.

    ``reembed`` brings a library made with another model over to this one, from its own stored words. Without it
    that is an EmbeddingMismatchError. Raises LockedError when somebody else writes, ModelError when there is none.
    """
    engine = open_engine(settings.engine, writing=writing, reads=settings.engine_reads)
    try:
        embedder = embedder or SentenceTransformerEmbedder(settings.model, settings.precision, settings.threads)
        others = [
            SentenceTransformerEmbedder(directory, settings.precision, settings.threads)
            for directory in [settings.model_next]
            if directory and not writing
        ]
        others = [other for other in others if other.model != embedder.model]
        try:
            engine.use(embedder.model, *(other.model for other in others))
        except EmbeddingMismatchError:
            if not reembed:
                raise
            engine.reembed(embedder.model, embedder.passages)
    except BaseException:
        engine.close()
        raise
    return Library(engine, embedder, settings.public_url, others=others)


def _of_people(facets: dict[str, list[tuple[str, int]]], within_one: bool) -> dict[str, list[tuple[str, int]]]:
    """Facets without what is no one person: recordings, and labels that mean somebody else in every episode."""
    kinds = ("person", "anonymous") if within_one else ("person",)
    return facets | {"speaker": [(name, count) for name, count in facets["speaker"] if voice(name) in kinds]}


def _rank(
    query: Query, words: str, asked: Future[Vectors], view: View, weights: Weights, watch: Stopwatch
) -> ranking.Ranking:
    """Every candidate for a question, best first. ``query.mode`` leaves one kind of evidence out."""
    nearest, matching = NOTHING, WordHits(NOTHING, NOTHING)
    if query.mode != "meaning":
        matching = view.matching(words, query.filters, ranking.CANDIDATES)
        watch.lap("matching")
    if query.mode != "words":
        vector = asked.result()
        watch.lap("embedding")
        nearest = view.nearest(vector, query.filters, ranking.CANDIDATES)
        watch.lap("nearest")
    else:
        weights = ranking.by_words(weights)
    candidates = ranking.gather(nearest, matching)
    if len(query.filters.episode) == 1:
        weights = ranking.within(weights)
    ranked = ranking.fuse(
        candidates, nearest, matching, view.episodes_of(candidates), view.places_of(candidates), weights
    )
    watch.lap("ranking")
    return ranked


def _sharpened(
    ranked: ranking.Ranking,
    asked: Sequence[str],
    head: Mapping[int, Passage],
    weights: Mapping[str, float],
    weight: float,
) -> ranking.Ranking:
    """The candidates with the ``head`` of them in the order that words said near each other give them."""
    passages = (head.get(number) for number in ranked.numbers[:HEAD].tolist())
    near = [ranking.nearness(asked, said(passage.text), weights) if passage else 0.0 for passage in passages]
    return ranking.sharpen(ranked, near, weight)


def _read(
    view: View, ordered: NDArray[np.int64], wanted: int, known: Mapping[int, Passage]
) -> tuple[dict[int, Passage], list[list[int]]]:
    """The first passages, and their numbers grouped by what says the same: more groups than ``wanted`` if there are.

    Folding shortens the list by an unknown number, so it is read in growing pieces; ``known`` are read already.
    """
    numbers = ordered.tolist()
    read = dict(known)
    size = max(HEAD, wanted + 20)
    while True:
        read |= view.passages([number for number in numbers[:size] if number not in read])
        pool = {number: read[number] for number in numbers[:size] if number in read}
        there = list(pool)
        groups = [[there[index] for index in group] for group in ranking.fold([each.text for each in pool.values()])]
        if len(groups) > wanted or size >= len(numbers):
            return pool, groups
        size *= 2


def _speech_first(
    groups: list[list[int]], pool: dict[int, Passage], sure: dict[int, float]
) -> tuple[list[list[int]], int | None]:
    """The groups with notes behind all speech that answers, and the number of the last such passage, if there is any.

    Where the same words are said and written, the group is what is said.
    """

    def are_notes(number: int) -> bool:
        return pool[number].kind == "notes"

    ordered = [sorted(group, key=are_notes) for group in groups]
    answering = [
        place for place, (first, *_) in enumerate(ordered) if not are_notes(first) and sure.get(first, 0.0) >= ANSWERS
    ]
    if not answering:
        return ordered, None
    end = answering[-1] + 1
    return sorted(ordered[:end], key=lambda group: are_notes(group[0])) + ordered[end:], ordered[end - 1][0]


def _by_date(
    groups: list[list[int]], sure: Mapping[int, float], dates: Mapping[int, date | None], *, newest: bool
) -> list[list[int]]:
    """The groups at least half as sure as the surest, in the order of their dates, those without one last.

    A date says nothing about whether a passage answers, so what hardly does would come before what does.
    """
    surest = max(sure.values(), default=0.0)
    answering = [group for group in groups if sure[group[0]] >= surest / 2]

    def order(group: list[int]) -> tuple[bool, int]:
        day = dates[group[0]]
        return day is None, 0 if day is None else day.toordinal() * (-1 if newest else 1)

    return sorted(answering, key=order)


def _published(view: View, episode_id: str) -> date | None:
    episode = view.episode(episode_id)
    return None if episode is None else episode.published


def _searched(ranked: ranking.Ranking, view: View) -> int:
    """How many passages were looked through: all, or the few that the filters leave."""
    near = int(np.count_nonzero(~np.isnan(ranked.meaning)))
    return near if 0 < near < ranking.CANDIDATES else view.size


def _evidence(
    view: View,
    ranked: ranking.Ranking,
    place_of: Mapping[int, int],
    passages: Mapping[int, Passage],
    asked: Vectors,
    weights: dict[str, float],
) -> dict[int, tuple[float, float]]:
    """For each passage, by number, its cosine with the question, at least 0, and its coverage of it.

    The cosine of those that were found by their words alone is taken here.
    """
    cosines = {number: float(ranked.meaning[place_of[number]]) for number in passages}
    unknown = {number: passages[number].id for number, cosine in cosines.items() if math.isnan(cosine)}
    vectors = view.vectors(list(unknown.values())) if unknown else {}
    for number, segment_id in unknown.items():
        cosines[number] = float(vectors[segment_id] @ asked) if segment_id in vectors else 0.0
    return {
        number: (max(0.0, cosines[number]), coverage(passage.text, weights)) for number, passage in passages.items()
    }


def _known(score: float) -> float | None:
    return None if math.isnan(score) else float(score)
