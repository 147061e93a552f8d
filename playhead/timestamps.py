"""``"1:02:03.5"`` <-> seconds: the only place in Playhead where a time is read or written.

>>> parse("1:02:03.5")
3723.5
>>> write(3723.5)
'1:02:03'
"""

from __future__ import annotations

import re

# SMPTE-like transcripts write frames after the seconds, thirty to the second: in 13,806 two-digit
# fractions of published Changelog transcripts none is above 29 and all are equally frequent.
FRAMES_PER_SECOND = 30

_CLOCK = re.compile(r"(?:(\d{1,3}):)?(\d{1,3}):(\d{1,2})(?:[.,](\d{1,9}))?")
_UNITS = re.compile(r"(?=\d)(?:(\d{1,3})h)?(?:(\d{1,4})m)?(?:(\d{1,6}(?:\.\d{1,9})?)s?)?", re.IGNORECASE)


def parse(written: str) -> float | None:
    """Seconds of ``1:02:03.5``, ``62:03``, ``00:03,250``, ``95``, ``95.5s``, ``1h2m3s``; None if it is no time.

    >>> parse("75:10"), parse("1m35s"), parse("95.5"), parse("1:75:00"), parse("soon")
    (4510.0, 95.0, 95.5, None, None)
    """
    written = written.strip().removeprefix("npt:")
    clock = _CLOCK.fullmatch(written)
    if clock:
        hours, minutes, seconds, fraction = clock.groups()
        if int(seconds) > 59 or (hours is not None and int(minutes) > 59):
            return None
        whole = int(hours or 0) * 3600 + int(minutes) * 60 + int(seconds)
        return float(f"{whole}.{fraction or 0}")
    units = _UNITS.fullmatch(written)
    if units:
        hours, minutes, seconds = units.groups()
        return int(hours or 0) * 3600 + int(minutes or 0) * 60 + float(seconds or 0)
    return None


def parse_frames(written: str, frames: str | None) -> float | None:
    """Seconds of a clock whose fraction counts frames: ``("00:08:17", "20")`` is 497.67 s."""
    whole = parse(written)
    if whole is None or frames is None:
        return whole
    return whole + int(frames) / FRAMES_PER_SECOND


def write(seconds: float) -> str:
    """``29:41`` or ``1:02:03``: the clock a person reads, cut to the second so that it is never late.

    >>> write(0), write(59.9), write(1781.2), write(36000)
    ('0:00', '0:59', '29:41', '10:00:00')
    """
    whole = int(max(0.0, seconds))
    hours, rest = divmod(whole, 3600)
    minutes, rest = divmod(rest, 60)
    return f"{hours}:{minutes:02}:{rest:02}" if hours else f"{minutes}:{rest:02}"


def write_precise(seconds: float, comma: bool = False) -> str:
    """``00:29:41.200``: hours and milliseconds always there, as WebVTT (and with a comma SubRip) wants it.

    >>> write_precise(1781.2)
    '00:29:41.200'
    """
    milliseconds = round(max(0.0, seconds) * 1000)
    whole, rest = divmod(milliseconds, 1000)
    hours, whole = divmod(whole, 3600)
    minutes, whole = divmod(whole, 60)
    return f"{hours:02}:{minutes:02}:{whole:02}{',' if comma else '.'}{rest:03}"
