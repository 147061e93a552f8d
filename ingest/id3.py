"""Chapters in an ID3 tag, as they stand before the sound of an MP3.

Spec: https://id3.org/id3v2-chapters-1.0, in tags of https://id3.org/id3v2.3.0 and https://id3.org/id3v2.4.0-structure.
Only what is needed is read: a tag may also hold pictures, and frames that inflate without end.
"""

from __future__ import annotations

import re
import struct
from collections.abc import Iterator

from ingest.chapters import in_order, kind_of
from ingest.reading import Problem
from ingest.values import one_line, seconds, web_address
from playhead.model import Chapter

HEADER = 10
MOST_FRAMES = 10_000

_NAME = re.compile(rb"[A-Z][A-Z0-9]{3}")
_ENCODINGS = ("latin-1", "utf-16", "utf-16-be", "utf-8")
_PACKED = {3: 0xC0, 4: 0x0C}
"""The flags of a frame that is compressed or encrypted, by the tag's version."""

Frame = tuple[bytes, bytes]
"""A name, and what stands under it."""

Named = tuple[bytes, Chapter | None]
"""What a tag calls a chapter, and the chapter; None where it cannot be used."""


def size_of(header: bytes) -> int:
    """How many bytes a file's tag takes, this header of ten among them; 0 where there is none."""
    if len(header) < HEADER or not header.startswith(b"ID3") or max(header[6:10]) > 0x7F:
        return 0
    return HEADER + _synchsafe(header[6:10])


def chapters_in(tag: bytes, problems: list[Problem]) -> tuple[Chapter, ...]:
    """The chapters of a tag. Those that no table of contents lists are hidden, and left out."""
    frames = list(_frames_of(tag))
    listed = {name for kind, content in frames if kind == b"CTOC" for name in _listed(content)}
    found = [_chapter(content, tag[3]) for kind, content in frames if kind == b"CHAP"]
    if any(name in listed for name, _ in found):
        found = [(name, chapter) for name, chapter in found if name in listed]
    return in_order(((place, chapter) for place, (_, chapter) in enumerate(found, 1)), problems)


def title_in(tag: bytes) -> str | None:
    """The title of the whole."""
    return next((_text(content) for kind, content in _frames_of(tag) if kind == b"TIT2"), None)


def _frames_of(tag: bytes) -> Iterator[Frame]:
    if size_of(tag) == 0 or tag[3] not in _PACKED:
        return iter(())
    version, flags, content = tag[3], tag[5], tag[HEADER : size_of(tag)]
    if flags & 0x80 and version == 3:
        content = content.replace(b"\xff\x00", b"\xff")
    if flags & 0x40 and len(content) >= 4:
        content = content[_synchsafe(content[:4]) if version == 4 else 4 + int.from_bytes(content[:4], "big") :]
    return _frames(content, version)


def _frames(content: bytes, version: int) -> Iterator[Frame]:
    """The frames of a tag or of a chapter, but for those that are packed."""
    at = 0
    for _ in range(MOST_FRAMES):
        if at + HEADER > len(content) or not _NAME.fullmatch(content, at, at + 4):
            return
        name, flags = content[at : at + 4], content[at + 9]
        end = at + HEADER + _size(content, at, version)
        if not flags & _PACKED[version]:
            inside = content[at + HEADER : end]
            if version == 4 and flags & 0x02:
                inside = inside.replace(b"\xff\x00", b"\xff")
            ahead = (4 if flags & 0x01 else 0) + (1 if flags & 0x40 else 0) if version == 4 else flags >> 5 & 1
            yield name, inside[ahead:]
        at = end


def _size(content: bytes, at: int, version: int) -> int:
    """A frame's size. Version 4 counts seven bits a byte, and iTunes wrote eight for years."""
    written = content[at + 4 : at + 8]
    plainly = int.from_bytes(written, "big")
    if version == 3 or max(written) > 0x7F:
        return plainly
    end = at + HEADER + _synchsafe(written)
    goes_on = end >= len(content) or content[end] == 0 or _NAME.fullmatch(content, end, end + 4)
    return _synchsafe(written) if goes_on else plainly


def _synchsafe(written: bytes) -> int:
    size = 0
    for byte in written:
        size = size << 7 | byte & 0x7F
    return size


def _listed(content: bytes) -> list[bytes]:
    """The chapters that a table of contents lists."""
    _, _, rest = content.partition(b"\0")
    return rest[2:].split(b"\0")[: rest[1]] if len(rest) > 1 else []


def _chapter(content: bytes, version: int) -> Named:
    name, _, rest = content.partition(b"\0")
    if len(rest) < 16:
        return name, None
    start, end = struct.unpack(">II", rest[:8])
    inside = dict(reversed(list(_frames(rest[16:], version))))
    title, address = _text(inside.get(b"TIT2", b"")), _address(inside.get(b"WXXX", b""))
    begins = seconds(start / 1000)
    if begins is None or title is None:
        return name, None
    return name, Chapter(
        0, title, begins, seconds(end / 1000), kind=kind_of(title), url=web_address(address), source="id3"
    )


def _text(content: bytes) -> str | None:
    """A text frame's first text."""
    if not content or content[0] >= len(_ENCODINGS):
        return None
    return one_line(content[1:].decode(_ENCODINGS[content[0]], "replace").split("\0")[0])


def _address(content: bytes) -> str | None:
    """The address of a frame that says what it leads to before it."""
    if not content or content[0] >= len(_ENCODINGS):
        return None
    encoding = _ENCODINGS[content[0]]
    is_wide = encoding.startswith("utf-16")
    rest = content[1:]
    at = next((place for place in range(0, len(rest), 2) if rest[place : place + 2] == b"\0\0"), len(rest))
    return rest[at + 2 :].decode("latin-1").strip("\0") if is_wide else rest.partition(b"\0")[2].decode("latin-1")
