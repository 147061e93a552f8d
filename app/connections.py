"""Connections: whoever is slow to say what they want makes room for those who say it.

uvicorn alone waits for ever for a head that never ends, and counts such connections as it counts honest ones; so a few
hundred of them are enough to keep everybody out. Here a head has seconds to arrive, and of those who have asked nothing
yet, or nothing more, the longest silent goes when there are too many. Who has asked is cut off only for sending slower
than a telephone line did, or for reading nothing of an answer for a minute.
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
LOOK_EVERY = 10.0
"""Seconds between two looks at who sends or reads."""
LEAST_PER_SECOND = 1_000
"""Bytes of a body that have to come, on average between two looks."""
MOST_LOOKS_UNREAD = 6
"""Looks at which nothing of an answer has been read since the one before."""

_TOO_SLOW = b"HTTP/1.1 408 Request Timeout\r\nConnection: close\r\nContent-Length: 0\r\n\r\n"


class Connection(H11Protocol):
    """One connection. ``silent`` are those of its server that have no request under way, the longest silent first."""

    def __init__(
        self,
        *arguments: Any,
        silent: OrderedDict[Connection, None],
        most: int,
        head_seconds: float,
        look_every: float,
        **named: Any,
    ) -> None:
        super().__init__(*arguments, **named)
        self._look_every = look_every
        self._look: asyncio.TimerHandle | None = None
        self._came = 0
        self._was_coming = False
        self._unread, self._looks_unread = 0, 0
        self._silent = silent
        self._most = most
        self._head_seconds = head_seconds
        self._deadline: asyncio.TimerHandle | None = None

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        super().connection_made(transport)
        self._fall_silent()
        self._await_head()

    def data_received(self, data: bytes) -> None:
        self._came += len(data)
        super().data_received(data)
        if self._is_asking():
            self._speak()
            if self._look is None:
                self._look_later()
        elif self._deadline is None and not self.transport.is_closing():
            self._await_head()  # of the next request, whose beginning has come

    def on_response_complete(self) -> None:
        super().on_response_complete()
        if not self._is_asking() and not self.transport.is_closing():
            self._fall_silent()

    def resume_writing(self) -> None:
        self._looks_unread = 0
        super().resume_writing()

    def connection_lost(self, exc: Exception | None) -> None:
        self._speak()
        if self._look is not None:
            self._look.cancel()
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

    def _look_later(self) -> None:
        self._came = 0
        self._was_coming = bool(self.cycle.more_body)
        self._look = self.loop.call_later(self._look_every, self._see)

    def _see(self) -> None:
        """Whether what is asked comes, and what is answered is read."""
        self._look = None
        unread = self.transport.get_write_buffer_size()
        self._looks_unread = self._looks_unread + 1 if 0 < self._unread <= unread else 0
        self._unread = unread
        # Who is kept waiting, because nothing is done with what came so far, is not slow.
        is_coming = self._was_coming and self.cycle.more_body and not self.flow.read_paused
        if is_coming and self._came < LEAST_PER_SECOND * self._look_every:
            self._give_up()
        elif self._looks_unread >= MOST_LOOKS_UNREAD:
            self.transport.abort()
        elif self._is_asking() or unread:
            self._look_later()

    def _give_up(self) -> None:
        if self.transport.is_closing():
            return
        if self._is_asking() and self.cycle.response_started:
            self.transport.abort()
            return
        self.transport.write(_TOO_SLOW)
        self.transport.close()


def connections(
    most_silent: int = MOST_SILENT, head_seconds: float = HEAD_SECONDS, look_every: float = LOOK_EVERY
) -> Any:
    """What uvicorn makes of each connection of one server: ``Config(http=connections())``."""
    return partial(Connection, silent=OrderedDict(), most=most_silent, head_seconds=head_seconds, look_every=look_every)
