"""JSON as files hold it: with the places of things, and looked at before it is read."""

from __future__ import annotations

import json
import re
from bisect import bisect_left
from dataclasses import dataclass, field

from playhead.errors import TranscriptError
from playhead.model import Span

OUTLINED = 4096

_TOKEN = re.compile(r'"(?P<name>(?:[^"\\]++|\\.)*+)"?+(?P<key>[ \t\r\n]*+:)?+|[{}\[\]]', re.DOTALL)
_DECODER = json.JSONDecoder()
_GAP = re.compile(r"[ \t\r\n]*+")
_LEAD = "\ufeff \t\r\n"


@dataclass(frozen=True, slots=True)
class Item:
    """An entry of a list, and where it stands in the text."""

    value: object
    span: Span


@dataclass(frozen=True, slots=True)
class Document:
    """A JSON object: the members that are lists with the places of their items, and the others.

    A text that is one list has it under the empty name.
    """

    text: str
    values: dict[str, object] = field(default_factory=dict)
    lists: dict[str, list[Item]] = field(default_factory=dict)
    _lines: list[int] = field(default_factory=list)
    _places: dict[str, int] = field(default_factory=dict)

    def line(self, item: Item, key: str) -> int:
        """The line on which ``key`` is written in ``item``, else the one on which the item begins."""
        at = self.text.find(f'"{key}"', *item.span)
        return bisect_left(self._lines, item.span[0] if at < 0 else at) + 1

    def within(self, name: str) -> Document:
        """The object that is the member ``name``, as a document of its own; an empty one where it is no object."""
        return self._opened(self._places.get(name))

    def opened(self, item: Item) -> Document:
        """The object that an item is, as a document of its own; an empty one where it is no object."""
        return self._opened(item.span[0])

    def _opened(self, at: int | None) -> Document:
        inner = Document(self.text, _lines=self._lines)
        if at is not None and self.text[at] == "{":
            _members(inner, at)
        return inner


def read_json(text: str) -> Document:
    """A JSON object, or a list. Raises TranscriptError with the line where it is neither."""
    document = Document(text, _lines=[found.start() for found in re.finditer("\n", text)])
    at = _after_gap(text, 1 if text.startswith("\ufeff") else 0)
    try:
        if text[at : at + 1] == "[":
            document.lists[""], at = _items(text, at)
        else:
            at = _members(document, at)
        if at < len(text) and (at := _after_gap(text, at)) < len(text):
            raise json.JSONDecodeError("something follows its end", text, at)  # noqa: TRY301 - as the decoder does
    except json.JSONDecodeError as error:
        raise TranscriptError(f"this is not JSON: {error.msg}", line=error.lineno) from None
    except (RecursionError, ValueError):
        raise TranscriptError("this JSON is nested too deeply, or holds a number too long to be one") from None
    return document


def _members(document: Document, at: int) -> int:
    """The members of the object at ``at`` into ``document``; where it ends."""
    text = document.text
    if text[at : at + 1] != "{":
        raise json.JSONDecodeError("it begins with neither { nor [", text, at)
    at = _after_gap(text, at + 1)
    while text[at : at + 1] != "}":
        name, end = _DECODER.raw_decode(text, at)
        end = _after_gap(text, end)
        if not isinstance(name, str) or text[end : end + 1] != ":":
            raise json.JSONDecodeError("a name in quotes and a colon should stand here", text, at)
        at = _after_gap(text, end + 1)
        if text[at : at + 1] == "[":
            document.lists[name], end = _items(text, at)
        else:
            document._places[name] = at
            document.values[name], end = _DECODER.raw_decode(text, at)
        at = _following(text, end, "}")
    return at + 1


def _items(text: str, at: int) -> tuple[list[Item], int]:
    """The entries of the list at ``at``, and where it ends."""
    items: list[Item] = []
    at = _after_gap(text, at + 1)
    while text[at : at + 1] != "]":
        value, end = _DECODER.raw_decode(text, at)
        items.append(Item(value, (at, end)))
        at = _following(text, end, "]")
    return items, at + 1


def _following(text: str, at: int, closing: str) -> int:
    """Where the next entry begins, or its list or object is closed. A comma too many does no harm."""
    at = _after_gap(text, at)
    if text[at : at + 1] == ",":
        return _after_gap(text, at + 1)
    if text[at : at + 1] != closing:
        raise json.JSONDecodeError(f"a comma or {closing} should stand here", text, at)
    return at


def _after_gap(text: str, at: int) -> int:
    gap = _GAP.match(text, at)
    return gap.end() if gap else at


def outline(head: str) -> frozenset[str]:
    """The keys of JSON that is cut off somewhere, each with the way to it; empty where it is no JSON.

    >>> sorted(outline('{"version": "1.0", "segments": [{"body": "a", "words": ["b'))
    ['segments', 'segments[].body', 'segments[].words', 'version']
    """
    opening = head[:OUTLINED].lstrip(_LEAD)
    if not opening.startswith(("{", "[")):
        return frozenset()
    found: set[str] = set()
    outer: list[str] = []
    here = ""
    for token in _TOKEN.finditer(opening):
        match token.group()[0]:
            case "{":
                outer.append(here)
            case "[":
                outer.append(here)
                here += "[]"
            case "}" | "]":
                here = outer.pop() if outer else ""
            case _ if token["key"] and outer:
                here = f"{outer[-1]}.{token['name']}" if outer[-1] else token["name"]
                found.add(here)
    return frozenset(found)
