"""An editor is shown what to look at again, and nothing else."""

from __future__ import annotations

import numpy as np
import pytest

from playhead.model import Transcript
from playhead.notes import read_notes
from playhead.notes_lint import Finding, lint
from playhead.shownotes import link
from tests.test_shownotes import EPISODE, SMALL_TALK, TALK, recorded

GOOD = "- How a lock works\n- Herons\n- The bell of the mill\n"


def findings(source: str, transcript: Transcript | None = None) -> tuple[Finding, ...]:
    notes = read_notes(source)
    transcript = transcript or recorded()
    return lint(link(notes, EPISODE, transcript, (), np.zeros((len(notes), 0), np.float32)), transcript)


def saying(*sentences: str) -> Transcript:
    """The talk, with something said at its end."""
    return recorded((*TALK, ("Grace", *sentences), *SMALL_TALK))


def test_notes_that_fit_are_left_alone() -> None:
    assert findings(GOOD) == ()


def test_a_note_that_nobody_talks_about_is_found() -> None:
    (found,) = findings("- How a lock works\n- Growing tomatoes under glass\n- The bell of the mill\n")
    assert (found.kind, found.message) == (
        "not_mentioned",
        'Nobody seems to talk about "Growing tomatoes under glass".',
    )
    assert found.note is not None
    assert (found.note.number, found.span, found.said) == (2, None, None)


def test_a_time_that_contradicts_the_talk_is_found_with_what_is_said() -> None:
    (found,) = findings("- How a lock works\n- 7:40 What a young heron eats\n- The miller rings the bell\n")
    assert found.kind == "wrong_time"
    assert found.message == '"What a young heron eats" is marked 7:40, but talked about at 4:00.'
    assert found.said == "Let's talk about herons."
    assert found.time is not None
    assert found.time.start == 240.0


def test_a_time_after_the_end_is_found() -> None:
    (found,) = findings("- How a lock works\n- 2:00:00 Herons\n- The bell of the mill\n")
    assert (found.kind, found.note.number if found.note else None) == ("wrong_time", 2)
    assert "2:00:00" in found.message


@pytest.mark.parametrize(
    ("said", "named"),
    [
        ("It is all on riverbank.org for you.", "riverbank.org"),
        ("Go to riverbank dot org and look.", "riverbank.org"),
        ("See github.com slash mill slash waterwheel.", "github.com/mill/waterwheel"),
        ("It is at Lock-Keepers.io.", "Lock-Keepers.io"),
    ],
)
def test_an_address_that_is_said_and_not_written_is_found_once(said: str, named: str) -> None:
    (found,) = findings(GOOD, saying(said, said))
    assert found.kind == "missing_link"
    assert found.message.startswith(f"{named} is named at ")
    assert (found.said, found.note) == (said, None)


@pytest.mark.parametrize(
    "link",
    ["[Our bank](https://www.riverbank.org/lock)", "https://riverbank.org", "Riverbank"],
)
def test_an_address_that_the_notes_have_is_not_missing(link: str) -> None:
    assert findings(f"{GOOD}- {link}, the bank of the river\n", saying("It is all on riverbank.org for you."))[1:] == ()


@pytest.mark.parametrize(
    "said", ["We came at nine.It rained.", "Version 2.0 came out.", "The a.m. boat.", "Write node.js."]
)
def test_what_is_no_address_is_not_taken_for_one(said: str) -> None:
    assert findings(GOOD, saying(said)) == ()


PROMISES = [
    "We'll put it in the show notes.",
    "There is a link in the shownotes.",
    "I'll drop a link to it.",
    "We will link to that.",
    "The link is in the description.",
]


@pytest.mark.parametrize("promise", PROMISES)
def test_a_promise_that_no_link_keeps_is_found_with_what_was_talked_of(promise: str) -> None:
    (found,) = findings(GOOD, saying("She wrote a book about eels.", promise))
    assert found.kind == "promised"
    assert found.said == f"She wrote a book about eels. {promise}"


def test_a_promise_is_kept_by_a_link_of_a_note_nearby() -> None:
    talk = saying("She wrote a whole book about eels and their travels.", PROMISES[0], "Eels go far.")
    assert [
        found.kind for found in findings(f"{GOOD}- [Eels and their travels](https://eels.org), a book\n", talk)
    ] == []


def test_prose_and_boilerplate_are_not_asked_for() -> None:
    assert findings(f"# The river\n\n{GOOD}\n## Follow us\n\n- Mastodon and tomatoes\n") == ()


def test_a_name_that_is_said_often_and_in_no_note_is_found() -> None:
    talk = saying(*(["We keep the rest of it in Postgres and it is never any trouble to us at all."] * 4))
    (found,) = findings(GOOD, talk)
    assert found.kind == "missing_name"
    assert found.message.startswith("Postgres is named 4 times, first at ")
    assert findings(f"{GOOD}- Postgres\n", talk) == ()
