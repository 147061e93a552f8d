"""Links show notes to the seconds of an episode: what every door calls."""

from __future__ import annotations

from dataclasses import dataclass

from playhead.library import Library
from playhead.model import Episode, Transcript
from playhead.notes import NotesFormat
from playhead.shownotes import LinkedNote


@dataclass(frozen=True, slots=True)
class Linked:
    """Show notes linked to an episode: every note in the order of the source, and what was noticed.

    ``source`` is what was given, ``written`` how it was read; ``problems`` are sentences for the editor about the whole
    (the notes seem to be of another episode, the episode's times are not known).
    """

    episode: Episode
    transcript: Transcript
    source: str
    written: NotesFormat
    notes: tuple[LinkedNote, ...]
    problems: tuple[str, ...] = ()


def link_notes(library: Library, episode_id: str, source: str, written: NotesFormat | None = None) -> Linked:
    """Find where each note of ``source`` is talked about in an episode. How it is ``written`` is guessed if None.

    Raises NotFoundError where there is no such episode, and NotesError for notes that cannot be linked: empty, too
    long, or of an episode without a transcript.
    """
    raise NotImplementedError
