"""The demo archive is sound by itself: what a first run ingests must never be what breaks it."""

from __future__ import annotations

import json
import re
import tomllib
from itertools import pairwise
from pathlib import Path

import pytest

from playhead.text import words
from playhead.timestamps import parse, parse_frames

ARCHIVE = Path(__file__).parent.parent / "data" / "transcripts"
EPISODES = sorted(sheet.parent for sheet in ARCHIVE.glob("*/*/episode.toml"))
MARKDOWN = sorted(ARCHIVE.glob("*/*/*.md"))

STAMP = re.compile(r"\\?\[(\d[\d:]*)(?:\.(\d\d))?\\?\]")
CUE = re.compile(r"([\d:.]+) --> ([\d:.]+)\n(?:<v [^>]+>)?(.+?)(?:\n\n|\Z)", re.DOTALL)


def stamps(text: str) -> list[float]:
    found = [parse_frames(clock, frames or None) for clock, frames in STAMP.findall(text)]
    return [seconds for seconds in found if seconds is not None]


def by_name(episode: Path) -> str:
    return episode.name


@pytest.mark.parametrize("episode", EPISODES, ids=by_name)
def test_an_episode_has_a_sheet_a_transcript_and_enough_to_say(episode: Path) -> None:
    sheet = tomllib.loads((episode / "episode.toml").read_text("utf-8"))

    assert {"podcast", "title", "published", "page_url", "audio_url", "description", "language"} <= sheet.keys()
    assert sheet["audio_url"].split("/")[2].endswith("example.org")
    [transcript] = [*episode.glob("*.md"), *episode.glob("*.vtt")]
    said = transcript.read_text("utf-8")
    assert len(words(re.sub(r"(?m)^(\d+|[\d:.]+ --> .*|NOTE.*|WEBVTT)$|<v [^>]+>|\*\*.+?\*\*", " ", said))) >= 1500


@pytest.mark.parametrize("transcript", MARKDOWN, ids=lambda path: path.stem)
def test_stamps_go_forward_and_end_before_the_episode_does(transcript: Path) -> None:
    times = stamps(transcript.read_text("utf-8"))
    sheet = tomllib.loads((transcript.parent / "episode.toml").read_text("utf-8"))

    assert len(times) >= 8
    assert times == sorted(times)
    assert times[-1] < sheet["duration"]


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
    sheet = tomllib.loads((page.parent / "episode.toml").read_text("utf-8"))
    starts = [parse(start) or 0.0 for _, start, _, _ in rows]
    ends = [start + (parse(length) or 0.0) for start, (_, _, _, length) in zip(starts, rows, strict=True)]

    assert [int(number) for number, *_ in rows] == list(range(1, 15))
    assert ends == [*starts[1:], sheet["duration"]]


@pytest.mark.parametrize("path", sorted(ARCHIVE.glob("*/*/chapters.json")), ids=lambda path: path.parent.name)
def test_json_chapters_start_at_zero_and_go_forward(path: Path) -> None:
    chapters = json.loads(path.read_text("utf-8"))
    starts = [chapter["startTime"] for chapter in chapters["chapters"]]

    assert chapters["version"] == "1.2.0"
    assert starts[0] == 0
    assert starts == sorted(set(starts))
    assert all(chapter["title"] for chapter in chapters["chapters"])


def test_cues_last_two_to_seven_seconds_and_never_overlap() -> None:
    [captions] = ARCHIVE.glob("*/*/*.vtt")
    cues = [(parse(start), parse(end), said) for start, end, said in CUE.findall(captions.read_text("utf-8"))]

    assert len(cues) > 100
    assert all(2.0 <= round(end - start, 3) <= 7.0 for start, end, _ in cues)
    assert all(before[1] <= after[0] for before, after in pairwise(cues))


def test_nobody_speaks_during_a_sponsor_chapter_of_the_captions() -> None:
    [captions] = ARCHIVE.glob("*/*/*.vtt")
    chapters = json.loads((captions.parent / "chapters.json").read_text("utf-8"))["chapters"]
    [sponsor] = [number for number, chapter in enumerate(chapters) if chapter["title"].startswith("Sponsor")]
    start, end = chapters[sponsor]["startTime"], chapters[sponsor + 1]["startTime"]
    starts = [parse(start) or 0.0 for start, _, _ in CUE.findall(captions.read_text("utf-8"))]

    assert not [time for time in starts if start <= time < end - 0.001]
    assert any(abs(time - end) < 0.001 for time in starts)


def test_every_question_points_at_a_passage_that_is_there() -> None:
    questions = [json.loads(line) for line in (ARCHIVE / "questions.jsonl").read_text("utf-8").splitlines()]

    assert len({question["id"] for question in questions}) == len(questions) >= 12
    for question in questions:
        paragraphs = (ARCHIVE / question["file"]).read_text("utf-8").split("\n\n")
        passage = " ".join(paragraphs[question["first"] : question["last"] + 1])
        assert 0 <= question["first"] <= question["last"] < len(paragraphs), question["id"]
        assert len(words(passage)) >= 8, question["id"]
