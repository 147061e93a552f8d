"""How a guest behaves on the web: one request at a time, a pause between two, and a wait where a host asks for one."""

from __future__ import annotations

import time
from collections import Counter, defaultdict
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime

from playhead.errors import FetchError

BACK_OFFS = (1.0, 4.0)
"""Seconds before a host that is busy is asked a second time, and a third and last."""

LONGEST_WAIT = 60.0
"""Seconds that a run waits for one answer of a host; one that asks for more is left alone until another run."""

PATIENCE = 300.0
"""Seconds that a run waits for one host in all: a feed of a thousand episodes could ask for a minute each time."""

MOST_SILENCES = 3
"""How often in a row a host may not answer before a run gives up on it."""


def _tell_nobody(_: str) -> None:
    pass


@dataclass(slots=True)
class Manners:
    """What was asked of whom, and when. ``tell`` hears of every wait that a host asked for."""

    tell: Callable[[str], None] = _tell_nobody
    sleep: Callable[[float], None] = time.sleep
    now: Callable[[], float] = time.monotonic
    _asked: dict[str, float] = field(default_factory=dict)
    _until: dict[str, float] = field(default_factory=dict)
    _waited: defaultdict[str, float] = field(default_factory=lambda: defaultdict(float))
    _silences: Counter[str] = field(default_factory=Counter)

    def wait_for_turn(self, host: str, pause: float) -> None:
        """Wait ``pause`` seconds from the last request to ``host``, and as long as it asked for.

        Raises FetchError where that is longer than a run waits, and for a host that does not answer any more.
        """
        if self._silences[host] >= MOST_SILENCES:
            raise FetchError(
                f"{host} did not answer {MOST_SILENCES} times in a row, and is left alone; try again later."
            )
        now = self.now()
        left = max(0.0, self._until.get(host, now) - now)
        if left > LONGEST_WAIT:
            raise FetchError(f"{host} asked to be left alone for another {left:.0f} seconds; try again then.")
        if left and self._waited[host] + left > PATIENCE:
            raise FetchError(f"{host} has been waited for {self._waited[host]:.0f} seconds; try again later.")
        self._waited[host] += left
        begins = max(now + left, self._asked.get(host, now - pause) + pause, now)
        self._asked[host] = begins
        self.sleep(begins - now)

    def leave_alone(self, host: str, seconds: float) -> None:
        """Ask nothing of ``host`` for so long."""
        self._until[host] = self.now() + seconds

    def note(self, host: str, *, answered: bool) -> None:
        """Whether ``host`` answered, whatever it said."""
        self._silences[host] = 0 if answered else self._silences[host] + 1


def retry_after(stated: str | None, answered: str | None) -> float | None:
    """How many seconds a host wants to be left alone, given its ``Retry-After`` and its ``Date``; None if unsaid.

    A number of seconds, or the day and time when it may be asked again: RFC 9110, 10.2.3.

    >>> retry_after("120", None), retry_after("soon", None)
    (120.0, None)
    >>> retry_after("Sun, 22 Nov 2026 10:00:30 GMT", "Sun, 22 Nov 2026 10:00:00 GMT")
    30.0
    """
    if not stated:
        return None
    if stated.isascii() and stated.strip().isdecimal():
        return float(stated.strip()[:9])
    until, begins = _moment(stated), _moment(answered or "") or datetime.now(UTC)
    return max(0.0, (until - begins).total_seconds()) if until else None


def _moment(written: str) -> datetime | None:
    try:
        found = parsedate_to_datetime(written)
    except (ValueError, OverflowError):
        return None
    return found if found.tzinfo else found.replace(tzinfo=UTC)
