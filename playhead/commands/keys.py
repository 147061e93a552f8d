"""`playhead keys`: who may write through the doors of the service."""

from __future__ import annotations

import json
from datetime import datetime
from pathlib import Path
from typing import Annotated

import typer

from playhead import keys as kept
from playhead.commands import AsJson
from playhead.errors import SettingsError
from playhead.settings import read_settings

keys = typer.Typer(
    add_completion=False,
    rich_markup_mode="markdown",
    no_args_is_help=True,
    help="Make and withdraw the keys that others add episodes with.\n\nExample: `playhead keys list`",
)

KeysFile = Annotated[
    Path | None, typer.Option("--keys", metavar="FILE", help="The file of keys; short for PLAYHEAD_KEYS.")
]


@keys.command()
def add(
    name: Annotated[str, typer.Argument(help="Whose it is, for lists and logs: small letters, digits, hyphens.")],
    scope: Annotated[
        list[str] | None,
        typer.Option(help="What it may do: ingest, or admin, which is everything; ingest unless told."),
    ] = None,
    file: KeysFile = None,
) -> None:
    """Print a new key, once: only its hash is kept. A running service takes it at once.

    Example: `playhead keys add studio --scope ingest`
    """
    scopes = []
    for each in scope or ["ingest"]:
        found = next((known for known in kept.SCOPES if known == each), None)
        if found is None:
            raise SettingsError(f"--scope {each[:40]!r}: there is {' and '.join(kept.SCOPES)}.")
        scopes.append(found)
    path = _file(file)
    made = kept.add(path, name, scopes, datetime.now().astimezone().date())
    typer.echo(f"Keep this key of {name}; it is shown only now. Its hash is in {path}.", err=True)
    typer.echo(made)


@keys.command("list")
def list_keys(as_json: AsJson = False, file: KeysFile = None) -> None:
    """Print whose keys there are, what each may do, and since when.

    Example: `playhead keys list --json`
    """
    known = kept.read(_file(file))
    if as_json:
        typer.echo(
            json.dumps({"keys": [{"name": k.name, "scopes": k.scopes, "created": str(k.created)} for k in known]})
        )
        return
    for key in known:
        typer.echo(f"{key.name:<20} {', '.join(key.scopes):<14} {key.created}")
    if not known:
        typer.echo("There are no keys; playhead keys add NAME makes one.", err=True)


@keys.command()
def remove(name: Annotated[str, typer.Argument(help="The name the key was made with.")], file: KeysFile = None) -> None:
    """Withdraw a key, at once and for good.

    Example: `playhead keys remove studio`
    """
    kept.remove(_file(file), name)
    typer.echo(f"Removed the key of {name}.", err=True)


def _file(given: Path | None) -> Path:
    return given or Path(read_settings().keys)
