"""An episode's chapters: which of several places counts, what is passed over, and what show notes are read as."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from ingest.folders import find
from ingest.precedence import ORDER, choose
from ingest.preparing import Prepared, prepare
from ingest.reading import Reading
from ingest.sources import Source, Unreadable
from playhead.model import Chapter
from tests.test_sound_files import chap, silence, tag

WORDS = "\n\n".join(
    f"**{name}:** \\[{minute:02}:00\\] The tide of minute {minute} is in, and it turns at the stones."
    for minute, name in enumerate(("Mara", "Ojo") * 10)
)
CHAPTERS = '{"version": "1.2.0", "chapters": [{"startTime": 0, "title": "File"}, {"startTime": 60, "title": "Two"}]}'
NOTES = "We talk of ropes at 4:15.\n\n* [0:00](#t=0) Notes\n* [4:15](#t=255) Ropes\n* [9:30](#t=570) Bells\n"
SHEET = 'podcast = "Tides"\ndescription = """\nAll about ropes.\n\n0:00 Described\n5:01 Knots\n12:00 Bells\n"""\n'


def folder(path: Path, **files: str | bytes) -> Path:
    path.mkdir(exist_ok=True)
    for name, content in files.items():
        place = path / name.replace("__", ".")
        place.write_bytes(content if isinstance(content, bytes) else content.encode())
    return path


def sources(path: Path) -> list[Source]:
    found = list(find([path]))
    assert [str(each.error) for each in found if isinstance(each, Unreadable)] == []
    return [each for each in found if isinstance(each, Source)]


def prepared(path: Path) -> Prepared:
    [source] = sources(path)
    return prepare(source)


def titles(episode: Prepared) -> list[str]:
    return [chapter.title for chapter in episode.episode.chapters]


def stated(kind: str, *names: str) -> Reading:
    return Reading(kind, chapters=tuple(Chapter(n, name, 60.0 * n, source=kind) for n, name in enumerate(names)))


PLACES = {
    "sheet": stated("sheet", "sheet"),
    "chapters": stated("json_chapters", "file"),
    "feed": stated("rss", "feed", "b", "c", "d"),
    "sound": stated("sound", "sound", "b"),
    "page": stated("page", "page", "b", "c"),
    "transcript": stated("changelog", "transcript", "b", "c", "d", "e"),
    "notes": stated("notes", "notes", "b", "c", "d", "e", "f"),
}
LISTED = "0:00 description\n1:00 b\n2:00 c"


def test_the_first_place_that_has_chapters_counts_however_many_others_have() -> None:
    readings = list(reversed(PLACES.values()))

    for place in ORDER:
        choice = choose(readings, LISTED)
        assert choice.chapters[0].title in (place, "file")
        assert len(choice.passed_over) == len(readings)
        readings = [reading for reading in readings if reading is not PLACES.get(place)]
    assert choose([], None).chapters == ()


def test_what_is_passed_over_is_said_in_order() -> None:
    assert choose([*PLACES.values(), stated("podlove", "b")], LISTED).passed_over == (
        "1 in a file of chapters",
        "1 in a file of chapters",
        "4 in the feed",
        "2 in the sound",
        "3 in the page",
        "5 in the transcript",
        "6 in the show notes",
        "3 in the description",
    )


def test_every_chapter_says_where_it_is_from() -> None:
    assert {chapter.source for chapter in choose([PLACES["feed"]]).chapters} == {"feed"}
    assert {chapter.source for chapter in choose([PLACES["chapters"]]).chapters} == {"json_chapters"}
    assert {chapter.source for chapter in choose([], LISTED).chapters} == {"description"}


def test_times_that_somebody_typed_count_within_the_episode() -> None:
    choice = choose([], "0:00 a\n1:00 b\n2:00 c\n59:00 d", 150.0)

    assert [(each.title, each.start, each.end) for each in choice.chapters] == [
        ("a", 0.0, 60.0),
        ("b", 60.0, 120.0),
        ("c", 120.0, None),
    ]
    assert [problem.message for problem in choice.problems] == [
        '"d" in the description would begin after the end of the episode'
    ]
    assert choose([], "21:01 a\n22:00 b\n23:00 c", 600.0) == choose([])
    assert len(choose([PLACES["chapters"]], None, 0.5).chapters) == 1, "a file of chapters is believed"


@pytest.mark.parametrize(
    "name",
    [
        "notes.md", "shownotes.md", "show-notes.txt", "Show Notes.md", "description.txt", "tide.notes.md",
        "tide.description", "tide.shownotes.html", "tide.description.txt",
    ],
)  # fmt: skip
def test_notes_beside_a_transcript_are_its_description_and_chapters_of_last_resort(tmp_path: Path, name: str) -> None:
    place = folder(tmp_path / "tide", tide__md=WORDS)
    (place / name).write_text(NOTES)

    episode = prepared(place)

    assert episode.episode.description is not None
    assert episode.episode.description.startswith("We talk of ropes at 4:15.")
    assert titles(episode) == ["Notes", "Ropes", "Bells"]
    assert {chapter.source for chapter in episode.episode.chapters} == {"notes"}
    assert episode.problems == ()
    folder(place, chapters__json=CHAPTERS)
    assert titles(prepared(place)) == ["File", "Two"]


def test_notes_without_a_single_time_are_a_description(tmp_path: Path) -> None:
    place = folder(tmp_path / "tide", tide__md=WORDS, notes__md="# Ropes\n\nAll about *ropes* &amp; knots.\n")

    assert prepared(place).episode.description == "Ropes\n\nAll about ropes & knots."
    folder(place, episode__toml='description = "Stated."\n')
    assert prepared(place).episode.description == "Stated."


def test_notes_of_another_name_are_known_by_their_list_of_times(tmp_path: Path) -> None:
    show = folder(
        tmp_path / "show", a__vtt="WEBVTT\n\n00:00.000 --> 20:00.000\n<v Mara>Ahoy.\n", a__md=NOTES, b__md=WORDS
    )

    first, second = (prepare(source) for source in sources(show))

    assert (first.episode.id, titles(first)) == ("show/a", ["Notes", "Ropes", "Bells"])
    assert (second.episode.id, titles(second)) == ("show/b", [])


def test_a_transcript_is_never_taken_for_notes_whatever_its_name(tmp_path: Path) -> None:
    place = folder(
        tmp_path / "show",
        notes__md=WORDS,
        description__txt="Mara: Ahoy.\nOjo: Ahoy.\nMara: The tide.\nOjo: It is in.\n",
    )

    words = [prepare(source).transcript.text for source in sources(place)]

    assert len(words) == 2
    assert any("minute 19" in each for each in words)
    assert any("It is in." in each for each in words)


def test_notes_alone_are_no_episode(tmp_path: Path) -> None:
    place = folder(tmp_path / "show", notes__md=NOTES)

    [found] = find([place])

    assert isinstance(found, Unreadable)
    assert "no transcript stands beside it" in str(found.error)


def test_a_list_in_the_description_gives_chapters_where_nothing_else_does(tmp_path: Path) -> None:
    place = folder(tmp_path / "tide", tide__md=WORDS, episode__toml=SHEET)

    episode = prepared(place)

    assert titles(episode) == ["Described", "Knots", "Bells"]
    assert {chapter.source for chapter in episode.episode.chapters} == {"description"}
    assert all(chapter.span for chapter in episode.episode.chapters)
    folder(place, notes__md=NOTES)
    assert titles(prepared(place)) == ["Notes", "Ropes", "Bells"]


def test_a_feed_s_longer_description_is_taken_where_it_has_the_list(tmp_path: Path) -> None:
    text = "<p>Ropes.</p><p>0:00 Described<br/>5:01 Knots<br/>12:00 Bells</p>"
    content = f'<content:encoded xmlns:content="http://purl.org/rss/1.0/modules/content/"><![CDATA[{text}]]></content:encoded>'
    item = f"<item><title>The tide</title><guid>tide</guid><description>Ropes.</description>{content}"
    sound = '<enclosure url="https://tide.example.org/tide.mp3" type="audio/mpeg"/></item>'
    feed = f"<rss><channel><title>Tides</title>{item}{sound}</channel></rss>"
    place = folder(tmp_path / "show", feed__xml=feed, tide__md=WORDS)

    episode = prepared(place)

    assert episode.episode.title == "The tide"
    assert titles(episode) == ["Described", "Knots", "Bells"]
    assert {chapter.source for chapter in episode.episode.chapters} == {"description"}


def test_chapters_inside_sound_count_after_files_and_before_notes(tmp_path: Path) -> None:
    sound = tag(chap("a", 0, 300, "Sound"), chap("b", 300, 1200, "Knots")) + silence(30)
    place = folder(tmp_path / "tide", tide__md=WORDS, tide__mp3=sound, notes__md=NOTES)

    episode = prepared(place)

    assert titles(episode) == ["Sound", "Knots"]
    assert {chapter.source for chapter in episode.episode.chapters} == {"id3"}
    assert episode.episode.duration == pytest.approx(30, abs=0.2)
    folder(place, chapters__json=CHAPTERS)
    assert titles(prepared(place)) == ["File", "Two"]


def test_damaged_sound_is_a_problem_and_the_words_are_read(tmp_path: Path) -> None:
    place = folder(tmp_path / "tide", tide__md=WORDS, tide__mp3=b"sound", notes__md=NOTES)

    episode = prepared(place)

    assert titles(episode) == ["Notes", "Ropes", "Bells"]
    assert [(problem.message, problem.path) for problem in episode.problems] == [
        ("this sound cannot be read: can't sync to MPEG frame", str(place / "tide.mp3"))
    ]


def test_new_tags_and_a_new_extra_are_noticed_though_the_size_stays(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    place = folder(tmp_path / "tide", tide__md=WORDS, tide__mp3=tag(chap("a", 0, 9, "Ebb")) + silence(1))
    [before] = sources(place)
    assert sources(place)[0].fingerprint == before.fingerprint

    folder(place, tide__mp3=tag(chap("a", 0, 9, "Low")) + silence(1))
    [tagged] = sources(place)
    monkeypatch.setitem(sys.modules, "mutagen", None)
    [deaf] = sources(place)

    assert len({before.fingerprint, tagged.fingerprint, deaf.fingerprint}) == 3
    assert titles(prepare(deaf)) == []
