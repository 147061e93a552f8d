"""OPML: a list of feeds, as every player of podcasts exports it.

http://opml.org/spec2.opml. Players differ: folders in folders, no ``type``, ``xmlUrl`` in any case, episodes among the
feeds (Overcast's, which have no address of a feed), ``feed://`` before an address.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from itertools import islice
from xml.etree.ElementTree import Element

from ingest.reading import Problem
from ingest.trees import line_of, name_of, read_xml
from ingest.values import one_line, web_address
from playhead.errors import TranscriptError

MOST_FEEDS = 10_000

_FEED_SCHEME = re.compile(r"(?:feed|itpc|pcast|podcast):(?://)?(https?://)?", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Outlines:
    """The addresses of a list's feeds, each once, in its order."""

    title: str | None
    feeds: tuple[str, ...]
    problems: tuple[Problem, ...]


def read_outlines(text: str) -> Outlines:
    """The list that ``text`` is. Raises TranscriptError for what is no XML, or names no feed."""
    root = read_xml(text)
    title = next((one_line("".join(each.itertext())) for each in root.iter() if _named(each, "title")), None)
    feeds, problems = dict[str, None](), list[Problem]()
    stated = ((each, address) for each in root.iter() if _named(each, "outline") and (address := _address(each)))
    for outline, written in islice(stated, MOST_FEEDS):
        address = web_address(_FEED_SCHEME.sub(lambda scheme: scheme[1] or "http://", written, count=1))
        if address:
            feeds[address] = None
        else:
            problems.append(Problem(f'"{_name(outline)}" has no address of the web: {written[:200]}', line_of(outline)))
    left = sum(1 for _ in stated)
    if left:
        problems.append(Problem(f"only the first {MOST_FEEDS} of its {MOST_FEEDS + left} feeds are read"))
    if not feeds:
        raise TranscriptError("there is not one feed in this list")
    return Outlines(title, tuple(feeds), tuple(problems))


def _named(element: Element, name: str) -> bool:
    return name_of(element)[1].casefold() == name


def _address(outline: Element) -> str | None:
    """Where the feed of an outline lies: ``xmlUrl``, whatever its case; a few write ``url`` for a feed's."""
    stated = {name.casefold(): value for name, value in outline.attrib.items()}
    is_feed = (one_line(stated.get("type")) or "").casefold() in ("rss", "atom")
    return one_line(stated.get("xmlurl")) or (one_line(stated.get("url")) if is_feed else None)


def _name(outline: Element) -> str:
    return one_line(outline.get("text")) or one_line(outline.get("title")) or "an outline"
