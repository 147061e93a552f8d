"""`playhead ask`: a question on the command line, an answer with numbered sources on it."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Annotated

import typer

from playhead.commands import AsJson, Index
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

if TYPE_CHECKING:
    from playhead.answers import Reply


def ask(
    question: Annotated[str, typer.Argument(help="What you want to know.")],
    podcast: Podcasts = None,
    episode: Episodes = None,
    speaker: Speakers = None,
    chapter: Chapters = None,
    kind: Kinds = None,
    since: Since = None,
    until: Until = None,
    include: Include = None,
    mode: Annotated[str, typer.Option(help="hybrid, meaning or words.")] = "hybrid",
    budget: Annotated[
        int | None, typer.Option("--max-tokens", min=1, help="A budget for what an answer is made from; 2000.")
    ] = None,
    as_json: AsJson = False,
    index: Index = None,
) -> None:
    """Answer a question in sentences, each with the passages it rests on.

    A language model composes the answer where PLAYHEAD_ASK_URL names one, and every sentence is checked; otherwise the
    sentences are those that were said.

    Example: `playhead ask "why is free-threaded slower"`
    """
    import asyncio
    from contextlib import closing

    from app.asking import answer
    from app.endpoint import endpoint_of
    from playhead.answers import BUDGET, reply_as_dict
    from playhead.commands import settings_for
    from playhead.library import open_library
    from playhead.query import Query

    filters = filters_of(podcast, episode, speaker, chapter, kind, (since, until), include)
    query = Query(question, filters, mode=mode)  # type: ignore[arg-type]  # Query refuses others
    settings = settings_for(index)
    endpoint = endpoint_of(settings)
    with closing(open_library(settings.model_copy(update={"public_url": settings.address}))) as library:
        reply = asyncio.run(answer(library, query, budget or BUDGET, endpoint))
    if as_json:
        typer.echo(json.dumps(reply_as_dict(reply, settings.address), ensure_ascii=False, indent=2))
    else:
        _print(reply)
    if not reply.statements:
        raise typer.Exit(1)


def _print(reply: Reply) -> None:
    from rich.console import Console
    from rich.text import Text

    console, people = Console(highlight=False), Console(stderr=True, highlight=False)
    for each in reply.statements:
        line = Text(each.text if reply.composed else f"“{each.text}”")
        console.print(line.append("".join(f" [{number}]" for number in each.citations), style="cyan"))
    if reply.sources:
        console.print()
    for number, source in enumerate(reply.sources, 1):
        console.print(Text(f"[{number}] ", style="cyan").append(source.citation, style="default"), soft_wrap=True)
        console.print(f"    {source.links.play or source.links.read}", style="dim", markup=False, soft_wrap=True)
    if reply.reason:
        people.print(reply.reason, style="dim" if reply.statements else "yellow", markup=False)
    if reply.dropped:
        people.print(f"Sentences that could not be verified, and were dropped: {reply.dropped}", style="dim")
