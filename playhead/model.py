"""What a podcast is made of: the nouns every room shares.

Frozen, typed, standard library only. Seconds are floats and an unknown time is ``None``, never 0.
A span is ``(first, last + 1)`` in code points: of the transcript's ``text`` unless its field says otherwise.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date
from typing import Literal

Span = tuple[int, int]

TimeSource = Literal["chapter", "stamp", "cue", "interpolated", "across_break", "extrapolated", "none"]
"""Where a time comes from, from the most to the least certain; ``none`` is an honest "not known"."""

ChapterKind = Literal["content", "sponsor", "music", "intro", "outro"]

SegmentKind = Literal[ChapterKind, "notes"]
"""The kind of the chapter it is spoken in; ``notes`` are not speech, but what is written about an episode."""


@dataclass(frozen=True, slots=True)
class Time:
    """When something is said, how that is known, and how far off it may be.

    ``error`` is the half-width of a 90 % interval around ``start``, in seconds.
    """

    start: float | None = None
    end: float | None = None
    source: TimeSource = "none"
    error: float | None = None


NO_TIME = Time()


@dataclass(frozen=True, slots=True)
class Podcast:
    """A show. ``slug`` is the first half of its episodes' ids."""

    slug: str
    title: str
    episodes: int = 0


@dataclass(frozen=True, slots=True)
class Chapter:
    """A titled stretch of an episode from a start time.

    ``span`` is the part of the transcript spoken in it, or ``None`` where nothing is (a sponsor's break).
    ``source`` names what stated it: the page's table, a JSON chapters file...
    """

    number: int
    title: str
    start: float | None = None
    end: float | None = None
    kind: ChapterKind = "content"
    url: str | None = None
    source: str | None = None
    span: Span | None = None


@dataclass(frozen=True, slots=True)
class Turn:
    """One speaker talking without interruption.

    ``raw`` is where the turn stands in the decoded text of the file it was read from. ``label`` is what the
    transcript calls the speaker where somebody has named them otherwise, so that a name can be taken back.
    """

    speaker: str | None
    span: Span
    time: Time = NO_TIME
    chapter: int | None = None
    raw: Span | None = None
    label: str | None = None


@dataclass(frozen=True, slots=True)
class Sentence:
    """A sentence of a turn, with its own second."""

    span: Span
    time: Time = NO_TIME


@dataclass(frozen=True, slots=True)
class Stamp:
    """A time the file itself gives for the word at ``at``: written inside it, or the start of a cue.

    ``error`` is how coarse the writing is (a time cut to whole seconds may be half a second early);
    ``until`` is the end of a cue; ``line`` is where it stands in the file, for reports.
    """

    at: int
    seconds: float
    error: float = 0.5
    until: float | None = None
    kind: Literal["stamp", "cue"] = "stamp"
    line: int | None = None


@dataclass(frozen=True, slots=True)
class Break:
    """A marked stretch of audio without text - sponsor, jingle, clip - before the word at ``at``.

    ``kind`` is the marker's own word in lower case (break, jingle, sample, outro...).
    """

    at: int
    kind: str
    start: float | None = None
    end: float | None = None
    line: int | None = None


@dataclass(frozen=True, slots=True)
class Transcript:
    """What was said: one cleaned string, and the turns, stamps and breaks in it by their spans.

    ``text`` joins the turns by a blank line. ``sentences`` are known once times are settled.
    """

    text: str
    turns: tuple[Turn, ...]
    stamps: tuple[Stamp, ...] = ()
    breaks: tuple[Break, ...] = ()
    sentences: tuple[Sentence, ...] = ()

    def said(self, span: Span) -> str:
        """The words at ``span``, verbatim."""
        return self.text[span[0] : span[1]]


@dataclass(frozen=True, slots=True)
class Person:
    """Somebody who takes part in an episode. ``role`` is in the words of whoever stated it: host, guest...

    ``source`` names what did: a feed, a page, or the file of speakers.
    """

    name: str
    role: str | None = None
    url: str | None = None
    source: str | None = None


@dataclass(frozen=True, slots=True)
class Edition:
    """Another recording of an episode, such as its video. It runs ``offset`` seconds later than the transcript says."""

    name: str
    url: str
    offset: float = 0.0


@dataclass(frozen=True, slots=True)
class Episode:
    """One published item. What is not known is ``None``, never guessed.

    ``id`` is ``<podcast slug>/<episode slug>``; ``fingerprint`` is of the files it was made from,
    so that an unchanged episode is recognised without reading it again. ``audio_file`` is where the sound lies on
    this machine, for `/audio/` to serve; it is nobody else's business, so no door shows it.
    One that is not ``transcribed`` has an empty transcript, and is found by its ``notes``.
    The sound runs ``offset`` seconds later than the transcript's times; other ``editions`` have their own. ``drift``
    is how many seconds longer it plays than those times allow, below 0 shorter; None where they agree, as far as known.
    """

    id: str
    podcast: str
    podcast_title: str
    title: str
    published: date | None = None
    description: str | None = None
    page_url: str | None = None
    audio_url: str | None = None
    audio_file: str | None = None
    duration: float | None = None
    language: str | None = None
    chapters: tuple[Chapter, ...] = ()
    sources: tuple[str, ...] = ()
    fingerprint: str = ""
    people: tuple[Person, ...] = ()
    offset: float = 0.0
    editions: tuple[Edition, ...] = ()
    drift: float | None = None
    transcribed: bool = True

    @property
    def notes(self) -> str:
        """What is written about it: its title and its description."""
        return "\n\n".join(filter(None, (self.title, self.description)))


@dataclass(frozen=True, slots=True)
class Speaker:
    """Somebody who is heard: in how many segments and episodes. A recording that is played is nobody.

    ``role`` is the one most often stated. An anonymous label is somebody else in every episode, so ``episode`` says
    in which one; it is None for everybody who has a name.
    """

    name: str
    segments: int
    episodes: int = 1
    role: str | None = None
    episode: str | None = None

    @property
    def is_anonymous(self) -> bool:
        """Whether nobody has said who this is."""
        return self.episode is not None


@dataclass(frozen=True, slots=True)
class Spoken:
    """How much is said under one label in one episode. ``speaker`` is its name; ``label`` as in `Turn`."""

    episode: str
    speaker: str
    label: str | None
    turns: int
    words: int


@dataclass(frozen=True, slots=True)
class Segment:
    """The passage we index: inside one chapter, whole turns where they fit, speaker-aware.

    ``text`` is the transcript's slice at ``span``; ``turns`` and ``sentences`` are its parts, with spans
    inside ``text``. ``first_turn`` and ``last_turn`` count the transcript's turns from 0.
    ``passage`` is what is embedded and indexed: the chapter's title and the speakers' names beside the words.
    ``id`` comes from the content, so an unchanged passage keeps it through every re-ingest.
    One of kind ``notes`` is a slice of the episode's ``notes`` instead, with no turns and no time: nobody says it.
    """

    id: str
    episode: str
    ordinal: int
    span: Span
    text: str
    passage: str
    first_turn: int
    last_turn: int
    time: Time = NO_TIME
    turns: tuple[Turn, ...] = ()
    sentences: tuple[Sentence, ...] = ()
    chapter: int | None = None
    chapter_title: str | None = None
    chapter_start: float | None = None
    kind: SegmentKind = "content"

    @property
    def speakers(self) -> tuple[str, ...]:
        """Who speaks in it, in order of first appearance."""
        return tuple(dict.fromkeys(turn.speaker for turn in self.turns if turn.speaker))


@dataclass(frozen=True, slots=True)
class Links:
    """Where a listener can go from an excerpt; ``None`` where there is nothing to open.

    ``editions`` are the other recordings, by name, each opened at its own second.
    """

    play: str | None
    read: str
    page: str | None
    api: str
    editions: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True, slots=True)
class Answer:
    """The sentence of an excerpt that answers; ``span`` is inside the excerpt's text."""

    text: str
    span: Span
    time: Time = NO_TIME


@dataclass(frozen=True, slots=True)
class Excerpt:
    """What a person sees: a segment, the sentence in it that answers, its second and its links.

    ``scores`` are the evidence: ``meaning`` is a cosine, ``words`` a BM25 score, ``coverage`` the share of the
    question's telling words that are said; an absent part is ``None``. ``duplicates`` are the same words found
    elsewhere, folded under this one.
    """

    segment: Segment
    episode: Episode
    score: float
    scores: dict[str, float | None]
    confidence: float
    answer: Answer
    highlights: tuple[Span, ...]
    links: Links
    citation: str
    duplicates: tuple[Excerpt, ...] = field(default=())
