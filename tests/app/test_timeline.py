"""An episode as a strip: what stands where, and that it fits."""

from __future__ import annotations

from dataclasses import replace
from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from app.timeline import WIDTH, lay_out, shares
from playhead.model import Chapter, Time, Transcript, Turn
from tests.archive import EVERY, SILENT

EPISODE, TRANSCRIPT, _ = EVERY[0]


def test_chapters_follow_each_other_to_the_end_of_the_episode():
    strip = lay_out(EPISODE, TRANSCRIPT)

    assert strip is not None
    starts = [chapter.start for chapter in EPISODE.chapters if chapter.start is not None]
    assert [each.start for each in strip.chapters] == starts
    for one, other in pairwise(strip.chapters):
        assert abs(one.x + one.width - other.x) < 0.2
    assert abs(strip.chapters[-1].x + strip.chapters[-1].width - WIDTH) < 0.2


def test_shares_are_of_all_words_and_whoever_says_most_is_first():
    found = shares(TRANSCRIPT)

    assert abs(sum(each.percent for each in found) - 100) <= len(found)
    assert [each.percent for each in found] == sorted((each.percent for each in found), reverse=True)


def test_an_episode_without_a_time_has_no_strip():
    assert lay_out(replace(EPISODE, chapters=(), duration=None), Transcript("", ())) is None
    assert lay_out(SILENT[0], SILENT[1]) is None


@given(
    st.lists(st.tuples(st.floats(0, 9000), st.floats(0, 600), st.sampled_from(["Ada", "Cy", None])), max_size=40),
    st.lists(st.floats(0, 12000), max_size=5),
    st.floats(0, 9000) | st.none(),
)
def test_everything_stands_within_the_strip(turns, hits, duration):
    said = tuple(Turn(speaker, (0, 1), Time(start, start + length, "cue", 0.1)) for start, length, speaker in turns)
    chapters = (Chapter(1, "One", 0.0), Chapter(2, "Two", 50.0), Chapter(3, "Nowhere"))
    strip = lay_out(replace(EPISODE, chapters=chapters, duration=duration), Transcript("a", said), hits)

    assert strip is not None
    for each in (*strip.chapters, *strip.speech):
        assert 0 <= each.x <= WIDTH
        assert -0.2 <= each.width <= WIDTH - each.x + 0.2
    assert all(0 <= place <= WIDTH for place in strip.hits)
