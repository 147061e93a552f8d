"""The text of the file of speakers changed as asked, with its comments and its order left as they are. No I/O."""

from __future__ import annotations

from collections.abc import Container, Iterable
from copy import deepcopy
from dataclasses import dataclass
from typing import Any, cast

import tomlkit
from tomlkit.items import AoT, Table

from ingest.speakers_file import parse
from playhead.errors import SettingsError
from playhead.model import Spoken

HEADING = """\
# Who speaks: names, the labels that mean them, and roles. Change it by hand or with `playhead speakers`;
# after a change by hand, `playhead speakers apply` brings it into the library.
"""


@dataclass(frozen=True, slots=True)
class Scope:
    """Where a name is to hold: in these podcasts (slugs), in these episodes (ids), or everywhere."""

    podcasts: tuple[str, ...] = ()
    episodes: tuple[str, ...] = ()

    def holds(self, place: str) -> bool:
        """Whether a place of an entry - an episode's id, a podcast's slug, or "" for everywhere - lies in it."""
        if self.episodes:
            return place in self.episodes
        return not self.podcasts or place.partition("/")[0] in self.podcasts

    def place_of(self, episode: str) -> str:
        """By which of its places an episode lies in it."""
        return episode if self.episodes else episode.partition("/")[0] if self.podcasts else ""

    def only(self, places: Container[str]) -> Scope:
        """The part of it that is in these places."""
        return Scope(
            tuple(each for each in self.podcasts if each in places),
            tuple(each for each in self.episodes if each in places),
        )


EVERYWHERE = Scope()


def rename(text: str, path: str, old: str, new: str, scope: Scope, heard: Iterable[Spoken]) -> str:
    """The file's text after which whoever is called ``old`` within ``scope`` is called ``new``.

    ``heard`` is what is said there, by label. Nothing else changes: names that the labels of ``old`` have elsewhere
    stay. Raises SettingsError where the file as it would be contradicts itself.
    """
    document, entries = _opened(text, path)
    known = [entry for entry in entries if entry["name"] == new]
    for entry in [each for each in entries if each["name"] == old]:
        _rename_within(entry, entries, new, scope)
    _join(entries, new, known)
    speakers = parse(tomlkit.dumps(document), path)
    missing: dict[str, dict[str, None]] = {}
    for spoken in heard:
        label = spoken.label or spoken.speaker
        if spoken.speaker == old and speakers.names(spoken.episode).get(label, label) != new:
            missing.setdefault(label, {})[scope.place_of(spoken.episode)] = None
    for label, places in missing.items():
        _add_alias(_entry_of(entries, new, scope.only(places)), label)
    _tidy(entries, new)
    return _written(document, path)


def give_role(text: str, path: str, name: str, role: str, scope: Scope) -> str:
    """The file's text after which ``name`` has this role within ``scope``."""
    document, entries = _opened(text, path)
    _entry_of(entries, name, scope)["role"] = role
    return _written(document, path)


def _opened(text: str, path: str) -> tuple[tomlkit.TOMLDocument, AoT]:
    parse(text, path)
    document = tomlkit.parse(text or HEADING)
    if not document.get("speaker"):
        document["speaker"] = tomlkit.aot()
    entries = document["speaker"]
    if not isinstance(entries, AoT):
        raise SettingsError(
            f"{path}: the speakers are written as one list; write each as [[speaker]], or change it by hand."
        )
    return document, entries


def _written(document: tomlkit.TOMLDocument, path: str) -> str:
    if not document["speaker"]:
        del document["speaker"]
    text = tomlkit.dumps(document)
    parse(text, path)
    return text


def _places(entry: Table) -> tuple[str, list[str]]:
    key = "episodes" if "episodes" in entry else "podcasts"
    return key, list(cast(Any, entry.get(key, [""])))


def _rename_within(entry: Table, entries: AoT, new: str, scope: Scope) -> None:
    """Rename an entry as far as it lies in the scope: whole, in a copy for its places there, or not at all."""
    key, places = _places(entry)
    inside = [place for place in places if scope.holds(place)]
    if inside == places:
        entry["name"] = new
    elif inside:
        apart = deepcopy(entry)
        apart["name"], apart[key] = new, inside
        entry[key] = [place for place in places if place not in inside]
        _append(entries, apart)


def _entry_of(entries: AoT, name: str, scope: Scope) -> Table:
    """The entry of a name for exactly this scope, made if there is none."""
    wanted = set(scope.episodes or scope.podcasts or [""])
    for entry in entries:
        if entry["name"] == name and set(_places(entry)[1]) == wanted:
            return cast(Table, entry)
    made = tomlkit.table()
    made["name"] = name
    for key, places in (("podcasts", scope.podcasts), ("episodes", scope.episodes)):
        if places:
            made[key] = list(places)
    _append(entries, made)
    return made


def _append(entries: AoT, entry: Table) -> None:
    if len(entries):
        entries[-1].add(tomlkit.nl())
    entries.append(entry)


def _add_alias(entry: Table, label: str) -> None:
    if "aliases" not in entry:
        entry["aliases"] = []
    if label not in cast(Any, entry["aliases"]):
        cast(Any, entry["aliases"]).append(label)


def _join(entries: AoT, name: str, first: list[Table]) -> None:
    """Make one entry of those of a name for the same places. What the ``first`` say goes before the others."""
    joined: dict[frozenset[str], Table] = {}
    others = [each for each in entries if each["name"] == name and not any(each is one for one in first)]
    for entry in [*first, *others]:
        kept = joined.setdefault(frozenset(_places(entry)[1]), entry)
        if kept is not entry:
            for label in cast(Any, entry.get("aliases", [])):
                _add_alias(kept, label)
            if "role" in entry and "role" not in kept:
                kept["role"] = entry["role"]
            _drop(entries, entry)


def _tidy(entries: AoT, name: str) -> None:
    """Leave out what an entry of this name need not say, and the entry where it says nothing."""
    for entry in [each for each in entries if each["name"] == name]:
        aliases = cast(Any, entry.get("aliases", []))
        if _places(entry)[1] == [""] and name in aliases:
            aliases.remove(name)  # in a podcast or an episode it may be at odds with what holds everywhere
        if "aliases" in entry and not aliases:
            del entry["aliases"]
        if not entry.keys() & {"aliases", "role"}:
            _drop(entries, entry)


def _drop(entries: AoT, entry: Table) -> None:
    del entries[next(place for place, each in enumerate(entries) if each is entry)]
