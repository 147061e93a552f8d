"""Many ask at once: so many are answered, so many wait, and the others are told when to come back."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable

import httpx
import pytest
from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.responses import PlainTextResponse
from starlette.routing import Mount
from starlette.types import Receive, Scope, Send

from app import admission
from app.admission import Admission, Line


class Slow:
    """A service that answers when it is let, and counts those it has at work."""

    def __init__(self) -> None:
        self.let = asyncio.Event()
        self.at_work = self.most = 0

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        self.at_work += 1
        self.most = max(self.most, self.at_work)
        body = (await receive()).get("body", b"") if scope["method"] == "POST" else b""
        await self.let.wait()
        self.at_work -= 1
        await PlainTextResponse(body or b"answered")(scope, receive, send)


def through(line: Line, story: Callable[[httpx.AsyncClient, Slow], Awaitable[None]]) -> None:
    """Tell a story of a client and a slow service with a line in front of it."""

    async def tell() -> None:
        service = Slow()
        app = Starlette(
            routes=[Mount("/", app=service)], middleware=[Middleware(Admission, line=line, composing=Line(1))]
        )
        app.state.public_url = ""
        transport = httpx.ASGITransport(app=app)
        async with httpx.AsyncClient(transport=transport, base_url="http://127.0.0.1") as client:
            await story(client, service)

    asyncio.run(tell())


async def until(holds: Callable[[], bool]) -> None:
    async with asyncio.timeout(10):
        while not holds():
            await asyncio.sleep(0.001)


def test_so_many_are_worked_on_at_once_and_the_others_follow() -> None:
    line = Line(at_once=3, most_waiting=20, patience=10)

    async def story(client: httpx.AsyncClient, service: Slow) -> None:
        asked = [asyncio.create_task(client.get("/search")) for _ in range(12)]
        await until(lambda: line.waiting == 9)
        assert service.at_work == 3
        service.let.set()
        assert [each.status_code for each in await asyncio.gather(*asked)] == [200] * 12
        assert service.most == 3

    through(line, story)


def test_who_finds_the_line_full_is_told_so_at_once_and_when_to_come_back() -> None:
    line = Line(at_once=1, most_waiting=2, patience=10)

    async def story(client: httpx.AsyncClient, service: Slow) -> None:
        asked = [asyncio.create_task(client.get("/search")) for _ in range(3)]
        await until(lambda: line.waiting == 2)
        refused = await client.get("/api/v1/search?q=x")
        assert refused.status_code == 503
        assert refused.headers["content-type"] == "application/problem+json"
        assert 1 <= int(refused.headers["retry-after"]) <= 3
        page = await client.get("/search?q=x")
        assert (page.status_code, page.headers["content-type"]) == (503, "text/html; charset=utf-8")
        service.let.set()
        assert [each.status_code for each in await asyncio.gather(*asked)] == [200] * 3
        assert line.refused == 2
        assert (await client.get("/search")).status_code == 200

    through(line, story)


def test_who_has_waited_too_long_is_told_so_and_never_worked_on() -> None:
    line = Line(at_once=1, most_waiting=5, patience=0.05)

    async def story(client: httpx.AsyncClient, service: Slow) -> None:
        first = asyncio.create_task(client.get("/search"))
        await until(lambda: service.at_work == 1)
        assert (await client.get("/search")).status_code == 503
        service.let.set()
        assert (await first).status_code == 200
        assert service.most == 1

    through(line, story)


def test_who_leaves_the_line_makes_room_in_it() -> None:
    line = Line(at_once=1, most_waiting=1, patience=10)

    async def story(client: httpx.AsyncClient, service: Slow) -> None:
        asked = [asyncio.create_task(client.get("/search")) for _ in range(2)]
        await until(lambda: line.waiting == 1)
        asked[1].cancel()
        await until(lambda: line.waiting == 0)
        service.let.set()
        assert (await client.get("/search")).status_code == 200
        assert (await asked[0]).status_code == 200

    through(line, story)


@pytest.mark.parametrize("path", ["/healthz", "/readyz", "/metrics", "/static/playhead.css", "/audio/show/one"])
def test_instruments_and_parts_of_pages_stand_in_no_line(path: str) -> None:
    line = Line(at_once=1, most_waiting=0, patience=10)

    async def story(client: httpx.AsyncClient, service: Slow) -> None:
        first = asyncio.create_task(client.get("/search"))
        await until(lambda: service.at_work == 1)
        second = asyncio.create_task(client.get(path))
        await until(lambda: service.at_work == 2)
        service.let.set()
        assert [(await each).status_code for each in (first, second)] == [200, 200]

    through(line, story)


def test_who_waits_for_a_composed_answer_is_in_nobody_else_s_way() -> None:
    line = Line(at_once=1, most_waiting=0, patience=10)

    async def story(client: httpx.AsyncClient, service: Slow) -> None:
        composed = asyncio.create_task(client.post("/api/v1/ask", content=b"why"))
        await until(lambda: service.at_work == 1)
        service.let.set()
        assert (await client.get("/search")).status_code == 200
        assert (await composed).text == "why"

    through(line, story)


def test_a_body_that_does_not_come_takes_nobody_s_place(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(admission, "BODY_SECONDS", 0.2)
    line = Line(at_once=1, most_waiting=0, patience=10)

    async def trickle():  # type: ignore[no-untyped-def]
        yield b"notes="
        await asyncio.sleep(5)
        yield b"late"

    async def story(client: httpx.AsyncClient, service: Slow) -> None:
        service.let.set()
        slow = asyncio.create_task(client.post("/api/v1/link", content=trickle()))
        await asyncio.sleep(0.05)
        assert (await client.post("/api/v1/link", content=b"notes=soon")).text == "notes=soon"
        assert (await slow).status_code == 408

    through(line, story)
