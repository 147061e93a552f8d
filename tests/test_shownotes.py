"""Every note is linked to where the talk about it begins, or said not to be talked about."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from playhead.mentions import FEATURES, MOST_PLACES, evidence, hear
from playhead.model import NO_TIME, Chapter, Episode, Sentence, Time, Transcript, Turn
from playhead.notes import read_notes
from playhead.shownotes import LinkedNote, link

EPISODE = Episode("river/one", "river", "River", "One")

SMALL_TALK = (
    ("Ada", "The morning is grey, and I have a cold.", "It has been so for some days now."),
    ("Grace", "Mine went away after a week.", "My sister still has hers and coughs at night."),
    ("Ada", "We should all have stayed at home.", "But then nobody would have come here to listen."),
    ("Grace", "They would have read a book.", "Or they would have slept, as my father did on Sundays."),
)


def with_small_talk(*topics: tuple[tuple[str, ...], ...]) -> tuple[tuple[str, ...], ...]:
    """The topics, with a minute and a half about nothing after each."""
    return tuple(turn for topic in topics for turn in (*topic, *SMALL_TALK, *SMALL_TALK, *SMALL_TALK))


TALK = with_small_talk(
    (
        ("Ada", "Welcome to the river.", "It is a fine place and we are all here."),
        ("Grace", "Thank you.", "I came on foot."),
    ),
    (
        ("Ada", "How does the lock work?", "I pass it every day and never asked."),
        ("Grace", "A lock has two gates.", "The lock fills while both gates are shut.", "Then the upper gate opens."),
        ("Ada", "So nobody pumps anything at the lock."),
        ("Grace", "Nobody does.", "It costs a boat's worth of water each time."),
    ),
    (
        ("Ada", "Let's talk about herons.", "What does a heron eat?"),
        ("Grace", "A heron eats fish.", "Herons stand still for an hour.", "A young heron misses most of the time."),
    ),
    (
        ("Ada", "And who rings the bell at high water?", "I heard it twice last night."),
        ("Grace", "The miller rings the bell.", "The bell hangs in the mill.", "It is older than the mill."),
    ),
    (("Ada", "That is all.", "Come back next week."),),
)


def recorded(talk: tuple[tuple[str, ...], ...] = TALK, second: float | None = 4.0) -> Transcript:
    """A talk with ``second`` seconds for each sentence; None is a talk without times."""
    text, turns, sentences = "", [], []
    for speaker, *said in talk:
        text += "\n\n" if text else ""
        opened, start = len(text), len(sentences)
        for number, words in enumerate(said):
            text += " " if number else ""
            time = (
                NO_TIME
                if second is None
                else Time(second * len(sentences), None, "cue" if not number else "interpolated", 2.0)
            )
            sentences.append(Sentence((len(text), len(text) + len(words)), time))
            text += words
        turns.append(Turn(speaker, (opened, len(text)), sentences[start].time))
    return Transcript(text, tuple(turns), sentences=tuple(sentences))


def linked(source: str, episode: Episode = EPISODE, transcript: Transcript | None = None) -> tuple[LinkedNote, ...]:
    notes = read_notes(source)
    return link(notes, episode, transcript or recorded(), (), np.zeros((len(notes), 0), np.float32))


def said(each: LinkedNote, transcript: Transcript | None = None) -> str | None:
    return (transcript or recorded()).said(each.span) if each.span else None


def test_a_note_is_linked_to_where_the_talk_about_it_begins() -> None:
    lock, herons, bell = linked("- How a lock works\n- Herons\n- The bell of the mill\n")
    assert said(lock) == "How does the lock work?"
    assert said(herons) == "Let's talk about herons."
    assert said(bell) == "And who rings the bell at high water?"
    assert (lock.speaker, lock.turn, lock.start) == ("Ada", 14, 112.0)
    assert lock.time is not None
    assert lock.time.start == lock.start


def test_a_note_that_nobody_talks_about_is_not_linked_and_no_neighbour_suffers() -> None:
    lock, tomatoes, bell = linked("- How a lock works\n- Growing tomatoes under glass\n- The bell of the mill\n")
    assert (tomatoes.start, tomatoes.time, tomatoes.is_mentioned) == (None, None, False)
    assert tomatoes.confidence > 0.5
    assert said(lock) == "How does the lock work?"
    assert said(bell) == "And who rings the bell at high water?"


def test_a_list_that_stands_apart_may_begin_anywhere() -> None:
    notes = linked(
        "- How a lock works\n- Herons\n- The bell of the mill\n\n## Books\n\n- How a lock fills with both gates shut\n"
    )
    assert said(notes[-1]) in ("How does the lock work?", "A lock has two gates.")


@pytest.mark.parametrize(
    "source",
    [
        "- What a young heron eats\n- How the lock fills\n- The miller rings the bell\n",
        "- Which miller rings the bell of the mill at high water\n"
        "- What a young heron eats\n- How the lock fills, both gates shut\n",
    ],
)
def test_notes_out_of_order_are_still_found(source: str) -> None:
    begins = {"heron": "Let's talk about herons.", "lock": "How does the lock work?", "bell": "And who rings the bell"}
    for each in linked(source):
        (begun,) = (words for topic, words in begins.items() if topic in each.note.text)
        assert (said(each) or "").startswith(begun)


def test_headings_are_linked_and_what_nobody_speaks_of_is_not_looked_for() -> None:
    title, links, heading, herons, follow = linked(
        "# The river\n\n## Links\n\n## Herons\n\n- Herons stand still\n\n- Follow us\n"
    )
    assert [each.is_sought for each in (title, links, heading, herons, follow)] == [False, False, True, True, False]
    assert [each.confidence for each in (title, links, follow)] == [0.0, 0.0, 0.0]
    assert heading.start is not None
    assert herons.start is not None
    assert heading.start <= herons.start


def test_a_time_that_stands_in_a_note_helps_where_words_do_not() -> None:
    _, pause, _ = linked("- How a lock works\n- An intermission\n- The bell of the mill\n")
    assert not pause.is_mentioned
    _, pause, _ = linked("- How a lock works\n- 5:20 An intermission\n- The bell of the mill\n")
    assert pause.start == pytest.approx(320.0, abs=20)


def test_a_time_that_the_talk_contradicts_is_not_followed() -> None:
    _, herons, _ = linked("- How a lock works\n- 8:00 Herons\n- The bell of the mill\n")
    assert said(herons) == "Let's talk about herons."


def test_a_chapter_of_the_same_title_says_where_its_note_is() -> None:
    transcript = recorded()
    first = transcript.text.index("They would have read")
    chapter = Chapter(2, "A long silence", 400.0, span=(first, first + 60))
    episode = replace(EPISODE, chapters=(chapter,))
    (silence,) = linked("- A long silence\n", episode)
    assert said(silence) == "They would have read a book."
    assert silence.chapter == chapter


def test_sponsors_go_to_the_sponsors_chapters_that_name_them() -> None:
    breaks = (
        Chapter(2, "Sponsor: Quay Insurance", 100.0, 130.0, kind="sponsor"),
        Chapter(5, "Sponsor: Mill & Daughters", 300.0, 330.0, kind="sponsor"),
    )
    notes = linked(
        "- Herons\n\n## Sponsors\n\n- Mill & Daughters – flour\n- Quay Insurance, for boats\n",
        replace(EPISODE, chapters=breaks),
    )
    assert [(each.start, each.chapter) for each in notes[2:]] == [(300.0, breaks[1]), (100.0, breaks[0])]
    assert all(each.is_mentioned and each.span is None for each in notes[2:])


def test_a_sponsor_without_a_chapter_is_looked_for_in_the_talk() -> None:
    *_, mill = linked("- Herons\n\n## Sponsors\n\n- The miller who rings the bell of the mill\n")
    assert said(mill) == "And who rings the bell at high water?"


def test_without_times_a_note_is_linked_to_its_sentence_alone() -> None:
    silent = recorded(second=None)
    lock, _ = linked("- How a lock works\n- The bell of the mill\n", transcript=silent)
    assert (lock.start, lock.is_mentioned) == (None, True)
    assert lock.time == NO_TIME
    assert said(lock, silent) == "How does the lock work?"


def test_alternatives_are_other_places_likeliest_first() -> None:
    twice = (
        *TALK,
        ("Ada", "How does the other lock work?", "A lock has gates."),
        ("Grace", "That lock has a pump.", "It is new."),
    )
    (lock,) = linked("- How a lock works\n", transcript=recorded(twice))
    chances = [each.confidence for each in lock.alternatives]
    assert chances
    assert chances == sorted(chances, reverse=True)
    assert lock.start is not None
    assert all(each.start is not None and abs(each.start - lock.start) > 60 for each in lock.alternatives)
    assert 0 <= sum(chances) + lock.confidence <= 1.001


def test_chances_are_chances_whatever_the_notes() -> None:
    for source in (
        "- the",
        "- 潮汐 und Ebbe",
        "- a\n" * 50,
        "- 0:00 Intro\n- 9:59:59 Outro",
        "- Herons\n  - Herons\n    - Herons",
    ):
        for each in linked(source):
            assert 0 <= each.confidence <= 1
            assert all(0 <= other.confidence <= 1 for other in each.alternatives)


def test_a_talk_of_one_word_and_one_of_none_can_be_asked() -> None:
    assert [each.is_sought for each in linked("- Herons\n", transcript=recorded((("Ada", "Yes."),)))] == [True]
    assert linked("- Herons\n", transcript=Transcript("", ()))[0].is_mentioned is False


def test_words_that_notes_write_as_one_are_heard_as_two() -> None:
    transcript = recorded((("Ada", "It is late."), ("Grace", "The mill race is fast."), ("Ada", "I see.")))
    known = evidence(hear(transcript), ["Millrace", "Windrace"], (), np.zeros((2, 0), np.float32))
    ahead = known[:, :, FEATURES.index("ahead")]
    assert ahead[0].argmax() == 1
    assert ahead[1].max() == 0


def test_what_was_said_before_is_behind_and_what_comes_is_ahead() -> None:
    known = evidence(hear(recorded()), ["lock"], (), np.zeros((1, 0), np.float32))[0]
    sentences = [recorded().said(sentence.span) for sentence in recorded().sentences]
    question, herons = sentences.index("How does the lock work?"), sentences.index("That is all.")
    ahead, behind = FEATURES.index("ahead"), FEATURES.index("behind")
    assert known[question, ahead] > known[herons, ahead] == 0
    assert known[herons, behind] > known[question, behind] == 0


def test_only_so_many_places_of_a_long_talk_are_looked_at_and_every_turn_begins_one() -> None:
    long = tuple(("Ada" if number % 2 else "Grace", *["A word and another."] * 4) for number in range(900))
    talk = hear(recorded(long))
    assert len(talk) == MOST_PLACES
    assert len(set(talk.turns.tolist())) == 900
    assert (np.diff(talk.seconds) >= 0).all()


def test_of_very_many_notes_each_is_still_linked() -> None:
    long = tuple(("Ada" if number % 2 else "Grace", *["A word and another."] * 4) for number in range(900))
    notes = linked("- Herons and their fish\n" * 1000, transcript=recorded((*long, *TALK)))
    assert len(notes) == 1000
    assert notes[-1].confidence > 0
