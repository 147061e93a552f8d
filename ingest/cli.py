"""`playhead ingest` and `refresh`: transcripts into the library."""

from __future__ import annotations

import json
import os
from collections import Counter
from collections.abc import Iterator
from dataclasses import replace
from itertools import chain
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Annotated, Any

import typer

from playhead.commands import AsJson, Index, settings_for
from playhead.errors import InputError, NotFoundError

if TYPE_CHECKING:
    from rich.progress import Progress

    from ingest.pipeline import Event
    from ingest.reading import Problem
    from ingest.sources import Source, Unreadable


def ingest(
    paths: Annotated[
        list[str],
        typer.Argument(
            metavar="PATH|URL…", help="Files and folders of transcripts; addresses of feeds and transcripts."
        ),
    ],
    podcast: Annotated[str | None, typer.Option(help="The show's name; the folder's name otherwise.")] = None,
    rebuild: Annotated[
        bool, typer.Option("--rebuild", help="Read unchanged episodes again; embed anew if the model changed.")
    ] = False,
    jobs: Annotated[int, typer.Option(min=1, max=64, help="Processes that read ahead of the embedding.")] = 1,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Read everything, keep nothing.")] = False,
    as_json: AsJson = False,
    index: Index = None,
) -> None:
    """Read transcripts into the library. What is there already and unchanged is passed over.

    Example: `playhead ingest data/transcripts`
    """
    from rich.console import Console

    from ingest.downloads import Downloads
    from ingest.fetch import places
    from ingest.folders import find
    from ingest.pipeline import ingest as run
    from ingest.pipeline import rehearse
    from playhead.engine import Subscription
    from playhead.library import open_library

    # A service may be answering beside this; it goes first. (Ten is what `nice` takes by default.)
    os.setpriority(os.PRIO_PROCESS, 0, max(10, os.getpriority(os.PRIO_PROCESS, 0)))
    console = Console(stderr=True, highlight=False)
    counts: Counter[str] = Counter()
    settings = settings_for(index)
    with TemporaryDirectory(prefix="playhead-") as folder:
        local = list(find([_local(path) for path in paths if not _is_address(path)], podcast))
        downloads = Downloads(Path(folder), places(settings.allow_hosts))
        remote = [downloads.open(path, podcast) for path in paths if _is_address(path)]
        total = len(local) + sum(each.count for each in remote)
        sources = chain(local, *(each.sources for each in remote))
        if not total:
            raise InputError(f"{', '.join(paths)}: no transcripts there; playhead doctor FILE says what a file is.")
        if dry_run:
            _watch(rehearse(sources), total, counts, console)
        else:
            library = open_library(settings, writing=True, reembed=rebuild)
            try:
                for each in remote:
                    if each.is_feed:
                        library.engine.follow(Subscription(each.url, podcast))
                _watch(run(sources, library, rebuild=rebuild, jobs=jobs), total, counts, console)
            except KeyboardInterrupt:
                console.print(
                    f"Stopped. The {counts['added']} episodes added are safe; the same command goes on from here.",
                    style="yellow",
                )
                raise typer.Exit(1) from None
            finally:
                library.close()
    _sum_up(counts, console, as_json, ", nothing kept (dry run)" if dry_run else "")


def refresh(
    forget: Annotated[list[str] | None, typer.Option(metavar="URL", help="Follow this feed no more.")] = None,
    as_json: AsJson = False,
    index: Index = None,
) -> None:
    """Fetch every feed that was ever ingested again, for what is new in it. Made for cron.

    Example: `playhead refresh`
    """
    from rich.console import Console

    from ingest.downloads import Downloads
    from ingest.fetch import places
    from ingest.pipeline import ingest as run
    from playhead.engine import open_engine
    from playhead.library import open_library

    console = Console(stderr=True, highlight=False)
    counts: Counter[str] = Counter()
    settings = settings_for(index)
    allowed = places(settings.allow_hosts)
    open_engine(settings.engine).close()  # opened for writing, a library that is not there would be made
    os.setpriority(os.PRIO_PROCESS, 0, max(10, os.getpriority(os.PRIO_PROCESS, 0)))
    library = open_library(settings, writing=True)
    try:
        for url in forget or ():
            if not library.engine.unfollow(url):
                raise NotFoundError(f"{url}: this feed is not followed; give its address as it was ingested.")
        followed = library.engine.subscriptions()
        if not followed and not forget:
            raise NotFoundError("No feed is followed; playhead ingest https://.../feed.xml begins with one.")
        for feed in followed:
            with TemporaryDirectory(prefix="playhead-") as folder:
                downloads = Downloads(Path(folder), allowed)
                try:
                    remote = downloads.open(feed.url, feed.podcast, feed.etag, feed.last_modified)
                except InputError as error:
                    counts.update(skipped=1)
                    console.print(f"skipped: {error}", style="red", markup=False, soft_wrap=True)
                    continue
                _watch(run(remote.sources, library), remote.count, counts, console)
                # What failed may be there next time, and the feed would not say so.
                if remote.fetched.status == 200 and not downloads.failures:
                    told = remote.fetched
                    library.engine.follow(replace(feed, etag=told.etag, last_modified=told.last_modified))
    finally:
        library.close()
    _sum_up(counts, console, as_json)


def _sum_up(counts: Counter[str], console: Any, as_json: bool, note: str = "") -> None:
    """Say how a run ended, also by the exit code."""
    summary = {
        name: counts[name] for name in ("added", "untranscribed", "unchanged", "skipped", "segments", "problems")
    }
    if as_json:
        typer.echo(json.dumps(summary))
    else:
        console.print(
            f"{summary['added']} added ({summary['segments']:,} passages), {summary['unchanged']} unchanged, "
            f"{summary['skipped']} skipped{note}"
        )
    if summary["skipped"]:
        raise typer.Exit(1 if summary["added"] or summary["unchanged"] else InputError.exit_code)


def _local(path: str) -> Path:
    if not path:
        # To Path it is the current folder, and nobody means that who writes "$NOT_SET".
        raise InputError("A path is empty; name a file or a folder, '.' for the one you are in.")
    return Path(path)


def _is_address(path: str) -> bool:
    return path.casefold().startswith(("http://", "https://"))


def _watch(events: Iterator[Event], total: int, counts: Counter[str], console: Any) -> None:
    """Show a run as it goes: a bar, and a line for everything that could not be read."""
    from ingest.pipeline import Added, Skipped, Unchanged
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
                case Skipped(_, error):
                    counts.update(skipped=1)
                    progress.console.print(f"skipped: {error}", style="red", markup=False, soft_wrap=True)
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
    return source.name[-32:]


def _place(source: Source | Unreadable, problem: Problem) -> str:
    return f"{problem.path or source.name}:{problem.line or '-'}: {problem.message}"
