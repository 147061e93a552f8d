"""What Azure AI Speech answers: ``recognizedPhrases`` of a batch in ticks of 100 ns, or ``phrases`` in milliseconds.

A batch (https://learn.microsoft.com/azure/ai-services/speech-service/batch-transcription-get) writes every time twice,
in ticks and as ISO 8601; its best guess has the words as heard, and since version 3.1 as displayed. Fast transcription
(https://learn.microsoft.com/azure/ai-services/speech-service/fast-transcription-create) counts milliseconds.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from ingest.documents import Document, Item, outline, read_json
from ingest.entries import Keys, stated, utterances
from ingest.formats import Format
from ingest.reading import Facts, Problem, Reading
from ingest.scribe import Scribe
from ingest.utterances import Utterance, by_sentence, in_order_of_time, join, labelled, take_down
from ingest.values import milliseconds, one_line, seconds
from playhead.errors import TranscriptError

TICKS = 10_000_000
"""Ticks of 100 ns in a second."""


def looks_like(head: str) -> bool:
    """JSON with the phrases of a batch, or with those of fast transcription."""
    keys = outline(head)
    return not keys.isdisjoint({"recognizedPhrases", "combinedRecognizedPhrases", "combinedPhrases"})


def parse(text: str) -> Reading:
    """Read the phrases, sentence by sentence; several channels become one conversation."""
    document = read_json(text)
    is_batch = "recognizedPhrases" in document.lists
    phrases = document.lists.get("recognizedPhrases" if is_batch else "phrases")
    if phrases is None:
        raise TranscriptError("there are no phrases with times in it; save the whole answer of Azure AI Speech")
    problems: list[Problem] = []
    several = len({_channel(item) for item in phrases}) > 1
    said: list[Utterance] = []
    for place, item in enumerate(phrases, 1):
        spoken = list((_of_batch if is_batch else _of_fast)(document, item))
        if not spoken and _was_heard(item):
            problems.append(Problem(f"phrase {place} has no words", document.line(item, "offset")))
        speaker = _speaker(document, item) or (f"Channel {_channel(item)}" if several else None)
        said.extend(join(words) for words in by_sentence(replace(each, speaker=speaker) for each in spoken))
    scribe = Scribe()
    take_down(in_order_of_time(said), scribe)
    return Reading("azure_speech", scribe.transcript(), facts=_facts(document, phrases), problems=tuple(problems))


def _of_batch(document: Document, item: Item) -> Iterator[Utterance]:
    phrase = document.opened(item)
    for best in phrase.lists.get("nBest", [])[:1]:
        guess = phrase.opened(best)
        whole = next(utterances(guess, [best], _BEST, []), None)
        timed = replace(_times(document, item, _PHRASE), words=whole.words) if whole else None
        shown = list(utterances(guess, guess.lists.get("displayWords", []), _SHOWN, []))
        heard = list(utterances(guess, guess.lists.get("words", []), _HEARD, []))
        yield from shown or _as_displayed(timed, heard)


def _of_fast(document: Document, item: Item) -> Iterator[Utterance]:
    phrase = document.opened(item)
    words = list(utterances(phrase, phrase.lists.get("words", []), _FAST, []))
    whole = next(utterances(document, [item], _FAST, []), None)
    yield from _as_displayed(whole, words)


def _as_displayed(whole: Utterance | None, heard: list[Utterance]) -> list[Utterance]:
    """The words as they are displayed, at the times they are heard; the phrase as one where they are not as many."""
    displayed = whole.words.split() if whole else []
    if whole and len(displayed) == len(heard):
        return [replace(each, words=words, raw=whole.raw) for each, words in zip(heard, displayed, strict=True)]
    return [whole] if whole and displayed else heard


def _times(document: Document, item: Item, keys: Keys) -> Utterance:
    """A phrase with its times, and nothing said yet."""
    entry = item.value if isinstance(item.value, dict) else {}
    start, lasts = keys.time(stated(entry, keys.start)), keys.time(stated(entry, keys.lasts))
    end = start + lasts if start is not None and lasts is not None else None
    return Utterance("", start, end, None, document.line(item, "offset"), item.span)


def _was_heard(item: Item) -> bool:
    status = item.value.get("recognitionStatus") if isinstance(item.value, dict) else None
    return status in (None, "Success")


def _speaker(document: Document, item: Item) -> str | None:
    entry = item.value if isinstance(item.value, dict) else {}
    best = next((each.value for each in document.opened(item).lists.get("nBest", [])), None)
    inner = best.get("speaker") if isinstance(best, dict) else None
    return labelled(entry.get("speaker", inner))


def _channel(item: Item) -> object:
    channel = item.value.get("channel") if isinstance(item.value, dict) else None
    return channel if isinstance(channel, int) else 0


def _facts(document: Document, phrases: list[Item]) -> Facts:
    values = document.values
    length = _ticks(stated(values, ("durationInTicks", "duration")))
    fast = milliseconds(stated(values, ("durationMilliseconds", "duration")))
    locales = (one_line(item.value.get("locale")) for item in phrases if isinstance(item.value, dict))
    return Facts(
        duration=length if "recognizedPhrases" in document.lists else fast,
        language=next((locale for locale in locales if locale), None),
    )


def _ticks(value: object) -> float | None:
    """A time in ticks, or as ISO 8601, in seconds.

    >>> _ticks(700000.0), _ticks("PT1M0.5S"), _ticks("soon"), _ticks(True)
    (0.07, 60.5, None, None)
    """
    if isinstance(value, str):
        return seconds(value[2:]) if value.startswith("PT") else None
    return seconds(value / TICKS) if isinstance(value, int | float) and not isinstance(value, bool) else None


_PHRASE = Keys(words=(), start=("offsetInTicks", "offset"), end=(), lasts=("durationInTicks", "duration"), time=_ticks)
_BEST = replace(_PHRASE, words=("display", "lexical"))
_SHOWN = replace(_PHRASE, words=("displayText",))
_HEARD = replace(_PHRASE, words=("word",))
_FAST = Keys(
    words=("text",),
    start=("offsetMilliseconds", "offset"),
    end=(),
    lasts=("durationMilliseconds", "duration"),
    time=milliseconds,
)


FORMAT = Format(
    name="azure_speech",
    title="JSON of Azure AI Speech",
    suffixes=(".json",),
    looks_like=looks_like,
    parse=parse,
    example='{"recognizedPhrases": [{"offsetInTicks": 22000000.0, "nBest": [{"speaker": 1, "display": "In."}]}]}',
)
