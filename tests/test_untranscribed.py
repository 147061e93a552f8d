"""Episodes nobody has transcribed yet: listed, found by title and notes, and never taken for speech."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from ingest.folders import find
from ingest.pipeline import Added, Skipped, Unchanged, ingest
from ingest.segmenting import split
from playhead.library import Library, open_library
from playhead.model import NO_TIME, Episode, Transcript
from playhead.query import EVERYTHING, Filters, Query
from playhead.settings import Settings
from playhead.text import words
from tests.doubles import HashingEmbedder

CUES = """WEBVTT

00:00:02.000 --> 00:00:06.000
<v Ada Marsh>The lighthouse went dark in the storm of ninety-one.

00:00:07.000 --> 00:00:12.000
<v Ben Quay>And the keeper rowed out with a lantern between his teeth.
"""
ABOUT = "Ada and Ben on the lighthouse that went dark.\nWith a recipe for tar."


def item(number: int, title: str, about: str = "", *tags: str) -> str:
    return (
        f'<item><title>{title}</title><guid isPermaLink="false">nh-{number}</guid>'
        f"<description>{about}</description><pubDate>Tue, 08 Oct 2024 10:00:00 GMT</pubDate>"
        f'<enclosure url="https://harbour.example.org/{number}.mp3" type="audio/mpeg"/>{"".join(tags)}</item>'
    )


def feed(*items: str) -> str:
    return (
        '<rss xmlns:podcast="https://podcastindex.org/namespace/1.0"><channel>'
        f"<title>Night Harbour</title>{''.join(items)}</channel></rss>"
    )


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    place = tmp_path / "harbour"
    place.mkdir()
    return place


@pytest.fixture
def library(tmp_path: Path) -> Iterator[Library]:
    opened = open_library(Settings(engine=f"embedded:{tmp_path}/index"), writing=True, embedder=HashingEmbedder())
    yield opened
    opened.close()


def run(library: Library, *paths: Path) -> list:
    return list(ingest(find(paths), library))[:-1]


def known(library: Library, episode_id: str) -> tuple[Episode, Transcript]:
    view = library.view()
    episode, transcript = view.episode(episode_id), view.transcript(episode_id)
    assert episode is not None
    assert transcript is not None
    return episode, transcript


def test_an_item_of_a_feed_without_a_transcript_is_an_episode_with_what_the_feed_says_of_it(
    library: Library, folder: Path
):
    (folder / "feed.xml").write_text(feed(item(1, "The dark lighthouse", ABOUT)))

    (added,) = run(library, folder)
    episode, transcript = known(library, "night-harbour/nh-1")

    assert isinstance(added, Added)
    assert not added.transcribed
    assert (episode.title, episode.description, str(episode.published)) == ("The dark lighthouse", ABOUT, "2024-10-08")
    assert episode.audio_url == "https://harbour.example.org/1.mp3"
    assert (episode.transcribed, transcript) == (False, Transcript("", ()))
    assert [each.transcribed for each in library.view().episodes(EVERYTHING)] == [False]
    assert library.engine.describe().untranscribed == 1


def test_a_second_look_at_the_feed_changes_nothing(library: Library, folder: Path):
    (folder / "feed.xml").write_text(feed(item(1, "The dark lighthouse", ABOUT), item(2, "Rain")))
    run(library, folder)

    assert [type(event) for event in run(library, folder)] == [Unchanged, Unchanged]


def test_sound_beside_no_transcript_is_an_episode_with_the_chapters_and_the_sheet_that_lie_there(
    library: Library, folder: Path
):
    (folder / "tides.mp3").write_bytes(b"\xff\xfb")
    (folder / "tides.chapters.json").write_text('{"version": "1.2.0", "chapters": [{"startTime": 9, "title": "Neap"}]}')
    (folder / "tides.episode.toml").write_text('title = "Tides"\ndescription = "What the moon pulls at."')

    run(library, folder)
    episode, _ = known(library, "harbour/tides")

    assert (episode.title, episode.transcribed) == ("Tides", False)
    assert episode.audio_file == str(folder / "tides.mp3")
    assert [(chapter.title, chapter.start, chapter.span) for chapter in episode.chapters] == [("Neap", 9.0, None)]
    assert library.search(Query("what does the moon pull")).excerpts[0].episode.id == "harbour/tides"


@pytest.mark.parametrize("question", ["dark lighthouse", "a recipe for tar"])
def test_it_is_found_by_its_title_and_by_its_notes_which_say_that_they_are_notes(
    library: Library, folder: Path, question: str
):
    (folder / "feed.xml").write_text(feed(item(1, "The dark lighthouse", ABOUT)))
    run(library, folder)

    (excerpt,) = library.search(Query(question)).excerpts
    segment = excerpt.segment

    assert segment.kind == "notes"
    assert segment.text == excerpt.episode.notes[slice(*segment.span)]
    assert segment.text[slice(*excerpt.answer.span)] == excerpt.answer.text
    assert (segment.time, excerpt.answer.time) == (NO_TIME, NO_TIME)
    assert (segment.turns, segment.speakers, segment.chapter) == ((), (), None)
    assert excerpt.citation == "Night Harbour: The dark lighthouse, show notes"
    assert excerpt.links.play == "https://harbour.example.org/1.mp3"
    assert excerpt.links.read == "/episodes/night-harbour/nh-1#notes"


def test_notes_answer_no_question_of_what_somebody_says(library: Library, folder: Path):
    (folder / "feed.xml").write_text(feed(item(1, "Ada Marsh on the lighthouse", ABOUT)))
    run(library, folder)

    assert library.search(Query("lighthouse", Filters(speaker=("Ada Marsh",)))).excerpts == ()
    assert library.search(Query("lighthouse", Filters(chapter=("Hello",)))).excerpts == ()


def test_what_is_said_comes_before_notes_that_name_the_same(library: Library, folder: Path):
    """However close the notes are to the question: here they are the question."""
    (folder / "told.vtt").write_text(CUES)
    (folder / "feed.xml").write_text(
        feed(*(item(n, "Why the lighthouse went dark in the storm", ABOUT + str(n)) for n in range(12)))
    )
    run(library, folder)

    found = library.search(Query("Why the lighthouse went dark in the storm", limit=5))

    assert found.excerpts[0].episode.id == "harbour/told"
    assert [each.score for each in found.excerpts] == sorted((each.score for each in found.excerpts), reverse=True)


def test_a_transcript_that_comes_later_takes_the_place_of_the_notes(library: Library, folder: Path):
    (folder / "feed.xml").write_text(feed(item(1, "The dark lighthouse", ABOUT)))
    run(library, folder)
    (folder / "1.vtt").write_text(CUES)

    (added,) = run(library, folder)
    episode, transcript = known(library, "night-harbour/nh-1")

    assert added.transcribed
    assert (episode.transcribed, episode.title, episode.description) == (True, "The dark lighthouse", ABOUT)
    assert [turn.speaker for turn in transcript.turns] == ["Ada Marsh", "Ben Quay"]
    assert {each.segment.kind for each in library.search(Query("the dark lighthouse and its tar")).excerpts} == {
        "content"
    }
    assert (library.engine.describe().episodes, library.engine.describe().untranscribed) == (1, 0)


def test_a_feed_that_names_no_transcript_takes_none_away(library: Library, folder: Path):
    (folder / "feed.xml").write_text(feed(item(1, "The dark lighthouse", ABOUT)))
    (folder / "1.vtt").write_text(CUES)
    run(library, folder)
    before = known(library, "night-harbour/nh-1")
    passages = sorted(segment.id for segment in spoken(library))
    (folder / "1.vtt").unlink()

    (added,) = run(library, folder)
    episode, transcript = known(library, "night-harbour/nh-1")

    assert added.transcribed
    assert (replace(episode, fingerprint=""), transcript) == (replace(before[0], fingerprint=""), before[1])
    assert sorted(segment.id for segment in spoken(library)) == passages


def spoken(library: Library) -> list:
    return [each.segment for each in library.search(Query("lighthouse keeper lantern", limit=50)).excerpts]


def test_a_feed_and_a_transcript_of_its_episode_in_one_run_are_one_episode(library: Library, folder: Path):
    apart = folder.parent / "transcripts"
    apart.mkdir()
    (folder / "feed.xml").write_text(feed(item(1, "The dark lighthouse", ABOUT)))
    (apart / "nh-1.vtt").write_text(CUES)
    (apart / "nh-1.episode.toml").write_text('podcast = "Night Harbour"')

    for paths in ((folder, apart), (apart, folder)):
        assert not [event for event in run(library, *paths) if isinstance(event, Skipped)]
        episode, transcript = known(library, "night-harbour/nh-1")
        assert (episode.transcribed, episode.title, len(transcript.turns)) == (True, "The dark lighthouse", 2)


def test_an_item_without_a_guid_is_called_as_its_sound_is_so_that_a_transcript_finds_it(library: Library, folder: Path):
    bare = item(7, "The dark lighthouse").replace('<guid isPermaLink="false">nh-7</guid>', "")
    (folder / "feed.xml").write_text(feed(bare))
    run(library, folder)
    assert not known(library, "night-harbour/7")[0].transcribed
    (folder / "7.vtt").write_text(CUES)
    run(library, folder)
    assert known(library, "night-harbour/7")[0].transcribed


def test_long_notes_are_cut_like_speech_with_no_word_lost_and_all_behind_the_title():
    about = "\n".join(f"Point {n}: the tide of the {n}th night, and who was out in it." for n in range(80))
    episode = Episode(
        "h/1", "h", "H", "The nights", description=about, fingerprint="1", transcribed=False,
    )  # fmt: skip
    segments = split(episode, Transcript("", ()))

    assert len(segments) > 5
    assert [word for segment in segments for word in words(segment.text)] == words(episode.notes)
    assert all(episode.notes[slice(*segment.span)] == segment.text for segment in segments)
    assert all(segment.passage.startswith("The nights") for segment in segments)
    assert len({segment.id for segment in segments}) == len(segments)
