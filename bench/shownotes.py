"""How `playhead.shownotes` is fitted on timed notes that people wrote, and what it is worth on other shows.

    python -m bench.shownotes write ../shared/data/notes-truth OUT/transcripts [--joined]
    playhead ingest OUT/transcripts --index OUT/index
    python -m bench.shownotes judge ../shared/data/notes-truth --index OUT/index [--index OUT/joined]

Each show is judged with weights that were fitted on all others. An error is how far the link is from the time that
people wrote, "not mentioned" counting as wrong; a link is right within 60 s. In a second run a third of the notes are
those of other episodes. ``judge`` ends with the weights of all shows together, which are those of the library.

In these transcripts a paragraph inside a turn often begins where a note does. ``--joined`` gives only the turns' times;
with the indexes of both the weights are fitted on both, and each is judged.
"""

from __future__ import annotations

import argparse
import json
import math
import random
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import minimize

from playhead.alignment import Onward, Step, lay, onward
from playhead.library import open_library
from playhead.linking import segments_of
from playhead.mentions import FEATURES, Floats, Talk, evidence, hear
from playhead.model import Transcript
from playhead.notes import Note
from playhead.settings import read_settings
from playhead.shownotes import NOT_MENTIONED, RECIPE, RIGHT, Order, Recipe, choose, settle, steps_of
from playhead.text import slug, stem, subject, words

COPIES = 2
"""How many times each episode is fitted on with a third of its notes replaced, beside once as it is."""

AT = 8.0
"""A place is where a note begins when it is at most this many seconds off: sentences begin near each other."""

PENALTY = 0.05
ORDER = Order(1.0, RECIPE.orders[0].evenness, RECIPE.orders[0].strays)


@dataclass(frozen=True, slots=True)
class Case:
    """Notes to be found in an episode: ``truth`` has their seconds, NaN for a note of another episode."""

    show: str
    notes: list[Note]
    truth: NDArray[np.float64]
    talk: Talk
    known: Floats
    steps: list[Step]
    tables: Onward
    transcript: Transcript


@dataclass(frozen=True, slots=True)
class Judged:
    """A note of a case, and what was answered: the chosen second, its confidence, the chance of no mention."""

    truth: float
    chosen: float
    confidence: float
    nowhere: float

    @property
    def error(self) -> float:
        return math.inf if self.is_denied else abs(self.chosen - self.truth)

    @property
    def is_denied(self) -> bool:
        return self.nowhere >= NOT_MENTIONED

    @property
    def is_foreign(self) -> bool:
        return math.isnan(self.truth)


def write(truth: Path, folder: Path, joined: bool) -> None:
    """The transcripts as Podcasting 2.0 JSON, a file an episode."""
    for episode in _episodes(truth):
        rows = [json.loads(line) for line in (truth / episode["transcript"]).read_text("utf-8").splitlines()]
        segments: list[dict[str, object]] = []
        for row in rows:
            if joined and segments and segments[-1]["speaker"] == row["speaker"]:
                segments[-1]["body"] = f"{segments[-1]['body']} {row['text']}"
            else:
                segments.append({"speaker": row["speaker"], "startTime": row["start"], "body": row["text"]})
        file = folder / f"{_id(episode)}.json"
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(json.dumps({"version": "1.0.0", "segments": segments}), "utf-8")


def read(truth: Path, index: str) -> tuple[list[Case], list[list[Case]]]:
    """Every episode as it is, and so many copies of it with a third of its notes replaced."""
    library = open_library(read_settings(engine=f"embedded:{index}"))
    view = library.view()
    listed = _episodes(truth)
    texts = {note["text"] for episode in listed for note in episode["notes"]}
    vectors = dict(zip(texts, library.embedder.passages(list(texts)), strict=True))
    plain: list[Case] = []
    mixed: list[list[Case]] = [[] for _ in range(2 * COPIES)]
    for episode in listed:
        transcript = view.transcript(_id(episode))
        assert transcript, _id(episode)
        talk = hear(transcript)
        segments = segments_of(view, _id(episode), next(iter(vectors.values())))
        kept = view.vectors([segment.id for segment in segments])
        passages = np.array([kept[segment.id] for segment in segments])
        own = [(note["text"], float(note["start_seconds"])) for note in episode["notes"]]
        others = [note["text"] for other in listed if other is not episode for note in other["notes"]]
        for number, copy in enumerate((None, *mixed)):
            pairs = list(own)
            if copy is not None:
                source = random.Random(f"{number} {_id(episode)}")
                for place in source.sample(range(len(own)), round(len(own) / 3)):
                    pairs[place] = (source.choice(others), math.nan)
            notes = [Note(number, text, (0, 1), number, depth=1) for number, (text, _) in enumerate(pairs, 1)]
            meaning = np.array([vectors[note.text] for note in notes]) @ passages.T
            known = evidence(talk, [note.text for note in notes], [segment.span for segment in segments], meaning)
            steps = steps_of(talk, notes, ORDER, RECIPE)
            tables = plain[-1].tables if copy is not None else onward(talk.seconds, {step.pace for step in steps})
            seconds = np.array([second for _, second in pairs])
            case = Case(episode["episode"].split("/")[0], notes, seconds, talk, known, steps, tables, transcript)
            (plain if copy is None else copy).append(case)
    return plain, mixed


def fit(cases: Sequence[Case], start: Recipe | None = None, rounds: int = 40) -> Recipe:
    """The weights under which the notes are likeliest where they are, as a conditional random field (L-BFGS)."""
    spread = np.concatenate([case.known.reshape(-1, len(FEATURES)) for case in cases]).std(axis=0) + 1e-9

    def loss(values: NDArray[np.float64]) -> tuple[float, NDArray[np.float64]]:
        weights, nowhere = values[:-1] / spread, values[-1]
        total, slope = PENALTY * float(values[:-1] @ values[:-1]), 2 * PENALTY * values
        slope[-1] = 0.0
        for case in cases:
            scores = (case.known @ weights).astype(np.float32)
            there = np.abs(case.talk.seconds[None, :] - case.truth[:, None]) <= AT
            free = lay(scores, np.float32(nowhere), case.steps, case.tables)
            tied = lay(
                np.where(there, scores, -80).astype(np.float32),
                np.where(np.isnan(case.truth), nowhere, -80).astype(np.float32),
                case.steps,
                case.tables,
            )
            total += free.evidence - tied.evidence
            slope[:-1] += np.einsum("np,npk->k", free.places - tied.places, case.known) / spread
            slope[-1] += float((free.nowhere - tied.nowhere).sum())
        return total, slope

    begin = np.array([*(np.array(start.weights) * spread), start.nowhere]) if start else np.zeros(len(FEATURES) + 1)
    found = minimize(loss, begin, jac=True, method="L-BFGS-B", options={"maxiter": rounds}).x
    return replace(RECIPE, weights=tuple((found[:-1] / spread).tolist()), nowhere=float(found[-1]))


def answer(case: Case, recipe: Recipe) -> list[Judged]:
    """What the library would answer with these weights."""
    scores = (case.known @ np.array(recipe.weights, np.float32)).astype(np.float32)
    laid = settle(case.talk, case.notes, scores, recipe.orders, recipe)
    return [
        Judged(truth, float(case.talk.seconds[place]), confidence, float(nowhere))
        for truth, (place, confidence), nowhere in zip(
            case.truth, (choose(row, case.talk.seconds) for row in laid.places), laid.nowhere, strict=True
        )
    ]


def baseline(case: Case) -> list[float]:
    """The seconds by BM25 of windows of 60 words, half of the next and a quarter of the one after added, in order."""
    said = [(stem(word), place) for place, word in enumerate(words(case.transcript.text))]
    windows = [[term for term, _ in said[first : first + 60]] for first in range(0, len(said), 60)]
    starts = np.interp(np.arange(len(windows)) * 60, case.talk.at, case.talk.seconds)
    counts = [Counter(window) for window in windows]
    spread = Counter(term for count in counts for term in count)
    alone = np.zeros((len(case.notes), len(windows) + 2))
    for row, note in enumerate(case.notes):
        for term in subject(note.text):
            rare = math.log(1 + (len(windows) - spread[term] + 0.5) / (spread[term] + 0.5))
            for place, count in enumerate(counts):
                size = 1 - 0.75 + 0.75 * len(windows[place]) / 60
                alone[row, place] += rare * count[term] * 2.2 / (count[term] + 1.2 * size)
    scores = alone[:, :-2] + alone[:, 1:-1] / 2 + alone[:, 2:] / 4
    best = np.zeros_like(scores)
    back = np.zeros(scores.shape, int)
    for row, each in enumerate(scores):
        before = best[row - 1] if row else np.zeros(scores.shape[1])
        top = np.maximum.accumulate(before)
        back[row] = [int(np.argmax(before[: place + 1])) for place in range(len(before))]
        best[row] = each + top
    place = int(np.argmax(best[-1]))
    chosen = []
    for row in range(len(scores) - 1, -1, -1):
        chosen.append(float(starts[place]))
        place = int(back[row][place])
    return chosen[::-1]


def calibration_error(answers: Sequence[Judged]) -> float:
    """The expected calibration error of "within 60 s" in tenths of equal size, and of "not mentioned"."""
    pairs = sorted(
        (each.nowhere, each.is_foreign) if each.is_denied else (each.confidence, each.error <= RIGHT)
        for each in answers
    )
    parts = np.array_split(np.array(pairs, float), 10)
    return float(sum(len(part) * abs(part[:, 0].mean() - part[:, 1].mean()) for part in parts) / len(pairs))


def show(label: str, errors: Sequence[float]) -> None:
    within = "  ".join(f"{np.mean(np.array(errors) <= limit):6.1%} ≤ {limit} s" for limit in (10, 30, 60))
    print(f"{label:34} median {np.median(errors):5.1f} s  {within}  ({len(errors)} notes)", flush=True)


def judge(truth: Path, indexes: Sequence[str]) -> None:
    read_from = [read(truth, index) for index in indexes]
    training = [
        each for plain, mixed in read_from for each in (*plain, *(case for copy in mixed[:COPIES] for case in copy))
    ]
    recipe = fit(training)
    shows = sorted({case.show for case in training})
    held = {name: fit([case for case in training if case.show != name], recipe, 12) for name in shows}
    for index, (plain, mixed) in zip(indexes, read_from, strict=True):
        print(index)
        show("BM25, in order", [abs(a - b) for case in plain for a, b in zip(baseline(case), case.truth, strict=True)])
        own = [each for case in plain for each in answer(case, held[case.show])]
        show("other shows", [each.error for each in own])
        show("the same, each note placed", [abs(each.chosen - each.truth) for each in own])
        show("the same, notes shuffled", [x.error for case in plain for x in answer(_shuffled(case), held[case.show])])
        third = [each for copy in mixed[COPIES:] for case in copy for each in answer(case, held[case.show])]
        kept, foreign = [x for x in third if not x.is_foreign], [x for x in third if x.is_foreign]
        show("a third of the notes foreign", [each.error for each in kept])
        print(
            f"foreign notes not mentioned        {np.mean([each.is_denied for each in foreign]):.1%} of {len(foreign)}"
        )
        print(f"own notes lost among them          {np.mean([each.is_denied for each in kept]):.1%} of {len(kept)}")
        print(f"own notes lost without them        {np.mean([each.is_denied for each in own]):.1%} of {len(own)}")
        print(
            f"expected calibration error         {calibration_error(own):.3f}, foreign {calibration_error(third):.3f}"
        )
    for name, weight in zip(FEATURES, recipe.weights, strict=True):
        print(f"    {weight:8.3f}  {name}")
    print(f"    {recipe.nowhere:8.3f}  nowhere")


def _shuffled(case: Case) -> Case:
    order = random.Random(7).sample(range(len(case.notes)), len(case.notes))
    return replace(case, notes=[case.notes[place] for place in order], truth=case.truth[order], known=case.known[order])


def _episodes(truth: Path) -> list[dict[str, object]]:
    return [json.loads(line) for line in (truth / "truth.jsonl").read_text("utf-8").splitlines()]


def _id(episode: dict[str, object]) -> str:
    podcast, _, name = str(episode["episode"]).partition("/")
    return f"{podcast}/{slug(name)}"


def main() -> None:
    options = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    commands = options.add_subparsers(dest="command", required=True)
    writing = commands.add_parser("write")
    writing.add_argument("truth", type=Path)
    writing.add_argument("folder", type=Path)
    writing.add_argument("--joined", action="store_true")
    judging = commands.add_parser("judge")
    judging.add_argument("truth", type=Path)
    judging.add_argument("--index", required=True, action="append")
    chosen = options.parse_args()
    if chosen.command == "write":
        write(chosen.truth, chosen.folder, chosen.joined)
    else:
        judge(chosen.truth, chosen.index)


if __name__ == "__main__":
    main()
