"""A small library of made-up talk, everything it answers, and how long a test may go on."""

from __future__ import annotations

import os
import random
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

from playhead.engine import Engine, View, open_engine
from playhead.errors import PlayheadError
from playhead.query import EVERYTHING, Filters
from tests.engines.contract import DIMENSION, MODEL, make, unit

SEED = int(os.environ.get("PLAYHEAD_TEST_SEED", "1"))
IS_LONG = bool(os.environ.get("PLAYHEAD_TEST_SOAK"))
SHOWS, EPISODES, PASSAGES = 3, 12, 10


def rounds(short: int, long: int) -> int:
    """How often to try: in every run of the tests, or in ``make soak``."""
    return long if IS_LONG else short


def fill(directory: Path) -> None:
    """Two generations, the second with all of it."""
    engine = open_engine(f"embedded:{directory}", writing=True)
    engine.use(MODEL)
    for number in range(EPISODES):
        if number == EPISODES // 2:
            engine.publish()
        engine.put(*make(f"show{number % SHOWS}/episode-{number}", PASSAGES, seed=number))
    engine.publish()
    engine.close()


Answers = dict[str, object]
QUESTIONS = [unit(row) for row in np.random.default_rng(7).normal(size=(2, DIMENSION))]
FILTERS = [
    EVERYTHING,
    Filters(podcast=("show1",)),
    Filters(speaker=("ada quill",)),
    Filters(chapter=("Part 1",)),
    Filters(phrases=("kettle",)),
]


def ask_everything(engine: Engine) -> Answers:
    """What every question answers: the answer, or the error that was raised in its place."""
    view = engine.view()
    names = [f"show{number % SHOWS}/episode-{number}" for number in range(EPISODES)]
    ids = [f"{name.replace('/', '-')}-{seed}-{place}" for seed, name in enumerate(names) for place in (0, 5, 9)]
    asked: dict[str, Callable[[], object]] = {
        "podcasts": view.podcasts,
        "revision": engine.revision,
        **{f"episode {name}": lambda name=name: view.episode(name) for name in names},
        **{f"transcript {name}": lambda name=name: view.transcript(name) for name in names},
        **{f"segment {each}": lambda each=each: view.segment(each) for each in ids},
        **{f"neighbours {each}": lambda each=each: view.neighbours(each, 2, 2) for each in ids},
    }
    for filters in FILTERS:
        asked |= _searches(view, filters) | {
            f"episodes {filters}": lambda filters=filters: view.episodes(filters, 0, 1000),
            f"speakers {filters}": lambda filters=filters: view.speakers(filters, 0, 1000),
            f"spoken {filters}": lambda filters=filters: list(view.spoken(filters)),
            f"undated {filters}": lambda filters=filters: view.undated(filters),
        }
    return {name: _outcome(ask) for name, ask in asked.items()} | {"notes": _notes(engine)}


def _notes(engine: Engine) -> object:
    """What is said of the library, after it was asked everything."""
    return _outcome(lambda: engine.describe().details["notes"])


def search(engine: Engine) -> Answers:
    """What is found by words and by meaning."""
    return {name: _outcome(ask) for name, ask in _searches(engine.view(), EVERYTHING).items()}


def _searches(view: View, filters: Filters) -> dict[str, Callable[[], object]]:
    return {
        f"words {filters}": lambda: by_words(view, filters),
        **{
            f"meaning {number} {filters}": lambda question=question: by_meaning(view, question, filters)
            for number, question in enumerate(QUESTIONS)
        },
    }


def by_words(view: View, filters: Filters) -> object:
    hits = view.matching("kettle orchard", filters, 20)
    numbers = hits.alone.numbers.tolist()
    return numbers, hits.alone.scores.tolist(), view.segments(numbers), view.passages(numbers)


def by_meaning(view: View, question: np.ndarray, filters: Filters) -> object:
    hits = view.nearest(question, filters, 20)
    numbers = hits.numbers.tolist()
    return numbers, hits.scores.tolist(), view.segments(numbers), view.facets(hits.numbers)


def _outcome(ask: Callable[[], object]) -> object:
    try:
        return ask()
    except PlayheadError as error:
        return error


def silently_wrong(found: Answers, whole: Answers, less: Less) -> list[str]:
    """The questions that were answered, and otherwise than by the whole library.

    Lists and searches may leave out what is damaged, if it is said of the library, and nothing but that.
    """
    left_out = frozenset(
        name
        for number in range(EPISODES)
        for name in [f"show{number % SHOWS}/episode-{number}"]
        if isinstance(found[f"episode {name}"], PlayheadError) or f"{name}:" in str(found["notes"]).replace(",", ":")
    )
    return [
        name
        for name, answer in found.items()
        if name != "notes" and not isinstance(answer, PlayheadError) and answer != whole[name]
        if not (found["notes"] and left_out and _leaves_out(name, answer, whole[name], left_out, less))
    ]


def _leaves_out(name: str, answer: Any, whole: Any, left_out: frozenset[str], less: Less) -> bool:
    """Whether a list is as if there were no such episodes, or a search as if their passages were not read.

    Where only what says a phrase is searched, what is not read is not found either, and others move up to its place.
    """
    if not name.startswith(("words ", "meaning ")):
        is_list = name.startswith(("podcasts", "episodes ", "speakers ", "spoken ", "undated "))
        return is_list and answer == less(left_out)[name]
    (numbers, scores, segments, more), (all_numbers, all_scores, all_segments, all_more) = answer, whole
    kept = {number: score for number, score in zip(all_numbers, all_scores, strict=True) if number in segments}
    found = {number: score for number, score in zip(numbers, scores, strict=True) if number in kept}
    return (
        {all_segments[number].episode for number in all_numbers if number not in kept} <= left_out
        and list(found.items()) == list(kept.items())
        and all(segments[number] == all_segments[number] for number in kept)
        and ("phrases=('kettle'" in name or (numbers == all_numbers and more.items() <= all_more.items()))
    )


class Less:
    """What a library answers when episodes of it are removed, and nothing is published after that."""

    def __init__(self, whole: Path, place: Path) -> None:
        self._whole, self._place = whole, place
        self._known: dict[frozenset[str], Answers] = {}

    def __call__(self, episodes: frozenset[str]) -> Answers:
        if episodes not in self._known:
            shutil.copytree(self._whole, self._place)
            engine = open_engine(f"embedded:{self._place}", writing=True)
            for episode in episodes:
                engine.remove(episode)
            self._known[episodes] = ask_everything(engine)
            engine.close()
            shutil.rmtree(self._place)
        return self._known[episodes]


def is_noticed(found: Answers) -> bool:
    return bool(found["notes"]) or any(isinstance(answer, PlayheadError) for answer in found.values())


def flip(path: Path, chance: random.Random) -> str:
    """One bit of a file turned over; says which."""
    data = bytearray(path.read_bytes())
    place, bit = chance.randrange(len(data)), chance.randrange(8)
    data[place] ^= 1 << bit
    path.write_bytes(data)
    return f"bit {bit} of byte {place} of {path.name}"
