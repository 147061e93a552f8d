"""Several messages of MCP in one request: the revision of 2025-03-26 lets a client send them so, and no other does.

The SDK takes one message at a time, so a batch is taken apart and its answers put together.
https://modelcontextprotocol.io/specification/2025-03-26/basic#messages
"""

from __future__ import annotations

import json
from typing import Any

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

MOST_MESSAGES = 20
INVALID_REQUEST = -32600
VERSION = "2025-03-26"


async def answer(app: ASGIApp, scope: Scope, receive: Receive, send: Send) -> None:
    """What ``app`` answers to the message in the request, or to each of several."""
    if Request(scope).headers.get("mcp-protocol-version", VERSION) != VERSION:  # the header is younger, so it may lack
        await app(scope, receive, send)
        return
    body = await _body(receive)
    messages = _messages(body)
    if not messages:
        await app(scope, _again(body, receive), send)
        return
    if len(messages) > MOST_MESSAGES:
        detail = f"A batch may have {MOST_MESSAGES} messages; this one has {len(messages):,}."
        refusal = {"jsonrpc": "2.0", "id": None, "error": {"code": INVALID_REQUEST, "message": detail}}
        await JSONResponse(refusal, 400)(scope, receive, send)
        return
    answers = [await _alone(app, scope, message, receive) for message in messages]
    told = [each for each in answers if each is not None]
    await (JSONResponse(told) if told else Response(status_code=202))(scope, receive, send)


async def _body(receive: Receive) -> bytes:
    """The whole body, or what there is of it where the client has gone."""
    parts = []
    while True:
        message = await receive()
        parts.append(message.get("body", b""))
        if not message.get("more_body", False):
            return b"".join(parts)


def _messages(body: bytes) -> list[Any]:
    """The messages of a batch; none where it is a single one, or nothing that can be read."""
    if not body.lstrip().startswith(b"["):
        return []
    try:
        read = json.loads(body)
    except (ValueError, RecursionError):
        return []
    return read if isinstance(read, list) else []


async def _alone(app: ASGIApp, scope: Scope, message: Any, receive: Receive) -> Any:
    """What ``app`` answers to one message: None to a notification."""
    parts: list[bytes] = []

    async def take(sent: Message) -> None:
        parts.append(sent.get("body", b""))

    await app(scope, _again(json.dumps(message).encode(), receive), take)
    written = b"".join(parts)
    return json.loads(written) if written else None


def _again(body: bytes, receive: Receive) -> Receive:
    """A request whose body is ``body``, and after which nothing comes but what really comes."""
    given = False

    async def take() -> Message:
        nonlocal given
        if given:
            return await receive()
        given = True
        return {"type": "http.request", "body": body, "more_body": False}

    return take
