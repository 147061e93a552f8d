"""`playhead link`: show notes with the second of each, on stdout."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from playhead.commands import AsJson, Index, settings_for, write_out
from playhead.errors import InvalidQueryError, NotesError

if TYPE_CHECKING:
    from playhead.linking import Linked
    from playhead.notes import NotesFormat
    from playhead.notes_lint import Finding

LONGEST_FILE = 4_000_000
"""Bytes of the longest file that is opened; notes are a thousandth of it."""

_WRITTEN: dict[str, NotesFormat] = {".md": "markdown", ".markdown": "markdown", ".html": "html", ".htm": "html"}


def link(
    notes: Annotated[str, typer.Argument(metavar="NOTES", help="A file with show notes; - reads stdin.")],
    episode: Annotated[str, typer.Option(help="The episode's id: podcast/episode.")],
    form: Annotated[
        str,
        typer.Option(
            "--format",
            "-f",
            help="markdown (your notes with a link before each), json, youtube, json-chapters, psc, ffmetadata or vtt.",
        ),
    ] = "markdown",
    lint: Annotated[
        bool, typer.Option("--lint", help="Print what to look at again in the notes, and no notes.")
    ] = False,
    as_json: AsJson = False,
    index: Index = None,
) -> None:
    """Find the second at which each line of show notes is talked about.

    Example: `playhead link notes.md --episode the-changelog/the-changelog-611`
    """
    from playhead.library import open_library
    from playhead.linked import FORMS, as_dict
    from playhead.linking import link_notes
    from playhead.notes_lint import lint as look_over

    if form not in FORMS:
        raise InvalidQueryError(f"notes cannot be written as {form!r}; it can be {', '.join(FORMS)}.", "format")
    source = _read(notes)
    settings = settings_for(index)
    library = open_library(settings.model_copy(update={"public_url": settings.address}))
    try:
        linked = link_notes(
            library, episode, source.removeprefix("\ufeff"), _WRITTEN.get(Path(notes).suffix.casefold())
        )
    finally:
        library.close()
    findings = look_over(linked.notes, linked.transcript) if lint or as_json or form == "json" else ()
    if as_json or form == "json":
        typer.echo(json.dumps(as_dict(linked, findings, settings.address), ensure_ascii=False, indent=2))
    elif lint:
        for finding in findings:
            typer.echo(f"{notes}:{_place(finding)} {finding.message}")
    else:
        mark = "\ufeff" if source.startswith("\ufeff") and form == "markdown" else ""
        write_out(mark + FORMS[form].write(linked, settings.address))
    _tell(linked, findings, lint)


def _place(finding: Finding) -> str:
    return f"{finding.note.line}:" if finding.note else ""


def _tell(linked: Linked, findings: tuple[Finding, ...], lint: bool) -> None:
    """What a person wants to know beside the notes. Ends with 1 where nothing was found, or not all is well."""
    sought = [each for each in linked.notes if each.is_sought]
    found = sum(each.is_mentioned for each in sought)
    for problem in linked.problems:
        typer.secho(problem, err=True, fg="yellow")
    typer.secho(f"{found} of {len(sought)} notes are talked about in {linked.episode.id}", err=True, dim=True)
    if not found or (lint and findings):
        raise typer.Exit(1)


def _read(notes: str) -> str:
    """The text of a file or of stdin, with its line ends as they are."""
    if notes == "-":
        written = sys.stdin.buffer.read(LONGEST_FILE + 1)
    else:
        with Path(notes).open("rb") as file:
            written = file.read(LONGEST_FILE + 1)
    if len(written) > LONGEST_FILE:
        raise NotesError(f"{notes} is longer than {LONGEST_FILE:,} bytes; give the show notes of one episode.")
    try:
        return written.decode("utf-8")
    except UnicodeDecodeError as error:
        line = written.count(b"\n", 0, error.start) + 1
        raise NotesError(f"{notes}:{line}: this is not UTF-8; save the notes as UTF-8.") from None
