"""A feed among the files of a folder: which of them belong to which of its episodes.

They may also lie in folders below it, under the ends of their addresses.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import unquote, urlsplit

from ingest.feeds import Item, read_feed
from ingest.files import Role, files_in, kin, read_text, role_of
from ingest.sources import File, Source, Unreadable, episode, importance
from ingest.values import web_address
from playhead.errors import InputError, TranscriptError

DEEPEST_TAIL = 6
"""How many names at the end of an address may be folders beside the feed."""
_SEPARATORS = re.compile(r"[/\\\x00]")


@dataclass(frozen=True, slots=True)
class Absent(Unreadable):
    """An item of a feed whose transcript does not lie beside it, but on the web."""

    item: Item


Place = tuple[Path, str]
"""A folder, and what the names of an episode's files share in it."""


def in_feed(path: Path, podcast: str | None, taken: set[Path]) -> Iterator[Source | Unreadable]:
    """Every item of a feed, with the files that lie beside it; where it names a transcript, only with one of those."""
    try:
        feed = read_feed(read_text(path), name=str(path))
    except TranscriptError as error:
        yield Unreadable(path, TranscriptError(error.message, str(path), error.line))
        return
    except InputError as error:
        yield Unreadable(path, error)
        return
    claims = [_claim(item, path.parent) for item in feed.items]
    shared = _shared(claims)
    for claim in claims:
        parts = _parts(claim, path, shared, taken)
        item, has_words = claim.item, bool(parts) and parts[0].role in ("transcript", "page")
        if item.transcripts and not has_words:
            why = TranscriptError(_why_not_here(claim), str(path))
            is_elsewhere = not claim.transcripts and any(map(web_address, item.transcripts))
            yield Absent(path, why, item) if is_elsewhere else Unreadable(path, why)
            continue
        taken.update(file for part in parts for file in (part.path, *part.instead))
        name = item.key or (None if has_words else item.stem)
        yield episode(parts, podcast, path.absolute().parent.name, name, item, place=f"{path}: {item.name}")
    for problem in feed.problems:
        yield Unreadable(path, TranscriptError(problem.message, str(path)))


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
    for file in (file for folder in folders for file in _lying_in(folder)):
        lying.setdefault((file.parent, kin(file)), []).append(file)
    return _Shared(
        files=Counter(file for claim in claims for file in {*claim.transcripts, *claim.others}),
        places=Counter(place for claim in claims for place in claim.places),
        folders=folders,
        lying=lying,
    )


def _lying_in(folder: Path) -> list[Path]:
    """The files of a folder; of one that cannot be opened none. The walk says so of it."""
    try:
        return files_in(folder)
    except OSError:
        return []


def _claim(item: Item, folder: Path) -> _Claim:
    transcripts = [file for address in item.transcripts if (file := _beside(folder, address))]
    others = [file for address in (item.chapters_at, item.enclosure) if address and (file := _beside(folder, address))]
    places = {(file.parent, kin(file)) for file in (*transcripts, *others)}
    sound = _pieces(item.enclosure) if item.enclosure else []
    if sound:
        places.add((folder, kin(Path(sound[-1]))))
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
    called_so += [file for folder in sorted(own) for file in _lying_in(folder)]
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
    return sorted([*(File(file, "transcript") for file in several), *parts], key=importance)


def _why_not_here(claim: _Claim) -> str:
    """Why an item has no transcript here, and what to do."""
    if claim.transcripts:
        name = claim.transcripts[0].name
        return f'"{claim.item.name}": {name} is named by another episode too; keep a file for each'
    return f'"{claim.item.name}": its transcript lies at {claim.item.transcripts[0]}; download it beside the feed'
