"""Cuts words into pieces for the page: what answers, what was asked for, and the plain rest.

Templates print pieces, escaped, and put their own tags between them; words never carry markup of their own.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import pairwise

from playhead.model import Span


@dataclass(frozen=True, slots=True)
class Piece:
    """A run of words: part of the sentence that answers or not, a word of the question or not."""

    text: str
    answers: bool
    asked: bool


def cut(text: str, within: Span, answer: Span, asked: Sequence[Span]) -> list[Piece]:
    """``text`` at ``within``, cut wherever the answer or a word of the question begins or ends.

    >>> [(piece.text, piece.answers, piece.asked) for piece in cut("Yes. It is slow.", (0, 16), (5, 16), [(11, 15)])]
    [('Yes. ', False, False), ('It is ', True, False), ('slow', True, True), ('.', True, False)]
    """
    first, last = within
    edges = {first, last} | {edge for span in (answer, *asked) for edge in span if first < edge < last}
    return [
        Piece(text[start:end], _holds([answer], start), _holds(asked, start)) for start, end in pairwise(sorted(edges))
    ]


def _holds(spans: Iterable[Span], place: int) -> bool:
    return any(start <= place < end for start, end in spans)
