"""Names that look like one person's: offered to whoever knows, and never acted upon."""

from __future__ import annotations

import re
import unicodedata
from collections import defaultdict
from collections.abc import Iterable, Iterator
from itertools import combinations

import numpy as np
from rapidfuzz.distance import OSA
from rapidfuzz.process import cdist

# A letter added, left out, changed or swapped with its neighbour: one in a name of this many letters, two in a longer.
ONE_OFF = 6
TWO_OFF = 13
ROWS = 500

_TITLES = frozenset("dr jr md mr mrs ms msc phd prof psyd sir sr".split())
_WORD = re.compile(r"[^\W_]+")


def alike(names: Iterable[str]) -> Iterator[tuple[str, str, str]]:
    """Pairs of ``names`` in their order that may be of one person, each with what speaks for it.

    >>> list(alike(["Gerhard Lazu", "Gehard Lazu", "Mireille Reece, PsyD", "Mireille B. Reece, Psy.D", "Ada Moss"]))
    ... # doctest: +NORMALIZE_WHITESPACE
    [('Mireille Reece, PsyD', 'Mireille B. Reece, Psy.D', 'the same but for titles, initials, case and signs'),
     ('Gerhard Lazu', 'Gehard Lazu', 'a letter or two apart')]
    """
    names = list(dict.fromkeys(names))
    by_bare: dict[str, list[int]] = defaultdict(list)
    for place, name in enumerate(names):
        by_bare[_bare(name)].append(place)
    for places in by_bare.values():
        for one, other in combinations(places, 2):
            yield names[one], names[other], "the same but for titles, initials, case and signs"
    bare = list(by_bare)
    for one, other in _a_letter_apart(bare):
        for first, second in sorted((a, b) for a in by_bare[bare[one]] for b in by_bare[bare[other]]):
            yield names[min(first, second)], names[max(first, second)], "a letter or two apart"


def _bare(name: str) -> str:
    """The letters of a name without accents, titles, initials and anything between them."""
    folded = "".join(c for c in unicodedata.normalize("NFKD", name.casefold()) if not unicodedata.combining(c))
    words = _WORD.findall(folded.replace(".", ""))
    full = [word for word in words if word not in _TITLES and (len(word) > 1 or not word.isascii())]
    return "".join(full if len(full) > 1 else words)


def _a_letter_apart(bare: list[str]) -> Iterator[tuple[int, int]]:
    for first in range(0, len(bare), ROWS):
        distances = cdist(bare[first : first + ROWS], bare, scorer=OSA.distance, score_cutoff=2, dtype=np.uint8)
        for row, other in zip(*np.nonzero(distances <= 2), strict=True):
            one = first + int(row)
            letters = min(len(bare[one]), len(bare[other]))
            if one < other and letters >= (ONE_OFF if distances[row, other] == 1 else TWO_OFF):
                yield one, int(other)
