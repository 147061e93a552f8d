"""A transcript as Playhead itself gives it: ``playhead export EPISODE transcript``, or ``…/transcript`` over REST.

Every turn brings its words, who says them, and the second with how far off it may be.
"""

from __future__ import annotations

import html

from ingest.documents import Document, Item, outline, read_json
from ingest.formats import Format
from ingest.reading import Problem, Reading
from ingest.scribe import Scribe
from ingest.stamps import WHOLE_SECOND
from ingest.values import one_line, seconds
from playhead.errors import TranscriptError


def looks_like(head: str) -> bool:
    """JSON of an episode, whose turns have a number and a text."""
    return {"episode", "turns[].number", "turns[].text"} <= outline(head)


def parse(text: str) -> Reading:
    """Read the turns. One without words becomes a Problem; one without a start is kept without."""
    document = read_json(text)
    if "turns" not in document.lists:
        raise TranscriptError('"turns" is not a list; write a transcript with playhead export EPISODE transcript')
    scribe = Scribe()
    problems = [
        Problem(f"turn {place} has no text", document.line(item, "number"))
        for place, item in enumerate(document.lists["turns"])
        if not _take_down(document, item, scribe)
    ]
    return Reading("playhead_json", transcript=scribe.transcript(), problems=tuple(problems))


def _take_down(document: Document, item: Item, scribe: Scribe) -> bool:
    turn = item.value if isinstance(item.value, dict) else {}
    words = turn.get("text")
    if not isinstance(words, str):
        return False
    # These words are as they were said: what looks like an entity is none.
    said, line = html.escape(words, quote=False), document.line(item, "text")
    start, end, error = (seconds(turn.get(key)) for key in ("start", "end", "error"))
    name = one_line(html.escape(speaker, quote=False)) if isinstance(speaker := turn.get("speaker"), str) else None
    scribe.turn(html.escape(name, quote=False) if name else None)
    if start is not None and turn.get("source") == "cue":
        scribe.cue(start, end if end is not None and end >= start else None, said, line, item.span)
        return True
    if start is not None:
        scribe.stamp(start, WHOLE_SECOND if error is None else error, document.line(item, "start"))
    scribe.say(said, item.span)
    return True


FORMAT = Format(
    name="playhead_json",
    title="a transcript as Playhead writes it, in JSON",
    suffixes=(".json",),
    looks_like=looks_like,
    parse=parse,
    example='{"episode": "talk/1", "turns": [{"number": 0, "speaker": "Ada", "text": "Everyone asks.", "start": 4.0}]}',
)
