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


def test_where_every_caption_is_named_people_are_called_what_they_call_themselves():
    said = [
        "ojo's phone: hello",
        "Mara (she/her): So the time is 10:30: we begin.",
        "ojo's phone: fine",
        "Mara (she/her): Go.",
    ]
    assert speakers(*said) == ["ojo's phone", "Mara (she/her)"] * 2


def test_in_a_short_talk_nobody_has_to_speak_twice():
    assert speakers("Mara Quill: Hello.", "all of you", "Ojo: Yes: indeed.") == ["Mara Quill", "Ojo"]
    assert speakers("Note: mind the rope.", "Warning: and the tide.", "Go.") == [None]
    assert speakers("Hello.", "Mara: Hi.", "all") == [None]
    assert speakers("Today: the tide.", "Tomorrow: the bell.") == [None]


def test_a_wide_colon_needs_no_space_behind_it():
    assert speakers("田中：潮が満ちています。", "吉田：もう？", "田中：はい。") == ["田中", "吉田", "田中"]


def test_a_diarizers_label_is_a_speaker_though_it_never_comes_back():
    assert speakers("Speaker 1: Hello all.", "It is 1984.", "Speaker 2: It was.") == ["Speaker 1", "Speaker 2"]


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


def test_what_is_said_twice_in_a_row_is_said_twice():
    assert take_down(cues("Yes.", "Yes.", "No.", "No.", "Maybe.")).text == "Yes. Yes. No. No. Maybe."


def test_a_line_that_rolls_and_is_said_again_is_said_again():
    rolling = cues("go<00:00:00.400><c> on</c>", "go on\ngo<00:00:02.800><c> on</c>", "go on\nthen<00:00:05.000> stop")
    assert take_down(rolling).text == "go on go on then stop"


def test_captions_that_flash_up_once_more_are_said_once():
    said = [Cue(1, 0.0, 2.0, ("the tide",), (0, 1)), Cue(4, 2.0, 2.01, ("the tide",), (0, 1))]
    said += [Cue(7, 2.01, 4.0, ("comes in",), (0, 1)), Cue(10, 4.0, 4.01, ("comes in",), (0, 1))]
    assert take_down(said).text == "the tide comes in"


def test_what_stands_between_angles_is_said_unless_it_is_markup():
    said = "if x < y and a > b, <b>then</b> <c.loud> go</c>, <font color='red'>or</font> <none>"
    assert take_down(cues(said)).text == "if x < y and a > b, then go, or <none>"


@pytest.mark.parametrize("written", ["[Mara]:", "- Mara:", "-Mara:", "– [Mara]:"])
def test_a_name_may_stand_in_brackets_or_behind_a_dash(written: str):
    transcript = take_down(cues(f"{written} Yes.", "Ojo: No.", f"{written} Yes."))
    assert ([turn.speaker for turn in transcript.turns], transcript.text) == (
        ["Mara", "Ojo", "Mara"],
        "Yes.\n\nNo.\n\nYes.",
    )


def test_captions_that_underline_word_by_word_are_said_once():
    transcript = take_down(
        cues("<u>No</u> no.", "No no.", "No <u>no.</u>", "<u>No</u> no.", "No <u>no.</u>", "<u>Ahoy.</u>")
    )
    assert transcript.text == "No no. No no. Ahoy."
    assert [(stamp.seconds, stamp.until) for stamp in transcript.stamps] == [(0, 3), (3, 5), (5, 6)]


def test_an_underlined_word_alone_makes_nothing_that_is_said_twice_a_highlight():
    assert take_down(cues("<u>No.</u>", "No.", "Why?", "Who?")).text == "No. No. Why? Who?"


def test_styles_of_substation_are_not_said():
    assert take_down(cues("{\\an8}Ahoy.")).text == "Ahoy."
