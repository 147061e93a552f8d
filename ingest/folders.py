"""Paths -> sources: which files make one episode, and what it is called.

A folder is one episode when no role occurs twice in it and its files are not all of one other name; otherwise files
pair by stem: ``ep1.vtt``, ``ep1.json``, ``ep1.mp3``. A feed among them says which files belong to which of its
episodes, and what is known of each.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from pathlib import Path

from ingest.claims import in_feed
from ingest.files import (
    FEEDS,
    LISTS,
    SHEET,
    Role,
    alike,
    entries,
    files_in,
    is_feed,
    is_list_of_feeds,
    is_sheet,
    kin,
    natural,
    role_of,
    stem_of,
)
from ingest.formats import named
from ingest.sheets import NOTHING, Sheet, read_sheet
from ingest.sources import File, Source, Unreadable, episode, importance, refuse_namesakes, slug_of
from playhead.errors import AmbiguousFormatError, InputError, TranscriptError

_NAMELESS = frozenset(["transcript", "page", "episode", "index", "captions", "subtitles"])


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
    roots = [folder.resolve() for folder in folders]
    yield from refuse_namesakes(
        found
        for few in (
            *(
                _among(sorted(files, key=natural), folder, podcast, taken, is_root=True)
                for folder, files in named.items()
            ),
            *(_in_folder(folder, podcast, taken, roots, is_root=True) for folder in folders),
        )
        for found in few
    )


def _in_folder(
    folder: Path, podcast: str | None, taken: set[Path], roots: list[Path], *, is_root: bool
) -> Iterator[Source | Unreadable]:
    """The episodes of a folder and those below it. ``roots`` are the folders that are walked, and grows by links."""
    try:
        files, inside = files_in(folder), [entry for entry in entries(folder) if entry.is_dir()]
    except OSError as error:
        why = f"{folder}: cannot be opened: {error.strerror or error}; let yourself read and enter it."
        yield Unreadable(folder, InputError(why))
        return
    yield from _among(files, folder, podcast, taken, is_root=is_root)
    for entry in inside:
        if not entry.is_symlink() or _leads_elsewhere(entry.resolve(), roots):
            yield from _in_folder(entry, podcast, taken, roots, is_root=False)


def _leads_elsewhere(target: Path, roots: list[Path]) -> bool:
    """Whether a link goes where nobody walks yet. One that leads back up would never end; ``roots`` grows by others."""
    if any(target.is_relative_to(root) or root.is_relative_to(target) for root in roots):
        return False
    roots.append(target)
    return True


def _among(
    files: list[Path], folder: Path, podcast: str | None, taken: set[Path], *, is_root: bool
) -> Iterator[Source | Unreadable]:
    """The episodes of one folder's ``files``: those of a feed first, which may also take files from folders below.

    ``taken`` are files that belong to a feed's episode already, and grows.
    """
    feeds = [file for file in files if is_feed(file)]
    for feed in feeds:
        yield from in_feed(feed, podcast, taken)
    for path in filter(is_list_of_feeds, files):
        taken.add(path)
        message = f"this is a list of feeds; playhead ingest {path} fetches them"
        yield Unreadable(path, TranscriptError(message, str(path)))
    yield from _as_stated([file for file in files if file not in taken], folder, podcast, taken, is_root)
    yield from _episodes([file for file in files if file not in taken and file not in feeds], folder, podcast, is_root)


def _as_stated(
    files: list[Path], folder: Path, podcast: str | None, taken: set[Path], is_root: bool
) -> Iterator[Source | Unreadable]:
    """The episodes whose sheets say which files are theirs, which format they are in, or that they are to be ignored.

    A sheet named ``episode.toml`` speaks for its folder, and ``ep1.episode.toml`` for what is called ``ep1``.
    """
    for file in filter(is_sheet, files):
        try:
            sheet = read_sheet(file)
        except InputError:
            continue  # The episode it stands beside says what is wrong with it.
        if not (sheet.is_ignored or sheet.files or sheet.format):
            continue
        whole = file.name.casefold() == SHEET
        beside = [each for each in files if each not in taken and (whole or kin(each) == kin(file))]
        group = [*sheet.files, *(each for each in beside if each not in sheet.files)]
        taken.update(group)
        if not sheet.is_ignored:
            show = folder.absolute().parent if whole and not is_root else folder.absolute()
            yield from _one_episode(group, folder, podcast, show.name, sheet, None if whole else stem_of(file))


def _episodes(files: list[Path], folder: Path, podcast: str | None, is_root: bool) -> Iterator[Source | Unreadable]:
    """The files of one folder as one episode, or paired by their stems."""
    if not files:
        return
    if _has_its_own_folder(files, folder):
        show = folder.absolute().name if is_root else folder.absolute().parent.name
        yield from _one_episode(files, folder, podcast, show)
        return
    for group in _grouped(files, kin):
        # Ep1.md beside ep1.md is another episode, and only one of them can have the name.
        is_one = len({alike(file.name) for file in group}) == len(group)
        for few in [group] if is_one else _grouped(group, stem_of):
            yield from _one_episode(few, folder, podcast, folder.absolute().name)


def _grouped(files: list[Path], by: Callable[[Path], str]) -> Iterable[list[Path]]:
    groups: dict[str, list[Path]] = {}
    for file in files:
        groups.setdefault(by(file), []).append(file)
    return groups.values()


def _has_its_own_folder(files: list[Path], folder: Path) -> bool:
    """Is the folder one episode? Files of one name that is not the folder's may get company: it is then their show."""
    stems = {kin(file) for file in files}
    only = next(iter(stems))
    named = len(stems) > 1 or only in _NAMELESS or slug_of(only) == slug_of(folder.absolute().name)
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


def _part(path: Path, sheet: Sheet) -> File:
    """A file, and what it is for: as ``sheet`` states, else as it says itself."""
    role = sheet.files.get(path)
    if role is not None:
        return File(path, role, format=sheet.format if role == "transcript" else None)
    try:
        return File(path, role_of(path))
    except AmbiguousFormatError:
        if sheet.format is None:
            raise
        return File(path, named(sheet.format).role, format=sheet.format)


def _one_episode(
    files: list[Path], folder: Path, podcast: str | None, show: str, sheet: Sheet = NOTHING, name: str | None = None
) -> Iterator[Source | Unreadable]:
    """The episode of ``files``; of a role that ``sheet`` states a file for, no other file is taken."""
    parts: list[File] = []
    for path in files:
        try:
            part = _part(path, sheet)
        except InputError as error:
            yield Unreadable(path, error)
            continue
        if path in sheet.files or part.role not in sheet.files.values():
            parts.append(part)
    parts.sort(key=importance)
    misnamed = next((part for part in parts if part.role in ("feed", "feeds")), None)
    if misnamed:
        what, endings = ("a feed", FEEDS) if misnamed.role == "feed" else ("a list of feeds", LISTS)
        message = f"this is {what}; end its name in {' or '.join(endings[:2])}"
        yield Unreadable(misnamed.path, TranscriptError(message, str(misnamed.path)))
    elif parts and parts[0].role in ("transcript", "page"):
        stem = name or stem_of(parts[0].path)
        yield episode(parts, podcast, show, folder.absolute().name if stem.casefold() in _NAMELESS else stem)
    elif sound := [part.path for part in parts if part.role == "audio"]:
        stem = stem_of(sound[0])
        yield episode(parts, podcast, show, folder.absolute().name if stem.casefold() in _NAMELESS else stem)
    else:
        for part in parts[:1]:
            yield Unreadable(part.path, TranscriptError("no transcript stands beside it", str(part.path)))
