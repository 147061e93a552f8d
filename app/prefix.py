"""A path that a proxy serves us under, as in https://example.org/podcasts: taken off here, if the proxy has not.

What is inside never sees it, so a limit, a route or the form of an error is the same wherever the service is put.
Links that lead here begin with `PLAYHEAD_PUBLIC_URL`, which has it.
"""

from __future__ import annotations

from urllib.parse import quote, urlsplit

from starlette.types import ASGIApp, Receive, Scope, Send

from playhead.settings import Settings


def prefix(settings: Settings) -> str:
    """The path of our public address: /podcasts, or "" where we have a host to ourselves."""
    return urlsplit(settings.public_url).path.rstrip("/")


class Prefix:
    """Middleware around everything else."""

    def __init__(self, app: ASGIApp, prefix: str) -> None:
        self.app = app
        self.prefix = prefix

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if self.prefix and scope["type"] == "http":
            path = scope["path"]
            if path == self.prefix or path.startswith(f"{self.prefix}/"):
                path = path.removeprefix(self.prefix) or "/"
            # A server that was told of the prefix puts it before the path, and says so (ASGI, root_path).
            scope = {**scope, "path": path, "raw_path": quote(path).encode(), "root_path": ""}
        await self.app(scope, receive, send)
