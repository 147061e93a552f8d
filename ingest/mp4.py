"""Chapters in an MP4: a track of titles as QuickTime keeps them, else Nero's list.

Specs: https://developer.apple.com/documentation/quicktime-file-format for the boxes, text samples and ``chap``
references. Nero's ``chpl`` was never published; it is read as FFmpeg reads it (libavformat/mov.c).
"""

from __future__ import annotations

import struct
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import islice
from typing import BinaryIO

from ingest.chapters import in_order, kind_of
from ingest.reading import Problem
from ingest.values import one_line, seconds
from playhead.model import Chapter

MOST_BOXES = 10_000
MOST_BYTES = 64 * 1024 * 1024
MOST_CHAPTERS = 10_000
LONGEST_TITLE = 2048


@dataclass(frozen=True, slots=True)
class Box:
    """A named piece of a file, which may hold others."""

    name: bytes
    content: bytes

    def inside(self, *path: bytes) -> list[Box]:
        """The boxes at ``path``, counted from this one."""
        found = [self]
        for name in path:
            found = [each for box in found for each in _boxes(box.content) if each.name == name]
        return found

    def first(self, *path: bytes) -> bytes:
        """What the first box at ``path`` holds; nothing where there is none."""
        return next((box.content for box in self.inside(*path)), b"")


def movie_of(file: BinaryIO) -> Box | None:
    """The box that says what is in the file: everything but the sound itself."""
    at = file.seek(0)
    for _ in range(MOST_BOXES):
        file.seek(at)
        header = file.read(16)
        size, name, start = _header(header)
        if name == b"moov" and start <= size <= MOST_BYTES:
            file.seek(at + start)
            return Box(name, file.read(size - start))
        if size < 8:
            return None
        at += size
    return None


def duration_of(movie: Box) -> float | None:
    """How long it plays, in seconds."""
    scale, length = _scale_and_length(movie.first(b"mvhd"))
    return seconds(length / scale) or None if scale else None


def title_of(movie: Box) -> str | None:
    """The title of the whole."""
    # The list of titles lies in a box with four bytes before its boxes.
    about = Box(b"meta", movie.first(b"udta", b"meta")[4:])
    return one_line(about.first(b"ilst", b"\xa9nam", b"data")[8:].decode("utf-8", "replace"))


def chapters_in(movie: Box, file: BinaryIO, problems: list[Problem]) -> tuple[Chapter, ...]:
    """The chapters of the track that another one names as its chapters, else Nero's."""
    stated = list(_in_track(movie, file)) or list(_nero(movie.first(b"udta", b"chpl")))
    return in_order(((place, _chapter(*each)) for place, each in enumerate(stated, 1)), problems)


def _chapter(start: float, written: bytes, source: str) -> Chapter | None:
    wide = written.startswith((b"\xfe\xff", b"\xff\xfe"))
    begins, title = seconds(start), one_line(written.decode("utf-16" if wide else "utf-8", "replace"))
    if begins is None or title is None:
        return None
    return Chapter(0, title, begins, kind=kind_of(title), source=source)


def _in_track(movie: Box, file: BinaryIO) -> Iterator[tuple[float, bytes, str]]:
    tracks = movie.inside(b"trak")
    named = {
        struct.unpack_from(">I", chap, at)[0]
        for track in tracks
        for chap in [track.first(b"tref", b"chap")]
        for at in range(0, len(chap) - 3, 4)
    }
    for track in tracks:
        if _number(track.first(b"tkhd")) in named and track.first(b"mdia", b"hdlr")[8:12] in (b"text", b"sbtl"):
            yield from _samples(track, file)
            return


def _samples(track: Box, file: BinaryIO) -> Iterator[tuple[float, bytes, str]]:
    """Each text of a track with its start. One without words only fills a gap."""
    scale, _ = _scale_and_length(track.first(b"mdia", b"mdhd"))
    table = Box(b"stbl", track.first(b"mdia", b"minf", b"stbl"))
    if not scale:
        return
    start = 0
    places = islice(zip(_places(table), _durations(table), strict=False), MOST_CHAPTERS)
    for (at, size), lasts in places:
        file.seek(at)
        sample = file.read(min(size, LONGEST_TITLE))
        words = sample[2 : 2 + int.from_bytes(sample[:2], "big")]
        if words.strip(b" \0"):
            yield start / scale, words, "quicktime"
        start += lasts


def _durations(table: Box) -> Iterator[int]:
    """How long each sample lasts (``stts``)."""
    for count, lasts in _rows(table.first(b"stts"), ">II"):
        for _ in range(min(count, MOST_CHAPTERS)):
            yield lasts


def _places(table: Box) -> Iterator[tuple[int, int]]:
    """Where each sample lies in the file, and its size: chunks hold samples (``stsc``, ``stco``, ``stsz``)."""
    wide = table.first(b"co64")
    chunks = [at for (at,) in (_rows(wide, ">Q") if wide else _rows(table.first(b"stco"), ">I"))]
    runs = _rows(table.first(b"stsc"), ">III")
    sizes = _sizes(table.first(b"stsz"))
    run = 0
    for number, at in enumerate(chunks, 1):
        while run + 1 < len(runs) and runs[run + 1][0] <= number:
            run += 1
        place = at
        for size in islice(sizes, runs[run][1] if runs else 1):
            yield place, size
            place += size


def _sizes(written: bytes) -> Iterator[int]:
    if len(written) < 12:
        return
    common, count = struct.unpack_from(">II", written, 4)
    for number in range(min(count, MOST_CHAPTERS)):
        at = 12 + 4 * number
        if not common and at + 4 > len(written):
            return
        yield common or struct.unpack_from(">I", written, at)[0]


def _rows(written: bytes, form: str) -> list[tuple[int, ...]]:
    """The rows of a table that says first how many it has."""
    step = struct.calcsize(form)
    count = min(int.from_bytes(written[4:8], "big"), MOST_CHAPTERS, max(0, len(written) - 8) // step)
    return [struct.unpack_from(form, written, 8 + step * number) for number in range(count)]


def _nero(written: bytes) -> Iterator[tuple[float, bytes, str]]:
    at = 8 if written[:1] == b"\x01" else 4
    count, at = int.from_bytes(written[at : at + 1], "big"), at + 1
    for _ in range(count):
        if at + 9 > len(written):
            return
        start, size = struct.unpack_from(">QB", written, at)
        yield start / 10_000_000, written[at + 9 : at + 9 + size], "nero"
        at += 9 + size


def _boxes(content: bytes) -> Iterator[Box]:
    at = 0
    for _ in range(MOST_BOXES):
        size, name, start = _header(content[at : at + 16])
        if size < 8:
            return
        yield Box(name, content[at + start : at + size])
        at += size


def _header(written: bytes) -> tuple[int, bytes, int]:
    """A box's size, its name, and where in it the content begins; a size of 0 where there is no box."""
    if len(written) < 8:
        return 0, b"", 8
    size, name = struct.unpack_from(">I4s", written)
    if size == 1 and len(written) == 16:
        return max(0, struct.unpack_from(">Q", written, 8)[0]), name, 16
    return size, name, 8


def _number(header: bytes) -> int | None:
    """A track's number."""
    at = 20 if header[:1] == b"\x01" else 12
    return struct.unpack_from(">I", header, at)[0] if len(header) >= at + 4 else None


def _scale_and_length(header: bytes) -> tuple[int, int]:
    """How many units make a second, and how many units it lasts."""
    form, at = (">IQ", 20) if header[:1] == b"\x01" else (">II", 12)
    if len(header) < at + struct.calcsize(form):
        return 0, 0
    scale, length = struct.unpack_from(form, header, at)
    return scale, length
