"""What Deepgram answers: words in seconds, for every channel of the sound.

``punctuated_word`` is there where punctuation was asked for, ``speaker`` (a number from 0) where speakers were;
``utterances`` and ``paragraphs`` say the same words once more, and are optional, so the words are read.
See https://developers.deepgram.com/docs/pre-recorded-audio.
"""

from __future__ import annotations

from collections.abc import Iterator

from ingest.documents import Document, Item, outline, read_json
from ingest.entries import Keys, utterances
from ingest.formats import Format
from ingest.reading import Facts, Problem, Reading
from ingest.scribe import Scribe
from ingest.utterances import Utterance, by_sentence, in_order_of_time, join, take_down
from ingest.values import one_line, seconds
from playhead.errors import TranscriptError

_WORD = Keys(words=("punctuated_word", "word"), start=("start",), end=("end",), speaker=("speaker",))
_WHOLE = Keys(words=("transcript",), start=(), end=())


def looks_like(head: str) -> bool:
    """JSON whose ``results`` have ``channels``."""
    return "results.channels" in outline(head)


def parse(text: str) -> Reading:
    """Read the words of the best alternative, sentence by sentence; several channels become one conversation."""
    document = read_json(text)
    results = document.within("results")
    channels = results.lists.get("channels")
    if not channels:
        raise TranscriptError('"results" has no "channels"; save the whole answer of Deepgram')
    problems: list[Problem] = []
    several = len(channels) > 1
    said = [
        sentence
        for number, channel in enumerate(channels)
        for sentence in _sentences(results.opened(channel), f"Channel {number}" if several else None, problems)
    ]
    scribe = Scribe()
    take_down(in_order_of_time(said) if several else said, scribe)
    metadata = document.values.get("metadata")
    facts = Facts(
        duration=seconds(metadata.get("duration")) if isinstance(metadata, dict) else None,
        language=_language(channels[0]),
    )
    return Reading("deepgram", scribe.transcript(), facts=facts, problems=tuple(problems))


def _sentences(channel: Document, speaker: str | None, problems: list[Problem]) -> Iterator[Utterance]:
    for best in channel.lists.get("alternatives", [])[:1]:
        words = channel.opened(best).lists.get("words")
        said = utterances(channel, words or [best], _WORD if words else _WHOLE, problems, speaker)
        yield from map(join, by_sentence(said))


def _language(channel: Item) -> str | None:
    return one_line(channel.value.get("detected_language")) if isinstance(channel.value, dict) else None


FORMAT = Format(
    name="deepgram",
    title="JSON of Deepgram",
    suffixes=(".json",),
    looks_like=looks_like,
    parse=parse,
    example='{"results": {"channels": [{"alternatives": [{"words": [{"word": "in", "start": 2.2, "end": 2.5}]}]}]}}',
)
