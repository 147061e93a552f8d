"""What every endpoint takes from its request: the library, our own address, an episode's id."""

from __future__ import annotations

from typing import Annotated

from fastapi import Depends, Path, Query, Request
from starlette.convertors import StringConvertor, register_url_convertor

from app.schemas import Parameters
from playhead.library import Library


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
    str, Path(description="Podcast and episode, as lists and results give them.", examples=["the-long-run/12"])
]


async def refuse_parameters(_asked: Annotated[Parameters, Query()]) -> None:
    """For endpoints that take no parameter: any is an error."""
