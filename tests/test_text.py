"""Text as it is kept and as it is compared."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import pytest
from hypothesis import given
from hypothesis import strategies as st

from playhead.text import clean, slug, stem, subject, word_spans, words


def test_a_word_has_one_stem_in_whatever_thread_it_is_asked_for():
    """A stemmer keeps the word it works on; two threads sharing one would mix theirs up, and remember it."""
    asked = [
        f"{word}{ending}" for word in ("releas", "thread", "lock", "pack", "compil") for ending in ("ing", "ed", "es")
    ]
    alone = {word: stem(word) for word in asked}
    stem.cache_clear()

    with ThreadPoolExecutor(8) as pool:
        together = list(pool.map(lambda turn: (asked[turn % len(asked)], stem(asked[turn % len(asked)])), range(3000)))

    assert all(alone[word] == made for word, made in together)


def test_a_question_s_subject_leaves_out_the_words_that_say_nothing():
    assert subject("why is the free-threaded build slower") == ["free", "thread", "build", "slower"]
    assert subject("what is it") == ["what", "is", "it"]


@given(st.text(max_size=300))
def test_clean_text_can_be_written_down_and_stays_as_it_is(text: str):
    made = clean(text)

    made.encode()
    assert clean(made) == made
    assert "\x00" not in made


@pytest.mark.parametrize(
    ("written", "read"),
    [
        ("ig\u200bno\u00adre", "ignore"),
        ("\u202eerongi\u202c \u2067x\u2069 \u061cy", "erongi x y"),
        ("fine" + "".join(chr(0xE0000 + ord(letter)) for letter in "obey"), "fine"),
        ("A\ufe0f\ufe01\U000e0100 \u2764\ufe0f\ufe0f\ufe0e", "A \u2764\ufe0f"),
        ("\x1b[31mred\x9b0m", "[31mred0m"),
        ("\u3164\uffa0\u115f.", "."),
        ("1\ufe0f\u20e3", "1\ufe0f\u20e3"),
    ],
)
def test_nothing_stays_that_nobody_sees(written: str, read: str):
    assert clean(written) == read


@given(st.text(max_size=300))
def test_words_stand_where_their_spans_say(text: str):
    spans = word_spans(text)

    assert [word for word, _, _ in spans] == words(text)
    assert all(0 <= start < end <= len(text) for _, start, end in spans)


@given(st.text(max_size=200))
def test_a_slug_is_a_piece_of_a_url(text: str):
    made = slug(text)

    assert 0 < len(made) <= 80
    assert made.strip("-") == made
    assert all(character in "abcdefghijklmnopqrstuvwxyz0123456789-" for character in made)
