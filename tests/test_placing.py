"""Chapters find their words."""

from __future__ import annotations

from math import inf

from ingest.placing import Door, Silence, place
from playhead.model import Chapter
from tests.pace import within

BEFORE = Silence(0, 0.0, 30.0, end_error=20.0)
AFTER = Silence(900, 400.0, inf, start_error=10.0)


def chapters(*starts: float) -> list[Chapter]:
    return [Chapter(number, f"Chapter {number}", start) for number, start in enumerate(starts, 1)]


def turn(at: int, start: float, error: float = 4.0) -> Door:
    return Door(at, start, error, turn=True)


def sentence(at: int, start: float, error: float = 4.0) -> Door:
    return Door(at, start, error, turn=False)


def ats(starts: tuple[float, ...], doors: list[Door], *breaks: Silence) -> list[int]:
    return [each.at for each in place(chapters(*starts), doors, [BEFORE, *breaks, AFTER])]


def test_a_question_just_before_the_mark_belongs_to_the_chapter_it_opens() -> None:
    doors = [turn(0, 30.0), turn(100, 96.0), turn(140, 120.0)]
    assert ats((30.0, 100.0), doors) == [0, 100]


def test_a_turn_within_reach_is_preferred_to_a_nearer_sentence() -> None:
    doors = [turn(0, 30.0), sentence(90, 100.5), turn(100, 104.0)]
    assert ats((30.0, 100.0), doors) == [0, 100]


def test_a_mark_far_from_any_turn_takes_the_nearest_sentence() -> None:
    doors = [turn(0, 30.0), sentence(60, 80.0), sentence(90, 98.0), turn(100, 150.0)]
    assert ats((30.0, 100.0), doors) == [0, 90]


def test_the_reach_grows_with_what_the_clock_may_be_off() -> None:
    near = [turn(0, 30.0), sentence(90, 100.0), turn(100, 112.0, error=15.0)]
    sure = [turn(0, 30.0), sentence(90, 100.0), turn(100, 112.0, error=4.0)]
    assert ats((30.0, 100.0), near) == [0, 100]
    assert ats((30.0, 100.0), sure) == [0, 90]


def test_of_turns_the_clock_cannot_tell_apart_the_one_that_says_the_title_is_meant() -> None:
    told = [Chapter(1, "Start", 30.0), Chapter(2, "Why the kettle sings", 100.0)]
    nearest = Door(100, 99.0, 15.0, turn=True, subject=frozenset(["yes", "right"]))
    meant = Door(140, 104.0, 15.0, turn=True, subject=frozenset(["kettl", "sing", "tea"]))
    assert place(told, [turn(0, 30.0), nearest, meant], [BEFORE, AFTER])[1].at == 140


def test_a_title_said_far_from_the_mark_means_nothing() -> None:
    told = [Chapter(1, "Start", 30.0), Chapter(2, "Why the kettle sings", 100.0)]
    nearest = Door(100, 99.0, 6.0, turn=True, subject=frozenset(["yes", "right"]))
    later = Door(140, 112.0, 6.0, turn=True, subject=frozenset(["kettl", "sing", "tea"]))
    assert place(told, [turn(0, 30.0), nearest, later], [BEFORE, AFTER])[1].at == 100


def test_a_mark_at_its_turn_is_not_drawn_to_the_silence_before_the_first_word() -> None:
    start = Silence(0, 0.0, 1.0)
    doors = [turn(0, 1.0, 0.1), turn(100, 5.0, 0.1)]
    assert [each.at for each in place(chapters(0.0, 5.0), doors, [start, AFTER])] == [0, 100]


def test_chapters_before_the_first_word_hold_none() -> None:
    doors = [turn(0, 30.0), turn(100, 60.0)]
    assert ats((0.0, 10.0, 27.0, 60.0), doors) == [0, 0, 0, 100]


def test_sponsors_in_a_break_hold_no_words_and_what_follows_begins_after_it() -> None:
    rest = Silence(300, 200.0, 290.0, end_error=20.0)
    doors = [turn(0, 30.0), turn(250, 195.0), turn(300, 290.0, 20.0), turn(330, 305.0, 20.0)]
    places = place(chapters(30.0, 200.0, 250.0, 306.0), doors, [BEFORE, rest, AFTER])
    assert [each.at for each in places] == [0, 300, 300, 300]
    assert [each.opens for each in places] == [True, False, False, True]


def test_a_chapter_after_the_last_word_stands_at_the_end() -> None:
    doors = [turn(0, 30.0), turn(880, 397.0)]
    assert ats((30.0, 395.0), doors) == [0, 900]


def test_two_marks_near_one_turn_do_not_both_take_it() -> None:
    doors = [turn(0, 30.0), turn(100, 102.0, 15.0), turn(160, 111.0, 15.0)]
    assert ats((30.0, 100.0, 105.0), doors) == [0, 100, 160]


def test_ten_thousand_chapters_among_two_hundred_thousand_turns_are_placed_in_seconds() -> None:
    doors = [turn(number * 10, number * 3.0) for number in range(200_000)]
    between = [Silence(number * 10, number * 3.0 - 0.1, number * 3.0) for number in range(100, 200_000, 40)]
    silences = [Silence(0, 0.0, 0.0), *between, Silence(2_000_010, 600_001.0, inf)]
    with within(10):
        places = place(chapters(*(number * 50.0 for number in range(10_000))), doors, silences)
    assert [each.at for each in places] == sorted(each.at for each in places)
    assert len({each.at for each in places}) > 9_000
