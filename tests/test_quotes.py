"""When a quote is verbatim, when it is near, and what makes it another sentence."""

from __future__ import annotations

from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from playhead.errors import InvalidQueryError
from playhead.quotes import MOST_CHARACTERS, MOST_LEFT_OUT, Occurrence, Quote, find
from playhead.text import words
from playhead.wording import fillers
from tests.pace import within

TALK = (
    "Welcome back. In 3.13 the free-threaded build is slower mostly because the “adaptive” interpreter was switched "
    "off. That’s PEP 659, um, the thing that made 3.11 so much quicker.\n\n"
    "And do you like it? I, you know, I thi- I think we we should not ship it before Lena agrees. It isn't done. "
    "Gerhard said so in 2,000 shows. [laughter] It is C++ after all, and nobody can say that it was easy to get here."
)
SENTENCE = "In 3.13 the free-threaded build is slower mostly because the adaptive interpreter was switched off."
HERE = "nobody can say that it was easy to get here"


def best(quote: str, text: str = TALK) -> Occurrence:
    return find(Quote(quote), text)[0]


def kinds(found: Occurrence) -> list[str]:
    return [difference.kind for difference in found.differences]


@pytest.mark.parametrize(
    "quote",
    [
        SENTENCE,
        SENTENCE.upper(),
        "in 3.13 THE free threaded build — is slower, mostly, because the adaptive interpreter was switched off",
        "„In 3.13 the 'free‑threaded' build is slower mostly because the «adaptive» interpreter was switched off!“",
        "In 3.13 the\nfree-threaded  build is slower mostly because the\u200b adaptive interpreter was switched off",
        "That's PEP 659, um, the thing",
        "That‘s PEP 659 um the thing",
        "said so in 2000 shows",
        "switched off. That’s PEP 659",
        "so much quicker. And do you like it?",
        "um",
        "C++",
    ],
)
def test_case_quotes_dashes_and_punctuation_do_not_count(quote: str) -> None:
    found = best(quote)
    assert (found.verdict, found.differences, found.likeness) == ("verbatim", (), 1.0)


def test_a_place_is_where_the_words_stand_and_takes_the_mark_that_closes_them_along() -> None:
    assert TALK[slice(*best(SENTENCE.lower()).span)].startswith("In 3.13 the free-threaded")
    assert TALK[slice(*best("It isn't done").span)] == "It isn't done"
    assert TALK[slice(*best("it isn't done.").span)] == "It isn't done."


@pytest.mark.parametrize(
    ("quote", "expected"),
    [
        ("That's PEP 659, the thing that made 3.11 so much quicker", ["filler"]),
        ("That's PEP 659, um, like, the thing that made 3.11, you know, so much quicker", ["filler", "filler"]),
        ("I think we should not ship it before Lena agrees", ["repetition"]),
        ("That is PEP 659, um, the thing", ["spelling"]),
        ("before Lena agrees. It isnt done", ["spelling"]),
        (SENTENCE.replace("switched off", "really switched off").upper(), ["word"]),
        ("um, the thing that made three point eleven so much quicker. And do you like it", ["spelling"]),
        ("should not ship it before Lena agrees. It is not", ["spelling"]),
        ("In three thirteen the freethreaded build is slower", ["spelling", "spelling"]),
        ("It is not done. Gerhard said so in two thousand shows", ["spelling", "spelling"]),
        (SENTENCE.replace(" mostly", ""), ["word"]),
        (SENTENCE.replace("switched off", "really switched off"), ["word"]),
        (SENTENCE.replace("interpreter", "interpreters"), ["form"]),
        ("is slower mostly because [its] interpreter was switched off", ["insertion"]),
    ],
)
def test_fillers_words_said_twice_spellings_and_one_word_in_ten_are_near(quote: str, expected: list[str]) -> None:
    found = best(quote)
    assert (found.verdict, kinds(found)) == ("near", expected)


@pytest.mark.parametrize(
    ("quote", "kind", "quoted", "said"),
    [
        (SENTENCE.replace("slower", "faster"), "replaced", "faster", "slower"),
        (SENTENCE.replace("mostly", "mainly"), "replaced", "mainly", "mostly"),
        (SENTENCE.replace("is slower", "is not slower"), "negation", "not", ""),
        (SENTENCE.replace("is slower", "isn't slower"), "negation", "isn't", "is"),
        ("I think we should ship it before Lena agrees", "negation", "", "not"),
        (SENTENCE.replace("3.13", "3.12"), "number", "3.12", "3.13"),
        ("Gerhard said so in two hundred shows", "number", "two hundred", "2,000"),
        ("I think we should not ship it before Lisa agrees", "name", "Lisa", "Lena"),
        ("It is C after all, and nobody can say that it was easy to get", "name", "C", "C++"),
        (SENTENCE.replace("slower mostly", "slower only mostly"), "negation", "only", ""),
    ],
)
def test_a_sense_that_was_changed_is_another_sentence_and_says_where(
    quote: str, kind: str, quoted: str, said: str
) -> None:
    found = best(quote)
    assert found.verdict == "not_found"
    [grave] = [difference for difference in found.differences if difference.is_grave]
    assert (grave.kind, grave.quoted, grave.said) == (kind, quoted, said)
    assert TALK[slice(*grave.span)] == said
    assert Quote(quote).text[slice(*grave.quoted_span)] == quoted


def test_more_than_one_word_in_ten_is_too_many() -> None:
    assert best(SENTENCE.replace(" mostly", "")).verdict == "near"
    assert best(SENTENCE.replace(" mostly", "").replace("the adaptive ", "the ")).verdict == "not_found"


def test_a_word_that_the_quote_has_before_or_behind_what_was_said_is_none_of_it() -> None:
    """Two words in ten would be too many; one would not, but there the talk says another, or nothing."""
    assert best(f"Truthfully {HERE}").verdict == "not_found"
    assert best(f"{HERE} anyhow").verdict == "not_found"


def test_of_two_words_only_both_are_a_quote() -> None:
    assert best("mostly because").verdict == "verbatim"
    assert best("um, shows").verdict == "not_found"
    assert find(Quote("kumquat"), TALK) == []


def test_an_ellipsis_joins_what_was_said_in_order() -> None:
    for mark in ("…", "...", "[...]", "[…]", ". . .", "(…)"):
        found = best(f"the free-threaded build is slower {mark} because the adaptive interpreter")
        assert (found.verdict, kinds(found), found.differences[0].said) == ("verbatim", ["omission"], "mostly")
    assert best("the adaptive interpreter … the free-threaded build is slower").verdict == "not_found"
    assert best(f"is slower mostly because … {HERE}").verdict == "verbatim"


def test_nothing_is_put_together_of_scraps() -> None:
    assert best("In 3.13 … quicker").verdict == "not_found"
    assert best("Welcome [...] back [...] nobody [...] easy").verdict == "not_found"
    assert best(f"Welcome back … {HERE}").verdict == "not_found"


def test_an_ellipsis_stands_for_half_a_minute_and_no_more() -> None:
    most = MOST_LEFT_OUT["omission"]
    quote = "the first part … the other part"
    for left_out, verdict in ((most, "verbatim"), (most + 1, "not_found")):
        talk = f"the first part {' '.join(f'word{n}' for n in range(left_out))} the other part"
        assert {found.verdict for found in find(Quote(quote), talk)} == {verdict}


def test_a_filler_beside_an_ellipsis_is_said_and_not_left_out() -> None:
    talk = "It is fast, you know, and now, um, it is done. So, we ship it."
    assert best("It is fast, you know... and now... um, it is done... So, we ship it", talk).differences == ()
    assert kinds(best("and now, um, it … So, we ship it", talk)) == ["omission"]


def test_an_ellipsis_that_leaves_nothing_out_is_punctuation() -> None:
    assert best("Welcome … back… In 3.13...").differences == ()


def test_no_mark_of_an_editor_loses_a_not() -> None:
    assert kinds(best("I think we … ship it before Lena agrees"))[-1] == "negation"
    assert kinds(best("I think we should [definitely] ship it before Lena agrees"))[-1] == "negation"
    assert kinds(best("In 3.13 the free-threaded build is [never] slower mostly because")) == ["negation"]


def test_a_note_of_the_transcript_is_nobody_s_word() -> None:
    assert best("in 2,000 shows. It is C++").verdict == "verbatim"
    assert best("in 2,000 shows [laughter] It is C++").verdict == "verbatim"
    assert best("in 2,000 shows… It is C++").differences == ()


def test_every_place_is_found_and_none_twice() -> None:
    text = "no no no. We go on. We go on, she said; um, we, uh, go on."
    assert [(found.verdict, found.span) for found in find(Quote("we go on"), text)] == [
        ("verbatim", (10, 18)),
        ("verbatim", (20, 28)),
        ("near", (44, 57)),
    ]
    assert [found.span for found in find(Quote("no no"), text)] == [(0, 5)]


def test_it_is_looked_for_within_a_stretch_only() -> None:
    text = "one two three. one two three."
    assert [found.span for found in find(Quote("one two three"), text, (14, len(text)))] == [(15, 28)]


def test_scripts_without_spaces_are_held_against_character_by_character() -> None:
    talk = "昨日、灯台の話をしました。えっと、とても古い灯台です。"
    assert best("灯台の話をしました", talk).verdict == "verbatim"
    assert best("灯台の話をしました。とても古い灯台です", talk).verdict == "near"
    assert best("灯台の夢をしました", talk).verdict == "not_found"
    assert best("ЛЮДИ Говорили", "Тогда люди говорили тихо.").verdict == "verbatim"


@pytest.mark.parametrize("quote", ["", "   ", "…", "?!", "[laughter]", "\x00\u200b", "“”"])
def test_what_holds_no_word_is_no_quote(quote: str) -> None:
    with pytest.raises(InvalidQueryError, match=r"The quote (is empty|has no words)") as refused:
        Quote(quote)
    assert refused.value.parameter == "quote"


def test_a_quote_is_of_bounded_length() -> None:
    with pytest.raises(InvalidQueryError, match="100,000 characters"):
        Quote("x" * 100_000)


@pytest.mark.parametrize(
    "quote",
    ["[" * 4000, "[a" * 1500, "." * 4999 + "a", "9" * 5000, "1,000" * 900, "'s " * 1500, "a " * 2499, "…a" * 2000],
)
def test_nothing_that_is_asked_takes_long(quote: str) -> None:
    with within(5), suppress(InvalidQueryError):
        find(Quote(quote), TALK * 20)


WORDS = st.sampled_from(
    "we build fast locks and nobody waits for her old green lighthouse um you know not 3 Ada".split()
)


@given(st.lists(WORDS, min_size=3, max_size=40), st.data())
def test_whatever_was_said_in_a_row_is_verbatim(said: list[str], data: st.DataObject) -> None:
    first = data.draw(st.integers(0, len(said) - 1))
    last = data.draw(st.integers(first + 1, len(said)))
    text, quote = " ".join(said), " ".join(said[first:last])
    found = best(quote, text)
    assert found.verdict == "verbatim"
    assert words(text[slice(*found.span)]) == words(quote)


@given(st.lists(WORDS, min_size=3, max_size=30), st.lists(WORDS, min_size=1, max_size=12))
def test_verbatim_is_said_word_for_word(said: list[str], asked: list[str]) -> None:
    text, quote = ", ".join(said), " ".join(asked)
    for found in find(Quote(quote), text):
        if found.verdict == "verbatim":
            assert words(text[slice(*found.span)]) == words(quote)
        if found.verdict == "near":
            assert found.differences


@given(st.lists(WORDS, min_size=3, max_size=30), st.lists(WORDS, min_size=1, max_size=12))
def test_differences_tell_the_quote_from_what_was_said(said: list[str], asked: list[str]) -> None:
    """With every difference undone, the quote is what was said."""
    text, quote = " ".join(said), Quote(" ".join(asked))
    for found in find(quote, text):
        mended = quote.text
        for difference in reversed(found.differences):
            first, last = difference.quoted_span
            assert (mended[first:last], text[slice(*difference.span)]) == (difference.quoted, difference.said)
            mended = f"{mended[:first]} {difference.said} {mended[last:]}"
        assert words(mended) == words(text[slice(*found.span)])


@pytest.mark.parametrize("mark", ["…", "[nobody]", "[...]"])
def test_a_mark_at_the_end_of_what_was_said_is_not_looked_for_beyond_it(mark: str) -> None:
    for quote in (f"we build {mark} Ada", f"Ada {mark} we build"):
        assert [found.verdict for found in find(Quote(quote), "we build")] == ["not_found"]


MARKS = st.sampled_from(["…", "[...]", "[nobody]", "[laughter]", "[sic]"])


@given(st.lists(WORDS | MARKS, min_size=1, max_size=30), st.lists(WORDS | MARKS, min_size=1, max_size=12))
def test_wherever_an_editor_s_marks_stand_what_is_shown_is_what_was_said(said: list[str], asked: list[str]) -> None:
    text = " ".join(said)
    try:
        quote = Quote(" ".join(asked))
    except InvalidQueryError:
        return
    for found in find(quote, text):
        for difference in found.differences:
            first, last = difference.quoted_span
            assert (quote.text[first:last], text[slice(*difference.span)]) == (difference.quoted, difference.said)


@given(st.text(max_size=200), st.text(max_size=200))
def test_any_text_can_be_asked_of_any_text(quote: str, text: str) -> None:
    try:
        asked = Quote(quote)
    except InvalidQueryError:
        return
    for found in find(asked, text):
        assert 0 <= found.span[0] < found.span[1] <= len(text)
        assert 0 < found.likeness <= 1


def test_a_longer_filler_is_taken_whole() -> None:
    assert sorted(fillers("it is you know what i mean good".split())) == [2, 3, 4, 5, 6]


def test_the_longest_quote_still_fits() -> None:
    assert len(Quote("word " * (MOST_CHARACTERS // 5)).words) == MOST_CHARACTERS // 5
