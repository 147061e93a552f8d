"""What an editor should look at again in show notes, by what is said in the episode. Pure."""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import islice
from typing import Literal

from playhead.model import Sentence, Span, Time, Transcript
from playhead.names import said_names
from playhead.notes import Note
from playhead.shownotes import RIGHT, LinkedNote
from playhead.text import fold, said, stem
from playhead.timestamps import write

FindingKind = Literal["not_mentioned", "wrong_time", "missing_link", "promised", "missing_name"]

SURE = 0.8
"""How sure of a place we are before we say that a time contradicts it."""

BESIDE = 2_000
"""A note's link keeps a promise when they are at most this many characters of talk apart: two minutes."""

MOST_NAMES = 8
"""Names that no note has, those said most; the rest is rarely worth a note."""

# Spoken addresses end in one of these; "so", "me" and "to" are left out where a point may end a sentence.
_ENDING = (
    "com|org|net|io|dev|fm|ai|app|info|edu|gov|tv|xyz|tech|page|club|social|news|wiki|sh|gg|rs|eu|uk|de|fr|ch|at|nl"
)
_ADDRESS = re.compile(
    rf"(?<![\w@.])(?:https?://)?(?:www(?:\.|\sdot\s))?(?P<name>[a-z0-9][a-z0-9-]{{1,40}})"
    rf"(?P<rest>(?:(?:\.|\sdot\s)[a-z0-9-]{{2,40}}){{0,2}})(?P<end>\.(?:{_ENDING})|\sdot\s(?:{_ENDING}|so|me|to|co))\b"
    r"(?![\w@]|\.\w)(?:(?:/|\sslash\s)[\w-]{1,60}){0,3}",
    re.IGNORECASE,
)
_SPOKEN = re.compile(r"\s(dot|slash)\s", re.IGNORECASE)
_HOSTS = frozenset("github gitlab youtube twitter medium linkedin reddit wikipedia patreon amazon".split())
_NO_ADDRESS = frozenset(("asp", "ado", "vb", "ml", "the"))
_PROMISE = re.compile(
    r"\b(?:in|to|into|on) (?:the |our |your |today's |this (?:episode|week)'s )?show ?notes\b"
    r"|\b(?:in|to|into|on) (?:the|our|your) (?:episode notes|description)\b"
    r"|\blinks? (?:is |are |will be )?(?:down )?below\b|\blink in (?:the )?(?:bio|chat)\b"
    r"|\b(?:we|i)(?:['’]ll| will| can) (?:also |definitely |make sure to |be sure to )?(?:drop|put|add|leave|include) "
    r"(?:a |the |that |those |some )?links?\b"
    r"|\b(?:we|i)(?:['’]ll| will) link (?:to )?(?:it|that|them|this|those)\b",
    re.IGNORECASE,
)


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing to look at: a sentence for the editor, the note it is about, and the place in the talk.

    ``not_mentioned``: a note that is never talked about. ``missing_link``: an address that is said, and not in the
    notes. ``promised``: "we will put it in the show notes", and no link of the notes is near. ``missing_name``: a name
    that is said often, and in no note. ``wrong_time``: a time that contradicts the transcript. ``note`` is None where
    something is missing; ``time``, ``turn`` and ``span`` (of the transcript) say where it is said, None where it is not
    said; ``said`` is what is said there, verbatim.
    """

    kind: FindingKind
    message: str
    note: Note | None = None
    time: Time | None = None
    turn: int | None = None
    span: Span | None = None
    said: str | None = None


def lint(linked: Sequence[LinkedNote], transcript: Transcript) -> tuple[Finding, ...]:
    """Everything to look at: in order of the notes, then of what is said, then the names that are said most."""
    sentences = transcript.sentences or tuple(Sentence(turn.span, turn.time) for turn in transcript.turns)
    return (
        *_of_notes(linked, transcript),
        *_of_talk(linked, transcript, sentences),
        *_of_names(linked, transcript, sentences),
    )


def _of_notes(linked: Sequence[LinkedNote], transcript: Transcript) -> Iterator[Finding]:
    end = max((each for turn in transcript.turns for each in (turn.time.start, turn.time.end) if each), default=None)
    for each in linked:
        note, stated = each.note, each.note.stated
        if not each.is_sought:
            continue
        if stated is not None and end is not None and stated > end + RIGHT:
            message = f'"{_short(note.text)}" is marked {write(stated)}, after the end of the talk at {write(end)}.'
            yield Finding("wrong_time", message, note)
        elif stated is not None and each.start is not None and _is_off(stated, each):
            message = f'"{_short(note.text)}" is marked {write(stated)}, but talked about at {write(each.start)}.'
            words = transcript.said(each.span) if each.span else None
            yield Finding("wrong_time", message, note, each.time, each.turn, each.span, words)
        elif not each.is_mentioned and note.kind == "item":
            yield Finding("not_mentioned", f'Nobody seems to talk about "{_short(note.text)}".', note)


def _is_off(stated: float, each: LinkedNote) -> bool:
    error = (each.time.error if each.time else None) or 0.0
    return each.start is not None and abs(stated - each.start) > RIGHT + error and each.confidence >= SURE


def _of_names(linked: Sequence[LinkedNote], transcript: Transcript, sentences: Sequence[Sentence]) -> Iterator[Finding]:
    written = {form for word in _written(linked) for form in (stem(word), word.removesuffix("s"))}
    missing = (each for each in said_names(transcript, sentences) if not set(said(each.written)) <= written)
    for name in islice(missing, MOST_NAMES):
        message = f"{name.written} is named {name.times} times, first{_when(name.first.time)}, and in no note."
        yield _finding("missing_name", message, transcript, name.first)


def _of_talk(linked: Sequence[LinkedNote], transcript: Transcript, sentences: Sequence[Sentence]) -> Iterator[Finding]:
    places = sorted(each.span[0] for each in linked if each.span and each.note.links)
    written = _written(linked)
    for place, sentence in enumerate(sentences):
        words = transcript.said(sentence.span)
        for address in _ADDRESS.finditer(words):
            spelled = _spelled(address.group())
            parts = re.findall(r"[\w-]+", fold(spelled))
            # Of a host of many it is what follows that counts: github.com/psf/black.
            name = parts[-1] if fold(address["name"]) in _HOSTS and "/" in spelled else fold(address["name"])
            if name in _NO_ADDRESS or name.isdigit() or name in written:
                continue
            written.add(name)
            message = f"{spelled} is named{_when(sentence.time)}, and no note links to it."
            yield _finding("missing_link", message, transcript, sentence)
        if _PROMISE.search(words) and not _is_near(places, sentence.span[0]):
            before = sentences[place - 1] if place else sentence
            message = f"A link is promised{_when(sentence.time)}, and no link of the notes belongs there."
            yield _finding("promised", message, transcript, sentence, (before.span[0], sentence.span[1]))


def _finding(
    kind: FindingKind, message: str, transcript: Transcript, sentence: Sentence, said: Span | None = None
) -> Finding:
    starts = [turn.span[0] for turn in transcript.turns]
    turn = bisect_right(starts, sentence.span[0]) - 1
    return Finding(kind, message, None, sentence.time, turn, sentence.span, transcript.said(said or sentence.span))


def _written(linked: Sequence[LinkedNote]) -> set[str]:
    """The parts of every address in the notes, and the words of them all: "fly" of fly.io."""
    parts: set[str] = set()
    for each in linked:
        for link in each.note.links:
            parts.update(re.findall(r"[\w-]+", fold(link.url)))
        parts.update(re.findall(r"[\w-]+", fold(each.note.text)))
    return parts


def _is_near(places: Sequence[int], at: int) -> bool:
    after = bisect_right(places, at)
    return any(abs(place - at) <= BESIDE for place in places[max(0, after - 1) : after + 1])


def _spelled(address: str) -> str:
    return _SPOKEN.sub(lambda spoken: "." if spoken[1].casefold() == "dot" else "/", address)


def _when(time: Time) -> str:
    return "" if time.start is None else f" at {write(time.start)}"


def _short(text: str) -> str:
    return text if len(text) <= 80 else f"{text[:79].rstrip()}…"
