"""The ``playhead`` command: finds commands through the entry-point table and imports one when it is asked for."""

from __future__ import annotations

import io
import logging
import sys
from importlib.metadata import entry_points
from typing import Any

import typer
from typer.core import TyperGroup
from typer.main import get_command

from playhead.errors import PlayheadError
from playhead.text import visible

GROUP = "playhead.commands"


class Commands(TyperGroup):
    """The commands every room has put in the table; the core never imports a room by name."""

    def list_commands(self, ctx: Any) -> list[str]:  # noqa: ARG002 - the group's signature
        return sorted(point.name for point in entry_points(group=GROUP))

    def get_command(self, ctx: Any, cmd_name: str) -> Any:  # noqa: ARG002
        for point in entry_points(group=GROUP, name=cmd_name):
            loaded = point.load()
            if isinstance(loaded, typer.Typer):  # several commands under one name
                return get_command(loaded)
            single = typer.Typer(add_completion=False, rich_markup_mode="markdown")
            single.command(cmd_name, no_args_is_help=False)(loaded)
            return get_command(single)
        return None


app = typer.Typer(
    cls=Commands,
    name="playhead",
    help="Ask a podcast archive a question; land on the second where it is answered.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)


@app.callback(invoke_without_command=True)
def playhead(
    version: bool = typer.Option(False, "--version", help="Print the version and stop."),
) -> None:
    if version:
        from playhead import __version__

        typer.echo(f"playhead {__version__}")
        raise typer.Exit


def main() -> None:
    """Run the command line. What cannot be done is one line on stderr and its exit code (see `errors`)."""
    logging.basicConfig(level=logging.WARNING, format="%(levelname)s %(name)s: %(message)s")
    if isinstance(sys.stdout, io.TextIOWrapper):
        # As stderr does of its own accord: a terminal without a character shows its number instead of failing.
        sys.stdout.reconfigure(errors="backslashreplace")
    try:
        app()
    except PlayheadError as error:
        typer.secho(f"playhead: {visible(str(error))}", err=True, fg="red")
        sys.exit(error.exit_code)
    except BrokenPipeError:
        # The reader of a pipe has gone (`playhead search … | head`); point stdout away so that Python does
        # not complain again while it closes. https://docs.python.org/3/library/signal.html#note-on-sigpipe
        sys.stdout = None
        sys.exit(1)
    except OSError as error:
        place = f"{error.filename}: " if error.filename else ""
        typer.secho(f"playhead: {visible(f'{place}{error.strerror or error}')}.", err=True, fg="red")
        sys.stdout = None
        sys.exit(1)
