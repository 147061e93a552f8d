"""Podcasting 2.0 JSON chapters, version 1.2 and what is published under that name.

Spec: https://github.com/Podcastindex-org/podcast-namespace/blob/main/chapters/jsonChapters.md. Of 1,112 real files,
half carry explicit nulls, some start twice at one second or are unsorted, and times are also written ``"12:00"``.
``toc: false`` marks a change of artwork, not a chapter to find. What ``ffprobe -show_chapters -of json`` prints has the
same shape with names of its own.
"""

from __future__ import annotations

from ingest.chapters import in_order, stated_chapter
from ingest.documents import outline, read_json
from ingest.entries import stated as first_stated
from ingest.formats import Format
from ingest.reading import Facts, Problem, Reading
from ingest.scribe import plain
from ingest.values import one_line
from playhead.errors import TranscriptError
from playhead.model import Chapter

_TRANSCRIBED = {"segments", "transcript", "transcripts", "utterances", "words", "acoustic_model", "results"}
"""What a transcript has that brings chapters along."""
_START, _END = ("startTime", "start_time"), ("endTime", "end_time")


def looks_like(head: str) -> bool:
    """A JSON object with a list of chapters, and no transcript; or the list alone."""
    keys = outline(head)
    is_bare = {"[].startTime", "[].title"} <= keys and "[].body" not in keys
    return is_bare or ("chapters" in keys and not keys & _TRANSCRIBED)


def parse(text: str) -> Reading:
    """Read the chapters in order of time. One without a usable start or title becomes a Problem."""
    document = read_json(text)
    listed = document.lists.get("chapters", document.lists.get(""))
    if listed is None:
        raise TranscriptError('"chapters" is not a list; see the JSON chapters format, version 1.2')
    problems: list[Problem] = []
    items = list(enumerate(listed, 1))
    lines = {place: document.line(item, _START[0]) for place, item in items}
    stated = ((place, _chapter(item.value)) for place, item in items if not _is_hidden(item.value))
    chapters = in_order(stated, problems, lines)
    about = document.values.get("description")
    facts = Facts(
        podcast_title=one_line(document.values.get("podcastName")),
        title=one_line(document.values.get("title")),
        description=(plain(about) or None) if isinstance(about, str) else None,
    )
    return Reading("json_chapters", chapters=chapters, facts=facts, problems=tuple(problems))


def _is_hidden(stated: object) -> bool:
    return isinstance(stated, dict) and str(stated.get("toc")).casefold() in ("false", "0")


def _chapter(stated: object) -> Chapter | None:
    if not isinstance(stated, dict):
        return None
    tags = stated.get("tags")
    title = stated.get("title") or (tags.get("title") if isinstance(tags, dict) else None)
    start, end = first_stated(stated, _START), first_stated(stated, _END)
    if start is None and "time_base" not in stated:  # As Playhead writes them; ffprobe counts these in its time base.
        start, end = stated.get("start"), stated.get("end")
    return stated_chapter(start, title, "json_chapters", stated.get("url"), end)


FORMAT = Format(
    name="json_chapters",
    title="Podcasting 2.0 JSON chapters",
    suffixes=(".json",),
    looks_like=looks_like,
    parse=parse,
    role="chapters",
    example='{"version": "1.2.0", "chapters": [{"startTime": 0, "title": "Toast first"}]}',
)
