"""How `playhead.confidence` is fitted on one half of the questions, and what it is worth on the other.

    python -m bench.confidence --archive INDEX --demo INDEX --meetings INDEX --asked asked.jsonl \
        --questions ../shared/data/queries/dev.jsonl --spans OUT/queries.jsonl --plot docs/images/confidence.svg

Asks three libraries what they can answer and what they cannot (`bench/questions`): four shows of the Changelog, the
demo archive, and meetings (`bench.meetings`), of all of them and of one alone. ``--asked`` keeps what came back, so
that fitting again does not ask again. A question's id says which half it is in.

Right is an excerpt that answers the question, in whole or in part, or is the passage asked for: by reading it
(`bench/questions/judged.jsonl`), or by the turns that the meetings' annotators named. Of an unanswerable question
none is. An excerpt that was drawn for reading from several stands for all of them.
"""

from __future__ import annotations

import argparse
import json
import math
import zlib
from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from sklearn.linear_model import LogisticRegression

from playhead import measures, plots
from playhead.confidence import NO_ANSWER, Standing, confidence
from playhead.library import Library, open_library
from playhead.model import Excerpt
from playhead.query import Filters, Query
from playhead.settings import read_settings
from playhead.text import slug

QUESTIONS = Path(__file__).parent / "questions"
DEMO = Path(__file__).parent.parent / "data" / "transcripts" / "questions.jsonl"

SHARES = {
    ("archive", "answerable"): 0.36,
    ("demo", "answerable"): 0.05,
    ("meetings", "answerable"): 0.08,
    ("one meeting", "answerable"): 0.12,
    ("archive", "far"): 0.14,
    ("demo", "far"): 0.05,
    ("meetings", "far"): 0.05,
    ("archive", "near"): 0.1,
    ("demo", "near"): 0.02,
    ("meetings", "near"): 0.03,
}
"""What part of the questions is of each kind, however many of it there are: six in ten have an answer."""

Judge = Callable[[Excerpt], tuple[bool | None, float]]
"""Whether an excerpt is right, None where nobody judged it, and how many excerpts it stands for."""


@dataclass(frozen=True, slots=True)
class Asked:
    """What a question found: how it stands, and of each excerpt its cosine, coverage, rightness and weight."""

    library: str
    id: str
    kind: str
    query: str
    standing: Standing
    excerpts: list[tuple[float, float, bool | None, float]]

    @property
    def is_fitted_on(self) -> bool:
        """Which half it is in, the same on every machine."""
        return zlib.crc32(self.id.encode()) % 2 == 0

    @property
    def judged(self) -> list[tuple[float, float, bool, float]]:
        """The excerpts that count as evidence of how often one is right."""
        return [(*each[:2], each[2], each[3]) for each in self.excerpts if each[2] is not None and each[3]]


def main() -> None:
    options = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    for name in ("archive", "demo", "meetings"):
        options.add_argument(f"--{name}", metavar="INDEX")
    options.add_argument("--questions", type=Path, help="the archive's questions with known answers")
    options.add_argument("--spans", type=Path, help="the meetings' questions")
    options.add_argument("--asked", type=Path, help="keep what came back here, and do not ask again")
    options.add_argument("--plot", type=Path)
    chosen = options.parse_args()
    if chosen.asked and chosen.asked.is_file():
        everything = [_asked(row) for row in _rows(chosen.asked)]
    else:
        everything = list(ask(chosen))
    if chosen.asked:
        lines = [json.dumps(asdict(each), ensure_ascii=False) for each in everything]
        chosen.asked.write_text("\n".join(lines) + "\n", "utf-8")
    fitted = [each for each in everything if each.is_fitted_on]
    print_fit(fitted)
    print_threshold(fitted)
    held = [each for each in everything if not each.is_fitted_on]
    print_flags(held)
    every, best = print_calibration(held)
    if chosen.plot:
        title = "Confidence, on questions that it was not fitted on"
        chosen.plot.write_text(
            plots.plot(title, [("every excerpt", every), ("a question's surest", best)], []), "utf-8"
        )


def ask(chosen: argparse.Namespace) -> Iterator[Asked]:
    """Every question asked of its library."""
    unanswerable = _rows(QUESTIONS / "unanswerable.jsonl")
    judged = {(row["id"], row["segment"]): (row["right"], row["weight"]) for row in _rows(QUESTIONS / "judged.jsonl")}
    spans = [row for row in _rows(chosen.spans) if zlib.crc32(row["query"].encode()) % 5 < 2]
    answerable = {
        "archive": [*_rows(chosen.questions), *_rows(QUESTIONS / "topics.jsonl")],
        "demo": _rows(DEMO),
        "meetings": spans,
    }

    def by_reading(question: str) -> Judge:
        return lambda excerpt: judged.get((question, excerpt.segment.id), (None, 0.0))

    def by_spans(turns: Sequence[Sequence[int]]) -> Judge:
        def is_within(excerpt: Excerpt) -> tuple[bool, float]:
            segment = excerpt.segment
            return any(first <= segment.last_turn and segment.first_turn <= last for first, last in turns), 1.0

        return is_within

    for name, rows in answerable.items():
        library = open_library(read_settings(engine=f"embedded:{getattr(chosen, name)}"))
        for row in rows:
            yield _ask(library, name, "answerable", row, by_reading(row["id"]))
        for row in unanswerable:
            yield _ask(library, name, row["kind"], row, lambda _: (False, 1.0))
        if name == "meetings":
            episodes = {each.rpartition("/")[2]: each for each in _episodes(library)}
            for row in rows:
                filters = Filters(episode=(episodes[slug(row["meeting"])],))
                yield _ask(library, "one meeting", "answerable", row, by_spans(row["spans"]), filters)
        library.close()


def _ask(library: Library, name: str, kind: str, row: dict, judge: Judge, filters: Filters | None = None) -> Asked:
    found = library.search(Query(row["query"], filters or Filters(), limit=10))
    vectors = library.view().vectors([each.segment.id for each in found.excerpts])
    asked = library.embedder.question(found.query.text)
    excerpts = [
        (max(0.0, float(vectors[each.segment.id] @ asked)), each.scores["coverage"] or 0.0, *judge(each))
        for each in found.excerpts
    ]
    return Asked(name, row["id"], kind, row["query"], found.standing, excerpts)


def print_fit(fitted: Sequence[Asked]) -> None:
    """The two regressions: that anything answers, on all questions; that an excerpt does, on the answerable ones."""
    weights = _weights(fitted, [1.0] * len(fitted))
    rows = [
        (each.standing.near, each.standing.covered, math.log(each.standing.asked), -math.log(each.standing.passages))
        for each in fitted
    ]
    _print(
        "anything",
        ("near", "covered", "asked", "passages"),
        rows,
        [each.kind == "answerable" for each in fitted],
        weights,
    )
    answerable = [each for each in fitted if each.kind == "answerable" and each.judged]
    excerpts = [(each, *excerpt) for each in answerable for excerpt in each.judged]
    shares = _weights([each for each, *_ in excerpts], [weight for *_, weight in excerpts])
    rows = [(meaning, covered, meaning - each.standing.nearest) for each, meaning, covered, *_ in excerpts]
    _print("this one", ("meaning", "covered", "behind"), rows, [bool(right) for *_, right, _ in excerpts], shares)


def print_threshold(fitted: Sequence[Asked]) -> None:
    """The highest threshold, in hundredths, below which at most 4 % of the answerable questions of any library are."""
    chances: defaultdict[str, list[float]] = defaultdict(list)
    for each in fitted:
        if each.kind == "answerable":
            chances[each.library].append(each.standing.answered)
    print(f"NO_ANSWER = {math.floor(100 * min(_below(each, 0.04) for each in chances.values())) / 100}")


def _below(chances: Sequence[float], share: float) -> float:
    """The highest threshold that no more than this share of the chances is below."""
    return sorted(chances)[int(share * len(chances))]


def _print(
    name: str,
    features: Sequence[str],
    rows: Sequence[Sequence[float]],
    right: Sequence[bool],
    weights: NDArray[np.float64],
) -> None:
    model = LogisticRegression(C=100.0, max_iter=2000).fit(np.array(rows), np.array(right), sample_weight=weights)
    terms = " ".join(f"{weight:+.2f} {feature}" for feature, weight in zip(features, model.coef_[0], strict=True))
    print(f"{name}: {model.intercept_[0]:.2f} {terms}")


def print_flags(held: Sequence[Asked]) -> None:
    """How often it is said that nothing answers, by library and by kind of question."""
    print(f"\nno_answer, below {NO_ANSWER}")
    for library, kind in SHARES:
        flags = [
            float(each.standing.answered < NO_ANSWER) for each in held if (each.library, each.kind) == (library, kind)
        ]
        print(f"{library:12} {kind:11} {_said(measures.mean_of(np.array(flags)), len(flags))}")


def print_calibration(held: Sequence[Asked]) -> tuple[list[measures.Bin], list[measures.Bin]]:
    """The expected calibration error over excerpts, and over each question's surest; the bins of both."""
    print("\nexpected calibration error")
    drawn = {}
    for what, pick in (("every excerpt", _all), ("surest", _surest)):
        for whose in ("all questions", "answerable ones"):
            asked = [each for each in held if pick(each) and (whose == "all questions" or each.kind == "answerable")]
            tallies = _tallies(asked, pick)
            print(f"{what:14} {whose:16} {_said(measures.calibration_of(tallies), len(asked))}")
            drawn[what, whose] = measures.reliability(tallies.sum(axis=0))
    return drawn["every excerpt", "all questions"], drawn["surest", "all questions"]


def _all(each: Asked) -> list[tuple[float, bool, float]]:
    return [
        (confidence(meaning, covered, each.standing), right, weight) for meaning, covered, right, weight in each.judged
    ]


def _surest(each: Asked) -> list[tuple[float, bool, float]]:
    """A question's surest excerpt, if it was judged."""
    said = [(confidence(meaning, covered, each.standing), right) for meaning, covered, right, _ in each.excerpts]
    best = max(said, key=lambda claim: claim[0], default=(0.0, None))
    return [] if best[1] is None else [(best[0], best[1], 1.0)]


def _tallies(asked: Sequence[Asked], pick: Callable[[Asked], list[tuple[float, bool, float]]]) -> NDArray[np.float64]:
    """For each question its claims by confidence, each kind of question with its share."""
    claims = [pick(each) for each in asked]
    weights = _weights(asked, [sum(weight for *_, weight in each) for each in claims])
    return np.array(
        [
            share * sum(weight * measures.tally([said], [right]) for said, right, weight in each)
            for share, each in zip(weights, claims, strict=True)
        ]
    )


def _weights(asked: Sequence[Asked], amounts: Sequence[float]) -> NDArray[np.float64]:
    """What each counts for, so that every kind has its share of all there is: their mean is about 1."""
    total: defaultdict[tuple[str, str], float] = defaultdict(float)
    for each, amount in zip(asked, amounts, strict=True):
        total[each.library, each.kind] += amount
    everything, shares = sum(total.values()), sum(SHARES[kind] for kind in total)
    factors = {kind: SHARES[kind] / shares * everything / amount for kind, amount in total.items()}
    return np.array([factors[each.library, each.kind] for each in asked])


def _said(statistic: measures.Statistic, questions: int) -> str:
    found = measures.estimate(statistic, questions)
    return f"{found.value:.3f}   {found.low:.3f} to {found.high:.3f}   of {questions}"


def _asked(row: dict) -> Asked:
    excerpts = [(meaning, covered, right, weight) for meaning, covered, right, weight in row["excerpts"]]
    return Asked(**(row | {"standing": Standing(**row["standing"]), "excerpts": excerpts}))


def _rows(path: Path) -> list[dict]:
    return [json.loads(line) for line in path.read_text("utf-8").splitlines()]


def _episodes(library: Library) -> Iterator[str]:
    view, offset = library.view(), 0
    while page := view.episodes(Filters(), offset, 500):
        yield from (episode.id for episode in page)
        offset += len(page)


if __name__ == "__main__":
    main()
