"""Suggested chapters, held against the timed notes that people made of 26 real episodes."""

from __future__ import annotations

from pathlib import Path
from statistics import mean

import pytest

from bench.chapters import Case, Way, by_words_alone, cases, found, misjudged, suggested, titles_alike, write_notes
from playhead.embedding import SentenceTransformerEmbedder

pytestmark = [pytest.mark.shared, pytest.mark.model]


@pytest.fixture(scope="module")
def episodes(shared: Path, tmp_path_factory: pytest.TempPathFactory) -> list[Case]:
    folder = tmp_path_factory.mktemp("notes")
    write_notes(shared / "notes-truth" / "truth.jsonl", folder)
    return list(cases(folder, SentenceTransformerEmbedder()))


def f1(way: Way, episodes: list[Case]) -> float:
    chosen = [way(case) for case in episodes]
    hits = sum(found(at, case.boundaries) for at, case in zip(chosen, episodes, strict=True))
    return 2 * hits / (sum(map(len, chosen)) + sum(len(case.boundaries) for case in episodes))


def test_half_of_the_boundaries_are_found_and_half_of_those_set_are_right(episodes: list[Case]) -> None:
    assert len(episodes) == 26
    assert f1(suggested, episodes) >= 0.5
    assert f1(suggested, episodes) >= f1(by_words_alone, episodes) + 0.1


def test_few_windows_are_misjudged(episodes: list[Case]) -> None:
    rates = [misjudged(suggested(case), case.boundaries, case.end) for case in episodes]
    assert mean(pk for pk, _ in rates) <= 0.38
    assert mean(window for _, window in rates) <= 0.42


def test_titles_say_what_people_call_a_chapter(episodes: list[Case]) -> None:
    own, other = (mean(each) for each in zip(*(pair for case in episodes for pair in titles_alike(case)), strict=True))
    assert own >= 0.55
    assert other <= 0.2
