"""Bytes as text, in whatever encoding somebody saved them: what is stated or certain first, then the likeliest.

What is no valid UTF-8 is UTF-8 all the same where next to all of it is: a download that broke off inside a character,
a byte gone astray. Else it is of before Unicode, and its language tells which. Encodings of DOS and of old Macintoshes
are not tried: their letters make words of any bytes.
"""

from __future__ import annotations

import codecs
import re
from collections.abc import Iterator
from contextlib import suppress

import chardet
from chardet import EncodingEra

# XML says how it is encoded: https://www.w3.org/TR/xml/#sec-prolog-dtd
_STATED = re.compile(rb"""\s{0,99}<\?xml\s[^>]{0,200}?encoding\s{0,9}=\s{0,9}["']([A-Za-z0-9._-]{1,40})["']""")
_ESCAPES = re.compile(rb"\x1b\$[@AB()]")
"""Where Japanese e-mail changes its letters (ISO-2022-JP); every byte of it is ASCII, and so valid UTF-8."""
_CONTROLS = re.compile("[\x80-\x84\x86-\x9f]")
"""Nobody writes these: text that is full of them was saved in another encoding."""
_ERAS = EncodingEra.MODERN_WEB | EncodingEra.LEGACY_ISO
_WIDER = {"gb2312": "gb18030", "euc_kr": "cp949", "shift_jis": "cp932", "euc_jp": "euc_jis_2004"}
"""What holds all that the other does and more: the guess is made from the beginning of a file."""
_LOOKED_AT = 65_536
FEWEST_ZEROS = 50
"""One character in so many is a space, a digit or a line's end, in whatever script."""
SOUND = 10
"""So many characters of UTF-8 to one that is damaged: no other encoding comes out like that by chance."""


def decode(data: bytes) -> str | None:
    """The text that ``data`` is; None where it is none. What is damaged in UTF-8 is the replacement character U+FFFD.

    >>> decode("Dzień dobry, łódź jeszcze nie odpłynęła.".encode("cp1250"))
    'Dzień dobry, łódź jeszcze nie odpłynęła.'
    """
    for encoding in _certain(data):
        with suppress(LookupError, ValueError):
            return data.decode(encoding)
    mended = data.decode("utf-8-sig", "replace")
    damaged = mended.count("\ufffd")
    foreign = len(mended) - len(mended.encode("ascii", "ignore"))
    if damaged and SOUND * damaged <= foreign - damaged:
        return mended
    return None if b"\x00" in data else _likeliest(data)


def _certain(data: bytes) -> Iterator[str]:
    """The encodings it is in where they decode it, in turn."""
    if wide := _wide(data):
        yield wide
    elif _ESCAPES.search(data, 0, _LOOKED_AT):
        yield "iso2022_jp_2"
    yield "utf-8-sig"
    if stated := _STATED.match(data):
        yield stated[1].decode("ascii")


def _likeliest(data: bytes) -> str | None:
    guess = chardet.detect(data, encoding_era=_ERAS, compat_names=False)["encoding"]
    for encoding in (guess, _WIDER.get((guess or "").replace("-", "_"))):
        if encoding is None:
            continue
        with suppress(ValueError):
            text = data.decode(encoding)
            return None if _CONTROLS.search(text) else text
    return None


def _wide(data: bytes) -> str | None:
    """UTF-32 or UTF-16, by its mark; without one by its zeros, which stand in one half of its pairs."""
    if data.startswith((codecs.BOM_UTF32_LE, codecs.BOM_UTF32_BE)):
        return "utf-32"
    if data.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        return "utf-16"
    first, second = (data[half:_LOOKED_AT:2].count(0) for half in (0, 1))
    pairs = min(len(data), _LOOKED_AT) // 2
    if (first and second) or max(first, second) * FEWEST_ZEROS <= pairs:
        return None  # A zero gone astray is no encoding.
    return "utf-16-le" if second else "utf-16-be"
