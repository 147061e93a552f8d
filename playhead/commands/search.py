"""`playhead search`: a question on the command line, excerpts with timestamps on it."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import TYPE_CHECKING, Annotated

import typer

from playhead.commands import AsJson, Index, settings_for
from playhead.commands.filters import (
    Chapters,
    Episodes,
    Include,
    Kinds,
    Podcasts,
    Since,
    Speakers,
    Until,
    filters_of,
)
from playhead.timestamps import write

if TYPE_CHECKING:
    from rich.text import Text

    from playhead.library import Found
    from playhead.model import Excerpt


def search(
    question: Annotated[str, typer.Argument(help="What you want to hear about.")],
    limit: Annotated[int, typer.Option("--limit", "-n", help="How many excerpts, 1 to 50.")] = 5,
    podcast: Podcasts = None,
    episode: Episodes = None,
    speaker: Speakers = None,
    chapter: Chapters = None,
    kind: Kinds = None,
    since: Since = None,
    until: Until = None,
    include: Include = None,
    mode: Annotated[str, typer.Option(help="hybrid, meaning or words.")] = "hybrid",
    sort: Annotated[str, typer.Option(help="best, newest or oldest.")] = "best",
    as_json: AsJson = False,
    index: Index = None,
) -> None:
    """Ask a question; print the excerpts that answer it, each with its second.

    Example: `playhead search "why is free-threaded slower"`
    """
    from playhead.library import open_library
    from playhead.query import Query

    filters = filters_of(podcast, episode, speaker, chapter, kind, (since, until), include)
    query = Query(question, filters, limit=limit, mode=mode, sort=sort)  # type: ignore[arg-type]  # Query refuses others
    settings = settings_for(index)
    # A link printed on a terminal has no page around it that would say whose it is.
    library = open_library(settings.model_copy(update={"public_url": settings.address}))
    try:
        found = library.search(query)
    finally:
        library.close()
    if as_json:
        from playhead.rendering import found_as_dict

        typer.echo(json.dumps(found_as_dict(found, settings.address), ensure_ascii=False, indent=2))
    else:
        _print(found)
    if not found.excerpts or found.no_answer:
        raise typer.Exit(1)


def _print(found: Found) -> None:
    from rich.console import Console
    from rich.padding import Padding

    console = Console(highlight=False)
    for place, excerpt in enumerate(found.excerpts, 1):
        for indent, line in _lines(place, excerpt):
            console.print(Padding(line, (0, 0, 0, indent), expand=False))
        console.print(f"   {excerpt.links.play or excerpt.links.read}\n", style="dim", markup=False, soft_wrap=True)
    people = Console(stderr=True, highlight=False)
    for episode, count in found.held_back.items():
        people.print(f"{count} more from {episode}: --episode {episode}", style="dim", markup=False, soft_wrap=True)
    if not found.excerpts and found.query.filters.phrases:
        asked = " and ".join(f"“{phrase}”" for phrase in found.query.filters.phrases)
        people.print(
            f"No passage says {asked}; leave out the quotes to find what is near.", style="yellow", markup=False
        )
    elif found.no_answer or not found.excerpts:
        people.print("Nothing in the library seems to be about this.", style="yellow")
    if found.suggestion:
        people.print(f"Looked for as well: {found.suggestion}", style="dim", markup=False, soft_wrap=True)
    if found.undated:
        people.print(f"{found.undated} episodes have no date and were left out.")
    people.print(f"{len(found.excerpts)} of {found.segments:,} passages, by {found.model}", style="dim")


def _lines(place: int, excerpt: Excerpt) -> Iterator[tuple[int, Text]]:
    """An excerpt as it is printed: where it is, then the passage by its speakers, each line with its indent.

    The sentence that answers is bold, the question's words are marked.
    """
    from rich.text import Text

    segment, time = excerpt.segment, excerpt.segment.time
    heading = Text(f"{place:>2} ", style="dim")
    if segment.kind == "notes":
        heading.append("show notes, no transcript yet", style="cyan")
    else:
        heading.append("time not known" if time.start is None else write(time.start), style="bold cyan")
    if time.start is not None and time.error and time.error >= 1:
        heading.append(f" ± {time.error:.0f} s", style="dim")
    if segment.chapter_title:
        heading.append(f"  {segment.chapter_title}", style="bold")
    yield 0, heading
    yield 3, Text(f"{excerpt.episode.podcast_title}: {excerpt.episode.title}", style="dim")
    body = Text(segment.text)
    body.stylize("bold", *excerpt.answer.span)
    for span in excerpt.highlights:
        body.stylize("yellow", *span)
    if segment.kind == "notes":
        yield 3, body
    for turn in segment.turns:
        said = body[slice(*turn.span)]
        yield 3, Text(f"{turn.speaker}: ", style="green").append_text(said) if turn.speaker else said
