"""The core's own commands, one file a story. Options that every command shares stand here."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Annotated

import typer

from playhead.settings import Settings, read_settings

Index = Annotated[
    str | None,
    typer.Option("--index", metavar="DIR", help="Where the library is kept; short for PLAYHEAD_ENGINE=embedded:DIR."),
]
SpeakersFile = Annotated[
    Path | None,
    typer.Option(
        "--speakers", metavar="FILE", help="The file with the names of speakers; short for PLAYHEAD_SPEAKERS."
    ),
]
AsJson = Annotated[bool, typer.Option("--json", help="Print JSON instead of text.")]


def write_out(text: str) -> None:
    """A file for others on stdout: UTF-8 whatever the terminal speaks, and with the line ends that are in it."""
    sys.stdout.flush()
    sys.stdout.buffer.write(text.encode("utf-8", "replace"))
    sys.stdout.buffer.flush()


def settings_for(index: str | None, **flags: object) -> Settings:
    """The environment's settings, with the library in ``index`` and the ``flags`` that were given."""
    return read_settings(engine=f"embedded:{index}" if index else None, **flags)
