"""Paths -> sources: which files make one episode, what it is called, and what they say.

A folder is one episode when no role occurs twice in it and its files are not all of one other name; otherwise files
pair by stem: ``ep1.vtt``, ``ep1.json``,
``ep1.mp3``. A feed among them says which files belong to which of its episodes, and what is known of each; they may
also lie in folders below it, under the ends of their addresses. All reading from disk is here; formats never touch it.
"""

from __future__ import annotations

import codecs
import hashlib
import mimetypes
import os
import re
import tomllib
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import date, datetime
from functools import partial
from pathlib import Path
from typing import Literal
from urllib.parse import unquote, urlsplit

from charset_normalizer import from_bytes

from ingest import formats
from ingest.feeds import Item, read_feed
from ingest.reading import Facts, Problem, Reading, first_stated
from playhead.errors import InputError, TranscriptError
from playhead.text import clean, slug
from playhead.timestamps import parse as parse_time

READER_VERSION = 2
"""Counted up when files are read better than before, so that the next ingest reads them again."""

MOST_BYTES = 64 * 1024 * 1024
SHEET = "episode.toml"
AUDIO = (".mp3", ".m4a", ".m4b", ".ogg", ".opus", ".wav", ".flac", ".aac", ".aif", ".aiff", ".wma")

FEEDS = (".xml", ".rss", ".atom", ".rdf")

Role = Literal["sheet", "transcript", "page", "chapters", "audio", "feed"]

_ROLES: dict[str, Role] = {"page": "page", "json_chapters": "chapters", "podlove": "chapters", "rss": "feed"}
"""What a format other than a transcript's is for."""

# Endings of a stem that say what a file is and not which episode it belongs to: ep1.chapters.json.
_KIND_OF_FILE = re.compile(r"\.(?:transcript|chapters|page|episode|captions|subtitles)$", re.IGNORECASE)
# Captions carry their language there; elsewhere two letters are part of a name: about-node.js.md.
_LANGUAGE = re.compile(r"\.[a-z]{2}(?:-[a-z]{2})?$", re.IGNORECASE)
_CAPTIONS = (".vtt", ".srt", ".json3")
_NAMELESS = frozenset(["transcript", "page", "episode", "index", "captions", "subtitles"])
_PAPERWORK = re.compile(
    r"(?:readme|licen[cs]e|copying|contributing|contributors|authors|notice|code_of_conduct)(?:[._-].*)?"
    r"|(?:questions|queries|.*\.truth)\.jsonl",
    re.IGNORECASE,
)
DEEPEST_TAIL = 6
"""How many names at the end of an address may be folders beside the feed."""
_SEPARATORS = re.compile(r"[/\\\x00]")
_LONE_RETURN = re.compile(r"\r(?!\n)")
_DIGITS = re.compile(r"(\d{1,18})")


@dataclass(frozen=True, slots=True)
class File:
    """A file of an episode, and what it is there for. ``instead`` are to be read, in turn, where it cannot be."""

    path: Path
    role: Role
    instead: tuple[Path, ...] = ()


@dataclass(frozen=True, slots=True)
class Source:
    """One episode as it lies on disk. ``title`` is for want of a better one; ``sheet`` is what its episode.toml states.

    What a feed states of it goes after the sheet; ``feed`` are the chapters that stand in the feed itself.
    ``fingerprint`` changes when the name or content of a file does, or when Playhead has learned to read better.
    """

    episode_id: str
    podcast: str
    podcast_title: str
    title: str
    parts: tuple[File, ...]
    sheet: Facts
    fingerprint: str
    feed: Reading | None = None
    addresses: Mapping[Path, str] = field(default_factory=dict)
    """Where files that were fetched lie: what a person knows them by."""

    @property
    def files(self) -> tuple[Path, ...]:
        """Everything the episode is made from, the transcript first."""
        return tuple(part.path for part in self.parts)

    @property
    def audio(self) -> Path | None:
        """The episode's sound, where it lies beside the transcript."""
        return next((part.path for part in self.parts if part.role == "audio"), None)

    @property
    def name(self) -> str:
        """The path or the address a person knows it by."""
        return self.called(self.parts[0].path)

    def called(self, path: Path) -> str:
        """What to call one of its files."""
        return self.addresses.get(path, str(path))


@dataclass(frozen=True, slots=True)
class Unreadable:
    """A file that no episode can be made of, and why."""

    path: Path
    error: InputError

    @property
    def name(self) -> str:
        """The path a person knows it by."""
        return str(self.path)


def find(paths: Iterable[Path], podcast: str | None = None) -> Iterator[Source | Unreadable]:
    """Every episode at ``paths``, in natural order, each folder looked at only when it is reached.

    ``podcast`` names the show; else the sheet does; else the folder. Raises InputError for a path that is not there;
    whatever else is wrong is yielded, and never stops the run.
    """
    taken: set[Path] = set()
    folders: list[Path] = []
    named: dict[Path, list[Path]] = {}
    for path in dict.fromkeys(paths):
        if path.is_dir():
            folders.append(path)
        elif path.is_file():
            named.setdefault(path.parent, []).append(path)
        else:
            raise InputError(f"{path}: there is no such file or folder; check the path.")
    yield from refuse_namesakes(
        found
        for few in (
            *(
                _among(sorted(files, key=_natural), folder, podcast, taken, is_root=True)
                for folder, files in named.items()
            ),
            *(_in_folder(folder, podcast, taken, is_root=True) for folder in folders),
        )
        for found in few
    )


def read(source: Source) -> tuple[Reading, ...]:
    """What every text of the episode says. Raises TranscriptError naming the file and the line."""
    readings = [_read_part(part, source.called) for part in source.parts if part.role not in ("audio", "sheet")]
    return (*readings, source.feed) if source.feed else tuple(readings)


def _read_part(part: File, called: Callable[[Path], str]) -> Reading:
    """The first of its files that can be read; of those passed over, a Problem each."""
    passed_over: list[Problem] = []
    path, *others = part.path, *part.instead
    while others:
        try:
            reading = read_file(path, called(path))
        except InputError as error:
            message, line = (error.message, error.line) if isinstance(error, TranscriptError) else (str(error), None)
            passed_over.append(Problem(f"{message}; {others[0].name} is read instead", line, called(path)))
            path, *others = others
        else:
            break
    else:
        reading = read_file(path, called(path))
    return replace(reading, problems=(*passed_over, *reading.problems))


def read_file(path: Path, name: str) -> Reading:
    """What a file says, in whatever format it is written in. Errors and problems call it ``name``."""
    try:
        reading = formats.read(read_text(path), str(path))
    except TranscriptError as error:
        raise type(error)(error.message, name, error.line) from error
    return replace(reading, problems=tuple(replace(problem, path=name) for problem in reading.problems))


def read_text(path: Path) -> str:
    """The text of a file: UTF-8, else UTF-16 by its mark, else the likeliest encoding.

    A carriage return alone, as very old systems end a line, is a line's end. Raises TranscriptError when it is no
    text, InputError when it cannot be opened.
    """
    return _LONE_RETURN.sub("\n", _decoded(path))


def _decoded(path: Path) -> str:
    data = _read_bytes(path)
    marked = data.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE))
    try:
        return data.decode("utf-16" if marked else "utf-8-sig")
    except UnicodeDecodeError:
        guesses = None if b"\x00" in data else from_bytes(data)
    best = guesses.best() if guesses else None
    if not guesses or not best:
        raise TranscriptError("this is not text in any encoding that is known; save it as UTF-8", str(path))
    # Central European and Western text often look equally good; Western is by far the commoner.
    equals = (guess for guess in guesses if (guess.chaos, guess.coherence) == (best.chaos, best.coherence))
    return str(next((guess for guess in equals if guess.encoding == "cp1252"), best))


def _read_bytes(path: Path) -> bytes:
    try:
        if path.exists() and not path.is_file():
            # A pipe would be waited for without end.
            raise InputError(f"{path}: this is no file; name the transcript itself.")
        if path.stat().st_size > MOST_BYTES:
            raise TranscriptError(f"this is larger than {MOST_BYTES // 2**20} MB, and no transcript is", str(path))
        return path.read_bytes()
    except OSError as error:
        raise InputError(f"{path}: cannot be read: {error.strerror or error}.") from error


def _in_folder(folder: Path, podcast: str | None, taken: set[Path], *, is_root: bool) -> Iterator[Source | Unreadable]:
    try:
        entries = _entries(folder)
    except OSError as error:
        yield Unreadable(folder, InputError(f"{folder}: cannot be opened: {error.strerror or error}."))
        return
    yield from _among(_files_in(folder), folder, podcast, taken, is_root=is_root)
    for entry in entries:
        # A link to a folder can lead back up and never end.
        if entry.is_dir() and not entry.is_symlink():
            yield from _in_folder(entry, podcast, taken, is_root=False)


def _entries(folder: Path) -> list[Path]:
    return sorted((entry for entry in folder.iterdir() if not entry.name.startswith(".")), key=_natural)


def _files_in(folder: Path) -> list[Path]:
    """The files of a folder that may belong to an episode, in natural order."""
    return [entry for entry in _entries(folder) if entry.is_file() and not _is_passed_over(entry)]


def _among(
    files: list[Path], folder: Path, podcast: str | None, taken: set[Path], *, is_root: bool
) -> Iterator[Source | Unreadable]:
    """The episodes of one folder's ``files``: those of a feed first, which may also take files from folders below.

    ``taken`` are files that belong to a feed's episode already, and grows.
    """
    feeds = [file for file in files if _is_feed(file)]
    for feed in feeds:
        yield from _in_feed(feed, podcast, taken)
    yield from _episodes([file for file in files if file not in taken and file not in feeds], folder, podcast, is_root)


def _is_feed(path: Path) -> bool:
    try:
        return path.suffix.casefold() in FEEDS and role_of(path) == "feed"
    except InputError:
        return False


def _in_feed(path: Path, podcast: str | None, taken: set[Path]) -> Iterator[Source | Unreadable]:
    """Every item of a feed whose files lie beside it; of the others, where their transcripts are to be had."""
    try:
        feed = read_feed(read_text(path))
    except TranscriptError as error:
        yield Unreadable(path, TranscriptError(error.message, str(path), error.line))
        return
    except InputError as error:
        yield Unreadable(path, error)
        return
    claims = [_claim(item, path.parent) for item in feed.items]
    shared = _shared(claims)
    silent: list[Item] = []
    for claim in claims:
        parts = _parts(claim, path, shared, taken)
        if parts and parts[0].role in ("transcript", "page"):
            taken.update(file for part in parts for file in (part.path, *part.instead))
            yield episode(parts, podcast, path.absolute().parent.name, claim.item.key, claim.item)
        elif claim.item.transcripts:
            yield Unreadable(path, TranscriptError(_why_not_here(claim), str(path)))
        else:
            silent.append(claim.item)
    if silent:
        message = f'{len(silent)} of its {len(claims)} episodes name no transcript, such as "{silent[0].name}"'
        yield Unreadable(
            path, TranscriptError(f"{message}; lay one beside the feed, called as its audio is", str(path))
        )
    for problem in feed.problems:
        yield Unreadable(path, TranscriptError(problem.message, str(path)))


Place = tuple[Path, str]
"""A folder, and the stem that an episode's files have in it."""


@dataclass(frozen=True, slots=True)
class _Claim:
    """An item of a feed, and the files beside the feed that it names: transcripts, the best first, and others."""

    item: Item
    transcripts: tuple[Path, ...]
    others: tuple[Path, ...]
    places: frozenset[Place]


@dataclass(frozen=True, slots=True)
class _Shared:
    """How many items of a feed name a file, a place, and a folder; and what lies at those places."""

    files: Counter[Path]
    places: Counter[Place]
    folders: Counter[Path]
    lying: dict[Place, list[Path]]


def _shared(claims: list[_Claim]) -> _Shared:
    folders = Counter(folder for claim in claims for folder in {folder for folder, _ in claim.places})
    lying: dict[Place, list[Path]] = {}
    for file in (file for folder in folders for file in _files_in(folder)):
        lying.setdefault((file.parent, _stem(file)), []).append(file)
    return _Shared(
        files=Counter(file for claim in claims for file in {*claim.transcripts, *claim.others}),
        places=Counter(place for claim in claims for place in claim.places),
        folders=folders,
        lying=lying,
    )


def _claim(item: Item, folder: Path) -> _Claim:
    transcripts = [file for address in item.transcripts if (file := _beside(folder, address))]
    others = [file for address in (item.chapters_at, item.enclosure) if address and (file := _beside(folder, address))]
    places = {(file.parent, _stem(file)) for file in (*transcripts, *others)}
    sound = _pieces(item.enclosure) if item.enclosure else []
    if sound:
        places.add((folder, _stem(Path(sound[-1]))))
    return _Claim(item, tuple(dict.fromkeys(transcripts)), tuple(others), frozenset(places))


def _beside(folder: Path, address: str) -> Path | None:
    """The file an address names: relative to ``folder``, or lying in it under the end of the address."""
    pieces = _pieces(address)
    for first in range(max(0, len(pieces) - DEEPEST_TAIL), len(pieces)):
        path = folder.joinpath(*pieces[first:])
        try:
            if path.is_file() and path.resolve().is_relative_to(folder.resolve()):
                return path
        except OSError:
            continue
    return None


def _pieces(address: str) -> list[str]:
    """The names in the path of an address; none where it could lead out of a folder, or is none of the web's."""
    try:
        parts = urlsplit(address)
    except ValueError:
        return []
    pieces = [unquote(piece) for piece in parts.path.split("/") if piece not in ("", ".")]
    is_safe = all(piece[0] != "." and not _SEPARATORS.search(piece) for piece in pieces)
    return pieces if is_safe and parts.scheme in ("", "http", "https") else []


def _parts(claim: _Claim, feed: Path, shared: _Shared, taken: set[Path]) -> list[File]:
    """The files of a feed's item: those it alone names, and those that are called as they are."""
    named = [file for file in (*claim.transcripts, *claim.others) if shared.files[file] == 1]
    called_so = [
        file for place in sorted(claim.places) if shared.places[place] == 1 for file in shared.lying.get(place, ())
    ]
    own = {folder for folder, _ in claim.places if folder != feed.parent and shared.folders[folder] == 1}
    called_so += [file for folder in sorted(own) for file in _files_in(folder)]
    found: dict[Role, list[Path]] = {}
    for file in dict.fromkeys((*named, *called_so)):
        if file == feed or file in taken:
            continue
        try:
            found.setdefault("transcript" if file in claim.transcripts else role_of(file), []).append(file)
        except InputError:
            # It stays for the walk of its folder, which reports it.
            continue
    found.pop("feed", None)
    # Those the feed names are one transcript in several formats; others that lie there may be labelled or not.
    several = () if any(file in named for file in claim.transcripts) else found.pop("transcript", ())
    parts = [File(files[0], role, tuple(files[1:])) for role, files in found.items()]
    return sorted([*(File(file, "transcript") for file in several), *parts], key=_importance)


def _why_not_here(claim: _Claim) -> str:
    """Why an item has no transcript here, and what to do."""
    if claim.transcripts:
        name = claim.transcripts[0].name
        return f'"{claim.item.name}": {name} is named by another episode too; keep a file for each'
    return f'"{claim.item.name}": its transcript lies at {claim.item.transcripts[0]}; download it beside the feed'


def _episodes(files: list[Path], folder: Path, podcast: str | None, is_root: bool) -> Iterator[Source | Unreadable]:
    """The files of one folder as one episode, or paired by their stems."""
    if not files:
        return
    if _has_its_own_folder(files, folder):
        show = folder.absolute().name if is_root else folder.absolute().parent.name
        yield from _one_episode(files, folder, podcast, show)
        return
    groups: dict[str, list[Path]] = {}
    for file in files:
        groups.setdefault(_stem(file), []).append(file)
    for group in groups.values():
        yield from _one_episode(group, folder, podcast, folder.absolute().name)


def refuse_namesakes(found: Iterable[Source | Unreadable]) -> Iterator[Source | Unreadable]:
    """One run never puts an episode in another's place: season1/ep1.md and season2/ep1.md of one show are two.

    A file that is given twice is still one episode.
    """
    taken: dict[str, Source] = {}
    for each in found:
        if isinstance(each, Unreadable):
            yield each
            continue
        first = taken.setdefault(each.episode_id, each)
        if _share_a_file(first, each):
            yield each
        else:
            error = TranscriptError(f"its name is as good as that of {first.name}; rename one of them", each.name)
            yield Unreadable(Path(each.name), error)


def _share_a_file(one: Source, other: Source) -> bool:
    return not {path.resolve() for path in one.files}.isdisjoint(path.resolve() for path in other.files)


def _has_its_own_folder(files: list[Path], folder: Path) -> bool:
    """Is the folder one episode? Files of one name that is not the folder's may get company: it is then their show."""
    stems = {_stem(file).casefold() for file in files}
    only = next(iter(stems))
    named = len(stems) > 1 or only in _NAMELESS or _slug(only) == _slug(folder.absolute().name)
    return named and _is_one_episode(files)


def _is_one_episode(files: list[Path]) -> bool:
    """Does no role occur twice? Stops reading at the first that does."""
    seen: set[Role] = set()
    for file in files:
        try:
            role = role_of(file)
        except InputError:
            continue
        if role in seen:
            return False
        seen.add(role)
    return True


def _one_episode(files: list[Path], folder: Path, podcast: str | None, show: str) -> Iterator[Source | Unreadable]:
    parts: list[File] = []
    for path in files:
        try:
            parts.append(File(path, role_of(path)))
        except InputError as error:
            yield Unreadable(path, error)
    parts.sort(key=_importance)
    if any(part.role == "feed" for part in parts):
        misnamed = TranscriptError(f"this is a feed; end its name in {' or '.join(FEEDS[:2])}", str(parts[0].path))
        yield Unreadable(parts[0].path, misnamed)
    elif parts and parts[0].role in ("transcript", "page"):
        stem = _stem(parts[0].path)
        yield episode(parts, podcast, show, folder.absolute().name if stem.casefold() in _NAMELESS else stem)
    else:
        for part in parts[:1]:
            yield Unreadable(part.path, TranscriptError("no transcript stands beside it", str(part.path)))


def episode(
    parts: list[File],
    podcast: str | None,
    show: str,
    name: str | None = None,
    item: Item | None = None,
    addresses: Mapping[Path, str] | None = None,
) -> Source | Unreadable:
    """The episode of ``parts``, transcript or page first; ``item`` is what a feed says of it.

    ``podcast`` names the show, else what is stated does, else ``show``; ``name`` or else the first file's names it.
    """
    title = clean(name or _stem(parts[0].path))
    stated = [item.facts] if item else []
    try:
        sheet = first_stated([*(_sheet(part.path) for part in parts if part.role == "sheet"), *stated])
        fingerprint = _fingerprint(parts, item)
    except InputError as error:
        return Unreadable(parts[0].path, error)
    podcast_title = clean(podcast or sheet.podcast_title or show)
    return Source(
        episode_id=f"{_slug(podcast_title)}/{_slug(title)}",
        podcast=_slug(podcast_title),
        podcast_title=podcast_title,
        title=title,
        parts=tuple(parts),
        sheet=sheet,
        fingerprint=fingerprint,
        feed=Reading("rss", chapters=item.chapters, problems=item.problems) if item else None,
        addresses=addresses or {},
    )


def _role_by_name(path: Path) -> Role | None:
    kind = mimetypes.guess_type(path.name)[0] or ""
    if path.suffix.casefold() in AUDIO or kind.startswith("audio/"):
        return "audio"
    if path.name.casefold() == SHEET or path.name.casefold().endswith(f".{SHEET}"):
        return "sheet"
    return None


def role_of(path: Path) -> Role:
    """What the file is for, from its name where that is enough, else from what it says."""
    named = _role_by_name(path)
    if named:
        return named
    return _ROLES.get(formats.recognise(read_text(path), str(path)).name, "transcript")


def _importance(part: File) -> int:
    return ("transcript", "page", "chapters", "sheet", "audio", "feed").index(part.role)


def _fingerprint(parts: list[File], item: Item | None) -> str:
    """SHA-256 over what was read and how. Sound is known by where it lies and its size: it is never read."""
    digest = hashlib.sha256(f"reader {READER_VERSION}".encode())
    if item:
        digest.update(repr((item.facts, item.chapters)).encode())
    for part in parts:
        for path in (part.path, *part.instead):
            data = _whereabouts(path) if part.role == "audio" else _read_bytes(path)
            for piece in (path.name.encode("utf-8", "surrogateescape"), data):
                digest.update(len(piece).to_bytes(8, "big"))
                digest.update(piece)
    return digest.hexdigest()


def _whereabouts(sound: Path) -> bytes:
    """Where a file lies, so that moving an archive and reading it again mends its links, and how large it is."""
    return b"%s %d" % (os.fsencode(sound.resolve()), sound.stat().st_size)


def _sheet(path: Path) -> Facts:
    """What an ``episode.toml`` states. Raises TranscriptError naming the key that does not fit."""
    try:
        stated = tomllib.loads(read_text(path))
    except tomllib.TOMLDecodeError as error:
        raise TranscriptError(f"this is not TOML: {error}", str(path)) from None
    known = ("podcast", "title", "published", "page_url", "audio_url", "description", "language", "duration")
    for key in stated:
        if key not in known:
            raise TranscriptError(f"unknown key {key}; known are {', '.join(known)}", str(path))
    text = partial(_stated_text, stated, path)
    return Facts(
        podcast_title=text("podcast"),
        title=text("title"),
        published=_stated_day(stated.get("published"), path),
        description=text("description"),
        page_url=text("page_url"),
        audio_url=text("audio_url"),
        duration=_stated_seconds(stated.get("duration"), path),
        language=text("language"),
    )


def _stated_text(stated: dict[str, object], path: Path, key: str) -> str | None:
    value = stated.get(key)
    if value is not None and not isinstance(value, str):
        raise TranscriptError(f'{key} is not a text; write {key} = "..."', str(path))
    if value and key.endswith("_url") and not value.startswith(("https://", "http://")):
        raise TranscriptError(f"{key} is not a web address: {value}", str(path))
    return clean(value) or None if value else None


def _stated_day(value: object, path: Path) -> date | None:
    if value is None or (isinstance(value, date) and not isinstance(value, datetime)):
        return value
    if isinstance(value, datetime):
        return value.date()
    try:
        return date.fromisoformat(str(value))
    except ValueError:
        raise TranscriptError(f"published is not a day: {value}; write published = 2024-10-02", str(path)) from None


def _stated_seconds(value: object, path: Path) -> float | None:
    if value is None:
        return None
    seconds = None if isinstance(value, bool) else parse_time(str(value))
    if seconds is None:
        raise TranscriptError(f'duration is no time: {value}; write seconds, or "1:02:03"', str(path))
    return seconds


def _slug(text: str) -> str:
    """A name no Latin letter is in still makes an id of its own."""
    return slug(text, fallback=hashlib.sha256(text.encode("utf-8", "surrogateescape")).hexdigest()[:12])


def _stem(path: Path) -> str:
    """The part of a name that says which episode it is."""
    stem = path.stem
    if path.suffix.casefold() in _CAPTIONS:
        stem = _LANGUAGE.sub("", stem) or stem
    return _KIND_OF_FILE.sub("", stem) or stem


def _is_passed_over(path: Path) -> bool:
    """Files that stand beside transcripts and are none: paperwork, pictures."""
    kind = mimetypes.guess_type(path.name)[0] or ""
    return _PAPERWORK.fullmatch(path.name) is not None or kind.startswith(("image/", "video/"))


def _natural(path: Path) -> list[tuple[int, int, str]]:
    """``ep2`` before ``ep10``."""
    return [
        (0, int(piece), "") if piece.isdecimal() else (1, 0, piece)
        for piece in _DIGITS.split(path.name.casefold())
        if piece
    ] + [(1, 0, path.name)]
