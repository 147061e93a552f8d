"""The archive to look around in: its podcasts, its episodes by date, who speaks in it, and how the index stands."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, replace
from itertools import groupby
from typing import Annotated
from urllib.parse import urlencode

from fastapi import APIRouter, Query, Request
from pydantic import Field
from starlette.responses import Response

from app import schemas
from app.requests import InLibrary
from app.site import templates
from playhead import cursors, rendering
from playhead.engine import View
from playhead.errors import NotFoundError
from playhead.model import Episode
from playhead.query import EVERYTHING

router = APIRouter(include_in_schema=False)

EVERYBODY = 10_000


class EpisodesForm(schemas.EpisodesParameters):
    """Which episodes a page lists."""

    limit: int = Field(50, ge=1, le=200)


class SpeakersForm(schemas.SpeakersParameters):
    """Whose names a page lists."""

    limit: int = Field(100, ge=1, le=200)


class SpeakerForm(schemas.Parameters):
    """Whose page it is."""

    name: schemas.Value
    limit: int = Field(30, ge=1, le=100)
    cursor: str | None = Field(None, max_length=100)


@dataclass(frozen=True, slots=True)
class Year:
    """The episodes of a year, newest first; None for those without a date."""

    year: int | None
    episodes: list[schemas.EpisodeReference]


@router.get("/podcasts")
def show_podcasts(request: Request, library: InLibrary) -> Response:
    podcasts = sorted(library.view().podcasts(), key=lambda podcast: podcast.title.casefold())
    return templates.TemplateResponse(request, "podcasts.html", {"podcasts": podcasts})


@router.get("/episodes")
def show_episodes(request: Request, asked: Annotated[EpisodesForm, Query()], library: InLibrary) -> Response:
    view = library.view()
    filters = asked.filters()
    offset = asked.offset(("episodes", filters))
    found = view.episodes(filters, offset, asked.limit + 1)
    titles = {podcast.slug: podcast.title for podcast in view.podcasts()}
    following = cursors.write(offset + asked.limit, ("episodes", filters))
    return templates.TemplateResponse(
        request,
        "episodes.html",
        {
            "years": _by_year(found[: asked.limit]),
            "of": [titles.get(slug, slug) for slug in asked.podcast],
            "everything": not offset and filters == EVERYTHING,
            "first": _page_of("/episodes", asked) if offset else None,
            "more": _page_of("/episodes", asked, cursor=following) if len(found) > asked.limit else None,
        },
    )


@router.get("/speakers")
def show_speakers(request: Request, asked: Annotated[SpeakersForm, Query()], library: InLibrary) -> Response:
    view = library.view()
    filters = asked.filters()
    offset = asked.offset(("speakers", filters))
    found = view.speakers(filters, offset, asked.limit + 1)
    following = cursors.write(offset + asked.limit, ("speakers", filters))
    return templates.TemplateResponse(
        request,
        "speakers.html",
        {
            "speakers": found[: asked.limit],
            "first": _page_of("/speakers", asked) if offset else None,
            "more": _page_of("/speakers", asked, cursor=following) if len(found) > asked.limit else None,
        },
    )


@router.get("/speaker")
def show_speaker(request: Request, asked: Annotated[SpeakerForm, Query()], library: InLibrary) -> Response:
    """What one person says, and where: a field to ask them, and the episodes they are heard in, with how much."""
    view = library.view()
    filters = replace(EVERYTHING, speaker=(asked.name,))
    offset = cursors.read(asked.cursor, ("speaker", filters))
    episodes = view.episodes(filters, offset, asked.limit + 1)
    following = cursors.write(offset + asked.limit, ("speaker", filters))
    if not episodes and not offset:
        raise NotFoundError(f"Nobody is called {asked.name!r} here; /speakers lists who speaks.")
    known = {speaker.name.casefold(): speaker for speaker in view.speakers(EVERYTHING, 0, EVERYBODY)}
    return templates.TemplateResponse(
        request,
        "speaker.html",
        {
            "speaker": known.get(asked.name.casefold()),
            "name": asked.name,
            "years": _by_year(episodes[: asked.limit]),
            "said": _said(view, asked.name, episodes[: asked.limit]),
            "first": _page_of("/speaker", asked) if offset else None,
            "more": _page_of("/speaker", asked, cursor=following) if len(episodes) > asked.limit else None,
        },
    )


def _said(view: View, name: str, episodes: Iterable[Episode]) -> dict[str, str]:
    """How much somebody says in each of these episodes: how many words, and which share of all."""
    theirs: Counter[str] = Counter()
    all_words: Counter[str] = Counter()
    for each in view.spoken(replace(EVERYTHING, episode=tuple(episode.id for episode in episodes))):
        all_words[each.episode] += each.words
        if each.speaker.casefold() == name.casefold():
            theirs[each.episode] += each.words
    return {
        episode: f"{count:,} words, {count / all_words[episode]:.0%} of what is said"
        for episode, count in theirs.items()
        if count
    }


@router.get("/about")
def show_about(request: Request, library: InLibrary) -> Response:
    view = library.view()
    return templates.TemplateResponse(
        request,
        "about.html",
        {"about": library.engine.describe(), "embedder": library.embedder_of(view), "podcasts": len(view.podcasts())},
    )


def _by_year(episodes: Iterable[Episode]) -> list[Year]:
    """Episodes, newest first, under their years."""
    listed = (schemas.EpisodeReference.model_validate(rendering.episode_reference(each)) for each in episodes)
    years = groupby(listed, key=lambda episode: episode.published and episode.published.year)
    return [Year(year, list(each)) for year, each in years]


def _page_of(path: str, asked: schemas.Parameters, cursor: str | None = None) -> str:
    """The same list from its beginning, or from a cursor on."""
    given = asked.model_dump(mode="json", exclude_defaults=True) | {"cursor": cursor}
    pairs = [
        (name, str(each))
        for name, value in given.items()
        for each in (value if isinstance(value, list) else [value])
        if each is not None
    ]
    return f"{path}?{urlencode(pairs)}" if pairs else path
