"""Labelled Markdown, as the Changelog's open transcripts are written: ``**Name:** words \\[04:15\\] more words``.

Fifteen years of hands have typed it, so every rule here meets a real file: labels with the colon outside the bold,
alone on their line, in the middle of one; stamps in frames, escaped twice, never closed; breaks that look like people.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, replace

from ingest import markdown
from ingest.cues import NOBODY
from ingest.formats import Format
from ingest.headings import Heading, Outline, heading
from ingest.reading import Problem, Reading
from ingest.scribe import Scribe, plain
from ingest.stamps import MARK, Lifted, lift
from playhead.model import Span
from playhead.voices import marker

# A colon may stand inside the bold, after it, or (typed in haste) before the name.
_BOLD = re.compile(r"\s{0,3}(?:#{1,6}\s{1,3})?(?P<star>\*?)\*\*(?!\*)(?P<inside>[^*\n]{1,120})\*\*(?P<colon>\s?:)?")
_PLAIN = re.compile(r"(?P<name>\S[^:*\[\]\n]{0,60}?)\s?:\s")
_CLOCK = r"[(\[](?:\d{1,3}:)?\d{1,3}:\d{2}(?:\.\d{1,3})?[)\]]"
_TIMED = re.compile(
    rf"(?P<lead>\s{{0,3}})\*\*(?:(?P<first>{_CLOCK})\s{{1,3}})?(?P<name>[^*:()\[\]\n]{{1,80}}?)\s?"
    rf"(?:(?P<last>{_CLOCK})\s?)?(?::\*\*|\*\*\s?(?P<after>{_CLOCK})?\s?:)(?=\s{{1,3}}\S)"
)
_INNER = re.compile(r"\*\*\s?(?P<name>[^*:\n]{1,80}?)\s?(?::\s?\*\*|\*\*\s?:)")
_CAPITALISED = re.compile(r"[^\W\d_a-z][\w.'’&-]*(?: [^\W\d_a-z][\w.'’&-]*){1,4}")
_ROUND_TIME = re.compile(r"\s{0,3}\(((?:\d{1,3}:)?\d{1,3}:\d{2}(?:\.\d{1,3})?)\)(?=\s|\Z)")
_BARE_TIME = re.compile(r"\s{0,3}(?:\d{1,2}:)?\d{1,2}:\d{2}\s{0,3}")
MOST_NAME_WORDS = 8


@dataclass(frozen=True, slots=True)
class Line:
    """A line of the file that says something: who is named at its start, and what follows."""

    number: int
    label: str | None
    said: Lifted
    raw: Span
    paragraph: bool
    heading: Heading | None = None


def looks_like(head: str) -> bool:
    """Two labels that may be names, or one at the very beginning."""
    labels = [
        bold
        for line in map(_time_last, head.splitlines())
        if (bold := _BOLD.match(line))
        and (bold["colon"] or ":" in bold["inside"])
        and bold["inside"].partition(":")[0].strip().casefold() not in NOBODY
    ]
    return len(labels) > 1 or bool(
        labels and _time_last(head.lstrip("\ufeff\n\r \t")).startswith(labels[0].group().lstrip())
    )


def parse(text: str) -> Reading:
    """Read labelled Markdown. A time that is not understood stays in the text and becomes a Problem."""
    lines = list(_lines(text, _names(text)))
    silent = _never_speaking(lines)
    scribe, outline, problems = Scribe(), Outline(), list[Problem]()
    for index, line in enumerate(lines):
        if line.heading and (seconds := _begins(line.heading, lines[index + 1 : index + 2])) is not None:
            outline.open(replace(line.heading, seconds=seconds))
            continue
        problems.extend(Problem(f"this time is not understood: {written}", line.number) for written in line.said.unread)
        if line.paragraph:
            scribe.paragraph()
        following = lines[index + 1].label if index + 1 < len(lines) else ""
        kind = marker(line.label) if line.label else None
        if line.label and line.said.is_silent and (kind or (line.label in silent and following is not None)):
            _rest(scribe, kind or line.label, line)
        elif kind:
            # A jingle with its words written down is not a break: somebody nobody named sings.
            speaker = scribe.speaker
            scribe.turn(None)
            _say(scribe, line)
            scribe.turn(speaker)
        else:
            if line.label:
                scribe.turn(line.label)
            _say(scribe, line)
    chapters = outline.chapters(problems)
    return Reading("changelog", scribe.transcript(), chapters, problems=tuple(problems))


def _begins(found: Heading, following: list[Line]) -> float | None:
    """When a heading's chapter begins: as is written in it, or before the first word below it."""
    stamped = [line.said.stamps[0].seconds for line in following if line.said.text.lstrip().startswith(MARK)]
    return found.seconds if found.seconds is not None else next(iter(stamped), None)


def _rest(scribe: Scribe, kind: str, line: Line) -> None:
    start, end = (*(stamp.seconds for stamp in line.said.stamps), None, None)[:2]
    scribe.rest(kind, start, end, line.number)


def _say(scribe: Scribe, line: Line) -> None:
    first, *rest = markdown.plain(line.said.text, MARK).split(MARK)
    scribe.say(first, line.raw)
    for stamp, words in zip(line.said.stamps, rest, strict=True):
        scribe.stamp(stamp.seconds, stamp.error, line.number)
        scribe.say(words, line.raw)


def _lines(text: str, names: frozenset[str]) -> Iterator[Line]:
    """Every line with words, cut where a known speaker is named in the middle of it."""
    at = 0
    paragraph = False
    for number, whole in enumerate(text.split("\n"), 1):
        start, at = at, at + len(whole) + 1
        if not whole.strip() or markdown.is_rule(whole):
            paragraph = True
            continue
        found = None if _BOLD.match(whole) else heading(whole, number)
        if found:
            said = lift(markdown.without_lead(whole.rstrip(" \t\r\\")))
            yield Line(number, None, said, (start, at - 1), paragraph=True, heading=found)
            paragraph = True
            continue
        for first, last in _cuts(whole, names):
            piece = whole[first:last].rstrip(" \t\r\\")
            label, words = _label(_time_last(piece), names)
            if label is None:
                words = markdown.without_lead(words)
            elif _BARE_TIME.fullmatch(words):
                words = f"[{words.strip()}]"
            elif clock := _ROUND_TIME.match(words):
                words = f"[{clock[1]}]{words[clock.end() :]}"
            skipped = len(piece) - len(words) if piece.endswith(words) else 0
            yield Line(number, label, lift(words), (start + first + skipped, start + first + len(piece)), paragraph)
            paragraph = False


def _cuts(line: str, names: frozenset[str]) -> Iterator[Span]:
    """Where ``line`` falls apart because a second speaker is named in it."""
    first = 0
    for inner in _INNER.finditer(line):
        if inner["name"].strip() in names and any(character.isalnum() for character in line[first : inner.start()]):
            yield first, inner.start()
            first = inner.start()
    yield first, len(line)


def _label(line: str, names: frozenset[str]) -> tuple[str | None, str]:
    """Who or what ``line`` names at its start, if it does, and the words after that."""
    bold = _BOLD.match(line.lstrip('"“'))
    if bold is None:
        bare = _PLAIN.match(f"{line} ")
        if bare and (bare["name"] in names or (marker(bare["name"]) and lift(line[bare.end() :]).is_silent)):
            return bare["name"], line[bare.end() :]
        return None, line
    line = bold.string
    words = line[bold.end("inside") + 2 :]
    inside = bold["inside"].strip().removeprefix(":").strip()
    name, colon, tail = inside.partition(":")
    name, tail = _clean_name(name), tail.strip()
    if colon and tail.rstrip(":").strip() == name:
        tail = ""
    if not name or len(name.split()) > MOST_NAME_WORDS:
        return None, line
    known = name in names or marker(name) is not None
    if colon and not tail:
        return name, bold["star"] + words.lstrip()
    if colon and known:
        return name, f"{tail} {words}".strip()
    if bold["colon"] and (known or _CAPITALISED.fullmatch(name)):
        return name, line[bold.end() :].lstrip()
    if not colon and name in names:
        return name, words.lstrip()
    if not colon and known and lift(words.replace(":", "", 1)).is_silent:
        return name, words.lstrip()
    return None, line


def _time_last(line: str) -> str:
    """``line`` with the time behind the name that stands in bold with it, or between it and the colon.

    >>> _time_last("**[0:05] Ada:** So."), _time_last("**Ada** (0:05): So.")
    ('**Ada:** [0:05] So.', '**Ada:** [0:05] So.')
    """
    found = _TIMED.match(line)
    clock = next(filter(None, found.group("first", "last", "after")), None) if found else None
    return f"{found['lead']}**{found['name']}:** [{clock[1:-1]}]{line[found.end() :]}" if found and clock else line


def _clean_name(written: str) -> str:
    return plain(markdown.plain(written))


def _names(text: str) -> frozenset[str]:
    """Everybody who is plainly named at the start of a line, ``**Name:**``, or more than once ``**Name**:``."""
    plainly: set[str] = set()
    outside: Counter[str] = Counter()
    for line in map(_time_last, text.split("\n")):
        bold = _BOLD.match(line)
        if bold is None:
            continue
        inside = bold["inside"].strip()
        if inside.endswith(":") and ":" not in inside[:-1]:
            plainly.add(_clean_name(inside[:-1]))
        elif bold["colon"]:
            outside[_clean_name(inside)] += 1
    plainly.update(name for name, times in outside.items() if times > 1)
    return frozenset(name for name in plainly if name and marker(name) is None and len(name.split()) <= MOST_NAME_WORDS)


def _never_speaking(lines: list[Line]) -> set[str]:
    """Labels that only ever stand beside a time, without a word: ``**Movie extract:** [08:09]``."""
    timed = {line.label for line in lines if line.label and line.said.stamps and line.said.is_silent}
    speaking = {line.label for line in lines if line.label and not line.said.is_silent}
    return {label for label in timed - speaking if label}


FORMAT = Format(
    name="changelog",
    title="Markdown with **Name:** labels and [MM:SS] stamps",
    suffixes=(".md", ".markdown"),
    looks_like=looks_like,
    parse=parse,
    example="**Ada:** [04:15] Everyone asks.",
)
