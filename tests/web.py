"""A web of one machine: a real server on loopback, and what it was asked."""

from __future__ import annotations

import socket
import ssl
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path


@dataclass
class Page:
    """What lies at a path, and how it is answered."""

    body: bytes = b""
    status: int = 200
    headers: dict[str, str] = field(default_factory=dict)


@dataclass
class Web:
    """Pages by path, and ``first`` what is answered before them, once each; ``asked`` are the requests so far."""

    port: int = 0
    pages: dict[str, Page] = field(default_factory=dict)
    first: dict[str, list[Page]] = field(default_factory=dict)
    asked: list[tuple[str, dict[str, str]]] = field(default_factory=list)
    sent: int = 0
    """How many bytes of pages."""

    @property
    def place(self) -> str:
        return f"127.0.0.1:{self.port}"

    @property
    def paths(self) -> list[str]:
        return [path for path, _ in self.asked]

    def url(self, path: str) -> str:
        return f"http://{self.place}{path}"

    def put(self, path: str, body: str | bytes, **headers: str) -> str:
        data = body.encode() if isinstance(body, str) else body
        self.pages[path] = Page(data, headers={name.replace("_", "-"): value for name, value in headers.items()})
        return self.url(path)

    def send_on(self, path: str, to: str, status: int = 302) -> str:
        self.pages[path] = Page(status=status, headers={"Location": to})
        return self.url(path)


@contextmanager
def web(certificate: Path | None = None) -> Iterator[Web]:
    """A server for as long as the block lasts; with a ``certificate`` and its key it speaks TLS."""
    served = Web()

    class Answer(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            served.asked.append((self.path, dict(self.headers)))
            before = served.first.get(self.path)
            page = before.pop(0) if before else served.pages.get(self.path, Page(status=404))
            for mark, given in (("ETag", "If-None-Match"), ("Last-Modified", "If-Modified-Since")):
                if mark in page.headers and self.headers.get(given) == page.headers[mark]:
                    page = Page(status=304, headers={mark: page.headers[mark]})
            served.sent += len(page.body)
            (self.send_response_only if "Date" in page.headers else self.send_response)(page.status)
            for name, value in {"Content-Length": str(len(page.body)), **page.headers}.items():
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(page.body)

        def log_message(self, *_: object) -> None:
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Answer) as server:
        served.port = server.server_port
        if certificate:
            context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            context.load_cert_chain(certificate)
            server.socket = context.wrap_socket(server.socket, server_side=True)
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        try:
            yield served
        finally:
            server.shutdown()
            thread.join()


@dataclass
class Door:
    """A port that somebody listens at, and how often it was knocked on."""

    port: int
    knocks: int = 0


@contextmanager
def door(answer: bytes = b"", pause: float = 0.0) -> Iterator[Door]:
    """A bare listener on 127.0.0.1 that counts connections; to each it sends ``answer``, a byte every ``pause``."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        found = Door(listener.getsockname()[1])
        closing = threading.Event()

        def listen() -> None:
            while not closing.is_set():
                try:
                    line, _ = listener.accept()
                except OSError:
                    return
                with line:
                    if closing.is_set():
                        return
                    found.knocks += 1
                    for byte in answer:
                        try:
                            line.sendall(bytes([byte]))
                        except OSError:
                            break
                        closing.wait(pause)

        thread = threading.Thread(target=listen)
        thread.start()
        try:
            yield found
        finally:
            closing.set()
            socket.create_connection(("127.0.0.1", found.port)).close()
            thread.join()
