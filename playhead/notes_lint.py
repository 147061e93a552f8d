"""What an editor should look at again in show notes, by what is said in the episode. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from playhead.model import Span, Time, Transcript
from playhead.notes import Note
from playhead.shownotes import LinkedNote

FindingKind = Literal["not_mentioned", "missing_link", "promised", "wrong_time"]


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing to look at: a sentence for the editor, the note it is about, and the place in the talk.

    ``not_mentioned``: a note that is never talked about. ``missing_link``: an address that is said, and not in the
    notes. ``promised``: "we will put it in the show notes". ``wrong_time``: a time that contradicts the transcript.
    ``note`` is None where something is missing; ``time``, ``turn`` and ``span`` (of the transcript) say where it is
    said, None where it is not said; ``said`` is what is said there, verbatim.
    """

    kind: FindingKind
    message: str
    note: Note | None = None
    time: Time | None = None
    turn: int | None = None
    span: Span | None = None
    said: str | None = None


def lint(linked: Sequence[LinkedNote], transcript: Transcript) -> tuple[Finding, ...]:
    """Everything to look at, in order of the notes, then of what is said."""
    raise NotImplementedError
