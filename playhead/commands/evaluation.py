"""`playhead eval`: how good the answers are, in numbers."""

from __future__ import annotations

import json
from dataclasses import asdict
from pathlib import Path
from typing import Annotated

import typer

from playhead.commands import AsJson, Index, settings_for
from playhead.errors import InputError


def evaluate(
    questions: Annotated[Path, typer.Argument(metavar="QUERIES.jsonl", help="Questions with their right passages.")],
    texts: Annotated[
        Path | None, typer.Option(help="The folder the questions' files are in; the questions' own otherwise.")
    ] = None,
    twins: Annotated[Path | None, typer.Option(help="Other right places, by question; twins.json beside them.")] = None,
    run: Annotated[Path | None, typer.Option(help="Write what came back, for the scorer of the meetings.")] = None,
    within: Annotated[bool, typer.Option("--within", help="Ask each question of its own episode only.")] = False,
    each: Annotated[bool, typer.Option("--each", help="Print every question with the rank of its answer.")] = False,
    as_json: AsJson = False,
    index: Index = None,
) -> None:
    """Ask questions whose answers are known; print success@1/5/10 and MRR@10.

    Example: `playhead eval data/transcripts/questions.jsonl`
    """
    from playhead.evaluation import evaluate as ask
    from playhead.evaluation import meetings_of, read_questions, run_of, score
    from playhead.library import open_library

    beside = questions.with_name("twins.json")
    asked = read_questions(questions, twins or (beside if beside.is_file() else None))
    library = open_library(settings_for(index))
    try:
        outcomes = list(ask(library, asked, texts or questions.parent, within=within))
    finally:
        library.close()
    if run is not None:
        meetings = meetings_of(asked)
        try:
            run.write_text("".join(json.dumps(run_of(outcome, meetings)) + "\n" for outcome in outcomes), "utf-8")
        except OSError as error:
            raise InputError(f"{run}: cannot be written: {error.strerror}; give --run another path.") from None
        typer.echo(f"Wrote {len(outcomes)} rankings to {run}.", err=True)
    judged = [outcome for outcome in outcomes if outcome.question.is_judged]
    if each:
        for outcome in judged:
            typer.echo(f"{outcome.rank or '-':>3}  {outcome.question.id}  {outcome.question.query}")
    if not judged:
        return
    scores = score(judged)
    if as_json:
        typer.echo(json.dumps(asdict(scores)))
    else:
        typer.echo(
            f"{scores.questions} questions: success@1 {scores.success_1:.3f}, @5 {scores.success_5:.3f}, "
            f"@10 {scores.success_10:.3f}, MRR@10 {scores.mrr_10:.3f}"
        )
