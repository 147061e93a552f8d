"""A name and a colon before what each one says: the plainest transcript there is, with times or without.

``Ada: words``, ``Ada: 00:01:20`` with the words below (as bitcointranscripts writes them), ``Ada: [00:01:20] words``
(Sonix), ``Ada (00:01:20): words``, ``[00:01:20] Ada: words`` with more lines below (Descript). Lists, recipes and
settings look much like it, so two names have to speak, one of them twice, and most of what they say ends as sentences
do. Headings are chapters where a time is at hand.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, replace
from statistics import median

from ingest import markdown
from ingest.cues import NOBODY, is_name, take_turns
from ingest.formats import HEAD, Format
from ingest.headings import Heading, Outline, heading
from ingest.markup import is_piece
from ingest.reading import Problem, Reading
from ingest.scribe import Scribe, plain
from ingest.stamps import MARK, Lifted, lift
from playhead.errors import TranscriptError
from playhead.model import Span
from playhead.timestamps import parse as parse_time
from playhead.voices import marker

_NAME = r"[^\W_][^:：*<>()\[\]{}|\"“”#\n\ue000]{0,60}?(?: \([^()\d\n]{1,30}\))?"
_CLOCK = r"\d{1,3}:\d{2}(?::\d{2})?(?:[.,]\d{1,3})?"
_ROUND = re.compile(rf"(?P<before>[ \t]{{0,3}}{_NAME}(?:[ \t]{{1,4}}|[:：][ \t]{{0,4}}))\((?P<clock>{_CLOCK})\)")
_BARE = re.compile(
    rf"(?P<before>[ \t]{{0,3}}{_NAME}[:：][ \t]{{1,4}})"
    rf"(?:(?P<clock>{_CLOCK})(?=[ \t]{{0,8}}\Z)|(?P<long>\d{{1,3}}:\d{{2}}:\d{{2}}(?:[.,]\d{{1,3}})?)(?=[ \t]))"
)
_ONLY = re.compile(rf"(?P<before>[ \t]{{0,3}})(?P<clock>{_CLOCK})[ \t]{{0,8}}")
_LABEL = re.compile(
    rf"[ \t]{{0,3}}(?:{MARK}[ \t]{{0,4}}(?:-[ \t])?)?(?P<bold>\*\*)?"
    rf"(?P<open>\[)?(?P<name>{_NAME})(?(open)\])(?(bold)(?:\*\*)?)"
    rf"[ \t]{{0,4}}{MARK}?[ \t]{{0,4}}(?:：|:(?=\s|\Z|\*|{MARK}))(?(bold)(?:\*\*)?)"
)
_BOLD = re.compile(rf"[ \t]{{0,3}}\*\*[^*\n]{{1,120}}(?::\*\*|\*\*\s?(?:[\[(]{_CLOCK}[\])]\s?)?:)")
_LINK = re.compile(r"\s{0,8}<?https?://\S{1,2000}\s{0,8}")
_TIMED = re.compile(rf"[ \t]{{0,3}}[\[(]?{_CLOCK}[\])]?[ \t]{{1,8}}(?!\*\*)\S")
_ALONE = re.compile(rf"[ \t]{{0,3}}{_NAME}[ \t]{{0,4}}[\[(]{_CLOCK}[\])]:[ \t]{{0,8}}")
_SENTENCE_END = re.compile(r"[.?!,…。！？؟।:-][\"'”’»)*\]]{0,3}\s{0,8}\Z")
_ONCE_A_FACT = frozenset(["guest", "host", "moderator", "interviewer"])
"""Said once, this states who somebody is; said again, it is what they are called."""

FARTHEST = 64 * 1024
"""Characters that are looked at: who begins may talk for long before anybody else does."""
FEWEST = 3
PARAGRAPHS = 0.3
"""At least this share of the paragraphs begins with a name,"""
SENTENCES = 0.5
"""and at least this share of the lines ends as sentences do."""
LONG = 4
"""Words in a line that is no setting, such as ``Port: 22``."""
DENSE = 0.8
"""Where no line is blank and so many begin with a name, each of them opens a paragraph."""


@dataclass(frozen=True, slots=True)
class Line:
    """A line that is not blank. ``opens`` where it begins a paragraph; ``label`` is where its words begin."""

    number: int
    raw: Span
    opens: bool
    said: Lifted
    heading: Heading | None = None
    name: str | None = None
    label: int = 0

    @property
    def is_timed(self) -> bool:
        """Does a time stand beside the name?"""
        return MARK in self.said.text[: self.label] or self.said.text[self.label :].lstrip().startswith(MARK)

    @property
    def rests(self) -> str | None:
        """The kind of break that the line marks: its name, and nothing said."""
        kind = marker(self.name) if self.name else None
        return kind if kind and Lifted(self.said.text[self.label :]).is_silent else None

    def words(self, names: frozenset[str]) -> str:
        """What is said, with every MARK; a label that is none of ``names`` is said as well."""
        if self.name not in names:
            return self.said.text
        return MARK * self.said.text.count(MARK, 0, self.label) + self.said.text[self.label :]


def looks_like(head: str) -> bool:
    """Two names, one of them twice; names before a third of the paragraphs; half the lines end as sentences do.

    Without the ends of sentences: every line has a name, two of them by turns, and says more than a setting does.
    """
    opening, whole = _whole_lines(head, HEAD), _whole_lines(head, FARTHEST)
    if (
        "-->" in opening
        or is_piece(opening)
        or opening.lstrip("\ufeff \t\r\n").startswith(("{", "<", "---"))
        or _is_of_others(opening)
    ):
        return False
    lines = [line for line in _lines(whole) if line.heading is None]
    names = _names(lines)
    named = [line for line in lines if line.name in names]
    if len(names) < 2 or len(named) < FEWEST or len(named) < PARAGRAPHS * sum(line.opens for line in lines):
        return False
    said = list(_said(lines, names))
    if not said:
        return False
    if median(len(words.split()) for words in said) >= LONG and take_turns([f"{line.name}:" for line in lines]):
        return True
    return sum(1 for words in said if _SENTENCE_END.search(words)) >= SENTENCES * len(said)


def _said(lines: list[Line], names: frozenset[str]) -> Iterator[str]:
    """What is said from each name or blank line to the next: lines may be wrapped where they are full."""
    waiting: list[str] = []
    for line in lines:
        if waiting and (line.opens or line.name in names):
            yield " ".join(waiting)
            waiting = []
        if words := line.words(names).replace(MARK, "").strip():
            waiting.append(words)
    if waiting:
        yield " ".join(waiting)


def _whole_lines(text: str, length: int) -> str:
    return text if len(text) < length else text[:length].rpartition("\n")[0]


def _is_of_others(text: str) -> bool:
    """Does every line begin with a time, or a name stand alone on one with its time, or in bold before the words?"""
    written = [line for line in text.split("\n") if line.strip()]
    if not written:
        return False
    in_bold = sum(1 for line in written if _BOLD.match(line))
    return in_bold > 1 or all(map(_TIMED.match, written)) or any(map(_ALONE.fullmatch, written))


def parse(text: str) -> Reading:
    """Read the turns and the headings. What stands before the first name is not said, and becomes a Problem.

    Raises TranscriptError where nobody is named.
    """
    lines = list(_lines(text))
    names = _names(lines)
    first = next((place for place, line in enumerate(lines) if line.name in names), None)
    if first is None:
        raise TranscriptError('nobody is named twice at the start of a line, such as "Ada: words"')
    while first and lines[first - 1].said.stamps and lines[first - 1].said.is_silent:
        first -= 1
    scribe, outline, problems = Scribe(), Outline(), list[Problem]()
    unsaid = next((line for line in lines[:first] if line.heading is None), None)
    if unsaid:
        problems.append(Problem("this stands before the first name, so nobody says it", unsaid.number))
    for place, line in enumerate(lines):
        if line.heading:
            outline.open(line.heading)
        elif place >= first:
            problems.extend(Problem(f"this time is not understood: {each}", line.number) for each in line.said.unread)
            _take_down(line, names, scribe, outline)
    chapters = outline.chapters(problems)
    return Reading("named_turns", scribe.transcript(), chapters, problems=tuple(problems))


def _take_down(line: Line, names: frozenset[str], scribe: Scribe, outline: Outline) -> None:
    if line.rests:
        start, end = (*(stamp.seconds for stamp in line.said.stamps), None, None)[:2]
        scribe.rest(line.rests, start, end, line.number)
        return
    words = line.words(names)
    if line.name in names and line.name != scribe.speaker:
        scribe.turn(line.name)
    elif line.opens or line.name in names:
        scribe.paragraph()
    first, *rest = markdown.plain(words, MARK).split(MARK)
    _say(first, line, scribe, outline)
    for stamp, piece in zip(line.said.stamps, rest, strict=True):
        outline.stamp(stamp.seconds)
        scribe.stamp(stamp.seconds, stamp.error, line.number)
        _say(piece, line, scribe, outline)


def _say(words: str, line: Line, scribe: Scribe, outline: Outline) -> None:
    if words.strip():
        outline.words()
        scribe.say(words, line.raw)


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
        said = Lifted("") if found else _lifted(line)
        label = None if found else _LABEL.match(said.text)
        if label:
            yield Line(number, raw, blank, said, None, plain(label["name"]), label.end())
        else:
            yield Line(number, raw, blank, said, found)
        blank = False


def _lifted(line: str) -> Lifted:
    """``line`` without its times, also one beside the name that stands in round brackets or in none.

    >>> _lifted("Ada: 00:01:20").stamps[0].seconds, _lifted("Ada: 10:30 is fine.").stamps
    (80.0, ())
    """
    beside = _ONLY.fullmatch(line) or _ROUND.match(line) or _BARE.match(line)
    if beside is None:
        return lift(line)
    clock = beside["clock"] or beside["long"]
    if parse_time(clock) is None:
        said = lift(line)
        return replace(said, unread=(*said.unread, clock))
    return lift(f"{beside['before']}[{clock.replace(',', '.')}]{line[beside.end() :]}")


def _names(lines: list[Line]) -> frozenset[str]:
    """Who speaks: everybody named twice; where somebody is, whoever is named once at the start of a paragraph, too.

    A nickname in small letters counts where a time stands beside it. A name before nothing but a link is none.
    """
    labelled = [(line, line.name) for line in lines if line.name and not _LINK.fullmatch(line.said.text[line.label :])]
    timed = {name for line, name in labelled if line.is_timed and name[0].isalpha() and len(name.split()) == 1}
    counted = Counter(name for _, name in labelled if _may_speak(name) or name in timed)
    recurring = {name for name, times in counted.items() if times > 1}
    if not recurring:
        return frozenset()
    is_dense = sum(line.opens for line in lines) < 2 and counted.total() >= DENSE * len(lines)
    once = {name for line, name in labelled if name in counted and (is_dense or line.opens or line.is_timed)}
    return frozenset(recurring | {name for name in once if name.casefold() not in _ONCE_A_FACT})


def _may_speak(name: str) -> bool:
    silent = name.casefold().rstrip(".") in NOBODY or marker(name) is not None
    return not silent and is_name(name.partition(" (")[0])


FORMAT = Format(
    name="named_turns",
    title="text with a name and a colon before what each one says",
    suffixes=(".md", ".markdown", ".txt"),
    looks_like=looks_like,
    parse=parse,
    looks_at_all=True,
    example="Ada: Everyone asks.\nGrace: It is older.",
)
