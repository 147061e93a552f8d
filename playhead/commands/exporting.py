"""`playhead export`: an episode's transcript or chapters on stdout, in a form other tools read."""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated

import typer

from playhead.commands import Index, settings_for, write_out
from playhead.errors import InvalidQueryError, NotFoundError


class What(StrEnum):
    """What can be taken out."""

    transcript = "transcript"
    chapters = "chapters"


def export(
    episode: Annotated[str, typer.Argument(help="The episode's id: podcast/episode.")],
    what: Annotated[What, typer.Argument(help="What to write.")],
    form: Annotated[
        str,
        typer.Option(
            "--format",
            "-f",
            help="Of a transcript: json, text, markdown, vtt or srt. Of chapters: json, json-chapters, psc, youtube, "
            "ffmetadata or vtt.",
        ),
    ] = "json",
    suggested: Annotated[
        bool, typer.Option("--suggest", help="Chapters as Playhead would set them, in place of those that are stated.")
    ] = False,
    index: Index = None,
) -> None:
    """Write an episode's transcript or chapters, in a form that players and editors read.

    Example: `playhead export the-changelog/the-changelog-611 chapters --format youtube`
    """
    from dataclasses import replace

    from playhead import exports
    from playhead.engine import open_engine
    from playhead.suggestions import suggest_chapters

    forms = exports.TRANSCRIPTS if what is What.transcript else exports.CHAPTERS
    if form not in forms:
        raise InvalidQueryError(f"{what} cannot be written as {form!r}; it can be {', '.join(forms)}.", "format")
    settings = settings_for(index)
    engine = open_engine(settings.engine)
    try:
        view = engine.view()
        found, transcript = view.episode(episode), view.transcript(episode)
        if found is None or transcript is None:
            raise NotFoundError(f"No episode {episode!r} in the library; playhead search prints ids with --json.")
        if not found.transcribed and (suggested or what is What.transcript):
            raise NotFoundError(
                f"{episode} has no transcript yet; playhead transcribe {episode} makes one of its sound."
            )
        if suggested:
            found = replace(found, chapters=suggest_chapters(engine, found, transcript))
    finally:
        engine.close()
    write_out(forms[form].write(found, transcript, settings.address))
