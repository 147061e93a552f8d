"""How sure we are that an excerpt answers the question: one number between 0 and 1, the same for every door. Pure.

It is two chances multiplied: that anything in the library answers (`Standing.answered`), and that this excerpt does if
anything does. Both are logistic regressions that `python -m bench.confidence` fits on one half of the questions and
judges on the other: docs/ranking.md, "Knowing when not".
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

from playhead.text import stems

BEST = 3
"""How many of the best passages speak for the library: one can be near by chance."""

NO_ANSWER = 0.38
"""Below this chance that anything answers, we say that nothing does.

The highest that says so of at most 4 % of the answerable questions that it was fitted on, in each of the libraries.
"""

ANSWERS = 0.46
"""From this on a spoken passage answers, and goes before an episode's notes however close those are.

Notes name a subject in few words, so they look better than the speech that says something about it. It passes as many
excerpts as the threshold that was chosen on 75 questions for an earlier confidence, 96 % of them the same:
docs/design.md, "Where do the notes of an episode without a transcript stand?".
"""


@dataclass(frozen=True, slots=True)
class Standing:
    """How a question stands in a library, by the head of its ranking.

    ``nearest`` is the highest cosine; ``near`` and ``covered`` are the means of the three highest cosines and
    coverages. ``asked`` counts the question's stems, ``passages`` those that were searched: of more passages the
    nearest is nearer, whatever is asked, and of more words fewer are said in one place.
    """

    nearest: float
    near: float
    covered: float
    asked: int
    passages: int

    @property
    def answered(self) -> float:
        """The chance that anything here answers the question; 0 where there is nothing."""
        if not self.passages or not self.asked:
            return 0.0
        return _chance(
            -8.05
            + 24.24 * self.near
            + 5.48 * self.covered
            + 2.26 * math.log(self.asked)
            - 0.75 * math.log(self.passages)
        )

    @property
    def is_unanswered(self) -> bool:
        """Whether nothing found is about the question."""
        return self.answered < NO_ANSWER


def stand(evidence: Sequence[tuple[float, float]], asked: int, passages: int) -> Standing:
    """The standing of a question of ``asked`` stems, by the cosine and the coverage of each passage of its head."""
    cosines, coverages = (
        (sorted(each, reverse=True)[:BEST] for each in zip(*evidence, strict=True)) if evidence else ([], [])
    )
    if not cosines:
        return Standing(0.0, 0.0, 0.0, asked, 0)
    return Standing(cosines[0], sum(cosines) / len(cosines), sum(coverages) / len(coverages), asked, passages)


def confidence(meaning: float, covered: float, standing: Standing) -> float:
    """The chance that a passage answers a question, by its cosine, its coverage and how the question stands."""
    behind = standing.nearest - meaning
    return standing.answered * _chance(-1.47 + 1.03 * meaning + 2.84 * covered - 1.07 * behind)


def coverage(passage: str, weights: dict[str, float]) -> float:
    """The share of the question's stems, each by its weight, that the passage says: 0 to 1."""
    total = sum(weights.values())
    if not total:
        return 0.0
    said = stems(passage)
    return sum(weight for each, weight in weights.items() if each in said) / total


def _chance(evidence: float) -> float:
    return 1 / (1 + math.exp(-evidence))
