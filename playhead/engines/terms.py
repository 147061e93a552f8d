"""What every engine finds a passage by: its terms, and those of what is around it.

Texts are analysed here and nowhere else, so that a word is the same in every engine, and a question in all of them.
"""

from __future__ import annotations

from collections.abc import Sequence

from tantivy import Filter, TextAnalyzerBuilder, Tokenizer

from playhead.text import asked_spans, plain

SPONSOR = "sponsor"
NEIGHBOURS = 2
MOST_TERMS = 32


class Analyzer:
    """Text as terms: lower case, accents folded, English stems; other scripts as `playhead.text` has them."""

    def __init__(self) -> None:
        builder = TextAnalyzerBuilder(Tokenizer.simple())
        for step in (Filter.lowercase(), Filter.ascii_fold(), Filter.stemmer("english")):
            builder = builder.filter(step)
        self._analyzer = builder.build()

    def terms(self, text: str) -> list[str]:
        rest, terms = plain(text)
        return self._analyzer.analyze(rest) + terms

    def question(self, words: str) -> list[str]:
        """The terms of a question, each once: without stop words unless there is nothing else.

        Built term by term, never parsed, so no text is a query language here.
        """
        found: dict[str, None] = {}
        for folded, first, last in asked_spans(words):
            end = last - 2 if folded.endswith("'s") else last
            rest, terms = plain(words[first:end], asked=True)
            found |= dict.fromkeys(self._analyzer.analyze(rest) + terms)
        return list(found)[:MOST_TERMS]

    def about(self, title: str, people: Sequence[str], podcast: str) -> list[str]:
        """The terms of an episode's title and people, who may be named nowhere in what is said.

        Without its number and the name of its podcast, which say nothing of what it is about.
        """
        known = set(self.terms(podcast))
        return [
            term
            for named in (title, *people)
            for term in self.terms(named)
            if term not in known and not term.isdecimal()
        ]


def nearby(kinds: Sequence[str]) -> list[list[int]]:
    """For each passage of an episode, given by their kinds, whose words are around it: its own and its neighbours'.

    Two on each side; a sponsor's words are nobody's else, and nobody's are theirs, nor what the episode is about.

    >>> nearby(["content", "sponsor", "content", "content", "content"])
    [[0, 2, 3], [1], [0, 2, 3, 4], [0, 2, 3, 4], [2, 3, 4]]
    """
    spoken = [place for place, kind in enumerate(kinds) if kind != SPONSOR]
    standing = {place: rank for rank, place in enumerate(spoken)}
    return [
        [place] if kind == SPONSOR else spoken[max(0, standing[place] - NEIGHBOURS) : standing[place] + NEIGHBOURS + 1]
        for place, kind in enumerate(kinds)
    ]
