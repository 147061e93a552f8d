"""`/audio/{id}`: the sound that lies beside a transcript, so that a link plays without anybody else's server.

No piece of a request ever becomes a path: the id names an episode, and only what the library kept of that episode is
opened, while it is still a plain file with the ending of a sound.
"""

from __future__ import annotations

import re
import stat
from pathlib import Path

from fastapi import APIRouter, Depends
from starlette.datastructures import MutableHeaders
from starlette.exceptions import HTTPException
from starlette.responses import FileResponse
from starlette.types import Message, Receive, Scope, Send

from app.problems import DOCUMENTED, NOT_FOUND
from app.requests import EpisodeId, InLibrary, refuse_parameters
from app.schemas import Problem
from playhead.errors import NotFoundError

router = APIRouter(tags=["archive"])

# The standard library's table depends on the machine, and calls some of these application/ogg or video/mp4.
TYPES = {
    ".aac": "audio/aac",
    ".aif": "audio/aiff",
    ".aiff": "audio/aiff",
    ".flac": "audio/flac",
    ".m4a": "audio/mp4",
    ".m4b": "audio/mp4",
    ".mp3": "audio/mpeg",
    ".ogg": "audio/ogg",
    ".opus": "audio/ogg",  # Opus in Ogg (RFC 7845, 9)
    ".wav": "audio/wav",
    ".wma": "audio/x-ms-wma",
}

_BYTES = {"schema": {"type": "string", "format": "binary"}}

_ONE_RANGE = re.compile(r"bytes=(?:\d{1,18}-\d{0,18}|-\d{1,18})")


class Sound(FileResponse):
    """A file, whole or one range of it. Any other range is ignored, as RFC 9110, 14.2 allows: players ask for one."""

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        headers = [
            (name, value)
            for name, value in scope["headers"]
            if name != b"range" or _ONE_RANGE.fullmatch(value.decode("latin-1"))
        ]
        method = "HEAD" if scope.get("headers_only") else scope["method"]

        async def answer(message: Message) -> None:
            if message["type"] == "http.response.start" and message["status"] == 416:
                size = MutableHeaders(scope=message)["Content-Range"]
                raise HTTPException(
                    416, f"The sound ends before that; it has {size[8:]} bytes.", {"Content-Range": size}
                )
            await send(message)

        await super().__call__({**scope, "headers": headers, "method": method}, receive, answer)


@router.get(
    "/audio/{id:episode}",
    operation_id="get_audio",
    response_class=Sound,
    responses=NOT_FOUND
    | {
        200: {"description": "The sound.", "content": dict.fromkeys(TYPES.values(), _BYTES)},
        206: {
            "description": "The part of it that was asked for.",
            "content": dict.fromkeys(TYPES.values(), _BYTES),
        },
        416: {"model": Problem, "description": "It ends before the part that was asked for."},
        422: DOCUMENTED[422],
        "default": DOCUMENTED["default"],
    },
    dependencies=[Depends(refuse_parameters)],
)
def listen(id: EpisodeId, library: InLibrary) -> Sound:  # noqa: A002 - the name is the contract's
    """The sound of an episode that lies beside its transcript, whole or one range of it."""
    episode = library.view().episode(id)
    if episode is None:
        raise NotFoundError(f"There is no episode {id[:200]!r}; /api/v1/episodes lists those there are.")
    if episode.audio_file is None:
        raise NotFoundError(f"No sound is kept here of {id}; put it beside the transcript and ingest that again.")
    path = Path(episode.audio_file)
    try:
        # lstat: a link put there since might lead to what was never sound.
        found = path.lstat()
    except OSError:
        found = None
    kind = TYPES.get(path.suffix.lower())
    if found is None or kind is None or not stat.S_ISREG(found.st_mode):
        raise NotFoundError(f"The sound of {id} is not where it was; ingest the episode again from where it is now.")
    name = f"{id.rpartition('/')[2]}{path.suffix.lower()}"
    return Sound(path, media_type=kind, filename=name, stat_result=found, content_disposition_type="inline")
