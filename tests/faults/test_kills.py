"""Killed at every point of everything that writes, and at any moment: what was acknowledged is there, and answers.

A failing round names its seed and its point; PLAYHEAD_TEST_SEED repeats it.
"""

from __future__ import annotations

import random
import shutil
import time
from pathlib import Path

import pytest

from playhead.engine import open_engine
from playhead.engines.embedded import backups, checking, generations
from playhead.engines.embedded.truth import Truth
from playhead.query import EVERYTHING
from tests.engines.contract import MODEL, by_words, everything, make, wait_until
from tests.engines.test_versions import FIXTURES, lay
from tests.engines.test_versions import check as check_version
from tests.faults.killing import OPERATIONS, die, start, sweep, work_on
from tests.faults.library import SEED, rounds

BEGUN = {"show/one": 0, "show/two": 0, "other/three": 0}


@pytest.fixture(scope="module")
def begun(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A library of three episodes and its backup, to be copied."""
    place = tmp_path_factory.mktemp("begun")
    engine = open_engine(f"embedded:{place / 'library'}", writing=True)
    engine.use(MODEL)
    for name in BEGUN:
        engine.put(*make(name, 3, texts=["kettle violin"] * 3))
    engine.publish()
    engine.close()
    backups.back_up(place / "library", place / "backup")
    return place


def expected(journal: Path, held: dict[str, int | None]) -> dict[str, set[int | None]]:
    """The versions of each episode that may be there (None: no episode).

    That is the last acknowledged, and each that was asked for after it and never acknowledged.
    """
    allowed: dict[str, set[int | None]] = {name: {version} for name, version in held.items()}
    for line in journal.read_text().splitlines() if journal.exists() else ():
        name, version = line.lstrip("?+-").split()
        became = int(version) if "+" in line[:2] else None
        if line[0] == "?":
            allowed.setdefault(name, {None}).add(became)
        else:
            allowed[name] = {became}
    return allowed


def assert_published_whole(directory: Path) -> None:
    """There was no moment at which ``CURRENT`` named half a generation; in a restore it may name one that went."""
    named = generations.current(directory)
    if named in generations.kept(directory):
        truth = Truth(directory / "library.sqlite", writing=False)
        generations.open_generation(directory, named, truth.state().library)
        truth.close()


def hold(directory: Path, allowed: dict[str, set[int | None]], what: str) -> dict[str, int]:
    """Open the library as anybody would: whole, with what is expected, all of it found, nothing else. What there is."""
    assert_published_whole(directory)
    engine = open_engine(f"embedded:{directory}")
    view = engine.view()
    kept = {
        episode.id: int(episode.fingerprint.removeprefix("print-")) for episode in view.episodes(EVERYTHING, 0, 1000)
    }
    for name, versions in allowed.items():
        assert kept.get(name) in versions, f"{what}: {name}"
    assert set(kept) <= set(allowed), what
    segments = sorted(f"{name.replace('/', '-')}-{version}-{n}" for name, version in kept.items() for n in range(3))
    assert everything(view) == segments, what
    assert sorted(by_words(view, "kettle", k=10_000)) == segments, what
    for name in kept:
        assert view.transcript(name) is not None, what
    engine.close()
    assert [each for each in checking.check(directory) if not each.is_whole] == [], what
    return kept


@pytest.mark.parametrize("operation", OPERATIONS)
def test_killed_at_any_point_it_loses_nothing_that_was_acknowledged(
    begun: Path, tmp_path: Path, operation: str
) -> None:
    place = tmp_path / "place"
    directory, journal = place / "library", tmp_path / "journal"

    def begin() -> None:
        journal.unlink(missing_ok=True)
        if place.exists():
            sweep(directory)
        place.mkdir(exist_ok=True)
        if operation == "migrate":
            lay(FIXTURES[0], directory)
        else:
            shutil.copytree(begun, place, dirs_exist_ok=True)

    def run(seed: int, kill_at: int | None) -> int | None:
        child = start(die, operation, directory, journal, seed, kill_at)
        child.join()
        return child.exitcode

    begin()
    assert run(SEED, None) == 0
    points = journal.with_suffix(".points").read_text().splitlines()
    assert len(points) > 5
    for again in range(rounds(1, 50)):
        for number, point in enumerate(points):
            what = f"{operation}, seed {SEED + again}, killed before point {number} ({point})"
            begin()
            assert run(SEED + again, number) == -9, what
            if operation == "migrate":
                engine = open_engine(f"embedded:{directory}")
                check_version(engine)
                engine.close()
                continue
            hold(directory, expected(journal, dict(BEGUN)), what)
            if operation == "backup" and (place / f"made-{SEED + again}").exists():
                assert backups.read(place / f"made-{SEED + again}").episodes == len(BEGUN), what
            if operation == "restore":
                for aside in directory.glob("replaced-*/library.sqlite"):
                    hold(aside.parent, expected(journal, dict(BEGUN)), f"{what}, what was put aside")
            # The same again comes to its end, and leaves nothing half made.
            assert run(SEED + again, None) == 0 or operation == "backup", what
            hold(directory, expected(journal, dict(BEGUN)), f"{what}, and done again")
            assert not list(directory.rglob("*.tmp")), what


def test_killed_at_any_moment_it_loses_nothing_that_was_acknowledged(tmp_path: Path) -> None:
    """One library through all the rounds, so that each begins with what the one before left."""
    directory, journal = tmp_path / "library", tmp_path / "journal"
    for number in range(rounds(200, 5000)):
        seed = SEED + number
        chance = random.Random(seed)
        before = journal.stat().st_size if journal.exists() else 0
        child = start(work_on, directory, journal, number)
        wait_until(lambda: journal.exists() and journal.stat().st_size > before, 60)  # noqa: B023
        time.sleep(chance.uniform(0.0, chance.choice((0.05, 0.05, 0.2))))
        child.kill()
        child.join()
        assert child.exitcode == -9, f"seed {seed}"
        hold(directory, expected(journal, {}), f"seed {seed}")
