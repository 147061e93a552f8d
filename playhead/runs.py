"""A run of `playhead eval`: what every question came to, what they come to together, and against another run.

The measures are computed from what is kept of each question, so a run that was saved can be compared with one made
today, question by question.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Literal

import numpy as np
from pydantic import TypeAdapter, ValidationError

from playhead import measures
from playhead.errors import InputError
from playhead.evaluation import Outcome
from playhead.measures import Estimate, Numbers, Statistic

DEPTHS = (1, 5, 10)


@dataclass(frozen=True, slots=True)
class Measure:
    """What is measured of a question; ``better`` is 1 where more is better, -1 where less is."""

    title: str
    better: Literal[1, -1]
    of: Literal["mean", "median"] = "mean"
    unit: str = ""


MEASURES = {
    **{f"success@{depth}": Measure(f"success@{depth}", 1) for depth in DEPTHS},
    "mrr@10": Measure("MRR@10", 1),
    "ndcg@10": Measure("nDCG@10", 1),
    "duplicates@10": Measure("duplicates@10", -1),
    "sponsor@10": Measure("sponsor@10", -1),
    "start_error": Measure("start-time error", -1, "median", "s"),
    "answer_error": Measure("start-time error, answer", -1, "median", "s"),
    "start_distance": Measure("start by own clock", -1, "median", "s"),
    "answer_distance": Measure("answer by own clock", -1, "median", "s"),
    "flagged_answerable": Measure("no_answer, answerable", -1),
    "flagged_unanswerable": Measure("no_answer, unanswerable", 1),
}

CALIBRATIONS = {
    "calibration_error": Measure("calibration error", -1),
    "calibration_error_of_surest": Measure("calibration error, surest", -1),
}
"""Of each excerpt's confidence for its being right; of the highest of each question alone."""

ALL = MEASURES | CALIBRATIONS


@dataclass(frozen=True, slots=True)
class Row:
    """What a question came to. ``measures`` hold what applies to it; ``right`` says of each excerpt whether it is.

    ``right`` is None where that is not known here. ``starts`` are the excerpts' seconds; ``took`` and ``stages`` too.
    ``absent``: the right passage is not in the library.
    """

    id: str
    query: str
    rank: int | None
    no_answer: bool
    measures: dict[str, float]
    excerpts: list[str]
    starts: list[float | None]
    confidences: list[float]
    right: list[bool] | None
    took: float
    stages: dict[str, float]
    absent: bool = False


@dataclass(frozen=True, slots=True)
class Run:
    """A configuration, and what every question came to in it."""

    configuration: dict[str, Any]
    rows: list[Row]


@dataclass(frozen=True, slots=True)
class Change:
    """A measure before and after on the same questions; ``difference`` is after - before with its paired interval."""

    before: float
    after: float
    difference: Estimate


@dataclass(frozen=True, slots=True)
class Move:
    """A question whose right passage stands elsewhere than before; None is not in the ten."""

    id: str
    query: str
    before: int | None
    after: int | None

    @property
    def by(self) -> float:
        """The reciprocal rank won, below 0 lost."""
        return (1 / self.after if self.after else 0.0) - (1 / self.before if self.before else 0.0)


@dataclass(frozen=True, slots=True)
class Comparison:
    """A run against an earlier one on the ``questions`` that both asked; ``moved`` begins with what changed most."""

    questions: int
    changes: dict[str, Change]
    moved: list[Move]


def row(outcome: Outcome) -> Row:
    """What is kept of a question and what came back for it."""
    question, excerpts = outcome.question, outcome.excerpts
    found = {
        "duplicates@10": measures.repeated([each.segment.text for each in excerpts]),
        "sponsor@10": sum(each.segment.kind == "sponsor" for each in excerpts) / max(1, len(excerpts)),
    }
    if question.is_judged:
        found |= {f"success@{depth}": measures.success(outcome.holds, depth) for depth in DEPTHS}
        found["mrr@10"] = measures.reciprocal_rank(outcome.holds)
        found["ndcg@10"] = measures.ndcg(outcome.holds, question.passages)
        kind = "error" if outcome.off_stated else "distance"
        for name, seconds in zip(("start", "answer"), outcome.off, strict=True):
            if seconds is not None:
                found[f"{name}_{kind}"] = seconds
    found[f"flagged_{'answerable' if question.answerable else 'unanswerable'}"] = float(outcome.no_answer)
    is_known = question.is_judged or not question.answerable
    return Row(
        id=question.id,
        query=question.query,
        rank=outcome.rank,
        no_answer=outcome.no_answer,
        measures=found,
        excerpts=[each.segment.id for each in excerpts],
        starts=[each.segment.time.start for each in excerpts],
        confidences=[each.confidence for each in excerpts],
        right=[bool(held) for held in outcome.holds] if is_known else None,
        took=outcome.took,
        stages=dict(outcome.stages),
        absent=outcome.is_absent,
    )


def summarise(rows: Sequence[Row]) -> dict[str, Estimate]:
    """Every measure that applies to any of these questions, with its interval."""
    return {
        name: measures.estimate(_statistic(name, concerned), len(concerned))
        for name in ALL
        if (concerned := [each for each in rows if _applies(name, each)])
    }


def compare(before: Sequence[Row], after: Sequence[Row]) -> Comparison:
    """What changed on the questions that both runs asked. Raises InputError if there are none."""
    earlier = {(each.id, each.query): each for each in before}
    pairs = [(earlier[each.id, each.query], each) for each in after if (each.id, each.query) in earlier]
    if not pairs:
        raise InputError("The two runs have no question in common; compare runs of the same file of questions.")
    changes = {}
    for name in ALL:
        both = [(old, new) for old, new in pairs if _applies(name, old) and _applies(name, new)]
        if not both:
            continue
        was, became = (_statistic(name, side) for side in zip(*both, strict=True))
        changes[name] = Change(
            before=_overall(was, len(both)),
            after=_overall(became, len(both)),
            difference=measures.estimate(measures.difference(became, was), len(both)),
        )
    moved = [Move(new.id, new.query, old.rank, new.rank) for old, new in pairs if old.rank != new.rank]
    return Comparison(len(pairs), changes, sorted(moved, key=lambda move: -abs(move.by)))


def reliability(rows: Sequence[Row], name: str = "calibration_error") -> list[measures.Bin]:
    """The reliability diagram behind one of the two calibration errors; empty if nothing was judged."""
    concerned = [each for each in rows if _applies(name, each)]
    return measures.reliability(_tallies(name, concerned).sum(axis=0)) if concerned else []


def success_curve(rows: Sequence[Row]) -> list[float]:
    """success@1 to success@10 over the judged questions; empty if there are none."""
    ranks = [each.rank for each in rows if "mrr@10" in each.measures]
    return [
        sum(rank is not None and rank <= depth for rank in ranks) / len(ranks)
        for depth in range(1, measures.DEPTH + 1)
        if ranks
    ]


def latency(rows: Sequence[Row]) -> dict[str, tuple[float, float]]:
    """The 50th and 95th percentile of the seconds of every stage, and of the ``total``."""
    stages = list(dict.fromkeys(stage for each in rows for stage in each.stages))
    spent = {stage: [each.stages[stage] for each in rows if stage in each.stages] for stage in stages}
    return {stage: measures.percentiles(seconds) for stage, seconds in (spent | {"total": _took(rows)}).items()}


def as_dict(run: Run, against: tuple[Run, Comparison] | None = None) -> dict[str, Any]:
    """A run as JSON has it, ``against`` another if there is one; what `read` reads."""
    made: dict[str, Any] = {
        "configuration": run.configuration,
        "questions": len(run.rows),
        "measures": {name: asdict(each) for name, each in summarise(run.rows).items()},
        "reliability": {name: [asdict(each) for each in reliability(run.rows, name)] for name in CALIBRATIONS},
        "latency_ms": {
            stage: {"p50": median * 1000, "p95": p95 * 1000} for stage, (median, p95) in latency(run.rows).items()
        },
        "each": [asdict(each) for each in run.rows],
    }
    if against is not None:
        other, comparison = against
        made["against"] = {"configuration": other.configuration, **asdict(comparison)}
    return made


def read(path: Path) -> Run:
    """A run that was saved. Raises InputError for what is none."""
    try:
        saved = json.loads(path.read_text("utf-8"))
        return Run(dict(saved["configuration"]), TypeAdapter(list[Row]).validate_python(saved["each"]))
    except OSError as error:
        raise InputError(f"{path}: cannot be read: {error.strerror}.") from None
    except (ValueError, KeyError, TypeError) as error:
        what = error.errors()[0] if isinstance(error, ValidationError) else None
        about = f"each.{'.'.join(map(str, what['loc']))}: {what['msg']}" if what else f"{type(error).__name__}: {error}"
        raise InputError(f"{path}: not a run ({about}); save one with playhead eval … --out RUN.json.") from None


def _took(rows: Sequence[Row]) -> list[float]:
    return [each.took for each in rows]


def _applies(name: str, row: Row) -> bool:
    """Whether a question says anything about a measure: for a calibration, claims known to be right or wrong."""
    return bool(row.right is not None and row.confidences) if name in CALIBRATIONS else name in row.measures


def _statistic(name: str, rows: Sequence[Row]) -> Statistic:
    if name in CALIBRATIONS:
        return measures.calibration_of(_tallies(name, rows))
    values = np.array([each.measures[name] for each in rows])
    return measures.median_of(values) if MEASURES[name].of == "median" else measures.mean_of(values)


def _tallies(name: str, rows: Sequence[Row]) -> Numbers:
    """The claims of each question: one an excerpt, or its surest one, the first of equals."""
    if name == "calibration_error":
        return np.array([measures.tally(each.confidences, each.right or []) for each in rows])
    surest = [max(zip(each.confidences, each.right or [], strict=True), key=lambda claim: claim[0]) for each in rows]
    return np.array([measures.tally([sure], [right]) for sure, right in surest])


def _overall(statistic: Statistic, questions: int) -> float:
    return float(statistic(np.arange(questions)[None])[0])
