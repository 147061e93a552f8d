"""FFmpeg's metadata file: ``[CHAPTER]`` sections with a time base, a start and an end.

Spec: https://ffmpeg.org/ffmpeg-formats.html#Metadata-2. ``=``, ``;``, ``#``, a backslash and the end of a line are
escaped by a backslash. Without a time base times are nanoseconds, and files without the first line are about.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field

from ingest.chapters import in_order, kind_of
from ingest.formats import Format
from ingest.reading import Facts, Problem, Reading
from ingest.values import one_line, seconds
from playhead.errors import TranscriptError
from playhead.model import Chapter

NANOSECONDS = (1, 1_000_000_000)

_HEADER = re.compile(r"\ufeff?\s{0,200};FFMETADATA", re.IGNORECASE)
_CHAPTER = re.compile(
    r"(?:\A|\n)\ufeff?\s{0,20}\[CHAPTER\]\s{1,200}(?:TIMEBASE|START|END|title)\s{0,8}=", re.IGNORECASE
)
_SECTION = re.compile(r"\s{0,20}\[(\w{1,40})\]\s{0,200}")
_BASE = re.compile(r"\s{0,20}(\d{1,18})\s{0,8}/\s{0,8}(\d{1,18})\s{0,20}")
_WHOLE = re.compile(r"\s{0,20}(-?\d{1,24})\s{0,20}")
_ESCAPED = re.compile(r"\\([=;#\\\r\n])")
_KEY_ENDS = re.compile(r"(?:[^=\\]|\\.)*+=", re.DOTALL)


@dataclass(slots=True)
class Section:
    """A part of the file with what is said in it, and the lines on which that stands."""

    name: str
    line: int
    said: dict[str, str] = field(default_factory=dict)
    lines: dict[str, int] = field(default_factory=dict)


def looks_like(head: str) -> bool:
    """The header of such a file, or a section of a chapter with a key below it."""
    return _HEADER.match(head) is not None or _CHAPTER.search(head) is not None


def parse(text: str) -> Reading:
    """Read the chapters in order of time. One without a usable start or title becomes a Problem."""
    problems: list[Problem] = []
    sections = list(_sections(text, problems))
    chapters = [section for section in sections if section.name == "chapter"]
    if not chapters:
        raise TranscriptError("there is no [CHAPTER] in this metadata, so it says nothing of chapters")
    stated = [(place, _chapter(section, problems)) for place, section in enumerate(chapters, 1)]
    lines = {place: section.lines.get("start", section.line) for place, section in enumerate(chapters, 1)}
    facts = Facts(title=one_line(sections[0].said.get("title")))
    return Reading("ffmetadata", chapters=in_order(stated, problems, lines), facts=facts, problems=tuple(problems))


def _sections(text: str, problems: list[Problem]) -> Iterator[Section]:
    """The sections of a file; what stands before the first has no name."""
    section = Section("", 1)
    for number, line in _lines(text.removeprefix("\ufeff")):
        opened = _SECTION.fullmatch(line)
        if opened:
            yield section
            section = Section(opened[1].casefold(), number)
        elif line.strip() and line.lstrip()[0] not in ";#":
            key_ends = _KEY_ENDS.match(line)
            if key_ends is None:
                problems.append(Problem(f"this is no key and value: {line.strip()[:80]}", number))
                continue
            key = _ESCAPED.sub(r"\1", line[: key_ends.end() - 1]).strip().casefold()
            section.said.setdefault(key, _ESCAPED.sub(r"\1", line[key_ends.end() :]))
            section.lines.setdefault(key, number)
    yield section


def _lines(text: str) -> Iterator[tuple[int, str]]:
    """The lines of a file, each with the number of its first; one whose end is escaped goes on in the next."""
    parts: list[str] = []
    first = 1
    for number, written in enumerate(text.split("\n"), 1):
        line = written.removesuffix("\r")
        parts.append(line)
        if (len(line) - len(line.rstrip("\\"))) % 2:
            continue
        yield first, "\n".join(parts)
        parts, first = [], number + 1
    if parts:
        yield first, "\n".join(parts)


def _chapter(section: Section, problems: list[Problem]) -> Chapter | None:
    said = section.said
    base = _BASE.fullmatch(said["timebase"]) if "timebase" in said else None
    above, below = (int(base[1]), int(base[2])) if base else NANOSECONDS
    if "timebase" in said and not (base and above and below):
        problems.append(Problem(f"this time base is none: {said['timebase'][:40]}", section.lines["timebase"]))
        return None
    start, end = (_seconds(said.get(key, ""), above, below) for key in ("start", "end"))
    title = one_line(said.get("title"))
    if start is None or title is None:
        return None
    return Chapter(0, title, start, end, kind=kind_of(title), source="ffmetadata")


def _seconds(written: str, above: int, below: int) -> float | None:
    whole = _WHOLE.fullmatch(written)
    return seconds(int(whole[1]) * above / below) if whole else None


FORMAT = Format(
    name="ffmetadata",
    title="FFmpeg's metadata, with chapters",
    suffixes=(".ffmeta", ".ffmetadata", ".txt"),
    looks_like=looks_like,
    parse=parse,
    role="chapters",
    example=";FFMETADATA1\n[CHAPTER]\nTIMEBASE=1/1000\nSTART=0\nEND=121500\ntitle=Toast first",
)
