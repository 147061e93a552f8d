"""Who says the words of a caption, and when the second of two voices in one is silent about its time."""

from __future__ import annotations

import pytest

from ingest.cues import Cue, take_down


def cues(*texts: str) -> list[Cue]:
    return [Cue(2 + 4 * place, place, place + 1, tuple(text.split("\n")), (0, 1)) for place, text in enumerate(texts)]


def speakers(*texts: str) -> list[str | None]:
    return [turn.speaker for turn in take_down(cues(*texts)).turns]


def test_names_that_stand_only_where_the_speaker_changes_are_speakers_however_long_they_talk():
    talk = [f"and tide {number} came in" for number in range(60)]
    assert speakers("Mara: Well,", *talk, "Ojo: Why?", *talk, "Mara: Because.", *talk) == ["Mara", "Ojo", "Mara"]


def test_rare_prefixes_are_speech_where_the_first_words_carry_none():
    talk = [f"and tide {number} came in" for number in range(60)]
    assert speakers(*talk, "Remember: it is late.", *talk, "Remember: it is cold.", *talk) == [None]


@pytest.mark.parametrize("name", ["Ojo van Dael", "Speaker 2", "SPEAKER_00", "DR. O'NEILL", "Anne-Marie de la Cour"])
def test_a_name_may_have_particles_numbers_and_points(name: str):
    assert speakers(f"{name}: Yes.", "Mara: No.", f"{name}: Yes.") == [name, "Mara", name]


@pytest.mark.parametrize("words", ["the thing is", "What I said in the end was", "van Dael and"])
def test_words_before_a_colon_are_no_name(words: str):
    assert speakers(f"{words}: yes.", f"{words}: yes.") == [None]


def test_the_second_voice_of_a_cue_is_not_said_to_begin_when_the_first_does():
    transcript = take_down(cues("<v Mara>One, <v Ojo>two.", "<v Mara>Three."))
    assert [turn.speaker for turn in transcript.turns] == ["Mara", "Ojo", "Mara"]
    assert [(transcript.text[stamp.at :][:4], stamp.seconds, stamp.until) for stamp in transcript.stamps] == [
        ("One,", 0, None),
        ("Thre", 1, 2),
    ]


def test_rolling_captions_are_said_once():
    transcript = take_down(cues("the tide", "the tide\ncomes in", "comes in\nand goes", "and goes\nout"))
    assert transcript.text == "the tide comes in and goes out"
