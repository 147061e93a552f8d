"""What a text resembles that is in no format, and what it lacks: from what is in it, not from its name."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from difflib import get_close_matches

from ingest.documents import outline
from ingest.values import shown
from playhead.timestamps import parse

LEAST_ALIKE = 0.2
"""The share of what a format has that must be there for it to be a guess."""
MOST_LINES = 200
MOST_NAMED = 4
LONGEST_SHOWN = 120
"""Characters of a key with what it may be meant to be; the longest that a format asks for, with its guess, has 90."""

_CLOCK = re.compile(r"\d{1,3}(?::\d{1,2}){1,3}(?:[.,]\d{1,9})?")
_TAG = re.compile(r"<([A-Za-z][\w:.-]{0,40})")
_READ, _UNREAD = "\x01", "\x02"
"""What stand for a time that is one, and for one that is none: 0:75, or 00:00:01:12 with frames."""
_TRAITS = (
    ("a line WEBVTT", re.compile(r"WEBVTT")),
    ("lines with -->", re.compile(r".{0,200}-->")),
    ("times that can be read around it", re.compile(r"\s{0,8}\x01\s{0,4}-->\s{0,4}\x01")),
    ("names in bold before the words", re.compile(r"\*\*[^*\n]{1,60}\*\*|__[^_\n]{1,60}__")),
    ("names and a colon before the words", re.compile(r"[^\W\d_][^:\n]{0,40}:(?:\s|$)")),
    ("times at the start of lines", re.compile(r"[\s*•-]{0,8}[\[(<]?\x01(?![^\n]{0,20}-->)")),
    ("times in brackets", re.compile(r".{0,200}[\[(]\x01[\])]")),
    ("lines of a name and a time", re.compile(r"[^\W\d_][^:\n]{0,60}[\s(]{1,4}\x01\)?\s{0,8}$")),
    ("headings of Markdown", re.compile(r" {0,3}#{1,6} \S")),
    ("columns between tabs", re.compile(r"[^\t\n]{1,150}\t[^\t\n]{0,150}\t")),
    ("lines of NAME=value", re.compile(r"[A-Za-z]\w{0,40}=")),
    ("headings of a page", re.compile(r"(?:Featuring|Sponsors|Notes & Links|Chapters|Transcript)\s{0,8}$")),
)


@dataclass(frozen=True, slots=True)
class Guess:
    """A format, by its name; what of it the text has, and what it lacks, each with what may stand there instead."""

    name: str
    alike: float
    has: tuple[str, ...]
    lacks: tuple[str, ...]
    example: str

    def __str__(self) -> str:
        lacks = f", but not {listed(self.lacks)}" if self.lacks else ", but not as it is written there"
        return f"{self.name}: it has {listed(self.has)}{lacks}"


def nearest(text: str, examples: Iterable[tuple[str, str]]) -> list[Guess]:
    """The formats that ``text`` is most alike, best first; ``examples`` are their names and shortest files."""
    found = traits(text)
    guesses = []
    for name, example in examples:
        wanted = traits(example)
        common = wanted & found
        if common and len(common) >= LEAST_ALIKE * len(wanted):
            lacks = tuple(_instead(each, found - wanted) for each in sorted(wanted - found))
            alike = len(common) / len(wanted | found)
            guesses.append(Guess(name, alike, tuple(sorted(common)), lacks, example))
    return sorted(guesses, key=lambda guess: (-guess.alike, guess.name))


def traits(text: str) -> frozenset[str]:
    """What can be seen of a text at a glance: keys of JSON, tags of markup, or the kinds of lines it has.

    >>> sorted(traits("1\\n00:00:01,000 --> 00:00:04,000\\nAhoy."))
    ['lines with -->', 'times that can be read around it']
    """
    opening = text.lstrip("\ufeff \t\r\n")[:20_000]
    keys = outline(opening)
    if keys or opening.startswith(("{", "[{")):
        return keys
    if opening.startswith("<") and (tags := frozenset(f"<{tag}>" for tag in _TAG.findall(opening))):
        return tags
    lines = [_CLOCK.sub(_marked, line[:200]) for line in opening.split("\n")[:MOST_LINES]]
    return frozenset(name for name, seen in _TRAITS if any(map(seen.match, lines)))


def _marked(clock: re.Match[str]) -> str:
    return _UNREAD if parse(clock.group()) is None else _READ


def _instead(wanted: str, others: Iterable[str]) -> str:
    """A key that is missing, and the one that is perhaps meant to be it."""
    by_name = {each.rpartition(".")[2]: each for each in others}
    near = get_close_matches(wanted.rpartition(".")[2], by_name, 1)
    return f"{wanted} (is {by_name[near[0]]} that?)" if near else wanted


def listed(names: Sequence[str]) -> str:
    """A few names in a row, on one line whatever a stranger called them, and how many more there are."""
    more = f" and {len(names) - MOST_NAMED} more" if len(names) > MOST_NAMED else ""
    return ", ".join(shown(name, LONGEST_SHOWN) for name in names[:MOST_NAMED]) + more
