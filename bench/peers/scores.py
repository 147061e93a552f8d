"""What a trial is worth: judged, fused, compared and printed. Pure."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from random import Random
from typing import Any

import numpy as np

from bench.peers.trial import Answer, Trial
from playhead import measures
from playhead.evaluation import Question

MEASURES = ("success@1", "success@5", "success@10", "MRR@10", "nDCG@10")
RRF_CONSTANT = 60
SEED = 20_240_229

Judge = Callable[[str], frozenset[int]]


@dataclass(frozen=True)
class Score:
    """What a peer came to: a value a question for each measure, the seconds of each, and what it cost.

    Seconds and bytes; None is not known, or not its own.
    """

    name: str
    values: Mapping[str, Sequence[float]]
    ranks: Sequence[int | None]
    seconds: Sequence[float]
    build: float
    passages: int
    peak: int | None = None
    installed: int | None = None


def score(
    name: str, trial: Trial, questions: Sequence[Question], judges: Sequence[Judge], installed: int | None = None
) -> Score:
    """The first ten answers to each question, judged."""
    holds = [
        tuple(judge(text) for _, text in answers[: measures.DEPTH])
        for judge, answers in zip(judges, trial.answers, strict=True)
    ]
    each = [measure(held, question.passages) for held, question in zip(holds, questions, strict=True)]
    return Score(
        name=name,
        values={measure: [values[measure] for values in each] for measure in MEASURES},
        ranks=[measures.rank(held) for held in holds],
        seconds=trial.seconds,
        build=trial.build,
        passages=trial.passages,
        peak=trial.peak or None,
        installed=installed,
    )


def measure(holds: measures.Holds, passages: int) -> dict[str, float]:
    """Every measure of one question."""
    successes = [measures.success(holds, depth) for depth in (1, 5, 10)]
    return dict(
        zip(MEASURES, [*successes, measures.reciprocal_rank(holds), measures.ndcg(holds, passages)], strict=True)
    )


def fused(trials: Sequence[Trial]) -> Trial:
    """Reciprocal rank fusion, Σ 1 / (60 + rank) (Cormack, Clarke & Büttcher 2009), of trials over the same passages.

    It takes as long as all of them together.
    """
    return Trial(
        answers=[fuse(lists) for lists in zip(*(trial.answers for trial in trials), strict=True)],
        seconds=[sum(each) for each in zip(*(trial.seconds for trial in trials), strict=True)],
        build=sum(trial.build for trial in trials),
        passages=trials[0].passages,
        peak=0,
    )


def fuse(lists: Sequence[Sequence[Answer]]) -> list[Answer]:
    """The answers of several lists, by the sum of their reciprocal ranks; of two equal ones the first list's first."""
    points: dict[str, float] = {}
    texts: dict[str, str] = {}
    for answers in lists:
        for rank, (name, text) in enumerate(answers, 1):
            points[name] = points.get(name, 0.0) + 1 / (RRF_CONSTANT + rank)
            texts[name] = text
    return [(name, texts[name]) for name in sorted(points, key=lambda name: -points[name])]


def choose(files: Sequence[str], gold: Sequence[str], count: int) -> list[str]:
    """``count`` of ``files``: those with a right passage first, the rest evenly over the same folders; sorted."""
    first = [name for name in dict.fromkeys(gold) if name in set(files)][:count]
    folders = {name.partition("/")[0] for name in gold}
    rest = [name for name in sorted(set(files) - set(gold)) if name.partition("/")[0] in folders]
    wanted = min(count - len(first), len(rest))
    offset = Random(SEED).random()
    return sorted([*first, *(rest[int((number + offset) * len(rest) / wanted)] for number in range(wanted))])


def differences(ours: Score, other: Score) -> dict[str, measures.Estimate]:
    """By how much ``ours`` is better on the same questions, with paired intervals."""
    return {
        name: measures.estimate(
            measures.difference(
                measures.mean_of(np.array(ours.values[name])), measures.mean_of(np.array(other.values[name]))
            ),
            len(ours.seconds),
        )
        for name in MEASURES
    }


def table(scores: Sequence[Score]) -> str:
    """Two tables in Markdown: what each peer came to, and by how much the first is better than each other one."""
    head = ["", *MEASURES, "p50", "p95", "build", "memory", "installed"]
    rows = [[each.name, *_means(each), *_costs(each)] for each in scores]
    printed = _markdown(head, rows)
    if len(scores) > 1:
        ours, *others = scores
        leads = [[other.name, *map(_lead, differences(ours, other).values())] for other in others]
        printed += "\n\n" + _markdown([f"{ours.name} better than", *MEASURES], leads)
    return printed


def as_dict(scores: Sequence[Score]) -> list[dict[str, Any]]:
    """The same for programs, with every question."""
    return [
        {
            "peer": each.name,
            "passages": each.passages,
            "measures": {name: float(np.mean(values)) for name, values in each.values.items()},
            "p50_ms": measures.percentiles(each.seconds)[0] * 1000,
            "p95_ms": measures.percentiles(each.seconds)[1] * 1000,
            "build_seconds": each.build,
            "peak_bytes": each.peak,
            "installed_bytes": each.installed,
            "behind": {
                name: [estimate.value, estimate.low, estimate.high]
                for name, estimate in differences(scores[0], each).items()
            },
            "ranks": list(each.ranks),
        }
        for each in scores
    ]


def _means(each: Score) -> list[str]:
    return [_figure(float(np.mean(each.values[name]))) for name in MEASURES]


def _costs(each: Score) -> list[str]:
    median, p95 = (f"{seconds * 1000:.1f} ms" for seconds in measures.percentiles(each.seconds))
    sizes = ("-" if size is None else f"{size / 1e6:,.0f} MB" for size in (each.peak, each.installed))
    return [median, p95, f"{each.build:.1f} s", *sizes]


def _lead(found: measures.Estimate) -> str:
    value, low, high = (_figure(number or 0.0, sign="+") for number in (found.value, found.low, found.high))
    return f"{value} ({low} to {high})"


def _figure(number: float, sign: str = "") -> str:
    """.613, +.040, 1.000: without a zero that says nothing."""
    return f"{number:{sign}.3f}".replace("0.", ".", 1) if abs(number) < 1 else f"{number:{sign}.3f}"


def _markdown(head: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    widths = [max(len(row[column]) for row in [head, *rows]) for column in range(len(head))]

    def line(cells: Sequence[str]) -> str:
        first, *rest = zip(cells, widths, strict=True)
        return f"| {first[0]:<{first[1]}} | " + " | ".join(f"{cell:>{width}}" for cell, width in rest) + " |"

    dashes = ["-" * widths[0], *("-" * (width - 1) + ":" for width in widths[1:])]
    return "\n".join([line(head), line(dashes), *map(line, rows)])
