"""1,457 real transcripts and a real episode page: nothing anybody said is lost."""

from __future__ import annotations

import html
import re
from collections import Counter
from pathlib import Path

import pytest

from ingest.files import read_text
from ingest.folders import find
from ingest.formats import read, recognise
from ingest.sources import Source
from playhead.text import clean

pytestmark = pytest.mark.shared

WORD = re.compile(r"[^\W_]+")
# This is a second, cruder reading of the files, so that the parser is not held against itself.
LABEL = re.compile(
    r"\*\*[^*\n]{1,80}?\s?(?:: ?\*\*|\*\* ?:)|^# \*\*[^*\n]+\*\*.*$|^(?:Break|Outro|Sample):", re.MULTILINE
)
TARGET = re.compile(r"\]\((?:[^()\s]|\([^()\s]*\))*\)")
TIME = re.compile(r"\[[^\[\]\n]{0,400}\d\s?(?:\*\*)?:[\s*]{0,3}\d[^\[\]\n]{0,30}(?:\]|$)", re.MULTILINE)
CLOCK = re.compile(r"[\d:.* ]*\d(?:\]|$)")
TAG = re.compile(r"</?(?:strike|pre|sup|br|a)\b[^>\n]*>")
GLUED_TIME = re.compile(r"(?<=unintelligible)(?=\d)")
TO = re.compile(r"(?<=\]) to (?=\[)")
RUN_TOGETHER = ("js-party-211.md", "changelog-news-59.md")
"""Two files where only markup parts two words: ``let`s``, ``[The Changelog](...)Adam``."""


def crude_words(text: str) -> Counter[str]:
    """The words of a file but its labels, times, link targets and tags."""
    text = text.replace("\\", "")
    text = TARGET.sub("] ", text)
    text = TO.sub(" ", text)
    text = TIME.sub(lambda bracket: CLOCK.sub("]", bracket.group()), text)
    text = LABEL.sub(" ", TAG.sub(" ", text))
    return Counter(WORD.findall(clean(html.unescape(text))))


def test_no_word_and_no_time_of_1457_transcripts_is_lost_or_invented(shared: Path) -> None:
    files = sorted((shared / "changelog").glob("*/*.md"))
    assert len(files) == 1457
    unread = 0
    for path in files:
        text = read_text(path)
        reading = read(text, path.name)
        assert reading.format == "changelog"
        assert reading.transcript is not None
        unread += len(reading.problems)
        if path.name not in RUN_TOGETHER:
            found = Counter(WORD.findall(reading.transcript.text))
            named = WORD.findall(" ".join(turn.speaker or "" for turn in reading.transcript.turns))
            assert set(crude_words(text) - found) <= {*named, "Break"}, f"lost in {path.name}"
            parted = GLUED_TIME.sub(" ", html.unescape(text.replace("\\", "")))
            invented = found - Counter(WORD.findall(clean(parted)))
            assert not invented, path.name
        transcript = reading.transcript
        times = [stamp.seconds for stamp in transcript.stamps]
        times += [time for pause in transcript.breaks for time in (pause.start, pause.end) if time is not None]
        assert len(times) == len(TIME.findall(text.replace("\\", ""))) - len(reading.problems), path.name
    assert unread <= 1


def test_the_real_page_has_its_chapters_its_breaks_and_every_paragraph(shared: Path) -> None:
    text = read_text(shared / "seed-episode" / "page.txt")
    reading = read(text, "page.txt")
    assert reading.transcript is not None
    assert [chapter.number for chapter in reading.chapters] == list(range(1, 25))
    assert [chapter.number for chapter in reading.chapters if chapter.kind == "sponsor"] == [2, 11, 12, 19]
    assert [(round(pause.start or 0, 2), pause.kind) for pause in reading.transcript.breaks] == [
        (1304.53, "break"),
        (3146.93, "break"),
        (5048.4, "sample"),
    ]
    assert len(reading.transcript.turns) == 208
    assert reading.problems == ()
    assert reading.facts.duration == 5211
    assert reading.facts.description is not None
    assert reading.facts.description.startswith("Jerod is joined by")


def test_the_labelled_text_and_the_page_say_the_same_words(shared: Path) -> None:
    page, labelled = (
        read(read_text(shared / "seed-episode" / name), name).transcript
        for name in ("page.txt", "the-changelog-611.md")
    )
    assert page is not None
    assert labelled is not None
    assert WORD.findall(page.text.replace("’", "'")) == WORD.findall(labelled.text)
    assert {turn.speaker for turn in labelled.turns} == {"Jerod Santo", "Pablo Galindo", "Łukasz Langa"}


def test_481_episodes_are_found_at_once_and_in_their_natural_order(shared: Path) -> None:
    sources = list(find([shared / "changelog" / "podcast"], "The Changelog"))
    assert len(sources) == 481
    assert all(isinstance(source, Source) for source in sources)
    titles = [source.title for source in sources if isinstance(source, Source)]
    assert titles.index("the-changelog-200") < titles.index("the-changelog-611")
    assert [source.podcast for source in sources[:1] if isinstance(source, Source)] == ["the-changelog"]


READ_AS = {
    "bitcoin-md": {"named_turns"},
    "json-chapters": {"json_chapters"},
    "pc20-json-transcript": {"podcast_json", "whisper"},
    "psc": {"rss"},
    "rss-podcast-ns": {"rss"},
    "srt": {"subrip"},
    "srt-nasty": {"subrip"},
    "teams-vtt": {"webvtt"},
    "vtt": {"webvtt"},
    "vtt-nasty": {"webvtt"},
    "whisper-json": {"whisper"},
    "whisperx": {"whisper"},
    "youtube-vtt": {"webvtt"},
    "zoom-vtt": {"webvtt"},
}


@pytest.mark.parametrize("folder", READ_AS)
def test_a_published_file_is_taken_for_what_it_is(shared: Path, folder: str) -> None:
    paths = sorted((shared / "samples" / folder).iterdir())
    assert paths
    assert {recognise(read_text(path), path.name).name for path in paths} == READ_AS[folder]


def test_published_show_notes_are_not_taken_for_a_transcript(shared: Path) -> None:
    for path in sorted((shared / "samples" / "shownotes-md").iterdir()):
        assert recognise(read_text(path), path.name).role == "notes"


def test_a_list_of_feeds_is_not_taken_for_a_transcript(shared: Path) -> None:
    for path in sorted((shared / "samples" / "opml").iterdir()):
        assert recognise(read_text(path), path.name).role == "feeds"
