"""What a peer is given, and what it gives back: one JSON file each way.

Stands on the standard library alone, because every peer runs in an environment of its own, without Playhead.
"""

from __future__ import annotations

import json
import re
import resource
import sys
from collections.abc import Callable, Iterator, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from time import perf_counter

Answer = tuple[str, str]
"""The id of a passage, and its text."""
Ask = Callable[[str], list[Answer]]
"""From a question to the best answers, at most the task's ``depth``."""


@dataclass(frozen=True)
class Task:
    """What to search and what to ask.

    Either ``passages`` (JSON lines of ``id`` and ``passage``) with their ``vectors`` (.npy, a row each), or
    ``transcripts``, a folder of texts that the peer cuts up as it is used to. ``scratch`` is a folder of the peer's
    own; ``library`` is for Playhead.
    """

    questions: list[str]
    model: str
    scratch: str
    depth: int
    passages: str | None = None
    vectors: str | None = None
    transcripts: str | None = None
    library: str | None = None


@dataclass(frozen=True)
class Trial:
    """What a peer answered, and what it cost: seconds and bytes. ``peak`` is the most memory it ever held."""

    answers: list[list[Answer]]
    seconds: list[float]
    build: float
    passages: int
    peak: int


def run(prepare: Callable[[Task], tuple[Ask, int]]) -> None:
    """``python -m bench.peers.NAME.run TASK.json TRIAL.json``: prepare, ask everything, write what came of it.

    Building is everything from reading the text to being able to answer. The first question is asked once beforehand:
    what is loaded once is no part of a question's time.
    """
    given, made = map(Path, sys.argv[1:])
    task = Task(**json.loads(given.read_text("utf-8")))
    began = perf_counter()
    ask, passages = prepare(task)
    built = perf_counter() - began
    ask(task.questions[0])
    answers, seconds = [], []
    for question in task.questions:
        began = perf_counter()
        answers.append(ask(question))
        seconds.append(perf_counter() - began)
    made.write_text(json.dumps(asdict(Trial(answers, seconds, built, passages, _peak()))), "utf-8")


def read_passages(task: Task, split: Callable[[str], Sequence[str]] | None = None) -> tuple[list[str], list[str]]:
    """The ids and texts of all passages: those that are given, else the transcripts ``split``."""
    found = list(
        _given(Path(task.passages)) if task.passages else _split(Path(task.transcripts or ""), split or paragraphs)
    )
    return [name for name, _ in found], [text for _, text in found]


def paragraphs(text: str) -> list[str]:
    """What stands between blank lines."""
    return [paragraph.strip() for paragraph in re.split(r"\n\s*\n", text) if paragraph.strip()]


def _given(path: Path) -> Iterator[Answer]:
    with path.open(encoding="utf-8") as lines:
        for line in lines:
            row = json.loads(line)
            yield row["id"], row["passage"]


def _split(folder: Path, split: Callable[[str], Sequence[str]]) -> Iterator[Answer]:
    for path in sorted(folder.rglob("*.md")):
        for number, text in enumerate(split(path.read_text("utf-8"))):
            yield f"{path.relative_to(folder).as_posix()}#{number}", text


def _peak() -> int:
    """In bytes, the highest of this process and of those it waited for; getrusage counts kilobytes on Linux."""
    used = (resource.getrusage(whose).ru_maxrss for whose in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN))
    return max(used) * (1 if sys.platform == "darwin" else 1024)
