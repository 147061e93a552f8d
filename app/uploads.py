"""An upload as it arrives: multipart/form-data whose files go straight to the disk, and never whole into memory.

Starlette's own parser keeps files in the system's folder for temporary ones first, which in a container is memory.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import BinaryIO

from python_multipart.exceptions import FormParserError
from python_multipart.multipart import MultipartParser, parse_options_header
from starlette.concurrency import run_in_threadpool

MOST_FILES = 20
"""A transcript, its chapters, its sheet; or the episodes of a season."""
MOST_FIELD_BYTES = 1_000
MOST_HEADER_BYTES = 4_000
MOST_NAME_BYTES = 150
MOST_BOUNDARY_BYTES = 70
"""RFC 2046, 5.1.1."""

_UNSAFE = re.compile(r"[^\w .,()'&+-]")
# What Windows takes for a device, whatever stands behind the dot: an upload may be looked at there.
_RESERVED = re.compile(r"(con|prn|aux|nul|com\d|lpt\d)(\.|$)", re.IGNORECASE)


class UploadError(Exception):
    """What was sent is no upload that can be taken. ``field`` is the part at fault."""

    def __init__(self, field: str, message: str) -> None:
        super().__init__(f"{field}: {message}")
        self.field = field
        self.message = message


def safe_name(given: str) -> str:
    """The name that a file is kept under: the last part of ``given``, and nothing in it that leads anywhere.

    >>> safe_name("../../etc/passwd"), safe_name("C:\\\\shows\\\\One: two?.vtt")
    ('passwd', 'One_ two_.vtt')

    Raises UploadError where nothing of it is left, and for names that no file may have.
    """
    last = re.split(r"[/\\]", unicodedata.normalize("NFC", given))[-1]
    name = _UNSAFE.sub("_", last).strip()
    if not re.search(r"\w", name.replace("_", "")) or name.startswith(".") or _RESERVED.match(name):
        raise UploadError("file", f"{given[:80]!r} is no name for a file; name it after its episode")
    if len(name.encode()) > MOST_NAME_BYTES:
        raise UploadError("file", f"{given[:80]!r} is too long a name; use {MOST_NAME_BYTES} bytes or fewer")
    return name


@dataclass(slots=True)
class Upload:
    """The fields of an upload, and its files, which lie in ``folder``."""

    folder: Path
    names: frozenset[str]
    fields: dict[str, str] = field(default_factory=dict)
    files: list[str] = field(default_factory=list)
    _header: bytearray = field(default_factory=bytearray)
    _value: bytearray = field(default_factory=bytearray)
    _disposition: bytes = b""
    _name: str = ""
    _written: bytearray = field(default_factory=bytearray)
    _file: BinaryIO | None = None
    _is_whole: bool = False

    def _parser(self, content_type: str) -> MultipartParser:
        """A parser that fills this. Raises UploadError where nothing says how the parts are told apart."""
        _, options = parse_options_header(content_type)
        if not options.get(b"boundary"):
            raise UploadError("Content-Type", "names no boundary; let your client write this header")
        if len(options[b"boundary"]) > MOST_BOUNDARY_BYTES:
            raise UploadError("Content-Type", f"names a boundary of more than {MOST_BOUNDARY_BYTES} bytes")
        return MultipartParser(
            options[b"boundary"],
            {
                "on_part_begin": self._begin,
                "on_header_field": self._take_header,
                "on_header_value": self._take_value,
                "on_header_end": self._end_header,
                "on_headers_finished": self._open,
                "on_part_data": self._take,
                "on_part_end": self._end,
                "on_end": self._finish,
            },
        )

    async def receive(self, content_type: str, stream: AsyncIterator[bytes]) -> None:
        """Take all of it. Raises UploadError, or OSError from the disk; what was written stays where it is."""
        parser = self._parser(content_type)
        try:
            async for chunk in stream:
                await run_in_threadpool(parser.write, chunk)
        except FormParserError as error:
            raise UploadError("body", "is no multipart/form-data: it breaks off, or has another boundary") from error
        finally:
            if self._file:
                self._file.close()
        if not self._is_whole:
            raise UploadError("body", "breaks off before its end; send all of it")
        if not self.files:
            raise UploadError("file", "is missing; send a transcript, and what belongs to it")

    def _begin(self) -> None:
        self._disposition, self._name, self._file = b"", "", None
        self._header.clear()
        self._value.clear()
        self._written.clear()

    def _take_header(self, data: bytes, start: int, end: int) -> None:
        self._add(self._header, data[start:end], MOST_HEADER_BYTES, "body")

    def _take_value(self, data: bytes, start: int, end: int) -> None:
        self._add(self._value, data[start:end], MOST_HEADER_BYTES, "body")

    def _end_header(self) -> None:
        if self._header.lower() == b"content-disposition":
            self._disposition = bytes(self._value)
        self._header.clear()
        self._value.clear()

    def _open(self) -> None:
        _, options = parse_options_header(self._disposition)
        self._name = options.get(b"name", b"").decode("utf-8", "replace")
        if self._name == "file":
            if b"filename" not in options:
                raise UploadError("file", "is no file; send it with its name")
            name = safe_name(options[b"filename"].decode("utf-8", "replace"))
            if name.casefold() in map(str.casefold, self.files):
                raise UploadError("file", f"{name} was sent twice; give each file a name of its own")
            if len(self.files) >= MOST_FILES:
                raise UploadError("file", f"there may be {MOST_FILES} in one upload; send the others in another")
            self._file = (self.folder / name).open("xb")
            self.files.append(name)
        elif self._name not in self.names or self._name in self.fields:
            known = " and ".join(sorted(self.names))
            raise UploadError(self._name[:60] or "body", f"is not taken here, or only once; there is file, {known}")

    def _take(self, data: bytes, start: int, end: int) -> None:
        if self._file:
            self._file.write(data[start:end])
        else:
            self._add(self._written, data[start:end], MOST_FIELD_BYTES, self._name)

    def _end(self) -> None:
        if self._file:
            self._file.close()
        else:
            self.fields[self._name] = self._written.decode("utf-8", "replace").strip()

    def _finish(self) -> None:
        self._is_whole = True

    def _add(self, to: bytearray, data: bytes, most: int, what: str) -> None:
        if len(to) + len(data) > most:
            raise UploadError(what, f"is longer than {most:,} bytes")
        to += data
