"""Markdown with a heading for whoever speaks, ``### Ada Lovelace`` or ``## Ada [00:01:20]``, and the words below.

Changelogs, manuals and diaries have headings that come back, too. So nothing but names stands at their level, and two
of them come back by turns; one will do where all have times, or two words. Where they have no times, somebody asks
something, and between them is no other heading but a chapter's with its own.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise

from ingest import markdown
from ingest.cues import NOBODY, is_name
from ingest.formats import Format
from ingest.headings import Heading, Outline, heading
from ingest.reading import Problem, Reading
from ingest.scribe import Scribe
from ingest.stamps import MARK, ONE_FRAME, WHOLE_SECOND, lift
from playhead.errors import TranscriptError
from playhead.model import Span
from playhead.voices import marker

_LEVEL = re.compile(r"[ \t]{0,3}(#{1,6})")
_SENTENCE_END = re.compile(r"[.?!,…。！？؟।:-][\"'”’»)*\]]{0,3}\s{0,8}\Z")
_QUESTION = re.compile(r"[?？؟][\"'”’»)*\]]{0,3}(?:\s|\Z)")
_SECTIONS = frozenset(
    "answers example examples exceptions friday monday notes overview parameters questions raises returns saturday "
    "sunday thursday tuesday usage wednesday".split()
)
"""What stands above paragraphs again and again and is nobody's name."""
FARTHEST = 64 * 1024
"""Characters that are looked at: who begins may talk for long before anybody else does."""
FEWEST = 3
SENTENCES = 0.5
"""At least this share of the lines below the names ends as sentences do."""


@dataclass(frozen=True, slots=True)
class Line:
    """A line that is not blank, and the heading that it is, of a ``level``; ``opens`` where it begins a paragraph."""

    number: int
    words: str
    raw: Span
    opens: bool
    heading: Heading | None = None
    level: int = 0


def looks_like(head: str) -> bool:
    """Headings of one level that are names, two of them by turns; words below each, half of them sentences."""
    whole = head if len(head) < FARTHEST else head[:FARTHEST].rpartition("\n")[0]
    if whole.lstrip("\ufeff \t\r\n").startswith(("{", "<")):
        return False
    lines = list(_lines(whole))
    level = _level(lines)
    first = next((place for place, line in enumerate(lines) if line.level == level), None)
    if first is None:
        return False
    headings = [(line.level, line.heading) for line in lines[first:] if line.heading]
    named = [found for at, found in headings if at == level]
    names = [found.title for found in named]
    said = [line.words for line in lines[first:] if not line.heading]
    is_empty = any(one.level == level == other.level for one, other in pairwise(lines[first:]))
    if len(names) < FEWEST or is_empty or not said or not all(_may_speak(name) or marker(name) for name in names):
        return False
    is_timed = all(found.seconds is not None for found in named)
    if not is_timed and any(at != level and found.seconds is None for at, found in headings):
        return False
    if not is_timed and not any(_QUESTION.search(words) for words in said):
        return False
    again = sum(1 for times in Counter(names).values() if times > 1)
    if not again or (again == 1 and not is_timed and not all(" " in name for name in names)):
        return False
    changes = sum(1 for before, after in pairwise(names) if before != after)
    sentences = sum(1 for words in said if _SENTENCE_END.search(words))
    return 3 * changes >= 2 * (len(names) - 1) and sentences >= SENTENCES * len(said)


def parse(text: str) -> Reading:
    """Read the turns; a heading of another level is a chapter where it has a time.

    What stands above the first name becomes a Problem, as do times that are none. Raises TranscriptError where no
    heading is a name.
    """
    lines = list(_lines(text))
    level = _level(lines)
    if not level:
        raise TranscriptError('no heading is a name, such as "### Ada Lovelace"')
    scribe, outline, problems = Scribe(), Outline(), list[Problem]()
    begun = False
    for line in lines:
        if line.heading and line.level == level:
            begun = True
            _turn(line.heading, scribe, outline)
        elif line.heading:
            outline.open(line.heading)
        elif begun:
            _say(line, scribe, outline, problems)
        elif not problems:
            problems.append(Problem("this stands above the first name, so nobody says it", line.number))
    chapters = outline.chapters(problems)
    return Reading("named_headings", scribe.transcript(), chapters, problems=tuple(problems))


def _turn(named: Heading, scribe: Scribe, outline: Outline) -> None:
    kind = marker(named.title)
    if kind:
        scribe.rest(kind, named.seconds, None, named.line)
        return
    if named.title == scribe.speaker:
        scribe.paragraph()
    else:
        scribe.turn(named.title)
    if named.seconds is not None:
        outline.stamp(named.seconds)
        scribe.stamp(named.seconds, WHOLE_SECOND if named.seconds.is_integer() else ONE_FRAME, named.line)


def _say(line: Line, scribe: Scribe, outline: Outline, problems: list[Problem]) -> None:
    said = lift(line.words)
    problems.extend(Problem(f"this time is not understood: {each}", line.number) for each in said.unread)
    if line.opens:
        scribe.paragraph()
    first, *rest = markdown.plain(markdown.without_lead(said.text), MARK).split(MARK)
    for place, words in enumerate((first, *rest)):
        if place:
            stamp = said.stamps[place - 1]
            outline.stamp(stamp.seconds)
            scribe.stamp(stamp.seconds, stamp.error, line.number)
        if words.strip():
            outline.words()
            scribe.say(words, line.raw)


def _level(lines: Sequence[Line]) -> int:
    """The level at which most headings are names; 0 where none is."""
    named = Counter(line.level for line in lines if line.heading and _may_speak(line.heading.title))
    return max(named, key=lambda level: (named[level], level)) if named else 0


def _may_speak(name: str) -> bool:
    folded = name.casefold().rstrip(".")
    return folded not in NOBODY | _SECTIONS and is_name(name.partition(" (")[0]) and marker(name) is None


def _lines(text: str) -> Iterator[Line]:
    at = 0
    blank = True
    for number, written in enumerate(text.split("\n"), 1):
        raw = (at, at + len(written))
        at = raw[1] + 1
        line = written.strip("\ufeff\r").rstrip(" \t\\")
        if not line.strip() or markdown.is_rule(line):
            blank = True
            continue
        found = heading(line, number)
        level = len(mark[1]) if found and (mark := _LEVEL.match(line)) else 0
        yield Line(number, line, raw, blank, found, level)
        blank = found is not None


FORMAT = Format(
    name="named_headings",
    title="Markdown with a heading for whoever speaks",
    suffixes=(".md", ".markdown"),
    looks_like=looks_like,
    parse=parse,
    looks_at_all=True,
    example="### Ada Moss\n\nWho asks?\n\n### Grace Okoye\n\nEveryone.\n\n### Ada Moss\n\nIt is older.",
)
