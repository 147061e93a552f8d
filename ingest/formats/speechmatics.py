"""What Speechmatics answers: ``results`` of words and marks in seconds; of old, ``words`` and ``speakers`` beside them.

Version 2 (https://docs.speechmatics.com/speech-to-text/batch/output) says at every word who speaks, ``UU`` for unknown,
or by which channel; a mark says what it is attached to. Version 1 writes seconds as text, how long each word lasts, and
when each speaker's turns begin.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from ingest.chapters import in_order, kind_of
from ingest.documents import Document, outline, read_json
from ingest.entries import Keys, time_of, utterances
from ingest.formats import Format
from ingest.reading import Facts, Problem, Reading
from ingest.scribe import Scribe
from ingest.utterances import (
    Utterance,
    by_sentence,
    in_order_of_time,
    is_mark,
    join,
    labelled,
    take_down,
    who_speaks,
    with_mark,
)
from ingest.values import one_line, seconds
from playhead.errors import TranscriptError
from playhead.model import Chapter

_WORD = Keys(words=("name",), start=("time",), end=(), lasts=("duration",))
_SHAPES = (
    {"results[].alternatives[].content"},
    {"words[].name", "words[].time", "words[].duration"},
    {"speakers[].name", "speakers[].time", "speakers[].duration"},
)


UNKNOWN = "UU"
"""Whom Speechmatics cannot tell from others: nobody, and not one person."""


def looks_like(head: str) -> bool:
    """JSON whose results have alternatives with content; or words, or turns, with a name, a time and a duration."""
    keys = outline(head)
    return any(shape <= keys for shape in _SHAPES)


def parse(text: str) -> Reading:
    """Read the words, sentence by sentence; several channels become one conversation."""
    document = read_json(text)
    problems: list[Problem] = []
    if "results" in document.lists:
        said = list(_results(document, problems))
    elif "words" in document.lists:
        said = list(_words(document, problems))
    else:
        raise TranscriptError('there are neither "results" nor "words" in it; save the whole answer of Speechmatics')
    sentences = list(map(join, by_sentence(said)))
    several = len({_channel(item.value) for item in document.lists.get("results", [])} - {None}) > 1
    scribe = Scribe()
    take_down(in_order_of_time(sentences) if several else sentences, scribe)
    stated = ((place, _chapter(item.value)) for place, item in enumerate(document.lists.get("chapters", []), 1))
    chapters = in_order(stated, problems)
    return Reading("speechmatics", scribe.transcript(), chapters, _facts(document), tuple(problems))


def _results(document: Document, problems: list[Problem]) -> Iterator[Utterance]:
    """The words of version 2; a mark goes with the word before it, or with the next where it says so."""
    waiting: Utterance | None = None
    opening = ""
    for place, item in enumerate(document.lists["results"], 1):
        entry = item.value if isinstance(item.value, dict) else {}
        match entry:
            case {"type": "punctuation", "attaches_to": "next", "alternatives": [{"content": str(mark)}, *_]}:
                opening += mark
            case {"type": "punctuation", "alternatives": [{"content": str(mark)}, *_]} if waiting:
                waiting = with_mark(waiting, mark, item.span)
            case {"alternatives": [{"content": str(word), **best}, *_]}:
                if waiting:
                    yield waiting
                label = labelled(best.get("speaker"))
                speaker = _channel(entry) if label in (None, UNKNOWN) else label
                line = document.line(item, "start_time")
                start, end = (time_of(entry.get(key), line, problems) for key in ("start_time", "end_time"))
                waiting, opening = Utterance(opening + word, start, end, speaker, line, item.span), ""
            case {"type": "speaker_change"}:
                continue
            case _:
                problems.append(Problem(f"result {place} has no content", document.line(item, "type")))
    if waiting:
        yield with_mark(waiting, opening, waiting.raw)


def _words(document: Document, problems: list[Problem]) -> Iterator[Utterance]:
    """The words of version 1; a mark is said by whoever says the word before it."""
    turns = utterances(document, document.lists.get("speakers", []), _WORD, [])
    speaker_at = who_speaks((each.start, labelled(each.words)) for each in turns)
    speaker: str | None = None
    for said in utterances(document, document.lists["words"], _WORD, problems):
        speaker = speaker if is_mark(said.words) else speaker_at(said.start) or speaker
        yield replace(said, speaker=speaker)


def _channel(entry: object) -> str | None:
    return one_line(entry.get("channel")) if isinstance(entry, dict) else None


def _chapter(stated: object) -> Chapter | None:
    if not isinstance(stated, dict):
        return None
    start, title = seconds(stated.get("start_time")), one_line(stated.get("title"))
    if start is None or title is None:
        return None
    return Chapter(0, title, start, seconds(stated.get("end_time")), kind_of(title), source="speechmatics")


def _facts(document: Document) -> Facts:
    job, metadata = document.values.get("job"), document.values.get("metadata")
    configuration = metadata.get("transcription_config") if isinstance(metadata, dict) else None
    language = configuration.get("language") if isinstance(configuration, dict) else None
    return Facts(
        duration=seconds(job.get("duration")) if isinstance(job, dict) else None,
        language=one_line(language or (job.get("lang") if isinstance(job, dict) else None)),
    )


FORMAT = Format(
    name="speechmatics",
    title="JSON of Speechmatics",
    suffixes=(".json",),
    looks_like=looks_like,
    parse=parse,
    example='{"results": [{"type": "word", "start_time": 2.2, "end_time": 2.5, "alternatives": [{"content": "in"}]}]}',
)
