"""An answer that has not changed is not made again: entity tags from the library's state and the question."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Coroutine
from typing import Any

from fastapi.routing import APIRoute
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import Response

from playhead import __version__
from playhead.library import Library


class RevalidatedRoute(APIRoute):
    """A GET whose answer depends on the library's state and the URL alone; 304 for who already has it."""

    def get_route_handler(self) -> Callable[[Request], Coroutine[Any, Any, Response]]:
        handle = super().get_route_handler()

        async def revalidate(request: Request) -> Response:
            if request.method != "GET":  # what is answered depends on what was sent
                return await handle(request)
            # The tag is taken before the answer: should the library change in between, the next request asks anew.
            tag = entity_tag(request, *await run_in_threadpool(_state, request.app.state.library))
            fresh = {"ETag": tag, "Vary": "Accept", "Cache-Control": "no-cache"}
            known = [each.strip() for each in request.headers.get("if-none-match", "").split(",")]
            if tag in known or tag.removeprefix("W/") in known:  # compared weakly (RFC 9110, 13.1.2)
                return Response(status_code=304, headers=fresh)
            response = await handle(request)
            if "*" in known and response.status_code == 200:  # whoever has any answer keeps it (RFC 9110, 13.1.2)
                return Response(status_code=304, headers=fresh)
            response.headers.update(fresh)
            return response

        return revalidate


def entity_tag(request: Request, history: str, state: str) -> str:
    """Weak (RFC 9110, 8.8.1), for an answer says how long it took; equal for parameters in any order."""
    asked = (__version__, history, str(request.base_url), request.url.path, sorted(request.query_params.multi_items()))
    return f'W/"{state}-{hashlib.sha256(repr(asked).encode()).hexdigest()[:16]}"'


def _state(library: Library) -> tuple[str, str]:
    """Which library, what was acknowledged and what is published: lists follow the second, searches the last."""
    return library.engine.history(), f"{library.engine.revision()}.{library.view().revision}"
