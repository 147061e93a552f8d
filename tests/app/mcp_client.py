"""Chatbots for the tests: the SDK's own client, and one that speaks every version of the protocol by hand."""

from __future__ import annotations

import json
import socket
import threading
from collections.abc import AsyncIterator, Iterator, Mapping
from contextlib import asynccontextmanager, contextmanager
from typing import Any

import anyio
import httpx
import httpx2
import uvicorn
from mcp import Client
from mcp.client.streamable_http import streamable_http_client
from mcp.types import CallToolResult, Tool
from starlette.types import ASGIApp

HANDSHAKES = ("2024-11-05", "2025-03-26", "2025-06-18", "2025-11-25")
MODERN = "2026-07-28"

Plain = dict[str, Any]


@contextmanager
def served(app: ASGIApp, root_path: str = "") -> Iterator[str]:
    """Where ``app`` is served by a real server while this is open."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        server = uvicorn.Server(uvicorn.Config(app, log_level="warning", root_path=root_path))
        serving = threading.Thread(target=server.run, kwargs={"sockets": [listener]})
        serving.start()
        try:
            yield f"http://127.0.0.1:{listener.getsockname()[1]}"
        finally:
            server.should_exit = True
            serving.join(20)


def listed(place: Any, mode: str = "auto") -> list[Tool]:
    """The tools at ``place``: an address, or anything else that the SDK's client takes."""

    async def ask() -> list[Tool]:
        async with _client(place, mode) as client:
            return (await client.list_tools()).tools

    return anyio.run(ask)


def called(place: Any, *calls: tuple[str, Mapping[str, Any]], mode: str = "auto") -> list[CallToolResult]:
    """What the tools answer to these calls, one after the other."""

    async def ask() -> list[CallToolResult]:
        async with _client(place, mode) as client:
            return [await client.call_tool(name, dict(arguments)) for name, arguments in calls]

    return anyio.run(ask)


def spoken(place: Any, mode: str = "auto") -> tuple[str, str | None]:
    """The version of the protocol that the client and the server agree on, and the server's instructions."""

    async def ask() -> tuple[str, str | None]:
        async with _client(place, mode) as client:
            return client.session.protocol_version, client.instructions

    return anyio.run(ask)


def answer(result: CallToolResult) -> Plain:
    """What a tool answered: one text, which is the structured content as JSON."""
    assert not result.is_error, result.content
    [content] = result.content
    read: Plain = json.loads(content.text)
    assert read == result.structured_content
    return read


def refusal(result: CallToolResult) -> str:
    """Why a tool did not answer."""
    assert result.is_error
    assert result.structured_content is None
    [content] = result.content
    said: str = content.text
    return said


@asynccontextmanager
async def _client(place: Any, mode: str) -> AsyncIterator[Client]:
    async with httpx2.AsyncClient(trust_env=False, timeout=30) as http:
        at = streamable_http_client(place, http_client=http) if isinstance(place, str) else place
        async with Client(at, mode=mode) as client:
            yield client


def post(address: str, message: Plain | list[Plain], version: str | None = None, **headers: str) -> httpx.Response:
    """One message by hand, as a client of this ``version`` sends it."""
    with httpx.Client(trust_env=False, timeout=30) as client:
        return client.post(
            address,
            json=message,
            headers={
                "Accept": "application/json, text/event-stream",
                **({"MCP-Protocol-Version": version} if version else {}),
                **headers,
            },
        )


def initialize(version: str) -> Plain:
    """How a handshake begins."""
    client = {"name": "by-hand", "version": "1"}
    params = {"protocolVersion": version, "capabilities": {}, "clientInfo": client}
    return {"jsonrpc": "2.0", "id": 0, "method": "initialize", "params": params}


def call(name: str, **arguments: object) -> Plain:
    return {"jsonrpc": "2.0", "id": 1, "method": "tools/call", "params": {"name": name, "arguments": arguments}}
