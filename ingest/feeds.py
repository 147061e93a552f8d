"""A podcast's feed: what it says of each episode, and where it says the transcript and the chapters lie.

RSS 2.0, RSS 1.0 and Atom, with the tags of Podcasting 2.0, iTunes and Podlove. They are walked here rather than by a
feed library: those keep one of several transcripts, and know one address of Podcasting 2.0's two.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import date, datetime
from email.utils import parsedate_tz
from itertools import islice
from pathlib import PurePosixPath
from urllib.parse import unquote, urlsplit
from xml.etree.ElementTree import Element

from ingest.listed_chapters import timed_lines
from ingest.reading import Facts, Problem
from ingest.scribe import plain
from ingest.simple_chapters import chapters_in
from ingest.trees import line_of, name_of, read_xml
from ingest.values import joined, one_line, seconds, web_address
from playhead.errors import TranscriptError
from playhead.model import Chapter, Person
from playhead.text import slug

MOST_ITEMS = 10_000
MOST_TRANSCRIPTS = 20
MOST_PEOPLE = 100

Name = tuple[str, str]

# From what says most to what says least; what a type leaves open, the ending of the address may say.
_KINDS = (("json",), ("vtt",), ("srt", "subrip"), ("html",), ("text", "txt", "plain"))
_BLOCK = re.compile(r"</?(?:p|br|li|ul|ol|div|h[1-6]|tr|blockquote)(?:\s[^<>]{0,2000})?/?>", re.IGNORECASE)
_TAG = re.compile(r"</?[A-Za-z][^<>]{0,2000}>|<!--[^<>]{0,2000}-->")
# In a title other brackets are what it is about: List<T>, the <dialog> element.
_LOOKS = re.compile(
    r"</?(?:b|big|br|em|font|i|img|p|small|span|strong|sub|sup|u|wbr|a(?=\s)|(?<=/)a)(?:\s[^<>]{0,2000})?/?>"
)
_BLANK = re.compile(r"(?<!\s)\s*\n\s*")
_NAMELESS = frozenset(["index", "default"])
# What feeds state where no day is known: the zero of Unix, west of Greenwich too, and the year 0 of MySQL.
_NO_DAYS = (date(1970, 1, 1), date(1969, 12, 31))
_NO_YEAR = re.compile(r"^0000-|[A-Za-z]{3} (?:0000|-0001)\b")
# ISO 8601 as schema.org has it; Apple asks for seconds or a clock.
_PERIOD = re.compile(r"PT(?=\d)((?:\d{1,3}H)?(?:\d{1,4}M)?(?:\d{1,6}(?:\.\d{1,9})?S)?)", re.IGNORECASE)
_NO_SOUND = ("image/", "text/", "application/pdf", "application/epub")
_SIMPLE_CHAPTERS = "podlove.org/simple-chapters"
_DESCRIPTIONS: tuple[Name, ...] = (
    ("", "description"),
    ("itunes", "summary"),
    ("content", "encoded"),
    ("", "summary"),
    ("", "content"),
    ("media", "description"),  # YouTube's
)
_XML_LANGUAGE = "{http://www.w3.org/XML/1998/namespace}lang"


@dataclass(frozen=True, slots=True)
class Item:
    """An episode as its feed states it.

    ``key`` is what tells it from the others: its guid, without what is only an address where no other ends so.
    ``transcripts`` are addresses, the best first; ``chapters_at`` is one; ``chapters`` stand in the feed itself.
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


def read_feed(text: str, url: str | None = None, name: str | None = None) -> Feed:
    """The feed that ``text`` is, and lies at ``url``, where the addresses in it begin that leave their host out; else
    they begin at its show's page. Problems name it ``name``, else by its address.

    Raises TranscriptError for what is no XML, or has no episodes.
    """
    root = read_xml(text)
    channel = next((each for each in root if name_of(each) == ("", "channel")), root)
    stated = _children(channel)
    show = Facts(
        podcast_title=_text(stated, ("", "title")),
        language=_text(stated, ("", "language"), ("dc", "language")) or channel.get(_XML_LANGUAGE),
        people=_people(stated),
    )
    base = url or web_address(_linked(stated, "alternate")) or ""
    elements = (each for each in root.iter() if name_of(each) in (("", "item"), ("", "entry")))
    stated_items = [_item(each, show, base, name or url) for each in islice(elements, MOST_ITEMS)]
    items = tuple(_told_apart(stated_items, base))
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


def _told_apart(items: list[Item], base: str) -> Iterator[Item]:
    """The items, known by the ends of what tells them apart: those that end alike, such as /1/listen, by all of it."""
    known = [each.key or joined(base, next(iter(each.transcripts), each.enclosure or each.name)) for each in items]
    ends = [slug(_key(each), fallback=each) for each in known]
    shared = Counter(end for end, _ in set(zip(ends, known, strict=True)))
    for item, end in zip(items, ends, strict=True):
        if shared[end] > 1:
            yield replace(item, key=_whole(item.key or item.enclosure or item.name))
        else:
            yield replace(item, key=_key(item.key) if item.key else None)


def _item(element: Element, show: Facts, base: str, name: str | None) -> Item:
    """An item by itself, its guid for a key."""
    stated = _children(element)
    problems: list[Problem] = []
    guid = _text(stated, ("", "guid"), ("", "id"))
    page = _linked(stated, "alternate") or _permalink(stated)
    enclosure = _enclosure(stated)
    facts = Facts(
        podcast_title=show.podcast_title,
        title=_text(stated, ("", "title"), ("itunes", "title")) or _numbered(stated),
        published=_day(stated, problems),
        description=_about(stated),
        page_url=web_address(joined(base, page)) if page else None,
        audio_url=web_address(joined(base, enclosure)) if enclosure else None,
        duration=_length(stated, problems),
        language=show.language,
        people=_people(stated) or show.people,
    )
    # Only the first list of chapters counts: https://podlove.org/simple-chapters/
    inside = stated.get(("psc", "chapters"), [])[:1]
    outside = None if inside else _linked(stated, _SIMPLE_CHAPTERS)
    return Item(
        key=guid,
        facts=facts,
        enclosure=enclosure,
        transcripts=_transcripts(stated, show.language),
        chapters_at=next(_addresses(stated, ("podcast", "chapters"), "url"), outside),
        chapters=chapters_in(inside[0], problems) if inside else (),
        problems=tuple(replace(problem, path=name) for problem in problems),
    )


def _text(stated: dict[Name, list[Element]], *names: Name) -> str | None:
    """The words of the first of ``names`` that has any, on one line."""
    written = (one_line(_LOOKS.sub("", "".join(each.itertext()))) for name in names for each in stated.get(name, ()))
    return next(filter(None, written), None)


def _line(stated: dict[Name, list[Element]], *names: Name) -> int | None:
    """The line of the first of ``names`` that is there."""
    return next((line_of(each) for name in names for each in stated.get(name, ())), None)


def _about(stated: dict[Name, list[Element]]) -> str | None:
    """The description as plain paragraphs: feeds write HTML into it. Of several, the first with a list of chapters."""
    texts: list[str] = []
    for group in stated.get(("media", "group"), ()):
        stated = {**_children(group), **stated}
    for name in _DESCRIPTIONS:
        for each in stated.get(name, ()):
            about = plain(_TAG.sub("", _BLOCK.sub("\n", "".join(each.itertext()))))
            if about:
                texts.append(_BLANK.sub("\n", about))
    first = texts[0] if texts else None
    return next((text for text in texts if timed_lines(text.split("\n"))), first) if len(texts) > 1 else first


def _day(stated: dict[Name, list[Element]], problems: list[Problem]) -> date | None:
    """The day it was published, where it was published."""
    names = (("", "pubDate"), ("", "published"), ("dc", "date"), ("", "updated"))
    written = [text for name in names if (text := _text(stated, name))]
    for text in written:
        if day := _read_day(text):
            return None if day in _NO_DAYS else day
    if written and not _NO_YEAR.search(written[0]):
        message = f"the feed's date is not understood: {written[0][:100]}; as in Tue, 08 Oct 2024"
        problems.append(Problem(message, _line(stated, *names)))
    return None


def _read_day(written: str) -> date | None:
    """The day of a date by RFC 822 or ISO 8601; what its clock says may be wrong or missing."""
    if _NO_YEAR.search(written):
        return None
    with suppress(ValueError):
        return datetime.fromisoformat(written).date()
    for text in (written, f"{written} 00:00"):
        with suppress(ValueError, OverflowError):
            if parts := parsedate_tz(text):
                return date(*parts[:3])
    return None


def _length(stated: dict[Name, list[Element]], problems: list[Problem]) -> float | None:
    """How long it plays, in seconds; 0 is what feeds write that do not know."""
    written = _text(stated, ("itunes", "duration"))
    period = _PERIOD.fullmatch(written) if written else None
    found = seconds(period[1] if period else written)
    if written and found is None:
        message = f"the feed's duration is not understood: {written[:100]}; as in 3627 or 1:00:27"
        problems.append(Problem(message, _line(stated, ("itunes", "duration"))))
    return found or None


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
    heard = [file for file in files if not file[0].casefold().startswith(_NO_SOUND)]
    heard.sort(key=lambda file: file[0].casefold().startswith("video/"))
    return next(filter(None, (one_line(address) for _, address in heard)), None)


def _linked(stated: dict[Name, list[Element]], relation: str) -> str | None:
    """The address of a link: RSS writes the page's as text, Atom every kind as an attribute."""
    for each in stated.get(("", "link"), ()):
        written = each.get("href") or each.text
        if each.get("rel", "alternate").rstrip("/").endswith(relation) and (address := one_line(written)):
            return address
    return None


def _permalink(stated: dict[Name, list[Element]]) -> str | None:
    """The address that a guid is, where it does not say that it is none."""
    guids = (each for each in stated.get(("", "guid"), ()) if each.get("isPermaLink", "true").casefold() == "true")
    return next((address for each in guids if (address := web_address(each.text))), None)


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
    names, query = _names(guid)
    names = [PurePosixPath(name).stem for name in names]
    while names and names[-1].casefold() in _NAMELESS:
        names.pop()
    return " ".join(filter(None, (*names[-1:], query))) or guid


def _whole(guid: str) -> str:
    """All that is in a guid; of an address, without its host."""
    names, query = _names(guid)
    return " ".join(filter(None, (*names, query))) or guid


def _names(guid: str) -> tuple[list[str], str]:
    """The names in the path of an address, and its query; none of what is no address."""
    if not web_address(guid):
        return [], ""
    try:
        address = urlsplit(guid)
    except ValueError:
        return [], ""
    return [name for piece in address.path.split("/") if (name := unquote(piece))], address.query
