"""A page of the web that holds an episode: its transcript, its chapters, and what it states about the episode.

The transcript is looked for where the page says it is, then in its main part, then anywhere. Chapters stand in linked
data, in a table, or in a list of times and titles. Facts come from linked data (https://schema.org/PodcastEpisode),
then from Open Graph (https://ogp.me), then from the title.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime
from functools import lru_cache
from itertools import groupby, pairwise, takewhile
from typing import TypeVar

from ingest.chapters import in_order, kind_of
from ingest.dialogue import CLOCK, Talk, talk
from ingest.markup import HEADINGS, Line, Markup, is_html, is_piece, read_html
from ingest.reading import Facts, Problem, Reading
from ingest.scribe import plain
from ingest.values import one_line, seconds, web_address
from playhead.errors import TranscriptError
from playhead.model import Chapter, Transcript
from playhead.text import clean
from playhead.timestamps import parse as parse_time

SECTIONS = {
    "featuring": re.compile(r"featuring|guests?|hosts?|people|speakers", re.IGNORECASE),
    "sponsors": re.compile(r"(?:our |episode )?sponsors?", re.IGNORECASE),
    "notes": re.compile(r"(?:show |episode )?notes(?: (?:&|and) links)?|links(?: (?:&|and) notes)?", re.IGNORECASE),
    "chapters": re.compile(
        r"(?:episode |show )?(?:chapters?|timestamps?|time ?codes?|table of contents)", re.IGNORECASE
    ),
    "transcript": re.compile(
        r"(?:full |episode |show |read the |the )?transcript(?:ion)?(?: of .{1,60})?", re.IGNORECASE
    ),
    "beside": re.compile(
        r"(?:\d{1,6} )?(?:comments?|replies|responses)|leave a .{1,40}|(?:more|other|previous|recent|related) .{1,60}"
        r"|(?:share|subscribe|follow|support|about)(?: .{1,60})?|newsletter|discussion|you m(?:ay|ight) .{1,60}",
        re.IGNORECASE,
    ),
}
"""What the headings of an episode's page say."""
NOTHING = "this is a web page, and neither a transcript nor chapters are in it; save the page of one episode"
LONGEST_HEADING = 80
FEWEST_ROWS = 3
MAIN = frozenset(("article", "main"))
BOLD = frozenset(("b", "strong"))
LISTS = frozenset(("dl", "ol", "table", "ul"))
ROWS = frozenset(("li", "tr"))
DEEPEST_DATA = 20

_ROW_CLOCK = re.compile(
    rf"[\s(\[•–—-]{{0,4}}({CLOCK})[\s)\]:|–—-]{{0,6}}(\S.{{0,500}})|(\S.{{0,500}}?)[\s([|–—-]{{1,6}}({CLOCK})[\s)\]]{{0,4}}"
)
_ONLY_CLOCK = re.compile(rf"[\s(\[]{{0,4}}({CLOCK})[\s)\]]{{0,4}}")
_DURATION = re.compile(r"P(?:(\d{1,3})D)?T?(?:(\d{1,4})H)?(?:(\d{1,5})M)?(?:(\d{1,7}(?:\.\d{1,9})?)S)?", re.IGNORECASE)
_EPISODE = re.compile(r"(?:https?://schema\.org/)?(?:PodcastEpisode|RadioEpisode|Episode)")
_SENTENCE_END = re.compile(r"[.!?…][\"'”’)]?\s*\Z")

Data = Mapping[str, object]


@dataclass(frozen=True, slots=True)
class WebPage:
    """What a page holds. ``is_episode`` where it is more than a transcript: it lists chapters, or says what it is.

    ``missing`` says why, where it is neither an episode's page nor a transcript.
    """

    transcript: Transcript | None = None
    chapters: tuple[Chapter, ...] = ()
    facts: Facts = field(default_factory=Facts)
    problems: tuple[Problem, ...] = ()
    is_episode: bool = False
    missing: str | None = None


def reading(text: str, name: str) -> Reading:
    """The page as the format ``name`` reads it. Raises TranscriptError where there is nothing to read."""
    page = open_page(text)
    if page is None:
        raise TranscriptError("this is no HTML: it does not begin with a tag")
    if page.missing:
        raise TranscriptError(page.missing)
    return Reading(name, page.transcript, page.chapters, page.facts, page.problems)


@lru_cache(maxsize=1)
def open_page(text: str) -> WebPage | None:
    """The page that ``text`` is; None where it is no HTML, or a piece of it where nobody talks.

    Two formats look at it before one of them reads it.
    """
    if not is_html(text):
        return None
    try:
        markup = read_html(text)
    except TranscriptError as error:
        return WebPage(missing=error.message)
    problems: list[Problem] = []
    data = list(_linked_data(markup, problems))
    sections = _sections(markup.lines)
    spoken = _spoken(markup, sections)
    chapters = _chapters(markup.lines, sections, spoken, data, problems)
    is_episode = bool(chapters or data or (markup.is_document and len(sections.keys() - {"", "beside"}) > 1))
    if is_piece(text) and (is_episode or not spoken):
        return None
    if spoken:
        problems.extend(spoken.problems)
    facts = _facts(markup, data, sections if is_episode else {})
    if facts.duration is None and chapters:
        facts = replace(facts, duration=chapters[-1].end)
    return WebPage(
        transcript=spoken.transcript if spoken else None,
        chapters=chapters or (spoken.chapters if spoken else ()),
        facts=facts,
        problems=tuple(problems),
        is_episode=is_episode,
        missing=None if spoken or is_episode else NOTHING,
    )


def _heading(line: Line) -> str | None:
    """The section that a line opens, "" for a heading of none; None where it is no heading."""
    said = line.words
    is_bold = all(piece.element.nearest(BOLD) for piece in line.pieces)
    if not (line.block.tag in HEADINGS or line.block.tag in ("summary", "caption", "legend") or is_bold):
        return None
    if len(said) <= LONGEST_HEADING:
        title = said.strip(" :：\t")
        for name, pattern in SECTIONS.items():
            if pattern.fullmatch(title):
                return name
    return "" if line.block.tag in HEADINGS else None


def _sections(lines: Sequence[Line]) -> dict[str, list[Line]]:
    """The lines under each heading that a page of an episode has; what stands before the first is under ""."""
    sections: dict[str, list[Line]] = {"": []}
    here: list[Line] | None = sections[""]
    level = ""
    for place, line in enumerate(lines):
        name = _heading(line)
        if name:
            here, level = sections.setdefault(name, []), line.block.tag
            if name == "transcript":
                here.extend([line, *takewhile(lambda each: not _heading(each), lines[place + 1 :])])
                here = None
        elif name == "" and here is not sections[""] and (line.block.tag <= level or level not in HEADINGS):
            here = None
        elif here is not None:
            here.append(line)
    return sections


def _spoken(markup: Markup, sections: Mapping[str, list[Line]]) -> Talk | None:
    """The transcript, from the first place where there is talk: the likeliest is looked at first."""
    marked = [line for line in markup.lines if line.pieces[0].element.is_marked]
    under = sections.get("transcript", [])
    beside = {line.raw for line in sections.get("beside", ())}
    places = [
        (marked, True, None),
        (under, True, under[0].block.tag if under else None),
        ([line for line in markup.lines if line.block.nearest(MAIN)], False, "h6"),
        (markup.lines, False, "h6" if markup.is_document else None),
    ]
    for lines, is_announced, level in places:
        is_whole = is_announced or not markup.is_document
        found = talk([line for line in lines if line.raw not in beside and not _heading(line)], is_whole, level)
        if found.is_sure(is_announced, is_whole):
            return found
    return None


# Chapters


def _chapters(
    lines: Sequence[Line],
    sections: Mapping[str, list[Line]],
    spoken: Talk | None,
    data: Iterable[tuple[int, Data]],
    problems: list[Problem],
) -> tuple[Chapter, ...]:
    """The chapters of linked data, else those of the section, of a table, or of a list outside of the transcript."""
    clips = [(line, clip) for line, each in data for clip in _listed(each.get("hasPart"))]
    stated = [(place, _clip(clip)) for place, (_, clip) in enumerate(clips, 1)]
    if any(chapter for _, chapter in stated):
        return in_order(stated, problems, {place: line for place, (line, _) in enumerate(clips, 1)})
    rows = [row for row in _by_row(sections.get("chapters", [])) if row[0].block.tag != "th"]
    if not any(map(_row, rows)):
        said = [turn.raw for turn in spoken.transcript.turns if turn.raw] if spoken else []
        first, last = (said[0][0], said[-1][1]) if said else (0, 0)
        rows = _list_of_chapters([line for line in lines if not first <= line.raw[0] < last])
    found: list[Chapter] = []
    for row in rows:
        chapter = _row(row)
        if chapter:
            found.append(chapter)
        else:
            written = " | ".join(line.words for line in row)[:80]
            problems.append(Problem(f"this row of the chapter table is not understood: {written}", row[0].number))
    # Lengths are rounded by whoever wrote them, so only that of the last is used.
    found[:-1] = [replace(chapter, end=None) for chapter in found[:-1]]
    return in_order(enumerate(found, 1), problems)


def _list_of_chapters(lines: Sequence[Line]) -> list[list[Line]]:
    """The rows of the first table or list that is one of chapters: most have a time, which goes forward."""
    for _, group in groupby(lines, key=lambda line: line.block.nearest(LISTS)):
        rows = [row for row in _by_row(group) if row[0].block.tag != "th" and row[0].block.nearest(LISTS)]
        found = [chapter for chapter in map(_row, rows) if chapter]
        times = [chapter.start for chapter in found if chapter.start is not None]
        forward = all(before < after for before, after in pairwise(times))
        titles = sum(1 for chapter in found if not _SENTENCE_END.search(chapter.title))
        if len(found) >= FEWEST_ROWS and 4 * len(found) >= 3 * len(rows) and forward and 2 * titles > len(found):
            return rows
    return []


def _by_row(lines: Iterable[Line]) -> list[list[Line]]:
    """Lines that stand in one row of a table, or a term with what it is; others alone."""
    rows: list[list[Line]] = []
    for line in lines:
        row = line.block.nearest(ROWS)
        before = rows[-1][-1].block if rows else None
        same = row is not None and before is not None and before.nearest(ROWS) is row
        if same or (line.block.tag == "dd" and before is not None and before.tag == "dt"):
            rows[-1].append(line)
        else:
            rows.append([line])
    return rows


def _row(lines: Sequence[Line]) -> Chapter | None:
    """A row as a chapter: the first time is its start, a second its length, the longest words its title."""
    clocks = [found[1] for line in lines if (found := _ONLY_CLOCK.fullmatch(line.words))]
    titles = [line.words for line in lines if not _ONLY_CLOCK.fullmatch(line.words) and not line.words.isdecimal()]
    if not clocks and titles:
        found = _ROW_CLOCK.fullmatch(titles[0].strip()) if len(titles[0]) < 600 else None
        if found:
            clocks, titles[0] = [found[1] or found[4]], found[2] or found[3]
    start = seconds(clocks[0]) if clocks else None
    if start is None or not titles:
        return None
    title = clean(max(titles, key=len)).replace("\n", " ").strip(" |–—-")
    length = parse_time(clocks[1]) if len(clocks) > 1 else None
    return Chapter(
        number=0,
        title=title,
        start=start,
        end=start + length if length is not None else None,
        kind=kind_of(title),
        source="page",
    )


# What a page states


def _linked_data(markup: Markup, problems: list[Problem]) -> Iterator[tuple[int, Data]]:
    """Every episode that the page describes as linked data, and the line where that begins."""
    for line, written in markup.scripts:
        try:
            data = json.loads(written.strip().removeprefix("<!--").removesuffix("-->"))
        except (ValueError, RecursionError):
            problems.append(Problem("its linked data is not JSON, so it is not read", line))
            continue
        for episode in _episodes(data):
            yield line, episode


def _episodes(data: object, depth: int = 0) -> Iterator[Data]:
    if depth > DEEPEST_DATA:
        return
    if isinstance(data, list):
        for each in data:
            yield from _episodes(each, depth + 1)
    elif isinstance(data, dict):
        if any(isinstance(each, str) and _EPISODE.fullmatch(each) for each in _listed(data.get("@type"))):
            yield data
        else:
            for key in ("@graph", "mainEntity"):
                yield from _episodes(data.get(key), depth + 1)


def _listed(value: object) -> list[object]:
    return value if isinstance(value, list) else [] if value is None else [value]


def _clip(clip: object) -> Chapter | None:
    if not isinstance(clip, dict):
        return None
    start, title = seconds(clip.get("startOffset")), one_line(clip.get("name"))
    if start is None or title is None:
        return None
    end, url = seconds(clip.get("endOffset")), web_address(clip.get("url"))
    return Chapter(0, title, start, end, kind_of(title), url=url, source="page")


def _facts(markup: Markup, data: Sequence[tuple[int, Data]], sections: Mapping[str, list[Line]]) -> Facts:
    """Each fact from whatever states it best."""
    episode: Data = data[0][1] if data else {}
    stated = markup.stated
    media = [
        each for key in ("associatedMedia", "audio", "encoding") for each in _listed(episode.get(key))
        if isinstance(each, dict)
    ]  # fmt: skip
    series = episode.get("partOfSeries")
    about = plain("\n".join(line.words.replace("&", "&amp;") for line in sections.get("", ()) if line.block.tag == "p"))
    return Facts(
        podcast_title=one_line(series.get("name")) if isinstance(series, dict) else None,
        title=_first(one_line(episode.get("name")), _text(stated.get("og:title")), _text(markup.title)),
        published=_first(_day(episode.get("datePublished")), _day(stated.get("article:published_time"))),
        description=_first(
            one_line(episode.get("description")),
            _text(stated.get("og:description")),
            _text(stated.get("description")),
            about or None,
        ),
        page_url=_first(*map(web_address, (stated.get("canonical"), stated.get("og:url"), episode.get("url")))),
        audio_url=_first(
            *(web_address(each.get("contentUrl")) for each in media),
            web_address(stated.get("og:audio")),
            web_address(stated.get("audio")),
        ),
        duration=_first(
            _length(episode.get("duration")),
            _length(episode.get("timeRequired")),
            *(_length(each.get("duration")) for each in media),
        ),
        language=_first(one_line(episode.get("inLanguage")), one_line(markup.language)),
    )


_Fact = TypeVar("_Fact")


def _first(*stated: _Fact | None) -> _Fact | None:
    return next((each for each in stated if each is not None), None)


def _text(stated: object) -> str | None:
    """A text of the head as one line. Its entities are decoded already."""
    return " ".join(clean(stated).split()) or None if isinstance(stated, str) else None


def _day(stated: object) -> date | None:
    if not isinstance(stated, str):
        return None
    try:
        return datetime.fromisoformat(stated.strip()).date()
    except ValueError:
        return None


def _length(stated: object) -> float | None:
    """Seconds of ``PT1H2M3S`` (ISO 8601), of a clock, or of a number; None for no length at all.

    >>> _length("PT1H2M3.5S"), _length("1:02:03"), _length(95), _length("PT"), _length("P1Y")
    (3723.5, 3723.0, 95.0, None, None)
    """
    written = _DURATION.fullmatch(stated.strip()) if isinstance(stated, str) else None
    if written and any(written.groups()):
        days, hours, minutes, rest = (float(each or 0) for each in written.groups())
        return seconds(((days * 24 + hours) * 60 + minutes) * 60 + rest) or None
    return seconds(stated) or None
