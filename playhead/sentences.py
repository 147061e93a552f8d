"""Where sentences begin and end: sentencex behind one function."""

from __future__ import annotations

import re
from itertools import pairwise

from sentencex import get_sentence_boundaries

from playhead.model import Span
from playhead.text import breaks

LONGEST = 80
"""Words after which a sentence is cut: captions without punctuation would be one sentence of an hour."""

_LINE = re.compile(r"[^\n]+")
_TOKEN = re.compile(r"\S+")


def sentence_spans(text: str, span: Span | None = None, language: str = "en") -> list[Span]:
    """The sentences of ``text`` inside ``span``, without the space around them; a line's end ends a sentence.

    Together they hold every character of the span that is not space. One of more than 80 words is cut into
    equal parts between words, or between characters where a script parts no words.

    >>> sentence_spans("It shipped in 3.13. Did it? Dr. Lee says so.")
    [(0, 19), (20, 27), (28, 44)]
    """
    first, last = span or (0, len(text))
    found: list[Span] = []
    for line in _LINE.finditer(text, first, last):
        for boundary in get_sentence_boundaries(language, line.group()):
            start, end = line.start() + boundary["start_index"], line.start() + boundary["end_index"]
            tokens = (part for token in _TOKEN.finditer(text, start, end) for part in _parts(token))
            found.extend(_cut(list(tokens)))
    return found


def _parts(token: re.Match[str]) -> list[Span]:
    """A token, cut where a script that parts no words lets it be."""
    cuts = [token.start() + place for place in breaks(token.group())]
    return list(pairwise([token.start(), *cuts, token.end()]))


def _cut(tokens: list[Span], longest: int = LONGEST) -> list[Span]:
    """The span of all ``tokens``, or of as many equal parts as it takes to stay within ``longest`` tokens."""
    parts = -(-len(tokens) // longest)
    edges = [len(tokens) * part // parts for part in range(parts + 1)] if parts else []
    return [(tokens[low][0], tokens[high - 1][1]) for low, high in pairwise(edges)]
