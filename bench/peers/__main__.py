"""Playhead beside its peers: the same questions over the same segments, and over transcripts that each cuts up itself.

    python -m bench.peers --index DIR --questions QUERIES.jsonl --texts FOLDER [--twins FILE]
        [--sample 140] [--peers bm25s,dense,rrf,txtai] [--work DIR] [--json]

Every peer runs alone, one after another, in an environment of its own, which is installed once below --work. The
library is read, never changed: Playhead's row is of a copy, made anew from its segments and vectors.
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import asdict, replace
from pathlib import Path

from bench.peers import environments
from bench.peers.scores import Score, as_dict, choose, fused, score, table
from bench.peers.segments import export
from bench.peers.trial import Task, Trial
from playhead.embedding import find_model
from playhead.errors import InputError, PlayheadError
from playhead.evaluation import Question, judge, read_questions
from playhead.library import open_library
from playhead.settings import read_settings

PEERS = ("bm25s", "dense", "rrf", "txtai")
NAMES = {
    "playhead": "Playhead",
    "bm25s": "bm25s",
    "dense": "sentence-transformers + FAISS",
    "rrf": "the two by RRF, k = 60",
    "txtai": "txtai hybrid",
}
FUSED = ("bm25s", "dense")
DEPTH = 100
"""How many answers a peer gives where they are fused; ten of them are judged."""
CACHE = Path(os.environ.get("XDG_CACHE_HOME") or "~/.cache").expanduser()
OWN = "playhead-peers"
"""The folder below --work in which things are made and removed; nothing else there is touched."""


def main() -> None:
    chosen = _options()
    beside = chosen.questions.with_name("twins.json")
    twins = chosen.twins or (beside if beside.is_file() else None)
    questions = [each for each in read_questions(chosen.questions, twins) if each.is_judged]
    if not questions:
        raise InputError(f"{chosen.questions}: no question in it says which passage is right; see docs/ranking.md.")
    judges = [judge(question, chosen.texts) for question in questions]
    chosen.work = chosen.work.resolve() / OWN  # peers run elsewhere than we were called
    chosen.work.mkdir(parents=True, exist_ok=True)
    made: dict[str, list[Score]] = {}
    for part in ("segments", "transcripts"):
        if part == "transcripts" and not chosen.sample:
            continue
        task, texts = _task(part, chosen, questions)
        trials = {peer: _try(peer, part, task, chosen.work) for peer in ("playhead", *chosen.peers) if peer != "rrf"}
        if "rrf" in chosen.peers:
            trials["rrf"] = fused([trials[peer] for peer in FUSED])
        made[part] = [
            score(NAMES[peer], _with_texts(trials[peer], texts), questions, judges, _installed(peer, chosen.work))
            for peer in ("playhead", *PEERS)
            if peer in trials
        ]
    print(json.dumps({part: as_dict(scores) for part, scores in made.items()}) if chosen.json else _page(made, task))


def _options() -> argparse.Namespace:
    options = argparse.ArgumentParser(prog="python -m bench.peers", description=__doc__.splitlines()[0])
    options.add_argument("--index", required=True, help="the library whose segments everybody searches")
    options.add_argument("--questions", type=Path, required=True, metavar="QUERIES.jsonl")
    options.add_argument("--texts", type=Path, required=True, help="the folder the questions' files are in")
    options.add_argument("--twins", type=Path, help="other right places; twins.json beside the questions")
    options.add_argument("--sample", type=int, default=140, help="how many transcripts each cuts up itself; 0 for none")
    options.add_argument("--peers", type=_peers, default=PEERS, help=",".join(PEERS))
    options.add_argument(
        "--work", type=Path, default=CACHE, help=f"where {OWN}/ keeps environments and copies ({CACHE})"
    )
    options.add_argument("--json", action="store_true")
    return options.parse_args()


def _peers(written: str) -> tuple[str, ...]:
    names = tuple(filter(None, written.split(",")))
    if unknown := set(names) - set(PEERS):
        raise argparse.ArgumentTypeError(f"there is no {min(unknown)}; write some of {','.join(PEERS)}")
    return tuple(dict.fromkeys([*(FUSED if "rrf" in names else ()), *names]))


def _task(part: str, chosen: argparse.Namespace, questions: Sequence[Question]) -> tuple[Task, dict[str, str]]:
    """What everybody is given, and the words of the segments by id: what is embedded says more than is judged."""
    folder = chosen.work / part
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir()
    settings = read_settings(engine=f"embedded:{chosen.index}")
    task = Task([each.query for each in questions], str(find_model(settings.model)[0].resolve()), "", DEPTH)
    if part == "transcripts":
        for name in _sample(chosen.texts, questions, chosen.sample):
            (folder / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(chosen.texts / name, folder / name)
        return replace(task, transcripts=str(folder)), {}
    library = open_library(settings)
    try:
        texts = export(library, folder)
    finally:
        library.close()
    given = {name: str(folder / file) for name, file in (("passages", "passages.jsonl"), ("vectors", "vectors.npy"))}
    return replace(task, library=str(Path(chosen.index).resolve()), **given), texts


def _sample(texts: Path, questions: Sequence[Question], count: int) -> list[str]:
    files = [path.relative_to(texts).as_posix() for path in texts.rglob("*.md")]
    return choose(files, [place.file for question in questions for place in question.places if place.file], count)


def _try(peer: str, part: str, task: Task, work: Path) -> Trial:
    scratch = work / "scratch" / peer
    shutil.rmtree(scratch, ignore_errors=True)
    scratch.mkdir(parents=True)
    print(f"{NAMES[peer]}: environment", file=sys.stderr)
    environment = environments.prepare(peer, work / "environments")
    given, made = scratch / "task.json", scratch / "trial.json"
    given.write_text(json.dumps(asdict(replace(task, scratch=str(scratch)))), "utf-8")
    print(f"{NAMES[peer]}: {part}", file=sys.stderr)
    environments.run(peer, environment, given, made)
    return Trial(**json.loads(made.read_text("utf-8")))


def _with_texts(trial: Trial, texts: dict[str, str]) -> Trial:
    return replace(trial, answers=[[(name, texts.get(name, text)) for name, text in each] for each in trial.answers])


def _installed(peer: str, work: Path) -> int | None:
    return None if peer == "rrf" else environments.size(work / "environments" / peer)


def _page(made: dict[str, list[Score]], task: Task) -> str:
    titles = {"segments": "The same segments", "transcripts": "The same transcripts, each by its own defaults"}
    parts = []
    for part, scores in made.items():
        counts = ", ".join(f"{each.name} {each.passages:,}" for each in scores)
        parts.append(f"{titles[part]}, {len(task.questions)} questions; passages: {counts}\n\n{table(scores)}")
    return "\n\n".join(parts)


def _run() -> None:
    try:
        main()
    except PlayheadError as error:
        sys.exit(f"bench.peers: {error}")
    except subprocess.CalledProcessError as error:
        sys.exit(f"bench.peers: {' '.join(error.cmd)} ended with {error.returncode}; it says why above.")


if __name__ == "__main__":
    _run()
