"""Cuts a segment to the point: the sentence that answers, and the words to mark. Pure."""

from __future__ import annotations

import math
from bisect import bisect_left
from collections import Counter
from collections.abc import Iterable, Sequence

from playhead.model import Answer, Segment, Sentence, Span
from playhead.text import stem_spans, stems, subject


def rarity(asked: Iterable[str], texts: Sequence[str]) -> dict[str, float]:
    """How telling each of these stems is among the texts: the inverse document frequency of BM25, never below .1.

    Robertson & Zaragoza 2009, The Probabilistic Relevance Framework, formula 3.5 with Lucene's +1.
    """
    counts: Counter[str] = Counter()
    for text in texts:
        counts.update(stems(text))
    return {
        each: max(0.1, math.log(1 + (len(texts) - counts[each] + 0.5) / (counts[each] + 0.5))) for each in set(asked)
    }


def answering(segment: Segment, weights: dict[str, float]) -> Answer:
    """The sentence of ``segment`` that says most of what was asked; the first of equals.

    A stem counts with its weight once, and a very short sentence less: "Right, slower." answers nothing. Nor does
    the host who asks the same question, so a question counts half.
    """
    if not segment.sentences:
        return Answer(segment.text, (0, len(segment.text)), segment.time)

    said = stem_spans(segment.text)
    starts = [start for _, start, _ in said]

    def worth(sentence: Sentence) -> float:
        first, last = (bisect_left(starts, place) for place in sentence.span)
        evidence = sum(weights[each] for each in {each for each, _, _ in said[first:last]} if each in weights)
        asks = segment.text[slice(*sentence.span)].rstrip().endswith("?")
        return evidence * math.sqrt(min(1.0, (last - first) / 8)) * (0.5 if asks else 1.0)

    best = max(segment.sentences, key=worth)
    return Answer(segment.text[slice(*best.span)], best.span, best.time)


def highlights(text: str, question: str) -> tuple[Span, ...]:
    """Where ``text`` says the words of ``question``, in whatever form; neighbours are joined.

    >>> highlights("It got slower; slow builds", "why slower")
    ((7, 13),)
    """
    asked = set(subject(question))
    spans: list[Span] = []
    for each, start, end in stem_spans(text):
        if each not in asked:
            continue
        if spans and not text[spans[-1][1] : start].strip(" -"):
            spans[-1] = (spans[-1][0], end)
        else:
            spans.append((start, end))
    return tuple(spans)
