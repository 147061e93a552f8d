"""Suggested chapters held against those that people set, beside simpler ways to set them.

    python -m bench.chapters ../shared/data/notes-truth/truth.jsonl
    python -m bench.chapters [FOLDER]

Of an archive, the demo archive unless another folder is named, the stated chapters are hidden and then found again. A
file of timed notes names transcripts with a second for every turn, and its notes are the chapters. An episode's opening
is no boundary. A boundary is found when one is suggested within 30 s of it, and each finds one at most. Pk (Beeferman
1999) and WindowDiff (Pevzner & Hearst 2002) are over steps of five seconds; 0 is best. Simpler ways are told how many
boundaries there are, which the suggestion is not.
"""

from __future__ import annotations

import json
import math
import random
import sys
from bisect import bisect_left, bisect_right
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import accumulate, pairwise
from pathlib import Path
from statistics import mean
from tempfile import TemporaryDirectory
from time import perf_counter

import numpy as np
from numpy.typing import NDArray

from ingest.folders import find
from ingest.preparing import prepare
from ingest.segmenting import split
from ingest.sources import Source
from playhead import chaptering
from playhead.embedding import Embedder, SentenceTransformerEmbedder
from playhead.model import Episode, Segment, Transcript
from playhead.text import STOP_WORDS, stem_spans, subject

ARCHIVE = Path(__file__).resolve().parent.parent / "data" / "transcripts"
NEAR = 30.0
STEP = 5.0


@dataclass(frozen=True)
class Case:
    """An episode without its chapters, what an index has of it, and where people set them and what they call them."""

    episode: Episode
    transcript: Transcript
    segments: list[Segment]
    vectors: NDArray[np.float32]
    stated: list[tuple[float, str]]

    @property
    def boundaries(self) -> list[float]:
        return [start for start, _ in self.stated if start > STEP]

    @property
    def end(self) -> float:
        return max(sentence.time.start or 0.0 for sentence in self.transcript.sentences)


def cases(folder: Path, embedder: Embedder) -> Iterator[Case]:
    for source in find([folder]):
        if not isinstance(source, Source):
            continue
        prepared = prepare(source)
        stated = [(chapter.start, chapter.title) for chapter in prepared.episode.chapters if chapter.start is not None]
        if len(stated) > 1:
            # An index has titles of chapters in its passages; here nobody may have stated any.
            episode = replace(prepared.episode, chapters=())
            transcript = replace(
                prepared.transcript, turns=tuple(replace(turn, chapter=None) for turn in prepared.transcript.turns)
            )
            segments = split(episode, transcript)
            yield Case(
                episode, transcript, segments, embedder.passages([segment.passage for segment in segments]), stated
            )


def write_notes(notes: Path, folder: Path) -> None:
    """Timed notes as an archive: each transcript in a folder of its own, the notes beside it as chapters."""
    for line in notes.read_text("utf-8").splitlines():
        truth = json.loads(line)
        place = folder / truth["episode"]
        place.mkdir(parents=True)
        turns = [json.loads(each) for each in (notes.parent / truth["transcript"]).read_text("utf-8").splitlines()]
        said = [{"speaker": each["speaker"], "startTime": each["start"], "body": each["text"]} for each in turns]
        (place / "talk.json").write_text(json.dumps({"version": "1.0.0", "segments": said}), "utf-8")
        set_by_hand = [
            {"startTime": note["start_seconds"], "title": note["text"]}
            for note in truth["notes"]
            if note["start_seconds"] is not None
        ]
        chapters = {"version": "1.2.0", "chapters": set_by_hand}
        (place / "talk.chapters.json").write_text(json.dumps(chapters), "utf-8")


# Ways to set chapters.

Way = Callable[[Case], list[float]]


def suggested(case: Case) -> list[float]:
    chapters = chaptering.suggest(case.episode, case.transcript, case.segments, case.vectors)
    return [chapter.start for chapter in chapters[1:] if chapter.start is not None]


def evenly(case: Case) -> list[float]:
    parts = len(case.boundaries) + 1
    return [case.end * part / parts for part in range(1, parts)]


def anywhere(case: Case) -> list[float]:
    drawn = random.Random(case.episode.id)
    return sorted(drawn.uniform(0, case.end) for _ in case.boundaries)


def at_turns(case: Case) -> list[float]:
    starts = [turn.time.start for turn in case.transcript.turns if turn.time.start is not None]
    return sorted(random.Random(case.episode.id).sample(starts, min(len(starts), len(case.boundaries))))


def by_words_alone(case: Case) -> list[float]:
    """TextTiling: the deepest valleys of the likeness of 200 words before a sentence and from it on (Hearst 1997)."""
    sentences = case.transcript.sentences
    bags = [
        Counter(each for each, _, _ in stem_spans(case.transcript.said(sentence.span)) if each not in STOP_WORDS)
        for sentence in sentences
    ]
    before = [0, *accumulate(sum(bag.values()) for bag in bags)]
    likeness = [_likeness(bags, before, place) for place in range(len(sentences))]
    deep = [
        (_peak(likeness, place, -1) + _peak(likeness, place, 1) - 2 * likeness[place], sentence.time.start)
        for place, sentence in enumerate(sentences)
        if place and sentence.time.start is not None
    ]
    chosen: list[float] = []
    for _, start in sorted(deep, reverse=True):
        if len(chosen) < len(case.boundaries) and all(abs(start - other) >= 2 * NEAR for other in chosen):
            chosen.append(start)
    return sorted(chosen)


def _likeness(bags: Sequence[Counter[str]], before: Sequence[int], place: int, words: int = 100) -> float:
    low = max(0, bisect_right(before, before[place] - words) - 1)
    high = bisect_left(before, before[place] + words)
    one, two = sum(bags[low:place], Counter()), sum(bags[place:high], Counter())
    length = math.sqrt(sum(count**2 for count in one.values()) * sum(count**2 for count in two.values()))
    return sum(count * two[each] for each, count in one.items()) / length if length else 0.0


def _peak(likeness: Sequence[float], place: int, step: int) -> float:
    """The height one comes to from a place, going up all the time."""
    while 0 <= place + step < len(likeness) and likeness[place + step] >= likeness[place]:
        place += step
    return likeness[place]


WAYS: dict[str, Way] = {
    "suggested": suggested,
    "TextTiling": by_words_alone,
    "evenly": evenly,
    "anywhere": anywhere,
    "at any turn": at_turns,
}


# How good they are.


def found(set_at: Sequence[float], boundaries: Sequence[float]) -> int:
    """How many boundaries have one near that was set, each of both counted once, the nearest first."""
    pairs = sorted((abs(one - other), one, other) for one in set_at for other in boundaries if abs(one - other) <= NEAR)
    taken: set[float] = set()
    met: set[float] = set()
    for _, one, other in pairs:
        if one not in taken and other not in met:
            taken.add(one)
            met.add(other)
    return len(met)


def misjudged(set_at: Sequence[float], boundaries: Sequence[float], end: float) -> tuple[float, float]:
    """Pk and WindowDiff: how often a window of half a chapter is misjudged, by whether and by how many are in it."""
    steps = int(end / STEP) + 1
    counts = []
    for places in (boundaries, set_at):
        marks = np.zeros(steps, int)
        marks[[place for each in places if 0 < (place := round(each / STEP)) < steps]] = 1
        counts.append(np.cumsum(marks))
    window = max(2, round(steps / (len(boundaries) + 1) / 2))
    true, ours = (count[window:] - count[:-window] for count in counts)
    return float(np.mean((true == 0) != (ours == 0))), float(np.mean(true != ours))


def titles_alike(case: Case) -> Iterator[tuple[bool, bool]]:
    """For every chapter set by hand: whether the title that would be suggested for it shares a word with its own, and
    whether that of the chapter after the next does."""
    starts = [sentence.time.start or 0.0 for sentence in case.transcript.sentences]
    firsts = [min(bisect_left(starts, start), len(starts) - 1) for start, _ in case.stated]
    edges = [case.transcript.sentences[first].span[0] for first in firsts] + [len(case.transcript.text)]
    people = chaptering.spoken_to(case.transcript)
    called = chaptering.title([case.transcript.text[slice(*span)] for span in pairwise(edges)], people)
    said = [set(subject(title)) for title in called]
    for number, (_, title) in enumerate(case.stated):
        own = set(subject(title))
        yield bool(own & said[number]), bool(own & said[(number + 2) % len(said)])


def main() -> None:
    place = Path(sys.argv[1]) if len(sys.argv) > 1 else ARCHIVE
    with TemporaryDirectory() as written:
        folder = place
        if place.suffix == ".jsonl":
            write_notes(place, folder := Path(written))
        tried = list(cases(folder, SentenceTransformerEmbedder()))
    total = sum(len(case.boundaries) for case in tried)
    print(f"{len(tried)} episodes, {total} boundaries")
    print(f"{'':<12} {'set':>5} {'found':>6} {'precision':>10} {'recall':>7} {'F1':>6} {'Pk':>6} {'WindowDiff':>11}")
    for name, way in WAYS.items():
        begun = perf_counter()
        chosen = [way(case) for case in tried]
        took = (perf_counter() - begun) / len(tried)
        many, hits = (
            sum(map(len, chosen)),
            sum(found(at, case.boundaries) for at, case in zip(chosen, tried, strict=True)),
        )
        rates = [misjudged(at, case.boundaries, case.end) for at, case in zip(chosen, tried, strict=True)]
        pk, window = (mean(rate) for rate in zip(*rates, strict=True))
        print(
            f"{name:<12} {many:>5} {hits:>6} {hits / max(many, 1):>10.3f} {hits / total:>7.3f} "
            f"{2 * hits / (many + total):>6.3f} {pk:>6.3f} {window:>11.3f}   {took * 1000:.0f} ms an episode"
        )
    alike = [each for case in tried for each in titles_alike(case)]
    own, other = (mean(each) for each in zip(*alike, strict=True))
    print(f"titles that share a word with the one set by hand: {own:.2f}; with another chapter's: {other:.2f}")


if __name__ == "__main__":
    main()
