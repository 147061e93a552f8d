"""Who is let in when many ask at once: so many are answered, so many wait, and the others are told when to come back.

Without it every request is taken, all wait for each other, and nobody is answered in time: docs/reliability.md.
"""

from __future__ import annotations

import asyncio
import random
from collections.abc import Iterator
from contextlib import contextmanager

from starlette.requests import Request
from starlette.responses import Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from app import problems

AT_ONCE = 8
"""Requests that are worked on. With fewer the model is given too few questions together, with more all wait longer
for each other: of 16, 8 and 4 this answers the most in time on two cores (`python -m bench.load`)."""
WAITING = 64
PATIENCE = 1.0
"""In seconds: who has waited for longer would rather be told."""
BODY_SECONDS = 30.0
"""How long a body may take to arrive; until it has, a request takes nobody's place."""

# Answers that another service composes take long and no processor of ours: they wait for each other alone, and longer.
COMPOSED, COMPOSED_AT_ONCE, COMPOSED_PATIENCE = "/api/v1/ask", 4, 10.0

# What an operator's instruments ask, what a page is made of, and what takes minutes to come or to go.
EXEMPT = ("/healthz", "/readyz", "/metrics", "/api/v1/ingest")
EXEMPT_FOLDERS = ("/static/", "/audio/")
EXEMPT_METHODS = ("DELETE", "OPTIONS")


class Line:
    """Places to be worked on, and the line in front of them."""

    def __init__(self, at_once: int = AT_ONCE, most_waiting: int = WAITING, patience: float = PATIENCE) -> None:
        self.waiting = 0
        self.refused = 0
        self._most_waiting = most_waiting
        self._patience = patience
        self._places = asyncio.Semaphore(at_once)

    async def enter(self) -> bool:
        """Whether there is a place, at once or soon enough. Who has one must `leave`."""
        if self._places.locked() and self.waiting >= self._most_waiting:
            self.refused += 1
            return False
        with self._in_line():
            try:
                async with asyncio.timeout(self._patience):
                    await self._places.acquire()
            except TimeoutError:
                self.refused += 1
                return False
        return True

    def leave(self) -> None:
        """Make room for the next."""
        self._places.release()

    @contextmanager
    def _in_line(self) -> Iterator[None]:
        self.waiting += 1
        try:
            yield
        finally:
            self.waiting -= 1


def composing_line() -> Line:
    """The line in front of an endpoint."""
    return Line(COMPOSED_AT_ONCE, patience=COMPOSED_PATIENCE)


class Admission:
    """Middleware: 503 with ``Retry-After`` for those there is no room for, before anything is done for them."""

    def __init__(self, app: ASGIApp, line: Line, composing: Line) -> None:
        """``composing`` is for answers that another service composes; where there is none, it is ``line`` as well."""
        self.app = app
        self._line = line
        self._composing = composing

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or _is_exempt(scope):
            await self.app(scope, receive, send)
            return
        if scope["method"] not in ("GET", "HEAD"):
            try:
                async with asyncio.timeout(BODY_SECONDS):
                    receive = await _received(receive)
            except TimeoutError:
                await _too_slow(scope)(scope, receive, send)
                return
        line = self._composing if scope["path"] == COMPOSED else self._line
        if not await line.enter():
            await _too_many(scope)(scope, receive, send)
            return
        inside = True

        def leave() -> None:
            nonlocal inside
            if inside:
                inside = False
                line.leave()

        async def answer(message: Message) -> None:
            if message["type"] == "http.response.start":
                leave()  # the work is done, and a slow reader stands in nobody's way
            await send(message)

        try:
            await self.app(scope, receive, answer)
        finally:
            leave()


def _is_exempt(scope: Scope) -> bool:
    path = scope["path"]
    return path in EXEMPT or path.startswith(EXEMPT_FOLDERS) or scope["method"] in EXEMPT_METHODS


def _too_many(scope: Scope) -> Response:
    # Not all at the same second, or they would all be refused again.
    wait = {"Retry-After": str(random.randint(1, 3))}  # noqa: S311 - spreads clients, keeps no secret  # nosec B311
    return problems.respond(Request(scope), 503, "Too many ask at once; ask again in a moment.", headers=wait)


def _too_slow(scope: Scope) -> Response:
    detail = f"The body of this request did not arrive within {BODY_SECONDS:.0f} seconds."
    return problems.respond(Request(scope), 408, detail, headers={"Connection": "close"})


async def _received(receive: Receive) -> Receive:
    """The whole body, to be received once more."""
    messages: list[Message] = []
    while not messages or (messages[-1]["type"] == "http.request" and messages[-1].get("more_body", False)):
        messages.append(await receive())
    kept = iter(messages)

    async def again() -> Message:
        return next(kept, None) or await receive()

    return again
