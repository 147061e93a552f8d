"""`playhead timecheck`: how far off the times of one's own archive are, each stated time told by the others."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from playhead.commands import AsJson, Index, settings_for
from playhead.errors import InputError, NotFoundError

if TYPE_CHECKING:
    from ingest.figures import Figures
    from ingest.hiding import Told
    from playhead.engine import View

SUSPICIOUS = 40.0
"""Seconds off beyond which a stamp is more likely wrong, or a clip unmarked, than told badly: one in a thousand."""

WORST = 5


def timecheck(
    episode: Annotated[str | None, typer.Argument(help="An episode's id; the whole library otherwise.")] = None,
    plot: Annotated[Path | None, typer.Option(metavar="FILE.svg", help="Draw the errors by distance.")] = None,
    as_json: AsJson = False,
    index: Index = None,
) -> None:
    """Hide each time that a transcript states, tell it by the others, and print how far off that is.

    Example: `playhead timecheck --plot errors.svg`
    """
    from rich.console import Console
    from rich.progress import track

    from ingest import figures
    from ingest.hiding import THINNED, check
    from playhead.engine import open_engine

    engine = open_engine(settings_for(index).engine)
    told: dict[str, list[Told]] = {}
    suspicious: list[dict[str, Any]] = []
    try:
        view = engine.view()
        ids = list(_ids(view, episode))
        for each in track(ids, "Hiding times", console=Console(stderr=True), transient=True):
            transcript = view.transcript(each)
            if transcript is None:
                continue  # removed since the list was read
            checked, problems = check(transcript)
            if checked:
                told[each] = checked
            suspicious += [{"episode": each, "line": problem.line, "says": problem.message} for problem in problems]
            suspicious += [_doubt(each, one) for one in checked if _is_odd(one)]
    finally:
        engine.close()
    everything = [one for checked in told.values() for one in checked]
    written = [one for one in everything if not one.is_cue] or everything
    if not everything:
        raise NotFoundError(
            f"{episode or 'The library'}: no transcript states three times or more, so none can be hidden and told by "
            "the others; write a few times into it, such as [12:34], and ingest it again."
        )
    sources, bands = figures.by_source(everything), figures.by_distance(written)
    if plot is not None:
        title = f"{len(written):,} times of {episode or 'the library'}, each told by the others"
        try:
            plot.write_text(figures.plot(bands, title), "utf-8")
        except OSError as error:
            raise InputError(f"{plot}: cannot be written: {error.strerror}; give --plot another path.") from None
    worst = sorted(((name, figures.summarise(checked)) for name, checked in told.items()), key=lambda one: -one[1].p90)
    if as_json:
        about = {
            "episodes": len(told),
            "without_times": len(ids) - len(told),
            "by_source": {name: asdict(each) for name, each in sources.items()},
            "by_distance": {name: asdict(each) for name, each in bands.items()},
            "by_episode": {name: asdict(each) for name, each in worst},
            "suspicious": suspicious,
        }
        typer.echo(json.dumps(about, ensure_ascii=False))
        return
    typer.echo(f"{len(told):,} episodes with times to check, {len(ids) - len(told):,} without")
    _print("by source", sources)
    if "captions" in sources:
        typer.echo(f"captions: with all but one time in {THINNED:.0f} s hidden; as they are, nothing needs to be told")
    _print("by distance", bands)
    if len(worst) > 1:
        _print("worst episodes", dict(worst[:WORST]))
    for doubt in suspicious:
        typer.echo(f"{doubt['episode']}:{doubt['line'] or '-'}: {doubt['says']}")


def _ids(view: View, episode: str | None) -> Iterator[str]:
    from playhead.query import EVERYTHING

    if episode is not None:
        if view.episode(episode) is None:
            raise NotFoundError(f"No episode {episode!r} in the library; playhead status counts what there is.")
        yield episode
        return
    offset = 0
    while page := view.episodes(EVERYTHING, offset, 200):
        yield from (each.id for each in page)
        offset += len(page)


def _is_odd(told: Told) -> bool:
    """Is a written time far off although nothing but speech is around it?"""
    return abs(told.off) > SUSPICIOUS and told.time.source == "interpolated" and not told.is_cue


def _doubt(episode: str, told: Told) -> dict[str, Any]:
    from playhead.timestamps import write

    early = "earlier" if told.off < 0 else "later"
    says = f"the time {write(told.hidden.seconds)} would be {abs(told.off):.0f} s {early} by its neighbours"
    return {"episode": episode, "line": told.hidden.line, "says": says}


def _print(title: str, rows: dict[str, Figures]) -> None:
    width = max(16, *map(len, rows))
    typer.echo(f"\n{title:<{width}}  times  median    p90    p95  within error")
    for name, each in rows.items():
        typer.echo(
            f"{name:<{width}} {each.times:>6,} {each.median:>5.1f} s {each.p90:>4.1f} s {each.p95:>4.1f} s "
            f"{each.covered:>10.0%}"
        )
