"""What every engine finds a passage by: its terms, and those of what is around it.

Texts are analysed here and nowhere else, so that a word is the same in every engine, and a question in all of them.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

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

    def spread(
        self, passages: Sequence[tuple[str, str]], title: str, people: Sequence[str], podcast: str
    ) -> Iterator[tuple[list[str], list[str]]]:
        """The terms of each passage of an episode alone, and with what is around it; given as their kind and text.

        Around it are two neighbours on each side, and the title and the people of the episode, who may be named
        nowhere in what is said; without its number and the name of its podcast, which say nothing of what it is about.
        A sponsor's words are nobody's else.
        """
        listed = [(kind, self.terms(text)) for kind, text in passages]
        spoken = [terms for kind, terms in listed if kind != SPONSOR]
        known = set(self.terms(podcast))
        about = [
            term
            for named in (title, *people)
            for term in self.terms(named)
            if term not in known and not term.isdecimal()
        ]
        place = 0
        for kind, terms in listed:
            if kind == SPONSOR:
                yield terms, terms
            else:
                nearby = spoken[max(0, place - NEIGHBOURS) : place + NEIGHBOURS + 1]
                yield terms, [term for each in (*nearby, about) for term in each]
                place += 1
