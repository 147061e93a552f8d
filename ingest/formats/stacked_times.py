"""A time on a line of its own, what is said below it, and perhaps who says it on a line beside the time.

So Teams' transcripts look when they are copied (the name, ``0 minutes 5 seconds``, ``0:05``, both once more, the words)
and as its older documents (``0:0:5.100 --> 0:0:8.250``, the name, the words), and YouTube's when theirs are (``0:05``,
the words). Lists of chapters can be written so, too: names have to recur, or the times to follow each other closely.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from statistics import median

from ingest.cues import CLOSE, LONG, WIDEST, is_name
from ingest.formats import HEAD, Format
from ingest.notices import is_notice
from ingest.reading import Problem, Reading
from ingest.scribe import Scribe
from ingest.stamps import ONE_FRAME, WHOLE_SECOND
from playhead.errors import TranscriptError
from playhead.model import Span
from playhead.timestamps import parse as parse_time

_CLOCK = r"\d{1,3}:\d{1,2}(?::\d{1,2})?(?:[.,]\d{1,3})?"
_TIME = re.compile(
    rf"[ \t]{{0,3}}[\[(]?(?P<start>{_CLOCK})"
    rf"(?:[ \t]{{0,3}}(?:-->|→|[-–—])[ \t]{{0,3}}(?P<end>{_CLOCK}))?[\])]?[ \t]{{0,8}}"
)
_SPELLED = (
    r"(?=\d)(?:(?P<hours>\d{1,2}) hours?,? ?)?(?:(?P<minutes>\d{1,3}) minutes?,? ?)?(?:(?P<seconds>\d{1,2}) seconds?)?"
)
_WORDED = re.compile(rf"[ \t]{{0,3}}{_SPELLED}[ \t]{{0,8}}")
_ECHO = re.compile(rf"[ \t]{{0,3}}(?P<name>\w[^\n]{{0,60}}?)[ \t]{{1,3}}{_SPELLED}[ \t]{{0,8}}")
_CAPTIONS = re.compile(
    r"\d{1,4}:\d{2}[.,]\d{3}[ \t]{0,8}-->|WEBVTT|^\d{1,6}[ \t]{0,8}\r?\n[\d:]{4,9}[ \t]{0,8}-->", re.MULTILINE
)
_LABEL = re.compile(r"[ \t]{0,3}\w[^:\n]{0,40}: ")
_SENTENCE_END = re.compile(r"[.?!,…。！？][\"'”’]?\s{0,8}\Z")
MOST_ABOVE = 3
"""Lines above the first name: what the meeting is called, and when it was."""
FEWEST = 3
NAMED = 0.8
"""At least this share of the times has a name beside it, where names are written at all."""
SENTENCES = 0.5


@dataclass(frozen=True, slots=True)
class Line:
    """A line that is not blank: what it says, or the time that it is and nothing else."""

    number: int
    words: str
    raw: Span
    start: float | None = None
    end: float | None = None
    is_time: bool = False
    is_fine: bool = False
    is_spelled: bool = False
    echoes: str | None = None


@dataclass(frozen=True, slots=True)
class Block:
    """A time, who is named beside it, and the lines below."""

    time: Line
    name: str | None
    lines: tuple[Line, ...]


def looks_like(head: str) -> bool:
    """Near its beginning a time alone on its line; times go forward; names beside them recur, or they are close."""
    if _CAPTIONS.search(head) or head.lstrip("\ufeff \t\r\n").startswith(("{", "<")):
        return False
    lines = _lines(head if len(head) < HEAD else head.rpartition("\n")[0])
    if not any(line.is_time for line in lines[: MOST_ABOVE + 2]):
        return False
    blocks, unsaid = _blocks(lines)
    times = [block.time.start for block in blocks if block.time.start is not None]
    if times != sorted(times) or sum(1 for block in blocks[:-1] if not block.lines) > 0.2 * len(blocks):
        return False
    names = Counter(block.name for block in blocks if block.name)
    said = [line.words for block in blocks for line in block.lines]
    if names:
        is_plain = any(block.time.is_spelled or block.time.end is not None for block in blocks)
        return len(times) > 1 and bool(said) and (is_plain or max(names.values()) > 1)
    if unsaid or len(times) < FEWEST or sum(1 for words in said if _LABEL.match(words)) * 3 > len(said):
        return False
    gap = median(after - before for before, after in pairwise(times))
    sentences = sum(1 for words in said if _SENTENCE_END.search(words))
    is_like_talk = gap <= WIDEST or sum(len(words.split()) for words in said) >= LONG * len(blocks)
    return gap <= CLOSE or (is_like_talk and sentences >= SENTENCES * len(said))


def parse(text: str) -> Reading:
    """Read the blocks. What stands above the first is not said, and becomes a Problem, as do times that are none.

    Raises TranscriptError where no line is a time.
    """
    blocks, unsaid = _blocks(_lines(text))
    if not blocks:
        raise TranscriptError('no line is a time and nothing else, such as "0:05"')
    problems = [Problem("this stands above the first time, so nobody says it", line.number) for line in unsaid[:1]]
    scribe = Scribe()
    for block in blocks:
        time, words = block.time, " ".join(line.words for line in block.lines)
        if block.name and block.name != scribe.speaker:
            scribe.turn(block.name)
        elif block.name:
            scribe.paragraph()
        raw = (block.lines[0].raw[0], block.lines[-1].raw[1]) if block.lines else None
        if time.start is None:
            problems.append(Problem(f"this time is not understood: {time.words.strip()}", time.number))
            scribe.say(words, raw)
        elif time.end is not None:
            scribe.cue(time.start, time.end if time.end >= time.start else None, words, time.number, raw)
        else:
            scribe.stamp(time.start, ONE_FRAME if time.is_fine else WHOLE_SECOND, time.number)
            scribe.say(words, raw)
    return Reading("stacked_times", scribe.transcript(), problems=tuple(problems))


def _lines(text: str) -> list[Line]:
    found: list[Line] = []
    at = 0
    for number, written in enumerate(text.split("\n"), 1):
        raw = (at, at + len(written))
        at = raw[1] + 1
        words = written.strip("\ufeff\r")
        if not words.strip() or is_notice(words):
            continue
        time = _TIME.fullmatch(words) if len(words) < 100 else None
        spelled = _WORDED.fullmatch(words) if len(words) < 100 else None
        echo = _ECHO.fullmatch(words) if len(words) < 100 else None
        if time:
            start, end = (parse_time(each.replace(",", ".")) if each else None for each in time.group("start", "end"))
            is_fine = "." in time["start"] or "," in time["start"]
            found.append(Line(number, words, raw, start, end, is_time=True, is_fine=is_fine))
        elif spelled:
            found.append(Line(number, words, raw, _seconds(spelled), is_time=True, is_spelled=True))
        else:
            found.append(Line(number, words, raw, echoes=echo["name"].strip() if echo and _seconds(echo) else None))
    return found


def _seconds(spelled: re.Match[str]) -> float | None:
    """Seconds of ``1 hour 2 minutes 3 seconds``."""
    parts = spelled.group("hours", "minutes", "seconds")
    hours, minutes, seconds = (int(part or 0) for part in parts)
    return None if parts == (None, None, None) or seconds > 59 else hours * 3600.0 + minutes * 60 + seconds


def _blocks(lines: Sequence[Line]) -> tuple[list[Block], list[Line]]:
    """The times with what stands below them, and the lines above the first. Names stand above the times, or below."""
    groups: list[tuple[int, int]] = []
    for place, line in enumerate(lines):
        if line.is_time and groups and groups[-1][1] == place:
            groups[-1] = (groups[-1][0], place + 1)
        elif line.is_time:
            groups.append((place, place + 1))
    if not groups:
        return [], list(lines)
    above = [first - 1 if first and _is_name(lines[first - 1]) else None for first, _ in groups]
    below = [last if last < len(lines) and _is_name(lines[last]) else None for _, last in groups]
    named = next((each for each in (above, below) if len(groups) - each.count(None) >= NAMED * len(groups)), None)
    names = named or [None] * len(groups)
    headers = {place for place in names if place is not None}
    blocks: list[Block] = []
    for (first, last), name, (following, _) in zip(groups, names, [*groups[1:], (len(lines), 0)], strict=True):
        shown = next((lines[place] for place in range(last - 1, first - 1, -1) if lines[place].start is not None), None)
        called = lines[name].words.strip() if name is not None else None
        said = tuple(
            lines[place]
            for place in range(last, following)
            if place not in headers and not (called and lines[place].echoes == called)
        )
        blocks.append(Block(shown or lines[first], called, said))
    return blocks, [line for place, line in enumerate(lines[: groups[0][0]]) if place not in headers]


def _is_name(line: Line) -> bool:
    return not line.is_time and len(line.words) < 60 and is_name(line.words) and not _SENTENCE_END.search(line.words)


FORMAT = Format(
    name="stacked_times",
    title="text with times, and perhaps names, on lines of their own",
    suffixes=(".txt",),
    looks_like=looks_like,
    parse=parse,
    example="0:05\nEveryone asks.",
)
