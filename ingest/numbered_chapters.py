"""Chapters as numbered comments: ``CHAPTER001=00:00:00.000``, ``CHAPTER001NAME=Toast first``.

In the Vorbis comments of Ogg, Opus and FLAC (https://wiki.xiph.org/Chapter_Extension), and in files of their own, with
two digits or three. Numbers say what belongs together; times say what comes first.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping

from ingest.chapters import in_order, kind_of
from ingest.reading import Problem
from ingest.values import one_line, seconds, web_address
from playhead.model import Chapter

_KEY = re.compile(r"CHAPTER(?P<number>\d{1,6})(?P<what>|NAME|URL)", re.IGNORECASE)

Numbered = dict[int, dict[str, str]]
"""What is said of each number: its time under the empty name, NAME, and URL."""


def chapter_key(key: str) -> tuple[int, str] | None:
    """The number of a chapter, and what a comment says of it; None for any other comment."""
    found = _KEY.fullmatch(key.strip())
    return (int(found["number"]), found["what"].upper()) if found else None


def chapters_in(
    comments: Iterable[tuple[int, str, str]], problems: list[Problem], lines: Mapping[int, int | None] | None = None
) -> tuple[Chapter, ...]:
    """The chapters of ``comments``: number, what is said, and the words. The first counts where one is said twice."""
    said: Numbered = {}
    for number, what, words in comments:
        said.setdefault(number, {}).setdefault(what, words)
    return in_order(((number, _chapter(said[number])) for number in sorted(said)), problems, lines)


def _chapter(said: Mapping[str, str]) -> Chapter | None:
    start, title = seconds(said.get("")), one_line(said.get("NAME"))
    if start is None or title is None:
        return None
    return Chapter(0, title, start, kind=kind_of(title), url=web_address(said.get("URL")), source="vorbis")
