"""Editions of an episode: how much later each runs, and when a sound cannot be the one that was transcribed."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from ingest.editions import LONGEST_OUTRO, contradiction, drift, in_transcript, of_sound
from ingest.folders import find
from ingest.preparing import prepare
from ingest.reading import Reading
from ingest.sources import Source
from playhead.links import at, landing, to_segment
from playhead.model import Chapter, Edition, Episode, Segment, Sentence, Time, Transcript

TALK = Transcript(
    "Ahoy. Aye.",
    (),
    sentences=(
        Sentence((0, 5), Time(3.0, 5.0, "cue", 0.1)),
        Sentence((6, 10), Time(600.0, 604.0, "cue", 0.1)),
    ),
)


def guessed(source: str, error: float) -> Transcript:
    first, last = TALK.sentences
    time = replace(last.time, source=source, error=error)
    return replace(TALK, sentences=(first, replace(last, time=time)))


@pytest.mark.parametrize(
    ("duration", "offset", "found"),
    [
        (None, 0.0, None),
        (610.0, 0.0, None),
        (600.0, 0.0, None),
        (599.5, 0.0, None),
        (540.0, 0.0, -60.0),
        (604.0 + LONGEST_OUTRO, 0.0, None),
        (604.0 + LONGEST_OUTRO + 1, 0.0, LONGEST_OUTRO + 1),
        (604.0 + LONGEST_OUTRO + 1, 30.0, None),
        (610.0, 60.0, -50.0),
        (560.0, -60.0, None),
    ],
)
def test_a_sound_that_ends_before_a_time_or_long_after_the_last_word_is_another_edition(
    duration: float | None, offset: float, found: float | None
) -> None:
    assert drift(TALK, duration, offset) == found


def test_a_time_that_may_be_far_off_contradicts_nothing() -> None:
    assert drift(guessed("stamp", 70.0), 540.0) is None
    assert drift(guessed("extrapolated", 34.0), 540.0) is None, "only times that are stated can be wrong"
    assert drift(guessed("extrapolated", 144.0), 604.0 + LONGEST_OUTRO + 100) is None


def test_a_transcript_without_times_contradicts_nothing() -> None:
    untimed = tuple(replace(each, time=Time()) for each in TALK.sentences)
    assert drift(replace(TALK, sentences=untimed), 10.0) is None
    assert drift(replace(TALK, sentences=()), 10.0) is None


def test_the_warning_names_both_lengths_and_the_remedy() -> None:
    assert str(contradiction(-60.0, 540.0).message).startswith(
        "the sound plays 9:00, and the transcript still speaks 1:00 after that; adverts may have been put in"
    )
    long = contradiction(200.0, 804.0).message
    assert "the sound plays 13:24, 3:20 longer than the transcript speaks" in long
    assert "state offset in episode.toml" in long


CUES = "WEBVTT\n\n00:02.000 --> 00:04.000\nAhoy, harbour.\n\n10:00.000 --> 10:04.000\nGood night, harbour.\n"


def prepared(folder: Path, sheet: str):  # type: ignore[no-untyped-def]
    folder.mkdir(exist_ok=True)
    (folder / "tides.vtt").write_text(CUES, encoding="utf-8")
    (folder / "episode.toml").write_text(sheet, encoding="utf-8")
    (source,) = find([folder])
    assert isinstance(source, Source)
    return prepare(source)


def test_a_stated_length_that_contradicts_the_times_is_a_problem_and_is_kept(tmp_path: Path) -> None:
    found = prepared(tmp_path / "tides", "duration = 500")
    assert found.episode.drift == -100.0
    assert [problem.message for problem in found.problems if "times may differ" in problem.message]


def test_an_offset_and_the_editions_of_a_sheet_are_kept_and_explain_the_difference(tmp_path: Path) -> None:
    sheet = 'duration = 500\noffset = -110\n[[edition]]\nname = "Video"\nurl = "https://youtu.be/x"\noffset = 7.5\n'
    found = prepared(tmp_path / "tides", sheet)
    assert (found.episode.offset, found.episode.drift) == (-110.0, None)
    assert found.episode.editions == (Edition("Video", "https://youtu.be/x", 7.5),)
    assert found.problems == ()


@pytest.mark.parametrize(
    ("url", "opened"),
    [
        ("https://example.org/a.mp3", "https://example.org/a.mp3#t=95"),
        ("https://example.org/a.mp3?x=1#t=3", "https://example.org/a.mp3?x=1#t=95"),
        ("https://www.youtube.com/watch?v=abc", "https://www.youtube.com/watch?v=abc&t=95"),
        ("https://www.youtube.com/watch?t=3s&v=abc", "https://www.youtube.com/watch?v=abc&t=95"),
        ("https://youtu.be/abc?t=3", "https://youtu.be/abc?t=95"),
        ("https://youtu.be/abc?list=t=3#x", "https://youtu.be/abc?list=t=3&t=95"),
        ("https://vimeo.com/12345", "https://vimeo.com/12345#t=95s"),
        ("https://player.vimeo.com/video/1#t=1s", "https://player.vimeo.com/video/1#t=95s"),
    ],
)
def test_a_recording_is_opened_at_a_second_as_its_site_wants_it(url: str, opened: str) -> None:
    assert at(url, 95) == opened
    assert at(url, None) == url


def test_links_into_a_recording_count_its_own_offset_and_never_go_below_zero() -> None:
    episode = Episode(
        "show/one", "show", "Show", "One", audio_url="https://example.org/1.mp3", offset=12.5,
        editions=(Edition("Video", "https://youtu.be/x", -31.0), Edition("Radio", "https://example.org/r.mp3", -100.0)),
    )  # fmt: skip
    segment = Segment("s", "show/one", 0, (0, 5), "Ahoy.", "Ahoy.", 0, 0, Time(40.0, 45.0, "stamp", 2.0))
    to = to_segment(segment, episode)
    assert to.play == "https://example.org/1.mp3#t=51"
    assert to.read == "/episodes/show/one?t=39", "our own page counts as the transcript does"
    assert to.editions == (("Video", "https://youtu.be/x?t=8"), ("Radio", "https://example.org/r.mp3#t=0"))
    untimed = to_segment(replace(segment, time=Time()), episode)
    assert untimed.editions == (("Video", "https://youtu.be/x"), ("Radio", "https://example.org/r.mp3"))
    assert landing(Time(), 5.0) is None


def test_chapters_inside_the_sound_are_moved_to_the_transcript_s_own_time() -> None:
    inside = Reading("sound", chapters=(Chapter(1, "Opening", 0.0, 40.0), Chapter(2, "Kettles", 40.0, None)))
    found = of_sound(inside, 12.5).chapters
    assert [(chapter.start, chapter.end) for chapter in found] == [(0.0, 27.5), (27.5, None)]
    stated = replace(inside, format="json_chapters")
    assert of_sound(stated, 12.5) == stated


def test_a_length_is_the_transcript_s_less_what_the_sound_is_ahead() -> None:
    assert [in_transcript(500.0, 12.5), in_transcript(500.0, -20.0), in_transcript(10.0, 12.5)] == [487.5, 520.0, None]
