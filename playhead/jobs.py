"""Work that was asked for through a door or put into a queue, and is done in a process of its own.

A door adds a job; the worker claims it, tells of its progress, and ends it. The two share nothing but `Jobs`, so the
one may be killed at any moment without the other. Every step of a job's life stands here, and is pure.

Beside a directory one process works at a time, begun by the service: ``playhead ingest --job ID``. In a database any
number of them do, wherever they run: ``playhead ingest --worker``.
"""

from __future__ import annotations

import json
import secrets
from collections.abc import Mapping
from contextlib import AbstractContextManager
from dataclasses import asdict, dataclass, fields, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, Literal, Protocol

from playhead.errors import SettingsError

Kind = Literal["ingest", "remove"]
State = Literal["queued", "running", "done", "failed"]
Outcome = Literal["added", "unchanged", "skipped", "removed"]

MOST_UNFINISHED = 50
"""How many jobs may wait. Whoever sends more is told to come again later."""
MOST_ATTEMPTS = 3
"""How often a job is begun whose worker is killed: what kills it once may kill it always."""
KEPT_FOR = timedelta(days=7)
"""How long the outcome of a job can be asked for, counted from its end."""
MOST_TOLD = 1_000
"""How many episodes of a job are told one by one; all of them are counted."""
MOST_SHOWN = 20
"""How many jobs that are running, and how many that have failed, are shown one by one."""
FIRST_PAUSE = timedelta(seconds=10)
"""Before a job is tried again that met with a fault; twice as long before each further try."""
LEASE = 60.0
"""Seconds after which a job is anybody's again whose worker has not been heard of."""


@dataclass(frozen=True, slots=True)
class Told:
    """What became of an episode, or of a file that none could be made of; ``problems`` are what was not understood."""

    name: str
    outcome: Outcome
    reason: str | None = None
    problems: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Job:
    """Something asked for by the holder of key ``asked_by``: an ingest of ``url``, or of ``files`` that were sent, or
    the removal of ``episode``.

    ``podcast`` names the show of an ingest, and ``episode`` an upload's only episode. ``total`` episodes are expected
    at most, None while nobody knows. ``problem`` says why a job failed, and what to do.

    A job of a queue is one ``episode``, by its whole id, in the version of ``fingerprint``; ``source`` says how it is
    made of its files. ``worker`` does it, or did it last, since ``started``; before ``due`` nobody begins it.
    """

    id: str
    kind: Kind
    asked_by: str
    asked: datetime
    changed: datetime
    url: str | None = None
    files: tuple[str, ...] = ()
    podcast: str | None = None
    episode: str | None = None
    state: State = "queued"
    attempts: int = 0
    total: int | None = None
    counts: tuple[tuple[Outcome, int], ...] = ()
    episodes: tuple[Told, ...] = ()
    problem: str | None = None
    source: str | None = None
    fingerprint: str | None = None
    worker: str | None = None
    started: datetime | None = None
    due: datetime | None = None

    @property
    def is_over(self) -> bool:
        return self.state in ("done", "failed")

    @property
    def done(self) -> int:
        """How many episodes are dealt with."""
        return sum(count for _, count in self.counts)


def new_id() -> str:
    """128 random bits: who does not know an id does not find a job by trying."""
    return secrets.token_hex(16)


def now() -> datetime:
    return datetime.now(UTC)


def begun(job: Job, worker: str | None = None) -> Job:
    """Claimed by a worker. One that was claimed too often already has failed."""
    if job.attempts >= MOST_ATTEMPTS:
        return failed(
            job,
            f"The process that did this was ended from outside {job.attempts} times, perhaps for want of memory; "
            "send less at once.",
        )
    at = now()
    return replace(
        job, state="running", attempts=job.attempts + 1, total=None, worker=worker, started=at, due=None, changed=at
    )


def put_back(job: Job) -> Job:
    """To be done later, by no fault of its own."""
    return replace(job, state="queued", attempts=max(0, job.attempts - 1), changed=now())


def put_off(job: Job, reason: str) -> Job:
    """To be tried again after a while, because of a fault that may pass. One that was tried too often is set aside."""
    if job.attempts >= MOST_ATTEMPTS:
        return failed(job, f"{reason} It was tried {job.attempts} times.")
    at = now()
    return replace(job, state="queued", due=at + FIRST_PAUSE * 2 ** (job.attempts - 1), problem=reason, changed=at)


def ended(job: Job) -> Job:
    return replace(job, state="done", problem=None, changed=now())


def failed(job: Job, problem: str) -> Job:
    return replace(job, state="failed", problem=problem, changed=now())


def target(job: Job) -> str:
    """What may be told of a job: the address of a private feed has its password behind the question mark."""
    is_named = job.kind == "remove" or job.source is not None
    return job.episode if is_named and job.episode else (job.url or ", ".join(job.files)).partition("?")[0]


def written(job: Job) -> str:
    """A job as JSON, in ASCII."""
    return json.dumps(asdict(job), default=datetime.isoformat)


def read(text: str | bytes) -> Job:
    """A job as it was written; keys that a newer Playhead added are passed over.

    Raises AttributeError, KeyError, TypeError or ValueError for what is none.
    """
    known = {each.name for each in fields(Job)}
    stated: dict[str, Any] = {name: value for name, value in json.loads(text).items() if name in known}
    times = {name: stated.get(name) for name in ("started", "due")} | {
        name: stated[name] for name in ("asked", "changed")
    }
    stated |= {name: None if at is None else datetime.fromisoformat(at) for name, at in times.items()}
    stated |= {"files": tuple(stated["files"]), "counts": tuple((name, count) for name, count in stated["counts"])}
    told = (Told(**{**each, "problems": tuple(each["problems"])}) for each in stated["episodes"])
    return Job(**stated | {"episodes": tuple(told)})


@dataclass(frozen=True, slots=True)
class Standing:
    """How many jobs there are in each state; those that run, the oldest first, and those that failed, the newest first.

    A job whose worker is not heard of any more is counted as queued.
    """

    counts: Mapping[State, int]
    running: tuple[Job, ...] = ()
    failed: tuple[Job, ...] = ()

    @property
    def unfinished(self) -> int:
        return self.counts.get("queued", 0) + self.counts.get("running", 0)


class Jobs(Protocol):
    """Where jobs are kept. What `add` and `keep` were given is durable when they return."""

    @property
    def is_shared(self) -> bool:
        """Whether any number of workers do the jobs, wherever they run; else one process does at a time, on this
        machine.
        """

    def stage(self, id: str) -> Path:  # noqa: A002 - the contract's name
        """An empty folder for the files of a job that is about to be added. StorageError when there is no room."""

    def discard(self, id: str) -> None:  # noqa: A002
        """Forget what was staged for a job that was not added after all."""

    def add(self, job: Job) -> None:
        """Keep a new job, with whatever was staged for it.

        BusyError when MOST_UNFINISHED wait already; a job of a queue is always taken.
        """

    def keep(self, job: Job) -> None:
        """Keep what has become of a job, in place of what was known of it.

        LockedError for one that was claimed here and is somebody else's by now.
        """

    def find(self, id: str) -> Job | None:  # noqa: A002
        """The job of that id; None for one that is not there, and for what is no id."""

    def unfinished(self) -> list[Job]:
        """Every job that was asked for through a door and is not over, the oldest first."""

    def standing(self) -> Standing:
        """How all of them stand."""

    def files(self, id: str) -> Path:  # noqa: A002
        """The folder with what was staged for a job, there or not."""

    def working(self) -> AbstractContextManager[None]:
        """Held by who works where only one process may, and let go of on its death. LockedError for any other."""

    def claim(self, id: str, worker: str) -> Job | None:  # noqa: A002
        """The job of that id, begun by ``worker``; as it is if it is over, None where there is none.

        LockedError while another worker does it.
        """

    def clean(self, before: datetime) -> int:
        """Forget jobs that were over before then, and what was staged before then; how many jobs."""

    def close(self) -> None:
        """Let go of every connection, and of what was claimed here and is not over."""


class Queue(Jobs, Protocol):
    """Jobs that workers share. Who claims one has it until it is kept in another state than running, or until nothing
    was heard of its process for the length of a lease.
    """

    def take(self, worker: str) -> Job | None:
        """The next job, begun by ``worker``: what was asked for through a door first, else the oldest; None if no job
        may be begun now. Two of one episode are never in hand at once.
        """

    def waits(self, episode: str, fingerprint: str) -> bool:
        """Whether this version of an episode is in the queue, and not over."""


def open_jobs(url: str) -> Jobs:
    """The jobs of the library at ``url``; nothing is made there before one is added."""
    scheme, _, place = url.partition(":")
    if scheme == "embedded" and place:
        from playhead.engines.embedded.jobs import EmbeddedJobs

        return EmbeddedJobs(Path(place) / "jobs")
    return open_queue(url)


def open_queue(url: str, lease: float = LEASE) -> Queue:
    """The jobs of the library at ``url``, where workers share them. SettingsError where they cannot."""
    scheme, _, place = url.partition(":")
    if scheme in ("postgresql", "postgres") and place.startswith("//"):
        try:
            from playhead.engines.postgres.jobs import PostgresJobs
        except ModuleNotFoundError as error:
            raise SettingsError(
                f"PLAYHEAD_ENGINE is a PostgreSQL, and {error.name} is not installed; "
                "run pip install 'playhead[postgres]'."
            ) from error

        return PostgresJobs(url, lease)
    if scheme == "embedded" and place:
        raise SettingsError(
            f"Workers share the jobs of a PostgreSQL, and PLAYHEAD_ENGINE is {url!r}, where one process writes at a "
            "time; leave the option out, or write postgresql://USER@HOST/NAME."
        )
    raise SettingsError(
        f"PLAYHEAD_ENGINE is {url!r}; write embedded:DIRECTORY, for example embedded:index, "
        "or postgresql://USER@HOST/NAME."
    )
