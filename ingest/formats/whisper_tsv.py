"""The table that Whisper and WhisperX write beside their JSON: ``start``, ``end`` and ``text`` with tabs between them.

Times are whole milliseconds (openai-whisper, WriteTSV in ``utils.py``); tables of other hands, with a point or a colon
in their times, count seconds. A column ``speaker`` is read wherever it stands, others are passed over.
"""

from __future__ import annotations

from dataclasses import replace

from ingest.formats import Format
from ingest.reading import Problem, Reading
from ingest.scribe import Scribe
from ingest.utterances import Utterance, labelled, take_down
from ingest.values import milliseconds, seconds
from playhead.errors import TranscriptError
from playhead.model import Span

_WANTED = frozenset(["start", "end", "text"])
_EDGES = "\ufeff \t\r\n"
MOST_DIGITS = 12
"""Of a time: more is no episode, and slow to read."""


def looks_like(head: str) -> bool:
    """The first line names the columns, among them ``start``, ``end`` and ``text``."""
    return set(_columns(head.lstrip(_EDGES).partition("\n")[0])) >= _WANTED


def parse(text: str) -> Reading:
    """Read the rows. A line that is none goes with the row before it; a time that is none becomes a Problem."""
    problems: list[Problem] = []
    said = _rows(text, problems)
    if not said:
        raise TranscriptError("there is no row below its first line; one is a start, an end and words, with tabs")
    scribe = Scribe()
    take_down(said, scribe)
    return Reading("whisper_tsv", scribe.transcript(), problems=tuple(problems))


def _columns(line: str) -> list[str]:
    return [name.strip(_EDGES).casefold() for name in line[:1000].split("\t")]


def _rows(text: str, problems: list[Problem]) -> list[Utterance]:
    columns: list[str] = []
    rows: list[tuple[Utterance, list[str]]] = []
    at = 0
    for number, whole in enumerate(text.split("\n"), 1):
        begin, at = at, at + len(whole) + 1
        if not whole.strip(_EDGES):
            continue
        if not columns:
            columns = _columns(whole)
            if not set(columns) >= _WANTED:
                raise TranscriptError("its first line does not name the columns start, end and text", line=number)
            continue
        cells = whole.rstrip("\r").split("\t", len(columns) - 1)
        if len(cells) == len(columns):
            rows.append((_row(dict(zip(columns, cells, strict=True)), number, (begin, at - 1), problems), []))
        elif rows:
            problems.append(Problem("this is no row of the table; its words go with the row before", number))
            rows[-1][1].append(" ".join(cells))
        else:
            problems.append(Problem(f"this is no row of the table and is left out: {whole.strip()[:80]}", number))
    return [replace(row, words=" ".join([row.words, *more])) for row, more in rows]


def _row(cells: dict[str, str], number: int, raw: Span, problems: list[Problem]) -> Utterance:
    start, end = (_time(cells[name], number, problems) for name in ("start", "end"))
    return Utterance(_unquoted(cells["text"]), start, end, labelled(cells.get("speaker")), number, raw)


def _unquoted(cell: str) -> str:
    """A cell without the quotes that spreadsheets put around it, in which quotes are doubled."""
    inner = cell.strip()[1:-1]
    is_quoted = cell.strip().startswith('"') and cell.strip().endswith('"') and '"' not in inner.replace('""', "")
    return inner.replace('""', '"') if is_quoted else cell


def _time(written: str, number: int, problems: list[Problem]) -> float | None:
    whole = written.strip().isdecimal() and len(written) < MOST_DIGITS
    found = milliseconds(int(written)) if whole else seconds(written)
    if found is None:
        problems.append(Problem(f"this time is not understood: {written.strip()[:80]}", number))
    return found


FORMAT = Format(
    name="whisper_tsv",
    title="the table of Whisper (TSV)",
    suffixes=(".tsv",),
    looks_like=looks_like,
    parse=parse,
    example="start\tend\ttext\n14200\t18560\tEveryone asks.",
)
