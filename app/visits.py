"""A visit: one request, what it asked for, and what became of it. What is logged and counted is taken from here."""

from __future__ import annotations

import re
import secrets
from collections.abc import Callable, Iterable
from contextvars import ContextVar
from dataclasses import dataclass, field
from time import perf_counter

from starlette.datastructures import MutableHeaders
from starlette.requests import Request
from starlette.types import ASGIApp, Message, Receive, Scope, Send

HEADER = "X-Request-ID"

UNKNOWN = "unknown"
"""The route of whatever leads nowhere: what a visitor makes up is neither logged nor counted apart."""

LEFT = 499
"""The status of an answer nobody waited for, as nginx writes it."""

METHODS = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"})

_ID = re.compile(r"[A-Za-z0-9._-]{1,64}")


@dataclass(slots=True)
class Visit:
    """One request. ``seconds`` and ``bytes`` are those of the answer; ``stages`` are seconds of a search."""

    id: str
    method: str
    route: str = UNKNOWN
    status: int = LEFT
    bytes: int = 0
    seconds: float = 0.0
    key: str | None = None
    stages: dict[str, float] = field(default_factory=dict)


_current: ContextVar[Visit | None] = ContextVar("visit", default=None)


def visit() -> Visit | None:
    """The request that is being answered, if any is."""
    return _current.get()


class Visits:
    """Middleware around everything: gives a request its id, and tells ``reports`` how it ended."""

    def __init__(
        self, app: ASGIApp, name_key: Callable[[Request], str | None], reports: Iterable[Callable[[Visit], None]]
    ) -> None:
        self.app = app
        self.name_key = name_key
        self.reports = tuple(reports)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        method = scope["method"] if scope["method"] in METHODS else "other"
        request = Request(scope)
        visit = Visit(_named(request.headers.get(HEADER, "")), method, key=self.name_key(request))
        begun = perf_counter()
        token = _current.set(visit)

        async def answer(message: Message) -> None:
            if message["type"] == "http.response.start":
                visit.status = message["status"]
                MutableHeaders(scope=message)[HEADER] = visit.id
            else:
                visit.bytes += len(message.get("body", b""))
            await send(message)

        try:
            await self.app(scope, receive, answer)
        finally:
            visit.seconds = perf_counter() - begun
            for report in self.reports:
                report(visit)
            _current.reset(token)


class Routed:
    """Middleware nearest the routes: notes in the visit which of them was taken, as it is written down."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        outside = len(scope.get("root_path", ""))
        try:
            await self.app(scope, receive, send)
        finally:
            visit = _current.get()
            if visit is not None:
                visit.route = _written(scope, outside)


def _written(scope: Scope, outside: int) -> str:
    """The route that was taken, as the code has it."""
    if mounted := scope.get("root_path", "")[outside:]:
        return f"{mounted}/{{path}}"
    if "route" in scope:
        return getattr(scope["route"], "path_format", UNKNOWN)
    # A plain route is not named in the scope; where it takes nothing from the path, the path is how it is written.
    return scope["path"] if "endpoint" in scope and not scope.get("path_params") else UNKNOWN


def _named(given: str) -> str:
    """The id that a proxy or a client gave the request, if it is one; else one of our own."""
    return given if _ID.fullmatch(given) else secrets.token_hex(8)
