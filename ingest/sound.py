"""Sound beside a transcript: how long it plays, and the chapters in it. The only code that opens sound.

Reading it needs the extra ``playhead[audio]``, https://mutagen.readthedocs.io; without that nothing is known of sound
but where it lies. Frames of ID3 and boxes of MP4 are read here: mutagen inflates the one without a bound, and knows one
of the other's two kinds of chapters.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from importlib.util import find_spec
from io import RawIOBase
from pathlib import Path
from typing import Any, BinaryIO, cast

from ingest import id3, mp4, numbered_chapters
from ingest.reading import Facts, Problem, Reading
from ingest.values import one_line, seconds
from playhead.model import Chapter

REMEDY = "pip install 'playhead[audio]'"
MOST_BYTES = 64 * 1024 * 1024
"""No more than this is read of a file: what tells about sound is small, and the sound itself is never decoded."""
MOST_READS = 100_000
"""In no more pieces than this: a file can be made of millions of empty ones."""


@dataclass(frozen=True, slots=True)
class Sound:
    """What a sound file says of itself. ``duration`` is in seconds; None where it cannot be told."""

    duration: float | None = None
    chapters: tuple[Chapter, ...] = ()
    title: str | None = None
    problems: tuple[Problem, ...] = ()


def can_be_read() -> bool:
    """Is the extra installed?"""
    return find_spec("mutagen") is not None


def read_sound(path: Path) -> Sound | None:
    """What the file at ``path`` says; None without the extra. What is wrong with it is a Problem, never an error."""
    if not can_be_read():
        return None
    try:
        with path.open("rb", buffering=0) as opened:
            return _read(cast(BinaryIO, _Bounded(opened)))
    except Exception as error:  # noqa: BLE001 - whatever damage makes of a reader, the words beside it are worth more
        why = getattr(error, "strerror", None) or str(error) or type(error).__name__
        return Sound(problems=(Problem(f"this sound cannot be read: {why[:200]}", path=str(path)),))


def heard(sound: Sound) -> Reading:
    """What a sound says, as what a file says."""
    facts = Facts(title=sound.title, duration=sound.duration)
    return Reading("sound", chapters=sound.chapters, facts=facts, problems=sound.problems)


def _read(file: BinaryIO) -> Sound:
    problems: list[Problem] = []
    head = file.read(16)
    if head[4:8] == b"ftyp":
        movie = mp4.movie_of(file)
        if movie is None:
            raise ValueError("what it holds is not said in it")
        chapters = mp4.chapters_in(movie, file, problems)
        return Sound(mp4.duration_of(movie), chapters, mp4.title_of(movie), tuple(problems))
    size = id3.size_of(head)
    file.seek(0)
    tag = file.read(size)
    if len(tag) < size:
        raise ValueError("it ends inside its tag")
    chapters, title = id3.chapters_in(tag, problems), id3.title_in(tag)
    length, comments = _told(file, size)
    chapters = chapters or numbered_chapters.chapters_in(_numbered(comments), problems)
    named = next((words for key, words in comments if key.casefold() == "title"), None)
    return Sound(seconds(length) or None, chapters, title or one_line(named), tuple(problems))


def _told(file: BinaryIO, start: int) -> tuple[float | None, list[tuple[str, str]]]:
    """The length in seconds and the comments, of a file whose sound begins at ``start``."""
    from mutagen.aac import AACInfo
    from mutagen.aiff import AIFFInfo
    from mutagen.flac import FLAC
    from mutagen.mp3 import MPEGInfo
    from mutagen.oggopus import OggOpus
    from mutagen.oggvorbis import OggVorbis
    from mutagen.wave import WaveStreamInfo

    file.seek(start)
    head = file.read(64)
    file.seek(0)
    match head[:4]:
        case b"OggS":
            return _commented((OggOpus if b"OpusHead" in head else OggVorbis)(file))
        case b"fLaC":
            return _commented(FLAC(file))  # type: ignore[no-untyped-call]
        case b"RIFF":
            return WaveStreamInfo(file).length, []
        case b"FORM":
            return AIFFInfo(file).length, []
        case _ if head[:1] == b"\xff" and head[1:2] in (b"\xf0", b"\xf1", b"\xf8", b"\xf9"):
            return AACInfo(file).length, []
        case b"\x30\x26\xb2\x75":
            return None, []  # Windows Media; podcasts have none
        case _:
            info = MPEGInfo(file, start)
            return info.length if not info.sketchy and _is_sure(info, file, start) else None, []


def _is_sure(info: Any, file: BinaryIO, start: int) -> bool:
    """Does an MP3 say how long it is? Else its first frame tells, if those further on have as many bits a second."""
    from mutagen.mp3 import BitrateMode, MPEGInfo

    if info.bitrate_mode != BitrateMode.UNKNOWN:
        return True
    size = file.seek(0, 2) - start
    return all(MPEGInfo(file, start + size * part // 4).bitrate == info.bitrate for part in (1, 2, 3))


def _commented(opened: Any) -> tuple[float | None, list[tuple[str, str]]]:
    return opened.info.length, [(key, words) for key, words in opened.tags or () if isinstance(words, str)]


def _numbered(comments: Iterable[tuple[str, str]]) -> list[tuple[int, str, str]]:
    return [(*key, words) for name, words in comments if (key := numbered_chapters.chapter_key(name))]


class _Bounded(RawIOBase):
    """A file of which only so much can be read: a damaged one may claim any size, and name any number of pieces."""

    def __init__(self, file: RawIOBase) -> None:
        self._file = file
        self._left = MOST_BYTES
        self._reads = 0

    def read(self, size: int = -1, /) -> bytes:
        if size < 0 or size > self._left:
            size = self._left + 1
        found = self._file.read(size) or b""
        self._left -= len(found)
        self._reads += 1
        if self._left < 0 or self._reads > MOST_READS:
            raise ValueError(f"more than {MOST_BYTES // 2**20} MB or {MOST_READS:,} pieces of it would have to be read")
        return found

    def seek(self, offset: int, whence: int = 0, /) -> int:
        return self._file.seek(offset, whence)

    def tell(self) -> int:
        return self._file.tell()

    def seekable(self) -> bool:
        return True

    def readable(self) -> bool:
        return True
