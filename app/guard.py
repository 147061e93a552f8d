"""The guard at the door: which hosts we answer for, how large a request may be, and what every answer carries."""

from __future__ import annotations

import re
from collections.abc import Iterable
from urllib.parse import urlsplit

from starlette.datastructures import Headers, MutableHeaders
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from app import problems
from playhead.settings import Settings

# Nothing from elsewhere runs, loads or frames us; only audio may come from wherever an episode is kept.
CONTENT_POLICY = (
    "default-src 'none'; style-src 'self'; script-src 'self'; img-src 'self'; media-src *; connect-src 'self'; "
    "form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
)
HEADERS = {
    "Content-Security-Policy": CONTENT_POLICY,
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=()",
    "Cross-Origin-Opener-Policy": "same-origin",
}

LOCAL_NAMES = frozenset({"localhost", "127.0.0.1", "::1"})

# Every question fits into a URL, and the longest quote into this.
MOST_BYTES = 16_384
# Show notes are longer, the more so as a form sends them: nine bytes for a letter of Chinese.
MOST_BYTES_OF_NOTES = 4_000_000
TAKE_NOTES = ("/notes", "/api/v1/link", "/mcp", "/mcp/")
# Files, which are not kept in memory: the settings say how many bytes of them.
TAKES_UPLOADS = "/api/v1/ingest"

_HOST = re.compile(r"(\[[0-9a-f:.]+\]|[a-z0-9.-]+)(?::\d{1,5})?")


def hosts(settings: Settings) -> frozenset[str]:
    """The names this service answers to. Any other means that somebody's page points its own name at us."""
    ours = {*LOCAL_NAMES, settings.host.strip("[]").lower()}
    if settings.public_url:
        ours.add(_as_asked_for(urlsplit(settings.public_url).hostname or ""))
    # Addresses to listen on are no names to be called by.
    return frozenset(ours - {"", "0.0.0.0", "::"})  # noqa: S104  # nosec B104


class Guard:
    """Middleware around the whole service."""

    def __init__(self, app: ASGIApp, hosts: Iterable[str], most_bytes_of_upload: int = MOST_BYTES) -> None:
        self.app = app
        self.hosts = frozenset(hosts)
        self.most = dict.fromkeys(TAKE_NOTES, MOST_BYTES_OF_NOTES) | {TAKES_UPLOADS: most_bytes_of_upload}

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        headers = Headers(scope=scope)
        head = scope["method"] == "HEAD"
        begun, taken = False, 0
        most = self.most.get(scope["path"], MOST_BYTES)

        async def take() -> Message:
            nonlocal taken
            message = await receive()
            taken += len(message.get("body", b""))
            if taken > most:  # a body that comes in pieces states no length
                raise HTTPException(413, f"A request may have {most:,} bytes; this one has more.")
            return message

        async def answer(message: Message) -> None:
            nonlocal begun
            if message["type"] == "http.response.start":
                begun = True
                carried = MutableHeaders(scope=message)
                for name, value in HEADERS.items():
                    carried.setdefault(name, value)
            elif head:
                message = {**message, "body": b""}
            await send(message)

        # HEAD is GET without the body (RFC 9110, 9.3.2); routes need not know, but may spare themselves a large one.
        inner = {**scope, "method": "GET", "headers_only": True} if head else scope
        request = Request(inner)
        refusal = self._refusal(headers, most)
        if refusal:
            await problems.respond(request, *refusal)(inner, take, answer)
            return
        try:
            await self.app(inner, take, answer)
        except HTTPException as error:  # a body beyond all measure, read before it came to a route
            if begun:
                raise
            await problems.respond(request, error.status_code, error.detail)(inner, take, answer)
        except Exception as error:
            if begun:
                raise  # half an answer is out; the server cuts the connection
            await problems.unexpected(request, error)(inner, take, answer)

    def _refusal(self, headers: Headers, most: int) -> tuple[int, str] | None:
        """Status and reason, when the request is not let in."""
        host = _name(headers.get("host", ""))
        if host not in self.hosts:
            return 400, (
                f"This service does not answer for the host {host[:80]!r}; "
                "set PLAYHEAD_PUBLIC_URL to the address people reach it at."
            )
        length = headers.get("content-length", "0")
        if not length.isdigit() or int(length) > most:
            return 413, f"A request may have {most:,} bytes; this one states {length[:20]}."
        return None


def _as_asked_for(name: str) -> str:
    """A name in other letters than ASCII's, as browsers put it (RFC 5891)."""
    try:
        return name if name.isascii() else name.encode("idna").decode("ascii")
    except UnicodeError:
        return name


def _name(host: str) -> str:
    """The name in a Host header, without its port and brackets; "" for what is no host."""
    match = _HOST.fullmatch(host.lower())
    return match[1].strip("[]") if match else ""
