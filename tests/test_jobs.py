"""Jobs: their life, what every place they are kept in promises, and how a worker does them."""

from __future__ import annotations

import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import psycopg
import pytest

from ingest.errands import do
from playhead.engine import open_engine
from playhead.errors import BusyError, DamagedError, LockedError, NotFoundError, SettingsError, StorageError
from playhead.jobs import (
    FIRST_PAUSE,
    LEASE,
    MOST_ATTEMPTS,
    MOST_UNFINISHED,
    Job,
    Jobs,
    Queue,
    Told,
    begun,
    ended,
    failed,
    new_id,
    now,
    open_jobs,
    open_queue,
    put_back,
    put_off,
)
from playhead.settings import Settings
from tests.archive import LOCKS, fill
from tests.conftest import ROOT
from tests.postgres import database, postgres  # noqa: F401 - fixtures

Open = Callable[[], Jobs]


@contextmanager
def opening(url: str) -> Iterator[Open]:
    opened: list[Jobs] = []

    def open_again() -> Jobs:
        opened.append(open_jobs(url))
        return opened[-1]

    yield open_again
    for jobs in opened:
        jobs.close()


@pytest.fixture(params=["embedded", "postgres"])
def place(request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Open]:
    """A place where jobs are kept, opened anew with every call, as by another process. Files lie in ``index``."""
    url = f"embedded:{tmp_path / 'index'}"
    if request.param == "postgres":
        url = request.getfixturevalue("database")
        monkeypatch.setattr(tempfile, "tempdir", str(tmp_path / "index"))
    with opening(url) as place:
        yield place


@pytest.fixture
def beside(tmp_path: Path) -> Open:
    """A place in a directory."""
    return lambda: open_jobs(f"embedded:{tmp_path / 'index'}")


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


def test_a_damaged_job_stands_in_nobody_s_way(beside: Open, tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    place, damaged, whole = beside, a_job(), a_job()
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


def test_one_works_at_a_time_and_its_death_lets_the_next_one_in(beside: Open, tmp_path: Path) -> None:
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
        with pytest.raises(LockedError), beside().working():
            pass
        other.kill()
    with beside().working():
        pass


def test_a_place_that_cannot_be_written_says_so(tmp_path: Path) -> None:
    (tmp_path / "index").write_text("I am a file.", "utf-8")
    jobs = open_jobs(f"embedded:{tmp_path / 'index'}")
    with pytest.raises(StorageError):
        jobs.stage(new_id())
    with pytest.raises(SettingsError, match="embedded:DIRECTORY"):
        open_jobs("nowhere")


def test_all_of_them_are_counted_and_who_runs_and_what_failed_is_told(place: Open) -> None:
    opened = place()
    jobs = [a_job(asked=now() + timedelta(seconds=second)) for second in range(4)]
    for job in jobs:
        opened.add(job)
    assert opened.claim(jobs[0].id, "here:1")
    opened.keep(ended(jobs[1]))
    opened.keep(failed(jobs[2], "So it is."))
    standing = place().standing()
    assert standing.counts == {"running": 1, "done": 1, "failed": 1, "queued": 1}
    assert standing.unfinished == 2
    assert [(job.id, job.worker) for job in standing.running] == [(jobs[0].id, "here:1")]
    assert standing.running[0].started
    assert [job.problem for job in standing.failed] == ["So it is."]
    assert opened.claim(new_id(), "here:1") is None
    assert opened.claim(jobs[1].id, "here:1") == place().find(jobs[1].id)


def test_a_fault_puts_a_job_off_for_longer_each_time_until_it_is_set_aside() -> None:
    job, pauses = a_job(), list[timedelta]()
    for _ in range(MOST_ATTEMPTS - 1):
        job = put_off(begun(job), "The reader broke.")
        assert job.due
        pauses.append(job.due - job.changed)
    assert pauses == [FIRST_PAUSE * 2**attempt for attempt in range(MOST_ATTEMPTS - 1)]
    job = put_off(begun(job), "The reader broke.")
    assert (job.state, job.due) == ("failed", None)
    assert job.problem == f"The reader broke. It was tried {MOST_ATTEMPTS} times."


# How workers share them.

SHORT = 0.6


@pytest.fixture
def queues(database: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[..., Queue]]:  # noqa: F811
    """A queue, opened anew with every call, as by another worker."""
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    opened: list[Queue] = []

    def open_again(lease: float = LEASE) -> Queue:
        opened.append(open_queue(database, lease))
        return opened[-1]

    yield open_again
    for queue in opened:
        queue.close()


def of_a_queue(episode: str, fingerprint: str = "1", **stated: object) -> Job:
    return a_job(source="{}", episode=episode, fingerprint=fingerprint, **stated)


def test_each_job_is_taken_by_one_worker_however_many_ask_at_once(queues: Callable[..., Queue]) -> None:
    jobs = [of_a_queue(f"show/{number}") for number in range(40)]
    for job in jobs:
        queues().add(job)
    taken: list[str] = []

    def work(queue: Queue, name: str) -> None:
        while job := queue.take(name):
            taken.append(job.id)
            queue.keep(ended(job))

    threads = [threading.Thread(target=work, args=(queues(), f"here:{number}")) for number in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(taken) == sorted(job.id for job in jobs)
    assert queues().standing().counts == {"done": len(jobs)}


def test_what_a_door_asked_for_comes_first_and_a_queue_keeps_no_door_shut(queues: Callable[..., Queue]) -> None:
    queue, asked = queues(), a_job()
    for number in range(MOST_UNFINISHED + 1):
        queue.add(of_a_queue(f"show/{number}"))
    queue.add(asked)
    assert [job.id for job in queue.unfinished()] == [asked.id]
    first, second = queue.take("here:1"), queue.take("here:1")
    assert first
    assert second
    assert (first.id, second.episode) == (asked.id, "show/0")


def test_a_lease_is_renewed_while_its_worker_lives_and_runs_out_when_it_is_gone(queues: Callable[..., Queue]) -> None:
    first, second, job = queues(SHORT), queues(SHORT), a_job()
    first.add(job)
    assert first.take("here:1")
    time.sleep(SHORT * 2)
    assert second.take("here:2") is None
    with pytest.raises(LockedError, match="here:1"):
        second.claim(job.id, "here:2")
    first.close()  # whoever had it is heard of no more
    time.sleep(SHORT * 1.5)
    assert second.standing().counts == {"queued": 1}
    again = second.take("here:2")
    assert again
    assert (again.id, again.attempts, again.worker) == (job.id, 2, "here:2")


def test_who_comes_back_after_its_lease_ran_out_changes_nothing(queues: Callable[..., Queue], database: str) -> None:  # noqa: F811
    slow, quick, job = queues(), queues(), a_job()
    slow.add(job)
    late = slow.take("here:1")
    assert late
    with psycopg.connect(database, autocommit=True) as connection:
        connection.execute("UPDATE playhead.jobs SET lease = now() - interval '1 second'")
    again = quick.take("here:2")
    assert again
    with pytest.raises(LockedError, match="another worker"):
        slow.keep(failed(late, "I say so."))
    assert queues().find(job.id) == again
    quick.keep(ended(again))
    assert quick.standing().counts == {"done": 1}


def test_a_job_whose_workers_die_is_set_aside_and_the_next_is_taken(queues: Callable[..., Queue]) -> None:
    job, other = of_a_queue("show/poison"), of_a_queue("show/other")
    for each in (job, other):
        queues().add(each)
    for _ in range(MOST_ATTEMPTS):
        queue = queues(0.05)
        taken = queue.take("here:1")
        assert taken
        assert taken.id == job.id
        queue.close()
        time.sleep(0.1)
    left = queues().take("here:2")
    assert left
    assert left.id == other.id
    [poison] = queues().standing().failed
    assert f"{MOST_ATTEMPTS} times" in (poison.problem or "")


def test_a_job_that_is_put_off_is_taken_when_its_time_has_come(queues: Callable[..., Queue]) -> None:
    queue = queues()
    queue.add(a_job())
    job = queue.take("here:1")
    assert job
    queue.keep(replace(put_off(job, "The reader broke."), due=now() + timedelta(seconds=SHORT)))
    assert queue.take("here:1") is None
    time.sleep(SHORT * 1.5)
    assert queue.take("here:1")


def test_two_versions_of_an_episode_are_done_one_after_the_other(queues: Callable[..., Queue]) -> None:
    queue = queues()
    old, new = of_a_queue("show/1", "old"), of_a_queue("show/1", "new", asked=now() + timedelta(seconds=1))
    for job in (new, old):
        queue.add(job)
    assert queue.waits("show/1", "new")
    first = queue.take("here:1")
    assert first
    assert first.id == old.id
    assert queues().take("here:2") is None
    queue.keep(replace(put_off(first, "The reader broke."), due=now() + timedelta(hours=1)))
    assert queues().take("here:2") is None
    queue.keep(ended(first))
    second = queues().take("here:2")
    assert second
    assert second.id == new.id
    assert not queue.waits("show/1", "old")


def test_files_of_any_size_come_out_as_they_went_in_and_go_when_the_job_is_over(queues: Callable[..., Queue]) -> None:
    queue, job = queues(), a_job(files=("a", "b/c", "d"))
    given = {"a": b"", "b/c": bytes(range(256)) * 9_000, "d": b"\x00\xff"}
    folder = queue.stage(job.id)
    (folder / "b").mkdir()
    for name, data in given.items():
        (folder / name).write_bytes(data)
    queue.add(job)
    other = queues()
    taken = other.take("here:2")
    assert taken
    there = other.files(job.id)
    assert {str(path.relative_to(there)): path.read_bytes() for path in there.rglob("*") if path.is_file()} == given
    other.keep(ended(taken))
    assert not there.exists()
    assert not queue.files(job.id).exists()


def test_a_damaged_row_stands_in_no_worker_s_way(
    queues: Callable[..., Queue],
    database: str,  # noqa: F811
    caplog: pytest.LogCaptureFixture,
) -> None:
    queue, damaged, whole = queues(), a_job(), a_job()
    for job in (damaged, whole):
        queue.add(job)
    with psycopg.connect(database, autocommit=True) as connection:
        connection.execute("UPDATE playhead.jobs SET job = '{' WHERE id = %s", (damaged.id,))
    with pytest.raises(DamagedError, match="remove its row"):
        queue.find(damaged.id)
    assert [job.id for job in queue.unfinished()] == [whole.id]
    taken = queue.take("here:1")
    assert taken
    assert taken.id == whole.id
    assert queue.take("here:1") is None
    assert damaged.id in caplog.text


def test_workers_share_no_directory() -> None:
    with pytest.raises(SettingsError, match="one process writes"):
        open_queue("embedded:index")


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
