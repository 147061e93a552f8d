"""Words that machines time one by one become the sentences that people say."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ingest.utterances import Utterance, by_sentence, in_order_of_time, is_word_by_word, join, running


def words(*said: str, speaker: str | None = None) -> list[Utterance]:
    return [
        Utterance(each, float(place), place + 0.5, speaker, place + 1, (place, place + 1))
        for place, each in enumerate(said)
    ]


def sentences(said: list[Utterance]) -> list[str]:
    return [join(group).words for group in by_sentence(said)]


def test_a_sentence_is_said_from_its_first_word_to_its_last():
    (first, second) = map(join, by_sentence(words("The", "tide.", "In", "it", "comes")))
    assert (first.words, first.start, first.end, first.line, first.raw) == ("The tide.", 0.0, 1.5, 1, (0, 2))
    assert (second.words, second.start, second.end, second.line, second.raw) == ("In it comes", 2.0, 4.5, 3, (2, 5))


def test_a_mark_that_stands_alone_belongs_to_the_word_before_it():
    assert sentences(words("Well", ",", "it", "'s", "late", ".", '"', "Go", "!")) == ["Well, it's late.", '" Go!']


def test_a_sentence_never_goes_on_with_another_speaker():
    assert sentences([*words("and", "then", speaker="Mara"), *words("what", speaker="Ojo")]) == ["and then", "what"]


def test_pieces_that_bring_their_spaces_keep_them():
    assert running([" un", "believ", "able,", " he", " said"]) == "unbelievable, he said"


@pytest.mark.parametrize(("said", "expected"), [(["one"] * 8 + ["two words"] * 2, True), (["two words", "one"], False)])
def test_a_file_is_word_by_word_when_nearly_every_piece_is_one_word(said: list[str], expected: bool):
    assert is_word_by_word(words(*said)) is expected


@given(st.lists(st.sampled_from(["tide", "bell.", "?", "'s", "A", "", " fog", "…", "o'clock"]), max_size=200))
def test_no_word_is_lost_and_none_moves(said: list[str]):
    groups = list(by_sentence(words(*said)))
    assert [each.words for group in groups for each in group] == said
    assert "".join("".join(sentences(words(*said))).split()) == "".join("".join(said).split())


def test_channels_become_one_conversation_and_an_unknown_time_stays_behind_the_one_before_it():
    def at(word: str, start: float | None) -> Utterance:
        return Utterance(word, start, None, None, 1, (0, 1))

    said = [at("one", 1.0), at("two", None), at("four", 4.0), at("three", 3.0), at("five", 5.0)]
    assert [each.words for each in in_order_of_time(said)] == ["one", "two", "three", "four", "five"]


def test_scripts_without_spaces_get_none():
    assert running(["潮", "が", "満ちた", "。"]) == "潮が満ちた。"
    assert running(["the", "潮", "rose"]) == "the 潮 rose"
