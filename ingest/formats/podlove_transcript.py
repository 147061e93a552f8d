"""The transcript of Podlove's publisher and web player, as JSON.

A list of entries, or an object with it under ``transcripts``; ``json_grouped`` has the entries of one voice under
``items``. ``start_ms`` is in milliseconds, ``start`` the same as a clock, and alone in older files. ``voice`` is a
name, ``speaker`` an id, of somebody among the ``contributors`` where the player's whole configuration was saved; its
``chapters`` are read as well.
See https://docs.podlove.org/podlove-web-player/ and the publisher's module for transcripts.
"""

from __future__ import annotations

from collections.abc import Iterator

from ingest.chapters import in_order, kind_of
from ingest.documents import Document, Item, outline, read_json
from ingest.entries import stated
from ingest.formats import Format
from ingest.reading import Problem, Reading
from ingest.scribe import Scribe
from ingest.utterances import Utterance, by_sentence, is_word_by_word, join, labelled, take_down
from ingest.values import milliseconds, one_line, seconds, web_address
from playhead.errors import TranscriptError
from playhead.model import Chapter

_SHAPES = ("[].start_ms", "[].voice", "transcripts[].start", "transcripts[].start_ms")


def looks_like(head: str) -> bool:
    """A list whose entries have ``start_ms`` or a ``voice``, or an object with ``transcripts`` that start."""
    return not outline(head).isdisjoint(_SHAPES)


def parse(text: str) -> Reading:
    """Read the entries. One without a text becomes a Problem."""
    document = read_json(text)
    entries = document.lists.get("transcripts", document.lists.get(""))
    if entries is None:
        raise TranscriptError('there is no list of "transcripts" in it; export the transcript from Podlove as JSON')
    problems: list[Problem] = []
    said = list(_said(document, entries, _names(document), problems))
    scribe = Scribe()
    take_down(map(join, by_sentence(said)) if is_word_by_word(said) else said, scribe)
    stated_chapters = [item.value for item in document.lists.get("chapters", [])]
    chapters = in_order(((place, _chapter(each)) for place, each in enumerate(stated_chapters, 1)), problems)
    return Reading("podlove_transcript", scribe.transcript(), chapters, problems=tuple(problems))


def _said(
    document: Document, entries: list[Item], names: dict[str | None, str], problems: list[Problem]
) -> Iterator[Utterance]:
    for place, item in enumerate(entries, 1):
        entry = item.value if isinstance(item.value, dict) else {}
        speaker = _speaker(entry, names)
        for part in document.opened(item).lists.get("items", [item]):
            inner = part.value if isinstance(part.value, dict) else {}
            key = "start" if "start" in inner else "start_ms"
            line = document.line(part, key)
            words = inner.get("text")
            if isinstance(words, str):
                yield Utterance(words, _time(inner, "start"), _time(inner, "end"), speaker, line, part.span)
            else:
                problems.append(Problem(f"entry {place} has no text", line))


def _time(entry: dict[str, object], key: str) -> float | None:
    found = milliseconds(entry.get(f"{key}_ms"))
    return seconds(entry.get(key)) if found is None else found


def _speaker(entry: dict[str, object], names: dict[str | None, str]) -> str | None:
    label = labelled(entry.get("speaker"))
    return one_line(entry.get("voice")) or names.get(label, label)


def _names(document: Document) -> dict[str | None, str]:
    """What the ids of the contributors stand for."""
    people = [item.value for item in document.lists.get("contributors", []) if isinstance(item.value, dict)]
    return {labelled(each.get("id")): name for each in people if (name := one_line(stated(each, ("name", "nickname"))))}


def _chapter(stated_one: object) -> Chapter | None:
    if not isinstance(stated_one, dict):
        return None
    start, title = seconds(stated_one.get("start")), one_line(stated_one.get("title"))
    if start is None or title is None:
        return None
    url = web_address(stated_one.get("href"))
    return Chapter(0, title, start, kind=kind_of(title), url=url, source="podlove_transcript")


FORMAT = Format(
    name="podlove_transcript",
    title="Podlove's transcript as JSON",
    suffixes=(".json",),
    looks_like=looks_like,
    parse=parse,
    example='[{"start": "00:00:04.250", "start_ms": 4250, "end_ms": 4750, "voice": "Mara", "text": "In."}]',
)
