"""The scribe keeps one clean text, and every span in it is right by construction."""

from __future__ import annotations

import unicodedata

from hypothesis import given
from hypothesis import strategies as st

from ingest.scribe import Scribe, plain


def test_turns_are_joined_by_a_blank_line_and_paragraphs_by_a_line_end() -> None:
    scribe = Scribe()
    scribe.turn("Mara")
    scribe.say("One.")
    scribe.say("Two.")
    scribe.paragraph()
    scribe.say("Three.")
    scribe.turn("Ojo")
    scribe.say("Four.")
    transcript = scribe.transcript()
    assert transcript.text == "One. Two.\nThree.\n\nFour."
    assert [(turn.speaker, transcript.said(turn.span)) for turn in transcript.turns] == [
        ("Mara", "One. Two.\nThree."),
        ("Ojo", "Four."),
    ]


def test_a_stamp_stands_at_the_word_that_follows_it() -> None:
    scribe = Scribe()
    scribe.stamp(1.0)
    scribe.turn("Mara")
    scribe.say("First")
    scribe.stamp(2.0)
    scribe.say("second")
    scribe.turn("Ojo")
    scribe.stamp(3.0, line=7)
    scribe.say("third")
    scribe.stamp(4.0)
    transcript = scribe.transcript()
    assert [transcript.text[stamp.at :].split(maxsplit=1)[:1] for stamp in transcript.stamps] == [
        ["First"], ["second"], ["third"], [],
    ]  # fmt: skip
    assert [stamp.line for stamp in transcript.stamps] == [None, None, 7, None]


def test_a_break_ends_the_turn_but_not_who_speaks() -> None:
    scribe = Scribe()
    scribe.turn("Mara")
    scribe.say("Before.")
    scribe.rest("Break", 10.0, 20.0)
    scribe.say("After.")
    transcript = scribe.transcript()
    assert [turn.speaker for turn in transcript.turns] == ["Mara", "Mara"]
    (pause,) = transcript.breaks
    assert (pause.kind, pause.start, pause.end, transcript.text[pause.at :]) == ("break", 10.0, 20.0, "After.")


def test_a_turn_without_words_leaves_no_trace() -> None:
    scribe = Scribe()
    scribe.turn("Nobody")
    scribe.say(" \u200b\u00ad ")
    scribe.turn("Mara")
    scribe.say("Hello")
    assert [turn.speaker for turn in scribe.transcript().turns] == ["Mara"]


def test_a_cue_knows_its_end_and_an_empty_one_is_no_cue() -> None:
    scribe = Scribe()
    scribe.cue(1.0, 2.0, "Hello", line=4, raw=(10, 15))
    scribe.cue(2.0, 3.0, "&nbsp;")
    scribe.cue(3.0, None, "again", raw=(20, 25))
    transcript = scribe.transcript()
    assert [(stamp.seconds, stamp.until, stamp.kind) for stamp in transcript.stamps] == [
        (1.0, 2.0, "cue"),
        (3.0, None, "cue"),
    ]
    assert transcript.turns[0].raw == (10, 25)


def test_entities_are_decoded_once_and_nothing_else_is() -> None:
    assert plain("Q&amp;A &amp;lt; &#39;&#x27; &copy; AT&T; &bogus; &") == "Q&A &lt; '' © AT&T; &bogus; &"


WORDS = st.text(st.characters(exclude_categories=["Cs"]), max_size=12)


@given(st.lists(st.tuples(st.sampled_from(["turn", "say", "paragraph", "stamp", "rest", "cue"]), WORDS), max_size=40))
def test_whatever_is_taken_down_the_turns_tile_the_text_and_marks_stand_inside_it(steps: list[tuple[str, str]]) -> None:
    scribe = Scribe()
    said: list[str] = []
    for second, (step, words) in enumerate(steps):
        match step:
            case "turn":
                scribe.turn(words)
            case "say":
                scribe.say(words)
                said.append(words)
            case "paragraph":
                scribe.paragraph()
            case "stamp":
                scribe.stamp(float(second))
            case "rest":
                scribe.rest("break")
            case _:
                scribe.cue(float(second), None, words)
                said.append(words)
    transcript = scribe.transcript()
    assert "\n\n".join(transcript.said(turn.span) for turn in transcript.turns) == transcript.text
    for mark in (*transcript.stamps, *transcript.breaks):
        assert mark.at == len(transcript.text) or not transcript.text[mark.at - 1 : mark.at].strip()
    assert transcript.text.split() == [word for words in said for word in plain(words).split()]
    assert all(unicodedata.is_normalized("NFC", transcript.said(turn.span)) for turn in transcript.turns if said)
