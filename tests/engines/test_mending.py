"""A damaged library is mended by what its message says, done as a person would do it."""

from __future__ import annotations

from pathlib import Path

import pytest
from pysqlite3 import dbapi2 as sqlite

from ingest import pipeline
from ingest.folders import find
from playhead.commands.catalogue import remove
from playhead.engine import Description, Engine, open_engine
from playhead.engines.embedded.checking import check
from playhead.errors import DamagedError
from playhead.library import open_library
from playhead.query import EVERYTHING, Filters
from playhead.settings import Settings
from tests.doubles import HashingEmbedder
from tests.engines.contract import MODEL, make


@pytest.fixture
def archive(tmp_path: Path) -> Path:
    """Three episodes of one show."""
    folder = tmp_path / "show"
    folder.mkdir()
    for name in ("one", "three", "two"):
        (folder / f"{name}.md").write_text(f"**Ada Moss:** This is about the kettle called {name}.", "utf-8")
    return folder


@pytest.fixture
def index(tmp_path: Path, archive: Path) -> Path:
    """The archive ingested, with a vector of its last two episodes damaged."""
    ingest(archive, tmp_path / "index")
    connection = sqlite.connect(str(tmp_path / "index" / "library.sqlite"))
    changed = connection.execute("UPDATE vectors SET data = zeroblob(length(data)) WHERE segment > 1").rowcount
    connection.commit()
    connection.close()
    assert changed == 2
    return tmp_path / "index"


def ingest(archive: Path, index: Path, *, rebuild: bool = False) -> Description:
    library = open_library(Settings(engine=f"embedded:{index}"), writing=True, embedder=HashingEmbedder())
    try:
        list(pipeline.ingest(find([archive]), library, rebuild=rebuild))
        return library.engine.describe()
    finally:
        library.close()


def test_a_rebuild_mends_a_library_even_when_it_publishes_before_it_has_come_to_the_damage(
    archive: Path, index: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(pipeline, "PUBLISH_EPISODES", 1)
    about = ingest(archive, index, rebuild=True)
    assert about.published == about.revision
    assert about.findable == 3
    assert about.details["notes"] is None


def test_an_ingest_that_does_not_mend_the_damage_keeps_everything_and_ends_by_naming_it(
    archive: Path, index: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(pipeline, "PUBLISH_EPISODES", 1)
    for name in ("four", "six"):
        (archive / f"{name}.md").write_text(f"**Ada Moss:** Another about {name}.", "utf-8")
    with pytest.raises(DamagedError, match="show/three, show/two"):
        ingest(archive, index)
    about = ingest(archive, index, rebuild=True)
    assert (about.episodes, about.findable) == (5, 5)


def test_removing_what_is_damaged_mends_a_library_that_does_not_open_for_reading(archive: Path, index: Path) -> None:
    (archive / "four.md").write_text("**Ada Moss:** Another about four.", "utf-8")
    with pytest.raises(DamagedError):
        ingest(archive, index)
    for path in index.glob("generations/*/manifest.json"):
        path.unlink()
    with pytest.raises(DamagedError, match="playhead remove show/three"):
        open_library(Settings(engine=f"embedded:{index}"), embedder=HashingEmbedder())
    with pytest.raises(DamagedError, match="playhead remove show/two"):
        remove("show/three", str(index))
    remove("show/two", str(index))
    library = open_library(Settings(engine=f"embedded:{index}"), embedder=HashingEmbedder())
    assert sorted(episode.id for episode in library.view().episodes(EVERYTHING)) == ["show/four", "show/one"]
    assert library.view().size == 2
    library.close()


def assert_left_out(engine: Engine) -> None:
    """Lists and searches go on with the two episodes that are whole, and say why there are not three."""
    view = engine.view()
    assert [episode.id for episode in view.episodes(EVERYTHING)] == ["show/one", "show/three"]
    assert [podcast.episodes for podcast in view.podcasts()] == [2]
    assert [(speaker.name, speaker.episodes) for speaker in view.speakers(EVERYTHING)] == [("Ada Moss", 2)]
    assert view.undated(EVERYTHING) == 2
    assert {spoken.episode for spoken in view.spoken(EVERYTHING)} == {"show/one", "show/three"}
    found = view.matching("kettle", EVERYTHING, 10).alone.numbers.tolist()
    assert {passage.episode for passage in view.passages(found).values()} == {"show/one", "show/three"}
    assert "damaged in show/two: " in str(engine.describe().details["notes"])
    with pytest.raises(DamagedError, match="playhead remove show/two"):
        view.episodes(Filters(episode=("show/two",)))


def test_what_is_damaged_while_a_library_is_served_is_left_out_from_then_on(tmp_path: Path, archive: Path) -> None:
    ingest(archive, tmp_path / "index")
    engine = open_engine(f"embedded:{tmp_path / 'index'}")
    assert len(engine.view().episodes(EVERYTHING)) == 3
    connection = sqlite.connect(str(tmp_path / "index" / "library.sqlite"))
    connection.execute("UPDATE episodes SET seal = zeroblob(16) WHERE id = 'show/two'")
    connection.commit()
    connection.close()
    assert_left_out(engine)
    engine.close()


def test_a_damaged_transcript_is_left_out_of_who_spoke_how_much_and_told(tmp_path: Path, archive: Path) -> None:
    ingest(archive, tmp_path / "index")
    connection = sqlite.connect(str(tmp_path / "index" / "library.sqlite"))
    connection.execute("UPDATE transcripts SET text = 'x' WHERE episode = 3")
    connection.commit()
    connection.close()
    engine = open_engine(f"embedded:{tmp_path / 'index'}")
    assert {spoken.episode for spoken in engine.view().spoken(EVERYTHING)} == {"show/one", "show/three"}
    assert "damaged in show/two: " in str(engine.describe().details["notes"])
    with pytest.raises(DamagedError, match="playhead remove show/two"):
        list(engine.view().spoken(Filters(episode=("show/two",))))
    engine.close()


@pytest.mark.parametrize("mend", ["rebuild", "remove"])
@pytest.mark.parametrize(
    "harm",
    [
        "UPDATE episodes SET title = 'another' WHERE id = 'show/two'",
        "UPDATE voices SET name = 'Ade' WHERE segment = 3",
        "DELETE FROM voices WHERE segment = 3",
        "UPDATE transcripts SET text = 'x' WHERE episode = 3",
        "UPDATE segments SET ordinal = 7 WHERE number = 3",
    ],
)
def test_whatever_of_an_episode_is_damaged_is_mended_by_what_the_message_says(
    tmp_path: Path, archive: Path, harm: str, mend: str
) -> None:
    index = tmp_path / "index"
    ingest(archive, index)
    connection = sqlite.connect(str(index / "library.sqlite"))
    assert connection.execute(harm).rowcount == 1
    connection.commit()
    connection.close()
    engine = open_engine(f"embedded:{index}")
    view = engine.view()
    with pytest.raises(DamagedError, match=r"damaged in .*show/two.*--rebuild.*playhead remove"):
        view.episode("show/two") if "transcripts" not in harm else view.transcript("show/two")
    if "transcripts" not in harm:
        assert_left_out(engine)
    engine.close()
    if mend == "rebuild":
        ingest(archive, index, rebuild=True)
    else:
        remove("show/two", str(index))
    assert [each.what for each in check(index, deep=True) if not each.is_whole] == []
    engine = open_engine(f"embedded:{index}")
    assert len(engine.view().episodes(EVERYTHING)) == (3 if mend == "rebuild" else 2)
    engine.close()


@pytest.mark.parametrize("published", [True, False])
@pytest.mark.parametrize(
    "harm",
    [
        "UPDATE segments SET chapter_folded = 'another' WHERE episode = 1",
        "UPDATE segments SET chapter = 7 WHERE episode = 1",
    ],
)
def test_lists_by_chapter_do_not_believe_a_column_that_was_changed(tmp_path: Path, harm: str, published: bool) -> None:
    engine = open_engine(f"embedded:{tmp_path}", writing=True)
    engine.use(MODEL)
    for number in range(3):
        engine.put(*make(f"show/{number}", 4, seed=number))
    engine.publish()
    if not published:
        engine.remove("show/2")
    filters = [Filters(chapter=(asked,), sponsors=True) for asked in ("part 1", "1", "7")]
    whole = [(engine.view().episodes(each), engine.view().speakers(each)) for each in filters]
    assert [len(episodes) for episodes, _ in whole] == ([3, 3, 0] if published else [2, 2, 0])
    connection = sqlite.connect(str(tmp_path / "library.sqlite"))
    connection.execute(harm)
    connection.commit()
    connection.close()
    if published or "folded" in harm:  # what was asked of the generation, and what is derived, is not read
        assert [(engine.view().episodes(each), engine.view().speakers(each)) for each in filters] == whole
    else:
        assert [each.id for each in engine.view().episodes(filters[0])] == ["show/1"]
        assert "damaged in show/0: " in str(engine.describe().details["notes"])
    engine.close()
