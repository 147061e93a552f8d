"""What `playhead check` says of a library: whole, or what is not and what to run."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest
from pysqlite3 import dbapi2 as sqlite

from playhead.engine import open_engine
from playhead.engines.embedded import checking, generations, meaning
from playhead.errors import ForeignLibraryError, NoLibraryError
from tests.engines.contract import MODEL, make
from tests.engines.test_versions import FIXTURES, lay


@pytest.fixture
def library(tmp_path: Path) -> Path:
    """Two episodes and two generations."""
    engine = open_engine(f"embedded:{tmp_path / 'library'}", writing=True)
    engine.use(MODEL)
    for name in ("show/one", "show/two"):
        engine.put(*make(name, 30))
        engine.publish()
    engine.close()
    return tmp_path / "library"


def files(directory: Path) -> dict[Path, bytes]:
    """Every file but SQLite's own beside the database, which whoever reads makes."""
    return {
        path: path.read_bytes()
        for path in directory.rglob("*")
        if path.is_file() and not path.name.endswith(("-shm", "-wal"))
    }


def wrong(directory: Path, *, deep: bool = False) -> dict[str, str]:
    """What is not whole, and what to run."""
    return {each.what: each.run or "" for each in checking.check(directory, deep=deep) if not each.is_whole}


def change(directory: Path, statement: str) -> None:
    connection = sqlite.connect(str(directory / "library.sqlite"))
    assert connection.execute(statement).rowcount > 0
    connection.commit()
    connection.close()


@pytest.mark.parametrize("deep", [True, False])
def test_a_whole_library_is_whole(library: Path, deep: bool) -> None:
    before = files(library)
    found = list(checking.check(library, deep=deep))
    assert [(each.what, each.is_whole) for each in found] == [
        ("file", True),
        ("rows", True),
        ("lists", True),
        ("generation 2", True),
        ("generation 1", True),
    ]
    assert files(library) == before


def test_a_library_that_is_being_written_is_looked_over_too(library: Path) -> None:
    writer = open_engine(f"embedded:{library}", writing=True)
    writer.put(*make("show/three"))
    assert wrong(library, deep=True) == {}
    writer.close()


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE segments SET text = text || '.' WHERE number = 3",
        "UPDATE segments SET passage = CAST(x'80' AS TEXT) WHERE number = 3",
        "UPDATE vectors SET data = zeroblob(length(data)) WHERE segment = 3",
        "DELETE FROM vectors WHERE segment = 3",
        "UPDATE transcripts SET turns = '[]' WHERE episode = 1",
        "DELETE FROM transcripts WHERE episode = 1",
        "UPDATE episodes SET published = '2020-01-01' WHERE number = 1",
        "UPDATE chapters SET time_start = 1.0 WHERE episode = 1 AND position = 0",
        "DELETE FROM voices WHERE segment = 3",
        "DELETE FROM segments WHERE number = 3",
    ],
)
def test_a_changed_row_is_named_with_its_episode_and_what_mends_it(library: Path, statement: str) -> None:
    change(library, statement)
    assert wrong(library) == {"rows": checking.INGEST}
    assert [each.says for each in checking.check(library) if each.what == "rows"] == ["damaged in show/one"]


@pytest.mark.parametrize(
    "statement", ["UPDATE podcasts SET title = 'x'", "UPDATE meta SET value = 'x' WHERE name = 'model_name'"]
)
def test_a_list_that_is_not_what_it_was_is_told(library: Path, statement: str) -> None:
    change(library, statement)
    assert "lists" in wrong(library)


def test_a_damaged_generation_is_named_and_opening_mends_it(library: Path) -> None:
    (library / "generations" / "2" / "names.json").write_text("{}")
    assert wrong(library) == {"generation 2": checking.OPEN}
    open_engine(f"embedded:{library}").close()
    assert wrong(library) == {}


def test_a_library_without_its_indexes_is_told_to_be_opened(library: Path) -> None:
    (library / "CURRENT").unlink()
    assert "CURRENT" in [each.what for each in checking.check(library) if each.is_whole]
    shutil.rmtree(library / "generations")
    assert wrong(library) == {"CURRENT": checking.OPEN}
    open_engine(f"embedded:{library}").close()
    assert wrong(library) == {}


def test_a_deep_check_notices_indexes_that_are_sealed_and_wrong(library: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """As an error of ours in making them would leave them: every checksum right, and not what is kept."""
    add = meaning.add
    monkeypatch.setattr(meaning, "add", lambda index, halves: add(index, halves[::-1]))
    (library / "CURRENT").unlink()
    for path in (library / "generations").rglob("manifest.json"):
        path.unlink()
    open_engine(f"embedded:{library}").close()
    monkeypatch.undo()
    assert generations.current(library) == 3
    assert wrong(library).keys() == {"generation 1", "generation 2"} & wrong(library).keys()
    assert wrong(library, deep=True)["generation 3"] == checking.OPEN


def test_what_is_no_library_is_refused(tmp_path: Path, library: Path, playhead) -> None:
    with pytest.raises(NoLibraryError):
        list(checking.check(tmp_path / "nothing"))
    assert playhead("check", "--index", tmp_path / "nothing")[0] == 1
    for statement in ("PRAGMA user_version = 99", "PRAGMA application_id = 7"):
        connection = sqlite.connect(str(library / "library.sqlite"))
        connection.execute(statement)
        connection.close()
        with pytest.raises(ForeignLibraryError):
            list(checking.check(library))
    assert playhead("check", "--index", library)[0] == 3


def test_an_older_library_is_told_to_be_brought_up_and_left_as_it_is(tmp_path: Path) -> None:
    lay(FIXTURES[0], tmp_path / "library")
    assert wrong(tmp_path / "library").keys() == {"layout"}
    assert not list((tmp_path / "library").glob("library-*"))


def test_a_file_that_is_no_database_is_damaged(library: Path) -> None:
    (library / "library.sqlite").write_bytes(b"kettle" * 1000)
    assert wrong(library) == {"file": checking.RESTORE, "rows": checking.RESTORE}


def test_the_command_prints_what_it_found_and_ends_with_one_for_damage(library: Path, playhead) -> None:
    code, out, _ = playhead("check", "--index", library)
    assert (code, out.count("ok ")) == (0, 5)
    change(library, "UPDATE segments SET text = '' WHERE number = 3")
    code, out, _ = playhead("check", "--index", library)
    assert code == 1
    assert "DAMAGED  rows: damaged in show/one" in out
    assert f"run: {checking.INGEST}" in out
    code, out, _ = playhead("check", "--json", "--index", library)
    assert (code, json.loads(out)["whole"]) == (1, False)
    assert {"what": "rows", "says": "damaged in show/one", "run": checking.INGEST} in json.loads(out)["findings"]
