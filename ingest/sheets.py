"""An ``episode.toml``: what somebody states of an episode by hand, before everything that files and feeds say."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import get_args

from ingest import formats
from ingest.files import Role, read_text
from ingest.reading import Reading
from ingest.stated import CHAPTERS, FACTS, LineOf, Table, chapters_from, facts_from
from playhead.errors import TranscriptError

_PLACE = re.compile(r" \(at (?:line (\d+), column \d+|end of document)\)$")
_HEADER = re.compile(r"\s*\[\[?\s*([\w-]{1,40})\s*\]")
_KEY = re.compile(r"""\s*["']?([\w-]{1,80})["']?\s*=""")


@dataclass(frozen=True, slots=True)
class Sheet:
    """What an ``episode.toml`` states: facts and chapters; which of the files beside it are there for what, the name of
    the format its transcript is in, the second half of the episode's id, and whether it is to be left out.
    """

    reading: Reading = field(default_factory=lambda: Reading("sheet"))
    files: Mapping[Path, Role] = field(default_factory=dict)
    format: str | None = None
    id: str | None = None
    is_ignored: bool = False


NOTHING = Sheet()
FILES: tuple[Role, ...] = (*(role for role in get_args(formats.Role) if not role.startswith("feed")), "audio")
"""The keys that name a file."""
SETTLING = ("format", "id", "ignore")


def read_sheet(path: Path) -> Sheet:
    """What an ``episode.toml`` states. Raises TranscriptError naming the key that does not fit, and its line."""
    text, name = read_text(path), str(path)
    try:
        stated = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        place = _PLACE.search(str(error))
        line = int(place[1]) if place and place[1] else len(text.splitlines())
        why = f'this is not TOML: {_PLACE.sub("", str(error))}; a text has quotes, as in title = "..."'
        raise TranscriptError(why, name, line) from None
    except RecursionError:
        raise TranscriptError("this is not TOML: it is nested too deep", name) from None
    line_of = _lines_of(text)
    table = Table(stated, name, line_of)
    table.refuse_unknown((*FACTS, CHAPTERS, *FILES, *SETTLING))
    return Sheet(
        Reading("sheet", chapters=chapters_from(stated, name, line_of), facts=facts_from(stated, name, line_of)),
        files={file: role for role in FILES if (file := _file(table, role, path.parent))},
        format=_format(table),
        id=table.text("id"),
        is_ignored=table.flag("ignore"),
    )


def _file(table: Table, role: Role, folder: Path) -> Path | None:
    """The file that is stated for a role: one beside the sheet or in a folder below, for it is read and served."""
    if isinstance(table.stated.get(role), list | dict):
        meant = ", and what is in it is written under [[chapter]]" if role == "chapters" else ""
        raise table.refused(role, f'names a file{meant}; write {role} = "..."')
    written = table.text(role)
    if written is None:
        return None
    path = folder / written
    try:
        is_there = path.is_file() and path.resolve().is_relative_to(folder.resolve())
    except (OSError, ValueError):
        is_there = False
    if not is_there:
        raise table.refused(role, f"is no file beside this one: {written}; write the name of one that is")
    return path


def _format(table: Table) -> str | None:
    name, there = table.text("format"), [each.name for each in formats.known()]
    if name is not None and name not in there:
        raise table.refused("format", f"is none there is: {name}; write one of {', '.join(there)}")
    return name


def _lines_of(text: str) -> LineOf:
    """Where keys are written in TOML of one level of tables, all that a sheet has; of a missing one, its table."""

    def line_of(key: str, table: str, number: int) -> int | None:
        current, counted, begins = "", -1, None
        for line, written in enumerate(text.splitlines(), 1):
            header, assigned = _HEADER.match(written), _KEY.match(written)
            if header:
                current = header[1]
                counted += current == table
                if current == (table or key) and (not table or counted == number):
                    begins = begins or line
            if current == table and (not table or counted == number) and assigned and assigned[1] == key:
                return line
        return begins

    return line_of
