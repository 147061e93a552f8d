"""What a service counts of itself, as Prometheus reads it: requests, searches, refusals, and how the library stands.

Each service has a registry of its own. Every label takes few values, whatever visitors send: a route is named as it
is written down, and all that leads nowhere is one.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator

from fastapi import APIRouter, Request
from prometheus_client import (
    CONTENT_TYPE_PLAIN_0_0_4,
    CollectorRegistry,
    Counter,
    GCCollector,
    Histogram,
    PlatformCollector,
    ProcessCollector,
    generate_latest,
)
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, Metric
from prometheus_client.registry import Collector
from starlette.exceptions import HTTPException
from starlette.responses import Response

from app.admission import Line
from app.clients import is_here
from app.guard import LOCAL_NAMES
from app.keys import key_of
from app.visits import Visit, visit
from playhead import __version__
from playhead.errors import PlayheadError
from playhead.library import Found, Library
from playhead.query import Query

# In seconds: a page is made in milliseconds, a question takes tens of them, show notes take seconds.
ANSWERS = (0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1, 2, 5, 10, 30)
STAGES = (0.0005, 0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1, 2)

# Not in the OpenAPI document: it is nothing for a program that asks questions.
router = APIRouter(include_in_schema=False)


class Metrics:
    """The counters of one service."""

    def __init__(self, library: Callable[[], Library | None], lines: Iterable[Line] = ()) -> None:
        self.registry = registry = CollectorRegistry(auto_describe=True)
        self.requests = Counter(
            "playhead_requests", "Requests answered.", ["method", "route", "status"], registry=registry
        )
        self.seconds = Histogram(
            "playhead_request_seconds", "How long an answer took.", ["route"], buckets=ANSWERS, registry=registry
        )
        self.searches = Counter("playhead_searches", "Questions looked for.", ["no_answer"], registry=registry)
        self.stages = Histogram(
            "playhead_search_stage_seconds", "Stages of a search.", ["stage"], buckets=STAGES, registry=registry
        )
        self.refused = Counter("playhead_rate_limited", "Requests of clients that asked too often.", registry=registry)
        for outcome in ("true", "false"):
            self.searches.labels(outcome)
        for collector in (ProcessCollector, PlatformCollector, GCCollector):
            collector(registry=registry)
        registry.register(Waiting(lines))
        registry.register(Holdings(library))

    def count(self, visit: Visit) -> None:
        """A request that was answered."""
        self.requests.labels(visit.method, visit.route, str(visit.status)).inc()
        self.seconds.labels(visit.route).observe(visit.seconds)
        if visit.status == 429:
            self.refused.inc()

    def search(self, found: Found) -> None:
        """A question that was looked for, through whichever door."""
        self.searches.labels(str(found.no_answer).lower()).inc()
        for stage, took in found.stages.items():
            self.stages.labels(stage).observe(took)


@router.get("/metrics")
def read_metrics(request: Request) -> Response:
    """The counters, for this machine and whoever has an admin key, or for everybody: as `PLAYHEAD_METRICS` says."""
    key = key_of(request)
    if not (request.app.state.metrics_public or _is_from_here(request) or (key and key.allows("admin"))):
        raise HTTPException(
            403,
            "The metrics are for this machine, and for a key with the scope admin; PLAYHEAD_METRICS=public opens them.",
        )
    return Response(generate_latest(request.app.state.metrics.registry), media_type=CONTENT_TYPE_PLAIN_0_0_4)


def _is_from_here(request: Request) -> bool:
    """Asked by this machine, by its own name: a proxy here that forgets to say for whom it asks passes a name on."""
    return is_here(request.scope) and request.url.hostname in LOCAL_NAMES


class Waiting(Collector):
    """Who stands in line in front of the service, and who was told to come back because it was too long."""

    def __init__(self, lines: Iterable[Line]) -> None:
        self.lines = frozenset(lines)

    def describe(self) -> Iterator[Metric]:
        return iter(())

    def collect(self) -> Iterator[Metric]:
        waiting, refused = (sum(getattr(line, kind) for line in self.lines) for kind in ("waiting", "refused"))
        yield _gauge("playhead_requests_waiting", "Requests that wait for others to be answered.", waiting)
        yield CounterMetricFamily(
            "playhead_requests_turned_away", "Requests told to come back, as too many waited.", value=float(refused)
        )


class Holdings(Collector):
    """How the library stands, looked at when it is asked for. Where it cannot be read, that is all that is said."""

    def __init__(self, library: Callable[[], Library | None]) -> None:
        self.library = library

    def describe(self) -> Iterator[Metric]:
        return iter(())

    def collect(self) -> Iterator[Metric]:
        running = GaugeMetricFamily("playhead_version", "Always 1: which Playhead this is.", labels=["version"])
        running.add_metric([__version__], 1.0)
        yield running
        library = self.library()
        try:
            state = None if library is None else library.engine.describe()
        except PlayheadError:
            state = None
        yield _gauge("playhead_library_readable", "Whether the library can be read.", state is not None)
        if state is None:
            return
        yield _gauge("playhead_episodes", "Episodes in the library.", state.episodes)
        yield _gauge("playhead_episodes_untranscribed", "Of these, without a transcript.", state.untranscribed)
        yield _gauge("playhead_segments", "Passages in the library.", state.segments)
        yield _gauge("playhead_segments_findable", "Passages that can be found.", state.findable)
        yield _gauge("playhead_revision", "Changes to the library that were acknowledged.", state.revision)
        yield _gauge("playhead_revision_published", "The revision that answers come from.", state.published)
        generation = state.details.get("generation")
        if isinstance(generation, int):
            yield _gauge("playhead_generation", "The generation of indexes that answers come from.", generation)


class Watched:
    """A library whose searches are counted. All else it leaves to the library."""

    def __init__(self, library: Library, metrics: Metrics) -> None:
        self._library = library
        self._metrics = metrics

    def search(self, query: Query) -> Found:
        found = self._library.search(query)
        self._metrics.search(found)
        current = visit()
        if current is not None:
            current.stages = found.stages
        return found

    def __getattr__(self, name: str) -> object:
        return getattr(self._library, name)


def _gauge(name: str, meaning: str, value: float) -> GaugeMetricFamily:
    return GaugeMetricFamily(name, meaning, value=float(value))
