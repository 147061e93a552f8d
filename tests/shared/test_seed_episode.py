"""One real episode twice, as a page with chapters and as a text with speakers, becomes one."""

from __future__ import annotations

import random
import re
from pathlib import Path
from statistics import fmean

import pytest

from ingest.align import carry_speakers
from ingest.formats import changelog, page
from ingest.reading import Reading
from ingest.scribe import Scribe
from ingest.segmenting import split
from ingest.timing import Settled, settle
from playhead.model import Episode, Transcript
from playhead.text import words

pytestmark = pytest.mark.shared

WITHOUT_WORDS = {1, 2, 11, 12, 19, 24}
# The first words of each chapter, as a reader of the transcript finds them. Chapter 8 begins between two
# sentences of one paragraph; 9 begins in the middle of a turn, where a question sums up what was said.
OPENINGS = {
    3: "Today, I’m joined by Pablo",
    4: "[laughs] Now, we’ve been asked to start a Python podcast",
    5: "That’s cool. So Łukasz, Pablo speaks very fast",
    6: "Yeah, the closed captioning at PyCon",
    7: "We’re going to specifically talk about the biggest",
    9: "So what you’re saying is when running Python",
    10: "This is one of the primary reasons why Python’s reputation",
    13: "So if you have slower single-threaded performance",
    14: "It’s not like a flag",
    15: "Slower for now, or slower for good?",
    16: "Right. And it’s out there in Release Candidate",
    17: "So for your average programmer out there",
    18: "Should we move on to the JIT?",
    20: "If we can move this conversation up a level",
    21: "Let’s go back to Python 3.13, because Pablo",
    22: "Well, now you have me thinking about the future",
    23: "Well, the podcast, core.py",
}


@pytest.fixture(scope="module")
def web(shared: Path) -> Reading:
    return page.FORMAT.parse((shared / "seed-episode" / "page.txt").read_text("utf-8"))


@pytest.fixture(scope="module")
def labelled(shared: Path) -> Transcript:
    return _said(changelog.FORMAT.parse((shared / "seed-episode" / "the-changelog-611.md").read_text("utf-8")))


@pytest.fixture(scope="module")
def settled(web: Reading, labelled: Transcript) -> Settled:
    aligned = carry_speakers(labelled, _said(web))
    return settle(aligned.transcript, web.chapters, web.facts.duration)


def _said(reading: Reading) -> Transcript:
    assert reading.transcript is not None
    return reading.transcript


def _speakers(carried: Transcript) -> list[str | None]:
    """The speaker of each paragraph."""
    return [turn.speaker for turn in carried.turns for _ in carried.said(turn.span).split("\n")]


def test_every_paragraph_of_the_page_gets_its_speaker(web: Reading, labelled: Transcript) -> None:
    carried = carry_speakers(labelled, _said(web))
    assert carried.share == 1.0
    assert len(_speakers(carried.transcript)) == 208
    assert _speakers(carried.transcript) == _speakers(labelled)
    assert len(carried.transcript.turns) == len(labelled.turns)


def test_with_three_labelled_words_in_ten_damaged_98_of_100_paragraphs_are_right(
    web: Reading, labelled: Transcript
) -> None:
    right = [_right_when_damaged(web, labelled, random.Random(seed)) for seed in range(1, 7)]
    assert fmean(right) >= 0.98
    assert min(right) >= 0.96


def _right_when_damaged(web: Reading, labelled: Transcript, chance: random.Random) -> float:
    """The share of paragraphs whose speaker is right when words of the labelled text are deleted or replaced."""
    vocabulary = labelled.text.split()
    scribe = Scribe()
    for turn in labelled.turns:
        scribe.turn(turn.speaker)
        kept = (
            word if chance.random() >= 0.3 else chance.choice(("", chance.choice(vocabulary)))
            for word in labelled.said(turn.span).split()
        )
        scribe.say(" ".join(kept))
    carried = carry_speakers(scribe.transcript(), _said(web)).transcript
    truth = [turn.speaker for turn in labelled.turns for _ in words(labelled.said(turn.span))]
    right = position = 0
    for turn in carried.turns:
        for paragraph in carried.said(turn.span).split("\n"):
            count = len(words(paragraph))
            right += all(speaker == turn.speaker for speaker in truth[position : position + count])
            position += count
    return right / 208


def test_another_episode_shares_next_to_nothing_with_it(web: Reading, shared: Path) -> None:
    other = changelog.FORMAT.parse((shared / "changelog" / "podcast" / "the-changelog-103.md").read_text("utf-8"))
    assert carry_speakers(_said(other), _said(web)).share < 0.05


def test_all_chapters_exist_and_those_without_words_hold_none(settled: Settled) -> None:
    assert [chapter.number for chapter in settled.chapters] == list(range(1, 25))
    assert {chapter.number for chapter in settled.chapters if chapter.span is None} == WITHOUT_WORDS


def test_every_chapter_begins_where_a_reader_finds_it(settled: Settled) -> None:
    found = {chapter.number: chapter for chapter in settled.chapters if chapter.span}
    wrong = {
        number: settled.transcript.said(chapter.span)[:60]
        for number, opening in OPENINGS.items()
        if (chapter := found[number]).span and not settled.transcript.said(chapter.span).startswith(opening)
    }
    assert wrong == {}


def test_the_chapter_in_the_middle_of_a_paragraph_begins_at_a_sentence_and_keeps_its_question(
    settled: Settled,
) -> None:
    span = settled.chapters[7].span
    assert span is not None
    assert "What is the GIL?" in settled.transcript.said(span)[:400]
    assert span[0] in {sentence.span[0] for sentence in settled.transcript.sentences}
    assert span[0] not in {turn.span[0] for turn in settled.transcript.turns}


def test_sponsors_stand_at_their_breaks(settled: Settled) -> None:
    turns = settled.transcript.turns
    for sponsor, resumed in ((11, 13), (19, 20)):
        chapter, following = settled.chapters[sponsor - 1], settled.chapters[resumed - 1]
        assert chapter.kind == "sponsor"
        assert following.span is not None
        index = [turn.span[0] for turn in turns].index(following.span[0])
        assert turns[index - 1].time.end == pytest.approx(chapter.start, abs=1.5)
        assert turns[index].time.start == following.start


def test_no_stamp_of_it_is_doubted(settled: Settled) -> None:
    assert settled.problems == ()


def test_it_is_cut_without_losing_a_word(web: Reading, labelled: Transcript) -> None:
    aligned = carry_speakers(labelled, _said(web))
    settled = settle(aligned.transcript, web.chapters, web.facts.duration)
    episode = Episode("the-changelog/611", "the-changelog", "The Changelog", "611", chapters=settled.chapters)
    segments = split(episode, settled.transcript)
    assert [word for each in segments for word in words(each.text)] == words(settled.transcript.text)
    assert re.match("Slower for now or for good", next(each for each in segments if each.chapter == 15).passage)
