"""Bytes changed under a library: nothing crashes, nothing hangs, and no question is answered wrongly without a word.

The seed of a failing round is in its message; PLAYHEAD_TEST_SEED begins with another.
"""

from __future__ import annotations

import random
import shutil
from collections import Counter
from pathlib import Path

import pytest
from pysqlite3 import dbapi2 as sqlite

from playhead.engine import open_engine
from playhead.errors import PlayheadError
from tests.faults.library import (
    SEED,
    Answers,
    Less,
    ask_everything,
    fill,
    flip,
    is_noticed,
    rounds,
    search,
    silently_wrong,
)


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Answers]:
    """A library without a log beside it, and all it answers."""
    directory = tmp_path_factory.mktemp("whole") / "library"
    fill(directory)
    connection = sqlite.connect(str(directory / "library.sqlite"))
    connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    connection.close()
    answers = ask(directory)
    assert answers is not None
    assert not is_noticed(answers)
    return directory, answers


def ask(directory: Path) -> Answers | None:
    """All it answers; None if it is not opened."""
    try:
        engine = open_engine(f"embedded:{directory}")
    except PlayheadError:
        return None
    try:
        return ask_everything(engine)
    finally:
        engine.close()


def test_of_the_flips_in_the_database_that_would_change_an_answer_99_of_100_are_noticed_first(
    whole: tuple[Path, Answers], tmp_path: Path
) -> None:
    directory, answers = whole
    less = Less(directory, tmp_path / "less")
    tally: Counter[str] = Counter()
    silent = []
    for number in range(rounds(300, 3000)):
        seed = SEED + number
        copy = tmp_path / "copy"
        shutil.copytree(directory, copy)
        done = flip(copy / "library.sqlite", random.Random(seed))
        found = ask(copy)
        if found is None:
            tally["noticed"] += 1
        elif wrong := silently_wrong(found, answers, less):
            silent.append(f"seed {seed}: {done}: {wrong[0]}")
        else:
            tally["noticed" if is_noticed(found) else "harmless"] += 1
        shutil.rmtree(copy)
    print(dict(tally), *silent, sep="\n")
    assert tally["noticed"] > tally["harmless"] / 2
    assert len(silent) <= 0.01 * (tally["noticed"] + len(silent)), silent


@pytest.mark.parametrize("name", ["library", "revision", "root", "model_name", "model_sha256", "model_dimension"])
@pytest.mark.parametrize("sql", ["DELETE FROM meta WHERE name = ?", "UPDATE meta SET value = 'x' WHERE name = ?"])
def test_damage_in_what_a_library_says_of_itself_is_told_in_words(
    whole: tuple[Path, Answers], tmp_path: Path, name: str, sql: str
) -> None:
    copy = tmp_path / "copy"
    shutil.copytree(whole[0], copy)
    connection = sqlite.connect(str(copy / "library.sqlite"))
    connection.execute(sql, (name,))
    connection.commit()
    connection.close()
    if found := ask(copy):
        assert is_noticed(found)
        assert silently_wrong(found, whole[1], Less(whole[0], tmp_path / "less")) == []
    try:
        open_engine(f"embedded:{copy}", writing=True).close()
    except PlayheadError as error:
        assert "is damaged" in str(error)  # noqa: PT017 - it may as well be mended


PAGE = 4096
BLOWS = ("header", "pointers", "sector", "zeros", "noise", "swap", "copy", "cut")


def strike(path: Path, chance: random.Random) -> str:
    """Harm a page of the database where SQLite looks first, or all of it; says which."""
    data = bytearray(path.read_bytes())
    first, second = (PAGE * chance.randrange(len(data) // PAGE) for _ in range(2))
    how, head = chance.choice(BLOWS), first or 100  # the first page begins with what is said of the file
    if how in ("header", "pointers"):
        data[head + (chance.randrange(12) if how == "header" else 8 + chance.randrange(100))] = chance.randrange(256)
    elif how == "sector":
        at = first + 512 * chance.randrange(8)
        data[at : at + 512] = bytes(512)
    elif how in ("zeros", "noise"):
        data[first : first + PAGE] = bytes(PAGE) if how == "zeros" else chance.randbytes(PAGE)
    elif how == "cut":
        del data[first + chance.randrange(PAGE) :]
    else:
        one, other = data[first : first + PAGE], data[second : second + PAGE]
        data[first : first + PAGE] = other
        if how == "swap":
            data[second : second + PAGE] = one
    path.write_bytes(data)
    return f"{how} of page {first // PAGE + 1} ({second // PAGE + 1})"


def test_pages_of_the_database_that_are_lost_or_mixed_up_change_no_answer_without_a_word(
    whole: tuple[Path, Answers], tmp_path: Path
) -> None:
    """SQLite reads whatever it finds; it may not crash, hang or raise what nobody expects either."""
    directory, answers = whole
    less = Less(directory, tmp_path / "less")
    for number in range(rounds(100, 2000)):
        seed = SEED + number
        copy = tmp_path / "copy"
        shutil.copytree(directory, copy)
        done = strike(copy / "library.sqlite", random.Random(seed))
        found = ask(copy)
        assert found is None or is_noticed(found) or not silently_wrong(found, answers, less), f"seed {seed}: {done}"
        shutil.rmtree(copy)


HARMS = ("flip", "flip several", "cut", "zero", "append", "swap", "delete", "empty")


def harm(directory: Path, chance: random.Random) -> str:
    """Harm one file of the published generation, or CURRENT; says what was done."""
    newest, before = (directory / "generations" / name for name in ("2", "1"))
    files = [path for path in (*newest.rglob("*"), directory / "CURRENT") if path.is_file()]
    path = chance.choice(sorted(files, key=lambda path: (path.suffix, path.name)))  # some have a new name each time
    how, data = chance.choice(HARMS), bytearray(path.read_bytes())
    twin = before / path.relative_to(newest) if newest in path.parents else path
    place = chance.randrange(len(data)) if data else 0
    if how == "delete":
        path.unlink()
    elif how == "swap" and twin != path and twin.is_file():
        shutil.copy(twin, path)
    elif how == "cut":
        path.write_bytes(data[:place])
    elif how == "empty":
        path.write_bytes(b"")
    elif how == "append":
        path.write_bytes(data + chance.randbytes(chance.randrange(1, 100)))
    else:
        for _ in range(1 if how == "flip" else 20):
            at = chance.randrange(len(data)) if data else 0
            data[at : at + 1] = (
                b"\0" if how == "zero" else bytes([data[at] ^ 1 << chance.randrange(8)]) if data else b"x"
            )
        path.write_bytes(data)
    return f"{how} {path.relative_to(directory)} at {place}"


def test_no_damage_to_the_indexes_changes_an_answer(whole: tuple[Path, Answers], tmp_path: Path) -> None:
    """All can be made again, so nothing may even be refused."""
    directory, answers = whole
    for number in range(rounds(500, 5000)):
        seed = SEED + number
        copy = tmp_path / "copy"
        shutil.copytree(directory, copy)
        chance = random.Random(seed)
        done = [harm(copy, chance) for _ in range(chance.choice((1, 1, 1, 3)))]
        engine = open_engine(f"embedded:{copy}")
        found = search(engine)
        engine.close()
        assert found == {name: answers[name] for name in found}, f"seed {seed}: {done}"
        shutil.rmtree(copy)
