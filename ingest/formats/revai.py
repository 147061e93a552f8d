"""What Rev.ai answers: ``monologues`` of a speaker, their ``elements`` words in seconds, and everything between them.

Spaces and punctuation are elements without a time. A speaker is a number, with a name in ``speaker_info`` or in the
list ``speakers`` where somebody gave one; Rev.com writes ``timestamp`` as a clock instead of ``ts``.
See https://docs.rev.ai/api/asynchronous/transcripts.
"""

from __future__ import annotations

from collections.abc import Iterator

from ingest.documents import Document, outline, read_json
from ingest.entries import stated, time_of
from ingest.formats import Format
from ingest.reading import Problem, Reading
from ingest.scribe import Scribe
from ingest.utterances import Utterance, by_sentence, join, labelled, take_down, with_mark
from ingest.values import one_line
from playhead.errors import TranscriptError

_START = ("ts", "timestamp")
_END = ("end_ts", "end_timestamp")


def looks_like(head: str) -> bool:
    """JSON with ``monologues``."""
    return "monologues" in outline(head)


def parse(text: str) -> Reading:
    """Read the monologues, sentence by sentence. An element without a value becomes a Problem."""
    document = read_json(text)
    if "monologues" not in document.lists:
        raise TranscriptError('"monologues" is not a list; save the whole answer of Rev.ai')
    problems: list[Problem] = []
    names = _names(document)
    scribe = Scribe()
    for monologue in document.lists["monologues"]:
        inner = document.opened(monologue)
        take_down(map(join, by_sentence(_words(inner, _speaker(inner, names), problems))), scribe)
    return Reading("revai", scribe.transcript(), problems=tuple(problems))


def _words(monologue: Document, speaker: str | None, problems: list[Problem]) -> Iterator[Utterance]:
    """The words with what is written around them: a mark goes with the word before it, a space with the next."""
    waiting: Utterance | None = None
    between = ""
    for place, item in enumerate(monologue.lists.get("elements", []), 1):
        element = item.value if isinstance(item.value, dict) else {}
        value, line = element.get("value"), monologue.line(item, "value")
        if not isinstance(value, str):
            problems.append(Problem(f"element {place} of this monologue has no value", line))
        elif element.get("type") != "punct":
            if waiting:
                yield waiting
            start, end = (time_of(stated(element, names), line, problems) for names in (_START, _END))
            waiting = Utterance(between + value, start, end, speaker, line, item.span)
            between = ""
        elif waiting and not between and value.strip():
            waiting = with_mark(waiting, value, item.span)
        else:
            between += value
    if waiting:
        yield with_mark(waiting, between, waiting.raw)


def _speaker(monologue: Document, names: dict[str | None, str]) -> str | None:
    label = labelled(monologue.values.get("speaker"))
    information = monologue.values.get("speaker_info")
    stated_name = one_line(information.get("display_name")) if isinstance(information, dict) else None
    return stated_name or names.get(label, label)


def _names(document: Document) -> dict[str | None, str]:
    """The names that somebody gave to the numbers."""
    speakers = [item.value for item in document.lists.get("speakers", []) if isinstance(item.value, dict)]
    return {labelled(each.get("id")): name for each in speakers if (name := one_line(each.get("name")))}


FORMAT = Format(
    name="revai",
    title="JSON of Rev.ai",
    suffixes=(".json",),
    looks_like=looks_like,
    parse=parse,
    example='{"monologues": [{"speaker": 1, "elements": [{"type": "text", "value": "in", "ts": 2.2, "end_ts": 2.5}]}]}',
)
