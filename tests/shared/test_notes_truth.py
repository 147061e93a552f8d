"""Notes that people timed by hand are linked to where people put them."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from bench.shownotes import answer, baseline, read, write
from ingest.folders import find
from ingest.pipeline import ingest
from playhead.library import open_library
from playhead.settings import Settings
from playhead.shownotes import RECIPE

pytestmark = [pytest.mark.shared, pytest.mark.model]

EIGHT = "chaincode-podcast/"
"""Eight of the 26 episodes; `python -m bench.shownotes` judges all, each show by what the others taught."""


@pytest.fixture(scope="module")
def truth(shared: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The truth about eight episodes, beside their transcripts."""
    folder = tmp_path_factory.mktemp("truth")
    lines = (shared / "notes-truth" / "truth.jsonl").read_text("utf-8").splitlines()
    (folder / "truth.jsonl").write_text("\n".join(line for line in lines if EIGHT in line), "utf-8")
    (folder / "transcripts").symlink_to(shared / "notes-truth" / "transcripts")
    return folder


def test_links_are_nearer_to_what_people_wrote_than_words_in_order(truth: Path, tmp_path: Path) -> None:
    write(truth, tmp_path / "in", joined=True)
    library = open_library(Settings(engine=f"embedded:{tmp_path / 'index'}"), writing=True)
    list(ingest(find([tmp_path / "in"]), library))
    library.close()
    plain, mixed = read(truth, str(tmp_path / "index"))
    assert len(plain) == 8
    own = [each for case in plain for each in answer(case, RECIPE)]
    errors = np.array([each.error for each in own])
    known = np.array([abs(a - b) for case in plain for a, b in zip(baseline(case), case.truth, strict=True)])
    assert np.median(errors) <= 18
    assert np.mean(errors <= 60) >= 0.72
    assert np.mean(errors <= 60) > np.mean(known <= 60)
    foreign = [each for copy in mixed for case in copy for each in answer(case, RECIPE) if each.is_foreign]
    assert np.mean([each.is_denied for each in foreign]) >= 0.75
