"""How surely a quote is told from what is none, and how fast: real sentences, altered, and sentences nobody said.

    python -m bench.quotes INDEX --podcast the-changelog

The library is one show of an index. Its own sentences are altered as people alter quotes, by punctuation and fillers,
and should be found; those of the index's other shows are sentences of episodes that are not in the library, and none
may be called verbatim unless every word of it is said there in a row, which is looked up in the transcripts
themselves. Then a third of its own sentences with their sense changed: a word exchanged for a synonym, a negation, a
number or a name changed, halves swapped. What is asked is drawn by ``--seed``, so a run can be repeated. Milliseconds
are those on the clock, and those of computing, which other work on the machine does not lengthen as much.
"""

from __future__ import annotations

import argparse
import random
import re
import statistics
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import count
from time import perf_counter, process_time
from typing import Any

from playhead.embedding import SentenceTransformerEmbedder
from playhead.engine import Hits, Vectors, View, WordHits, open_engine
from playhead.model import Episode, Span
from playhead.query import EVERYTHING, Filters
from playhead.quotes import Quote
from playhead.text import words
from playhead.verifying import Verification, verify_quote
from playhead.wording import is_name

FEWEST = 4
"""Words of a sentence that is asked for; shorter ones are said everywhere."""

FILLERS = (
    "um",
    "uh",
    "you know",
    "like",
    "I mean",
    "kind of",
    "sort of",
    "well",
    "so",
    "right",
    "actually",
    "basically",
)
SYNONYMS = {
    "big": "large", "large": "big", "small": "little", "fast": "quick", "quick": "fast", "hard": "difficult",
    "difficult": "hard", "easy": "simple", "simple": "easy", "good": "decent", "great": "excellent", "bad": "poor",
    "start": "begin", "started": "began", "begin": "start", "build": "construct", "use": "employ",
    "used": "employed", "using": "employing", "help": "assist", "need": "require", "needs": "requires",
    "want": "desire", "think": "believe", "thought": "believed", "say": "state", "said": "stated", "talk": "speak",
    "talking": "speaking", "make": "create", "makes": "creates", "making": "creating", "made": "created",
    "get": "obtain", "find": "discover", "show": "display", "people": "folks", "company": "firm",
    "companies": "firms", "problem": "issue", "problems": "issues", "important": "crucial",
    "interesting": "fascinating", "different": "distinct", "new": "fresh", "old": "ancient", "work": "labour",
    "things": "matters", "way": "manner", "idea": "notion", "love": "adore", "right": "correct", "code": "source",
    "time": "period", "lot": "bunch", "whole": "entire", "many": "numerous", "change": "alter",
}  # fmt: skip


class Only:
    """A view of some of a library's shows: what a library of them alone would find."""

    def __init__(self, view: View, podcasts: tuple[str, ...]) -> None:
        self._view = view
        self._podcasts = podcasts

    def nearest(self, vector: Vectors, filters: Filters, k: int) -> Hits:
        return self._view.nearest(vector, replace(filters, podcast=self._podcasts), k)

    def matching(self, text: str, filters: Filters, k: int) -> WordHits:
        return self._view.matching(text, replace(filters, podcast=self._podcasts), k)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._view, name)


@dataclass(frozen=True)
class Shelf:
    """What `verify_quote` asks of a library: a view, and where links begin."""

    shown: Only
    embedder: Any
    public_url: str = ""

    def view(self) -> Only:
        return self.shown


@dataclass(frozen=True, slots=True)
class Sentence:
    """A sentence that was said, and where."""

    episode: str
    span: Span
    text: str


def main() -> None:
    options = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    options.add_argument("index", metavar="INDEX")
    options.add_argument("--podcast", action="append", help="the shows that are the library; repeat for several")
    options.add_argument("--sentences", type=int, default=1000)
    options.add_argument("--seed", type=int, default=7)
    chosen = options.parse_args()
    engine = open_engine(f"embedded:{chosen.index}")
    view, source = engine.view(), random.Random(chosen.seed)
    shows = tuple(chosen.podcast or ["the-changelog"])
    episodes = [episode for episode in every_episode(view) if episode.transcribed]
    own = [episode for episode in episodes if episode.podcast in shows]
    library = Shelf(Only(view, shows), SentenceTransformerEmbedder())
    print(f"{len(own)} episodes are the library, {len(episodes) - len(own)} are not")
    print(f"{'':<34} {'asked':>6} {'verbatim':>9} {'near':>6} {'not found':>10} {'right place':>12}  milliseconds")
    sentences = list(draw(view, own, chosen.sentences, source))
    for name, alter in ALTERED.items():
        report(name, [(alter(each.text, source), each) for each in sentences], library)
    others = list(draw(view, [episode for episode in episodes if episode not in own], chosen.sentences, source))
    said = [f" {' '.join(words(transcript.text))} " for each in own if (transcript := view.transcript(each.id))]
    real = {each for each in others if any(f" {' '.join(words(outside(each.text)))} " in text for text in said)}
    report("other shows', said here nowhere", [(each.text, None) for each in others if each not in real], library)
    report("other shows', said here as well", [(each.text, None) for each in others if each in real], library)
    for name, turn in TURNED.items():
        third = sentences[: len(sentences) // 3]
        turned = [(turned, None) for each in third if (turned := turn(each.text, source)) is not None]
        report(name, turned, library)
    engine.close()


def every_episode(view: View, page: int = 500) -> Iterator[Episode]:
    for first in count(0, page):
        found = view.episodes(EVERYTHING, first, page)
        yield from found
        if len(found) < page:
            return


def draw(view: View, episodes: Sequence[Episode], many: int, source: random.Random) -> Iterator[Sentence]:
    """Sentences of that many different places, each of a few words or more."""
    drawn: set[tuple[str, Span]] = set()
    while len(drawn) < many:
        episode = source.choice(episodes)
        transcript = view.transcript(episode.id)
        if not transcript or not transcript.sentences:
            continue
        place = episode.id, source.choice(transcript.sentences).span
        if place not in drawn and len(words(transcript.said(place[1]))) >= FEWEST:
            drawn.add(place)
            yield Sentence(*place, transcript.said(place[1]))


def report(name: str, asked: Iterable[tuple[str, Sentence | None]], library: Shelf) -> None:
    """Ask them all, and print what became of them."""
    verdicts, right = Counter[str](), 0
    seconds: list[float] = []
    computing: list[float] = []
    for text, truth in asked:
        begun, idle = perf_counter(), process_time()
        found = verify_quote(library, Quote(text))  # type: ignore[arg-type]  # it asks no more of a library
        seconds.append(perf_counter() - begun)
        computing.append(process_time() - idle)
        verdicts[found.verdict] += 1
        right += truth is not None and is_at(found, truth)
    total = sum(verdicts.values())
    if not total:
        return
    ordered = sorted(seconds)
    print(
        f"{name:<34} {total:6,} {verdicts['verbatim']:9,} {verdicts['near']:6,} {verdicts['not_found']:10,} {right:12,}"
        f"  p50 {statistics.median(ordered) * 1000:.1f}, p95 {ordered[int(total * 0.95)] * 1000:.1f}; "
        f"computing p50 {statistics.median(computing) * 1000:.1f}",
        flush=True,
    )


def outside(text: str) -> str:
    """Without what stands in brackets, which nobody says."""
    return re.sub(r"\[[^\[\]]*\]", " ", text)


def is_at(found: Verification, truth: Sentence) -> bool:
    """Whether one of the matches is where the sentence was taken from."""
    return any(
        match.episode.id == truth.episode
        and match.segment.span[0] < truth.span[1]
        and truth.span[0] < match.segment.span[1]
        for match in found.matches
    )


def repunctuate(text: str, source: random.Random) -> str:
    """Another case, other quotes and dashes, without commas."""
    text = source.choice([str, str.lower, str.upper, str.capitalize])(text)
    text = text.replace("'", source.choice("'’‘")).replace('"', source.choice("“«'"))
    text = source.choice([text, text.replace(",", ""), text.replace(",", " —"), text.replace("-", " ")])
    return source.choice(["{}", "“{}”", "  {} ", "«{}»"]).format(
        text.rstrip(".?!") + source.choice(["", ".", "!", "…"])
    )


def fill(text: str, source: random.Random) -> str:
    """With a filler put in at one or two places."""
    said = text.split(" ")
    for _ in range(source.choice([1, 1, 2])):
        said.insert(
            source.randrange(len(said) + 1), source.choice(["{}", "{},", ", {},"]).format(source.choice(FILLERS))
        )
    return " ".join(said)


def empty(text: str, _: random.Random) -> str:
    """Without the fillers that were said: as an editor cleans it."""
    pattern = r",? ?\b(?:um|uh|you know|I mean|kind of|sort of|basically|actually)\b,?"
    return " ".join(re.sub(pattern, "", text, flags=re.IGNORECASE).split()) or text


ALTERED: dict[str, Callable[[str, random.Random], str]] = {
    "as it was said": lambda text, _: text,
    "its fillers left out": empty,
    "other punctuation, fillers put in": lambda text, source: repunctuate(fill(text, source), source),
}


def synonyms(most: int) -> Callable[[str, random.Random], str | None]:
    """With up to ``most`` words exchanged for a synonym; None where none can be."""

    def turn(text: str, source: random.Random) -> str | None:
        places = [match for match in re.finditer(r"[a-z]+", text) if match.group() in SYNONYMS]
        if not places:
            return None
        for match in sorted(source.sample(places, min(most, len(places))), key=lambda match: -match.start()):
            text = text[: match.start()] + SYNONYMS[match.group()] + text[match.end() :]
        return text

    return turn


def swap(text: str, _: random.Random) -> str | None:
    """Its halves the other way round."""
    said = text.rstrip(".?!").split()
    middle = len(said) // 2
    return " ".join([*said[middle:], *said[:middle]])


def negate(text: str, _: random.Random) -> str | None:
    """The opposite."""
    for one, other in (
        (" not ", " "),
        ("n't ", " "),
        (" is ", " is not "),
        (" can ", " can't "),
        (" are ", " are not "),
    ):
        if one in text:
            return text.replace(one, other, 1)
    return None


def renumber(text: str, _: random.Random) -> str | None:
    """Another number."""
    found = re.search(r"\d+", text)
    return f"{text[: found.start()]}{int(found.group()) + 1}{text[found.end() :]}" if found else None


def rename(text: str, _: random.Random) -> str | None:
    """Another name."""
    found = [match for match in re.finditer(r"[A-Z][a-z]+", text) if is_name(text, match.span())]
    return f"{text[: found[0].start()]}Wilhelmina{text[found[0].end() :]}" if found else None


TURNED: dict[str, Callable[[str, random.Random], str | None]] = {
    "a synonym for one word": synonyms(1),
    "synonyms for up to four": synonyms(4),
    "halves swapped": swap,
    "a negation more or less": negate,
    "another number": renumber,
    "another name": rename,
}


if __name__ == "__main__":
    main()
