"""Jobs: their life, what every place they are kept in promises, and how a worker does them."""

from __future__ import annotations

import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from ingest.errands import do
from playhead.engine import open_engine
from playhead.errors import BusyError, DamagedError, LockedError, NotFoundError, SettingsError, StorageError
from playhead.jobs import (
    MOST_ATTEMPTS,
    MOST_UNFINISHED,
    Job,
    Jobs,
    Told,
    begun,
    ended,
    failed,
    new_id,
    now,
    open_jobs,
    put_back,
)
from playhead.settings import Settings
from tests.archive import LOCKS, fill
from tests.conftest import ROOT

Open = Callable[[], Jobs]


@pytest.fixture(params=["embedded"])
def place(request: pytest.FixtureRequest, tmp_path: Path) -> Open:
    """A place where jobs are kept, opened anew with every call, as by another process."""
    return lambda: open_jobs(f"{request.param}:{tmp_path / 'index'}")


def a_job(**stated: object) -> Job:
    return replace(Job(new_id(), "ingest", "studio", now(), now()), **stated)  # type: ignore[arg-type]


def test_ids_cannot_be_guessed() -> None:
    ids = {new_id() for _ in range(1000)}
    assert len(ids) == 1000
    assert {len(each) for each in ids} == {32}


def test_a_job_whose_worker_is_killed_is_begun_a_few_times_and_then_has_failed() -> None:
    job = a_job()
    for attempt in range(MOST_ATTEMPTS):
        job = begun(job)
        assert (job.state, job.attempts) == ("running", attempt + 1)
    job = begun(job)
    assert job.state == "failed"
    assert f"{MOST_ATTEMPTS} times" in (job.problem or "")


def test_a_job_that_has_to_wait_does_not_use_up_an_attempt() -> None:
    job = a_job()
    for _ in range(MOST_ATTEMPTS * 2):
        job = put_back(begun(job))
    assert (job.state, job.attempts) == ("queued", 0)


def test_no_jobs_are_where_nobody_asked_for_any_and_looking_makes_nothing(place: Open, tmp_path: Path) -> None:
    assert place().unfinished() == []
    assert place().find(new_id()) is None
    assert place().clean(now()) == 0
    assert not (tmp_path / "index").exists()


def test_a_job_is_read_as_it_was_written(place: Open) -> None:
    told = (
        Told("a/b", "added", None, ("b.vtt:3: what is this?",)),
        Told("c", "skipped", "„nö“ \udcff"),
    )
    job = a_job(
        url="https://example.org/f.xml", podcast="Šhow", total=2, counts=(("added", 1), ("skipped", 1)), episodes=told
    )
    place().add(job)
    assert place().find(job.id) == job
    done = ended(job)
    place().keep(done)
    assert place().find(job.id) == done


def test_the_oldest_job_comes_first_and_those_that_are_over_do_not_come(place: Open) -> None:
    jobs = [a_job(asked=now() + timedelta(seconds=second)) for second in (3, 1, 2)]
    opened = place()
    for job in jobs:
        opened.add(job)
    assert [job.id for job in opened.unfinished()] == [jobs[1].id, jobs[2].id, jobs[0].id]
    opened.keep(failed(jobs[1], "so"))
    assert [job.id for job in opened.unfinished()] == [jobs[2].id, jobs[0].id]
    assert [job.id for job in place().unfinished()] == [jobs[2].id, jobs[0].id]


def test_what_was_staged_belongs_to_the_job_once_it_is_added_and_not_before(place: Open) -> None:
    job = a_job(files=("a.vtt",))
    folder = place().stage(job.id)
    (folder / "a.vtt").write_text("WEBVTT", "utf-8")
    assert place().find(job.id) is None
    assert place().unfinished() == []
    place().add(job)
    assert (place().files(job.id) / "a.vtt").read_text("utf-8") == "WEBVTT"


def test_what_was_staged_for_nothing_is_gone(place: Open, tmp_path: Path) -> None:
    discarded, left = new_id(), new_id()
    for each in (discarded, left):
        (place().stage(each) / "a.vtt").write_text("WEBVTT", "utf-8")
    place().discard(discarded)
    place().discard(new_id())
    assert len(list((tmp_path / "index").rglob("a.vtt"))) == 1
    place().clean(now() - timedelta(hours=1))
    assert len(list((tmp_path / "index").rglob("a.vtt"))) == 1
    place().clean(now() + timedelta(seconds=5))
    assert list((tmp_path / "index").rglob("a.vtt")) == []


def test_only_so_many_wait(place: Open) -> None:
    opened = place()
    for _ in range(MOST_UNFINISHED):
        opened.add(a_job())
    with pytest.raises(BusyError, match="send this again"):
        opened.add(a_job())
    opened.keep(ended(opened.unfinished()[0]))
    opened.add(a_job())


def test_of_many_who_add_at_once_no_more_than_that_get_in(place: Open) -> None:
    opened = place()
    refused: list[BusyError] = []

    def add_some() -> None:
        for _ in range(MOST_UNFINISHED // 4):
            try:
                opened.add(a_job())
            except BusyError as error:
                refused.append(error)

    threads = [threading.Thread(target=add_some) for _ in range(5)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(opened.unfinished()) + len(refused) == MOST_UNFINISHED // 4 * 5
    assert len(opened.unfinished()) <= MOST_UNFINISHED


@pytest.mark.parametrize(
    "id", ["", ".", "..", "../../etc", "x" * 32, "A" * 32, "worker.lock", "new-" + "0" * 32, "0" * 31]
)
def test_what_is_no_id_finds_no_job(place: Open, id: str) -> None:  # noqa: A002 - the contract's name
    place().add(a_job())
    assert place().find(id) is None


def test_a_damaged_job_stands_in_nobody_s_way(place: Open, tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    damaged, whole = a_job(), a_job()
    for job in (damaged, whole):
        place().add(job)
    for text in ("", "{", "[]", "null", '{"id": 7}', "\udcff"):
        (tmp_path / "index" / "jobs" / damaged.id / "job.json").write_bytes(text.encode("utf-8", "surrogateescape"))
        with pytest.raises(DamagedError, match="remove its folder"):
            place().find(damaged.id)
        assert [job.id for job in place().unfinished()] == [whole.id]
        assert place().clean(now()) == 0
    assert damaged.id in caplog.text


def test_old_jobs_are_forgotten_with_their_files_and_unfinished_ones_never(place: Open) -> None:
    opened, week = place(), timedelta(days=7)
    old, recent, waiting = (a_job(changed=now() - week * 2), a_job(), a_job(changed=now() - week * 2))
    for job in (old, recent, waiting):
        opened.stage(job.id)
        opened.add(job)
    opened.keep(replace(old, state="done"))
    opened.keep(replace(recent, state="done"))
    assert place().clean(now() - week) == 1
    assert [place().find(job.id) is None for job in (old, recent, waiting)] == [True, False, False]
    assert not place().files(old.id).exists()


def test_one_works_at_a_time_and_its_death_lets_the_next_one_in(place: Open, tmp_path: Path) -> None:
    child = (
        "import sys; from playhead.jobs import open_jobs\n"
        "with open_jobs(sys.argv[1]).working():\n"
        "    print('working', flush=True); sys.stdin.read()"
    )
    with subprocess.Popen(
        [sys.executable, "-c", child, f"embedded:{tmp_path / 'index'}"],
        stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, cwd=ROOT,
    ) as other:  # fmt: skip
        assert other.stdout
        assert other.stdout.readline() == "working\n"
        with pytest.raises(LockedError), place().working():
            pass
        other.kill()
    with place().working():
        pass


def test_a_place_that_cannot_be_written_says_so(tmp_path: Path) -> None:
    (tmp_path / "index").write_text("I am a file.", "utf-8")
    jobs = open_jobs(f"embedded:{tmp_path / 'index'}")
    with pytest.raises(StorageError):
        jobs.stage(new_id())
    with pytest.raises(SettingsError, match="embedded:DIRECTORY"):
        open_jobs("nowhere")


# How a worker does them; removals, which need no model.


@contextmanager
def asked_to_remove(index: Path, episode: str) -> Iterator[tuple[Jobs, Job, Settings]]:
    settings = Settings(engine=f"embedded:{index}")
    jobs, job = open_jobs(settings.engine), a_job(kind="remove", episode=episode)
    jobs.add(job)
    yield jobs, job, settings


def test_a_removal_is_done_once_and_told(tmp_path: Path) -> None:
    fill(tmp_path, [LOCKS]).close()
    episode = LOCKS[0].id
    with asked_to_remove(tmp_path, episode) as (jobs, job, settings):
        done = do(job.id, settings)
        assert (done.state, done.counts, done.attempts) == ("done", (("removed", 1),), 1)
        assert jobs.find(job.id) == done
        assert do(job.id, settings) == done
    engine = open_engine(settings.engine)
    assert engine.view().episode(episode) is None
    assert engine.describe().findable == 0
    engine.close()
    with asked_to_remove(tmp_path, episode) as (_, job, settings):
        assert [each.outcome for each in do(job.id, settings).episodes] == ["skipped"]


def test_a_job_waits_for_whoever_writes(tmp_path: Path) -> None:
    fill(tmp_path, [LOCKS]).close()
    with asked_to_remove(tmp_path, LOCKS[0].id) as (jobs, job, settings):
        writer = open_engine(settings.engine, writing=True)
        with pytest.raises(LockedError):
            do(job.id, settings)
        waiting = jobs.find(job.id)
        assert waiting
        assert (waiting.state, waiting.attempts) == ("queued", 0)
        writer.close()
        assert do(job.id, settings).state == "done"


def test_a_library_that_cannot_be_written_fails_the_job_and_tells_its_place_to_the_log_alone(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    with asked_to_remove(tmp_path / "index", "a/b") as (_, job, settings):
        done = do(job.id, settings)
    assert done.state == "failed"
    assert str(tmp_path) not in (done.problem or "")
    assert str(tmp_path) in caplog.text


def test_a_job_that_was_begun_too_often_is_begun_no_more(tmp_path: Path) -> None:
    fill(tmp_path, [LOCKS]).close()
    with asked_to_remove(tmp_path, LOCKS[0].id) as (jobs, job, settings):
        jobs.keep(replace(job, state="running", attempts=MOST_ATTEMPTS))
        assert do(job.id, settings).state == "failed"
    engine = open_engine(settings.engine)
    assert engine.view().episode(LOCKS[0].id)
    engine.close()


def test_a_job_that_is_not_there_is_one_clear_line(tmp_path: Path) -> None:
    with pytest.raises(NotFoundError, match="There is no job 'abc'"):
        do("abc", Settings(engine=f"embedded:{tmp_path}"))
