"""A language model's endpoint, small and real: HTTP on loopback, chat completions as OpenAI's API has them.

What it writes is up to a test. `quoting` is the one that does its work: it answers with the first sentence of each of
the excerpts it is given, and cites it.
"""

from __future__ import annotations

import json
import re
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

Writes = Callable[[dict[str, Any]], "str | dict[str, Any]"]


def quoting(asked: dict[str, Any]) -> str:
    """An answer that keeps to the excerpts: the first sentence of the last turn of each of the first three."""
    given = asked["messages"][-1]["content"]
    blocks = re.findall(r"^===== ?\S* excerpt (\d+) \(.*\)\n((?:.+\n?)+)", given, re.MULTILINE)
    said = [(number, words.strip().splitlines()[-1].partition(": ")[2]) for number, words in blocks[:3]]
    return " ".join(f"{words.split('. ')[0].rstrip('.?!')} [{number}]." for number, words in said)


@dataclass
class Chat:
    """The endpoint: what it ``writes`` to what it is asked, and what it was asked, with headers in lower case.

    ``serve`` takes over the whole answer, for a test of one that does not speak the protocol.
    """

    address: str = ""
    writes: Writes = quoting
    serve: Callable[[BaseHTTPRequestHandler], None] | None = None
    asked: list[dict[str, Any]] = field(default_factory=list)
    headers: list[dict[str, str]] = field(default_factory=list)


def searching(asked: dict[str, Any]) -> str | dict[str, Any]:
    """Of a model with a tool: search for what was asked, then answer with the best sentence and its link."""
    last = asked["messages"][-1]
    if last["role"] == "tool":
        answer = re.search(r"^## 1\. \[[^]]*\]\((\S+)\).*?\*\*(.+?)\*\*", last["content"], re.MULTILINE | re.DOTALL)
        return f"{answer[2]} ({answer[1]})" if answer else last["content"]
    [tool] = asked["tools"]
    call = {"name": tool["function"]["name"], "arguments": json.dumps({"q": last["content"]})}
    return {"role": "assistant", "content": None, "tool_calls": [{"id": "1", "type": "function", "function": call}]}


def completion(message: str | dict[str, Any], model: str = "small") -> dict[str, Any]:
    """A chat completion: https://platform.openai.com/docs/api-reference/chat/object."""
    spoken = {"role": "assistant", "content": message} if isinstance(message, str) else message
    reason = "tool_calls" if spoken.get("tool_calls") else "stop"
    return {
        "id": "chatcmpl-1",
        "object": "chat.completion",
        "created": 1_700_000_000,
        "model": model,
        "choices": [{"index": 0, "message": spoken, "finish_reason": reason}],
        "usage": {"prompt_tokens": 1, "completion_tokens": 1, "total_tokens": 2},
    }


@contextmanager
def open_chat() -> Iterator[Chat]:
    chat = Chat()

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            if self.path != "/v1/chat/completions":
                send(self, 404, b"{}")
                return
            chat.asked.append(json.loads(body))
            chat.headers.append({name.lower(): value for name, value in self.headers.items()})
            if chat.serve:
                chat.serve(self)
            else:
                send(self, 200, json.dumps(completion(chat.writes(chat.asked[-1]))).encode())

        def log_message(self, *_: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads, server.block_on_close = True, False
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    chat.address = f"http://127.0.0.1:{server.server_port}/v1"
    try:
        yield chat
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


def send(handler: BaseHTTPRequestHandler, status: int, body: bytes, **headers: str) -> None:
    handler.send_response(status)
    for name, value in ({"Content-Type": "application/json", "Content-Length": str(len(body))} | headers).items():
        handler.send_header(name.replace("_", "-"), value)
    handler.end_headers()
    handler.wfile.write(body)
