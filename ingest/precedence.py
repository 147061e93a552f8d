"""Which of an episode's chapters count, where several places state some. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from ingest.formats import known
from ingest.listed_chapters import chapters_in, lines_of, timed_lines
from ingest.reading import Problem, Reading
from playhead.model import Chapter, Transcript

ORDER = ("sheet", "chapters", "feed", "sound", "page", "transcript", "notes", "description")
SILENT_END = 300.0
"""So many seconds of music may follow the last word."""

_TYPED = ("notes", "description")
_PLACES = {"sheet": "sheet", "sound": "sound", "front_matter": "transcript"}
_IN_WORDS = {
    "sheet": "the sheet",
    "chapters": "a file of chapters",
    "feed": "the feed",
    "sound": "the sound",
    "page": "the page",
    "transcript": "the transcript",
    "notes": "the show notes",
    "description": "the description",
}


@dataclass(frozen=True, slots=True)
class Choice:
    """The chapters that count, what did not fit among them, and what was passed over for them, in words."""

    chapters: tuple[Chapter, ...] = ()
    problems: tuple[Problem, ...] = ()
    passed_over: tuple[str, ...] = ()


def choose(readings: Sequence[Reading], description: str | None = None, length: float | None = None) -> Choice:
    """The chapters of the first place that has any, whole, and never mixed with those of another.

    What somebody states for Playhead goes first, then what was made to be chapters, then what reads as such: the sheet;
    a file of chapters; the feed; the sound; the page; the transcript itself; the show notes; the description. Of two in
    one place the first counts. How many there are makes no difference: a longer list may be of another cut.

    Times in notes and in the ``description`` are believed within ``length`` seconds, where that is known: a list that
    begins later is of something else.
    """
    found = [(_place(reading), reading.chapters) for reading in readings if reading.chapters]
    if description and not any(each.chapters and each.facts.description == description for each in readings):
        found.append(("description", chapters_in(timed_lines(lines_of(description)), [], "description")))
    problems: list[Problem] = []
    chosen: tuple[Chapter, ...] = ()
    passed_over: list[str] = []
    for place, chapters in sorted(found, key=lambda each: ORDER.index(each[0])):
        kept = _within(chapters, length) if place in _TYPED else chapters
        if not kept:
            continue
        if chosen:
            passed_over.append(f"{len(kept)} in {_IN_WORDS[place]}")
            continue
        chosen = tuple(replace(chapter, source="feed") for chapter in kept) if place == "feed" else kept
        problems.extend(
            Problem(f'"{chapter.title[:80]}" in {_IN_WORDS[place]} would begin after the end of the episode')
            for chapter in chapters[len(kept) :]
        )
    return Choice(chosen, tuple(problems), tuple(passed_over))


def latest_chapter(transcript: Transcript) -> float | None:
    """No chapter begins later than this where it is not known how long an episode is; None where words have no cues."""
    ends = [max(stamp.seconds, stamp.until or 0.0) for stamp in transcript.stamps if stamp.kind == "cue"]
    return max(ends) + SILENT_END if ends else None


def _place(reading: Reading) -> str:
    role = next((each.role for each in known() if each.name == reading.format), "transcript")
    return _PLACES.get(reading.format, role)


def _within(chapters: tuple[Chapter, ...], length: float | None) -> tuple[Chapter, ...]:
    """Those that begin before the end. The last of them ends with the episode, if it is not said where."""
    if length is None:
        return chapters
    kept = [chapter for chapter in chapters if chapter.start is not None and chapter.start < length]
    return (*kept[:-1], replace(kept[-1], end=None)) if 0 < len(kept) < len(chapters) else tuple(kept)
