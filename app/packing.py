"""Pages go over the wire packed. What programs ask for does not: packing takes longer than a fast network saves."""

from __future__ import annotations

from starlette.middleware.gzip import GZipMiddleware
from starlette.types import ASGIApp, Receive, Scope, Send

LEVEL = 6
LEAST = 1_000
"""Bytes below which packing saves no packet."""


class Packing:
    """Middleware: gzip for whoever accepts it, around everything but ``/api`` and ``/audio``."""

    def __init__(self, app: ASGIApp) -> None:
        self.plain = app
        self.packed = GZipMiddleware(app, minimum_size=LEAST, compresslevel=LEVEL)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        is_page = scope["type"] == "http" and not scope["path"].startswith(("/api/", "/audio/"))
        await (self.packed if is_page else self.plain)(scope, receive, send)
