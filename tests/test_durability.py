"""Kill an ingest at any moment: what was acknowledged is there, and the same command goes on from it.

PLAYHEAD_TEST_KILLS says how many times (make soak: 200); the seed of a failing run is in its message.
"""

from __future__ import annotations

import os
import random
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from playhead.library import open_library
from playhead.query import Filters, Query
from playhead.settings import Settings
from tests.conftest import ROOT
from tests.doubles import HashingEmbedder

KILLS = int(os.environ.get("PLAYHEAD_TEST_KILLS", "6"))
EPISODES = 60

# An ingest that says aloud what it acknowledges. Publishing after every third episode gives a kill something to hit.
CHILD = """
import sys
from pathlib import Path
from ingest import pipeline
from ingest.folders import find
from playhead.library import open_library
from playhead.settings import Settings
from tests.doubles import HashingEmbedder

pipeline.PUBLISH_EPISODES = 3
library = open_library(Settings(engine="embedded:" + sys.argv[2]), writing=True, embedder=HashingEmbedder())
print("open", flush=True)
for event in pipeline.ingest(find([Path(sys.argv[1])]), library):
    if isinstance(event, pipeline.Added):
        print("added", event.source.episode_id, flush=True)
library.close()
print("done", flush=True)
"""


def write_archive(folder: Path, source: random.Random) -> None:
    folder.mkdir()
    for number in range(EPISODES):
        words = [f"word{source.randrange(500)}" for _ in range(800)]
        turns = [
            f"**Speaker {turn % 2}:** This is episode number{number}. {' '.join(words[turn * 80 : turn * 80 + 80])}."
            for turn in range(10)
        ]
        (folder / f"episode-{number}.md").write_text("\n\n".join(turns), "utf-8")


def run(archive: Path, index: Path, kill_after: float | None) -> tuple[set[str], bool]:
    """One ingest, killed after that many seconds of work; what it acknowledged, and whether it came to its end."""
    with subprocess.Popen(
        [sys.executable, "-c", CHILD, str(archive), str(index)], stdout=subprocess.PIPE, text=True, cwd=ROOT
    ) as child:
        assert child.stdout is not None
        assert child.stdout.readline() == "open\n"
        if kill_after is not None:
            time.sleep(kill_after)
            child.send_signal(signal.SIGKILL)
        said = child.stdout.read()
    # A line that the kill cut short was not acknowledged to anybody.
    whole = said[: said.rfind("\n") + 1].splitlines()
    return {line.removeprefix("added ") for line in whole if line.startswith("added ")}, "done" in whole


@pytest.mark.parametrize("seed", [20261122])
def test_a_killed_ingest_loses_nothing_that_it_acknowledged(tmp_path: Path, seed: int):
    source = random.Random(seed)
    write_archive(tmp_path / "show", source)
    index = tmp_path / "index"
    acknowledged: set[str] = set()
    kills = 0
    while kills < KILLS:
        added, finished = run(tmp_path / "show", index, source.uniform(0, 0.4))
        acknowledged |= added
        kills += 1
        library = open_library(Settings(engine=f"embedded:{index}"), embedder=HashingEmbedder())
        view = library.view()
        for episode_id in acknowledged:
            episode, transcript = view.episode(episode_id), view.transcript(episode_id)
            assert episode is not None, f"seed {seed}, kill {kills}: {episode_id} was acknowledged and is gone"
            assert transcript is not None
            number = episode_id.rpartition("-")[2]
            found = library.search(Query(f"number{number}", Filters(episode=(episode_id,)), limit=50))
            assert found.excerpts, f"seed {seed}, kill {kills}: {episode_id} was acknowledged and cannot be found"
        library.close()
        if finished:
            for path in index.iterdir():
                assert not path.name.endswith(".tmp")
            acknowledged.clear()
            for path in (tmp_path / "show").iterdir():
                path.write_text(path.read_text("utf-8") + "\n\n**Speaker 0:** And one more thing.", "utf-8")

    added, finished = run(tmp_path / "show", index, None)

    assert finished
    library = open_library(Settings(engine=f"embedded:{index}"), embedder=HashingEmbedder())
    assert library.engine.describe().episodes == EPISODES
    assert library.engine.describe().findable == library.engine.describe().segments
    library.close()
