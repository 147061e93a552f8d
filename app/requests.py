"""What every endpoint takes from its request: the library, our own address, an episode's id and what it names."""

from __future__ import annotations

import json
from collections import Counter
from contextlib import suppress
from typing import Annotated, TypeVar

from fastapi import Depends, Path, Query, Request
from starlette.convertors import StringConvertor, register_url_convertor

from app.mistakes import lists
from app.schemas import Parameters
from playhead.engine import View
from playhead.errors import InvalidQueryError, NotFoundError
from playhead.library import Library
from playhead.model import Episode, Speaker, Transcript
from playhead.query import Filters

# An episode has this many speakers or fewer: beyond it, a list of names says nothing.
MOST_SPEAKERS = 200

Found = TypeVar("Found", Episode, Transcript)


class EpisodeIdConvertor(StringConvertor):
    """``<podcast>/<episode>``: two pieces of the path, so that what follows them is never part of an id."""

    regex = "[^/]+/[^/]+"


register_url_convertor("episode", EpisodeIdConvertor())


async def library_of(request: Request) -> Library:
    library: Library = request.app.state.library
    return library


async def public_url_of(request: Request) -> str:
    """The address our own links begin with: as configured, else as this visitor reached us."""
    return request.app.state.public_url or str(request.base_url).rstrip("/")


InLibrary = Annotated[Library, Depends(library_of)]
PublicUrl = Annotated[str, Depends(public_url_of)]
EpisodeId = Annotated[
    str,
    Path(
        description="Podcast and episode, as lists and results give them; the slash may be sent as %2F.",
        pattern="^[^/]+/[^/]+$",
        examples=["bytecode-at-breakfast/one-thread-in-the-slow-lane"],
    ),
]


async def refuse_parameters(_asked: Annotated[Parameters, Query()]) -> None:
    """For endpoints that take no parameter: any is an error."""


async def refuse_repeated(request: Request) -> None:
    """For every endpoint: of a parameter that is one value, a second would be ignored, or the first."""
    for parameter, count in Counter(name for name, _ in request.query_params.multi_items()).items():
        if count > 1 and parameter not in lists():
            raise InvalidQueryError(f"{parameter} is given {count} times; give it once.", parameter)


async def refuse_repeated_keys(request: Request) -> None:
    """For endpoints that are sent an object, which was read by now."""
    name_once(await request.body())


def name_once(body: bytes) -> None:
    """Of a key that is named twice readers take the one or the other (RFC 8259, 4), so none may be.

    What is no JSON is refused by whoever reads it. Raises InvalidQueryError.
    """

    def read(pairs: list[tuple[str, object]]) -> dict[str, object]:
        for key, count in Counter(key for key, _ in pairs).items():
            if count > 1:
                raise InvalidQueryError(f"{key} is given {count} times; give it once.", key)
        return dict(pairs)

    with suppress(ValueError, RecursionError):
        json.loads(body, object_pairs_hook=read)


def find_episode(view: View, episode_id: str) -> Episode:
    """The episode of that id. Raises NotFoundError."""
    return _known(view.episode(episode_id), episode_id)


def find_transcript(view: View, episode_id: str) -> Transcript:
    """What was said in the episode of that id. Raises NotFoundError."""
    return _known(view.transcript(episode_id), episode_id)


def refuse_untranscribed(episode: Episode) -> None:
    """What was said in it nobody knows yet. Raises NotFoundError, which says what to do."""
    if not episode.transcribed:
        raise NotFoundError(
            f"{episode.id} has no transcript yet; lay one beside its sound and ingest it, or run "
            f"playhead transcribe {episode.id}."
        )


def find_speakers(view: View, episode_id: str) -> list[Speaker]:
    """Who speaks in an episode, and in how many segments."""
    return view.speakers(Filters(episode=(episode_id,), sponsors=True), 0, MOST_SPEAKERS)


def _known(found: Found | None, episode_id: str) -> Found:
    if found is None:
        raise NotFoundError(f"There is no episode {episode_id[:200]!r}; /api/v1/episodes lists those there are.")
    return found
