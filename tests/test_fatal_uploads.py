"""One file of an upload that whoever reads it does not live through: the job says so, and nothing else is lost."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from ingest import sandbox
from ingest.errands import attempt, name_of_worker
from playhead.engine import open_engine
from playhead.jobs import Job, new_id, now, open_jobs
from playhead.library import Library
from playhead.query import EVERYTHING
from playhead.settings import Settings
from tests.doubles import HashingEmbedder
from tests.test_sandbox import GOOD, long


@pytest.fixture(autouse=True)
def _anew() -> Iterator[None]:
    sandbox.close()
    yield
    sandbox.close()


def do(index: Path, files: dict[str, str]) -> Job:
    """What becomes of an upload of these files, done as a worker does it."""
    settings = Settings(engine=f"embedded:{index}")

    def opening() -> closing[Library]:
        engine = open_engine(settings.engine, writing=True)
        engine.use(HashingEmbedder.model)
        return closing(Library(engine, HashingEmbedder()))

    with closing(open_jobs(settings.engine)) as jobs:
        job = Job(new_id(), "ingest", "studio", now(), now(), files=tuple(files), podcast="Tides")
        staged = jobs.stage(job.id)
        for name, text in files.items():
            (staged / name).write_text(text, "utf-8")
        jobs.add(job)
        claimed = jobs.claim(job.id, name_of_worker())
        assert claimed
        jobs.keep(attempt(claimed, jobs, settings, opening))
        kept = jobs.find(job.id)
        assert kept
        return kept


def episodes(index: Path) -> list[str]:
    with closing(open_engine(f"embedded:{index}")) as engine:
        assert engine.describe().details["notes"] is None
        return sorted(episode.id for episode in engine.view().episodes(EVERYTHING))


@pytest.mark.parametrize(
    ("limit", "value", "name", "text"),
    [
        ("SECONDS", 0, "endless.vtt", long(350_000)),
        (
            "MOST_BYTES",
            100 * 2**20,
            "greedy.json",
            '{"segments": [' + '{"start": 1, "text": "a"},' * 1_000_000 + "{}]}",
        ),
    ],
    ids=["endless", "greedy"],
)
def test_a_fatal_file_among_others_fails_its_job_in_words_and_loses_nothing_else(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, limit: str, value: int, name: str, text: str
) -> None:
    index = tmp_path / "index"
    assert do(index, {"first.vtt": GOOD}).state == "done"
    others = {"second.vtt": GOOD, "third.vtt": GOOD}
    with monkeypatch.context() as patch:
        patch.setattr(sandbox, limit, value)
        sandbox.close()  # so that who reads is begun anew, with this limit
        job = do(index, others | {name: text})
        sandbox.close()
    assert job.state == "failed"
    assert job.problem
    assert job.problem.startswith(f"{name}: this ")
    assert str(tmp_path) not in job.problem
    assert episodes(index) == ["tides/first"]
    assert do(index, others).state == "done"
    assert episodes(index) == ["tides/first", "tides/second", "tides/third"]
