"""The page for show notes: paste them, see when each is talked about, correct it by hand, take the result away.

It is a form that is sent again with what was corrected; the service keeps nothing of it. Notes are only ever printed as
text, escaped like everything else.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from itertools import count
from typing import Any
from urllib.parse import parse_qs, urlsplit

from fastapi import APIRouter, Request
from starlette.concurrency import run_in_threadpool
from starlette.exceptions import HTTPException
from starlette.responses import Response

from app.requests import InLibrary, PublicUrl
from app.site import templates
from playhead import linked, links
from playhead.engine import View
from playhead.errors import InvalidQueryError, NotesError
from playhead.library import Library
from playhead.linking import Linked, link_notes
from playhead.model import Episode, Time
from playhead.notes_lint import Finding, lint
from playhead.query import EVERYTHING
from playhead.shownotes import RIGHT, LinkedNote
from playhead.text import words
from playhead.timestamps import parse, write

router = APIRouter(include_in_schema=False)

FORMS = {
    "markdown": "Your notes, with links",
    "youtube": "YouTube description",
    "json-chapters": "JSON chapters (Podcasting 2.0)",
    "psc": "Podlove Simple Chapters",
    "vtt": "WebVTT chapters",
    "ffmetadata": "FFmpeg metadata",
    "json": "JSON",
}
ENDINGS = {"markdown": ".md", "html": ".html", "text": ".txt"}
PAGE, MOST_OFFERED, LISTED = 500, 12, 100
SURE, LIKELY = 0.8, 0.5
MOST_FIELDS = 5_000


@dataclass(frozen=True, slots=True)
class Row:
    """A note as it is printed: its time to be corrected, who says what there, and where to hear it.

    ``stated`` is a time of the author's own, and ``heard`` where the talk is instead, if it is more than a minute off.
    ``others`` are the other places, each with its clock, how likely it is, and where to read there.
    """

    number: int
    text: str
    kind: str
    sought: bool
    stated: str | None
    heard: str | None
    clock: str
    wrong: bool
    sure: str
    speaker: str | None
    said: str | None
    play: str | None
    read: str | None
    others: list[tuple[str, str, str]]
    """The time of each other place, how likely it is, and where to read there."""


@router.get("/notes")
def notes(request: Request, library: InLibrary, episode: str = "") -> Response:
    """An empty form; ``episode`` is filled in from an episode's page."""
    return _page(request, library, {"episode": episode[:400]})


@router.post("/notes")
async def linked_notes(request: Request, library: InLibrary, public_url: PublicUrl) -> Response:
    given = _form(await request.body())
    return await run_in_threadpool(_answer, request, library, public_url, given)


def _answer(request: Request, library: Library, public_url: str, given: Mapping[str, str]) -> Response:
    source = given.get("notes", "").replace("\r\n", "\n")
    kept = {"episode": given.get("episode", ""), "notes": source}
    view = library.view()
    if not source.strip():
        return _page(request, library, kept | {"trouble": "Paste the show notes first."}, 422)
    offered = find_episodes(view, kept["episode"])
    if len(offered) != 1:
        if offered:
            return _page(request, library, kept | {"offered": offered[:MOST_OFFERED]})
        trouble = "No episode is called that. Write its id, its address here, or words of its title."
        return _page(request, library, kept | {"trouble": trouble if kept["episode"] else "Choose the episode."}, 422)
    [episode] = offered
    try:
        found = link_notes(library, episode.id, source)
    except NotesError as error:
        return _page(request, library, kept | {"trouble": str(error)}, 422)
    times, wrong = corrections(found, given)
    found = linked.correct(found, times)
    name = given.get("format", "markdown")
    form = linked.FORMS.get(name, linked.FORMS["markdown"])
    try:
        written, refused = form.write(found, public_url), None
    except InvalidQueryError as error:
        written, refused = None, str(error)
    if "download" in given and written is not None:
        suffix = ENDINGS[found.written] if name == "markdown" else form.suffix
        file = f"{episode.id.rpartition('/')[2]}{suffix}"
        heading = {"Content-Disposition": f'attachment; filename="{_ascii(file)}"'}
        return Response(written, media_type=form.media_type, headers=heading)
    return _page(
        request,
        library,
        kept
        | {
            "episode": episode.id,
            "of": episode,
            "rows": [_row(found, each, each.note.number in times, wrong.get(each.note.number)) for each in found.notes],
            "found": sum(each.is_mentioned for each in found.notes),
            "sought": sum(each.is_sought for each in found.notes),
            "problems": found.problems,
            "findings": [_finding(found, each) for each in lint(found.notes, found.transcript)],
            "wrong": wrong,
            "format": name if name in FORMS else "markdown",
            "written": written,
            "refused": refused,
        },
    )


def _page(request: Request, library: Library, context: dict[str, Any], status: int = 200) -> Response:
    nothing: dict[str, Any] = {"episode": "", "notes": "", "rows": [], "format": "markdown"}
    nothing |= dict.fromkeys(("trouble", "offered", "of", "written", "refused", "problems", "findings", "wrong"))
    latest = library.view().episodes(EVERYTHING, 0, LISTED)
    return templates.TemplateResponse(
        request, "notes.html", nothing | {"latest": latest, "forms": FORMS} | context, status
    )


def _form(body: bytes) -> dict[str, str]:
    """The fields of a form as browsers send it; the first of each name."""
    try:
        fields = parse_qs(body.decode("utf-8", "replace"), keep_blank_values=True, max_num_fields=MOST_FIELDS)
    except ValueError:
        raise HTTPException(422, f"A form here has {MOST_FIELDS:,} fields at most.") from None
    return {name: values[0] for name, values in fields.items()}


# Which episode.


def find_episodes(view: View, written: str) -> list[Episode]:
    """The episode whose id or address here was written; else all whose title has every word of it, newest first."""
    asked = written.strip()
    if not asked:
        return []
    address = urlsplit(asked).path.partition("/episodes/")[2] if "/episodes/" in asked else asked
    exact = view.episode(address.strip("/"))
    if exact:
        return [exact]
    sought = set(words(asked))
    return [each for each in _every(view) if sought and sought <= set(words(f"{each.title} {each.podcast_title}"))]


def _every(view: View) -> Iterator[Episode]:
    for start in count(0, PAGE):
        page = view.episodes(EVERYTHING, start, PAGE)
        yield from page
        if len(page) < PAGE:
            return


# What was corrected by hand.


def corrections(found: Linked, given: Mapping[str, str]) -> tuple[dict[int, float | None], dict[int, str]]:
    """The times that were changed, by the number of the note; and what was written where a time should be."""
    times: dict[int, float | None] = {}
    wrong: dict[int, str] = {}
    for each in found.notes:
        field = f"time-{each.note.number}"
        if field not in given:
            continue
        asked = given[field].strip()
        if asked == _clock(each):
            continue
        seconds = parse(asked) if asked else None
        if asked and seconds is None:
            wrong[each.note.number] = asked
        else:
            times[each.note.number] = seconds
    return times, wrong


def _clock(each: LinkedNote) -> str:
    """The time of a note as the form shows it: what its author wrote, else what was found."""
    start = each.start if each.note.stated is None else each.note.stated
    return "" if start is None else write(start)


# What is printed.


def _row(found: Linked, each: LinkedNote, by_hand: bool, wrong: str | None) -> Row:
    time, episode = each.time, found.episode.id
    return Row(
        number=each.note.number,
        text=each.note.text,
        kind=each.note.kind,
        sought=each.is_sought,
        stated=None if each.note.stated is None else write(each.note.stated),
        heard=_heard(each),
        clock=_clock(each) if wrong is None else wrong[:12],
        wrong=wrong is not None,
        sure="set by hand" if by_hand else _how_sure(each),
        speaker=each.speaker,
        said=None if each.span is None else _short(found.transcript.said(each.span)),
        play=None if time is None else _play(found.episode, time),
        read=None if time is None else links.to_episode(episode, links.landing(time)),
        others=[
            (write(other.start), f"{other.confidence:.0%}", links.to_episode(episode, links.landing(other.time)))
            for other in each.alternatives
            if other.start is not None
        ],
    )


def _heard(each: LinkedNote) -> str | None:
    stated, start = each.note.stated, each.start
    return write(start) if stated is not None and start is not None and abs(stated - start) > RIGHT else None


def _how_sure(each: LinkedNote) -> str:
    if not each.is_sought:
        return ""
    if not each.is_mentioned:
        return "not mentioned"
    grade = "sure" if each.confidence >= SURE else "likely" if each.confidence >= LIKELY else "unsure"
    return f"{grade}, {each.confidence:.0%}"


def _play(episode: Episode, time: Time) -> str | None:
    return links.at(links.to_audio(episode), links.landing(time, episode.offset))


def _finding(found: Linked, finding: Finding) -> tuple[str, str | None]:
    """What to look at again, and where it is said."""
    if finding.time is None:
        return finding.message, None
    return finding.message, links.to_episode(found.episode.id, links.landing(finding.time))


def _short(said: str, most: int = 160) -> str:
    line = " ".join(said.split())
    return line if len(line) <= most else f"{line[:most].rsplit(' ', 1)[0]} …"


def _ascii(name: str) -> str:
    return "".join(each for each in name if each.isascii() and (each.isalnum() or each in "-_.")) or "notes"
