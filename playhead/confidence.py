"""How sure we are that an excerpt is about the question: one number between 0 and 1, the same for every door. Pure."""

from __future__ import annotations

import math
from collections.abc import Iterable

from playhead.text import stems

# Logistic regression on 16 questions with known answers and 14 on other subjects, each with its first ten excerpts,
# over 481 episodes (`python -m bench.confidence`). On 16 and 22 others the expected calibration error is .009, most
# of it excerpts that are plainly wrong. Only one passage of an archive counts as right there, so a good answer that
# is another passage counts as wrong, and confidence reads low.
INTERCEPT = -5.923
OF_MEANING = 4.666
OF_WORDS = 5.104

NO_ANSWER = 0.04
"""Below this the best excerpt is not about the question, and we say so.

Chosen on those 38 questions, so no estimate of how often it is right elsewhere: there it was said of 77 % of the
questions on other subjects, and of none with an answer.
"""

ANSWERS = 0.15
"""From this on a spoken passage answers, and goes before an episode's notes however close those are.

Notes name a subject in few words, so they look better than the speech that says something about it. Chosen on 75
questions: docs/design.md, "Where do the notes of an episode without a transcript stand?".
"""


def coverage(passage: str, weights: dict[str, float]) -> float:
    """The share of the question's stems, each by its weight, that the passage says: 0 to 1."""
    total = sum(weights.values())
    if not total:
        return 0.0
    said = stems(passage)
    return sum(weight for each, weight in weights.items() if each in said) / total


def confidence(meaning: float, covered: float) -> float:
    """The probability that a passage answers a question, from its cosine and its coverage."""
    evidence = INTERCEPT + OF_MEANING * max(0.0, meaning) + OF_WORDS * covered
    return 1 / (1 + math.exp(-evidence))


def is_unanswered(confidences: Iterable[float]) -> bool:
    """Whether nothing found is about the question."""
    return max(confidences, default=0.0) < NO_ANSWER
