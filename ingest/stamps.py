"""Times that people write inside a transcript: ``[00:08:17.20]``, ``[unintelligible 1:02:03]``.

A fraction of one or two digits counts frames, thirty to the second; three digits are milliseconds.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from playhead.timestamps import FRAMES_PER_SECOND, parse, parse_frames

MARK = "\ue000"
"""Stands in a line where a stamp was lifted out: a private-use character no transcript has any use for."""

WHOLE_SECOND = 0.5
ONE_FRAME = round(0.5 / FRAMES_PER_SECOND, 3)

# Old files escape brackets twice or on one side only, and bold can begin inside one; the last may never be closed.
_BRACKET = re.compile(r"\\{0,3}\[([^\[\]\n]{1,400})(?:\]|$)(?!\()")
_NOISE = re.compile(r"[\\*]")
_CLOCK = re.compile(r"(?<![\d:.])(\d{1,3}(?: ?: ?\d{1,2}){1,2})(?: ?[.:] ?(\d{1,3}))?$")
_TIME_LIKE = re.compile(r"\d{1,2}:\d{2}")
_JOINING = re.compile(r"[\s\\*_.,–—-]{0,20}(?:\bto\b)?[\s\\*_.,–—-]{0,20}")


@dataclass(frozen=True, slots=True)
class Written:
    """A time as it was written; ``error`` says how coarsely, in seconds."""

    seconds: float
    error: float


@dataclass(frozen=True, slots=True)
class Lifted:
    """A line without its stamps: ``text`` has a MARK for each of ``stamps``, in order; ``unread`` are left in it."""

    text: str
    stamps: tuple[Written, ...] = ()
    unread: tuple[str, ...] = ()

    @property
    def is_silent(self) -> bool:
        """Is there nothing but times here: ``[21:44]``, ``[21:44] to [22:50]``?"""
        return all(_JOINING.fullmatch(piece) for piece in self.text.split(MARK))


def lift(line: str) -> Lifted:
    """Take the stamps out of ``line``. A bracket with words beside its time keeps the words: ``[unintelligible]``."""
    stamps: list[Written] = []
    unread: list[str] = []

    def take(bracket: re.Match[str]) -> str:
        content = _NOISE.sub("", bracket[1]).strip()
        clock = _CLOCK.search(content)
        stamp = _read(clock) if clock else None
        if clock is None or stamp is None:
            if _TIME_LIKE.search(content):
                unread.append(f"[{content}]")
            return bracket.group()
        stamps.append(stamp)
        words = content[: clock.start()].strip()
        return f"{MARK}[{words}]" if words else MARK

    text = _BRACKET.sub(take, line.replace(MARK, ""))
    return Lifted(text, tuple(stamps), tuple(unread))


def _read(clock: re.Match[str]) -> Written | None:
    written, fraction = clock[1].replace(" ", ""), clock[2]
    if fraction is None:
        seconds, error = parse(written), WHOLE_SECOND
    elif len(fraction) < 3 and int(fraction) < FRAMES_PER_SECOND:
        seconds, error = parse_frames(written, fraction), ONE_FRAME
    else:
        seconds, error = parse(f"{written}.{fraction}"), ONE_FRAME
    return None if seconds is None else Written(seconds, error)
