"""The power fails at any moment of everything that writes: what was acknowledged is there, and answers.

A failing round names its seed and its moment; PLAYHEAD_TEST_SEED repeats it, as far as threads do the same again.
"""

from __future__ import annotations

import multiprocessing
import random
import shutil
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import date
from multiprocessing.connection import Connection
from pathlib import Path

import pytest

from playhead import keys
from playhead.engine import open_engine
from playhead.engines.embedded import backups
from playhead.errors import NoLibraryError
from playhead.jobs import Job, begun, ended, new_id, now, open_jobs
from tests.engines.contract import MODEL, make
from tests.engines.test_versions import FIXTURES, lay
from tests.engines.test_versions import check as check_version
from tests.faults.killing import OPERATIONS, Note, start, wait
from tests.faults.library import SEED, rounds
from tests.faults.outage import Recording, Synced, dark, killed, torn
from tests.faults.test_kills import BEGUN, expected, hold
from tests.faults.tracing import CAN_TRACE, record

pytestmark = pytest.mark.skipif(not CAN_TRACE, reason="system calls are recorded on Linux on x86-64 alone")

SENT = "WEBVTT\n\n00:00.000 --> 00:02.000\nThe kettle is on.\n" * 100


def restore_while_served(directory: Path, note: Note, seed: int) -> None:
    """Somebody reads, so that the log of the library stays beside it, with an episode that the backup has not."""
    reader = open_engine(f"embedded:{directory}")
    OPERATIONS["publish"](directory, note, seed)
    note(f"?-show/unpublished-{seed} 0")
    OPERATIONS["restore"](directory, note, seed)
    note(f"-show/unpublished-{seed} 0")
    reader.close()


def keep_jobs(directory: Path, note: Note, seed: int) -> None:
    """Two jobs, one with a file, of which one comes to its end."""
    jobs = open_jobs(f"embedded:{directory}")
    for state in ("queued", "done"):
        job = Job(new_id(), "ingest", "studio", now(), now(), files=("talk.vtt",))
        (jobs.stage(job.id) / "talk.vtt").write_text(SENT)
        jobs.add(job)
        note(f"{job.id} queued")
        if state == "done":
            jobs.keep(begun(job))
            note(f"{job.id} running")
            jobs.keep(ended(job))
            note(f"{job.id} done")


def keep_keys(directory: Path, note: Note, seed: int) -> None:
    for name in ("studio", "desk"):
        keys.add(directory / "keys.toml", name, ("ingest",), date(2024, 3, 1))
        note(name)


ACTS: dict[str, Callable[[Path, Note, int], None]] = OPERATIONS | {
    "restore while served": restore_while_served,
    "jobs": keep_jobs,
    "keys": keep_keys,
}


def trace(act: str, place: Path, directory: Path, journal: Path, answer: Connection) -> None:
    """Do it, and answer with what it did in the place."""
    answer.send(record(place, journal, lambda: ACTS[act](directory, Note(journal), SEED)))


def recorded(act: str, place: Path, directory: Path, journal: Path) -> Recording:
    """What it does in the place, done by a process of its own."""
    receiver, sender = multiprocessing.Pipe(duplex=False)
    child = start(trace, act, place, directory, journal, sender)
    sender.close()
    recording = receiver.recv()
    wait(child)
    assert isinstance(recording, Recording)
    return recording


def outages(recording: Recording, tmp_path: Path, short: int) -> Iterator[tuple[Path, list[str], str]]:
    """The place as a power cut leaves it, what had been said before, and which cut it was; one after the other."""
    for number in range(rounds(short, 2000)):
        seed = SEED + number
        chance = random.Random(seed)
        moment = chance.randrange(len(recording.events) + 1)
        place = tmp_path / f"left-{number}"
        disk = dark(recording, moment) if number % 5 == 0 else torn(recording, moment, chance)
        disk.lay(place, chance)
        yield place, recording.said(moment), f"seed {seed}, at moment {moment} of {len(recording.events)}"
        shutil.rmtree(place, ignore_errors=True)  # tantivy may be writing a lock yet


@pytest.fixture(scope="module")
def library(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A place with a library of three episodes and its backup, to be copied."""
    place = tmp_path_factory.mktemp("power") / "place"
    engine = open_engine(f"embedded:{place / 'library'}", writing=True)
    engine.use(MODEL)
    for name in BEGUN:
        engine.put(*make(name, 3, texts=["kettle violin"] * 3))
    engine.publish()
    engine.close()
    backups.back_up(place / "library", place / "backup")
    return place


def journal_of(lines: list[str], tmp_path: Path) -> Path:
    journal = tmp_path / "said"
    journal.write_text("\n".join(lines))
    return journal


def contents(place: Path) -> dict[str, bytes]:
    """Every file, but for what SQLite shares through memory."""
    files = (path for path in place.rglob("*") if path.is_file() and not path.name.endswith("-shm"))
    return {str(path.relative_to(place)): path.read_bytes() for path in files}


@pytest.mark.parametrize("act", [*OPERATIONS, "restore while served"])
def test_when_the_power_fails_nothing_is_lost_that_was_acknowledged(library: Path, tmp_path: Path, act: str) -> None:
    place = tmp_path / "place"
    shutil.copytree(library, place)
    if act == "migrate":
        shutil.rmtree(place / "library")
        lay(FIXTURES[0], place / "library")
    recording = recorded(act, place, place / "library", tmp_path / "journal")

    killed(recording, len(recording.events)).lay(tmp_path / "again", random.Random())
    assert contents(tmp_path / "again") == contents(place), "what was recorded is not what was done"
    for left, lines, which in outages(recording, tmp_path, 60):
        what = f"{act}, {which}"
        if act == "migrate":
            engine = open_engine(f"embedded:{left / 'library'}")
            check_version(engine)
            engine.close()
            continue
        allowed = expected(journal_of(lines, tmp_path), dict(BEGUN))
        kept = hold(left / "library", allowed, what)
        if act == "backup" and (made := left / f"made-{SEED}").exists():
            assert backups.read(made).episodes == len(BEGUN), what
        if act == "restore while served" and any(line.startswith("+") for line in lines) and len(kept) == len(BEGUN):
            aside = {name: {0} for name in (*BEGUN, f"show/unpublished-{SEED}")}
            shutil.rmtree(left / "library" / "replaced-1" / "generations", ignore_errors=True)  # half gone: made again
            assert hold(left / "library" / "replaced-1", aside, f"{what}, what was put aside")


def test_a_library_begun_in_folders_that_were_not_there_is_there_when_the_power_is_back(tmp_path: Path) -> None:
    place = tmp_path / "place"
    place.mkdir()
    recording = recorded("ingest", place, place / "some" / "new" / "library", tmp_path / "journal")
    for left, lines, which in outages(recording, tmp_path, 60):
        try:
            hold(left / "some" / "new" / "library", expected(journal_of(lines, tmp_path), {}), which)
        except NoLibraryError:
            assert not any(line.startswith("+") for line in lines), which


def test_a_job_that_was_added_is_there_with_its_files_when_the_power_is_back(library: Path, tmp_path: Path) -> None:
    place = tmp_path / "place"
    shutil.copytree(library, place)
    recording = recorded("jobs", place, place / "library", tmp_path / "journal")
    for left, lines, which in outages(recording, tmp_path, 200):
        jobs = open_jobs(f"embedded:{left / 'library'}")
        jobs.unfinished()
        steps = ["queued", "running", "done"]
        for id, state in dict(line.split() for line in lines).items():  # noqa: A001
            job = jobs.find(id)
            assert job is not None, which
            assert steps.index(job.state) >= steps.index(state), which
            assert (jobs.files(id) / "talk.vtt").read_text() == SENT, which


def test_a_key_that_was_shown_is_there_when_the_power_is_back(tmp_path: Path) -> None:
    place = tmp_path / "place"
    place.mkdir()
    recording = recorded("keys", place, place, tmp_path / "journal")
    for left, lines, which in outages(recording, tmp_path, 200):
        assert {key.name for key in keys.read(left / "keys.toml")} >= set(lines), which


def test_without_syncs_it_would_be_lost(library: Path, tmp_path: Path) -> None:
    """The cuts are worth something: they find what happens on a disk that syncs nothing, though it says so."""
    place = tmp_path / "place"
    shutil.copytree(library, place)
    recording = recorded("ingest", place, place / "library", tmp_path / "journal")
    lying = replace(recording, events=[each for each in recording.events if not isinstance(each, Synced)])
    lost = 0
    for left, lines, which in outages(lying, tmp_path, 60):
        try:
            hold(left / "library", expected(journal_of(lines, tmp_path), dict(BEGUN)), which)
        except Exception:  # noqa: BLE001 - whatever may be wrong with it
            lost += 1
    assert lost > 10
