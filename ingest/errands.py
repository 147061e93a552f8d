"""A job that was asked for through a door, done as a person at the command line would.

An upload is laid out as the folder it would have been, and then read by the same code. What becomes of each episode is
kept as the run goes on, so that whoever asks is told, and so that a killed worker's job can be taken up by the next.
"""

from __future__ import annotations

import json
import logging
import os
import platform
import shutil
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, closing, suppress
from dataclasses import replace
from functools import partial
from pathlib import Path
from time import monotonic

from ingest import sandbox
from ingest.fetch import places
from ingest.files import SHEET, is_sheet, role_of
from ingest.folders import find
from ingest.manners import Manners
from ingest.pipeline import Added, Event, Skipped, Unchanged
from ingest.pipeline import ingest as run
from ingest.sources import Source, Unreadable
from ingest.speakers_file import read as read_speakers
from ingest.visits import Visits
from playhead.engine import Subscription, open_engine
from playhead.errors import DamagedError, InputError, LockedError, NotFoundError, PlayheadError, StorageError
from playhead.jobs import MOST_TOLD, Job, Jobs, Outcome, Told, ended, failed, now, open_jobs, put_back
from playhead.library import Library, open_library
from playhead.settings import Settings

_log = logging.getLogger("playhead.jobs")

SHOW = "Uploads"
"""The show of an upload that says of which it is, neither in its sheet nor beside it."""
TELL_EVERY = 0.5
"""Seconds between two accounts of a job's progress."""
MOST_PROBLEMS = 20
"""How many places that were not understood are told of one episode."""


Opening = Callable[[], AbstractContextManager[Library]]
"""The library, open for writing, for as long as it is needed."""


class StoppedError(Exception):
    """Whoever does a job was told to stop; what is done of it is kept."""


def name_of_worker() -> str:
    """Which machine this is, and which process."""
    return f"{platform.node()}:{os.getpid()}"


def do(id: str, settings: Settings) -> Job:  # noqa: A002 - it is called so everywhere
    """Do a job, and what became of it. LockedError when somebody else works or writes: it then waits, as before.

    NotFoundError for an id that there is no job of. One that is over is left as it is.
    """
    with closing(open_jobs(settings.engine)) as jobs, jobs.working():
        job = jobs.claim(id, name_of_worker())
        if job is None:
            raise NotFoundError(f"There is no job {id[:80]!r} for {settings.engine}.")
        if job.source is not None:
            jobs.keep(put_back(job))
            raise InputError(f"Job {id} is an episode of a queue; playhead ingest --worker does those.")
        if not job.is_over:
            job = attempt(job, jobs, settings, lambda: closing(open_library(settings, writing=True)))
            jobs.keep(job)
        return job


def attempt(
    job: Job, jobs: Jobs, settings: Settings, opening: Opening, is_told_to_stop: Callable[[], bool] = lambda: False
) -> Job:
    """Try a job that was begun; what became of it, to be kept. One that is stopped is to be done later.

    Raises LockedError when somebody else writes, and StorageError when a library that workers share is out of reach.
    """
    account = Account(job, jobs, is_told_to_stop)
    try:
        match job.kind:
            case "ingest":
                _ingest(job, jobs, settings, account, opening)
            case "remove":
                _remove(job.episode or "", settings, account)
    except StoppedError:
        return put_back(account.job)
    except LockedError:
        jobs.keep(put_back(job))
        raise
    except (InputError, NotFoundError) as error:
        return failed(account.job, account.shortened(str(error)))
    except PlayheadError as error:
        if jobs.is_shared and isinstance(error, StorageError):
            raise
        # What is wrong with the library or the settings is for whoever runs it: the log names files and places.
        _log.error("job %s: %s", job.id, error)
        return failed(account.job, "The library could not be written; the log of the service says why.")
    return account.closed()


def _remove(episode: str, settings: Settings, account: Account) -> None:
    with suppress(DamagedError):  # to remove an episode is one way to mend it
        open_engine(settings.engine).close()  # opened for writing, a library that is not there would be made
    with closing(open_engine(settings.engine, writing=True)) as engine:
        is_gone = engine.remove(episode)
        engine.publish()
    account.tell(Told(episode, "removed") if is_gone else Told(episode, "skipped", "It was gone already."))


def _ingest(job: Job, jobs: Jobs, settings: Settings, account: Account, opening: Opening) -> None:
    os.setpriority(os.PRIO_PROCESS, 0, max(10, os.getpriority(os.PRIO_PROCESS, 0)))  # the service goes first
    names = read_speakers(Path(settings.speakers))
    with opening() as library:
        into = partial(run, library=library, speakers=names)
        if job.url:
            visits = Visits(into, library.engine, places(settings.allow_hosts), Manners())
            for expected, events in visits.to([Subscription(job.url, job.podcast)]):
                account.watch(expected, events)
            return
        folder = _lay_out(job, jobs)
        account.hidden = f"{folder.absolute()}{os.sep}", f"{folder}{os.sep}"
        show = folder.parent if job.episode else folder
        try:
            sources = [_allowed(each) for each in find([show], job.podcast)]
            if not sources:
                raise InputError("No transcript is among what was sent: " + ", ".join(job.files)[:500] + ".")
            account.watch(len(sources), into(sources))
        finally:
            shutil.rmtree(show.parent, ignore_errors=True)


def _lay_out(job: Job, jobs: Jobs) -> Path:
    """The upload as a folder that a person would ingest: its files, in a folder of the episode if that has a name."""
    lying = jobs.files(job.id)
    sent = sorted(lying.iterdir())
    for path in sent:
        _survive(path)
    sound = next((path.name for path in sent if _is_sound(path)), None)
    if sound:
        raise InputError(f"{sound}: sound is not kept; state its address in an episode.toml, as audio_url.")
    if job.episode and any(map(is_sheet, sent)):
        raise InputError("episode: an episode.toml was sent as well; state the name there, as id.")
    laid = lying.with_name("laid")
    shutil.rmtree(laid, ignore_errors=True)  # by a worker that was killed
    folder = laid / SHOW / (job.episode or "")
    folder.mkdir(parents=True)
    for path in sent:
        shutil.copyfile(path, folder / path.name)
    if job.episode:
        (folder / SHEET).write_text(f"id = {json.dumps(job.episode)}\n", "utf-8")
    return folder


def _survive(path: Path) -> None:
    """Have the sandbox read what was sent, before we do. Raises for what it does not live through."""
    try:
        sandbox.read_file(path, path.name)
    except sandbox.FatalFileError:
        raise
    except InputError:
        return  # told of where it is read to be kept


def _is_sound(path: Path) -> bool:
    try:
        return role_of(path) == "audio"
    except InputError:  # what it is instead is told of when it is read
        return False


def _allowed(source: Source | Unreadable) -> Source | Unreadable:
    """What was found, unless nothing says what to call it: the next upload would then take its place."""
    if isinstance(source, Unreadable) or source.title != SHOW or not source.episode_id.endswith(f"/{SHOW.casefold()}"):
        return source
    nameless = f"{source.files[0].name}: this says of no episode what it is; give episode, or name the file after it."
    return Unreadable(source.files[0], InputError(nameless))


class Account:
    """What becomes of a job's episodes, kept while it is done. ``hidden`` are beginnings of paths that tell nothing."""

    def __init__(self, job: Job, jobs: Jobs, is_told_to_stop: Callable[[], bool] = lambda: False) -> None:
        self.job = job
        self.hidden: tuple[str, ...] = ()
        self._jobs = jobs
        self._is_told_to_stop = is_told_to_stop
        self._told: list[Told] = []
        self._counts: Counter[Outcome] = Counter()
        self._expected = 0
        self._kept = monotonic()
        # What a worker added before it was killed was asked for by this job, and is found unchanged by the next.
        self._added = {each.name for each in job.episodes if each.outcome == "added"}

    def watch(self, expected: int, events: Iterator[Event]) -> None:
        """See a run to its end. StoppedError after an episode, where it is told to stop."""
        self._expected += expected
        self._keep()
        for event in events:
            self.see(event)
            if self._is_told_to_stop() and self._counts.total() < self._expected:
                self._keep()
                raise StoppedError

    def see(self, event: Event) -> None:
        """Tell of an event of a run."""
        match event:
            case Added(source, _, problems, _):
                places = (f"{each.path or source.name}:{each.line or '-'}: {each.message}" for each in problems)
                shown = tuple(self.shortened(place) for place, _ in zip(places, range(MOST_PROBLEMS), strict=False))
                self.tell(Told(_name(source), "added", problems=shown))
            case Unchanged(source):
                name = _name(source)
                self.tell(Told(name, "added" if name in self._added else "unchanged"))
            case Skipped(source, error):
                self.tell(Told(self.shortened(_name(source)), "skipped", self.shortened(str(error))))
            case _:
                pass

    def tell(self, told: Told) -> None:
        self._counts[told.outcome] += 1
        if len(self._told) < MOST_TOLD:
            self._told.append(told)
        if monotonic() - self._kept >= TELL_EVERY:
            self._keep()

    def _keep(self) -> None:
        self.job = replace(
            self.job,
            total=max(self._expected, self._counts.total()),
            counts=tuple(self._counts.items()),
            episodes=tuple(self._told),
            changed=now(),
        )
        self._jobs.keep(self.job)
        self._kept = monotonic()

    def closed(self) -> Job:
        """How it ended. One of which nothing could be read has failed, and says why with its first reason."""
        self._keep()
        reasons = [each.reason for each in self._told if each.reason]
        nothing = self.job.kind == "ingest" and set(self._counts) == {"skipped"}
        return failed(self.job, reasons[0]) if nothing else ended(self.job)

    def shortened(self, said: str) -> str:
        for beginning in self.hidden:
            said = said.replace(beginning, "")
        return said


def _name(source: Source | Unreadable) -> str:
    return source.episode_id if isinstance(source, Source) else source.name
