"""The door to sound: ranges, types, and nothing opened but what the library kept."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import replace
from pathlib import Path

import pytest
from fastapi.testclient import TestClient

from app.audio import TYPES
from app.main import create_app
from ingest.files import AUDIO
from playhead.settings import Settings
from tests.app.conftest import ADDRESS
from tests.archive import GARDENS, LOCKS, fill

DOOR = "/audio/the-long-run/12"
CONTENT = bytes(range(256)) * 40

Serve = Callable[[Path], TestClient]


@pytest.fixture
def serve(tmp_path: Path) -> Iterator[Serve]:
    """The service over a library whose first episode has its sound at a path, and whose second has none."""
    with ExitStack() as open_ones:

        def start(sound: Path) -> TestClient:
            episode, *said = LOCKS
            library = fill(tmp_path / "index", [(replace(episode, audio_file=str(sound)), *said), GARDENS])
            open_ones.callback(library.close)
            return open_ones.enter_context(TestClient(create_app(Settings(), library), base_url=ADDRESS))

        yield start


@pytest.fixture
def sound(tmp_path: Path) -> Path:
    path = tmp_path / "secret name.opus"
    path.write_bytes(CONTENT)
    return path


def test_sound_is_served_whole_with_its_type_and_a_name_of_ours(serve: Serve, sound: Path) -> None:
    response = serve(sound).get(DOOR)

    assert (response.status_code, response.content) == (200, CONTENT)
    assert response.headers["content-type"] == "audio/ogg"
    assert response.headers["content-disposition"] == 'inline; filename="12.opus"'
    assert response.headers["accept-ranges"] == "bytes"
    assert response.headers["x-content-type-options"] == "nosniff"
    assert response.headers["etag"]


@pytest.mark.parametrize(
    ("asked", "first", "end"),
    [("bytes=0-0", 0, 1), ("bytes=100-199", 100, 200), ("bytes=10000-", 10_000, 10_240), ("bytes=-40", 10_200, 10_240)],
)
def test_one_range_is_answered_by_itself(serve: Serve, sound: Path, asked: str, first: int, end: int) -> None:
    response = serve(sound).get(DOOR, headers={"Range": asked})

    assert (response.status_code, response.content) == (206, CONTENT[first:end])
    assert response.headers["content-range"] == f"bytes {first}-{end - 1}/{len(CONTENT)}"
    assert response.headers["content-length"] == str(end - first)


def test_a_range_beyond_the_end_cannot_be_satisfied(serve: Serve, sound: Path) -> None:
    response = serve(sound).get(DOOR, headers={"Range": "bytes=10240-"})

    assert response.status_code == 416
    assert response.headers["content-range"] == "bytes */10240"
    assert response.headers["content-type"] == "application/problem+json"
    assert response.json()["detail"] == "The sound ends before that; it has 10240 bytes."


@pytest.mark.parametrize("asked", ["bytes=0-1,5-9", "bytes=", "bytes=9-x", "seconds=1-2", "bytes", "bytes=²-3"])
def test_any_other_range_is_ignored(serve: Serve, sound: Path, asked: str) -> None:
    response = serve(sound).get(DOOR, headers={"Range": asked.encode()})

    assert (response.status_code, response.content) == (200, CONTENT)


def test_a_range_of_another_version_is_not_mixed_with_this_one(serve: Serve, sound: Path) -> None:
    ask = serve(sound)
    tag = ask.get(DOOR).headers["etag"]

    same = ask.get(DOOR, headers={"Range": "bytes=5-9", "If-Range": tag})
    other = ask.get(DOOR, headers={"Range": "bytes=5-9", "If-Range": '"older"'})

    assert (same.status_code, same.content) == (206, CONTENT[5:10])
    assert (other.status_code, other.content) == (200, CONTENT)


def test_head_says_how_long_it_is_and_opens_nothing(serve: Serve, sound: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    ask = serve(sound)

    def refuse(*_: object, **__: object) -> None:
        raise AssertionError("HEAD opened the file")

    monkeypatch.setattr("anyio.open_file", refuse)
    response = ask.head(DOOR)

    assert (response.status_code, response.content) == (200, b"")
    assert response.headers["content-length"] == str(len(CONTENT))


def test_every_ending_an_ingest_takes_for_sound_has_a_type() -> None:
    assert set(AUDIO) <= set(TYPES)


@pytest.mark.parametrize("suffix", TYPES)
def test_every_kind_of_sound_is_served_as_what_it_is(serve: Serve, tmp_path: Path, suffix: str) -> None:
    path = tmp_path / f"x{suffix.upper()}"
    path.write_bytes(b"x")

    assert serve(path).get(DOOR).headers["content-type"] == TYPES[suffix]


def test_sound_that_was_moved_is_a_clear_problem_and_its_link_stays(serve: Serve, sound: Path) -> None:
    ask = serve(sound)
    sound.rename(sound.with_name("elsewhere.opus"))

    response = ask.get(DOOR)
    found = ask.get("/api/v1/episodes/the-long-run/12").json()

    assert response.status_code == 404
    assert response.headers["content-type"] == "application/problem+json"
    assert "ingest the episode again" in response.json()["detail"]
    assert str(sound.parent) not in response.text
    assert found["links"]["play"] == f"{ADDRESS}{DOOR}"


@pytest.mark.parametrize(
    "path",
    [
        "/audio/the-long-run/13",
        "/audio/the-long-run/99",
        "/audio/the-long-run/12/x",
        "/audio/../12",
        "/audio/%2e%2e/12",
        "/audio/the-long-run/..%2f12",
        "/audio/the-long-run",
    ],
)
def test_there_is_nothing_where_no_sound_is(serve: Serve, sound: Path, path: str) -> None:
    assert serve(sound).get(path).status_code == 404


def test_what_is_no_plain_file_or_no_sound_is_not_opened(serve: Serve, tmp_path: Path) -> None:
    secret = tmp_path / "secret.txt"
    secret.write_text("the combination is 1234")
    link, folder, pipe = tmp_path / "a.opus", tmp_path / "b.opus", tmp_path / "c.opus"
    link.symlink_to(secret)
    folder.mkdir()
    os.mkfifo(pipe)

    assert [serve(path).get(DOOR).status_code for path in (link, folder, pipe, secret)] == [404] * 4


def test_no_door_says_where_the_sound_lies(serve: Serve, sound: Path) -> None:
    ask = serve(sound)
    for path in (
        "/api/v1/search?q=slower",
        "/api/v1/episodes",
        "/api/v1/episodes/the-long-run/12",
        "/api/v1/episodes/the-long-run/12/transcript?format=markdown",
        "/search?q=slower",
        "/episodes/the-long-run/12",
    ):
        answer = ask.get(path)
        assert answer.status_code == 200
        assert str(sound.parent) not in answer.text
        assert "secret" not in answer.text


def test_our_own_sound_goes_before_an_address_elsewhere(serve: Serve, sound: Path) -> None:
    ask = serve(sound)

    first = ask.get("/api/v1/search", params={"q": "free-threaded build slower", "speaker": "Grace Okoye"}).json()
    page = ask.get("/search", params={"q": "free-threaded build slower", "speaker": "Grace Okoye"}).text
    episode = ask.get("/episodes/the-long-run/12?t=112").text

    assert first["results"][0]["links"]["play"] == f"{ADDRESS}{DOOR}#t=108"
    assert first["results"][0]["episode"]["audio_url"] == f"{ADDRESS}{DOOR}"
    assert f'src="{DOOR}#t=108"' in page
    assert f'src="{DOOR}#t=112"' in episode
