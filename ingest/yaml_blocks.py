"""A block of YAML as plain values: every scalar the text it is written as, and nothing followed or built.

Of YAML 1.2 (https://yaml.org/spec/1.2.2/) this is the failsafe schema: ``1:02:03`` stays a clock, ``2024-10-02`` a day
as written and ``no`` a word. PyYAML says where things begin and end; values are put together here, because its own
loaders keep no lines, forget what stands before a mistake, take the last of two equal keys, and follow aliases, of
which a few lines make gigabytes.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass, field

import yaml

from ingest.reading import Problem

DEEPEST = 16
MOST_MENDED = 16
_NOTHING = frozenset(["", "~", "null", "Null", "NULL"])
_CONTROL = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x84\x86-\x9f\ud800-\udfff\ufeff\ufffe\uffff]")
_PLAIN = re.compile(
    r"(?P<key>[ ]{0,16}(?:- )?[\w][\w -]{0,60}: )(?P<value>[^\s\"'\[{|>&*!#%@`].{0,2000}: .{0,2000}?)\s*+"
)


@dataclass(frozen=True, slots=True)
class Block:
    """The keys of a block with their values (texts, None, lists, dictionaries) and the lines they stand on."""

    values: dict[str, object] = field(default_factory=dict)
    lines: dict[str, int] = field(default_factory=dict)


def read_yaml(text: str, first_line: int, problems: list[Problem]) -> Block:
    """The mapping that ``text`` is, which begins on ``first_line`` of its file; what stands before a mistake counts.

    Every key that is stated twice, alias, and mistake becomes a Problem with its line. A colon in a value without
    quotes, the commonest mistake of all, is read as if it had them.
    """
    lines = _CONTROL.sub(" ", text).split("\n")
    mended: list[Problem] = []
    while True:
        reader = _Reader(first_line - 1)
        try:
            block = reader.block("\n".join(lines))
        except yaml.MarkedYAMLError as error:
            mark = error.problem_mark or error.context_mark
            place = mark.line if mark else 0
            plain = _PLAIN.fullmatch(lines[place]) if place < len(lines) and len(mended) < MOST_MENDED else None
            if plain:
                lines[place] = f"{plain['key']}{json.dumps(plain['value'], ensure_ascii=False)}"
                mended.append(Problem("a colon stands in this value; put it in quotes", first_line + place))
                continue
            reader.problems.append(Problem(f"from here on this is not YAML: {error.problem}", first_line + place))
            block = reader.read
        problems.extend(sorted((*mended, *reader.problems), key=lambda problem: problem.line or 0))
        return block


class _Reader:
    """Puts values together from what begins and ends; ``read`` is what there is so far."""

    def __init__(self, above: int) -> None:
        self._above = above
        self.problems: list[Problem] = []
        self.read = Block()

    def block(self, text: str) -> Block:
        """The mapping that ``text`` is. Raises MarkedYAMLError at the first mistake."""
        events = iter(yaml.parse(text, Loader=yaml.CBaseLoader))
        first = next((each for each in events if isinstance(each, yaml.NodeEvent)), None)
        if isinstance(first, yaml.MappingStartEvent):
            for key, line, value in self.entries(events, 1):
                if self.is_new(key, self.read.values, line):
                    self.read.values[key], self.read.lines[key] = value, line
        elif first:
            self.problems.append(Problem("this YAML is no list of keys and values", self._above + 1))
        return self.read

    def entries(self, events: Iterator[yaml.Event], depth: int) -> Iterator[tuple[str, int, object]]:
        """The keys of a mapping with their lines and values."""
        for event in events:
            if isinstance(event, yaml.MappingEndEvent):
                return
            line = self._above + 1 + event.start_mark.line
            key = self._value(event, events, depth)
            value = self._value(next(events), events, depth)
            if isinstance(key, str):
                yield key, line, value
            else:
                self.problems.append(Problem("this key is no text", line))

    def is_new(self, key: str, stated: dict[str, object], line: int) -> bool:
        """Is this the first time that ``key`` is stated?"""
        if key in stated:
            self.problems.append(Problem(f"{key} is stated twice, and the first counts", line))
        return key not in stated

    def _value(self, event: yaml.Event, events: Iterator[yaml.Event], depth: int) -> object:
        if depth > DEEPEST:
            raise yaml.MarkedYAMLError(problem=f"more than {DEEPEST} deep", problem_mark=event.start_mark)
        line = self._above + 1 + event.start_mark.line
        if isinstance(event, yaml.AliasEvent):
            self.problems.append(Problem(f"*{event.anchor} is not followed; write out what it stands for", line))
            return None
        if isinstance(event, yaml.SequenceStartEvent):
            return list(self._items(events, depth + 1))
        if isinstance(event, yaml.MappingStartEvent):
            inner: dict[str, object] = {}
            for key, where, value in self.entries(events, depth + 1):
                if self.is_new(key, inner, where):
                    inner[key] = value
            return inner
        return None if event.implicit[0] and event.value in _NOTHING else event.value

    def _items(self, events: Iterator[yaml.Event], depth: int) -> Iterator[object]:
        for event in events:
            if isinstance(event, yaml.SequenceEndEvent):
                return
            yield self._value(event, events, depth)
