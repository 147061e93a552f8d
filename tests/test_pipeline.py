"""An ingest, from files to answers: what is added, passed over, kept and reported."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from ingest.folders import find
from ingest.pipeline import Added, Published, Skipped, Unchanged, ingest, rehearse
from playhead.library import Library, open_library
from playhead.query import Query
from playhead.settings import Settings
from tests.conftest import ROOT
from tests.doubles import HashingEmbedder

DEMO = ROOT / "data" / "transcripts"
SLOW_LANE = "bytecode-at-breakfast/one-thread-in-the-slow-lane"

PLAIN = """**Ada Moss:** Good morning. Today is about tea, kettles and nothing else at all.

**Grace Okoye:** \\[01:30\\] The kettle is the oldest machine in the house, and it has never crashed.
"""


@pytest.fixture
def library(tmp_path: Path) -> Iterator[Library]:
    opened = open_library(Settings(engine=f"embedded:{tmp_path}/index"), writing=True, embedder=HashingEmbedder())
    yield opened
    opened.close()


def run(library: Library, *paths: Path, podcast: str | None = None, rebuild: bool = False) -> list:
    return list(ingest(find(paths, podcast), library, rebuild=rebuild))


def test_the_demo_archive_is_read_whole_and_answers(library: Library):
    events = run(library, DEMO)

    assert [type(event) for event in events[-1:]] == [Published]
    assert not [event for event in events if isinstance(event, Skipped)]
    found = library.search(Query("why does one thread run slower without the lock"))
    assert found.excerpts[0].episode.id == SLOW_LANE


def test_a_second_run_changes_nothing(library: Library):
    run(library, DEMO)
    before = library.engine.describe()

    events = run(library, DEMO)

    assert {type(event) for event in events} == {Unchanged, Published}
    assert library.engine.describe().revision == before.revision


def test_a_file_that_changed_is_read_again(library: Library, tmp_path: Path):
    (tmp_path / "show").mkdir()
    file = tmp_path / "show" / "one.md"
    file.write_text(PLAIN, "utf-8")
    run(library, tmp_path / "show")
    file.write_text(PLAIN.replace("kettle", "teapot"), "utf-8")

    events = run(library, tmp_path / "show")

    assert isinstance(events[0], Added)
    assert "teapot" in library.search(Query("teapot")).excerpts[0].segment.text
    assert library.engine.describe().episodes == 1


def test_only_new_words_are_embedded(library: Library, tmp_path: Path):
    """An archive read again by a better reader costs no second embedding."""
    run(library, DEMO)
    asked: list[str] = []

    class Counting(HashingEmbedder):
        def passages(self, texts):
            asked.extend(texts)
            return super().passages(texts)

    library.embedder = Counting()
    run(library, DEMO, rebuild=True)

    assert asked == []


def test_one_bad_transcript_is_reported_and_passed_over(library: Library, tmp_path: Path):
    show = tmp_path / "show"
    show.mkdir()
    (show / "1-good.md").write_text(PLAIN, "utf-8")
    (show / "2-empty.md").write_text("", "utf-8")
    (show / "3-unknown.md").write_text("Just a paragraph that nobody says.", "utf-8")
    (show / "4-binary.vtt").write_bytes(bytes(range(256)) * 8)
    (show / "5-good.md").write_text(PLAIN.replace("tea", "coffee"), "utf-8")

    events = run(library, show)

    skipped = [event for event in events if isinstance(event, Skipped)]
    assert [event.source.name.rpartition("/")[2] for event in events if isinstance(event, Added)] == [
        "1-good.md",
        "5-good.md",
    ]
    assert len(skipped) == 3
    for event, name in zip(skipped, ["2-empty.md", "3-unknown.md", "4-binary.vtt"], strict=True):
        assert name in str(event.error)
        assert "\n" not in str(event.error)


def test_an_episode_of_page_and_labelled_text_has_the_speakers_of_one_and_the_chapters_of_the_other(library: Library):
    run(library, DEMO)

    episode, transcript = library.view().episode(SLOW_LANE), library.view().transcript(SLOW_LANE)

    assert episode is not None
    assert transcript is not None
    assert len(episode.chapters) == 14
    assert all(turn.speaker for turn in transcript.turns)
    assert {chapter.number for chapter in episode.chapters if chapter.span is None} == {1, 2, 8, 14}
    assert all(turn.time.start is not None and turn.time.error is not None for turn in transcript.turns)


def test_a_poorer_source_takes_nothing_away(library: Library, tmp_path: Path):
    """The same episode as a bare labelled file: its chapters, speakers and links stay."""
    run(library, DEMO)
    rich = library.view().episode(SLOW_LANE)
    bare = tmp_path / "bare"
    bare.mkdir()
    shutil.copy(DEMO / SLOW_LANE / "one-thread-in-the-slow-lane.md", bare)

    events = run(library, bare, podcast="Bytecode at Breakfast")
    poor = library.view().episode(SLOW_LANE)

    assert isinstance(events[0], Added)
    assert rich is not None
    assert poor is not None
    assert [chapter.title for chapter in poor.chapters] == [chapter.title for chapter in rich.chapters]
    assert (poor.title, poor.published, poor.audio_url) == (rich.title, rich.published, rich.audio_url)


def test_a_source_without_speakers_takes_none_away(library: Library, tmp_path: Path):
    run(library, DEMO)
    bare = tmp_path / "bare"
    bare.mkdir()
    shutil.copy(DEMO / SLOW_LANE / "page.txt", bare / "one-thread-in-the-slow-lane.txt")

    run(library, bare, podcast="Bytecode at Breakfast")

    transcript = library.view().transcript(SLOW_LANE)
    assert transcript is not None
    assert sum(turn.speaker is not None for turn in transcript.turns) == len(transcript.turns)


def test_other_words_under_the_same_name_are_refused_rather_than_written_over(library: Library, tmp_path: Path):
    run(library, DEMO)
    before = library.view().transcript(SLOW_LANE)
    bare = tmp_path / "bare"
    bare.mkdir()
    text = (DEMO / SLOW_LANE / "page.txt").read_text("utf-8")
    head, _, _ = text.partition("Play the audio")
    other = "".join(f"Nothing here was said before, number {number}, about boats.\n" for number in range(80))
    (bare / "one-thread-in-the-slow-lane.txt").write_text(
        f"{head}Play the audio to listen along while you enjoy the transcript.\n{other}", "utf-8"
    )

    (event, _) = run(library, bare, podcast="Bytecode at Breakfast")

    assert isinstance(event, Skipped)
    assert "playhead remove" in str(event.error)
    assert library.view().transcript(SLOW_LANE) == before


def test_a_namesake_from_another_season_does_not_take_an_episode_s_place(library: Library, tmp_path: Path):
    for season, text in (
        ("season1", PLAIN),
        ("season2", (DEMO / SLOW_LANE / "one-thread-in-the-slow-lane.md").read_text()),
    ):
        (tmp_path / season).mkdir()
        (tmp_path / season / "ep1.md").write_text(text, "utf-8")

    first = run(library, tmp_path / "season1", podcast="Show")
    second = run(library, tmp_path / "season2", podcast="Show")

    assert isinstance(first[0], Added)
    assert isinstance(second[0], Skipped)
    assert "playhead remove show/ep1" in str(second[0].error)
    assert "kettle" in (library.view().transcript("show/ep1") or pytest.fail("gone")).text


def test_two_episodes_in_one_folder_are_not_taken_for_one(library: Library, tmp_path: Path):
    mixed = tmp_path / "mixed"
    mixed.mkdir()
    shutil.copy(DEMO / SLOW_LANE / "page.txt", mixed)
    (mixed / "other.md").write_text(PLAIN, "utf-8")

    (event, _) = run(library, mixed)

    assert isinstance(event, Skipped)
    assert "not of one episode" in str(event.error)


def test_a_rehearsal_reads_everything_and_keeps_nothing(tmp_path: Path):
    events = list(rehearse(find([DEMO])))

    assert [type(event) for event in events] == [Added] * len(list(DEMO.glob("*/*/")))
    assert sum(event.segments for event in events) > 40


def test_reading_ahead_in_other_processes_changes_nothing(library: Library, tmp_path: Path):
    """The same events in the same order; an episode that comes twice still finds what the first said."""
    show = tmp_path / "show"
    show.mkdir()
    for number in range(9):
        (show / f"{number}.md").write_text(PLAIN.replace("kettle", f"kettle{number}"), "utf-8")
    (show / "4.md").write_text("", "utf-8")
    bare = tmp_path / "bare"
    bare.mkdir()
    shutil.copy(DEMO / SLOW_LANE / "one-thread-in-the-slow-lane.md", bare / "one-thread-in-the-slow-lane.md")
    sources = [*find([show, DEMO]), *find([bare], "Bytecode at Breakfast")]

    events = list(ingest(sources, library, jobs=2))
    again = list(ingest(sources[:-1], library, jobs=2))

    assert [event.source for event in events if not isinstance(event, Published)] == sources
    assert [type(event) for event in events].count(Skipped) == 1
    assert len((library.view().episode(SLOW_LANE) or pytest.fail("gone")).chapters) == 14
    assert [type(event) for event in again].count(Unchanged) == len(sources) - 3


def test_an_episode_without_any_time_has_none_and_says_so(library: Library, tmp_path: Path):
    (tmp_path / "show").mkdir()
    (tmp_path / "show" / "one.md").write_text(PLAIN.replace("\\[01:30\\] ", ""), "utf-8")
    run(library, tmp_path / "show")

    excerpt = library.search(Query("kettle")).excerpts[0]

    assert excerpt.segment.time.start is None
    assert excerpt.segment.time.source == "none"
    assert excerpt.links.play is None


def test_a_file_whose_name_is_not_utf_8_is_ingested_like_any_other(library: Library, tmp_path: Path):
    """On Linux a name is bytes; an archive unpacked from an old machine has Latin-1 in it."""
    (tmp_path / "show").mkdir()
    (tmp_path / "show" / os.fsdecode(b"caf\xe9.md")).write_text(PLAIN, "utf-8")

    events = run(library, tmp_path / "show")

    assert isinstance(events[0], Added)
    assert library.search(Query("kettle")).excerpts[0].episode.title == "caf\ufffd"
