"""The demo archive is sound by itself: what a first run ingests must never be what breaks it."""

from __future__ import annotations

import json
import re
from functools import cache
from itertools import pairwise
from pathlib import Path

import pytest

from ingest.feeds import read_feed
from ingest.folders import find
from ingest.pipeline import Prepared, prepare
from ingest.sources import Source, read
from playhead.text import words
from playhead.timestamps import parse, parse_frames

ARCHIVE = Path(__file__).parent.parent / "data" / "transcripts"
SLUGS = sorted(folder.name for folder in ARCHIVE.glob("*/*/"))
MARKDOWN = sorted(ARCHIVE.glob("*/*/*.md"))
QUESTIONS = [json.loads(line) for line in (ARCHIVE / "questions.jsonl").read_text("utf-8").splitlines()]

STAMP = re.compile(r"\\?\[(\d[\d:]*)(?:\.(\d\d))?\\?\]")
COPIED = 5
"""A question that has so many words in a row with its answer was written with the transcript before the eyes."""


@cache
def archive() -> dict[str, Prepared]:
    """Every episode as an ingest reads it, by its slug."""
    sources = list(find([ARCHIVE]))
    return {source.episode_id.partition("/")[2]: prepare(source) for source in sources if isinstance(source, Source)}


def stamps(text: str) -> list[float]:
    found = [parse_frames(clock, frames or None) for clock, frames in STAMP.findall(text)]
    return [seconds for seconds in found if seconds is not None]


def runs(text: str, length: int) -> set[tuple[str, ...]]:
    said = words(text)
    return {tuple(said[at : at + length]) for at in range(len(said) - length + 1)}


def passage(question: dict) -> str:
    if "text" in question:
        return str(question["text"])
    paragraphs = (ARCHIVE / question["file"]).read_text("utf-8").split("\n\n")
    assert 0 <= question["first"] <= question["last"] < len(paragraphs), question["id"]
    return " ".join(paragraphs[question["first"] : question["last"] + 1])


def episode_of(question: dict) -> str:
    return str(question["episode"] if "text" in question else Path(question["file"]).parent)


def test_every_folder_is_an_episode_under_its_own_name() -> None:
    assert sorted(archive()) == SLUGS
    assert all(isinstance(found, Source) for found in find([ARCHIVE]))


@pytest.mark.parametrize("slug", SLUGS)
def test_an_episode_is_understood_to_the_last_line_and_has_enough_to_say(slug: str) -> None:
    prepared = archive()[slug]

    assert [
        problem.message for problem in prepared.problems if "Whisper hears it in silence" not in problem.message
    ] == []
    assert len(words(prepared.transcript.text)) >= 1500


def test_what_a_machine_heard_in_an_advert_is_reported_once() -> None:
    doubted = {
        slug: [problem.message for problem in prepared.problems]
        for slug, prepared in archive().items()
        if prepared.problems
    }

    assert list(doubted) == ["thank-you-for-watching-said-nobody"]
    assert [message.rpartition(": ")[2] for [message] in doubted.values()] == ["Thank you for watching."]


def test_the_feed_names_every_episode_of_its_show_and_says_what_their_sheets_say() -> None:
    [feed] = ARCHIVE.glob("*/feed.xml")
    items = {item.facts.page_url: item for item in read_feed(feed.read_text("utf-8")).items}
    episodes = [prepared.episode for prepared in archive().values() if prepared.episode.podcast == feed.parent.name]

    assert items.keys() == {episode.page_url for episode in episodes}
    for episode in episodes:
        item = items[episode.page_url]
        stated = (item.facts.title, item.facts.published, item.facts.description, item.facts.duration)
        assert stated == (episode.title, episode.published, episode.description, episode.duration), episode.id
        assert item.enclosure == episode.audio_url
        assert all((feed.parent / place).is_file() for place in (*item.transcripts, item.chapters_at))


def test_the_archive_comes_in_every_shape_there_is() -> None:
    sources = [source for source in find([ARCHIVE]) if isinstance(source, Source)]
    shapes = {reading.format for source in sources for reading in read(source)}

    assert shapes >= {"changelog", "page", "webvtt", "subrip", "podcast_json", "whisper", "json_chapters", "podlove"}


@pytest.mark.parametrize("slug", SLUGS)
def test_an_episode_says_what_a_listener_looks_for(slug: str) -> None:
    episode = archive()[slug].episode

    assert episode.podcast_title in ("Bytecode at Breakfast", "Found in the Feed")
    assert episode.title != slug
    assert episode.published
    assert episode.description
    assert episode.language == "en"
    assert episode.page_url == f"https://{episode.page_url.split('/')[2]}/{slug}"  # type: ignore[union-attr]
    assert episode.audio_url.split("/")[2].endswith("example.org")  # type: ignore[union-attr]


@pytest.mark.parametrize("slug", SLUGS)
def test_chapters_start_at_zero_go_forward_and_end_before_the_episode_does(slug: str) -> None:
    episode = archive()[slug].episode
    starts = [chapter.start for chapter in episode.chapters]

    assert len(starts) >= 7
    assert starts[0] == 0
    assert starts == sorted(set(starts))
    assert starts[-1] < episode.duration
    assert any(chapter.kind == "sponsor" for chapter in episode.chapters)


@pytest.mark.parametrize("slug", [slug for slug in SLUGS if not list(ARCHIVE.glob(f"*/{slug}/*.md"))])
def test_cues_are_short_and_never_overlap(slug: str) -> None:
    cues = [(stamp.seconds, stamp.until) for stamp in archive()[slug].transcript.stamps if stamp.kind == "cue"]

    assert len(cues) > 100
    assert all(0.5 <= round(until - start, 3) <= 7.5 for start, until in cues)
    assert all(round(before[1] - after[0], 3) <= 0 for before, after in pairwise(cues))
    assert cues[-1][1] < archive()[slug].episode.duration


@pytest.mark.parametrize("transcript", MARKDOWN, ids=lambda path: path.stem)
def test_stamps_go_forward_and_end_before_the_episode_does(transcript: Path) -> None:
    times = stamps(transcript.read_text("utf-8"))

    assert len(times) >= 8
    assert times == sorted(times)
    assert times[-1] < archive()[transcript.stem].episode.duration


def test_the_page_holds_the_same_words_as_the_labelled_text_without_the_speakers() -> None:
    [page] = ARCHIVE.glob("*/*/page.txt")
    [labelled] = page.parent.glob("*.md")
    paragraphs = re.sub(r"\*\*[^*]+?:\*\* |\*\*(?=Break)|(?<=Break)\*\*", "", labelled.read_text("utf-8")).split("\n\n")
    transcript = page.read_text("utf-8").split("\nTranscript\n")[1].splitlines()[1:-1]

    assert [words(STAMP.sub("", line)) for line in transcript] == [words(STAMP.sub("", line)) for line in paragraphs]
    assert [int(time) for time in stamps("\n".join(transcript))] == [
        int(time) for time in stamps("\n".join(paragraphs))
    ]


def test_the_chapters_of_the_page_follow_each_other_to_the_end() -> None:
    [page] = ARCHIVE.glob("*/*/page.txt")
    rows = re.findall(r"(?m)^(\d+) \| ([\d:]+) \| (.+) \| ([\d:]+) \|$", page.read_text("utf-8"))
    starts = [parse(start) or 0.0 for _, start, _, _ in rows]
    ends = [start + (parse(length) or 0.0) for start, (_, _, _, length) in zip(starts, rows, strict=True)]

    assert [int(number) for number, *_ in rows] == list(range(1, 15))
    assert ends == [*starts[1:], archive()[page.parent.name].episode.duration]


@pytest.mark.parametrize("captions", sorted(ARCHIVE.glob("*/*/*.vtt")), ids=lambda path: path.stem)
def test_nobody_speaks_during_a_sponsor_chapter_of_the_captions(captions: Path) -> None:
    prepared = archive()[captions.stem]
    [sponsor] = [chapter for chapter in prepared.episode.chapters if chapter.kind == "sponsor"]
    starts = [stamp.seconds for stamp in prepared.transcript.stamps]

    assert not [time for time in starts if sponsor.start <= time < sponsor.end - 0.001]
    assert any(abs(time - sponsor.end) < 0.001 for time in starts)


def test_one_question_in_ten_has_its_answer_by_who_says_it() -> None:
    names = {
        name
        for prepared in archive().values()
        for turn in prepared.transcript.turns
        for name in words(turn.speaker or "")
    }

    assert sum(not names.isdisjoint(words(question["query"])) for question in QUESTIONS) >= len(QUESTIONS) / 10


def test_every_episode_is_asked_about() -> None:
    assert {episode_of(question).rpartition("/")[2] for question in QUESTIONS} == set(SLUGS)


@pytest.mark.parametrize("question", QUESTIONS, ids=lambda question: question["id"])
def test_a_question_has_its_answer_in_one_place_and_is_not_copied_from_it(question: dict) -> None:
    prepared = archive()[episode_of(question).rpartition("/")[2]]
    answer = passage(question)

    assert prepared.episode.id == episode_of(question)
    assert len(words(answer)) >= 8
    assert runs(question["query"], COPIED).isdisjoint(runs(answer, COPIED))
    if "text" in question:
        assert f" {' '.join(words(prepared.transcript.text))} ".count(f" {' '.join(words(answer))} ") == 1


def test_no_question_is_asked_twice() -> None:
    for key in ("id", "query"):
        assert len({question[key] for question in QUESTIONS}) == len(QUESTIONS)
