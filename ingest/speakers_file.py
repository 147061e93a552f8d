"""The file of speakers, ``speakers.toml``: read with care, and changed with its comments left where they are."""

from __future__ import annotations

import os
import re
import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from ingest.speakers import Entry, Speakers
from playhead.errors import SettingsError
from playhead.text import clean
from playhead.voices import voice

_KEYS = ("name", "aliases", "role", "podcasts", "episodes")
_HEADING = re.compile(r"[ \t]*\[\[[ \t]*speaker[ \t]*\]\]")
_SYNTAX = re.compile(r"(.*) \(at (?:line (\d+), column \d+|end of document)\)")
MOST_BYTES = 8 * 1024 * 1024


def read(path: Path, *, asked: bool = False) -> Speakers | None:
    """What the file says; None where there is none, which is an error if it was ``asked`` for.

    Raises SettingsError naming the line and the remedy.
    """
    text = read_text(path)
    if text is None and asked:
        raise SettingsError(f"{path}: there is no such file; check the path, or begin one with playhead speakers role.")
    return None if text is None else parse(text, str(path))


def read_text(path: Path) -> str | None:
    """The file's text; None where there is none."""
    try:
        if not path.exists():
            return None
        if not path.is_file():
            raise SettingsError(f"{path}: this is no file; name the file of speakers itself.")
        if path.stat().st_size > MOST_BYTES:
            raise SettingsError(f"{path}: this is larger than {MOST_BYTES // 2**20} MB, and no list of speakers is.")
        return path.read_text("utf-8-sig")
    except UnicodeDecodeError:
        raise SettingsError(f"{path}: this is not UTF-8; save it as UTF-8.") from None
    except OSError as error:
        raise SettingsError(f"{path}: cannot be read: {error.strerror or error}.") from error


def write_text(path: Path, text: str) -> None:
    """Put ``text`` in the file's place: whoever reads it sees the old one or the new, after a crash as well."""
    path = path.resolve()
    aside = path.with_name(f".{path.name}.new")
    try:
        with aside.open("w", encoding="utf-8") as file:
            file.write(text)
            file.flush()
            os.fsync(file.fileno())
        if path.exists():
            aside.chmod(path.stat().st_mode)
        aside.replace(path)
    except OSError as error:
        raise SettingsError(f"{path}: cannot be written: {error.strerror or error}; make it writable.") from error


def parse(text: str, path: str) -> Speakers:
    """What a file of speakers says. Raises SettingsError naming the line and the remedy."""
    try:
        stated = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        what, line = match.groups() if (match := _SYNTAX.fullmatch(str(error))) else (str(error), None)
        where = line or text.count("\n") + 1
        raise SettingsError(
            f"{path}:{where}: this is not TOML: {what}; a speaker begins with [[speaker]], a text has quotes."
        ) from None
    reader = _Reader(text, path)
    speakers = stated.pop("speaker", [])
    for key in stated:
        raise reader.error(reader.line_of(key), f"unknown key {key}; every speaker begins with [[speaker]]")
    if not isinstance(speakers, list) or not all(isinstance(each, dict) for each in speakers):
        raise reader.error(reader.line_of("speaker"), "speaker is no list of tables; write [[speaker]]")
    entries = [reader.entry(number, each) for number, each in enumerate(speakers)]
    reader.refuse_contradictions(entries)
    return Speakers(entries)


class _Reader:
    """The text beside what TOML made of it, so that every complaint has its line."""

    def __init__(self, text: str, path: str) -> None:
        self._lines = text.split("\n")
        self._path = path
        self._headings = [number for number, line in enumerate(self._lines, 1) if _HEADING.match(line)]

    def error(self, line: int | None, message: str) -> SettingsError:
        return SettingsError(f"{self._path}:{line or 1}: {message}.")

    def line_of(self, said: str, entry: int | None = None) -> int | None:
        """The first line that says this, in an entry or anywhere; else where the entry begins."""
        first, last = 1, len(self._lines)
        if entry is not None and entry < len(self._headings):
            first = self._headings[entry]
            last = self._headings[entry + 1] - 1 if entry + 1 < len(self._headings) else last
        return next(
            (line for line in range(first, last + 1) if said in self._lines[line - 1]),
            first if entry is not None else None,
        )

    def entry(self, number: int, stated: Mapping[str, Any]) -> Entry:
        for key in stated:
            if key not in _KEYS:
                raise self.error(self.line_of(key, number), f"unknown key {key}; known are {', '.join(_KEYS)}")
        if "name" not in stated:
            raise self.error(self.line_of("", number), 'a speaker has no name; write name = "..."')
        name = self._text(number, "name", stated["name"])
        role = self._text(number, "role", stated["role"]) if "role" in stated else None
        lists = {key: self._texts(number, key, stated[key]) for key in _KEYS[1:] if key != "role" and key in stated}
        entry = Entry(name, role=role, line=self.line_of("", number), **lists)
        if entry.podcasts and entry.episodes:
            raise self.error(self.line_of("podcasts", number), "podcasts and episodes exclude each other; keep one")
        for place in entry.episodes:
            if "/" not in place:
                raise self.error(
                    self.line_of(place, number),
                    f'"{place}" is no episode\'s id; write podcast/episode, as the library does',
                )
        for alias in entry.aliases:
            if voice(alias) == "anonymous" and not entry.episodes:
                raise self.error(
                    self.line_of(alias, number),
                    f'"{alias}" is somebody else in every episode; say where it is {name}: episodes = ["..."]',
                )
        return entry

    def _text(self, number: int, key: str, value: object) -> str:
        text = clean(value).replace("\n", " ") if isinstance(value, str) else ""
        if not text:
            said = "is empty" if value == "" or isinstance(value, str) else "is not a text"
            raise self.error(self.line_of(key, number), f'{key} {said}; write {key} = "..."')
        return text

    def _texts(self, number: int, key: str, values: object) -> tuple[str, ...]:
        if not isinstance(values, list):
            raise self.error(self.line_of(key, number), f'{key} is no list; write {key} = ["..."]')
        if not values and key != "aliases":
            raise self.error(self.line_of(key, number), f"{key} is empty; name one, or take the line out")
        for value in values:
            if not isinstance(value, str) or not clean(value):
                raise self.error(self.line_of(key, number), f"{key} holds {value!r}, which is no text")
        return tuple(dict.fromkeys(clean(value).replace("\n", " ") for value in values))

    def refuse_contradictions(self, entries: list[Entry]) -> None:
        """In one place a label is one name, and a name has one role."""
        names: dict[tuple[str, str], int] = {}
        roles: dict[tuple[str, str], int] = {}
        for number, entry in enumerate(entries):
            for place in entry.places:
                for label in entry.aliases:
                    other = entries[names.setdefault((place, label), number)]
                    if other.name != entry.name:
                        both = f"{other.name} (line {other.line}) and {entry.name}"
                        raise self.error(
                            self.line_of(label, number), f'"{label}" is {both}{_in(place)}; keep one of them'
                        )
                other = entries[roles.setdefault((place, entry.name), number)] if entry.role else entry
                if other.role != entry.role:
                    both = f'"{other.role}" (line {other.line}) and "{entry.role}"'
                    raise self.error(self.line_of("role", number), f"{entry.name} is {both}{_in(place)}; keep one role")


def _in(place: str) -> str:
    return f" in {place}" if place else ""
