"""The text of a Word document: Teams, Zoom and Descript export transcripts so, and people type them.

A ``.docx`` is a ZIP with ``word/document.xml`` in it (ECMA-376, part 1). Only that is opened, never more of it than the
bound, and nothing in it is followed: no link, no entity, no macro.
"""

from __future__ import annotations

from collections.abc import Iterator
from io import BytesIO
from xml.etree.ElementTree import Element
from zipfile import BadZipFile, ZipFile
from zlib import error as DeflateError  # noqa: N812 - it is named like a function

from ingest.trees import read_xml
from playhead.errors import TranscriptError

DOCUMENT = "word/document.xml"
MOST_BYTES = 24 * 1024 * 1024
"""Of the document inside, unpacked; two hours of speech are three."""

_SPACES = {"tab": "\t", "br": "\n", "cr": "\n", "noBreakHyphen": "-"}
_UNSAID = frozenset(["Fallback", "del", "moveFrom", "instrText"])
"""What repeats a shape for old readers, was deleted, or makes a field."""


def is_package(data: bytes) -> bool:
    """Is this a ZIP, as all documents of Word since 2007 are?"""
    return data.startswith(b"PK\x03\x04")


def read_word(data: bytes) -> str:
    """The paragraphs of a ``.docx``, a blank line between them.

    Raises TranscriptError where there is no such document in it, or it is damaged, encrypted or too large.
    """
    try:
        with ZipFile(BytesIO(data)) as package, package.open(DOCUMENT) as file:
            document = file.read(MOST_BYTES + 1)
    except KeyError:
        raise TranscriptError("this is a ZIP, and no Word document; unpack it, or save its text") from None
    except (BadZipFile, DeflateError, EOFError, NotImplementedError, OSError, RuntimeError, ValueError):
        raise TranscriptError("this Word document is damaged or encrypted; save it again, as text") from None
    if len(document) > MOST_BYTES:
        raise TranscriptError(f"this Word document holds more than {MOST_BYTES // 2**20} MB; save its text")
    root = read_xml(document.decode("utf-8", errors="replace"))
    return "\n\n".join(filter(None, (paragraph.strip("\n") for paragraph in "".join(_words(root)).split(_PARAGRAPH))))


_PARAGRAPH = "\x1e"


def _words(element: Element) -> Iterator[str]:
    """What stands in ``element``, in its order, with a mark where a paragraph begins."""
    name = element.tag.rpartition("}")[2]
    if name in _UNSAID:
        return
    if name == "p":
        yield _PARAGRAPH
    elif name == "t":
        yield (element.text or "").replace(_PARAGRAPH, "")
    else:
        yield _SPACES.get(name, "")
    for inner in element:
        yield from _words(inner)
    if name == "p":
        yield _PARAGRAPH
