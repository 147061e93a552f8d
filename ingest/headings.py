"""Headings of a Markdown transcript as chapters: ``## The lock [12:30]``, or one that stands above a stamp.

A heading is not said by anybody. Without a time of its own it begins with the first word below it, and that has a time
only where a stamp stands between the two.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from ingest import markdown
from ingest.chapters import in_order, kind_of
from ingest.reading import Problem
from ingest.scribe import plain
from ingest.stamps import MARK, lift
from playhead.model import Chapter

_HEADING = re.compile(r"[ \t]{0,3}#{1,6}[ \t]{1,8}(?=\S)(?P<title>.{1,500}?)(?:[ \t]{1,8}#{1,6})?[ \t\r]{0,8}\Z")
_CLOCK = r"\d{1,3}:\d{2}(?::\d{2})?(?:\.\d{1,3})?"
_BARE = re.compile(rf"(?P<first>{_CLOCK})(?=[ \t])|(?<=[ \t])\(?(?P<last>{_CLOCK})\)?\Z")
_EDGES = " \t-–—:|·"


@dataclass(frozen=True, slots=True)
class Heading:
    """A heading on a line of the file, and the second that is written in it."""

    title: str
    seconds: float | None
    line: int


def heading(line: str, number: int) -> Heading | None:
    """What a line of Markdown is the heading of; None where it is none.

    >>> heading("## The lock [12:30]", 7)
    Heading(title='The lock', seconds=750.0, line=7)
    """
    found = _HEADING.match(line) if line.lstrip().startswith("#") else None
    if found is None:
        return None
    written = _BARE.sub(lambda clock: f"[{clock['first'] or clock['last']}]", found["title"], count=1)
    said = lift(written)
    title = plain(markdown.plain(said.text.replace(MARK, " "))).strip(_EDGES).replace("\n", " ")
    return Heading(title, said.stamps[0].seconds if said.stamps else None, number) if title else None


class Outline:
    """Collects the headings of a transcript as it is read: the next stamp or word says whether one has a time."""

    def __init__(self) -> None:
        self._timed: list[Heading] = []
        self._untimed: list[Heading] = []
        self._waiting: Heading | None = None

    def open(self, found: Heading) -> None:
        """A heading stands here."""
        self.words()
        if found.seconds is None:
            self._waiting = found
        else:
            self._timed.append(found)

    def stamp(self, seconds: float) -> None:
        """The next word is said at ``seconds``."""
        if self._waiting:
            self._timed.append(Heading(self._waiting.title, seconds, self._waiting.line))
            self._waiting = None

    def words(self) -> None:
        """Somebody speaks: when, nothing says."""
        if self._waiting:
            self._untimed.append(self._waiting)
            self._waiting = None

    def chapters(self, problems: list[Problem]) -> tuple[Chapter, ...]:
        """The headings with a time, in its order; one without becomes a Problem."""
        self.words()
        problems.extend(
            Problem(
                f'no time stands at the heading "{each.title[:80]}" or right below it, so it is no chapter', each.line
            )
            for each in self._untimed
        )
        return in_order(
            (
                (place, Chapter(0, each.title, each.seconds, kind=kind_of(each.title), source="headings"))
                for place, each in enumerate(self._timed, 1)
            ),
            problems,
        )
