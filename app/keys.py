"""Who may write: a key in the ``Authorization`` header, as RFC 6750 has it. Without any key there is no route.

A key is taken from that header alone. What stands in a URL ends in logs, histories and referrers.
"""

from __future__ import annotations

import logging
from collections.abc import Awaitable, Callable
from typing import Annotated, Any

from fastapi import Request, Security
from fastapi.routing import APIRoute
from fastapi.security import HTTPBearer
from starlette.exceptions import HTTPException
from starlette.routing import Match
from starlette.types import Scope as Connection

from app.schemas import Problem
from playhead.keys import Key, Keys, Scope

SCHEME = "key"
_shown = HTTPBearer(
    scheme_name=SCHEME,
    description="A key of scope `ingest` or `admin`, which is also `ingest`; whoever runs this service has them.",
    auto_error=False,
)
_CHALLENGE = 'Bearer realm="playhead"'

DOCUMENTED: dict[int | str, dict[str, Any]] = {
    401: {"model": Problem, "description": "There is no key, or it is not one of ours."},
    403: {"model": Problem, "description": "The key is one of ours and may not do this."},
}

audit = logging.getLogger("playhead.audit")
audit.setLevel(logging.INFO)  # who wrote what is told even where other logs tell warnings alone


def key_of(request: Request) -> Key | None:
    """The key a request presents, if it is one of ours."""
    keys: Keys = request.app.state.keys
    kind, _, presented = request.headers.get("authorization", "").partition(" ")
    return keys.find(presented.strip()) if kind.casefold() == "bearer" and presented.strip() else None


def key_name(request: Request) -> str | None:
    """Whose key a request presents; None without one, or with a wrong one."""
    key = key_of(request)
    return key.name if key else None


def needs(scope: Scope) -> Callable[..., Awaitable[Key]]:
    """For endpoints: the key that a request must have, one that may ``scope``."""

    async def admit(request: Request, _: Annotated[object, Security(_shown)]) -> Key:
        key = key_of(request)
        if key is None:
            given = "authorization" in request.headers
            log_write(None, request.method, request.url.path, "refused: a wrong key" if given else "refused: no key")
            wrong = ', error="invalid_token"' if given else ""
            detail = "This is no key of ours." if given else "This needs a key, as Authorization: Bearer KEY."
            raise HTTPException(401, detail, {"WWW-Authenticate": _CHALLENGE + wrong})
        if not key.allows(scope):
            log_write(key.name, request.method, request.url.path, f"refused: not of scope {scope}")
            challenge = f'{_CHALLENGE}, error="insufficient_scope", scope="{scope}"'
            raise HTTPException(403, f"This needs a key of scope {scope}.", {"WWW-Authenticate": challenge})
        return key

    return admit


def log_write(key: str | None, action: str, target: str, outcome: str) -> None:
    """One line for whoever looks after the service; what came from outside is quoted, so that it stays one."""
    audit.info("key=%s action=%s target=%r outcome=%r", key or "-", action, target[:500], outcome)


class KeyedRoute(APIRoute):
    """A route that is not there while the service has no key: whoever asks is answered as at any unknown path."""

    def matches(self, scope: Connection) -> tuple[Match, Connection]:
        return super().matches(scope) if scope["app"].state.keys.all() else (Match.NONE, {})
