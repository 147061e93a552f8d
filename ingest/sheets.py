"""An ``episode.toml``: what somebody states of an episode by hand, before everything that files and feeds say."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path

from ingest.files import read_text
from ingest.reading import Reading
from ingest.stated import CHAPTERS, FACTS, LineOf, Table, chapters_from, facts_from
from playhead.errors import TranscriptError

_PLACE = re.compile(r" \(at (?:line (\d+), column \d+|end of document)\)$")
_HEADER = re.compile(r"\s*\[\[?\s*([\w-]{1,40})\s*\]")
_KEY = re.compile(r"""\s*["']?([\w-]{1,80})["']?\s*=""")


def read_sheet(path: Path) -> Reading:
    """What an ``episode.toml`` states. Raises TranscriptError naming the key that does not fit, and its line."""
    text, name = read_text(path), str(path)
    try:
        stated = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        place = _PLACE.search(str(error))
        line = int(place[1]) if place and place[1] else len(text.splitlines())
        raise TranscriptError(f"this is not TOML: {_PLACE.sub('', str(error))}", name, line) from None
    except RecursionError:
        raise TranscriptError("this is not TOML: it is nested too deep", name) from None
    line_of = _lines_of(text)
    Table(stated, name, line_of).refuse_unknown((*FACTS, CHAPTERS))
    return Reading("sheet", chapters=chapters_from(stated, name, line_of), facts=facts_from(stated, name, line_of))


def _lines_of(text: str) -> LineOf:
    """Where keys are written in TOML of one level of tables, all that a sheet has; of a missing one, its table."""

    def line_of(key: str, table: str, number: int) -> int | None:
        current, counted, begins = "", -1, None
        for line, written in enumerate(text.splitlines(), 1):
            header, assigned = _HEADER.match(written), _KEY.match(written)
            if header:
                current = header[1]
                counted += current == table
                if current == (table or key) and (not table or counted == number):
                    begins = begins or line
            if current == table and (not table or counted == number) and assigned and assigned[1] == key:
                return line
        return begins

    return line_of
