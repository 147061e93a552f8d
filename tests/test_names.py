"""Names that are said often, by how they are written."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from playhead.model import Sentence, Transcript, Turn
from playhead.names import OFTEN, said_names


def named(*sentences: str, speaker: str = "Ada Moss", again: int = OFTEN) -> dict[str, int]:
    """The names in some sentences, each said several times, and how often."""
    text, spans = "", []
    for said in sentences * again:
        spans.append(Sentence((len(text), len(text) + len(said))))
        text += f"{said} "
    transcript = Transcript(text, (Turn(speaker, (0, len(text))),))
    return {each.written: each.times for each in said_names(transcript, spans)}


PLAIN = "and then they went on to talk about nothing in particular for a while."


def test_a_name_has_a_capital_where_no_sentence_begins_or_one_inside():
    assert named(f"Lately we run Postgres {PLAIN}", f"GitHub was down {PLAIN}") == {"Postgres": 4, "GitHub": 4}


def test_words_in_a_row_are_one_name_and_what_it_has_is_no_part_of_it():
    assert named(f"They moved to Monty Python's office {PLAIN}") == {"Monty Python": 4}


def test_what_is_said_rarely_or_written_small_elsewhere_is_none():
    assert named(f"They moved to Rust {PLAIN}", again=OFTEN - 1) == {}
    assert named(f"We love the Rust there {PLAIN}", f"there is rust on it {PLAIN}") == {}


def test_speakers_days_and_exclamations_are_none():
    assert named(f"I told Ada on Tuesday, Oh {PLAIN}") == {}


def test_capitals_tell_nothing_where_every_noun_has_one():
    assert named("der Hund und die Katze auf dem Dach mit Hut und Stock") == {}


@given(st.lists(st.text(st.characters(codec="utf-8"), min_size=1, max_size=40), max_size=8))
def test_any_text_has_names_that_are_in_it(sentences: list[str]):
    for name, times in named(*sentences).items():
        assert times >= OFTEN
        assert all(part in " ".join(sentences) for part in name.split())
