"""Speakers carried from a labelled text onto the words of another."""

from __future__ import annotations

import random
from itertools import cycle

from hypothesis import given, settings
from hypothesis import strategies as st

from ingest.align import carry_speakers
from ingest.scribe import PARAGRAPH, Scribe
from playhead.model import Transcript
from playhead.text import words

WORDS = (
    "lock thread speed garbage counter reference object module release branch compiler cache pointer string loop "
    "window river stone paper copper candle garden engine signal harbour meadow ladder puzzle violin lantern"
).split()


def labelled(*turns: tuple[str | None, str]) -> Transcript:
    """A transcript of (speaker, paragraphs separated by a bar)."""
    scribe = Scribe()
    for speaker, said in turns:
        scribe.turn(speaker)
        for number, paragraph in enumerate(said.split("|")):
            if number:
                scribe.paragraph()
            scribe.say(paragraph)
    return scribe.transcript()


def paragraphs(*said: str) -> Transcript:
    """A page: every paragraph a turn of its own, of nobody."""
    return labelled(*((None, each) for each in said))


def talk(seed: int, turns: int) -> list[tuple[str, str]]:
    chance = random.Random(seed)
    voices = cycle(("Ada", "Grace", "Edsger"))
    return [(next(voices), " ".join(chance.choices(WORDS, k=chance.randint(4, 60)))) for _ in range(turns)]


def damaged(said: str, chance: random.Random, share: float) -> str:
    """``said`` with ``share`` of its words deleted or replaced."""
    kept = []
    for word in said.split():
        if chance.random() >= share:
            kept.append(word)
        elif chance.random() < 0.5:
            kept.append(chance.choice(WORDS))
    return " ".join(kept)


def by_word(transcript: Transcript) -> list[tuple[str, str | None]]:
    return [(word, turn.speaker) for turn in transcript.turns for word in words(transcript.said(turn.span))]


def test_paragraphs_of_one_turn_become_one_turn_with_its_speaker() -> None:
    page = paragraphs("Why is it slower?", "It’s the locks.", "Every container has one.")
    names = labelled(("Ada", "Why is it slower?"), ("Grace", "It's the locks.|Every container has one."))
    found = carry_speakers(names, page)
    assert found.share == 1.0
    assert [turn.speaker for turn in found.transcript.turns] == ["Ada", "Grace"]
    assert (
        found.transcript.said(found.transcript.turns[1].span) == f"It’s the locks.{PARAGRAPH}Every container has one."
    )


def test_two_turns_of_one_speaker_in_a_row_stay_two() -> None:
    page = paragraphs("First things first then.", "Second thoughts came later.")
    names = labelled(("Ada", "First things first then."), ("Ada", "Second thoughts came later."))
    assert len(carry_speakers(names, page).transcript.turns) == 2


def test_stamps_breaks_and_raw_places_move_with_their_words() -> None:
    scribe = Scribe()
    for raw, said in ((10, "We begin with a story."), (50, "It goes on for long."), (90, "Then we were back.")):
        if raw == 90:
            scribe.rest("break", 60.0)
        scribe.turn(None)
        if raw == 50:
            scribe.stamp(12.0)
        scribe.say(said, (raw, raw + len(said)))
    names = labelled(("Ada", "We begin with a story.|It goes on for long.|Then we were back."))
    moved = carry_speakers(names, scribe.transcript()).transcript
    assert moved.text[moved.stamps[0].at :].startswith("It goes on")
    assert moved.text[moved.breaks[0].at :].startswith("Then we were back")
    assert [turn.raw for turn in moved.turns] == [(10, 70), (90, 108)]
    assert [turn.speaker for turn in moved.turns] == ["Ada", "Ada"], "a break ends a turn"


def test_a_paragraph_in_which_two_speak_is_cut_between_sentences() -> None:
    page = paragraphs("Where does the time go? Mostly into reference counting. I never would have guessed that.")
    names = labelled(
        ("Ada", "Where does the time go?"),
        ("Grace", "Mostly into reference counting."),
        ("Ada", "I never would have guessed that."),
    )
    moved = carry_speakers(names, page).transcript
    assert [turn.speaker for turn in moved.turns] == ["Ada", "Grace", "Ada"]
    assert [moved.said(turn.span) for turn in moved.turns][1] == "Mostly into reference counting."


def test_what_matches_nothing_has_no_speaker() -> None:
    page = paragraphs("Here we talk about the lock.", "Zebra quagga okapi!", "And there about the release.")
    names = labelled(("Ada", "Here we talk about the lock."), ("Grace", "And there about the release."))
    assert [turn.speaker for turn in carry_speakers(names, page).transcript.turns] == ["Ada", None, "Grace"]


def test_what_matches_nothing_inside_one_turn_belongs_to_it() -> None:
    page = paragraphs("Here we talk about the lock.", "Zebra quagga okapi!", "And there about the release.")
    names = labelled(("Ada", "Here we talk about the lock.|(crosstalk)|And there about the release."))
    assert [turn.speaker for turn in carry_speakers(names, page).transcript.turns] == ["Ada"]


def test_a_word_that_was_misheard_belongs_to_the_turn_that_stands_in_its_place() -> None:
    page = paragraphs("Here we talk about the lock.", "Bright!", "And there about the release.")
    names = labelled(
        ("Ada", "Here we talk about the lock."), ("Grace", "Right."), ("Ada", "And there about the release.")
    )
    assert [turn.speaker for turn in carry_speakers(names, page).transcript.turns] == ["Ada", "Grace", "Ada"]


def test_a_long_insertion_is_not_given_to_whoever_said_one_word_there() -> None:
    page = paragraphs("Here we talk about the lock.", "zebra " * 50, "And there about the release.")
    names = labelled(
        ("Ada", "Here we talk about the lock."), ("Grace", "Right."), ("Ada", "And there about the release.")
    )
    assert [turn.speaker for turn in carry_speakers(names, page).transcript.turns] == ["Ada", None, "Ada"]


def test_with_a_third_of_the_labelled_words_damaged_nearly_every_paragraph_is_right() -> None:
    said = talk(seed=7, turns=300)
    chance = random.Random(8)
    names = labelled(*((speaker, damaged(words_, chance, 0.3)) for speaker, words_ in said))
    moved = carry_speakers(names, paragraphs(*(words_ for _, words_ in said)))
    truth = [(word, speaker) for speaker, words_ in said for word in words(words_)]
    right = sum(a == b for a, b in zip(by_word(moved.transcript), truth, strict=True))
    assert right / len(truth) >= 0.98
    assert 0.4 < moved.share < 0.75


def test_two_different_talks_share_next_to_nothing() -> None:
    one = paragraphs(*(f"{said} number {index}" for index, (_, said) in enumerate(talk(1, 60))))
    other = labelled(*talk(2, 60))
    assert carry_speakers(other, one).share < 0.3


def test_twenty_thousand_damaged_words_still_find_their_speakers() -> None:
    said = talk(seed=3, turns=640)
    chance = random.Random(4)
    names = labelled(*((speaker, damaged(words_, chance, 0.3)) for speaker, words_ in said))
    page = paragraphs(*(words_ for _, words_ in said))
    assert len(words(page.text)) > 19_000
    assert carry_speakers(names, page).share > 0.5


def test_nothing_can_be_carried_from_or_onto_nothing() -> None:
    some, nothing = paragraphs("Some words here."), Scribe().transcript()
    assert carry_speakers(nothing, some).transcript.turns[0].speaker is None
    assert carry_speakers(some, nothing).transcript == nothing


@settings(max_examples=60, deadline=None)
@given(st.integers(0, 10_000), st.integers(0, 12), st.floats(0, 1))
def test_the_page_s_words_are_never_changed(seed: int, turns: int, damage: float) -> None:
    said = talk(seed, turns)
    chance = random.Random(seed)
    names = labelled(*((speaker, damaged(words_, chance, damage)) for speaker, words_ in said))
    page = paragraphs(*(words_ for _, words_ in said))
    moved = carry_speakers(names, page).transcript
    assert moved.text.split() == page.text.split()
    assert "\n\n".join(moved.said(turn.span) for turn in moved.turns) == moved.text
