"""Linked show notes out again: as they came with a link before each, as JSON, and as chapters for players. Pure.

`FORMS` are the forms there are, for every door. Chapters are made of the notes that are talked about, in order of time;
what is refused of them, and why, is said in `playhead.exports`.
"""

from __future__ import annotations

import json
from bisect import bisect_right
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from html import escape as as_html
from typing import Any

from playhead import exports, links, rendering
from playhead.linking import Linked
from playhead.model import Chapter, Time, Transcript
from playhead.notes_lint import Finding
from playhead.shownotes import Alternative, LinkedNote
from playhead.timestamps import write

Plain = dict[str, Any]

OPENING = "Intro"
"""What stands at 0:00 for YouTube, which reads no chapters without, where the first note is talked about later."""

SOURCE = "linked notes"
"""What the ``source`` of a chapter made of a note says."""


def in_notes(linked: Linked, public_url: str = "") -> str:
    """The notes as they came, with ``[12:34](link) `` before each that is talked about, and nothing else changed.

    In HTML the link is one of HTML; plain text has the time alone. A time that stands in a note already stays, and no
    other is put beside it; one that was corrected by hand takes its place.
    """
    parts, end = [], 0
    for each in linked.notes:
        if each.start is None or each.note.stated is not None:
            continue
        first, last = each.note.stated_span or (each.note.span[0], each.note.span[0])
        mark = _mark(linked, each.start, each.time, public_url)
        parts += [linked.source[end:first], mark if each.note.stated_span else f"{mark} "]
        end = last
    return "".join(parts) + linked.source[end:]


def _mark(linked: Linked, start: float, time: Time | None, public_url: str) -> str:
    clock = write(start)
    url = place_of(linked, time, public_url)
    match linked.written:
        case "markdown":
            # A link ends with the first bracket that is not opened in it.
            return f"[{clock}]({url.replace('(', '%28').replace(')', '%29').replace(' ', '%20')})"
        case "html":
            return f'<a href="{as_html(url)}">{clock}</a>'
        case _:
            return clock


def place_of(linked: Linked, time: Time | None, public_url: str = "") -> str:
    """Where a note leads: into the sound as its publisher gives it, for notes are read elsewhere; else to our page."""
    episode = linked.episode
    sound = episode.audio_url or (links.to_audio(episode, public_url) if public_url else None)
    if sound and time is not None:
        return links.at(sound, links.landing(time, episode.offset)) or sound
    return links.to_episode(episode.id, links.landing(time) if time else None, public_url)


# JSON, as every door gives it.


def as_dict(linked: Linked, findings: Sequence[Finding] = (), public_url: str = "") -> Plain:
    """The notes in their order, each with where it is talked about, and what to look at again.

    Where a note is not mentioned, ``start`` is None and ``confidence`` is the chance that it is not.
    """
    return {
        "episode": rendering.episode_reference(linked.episode, public_url),
        "written": linked.written,
        "notes": [_note_as_dict(linked, each, public_url) for each in linked.notes],
        "problems": list(linked.problems),
        "findings": [_finding_as_dict(linked, each, public_url) for each in findings],
    }


def _note_as_dict(linked: Linked, each: LinkedNote, public_url: str) -> Plain:
    note = each.note
    return {
        "number": note.number,
        "text": note.text,
        "kind": note.kind,
        "line": note.line,
        "section": note.section,
        "urls": [link.url for link in note.links],
        "stated": None if note.stated is None else write(note.stated),
        "mentioned": each.is_mentioned,
        **_place_as_dict(linked, each, public_url),
        "speaker": each.speaker,
        "chapter": None
        if each.chapter is None
        else {"number": each.chapter.number, "title": each.chapter.title, "start": each.chapter.start},
        "alternatives": [_place_as_dict(linked, other, public_url) for other in each.alternatives],
    }


def _place_as_dict(linked: Linked, place: LinkedNote | Alternative, public_url: str) -> Plain:
    time = place.time
    return {
        "start": None if place.start is None else round(place.start, 3),
        "timestamp": None if place.start is None else write(place.start),
        "time": None if time is None else rendering.time_as_dict(time),
        "confidence": round(place.confidence, 3),
        "turn": place.turn,
        "said": None if place.span is None else " ".join(linked.transcript.said(place.span).split()),
        "links": None if time is None else _links_as_dict(linked, time, place.turn, public_url),
    }


def _links_as_dict(linked: Linked, time: Time, turn: int | None, public_url: str) -> Plain:
    episode, second = linked.episode, links.landing(time)
    read = links.to_episode(episode.id, second, public_url)
    return {
        "play": links.at(links.to_audio(episode, public_url), links.landing(time, episode.offset)),
        "read": f"{read}#turn-{turn}" if second is None and turn is not None else read,
        "page": episode.page_url,
        "editions": [{"name": name, "play": play} for name, play in links.to_editions(episode, time)],
    }


def _finding_as_dict(linked: Linked, finding: Finding, public_url: str) -> Plain:
    return {
        "kind": finding.kind,
        "message": finding.message,
        "note": finding.note and finding.note.number,
        "line": finding.note and finding.note.line,
        "time": finding.time and rendering.time_as_dict(finding.time),
        "turn": finding.turn,
        "said": finding.said,
        "links": finding.time and _links_as_dict(linked, finding.time, finding.turn, public_url),
    }


# Chapters.


def as_chapters(linked: Linked) -> tuple[Chapter, ...]:
    """The notes that are talked about as chapters, in order of time; the first of those that begin at one second.

    A time that the author wrote counts. What stands under every episode is no chapter, nor is a paragraph about all.
    """
    starts: dict[float, LinkedNote] = {}
    for each in linked.notes:
        start = each.start if each.note.stated is None else each.note.stated
        if start is not None and each.is_sought:
            starts.setdefault(start, each)
    return tuple(
        Chapter(
            number,
            starts[start].note.text,
            start,
            kind="sponsor" if starts[start].note.kind == "sponsor" else "content",
            url=next((link.url for link in starts[start].note.links), None),
            source=SOURCE,
        )
        for number, start in enumerate(sorted(starts), 1)
    )


# By hand.


def correct(linked: Linked, times: Mapping[int, float | None]) -> Linked:
    """The notes with the times that somebody set: by the number of the note, in seconds, None for one without a place.

    What a person set is certain, and goes before what the author wrote: such a note has no ``stated`` time any more.
    """
    return replace(linked, notes=tuple(_set(each, times, linked.transcript) for each in linked.notes))


def _set(each: LinkedNote, times: Mapping[int, float | None], transcript: Transcript) -> LinkedNote:
    number = each.note.number
    if number not in times:
        return each
    start = times[number]
    others = each.alternatives
    if each.start is not None and each.start != start and each.turn is not None and each.time and each.span:
        others = (Alternative(each.start, each.time, each.confidence, each.turn, each.span), *others)
    note = replace(each.note, stated=None)
    if start is None:
        return LinkedNote(note, confidence=1.0, alternatives=others)
    timed = [(turn.time.start, row) for row, turn in enumerate(transcript.turns) if turn.time.start is not None]
    row = bisect_right(timed, (start, len(transcript.turns))) - 1
    turn = timed[row][1] if row >= 0 else None
    speaker = None if turn is None else transcript.turns[turn].speaker
    return LinkedNote(note, start, Time(start, None, "stamp", 0.5), 1.0, speaker, turn=turn, alternatives=others)


# The forms there are.


@dataclass(frozen=True, slots=True)
class Form:
    """A form with its media type and the ending of a file in it; ``write`` is given the address of our own links."""

    media_type: str
    suffix: str
    write: Callable[[Linked, str], str]


def _chapters(form: str, suffix: str, opening: bool = False) -> Form:
    def write(linked: Linked, public_url: str) -> str:
        chapters = as_chapters(linked)
        if opening and chapters and (chapters[0].start or 0.0) >= exports.SHORTEST_CHAPTER:
            chapters = (Chapter(0, OPENING, 0.0), *chapters)
        return exports.CHAPTERS[form].write(replace(linked.episode, chapters=chapters), linked.transcript, public_url)

    return Form(exports.CHAPTERS[form].media_type, suffix, write)


FORMS: dict[str, Form] = {
    "markdown": Form("text/plain", ".md", in_notes),
    "json": Form(
        "application/json",
        ".json",
        lambda linked, url: json.dumps(as_dict(linked, public_url=url), ensure_ascii=False, indent=2) + "\n",
    ),
    "youtube": _chapters("youtube", ".txt", opening=True),
    "json-chapters": _chapters("json-chapters", ".chapters.json"),
    "psc": _chapters("psc", ".psc.xml"),
    "ffmetadata": _chapters("ffmetadata", ".ffmetadata"),
    "vtt": _chapters("vtt", ".chapters.vtt"),
}
"""``markdown`` are the notes as they came, in whatever they are written."""
