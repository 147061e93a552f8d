"""Who may write: a key in the ``Authorization`` header, as RFC 6750 has it. Without any key there is no route.

A key is taken from that header alone. What stands in a URL ends in logs, histories and referrers.
"""

from __future__ import annotations

import logging
from collections.abc import Awaitable, Callable
from math import ceil
from typing import Annotated, Any

from fastapi import Request, Security
from fastapi.routing import APIRoute
from fastapi.security import HTTPBearer
from starlette.exceptions import HTTPException
from starlette.routing import Match
from starlette.types import Scope as Connection

from app.clients import address_of
from app.rates import Buckets, Rate
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
    429: {
        "model": Problem,
        "description": "Too many wrong keys came from there; `Retry-After` says when to come back.",
    },
}

GUESSES = Rate(5, "minute")
"""How many wrong keys one address may send. After them none is looked at: who guesses on is not told the right one."""
_LOOKED = "playhead.key"

audit = logging.getLogger("playhead.audit")
audit.setLevel(logging.INFO)  # who wrote what is told even where other logs tell warnings alone


def key_of(request: Request) -> Key | None:
    """The key a request presents, if it is one of ours."""
    return _looked(request)[0]


def _looked(request: Request) -> tuple[Key | None, float]:
    """The key of a request, looked for once; and for how many seconds more none is looked at that comes from there."""
    if _LOOKED not in request.scope:
        request.scope[_LOOKED] = _look(request)
    found: tuple[Key | None, float] = request.scope[_LOOKED]
    return found


def _look(request: Request) -> tuple[Key | None, float]:
    keys: Keys = request.app.state.keys
    guesses: Buckets = request.app.state.guesses
    kind, _, presented = request.headers.get("authorization", "").partition(" ")
    if kind.casefold() != "bearer" or not presented.strip():
        return None, 0.0
    client = address_of(request.scope)
    [standing] = guesses.standings(client)
    if not standing.left:
        return None, standing.wait
    key = keys.find(presented.strip())
    if key is None:
        guesses.take(client)
    return key, 0.0


def key_name(request: Request) -> str | None:
    """Whose key a request presents; None without one, or with a wrong one."""
    key = key_of(request)
    return key.name if key else None


def needs(scope: Scope) -> Callable[..., Awaitable[Key]]:
    """For endpoints: the key that a request must have, one that may ``scope``."""

    async def admit(request: Request, _: Annotated[object, Security(_shown)]) -> Key:
        key, wait = _looked(request)
        if wait:
            log_write(None, request.method, request.url.path, "refused: too many wrong keys")
            detail = f"Too many wrong keys came from your address; try again in {ceil(wait)} seconds."
            raise HTTPException(429, detail, {"Retry-After": str(ceil(wait))})
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
