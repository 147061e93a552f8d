"""An episode is cut into passages: nothing lost, nothing doubled, no chapter crossed."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ingest.scribe import Scribe
from ingest.segmenting import split
from ingest.timing import settle
from playhead.model import Chapter, Episode, Segment, Transcript
from playhead.text import words

EPISODE = Episode(id="house/one", podcast="house", podcast_title="House", title="One")


def talk(*turns: tuple[str | None, str], stamps: bool = True) -> Transcript:
    scribe = Scribe()
    for number, (speaker, said) in enumerate(turns):
        scribe.turn(speaker)
        if stamps and number % 3 == 0:
            scribe.stamp(20.0 + 12 * number)
        for index, paragraph in enumerate(said.split("|")):
            if index:
                scribe.paragraph()
            scribe.say(paragraph)
    return scribe.transcript()


def sentence(size: int, end: str = ".") -> str:
    return "Now" + " and" * (size - 1) + end


def cut(transcript: Transcript, chapters: tuple[Chapter, ...] = (), size: int = 120) -> list[Segment]:
    settled = settle(transcript)
    return split(replace(EPISODE, chapters=chapters), settled.transcript, size)


def sizes(segments: list[Segment]) -> list[int]:
    return [len(words(segment.text)) for segment in segments]


def test_short_turns_are_gathered_to_about_the_size_asked_for() -> None:
    found = cut(talk(*(("Ada", sentence(20)) for _ in range(60))))
    assert set(sizes(found)) == {120}


def test_a_question_stays_with_its_answer() -> None:
    found = cut(talk(("Ada", sentence(100)), ("Grace", sentence(20, "?")), ("Ada", sentence(90))))
    assert [segment.first_turn for segment in found] == [0, 1]


def test_a_long_turn_is_cut_at_a_sentence_s_end() -> None:
    found = cut(talk(("Ada", " ".join(sentence(30) for _ in range(20)))))
    assert len(found) == 5
    assert all(segment.text.endswith(".") for segment in found)
    assert {segment.first_turn for segment in found} == {0}


def test_a_long_turn_is_rather_cut_between_its_paragraphs() -> None:
    said = "|".join(f"{sentence(45)} {sentence(45)}" for _ in range(4))
    assert set(sizes(cut(talk(("Ada", said)), size=100))) == {90}


def test_a_sentence_without_end_is_cut_between_words_and_its_parts_have_times_of_their_own() -> None:
    transcript = settle(talk(("Ada", sentence(70)), ("Grace", "Oh."), ("Ada", "So."), ("Grace", "Yes."))).transcript
    found = split(EPISODE, transcript, words=10)
    assert max(sizes(found)) <= 20
    starts = [segment.time.start for segment in found]
    assert len(set(starts)) == len(starts)
    assert found[1].time.source == "interpolated"
    assert (found[1].time.error or 0) > (found[0].time.error or 0)


def test_a_short_tail_is_not_left_alone() -> None:
    assert sizes(cut(talk(*(("Ada", sentence(20)) for _ in range(7))))) == [140]


def test_a_word_thrown_in_stays_with_its_neighbours() -> None:
    found = cut(talk(("Ada", sentence(118)), ("Grace", "Right."), ("Ada", sentence(118)), ("Grace", "Yeah.")))
    assert min(sizes(found)) >= 118


def test_a_segment_never_crosses_a_chapter() -> None:
    transcript = talk(*(("Ada", f"{sentence(20)} {sentence(10)}") for _ in range(20)))
    inside = transcript.turns[7].span[0] + len(sentence(20)) + 1
    chapters = (
        Chapter(1, "One", 0.0, span=(0, inside - 1)),
        Chapter(2, "Sponsor", 90.0, kind="sponsor"),
        Chapter(3, "Three", 100.0, span=(inside, len(transcript.text)), kind="outro"),
    )
    found = cut(transcript, chapters)
    assert any(segment.span[0] == inside for segment in found)
    assert {(each.chapter, each.chapter_title, each.chapter_start, each.kind) for each in found} == {
        (1, "One", 0.0, "content"),
        (3, "Three", 100.0, "outro"),
    }
    assert [each.chapter for each in found] == sorted(each.chapter or 0 for each in found)
    opening = next(segment for segment in found if segment.chapter == 3)
    assert {turn.chapter for turn in opening.turns} == {3}
    assert opening.passage.startswith("Three. Ada: Now")


def test_words_before_the_first_chapter_belong_to_none() -> None:
    transcript = talk(("Ada", sentence(30)), ("Grace", sentence(30)))
    found = cut(transcript, (Chapter(1, "One", 50.0, span=transcript.turns[1].span),))
    assert [(segment.chapter, segment.chapter_title) for segment in found] == [(None, None), (1, "One")]


def test_a_segment_has_its_first_sentence_s_time_and_its_last_one_s_end() -> None:
    transcript = settle(talk(*(("Ada", sentence(30)) for _ in range(12)))).transcript
    found = split(EPISODE, transcript)
    for segment in found:
        assert segment.time == replace(segment.sentences[0].time, end=segment.sentences[-1].time.end)
    assert found[0].time.source == "stamp"


def test_the_same_words_twice_are_two_segments_with_two_ids() -> None:
    found = cut(talk(*(("Ada", sentence(120)) for _ in range(3))))
    assert len({segment.passage for segment in found}) == 1
    assert len({segment.id for segment in found}) == 3


def test_another_speaker_or_title_is_another_passage() -> None:
    one, two = (cut(talk((speaker, sentence(50))))[0] for speaker in ("Ada", "Grace"))
    assert one.id != two.id
    assert one.text == two.text


def test_a_transcript_without_times_is_cut_all_the_same() -> None:
    found = split(EPISODE, talk(("Ada", sentence(100)), ("Grace", sentence(100)), stamps=False))
    assert [segment.time.start for segment in found] == [None, None]
    assert [segment.time.source for segment in found] == ["none", "none"]


def test_an_empty_transcript_has_no_segments() -> None:
    assert split(EPISODE, Scribe().transcript()) == []


VOICES = st.sampled_from([None, "Ada", "Grace"])
SENTENCES = st.builds(sentence, st.integers(1, 90), st.sampled_from([".", "?", "", "…"]))
SAID = st.lists(SENTENCES, min_size=1, max_size=6).map(" ".join) | st.sampled_from(["Yeah.", "…", "[laughs]", "a|b"])
TALKS = st.lists(st.tuples(VOICES, SAID), max_size=25)
SIZES = st.integers(5, 200)


@settings(max_examples=150, deadline=None)
@given(TALKS, SIZES, st.lists(st.integers(0, 3000), max_size=5, unique=True).map(sorted))
def test_segments_hold_all_the_text_once_and_in_order(
    turns: list[tuple[str | None, str]], size: int, edges: list[int]
) -> None:
    transcript = settle(talk(*turns)).transcript
    text = transcript.text
    edges = [edge for edge in edges if edge < len(text)]
    spans = [(first, last) for first, last in pairwise([*edges, len(text)]) if first < last]
    chapters = tuple(Chapter(number, f"Part {number}", 1.0, span=span) for number, span in enumerate(spans))
    found = split(replace(EPISODE, chapters=chapters), transcript, size)

    assert "".join("".join(segment.text.split()) for segment in found) == "".join(text.split())
    assert all(one.span[1] <= two.span[0] for one, two in pairwise(found))
    assert [segment.ordinal for segment in found] == list(range(len(found)))
    assert len({segment.id for segment in found}) == len(found)
    assert all((one.time.start or 0) <= (two.time.start or 0) for one, two in pairwise(found))
    for segment in found:
        assert segment.text == text[slice(*segment.span)]
        assert segment.text == segment.text.strip()
        assert not any(segment.span[0] < edge < segment.span[1] for edge in edges)
        assert len(words(segment.text)) <= 2 * size
        _parts_lie_inside(segment, lambda each: each.turns)
        _parts_lie_inside(segment, lambda each: each.sentences)
        for turn in segment.turns:
            assert " ".join(segment.text[slice(*turn.span)].split()) in segment.passage
        kept = transcript.turns[segment.first_turn : segment.last_turn + 1]
        assert [turn.speaker for turn in segment.turns] == [turn.speaker for turn in kept]


def _parts_lie_inside(segment: Segment, parts: Callable[[Segment], tuple]) -> None:
    spans = [part.span for part in parts(segment)]
    assert spans[0][0] == 0
    assert spans[-1][1] == len(segment.text)
    assert all(one[1] <= two[0] for one, two in pairwise(spans))
    assert "".join("".join(segment.text[slice(*span)].split()) for span in spans) == "".join(segment.text.split())


@settings(max_examples=100, deadline=None)
@given(TALKS, SIZES, VOICES, SAID)
def test_a_turn_added_at_the_end_leaves_earlier_ids(
    turns: list[tuple[str | None, str]], size: int, voice: str | None, said: str
) -> None:
    before, after = (split(EPISODE, talk(*each), size) for each in (turns, [*turns, (voice, said)]))
    far = sum(sizes(before)) - 6 * size
    total = 0
    for one, two in zip(before, after, strict=False):
        total += len(words(one.text))
        if total < far:
            assert one.id == two.id


@pytest.mark.parametrize("size", [60, 120, 240])
def test_most_segments_are_near_the_size_asked_for(size: int) -> None:
    turns = [("Ada" if number % 2 else "Grace", sentence(7 + number * 37 % 60)) for number in range(400)]
    found = sizes(cut(talk(*turns), size=size))
    near = [each for each in found if 0.6 * size <= each <= 1.6 * size]
    assert len(near) >= 0.9 * len(found)
