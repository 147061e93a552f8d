"""A podcast's feed: what it says of each episode, and where it says the transcript and the chapters lie.

RSS 2.0, RSS 1.0 and Atom, with the tags of Podcasting 2.0, iTunes and Podlove. They are walked here rather than by a
feed library: those keep one of several transcripts, and know one address of Podcasting 2.0's two.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime
from email.utils import parsedate_to_datetime
from itertools import islice
from pathlib import PurePosixPath
from urllib.parse import unquote, urlsplit
from xml.etree.ElementTree import Element

from ingest.listed_chapters import timed_lines
from ingest.reading import Facts, Problem
from ingest.scribe import plain
from ingest.simple_chapters import chapters_in
from ingest.trees import name_of, read_xml
from ingest.values import one_line, seconds, web_address
from playhead.errors import TranscriptError
from playhead.model import Chapter, Person

MOST_ITEMS = 10_000
MOST_TRANSCRIPTS = 20
MOST_PEOPLE = 100

Name = tuple[str, str]

# From what says most to what says least; what a type leaves open, the ending of the address may say.
_KINDS = (("json",), ("vtt",), ("srt", "subrip"), ("html",), ("text", "txt", "plain"))
_BLOCK = re.compile(r"</?(?:p|br|li|ul|ol|div|h[1-6]|tr|blockquote)(?:\s[^<>]{0,2000})?/?>", re.IGNORECASE)
_TAG = re.compile(r"</?[A-Za-z][^<>]{0,2000}>|<!--[^<>]{0,2000}-->")
_BLANK = re.compile(r"\s*\n\s*")
_NAMELESS = frozenset(["index", "default"])
_XML_LANGUAGE = "{http://www.w3.org/XML/1998/namespace}lang"


@dataclass(frozen=True, slots=True)
class Item:
    """An episode as its feed states it.

    ``key`` is what tells it from the others: its guid, without what is only an address. ``transcripts`` are addresses,
    the best first; ``chapters_at`` is one; ``chapters`` stand in the feed itself.
    """

    key: str | None
    facts: Facts
    enclosure: str | None
    transcripts: tuple[str, ...]
    chapters_at: str | None
    chapters: tuple[Chapter, ...]
    problems: tuple[Problem, ...]

    @property
    def name(self) -> str:
        """What a person knows it by."""
        return self.facts.title or self.key or "an episode without a title"

    @property
    def stem(self) -> str:
        """What an episode without a transcript is called: as its sound is, else by its title."""
        return (self.enclosure and _key(self.enclosure)) or self.name


@dataclass(frozen=True, slots=True)
class Feed:
    """A show, and its episodes in the feed's order. ``moved_to`` is where it says that it lies from now on."""

    facts: Facts
    items: tuple[Item, ...]
    problems: tuple[Problem, ...]
    moved_to: str | None = None


def read_feed(text: str) -> Feed:
    """The feed that ``text`` is. Raises TranscriptError for what is no XML, or has no episodes."""
    root = read_xml(text)
    channel = next((each for each in root if name_of(each) == ("", "channel")), root)
    stated = _children(channel)
    show = Facts(
        podcast_title=_text(stated, ("", "title")),
        language=_text(stated, ("", "language"), ("dc", "language")) or channel.get(_XML_LANGUAGE),
        people=_people(stated),
    )
    elements = (each for each in root.iter() if name_of(each) in (("", "item"), ("", "entry")))
    items = tuple(_item(each, show) for each in islice(elements, MOST_ITEMS))
    if not items:
        raise TranscriptError("there is not one episode in this feed")
    left = sum(1 for _ in elements)
    problems = [Problem(f"only the first {MOST_ITEMS} of its {MOST_ITEMS + left} items are read")] if left else []
    return Feed(show, items, tuple(problems), web_address(_text(stated, ("itunes", "new-feed-url"))))


def _children(parent: Element) -> dict[Name, list[Element]]:
    found: dict[Name, list[Element]] = {}
    for child in parent:
        found.setdefault(name_of(child), []).append(child)
    return found


def _item(element: Element, show: Facts) -> Item:
    stated = _children(element)
    problems: list[Problem] = []
    guid = _text(stated, ("", "guid"), ("", "id"))
    enclosure = _enclosure(stated)
    facts = Facts(
        podcast_title=show.podcast_title,
        title=_text(stated, ("", "title"), ("itunes", "title")) or _numbered(stated),
        published=_day(stated),
        description=_about(stated),
        page_url=web_address(_linked(stated, "alternate")),
        audio_url=web_address(enclosure),
        duration=seconds(_text(stated, ("itunes", "duration"))) or None,
        language=show.language,
        people=_people(stated) or show.people,
    )
    # Only the first list of chapters counts: https://podlove.org/simple-chapters/
    inside = stated.get(("psc", "chapters"), [])[:1]
    return Item(
        key=_key(guid) if guid else None,
        facts=facts,
        enclosure=enclosure,
        transcripts=_transcripts(stated, show.language),
        chapters_at=next(_addresses(stated, ("podcast", "chapters"), "url"), None),
        chapters=chapters_in(inside[0], problems) if inside else (),
        problems=tuple(problems),
    )


def _text(stated: dict[Name, list[Element]], *names: Name) -> str | None:
    """The words of the first of ``names`` that has any, on one line."""
    written = (one_line(_TAG.sub("", "".join(each.itertext()))) for name in names for each in stated.get(name, ()))
    return next(filter(None, written), None)


def _about(stated: dict[Name, list[Element]]) -> str | None:
    """The description as plain paragraphs: feeds write HTML into it. Of several, the first with a list of chapters."""
    texts: list[str] = []
    for name in (("", "description"), ("itunes", "summary"), ("content", "encoded"), ("", "summary"), ("", "content")):
        for each in stated.get(name, ()):
            about = plain(_TAG.sub("", _BLOCK.sub("\n", "".join(each.itertext()))))
            if about:
                texts.append(_BLANK.sub("\n", about))
    first = texts[0] if texts else None
    return next((text for text in texts if timed_lines(text.split("\n"))), first) if len(texts) > 1 else first


def _day(stated: dict[Name, list[Element]]) -> date | None:
    """The day it was published, where it was published."""
    for name in (("", "pubDate"), ("", "published"), ("dc", "date"), ("", "updated")):
        written = _text(stated, name)
        for read in (parsedate_to_datetime, datetime.fromisoformat):
            try:
                if written:
                    return read(written).date()
            except (ValueError, OverflowError):
                continue
    return None


def _numbered(stated: dict[Name, list[Element]]) -> str | None:
    """What an item without a title is called: by its numbers."""
    season = _text(stated, ("podcast", "season"), ("itunes", "season"))
    episode = _text(stated, ("podcast", "episode"), ("itunes", "episode"))
    named = [f"{word} {number}" for word, number in (("season", season), ("episode", episode)) if number]
    return ", ".join(named).capitalize() if episode else None


def _people(stated: dict[Name, list[Element]]) -> tuple[Person, ...] | None:
    """Who takes part, by Podcasting 2.0 or as Atom's contributors (Podlove); None where nobody is named.

    Whoever has no role hosts: https://podcasting2.org/docs/podcast-namespace/tags/person.
    An author, of iTunes or of Atom, is as often a company as a person, and says nothing of who is heard: none of it.
    """
    persons: list[tuple[str | None, str | None, str | None]] = [
        (one_line("".join(each.itertext())), one_line(each.get("role")) or "host", each.get("href"))
        for each in stated.get(("podcast", "person"), ())[:MOST_PEOPLE]
    ]
    persons = persons or [
        (_text(theirs, ("", "name")), None, _text(theirs, ("", "uri")))
        for theirs in map(_children, stated.get(("", "contributor"), ())[:MOST_PEOPLE])
    ]
    people = (
        Person(name, role.casefold() if role else None, web_address(address), "feed")
        for name, role, address in persons
        if name
    )
    return tuple(dict.fromkeys(people)) or None


def _enclosure(stated: dict[Name, list[Element]]) -> str | None:
    """The address of the sound: what is heard before what is seen, an edition beside it where there is no other."""
    files = [(each.get("type") or "", each.get("url")) for each in stated.get(("", "enclosure"), ())]
    files += [
        (each.get("type") or "", each.get("href"))
        for each in stated.get(("", "link"), ())
        if each.get("rel") == "enclosure"
    ]
    if not files:
        files = [
            (each.get("type") or "", source.get("uri"))
            for each in sorted(
                stated.get(("podcast", "alternateEnclosure"), ()), key=lambda each: each.get("default") != "true"
            )
            for source in each
            if name_of(source) == ("podcast", "source")
        ]
    files.sort(key=lambda file: file[0].casefold().startswith(("video/", "image/")))
    return next(filter(None, (one_line(address) for _, address in files)), None)


def _linked(stated: dict[Name, list[Element]], relation: str) -> str | None:
    """The address of a link: RSS writes the page's as text, Atom every kind as an attribute."""
    for each in stated.get(("", "link"), ()):
        written = each.get("href") or each.text
        if each.get("rel", "alternate") == relation and (address := one_line(written)):
            return address
    return None


def _addresses(stated: dict[Name, list[Element]], name: Name, attribute: str) -> Iterator[str]:
    return filter(None, (one_line(each.get(attribute)) for each in stated.get(name, ())))


def _transcripts(stated: dict[Name, list[Element]], language: str | None) -> tuple[str, ...]:
    """The addresses of its transcripts, the best first: in the language of the show, and with speakers and times."""
    ranked: list[tuple[bool, int, str]] = []
    for each in stated.get(("podcast", "transcript"), ())[:MOST_TRANSCRIPTS]:
        address = one_line(each.get("url"))
        if address:
            theirs = each.get("language")
            is_foreign = bool(theirs and language and theirs.casefold()[:2] != language.casefold()[:2])
            ranked.append((is_foreign, _rank(each.get("type", ""), address), address))
    ranked.sort(key=lambda each: each[:2])
    return tuple(dict.fromkeys(address for _, _, address in ranked))


def _rank(media_type: str, address: str) -> int:
    """Types are often wrong or missing; which format it is in, its content will say."""
    kind = media_type.partition(";")[0].strip().casefold().rpartition("/")[2]
    for said in (kind.removeprefix("x-"), address.partition("?")[0].casefold().rpartition(".")[2]):
        for rank, names in enumerate(_KINDS):
            if said in names or any(said.endswith(f"+{name}") for name in names):
                return rank
    return len(_KINDS)


def _key(guid: str) -> str:
    """What in a guid tells one episode from another: of an address, its end."""
    if not web_address(guid):
        return guid
    try:
        address = urlsplit(guid)
    except ValueError:
        return guid
    names = [PurePosixPath(unquote(piece)).stem for piece in address.path.split("/") if piece]
    while names and names[-1].casefold() in _NAMELESS:
        names.pop()
    return " ".join(filter(None, (*names[-1:], address.query))) or guid
