"""The JSON transcript of Podcasting 2.0, version 1.0.0, and what is published under its name.

Spec: https://github.com/Podcastindex-org/podcast-namespace/blob/main/transcripts/transcripts.md. Times are seconds. The
name of a speaker may stand only where it changes; some files hold one word in every segment; and one host writes
``start``, ``end`` and ``text``, with a whole WebVTT file beside them (read here from its segments).
"""

from __future__ import annotations

from ingest.documents import Document, Item, outline, read_json
from ingest.entries import stated, time_of
from ingest.formats import Format
from ingest.reading import Problem, Reading
from ingest.scribe import Scribe
from ingest.utterances import Utterance, by_sentence, is_word_by_word, join, take_down
from ingest.values import one_line
from playhead.errors import TranscriptError


def looks_like(head: str) -> bool:
    """JSON whose segments have a ``body`` or a ``startTime``, or that holds ``segments`` and a ``vtt``, or nothing."""
    keys = outline(head)
    is_empty = keys == {"version", "segments"}
    return is_empty or {"segments", "vtt"} <= keys or not keys.isdisjoint({"segments[].body", "segments[].startTime"})


def parse(text: str) -> Reading:
    """Read the segments. One without words becomes a Problem; those without a start are counted in one."""
    document = read_json(text)
    if "segments" not in document.lists:
        raise TranscriptError('"segments" is not a list; see the JSON transcript of Podcasting 2.0')
    problems: list[Problem] = []
    said = _said(document, problems)
    scribe = Scribe()
    take_down(map(join, by_sentence(said)) if is_word_by_word(said) else said, scribe)
    return Reading("podcast_json", transcript=scribe.transcript(), problems=tuple(problems))


def _said(document: Document, problems: list[Problem]) -> list[Utterance]:
    said: list[Utterance] = []
    speaker: str | None = None
    untimed: list[int] = []
    for place, item in enumerate(document.lists["segments"], 1):
        segment = item.value if isinstance(item.value, dict) else {}
        words = next((each for key in ("body", "text") if isinstance(each := segment.get(key), str)), None)
        if words is None:
            problems.append(Problem(f"segment {place} has no body", document.line(item, "startTime")))
            continue
        speaker = one_line(segment.get("speaker")) or speaker
        line = _line(document, item)
        start = time_of(begins := stated(segment, ("startTime", "start")), line, problems)
        end = time_of(stated(segment, ("endTime", "end")), line, problems)
        if begins is None:
            untimed.append(line)
        said.append(Utterance(words, start, end, speaker, line, item.span))
    if untimed:
        message = f"{len(untimed)} of {len(said)} segments have no startTime; their times follow from those around them"
        problems.append(Problem(message, untimed[0]))
    return said


def _line(document: Document, item: Item) -> int:
    key = "startTime" if isinstance(item.value, dict) and "startTime" in item.value else "start"
    return document.line(item, key)


FORMAT = Format(
    name="podcast_json",
    title="Podcasting 2.0 JSON transcript",
    suffixes=(".json",),
    looks_like=looks_like,
    parse=parse,
    example='{"segments": [{"speaker": "Ada", "startTime": 14.2, "endTime": 18.56, "body": "In."}]}',
)
