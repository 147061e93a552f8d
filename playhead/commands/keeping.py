"""`playhead check`, `playhead backup` and `playhead restore`: is the library whole, and will it be there tomorrow?"""

from __future__ import annotations

import json
from dataclasses import asdict
from pathlib import Path
from typing import Annotated

import typer

from playhead.commands import AsJson, Index, settings_for
from playhead.errors import SettingsError

Place = Annotated[Path, typer.Argument(metavar="PATH", help="The folder of the backup.")]


def check(
    deep: Annotated[
        bool,
        typer.Option("--deep", help="Also hold the words and vectors that are searched to what they were made from."),
    ] = False,
    as_json: AsJson = False,
    index: Index = None,
) -> None:
    """Look the library over, whoever is using it, and say what to run where it is not whole. Changes nothing.

    Ends with 0 if everything is whole, with 1 if not, with 3 if it is no library of this Playhead.

    Example: `playhead check --deep`
    """
    from playhead.engines.embedded import checking

    findings = []
    for finding in checking.check(_directory(index), deep=deep):
        findings.append(finding)
        if not as_json:
            typer.echo(f"{'ok' if finding.is_whole else 'DAMAGED':<8} {finding.what}: {finding.says}")
            if finding.run:
                typer.echo(f"{'':<8} run: {finding.run}")
    is_whole = all(finding.is_whole for finding in findings)
    if as_json:
        typer.echo(json.dumps({"whole": is_whole, "findings": [asdict(each) for each in findings]}))
    if not is_whole:
        raise typer.Exit(1)


def backup(place: Place, index: Index = None) -> None:
    """Copy the library into a new folder, as it is at one moment, while anybody uses it; then read the copy back.

    Example: `playhead backup backups/2026-03-14`
    """
    from playhead.engines.embedded import backups

    made = backups.back_up(_directory(index), place)
    typer.echo(
        f"{place} holds {made.episodes:,} episodes and {made.segments:,} segments with their vectors, and the feeds "
        "that are followed; read back and whole. It does not hold speakers.toml, keys.toml, jobs and sound.",
        err=True,
    )


def restore(
    place: Place,
    index: Index = None,
    force: Annotated[
        bool, typer.Option("--force", help="Where there is a library: put it aside, into a folder replaced-N.")
    ] = False,
) -> None:
    """Put a backup in the place of a library, once every byte of it is verified, and make it findable.

    Example: `playhead restore backups/2026-03-14 --index index`
    """
    from playhead.engines.embedded import backups

    held, aside = backups.restore(place, _directory(index), force=force)
    typer.echo(f"Restored {held.episodes:,} episodes and {held.segments:,} segments of {held.made}.", err=True)
    if aside:
        typer.echo(f"What was there is in {aside}; delete it when nobody misses anything.", err=True)


def _directory(index: str | None) -> Path:
    scheme, _, place = settings_for(index).engine.partition(":")
    if scheme != "embedded" or not place:
        raise SettingsError(
            "Only a library in a directory can be looked over and copied; give --index DIR, "
            "or what your database has for this: pg_amcheck, pg_basebackup, pg_dump --schema=playhead."
        )
    return Path(place)
