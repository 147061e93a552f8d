"""Links show notes to the seconds of an episode: what every door calls."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from playhead.engine import View
from playhead.errors import NotesError, NotFoundError
from playhead.library import Library
from playhead.mentions import Floats, terms
from playhead.model import Episode, Segment, Transcript
from playhead.notes import Note, NotesFormat, read_notes, recognise
from playhead.query import Filters
from playhead.shownotes import LinkedNote, link

FOREIGN = 0.25
"""Notes of which a smaller share of the words is ever said in the episode are probably not its own."""

FEWEST_WORDS = 8
MOST_SEGMENTS = 10_000


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
    view = library.view()
    episode, transcript = view.episode(episode_id), view.transcript(episode_id)
    if episode is None or transcript is None:
        raise NotFoundError(f"There is no episode {episode_id!r} here; playhead status says what there is.")
    if not transcript.text:
        raise NotesError(
            f"{episode_id} has no transcript, so nothing is known of what is said in it. Ingest one first."
        )
    written = written or recognise(source)
    notes = read_notes(source, written)
    vectors = library.embedder_of(view).passages([note.text for note in notes])
    segments = segments_of(view, episode_id, vectors[0])
    kept = view.vectors([segment.id for segment in segments])
    segments = [segment for segment in segments if segment.id in kept]
    passages = np.array([kept[segment.id] for segment in segments], np.float32).reshape(len(segments), -1)
    meaning = vectors @ passages.T if segments else np.zeros((len(notes), 0), np.float32)
    linked = link(notes, episode, transcript, [segment.span for segment in segments], meaning)
    return Linked(episode, transcript, source, written, linked, tuple(_problems(notes, transcript)))


def segments_of(view: View, episode_id: str, vector: Floats) -> list[Segment]:
    """The passages of an episode, in order of speech; any ``vector`` will do to find them all."""
    numbers = view.nearest(vector, Filters(episode=(episode_id,), sponsors=True), MOST_SEGMENTS).numbers
    return sorted(view.segments(numbers.tolist()).values(), key=lambda segment: segment.ordinal)


def _problems(notes: tuple[Note, ...], transcript: Transcript) -> list[str]:
    problems = []
    asked = {term for note in notes if note.kind in ("item", "heading") for term in terms(note.text)}
    said = set(terms(transcript.text))
    if len(asked) >= FEWEST_WORDS and len(asked & said) < FOREIGN * len(asked):
        problems.append(
            f"Of the {len(asked)} words of these notes {len(asked & said)} are said in this episode. "
            "Are they of another episode, or in another language?"
        )
    if all(turn.time.start is None for turn in transcript.turns):
        problems.append(
            "The times of this episode are not known: notes are linked to its transcript, not to its sound."
        )
    return problems
