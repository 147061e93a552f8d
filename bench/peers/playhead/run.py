"""Playhead itself, asked and timed as the others are. It alone reads the library that the passages come from."""

from __future__ import annotations

import shutil
import subprocess
import sys
from itertools import groupby
from pathlib import Path

import numpy as np

from bench.peers.segments import segments_of
from bench.peers.trial import Answer, Ask, Task, run
from playhead.library import Library, open_library
from playhead.query import Filters, Query
from playhead.settings import read_settings


def prepare(task: Task) -> tuple[Ask, int]:
    directory = Path(task.scratch) / "index"
    shutil.rmtree(directory, ignore_errors=True)
    if task.transcripts:
        ingest = [
            str(Path(sys.executable).with_name("playhead")),
            "ingest",
            task.transcripts,
            "--index",
            str(directory),
        ]
        subprocess.run(ingest, check=True, stdout=subprocess.DEVNULL)
    else:
        keep_again(str(task.library), str(directory))
    library = open_library(read_settings(engine=f"embedded:{directory}"))

    def ask(question: str) -> list[Answer]:
        # Sponsors may answer and no episode waits its turn, as in `playhead eval`: the others have nothing like it.
        found = library.search(Query(question, Filters(sponsors=True), limit=10, turn=None))
        return [(excerpt.segment.id, excerpt.segment.text) for excerpt in found.excerpts]

    return ask, library.view().size


def keep_again(index: str, directory: str) -> None:
    """A library made anew of another one's episodes, segments and vectors: what building costs without embedding."""
    old = open_library(read_settings(engine=f"embedded:{index}"))
    new = open_library(read_settings(engine=f"embedded:{directory}"), writing=True)
    try:
        _copy(old, new)
    finally:
        new.close()
        old.close()


def _copy(old: Library, new: Library) -> None:
    view = old.view()
    for episode_id, group in groupby(
        segments_of(view, old.embedder.model.dimension), key=lambda segment: segment.episode
    ):
        segments = sorted(group, key=lambda segment: segment.ordinal)
        vectors = view.vectors([segment.id for segment in segments])
        episode, transcript = view.episode(episode_id), view.transcript(episode_id)
        assert episode is not None
        assert transcript is not None
        new.engine.put(episode, transcript, segments, np.array([vectors[segment.id] for segment in segments]))
    new.engine.publish()


if __name__ == "__main__":
    run(prepare)
