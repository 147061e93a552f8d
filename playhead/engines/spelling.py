"""What an ill-spelled word of a question was meant to be, among the words that are said."""

from __future__ import annotations

import math
import re
from collections import Counter
from collections.abc import Callable, Iterable, Sequence

from rapidfuzz import process
from rapidfuzz.distance import OSA

from playhead.model import Span
from playhead.text import asked_spans, fold, stem_spans

MOST_GUESSES, MOST_NEAR = 3, 16  # words of a question that are guessed at, and what each is compared with
LONGEST_ENDING = 4  # letters that a stem may have lost: "releasing" is "releas"
LONG, MOST_WRONG_OF_LONG = 8, 2
"""Letters from which two of a word may be wrong."""
WRITTEN = 24
"""Passages that are looked at to see how a word is written."""

_GUESSABLE = re.compile("[a-z]{5,24}")


class Vocabulary:
    """Every term that may be meant, given commonest first."""

    def __init__(self, terms: Iterable[str]) -> None:
        self._by_length: dict[int, tuple[list[str], list[int]]] = {}
        for place, term in enumerate(terms):
            if term.isascii() and term.isalpha():
                listed, places = self._by_length.setdefault(len(term), ([], []))
                listed.append(term)
                places.append(place)

    def near(self, word: str) -> list[str]:
        """The terms that a word is likeliest an ill-spelled form of, commonest first.

        A term is a stem, so it is compared with as many letters of the word, too; the longer the ending that is left,
        the less likely it is.
        """
        near: dict[tuple[int, str], float] = {}
        for length in range(max(3, len(word) - LONGEST_ENDING), len(word) + 3):
            terms, places = self._by_length.get(length, ([], []))
            ending = max(0, len(word) - length) / 3
            for compared, penalty in ((word, 0.0), (word[:length], ending)):
                for term, away, index in process.extract(
                    compared, terms, scorer=OSA.distance, score_cutoff=2, limit=None
                ):
                    known = near.get((places[index], term), math.inf)
                    near[places[index], term] = min(known, away + penalty)
        likeliest = sorted(near, key=lambda each: (near[each], each))[:MOST_NEAR]
        return [term for _, term in sorted(likeliest)]


def guessable(words: str, is_known: Callable[[str], bool]) -> dict[Span, str]:
    """The words of a question that are said nowhere, by their place in it, as far as they can be guessed at.

    Short words, numbers and scripts other than Latin are not: nearly all that they could be is near.
    """
    spans = {(first, last): folded for folded, first, last in asked_spans(words) if _GUESSABLE.fullmatch(folded)}
    return {span: folded for span, folded in spans.items() if not is_known(folded)}


def respelled(words: str, spelled: dict[Span, str | None]) -> str:
    """The question with some of its words in place of others."""
    for (first, last), written in sorted(spelled.items(), reverse=True):
        words = f"{words[:first]}{written or words[first:last]}{words[last:]}"
    return words


def spelled_like(word: str, terms: Sequence[str], passages_with: Callable[[str], Iterable[str]]) -> str | None:
    """The word with one of these stems that is spelled most like ``word``, as it is mostly written.

    Stems are no words, so words are compared: one letter may be wrong, two in a long word. Of equals it is that
    with the first of the stems.
    """
    nearest, away = None, MOST_WRONG_OF_LONG + 1 if len(word) >= LONG else 2
    for term in terms:
        for written in _written(term, passages_with(term)):
            if (distance := OSA.distance(word, fold(written))) < away:
                nearest, away = written, distance
    return nearest


def _written(term: str, passages: Iterable[str]) -> list[str]:
    """The words with a stem in some of the passages that have it, commonest first."""
    return [
        spelled
        for spelled, _ in Counter(
            text[first:last] for text in passages for stem, first, last in stem_spans(text) if stem == term
        ).most_common()
    ]
