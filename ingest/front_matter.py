"""Front matter: what a text states of its episode before it begins.

YAML between ``---``, TOML between ``+++``, or one JSON object.

Sites of podcasts are written so (Jekyll, Hugo, Astro), and everybody names the keys differently; here they come to mean
what the keys of an ``episode.toml`` do. What is none of the episode's business is passed over without a word: front
matter belongs to whoever publishes the page. What should be a fact and does not fit becomes a Problem.
"""

from __future__ import annotations

import json
import re
import tomllib
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, time
from email.utils import parsedate_to_datetime
from typing import Literal

from ingest.chapters import in_order, kind_of
from ingest.reading import Facts, Problem, Reading, first_stated
from ingest.stated import facts_from
from ingest.values import one_line, seconds, web_address
from ingest.yaml_blocks import Block, read_yaml
from playhead.errors import TranscriptError
from playhead.model import Chapter, Person

LONGEST = 256 * 1024
"""Characters of front matter; nobody writes more before a text."""

FRONT_MATTER = "front_matter"
SOURCE = "front matter"

_NAMES = {
    "podcast": "podcast podcast_title podcast_name show show_name show_title",
    "title": "title episode_title",
    "published": "published date published_at date_published publish_date pub_date pubdate release_date",
    "page_url": "page_url page permalink canonical canonical_url episode_url link url",
    "audio_url": "audio_url audio audio_file enclosure enclosure_url media media_url mp3 mp3_url podcast_file file url "
    "audio_file_path audio_path audio_src",
    "description": "description summary excerpt subtitle",
    "language": "language lang",
    "duration": "duration podcast_duration audio_duration itunes_duration",
    "hosts": "hosts host",
    "guests": "guests guest",
    "person": "person persons people speakers speaker",
    "offset": "offset",
    "edition": "edition editions",
}
"""What the keys of front matter mean, in those of `ingest.stated`; the first that is stated and fits counts."""
_CHAPTERS = ("chapters", "chapter", "podcast_chapters")
_KNOWN = frozenset(" ".join(_NAMES.values()).split()) | set(_CHAPTERS)
_TELLING = frozenset(
    " ".join(_NAMES[each] for each in ("podcast", "title", "published", "hosts", "guests", "person")).split()
) | {"media", "podcast_file", "podcast_duration", *_CHAPTERS}
"""One of these keys has to be there: a rule above a conversation is no front matter, and neither is every JSON."""

_CAPITAL = re.compile(r"(?<=[a-z0-9])(?=[A-Z])")
_OPENING = re.compile(r"\ufeff?\s{0,80}(---|\+\+\+)[ \t]*\r?\n")
_CLOSING = {
    "---": re.compile(r"^(?:---|\.\.\.)[ \t]*\r?$", re.MULTILINE),
    "+++": re.compile(r"^\+\+\+[ \t]*\r?$", re.MULTILINE),
}
_KEY = re.compile(r"^[ \t]{0,4}[\"']?([\w:-][\w :-]{0,40}?)[\"']?[ \t]{0,8}:(?=[ \t\r\n]|$)", re.MULTILINE)
_TOML_KEY = re.compile(r"^[ \t]{0,4}[\"']?([\w-]{1,40})[\"']?[ \t]{0,8}=", re.MULTILINE)
_OBJECT = re.compile(r"\ufeff?\s{0,80}(?=\{)")
_AFTER_OBJECT = re.compile(r"[ \t]*\r?\n\s*(?=[^\s{\[])")
_SOUND = re.compile(r"\.(?:mp3|m4a|m4b|mp4|ogg|oga|opus|wav|flac|aac)(?:[?#].*)?$", re.IGNORECASE)
_VIDEO_PAGE = re.compile(r"https?://(?:(?:www|m)\.)?(?:youtube\.com|youtu\.be)/", re.IGNORECASE)
_CHAPTER_LINE = re.compile(r"\W{0,8}(\d{1,3}:\d{2}(?::\d{2})?(?:\.\d{1,3})?)\W{0,8}[ \t]\W{0,4}(\w.{0,500}?)\s*+")
_ISO_LENGTH = re.compile(r"P(?:0D)?T(?=\d)", re.IGNORECASE)
_STARTS = ("start", "starttime", "start_time", "time", "timestamp", "at")
_ENDS = ("end", "endtime", "end_time")
_DECODER = json.JSONDecoder()
_PATHS = frozenset(["page", "link", "permalink", "canonical", "url"])
"""May hold a path on the publisher's own site, which nobody else can open."""
_DAYS = ("%B %d, %Y", "%b %d, %Y", "%d %B %Y", "%d %b %Y", "%Y/%m/%d")


@dataclass(frozen=True, slots=True)
class Matter:
    """Front matter as it stands in a text: from ``begin`` to ``end`` without its fences, the text from ``body``."""

    text: str
    begin: int
    end: int
    body: int
    language: Literal["yaml", "toml", "json"] = "yaml"

    def taken_out(self) -> str:
        """The text with the front matter blanked out, so that every line and span stays where it was."""
        return re.sub(r"[^\n]", " ", self.text[: self.body]) + self.text[self.body :]


def find_matter(text: str) -> Matter | None:
    """The front matter of ``text``, where it has any.

    Raises TranscriptError where it begins and never ends.
    """
    opening = _OPENING.match(text)
    if opening:
        fence = opening[1]
        closing = _CLOSING[fence].search(text, opening.end(), opening.end() + LONGEST)
        block = text[opening.end() : closing.start() if closing else opening.end() + LONGEST]
        if not _tells((_TOML_KEY if fence == "+++" else _KEY).findall(block)):
            return None
        if closing is None:
            raise TranscriptError(f"front matter begins here and never ends; write {fence} on a line below it", line=1)
        return Matter(text, opening.end(), closing.start(), closing.end(), "toml" if fence == "+++" else "yaml")
    return _object(text)


def _object(text: str) -> Matter | None:
    """A JSON object, and something other than JSON after it."""
    opening = _OBJECT.match(text)
    if opening is None:
        return None
    try:
        stated, end = _DECODER.raw_decode(text[: opening.end() + LONGEST], opening.end())
    except (ValueError, RecursionError):
        return None
    following = _AFTER_OBJECT.match(text, end)
    return Matter(text, opening.end(), end, end, "json") if following and _tells(stated) else None


def _tells(keys: Iterable[str]) -> bool:
    return any(_bare(key) in _TELLING for key in keys)


def _bare(key: str) -> str:
    return re.sub(r"[^\w]+", "_", _CAPITAL.sub("_", key.strip()).casefold())


def read_matter(matter: Matter) -> Reading:
    """What front matter states: facts and chapters. What does not fit becomes a Problem with its line."""
    problems: list[Problem] = []
    first_line = matter.text.count("\n", 0, matter.begin) + 1
    match matter.language:
        case "json":
            block = _read_object(matter, problems)
        case "toml":
            block = _read_toml(matter, first_line, problems)
        case "yaml":
            block = read_yaml(matter.text[matter.begin : matter.end], first_line, problems)
    stated = _Stated({_bare(key): (value, block.lines.get(key)) for key, value in reversed(block.values.items())})
    every = [facts for key in _NAMES for facts in _facts(stated, key, problems)]
    people: dict[str, Person] = {}
    for each in (person for facts in every for person in facts.people or ()):
        people.setdefault(each.name, each)
    facts = replace(first_stated(every), people=tuple(people.values()) or None)
    chapters = next((found for key in _CHAPTERS if (found := _chapters(stated, key, problems))), ())
    return Reading(FRONT_MATTER, chapters=chapters, facts=facts, problems=tuple(problems))


@dataclass(frozen=True, slots=True)
class _Stated:
    """Keys without their case and marks, each with its value and its line."""

    entries: Mapping[str, tuple[object, int | None]] = field(default_factory=dict)

    def value(self, key: str) -> object:
        return self.entries.get(key, (None, None))[0]

    def line(self, key: str) -> int | None:
        return self.entries.get(key, (None, None))[1]


def _read_object(matter: Matter, problems: list[Problem]) -> Block:
    twice: list[str] = []

    def keep_first(pairs: list[tuple[str, object]]) -> dict[str, object]:
        kept: dict[str, object] = {}
        for key, value in pairs:
            twice.extend([key] * (key in kept))
            kept.setdefault(key, value)
        return kept

    values, _ = json.JSONDecoder(object_pairs_hook=keep_first).raw_decode(matter.text[: matter.end], matter.begin)
    lines = {key: _line_of(key, matter) for key in values if _bare(key) in _KNOWN}
    problems.extend(Problem(f"{key} is stated twice, and the first counts", lines.get(key)) for key in twice)
    return Block(values, lines)


def _read_toml(matter: Matter, first_line: int, problems: list[Problem]) -> Block:
    written = matter.text[matter.begin : matter.end]
    try:
        stated = tomllib.loads(written.replace("\r\n", "\n"))
    except (tomllib.TOMLDecodeError, RecursionError) as error:
        why, _, place = str(error).partition(" (at line ")
        line = place.partition(",")[0]
        at = first_line + int(line) - 1 if line.isdecimal() else first_line
        problems.append(Problem(f"this front matter is not TOML: {why[:200]}", at))
        return Block()
    values = {key: str(value) if isinstance(value, date | time) else value for key, value in stated.items()}
    lines = {found[1]: first_line + written.count("\n", 0, found.start(1)) for found in _TOML_KEY.finditer(written)}
    return Block(values, {key: line for key, line in lines.items() if key in values})


def _line_of(key: str, matter: Matter) -> int:
    at = matter.text.find(json.dumps(key, ensure_ascii=False), matter.begin, matter.end)
    return matter.text.count("\n", 0, max(at, matter.begin)) + 1


def _facts(stated: _Stated, key: str, problems: list[Problem]) -> Iterator[Facts]:
    """The facts under the names of one key, the first that fits before the others."""
    refused: list[Problem] = []
    for name in _NAMES[key].split():
        value = _MEANINGS.get(key, _as_it_is)(stated.value(name))
        if value is None or (name in _PATHS and web_address(value) is None):
            continue
        if name == "url" and _is_sound(str(value)) != (key == "audio_url"):
            continue
        try:
            found = facts_from({key: value})
        except TranscriptError as error:
            # The remedy is TOML's: only what is wrong is said.
            refused.append(Problem(error.message.partition("; write ")[0], stated.line(name)))
            continue
        yield replace(found, people=tuple(replace(each, source=SOURCE) for each in found.people or ()) or None)
        return
    problems.extend(refused)


def _is_sound(address: str) -> bool:
    """Does a player open at this address, and not a page about it?"""
    return bool(_SOUND.search(address) or _VIDEO_PAGE.match(address))


def _as_it_is(value: object) -> object:
    return str(value) if isinstance(value, int | float) and not isinstance(value, bool) else value or None


def _address(value: object) -> object:
    """An address, out of a list of enclosures or the parts of one, without the size and type written behind it."""
    if isinstance(value, list) and value:
        value = value[0]
    if isinstance(value, dict):
        value = next((value[key] for key in ("url", "src", "href", "file") if value.get(key)), None)
    return value.split()[0] if isinstance(value, str) and value.strip() else None


def _day(value: object) -> object:
    """A day as sites write it: ISO 8601, the dates of e-mail, "October 2, 2024", or the milliseconds of JavaScript."""
    written = str(_as_it_is(value) or "").strip()[:64]
    if re.fullmatch(r"\d{9,13}", written):
        return datetime.fromtimestamp(int(written) / (1000 if len(written) > 10 else 1), UTC).date()
    for read in (date.fromisoformat, *map(_in_form, _DAYS), _by_email):
        try:
            return read(written[:10] if read is date.fromisoformat else written)
        except (ValueError, OverflowError):
            continue
    return written or None


def _in_form(form: str) -> Callable[[str], date]:
    return lambda written: datetime.strptime(written, form).date()  # noqa: DTZ007 - a day has no zone


def _by_email(written: str) -> date:
    return parsedate_to_datetime(written).date()


def _length(value: object) -> object:
    return _ISO_LENGTH.sub("", value) if isinstance(value, str) else value


def _names(value: object) -> object:
    """Names, of people as they are written or with more said about each; a text is one name and never split."""
    return [each["name"] for each in _people(value)] or None


def _people(value: object) -> list[dict[str, object]]:
    found: list[dict[str, object]] = []
    for each in value if isinstance(value, list) else [value]:
        inner = each if isinstance(each, dict) else {"name": each}
        name = one_line(inner.get("name") or inner.get("title"))
        address = web_address(next((inner[key] for key in ("url", "link", "href", "website") if inner.get(key)), None))
        role = one_line(inner.get("role"))
        parts = {"name": name, "role": role, "url": address}
        found.extend([{key: part for key, part in parts.items() if part}] if name else [])
    return found


_MEANINGS: dict[str, Callable[[object], object]] = {
    "page_url": _address,
    "audio_url": _address,
    "published": _day,
    "duration": _length,
    "hosts": _names,
    "guests": _names,
    "person": lambda value: _people(value) or None,
}


def _chapters(stated: _Stated, key: str, problems: list[Problem]) -> tuple[Chapter, ...]:
    """Chapters: a list, one inside the object of JSON chapters, times with titles, or lines of ``0:00 Title``."""
    value = stated.value(key)
    if isinstance(value, dict):
        inner = value.get("chapters")
        timed = [{"start": start, "title": title} for start, title in value.items() if seconds(start) is not None]
        value = inner if isinstance(inner, list) else timed
    if isinstance(value, str):
        value = [line for line in value.split("\n") if line.strip()]
        if not any(map(_CHAPTER_LINE.fullmatch, value)):
            # The address of a file of chapters, or a remark.
            return ()
    if not isinstance(value, list):
        return ()
    unusable: list[Problem] = []
    listed = ((place, _chapter(each)) for place, each in enumerate(value, 1) if not _is_hidden(each))
    chapters = in_order(listed, unusable)
    problems.extend(replace(problem, line=stated.line(key)) for problem in unusable)
    return chapters


def _is_hidden(stated: object) -> bool:
    return isinstance(stated, dict) and str(stated.get("toc")).casefold() == "false"


def _chapter(stated: object) -> Chapter | None:
    if isinstance(stated, str):
        line = _CHAPTER_LINE.fullmatch(stated)
        stated = {"start": line[1], "title": line[2]} if line else {}
    if not isinstance(stated, dict):
        return None
    parts = {_bare(str(key)): value for key, value in stated.items()}
    start = next((found for name in _STARTS if (found := seconds(parts.get(name))) is not None), None)
    end = next((found for name in _ENDS if (found := seconds(parts.get(name))) is not None), None)
    title = next((words for name in ("title", "name", "label") if (words := one_line(parts.get(name)))), None)
    url = next((address for name in ("url", "href", "link") if (address := web_address(parts.get(name)))), None)
    return None if start is None or title is None else Chapter(0, title, start, end, kind_of(title), url, SOURCE)
