"""Podlove Simple Chapters in a file of their own; `ingest.simple_chapters` says what is in them."""

from __future__ import annotations

import re

from ingest.formats import Format
from ingest.reading import Problem, Reading
from ingest.simple_chapters import chapters_in
from ingest.trees import OUTLINED, read_xml, root_tag
from playhead.errors import TranscriptError

_CHAPTER = re.compile(r"<(?:psc:)?chapter\s[^<>]{0,2000}\bstart\s{0,8}=", re.IGNORECASE)


def looks_like(head: str) -> bool:
    """The first element is a list of chapters, with Podlove's prefix or namespace, or with chapters as Podlove's."""
    name, attributes = root_tag(head)
    prefix, _, local = name.rpartition(":")
    is_named = prefix == "psc" or "podlove.org/simple-chapters" in attributes.casefold()
    return local == "chapters" and (is_named or _CHAPTER.search(head[:OUTLINED]) is not None)


def parse(text: str) -> Reading:
    """Read the chapters in order of time. One without a usable start or title becomes a Problem."""
    problems: list[Problem] = []
    chapters = chapters_in(read_xml(text), problems)
    if not chapters and not problems:
        raise TranscriptError('there is not one chapter in it; a chapter is <psc:chapter start="1:02" title="..."/>')
    return Reading("podlove", chapters=chapters, problems=tuple(problems))


FORMAT = Format(
    name="podlove",
    title="Podlove Simple Chapters",
    suffixes=(".psc", ".xml"),
    looks_like=looks_like,
    parse=parse,
    role="chapters",
    example='<psc:chapters version="1.2"><psc:chapter start="0" title="Hello"/></psc:chapters>',
)
