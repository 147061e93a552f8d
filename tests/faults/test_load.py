"""Fifty publishes while everybody searches: no answer fails, and none is put together of two states."""

from __future__ import annotations

import threading
import time
from pathlib import Path

import numpy as np

from playhead.engine import Engine, open_engine
from playhead.query import EVERYTHING
from tests.engines.contract import DIMENSION, MODEL, make, unit
from tests.faults.library import rounds

QUESTION = unit(np.arange(1.0, DIMENSION + 1))


def put(writer: Engine, version: int) -> None:
    """Every episode says the version, so that an answer tells which states it was made of."""
    for name in ("show/one", "show/two", "other/three"):
        texts = [f"kettle version{version}"] * (2 + version % 3)
        writer.put(*make(name, seed=version, texts=texts))
    writer.publish()


def test_publishing_under_load_fails_no_answer_and_mixes_none(tmp_path: Path) -> None:
    writer = open_engine(f"embedded:{tmp_path / 'library'}", writing=True)
    writer.use(MODEL)
    put(writer, 0)
    reader = open_engine(f"embedded:{tmp_path / 'library'}")
    stop = threading.Event()
    failures: list[str] = []
    answers: list[int] = []

    def search() -> None:
        try:
            while not stop.is_set():
                view = reader.view()
                near, words = view.nearest(QUESTION, EVERYTHING, 100), view.matching("kettle", EVERYTHING, 100)
                assert set(near.numbers.tolist()) == set(words.alone.numbers.tolist())
                assert len(near) == view.size
                assert sum(count for _, count in view.facets(near.numbers)["podcast"]) == view.size
                assert len(set(view.episodes_of(near.numbers).tolist())) == 3
                # What is read is the newest truth: a passage is of its own episode and whole, or gone.
                for segment in view.segments(near.numbers.tolist()).values():
                    version = int(segment.text.rpartition("version")[2])
                    assert segment.id.startswith(f"{segment.episode.replace('/', '-')}-{version}-")
                answers.append(view.revision)
        except Exception as error:  # noqa: BLE001 - told to the test's own thread
            failures.append(repr(error))

    threads = [threading.Thread(target=search) for _ in range(4)]
    for thread in threads:
        thread.start()
    try:
        for version in range(1, rounds(50, 500) + 1):
            put(writer, version)
            reader._look_next = 0.0  # type: ignore[attr-defined]  # so that every publish is met, not one in half a second
        ended = time.monotonic() + 30
        while reader.view().revision < writer.view().revision and time.monotonic() < ended:
            time.sleep(0.05)
    finally:
        stop.set()
        for thread in threads:
            thread.join()
    assert failures == []
    assert reader.view().revision == writer.view().revision
    assert len(set(answers)) > 10
    reader.close()
    writer.close()
