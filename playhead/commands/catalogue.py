"""`playhead status` and `playhead remove`: what is in the library, and taking an episode out of it."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import closing, suppress
from dataclasses import asdict
from itertools import count
from typing import TYPE_CHECKING, Annotated, Any

import typer

from playhead.commands import AsJson, Index, settings_for
from playhead.errors import DamagedError, NotFoundError
from playhead.query import EVERYTHING
from playhead.text import visible

if TYPE_CHECKING:
    from playhead.engine import View
    from playhead.jobs import Standing

PAGE = 500


def status(as_json: AsJson = False, index: Index = None) -> None:
    """Print what the library holds, what can be found, which model made it, and how far jobs are.

    Example: `playhead status`
    """
    from playhead.embedding import SentenceTransformerEmbedder
    from playhead.engine import open_engine
    from playhead.jobs import open_jobs
    from playhead.languages import standings

    settings = settings_for(index)
    engine = open_engine(settings.engine)
    try:
        about = engine.describe()
        spoken = list(_languages(engine.view()))
    finally:
        engine.close()
    with closing(open_jobs(settings.engine)) as opened:
        jobs = opened.standing()
    embedder = SentenceTransformerEmbedder(settings.model, settings.precision, settings.threads)
    embedder.load()
    rows: dict[str, Any] = {
        "library": settings.engine,
        "episodes": about.episodes,
        "untranscribed": about.untranscribed,
        "segments": about.segments,
        "findable": about.findable,
        "revision": about.revision,
        "published": about.published,
        "model": about.model.name if about.model else None,
        "embedding": embedder.model.name,
        "precision": embedder.precision,
        "agreement": embedder.agreement,
        **about.details,
    }
    languages = standings(spoken, embedder.languages)
    if as_json:
        more = {"languages": [asdict(each) for each in languages], "jobs": _jobs_as_dict(jobs)}
        typer.echo(json.dumps(rows | more))
        return
    for name, value in rows.items():
        shown = "-" if value is None else f"{value:,}" if isinstance(value, int) else str(value)
        typer.echo(f"{name:<13} {shown}")
    for each in languages:
        meaning = {True: "yes", False: "no, the model does not know it", None: "unknown"}[each.meaning]
        name = each.language or "not stated"
        many = f"{each.episodes:,} episode{'s' * (each.episodes != 1)}"
        typer.echo(f"{'language':<13} {name}: {many}; words: {each.words}; meaning: {meaning}")
    _show_jobs(jobs)
    if about.model and about.model != embedder.model:
        typer.echo(
            f"The library was made with {about.model.name}; unset PLAYHEAD_MODEL, or playhead ingest --rebuild PATH.",
            err=True,
        )
    if about.published < about.revision:
        typer.echo("Some of it is not findable yet; the run that adds it publishes every minute.", err=True)


def _languages(view: View) -> Iterator[str | None]:
    """The language of every episode."""
    for start in count(0, PAGE):
        page = view.episodes(EVERYTHING, start, PAGE)
        yield from (episode.language for episode in page)
        if len(page) < PAGE:
            return


def _jobs_as_dict(standing: Standing) -> dict[str, Any]:
    from playhead.jobs import target

    return {state: standing.counts.get(state, 0) for state in ("queued", "running", "done", "failed")} | {
        "in_hand": [
            {
                "id": job.id,
                "target": target(job),
                "worker": job.worker,
                "since": job.started and job.started.isoformat(),
                "progress": {"done": job.done, "total": job.total},
            }
            for job in standing.running
        ],
        "problems": [{"id": job.id, "target": target(job), "problem": job.problem} for job in standing.failed],
    }


def _show_jobs(standing: Standing) -> None:
    """Nothing where there never were any."""
    from playhead.jobs import target

    if not standing.counts:
        return
    counts = (f"{standing.counts.get(state, 0):,} {state}" for state in ("queued", "running", "done", "failed"))
    typer.echo(f"{'jobs':<13} {', '.join(counts)}")
    for job in standing.running:
        since = f" since {job.started:%Y-%m-%d %H:%M:%S} UTC" if job.started else ""
        far = f", {job.done} of {job.total}" if job.total else ""
        typer.echo(f"{'running':<13} {visible(f'{target(job)}: {job.worker}{since}{far}')}")
    for job in standing.failed:
        typer.echo(f"{'failed':<13} {visible(f'{target(job)}: {job.problem}')}")


def remove(
    episode: Annotated[str, typer.Argument(help="The episode's id: podcast/episode.")],
    index: Index = None,
) -> None:
    """Take an episode out of the library, at once and for good.

    Example: `playhead remove the-changelog/the-changelog-611`
    """
    from playhead.engine import open_engine

    url = settings_for(index).engine
    with suppress(DamagedError):  # to remove an episode is one way to mend it
        open_engine(url).close()  # opened for writing, a library that is not there would be made
    engine = open_engine(url, writing=True)
    try:
        if not engine.remove(episode):
            raise NotFoundError(f"No episode {episode!r} in the library; playhead status counts what there is.")
        engine.publish()
    finally:
        engine.close()
    typer.echo(f"Removed {episode}.", err=True)
