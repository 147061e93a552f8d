"""Sound beside a transcript: found, kept through poorer ingests, found again after a move, and linked to."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from ingest.folders import find
from ingest.pipeline import Added, Unchanged, ingest
from playhead.library import Library, open_library
from playhead.links import to_audio, to_segment
from playhead.model import Episode, Segment, Time
from playhead.query import Query
from playhead.settings import Settings
from tests.doubles import HashingEmbedder

WORDS = "**Ada Moss:** \\[00:40\\] The kettle is the oldest machine in the house, and it has never crashed.\n"
EPISODE = Episode("show/one", "show", "Show", "One", audio_url="https://example.org/1.mp3")
SEGMENT = Segment("s", "show/one", 0, (0, 2), "Hi", "Hi", 0, 0, Time(40.0, 42.0, "stamp", 0.5))


@pytest.fixture
def library(tmp_path: Path) -> Iterator[Library]:
    opened = open_library(Settings(engine=f"embedded:{tmp_path}/index"), writing=True, embedder=HashingEmbedder())
    yield opened
    opened.close()


def put(folder: Path, sound: bytes | None) -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "kettle.md").write_text(WORDS)
    if sound is not None:
        (folder / "kettle.opus").write_bytes(sound)
    return folder


def run(library: Library, folder: Path) -> list[type]:
    return [type(event) for event in ingest(find([folder], "Tea"), library)][:-1]


def kept(library: Library) -> str | None:
    episode = library.view().episode("tea/kettle")
    assert episode
    return episode.audio_file


def test_a_copy_of_the_sound_goes_before_an_address_elsewhere() -> None:
    copied = Episode("show/one", "show", "Show", "One", audio_url=EPISODE.audio_url, audio_file="/archive/1.opus")

    assert to_audio(EPISODE) == "https://example.org/1.mp3"
    assert to_audio(copied) == "/audio/show/one"
    assert to_audio(copied, "https://search.example.org") == "https://search.example.org/audio/show/one"
    assert to_segment(SEGMENT, EPISODE).play == "https://example.org/1.mp3#t=39"
    assert to_segment(SEGMENT, copied, "https://search.example.org").play == (
        "https://search.example.org/audio/show/one#t=39"
    )


def test_sound_beside_a_transcript_is_kept_by_its_place(library: Library, tmp_path: Path) -> None:
    folder = put(tmp_path / "tea", b"sound")

    run(library, folder)

    assert kept(library) == str(folder / "kettle.opus")
    [excerpt] = library.search(Query("the oldest machine is a kettle")).excerpts
    assert excerpt.links.play == "/audio/tea/kettle#t=39"


def test_a_poorer_ingest_takes_no_sound_away(library: Library, tmp_path: Path) -> None:
    folder = put(tmp_path / "tea", b"sound")
    run(library, folder)

    assert run(library, put(tmp_path / "copy" / "tea", None)) == [Added]
    assert kept(library) == str(folder / "kettle.opus")


def test_an_archive_that_was_moved_is_found_again_by_an_ingest(library: Library, tmp_path: Path) -> None:
    folder = put(tmp_path / "tea", b"sound")
    run(library, folder)
    assert run(library, folder) == [Unchanged]
    moved = folder.rename(tmp_path / "new")

    assert run(library, moved) == [Added]
    assert kept(library) == str(moved / "kettle.opus")


def test_a_link_to_sound_is_kept_as_what_it_leads_to(library: Library, tmp_path: Path) -> None:
    disk = tmp_path / "disk"
    disk.mkdir()
    (disk / "1.opus").write_bytes(b"sound")
    folder = put(tmp_path / "tea", None)
    (folder / "kettle.opus").symlink_to(disk / "1.opus")

    run(library, folder)

    assert kept(library) == str(disk / "1.opus")


def test_a_place_whose_name_is_not_text_is_kept_byte_for_byte(library: Library, tmp_path: Path) -> None:
    folder = put(Path(os.fsdecode(os.fsencode(tmp_path) + b"/caf\xe9")), b"sound")

    run(library, folder)

    assert os.fsencode(kept(library) or "") == os.fsencode(folder / "kettle.opus")


@pytest.mark.parametrize(
    ("settings", "address"),
    [
        ({}, "http://127.0.0.1:8000"),
        ({"host": "0.0.0.0", "port": 9000}, "http://127.0.0.1:9000"),  # noqa: S104
        ({"host": "[::]"}, "http://[::1]:8000"),
        ({"host": "192.0.2.7"}, "http://192.0.2.7:8000"),
        ({"public_url": "https://search.example.org"}, "https://search.example.org"),
    ],
)
def test_a_link_on_a_terminal_leads_to_where_the_service_is(settings: dict[str, object], address: str) -> None:
    assert Settings(**settings).address == address  # type: ignore[arg-type]
