"""What one file said, before anything is decided about it."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from datetime import date

from playhead.model import Chapter, Edition, Person, Transcript
from playhead.text import visible


@dataclass(frozen=True, slots=True)
class Problem:
    """A place in a file that was not understood, for `playhead doctor` and the run's report.

    ``message`` may repeat what a stranger wrote, and is one `visible` line whatever that was.
    """

    message: str
    line: int | None = None
    path: str | None = None

    def __post_init__(self) -> None:
        if not self.message.isprintable():
            object.__setattr__(self, "message", visible(" ".join(self.message.split())))


@dataclass(frozen=True, slots=True)
class Facts:
    """What a file states about its episode; None where it does not."""

    podcast_title: str | None = None
    title: str | None = None
    published: date | None = None
    description: str | None = None
    page_url: str | None = None
    audio_url: str | None = None
    duration: float | None = None
    language: str | None = None
    people: tuple[Person, ...] | None = None
    offset: float | None = None
    editions: tuple[Edition, ...] | None = None


def first_stated(facts: Iterable[Facts]) -> Facts:
    """Each fact from the first that states it."""
    merged = Facts()
    for each in facts:
        missing = {
            name: getattr(each, name)
            for name in Facts.__dataclass_fields__
            if getattr(merged, name) is None and getattr(each, name) is not None
        }
        merged = replace(merged, **missing)
    return merged


@dataclass(frozen=True, slots=True)
class Reading:
    """A file as its format understands it: a transcript, chapters, facts, or several of these at once.

    ``feeds`` are the addresses in a list of them.
    """

    format: str
    transcript: Transcript | None = None
    chapters: tuple[Chapter, ...] = ()
    facts: Facts = field(default_factory=Facts)
    problems: tuple[Problem, ...] = ()
    feeds: tuple[str, ...] = ()
