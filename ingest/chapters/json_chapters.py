"""Podcasting 2.0 JSON chapters, version 1.2 and what is published under that name.

Spec: https://github.com/Podcastindex-org/podcast-namespace/blob/main/chapters/jsonChapters.md. Of 1,112 real files,
half carry explicit nulls, some start twice at one second or are unsorted, and times are also written ``"12:00"``.
``toc: false`` marks a change of artwork, not a chapter to find.
"""

from __future__ import annotations

import json
import math
import re
from dataclasses import replace
from itertools import pairwise

from ingest.chapters import kind_of
from ingest.formats import Format
from ingest.reading import Facts, Problem, Reading
from ingest.scribe import plain
from playhead.errors import TranscriptError
from playhead.model import Chapter
from playhead.timestamps import parse as parse_time

LONGEST_EPISODE = 7 * 24 * 3600.0

_CHAPTERS = re.compile(r'"chapters"\s{0,100}:\s{0,100}\[')
_SEGMENTS = re.compile(r'"(?:segments|transcript)"\s{0,100}:\s{0,100}[\[{]')


def looks_like(head: str) -> bool:
    """A JSON object with a list of chapters, and no transcript."""
    return (
        head.lstrip("\ufeff \t\r\n").startswith("{")
        and _CHAPTERS.search(head) is not None
        and _SEGMENTS.search(head) is None
    )


def parse(text: str) -> Reading:
    """Read the chapters in order of time. One without a usable start or title becomes a Problem."""
    document = _document(text)
    items = document.get("chapters")
    if not isinstance(items, list):
        raise TranscriptError('"chapters" is not a list; see the JSON chapters format, version 1.2')
    problems: list[Problem] = []
    found: list[Chapter] = []
    for place, item in enumerate(items, 1):
        if isinstance(item, dict) and item.get("toc") is False:
            continue
        chapter = _chapter(item) if isinstance(item, dict) else None
        if chapter is None:
            problems.append(Problem(f"chapter {place} has no start or no title that can be used"))
        elif any(chapter.start == other.start for other in found):
            problems.append(Problem(f'chapter {place} "{chapter.title}" starts at the same second as another'))
        else:
            found.append(chapter)
    found.sort(key=_start)
    ended = [
        replace(chapter, number=number, end=_end(chapter, following))
        for number, (chapter, following) in enumerate(pairwise((*found, None)), 1)
        if chapter is not None
    ]
    facts = Facts(
        podcast_title=_text(document.get("podcastName")),
        title=_text(document.get("title")),
        description=_text(document.get("description")),
    )
    return Reading("json_chapters", chapters=tuple(ended), facts=facts, problems=tuple(problems))


def _document(text: str) -> dict[str, object]:
    try:
        document = json.loads(text.removeprefix("\ufeff"))
    except json.JSONDecodeError as error:
        raise TranscriptError(f"this is not JSON: {error.msg}", line=error.lineno) from None
    except (RecursionError, ValueError):
        raise TranscriptError("this JSON is nested too deeply, or holds a number too long to be one") from None
    if not isinstance(document, dict):
        raise TranscriptError('this JSON is no object with "chapters"')
    return document


def _chapter(item: dict[str, object]) -> Chapter | None:
    start, title = _seconds(item.get("startTime")), _text(item.get("title"))
    if start is None or title is None:
        return None
    url = _text(item.get("url"))
    return Chapter(
        number=0,
        title=title,
        start=start,
        end=_seconds(item.get("endTime")),
        kind=kind_of(title),
        url=url if url and url.startswith(("https://", "http://")) else None,
        source="json_chapters",
    )


def _seconds(value: object) -> float | None:
    """A number of seconds, or a clock as text; None for null, truth values and times no episode has."""
    if isinstance(value, str):
        seconds = parse_time(value)
    elif isinstance(value, int | float) and not isinstance(value, bool) and value <= LONGEST_EPISODE:
        seconds = float(value)
    else:
        return None
    return seconds if seconds is not None and math.isfinite(seconds) and 0 <= seconds <= LONGEST_EPISODE else None


def _text(value: object) -> str | None:
    return plain(value).replace("\n", " ") or None if isinstance(value, str) else None


def _start(chapter: Chapter) -> float:
    return chapter.start or 0.0


def _end(chapter: Chapter, following: Chapter | None) -> float | None:
    """The stated end where it makes sense, else the start of the next."""
    latest = following.start if following else None
    stated = chapter.end if chapter.end is not None and chapter.end > _start(chapter) else None
    if stated is None or latest is None:
        return latest if stated is None else stated
    return min(stated, latest)


FORMAT = Format(
    name="json_chapters",
    title="Podcasting 2.0 JSON chapters",
    suffixes=(".json",),
    looks_like=looks_like,
    parse=parse,
)
