"""Connections: whoever is slow to say what they want makes room for those who say it.

uvicorn alone waits for ever for a head that never ends, and counts such connections as it counts honest ones; so a few
hundred of them are enough to keep everybody out. Here a head has seconds to arrive, and of those who have asked nothing
yet, or nothing more, the longest silent goes when there are too many. Who has asked is never cut off.
"""

from __future__ import annotations

import asyncio
from collections import OrderedDict
from functools import partial
from typing import Any

from uvicorn.protocols.http.h11_impl import H11Protocol

HEAD_SECONDS = 10.0
MOST_SILENT = 256
MOST_BYTES_OF_HEAD = 16_384

_TOO_SLOW = b"HTTP/1.1 408 Request Timeout\r\nConnection: close\r\nContent-Length: 0\r\n\r\n"


class Connection(H11Protocol):
    """One connection. ``silent`` are those of its server that have no request under way, the longest silent first."""

    def __init__(
        self, *arguments: Any, silent: OrderedDict[Connection, None], most: int, head_seconds: float, **named: Any
    ) -> None:
        super().__init__(*arguments, **named)
        self._silent = silent
        self._most = most
        self._head_seconds = head_seconds
        self._deadline: asyncio.TimerHandle | None = None

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        super().connection_made(transport)
        self._fall_silent()
        self._await_head()

    def data_received(self, data: bytes) -> None:
        super().data_received(data)
        if self._is_asking():
            self._speak()
        elif self._deadline is None and not self.transport.is_closing():
            self._await_head()  # of the next request, whose beginning has come

    def on_response_complete(self) -> None:
        super().on_response_complete()
        if not self._is_asking() and not self.transport.is_closing():
            self._fall_silent()

    def connection_lost(self, exc: Exception | None) -> None:
        self._speak()
        super().connection_lost(exc)

    def _is_asking(self) -> bool:
        return self.cycle is not None and not self.cycle.response_complete

    def _fall_silent(self) -> None:
        self._silent[self] = None
        self._silent.move_to_end(self)
        if len(self._silent) > self._most:
            longest, _ = self._silent.popitem(last=False)
            longest.transport.abort()

    def _speak(self) -> None:
        self._silent.pop(self, None)
        if self._deadline is not None:
            self._deadline.cancel()
            self._deadline = None

    def _await_head(self) -> None:
        self._deadline = self.loop.call_later(self._head_seconds, self._give_up)

    def _give_up(self) -> None:
        if not self.transport.is_closing():
            self.transport.write(_TOO_SLOW)
            self.transport.close()


def connections(most_silent: int = MOST_SILENT, head_seconds: float = HEAD_SECONDS) -> Any:
    """What uvicorn makes of each connection of one server: ``Config(http=connections())``."""
    return partial(Connection, silent=OrderedDict(), most=most_silent, head_seconds=head_seconds)
