"""A disk that is full, too few handles, too little memory, another writer: one clear line, and nothing lost."""

from __future__ import annotations

import os
import resource
from collections.abc import Callable
from pathlib import Path

import pytest

from playhead.engine import Engine, open_engine
from playhead.engines.embedded import backups, database
from playhead.errors import EngineError, LockedError, PlayheadError, StorageError
from playhead.query import EVERYTHING
from tests.engines.contract import MODEL, by_words, make
from tests.engines.test_versions import FIXTURES, lay
from tests.faults.killing import start
from tests.faults.killing import wait as wait_for


def fill(directory: Path) -> None:
    engine = open_engine(f"embedded:{directory}", writing=True)
    engine.use(MODEL)
    engine.put(*make("show/one", texts=["kettle"]))
    engine.publish()
    engine.close()


def held(directory: Path) -> list[str]:
    engine = open_engine(f"embedded:{directory}")
    try:
        names = sorted(episode.id for episode in engine.view().episodes(EVERYTHING, 0, 1000))
        assert len(by_words(engine.view(), "kettle")) == len(names)
        return names
    finally:
        engine.close()


def limited(kind: int, limit: int, act: Callable[[], object], answer: Path) -> None:
    """What becomes of ``act`` under a limit, written down once it is lifted."""
    _, hard = resource.getrlimit(kind)
    resource.setrlimit(kind, (limit, hard))
    try:
        act()
        said = "done"
    except PlayheadError as error:
        said = f"{type(error).__name__}: {error}"
    finally:
        resource.setrlimit(kind, (hard, hard))
    answer.write_text(said)


def back_up_under(limit: int, directory: Path, answer: Path) -> None:
    limited(resource.RLIMIT_FSIZE, limit, lambda: backups.back_up(directory, directory.with_name("backup")), answer)


def restore_under(limit: int, directory: Path, answer: Path) -> None:
    place = directory.with_name("backup")
    backups.back_up(directory, place)
    limited(resource.RLIMIT_FSIZE, limit, lambda: backups.restore(place, directory, force=True), answer)


def bring_up_under(limit: int, directory: Path, answer: Path) -> None:
    limited(resource.RLIMIT_FSIZE, limit, lambda: open_engine(f"embedded:{directory}"), answer)


def publish_under(limit: int, directory: Path, answer: Path) -> None:
    engine = open_engine(f"embedded:{directory}", writing=True)
    engine.put(*make("show/unpublished", texts=["kettle violin " * 50] * 30))
    limited(resource.RLIMIT_FSIZE, limit, engine.publish, answer)
    assert (engine.view().size, engine.describe().episodes) == (1, 2)


def put_under(limit: int, directory: Path, answer: Path) -> None:
    engine = open_engine(f"embedded:{directory}", writing=True)
    limited(resource.RLIMIT_FSIZE, limit, lambda: engine.put(*make("show/two", texts=["kettle"])), answer)
    assert (engine.view().size, engine.describe().episodes) == (1, 1)


def open_with_few_handles(limit: int, directory: Path, answer: Path) -> None:
    limited(resource.RLIMIT_NOFILE, limit, lambda: open_engine(f"embedded:{directory}").close(), answer)


def serve_with_64_handles(limit: int, directory: Path, answer: Path) -> None:
    """Fifty generations come and go, and each is read: nothing is left open."""

    def act() -> None:
        writer, reader = open_engine(f"embedded:{directory}", writing=True), open_engine(f"embedded:{directory}")
        writer.use(MODEL)
        for number in range(50):
            writer.put(*make("show/one", seed=number, texts=["kettle"]))
            writer.publish()
            reader._look_next = 0.0  # type: ignore[attr-defined]  # look at once, not in half a second
            assert reader.view().revision == writer.view().revision
        writer.close()
        reader.close()

    limited(resource.RLIMIT_NOFILE, limit, act, answer)


def serve_in_little_memory(limit: int, directory: Path, answer: Path) -> None:
    """What is mapped now, and ``limit`` bytes more."""
    pages = int(Path("/proc/self/statm").read_text().split()[0])
    mapped = pages * resource.getpagesize()

    def act() -> None:
        engine = open_engine(f"embedded:{directory}")
        assert len(by_words(engine.view(), "kettle")) == 1
        engine.close()

    try:
        limited(resource.RLIMIT_AS, mapped + limit, act, answer)
    except MemoryError:
        answer.write_text("MemoryError")


def run(work: Callable[..., None], limit: int, directory: Path) -> str:
    answer = directory.with_name("answer")
    child = start(work, limit, directory, answer)
    wait_for(child)
    assert child.exitcode == 0
    return answer.read_text()


@pytest.mark.parametrize("limit", [0, 100, 500, 1000, 2000])
def test_a_publish_that_does_not_fit_is_refused_and_what_was_found_before_goes_on(tmp_path: Path, limit: int) -> None:
    directory = tmp_path / "library"
    fill(directory)
    said = run(publish_under, limit, directory)
    assert said.startswith("StorageError: ")
    assert str(directory) in said
    engine = open_engine(f"embedded:{directory}")  # which publishes, now that there is room
    assert len(by_words(engine.view(), "kettle", k=100)) == 31
    engine.close()


def test_an_episode_that_does_not_fit_is_refused_and_leaves_everything_as_it_was(tmp_path: Path) -> None:
    directory = tmp_path / "library"
    fill(directory)
    said = run(put_under, 1000, directory)
    assert said.startswith("StorageError: ")
    assert "library.sqlite" in said
    assert held(directory) == ["show/one"]


@pytest.mark.parametrize("limit", [0, 4096, 40_000])
def test_a_backup_that_does_not_fit_is_refused_and_leaves_nothing(tmp_path: Path, limit: int) -> None:
    fill(tmp_path / "library")
    said = run(back_up_under, limit, tmp_path / "library")

    assert said.startswith("StorageError: ")
    assert sorted(path.name for path in tmp_path.iterdir()) == ["answer", "library"]
    assert held(tmp_path / "library") == ["show/one"]


@pytest.mark.parametrize("limit", [0, 4096, 40_000])
def test_a_restore_that_does_not_fit_leaves_what_was_there(tmp_path: Path, limit: int) -> None:
    fill(tmp_path / "library")
    said = run(restore_under, limit, tmp_path / "library")

    assert said.startswith("StorageError: ")
    assert held(tmp_path / "library") == ["show/one"]
    assert not list((tmp_path / "library").glob("*.tmp"))


@pytest.mark.parametrize("limit", [0, 4096, 40_000, 60_000])
def test_a_library_that_cannot_be_copied_for_want_of_space_is_not_brought_up(tmp_path: Path, limit: int) -> None:
    was = lay(FIXTURES[0], tmp_path / "library")
    said = run(bring_up_under, limit, tmp_path / "library")

    assert said.startswith("StorageError: ")
    assert database.version_of(tmp_path / "library" / "library.sqlite") == was
    assert not list((tmp_path / "library").glob("*.tmp"))


@pytest.mark.parametrize("above", [0, 1, 2, 4, 8])
def test_without_handles_to_open_with_it_is_refused_in_words(tmp_path: Path, above: int) -> None:
    fill(tmp_path / "library")
    said = run(open_with_few_handles, 8 + above, tmp_path / "library")

    assert said == "done" or said.startswith(("StorageError: ", "DamagedError: ", "EngineError: ")), said
    assert held(tmp_path / "library") == ["show/one"]


def test_64_handles_are_enough_however_often_a_generation_is_replaced(tmp_path: Path) -> None:
    fill(tmp_path / "library")

    assert run(serve_with_64_handles, 64, tmp_path / "library") == "done"


@pytest.mark.parametrize("megabytes", [0, 1, 16, 600])
def test_without_memory_nothing_is_lost(tmp_path: Path, megabytes: int) -> None:
    fill(tmp_path / "library")
    answer = tmp_path / "answer"
    child = start(serve_in_little_memory, megabytes * 1_000_000, tmp_path / "library", answer)
    wait_for(child)

    assert child.exitcode == 0 or megabytes < 600
    assert megabytes < 600 or answer.read_text() == "done"
    assert held(tmp_path / "library") == ["show/one"]


def test_a_disk_that_takes_nothing_is_named(tmp_path: Path) -> None:
    """/dev/full in the place of a file that is to be written: whatever is written to it, there is no space."""
    fill(tmp_path / "library")
    engine: Engine = open_engine(f"embedded:{tmp_path / 'library'}", writing=True)
    engine.use(MODEL)
    engine.put(*make("show/two", texts=["kettle"]))
    (tmp_path / "library" / "CURRENT.tmp").symlink_to("/dev/full")
    with pytest.raises(StorageError, match="free some space"):
        engine.publish()
    (tmp_path / "library" / "CURRENT.tmp").unlink()
    engine.publish()
    engine.close()
    assert held(tmp_path / "library") == ["show/one", "show/two"]


def test_two_writers_are_never_there_at_once(tmp_path: Path) -> None:
    fill(tmp_path / "library")
    backups.back_up(tmp_path / "library", tmp_path / "backup")
    first = open_engine(f"embedded:{tmp_path / 'library'}", writing=True)
    for second in (
        lambda: open_engine(f"embedded:{tmp_path / 'library'}", writing=True),
        lambda: backups.restore(tmp_path / "backup", tmp_path / "library", force=True),
    ):
        with pytest.raises(LockedError, match=rf"process {os.getpid()}\) is writing"):
            second()
    first.close()
    assert held(tmp_path / "library") == ["show/one"]


def test_a_directory_that_is_no_place_for_a_backup_is_named(tmp_path: Path) -> None:
    fill(tmp_path / "library")
    (tmp_path / "file").touch()
    with pytest.raises(EngineError, match="file"):
        backups.back_up(tmp_path / "library", tmp_path / "file" / "backup")
