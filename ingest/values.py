"""What files state, as values: a number of seconds, a line of text, a web address; None for what is none."""

from __future__ import annotations

import math
from urllib.parse import urljoin, urlsplit

from ingest.scribe import plain
from playhead.text import visible
from playhead.timestamps import parse as parse_time

LONGEST_EPISODE = 7 * 24 * 3600.0


def seconds(value: object) -> float | None:
    """A number of seconds, or a clock as text; None for null, truth values and times no episode has.

    >>> seconds(121.5), seconds("1:02:03"), seconds(-1), seconds(True), seconds(1e999)
    (121.5, 3723.0, None, None, None)
    """
    if isinstance(value, str):
        found = parse_time(value)
    elif isinstance(value, int | float) and not isinstance(value, bool) and value <= LONGEST_EPISODE:
        found = float(value)
    else:
        return None
    return found if found is not None and math.isfinite(found) and 0 <= found <= LONGEST_EPISODE else None


def milliseconds(value: object) -> float | None:
    """A number of milliseconds, in seconds.

    >>> milliseconds(1500), milliseconds("1500"), milliseconds(True), milliseconds(-1)
    (1.5, None, None, None)
    """
    return seconds(value / 1000) if isinstance(value, int | float) and not isinstance(value, bool) else None


def one_line(value: object) -> str | None:
    """A text as one line; None for everything else, and where nothing is in it."""
    return plain(value).replace("\n", " ") or None if isinstance(value, str) else None


def web_address(value: object) -> str | None:
    """An address a browser may open.

    >>> web_address("https://harbour.example.org/1"), web_address("http://[1"), web_address("javascript:1")
    ('https://harbour.example.org/1', None, None)
    """
    address = one_line(value)
    try:
        is_one = address is not None and urlsplit(address).scheme in ("https", "http") and "://" in address
    except ValueError:
        return None
    return address if is_one else None


def joined(base: str, address: str) -> str:
    """An address as it is meant where it was found, at ``base``; as it is written where it is none.

    >>> joined("https://harbour.example.org/feed.xml", "/1.mp3"), joined("https://harbour.example.org", "http://[1")
    ('https://harbour.example.org/1.mp3', 'http://[1')
    """
    try:
        return urljoin(base, address)
    except ValueError:
        return address


def shown(value: object, most: int = 80) -> str:
    """What a stranger wrote, as a message may repeat it: on one line, `visible`, at most ``most`` characters of it.

    >>> shown("soon\\n\\x1b[31mred"), shown("a" * 9, 4)
    ('soon \\\\x1b[31mred', 'aaaa…')
    """
    written = visible(" ".join(str(value).split()))
    return written if len(written) <= most else f"{written[:most]}…"
