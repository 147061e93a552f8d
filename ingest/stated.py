"""Facts that somebody wrote down under keys, in an ``episode.toml`` or as front matter: one vocabulary for both.

Whatever does not fit is refused with its file, line and key, for a typing mistake would otherwise be a title lost.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time
from difflib import get_close_matches
from typing import TypeVar, get_args

from ingest.chapters import in_order, kind_of
from ingest.reading import Facts, Problem
from ingest.values import LONGEST_EPISODE, one_line, seconds, shown, web_address
from playhead.errors import TranscriptError
from playhead.model import Chapter, ChapterKind, Edition, Person
from playhead.text import clean

FACTS = (
    "podcast", "title", "published", "page_url", "audio_url", "description", "language", "duration", "hosts", "guests",
    "person", "offset", "edition",
)  # fmt: skip
"""The keys that `facts_from` reads."""
CHAPTERS = "chapter"
"""The key that `chapters_from` reads."""

LineOf = Callable[[str, str, int], int | None]
"""Where a key is written: its name, that of the table it stands in, and the how manieth of that name from 0."""

Value = TypeVar("Value")


def nowhere(key: str, table: str, number: int) -> int | None:
    """For who does not know the lines of what they read."""


def facts_from(stated: Mapping[str, object], path: str | None = None, line_of: LineOf = nowhere) -> Facts:
    """The facts among what is stated under the keys FACTS; whatever else is in it is not looked at.

    Raises TranscriptError naming ``path``, the key and, where ``line_of`` knows it, the line.
    """
    table = Table(stated, path, line_of)
    return Facts(
        podcast_title=table.line("podcast"),
        title=table.line("title"),
        published=table.day("published"),
        description=table.text("description"),
        page_url=table.address("page_url"),
        audio_url=table.address("audio_url"),
        duration=table.seconds("duration"),
        language=table.line("language"),
        people=tuple(_people(table)) or None,
        offset=table.offset("offset"),
        editions=tuple(map(_edition, table.tables("edition"))) or None,
    )


def chapters_from(
    stated: Mapping[str, object], path: str | None = None, line_of: LineOf = nowhere
) -> tuple[Chapter, ...]:
    """The chapters stated under the key CHAPTERS, in order of time. Raises as `facts_from` does."""
    problems: list[Problem] = []
    tables = Table(stated, path, line_of).tables(CHAPTERS)
    chapters = in_order(((place, _chapter(table)) for place, table in enumerate(tables, 1)), problems)
    for problem in problems:
        raise TranscriptError(f"{problem.message}; take one of them out", path, line_of(CHAPTERS, "", 0))
    return chapters


def _people(table: Table) -> Iterator[Person]:
    for role in ("host", "guest"):
        for name in table.texts(f"{role}s"):
            yield Person(name, role, source="sheet")
    for each in table.tables("person"):
        each.refuse_unknown(("name", "role", "url"))
        yield Person(each.wanted("name", each.line), each.line("role"), each.address("url"), "sheet")


def _edition(table: Table) -> Edition:
    table.refuse_unknown(("name", "url", "offset"))
    return Edition(table.wanted("name", table.line), table.wanted("url", table.address), table.offset("offset") or 0.0)


def _chapter(table: Table) -> Chapter:
    table.refuse_unknown(("start", "title", "end", "kind", "url"))
    title, kind = table.wanted("title", table.line), table.text("kind")
    kinds: tuple[ChapterKind, ...] = get_args(ChapterKind)
    if kind is not None and kind not in kinds:
        raise table.refused("kind", f"is none there is: {kind}; write one of {', '.join(kinds)}")
    return Chapter(
        number=0,
        title=title,
        start=table.wanted("start", table.seconds),
        end=table.seconds("end"),
        kind=next((each for each in kinds if each == kind), kind_of(title)),
        url=table.address("url"),
        source="sheet",
    )


@dataclass(frozen=True, slots=True)
class Table:
    """Keys and values as somebody wrote them; ``name`` and ``number`` say of which of several tables they are."""

    stated: Mapping[str, object]
    path: str | None = None
    line_of: LineOf = nowhere
    name: str = ""
    number: int = 0

    def refused(self, key: str, why: str) -> TranscriptError:
        """What to raise where the value of ``key`` does not fit."""
        of = f" of {self.name} {self.number + 1}" if self.name else ""
        return TranscriptError(f"{key}{of} {why}", self.path, self.line_of(key, self.name, self.number))

    def refuse_unknown(self, known: Sequence[str]) -> None:
        """Raise for the first key that is not ``known``, with the one it was perhaps meant to be."""
        for key in self.stated:
            if key not in known:
                near = get_close_matches(key.casefold(), known, 1)
                meant = f"did you mean {near[0]}? Known are" if near else "known are"
                where = f" in {self.name} {self.number + 1}" if self.name else ""
                raise TranscriptError(
                    f"unknown key {shown(key)}{where}; {meant} {', '.join(known)}",
                    self.path,
                    self.line_of(key, self.name, self.number),
                )

    def wanted(self, key: str, read: Callable[[str], Value | None]) -> Value:
        """What ``read`` makes of a key that may not be missing."""
        value = read(key)
        if value is None:
            raise self.refused(key, f"is missing; write {key} = ...")
        return value

    def text(self, key: str) -> str | None:
        """A text; None where there is none, or nothing in it."""
        value = self.stated.get(key)
        if value is not None and not isinstance(value, str):
            raise self.refused(key, f'is not a text; write {key} = "..."')
        return clean(value) or None if value else None

    def line(self, key: str) -> str | None:
        """A text in one line: a title or a name of two would look like two of them."""
        text = self.text(key)
        return text and text.replace("\n", " ")

    def texts(self, key: str) -> tuple[str, ...]:
        """A list of texts, or one text alone."""
        value = self.stated.get(key, [])
        texts = [value] if isinstance(value, str) else value
        if not isinstance(texts, list) or not all(isinstance(each, str) for each in texts):
            raise self.refused(key, f'is not a list of texts; write {key} = ["...", "..."]')
        return tuple(filter(None, map(one_line, texts)))

    def address(self, key: str) -> str | None:
        """An address of the web."""
        value = self.text(key)
        if value and web_address(value) is None:
            raise self.refused(key, f'is not a web address: {value}; write {key} = "https://..."')
        return web_address(value)

    def flag(self, key: str) -> bool:
        """True or false; false where nothing is stated."""
        value = self.stated.get(key, False)
        if not isinstance(value, bool):
            raise self.refused(key, f"is neither true nor false: {value}; write {key} = true")
        return value

    def day(self, key: str) -> date | None:
        """A day; of a day with a time, the day."""
        value = self.stated.get(key)
        if isinstance(value, datetime):
            return value.date()
        if value is None or isinstance(value, date):
            return value
        try:
            return datetime.fromisoformat(str(value).strip()).date()
        except ValueError:
            raise self.refused(key, f"is not a day: {shown(value)}; write {key} = 2024-10-02") from None

    def seconds(self, key: str) -> float | None:
        """Seconds from the start, or a clock."""
        value = self.stated.get(key)
        found = seconds(str(value) if isinstance(value, time) else value)
        if value is not None and found is None:
            raise self.refused(key, f'is no time: {shown(value)}; write seconds, or "1:02:03"')
        return found

    def offset(self, key: str) -> float | None:
        """Seconds that something runs later, or below 0 earlier."""
        value = self.stated.get(key)
        sign, size = 1, value
        if isinstance(value, str) and value.strip().startswith(("-", "+")):
            sign, size = (-1 if value.strip().startswith("-") else 1), value.strip()[1:]
        elif isinstance(value, int | float) and not isinstance(value, bool) and -LONGEST_EPISODE <= value < 0:
            sign, size = -1, -value
        found = seconds(size)
        if value is not None and found is None:
            raise self.refused(key, f'is no number of seconds: {shown(value)}; write {key} = 12.5, or "-0:31"')
        return None if found is None else sign * found

    def tables(self, key: str) -> Iterator[Table]:
        """The tables written under ``[[key]]``."""
        value = self.stated.get(key, [])
        if not isinstance(value, list) or not all(isinstance(each, dict) for each in value):
            raise self.refused(key, f"is not a list of tables; write [[{key}]] above each")
        for number, each in enumerate(value):
            yield Table(each, self.path, self.line_of, key, number)
