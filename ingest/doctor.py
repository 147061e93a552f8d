"""`playhead doctor`: what a file is, how sure that is, what was read of it, and every line that was not understood."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from playhead.commands import AsJson
from playhead.errors import InputError
from playhead.text import visible
from playhead.timestamps import write

if TYPE_CHECKING:
    from ingest.diagnosis import Pairing

NOT_UNDERSTOOD = 1
MOST_SPEAKERS = 12
MOST_SAID = 100


def doctor(
    files: Annotated[list[Path], typer.Argument(metavar="FILE…", help="Files or folders to look at.")],
    as_json: AsJson = False,
) -> None:
    """Say what a file is, how sure, what was read of it, and every line that was not understood.

    Of a folder, say which files make which episode, what each is there for, and which nobody takes. Ends with 1 where
    something was not understood, with 4 where a file cannot be read.

    Example: `playhead doctor data/transcripts/*/*/*.md`
    """
    worst = 0
    for path in files:
        try:
            worst = max(worst, _folder(path, as_json) if path.is_dir() else _file(path, as_json))
        except InputError as error:
            typer.secho(f"playhead: {visible(str(error))}", err=True, fg="red")
            worst = error.exit_code
    named = [path for path in files if path.is_file()]
    if len(named) > 1 and not as_json:
        _together(named)
    if worst:
        raise typer.Exit(worst)


def _file(path: Path, as_json: bool) -> int:
    from ingest.diagnosis import as_dict, diagnose

    about = as_dict(diagnose(path))
    if as_json:
        typer.echo(json.dumps(about, ensure_ascii=False))
    else:
        _print(f"{path}")
        for name, value in _rows(about):
            _print(f"  {name:<13} {value}")
        for problem in about["problems"]:
            _print(f"  {path}:{problem['line'] or '-'}: {problem['message']}")
            if problem["text"]:
                _print(f"    | {problem['text']}")
    return NOT_UNDERSTOOD if about["problems"] else 0


def _rows(about: dict[str, Any]) -> Iterator[tuple[str, str]]:
    """What was read, a line each; nothing is said of what is not there."""
    yield "format", f"{about['format']}: {about['is']}"
    yield "sure", f"{about['sure']}: {about['why']}"
    for name in ("turns", "words"):
        if about[name]:
            yield name, f"{about[name]}"
    if about["speakers"]:
        speakers = [f"{name} ({turns})" for name, turns in about["speakers"].items()]
        more = f" and {len(speakers) - MOST_SPEAKERS} more" if len(speakers) > MOST_SPEAKERS else ""
        yield "speakers", ", ".join(speakers[:MOST_SPEAKERS]) + more
    times = [f"{about[kind]} {kind}" for kind in ("cues", "stamps") if about[kind]]
    if times:
        yield "times", f"{', '.join(times)}, from {write(about['first'])} to {write(about['last'])}"
    if about["breaks"]:
        yield "breaks", ", ".join(f"{kind} ({count})" for kind, count in about["breaks"].items())
    if about["chapters"]:
        sources = sorted({each["source"] for each in about["chapters"] if each["source"]})
        yield "chapters", f"{len(about['chapters'])}{' from ' if sources else ''}{', '.join(sources)}"
    if about["feeds"]:
        yield "feeds", f"{len(about['feeds'])}"
    for name, value in about["facts"].items():
        said = ", ".join(value) if isinstance(value, list) else " ".join(str(value).split())
        yield name, write(value) if name == "duration" else said if len(said) <= MOST_SAID else f"{said[:MOST_SAID]}…"


def _folder(path: Path, as_json: bool) -> int:
    from ingest.diagnosis import pair, pairing_as_dict

    pairing = pair([path])
    if as_json:
        typer.echo(json.dumps(pairing_as_dict(pairing, path), ensure_ascii=False))
    else:
        _print(f"{path}")
        _say(pairing)
    if not pairing.episodes:
        raise InputError(f"{path}: there is no episode in it; playhead doctor FILE says what a file is.")
    return NOT_UNDERSTOOD if pairing.unreadable else 0


def _together(files: list[Path]) -> None:
    """What files that were named together are to each other; nothing where each is an episode of its own."""
    from dataclasses import replace

    from ingest.diagnosis import pair

    pairing = pair(files)
    several = tuple(each for each in pairing.episodes if len(each.parts) > 1)
    if several:
        typer.echo("together")
        _say(replace(pairing, episodes=several, unreadable=(), left=()))


def _print(line: str) -> None:
    """A line that may hold names and words of a file, which are anybody's."""
    typer.echo(visible(line))


def _say(pairing: Pairing) -> None:
    from ingest.diagnosis import chapters_of, why_left

    for episode in pairing.episodes:
        _print(f"  {episode.episode_id}")
        for part in episode.parts:
            instead = "".join(f", else {other.name}" for other in part.instead)
            _print(f"    {part.role:<10} {part.path}{instead}")
        if not episode.has_words:
            typer.echo("    no transcript yet")
        chosen = chapters_of(episode)
        if chosen.count:
            chapters = "1 chapter" if chosen.count == 1 else f"{chosen.count} chapters"
            passed_over = f"; passed over: {', '.join(chosen.passed_over)}" if chosen.passed_over else ""
            _print(f"    {chapters} from {', '.join(chosen.sources)}{passed_over}")
    for each in pairing.unreadable:
        _print(f"  {each.error}")
    for left in pairing.left:
        _print(f"  {left}: {why_left(left)}")
