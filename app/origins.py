"""Whose pages may ask from a browser: the origins that `PLAYHEAD_ORIGINS` names, besides our own (Fetch, 3.3)."""

from __future__ import annotations

import re

from starlette.datastructures import Headers, MutableHeaders
from starlette.responses import Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from app.visits import HEADER
from playhead.errors import SettingsError
from playhead.settings import Settings

ANYBODY = "*"

# What may be asked from elsewhere. No header that carries a key is among these, so nobody's page writes or removes.
OPEN = ("/openapi.json", "/llms.txt", "/mcp")
OPEN_FOLDERS = ("/api/v1/", "/mcp/")
METHODS = ("GET", "HEAD", "POST")
HEADERS = f"Accept, Content-Type, If-None-Match, Mcp-Method, Mcp-Name, Mcp-Protocol-Version, Mcp-Session-Id, {HEADER}"
SHOWN = f"ETag, Mcp-Session-Id, RateLimit, RateLimit-Policy, Retry-After, {HEADER}"
REMEMBERED = 7_200
"""Seconds a browser need not ask again whether it may ask; none remembers it for longer."""

# RFC 6454, 6.2: what a browser sends as Origin, in lower case and without the port that goes without saying.
_ORIGIN = re.compile(r"https?://(?:[a-z0-9._-]+|\[[0-9a-f:.]+\])(?::\d{1,5})?")


def origins(settings: Settings) -> frozenset[str]:
    """The origins that may ask, as browsers write them; `ANYBODY` alone for all. Raises SettingsError."""
    named = [each.lower().rstrip("/") for each in re.split(r"[\s,]+", settings.origins) if each]
    if ANYBODY in named:
        return frozenset({ANYBODY})
    for each in named:
        if not _ORIGIN.fullmatch(each):
            raise SettingsError(f"PLAYHEAD_ORIGINS: {each[:80]!r} is no origin; write it as https://app.example.org.")
    return frozenset(_written(each) for each in named)


def may_ask(origin: str, allowed: frozenset[str]) -> bool:
    """Whether a page of ``origin`` may ask, where ``allowed`` is what `origins` gave."""
    return bool(origin) and (ANYBODY in allowed or origin.lower() in allowed)


class Origins:
    """Middleware: lets the pages of these origins read our answers. Never with cookies or passwords."""

    def __init__(self, app: ASGIApp, allowed: frozenset[str]) -> None:
        self.app = app
        self.allowed = allowed

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or not self.allowed or not _is_open(scope["path"]):
            await self.app(scope, receive, send)
            return
        asked = Headers(scope=scope)
        origin = asked.get("origin", "")
        permitted = may_ask(origin, self.allowed)

        async def answer(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                if ANYBODY in self.allowed:
                    headers["Access-Control-Allow-Origin"] = ANYBODY
                else:
                    headers.add_vary_header("Origin")
                    if permitted:
                        headers["Access-Control-Allow-Origin"] = origin
                headers["Access-Control-Expose-Headers"] = SHOWN
            await send(message)

        wanted = asked.get("access-control-request-method")
        if scope["method"] == "OPTIONS" and permitted and wanted in METHODS:
            await _permission()(scope, receive, answer)
        else:
            await self.app(scope, receive, answer)


def _permission() -> Response:
    return Response(
        status_code=204,
        headers={
            "Access-Control-Allow-Methods": ", ".join(METHODS),
            "Access-Control-Allow-Headers": HEADERS,
            "Access-Control-Max-Age": str(REMEMBERED),
        },
    )


def _is_open(path: str) -> bool:
    return path in OPEN or path.startswith(OPEN_FOLDERS)


def _written(origin: str) -> str:
    """As a browser writes it: :80 and :443 go without saying."""
    scheme, _, host = origin.partition("://")
    return f"{scheme}://{host.removesuffix({'http': ':80', 'https': ':443'}[scheme])}"
