"""`playhead ingest` and `refresh`: transcripts into the library."""

from __future__ import annotations

import json
import os
import re
from collections import Counter
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import replace
from functools import partial
from itertools import chain
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from playhead.commands import AsJson, Index, SpeakersFile, settings_for
from playhead.errors import InputError, LockedError, NotFoundError
from playhead.text import visible

if TYPE_CHECKING:
    from rich.progress import Progress

    from ingest.manners import Manners
    from ingest.pipeline import Event
    from ingest.reading import Problem
    from ingest.sources import Source, Unreadable
    from ingest.visits import Run, Visits
    from playhead.library import Library


def ingest(
    paths: Annotated[
        list[str] | None,
        typer.Argument(
            metavar="PATH|URL…",
            help="Files and folders of transcripts; addresses of feeds, transcripts, and lists of feeds.",
        ),
    ] = None,
    podcast: Annotated[str | None, typer.Option(help="The show's name; the folder's name otherwise.")] = None,
    rebuild: Annotated[
        bool, typer.Option("--rebuild", help="Read unchanged episodes again; embed anew if the model changed.")
    ] = False,
    jobs: Annotated[int, typer.Option(min=1, max=64, help="Processes that read ahead of the embedding.")] = 1,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Read everything, keep nothing.")] = False,
    speakers: SpeakersFile = None,
    job: Annotated[
        str | None, typer.Option(metavar="ID", help="Do this job, which the service was asked for, and nothing else.")
    ] = None,
    queue: Annotated[
        bool, typer.Option("--queue", help="Leave the episodes to workers, one by one. Needs PostgreSQL.")
    ] = False,
    worker: Annotated[
        bool, typer.Option("--worker", help="Do what waits for workers, until told to stop. Needs PostgreSQL.")
    ] = False,
    until_empty: Annotated[bool, typer.Option("--until-empty", help="As a worker, end when nothing is left.")] = False,
    as_json: AsJson = False,
    index: Index = None,
) -> None:
    """Read transcripts into the library. What is there already and unchanged is passed over.

    Example: `playhead ingest data/transcripts`
    """
    is_alone = not (paths or podcast or rebuild or dry_run or speakers or queue or as_json)
    if worker or until_empty:
        _work(index, until_empty=until_empty, only=worker and is_alone and job is None)
        return
    if job is not None:
        _do(job, index, only=is_alone)
        return
    if queue and (rebuild or dry_run or speakers or jobs > 1):
        raise typer.BadParameter("only leaves episodes to workers; leave the other options out.", param_hint="--queue")
    if not paths:
        raise typer.BadParameter("name files, folders or addresses.", param_hint="PATH|URL…")
    from rich.console import Console

    from ingest.claims import Absent
    from ingest.downloads import each_by_itself
    from ingest.fetch import places
    from ingest.files import is_list_of_feeds, read_file
    from ingest.folders import find
    from ingest.pipeline import ingest as run
    from ingest.pipeline import rehearse
    from ingest.sources import Unreadable
    from ingest.speakers_file import read as read_speakers
    from ingest.visits import Visits
    from playhead.engine import Subscription, open_engine
    from playhead.jobs import open_queue
    from playhead.library import open_library

    # A service may be answering beside this; it goes first. (Ten is what `nice` takes by default.)
    os.setpriority(os.PRIO_PROCESS, 0, max(10, os.getpriority(os.PRIO_PROCESS, 0)))
    console = Console(stderr=True, highlight=False)
    counts: Counter[str] = Counter()
    settings = settings_for(index)
    names = read_speakers(speakers or Path(settings.speakers), asked=speakers is not None)
    addresses = [path for path in paths if _is_address(path)]
    files = [_local(path) for path in paths if not _is_address(path)]
    lists = [path for path in files if is_list_of_feeds(path)]
    sources = list(find([path for path in files if path not in lists], podcast))
    for path in lists:
        try:
            reading = read_file(path, str(path))
        except InputError as error:
            sources.append(Unreadable(path, error))
        else:
            addresses += reading.feeds
            sources += each_by_itself(reading.problems, str(path))
    if not sources and not addresses:
        raise InputError(f"{', '.join(paths)}: no transcripts there; playhead doctor FILE says what a file is.")
    # What lies on the web is fetched for a feed that was named, and not for one that was merely found.
    here: list[Source | Unreadable] = []
    absent: list[Absent] = []
    named = set(files)
    for each in sources:
        if isinstance(each, Absent) and each.path in named:
            absent.append(each)
        else:
            here.append(each)
    feeds = [Subscription(each, podcast) for each in dict.fromkeys(addresses)]
    allowed, manners = places(settings.allow_hosts), _manners(console)

    def watch(visits: Visits, run: Run) -> None:
        some = [(len(here), run(here))] if here else []
        for expected, events in chain(some, visits.complete(absent, podcast), visits.to(feeds)):
            _watch(events, expected, counts, console)

    if dry_run:
        watch(Visits(rehearse, None, allowed, manners), rehearse)
    elif queue:
        from ingest.parcels import enqueue

        with (
            closing(open_queue(settings.engine)) as waiting,
            closing(open_engine(settings.engine, writing=True)) as engine,
        ):
            leave = partial(enqueue, queue=waiting, engine=engine)
            watch(Visits(leave, engine, allowed, manners), leave)
    else:
        with _kept(open_library(settings, writing=True, reembed=rebuild), counts, console) as library:
            into = partial(run, library=library, rebuild=rebuild, jobs=jobs, speakers=names)
            watch(Visits(into, library.engine, allowed, manners, afresh=rebuild), into)
    note = ", nothing kept (dry run)" if dry_run else f", {counts['queued']} in the queue" if queue else ""
    _sum_up(counts, console, as_json, note)


def refresh(
    forget: Annotated[list[str] | None, typer.Option(metavar="URL", help="Follow this feed no more.")] = None,
    again: Annotated[
        bool, typer.Option("--again", help="Fetch all of them, whether or not they have changed.")
    ] = False,
    as_json: AsJson = False,
    index: Index = None,
) -> None:
    """Fetch every feed that was ever ingested again, for what is new in it. Made for cron.

    A feed that has not changed is not fetched; after an upgrade that reads more, --again fetches it.

    Example: `playhead refresh`
    """
    from rich.console import Console

    from ingest.fetch import places
    from ingest.pipeline import ingest as run
    from ingest.speakers_file import read as read_speakers
    from ingest.visits import Visits
    from playhead.engine import open_engine
    from playhead.library import open_library

    console = Console(stderr=True, highlight=False)
    counts: Counter[str] = Counter()
    settings = settings_for(index)
    names = read_speakers(Path(settings.speakers))
    open_engine(settings.engine).close()  # opened for writing, a library that is not there would be made
    os.setpriority(os.PRIO_PROCESS, 0, max(10, os.getpriority(os.PRIO_PROCESS, 0)))
    with _kept(open_library(settings, writing=True), counts, console) as library:
        for url in forget or ():
            if not library.engine.unfollow(url):
                raise NotFoundError(f"{url}: this feed is not followed; give its address as it was ingested.")
        followed = library.engine.subscriptions()
        if not followed and not forget:
            raise NotFoundError("No feed is followed; playhead ingest https://.../feed.xml begins with one.")
        into = partial(run, library=library, speakers=names)
        visits = Visits(into, library.engine, places(settings.allow_hosts), _manners(console), afresh=again)
        known = [replace(each, etag=None, last_modified=None) for each in followed] if again else followed
        for expected, events in visits.to(known):
            _watch(events, expected, counts, console)
    _sum_up(counts, console, as_json)


def _do(job: str, index: str | None, *, only: bool) -> None:
    """Do a job, and end as it did; with EX_TEMPFAIL where it has to wait for somebody else."""
    from ingest.errands import do

    if not only:
        raise typer.BadParameter("does what the job says; leave the rest of the command out.", param_hint="--job")
    try:
        done = do(job, settings_for(index))
    except LockedError as error:
        typer.echo(f"playhead: {error}", err=True)
        raise typer.Exit(os.EX_TEMPFAIL) from None
    counts = ", ".join(f"{count} {outcome}" for outcome, count in done.counts)
    problem = _public(done.problem or "")
    typer.echo(f"Job {done.id} is {done.state}: {problem or counts or 'nothing was new'}", err=True)
    if done.state == "failed":
        raise typer.Exit(InputError.exit_code)


def _work(index: str | None, *, until_empty: bool, only: bool) -> None:
    """Do what waits for workers. SIGTERM and Ctrl-C end it after the present episode."""
    import signal

    from ingest.worker import Worker
    from playhead.jobs import Job, open_queue

    if not only:
        message = "does what waits; with --worker, --until-empty and --index nothing else goes."
        raise typer.BadParameter(message, param_hint="--worker")

    def tell(job: Job) -> None:
        counts = ", ".join(f"{count} {outcome}" for outcome, count in job.counts)
        about = _public(job.problem or counts or "nothing was new")
        typer.echo(f"{visible(job.episode or job.id)} is {job.state}: {visible(about)}", err=True)

    settings = settings_for(index)
    os.setpriority(os.PRIO_PROCESS, 0, max(10, os.getpriority(os.PRIO_PROCESS, 0)))
    with closing(open_queue(settings.engine, settings.lease)) as queue:
        worker = Worker(queue, settings, tell)
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, lambda *_: worker.stop())
        worker.work(until_empty=until_empty)


def _public(said: str) -> str:
    """What a log may keep: the address of a private feed has its password behind the question mark."""
    return re.sub(r"(https?://[^\s?]*)\?\S*", r"\1", said)


@contextmanager
def _kept(library: Library, counts: Counter[str], console: Any) -> Iterator[Library]:
    """A library for as long as it is written to, also by somebody who stops in the middle."""
    try:
        yield library
    except KeyboardInterrupt:
        console.print(
            f"Stopped. The {counts['added']} episodes added are safe; the same command goes on from here.",
            style="yellow",
        )
        raise typer.Exit(1) from None
    finally:
        library.close()


def _manners(console: Any) -> Manners:
    """Manners that tell a person of every wait."""
    from ingest.manners import Manners

    return Manners(lambda said: console.print(said, style="yellow", markup=False, soft_wrap=True))


def _sum_up(counts: Counter[str], console: Any, as_json: bool, note: str = "") -> None:
    """Say how a run ended, also by the exit code."""
    summary = {
        name: counts[name] for name in ("added", "untranscribed", "unchanged", "skipped", "segments", "problems")
    }
    if counts["queued"]:
        summary["queued"] = counts["queued"]
    if as_json:
        typer.echo(json.dumps(summary))
    else:
        console.print(
            f"{summary['added']} added ({summary['segments']:,} passages), {summary['unchanged']} unchanged, "
            f"{summary['skipped']} skipped{note}"
        )
    if summary["skipped"]:
        raise typer.Exit(1 if counts["added"] or counts["unchanged"] or counts["queued"] else InputError.exit_code)


def _local(path: str) -> Path:
    if not path:
        # To Path it is the current folder, and nobody means that who writes "$NOT_SET".
        raise InputError("A path is empty; name a file or a folder, '.' for the one you are in.")
    return Path(path)


def _is_address(path: str) -> bool:
    return path.casefold().startswith(("http://", "https://"))


def _watch(events: Iterator[Event], total: int, counts: Counter[str], console: Any) -> None:
    """Show a run as it goes: a bar, and a line for everything that could not be read."""
    from ingest.pipeline import Added, Queued, Skipped, Unchanged
    from ingest.sources import Source

    silent: list[str] = []
    with _bar(console) as progress:
        task = progress.add_task("Reading", total=total, passages=0)
        for event in events:
            match event:
                case Added(source, segments, problems, transcribed):
                    counts.update(added=1, segments=segments, problems=len(problems))
                    if isinstance(source, Source) and not transcribed:
                        counts.update(untranscribed=1)
                        silent.append(source.episode_id)
                    for problem in problems:
                        progress.console.print(_place(source, problem), style="yellow", markup=False, soft_wrap=True)
                case Unchanged():
                    counts.update(unchanged=1)
                case Queued():
                    counts.update(queued=1)
                case Skipped(_, error):
                    counts.update(skipped=1)
                    progress.console.print(f"skipped: {visible(str(error))}", style="red", markup=False, soft_wrap=True)
                case _:
                    continue
            progress.update(task, advance=1, passages=counts["segments"], description=_name(event.source))
    if silent:
        console.print(
            f"No transcript yet for {len(silent)} of them, such as {silent[0]}; they are found by title and notes. "
            "playhead transcribe --missing makes transcripts of their sound.",
            style="yellow",
            markup=False,
            soft_wrap=True,
        )


def _bar(console: Any) -> Progress:
    from rich.progress import (
        BarColumn,
        MofNCompleteColumn,
        Progress,
        TextColumn,
        TimeElapsedColumn,
        TimeRemainingColumn,
    )

    return Progress(
        TextColumn("{task.description:<32.32}", markup=False),
        BarColumn(),
        MofNCompleteColumn(),
        TextColumn("{task.fields[passages]:,} passages"),
        TimeElapsedColumn(),
        TimeRemainingColumn(),
        console=console,
    )


def _name(source: Source | Unreadable) -> str:
    return visible(source.name[-32:])


def _place(source: Source | Unreadable, problem: Problem) -> str:
    return visible(f"{problem.path or source.name}:{problem.line or '-'}: {problem.message}")
