"""A library of any version there was opens with all it holds, and what it was is kept beside it.

`fixtures/version-N.sql` were made by the code of their time, from texts of our own; none is ever changed.
"""

from __future__ import annotations

import re
from pathlib import Path

import numpy as np
import pytest
from pysqlite3 import dbapi2 as sqlite

from playhead.engine import Engine, Model, open_engine
from playhead.engines.embedded import database, seals
from playhead.engines.embedded.database import VERSION
from playhead.errors import DamagedError, ForeignLibraryError, StorageError
from playhead.query import EVERYTHING
from tests.engines.contract import unit

FIXTURES = sorted((Path(__file__).parent / "fixtures").glob("version-*.sql"))
OLD = FIXTURES[0]


def lay(fixture: Path, directory: Path) -> int:
    """The database of a fixture, as a library; its version."""
    directory.mkdir()
    connection = sqlite.connect(str(directory / "library.sqlite"))
    connection.execute("PRAGMA journal_mode = WAL")
    connection.executescript(fixture.read_text("utf-8"))
    connection.close()
    return int(re.findall(r"\d+", fixture.name)[0])


def version(path: Path) -> int:
    connection = sqlite.connect(f"file:{path}?mode=ro", uri=True)
    try:
        return int(connection.execute("PRAGMA user_version").fetchone()[0])
    finally:
        connection.close()


def check(engine: Engine) -> None:
    """All that every version has kept."""
    view = engine.view()
    assert [(each.id, each.podcast_title, each.fingerprint) for each in view.episodes(EVERYTHING)] == [
        ("orchard/grafting", "The Orchard", "print-1"),
        ("orchard/pruning", "The Orchard", "print-0"),
    ]
    episode, transcript = view.episode("orchard/pruning"), view.transcript("orchard/pruning")
    assert episode is not None
    assert transcript is not None
    assert [chapter.title for chapter in episode.chapters] == ["The talk"]
    assert [turn.speaker for turn in transcript.turns] == ["Ada Quill", "Béla Ó Cuív"]
    assert (episode.offset, episode.transcribed, episode.people) == (0.0, True, ())
    ids = ["orchard-grafting-0", "orchard-pruning-0", "orchard-pruning-1"]
    found = view.nearest(unit(np.ones(4)), EVERYTHING, 10).numbers.tolist()
    assert sorted(segment.id for segment in view.segments(found).values()) == ids
    assert [speaker.name for speaker in view.speakers(EVERYTHING)] == ["Ada Quill", "Béla Ó Cuív"]
    assert view.vectors(ids)["orchard-pruning-1"].tolist() == [0.0, 1.0, 0.0, 0.0]
    assert engine.describe().model == Model("a-small-model", "ab" * 32, 4)


@pytest.mark.parametrize("writing", [True, False])
@pytest.mark.parametrize("fixture", FIXTURES, ids=lambda path: path.stem)
def test_a_library_of_every_version_opens_with_all_it_holds(tmp_path: Path, fixture: Path, writing: bool) -> None:
    was = lay(fixture, tmp_path / "library")
    for _ in range(2):
        engine = open_engine(f"embedded:{tmp_path / 'library'}", writing=writing)
        check(engine)
        engine.close()

    assert version(tmp_path / "library" / "library.sqlite") == VERSION
    kept = sorted(path.name for path in (tmp_path / "library").glob("library-*"))
    assert kept == ([] if was == VERSION else [f"library-{was}.sqlite"])


def test_there_is_a_fixture_of_this_version_too() -> None:
    assert f"version-{VERSION}" in [fixture.stem for fixture in FIXTURES]


def test_what_a_library_was_before_it_was_brought_up_is_kept_as_it_was(tmp_path: Path) -> None:
    was = lay(OLD, tmp_path / "library")
    open_engine(f"embedded:{tmp_path / 'library'}").close()
    lay(OLD, tmp_path / "again")
    kept, again = (
        sqlite.connect(str(path))
        for path in (tmp_path / "library" / f"library-{was}.sqlite", tmp_path / "again" / "library.sqlite")
    )
    for table in ("meta", "episodes", "chapters", "transcripts", "segments", "voices", "vectors"):
        sql = f"SELECT * FROM {table}"  # noqa: S608
        assert kept.execute(sql).fetchall() == again.execute(sql).fetchall()
    kept.close()
    again.close()


def test_a_library_that_cannot_be_copied_before_is_not_brought_up(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    was = lay(OLD, tmp_path / "library")

    def refuse(source: object, path: Path) -> None:
        raise StorageError(f"{path}: the disk is full; free some space and run it again.")

    monkeypatch.setattr(database, "copy", refuse)
    with pytest.raises(StorageError, match=f"library-{was}.sqlite"):
        open_engine(f"embedded:{tmp_path / 'library'}")
    assert version(tmp_path / "library" / "library.sqlite") == was
    monkeypatch.undo()
    engine = open_engine(f"embedded:{tmp_path / 'library'}")
    check(engine)
    engine.close()


def test_bringing_a_library_up_does_not_seal_damage_in(tmp_path: Path) -> None:
    lay(FIXTURES[-2], tmp_path / "library")
    connection = sqlite.connect(str(tmp_path / "library" / "library.sqlite"))
    connection.execute("UPDATE segments SET text = replace(text, 'winter', 'summer') WHERE number = 1")
    connection.commit()
    connection.close()
    with pytest.raises(DamagedError, match="damaged in orchard/pruning"):
        open_engine(f"embedded:{tmp_path / 'library'}")


def test_a_version_of_the_future_is_refused_in_one_line_and_left_alone(tmp_path: Path) -> None:
    lay(FIXTURES[-1], tmp_path / "library")
    path = tmp_path / "library" / "library.sqlite"
    connection = sqlite.connect(str(path))
    connection.execute(f"PRAGMA user_version = {VERSION + 1}")
    connection.execute("PRAGMA journal_mode = DELETE")
    connection.close()
    before = path.read_bytes()
    for writing in (True, False):
        with pytest.raises(ForeignLibraryError, match=rf"version {VERSION + 1}.*upgrade Playhead") as refused:
            open_engine(f"embedded:{tmp_path / 'library'}", writing=writing)
        assert "\n" not in str(refused.value)
    assert path.read_bytes() == before


def test_every_seal_of_the_tree_is_held_to_what_it_seals(tmp_path: Path) -> None:
    """One change of each kind, and what the audit says of it."""
    changes = {
        "UPDATE episodes SET title = 'x' WHERE number = 1": (((1, "orchard/pruning"),), ()),
        "UPDATE chapters SET title = 'x' WHERE episode = 2": (((2, "orchard/grafting"),), ()),
        "UPDATE voices SET name = 'x' WHERE segment = 1": (((1, "orchard/pruning"),), ()),
        "UPDATE segments SET episode = 2, ordinal = 7 WHERE number = 2": (
            ((1, "orchard/pruning"), (2, "orchard/grafting")),
            (),
        ),
        "UPDATE podcasts SET title = 'x'": ((), ("the list of episodes",)),
        "UPDATE meta SET value = '9' WHERE name = 'revision'": ((), ("the list of episodes",)),
        "DELETE FROM episodes WHERE number = 2": (
            (),
            ("the list of episodes", "the index of segments", "the chapters"),
        ),
    }
    lay(FIXTURES[-1], tmp_path / "library")
    connection = sqlite.connect(str(tmp_path / "library" / "library.sqlite"), isolation_level=None)
    for change, (episodes, lists) in changes.items():
        connection.execute("BEGIN")
        assert connection.execute(change).rowcount == 1, change
        assert seals.audit(connection) == seals.Audit(episodes, lists), change
        connection.execute("ROLLBACK")
    assert not seals.audit(connection)
    connection.close()


def test_vectors_of_the_oldest_library_are_those_of_the_newest(tmp_path: Path) -> None:
    held = []
    for fixture in (FIXTURES[0], FIXTURES[-1]):
        lay(fixture, tmp_path / fixture.stem)
        engine = open_engine(f"embedded:{tmp_path / fixture.stem}")
        held.append(engine.view().vectors(["orchard-pruning-0"])["orchard-pruning-0"])
        engine.close()
    np.testing.assert_array_equal(*held)
