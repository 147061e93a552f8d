"""The library: add episodes, ask questions. An engine and an embedder held together."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from playhead.embedding import Embedder
from playhead.engine import Engine, View
from playhead.model import Episode, Excerpt, Segment, Transcript
from playhead.query import Query
from playhead.settings import Settings


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
        """Keep an episode; durable when this returns, findable after the next `publish`."""
        raise NotImplementedError

    def search(self, query: Query) -> Found:
        """The excerpts that answer a question."""
        return self.search_many([query])[0]

    def search_many(self, queries: Sequence[Query]) -> list[Found]:
        """Several questions, embedded together and answered from one state of the library."""
        raise NotImplementedError

    def view(self) -> View:
        """The newest findable state, for everything that is not a question."""
        return self.engine.view()

    def close(self) -> None:
        self.engine.close()


def open_library(settings: Settings, *, writing: bool = False, embedder: Embedder | None = None) -> Library:
    """The library the settings name. ``writing`` takes the writer's lock until it is closed."""
    raise NotImplementedError
