"""Work that was asked for through a door, and is done by ``playhead ingest --job ID`` in a process of its own.

A door adds a job; the worker claims it, tells of its progress, and ends it. The two share nothing but `Jobs`, so the
one may be killed at any moment without the other. Every step of a job's life stands here, and is pure.
"""

from __future__ import annotations

import secrets
from contextlib import AbstractContextManager
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Literal, Protocol

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


def begun(job: Job) -> Job:
    """Claimed by a worker. One that was claimed too often already has failed."""
    if job.attempts >= MOST_ATTEMPTS:
        return failed(
            job,
            f"The process that did this was ended from outside {job.attempts} times, perhaps for want of memory; "
            "send less at once.",
        )
    return replace(job, state="running", attempts=job.attempts + 1, total=None, changed=now())


def put_back(job: Job) -> Job:
    """To be done later, by no fault of its own."""
    return replace(job, state="queued", attempts=max(0, job.attempts - 1), changed=now())


def ended(job: Job) -> Job:
    return replace(job, state="done", changed=now())


def failed(job: Job, problem: str) -> Job:
    return replace(job, state="failed", problem=problem, changed=now())


class Jobs(Protocol):
    """Where jobs are kept. What `add` and `keep` were given is durable when they return."""

    def stage(self, id: str) -> Path:  # noqa: A002 - the contract's name
        """An empty folder for the files of a job that is about to be added. StorageError when there is no room."""

    def discard(self, id: str) -> None:  # noqa: A002
        """Forget what was staged for a job that was not added after all."""

    def add(self, job: Job) -> None:
        """Keep a new job, with whatever was staged for it. BusyError when MOST_UNFINISHED wait already."""

    def keep(self, job: Job) -> None:
        """Keep what has become of a job, in place of what was known of it."""

    def find(self, id: str) -> Job | None:  # noqa: A002
        """The job of that id; None for one that is not there, and for what is no id."""

    def unfinished(self) -> list[Job]:
        """Every job that is not over, the oldest first."""

    def files(self, id: str) -> Path:  # noqa: A002
        """The folder with what was staged for a job, there or not."""

    def working(self) -> AbstractContextManager[None]:
        """Held by the one process that works at a time, and let go of on its death. LockedError for any other."""

    def clean(self, before: datetime) -> int:
        """Forget jobs that were over before then, and what was staged before then; how many jobs."""


def open_jobs(url: str) -> Jobs:
    """The jobs of the library at ``url``; nothing is made there before one is added."""
    scheme, _, place = url.partition(":")
    if scheme == "embedded" and place:
        from playhead.engines.embedded.jobs import EmbeddedJobs

        return EmbeddedJobs(Path(place) / "jobs")
    raise SettingsError(f"PLAYHEAD_ENGINE is {url!r}; write embedded:DIRECTORY, for example embedded:index.")
