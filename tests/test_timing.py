"""Every turn and sentence gets a second, an honest source and an honest error."""

from __future__ import annotations

import random
import re
from itertools import pairwise
from statistics import fmean

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ingest.anchors import believed, stated
from ingest.pace import listen
from ingest.scribe import Scribe
from ingest.timing import CHAPTER_ERROR, settle
from playhead.model import Chapter, Stamp, Time, Transcript, Turn
from tests.pace import within

SENTENCE = "The seven little captains never counted all the harbours on a rainy winter morning."
PACE = 6.0


def times(transcript: Transcript) -> list[Time]:
    return [turn.time for turn in transcript.turns]


def talk(
    stamped: dict[int, float],
    turns: int = 40,
    breaks: dict[int, tuple[str, float | None, float | None]] | None = None,
    said: str = SENTENCE,
) -> Transcript:
    """``turns`` equal turns; a stamp, or a break before it, at those that are named."""
    scribe = Scribe()
    for number in range(turns):
        if breaks and number in breaks:
            kind, start, end = breaks[number]
            scribe.rest(kind, start, end)
        scribe.turn(("Ada", "Grace")[number % 2])
        if number in stamped:
            scribe.stamp(stamped[number], line=number)
        scribe.say(said)
    if breaks and turns in breaks:
        scribe.rest(*breaks[turns])
    return scribe.transcript()


def test_a_turn_that_begins_at_a_stamp_has_its_time_and_its_error() -> None:
    settled = settle(talk({0: 30.0, 20: 150.0}))
    assert times(settled.transcript)[20] == Time(150.0, pytest.approx(156, abs=1), "stamp", 0.5)


def test_between_two_stamps_equal_turns_are_equally_long_and_least_sure_in_the_middle() -> None:
    between = times(settle(talk({0: 30.0, 20: 150.0})).transcript)[:20]
    assert [time.start for time in between] == pytest.approx([30 + PACE * number for number in range(20)], abs=0.5)
    assert {time.source for time in between[1:]} == {"interpolated"}
    errors = [time.error or 0 for time in between[1:]]
    assert max(errors) == max(errors[8:11])
    assert errors[0] < errors[9] > errors[-1]


def test_where_words_cannot_fill_the_time_a_break_that_nobody_marked_may_lie_on_either_side() -> None:
    spoken, longer = talk({0: 30.0, 20: 150.0}), talk({0: 30.0, 20: 250.0})
    early = [times(settle(each).transcript)[2] for each in (spoken, longer)]
    assert (early[0].error or 0) < 10
    # A hundred seconds too many: nine tenths of them may have passed before the third turn.
    assert (early[1].error or 0) > 75


def test_longer_words_take_longer() -> None:
    scribe = Scribe()
    for number, said in enumerate(("a b c d e f", "extraordinary organisational responsibilities", "end")):
        scribe.turn("Ada")
        if number != 1:
            scribe.stamp(100.0 * number)
        scribe.say(said)
    assert (times(settle(scribe.transcript()).transcript)[1].start or 0) < 70


def test_a_marked_break_takes_what_speech_leaves_over() -> None:
    settled = settle(talk({0: 30.0, 20: 30 + 20 * PACE + 90}, breaks={10: ("break", None, None)}))
    before, after = times(settled.transcript)[9], times(settled.transcript)[10]
    assert before.end == pytest.approx(30 + 10 * PACE, abs=10)
    assert (after.start or 0) - (before.end or 0) == pytest.approx(90, abs=15)
    assert after.source == "across_break"


def test_a_break_with_both_its_times_is_exact() -> None:
    settled = settle(talk({0: 30.0, 20: 300.0}, breaks={10: ("jingle", 95.0, 140.0)}))
    assert times(settled.transcript)[9].end == 95.0
    assert times(settled.transcript)[10].start == 140.0


def test_past_the_last_stamp_a_break_has_its_kind_s_usual_length() -> None:
    def resumed(kind: str) -> float:
        settled = settle(talk({0: 30.0, 10: 30 + 10 * PACE}, breaks={20: (kind, None, None)}))
        time = times(settled.transcript)[20]
        assert time.source == "extrapolated"
        return time.start or 0

    assert resumed("break") - resumed("jingle") == pytest.approx(71, abs=1)


def test_the_first_word_is_not_nailed_to_the_start_of_the_recording() -> None:
    first = times(settle(talk({20: 400.0})).transcript)[0]
    assert first.start == pytest.approx(400 - 20 * PACE, abs=15)
    assert first.source == "extrapolated"
    assert (first.error or 0) > 10


def test_no_word_is_said_before_the_recording_begins_or_after_it_ends() -> None:
    settled = settle(talk({20: 60.0}), duration=100.0)
    first, last = times(settled.transcript)[0], times(settled.transcript)[-1]
    assert first.start == 0.0
    assert last.end == 100.0
    assert first.source == "extrapolated"
    assert (first.error or 0) > 10


def test_without_any_time_words_are_spread_over_the_recording_and_little_is_claimed() -> None:
    spread = times(settle(talk({}, turns=11), duration=1100.0).transcript)
    assert [time.start for time in spread] == pytest.approx([100 * number for number in range(11)], abs=3)
    assert {time.source for time in spread} == {"extrapolated"}
    assert min(time.error or 0 for time in spread) > 100


def test_without_any_time_or_duration_nothing_is_known() -> None:
    settled = settle(talk({}), [Chapter(1, "One", 0.0)])
    assert set(times(settled.transcript)) == {Time()}
    assert {sentence.time for sentence in settled.transcript.sentences} == {Time()}
    assert settled.chapters[0].span is None


def test_a_stamp_that_goes_back_is_reported_with_its_line_and_not_used() -> None:
    settled = settle(talk({0: 30.0, 10: 90.0, 15: 12.0, 20: 150.0, 30: 210.0}))
    assert [(problem.line, "0:12" in problem.message) for problem in settled.problems] == [(15, True)]
    assert times(settled.transcript)[15].start == pytest.approx(120, abs=1)


def test_a_stamp_too_early_is_the_one_dropped_not_the_many_after_it() -> None:
    settled = settle(talk({0: 30.0, 10: 3244.0, 20: 150.0, 30: 210.0}))
    assert [problem.line for problem in settled.problems] == [10]


def test_a_stamp_in_order_but_impossible_to_reach_in_speech_is_dropped() -> None:
    settled = settle(talk({0: 30.0, 10: 90.0, 20: 209.0, 30: 210.0, 39: 264.0}))
    assert [problem.line for problem in settled.problems] == [20]


def test_a_last_stamp_of_another_recording_is_dropped() -> None:
    settled = settle(talk({0: 30.0, 10: 90.0, 20: 150.0, 30: 5855.0}))
    assert [problem.line for problem in settled.problems] == [30]


def test_a_clip_nobody_marked_costs_no_stamp() -> None:
    later = {number: 30 + PACE * number + (200 if number > 15 else 0) for number in (0, 10, 20, 30)}
    assert settle(talk(later)).problems == ()


def test_a_slow_speaker_is_given_more_time_than_a_fast_one() -> None:
    # Ada takes nine seconds for what Grace says in three; most stretches between two stamps hold both.
    scribe = Scribe()
    clock = 20.0
    for number in range(241):
        scribe.turn("Ada" if number % 7 < 4 else "Grace")
        if number % 5 == 0:
            scribe.stamp(clock)
        scribe.say(SENTENCE)
        clock += 9.0 if number % 7 < 4 else 3.0
    settled = settle(scribe.transcript()).transcript.turns[:240]
    ada, grace = (
        fmean((turn.time.end or 0) - (turn.time.start or 0) for turn in settled if turn.speaker == speaker)
        for speaker in ("Ada", "Grace")
    )
    assert ada > 1.6 * grace


def test_inside_a_cue_times_are_nearly_exact_and_between_cues_nobody_speaks() -> None:
    scribe = Scribe()
    scribe.turn(None)
    for number in range(5):
        scribe.cue(10.0 * number, 10.0 * number + 6, f"{SENTENCE} Then number {number} was gone.")
    settled = settle(scribe.transcript()).transcript
    assert {sentence.time.source for sentence in settled.sentences} == {"cue"}
    assert [sentence.time.start for sentence in settled.sentences][::2] == [0.0, 10.0, 20.0, 30.0, 40.0]
    assert [sentence.time.end for sentence in settled.sentences][1::2] == [6.0, 16.0, 26.0, 36.0, 46.0]
    assert max(sentence.time.error or 0 for sentence in settled.sentences) < 2


def test_a_placed_chapter_tells_the_time_where_the_clock_is_unsure() -> None:
    stamps = {20: 20 * PACE + 100.0, 39: 39 * PACE + 100.0}
    settled = settle(talk(stamps), [Chapter(1, "Welcome", 0.0), Chapter(2, "Start", 98.0)])
    assert times(settled.transcript)[0].source == "chapter"
    assert times(settled.transcript)[0].start == 98.0
    assert times(settled.transcript)[0].error == CHAPTER_ERROR
    assert [chapter.span for chapter in settled.chapters] == [None, (0, len(settled.transcript.text))]


def test_a_sponsor_and_what_follows_give_a_break_its_length() -> None:
    # Speech alone says that the break ends at about 210 s; the chapters know 222.
    stamps = {0: 30.0, 20: 90 + 120 + 10 * PACE}
    chapters = [Chapter(1, "Start", 30.0), Chapter(2, "Sponsor", 90.0, kind="sponsor"), Chapter(3, "Back", 222.0)]
    settled = settle(talk(stamps, breaks={10: ("break", None, None)}), chapters)
    assert [chapter.span is None for chapter in settled.chapters] == [False, True, False]
    assert times(settled.transcript)[9].end == 90.0
    assert times(settled.transcript)[10].start == 222.0
    assert [turn.chapter for turn in settled.transcript.turns] == [1] * 10 + [3] * 30


def test_chapters_get_ends_and_come_in_order() -> None:
    chapters = [Chapter(2, "Two", 120.0), Chapter(1, "One", 30.0), Chapter(3, "Never timed")]
    settled = settle(talk({0: 30.0, 39: 30 + 39 * PACE}), chapters, duration=300.0)
    assert [(chapter.number, chapter.end) for chapter in settled.chapters] == [(1, 120.0), (2, 300.0), (3, None)]
    assert settled.chapters[2].span is None


def test_a_span_from_another_text_is_not_trusted() -> None:
    settled = settle(talk({0: 30.0, 39: 30 + 39 * PACE}), [Chapter(1, "One", 30.0, span=(5000, 9000))])
    assert settled.chapters[0].span == (0, len(settled.transcript.text))


def test_a_transcript_without_words_is_settled_all_the_same() -> None:
    settled = settle(Scribe().transcript(), [Chapter(1, "One", 0.0)], 60.0)
    assert settled.transcript.sentences == ()
    assert settled.chapters[0].span is None


@settings(max_examples=150, deadline=None)
@given(st.integers(0, 10**6), st.booleans())
def test_times_never_go_back_whatever_the_stamps_say(seed: int, monotone: bool) -> None:
    chance = random.Random(seed)
    scribe = Scribe()
    clock = chance.uniform(0, 300)
    for _ in range(chance.randint(1, 40)):
        if chance.random() < 0.15:
            length = chance.uniform(-5, 200)
            start = chance.choice((None, clock))
            scribe.rest(chance.choice(("break", "jingle", "weird")), start, chance.choice((None, clock + length)))
            clock += max(length, 0)
        scribe.turn(chance.choice((None, "Ada", "Grace")))
        if chance.random() < 0.4:
            scribe.stamp(clock if monotone else chance.uniform(0, 3000))
        if chance.random() < 0.2:
            scribe.cue(clock, chance.choice((None, clock + chance.uniform(-1, 20))), "A cue is here.")
        scribe.say(chance.choice((SENTENCE, "Yes.", "…", f"{SENTENCE} {SENTENCE}")))
        clock += chance.uniform(0, 30)
    chapters = [Chapter(number, str(number), chance.uniform(0, 1000)) for number in range(chance.randint(0, 6))]
    duration = chance.choice((None, clock, clock / 2))
    settled = settle(scribe.transcript(), chapters, duration)
    for parts in (settled.transcript.turns, settled.transcript.sentences):
        known = [part.time for part in parts if part.time.start is not None]
        assert len(known) in (0, len(parts))
        assert all((one.start or 0) <= (two.start or 0) for one, two in pairwise(known))
        assert all((time.start or 0) <= (time.end or 0) for time in known)
        assert all((one.end or 0) <= (two.start or 0) for one, two in pairwise(known))
        assert all((time.start or 0) >= 0 and (time.error or 0) >= 0 for time in known)
    spans = [chapter.span for chapter in settled.chapters if chapter.span]
    assert all(one[1] <= two[0] for one, two in pairwise(spans))
    assert len(settled.chapters) == len(chapters)


def test_an_advert_that_nobody_wrote_down_leaves_a_pause_between_cues_that_its_chapter_takes() -> None:
    """Nothing marks the advert but silence in the captions; no sentence before it may be taken for a sponsor's."""
    scribe = Scribe()
    scribe.turn("Ada")
    scribe.cue(0.0, 4.0, "Welcome back to the programme.")
    scribe.cue(4.0, 8.0, "We will be right back after this.")
    scribe.cue(68.0, 72.0, "And here we are again.")
    chapters = [
        Chapter(1, "Hello", 0.0),
        Chapter(2, "Sponsor: Tea by Post", 8.0, kind="sponsor"),
        Chapter(3, "Again", 68.0),
    ]

    settled = settle(scribe.transcript(), chapters)

    said = {chapter.number: chapter.span and settled.transcript.said(chapter.span) for chapter in settled.chapters}
    assert said[2] is None
    assert said[1] == "Welcome back to the programme. We will be right back after this."
    assert said[3] == "And here we are again."


def test_ten_thousand_stamps_of_which_half_fit_nowhere_are_told_apart_in_seconds() -> None:
    text = "\n\n".join(f"word {'tide ' * 59}" for _ in range(10_000))
    starts = [found.start() for found in re.finditer("word", text)]
    stamps = tuple(
        Stamp(at, number * 15.0 + (7.0 if number % 2 else 0.0) - (500.0 if number % 50 == 0 and number else 0.0))
        for number, at in enumerate(starts)
    )
    transcript = Transcript(text, (Turn(None, (0, len(text))),), stamps)
    with within(20):
        speech = listen(transcript)
        kept, problems = believed(stated(transcript, speech), speech)
    assert len(kept) + len(problems) == len(stamps)
    assert [anchor.seconds for anchor in kept] == sorted(anchor.seconds for anchor in kept)
