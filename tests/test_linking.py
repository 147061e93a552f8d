"""What a door is answered that asks for an episode's notes to be linked."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path

import pytest

from ingest.segmenting import split
from playhead.engine import Vectors, open_engine
from playhead.errors import NotesError, NotFoundError
from playhead.library import Library
from playhead.linking import link_notes
from playhead.model import Episode, Transcript
from tests.doubles import HashingEmbedder
from tests.test_shownotes import EPISODE, recorded

NOTES = "- How a lock works\n- Herons\n- The bell of the mill\n"


@pytest.fixture
def library(tmp_path: Path) -> Iterator[Library]:
    """The talk by the river, once with times and once without, and an episode without a transcript."""
    engine = open_engine(f"embedded:{tmp_path}", writing=True)
    kept = Library(engine, HashingEmbedder())
    engine.use(kept.embedder.model)
    for episode, transcript in (
        (EPISODE, recorded()),
        (replace(EPISODE, id="river/silent"), recorded(second=None)),
        (
            Episode("river/notes", "river", "River", "Notes", description="A bell.", transcribed=False),
            Transcript("", ()),
        ),
    ):
        kept.add(replace(episode, fingerprint=episode.id), transcript, split(episode, transcript))
    engine.publish()
    yield kept
    kept.close()


def test_notes_are_answered_in_their_order_with_the_transcript_they_point_into(library: Library) -> None:
    linked = link_notes(library, "river/one", NOTES)
    assert [each.note.text for each in linked.notes] == ["How a lock works", "Herons", "The bell of the mill"]
    assert [linked.transcript.said(each.span) for each in linked.notes if each.span] == [
        "How does the lock work?",
        "Let's talk about herons.",
        "And who rings the bell at high water?",
    ]
    assert (linked.source, linked.written, linked.problems) == (NOTES, "markdown", ())


class Blank(HashingEmbedder):
    """To whom every text means the same."""

    def passages(self, texts: Sequence[str]) -> Vectors:
        return super().passages(["blank"] * len(texts))


def test_what_meaning_says_is_heard_as_well_as_words(library: Library) -> None:
    heard = link_notes(library, "river/one", NOTES).notes[0].confidence
    deaf = link_notes(Library(library.engine, Blank()), "river/one", NOTES).notes[0].confidence
    assert heard > deaf


def test_the_way_notes_are_written_can_be_said(library: Library) -> None:
    linked = link_notes(library, "river/one", "<li>Herons\n- The bell", "text")
    assert [each.note.text for each in linked.notes] == ["<li>Herons", "The bell"]


def test_an_episode_that_is_not_there_is_named(library: Library) -> None:
    with pytest.raises(NotFoundError, match="'river/none'"):
        link_notes(library, "river/none", NOTES)


def test_an_episode_without_a_transcript_cannot_be_linked_to(library: Library) -> None:
    with pytest.raises(NotesError, match="river/notes has no transcript"):
        link_notes(library, "river/notes", NOTES)


def test_notes_of_another_episode_or_in_another_language_are_noticed(library: Library) -> None:
    source = "- Wie man Tomaten unter Glas zieht\n- Schnecken im Salat und andere Feinde\n- Der Kompost im Winter\n"
    (problem,) = link_notes(library, "river/one", source).problems
    assert "another episode, or in another language" in problem
    assert not any(each.is_mentioned for each in link_notes(library, "river/one", source).notes)


def test_an_episode_without_times_is_linked_to_its_words_and_says_so(library: Library) -> None:
    linked = link_notes(library, "river/silent", NOTES)
    assert "times of this episode are not known" in linked.problems[0]
    assert [each.start for each in linked.notes] == [None, None, None]
    assert any(each.is_mentioned for each in linked.notes)
