"""`playhead eval`: how good the answers are, in numbers."""

from __future__ import annotations

import json
from dataclasses import asdict
from itertools import zip_longest
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, get_args

import typer

from playhead.commands import AsJson, settings_for
from playhead.errors import InputError, InvalidQueryError

if TYPE_CHECKING:
    from rich.table import Table

    from playhead.evaluation import Outcome, Question
    from playhead.runs import Comparison, Measure, Run

Twice = list[str] | None
MOVED = 12
"""How many of the questions that moved are printed."""


def evaluate(
    questions: Annotated[Path, typer.Argument(metavar="QUERIES.jsonl", help="Questions with their right passages.")],
    texts: Annotated[
        Path | None, typer.Option(help="The folder the questions' files are in; the questions' own otherwise.")
    ] = None,
    twins: Annotated[Path | None, typer.Option(help="Other right places, by question; twins.json beside them.")] = None,
    weights: Annotated[
        Twice, typer.Option(metavar="NAME=NUMBER,…", help="What counts how much in the ranking; twice to compare.")
    ] = None,
    mode: Annotated[Twice, typer.Option(help="hybrid, meaning or words; twice to compare.")] = None,
    index: Annotated[
        Twice, typer.Option(metavar="DIR", help="Where the library is kept; twice to compare two libraries.")
    ] = None,
    against: Annotated[
        Path | None, typer.Option(metavar="RUN.json", help="Compare with this run, saved by --out or --json.")
    ] = None,
    out: Annotated[Path | None, typer.Option(metavar="RUN.json", help="Save the run with every question.")] = None,
    plot: Annotated[
        Path | None, typer.Option(metavar="FILE.svg", help="Draw the reliability of confidence, and success by depth.")
    ] = None,
    run: Annotated[Path | None, typer.Option(help="Write what came back, for the scorer of the meetings.")] = None,
    within: Annotated[bool, typer.Option("--within", help="Ask each question of its own episode only.")] = False,
    turn: Annotated[
        int | None, typer.Option(min=1, help="How many an episode shows before others have, as on a page; else all.")
    ] = None,
    each: Annotated[bool, typer.Option("--each", help="Print every question with the rank of its answer.")] = False,
    as_json: AsJson = False,
) -> None:
    """Ask questions whose answers are known; print how often, how high and how surely the right passage comes.

    An option given twice asks everything twice, and compares the second run with the first.

    Example: `playhead eval data/transcripts/questions.jsonl`
    """
    from playhead import runs
    from playhead.evaluation import meetings_of, read_questions, run_of

    configurations = _configurations(index, mode, weights)
    if against is not None and len(configurations) > 1:
        raise InvalidQueryError("--against is one side of a comparison; give every other option once.", "against")
    if plot is not None and plot.suffix.lower() != ".svg":
        raise InputError(f"{plot}: pictures are drawn as SVG; give --plot a name that ends in .svg.")
    for option, path in (("--run", run), ("--out", out), ("--plot", plot)):
        if path is not None and not path.parent.is_dir():  # said now rather than after the last question
            raise InputError(f"{path}: there is no folder {path.parent}; give {option} another path.")
    earlier = runs.read(against) if against is not None else None
    beside = questions.with_name("twins.json")
    asked = read_questions(questions, twins or (beside if beside.is_file() else None))
    for configuration in configurations:
        made, outcomes = _ask(configuration, asked, texts or questions.parent, within, turn)
        if configuration is not configurations[-1]:
            earlier = made
    compared = (earlier, runs.compare(earlier.rows, made.rows)) if earlier is not None else None
    written = json.dumps(runs.as_dict(made, compared), ensure_ascii=False) if out or as_json else ""
    if run is not None:
        meetings = meetings_of(asked)
        _write(run, "--run", "".join(json.dumps(run_of(outcome, meetings)) + "\n" for outcome in outcomes))
        typer.echo(f"Wrote {len(outcomes)} rankings to {run}.", err=True)
    if out is not None:
        _write(out, "--out", written + "\n")
    if plot is not None:
        _write(plot, "--plot", _drawn(made, compared, questions))
    if as_json:
        typer.echo(written)
        return
    if each:
        _print_each(made, [outcome.question for outcome in outcomes])
    _print(made, compared)


def _configurations(index: Twice, mode: Twice, weights: Twice) -> list[dict[str, str | None]]:
    """One configuration, or two where an option is given twice; what is given once holds for both."""
    from playhead.evaluation import weights_of
    from playhead.query import Mode

    given = {"index": index or [], "mode": mode or [], "weights": weights or []}
    for name, values in given.items():
        if len(values) > 2:
            raise InvalidQueryError(f"--{name} is given {len(values)} times; two configurations are compared.", name)
    for each in given["mode"]:
        if each not in get_args(Mode):
            raise InvalidQueryError(f"mode is {each!r}; it is hybrid, meaning or words.", "mode")
    for each in given["weights"]:
        weights_of(each)  # refused now rather than after the first run
    pairs = zip_longest(*given.values(), fillvalue=None)
    first, *second = [dict(zip(given, pair, strict=True)) for pair in pairs] or [dict.fromkeys(given)]
    return [first, *({name: each[name] or first[name] for name in first} for each in second)]


def _ask(
    configuration: dict[str, str | None], asked: list[Question], texts: Path, within: bool, turn: int | None
) -> tuple[Run, list[Outcome]]:
    from rich.console import Console
    from rich.progress import track

    from playhead import runs
    from playhead.evaluation import evaluate as ask
    from playhead.evaluation import weights_of
    from playhead.library import Library, open_library

    settings = settings_for(configuration["index"])
    weights = weights_of(configuration["weights"] or "")
    mode: Any = configuration["mode"] or "hybrid"
    opened = open_library(settings)
    try:
        library = Library(opened.engine, opened.embedder, weights=weights)
        answers = ask(library, asked, texts, within=within, mode=mode, turn=turn)
        people = Console(stderr=True)
        outcomes = list(track(answers, "Asking", total=len(asked), console=people, transient=True))
        described = {
            "library": settings.engine,
            "revision": library.view().revision,
            "segments": library.view().size,
            "model": library.embedder.model.name,
            "precision": library.embedder.precision,
            "mode": mode,
            "weights": asdict(weights),
            "within": within,
        }
    finally:
        opened.close()
    return runs.Run(described, [runs.row(outcome) for outcome in outcomes]), outcomes


def _drawn(run: Run, compared: tuple[Run, Comparison] | None, questions: Path) -> str:
    from playhead import runs
    from playhead.plots import plot

    reliability = [
        ("an excerpt is right", runs.reliability(run.rows, "calibration_error")),
        ("the surest is right", runs.reliability(run.rows, "calibration_error_of_surest")),
    ]
    curves = [("this run" if compared else "", runs.success_curve(run.rows))]
    if compared:
        curves.append(("the run before", runs.success_curve(compared[0].rows)))
    return plot(f"{len(run.rows):,} questions of {questions.name}", reliability, curves)


def _print(run: Run, compared: tuple[Run, Comparison] | None) -> None:
    from rich.console import Console

    from playhead import runs

    console = Console(highlight=False)
    about = run.configuration
    console.print(
        f"{len(run.rows):,} questions, {about['segments']:,} passages, {about['model']}, {about['mode']}",
        soft_wrap=True,
    )
    if absent := sum(row.absent for row in run.rows):
        told = f"{absent} of them ask for a passage that is not in the library, and count as not found."
        console.print(told, style="yellow", soft_wrap=True)
    if compared is None:
        console.print(_table(run))
    else:
        before = compared[0].configuration
        changed = [name for name in about if before.get(name) != about[name]]
        for when, side in (("before", before), ("now", about)):
            told = ", ".join(f"{name} {_named(side.get(name))}" for name in changed)
            console.print(f"{when}: {told or 'the same configuration'}", markup=False, soft_wrap=True)
        console.print(_compared(compared[1]))
        moved = compared[1].moved
        console.print(f"{len(moved)} of {compared[1].questions} questions moved", style="bold")
        for move in moved[:MOVED]:
            colour = "green" if move.by > 0 else "red"
            line = f"{move.before or '-':>3} → {move.after or '-':<3} {move.id}  {move.query}"
            console.print(line, style=colour, markup=False, soft_wrap=True)
        if len(moved) > MOVED:
            console.print(f"and {len(moved) - MOVED} others, which --json lists")
    times = _plain("stage", "p50", "p95")
    for stage, (median, p95) in runs.latency(run.rows).items():
        times.add_row(stage, f"{median * 1000:.1f} ms", f"{p95 * 1000:.1f} ms")
    console.print(times)


def _named(value: object) -> str:
    return " ".join(f"{name}={each}" for name, each in value.items()) if isinstance(value, dict) else str(value)


def _table(run: Run) -> Table:
    from playhead import runs

    table = _plain("measure", "value", "95 % interval", "of")
    for name, each in runs.summarise(run.rows).items():
        measure = runs.ALL[name]
        interval = f"{_written(each.low, measure)} to {_written(each.high, measure)}"
        table.add_row(measure.title, _written(each.value, measure), interval, str(each.questions))
    return table


def _compared(comparison: Comparison) -> Table:
    """What changed; bold is what chance alone would hardly do, green for better and red for worse."""
    from playhead import runs

    table = _plain("measure", "before", "now", "difference", "95 % interval", "of")
    for name, each in comparison.changes.items():
        measure, by = runs.ALL[name], each.difference
        style = None
        if by.is_beyond_chance:
            style = "bold green" if (by.value or 0.0) * measure.better > 0 else "bold red"
        table.add_row(
            measure.title,
            _written(each.before, measure),
            _written(each.after, measure),
            _written(by.value, measure, "+"),
            f"{_written(by.low, measure, '+')} to {_written(by.high, measure, '+')}",
            str(by.questions),
            style=style,
        )
    return table


def _plain(first: str, *others: str) -> Table:
    from rich.box import SIMPLE_HEAD
    from rich.table import Table

    table = Table(box=SIMPLE_HEAD, pad_edge=False, show_edge=False)
    table.add_column(first, no_wrap=True)
    for name in others:
        table.add_column(name, justify="right", no_wrap=True)
    return table


def _written(value: float | None, measure: Measure, sign: str = "") -> str:
    if value is None:
        return "-"
    return f"{value:{sign}.1f} {measure.unit}" if measure.unit else f"{value:{sign}.3f}"


def _print_each(run: Run, questions: list[Question]) -> None:
    for row, question in zip(run.rows, questions, strict=True):
        if question.is_judged:
            typer.echo(f"{row.rank or '-':>3}  {row.id}  {row.query}")


def _write(path: Path, option: str, text: str) -> None:
    try:
        path.write_text(text, "utf-8")
    except OSError as error:
        raise InputError(f"{path}: cannot be written: {error.strerror}; give {option} another path.") from None
