"""Whose pages may ask from a browser: the origins that `PLAYHEAD_ORIGINS` names, besides our own."""

from __future__ import annotations

import re

from playhead.errors import SettingsError
from playhead.settings import Settings

ANYBODY = "*"

# RFC 6454, 6.2: what a browser sends as Origin, in lower case and without the port that goes without saying.
_ORIGIN = re.compile(r"https?://(?:[a-z0-9._-]+|\[[0-9a-f:.]+\])(?::\d{1,5})?")


def origins(settings: Settings) -> frozenset[str]:
    """The origins that may ask, as browsers write them; `ANYBODY` alone for all. Raises SettingsError."""
    named = [each.lower().rstrip("/") for each in re.split(r"[\s,]+", settings.origins) if each]
    if ANYBODY in named:
        return frozenset({ANYBODY})
    for each in named:
        if not _ORIGIN.fullmatch(each):
            raise SettingsError(f"PLAYHEAD_ORIGINS: {each[:80]!r} is no origin; write it as https://app.example.org.")
    return frozenset(_written(each) for each in named)


def may_ask(origin: str, allowed: frozenset[str]) -> bool:
    """Whether a page of ``origin`` may ask, where ``allowed`` is what `origins` gave."""
    return ANYBODY in allowed or origin.lower() in allowed


def _written(origin: str) -> str:
    """As a browser writes it: :80 and :443 go without saying."""
    scheme, _, host = origin.partition("://")
    return f"{scheme}://{host.removesuffix({'http': ':80', 'https': ':443'}[scheme])}"
