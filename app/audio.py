"""`/audio/{id}`: the sound that lies beside a transcript, so that a link plays without anybody else's server.

No piece of a request ever becomes a path: the id names an episode, and only what the library kept of that episode is
opened, while it is still a plain file with the ending of a sound.
"""

from __future__ import annotations

import re
import stat
from pathlib import Path

from fastapi import APIRouter
from starlette.responses import FileResponse
from starlette.types import Receive, Scope, Send

from app.requests import EpisodeId, InLibrary
from playhead.errors import NotFoundError

router = APIRouter(include_in_schema=False)

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
        await super().__call__({**scope, "headers": headers, "method": method}, receive, send)


@router.get("/audio/{id:episode}")
def listen(id: EpisodeId, library: InLibrary) -> Sound:  # noqa: A002 - the name is the contract's
    """The sound of an episode, where it was when the episode was ingested. Raises NotFoundError."""
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
