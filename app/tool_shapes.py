"""What a chatbot's tools take and answer: the shapes of REST where it has them, smaller where an assistant pays for it.

What is taken is JSON Schema to the assistant, so every description is part of the interface, and static.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from typing import Annotated, Any, Literal

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, model_validator
from pydantic.json_schema import SkipJsonSchema

from app import schemas
from app.schemas import Day, Shape, Value
from playhead import cursors
from playhead.model import SegmentKind
from playhead.notes import NotesFormat
from playhead.query import MOST_RESULTS, Filters, Query
from playhead.quotes import MOST_CHARACTERS
from playhead.rendering import listing

MOST_TOKENS = 20_000
"""More than this, and some assistants refuse the whole answer (Claude Code: 25,000)."""

# What is asked.

Nothing = SkipJsonSchema[None]
"""Not given; the schema says so by leaving the parameter out of those required."""

Names = Annotated[
    list[Value], Field(max_length=50), BeforeValidator(lambda given: [given] if isinstance(given, str) else given)
]
EpisodeId = Annotated[
    Value, Field(description="The episode's id, as search, fetch and list_episodes give it: the-long-run/12.")
]
Cursor = Annotated[
    str | Nothing,
    Field(max_length=100, description="To go on: what the answer before gave as next, all else being asked the same."),
]


def budget(tokens: int) -> Any:
    """The parameter that bounds an answer, with what it is unless told."""
    return Field(
        tokens,
        ge=1,
        le=MOST_TOKENS,
        description="How long the answer may be, at four characters a token. What has no room is left out whole, and "
        "the answer says so; something is always given.",
    )


class Arguments(BaseModel):
    """What a tool is called with. A parameter that is not known is an error; null is one that was not given."""

    model_config = ConfigDict(extra="forbid")

    @model_validator(mode="before")
    @classmethod
    def _leave_out_nulls(cls, given: dict[str, Any]) -> dict[str, Any]:
        return {name: value for name, value in given.items() if value is not None}


class Search(Arguments):
    query: str = Field(
        description="The question in plain words, a topic or a name. What stands in double quotes must be said word "
        "for word."
    )
    include_text: bool = Field(
        False, description="Give the passages themselves with each result, so that none need be fetched."
    )
    limit: int = Field(10, ge=1, le=MOST_RESULTS, description="How many results at most.")
    cursor: Cursor = None
    max_tokens: int = budget(2000)
    podcast: Names = Field([], description="Only these podcasts, by id.")
    episode: Names = Field([], description="Only these episodes, by id.")
    speaker: Names = Field([], description="Only passages these people speak in: whole names; case is ignored.")
    since: Day | Nothing = Field(None, description="Published on this day or later: 2024-01-31.")
    until: Day | Nothing = Field(None, description="Published on this day or earlier: 2024-12-31.")

    @property
    def is_plain(self) -> bool:
        """Whether it is asked as ChatGPT asks: with a query, and nothing else."""
        return self.model_fields_set == {"query"}

    @property
    def is_narrowed(self) -> bool:
        """Whether less than the whole library may answer."""
        return bool(self.podcast or self.episode or self.speaker or self.since or self.until)

    def asked(self) -> Query:
        """The question. Raises InvalidQueryError for what cannot be asked."""
        filters = Filters(
            podcast=tuple(self.podcast),
            episode=tuple(self.episode),
            speaker=tuple(self.speaker),
            since=self.since,
            until=self.until,
        )
        query = Query(self.query, filters, self.limit)
        return replace(query, offset=cursors.read(self.cursor, listing(query)))


class Fetch(Arguments):
    id: Value = Field(description="The id of a passage, as search gives it.")
    before: int = Field(2, ge=0, le=20, description="How many passages before it to give along.")
    after: int = Field(2, ge=0, le=20, description="How many passages after it to give along.")
    max_tokens: int = budget(2000)


class ListEpisodes(Arguments):
    podcast: Names = Field([], description="Only these podcasts, by id.")
    since: Day | Nothing = Field(None, description="Published on this day or later: 2024-01-31.")
    until: Day | Nothing = Field(None, description="Published on this day or earlier: 2024-12-31.")
    limit: int = Field(20, ge=1, le=200, description="How many episodes at most.")
    cursor: Cursor = None
    max_tokens: int = budget(4000)

    def filters(self) -> Filters:
        return Filters(podcast=tuple(self.podcast), since=self.since, until=self.until, sponsors=True)


class GetTranscript(Arguments):
    episode: EpisodeId
    start: float = Field(0.0, ge=0, description="Begin with the turn that is spoken at this second.")
    cursor: Cursor = None
    max_tokens: int = budget(4000)


class GetChapters(Arguments):
    episode: EpisodeId
    suggest: bool = Field(False, description="Chapters as Playhead would set them, in place of those that are stated.")
    cursor: Cursor = None
    max_tokens: int = budget(4000)


class VerifyQuote(Arguments):
    quote: str = Field(
        description=f"The words, in {MOST_CHARACTERS:,} characters or fewer; … stands for what is left out, [brackets] "
        "for an editor's words."
    )
    speaker: Value | Nothing = Field(None, description="Who is said to have said it: a name or a part of it.")
    episode: Value | Nothing = Field(None, description="Where it is said to be: an episode's id.")
    max_tokens: int = budget(4000)


class LinkNotes(Arguments):
    episode: EpisodeId
    notes: str = Field(description="The show notes in Markdown, HTML or plain text, up to 200,000 characters.")
    written: NotesFormat | Nothing = Field(None, description="How they are written; guessed where it is not said.")
    cursor: Cursor = None
    max_tokens: int = budget(4000)


# What is answered.


class CitedEpisode(Shape):
    id: str
    podcast: str
    podcast_title: str
    title: str
    published: date | None


class CitedLinks(Shape):
    """The audio at the second, and the show's own page."""

    play: str | None
    page: str | None


class Metadata(Shape):
    """Where a passage is from. One of `kind` notes was not said: it is from the show notes."""

    untrusted: Literal[True]
    citation: str
    kind: SegmentKind
    speakers: list[str]
    chapter: schemas.SegmentChapter | None
    time: schemas.Time
    episode: CitedEpisode
    links: CitedLinks
    confidence: float | Nothing = None


class Reference(Shape):
    """`url` opens our page of the episode at the second."""

    id: str
    title: str
    url: str


class Document(Reference):
    """In `text`, every line that begins with > is quoted from the transcript, and untrusted."""

    text: str
    metadata: Metadata


class Result(Reference):
    """With `include_text` also the passage; each line of it is quoted, and untrusted."""

    text: str | Nothing = None
    metadata: Metadata | Nothing = None


class Results(Shape):
    """Asked with a query alone, `results` is all there is, unless nothing answers: then `no_answer` says so."""

    notice: str | Nothing = None
    results: list[Result]
    no_answer: bool | Nothing = None
    explanation: str | Nothing = None
    suggestion: str | Nothing = None
    left_out: int | Nothing = None
    next: str | None = None


class Noticed(Shape):
    """`left_out` counts what `max_tokens` had no room for."""

    notice: str
    left_out: int


class Part(Noticed):
    """A part of a longer answer; `next` is where to go on."""

    next: str | None


class EpisodesPart(Part):
    episodes: list[schemas.EpisodeReference]


class TurnPart(schemas.TranscriptTurn):
    """A turn; one that alone is longer than an answer may be comes in parts, none of them `whole`."""

    whole: bool


class TranscriptPart(Part):
    episode: CitedEpisode
    url: str
    turns: list[TurnPart]


class ChaptersPart(Part):
    episode: CitedEpisode
    url: str
    chapters: list[schemas.Chapter]


class Verification(schemas.QuoteVerified, Noticed):
    """`matches` are the first that had room."""


class NotesPart(Part):
    episode: schemas.EpisodeReference
    written: NotesFormat
    problems: list[str]
    notes: list[schemas.LinkedNote]
