"""How often a client may ask: a bucket each, that empties with every request and fills again evenly.

The generic cell rate algorithm (ITU-T I.371, annex A) keeps one number a bucket: the time at which it is full again.
What a client is told follows draft-ietf-httpapi-ratelimit-headers-11. Why no library:
docs/design.md, "How is a client kept from asking too often?".
"""

from __future__ import annotations

import re
from collections import OrderedDict
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from math import ceil, floor
from time import monotonic

from starlette.datastructures import MutableHeaders
from starlette.requests import Request
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from app import problems
from app.clients import address_of
from app.visits import visit
from playhead.errors import SettingsError
from playhead.settings import Settings

SECONDS = {"second": 1, "minute": 60, "hour": 3_600, "day": 86_400}

# Who has not been heard of for longest is forgotten: some 20 MB, however many addresses somebody has.
MOST_CLIENTS = 100_000

# What an operator's instruments ask every few seconds, and what a page is made of.
EXEMPT = ("/healthz", "/readyz", "/metrics")
EXEMPT_FOLDER = "/static/"

QUOTA_EXCEEDED = "https://iana.org/assignments/http-problem-types#quota-exceeded"

_RATE = re.compile(r"([1-9]\d{0,6})\s*/\s*(second|minute|hour|day)")


@dataclass(frozen=True, slots=True)
class Rate:
    """So many requests in one of those periods."""

    requests: int
    period: str

    @property
    def window(self) -> int:
        """In seconds."""
        return SECONDS[self.period]


@dataclass(frozen=True, slots=True)
class Standing:
    """How a client stands with one rate: requests left, seconds until there is another one, and until all are."""

    rate: Rate
    left: int
    wait: float
    full: float


def rates(settings: Settings) -> tuple[Rate, ...]:
    """The rates that the settings name, all of which hold; none where there is no limit. Raises SettingsError."""
    found = []
    for written in filter(None, re.split(r"\s*[,;]\s*", settings.rate.strip())):
        match = _RATE.fullmatch(written)
        if match is None:
            raise SettingsError(f"PLAYHEAD_RATE: {written[:40]!r} is no rate; write it as 60/minute.")
        found.append(Rate(int(match[1]), match[2]))
    if len({rate.period for rate in found}) < len(found):
        raise SettingsError("PLAYHEAD_RATE: there are two rates for the same period.")
    return tuple(found)


class Buckets:
    """The buckets of every client, one for each rate."""

    def __init__(self, rates: Sequence[Rate], clock: Callable[[], float] = monotonic, most: int = MOST_CLIENTS) -> None:
        self.rates = tuple(rates)
        self.clock = clock
        self.most = most
        self._full_at: OrderedDict[str, tuple[float, ...]] = OrderedDict()

    def __len__(self) -> int:
        return len(self._full_at)

    def standings(self, client: str) -> list[Standing]:
        """How ``client`` stands with each rate."""
        return self._standings(client, self.clock())

    def take(self, client: str) -> tuple[bool, list[Standing]]:
        """Whether ``client`` may ask once more, and how it stands then. A request that is refused costs nothing."""
        now = self.clock()
        known = self._full_at.get(client, (now,) * len(self.rates))
        full_at = [max(now, at) + rate.window / rate.requests for rate, at in zip(self.rates, known, strict=True)]
        # In floating point, the last request of a full bucket may come out a hair beyond the window.
        allowed = all(at - now <= rate.window + 1e-6 for rate, at in zip(self.rates, full_at, strict=True))
        if allowed:
            self._full_at[client] = tuple(full_at)
            self._full_at.move_to_end(client)
            if len(self._full_at) > self.most:
                self._full_at.popitem(last=False)
        return allowed, self._standings(client, now)

    def _standings(self, client: str, now: float) -> list[Standing]:
        known = self._full_at.get(client, (now,) * len(self.rates))
        return [_standing(rate, max(0.0, at - now)) for rate, at in zip(self.rates, known, strict=True)]


class Rates:
    """Middleware: 429 for whoever asks too often, and in every answer how the client stands."""

    def __init__(self, app: ASGIApp, buckets: Buckets) -> None:
        self.app = app
        self.buckets = buckets
        self.policy = ", ".join(f'"{rate.period}";q={rate.requests};w={rate.window}' for rate in buckets.rates)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or scope["path"] in EXEMPT or scope["path"].startswith(EXEMPT_FOLDER):
            await self.app(scope, receive, send)
            return
        allowed, standings = self.buckets.take(_client(scope))

        async def answer(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                headers["RateLimit-Policy"] = self.policy
                headers["RateLimit"] = ", ".join(
                    f'"{each.rate.period}";r={each.left};t={ceil(each.full if each.left else each.wait)}'
                    for each in standings
                )
            await send(message)

        if allowed:
            await self.app(scope, receive, answer)
        else:
            await _refusal(Request(scope), standings)(scope, receive, answer)


def _client(scope: Scope) -> str:
    """Who the bucket belongs to: an address cannot be taken for the name of a key."""
    current = visit()
    return f"key {current.key}" if current and current.key else address_of(scope)


def _standing(rate: Rate, full: float) -> Standing:
    each = rate.window / rate.requests
    left = floor((rate.window - full) / each + 1e-6)
    return Standing(rate, left, 0.0 if left else full + each - rate.window, full)


def _refusal(request: Request, standings: Sequence[Standing]):  # type: ignore[no-untyped-def]
    empty = [standing for standing in standings if not standing.left]
    wait = max(1, ceil(max(each.wait for each in empty)))
    limits = " and ".join(f"{each.rate.requests:,} requests a {each.rate.period}" for each in empty)
    return problems.respond(
        request,
        429,
        f"You may ask {limits}; ask again in {wait} seconds.",
        headers={"Retry-After": str(wait)},
        type=QUOTA_EXCEEDED,
        violated_policies=[each.rate.period for each in empty],
    )
