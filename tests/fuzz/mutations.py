"""What becomes of a good file on its way to us: cut, spliced, doubled, flipped, and worse."""

from __future__ import annotations

from random import Random

INSERTS = (
    b"\x00", b"\xff", b"\xef\xbb\xbf", b"\r", b"\r\n", b"\n\n", b"\t", b"\\", b'"', b"'", b"<", b">", b"&", b"&amp;",
    b"&#0;", b"&#xD800;", b"&#1114112;", b"&lt;script&gt;", b"\\u0000", b"\\ud800", b"\xed\xa0\x80", b"\xe2\x80\xae",
    b"\xe2\x80\x8b", b"\xee\x80\x80", b"NaN", b"-1", b"1e999", b"9" * 400, b"99:99:99.999", b"-->", b"[", b"]", b"{",
    b"}", b"[" * 200, b"<a>" * 200, b"null", b"true", b"[]", b"{}", b"<!--", b"-->", b"<![CDATA[", b"]]>",
    b"<!DOCTYPE a [<!ENTITY b 'c'>]>", b"---\n", b"```", b"**", b"__", b"::", b"\xf0\x9f\x98\x80", b"\xd8\xa7",
)  # fmt: skip


def mutate(data: bytes, random: Random, most: int = 4) -> bytes:
    """``data`` after one to ``most`` accidents; the same for the same ``random``."""
    for _ in range(random.randint(1, most)):
        data = random.choice(ACCIDENTS)(data, random)
    return data


def _place(data: bytes, random: Random) -> int:
    return random.randint(0, len(data))


def truncate(data: bytes, random: Random) -> bytes:
    return data[: _place(data, random)]


def behead(data: bytes, random: Random) -> bytes:
    return data[_place(data, random) :]


def splice(data: bytes, random: Random) -> bytes:
    first, second = _place(data, random), _place(data, random)
    return data[:first] + data[second:]


def double(data: bytes, random: Random) -> bytes:
    first, second = sorted((_place(data, random), _place(data, random)))
    return data[:second] + data[first:]


def flip(data: bytes, random: Random) -> bytes:
    if not data:
        return data
    changed = bytearray(data)
    changed[random.randrange(len(data))] ^= 1 << random.randrange(8)
    return bytes(changed)


def inject(data: bytes, random: Random) -> bytes:
    at = _place(data, random)
    return data[:at] + random.choice(INSERTS) + data[at:]


def swap_lines(data: bytes, random: Random) -> bytes:
    lines = data.split(b"\n")
    first, second = random.randrange(len(lines)), random.randrange(len(lines))
    lines[first], lines[second] = lines[second], lines[first]
    return b"\n".join(lines)


def drop_line(data: bytes, random: Random) -> bytes:
    lines = data.split(b"\n")
    del lines[random.randrange(len(lines))]
    return b"\n".join(lines)


ACCIDENTS = (truncate, behead, splice, double, flip, flip, inject, inject, inject, swap_lines, drop_line)
