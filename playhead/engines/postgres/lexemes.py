"""What PostgreSQL finds words by: each passage as the numbers of its terms, and as a sparse vector of what they weigh.

PostgreSQL's own ranks know nothing of how rare a word is (`ts_rank_cd`), so words are ranked by BM25 here as in every
engine: the part of it that is the passage's is kept as a sparse vector, the part that is the term's is the question's,
and their inner product is the score. https://en.wikipedia.org/wiki/Okapi_BM25

Lengths are held against a usual one, not against the mean of the collection, so that no row must be written again when
that moves: passages are cut to about as many words in every library.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from playhead.engines.postgres.connections import Connection, Connections
from playhead.engines.terms import SPONSOR, nearby

SATURATION, LENGTH_SHARE = 1.2, 0.75  # k1 and b, as tantivy and Lucene have them
USUAL_ALONE, USUAL_AROUND = 130.0, 640.0  # terms of a passage, and of it with what is around: means of 9,360 of them
DIMENSIONS = 1_000_000_000  # as many as a sparsevec may have: a term is the dimension of its number
MOST_REMEMBERED = 500_000

_FOUR = np.dtype(">i4")


class Terms:
    """The numbers of terms, which stay what they are for good."""

    def __init__(self, connections: Connections) -> None:
        self._connections = connections
        self._known: dict[str, int] = {}

    def known(self, terms: Iterable[str]) -> dict[str, int]:
        """The numbers of these; of those that have one."""
        wanted, known = list(dict.fromkeys(terms)), self._known
        found = {term: known[term] for term in wanted if term in known}
        return found | self._look_up([term for term in wanted if term not in found])

    def numbered(self, terms: Iterable[str]) -> dict[str, int]:
        """The numbers of these; who has none is given one, which is kept at once."""
        wanted = sorted(set(terms))  # in one order, so that two who number the same terms wait and do not lock
        found = self.known(wanted)
        if new := [term for term in wanted if term not in found]:
            self._connections.change(
                lambda connection: connection.execute(
                    "INSERT INTO terms (term) SELECT unnest(%s::text[]) ON CONFLICT DO NOTHING", (new,)
                )
            )
            found |= self._look_up(new)
        return found

    def _look_up(self, terms: list[str]) -> dict[str, int]:
        if not terms:
            return {}

        def find(connection: Connection) -> list[tuple[str, int]]:
            sql = "SELECT term, id FROM terms WHERE term = ANY(%s::text[])"
            return connection.execute(sql, (terms,)).fetchall()

        if len(self._known) > MOST_REMEMBERED:
            self._known = {}
        found = dict(self._connections.read(find))
        self._known.update(found)
        return found


@dataclass(frozen=True, slots=True)
class Lexemes:
    """An episode's words: the terms of each passage and of what the episode is about, in order and as often as said."""

    kinds: tuple[str, ...]
    passages: tuple[list[str], ...]
    about: list[str]

    def rows(self, numbers: Mapping[str, int]) -> Iterator[tuple[bytes, bytes, bytes, bytes]]:
        """For each passage the terms it is found by alone and with what is around it, and what they weigh."""
        alone = [np.array([numbers[term] for term in terms], np.int32) for terms in self.passages]
        about = np.array([numbers[term] for term in self.about], np.int32)
        for place, near in enumerate(nearby(self.kinds)):
            lent = [] if self.kinds[place] == SPONSOR else [about]
            own, own_weights = _weigh(alone[place], USUAL_ALONE)
            around, around_weights = _weigh(np.concatenate([*(alone[each] for each in near), *lent]), USUAL_AROUND)
            yield integers(own), integers(around), own_weights, around_weights

    def terms(self) -> set[str]:
        return set().union(self.about, *self.passages)


def _weigh(terms: NDArray[np.int32], usual: float) -> tuple[NDArray[np.int32], bytes]:
    """The terms of a passage, each once in order, and what it weighs as PostgreSQL reads a sparsevec."""
    ordered, often = np.unique(terms, return_counts=True)
    length = SATURATION * (1 - LENGTH_SHARE + LENGTH_SHARE * len(terms) / usual)
    return ordered, _sparse(ordered, often * (SATURATION + 1) / (often + length))


def rarities(passages: int, with_term: Mapping[int, int]) -> dict[int, float]:
    """What each term weighs in a question, from how many passages have it."""
    return {
        term: math.log(1 + (max(passages, count) - count + 0.5) / (count + 0.5)) for term, count in with_term.items()
    }


def asked(weighed: Mapping[int, float]) -> str:
    """A question's terms as the text of a sparsevec."""
    return "{" + ",".join(f"{number}:{weighed[number]!r}" for number in sorted(weighed)) + f"}}/{DIMENSIONS}"


def _sparse(numbers: NDArray[np.int32], values: NDArray[np.float64]) -> bytes:
    """pgvector's binary form: dimensions, entries, 0; places from 0 in order; values."""
    head = np.array([DIMENSIONS, len(numbers), 0], _FOUR)
    return head.tobytes() + (numbers - 1).astype(_FOUR).tobytes() + values.astype(">f4").tobytes()


def integers(numbers: NDArray[np.int32]) -> bytes:
    """An ``int[]`` in PostgreSQL's binary form."""
    if not len(numbers):
        return np.array([0, 0, 23], _FOUR).tobytes()
    head = np.array([1, 0, 23, len(numbers), 1], _FOUR)  # dimensions, no NULLs, int4, how many, the first place
    pairs = np.empty((len(numbers), 2), _FOUR)
    pairs[:, 0], pairs[:, 1] = 4, numbers
    return head.tobytes() + pairs.tobytes()


def halves(row: NDArray[np.float16]) -> bytes:
    """A ``halfvec`` in pgvector's binary form."""
    return np.array([len(row), 0], ">i2").tobytes() + row.astype(">f2").tobytes()


def dense(vector: NDArray[np.float32]) -> str:
    """A vector as text, to the last bit."""
    return "[" + ",".join(map(repr, vector.astype(np.float64).tolist())) + "]"
