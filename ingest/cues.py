"""Captions as turns: who says the words of a cue, and which of them were on the screen already.

What formats of captions have in common lives here, so that each of them only finds its cues. Voices are taken as
written (``<v Name>``); without them, from ``Name: words`` (Zoom, SubRip by convention of Podcasting 2.0, where the name
stands only where the speaker changes); ``>>`` says that somebody else goes on. YouTube's rolling captions say every
line twice, and are read once.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise
from statistics import median

from ingest.scribe import Scribe, plain
from playhead.model import Span, Transcript

_VOICE = re.compile(r"<v(?:\.[^\s<>]{0,80})?(?:\s([^<>\n]{0,200}))?>|</v>")
_TAG = re.compile(
    r"</?(?:[cv]|lang)(?:\.[^\s<>]{0,80})*(?:\s[^<>]{0,80})?>"
    r"|</?(?:[biuBIU]|ruby|rt|font)(?:\.[^\s<>]{0,80})*(?:\s[^<>=]{1,20}=[^<>]{0,80})?>|<[\d:.]{1,16}>"
    r"|\{\\[^{}\n]{1,80}\}"
)
_UNDERLINED = re.compile(r"<u>", re.IGNORECASE)
_INNER_TIME = re.compile(r"<\d[\d:.]{1,15}>")
_CHANGE = re.compile(r"^\s{0,8}(?:-\s?)?(?:>>|&gt;&gt;)>?", re.MULTILINE)
_PREFIX = re.compile(
    r"\s{0,8}(?:[-–—]\s{0,2})?(?P<open>\[)?(?P<name>[^\W\d_][^:：<>\[\]\n]{0,40}?)(?(open)\])(?::\s|：)"
)
_PARTICLES = frozenset(["al", "bin", "da", "de", "del", "den", "der", "di", "du", "el", "la", "le", "van", "von"])
_NUMBERED = frozenset(
    "act chapter day episode example exercise figure item lesson level option part phase question round rule scene "
    "season section stage step table task tip topic unit verse week".split()
)
"""What has a number and is nobody's name: "Step 1"."""
NOBODY = frozenset(
    "a added address answer attention author caution category changed copyright date debug deprecated description "
    "disclaimer duration edit error example faq features file files fixed format guests hosts http https important "
    "info ingredients install installation language license link links location media method name nb note notes p.s "
    "preparation ps q question removed requirements security series serves slides source speakers subject summary tags "
    "tip title to todo topic tldr update url usage version video warn warning".split()
)
"""What stands before a colon and names nobody."""
_SENTENCE_END = re.compile(r"[.?!,…。！？][\"'”’)]?\s{0,8}\Z")
_OF_CHAPTERS = re.compile(
    r"\ufeff?WEBVTT(?:[ \t][^\n]{0,200}?\bchapters?\b|[^\n]{0,200}\n(?:[^\n]{1,200}\n){0,8}?Kind:[ \t]{0,8}chapters\b)",
    re.IGNORECASE,
)
_LABEL = re.compile(r"speaker[ _]?\d{1,3}", re.IGNORECASE)
LONGEST_NAME = 4
ALL_NAMED = 0.9
"""Where so many cues begin with something and a colon, and two come back, one of them a name, all are names."""
ROLLING = 0.25
"""Captions roll when at least this share of the cues begins by saying again the last line of the one before,"""
FLASH = 0.1
"""and goes on with another line, or stands no longer than this. What is only said twice does neither."""
HIGHLIGHTED = 0.4
"""Captions say each word in a cue of its own when a word is underlined in at least this share of them."""
MOST_SHOWN = 8
"""Lines on a screen."""


@dataclass(frozen=True, slots=True)
class Cue:
    """A timed block of a file, in seconds; ``lines`` are as written, ``raw`` is where they stand."""

    line: int
    start: float
    end: float
    lines: tuple[str, ...]
    raw: Span


def is_track_of_chapters(head: str) -> bool:
    """Does the first line of WebVTT, or ``Kind:`` below it, say that its cues are chapters and nobody says them?

    >>> is_track_of_chapters("WEBVTT chapters"), is_track_of_chapters("WEBVTT\\nKind: captions")
    (True, False)
    """
    return _OF_CHAPTERS.match(head) is not None


@dataclass(frozen=True, slots=True)
class Voiced:
    """Words of a cue with who says them: a name, "" for somebody else than before, None for whoever spoke last."""

    speaker: str | None
    words: str


SENTENCES = 0.6
"""At least this share of the lines of a talk ends as sentences do,"""
WIDEST = 60.0
"""and they are no farther apart than this, in seconds at the median,"""
LONG = 20
"""or hold more words than any title does."""
CLOSE = 10.0
"""Chapters never follow each other more closely; YouTube takes none that do."""


def take_down(cues: Sequence[Cue], may_roll: bool = True) -> Transcript:
    """What the cues say, as turns. One that ends before it starts has no end; one that says nothing leaves no trace.

    What is said again is said again where the cues were never on a screen, so they cannot roll.
    """
    said = cues
    if may_roll:
        said = list(_newly_said(cues)) if _rolls(cues) else _highlighted_once(cues)
    names = _names(said)
    scribe = Scribe()
    for cue in said:
        voices = [each for each in _voices("\n".join(cue.lines), names) if plain(_spoken(each))]
        for place, voiced in enumerate(voices):
            if voiced.speaker is not None and (voiced.speaker == "" or voiced.speaker != scribe.speaker):
                scribe.turn(voiced.speaker or None)
            if place:
                # When the second voice of a cue sets in, nobody says.
                scribe.say(_spoken(voiced), cue.raw)
            else:
                end = cue.end if cue.end >= cue.start and len(voices) == 1 else None
                scribe.cue(cue.start, end, _spoken(voiced), cue.line, cue.raw)
    return scribe.transcript()


def _spoken(voiced: Voiced) -> str:
    return _TAG.sub("", voiced.words).replace("\n", " ")


def _voices(text: str, names: frozenset[str]) -> Iterator[Voiced]:
    """The words of a cue, cut where another voice begins."""
    speaker: str | None = None
    at = 0
    for voice in _VOICE.finditer(text):
        yield from _changes(Voiced(speaker, text[at : voice.start()]), names)
        if voice[1] is not None:
            speaker = plain(voice[1])
        at = voice.end()
    yield from _changes(Voiced(speaker, text[at:]), names)


def _changes(voiced: Voiced, names: frozenset[str]) -> Iterator[Voiced]:
    """Cut where ``>>`` or a known ``Name:`` says that somebody else goes on."""
    pieces = _CHANGE.split(voiced.words)
    for index, piece in enumerate(pieces):
        speaker = "" if index else voiced.speaker
        lines: list[str] = []
        for line in piece.split("\n"):
            prefix = _PREFIX.match(f"{line} ")
            if prefix and plain(prefix["name"]) in names:
                yield Voiced(speaker, "\n".join(lines))
                speaker, lines = plain(prefix["name"]), [line[prefix.end() :]]
            else:
                lines.append(line)
        yield Voiced(speaker, "\n".join(lines))


def _names(cues: Sequence[Cue]) -> frozenset[str]:
    """``Name:`` before the words counts as a speaker only where names recur and most of such prefixes are names.

    They also have to be common; or the first words carry one of them, as where only a change of speaker is named
    (10 names over 222 cues in the example of Podcasting 2.0). Files that use voices need no prefixes; "Note: ..."
    said once is speech.
    """
    if not cues or any("<v" in line for cue in cues for line in cue.lines):
        return frozenset()
    prefixes = [
        [plain(prefix["name"]) for line in cue.lines if (prefix := _PREFIX.match(_CHANGE.sub("", f"{line} ")))]
        for cue in cues
    ]
    counted = Counter(name for named in prefixes for name in named)
    plausible = {name: times for name, times in counted.items() if is_name(name.partition(" (")[0])}
    always = sum(map(bool, prefixes)) >= ALL_NAMED * len(cues)
    if always and plausible and len(counted) > 1 and counted.total() >= 2 * len(counted):
        # As Zoom saves what people call themselves there: "mara's iPhone".
        return frozenset(name for name in counted if name.casefold() not in NOBODY)
    recurring = {name for name, times in plausible.items() if times > 1 or _LABEL.fullmatch(name)}
    named_first = any(name in recurring for name in prefixes[0])
    are_most = prefixes[0] and 2 * sum(map(bool, prefixes)) > len(cues)
    if not recurring and len(plausible) > 1 and are_most and any(" " in name for name in plausible):
        # A short talk, where nobody speaks twice, and somebody has more than a first name: no "Today: ...".
        recurring = {name for name in plausible if name.casefold() not in NOBODY}
        named_first = len(recurring) == len(counted)
    if not recurring or sum(plausible.values()) < 0.8 * counted.total():
        return frozenset()
    return frozenset(plausible) if named_first or counted.total() >= 0.05 * len(cues) else frozenset()


def is_name(text: str) -> bool:
    """One to four words in no small letters, with "van" or "de" between them, or a diarizer's "Speaker 2".

    >>> is_name("Ada van Hout"), is_name("潮野"), is_name("the tide")
    (True, True, False)
    """
    parts = text.split()
    if len(parts) == 2 and parts[0].casefold() in _NUMBERED and parts[1][0].isdigit():
        return False
    return 0 < len(parts) <= LONGEST_NAME and all(
        (part[0].isalnum() and not part[0].islower()) or (0 < place < len(parts) - 1 and part in _PARTICLES)
        for place, part in enumerate(parts)
    )


def names_recur(lines: Sequence[str]) -> bool:
    """Do most of ``lines`` begin with a name and a colon, and does one of the names come back?

    >>> names_recur(["Ada: Who has the lock?", "Grace: I do.", "Ada: Then open it."]), names_recur(["Intro", "Ada: I"])
    (True, False)
    """
    prefixes = [prefix["name"] for line in lines if (prefix := _PREFIX.match(line))]
    counted = Counter(name for name in map(plain, prefixes) if is_name(name))
    return 2 * counted.total() > len(lines) and max(counted.values()) > 1


def take_turns(lines: Sequence[str]) -> bool:
    """Does every one of ``lines`` begin with a name and a colon, and do two of the names come back by turns?

    >>> take_turns(["Ada: who has it", "Grace: not me", "Ada: who then", "Grace: the tide"])
    True
    >>> take_turns(["News: The lock", "News: The bridge", "Guest: Ada", "Guest: Grace", "News: The tide"])
    False
    """
    names = [plain(prefix["name"]) for line in lines if (prefix := _PREFIX.match(f"{line} "))]
    if (
        not names
        or len(names) < len(lines)
        or not all(is_name(name) and name.casefold() not in NOBODY for name in names)
    ):
        return False
    changes = sum(1 for before, after in pairwise(names) if before != after)
    return sum(1 for times in Counter(names).values() if times > 1) > 1 and 3 * changes >= 2 * (len(names) - 1)


def is_talk(times: Sequence[float], lines: Sequence[str]) -> bool:
    """Are ``lines`` what is said, each at its time in seconds, and no list of chapters?"""
    gap = median(after - before for before, after in pairwise(times)) if len(times) > 1 else WIDEST + 1
    if not lines or gap < CLOSE or take_turns(lines):
        return bool(lines)
    if sum(1 for line in lines if _SENTENCE_END.search(line)) < SENTENCES * len(lines):
        return False
    return gap <= WIDEST or names_recur(lines) or median(len(line.split()) for line in lines) >= LONG


def _rolls(cues: Sequence[Cue]) -> bool:
    """Are these captions that keep the line before on the screen?"""
    said = [(cue, lines) for cue in cues if (lines := [line for line in map(_bare, cue.lines) if line])]
    again = sum(
        1
        for (_, before), (cue, after) in pairwise(said)
        if before[-1] == after[0] and (len(after) > 1 or cue.end - cue.start <= FLASH)
    )
    return len(said) > 2 and again >= ROLLING * (len(said) - 1)


def _newly_said(cues: Sequence[Cue]) -> Iterator[Cue]:
    """Each cue without the lines at its top that were at the bottom of the screen. A line timed inside is new."""
    shown: list[str] = []
    for cue in cues:
        lines = [line for line in cue.lines if _bare(line)]
        bare = list(map(_bare, lines))
        old = next((place for place, line in enumerate(lines) if _INNER_TIME.search(line)), len(lines))
        kept = next(
            (length for length in range(min(old, len(shown), MOST_SHOWN), 0, -1) if shown[-length:] == bare[:length]), 0
        )
        shown = bare or shown
        if lines[kept:]:
            yield Cue(cue.line, cue.start, cue.end, tuple(lines[kept:]), cue.raw)


def _highlighted_once(cues: Sequence[Cue]) -> Sequence[Cue]:
    """Each caption once that stands in a cue for each of its words, the one that is said underlined in every cue.

    Whisper and WhisperX write so with ``--highlight_words``: between two words nothing is underlined. A mark that goes
    back begins the same words anew.
    """
    if sum(1 for cue in cues if any(map(_UNDERLINED.search, cue.lines))) < HIGHLIGHTED * len(cues):
        return cues
    once: list[Cue] = []
    shown: tuple[str, ...] | None = None
    marked = -1
    for cue in cues:
        text = "\n".join(cue.lines)
        bare = tuple(map(_bare, cue.lines))
        mark = _UNDERLINED.search(text)
        at = len(_bare(text[: mark.start()])) if mark else -1
        if bare == shown and (at > marked or not mark) and (mark or marked >= 0):
            once[-1] = replace(once[-1], end=max(once[-1].end, cue.end))
            marked = max(at, marked)
        else:
            once.append(cue)
            shown, marked = bare, at
    return once


def _bare(line: str) -> str:
    return plain(_TAG.sub("", line))
