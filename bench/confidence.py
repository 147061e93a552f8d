"""How `playhead.confidence` was fitted, and how well it is calibrated.

    python -m bench.confidence QUERIES.jsonl --texts DIR --index DIR

Asks questions with known answers, and questions on subjects that no technology podcast covers; every excerpt in the
first ten is right or not. Prints a logistic regression on half of the questions, and on the other half the expected
calibration error and how often `no_answer` would be said.
"""

from __future__ import annotations

import argparse
import zlib
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from sklearn.linear_model import LogisticRegression

from playhead.evaluation import judge, read_questions
from playhead.library import Library, open_library
from playhead.query import Query
from playhead.settings import read_settings

ELSEWHERE = """
how long do you proof sourdough in a cold kitchen
which apple variety keeps longest in a root cellar
symptoms of iron deficiency in toddlers
how to prune a fig tree after frost
who won the 1954 football world cup final
what did Napoleon eat on Saint Helena
best bait for carp in winter
how to remove red wine from a wool carpet
when do swallows leave for Africa
what is the capital of Mongolia
how do glaciers carve fjords
knitting a raglan sleeve top down
which saint is the patron of beekeepers
how deep should tulip bulbs be planted
why did the Hanseatic League decline
how to tune a violin by ear
treatment of foot rot in sheep
what makes sopranos crack on high notes
how are truffles hunted in Umbria
rules of offside in field hockey
how to re-grout a bathroom floor
did the Minoans have horses
how to fold a fitted sheet
what do hedgehogs do in January
difference between baroque and rococo ceilings
how to bleed a radiator in an old house
can you grow saffron in Norway
the plot of the second act of Tosca
is it safe to eat mussels in months without an r
how much fodder does a Highland cow need
which glue holds on terracotta
how do you shoe a nervous horse
traditional wedding customs in Bhutan
how to poach eggs for twelve people
where does the Danube begin
how to choose a sleeping bag for the Alps
""".strip().splitlines()


def main() -> None:
    options = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    options.add_argument("questions", type=Path)
    options.add_argument("--texts", type=Path, required=True)
    options.add_argument("--index", required=True)
    chosen = options.parse_args()
    library = open_library(read_settings(engine=f"embedded:{chosen.index}"))
    rows: dict[bool, list[tuple[NDArray[np.float64], NDArray[np.bool_]]]] = {True: [], False: []}
    twins = chosen.questions.with_name("twins.json")
    for question in read_questions(chosen.questions, twins if twins.is_file() else None):
        is_right = judge(question, chosen.texts)
        evidence, texts = evidence_of(library, question.query)
        rows[half(question.id)].append((evidence, np.array([is_right(text) for text in texts])))
    answerable = {side: len(found) for side, found in rows.items()}
    for text in ELSEWHERE:
        evidence, texts = evidence_of(library, text)
        rows[half(text)].append((evidence, np.zeros(len(texts), bool)))
    fitted = LogisticRegression(C=100.0).fit(
        np.concatenate([evidence for evidence, _ in rows[True]]), np.concatenate([right for _, right in rows[True]])
    )
    print(f"INTERCEPT = {fitted.intercept_[0]:.3f}\nOF_MEANING = {fitted.coef_[0][0]:.3f}")
    print(f"OF_WORDS = {fitted.coef_[0][1]:.3f}")
    held = rows[False]
    chances = [fitted.predict_proba(evidence)[:, 1] for evidence, _ in held]
    truth = np.concatenate([right for _, right in held])
    print(f"held back: expected calibration error {calibration_error(np.concatenate(chances), truth):.3f}")
    best = np.array([chance.max() for chance in chances])
    about, elsewhere = best[: answerable[False]], best[answerable[False] :]
    for threshold in (0.02, 0.03, 0.04, 0.05, 0.06, 0.08, 0.1):
        missed, said = np.mean(about < threshold), np.mean(elsewhere < threshold)
        print(f"below {threshold:.2f}: {said:.0%} of {len(elsewhere)} elsewhere, {missed:.0%} of {len(about)} answered")


def evidence_of(library: Library, question: str) -> tuple[NDArray[np.float64], list[str]]:
    """For each of the first ten excerpts its cosine and coverage, and its text."""
    excerpts = library.search(Query(question, limit=10)).excerpts
    evidence = [[max(0.0, each.scores["meaning"] or 0.0), each.scores["coverage"]] for each in excerpts]
    return np.array(evidence, float).reshape(-1, 2), [each.segment.text for each in excerpts]


def half(name: str) -> bool:
    """Which half of the questions this is in, the same on every machine."""
    return zlib.crc32(name.encode()) % 2 == 0


def calibration_error(chances: NDArray[np.float64], truth: NDArray[np.bool_], bins: int = 10) -> float:
    """Mean distance of stated from observed chance over equal-width bins, weighted (Guo et al. 2017, formula 3)."""
    place = np.minimum((chances * bins).astype(int), bins - 1)
    return float(
        sum(
            np.mean(place == each) * abs(chances[place == each].mean() - truth[place == each].mean())
            for each in np.unique(place)
        )
    )


if __name__ == "__main__":
    main()
