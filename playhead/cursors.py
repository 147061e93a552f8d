"""Where the next page begins, as an opaque word that fits only the list it was given for."""

from __future__ import annotations

import base64
import binascii
import hashlib

from playhead.errors import InvalidQueryError

# Nobody reads this far, and an engine need not count further.
FURTHEST = 1_000_000


def write(offset: int, listing: object) -> str:
    """The cursor of the page that begins after ``offset`` items of ``listing``: whatever identifies what is paged."""
    return base64.urlsafe_b64encode(f"{offset}.{_digest(listing)}".encode()).decode().rstrip("=")


def read(cursor: str | None, listing: object) -> int:
    """The offset in ``cursor``, 0 without one. Raises InvalidQueryError if it was given for another list."""
    if cursor is None:
        return 0
    try:
        padded = cursor + "=" * (-len(cursor) % 4)
        offset, _, digest = base64.b64decode(padded, altchars=b"-_", validate=True).decode("ascii").partition(".")
        if digest == _digest(listing) and offset.isdigit() and len(offset) < 8 and int(offset) <= FURTHEST:
            return int(offset)
    except (binascii.Error, ValueError):
        pass  # falls through to the one answer every unusable cursor gets
    raise InvalidQueryError(
        "The cursor does not belong to this list; leave it out to begin, or pass back `next` with the same filters.",
        "cursor",
    )


def _digest(listing: object) -> str:
    return hashlib.sha256(repr(listing).encode("utf-8", "backslashreplace")).hexdigest()[:12]
