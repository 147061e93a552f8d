"""What Amazon Transcribe leaves in its bucket: ``results.items``, words in seconds that are written as text.

Punctuation is an item of its own, without a time. Who speaks stands in the items (``speaker_label``,
``channel_label``), in older files only in ``speaker_labels``, where it is found by the start of the word.
See https://docs.aws.amazon.com/transcribe/latest/dg/how-input.html.
"""

from __future__ import annotations

from collections.abc import Iterator

from ingest.documents import Document, outline, read_json
from ingest.entries import time_of
from ingest.formats import Format
from ingest.reading import Facts, Problem, Reading
from ingest.scribe import Scribe
from ingest.utterances import Utterance, by_sentence, join, labelled, take_down, with_mark
from ingest.values import one_line
from playhead.errors import TranscriptError


def looks_like(head: str) -> bool:
    """JSON whose ``results`` have ``transcripts``, or items with alternatives."""
    return not outline(head).isdisjoint({"results.transcripts", "results.items[].alternatives"})


def parse(text: str) -> Reading:
    """Read the items, sentence by sentence. One without content becomes a Problem."""
    results = read_json(text).within("results")
    if "items" not in results.lists:
        raise TranscriptError('"results" has no "items"; save the whole file that Amazon Transcribe wrote')
    problems: list[Problem] = []
    scribe = Scribe()
    take_down(map(join, by_sentence(_words(results, problems))), scribe)
    facts = Facts(language=one_line(results.values.get("language_code")))
    return Reading("aws_transcribe", scribe.transcript(), facts=facts, problems=tuple(problems))


def _words(results: Document, problems: list[Problem]) -> Iterator[Utterance]:
    speakers = _speakers(results)
    waiting: Utterance | None = None
    for place, item in enumerate(results.lists["items"], 1):
        entry = item.value if isinstance(item.value, dict) else {}
        match entry:
            case {"type": "punctuation", "alternatives": [{"content": str(mark)}, *_]}:
                waiting = with_mark(waiting, mark, item.span) if waiting else None
            case {"alternatives": [{"content": str(word)}, *_]}:
                if waiting:
                    yield waiting
                start = entry.get("start_time")
                speaker = entry.get("speaker_label") or entry.get("channel_label")
                line = results.line(item, "start_time")
                waiting = Utterance(
                    word,
                    time_of(start, line, problems),
                    time_of(entry.get("end_time"), line, problems),
                    labelled(speaker) or (speakers.get(start) if isinstance(start, str) else None),
                    line,
                    item.span,
                )
            case _:
                problems.append(Problem(f"item {place} has no content", results.line(item, "type")))
    if waiting:
        yield waiting


def _speakers(results: Document) -> dict[str, str]:
    """Who says the word that starts at a time, as it is written."""
    labels = results.within("speaker_labels")
    return {
        start: label
        for segment in labels.lists.get("segments", [])
        for word in labels.opened(segment).lists.get("items", [])
        if isinstance(word.value, dict)
        and isinstance(start := word.value.get("start_time"), str)
        and (label := labelled(word.value.get("speaker_label")))
    }


FORMAT = Format(
    name="aws_transcribe",
    title="JSON of Amazon Transcribe",
    suffixes=(".json",),
    looks_like=looks_like,
    parse=parse,
    example='{"results": {"transcripts": [], "items": [{"start_time": "2.2", "alternatives": []}]}}',
)
