"""The sentence that answers, and the words that are marked."""

from __future__ import annotations

import re
from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from playhead.excerpts import answering, highlights, rarity
from playhead.model import Segment, Sentence, Time, Turn
from playhead.text import subject

TEXT = (
    "Right. So the build without the lock has to count references another way. "
    "That is why one thread alone runs slower, by a tenth or so. We had pizza afterwards."
)


def segment(text: str = TEXT) -> Segment:
    sentences, start = [], 0
    for sentence in re.split(r"(?<=[.?]) ", text):
        end = start + len(sentence)
        sentences.append(Sentence((start, end), Time(start=float(start), source="interpolated", error=4.0)))
        start = end + 1
    return Segment(
        "id",
        "show/one",
        0,
        (0, len(text)),
        text,
        text,
        0,
        0,
        turns=(Turn("Ada", (0, len(text))),),
        sentences=tuple(sentences),
    )


def test_the_answer_is_the_sentence_that_says_most_of_what_was_asked():
    question = "why is one thread slower"
    made = answering(segment(), rarity(subject(question), [TEXT]))

    assert made.text == "That is why one thread alone runs slower, by a tenth or so."
    assert TEXT[slice(*made.span)] == made.text
    assert made.time.start == made.span[0]


def test_the_host_who_asks_the_same_question_does_not_answer_it():
    text = "So why is one thread slower without the lock? Because one thread alone now counts with care. Right."

    made = answering(segment(text), rarity(subject("why is one thread slower"), [text]))

    assert made.text.startswith("Because")


def test_a_question_that_shares_no_word_gets_the_first_sentence_rather_than_none():
    assert answering(segment(), rarity(["llvm"], [TEXT])).text == "Right."


def test_a_word_that_few_passages_say_counts_for_more():
    weights = rarity(["thread", "lock"], ["thread one", "thread two", "thread lock"])

    assert weights["lock"] > weights["thread"] > 0


def test_words_are_marked_in_whatever_form_they_are_said():
    assert [TEXT[slice(*span)] for span in highlights(TEXT, "building threads and locking")] == [
        "build",
        "lock",
        "thread",
    ]


def test_neighbouring_words_are_marked_as_one():
    text = "The free-threaded build is new."

    assert [text[slice(*span)] for span in highlights(text, "free threaded builds")] == ["free-threaded build"]


@given(st.text(max_size=200), st.text(max_size=40))
def test_marks_never_overlap_and_stay_inside_the_text(text: str, question: str):
    marks = highlights(text, question)

    assert all(0 <= start < end <= len(text) for start, end in marks)
    assert all(first[1] <= second[0] for first, second in pairwise(marks))
