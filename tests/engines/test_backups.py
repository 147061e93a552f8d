"""A backup is the library of one moment, to the bit; putting it back loses nothing, and a service follows."""

from __future__ import annotations

import hashlib
import json
import shutil
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
from pysqlite3 import dbapi2 as sqlite

from playhead.engine import Engine, open_engine
from playhead.engines.embedded import backups, generations
from playhead.engines.embedded.database import VERSION
from playhead.errors import DamagedError, EngineError, ForeignLibraryError, LockedError, NoLibraryError, StorageError
from playhead.query import EVERYTHING
from tests.engines.contract import MODEL, by_words, make, wait_until


@pytest.fixture
def writer(tmp_path: Path) -> Iterator[Engine]:
    """A library of two episodes, open for writing."""
    engine = open_engine(f"embedded:{tmp_path / 'library'}", writing=True)
    engine.use(MODEL)
    for name in ("show/one", "show/two"):
        engine.put(*make(name, texts=["kettle"]))
    engine.publish()
    yield engine
    engine.close()


def held(directory: Path) -> list[str]:
    """The episodes of a library, each with a passage that is found."""
    engine = open_engine(f"embedded:{directory}")
    try:
        view = engine.view()
        names = sorted(episode.id for episode in view.episodes(EVERYTHING, 0, 10_000))
        assert sorted(segment.episode for segment in view.segments(numbers(engine)).values()) == names
        return names
    finally:
        engine.close()


def numbers(engine: Engine) -> list[int]:
    return engine.view().matching("kettle", EVERYTHING, 1000).alone.numbers.tolist()  # type: ignore[no-any-return]


def digest(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()


def test_a_backup_is_put_back_to_the_bit(writer: Engine, tmp_path: Path) -> None:
    made = backups.back_up(tmp_path / "library", tmp_path / "backup")
    writer.put(*make("show/later", texts=["kettle"]))
    restored, aside = backups.restore(tmp_path / "backup", tmp_path / "elsewhere")

    assert (restored, aside) == (made, None)
    assert digest(tmp_path / "elsewhere" / "library.sqlite") == made.sha256
    assert held(tmp_path / "elsewhere") == ["show/one", "show/two"]


def test_a_backup_made_while_episodes_are_added_is_of_one_moment(writer: Engine, tmp_path: Path) -> None:
    acknowledged = ["show/one", "show/two"]
    stop = threading.Event()

    def add() -> None:
        while not stop.is_set():
            name = f"show/e{len(acknowledged)}"
            writer.put(*make(name, texts=["kettle"]))
            acknowledged.append(name)

    adding = threading.Thread(target=add)
    adding.start()
    try:
        for number in range(5):
            before = set(acknowledged)
            made = backups.back_up(tmp_path / "library", tmp_path / f"backup{number}")
            backups.restore(tmp_path / f"backup{number}", tmp_path / f"restored{number}")
            found = held(tmp_path / f"restored{number}")
            assert before <= set(found) <= set(acknowledged) | {f"show/e{len(acknowledged)}"}
            assert made.episodes == len(found) == made.segments
            assert digest(tmp_path / f"restored{number}" / "library.sqlite") == made.sha256
    finally:
        stop.set()
        adding.join()


def test_a_backup_does_not_go_over_anything(writer: Engine, tmp_path: Path) -> None:
    (tmp_path / "taken").symlink_to("nowhere")
    for place in (tmp_path / "taken", tmp_path / "library"):
        with pytest.raises(EngineError, match=f"{place} exists already; give the backup another name"):
            backups.back_up(tmp_path / "library", place)
    with pytest.raises(NoLibraryError):
        backups.back_up(tmp_path / "nothing", tmp_path / "backup")
    assert not (tmp_path / "backup").exists()


def test_a_library_that_is_not_whole_is_not_backed_up(writer: Engine, tmp_path: Path) -> None:
    connection = sqlite.connect(str(tmp_path / "library" / "library.sqlite"))
    connection.execute("UPDATE transcripts SET text = 'kettles' WHERE episode = 2")
    connection.commit()
    connection.close()
    with pytest.raises(DamagedError, match=r"damaged in show/two; run playhead ingest --rebuild"):
        backups.back_up(tmp_path / "library", tmp_path / "backup")
    assert sorted(path.name for path in tmp_path.iterdir()) == ["library"]


def test_a_library_is_put_aside_only_when_that_is_asked_for(writer: Engine, tmp_path: Path) -> None:
    backups.back_up(tmp_path / "library", tmp_path / "backup")
    writer.put(*make("show/later", texts=["kettle"]))
    writer.publish()
    with pytest.raises(LockedError, match="is writing"):
        backups.restore(tmp_path / "backup", tmp_path / "library", force=True)
    writer.close()
    with pytest.raises(EngineError, match=r"There is a library in .*--force"):
        backups.restore(tmp_path / "backup", tmp_path / "library")
    assert held(tmp_path / "library") == ["show/later", "show/one", "show/two"]

    for number in (1, 2):
        _, aside = backups.restore(tmp_path / "backup", tmp_path / "library", force=True)
        assert aside == tmp_path / "library" / f"replaced-{number}"
    assert held(tmp_path / "library") == ["show/one", "show/two"]
    assert held(tmp_path / "library" / "replaced-1") == ["show/later", "show/one", "show/two"]


def test_a_service_goes_over_to_what_was_restored_without_a_mixed_answer(writer: Engine, tmp_path: Path) -> None:
    backups.back_up(tmp_path / "library", tmp_path / "backup")
    writer.put(*make("show/later", texts=["kettle", "kettle"]))
    writer.publish()
    writer.close()
    reader = open_engine(f"embedded:{tmp_path / 'library'}")
    old = reader.view()
    assert old.size == 4
    backups.restore(tmp_path / "backup", tmp_path / "library", force=True)
    sizes = set()

    def look() -> bool:
        view = reader.view()
        assert len(by_words(view, "kettle")) == view.size
        sizes.add(view.size)
        return view.size == 2

    wait_until(look)
    assert sizes <= {4, 2}
    assert len(by_words(old, "kettle")) == 4  # whoever asked before still gets the answer of before
    assert reader.revision() == reader.view().revision
    assert reader.describe().details["notes"] is None
    reader.close()


def test_a_restored_library_has_another_future_than_the_one_it_had(writer: Engine, tmp_path: Path) -> None:
    """Indexes of what was undone have the same numbers as what comes now, and must not answer for it."""
    backups.back_up(tmp_path / "library", tmp_path / "backup")
    writer.put(*make("show/undone", texts=["kettle"]))
    writer.publish()
    writer.close()
    backups.restore(tmp_path / "backup", tmp_path / "library", force=True)
    again = open_engine(f"embedded:{tmp_path / 'library'}", writing=True)
    again.put(*make("show/other", texts=["kettle"]))
    again.close()
    newest = generations.current(tmp_path / "library")
    (tmp_path / "library" / "generations" / str(newest) / "manifest.json").unlink()

    assert held(tmp_path / "library") == ["show/one", "show/other", "show/two"]


@pytest.mark.parametrize("name", ["library.sqlite", "manifest.json"])
@pytest.mark.parametrize("harm", ["cut", "flip", "gone"])
def test_a_damaged_backup_is_refused_before_anything_is_touched(
    writer: Engine, tmp_path: Path, name: str, harm: str
) -> None:
    backups.back_up(tmp_path / "library", tmp_path / "backup")
    writer.close()
    path = tmp_path / "backup" / name
    data = bytearray(path.read_bytes())
    if harm == "gone":
        path.unlink()
    elif harm == "cut":
        path.write_bytes(data[:-1])
    else:
        data[len(data) // 2] ^= 1
        path.write_bytes(data)
    before = {each: each.read_bytes() for each in (tmp_path / "library").rglob("*") if each.is_file()}
    with pytest.raises(StorageError if harm == "gone" else DamagedError, match=name):
        backups.restore(tmp_path / "backup", tmp_path / "library", force=True)
    assert {each: each.read_bytes() for each in (tmp_path / "library").rglob("*") if each.is_file()} == before


def test_a_backup_of_a_newer_playhead_is_refused(writer: Engine, tmp_path: Path) -> None:
    backups.back_up(tmp_path / "library", tmp_path / "backup")
    path = tmp_path / "backup" / "manifest.json"
    sealed = json.loads(path.read_text())
    sealed["manifest"]["version"] = VERSION + 1
    sealed["sha256"] = backups._digest(backups.Backup(**sealed["manifest"]))
    path.write_text(json.dumps(sealed))
    with pytest.raises(ForeignLibraryError, match="upgrade Playhead"):
        backups.restore(tmp_path / "backup", tmp_path / "elsewhere")


def test_a_library_that_is_no_database_any_more_is_put_aside_as_it_is(writer: Engine, tmp_path: Path) -> None:
    backups.back_up(tmp_path / "library", tmp_path / "backup")
    writer.close()
    (tmp_path / "library" / "library.sqlite").write_bytes(b"kettle" * 1000)
    backups.restore(tmp_path / "backup", tmp_path / "library", force=True)
    assert held(tmp_path / "library") == ["show/one", "show/two"]
    assert (tmp_path / "library" / "replaced-1" / "library.sqlite").read_bytes() == b"kettle" * 1000


def test_an_empty_library_is_backed_up_and_restored(tmp_path: Path) -> None:
    open_engine(f"embedded:{tmp_path / 'library'}", writing=True).close()
    backups.back_up(tmp_path / "library", tmp_path / "backup")
    backups.restore(tmp_path / "backup", tmp_path / "elsewhere")
    assert held(tmp_path / "elsewhere") == []


def test_the_commands_say_what_is_held_and_where_what_was_there_is(writer: Engine, tmp_path: Path, playhead) -> None:
    writer.close()
    place, directory = tmp_path / "backup", tmp_path / "library"
    assert playhead("backup", place, "--index", directory)[0] == 0
    code, _, said = playhead("backup", place, "--index", directory)
    assert (code, "exists already" in said) == (1, True)
    code, _, said = playhead("restore", place, "--index", directory, "--force")
    assert (code, f"Restored 2 episodes and 2 segments of {backups.read(place).made}." in said) == (0, True)
    assert str(directory / "replaced-1") in said.replace("\n", "")
    shutil.rmtree(place)
    code, _, said = playhead("restore", place, "--index", directory, "--force")
    assert (code, "manifest.json" in said) == (1, True)
