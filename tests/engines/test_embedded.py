"""What only the embedded engine can get wrong: files, locks, crashes, damage, threads."""

from __future__ import annotations

import os
import random
import shutil
import threading
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

import numpy as np
import pytest
from pysqlite3 import dbapi2 as sqlite

from playhead.engine import Engine, Model, Vectors, open_engine
from playhead.engines.embedded import generations
from playhead.engines.embedded.lock import WriterLock
from playhead.errors import (
    DamagedError,
    EmbeddingMismatchError,
    EngineError,
    ForeignLibraryError,
    LockedError,
    StorageError,
)
from playhead.library import Library
from playhead.query import EVERYTHING
from tests.doubles import HashingEmbedder
from tests.engines.contract import DIMENSION, MODEL, by_words, everything, make, unit, wait_until

Answers = tuple[object, ...]

QUESTION = unit(np.arange(1.0, DIMENSION + 1))


@pytest.fixture
def directory(tmp_path: Path) -> Path:
    return tmp_path / "library"


class Opened:
    """Opens engines and closes them at the end of the test."""

    def __init__(self) -> None:
        self.engines: list[Engine] = []

    def __call__(self, directory: Path, *, writing: bool = False) -> Engine:
        self.engines.append(open_engine(f"embedded:{directory}", writing=writing))
        if writing:
            self.engines[-1].use(MODEL)
        return self.engines[-1]


@pytest.fixture
def opened() -> Iterator[Opened]:
    opened = Opened()
    yield opened
    for engine in opened.engines:
        engine.close()


def answers(engine: Engine) -> Answers:
    """Everything a fixed question finds, to the last bit."""
    view = engine.view()
    near, words = view.nearest(QUESTION, EVERYTHING, 1000), view.matching("kettle violin", EVERYTHING, 1000)
    hits = (near, words.alone, words.around)
    return tuple((hit.numbers.tolist(), hit.scores.tolist()) for hit in hits)


# What an interrupted run leaves


def test_what_an_interrupted_publish_left_is_swept_and_the_generation_before_is_kept(
    directory: Path, opened: Opened
) -> None:
    writer = opened(directory, writing=True)
    for number in range(4):
        writer.put(*make(f"show/e{number}"))
        (directory / "generations" / "77.tmp").mkdir(parents=True, exist_ok=True)
        writer.publish()
    assert sorted(path.name for path in (directory / "generations").iterdir()) == ["3", "4"]
    assert (directory / "CURRENT").read_text() == "4\n"


def test_what_others_put_among_the_generations_is_left_alone_and_in_nobodys_way(
    directory: Path, tmp_path: Path, opened: Opened
) -> None:
    folder = directory / "generations"
    (folder / "notes").mkdir(parents=True)
    for name in (".DS_Store", "3", "4.tmp", "notes/one"):
        (folder / name).write_text("ours")
    (tmp_path / "elsewhere").mkdir()
    (folder / "5").symlink_to(tmp_path / "elsewhere")
    writer = opened(directory, writing=True)
    for number in range(3):
        writer.put(*make(f"show/e{number}"))
        writer.publish()
    strangers = [".DS_Store", "3", "4.tmp", "5", "notes"]
    assert sorted(path.name for path in folder.iterdir()) == sorted([*strangers, "7", "8"])
    assert (folder / "notes" / "one").read_text() == "ours"
    (directory / "CURRENT").unlink()
    (folder / "9").touch()
    assert opened(directory).view().size == writer.view().size == 18


# Damage


Published = tuple[Path, Answers, Answers]


@pytest.fixture
def published(directory: Path, opened: Opened) -> Published:
    """A library of two generations, and what each of them answers."""
    writer = opened(directory, writing=True)
    answered = []
    for name in ("show/one", "show/two"):
        writer.put(*make(name, 40))
        writer.publish()
        answered.append(answers(writer))
    writer.close()
    assert answered[0] != answered[1]
    return directory, answered[0], answered[1]


def damage(directory: Path, chance: random.Random) -> str:
    """Harm one file of the current generation, or CURRENT itself; says what was done."""
    newest, before = (directory / "generations" / name for name in ("2", "1"))
    files = sorted(path for path in newest.rglob("*") if path.is_file() and not path.name.endswith(".lock"))
    path = chance.choice([*files, directory / "CURRENT"])
    data = bytearray(path.read_bytes())
    how = chance.choice(["flip", "cut", "zero", "append", "swap", "delete"])
    place = chance.randrange(len(data)) if data else 0
    twin = before / path.relative_to(newest) if newest in path.parents else path
    if how == "delete":
        path.unlink()
    elif how == "swap" and twin.is_file() and twin != path:
        shutil.copy(twin, path)
    elif how == "cut":
        path.write_bytes(data[:place])
    elif how == "zero" and any(data[place : place + 512]):
        path.write_bytes(data[:place] + bytes(len(data[place : place + 512])) + data[place + 512 :])
    elif how == "append" or not data:
        path.write_bytes(data + b"\x00")
    else:
        data[place] ^= 1 << chance.randrange(8)
        path.write_bytes(data)
    return f"{how} {path.name} at {place}"


def test_damaged_indexes_never_answer_and_are_made_again(published: Published, tmp_path: Path, opened: Opened) -> None:
    directory, _, whole = published
    chance = random.Random(int(os.environ.get("PLAYHEAD_TEST_SEED", "1")))
    for number in range(30):
        copy = tmp_path / f"copy{number}"
        shutil.copytree(directory, copy)
        done = damage(copy, chance)
        engine = opened(copy)
        assert answers(engine) == whole, done
        engine.close()


def test_while_somebody_writes_a_damaged_generation_gives_way_to_the_one_before(
    published: Published, tmp_path: Path, opened: Opened
) -> None:
    directory, before, whole = published
    chance = random.Random(2)
    for number in range(12):
        copy = tmp_path / f"copy{number}"
        shutil.copytree(directory, copy)
        writer = opened(copy, writing=True)
        done = damage(copy, chance)
        reader = opened(copy)
        answered = answers(reader)
        assert answered in (before, whole), done
        if answered == before and "CURRENT" not in done:
            assert "generation 2 is damaged" in str(reader.describe().details["notes"]), done
        reader.close()
        writer.close()


UNREADABLE = {
    "a folder": lambda path: path.mkdir(),
    "a disk that fails": lambda path: path.symlink_to("/proc/self/mem"),  # whose first byte cannot be read: EIO
    "a link in a circle": lambda path: path.symlink_to(path.name),
}


@pytest.mark.parametrize("name", ["manifest.json", "meaning.faiss", "words/meta.json"])
@pytest.mark.parametrize("put", UNREADABLE.values(), ids=UNREADABLE)
def test_a_file_that_cannot_be_read_is_as_bad_as_a_damaged_one(
    published: Published, opened: Opened, name: str, put: Callable[[Path], None]
) -> None:
    directory, before, whole = published
    path = directory / "generations" / "2" / name
    path.unlink()
    put(path)
    lock = WriterLock(directory)
    lock.take()
    beside = opened(directory)
    assert answers(beside) == before
    assert str(directory / "generations" / "2") in str(beside.describe().details["notes"])
    lock.release()
    assert answers(opened(directory)) == whole
    assert generations.current(directory) == 3


@pytest.mark.parametrize("put", UNREADABLE.values(), ids=UNREADABLE)
def test_a_current_that_cannot_be_read_is_named_and_a_reader_goes_on_without_it(
    published: Published, opened: Opened, put: Callable[[Path], None]
) -> None:
    directory, _, whole = published
    reader = opened(directory)
    (directory / "CURRENT").unlink()
    put(directory / "CURRENT")
    with pytest.raises(StorageError, match=rf"{directory}/CURRENT: .*; .*\."):
        opened(directory)
    wait_until(lambda: f"{directory}/CURRENT" in str(reader.describe().details["notes"]))
    assert answers(reader) == whole


def test_when_no_generation_is_whole_and_somebody_writes_it_says_so(published: Published, opened: Opened) -> None:
    directory, _, _ = published
    writer = opened(directory, writing=True)
    for name in ("1", "2"):
        (directory / "generations" / name / "meaning.faiss").write_bytes(b"")
    with pytest.raises(DamagedError, match=r"generation 2 is damaged.*generation 1 is damaged.*is writing"):
        opened(directory)
    writer.close()


def test_a_reader_goes_on_with_what_it_has_when_the_next_generation_will_not_open(
    published: Published, opened: Opened
) -> None:
    directory, _, whole = published
    reader = opened(directory)
    shutil.copytree(directory / "generations" / "2", directory / "generations" / "3")
    (directory / "generations" / "3" / "names.json").write_text("{}")
    (directory / "CURRENT").write_text("3\n")
    wait_until(lambda: "generation 3 is damaged" in str(reader.describe().details["notes"]))
    assert answers(reader) == whole


def test_generations_of_another_library_never_answer(published: Published, opened: Opened) -> None:
    directory, _, _ = published
    for path in directory.glob("library.sqlite*"):
        path.unlink()
    writer = opened(directory, writing=True)
    assert writer.view().size == 0
    writer.put(*make("show/three", texts=["kettle"]))
    writer.put(*make("show/four", texts=["kettle"]))  # as many changes as the other library had
    writer.close()
    view = opened(directory).view()
    assert view.size == 2
    assert everything(view) == ["show-four-0-0", "show-three-0-0"]


@pytest.mark.parametrize(
    "change",
    [
        "UPDATE segments SET text = text || '.' WHERE id = 'show-one-0-1'",
        "UPDATE segments SET time_start = 99.0 WHERE id = 'show-one-0-1'",
        "UPDATE segments SET turns = replace(turns, '[', '[ ') WHERE id = 'show-one-0-1'",
    ],
)
def test_a_changed_row_of_the_truth_is_left_out_and_told_and_refused_when_it_is_asked_for(
    published: Published, opened: Opened, change: str
) -> None:
    directory, _, _ = published
    connection = sqlite.connect(str(directory / "library.sqlite"))
    assert connection.execute(change).rowcount > 0
    connection.commit()
    connection.close()
    engine = opened(directory)
    view = engine.view()
    numbers = view.nearest(QUESTION, EVERYTHING, 1000).numbers.tolist()
    assert {segment.id for segment in view.segments(numbers).values()} == set(everything(view)) - {"show-one-0-1"}
    assert "damaged in show/one: " in str(engine.describe().details["notes"])
    for ask in (view.segment, lambda each: view.neighbours(each, 1, 1)):
        with pytest.raises(DamagedError, match=r"damaged in show/one: .*checksum.*--rebuild"):
            ask("show-one-0-1")


class Embedder(HashingEmbedder):
    """Remembers what it was asked to embed, in the contract's model."""

    model = MODEL

    def __init__(self) -> None:
        self.embedded: list[str] = []

    def passages(self, texts: Sequence[str]) -> Vectors:
        self.embedded += texts
        return super().passages(texts)


HARM = {
    "a vector": "UPDATE vectors SET data = zeroblob(length(data)) WHERE segment = 2",
    "a vector's seal": "UPDATE vectors SET seal = zeroblob(16) WHERE segment = 2",
    "no vector": "DELETE FROM vectors WHERE segment = 2",
    "a text": "UPDATE segments SET text = text || '.' WHERE number = 2",
    "a text that is no UTF-8": "UPDATE segments SET passage = CAST(x'80' AS TEXT) || passage WHERE number = 2",
}


def change(directory: Path, *statements: str) -> None:
    connection = sqlite.connect(str(directory / "library.sqlite"))
    for statement in statements:
        assert connection.execute(statement).rowcount > 0
    connection.commit()
    connection.close()


@pytest.fixture
def ahead(directory: Path, opened: Opened) -> Path:
    """A library whose second episode is kept and not published, as a killed writer leaves it."""
    writer = opened(directory, writing=True)
    writer.put(*make("show/one", texts=["kettle", "violin", "granite"]))
    writer.publish()
    writer.put(*make("show/two", texts=["kettle"]))
    writer.close()
    return directory


@pytest.mark.parametrize("harm", HARM.values(), ids=HARM)
def test_publishing_a_damaged_row_is_refused_and_names_every_episode_to_mend(
    ahead: Path, opened: Opened, harm: str
) -> None:
    opened(ahead).close()  # publishes
    writer = opened(ahead, writing=True)
    whole = answers(writer)
    change(ahead, harm, harm.replace("= 2", "= 4"))
    writer.put(*make("show/three"))
    with pytest.raises(
        DamagedError, match=r"library\.sqlite is damaged in show/one, show/two.*--rebuild.*playhead remove"
    ):
        writer.publish()
    assert answers(writer) == whole


@pytest.mark.parametrize("published", [True, False], ids=["level", "ahead"])
@pytest.mark.parametrize("harm", HARM.values(), ids=HARM)
def test_adding_an_episode_again_mends_its_damaged_rows(
    ahead: Path, opened: Opened, harm: str, published: bool
) -> None:
    if published:
        opened(ahead).close()
    change(ahead, harm)
    writer = opened(ahead, writing=True)
    embedder = Embedder()
    episode, transcript, segments, vectors = make("show/one", texts=["kettle", "violin", "granite"])
    Library(writer, embedder).add(episode, transcript, segments)
    assert embedder.embedded == ([segments[1].passage] if "vectors" in harm else [])
    writer.publish()
    assert writer.describe().details["notes"] is None
    view = writer.view()
    assert view.size == 4
    assert [view.segment(segment.id) for segment in segments] == segments
    assert sorted(view.vectors([segment.id for segment in segments])) == sorted(segment.id for segment in segments)
    assert view.vectors([segments[0].id])[segments[0].id] == pytest.approx(vectors[0], abs=1e-3)


@pytest.mark.parametrize("harm", HARM.values(), ids=HARM)
def test_a_damaged_row_that_is_not_published_leaves_what_is_published_in_service(
    ahead: Path, opened: Opened, harm: str
) -> None:
    change(ahead, harm)
    for engine in (opened(ahead), opened(ahead, writing=True)):
        assert engine.view().size == 3
        assert "not published" in str(engine.describe().details["notes"])
        assert "show/one" in str(engine.describe().details["notes"])


@pytest.mark.parametrize("harm", HARM.values(), ids=HARM)
def test_a_library_damaged_before_its_first_publish_can_be_mended_but_not_read(
    ahead: Path, opened: Opened, harm: str
) -> None:
    shutil.rmtree(ahead / "generations")
    (ahead / "CURRENT").unlink()
    change(ahead, harm)
    with pytest.raises(DamagedError, match=r"damaged in show/one.*playhead remove show/one"):
        opened(ahead)
    writer = opened(ahead, writing=True)
    assert writer.view().size == 0
    assert writer.remove("show/one")
    writer.publish()
    assert everything(opened(ahead).view()) == ["show-two-0-0"]


# Files that are not ours, disks that are not willing


def test_whoever_may_read_one_file_of_a_generation_may_read_all(published: Published) -> None:
    directory, _, _ = published
    files = [path for path in (directory / "generations").rglob("*") if path.is_file()]
    assert len(files) > 10
    assert {path.stat().st_mode for path in files} == {(directory / "CURRENT").stat().st_mode}


def test_a_library_that_cannot_be_reached_is_named(tmp_path: Path, opened: Opened) -> None:
    name = "long" * 100  # too long for any file system: refused even to root, as a directory that is not ours is not
    with pytest.raises(StorageError, match=rf"{name}/library.sqlite: .*; see that"):
        opened(tmp_path / name)


def test_where_there_is_no_library_the_message_says_how_to_make_one(directory: Path, opened: Opened) -> None:
    with pytest.raises(EngineError, match=rf"no library in {directory}; run playhead ingest"):
        opened(directory)
    assert not directory.exists()
    directory.mkdir()
    (directory / "library.sqlite").touch()  # a writer killed before it wrote anything
    with pytest.raises(EngineError, match="no library"):
        opened(directory)
    assert opened(directory, writing=True).describe().segments == 0


def test_an_empty_library_is_whole_and_finds_nothing(directory: Path, opened: Opened) -> None:
    open_engine(f"embedded:{directory}", writing=True).close()
    view = opened(directory).view()
    assert (view.size, view.revision, everything(view), by_words(view, "kettle")) == (0, 0, [], [])
    assert (view.podcasts(), view.speakers(EVERYTHING), view.episodes(EVERYTHING)) == ([], [], [])


@pytest.mark.parametrize("writing", [True, False])
@pytest.mark.parametrize(
    ("statement", "message"),
    [("PRAGMA user_version = 99", "upgrade Playhead"), ("PRAGMA application_id = 7", "not a Playhead library")],
)
def test_a_newer_or_foreign_library_is_refused(
    directory: Path, opened: Opened, statement: str, message: str, writing: bool
) -> None:
    opened(directory, writing=True).close()
    connection = sqlite.connect(str(directory / "library.sqlite"))
    connection.execute(statement)
    connection.close()
    with pytest.raises(ForeignLibraryError, match=message):
        opened(directory, writing=writing)


@pytest.mark.parametrize("damage", ["text = replace(text, 'a', 'e')", "turns = substr(turns, 2)"])
def test_a_damaged_transcript_is_named_and_mended_when_it_is_put_again(
    directory: Path, opened: Opened, damage: str
) -> None:
    engine = opened(directory, writing=True)
    engine.use(MODEL)
    whole = make()
    engine.put(*whole)
    connection = sqlite.connect(str(directory / "library.sqlite"))
    connection.executescript(f"UPDATE transcripts SET {damage}")  # noqa: S608
    connection.close()

    with pytest.raises(DamagedError, match=r"damaged in show/one: .*playhead ingest --rebuild"):
        engine.view().transcript("show/one")
    engine.put(*whole)

    assert engine.view().transcript("show/one") == whole[1]


@pytest.mark.parametrize("writing", [True, False])
def test_somebody_elses_database_is_refused_and_left_as_it_is(directory: Path, opened: Opened, writing: bool) -> None:
    directory.mkdir()
    connection = sqlite.connect(str(directory / "library.sqlite"))
    connection.execute("CREATE TABLE recipes (name)")
    connection.commit()
    connection.close()
    before = (directory / "library.sqlite").read_bytes()
    with pytest.raises(ForeignLibraryError, match="not a Playhead library"):
        opened(directory, writing=writing)
    assert (directory / "library.sqlite").read_bytes() == before


@pytest.mark.parametrize("writing", [True, False])
def test_a_file_that_is_no_database_is_called_damaged(directory: Path, opened: Opened, writing: bool) -> None:
    directory.mkdir()
    (directory / "library.sqlite").write_bytes(b"kettle" * 1000)
    with pytest.raises(DamagedError, match=r"library\.sqlite.*backup"):
        opened(directory, writing=writing)


def test_a_directory_that_cannot_be_made_is_named(tmp_path: Path, opened: Opened) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(StorageError, match=r"file.*--index"):
        opened(tmp_path / "file" / "library", writing=True)


# Locks, readers and threads


def test_a_generation_published_while_a_library_is_opened_is_served_and_not_made_again(
    published: Published, opened: Opened, monkeypatch: pytest.MonkeyPatch
) -> None:
    directory, _, _ = published
    look = generations.current

    def publish_and_look(place: Path) -> int | None:
        monkeypatch.setattr(generations, "current", look)
        writer = opened(directory, writing=True)
        writer.put(*make("show/three"))
        writer.publish()
        writer.close()
        return look(place)

    monkeypatch.setattr(generations, "current", publish_and_look)
    reader = opened(directory)
    assert reader.view().size == 86
    assert reader.describe().details["generation"] == generations.current(directory) == 3


def test_generations_of_a_future_that_a_backup_undid_never_answer(
    published: Published, tmp_path: Path, opened: Opened
) -> None:
    directory, _, whole = published
    shutil.copy(directory / "library.sqlite", tmp_path / "backup")
    writer = opened(directory, writing=True)
    for number in range(2):
        writer.put(*make(f"show/undone{number}"))
        writer.publish()
    writer.close()
    shutil.copy(tmp_path / "backup", directory / "library.sqlite")
    reader = opened(directory)
    assert answers(reader) == whole
    assert "ahead of library.sqlite" in str(reader.describe().details["notes"])


def test_a_second_writer_is_told_who_is_writing(directory: Path, opened: Opened) -> None:
    first = opened(directory, writing=True)
    with pytest.raises(LockedError, match=rf"process {os.getpid()}\) is writing to {directory}"):
        opened(directory, writing=True)
    first.close()
    opened(directory, writing=True)


def test_a_reader_beside_a_writer_serves_what_is_published_until_more_is(directory: Path, opened: Opened) -> None:
    writer = opened(directory, writing=True)
    writer.put(*make("show/one", texts=["kettle"]))
    early = opened(directory)
    assert early.view().size == 0
    assert "is writing" in str(early.describe().details["notes"])
    writer.publish()
    writer.put(*make("show/two", texts=["kettle"]))
    assert opened(directory).view().size == 1
    writer.publish()
    wait_until(lambda: early.view().size == 2)
    assert early.describe().details["notes"] is None


def test_a_reader_does_not_follow_a_library_to_another_model(directory: Path, opened: Opened) -> None:
    writer = opened(directory, writing=True)
    writer.put(*make("show/one", texts=["kettle"]))
    writer.publish()
    reader = opened(directory)
    reader.use(MODEL)
    other = Model("another-model", "cd" * 32, DIMENSION)
    writer.reembed(other, lambda passages: unit(np.ones((len(passages), DIMENSION))))
    with pytest.raises(EmbeddingMismatchError, match=r"generation 1 .* was not made with another-model"):
        opened(directory).use(other)  # not published yet: the vectors that answer are still the old model's
    writer.publish()
    wait_until(lambda: "a-small-model" in str(reader.describe().details["notes"]))
    assert reader.view().size == 1
    opened(directory).use(other)


def test_many_threads_read_while_one_publishes_and_every_answer_fits_together(directory: Path, opened: Opened) -> None:
    writer = opened(directory, writing=True)
    writer.put(*make("show/first", texts=["kettle"] * 3))
    writer.publish()
    reader = opened(directory)
    stop = threading.Event()
    failures: list[BaseException] = []
    seen: set[int] = set()

    def search(engine: Engine) -> None:
        try:
            while not stop.is_set():
                view = engine.view()
                numbers = view.nearest(QUESTION, EVERYTHING, 1000).numbers
                words = view.matching("kettle", EVERYTHING, 1000)
                assert len(numbers) == view.size
                assert set(words.alone.numbers.tolist()) == set(words.around.numbers.tolist()) == set(numbers.tolist())
                assert len(view.segments(numbers[:20].tolist())) == min(20, view.size)
                assert view.facets(numbers)["podcast"] == [("show", view.size)]
                seen.add(view.size)
        except BaseException as error:  # noqa: BLE001 - told to the test's own thread
            failures.append(error)

    threads = [threading.Thread(target=search, args=(engine,)) for engine in (writer, reader, reader)]
    for thread in threads:
        thread.start()
    try:
        for number in range(20):
            writer.put(*make(f"show/e{number}", texts=["kettle"] * 3))
            writer.publish()
        wait_until(lambda: reader.view().size == writer.view().size == 63 or bool(failures))
    finally:
        stop.set()
        for thread in threads:
            thread.join()
    assert failures == []
    assert len(seen) > 5


def test_vectors_are_opened_from_the_bytes_that_were_checked(
    published: Published, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Nobody can put another file in their place between the check and the use."""
    directory, _, whole = published
    meaning = directory / "generations" / "2" / "meaning.faiss"
    check = generations._read_files

    def check_and_replace(folder: Path, files: dict[str, tuple[int, str]]) -> dict[str, bytes]:
        held = check(folder, files)
        meaning.write_bytes(b"something else")
        return held

    monkeypatch.setattr(generations, "_read_files", check_and_replace)
    engine = open_engine(f"embedded:{directory}")
    assert answers(engine) == whole
    assert engine.describe().details["notes"] is None
    engine.close()
