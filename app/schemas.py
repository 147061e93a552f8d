"""The public contract: what the doors take and what they answer, kept as a golden ``openapi.json``.

Answers are validated from the dictionaries of `playhead.rendering`, so REST, pages and ``--json`` cannot drift
apart. Fields are added, never renamed.
"""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import date, datetime
from typing import Annotated, Any, Literal
from urllib.parse import urlsplit

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field, StringConstraints, model_validator

from playhead import cursors
from playhead.answers import BUDGET
from playhead.errors import InvalidQueryError
from playhead.jobs import Kind as JobKind
from playhead.jobs import Outcome
from playhead.jobs import State as JobState
from playhead.model import ChapterKind, SegmentKind, TimeSource
from playhead.notes import NoteKind, NotesFormat
from playhead.notes_lint import FindingKind
from playhead.query import EVERYTHING, MOST_RESULTS, Filters, Mode, Query, Sort
from playhead.quotes import MOST_CHARACTERS, DifferenceKind, Verdict
from playhead.rendering import listing

# What is asked.


def _calendar_day(written: object) -> object:
    """Only 2024-10-02: pydantic alone would take a number of seconds for a day."""
    if isinstance(written, str):
        if not re.fullmatch(r"\d{4}-\d{2}-\d{2}", written):
            raise ValueError(f"{written[:40]!r} is no date; write it as 2024-10-02")
    elif not isinstance(written, date | None):
        raise ValueError("this is no date; write it as 2024-10-02")  # noqa: TRY004 - what pydantic takes for a refusal
    return written


def _whole(given: object) -> object:
    """2.0 is an integer, to JSON as to whoever reads it (JSON Schema, 4.2.3)."""
    return int(given) if isinstance(given, float) and given.is_integer() else given


Day = Annotated[date, BeforeValidator(_calendar_day)]
Cursor = Annotated[str | None, Field(max_length=100)]
Whole = Annotated[int, BeforeValidator(_whole)]
Value = Annotated[str, StringConstraints(min_length=1, max_length=200)]
Values = Annotated[list[Value], Field(max_length=50)]


class Parameters(BaseModel):
    """A query string. A parameter that is not known is an error, never ignored."""

    model_config = ConfigDict(extra="forbid")


class EpisodeParameters(Parameters):
    """Which episodes."""

    podcast: Values = Field([], description="Only these podcasts, by id.", examples=[["bytecode-at-breakfast"]])
    since: Day | None = Field(
        None,
        description="Published on this day or later; episodes without a date are left out.",
        examples=["2024-01-01"],
    )
    until: Day | None = Field(
        None,
        description="Published on this day or earlier; episodes without a date are left out.",
        examples=["2024-12-31"],
    )

    def filters(self) -> Filters:
        return replace(EVERYTHING, podcast=tuple(self.podcast), since=self.since, until=self.until)


class Page(Parameters):
    """Which part of a list."""

    limit: int = Field(20, ge=1, le=200, description="How many at most.", examples=[50])
    cursor: Cursor = Field(None, description="Where to go on: what the page before gave as next.")

    def offset(self, of: object) -> int:
        return cursors.read(self.cursor, of)


class EpisodesParameters(EpisodeParameters, Page):
    """Which episodes, which page of them."""


class SpeakersParameters(EpisodesParameters):
    """Speakers of which episodes, which page of them."""

    episode: Values = Field(
        [], description="Only these episodes, by id.", examples=[["bytecode-at-breakfast/one-thread-in-the-slow-lane"]]
    )

    def filters(self) -> Filters:
        return replace(super().filters(), episode=tuple(self.episode))


class Answering(EpisodeParameters):
    """Which passages may answer. Repeat a filter to allow several values."""

    episode: Values = Field(
        [], description="Only these episodes, by id.", examples=[["bytecode-at-breakfast/one-thread-in-the-slow-lane"]]
    )
    speaker: Values = Field(
        [], description="Only passages these people speak in; case is ignored.", examples=[["Ines Varga"]]
    )
    chapter: Values = Field(
        [],
        description="Only these chapters, by title (case is ignored) or number.",
        examples=[["What it costs one thread"], ["3"]],
    )
    kind: Annotated[list[SegmentKind], Field(max_length=10)] = Field(
        [],
        description="Only chapters of this kind; notes is what is written about an episode without a transcript.",
        examples=[["content"]],
    )
    include: Annotated[list[Literal["sponsor"]], Field(max_length=5)] = Field(
        [], description="Also answer from what is otherwise left out: sponsors' passages.", examples=[["sponsor"]]
    )
    mode: Mode = Field(
        "hybrid", description="Find by meaning and words together, or by one of them.", examples=["hybrid"]
    )

    def filters(self) -> Filters:
        return replace(
            super().filters(),
            episode=tuple(self.episode),
            speaker=tuple(self.speaker),
            chapter=tuple(self.chapter),
            kind=tuple(self.kind),
            sponsors="sponsor" in self.include,
        )


class Question(Answering):
    """A question and what may answer it. Repeat a filter to allow several values."""

    q: str = Field(
        description="The question: a topic, a name or a phrase. What stands in quotes must be said word for word.",
        examples=["why is free-threaded slower"],
    )
    limit: int = Field(10, ge=1, le=MOST_RESULTS, description="How many results at most.", examples=[5])
    cursor: Cursor = Field(None, description="Where to go on: what the page before gave as next.")
    sort: Sort = Field(
        "best",
        description="Best first; or, of the best hundred, those that seem to answer by date of their episodes.",
        examples=["newest"],
    )

    def query(self) -> Query:
        """The question. Raises InvalidQueryError for what cannot be asked."""
        query = Query(self.q, self.filters(), self.limit, mode=self.mode, sort=self.sort)
        return replace(query, offset=cursors.read(self.cursor, listing(query)))


class SearchParameters(Question):
    """A question as a program asks it."""

    max_tokens: int | None = Field(
        None,
        ge=1,
        description="A budget for the results, at four characters of their JSON a token. Only whole results are given, "
        "the first in any case; left_out counts those there was no room for, and next leads to them.",
        examples=[2000],
    )


class SearchForm(Question):
    """The same as a browser's form sends it: a field left blank was not filled in."""

    q: str = ""

    @model_validator(mode="before")
    @classmethod
    def _leave_out_blanks(cls, given: dict[str, Any]) -> dict[str, Any]:
        return {name: value for name, value in given.items() if value not in ("", [""])}


class Around(Parameters):
    """How much to show around a segment."""

    before: int = Field(0, ge=0, le=20, description="How many segments before it.", examples=[1])
    after: int = Field(0, ge=0, le=20, description="How many segments after it.", examples=[2])


class TranscriptParameters(Parameters):
    """In which form a transcript is wanted."""

    format: Literal["json", "text", "markdown", "vtt", "srt"] = Field(
        "json",
        description="json, text, markdown, vtt or srt; captions only where the time of every sentence is known.",
        examples=["text"],
    )


class ChaptersParameters(Parameters):
    """Which chapters are wanted, and in which form."""

    suggest: bool = Field(
        False,
        description="Chapters as Playhead would set them, in place of those that are stated; source is suggested.",
        examples=[True],
    )

    format: Literal["json", "json-chapters", "psc", "youtube", "ffmetadata", "vtt"] = Field(
        "json",
        description="json; json-chapters (Podcasting 2.0), psc (Podlove Simple Chapters), youtube (lines for a "
        "description), ffmetadata or vtt (a WebVTT track of chapters), only where the times they need are known.",
        examples=["youtube"],
    )


class Body(BaseModel):
    """What is sent. A field that is not known is an error, never ignored."""

    model_config = ConfigDict(extra="forbid", strict=True)


class QuoteToVerify(Body):
    """Words that somebody is said to have said, and where that was claimed."""

    quote: str = Field(
        description=f"The words, in {MOST_CHARACTERS:,} characters or fewer; … stands for what is left out, [brackets] "
        "for an editor's words.",
        examples=["every list and every dict has its own little lock now"],
    )
    speaker: Value | None = Field(None, description="Who is said to have said it: a name or a part of it.")
    episode: Value | None = Field(None, description="Where it is said to be: an episode's id.")


class QuestionToAnswer(Answering):
    """A question to be answered in sentences, and what may answer it."""

    model_config = ConfigDict(extra="forbid", strict=True)

    question: str = Field(description="The question, as GET search takes it.", examples=["why is free-threaded slower"])
    since: Annotated[date, Field(strict=False), BeforeValidator(_calendar_day)] | None = Field(
        None, description="Published on this day or later.", examples=["2024-01-01"]
    )
    until: Annotated[date, Field(strict=False), BeforeValidator(_calendar_day)] | None = Field(
        None, description="Published on this day or earlier.", examples=["2024-12-31"]
    )
    max_tokens: Whole = Field(BUDGET, ge=1, description="A budget for the passages that an answer is made from.")

    def query(self) -> Query:
        """The question. Raises InvalidQueryError for what cannot be asked."""
        try:
            return Query(self.question, self.filters(), mode=self.mode)
        except InvalidQueryError as error:
            raise InvalidQueryError(str(error), "question" if error.parameter == "q" else error.parameter) from None


class NotesToLink(Body):
    """Show notes, and the episode they are of."""

    episode: Value = Field(
        description="The episode's id.", examples=["bytecode-at-breakfast/one-thread-in-the-slow-lane"]
    )
    notes: str = Field(
        description="The notes in Markdown, HTML or plain text, up to 200,000 characters.",
        examples=["- Why one thread is slower\n- How reference counts are biased"],
    )
    written: NotesFormat | None = Field(None, description="How they are written; guessed where it is not said.")
    format: Literal["json", "markdown", "youtube", "json-chapters", "psc", "ffmetadata", "vtt"] = Field(
        "json",
        description="json; markdown: the notes as they came, in whatever they are written, with a link before each; or "
        "chapters of those that are talked about, as …/chapters gives them.",
    )


def _web_address(given: str) -> str:
    """Its form only: whether it may be asked, and leads where it says, is seen by whoever fetches it."""
    try:
        parts = urlsplit(given)
        named = bool(parts.hostname) and parts.port != 0
    except ValueError:
        raise ValueError("this is no address; write it as https://example.org/feed.xml") from None
    if parts.scheme.casefold() not in ("http", "https") or not named or re.search(r"[\x00-\x20\x7f]", given):
        raise ValueError("this is no address of the web; write it as https://example.org/feed.xml")
    if "@" in parts.netloc:
        raise ValueError("this has a name or a password in it, which would end in logs; leave them out")
    return given


class AddressToIngest(Body):
    """Where a feed, a transcript or a list of feeds lies."""

    url: Annotated[str, Field(max_length=2_000), AfterValidator(_web_address)] = Field(
        description="Its address, on the public web.", examples=["https://example.org/feed.xml"]
    )
    podcast: Value | None = Field(None, description="The show's name, where it is not to be the one that is stated.")


class AboutFiles(Body):
    """What is said beside files that are sent."""

    podcast: Value | None = Field(None, description="The show's name, where it is not to be the one that is stated.")
    episode: Annotated[str, StringConstraints(pattern="^[a-z0-9][a-z0-9-]{0,79}$")] | None = Field(
        None,
        description="What stands in the episode's id after the show: small letters, digits and hyphens. The name of "
        "the transcript's file is taken otherwise.",
        examples=["one-thread-in-the-slow-lane"],
    )


class FilesToIngest(AboutFiles):
    """What a folder would hold, a part `file` each: transcripts, chapters, an `episode.toml`; up to 20 files."""

    file: list[str] = Field(json_schema_extra={"items": {"type": "string", "format": "binary"}})


# What is answered.

Span = Annotated[tuple[int, int], Field(description="First and last + 1, in code points.")]


class Shape(BaseModel):
    model_config = ConfigDict(extra="forbid")


class Time(Shape):
    """When something is said. `error` is the half-width of a 90 % interval in seconds; unknown is null."""

    start: float | None
    end: float | None
    timestamp: str | None
    source: TimeSource
    error: float | None


class EpisodeReference(Shape):
    """`drift` is how many seconds longer the sound plays than the times of the transcript allow; null where it fits.

    One that is not `transcribed` has no transcript yet, and is found by its title and notes alone.
    """

    id: str
    podcast: str
    podcast_title: str
    title: str
    published: date | None
    page_url: str | None
    audio_url: str | None
    drift: float | None
    transcribed: bool


class SegmentChapter(Shape):
    number: int
    title: str | None
    start: float | None
    kind: ChapterKind


class SegmentTurn(Shape):
    """A part of a segment; `number` counts the turns of the transcript from 0, `span` is in the segment's text."""

    number: int
    speaker: str | None
    text: str
    span: Span
    start: float | None


class EditionLink(Shape):
    """Another recording of the episode, opened at the second where it says the same."""

    name: str
    play: str


class Links(Shape):
    """Where to go: the audio at the second, our page at the turn, the show's own page, this over REST."""

    play: str | None
    read: str
    page: str | None
    api: str
    editions: list[EditionLink]


class PlaceLinks(Shape):
    """Where to hear and to read what is said at a place."""

    play: str | None
    read: str
    page: str | None
    editions: list[EditionLink]


class Segment(Shape):
    """A passage. One of `kind` notes was not said: it is from the show notes, with no turns and no time."""

    id: str
    kind: SegmentKind
    text: str
    turns: list[SegmentTurn]
    speakers: list[str]
    chapter: SegmentChapter | None
    time: Time
    episode: EpisodeReference
    links: Links
    citation: str


class Answer(Shape):
    """The sentence that answers; `span` is in the excerpt's text."""

    text: str
    span: Span
    time: Time


class Duplicate(Shape):
    """The same words found elsewhere."""

    id: str
    time: Time
    episode: EpisodeReference
    links: Links
    citation: str


class Excerpt(Segment):
    score: float
    scores: dict[str, float | None]
    confidence: float
    answer: Answer
    highlights: list[Span]
    duplicates: list[Duplicate]


class IndexState(Shape):
    revision: int
    segments: int
    model: str


class SearchAnswer(Shape):
    """What was found. `facets` count the first `faceted` candidates; `undated` episodes a date filter left out.

    `phrases` are what the question has in quotes: every result says each of them, word for word.
    `held_back` counts, by episode, what waits although it is better than something shown: each shows five first.
    `left_out` counts the results of this page that `max_tokens` had no room for; `next` then begins with them.
    """

    query: str
    mode: Mode
    sort: Sort
    no_answer: bool
    took_ms: float
    index: IndexState
    filters: dict[str, list[str] | str]
    phrases: list[str]
    undated: int
    held_back: dict[str, int]
    left_out: int
    next: str | None
    facets: dict[str, list[tuple[str, int]]]
    faceted: int
    suggestion: str | None
    results: list[Excerpt]


class Cited(Excerpt):
    """A passage under the number that sentences cite it by."""

    number: int


class Statement(Shape):
    """A sentence, and the numbers of the passages it rests on."""

    text: str
    citations: list[int]


class Asked(Shape):
    """An answer in sentences, none where `no_answer` is true.

    `composed` ones are a language model's, each verified against what it cites; `dropped` counts those that could not
    be. Otherwise the sentences are verbatim, and `reason` says why none were composed.
    """

    question: str
    answer: list[Statement]
    composed: bool
    dropped: int
    reason: str | None
    no_answer: bool
    citations: list[Cited]
    index: IndexState


class Difference(Shape):
    """Where a quote departs from what was said: its words and theirs, "" where there are none.

    A `grave` one (replaced, negation, number, name) makes it another sentence. `omission` and `insertion` are what the
    quote marks itself. `quoted_span` is in the quote, `span` in the transcript.
    """

    kind: DifferenceKind
    grave: bool
    quoted: str
    said: str
    quoted_span: Span
    span: Span


class Context(Shape):
    """The whole sentences that a quote stands in; `span` is where in `text`."""

    text: str
    span: Span


class QuoteMatch(Segment):
    """A place where a quote is said. `text` is what was said, character for character, and `sha256` of its UTF-8 bytes.

    `span` is in the transcript's text, and in it are the turns joined by a blank line. `time` is that of the sentence
    it begins in; `id` is the passage it begins in. `likeness` is the share of the quote's words that are said.
    """

    verdict: Verdict
    span: Span
    sha256: str
    likeness: float
    differences: list[Difference]
    context: Context


class Claim(Shape):
    """What was claimed beside the words; `agrees` is null where it cannot be told, `really` says how it is."""

    claimed: str
    agrees: bool | None
    really: list[str]


class VerifiedIn(Shape):
    revision: int
    segments: int


class QuoteVerified(Shape):
    """The verdict on the words of a quote; whether it is whose it was said to be stands in `speaker` and `episode`.

    `matches` are the first of `places` that were found, best and as claimed first; where there is none, `nearest` is
    what comes closest, with what is different, and is no quote. `exhaustive` says that every passage was searched for
    the words in a row: where it is false, a quote may be said in more places, or be too common to be found.
    """

    quote: str
    verdict: Verdict
    speaker: Claim | None
    episode: Claim | None
    places: int
    exhaustive: bool
    took_ms: float
    index: VerifiedIn
    matches: list[QuoteMatch]
    nearest: QuoteMatch | None


class Podcast(Shape):
    id: str
    title: str
    episodes: int


class Podcasts(Shape):
    podcasts: list[Podcast]
    next: str | None


class Speaker(Shape):
    """Somebody who is heard. An anonymous label, such as SPEAKER_00, is somebody else in every `episode`."""

    name: str
    segments: int
    episodes: int
    role: str | None
    anonymous: bool
    episode: str | None


class Person(Shape):
    """Somebody who takes part, and as what, in the words of whoever stated it."""

    name: str
    role: str | None
    url: str | None


class Speakers(Shape):
    speakers: list[Speaker]
    next: str | None


class Episodes(Shape):
    episodes: list[EpisodeReference]
    next: str | None


class Chapter(Shape):
    """A titled stretch of an episode; `empty` when nothing of the transcript is spoken in it.

    `source` says what stated it: the name of a format, or sheet, feed, id3, quicktime, nero, headings, description;
    or that nobody did: suggested.
    """

    number: int
    title: str
    start: float | None
    end: float | None
    timestamp: str | None
    kind: ChapterKind
    url: str | None
    source: str | None
    empty: bool


class Chapters(Shape):
    chapters: list[Chapter]


class TimeQuality(Shape):
    """How many turns have a time, where those come from, and the median error in seconds."""

    turns: int
    timed: int
    sources: dict[TimeSource, int]
    error: float | None


class Edition(Shape):
    """Another recording of an episode; what the transcript says at a second is heard `offset` seconds later in it."""

    name: str
    url: str
    offset: float


class EpisodeLinks(Shape):
    play: str | None
    read: str
    page: str | None
    api: str
    transcript: str | None


class Episode(EpisodeReference):
    description: str | None
    duration: float | None
    offset: float
    editions: list[Edition]
    language: str | None
    chapters: list[Chapter]
    speakers: list[Speaker]
    people: list[Person]
    time: TimeQuality
    links: EpisodeLinks


class TranscriptTurn(Shape):
    """`number` counts turns from 0; `span` is in the transcript's text; `chapter` is a chapter's number."""

    number: int
    speaker: str | None
    text: str
    span: Span
    start: float | None
    end: float | None
    timestamp: str | None
    source: TimeSource
    error: float | None
    chapter: int | None


class TranscriptTurns(Shape):
    episode: str
    turns: list[TranscriptTurn]


class Segments(Shape):
    """The segment that was asked for (`id`) among its neighbours, in order of speech."""

    id: str
    segments: list[Segment]


class NotePlace(Shape):
    """Where a note may be talked about; `said` is the sentence, `turn` counts those of the transcript from 0."""

    start: float | None
    timestamp: str | None
    time: Time | None
    confidence: float
    turn: int | None
    said: str | None
    links: PlaceLinks | None


class NoteChapter(Shape):
    number: int
    title: str
    start: float | None


class LinkedNote(NotePlace):
    """A note and where the talk about it begins. `line` is of the notes; `stated` is a time written there already.

    `confidence` is the chance that it begins within a minute of `start`; of one not `mentioned`, that it is not.
    Of kind prose and boilerplate are paragraphs about the whole and what stands under every episode: not looked for.
    """

    number: int
    text: str
    kind: NoteKind
    line: int
    section: str | None
    urls: list[str]
    stated: str | None
    mentioned: bool
    speaker: str | None
    chapter: NoteChapter | None
    alternatives: list[NotePlace]


class Finding(Shape):
    """Something to look at again: `note` and `line` where it is about a note, `said` and `time` where it is said."""

    kind: FindingKind
    message: str
    note: int | None
    line: int | None
    time: Time | None
    turn: int | None
    said: str | None
    links: PlaceLinks | None


class LinkedNotes(Shape):
    """The notes in their order; `problems` are about all of them, `findings` what to look at again."""

    episode: EpisodeReference
    written: NotesFormat
    notes: list[LinkedNote]
    problems: list[str]
    findings: list[Finding]


class JobProgress(Shape):
    """Episodes that are dealt with, of how many at most; null while that is not known."""

    done: int
    total: int | None


class JobEpisode(Shape):
    """What became of an episode, or of a file that none could be made of; `problems` are what was not understood."""

    name: str
    outcome: Outcome
    reason: str | None
    problems: list[str]


class JobLinks(Shape):
    api: str


class Job(Shape):
    """Something that was asked for, and how far it is. `problem` says why one has failed, and what to do.

    `episodes` are the first thousand; `counts` are of all.
    """

    id: str
    kind: JobKind
    state: JobState
    asked: datetime
    changed: datetime
    url: str | None
    files: list[str]
    podcast: str | None
    episode: str | None
    progress: JobProgress
    counts: dict[Outcome, int]
    episodes: list[JobEpisode]
    problem: str | None
    links: JobLinks


class Alive(Shape):
    status: Literal["alive"]


class LoadedModel(Shape):
    name: str
    dimension: int
    precision: str


class Check(Shape):
    name: str
    ok: bool
    detail: str


class Ready(Shape):
    """`revision` counts acknowledged changes, `published` is the one answers come from."""

    status: Literal["ready"]
    revision: int
    published: int
    episodes: int
    segments: int
    findable: int
    generation: str | int | None
    model: LoadedModel
    checks: list[Check]


class WrongParameter(Shape):
    parameter: str
    detail: str


class Problem(Shape):
    """What went wrong, as RFC 9457 has it.

    `request_id` is what the log calls the request that failed (500); `checks` are those of `/readyz` (503); and
    `violated-policies` names the limits that were exceeded (429).
    """

    type: str
    title: str
    status: int
    detail: str
    instance: str
    errors: list[WrongParameter] = []
    request_id: str | None = None
    checks: list[Check] = []
    violated_policies: list[str] = Field([], alias="violated-policies")

    model_config = ConfigDict(validate_by_name=True)
