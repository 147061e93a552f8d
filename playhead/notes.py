"""Show notes as an editor wrote them: Markdown, HTML or plain text -> notes, each with its place in the source.

Nothing is rendered and nothing rewritten: a note knows where it stands, so that a time can be put before it and every
other character stays as it was.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from playhead.model import Span

NotesFormat = Literal["markdown", "html", "text"]
"""How notes are written down."""

NoteKind = Literal["item", "heading", "sponsor", "boilerplate"]
"""What a note is: something talked of; the title above others; a sponsor's line; what stands under every episode."""


@dataclass(frozen=True, slots=True)
class NoteLink:
    """A link of a note: the words it is on (the address itself where it is written bare), and where it leads."""

    text: str
    url: str


@dataclass(frozen=True, slots=True)
class Note:
    """One line of show notes: a list's item, a paragraph, a row of a table, a heading.

    ``number`` counts from 1 in the order of the source. ``text`` is what it says to a reader, without marks and without
    a time. ``span`` is in code points of the source, from the note's first mark or word to its last: **a time is
    written at** ``span[0]``, which is behind a bullet, a number, the hashes of a heading, an opening tag.
    ``section`` is the heading it stands under. ``stated`` are the seconds of a time that is written there already,
    at ``stated_span``; ``depth`` is how deep in lists it stands, 0 outside of them.
    """

    number: int
    text: str
    span: Span
    line: int
    links: tuple[NoteLink, ...] = ()
    section: str | None = None
    stated: float | None = None
    stated_span: Span | None = None
    kind: NoteKind = "item"
    depth: int = 0


def read_notes(source: str, written: NotesFormat | None = None) -> tuple[Note, ...]:
    """The notes in ``source``, in its order. How it is ``written`` is guessed where it is None.

    Raises NotesError where there is not one word in it, or more than can be linked at once.
    """
    raise NotImplementedError
