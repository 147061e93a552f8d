"""Files of an archive: the text in them, what each is there for, and which name they share.

All reading from disk is here; formats never touch it.
"""

from __future__ import annotations

import mimetypes
import re
import unicodedata
from dataclasses import replace
from pathlib import Path
from typing import Literal

from ingest import formats
from ingest.encodings import decode
from ingest.reading import Reading
from ingest.word import is_package, read_word
from playhead.errors import AmbiguousFormatError, InputError, TranscriptError, UnknownFormatError

MOST_BYTES = 64 * 1024 * 1024
SHEET = "episode.toml"
AUDIO = (".mp3", ".m4a", ".m4b", ".ogg", ".opus", ".wav", ".flac", ".aac", ".aif", ".aiff", ".wma")
FEEDS = (".xml", ".rss", ".atom", ".rdf")
LISTS = (".opml", ".xml")

Role = formats.Role | Literal["sheet", "audio"]

# Endings of a stem that say what a file is and not which episode it belongs to: ep1.chapters.json.
_KIND_OF_FILE = re.compile(
    r"\.(?:transcript|chapters|page|episode|captions|subtitles|(?:show[ _-]?)?notes|description)$", re.IGNORECASE
)
_NOTES = re.compile(r"(?:.+\.)?(?:(?:show[ _-]?)?notes|description)", re.IGNORECASE)
_TEXTS = (".md", ".markdown", ".txt", ".text", ".html", ".htm")
# Captions carry their language there; elsewhere two letters are part of a name: about-node.js.md.
_LANGUAGE = re.compile(r"\.[a-z]{2}(?:-[a-z]{2})?$", re.IGNORECASE)
_CAPTIONS = (".vtt", ".srt", ".sbv", ".json3")

_PAPERWORK = re.compile(
    r"(?:readme|licen[cs]e|copying|contributing|contributors|authors|notice|code_of_conduct)(?:[._-].*)?"
    r"|(?:questions|queries|.*\.truth)\.jsonl|speakers\.toml",
    re.IGNORECASE,
)
_NO_TEXT = {
    b"%PDF-": "a PDF",
    b"\xd0\xcf\x11\xe0": "a document of an old Word, or one with a password",
    b"{\\rtf": "rich text (RTF)",
    b"\x1f\x8b": "packed by gzip",
    b"BZh91AY&SY": "packed by bzip2",
    b"\xfd7zXZ\x00": "packed by xz",
    b"\x28\xb5\x2f\xfd": "packed by zstd",
    b"7z\xbc\xaf": "packed by 7-Zip",
    b"ID3\x03": "sound",
    b"ID3\x04": "sound",
    b"OggS\x00": "sound",
    b"fLaC\x00": "sound",
}
_LONE_RETURN = re.compile(r"\r(?!\n)")
_DIGITS = re.compile(r"(\d{1,18})")


def read_file(path: Path, name: str, written: str | None = None) -> Reading:
    """What a file says, in the format called ``written``, else in whatever one it is in. Errors call it ``name``."""
    try:
        text = read_text(path)
        chosen = weigh(text, path).format if written is None else formats.named(written)
        reading = formats.read_as(chosen, text, str(path))
    except TranscriptError as error:
        raise type(error)(error.message, name, error.line) from error
    return replace(reading, problems=tuple(replace(problem, path=name) for problem in reading.problems))


def read_text(path: Path) -> str:
    """The text of a file, in whatever encoding it is.

    A carriage return alone, as very old systems end a line, is a line's end. Raises TranscriptError when it is no
    text, InputError when it cannot be opened.
    """
    return _LONE_RETURN.sub("\n", _decoded(path))


def _decoded(path: Path) -> str:
    data = read_bytes(path)
    for signature, kind in _NO_TEXT.items():
        if data.startswith(signature):
            raise TranscriptError(f"this is {kind}; save or export the transcript as text or as WebVTT", str(path))
    if is_package(data):
        try:
            return read_word(data)
        except TranscriptError as error:
            raise TranscriptError(error.message, str(path), error.line) from None
    text = decode(data)
    if text is None:
        raise TranscriptError("this is not text in any encoding that is known; save it as UTF-8", str(path))
    return text


def read_bytes(path: Path) -> bytes:
    try:
        if path.exists() and not path.is_file():
            # A pipe would be waited for without end.
            raise InputError(f"{path}: this is no file; name the transcript itself.")
        if path.stat().st_size > MOST_BYTES:
            raise TranscriptError(f"this is larger than {MOST_BYTES // 2**20} MB, and no transcript is", str(path))
        return path.read_bytes()
    except OSError as error:
        raise InputError(f"{path}: cannot be read: {error.strerror or error}.") from error


def role_of(path: Path) -> Role:
    """What the file is for, from its name where that is enough, else from what it says."""
    named = _role_by_name(path)
    if named:
        return named
    return weigh(read_text(path), path).format.role


def weigh(text: str, path: Path) -> formats.Verdict:
    """The format a file's text is in. What is named as show notes is notes, unless somebody speaks in it.

    Raises as `formats.weigh` does.
    """
    if not is_notes(path) or not text.strip("\ufeff \t\r\n"):
        return formats.weigh(text, str(path))
    try:
        verdict = formats.weigh(text, str(path))
    except (UnknownFormatError, AmbiguousFormatError):
        return formats.Verdict(formats.named("notes"))
    return verdict if verdict.format.role in ("transcript", "page") else formats.Verdict(formats.named("notes"))


def is_notes(path: Path) -> bool:
    """Does the name say that these are show notes: ``notes.md``, ``ep1.shownotes.txt``, ``ep1.description``?"""
    suffix = path.suffix.casefold()
    return suffix == ".description" or (suffix in _TEXTS and _NOTES.fullmatch(path.stem) is not None)


def _role_by_name(path: Path) -> Role | None:
    kind = mimetypes.guess_type(path.name)[0] or ""
    if path.suffix.casefold() in AUDIO or kind.startswith("audio/"):
        return "audio"
    if is_sheet(path):
        return "sheet"
    return None


def is_sheet(path: Path) -> bool:
    return path.name.casefold() == SHEET or path.name.casefold().endswith(f".{SHEET}")


def is_feed(path: Path) -> bool:
    return _ends_and_is(path, FEEDS, "feed")


def is_list_of_feeds(path: Path) -> bool:
    return _ends_and_is(path, LISTS, "feeds")


def _ends_and_is(path: Path, endings: tuple[str, ...], role: Role) -> bool:
    try:
        return path.suffix.casefold() in endings and role_of(path) == role
    except InputError:
        return False


def stem_of(path: Path) -> str:
    """The part of a name that says which episode it is."""
    stem = path.stem
    if path.suffix.casefold() in _CAPTIONS:
        stem = _LANGUAGE.sub("", stem) or stem
    return _KIND_OF_FILE.sub("", stem) or stem


def kin(path: Path) -> str:
    """What the names of one episode's files share."""
    return alike(stem_of(path))


def alike(name: str) -> str:
    """A name as others write it too: Ep1 and ep1, and an é that a Mac writes as two characters."""
    return unicodedata.normalize("NFC", name).casefold()


def files_in(folder: Path) -> list[Path]:
    """The files of a folder that may belong to an episode, in natural order."""
    return [entry for entry in entries(folder) if entry.is_file() and not _is_passed_over(entry)]


def entries(folder: Path) -> list[Path]:
    return sorted((entry for entry in folder.iterdir() if not entry.name.startswith(".")), key=natural)


def _is_passed_over(path: Path) -> bool:
    """Files that stand beside transcripts and are none: paperwork, pictures."""
    kind = mimetypes.guess_type(path.name)[0] or ""
    return _PAPERWORK.fullmatch(path.name) is not None or kind.startswith(("image/", "video/"))


def natural(path: Path) -> list[tuple[int, int, str]]:
    """``ep2`` before ``ep10``."""
    return [
        (0, int(piece), "") if piece.isdecimal() else (1, 0, piece)
        for piece in _DIGITS.split(path.name.casefold())
        if piece
    ] + [(1, 0, path.name)]
