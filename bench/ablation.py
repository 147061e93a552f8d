"""What each step of the ranking is worth: the same questions, with one step after the other.

    python -m bench.ablation --index DIR --questions QUESTIONS.jsonl --texts DIR [--twins TWINS.json]
        [--meetings DIR --meeting-questions QUERIES.jsonl --corpus CORPUS.jsonl --scorer SCORE.py]

Questions about an archive are judged as `playhead eval` does; those about meetings by the scorer that belongs to them
(see `bench.meetings`), which is run on what each step finds. Prints Markdown.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import tempfile
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from playhead.evaluation import Question, evaluate, meetings_of, read_questions, run_of
from playhead.library import Library, open_library
from playhead.ranking import RECIPE, Weights
from playhead.runs import row, summarise
from playhead.settings import Settings

STEPS: tuple[tuple[str, Weights], ...] = (
    ("words of the passage alone (BM25)", Weights(0, 1, 0, episode=0, nearness=0)),
    ("meaning alone", Weights(1, 0, 0, episode=0, nearness=0)),
    ("half meaning, half words, normalised", Weights(0.5, 0.5, 0, episode=0, nearness=0)),
    ("and the words around", Weights(RECIPE.meaning, RECIPE.alone, RECIPE.around, episode=0, nearness=0)),
    ("and the weight of the episode", Weights(RECIPE.meaning, RECIPE.alone, RECIPE.around, RECIPE.episode, nearness=0)),
    ("and words near each other: the recipe", RECIPE),
)


@dataclass(frozen=True, slots=True)
class Meetings:
    """Questions about meetings, and the scorer that belongs to them."""

    library: Library
    questions: Sequence[Question]
    queries: Path
    corpus: Path
    scorer: Path

    def score(self, weights: Weights) -> Iterator[str]:
        """nDCG@10 and MRR@10 of each half of the data."""
        self.library.weights = weights
        names = meetings_of(self.questions)
        outcomes = evaluate(self.library, self.questions, Path())
        with tempfile.NamedTemporaryFile("w", suffix=".jsonl") as run:
            run.writelines(f"{json.dumps(run_of(outcome, names))}\n" for outcome in outcomes)
            run.flush()
            for split in ("val", "test"):
                found = json.loads(self._run("--run", run.name, "--split", split))
                yield f"{found['ndcg']:.3f}, {found['mrr']:.3f}"

    def _run(self, *arguments: str) -> str:
        command = (sys.executable, self.scorer, "--corpus", self.corpus, "--queries", self.queries, "--json")
        return subprocess.run((*command, *arguments), check=True, capture_output=True, text=True).stdout


def of_archive(library: Library, questions: Sequence[Question], texts: Path, weights: Weights) -> Iterator[str]:
    """Success@1, @5, @10, MRR@10 and nDCG@10."""
    library.weights = weights
    found = summarise([row(outcome) for outcome in evaluate(library, questions, texts)])
    for measure in ("success@1", "success@5", "success@10", "mrr@10", "ndcg@10"):
        yield f"{found[measure].value:.3f}"


def table(heads: Iterable[str], rows: Iterable[Iterable[str]]) -> Iterator[str]:
    heads = list(heads)
    yield f"| {' | '.join(heads)} |"
    yield f"|{'---|' * len(heads)}"
    for cells in rows:
        yield f"| {' | '.join(cells)} |"


def main() -> None:
    parser = argparse.ArgumentParser(description="What each step of the ranking is worth.")
    for name in ("--index", "--questions", "--texts"):
        parser.add_argument(name, required=True)
    for name in ("--twins", "--meetings", "--meeting-questions", "--corpus", "--scorer"):
        parser.add_argument(name)
    given = parser.parse_args()
    library = open_library(Settings(engine=f"embedded:{given.index}"))
    questions = read_questions(Path(given.questions), Path(given.twins) if given.twins else None)
    heads = ["step", "first", "first 5", "first 10", "MRR", "nDCG"]
    meetings = None
    if given.meetings:
        queries = Path(given.meeting_questions)
        meetings = Meetings(
            open_library(Settings(engine=f"embedded:{given.meetings}")), read_questions(queries), queries,
            Path(given.corpus), Path(given.scorer),
        )  # fmt: skip
        heads += ["meetings, val: nDCG, MRR", "meetings, test: nDCG, MRR"]

    def cells(step: str, weights: Weights) -> Iterator[str]:
        yield step
        yield from of_archive(library, questions, Path(given.texts), weights)
        if meetings:
            yield from meetings.score(weights)

    for line in table(heads, (cells(*step) for step in STEPS)):
        print(line, flush=True)


if __name__ == "__main__":
    main()
