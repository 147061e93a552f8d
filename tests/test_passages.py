"""What is indexed of a segment, and the name it keeps."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from playhead.passages import identify, passage
from playhead.sentences import LONGEST, sentence_spans


def test_a_passage_has_the_chapter_s_title_and_the_speakers_beside_the_words() -> None:
    turns = [("Ada", "Why is it slower?"), ("Grace", "Locks,\nmostly."), (None, "(applause)")]
    assert passage(turns, "Speed") == "Speed. Ada: Why is it slower? Grace: Locks, mostly. (applause)"


def test_a_title_that_ends_in_a_mark_of_its_own_gets_no_full_stop() -> None:
    assert passage([("Ada", "Yes.")], "Slower for now?") == "Slower for now? Ada: Yes."


def test_the_same_passage_said_again_or_elsewhere_has_another_id() -> None:
    ids = {identify("a/1", "Ada: Yes."), identify("a/1", "Ada: Yes.", 1), identify("a/2", "Ada: Yes.")}
    assert len(ids) == 3
    assert all(len(each) == 16 and int(each, 16) >= 0 for each in ids)


def test_an_id_is_the_same_in_every_run() -> None:
    assert identify("show/one", "Ada: Yes.") == "ad02d54eeed7ca82"


def test_sentences_know_abbreviations_and_end_with_their_line() -> None:
    text = "It shipped in 3.13. Did it? Dr. Lee says so\nand a new line"
    assert [text[slice(*span)] for span in sentence_spans(text)] == [
        "It shipped in 3.13.",
        "Did it?",
        "Dr. Lee says so",
        "and a new line",
    ]


def test_captions_without_punctuation_are_cut_into_equal_parts() -> None:
    text = "word " * 1000
    spans = sentence_spans(text)
    sizes = [len(text[slice(*span)].split()) for span in spans]
    assert sum(sizes) == 1000
    assert max(sizes) <= LONGEST
    assert max(sizes) - min(sizes) <= 1


@given(st.text(alphabet="ab .?!…\n“”é🎉", max_size=200), st.integers(0, 200), st.integers(0, 200))
def test_sentences_hold_every_character_but_space_once_and_in_order(text: str, one: int, other: int) -> None:
    first, last = sorted((min(one, len(text)), min(other, len(text))))
    spans = sentence_spans(text, (first, last))
    said = "".join(text[slice(*span)] for span in spans)
    assert "".join(said.split()) == "".join(text[first:last].split())
    assert all(first <= a < b <= last and text[a:b] == text[a:b].strip() for a, b in spans)
    assert spans == sorted(spans)
