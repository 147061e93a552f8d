"""`make bench`: embedding against sentence-transformers' default, publishing, and questions on a made-up library.

python -m bench [--passages 400] [--segments 50000] [--questions 100]
"""

from __future__ import annotations

import argparse
import random
import resource
import tempfile
from pathlib import Path

import numpy as np

from bench.clock import clock, spread
from playhead.embedding import SentenceTransformerEmbedder
from playhead.engine import Engine, open_engine
from playhead.library import Library
from playhead.model import Episode, Segment, Time, Transcript, Turn
from playhead.query import Filters, Query

ARCHIVE = Path(__file__).resolve().parent.parent / "data" / "transcripts"
QUESTIONS = (
    "why is free-threaded slower",
    "how does the JIT reuse LLVM",
    "when did the release cadence become yearly",
    "what is a good size for a passage",
    "who decides when a feature is stable",
)


def main() -> None:
    options = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    options.add_argument("--passages", type=int, default=400)
    options.add_argument("--segments", type=int, default=50_000)
    options.add_argument("--questions", type=int, default=100)
    chosen = options.parse_args()
    source = random.Random(7)
    passages = made_up_passages(source, max(chosen.passages, 1000))
    embedder = measure_embedding(passages[: chosen.passages])
    with tempfile.TemporaryDirectory() as directory:
        measure_library(embedder, passages, directory, chosen.segments, chosen.questions)
    print(f"memory at its highest     {resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024:8,.0f} MB")


def made_up_passages(source: random.Random, count: int) -> list[str]:
    """Passages of about 120 words of the demo archive, shuffled by tens so that no two are alike."""
    said = " ".join(path.read_text("utf-8") for path in sorted(ARCHIVE.rglob("*.md"))).split()
    runs = [" ".join(said[at : at + 10]) for at in range(0, len(said) - 10, 10)]
    return [" ".join(source.choices(runs, k=12)) for _ in range(count)]


def measure_embedding(passages: list[str]) -> SentenceTransformerEmbedder:
    """Passages a second, ours against sentence-transformers' own defaults, taking turns."""
    default, ours = SentenceTransformerEmbedder(precision="float32"), SentenceTransformerEmbedder()
    reference, made = default.passages(passages[:32]), ours.passages(passages[:32])
    agreement = float((reference * made).sum(axis=1).min())
    seconds: dict[str, list[float]] = {"default": [], "ours": []}
    for _ in range(3):
        seconds["default"].append(clock(lambda: default.passages(passages)))
        seconds["ours"].append(clock(lambda: ours.passages(passages)))
    slow, fast = (len(passages) / min(seconds[name]) for name in ("default", "ours"))
    print(f"embedding, float32        {slow:8,.1f} passages/s")
    print(f"embedding, {ours.precision:<14} {fast:8,.1f} passages/s   {fast / slow:.2f} x, cosine >= {agreement:.5f}")
    return ours


def measure_library(
    embedder: SentenceTransformerEmbedder, passages: list[str], directory: str, segments: int, questions: int
) -> None:
    """Publishing ``segments`` passages, and asking questions of them; a question embedded alone is the yardstick."""
    engine = open_engine(f"embedded:{directory}", writing=True)
    engine.use(embedder.model)
    print(f"keeping {segments:,}           {clock(lambda: fill(engine, passages, segments)):8.1f} s")
    print(f"publishing {segments:,}        {clock(engine.publish):8.1f} s")
    library = Library(engine, embedder)
    for name, filters in (
        ("everything", Filters()),
        ("one podcast of ten", Filters(podcast=("show-3",))),
        ("one speaker of fifty", Filters(speaker=("Speaker 7",))),
        ("one episode", Filters(episode=("show-3/episode-13",))),
    ):
        alone, whole = [], []
        for turn in range(questions):
            text = f"{QUESTIONS[turn % len(QUESTIONS)]} {turn}"
            alone.append(clock(lambda text=text: embedder.question(text)))
            whole.append(clock(lambda text=text, filters=filters: library.search(Query(text, filters))))
        print(f"a question, {name:<21} {spread(whole)}   of which its embedding {spread(alone)}")
    library.close()


def fill(engine: Engine, passages: list[str], segments: int, each: int = 100) -> None:
    """Episodes of ``each`` made-up segments with random vectors."""
    random_numbers = np.random.default_rng(7)
    for number in range(segments // each):
        made = [
            segment(number, ordinal, passages[(number * each + ordinal) % len(passages)]) for ordinal in range(each)
        ]
        vectors = random_numbers.normal(size=(each, 384)).astype(np.float32)
        vectors /= np.linalg.norm(vectors, axis=1, keepdims=True)
        show = number % 10
        episode = Episode(f"show-{show}/episode-{number}", f"show-{show}", f"Show {show}", f"Episode {number}")
        engine.put(episode, Transcript("\n\n".join(each.text for each in made), ()), made, vectors)


def segment(number: int, ordinal: int, text: str) -> Segment:
    speaker = f"Speaker {(number + ordinal) % 50}"
    return Segment(
        id=f"{number:08x}{ordinal:08x}",
        episode=f"show-{number % 10}/episode-{number}",
        ordinal=ordinal,
        span=(0, len(text)),
        text=text,
        passage=f"{speaker}: {text}",
        first_turn=ordinal,
        last_turn=ordinal,
        time=Time(ordinal * 40.0, ordinal * 40.0 + 40, "interpolated", 5.0),
        turns=(Turn(speaker, (0, len(text))),),
    )


if __name__ == "__main__":
    main()
