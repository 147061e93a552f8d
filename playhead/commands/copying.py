"""`playhead copy`: a library carried to another engine, or to another place."""

from __future__ import annotations

import json
from contextlib import closing
from dataclasses import asdict
from typing import Annotated

import typer

from playhead.commands import AsJson


def copy(
    source: Annotated[str, typer.Argument(metavar="FROM", help="embedded:DIRECTORY, or postgresql://USER@HOST/NAME.")],
    target: Annotated[str, typer.Argument(metavar="TO", help="The same; made if it is not there.")],
    into: Annotated[
        bool, typer.Option("--into", help="TO may hold other episodes; those with the same ids are replaced.")
    ] = False,
    as_json: AsJson = False,
) -> None:
    """Carry a library to another engine with its vectors, feeds and receipts: nothing is embedded again.

    What is there already is passed over, so a copy that broke off goes on where it was. At the end everything is read
    back and held against what was read. The library that is copied may be searched meanwhile, but not changed.

    Example: `playhead copy embedded:index postgresql://playhead@db/playhead`
    """
    from rich.console import Console
    from rich.progress import Progress

    from playhead import copying
    from playhead.engine import open_engine

    with (
        closing(open_engine(source)) as here,
        closing(open_engine(target, writing=True)) as there,
        Progress(console=Console(stderr=True), transient=True) as progress,
    ):
        task = progress.add_task("Copying")
        copied = copying.copy(
            here, there, into=into, report=lambda done, total: progress.update(task, completed=done, total=total)
        )
    if as_json:
        typer.echo(json.dumps(asdict(copied)))
        return
    others = f" Beside them it holds {copied.others:,} other episodes." if copied.others else ""
    typer.echo(
        f"Copied {copied.episodes:,} episodes; {copied.passed_over:,} were there already. All {copied.segments:,} "
        f"segments with their vectors, {copied.feeds:,} feeds and {copied.receipts:,} receipts were read back and are "
        f"the same: {copied.sha256}.{others} It does not hold speakers.toml, keys.toml, jobs and sound.",
        err=True,
    )
