"""`playhead transcribe`: transcripts of the sound of episodes that have none, by Whisper on this machine."""

from __future__ import annotations

import json
import os
from collections import Counter
from functools import cache, partial
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from playhead.commands import AsJson, Index, settings_for
from playhead.errors import InputError, LockedError, NotFoundError

if TYPE_CHECKING:
    from ingest.sources import Source
    from ingest.whisper import Hearing, Transcriber
    from playhead.embedding import Embedder
    from playhead.model import Episode
    from playhead.settings import Settings


def transcribe(
    episodes: Annotated[list[str] | None, typer.Argument(metavar="EPISODE…", help="Ids: podcast/episode.")] = None,
    missing: Annotated[bool, typer.Option("--missing", help="Every episode that has no transcript.")] = False,
    podcast: Annotated[
        list[str] | None, typer.Option(help="With --missing: only of this podcast (its id); may be repeated.")
    ] = None,
    limit: Annotated[int | None, typer.Option(min=1, help="With --missing: so many at most, the newest first.")] = None,
    language: Annotated[
        str | None, typer.Option(help="The language they are in, such as en; told by the feed or by ear otherwise.")
    ] = None,
    out: Annotated[
        Path | None,
        typer.Option(metavar="DIR", help="Where transcripts go; beside the sound, or into transcripts/, otherwise."),
    ] = None,
    as_json: AsJson = False,
    index: Index = None,
) -> None:
    """Make a transcript of an episode's sound, keep it as a file, and read it into the library.

    Example: `playhead transcribe --missing --limit 3`
    """
    from rich.console import Console

    from ingest.fetch import places
    from ingest.transcribing import place_of, transcribe, untranscribed
    from ingest.whisper import WhisperTranscriber
    from playhead.engine import open_engine

    if bool(episodes) == missing:
        raise typer.BadParameter("name the episodes, or --missing for all that have none")
    os.setpriority(os.PRIO_PROCESS, 0, max(10, os.getpriority(os.PRIO_PROCESS, 0)))
    console = Console(stderr=True, highlight=False)
    settings = settings_for(index)
    engine = open_engine(settings.engine)
    try:
        view = engine.view()
        if missing:
            wanted = list(islice(untranscribed(view, tuple(podcast or ())), limit))
        else:
            wanted = [_known(view.episode(each), each) for each in dict.fromkeys(episodes or ())]
    finally:
        engine.close()
    counts: Counter[str] = Counter()
    allowed = places(settings.allow_hosts)

    @cache
    def transcriber() -> Transcriber:
        return WhisperTranscriber(settings.whisper_model, settings.threads)

    if any(not each.transcribed and not place_of(each, out).exists() for each in wanted):
        transcriber()  # what it lacks is said before anything is fetched for it
    adder = _Adder(settings, console, counts)
    for episode in wanted:
        if episode.transcribed:
            counts.update(unchanged=1)
            console.print(f"{episode.id}: has a transcript; playhead ingest reads a better one.", markup=False)
            continue
        hear = partial(_hear, transcriber, console, episode, language)
        try:
            source = transcribe(episode, place_of(episode, out), hear, allowed)
            adder.add(source)
        except (InputError, LockedError) as error:
            counts.update(skipped=1)
            console.print(f"skipped: {error}", style="red", markup=False, soft_wrap=True)
    summary = {name: counts[name] for name in ("added", "unchanged", "skipped", "segments", "problems")}
    if as_json:
        typer.echo(json.dumps(summary))
    else:
        console.print(
            f"{counts['added']} transcribed ({counts['segments']:,} passages), {counts['unchanged']} unchanged, "
            f"{counts['skipped']} skipped"
        )
    if counts["skipped"]:
        raise typer.Exit(1 if counts["added"] or counts["unchanged"] else InputError.exit_code)


def _known(episode: Episode | None, asked: str) -> Episode:
    if episode is None:
        raise NotFoundError(f"No episode {asked!r} in the library; playhead status counts what there is.")
    return episode


def _hear(
    transcriber: Any, console: Any, episode: Episode, asked: str | None, sound: Path, known: str | None
) -> Hearing:
    """Listen, with a bar that counts the seconds heard."""
    from rich.progress import BarColumn, Progress, TaskProgressColumn, TextColumn, TimeRemainingColumn

    columns = TextColumn("{task.description:<32.32}", markup=False), BarColumn(), TaskProgressColumn()
    listener: Transcriber = transcriber()
    with Progress(*columns, TimeRemainingColumn(), console=console) as progress:
        task = progress.add_task(episode.id[-32:], total=None)
        return listener.hear(
            sound, asked or known, lambda done, total: progress.update(task, completed=done, total=total)
        )


class _Adder:
    """Reads transcripts into the library one by one: it is held only meanwhile, as listening takes hours."""

    def __init__(self, settings: Settings, console: Any, counts: Counter[str]) -> None:
        self._settings, self._console, self._counts = settings, console, counts
        self._embedder: Embedder | None = None

    def add(self, source: Source) -> None:
        """Raises InputError for a transcript that cannot be read, LockedError while somebody else writes."""
        from ingest.pipeline import Added, Skipped, ingest
        from playhead.library import open_library

        library = open_library(self._settings, writing=True, embedder=self._embedder)
        self._embedder = library.embedder
        try:
            for event in ingest([source], library):
                match event:
                    case Added(_, segments, problems):
                        self._counts.update(added=1, segments=segments, problems=len(problems))
                        for each in problems:
                            place = f"{each.path or source.name}:{each.line or '-'}"
                            self._console.print(
                                f"{place}: {each.message}", style="yellow", markup=False, soft_wrap=True
                            )
                    case Skipped(_, error):
                        raise error
        finally:
            library.close()
