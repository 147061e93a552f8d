"""The captions of YouTube in its own JSON, ``json3``: ``events`` in milliseconds, each with the pieces of a caption.

Events without pieces are windows on the screen, and those with ``aAppend`` only end a line. The captions a machine
wrote stay on the screen while the next one comes, so one ends, as speech, where the next begins. Written from files as
yt-dlp saves them; YouTube documents none of it. The list of ``text``, ``start`` and ``duration`` in seconds is what
youtube-transcript-api makes of it.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from itertools import pairwise

from ingest import cues
from ingest.cues import Cue
from ingest.documents import Document, outline, read_json
from ingest.entries import Keys, utterances
from ingest.formats import Format
from ingest.reading import Problem, Reading
from ingest.values import milliseconds
from playhead.errors import TranscriptError

_SNIPPETS = frozenset(["[].text", "[].start", "[].duration"])
_SNIPPET = Keys(words=("text",), start=("start",), end=(), lasts=("duration",))


def looks_like(head: str) -> bool:
    """JSON with ``events`` that have a ``tStartMs``, or with the magic word of json3; or a list with durations."""
    keys = outline(head)
    return (keys >= _SNIPPETS and "[].end" not in keys) or not keys.isdisjoint({"events[].tStartMs", "wireMagic"})


def parse(text: str) -> Reading:
    """Read the captions. One whose time cannot be read becomes a Problem."""
    document = read_json(text)
    if not {"events", ""} & document.lists.keys():
        raise TranscriptError('"events" is not a list; save the captions again as json3')
    problems: list[Problem] = []
    shown = list(_cues(document, problems) if "events" in document.lists else _snippets(document, problems))
    said = [
        replace(cue, end=min(cue.end, following.start)) if following and following.start > cue.start else cue
        for cue, following in pairwise((*shown, None))
        if cue
    ]
    return Reading("youtube_json3", cues.take_down(said), problems=tuple(problems))


def _cues(document: Document, problems: list[Problem]) -> Iterator[Cue]:
    for place, item in enumerate(document.lists["events"], 1):
        event = item.value if isinstance(item.value, dict) else {}
        pieces = event.get("segs")
        words = "".join(map(_piece, pieces)) if isinstance(pieces, list) else ""
        if not words.strip():
            continue
        line = document.line(item, "tStartMs")
        start, length = milliseconds(event.get("tStartMs")), milliseconds(event.get("dDurationMs"))
        if start is None:
            problems.append(Problem(f"caption {place} has no time: {words.strip()[:60]}", line))
        else:
            yield Cue(line, start, start + (length or 0.0), tuple(words.split("\n")), item.span)


def _snippets(document: Document, problems: list[Problem]) -> Iterator[Cue]:
    for said in utterances(document, document.lists[""], _SNIPPET, problems):
        if said.start is None:
            problems.append(Problem(f"this caption has no time: {said.words.strip()[:60]}", said.line))
        else:
            yield Cue(said.line, said.start, said.end or said.start, tuple(said.words.split("\n")), said.raw)


def _piece(piece: object) -> str:
    words = piece.get("utf8") if isinstance(piece, dict) else None
    return words if isinstance(words, str) else ""


FORMAT = Format(
    name="youtube_json3",
    title="YouTube's captions as JSON (json3)",
    suffixes=(".json3", ".json"),
    looks_like=looks_like,
    parse=parse,
    example='{"events": [{"tStartMs": 4250, "dDurationMs": 2500, "segs": [{"utf8": "in"}]}]}',
)
