"""The chapters of Podlove's web player as a list of their own: start, title, and a link.

Docs: https://docs.podlove.org/podlove-web-player/. The player's configuration, which also holds a transcript, is read
as `podlove_transcript`.
"""

from __future__ import annotations

from ingest.chapters import in_order, stated_chapter
from ingest.documents import outline, read_json
from ingest.formats import Format
from ingest.reading import Problem, Reading
from playhead.errors import TranscriptError
from playhead.model import Chapter

_SAID = {"[].text", "[].voice", "[].words", "[].body", "[].items"}
"""What an entry of a transcript has."""


def looks_like(head: str) -> bool:
    """A JSON list of things with a start and a title, and nothing that is said."""
    keys = outline(head)
    return {"[].start", "[].title"} <= keys and not keys & _SAID


def parse(text: str) -> Reading:
    """Read the chapters in order of time. One without a usable start or title becomes a Problem."""
    document = read_json(text)
    items = document.lists.get("", [])
    if not items:
        raise TranscriptError("this is no list of chapters, each with a start and a title")
    problems: list[Problem] = []
    lines = {place: document.line(item, "start") for place, item in enumerate(items, 1)}
    chapters = in_order(((place, _stated(item.value)) for place, item in enumerate(items, 1)), problems, lines)
    return Reading("podlove_json", chapters=chapters, problems=tuple(problems))


def _stated(value: object) -> Chapter | None:
    if not isinstance(value, dict):
        return None
    return stated_chapter(value.get("start"), value.get("title"), "podlove_json", value.get("href"))


FORMAT = Format(
    name="podlove_json",
    title="the chapters of Podlove's web player",
    suffixes=(".json",),
    looks_like=looks_like,
    parse=parse,
    role="chapters",
    example='[{"start": "00:02:01.500", "title": "The lock"}]',
)
