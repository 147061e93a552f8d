"""Where a library keeps and finds segments: the seam every engine fills, on one screen.

An engine is written to by one process at a time and read through views. What a view finds is of one generation,
which never changes; what it reads is the newest truth. Take one for a question and ask it everything: numbers are
never used twice, so while others put and publish a number found points at its own segment or at none, at no other.
Fusion, folding and excerpts stay above this seam, so every engine gives the same answers.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from playhead.errors import SettingsError
from playhead.model import Episode, Podcast, Segment, SegmentKind, Speaker, Spoken, Transcript
from playhead.query import Filters

Vectors = NDArray[np.float32]

Kept = tuple[Episode, Transcript, Sequence[Segment], Vectors]
"""All there is of an episode; ``vectors`` has one row a segment."""


@dataclass(frozen=True, slots=True)
class Hits:
    """Segments found, best first: the engine's own numbers for them (int64) and scores (float32)."""

    numbers: NDArray[np.int64]
    scores: NDArray[np.float32]

    def __len__(self) -> int:
        return len(self.numbers)


NOTHING = Hits(np.empty(0, np.int64), np.empty(0, np.float32))


@dataclass(frozen=True, slots=True)
class WordHits:
    """Word matches by two fields: BM25 of the passage ``alone``, and of it with what is ``around``.

    Around it are two neighbours on each side, a sponsor's left out, and the episode's title and people.
    """

    alone: Hits
    around: Hits


@dataclass(frozen=True, slots=True)
class Passage:
    """What a segment is judged by: its words as they are indexed, without what is only shown of it."""

    id: str
    episode: str
    kind: SegmentKind
    text: str


@dataclass(frozen=True, slots=True)
class Model:
    """Which embedding model an index belongs to."""

    name: str
    sha256: str
    dimension: int


@dataclass(frozen=True, slots=True)
class Subscription:
    """A feed to look at again: its address, the name its show was given if any, and what tells that it changed."""

    url: str
    podcast: str | None = None
    etag: str | None = None
    last_modified: str | None = None


@dataclass(frozen=True, slots=True)
class Receipt:
    """What an episode was made from when it was fetched, so that nothing unchanged is fetched again.

    ``feed`` is the address that was visited, ``item`` a hash of what it said of the episode; ``files`` are the address
    of each file with its etag and its date. ``is_of_this_visit``: it was looked at in a visit that is not over yet.
    """

    feed: str
    item: str
    episode: str
    fingerprint: str
    files: tuple[tuple[str, str | None, str | None], ...]
    is_of_this_visit: bool = True


@dataclass(frozen=True, slots=True)
class Description:
    """How a library stands: what is durable (``episodes``, ``segments``), and what is findable (``findable``).

    ``untranscribed`` of the episodes have no transcript, and are found by their notes.
    ``revision`` counts acknowledged changes; ``published`` is the revision the current view answers from.
    """

    engine: str
    revision: int
    published: int
    episodes: int
    untranscribed: int
    segments: int
    findable: int
    model: Model | None
    details: Mapping[str, str | int | float | None]


class View(Protocol):
    """One generation to find in, and the newest truth to read from: what one question is answered with.

    ``nearest``, ``matching``, ``episodes_of``, ``places_of``, ``facets``, ``revision`` and ``size`` are of the
    generation, filters included. The rest is read as it is kept when asked for: a removed episode is gone at once.
    """

    @property
    def revision(self) -> int:
        """The revision the generation was made from; see `Engine.revision` for what is read."""

    @property
    def size(self) -> int:
        """How many segments can be found."""

    @property
    def model(self) -> Model | None:
        """Whose vectors the generation has, and a question must be; None before there is any."""

    def nearest(self, vector: Vectors, filters: Filters, k: int) -> Hits:
        """The ``k`` segments nearest in meaning, among those the filters allow; scores are cosines."""

    def matching(self, words: str, filters: Filters, k: int) -> WordHits:
        """The ``k`` best segments by words for each of the two fields, among those the filters allow."""

    def respell(self, words: str) -> str:
        """``words`` with each that is said nowhere in place of what it is nearest to in spelling, if that is near.

        What is near is the engine's own business; a word that is said anywhere stays as it is.
        """

    def episodes_of(self, numbers: NDArray[np.int64]) -> NDArray[np.int64]:
        """For each segment the number of its episode; equal numbers, one episode."""

    def places_of(self, numbers: NDArray[np.int64]) -> NDArray[np.int64]:
        """For each segment its place in the generation: those of one episode stand together, in order of speech."""

    def passages(self, numbers: Sequence[int]) -> dict[int, Passage]:
        """The passages by number, in this order; one removed since this view was published is left out."""

    def segments(self, numbers: Sequence[int]) -> dict[int, Segment]:
        """The segments by number, in this order; one removed since this view was published is left out."""

    def segment(self, segment_id: str) -> Segment | None: ...
    def neighbours(self, segment_id: str, before: int, after: int) -> list[Segment]:
        """The segments around one in its episode, itself among them, in order of speech."""

    def segments_of(self, episode_id: str) -> list[Segment]:
        """Every segment of an episode, in order of speech; none if there is no such episode."""

    def vectors(self, ids: Sequence[str]) -> dict[str, Vectors]:
        """The vectors by segment id; one that is not kept, or not whole, is left out and can be embedded again."""

    def episode(self, episode_id: str) -> Episode | None: ...
    def transcript(self, episode_id: str) -> Transcript | None: ...
    def episodes(self, filters: Filters, offset: int = 0, limit: int = 50) -> list[Episode]:
        """Newest first, those without a date last, then by id. Chapters are left out; ask for one by id."""

    def undated(self, filters: Filters) -> int:
        """How many episodes a filter by date leaves out because they have none, the other filters holding."""

    def podcasts(self) -> list[Podcast]: ...
    def speakers(self, filters: Filters, offset: int = 0, limit: int = 50) -> list[Speaker]:
        """Who speaks, most segments first. Names are one whatever their case; anonymous labels are one an episode."""

    def spoken(self, filters: Filters) -> Iterator[Spoken]:
        """How much is said under each label of each episode that a filter by podcast, episode and date allows."""

    def facets(self, numbers: NDArray[np.int64]) -> dict[str, list[tuple[str, int]]]:
        """Counts of ``podcast``, ``speaker``, ``year`` and ``kind`` over these segments, most first."""


class Engine(Protocol):
    """A place where a library is kept. ``put`` and ``remove`` are durable when they return."""

    def put(self, episode: Episode, transcript: Transcript, segments: Sequence[Segment], vectors: Vectors) -> None:
        """Keep an episode, replacing what was kept under its id, in one transaction.

        ``vectors`` has one row a segment. A segment whose id was kept before stays findable meanwhile.
        """

    def put_all(self, kept: Iterable[Kept]) -> None:
        """Put these in turn, several in one transaction where that is quicker; durable when it returns.

        After an error some of those before it may be kept, each of them whole.
        """

    def remove(self, episode_id: str) -> bool:
        """Forget an episode at once, everywhere; False if there was none."""

    def publish(self) -> int:
        """Make everything kept findable; the revision that now is. Does nothing when nothing changed."""

    def has(self, episode_id: str, fingerprint: str) -> bool:
        """Whether exactly this version of the episode is kept."""

    def use(self, model: Model, *others: Model) -> None:
        """Say which model the vectors come from. EmbeddingMismatchError when the library has another's.

        Who only asks may know ``others`` too: views of these are given as well, and say whose they are.
        """

    def reembed(self, model: Model, embed: Callable[[Sequence[str]], Vectors]) -> None:
        """Give every segment kept a new vector of ``model``, made from its stored passage, all or nothing.

        One long transaction, as long as embedding everything takes: readers go on, no other change can be made.
        """

    def follow(self, subscription: Subscription) -> None:
        """Keep a feed to look at again, replacing what was kept under its address."""

    def unfollow(self, url: str) -> bool:
        """Forget a feed with its receipts, and none of its episodes; False if there was none."""

    def subscriptions(self) -> list[Subscription]:
        """Every feed that is followed, by address."""

    def file(self, receipt: Receipt) -> None:
        """Keep a receipt of an episode that is kept, in place of an older one for the same item of the feed."""

    def end_visit(self, feed: str) -> None:
        """Forget a feed's receipts from visits before this one; what is filed from here on is of the next."""

    def receipts(self, feed: str) -> list[Receipt]:
        """A feed's receipts for episodes that are still kept as they were then."""

    def view(self) -> View:
        """The newest published state."""

    def revision(self) -> int:
        """How many changes are acknowledged, by anybody, published or not: what is read is another once it rises."""

    def history(self) -> str:
        """Which library revisions are counted in: another once a backup was put in its place."""

    def describe(self) -> Description: ...
    def close(self) -> None: ...


def open_engine(url: str, *, writing: bool = False, reads: str | None = None) -> Engine:
    """The engine at ``url``: ``embedded:DIRECTORY``, or ``postgresql://USER@HOST/NAME``.

    ``writing`` takes the writer's lock of a directory for as long as the engine is open: LockedError if somebody holds
    it. ``reads`` is the address of a standby of a PostgreSQL, which searches go to.
    """
    scheme, _, place = url.partition(":")
    if scheme == "embedded" and place:
        from playhead.engines.embedded import EmbeddedEngine

        return EmbeddedEngine(place, writing=writing)
    if scheme in ("postgresql", "postgres") and place.startswith("//"):
        try:
            from playhead.engines.postgres import PostgresEngine
        except ModuleNotFoundError as error:
            raise SettingsError(
                f"PLAYHEAD_ENGINE is a PostgreSQL, and {error.name} is not installed; "
                "run pip install 'playhead[postgres]'."
            ) from error

        return PostgresEngine(url, writing=writing, reads=reads)
    raise SettingsError(
        f"PLAYHEAD_ENGINE is {url!r}; write embedded:DIRECTORY, for example embedded:index, "
        "or postgresql://USER@HOST/NAME."
    )
