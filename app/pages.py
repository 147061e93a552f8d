"""The pages people see. Everything works without JavaScript; the templates only print."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Callable
from dataclasses import dataclass, replace
from math import inf
from typing import Annotated
from urllib.parse import urlencode

from fastapi import APIRouter, Request
from fastapi import Query as InQuery
from starlette.responses import Response

from app import schemas, timeline
from app.linked_data import episode_as_linked_data, preview
from app.marks import Piece, cut
from app.requests import EpisodeId, InLibrary, PublicUrl, find_episode, find_speakers, find_transcript
from app.site import day, templates
from playhead import links, rendering
from playhead.engine import View
from playhead.errors import InvalidQueryError
from playhead.library import Library
from playhead.model import Episode, Excerpt, Sentence, Time, Transcript, Turn
from playhead.query import EVERYTHING, MOST_CHARACTERS, Filters, Query
from playhead.timestamps import parse

CHAPTER_SOURCES = {
    "chapter_list": "a list of chapters",
    "description": "the description",
    "feed": "the feed",
    "ffmetadata": "FFmpeg’s metadata",
    "headings": "the headings of the transcript",
    "id3": "the sound",
    "json_chapters": "a file of JSON chapters",
    "nero": "the sound",
    "notes": "the show notes",
    "page": "the episode’s page",
    "podlove": "a file of Podlove chapters",
    "podlove_json": "a file of Podlove chapters",
    "quicktime": "the sound",
    "sheet": "episode.toml",
    "vorbis": "Vorbis comments",
}

KINDS = {
    "content": "Talk",
    "sponsor": "Sponsors",
    "music": "Music",
    "intro": "Openings",
    "outro": "Closings",
    "notes": "Show notes",
}
SORTS = {"best": "Best first", "newest": "Newest", "oldest": "Oldest"}

TRANSCRIPT_FORMS = [("text", "Text"), ("markdown", "Markdown"), ("vtt", "WebVTT"), ("srt", "SubRip"), ("json", "JSON")]
CHAPTER_FORMS = [
    ("json-chapters", "JSON chapters"),
    ("psc", "Podlove"),
    ("youtube", "YouTube"),
    ("vtt", "WebVTT"),
    ("ffmetadata", "FFmpeg"),
    ("json", "JSON"),
]

router = APIRouter(include_in_schema=False)

LATEST = 8
MOST_HITS = 12
MOST_VALUES = 8
"""So many values of a facet are offered; the rest is one more word in the question away."""


@router.get("/")
def home(request: Request, library: InLibrary) -> Response:
    view = library.view()
    podcasts = view.podcasts()
    latest = (rendering.episode_reference(each) for each in view.episodes(EVERYTHING, 0, LATEST))
    return templates.TemplateResponse(
        request,
        "home.html",
        {
            "latest": [schemas.EpisodeReference.model_validate(each) for each in latest],
            "podcasts": len(podcasts),
            "episodes": sum(podcast.episodes for podcast in podcasts),
            "passages": view.size,
        },
    )


@router.get("/search")
def search(request: Request, asked: Annotated[schemas.SearchForm, InQuery()], library: InLibrary) -> Response:
    view = library.view()
    context = {
        "asked": asked,
        "kept": [pair for pair in _pairs(asked) if pair[0] != "q"],
        "chips": _chips(asked, view),
        **dict.fromkeys(("answer", "trouble", "more", "first", "sponsors", "respelled", "feed")),
        "results": [],
        "narrow": [],
        "sorts": [],
    }
    try:
        found = library.search(asked.query())
    except InvalidQueryError as error:
        return templates.TemplateResponse(request, "search.html", {**context, "trouble": str(error)}, 422)
    answer = schemas.SearchAnswer.model_validate(rendering.found_as_dict(found))
    return templates.TemplateResponse(
        request,
        "search.html",
        {
            **context,
            "answer": answer,
            "results": _with_more(
                [Result.of(*pair) for pair in zip(found.excerpts, answer.results, strict=True)], asked, answer
            ),
            "narrow": _narrow(asked, answer, view),
            "sorts": [(label, _search_url(asked, sort=sort), sort == asked.sort) for sort, label in SORTS.items()],
            "more": _search_url(asked, cursor=answer.next) if answer.next else None,
            "first": _search_url(asked) if asked.cursor else None,
            "sponsors": None if asked.include else _search_url(asked, include=["sponsor"]),
            # A feed tells what is new, so what is new comes first in it.
            "feed": _search_url(asked, sort="newest").replace("/search?", "/search.atom?", 1),
            "respelled": _search_url(asked, q=answer.suggestion) if answer.suggestion else None,
        },
    )


@router.get("/episodes/{id:episode}")
def episode(
    request: Request,
    id: EpisodeId,  # noqa: A002
    library: InLibrary,
    public_url: PublicUrl,
    q: Annotated[str, InQuery(max_length=MOST_CHARACTERS)] = "",
    t: str = "",
    at: Annotated[int | None, InQuery(ge=0)] = None,
) -> Response:
    view = library.view()
    found, transcript = find_episode(view, id), find_transcript(view, id)
    hits, no_hits = _hits(library, id, q)
    second = parse(t.partition(",")[0])
    marked = find_place(transcript, second, at)
    speakers = find_speakers(view, id)
    facts = rendering.episode_as_dict(found, transcript, speakers)
    return templates.TemplateResponse(
        request,
        "episode.html",
        {
            "episode": schemas.Episode.model_validate(facts),
            "chapters_from": _chapters_from(found),
            "linked_data": episode_as_linked_data(found, speakers, public_url),
            "preview": preview(found, _said_at(transcript, marked)),
            "strip": timeline.lay_out(found, transcript, [hit.second for hit in hits if hit.second is not None]),
            "shares": {share.name: share for share in timeline.shares(transcript)},
            "q": q.strip(),
            "hits": hits,
            "no_hits": no_hits,
            "parts": _parts(found, transcript),
            "transcript_forms": TRANSCRIPT_FORMS,
            "chapter_forms": CHAPTER_FORMS,
            "marked": marked,
            "second": None if second is None else int(second),
            "trouble": f"“{t[:20]}” is no time; write it as 29:41 or 1781." if t and second is None else None,
            "offset": found.offset,
            "audio": links.at(links.to_audio(found), None if second is None else heard_at(second, found.offset)),
            "editions": [
                (each.name, each.url if second is None else links.at(each.url, heard_at(second, each.offset)))
                for each in found.editions
            ],
        },
    )


def _chapters_from(episode: Episode) -> str:
    """Where the chapters are stated, in words."""
    sources = dict.fromkeys(chapter.source for chapter in episode.chapters if chapter.source)
    return " and ".join(CHAPTER_SOURCES.get(source, source) for source in sources)


@router.get("/docs")
def docs(request: Request, public_url: PublicUrl) -> Response:
    document = request.app.openapi()
    return templates.TemplateResponse(
        request,
        "docs.html",
        {
            "version": document["info"]["version"],
            "address": public_url,
            "operations": [
                {"path": path, "method": method.upper(), "parameters": [], **operation}
                for path, operations in document["paths"].items()
                for method, operation in operations.items()
            ],
            "example": _example,
        },
    )


# Results of a search.


@dataclass(frozen=True, slots=True)
class Result:
    """An excerpt and its words as they are printed: who speaks, in which pieces; and where to read on."""

    excerpt: schemas.Excerpt
    turns: list[tuple[str | None, list[Piece]]]
    read: str
    offset: float = 0.0
    """How many seconds later than the transcript's times its sound runs."""
    language: str | None = None
    more: Choice | None = None
    """The other passages of its episode, under the last one shown."""

    @classmethod
    def of(cls, found: Excerpt, shown: schemas.Excerpt) -> Result:
        answer, of = found.answer, found.episode
        turns = [(turn.speaker, cut(shown.text, turn.span, answer.span, found.highlights)) for turn in shown.turns]
        if shown.kind == "notes":
            written = cut(shown.text, (0, len(shown.text)), answer.span, found.highlights)
            return cls(shown, [(None, written)], f"{links.to_episode(of.id)}#notes", of.offset, of.language)
        read = _read_at(of.id, _where(found), answer.time)
        return cls(shown, turns, read, of.offset, of.language)


@dataclass(frozen=True, slots=True)
class Choice:
    """A filter to add or to take away: what it says, and where it leads."""

    label: str
    url: str
    count: int | None = None


def _with_more(results: list[Result], asked: schemas.SearchForm, answer: schemas.SearchAnswer) -> list[Result]:
    """The results with a way to what is held back of an episode, under the last result from it."""
    last = {result.excerpt.episode.id: place for place, result in enumerate(results)}
    for episode, count in answer.held_back.items():
        choice = Choice("more from this episode", _search_url(asked, episode=[episode]), count)
        results[last[episode]] = replace(results[last[episode]], more=choice)
    return results


def _chips(asked: schemas.SearchForm, view: View) -> list[Choice]:
    """The filters that are set; each leads to the search without it."""
    title = _titles(view)
    named: list[tuple[str, Callable[[str], str]]] = [
        ("podcast", title),
        ("episode", lambda value: _episode_title(view, value)),
        ("speaker", str),
        ("chapter", lambda value: f"chapter {value}"),
        ("kind", lambda value: KINDS[value].lower()),
        ("include", lambda _: "with sponsors"),
    ]
    chips = [
        Choice(label(value), _search_url(asked, **{name: [each for each in getattr(asked, name) if each != value]}))
        for name, label in named
        for value in getattr(asked, name)
    ]
    if asked.since:
        chips.append(Choice(f"since {day(asked.since)}", _search_url(asked, since=None)))
    if asked.until:
        chips.append(Choice(f"until {day(asked.until)}", _search_url(asked, until=None)))
    if asked.mode != "hybrid":
        chips.append(Choice(f"by {asked.mode} only", _search_url(asked, mode=None)))
    return chips


def _narrow(asked: schemas.SearchForm, answer: schemas.SearchAnswer, view: View) -> list[tuple[str, list[Choice]]]:
    """Filters that would leave something, with how many passages; groups of one choice say nothing."""
    title = _titles(view)
    facets: list[tuple[str, str, Callable[[str], str], Callable[[str], dict[str, object]]]] = [
        ("Speaker", "speaker", str, lambda value: {"speaker": [*asked.speaker, value]}),
        ("Podcast", "podcast", title, lambda value: {"podcast": [*asked.podcast, value]}),
        ("Kind", "kind", KINDS.__getitem__, lambda value: {"kind": [*asked.kind, value]}),
        ("Year", "year", str, lambda value: {"since": f"{value}-01-01", "until": f"{value}-12-31"}),
    ]
    groups = []
    for heading, facet, label, filters in facets:
        given = {each.casefold() for each in getattr(asked, facet, [])}
        choices = [
            Choice(label(value), _search_url(asked, **filters(value)), count)
            for value, count in answer.facets.get(facet, [])[:MOST_VALUES]
            if value.casefold() not in given
        ]
        if len(answer.facets.get(facet, [])) > 1 and choices:
            groups.append((heading, choices))
    return groups


def _pairs(asked: schemas.SearchForm, **changed: object) -> list[tuple[str, str]]:
    """The parameters of this search with some changed, from its first page on unless a cursor is given."""
    given = asked.model_dump(mode="json", exclude_defaults=True) | {"cursor": None} | changed
    return [
        (name, str(each))
        for name, value in given.items()
        for each in (value if isinstance(value, list) else [value])
        if each is not None
    ]


def _search_url(asked: schemas.SearchForm, **changed: object) -> str:
    return f"/search?{urlencode(_pairs(asked, **changed))}"


def _titles(view: View) -> Callable[[str], str]:
    titles = {podcast.slug: podcast.title for podcast in view.podcasts()}
    return lambda slug: titles.get(slug, slug)


def _episode_title(view: View, episode_id: str) -> str:
    found = view.episode(episode_id)
    return found.title if found else episode_id


# An episode.


@dataclass(frozen=True, slots=True)
class Hit:
    """A sentence of an episode that answers a question, where it is said, and the way there."""

    second: float | None
    words: str
    link: str


def _hits(library: Library, episode_id: str, asked: str) -> tuple[list[Hit], str | None]:
    spoken, no_hits = find_said(library, episode_id, asked)
    hits = [
        Hit(each.answer.time.start, each.answer.text, _read_at(episode_id, _where(each), each.answer.time, asked))
        for each in spoken
    ]
    return hits, no_hits


def find_said(library: Library, episode_id: str, asked: str) -> tuple[list[Excerpt], str | None]:
    """Where an episode answers a question, in order of speech; and if it does not, or was not asked, why."""
    if not asked.strip():
        return [], None
    try:
        found = library.search(Query(asked, Filters(episode=(episode_id,), sponsors=True), MOST_HITS))
    except InvalidQueryError as error:
        return [], str(error)
    if found.no_answer:
        return [], "Nothing in this episode seems to be about that."
    surest = max((each.confidence for each in found.excerpts), default=0.0)
    spoken = sorted(
        (each for each in found.excerpts if each.segment.kind != "notes" and each.confidence >= surest / 2), key=_where
    )
    return spoken, None if spoken else "Nobody says anything about that in this episode."


def _where(excerpt: Excerpt) -> int:
    """The code point of the transcript at which an excerpt's answer begins."""
    return excerpt.segment.span[0] + excerpt.answer.span[0]


@dataclass(frozen=True, slots=True)
class Spoken:
    """A turn as it is printed: its number, who and when, and its words, sentence by sentence."""

    number: int
    speaker: str | None
    time: Time
    link: str | None
    words: list[tuple[int | None, str, float | None]]


@dataclass(frozen=True, slots=True)
class Part:
    """A chapter and the turns spoken in it; no chapter for turns that are in none."""

    chapter: schemas.Chapter | None
    turns: list[Spoken]


def heard_at(second: float, offset: float) -> int:
    """The second of a recording that runs ``offset`` later than the transcript, where it says what this does there."""
    return int(max(0.0, second + offset))


@dataclass(frozen=True, slots=True)
class Place:
    """Where a second falls: the turn, and the sentence when sentences have times."""

    turn: int
    sentence: int | None


def find_place(transcript: Transcript, second: float | None, at: int | None = None) -> Place | None:
    """The turn and sentence that a link with ``?t=`` second and ``&at=`` code point of the transcript means.

    Several sentences can share a second, so our own pages also say which words they mean; where those are not said
    at that second, the transcript has changed since, and the second counts. Links open a breath before the words
    they mean (`links.landing`), so a second belongs to the turn, else to the sentence, whose own link would carry
    it; any other second to the words that are being said.
    """
    if at is not None:
        row = bisect_right(transcript.sentences, at, key=lambda sentence: sentence.span[0]) - 1
        if row >= 0 and _may_be_said(transcript.sentences[row].time, second):
            return Place(_turn_of(transcript, transcript.sentences[row]), row)
    if second is None:
        return None
    turns = [links.landing(turn.time) for turn in transcript.turns]
    sentences = [links.landing(sentence.time) for sentence in transcript.sentences]
    if second in turns:
        turn = turns.index(int(second))
        starts = [sentence.span[0] for sentence in transcript.sentences]
        return Place(turn, next((row for row, at in enumerate(starts) if at >= transcript.turns[turn].span[0]), None))
    if second in sentences:
        row = sentences.index(int(second))
        return Place(_turn_of(transcript, transcript.sentences[row]), row)
    spoken = [row for row, sentence in enumerate(transcript.sentences) if _begun(sentence.time, second)]
    if spoken:
        return Place(_turn_of(transcript, transcript.sentences[spoken[-1]]), spoken[-1])
    begun = [row for row, turn in enumerate(transcript.turns) if _begun(turn.time, second)]
    return Place(begun[-1], None) if begun else None


def _read_at(episode_id: str, at: int, time: Time, asked: str = "") -> str:
    """The page of an episode with the words at code point ``at`` marked, and in view without a script."""
    second = links.landing(time)
    given = ({"q": asked} if asked else {}) | ({} if second is None else {"t": second}) | {"at": at}
    return f"{links.to_episode(episode_id)}?{urlencode(given)}#marked"


def _said_at(transcript: Transcript, place: Place | None) -> str | None:
    """The words of a place: its sentence, else its turn."""
    if place is None:
        return None
    row = transcript.turns[place.turn] if place.sentence is None else transcript.sentences[place.sentence]
    return " ".join(transcript.said(row.span).split())


def _may_be_said(time: Time, second: float | None) -> bool:
    landing = links.landing(time)
    return second is None or (landing is not None and landing <= second <= (time.end or inf))


def _begun(time: Time, second: float) -> bool:
    return time.start is not None and time.start <= second


def _turn_of(transcript: Transcript, sentence: Sentence) -> int:
    return max(row for row, turn in enumerate(transcript.turns) if turn.span[0] <= sentence.span[0])


def _parts(episode: Episode, transcript: Transcript) -> list[Part]:
    """The chapters in order, each with its turns; turns outside every chapter stand where they are spoken."""
    waiting = [schemas.Chapter.model_validate(rendering.chapter_as_dict(each)) for each in episode.chapters]
    words = _by_turn(transcript)
    parts: list[Part] = []
    for number, turn in enumerate(transcript.turns):
        while waiting and turn.chapter is not None and waiting[0].number <= turn.chapter:
            parts.append(Part(waiting.pop(0), []))
        if not parts:
            parts.append(Part(None, []))
        parts[-1].turns.append(_spoken(episode, number, turn, words[number]))
    return parts + [Part(chapter, []) for chapter in waiting]


def _by_turn(transcript: Transcript) -> list[list[tuple[int | None, str, float | None]]]:
    """For every turn its words: sentences with their numbers and starts, without a number what stands between them."""
    spoken: list[list[tuple[int | None, str, float | None]]] = []
    number = 0
    for turn in transcript.turns:
        words: list[tuple[int | None, str, float | None]] = []
        reached, last = turn.span
        while number < len(transcript.sentences) and transcript.sentences[number].span[0] < last:
            sentence = transcript.sentences[number]
            start, end = sentence.span
            words.append((None, transcript.text[reached:start], None))
            words.append((number, transcript.text[start:end], sentence.time.start))
            reached = end
            number += 1
        spoken.append([*words, (None, transcript.text[reached:last], None)])
    return spoken


def _spoken(episode: Episode, number: int, turn: Turn, words: list[tuple[int | None, str, float | None]]) -> Spoken:
    link = None if turn.time.start is None else _read_at(episode.id, turn.span[0], turn.time)
    return Spoken(number, turn.speaker, turn.time, link, words)


# The documentation.


def _example(operation: dict[str, object], address: str) -> str:
    """A request that can be pasted, made of the examples in the OpenAPI document."""
    path, query = str(operation["path"]), {}
    for parameter in operation.get("parameters", []):  # type: ignore[attr-defined]
        value = (parameter.get("examples") or parameter["schema"].get("examples") or [None])[0]
        if parameter["in"] == "path":
            path = path.replace("{" + parameter["name"] + "}", str(value or "…"))
        elif parameter.get("required") and value:
            query[parameter["name"]] = value
    method = "" if operation["method"] in ("GET", "POST") else f"--request {operation['method']} "
    key = "--header 'Authorization: Bearer KEY' " if operation.get("security") else ""
    takes_files = "multipart/form-data" in operation.get("requestBody", {}).get("content", {})  # type: ignore[attr-defined]
    files = " --form file=@episode.vtt" if takes_files else ""
    return f"curl {method}{key}'{address}{path}{'?' if query else ''}{urlencode(query)}'{files}"
