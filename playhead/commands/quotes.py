"""`playhead verify-quote`: was this really said, by whom, and where."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import TYPE_CHECKING, Annotated

import typer

from playhead.commands import AsJson, Index, settings_for
from playhead.text import visible
from playhead.timestamps import write

if TYPE_CHECKING:
    from rich.text import Text

    from playhead.quotes import Difference
    from playhead.verifying import Claim, Match, Verification

SHOWN = 5
"""How many places are printed; ``--json`` has more."""


def verify(
    quote: Annotated[str, typer.Argument(help="The words that somebody is said to have said.", show_default=False)],
    speaker: Annotated[str | None, typer.Option(help="Who is said to have said it: a name or a part of it.")] = None,
    episode: Annotated[str | None, typer.Option(help="Where it is said to be: an episode's id.")] = None,
    as_json: AsJson = False,
    index: Index = None,
) -> None:
    """Say whether a quote is verbatim, near with its differences shown, or not found; and who said it where.

    Ends with 0 where it is verbatim or near and as claimed, else with 1. An ellipsis (…) in the quote stands for what
    is left out, [brackets] for an editor's words.

    Example: `playhead verify-quote "every list has its own little lock" --speaker "Ines Varga"`
    """
    from playhead.library import open_library
    from playhead.quotes import Quote
    from playhead.verifying import verify_quote

    asked = Quote(quote)
    settings = settings_for(index)
    # As in a search: a link printed on a terminal has no page around it that would say whose it is.
    library = open_library(settings.model_copy(update={"public_url": settings.address}))
    try:
        found = verify_quote(library, asked, speaker, episode)
    finally:
        library.close()
    if as_json:
        from playhead.rendering import verification_as_dict

        typer.echo(json.dumps(verification_as_dict(found, settings.address), ensure_ascii=False, indent=2))
    else:
        _print(found)
    if not found.matches or any(claim and claim.agrees is False for claim in (found.speaker, found.episode)):
        raise typer.Exit(1)


def _print(found: Verification) -> None:
    from rich.console import Console
    from rich.padding import Padding

    console, people = Console(highlight=False), Console(stderr=True, highlight=False)
    verdict = {"verbatim": "Verbatim", "near": "Near", "not_found": "Not found"}[found.verdict]
    places = f", in {found.places:,} places" if found.places > 1 else ""
    console.print(f"{verdict}{places}", style="bold", markup=False)
    for match in found.matches[:SHOWN]:
        for line in _lines(match):
            console.print(Padding(line, (0, 0, 0, 3), expand=False))
        console.print(f"   {match.links.play or match.links.read}\n", style="dim", markup=False, soft_wrap=True)
    if found.nearest:
        console.print("The nearest that is said:", style="yellow")
        for line in _lines(found.nearest):
            console.print(Padding(line, (0, 0, 0, 3), expand=False))
    for claim, who in ((found.speaker, "said by"), (found.episode, "said in")):
        if claim and claim.agrees is not True:
            people.print(visible(_correction(claim, who)), style="yellow", markup=False)
    if not found.matches and not found.exhaustive:
        people.print("These words are too common to look for everywhere; name the episode.", style="yellow")
    people.print(f"{len(found.matches[:SHOWN])} of {found.places:,} places, {found.segments:,} passages", style="dim")


def _correction(claim: Claim, who: str) -> str:
    really = ", ".join(claim.really)
    if not really:
        return f"Nothing shows that it is {who} {claim.claimed}."
    return f"Not {who} {claim.claimed}: {who} {really}." if claim.agrees is False else f"It is {who} {really}."


def _lines(match: Match) -> Iterator[Text]:
    """A place as it is printed: when, who, where, the sentences that hold it, and each difference."""
    from rich.text import Text

    time = match.segment.time
    heading = Text("time not known" if time.start is None else write(time.start), style="cyan")
    if time.start is not None and time.error and time.error >= 1:
        heading.append(f" ± {time.error:.0f} s", style="dim")
    yield heading.append(f"  {', '.join(match.segment.speakers)}", style="green")
    yield Text(f"{match.episode.podcast_title}: {match.episode.title}", style="dim")
    context = Text(match.context)
    context.stylize("bold", *match.within)
    yield context
    for difference in match.occurrence.differences:
        yield Text(_told(difference), style="red" if difference.is_grave else "yellow")


def _told(difference: Difference) -> str:
    """A difference in a line: what the quote has, what was said.

    >>> from playhead.quotes import Difference
    >>> _told(Difference("number", "3.12", "3.13", (3, 7), (3, 7)))
    'number: quoted “3.12”, said “3.13”'
    """
    if not difference.said:
        return f"{difference.kind}: not said “{difference.quoted}”"
    if not difference.quoted:
        return f"{difference.kind}: left out “{difference.said}”"
    return f"{difference.kind}: quoted “{difference.quoted}”, said “{difference.said}”"
