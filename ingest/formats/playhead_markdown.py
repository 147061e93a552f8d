r"""A transcript as Playhead itself writes it in Markdown, to be corrected by hand and ingested again.

A title; the show's, with the day and a link to our page of the episode; ``## Chapter (4:15)``; above the words of every
turn who speaks in bold, and the second, linked; a ruled line where neither is known. What is Markdown in the words is
escaped.
"""

from __future__ import annotations

import html
import re
from datetime import date

from ingest.chapters import in_order, kind_of
from ingest.formats import Format
from ingest.reading import Facts, Problem, Reading
from ingest.scribe import Scribe
from ingest.stamps import WHOLE_SECOND
from playhead.model import Chapter
from playhead.timestamps import parse as parse_time

_CLOCK = r"\d{1,3}:\d{2}(?::\d{2})?"
_LINK = rf"\[({_CLOCK})\]\([^()\s]{{0,500}}/episodes/[^()\s]{{1,500}}\)"
_TURN = re.compile(rf"(?:\*\*((?:[^*\\\n]|\\.){{1,400}}+)\*\*)?(?:(?:(?<=\*) |^){_LINK})?|---")
_CHAPTER = re.compile(rf"## (.{{1,2000}}?)(?: \(({_CLOCK})\))?")
_TITLE = re.compile(r"\ufeff?\s{0,20}# (.{1,2000})")
_SHOW = re.compile(
    r"(.{1,2000}?)(?:, (\d{4}-\d{2}-\d{2}))?, \[[^\[\]\n]{1,500}\]\([^()\s]{0,500}/episodes/[^()\s]{1,500}\)"
)
_ESCAPED = re.compile(r"\\([!-/:-@\[-`{-~])")


def looks_like(head: str) -> bool:
    """A title, and below it the show's with a link to an episode's page."""
    opening = [line.rstrip(" \r") for line in head.split("\n") if line.strip("\ufeff \r")][:2]
    return len(opening) == 2 and _TITLE.fullmatch(opening[0]) is not None and _SHOW.fullmatch(opening[1]) is not None


def parse(text: str) -> Reading:
    """Read the turns and the chapters. A chapter without a time becomes a Problem."""
    problems: list[Problem] = []
    stated: list[Chapter] = []
    lines: dict[int, int | None] = {}
    scribe, facts = Scribe(), Facts()
    at = 0
    for number, written in enumerate(text.split("\n"), 1):
        raw, line = (at, at + len(written)), written.rstrip(" \r")
        at = raw[1] + 1
        if not line:
            scribe.paragraph()
        elif facts.title is None and (title := _TITLE.fullmatch(line)):
            facts = Facts(title=_bare(title[1]))
        elif facts.title and facts.podcast_title is None and (show := _SHOW.fullmatch(line)):
            facts = _about(facts.title, show)
        elif chapter := _CHAPTER.fullmatch(line):
            name, start = _bare(chapter[1]), parse_time(chapter[2]) if chapter[2] else None
            if start is None:
                problems.append(Problem(f'no time stands at the heading "{name[:80]}", so it is no chapter', number))
            else:
                stated.append(Chapter(0, name, start, kind=kind_of(name), source="headings"))
                lines[len(stated)] = number
        elif turn := _TURN.fullmatch(line):
            scribe.turn(_entities(_bare(turn[1])) if turn[1] else None)
            if turn[2] and (start := parse_time(turn[2])) is not None:
                scribe.stamp(start, WHOLE_SECOND, number)
        else:
            scribe.say(_entities(_bare(line)), raw)
    chapters = in_order(enumerate(stated, 1), problems, lines)
    return Reading("playhead_markdown", scribe.transcript(), chapters, facts, tuple(problems))


def _about(title: str, show: re.Match[str]) -> Facts:
    try:
        published = date.fromisoformat(show[2]) if show[2] else None
    except ValueError:
        published = None
    return Facts(title=title, podcast_title=_bare(show[1]), published=published)


def _bare(written: str) -> str:
    return _ESCAPED.sub(r"\1", written)


def _entities(words: str) -> str:
    """Words as they were said: what looks like an entity is none."""
    return html.escape(words, quote=False)


FORMAT = Format(
    name="playhead_markdown",
    title="a transcript as Playhead writes it, in Markdown",
    suffixes=(".md", ".markdown"),
    looks_like=looks_like,
    parse=parse,
    example="# The lock\n\nHarbour Talk, [harbour-talk/lock](/episodes/harbour-talk/lock)\n\n**Ada**\n\nEveryone asks.",
)
