"""Every way of writing chapters down in a file of their own, one file each, as in `ingest.formats`."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import replace
from itertools import pairwise

from ingest.reading import Problem
from ingest.values import one_line, seconds, web_address
from playhead.model import Chapter, ChapterKind

_KINDS: tuple[tuple[ChapterKind, re.Pattern[str]], ...] = (
    (
        "sponsor",
        re.compile(r"(?:(?:our |today['’]s |episode |show )?sponsors?|sponsored|ads?|advert\w*)\b", re.IGNORECASE),
    ),
    ("music", re.compile(r"(?:music|song|jingle|musical interlude)(?:\s*[:–—-].*)?", re.IGNORECASE)),
    ("intro", re.compile(r"(?:intro|introduction|theme|opening)", re.IGNORECASE)),
    ("outro", re.compile(r"(?:outro|closing|credits|end credits)", re.IGNORECASE)),
)


def kind_of(title: str) -> ChapterKind:
    """What a chapter holds, from its title; ``content`` unless the title says otherwise.

    >>> kind_of("Sponsor: Acme"), kind_of("Ad"), kind_of("Adding a type"), kind_of("Outro"), kind_of("Intro to types")
    ('sponsor', 'sponsor', 'content', 'outro', 'content')
    """
    title = title.strip()
    for kind, pattern in _KINDS:
        match = pattern.match(title) if kind == "sponsor" else pattern.fullmatch(title)
        if match:
            return kind
    return "content"


def stated_chapter(start: object, title: object, source: str, url: object = None, end: object = None) -> Chapter | None:
    """A chapter from what a file states of it, still unnumbered; None without a usable start or title."""
    at, called = seconds(start), one_line(title)
    if at is None or called is None:
        return None
    return Chapter(0, called, at, seconds(end), kind_of(called), web_address(url), source)


def in_order(
    stated: Iterable[tuple[int, Chapter | None]],
    problems: list[Problem],
    lines: Mapping[int, int | None] | None = None,
) -> tuple[Chapter, ...]:
    """Chapters in order of time, numbered, each ending where it says or where the next begins.

    ``stated`` are those of a file, each with its place in it; None for one that could not be used. It becomes a
    Problem, and so does the second of two that start together. ``lines`` says where in the file each place is.
    """
    found: dict[float, Chapter] = {}
    for place, chapter in stated:
        line = lines.get(place) if lines else None
        if chapter is None or chapter.start is None:
            problems.append(Problem(f"chapter {place} has no start or no title that can be used", line))
        elif chapter.start in found:
            problems.append(Problem(f'chapter {place} "{chapter.title}" starts at the same second as another', line))
        else:
            found[chapter.start] = chapter
    ordered = [found[start] for start in sorted(found)]
    return tuple(
        replace(chapter, number=number, end=_end(chapter, following))
        for number, (chapter, following) in enumerate(pairwise((*ordered, None)), 1)
        if chapter is not None
    )


def _end(chapter: Chapter, following: Chapter | None) -> float | None:
    """The stated end where it makes sense, else the start of the next."""
    latest = following.start if following else None
    stated = chapter.end if chapter.end is not None and chapter.end > (chapter.start or 0.0) else None
    if stated is None or latest is None:
        return latest if stated is None else stated
    return min(stated, latest)
