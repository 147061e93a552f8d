"""Connections that are slow to ask, against a real server: honest visitors are answered all the same."""

from __future__ import annotations

import socket
import threading
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from http.client import HTTPConnection
from time import monotonic, sleep

import pytest
import uvicorn
from starlette.responses import PlainTextResponse
from starlette.types import Receive, Scope, Send

from app.connections import MOST_BYTES_OF_HEAD, connections

SLOW_HEAD = b"GET / HTTP/1.1\r\nHost: 127.0.0.1\r\nX-Slow: "


async def answer(scope: Scope, receive: Receive, send: Send) -> None:
    if scope["type"] == "http":
        while (await receive()).get("more_body"):
            pass
        length = int(scope["path"][1:] or 0)
        await PlainTextResponse("x" * length or "answered")(scope, receive, send)


@contextmanager
def served(**limits: float) -> Iterator[int]:
    """The port of a server whose connections have these limits."""
    settings = {
        "http": connections(**limits),  # type: ignore[arg-type]
        "h11_max_incomplete_event_size": MOST_BYTES_OF_HEAD,
        "log_level": "critical",
        "lifespan": "off",
    }
    with socket.create_server(("127.0.0.1", 0), backlog=2048) as listener:
        server = uvicorn.Server(uvicorn.Config(answer, **settings))  # type: ignore[arg-type]
        serving = threading.Thread(target=server.run, kwargs={"sockets": [listener]})
        serving.start()
        yield listener.getsockname()[1]
        server.should_exit = True
        serving.join(20)


def connect(port: int, first: bytes = b"") -> socket.socket:
    opened = socket.create_connection(("127.0.0.1", port), timeout=10)
    opened.sendall(first)
    return opened


def left(slow: socket.socket) -> bytes:
    """What the server says to a connection before it ends it."""
    try:
        return b"".join(iter(lambda: slow.recv(4096), b""))
    except ConnectionResetError:
        return b"reset"


def is_answered(asking: socket.socket) -> bool:
    said = b""
    while b"answered" not in said and (more := asking.recv(4096)):
        said += more
    return b"answered" in said


def ask(port: int, connection: HTTPConnection | None = None) -> str:
    asking = connection or HTTPConnection("127.0.0.1", port, timeout=10)
    asking.request("GET", "/")
    response = asking.getresponse()
    text = response.read().decode()
    if connection is None:
        asking.close()
    return text


def test_a_head_that_does_not_end_is_waited_for_so_long_and_no_longer() -> None:
    with served(head_seconds=0.3) as port, connect(port, SLOW_HEAD) as slow:
        begun = monotonic()
        assert left(slow).startswith(b"HTTP/1.1 408 ")
        assert 0.2 < monotonic() - begun < 5


@pytest.mark.parametrize("trickle", [b"", b"x"], ids=["silent", "a letter at a time"])
def test_a_letter_now_and_then_buys_no_time(trickle: bytes) -> None:
    with served(head_seconds=0.3) as port, connect(port) as slow:
        begun = monotonic()
        slow.settimeout(0.05)
        said = b""
        while monotonic() - begun < 5:
            try:
                if trickle:
                    slow.sendall(trickle)
                said = slow.recv(4096)
                break
            except TimeoutError:
                continue
        assert said.startswith(b"HTTP/1.1 408 ")


def test_the_second_head_on_a_connection_has_to_come_as_well() -> None:
    with served(head_seconds=0.3) as port, connect(port, b"GET / HTTP/1.1\r\nHost: x\r\n\r\n") as slow:
        assert is_answered(slow)
        slow.sendall(SLOW_HEAD)
        assert left(slow).startswith(b"HTTP/1.1 408 ")


def test_of_too_many_silent_connections_the_longest_silent_goes() -> None:
    with served(most_silent=5, head_seconds=30) as port, ExitStack() as opened:
        slow = []
        for _ in range(8):
            slow.append(opened.enter_context(connect(port, SLOW_HEAD)))
            sleep(0.02)
        assert {left(each) for each in slow[:3]} <= {b"", b"reset"}
        for each in slow[3:]:
            each.sendall(b"\r\n\r\n")
            assert is_answered(each)


def test_honest_visitors_are_answered_beside_five_hundred_slow_ones() -> None:
    with served(most_silent=64, head_seconds=30) as port, ExitStack() as opened:
        kept = HTTPConnection("127.0.0.1", port, timeout=10)
        assert ask(port, kept) == "answered"
        for _ in range(500):
            opened.enter_context(connect(port, SLOW_HEAD))
        assert [ask(port) for _ in range(30)] == ["answered"] * 30
        kept.close()


def test_who_has_asked_is_not_cut_off_however_many_are_silent() -> None:
    with served(most_silent=3, head_seconds=30) as port, ExitStack() as opened:
        asking = opened.enter_context(connect(port, b"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 4\r\n\r\nbo"))
        sleep(0.05)
        for _ in range(20):
            opened.enter_context(connect(port, SLOW_HEAD))
        asking.sendall(b"dy")
        assert is_answered(asking)


def test_a_head_beyond_all_measure_is_refused() -> None:
    with served() as port, connect(port, SLOW_HEAD) as long:
        try:
            long.sendall(b"x" * 4 * MOST_BYTES_OF_HEAD)
        except (BrokenPipeError, ConnectionResetError):
            return  # refused before it was all sent
        assert left(long)[:13] in (b"HTTP/1.1 400 ", b"reset")


def test_requests_that_come_at_once_are_answered_in_turn() -> None:
    with served(head_seconds=5) as port, connect(port, b"GET / HTTP/1.1\r\nHost: x\r\n\r\n" * 3) as eager:
        said = b""
        while said.count(b"answered") < 3:
            said += eager.recv(4096)
        assert said.count(b"200 OK") == 3


BODY = b"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 100000\r\n\r\n"


@pytest.mark.parametrize("trickle", [b"", b"x"], ids=["silent", "a letter at a time"])
def test_a_body_that_comes_slower_than_a_thousand_bytes_a_second_is_waited_for_no_longer(trickle: bytes) -> None:
    with served(look_every=0.3) as port, connect(port, BODY) as slow:
        slow.settimeout(0.05)
        said, begun = b"", monotonic()
        while not said and monotonic() - begun < 10:
            try:
                if trickle:
                    slow.sendall(trickle)
                said = slow.recv(4096)
            except TimeoutError:
                continue
        assert said.startswith(b"HTTP/1.1 408 ")


def test_a_body_that_comes_slowly_but_comes_is_waited_for() -> None:
    with served(look_every=0.2) as port, connect(port, BODY) as steady:
        for _ in range(25):
            steady.sendall(b"x" * 4_000)
            sleep(0.04)
        assert is_answered(steady)


def test_an_answer_of_which_nothing_is_read_is_not_kept_for_ever_and_one_that_is_read_slowly_is() -> None:
    large = b"GET /30000000 HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n"
    with served(look_every=0.3) as port, connect(port, large) as deaf, connect(port, large) as slow:
        read = 0
        while more := slow.recv(1_000_000):
            read += len(more)
            sleep(0.1)
        assert read > 30_000_000
        assert len(left(deaf)) < 30_000_000
