"""WebVTT, the web's own captions, as tools really write it.

The cues are scanned here rather than by webvtt-py, which knows neither the line nor the offset of a cue, takes one
voice per cue and drops a cue whose time has a decimal comma; the tests hold the two against each other.

Spec: https://www.w3.org/TR/webvtt1/. Beyond it: headers that are missing, decimal commas, several or unclosed voices,
``>>`` where the speaker changes, ``Name: words`` (Zoom), and YouTube's rolling captions, which say every line twice.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise

from ingest.formats import Format
from ingest.reading import Problem, Reading
from ingest.scribe import Scribe, plain
from playhead.errors import TranscriptError
from playhead.model import Span
from playhead.timestamps import parse as parse_time

_TIME = r"(?:\d{1,4}:)?\d{1,2}:\d{2}[.,]\d{1,3}"
_TIMING = re.compile(rf"\s{{0,8}}({_TIME})\s{{0,8}}-->\s{{0,8}}({_TIME})(?:\s.{{0,500}})?")
_HEADER = re.compile("\ufeff?WEBVTT(?:[ \t\n\r]|$)")
_HEADERLESS = re.compile(
    r"\ufeff?\s{0,20}(?:[^\n]{0,80}\n)?\s{0,8}(?:\d{1,4}:)?\d{1,2}:\d{2}\.\d{3}\s{0,8}-->\s{0,8}\d"
)
_VOICE = re.compile(r"<v(?:\.[^\s<>]{0,80})?(?:\s([^<>\n]{0,200}))?>|</v>")
_TAG = re.compile(r"</?(?:[cibuv]|lang|ruby|rt)?(?:\.[^\s<>]{0,80})*(?:\s[^<>]{0,80})?>|<[\d:.]{1,16}>")
_CHANGE = re.compile(r"^\s{0,8}(?:-\s?)?(?:>>|&gt;&gt;)>?", re.MULTILINE)
_PREFIX = re.compile(r"\s{0,8}([^\W\d_][^:<>\n]{0,40}?):\s")
_BLOCK = re.compile(r"(?:NOTE|STYLE|REGION)(?:\s|$)")
LONGEST_NAME = 4
ROLLING = 0.25
"""Captions roll when at least this share of the cues begins by saying again the last line of the one before."""


@dataclass(frozen=True, slots=True)
class Cue:
    """A timed block of the file; ``lines`` are as written, ``raw`` is where they stand."""

    line: int
    start: float
    end: float
    lines: tuple[str, ...]
    raw: Span


@dataclass(frozen=True, slots=True)
class Voiced:
    """Words of a cue with who says them: a name, "" for somebody else than before, None for whoever spoke last."""

    speaker: str | None
    words: str


def looks_like(head: str) -> bool:
    """The header; or, where it is missing, a first cue whose times have a decimal point (a comma is SubRip)."""
    return bool(_HEADER.match(head) or _HEADERLESS.match(head))


def parse(text: str) -> Reading:
    """Read the cues. One that ends before it starts, or says nothing, is passed over in silence as players do."""
    problems: list[Problem] = []
    cues = list(_cues(text, problems))
    if not cues:
        raise TranscriptError("there is not one cue in it; a cue is 00:01.000 --> 00:04.000 and a line of words")
    if _rolls(cues):
        cues = list(_newly_said(cues))
    names = _recurring_names(cues)
    scribe = Scribe()
    for cue in cues:
        for voiced in _voices("\n".join(cue.lines), names):
            if voiced.speaker is not None and (voiced.speaker == "" or voiced.speaker != scribe.speaker):
                scribe.turn(voiced.speaker or None)
            end = cue.end if cue.end >= cue.start else None
            scribe.cue(cue.start, end, _TAG.sub("", voiced.words).replace("\n", " "), cue.line, cue.raw)
    return Reading("webvtt", transcript=scribe.transcript(), problems=tuple(problems))


def _cues(text: str, problems: list[Problem]) -> Iterator[Cue]:
    """Blocks up to a blank line that hold a timing line; a second timing line begins a cue of its own."""
    timing: tuple[int, float, float] | None = None
    said: list[str] = []
    begin = at = 0
    skipping, blank = False, True
    for number, whole in enumerate((*text.split("\n"), ""), 1):
        line, start, at = whole.rstrip("\r"), at, at + len(whole) + 1
        times = _timing(line)
        if times or not line:
            if timing and said:
                yield Cue(*timing, tuple(said), (begin, start - 1))
            timing, said, skipping = (number, *times) if times else None, [], False
        elif blank and _BLOCK.match(line):
            skipping = True
        elif timing and not skipping:
            if not said:
                begin = start
            said.append(line)
        elif "-->" in line and not skipping:
            problems.append(Problem(f"these times are not understood: {line.strip()[:80]}", number))
        blank = not line


def _timing(line: str) -> tuple[float, float] | None:
    match = _TIMING.fullmatch(line) if "-->" in line and len(line) < 1000 else None
    start, end = (parse_time(time) for time in match.groups()) if match else (None, None)
    return None if start is None or end is None else (start, end)


def _voices(text: str, names: frozenset[str]) -> Iterator[Voiced]:
    """The words of a cue, cut where another voice begins."""
    speaker: str | None = None
    at = 0
    for voice in _VOICE.finditer(text):
        yield from _changes(Voiced(speaker, text[at : voice.start()]), names)
        if voice[1] is not None:
            speaker = plain(voice[1])
        at = voice.end()
    yield from _changes(Voiced(speaker, text[at:]), names)


def _changes(voiced: Voiced, names: frozenset[str]) -> Iterator[Voiced]:
    """Cut where ``>>`` or a known ``Name:`` says that somebody else goes on."""
    pieces = _CHANGE.split(voiced.words)
    for index, piece in enumerate(pieces):
        speaker = "" if index else voiced.speaker
        lines: list[str] = []
        for line in piece.split("\n"):
            prefix = _PREFIX.match(f"{line} ")
            if prefix and plain(prefix[1]) in names:
                yield Voiced(speaker, "\n".join(lines))
                speaker, lines = plain(prefix[1]), [line[prefix.end() :]]
            else:
                lines.append(line)
        yield Voiced(speaker, "\n".join(lines))


def _recurring_names(cues: list[Cue]) -> frozenset[str]:
    """``Name:`` before the words counts as a speaker only where names recur and most of such prefixes are names.

    Files that use voices need no prefixes; "Note: ..." said once is speech.
    """
    if any("<v" in line for cue in cues for line in cue.lines):
        return frozenset()
    counted = Counter(
        plain(prefix[1]) for cue in cues for line in cue.lines if (prefix := _PREFIX.match(_CHANGE.sub("", f"{line} ")))
    )
    plausible = {name: times for name, times in counted.items() if _is_name(name)}
    recurring = {name for name, times in plausible.items() if times > 1}
    if not recurring or sum(plausible.values()) < 0.8 * counted.total() or counted.total() < 0.05 * len(cues):
        return frozenset()
    return frozenset(plausible)


def _is_name(text: str) -> bool:
    """One to four capitalised words, or a diarizer's "Speaker 2"."""
    parts = text.split()
    return 0 < len(parts) <= LONGEST_NAME and all(part[0].isupper() or part[0].isdigit() for part in parts)


def _rolls(cues: list[Cue]) -> bool:
    """Are these captions that keep the line before on the screen?"""
    said = [[line for line in map(_bare, cue.lines) if line] for cue in cues]
    pairs = [(before, after) for before, after in pairwise(said) if before and after]
    again = sum(1 for before, after in pairs if before[-1] == after[0])
    return len(pairs) > 1 and again >= ROLLING * len(pairs)


def _newly_said(cues: list[Cue]) -> Iterator[Cue]:
    """Each cue with only the lines that were not on the screen already."""
    shown: list[str] = []
    for cue in cues:
        fresh = [line for line in cue.lines if _bare(line) and _bare(line) not in shown]
        shown = [bare for bare in map(_bare, cue.lines) if bare] or shown
        if fresh:
            yield Cue(cue.line, cue.start, cue.end, tuple(fresh), cue.raw)


def _bare(line: str) -> str:
    return plain(_TAG.sub("", line))


FORMAT = Format(
    name="webvtt",
    title="WebVTT captions",
    suffixes=(".vtt", ".webvtt"),
    looks_like=looks_like,
    parse=parse,
)
