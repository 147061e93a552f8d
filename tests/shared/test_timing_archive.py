"""How honest times are over a sample of real transcripts: every stamp hidden once and told by the others."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from ingest import pace
from ingest.anchors import Anchor, believed, gaps, stated
from ingest.formats import changelog
from ingest.pace import Speech
from ingest.timing import Clock
from playhead.model import Transcript

pytestmark = pytest.mark.shared

SAMPLE = 24
FEWEST_STAMPS = 8

Figures = tuple[NDArray[np.float64], NDArray[np.float64], NDArray[np.float64]]


def _sample(shared: Path) -> list[Path]:
    """Files spread evenly over the shows with stamps."""
    files = sorted(path for path in (shared / "changelog").glob("*/*.md") if path.parent.name != "news")
    return files[:: len(files) // SAMPLE][:SAMPLE]


def _evenly(speech: Speech, anchors: list[Anchor]) -> Speech:
    """Every word as long as any other: the yardstick."""
    rates = [seconds / (last - first) for first, last, seconds in gaps(anchors, speech) if last > first]
    return replace(speech, said=list(np.arange(len(speech.said)) * np.median(rates)))


def _tell(transcript: Transcript, speech: Speech, anchors: list[Anchor], hidden: Anchor) -> tuple[float, float]:
    """Seconds off and the error that was claimed, for an anchor the clock does not know."""
    time = Clock(transcript, speech, anchors).at(hidden.place)
    assert time.start is not None
    return abs(time.start - hidden.seconds), time.error or 0.0


@pytest.fixture(scope="module")
def figures(shared: Path) -> Figures:
    ours: list[float] = []
    evenly: list[float] = []
    claimed: list[float] = []
    for path in _sample(shared):
        transcript = changelog.FORMAT.parse(path.read_text("utf-8")).transcript
        assert transcript is not None
        speech = pace.listen(transcript)
        anchors, _ = believed(stated(transcript, speech), speech)
        if len(anchors) < FEWEST_STAMPS:
            continue
        plain = _evenly(speech, anchors)
        for index, hidden in enumerate(anchors):
            rest = [*anchors[:index], *anchors[index + 1 :]]
            if any(anchor.place == hidden.place for anchor in rest):
                continue
            off, error = _tell(transcript, pace.tune(speech, gaps(rest, speech)), rest, hidden)
            ours.append(off)
            claimed.append(error)
            evenly.append(_tell(transcript, plain, rest, hidden)[0])
    return np.array(ours), np.array(evenly), np.array(claimed)


@pytest.mark.parametrize("percentile", [50, 90, 95])
def test_pace_beats_spreading_words_evenly(figures: Figures, percentile: int) -> None:
    ours, evenly, _ = figures
    assert len(ours) > 300
    assert np.percentile(ours, percentile) <= 0.86 * np.percentile(evenly, percentile)


def test_times_are_as_good_as_was_found_over_the_whole_archive(figures: Figures) -> None:
    median, ninetieth = np.percentile(figures[0], [50, 90])
    assert median <= 4.1
    assert ninetieth <= 13.5


def test_nine_times_in_ten_the_truth_lies_within_the_error(figures: Figures) -> None:
    ours, _, claimed = figures
    assert 0.87 <= (ours <= claimed).mean() <= 0.95
