"""What Google Speech-to-Text answers: ``results``, each with the words of its best alternative.

A time is ``"1.500s"``, or ``{"seconds": "1", "nanos": 500000000}`` where nought is left out; version 2 calls it
``startOffset``, and leaves it out where it is nought; clients in Python write ``start_time``. Where speakers were asked
for, only the last result knows them, and it says all words once more
(https://cloud.google.com/speech-to-text/docs/multiple-voices): then it is the only one that is read.
"""

from __future__ import annotations

import re
from dataclasses import replace

from ingest.documents import OUTLINED, Document, Item, outline, read_json
from ingest.entries import Keys, utterances
from ingest.formats import Format
from ingest.reading import Facts, Problem, Reading
from ingest.scribe import Scribe
from ingest.utterances import Utterance, by_sentence, in_order_of_time, join, take_down
from ingest.values import one_line, seconds
from playhead.errors import TranscriptError

LONGEST_WORD = 10.0
"""In seconds."""
_DURATION = re.compile(r"([0-9]{1,9}(?:\.[0-9]{1,9})?)s")
_SHAPES = frozenset(
    f"{outer}results[].{key}"
    for outer in ("", "response.")
    for key in ("alternatives[].words", "resultEndTime", "resultEndOffset", "result_end_time", "result_end_offset")
)
_BEFORE_WORDS = frozenset(["results", "results[].alternatives", "results[].alternatives[].transcript"])
_CONFIDENCE = frozenset(["results[].alternatives[].confidence"])
"""All that is seen of an answer whose first result is long."""


def looks_like(head: str) -> bool:
    """JSON whose ``results`` have alternatives with words, or an end; perhaps inside the ``response`` of a job."""
    keys = outline(head)
    return not keys.isdisjoint(_SHAPES) or (
        len(head) >= OUTLINED and _BEFORE_WORDS <= keys <= _BEFORE_WORDS | _CONFIDENCE
    )


def parse(text: str) -> Reading:
    """Read the words, sentence by sentence. A result without words is a cue without a time of its own."""
    document = read_json(text)
    answer = document if "results" in document.lists else document.within("response")
    if "results" not in answer.lists:
        raise TranscriptError('"results" is not a list; save the whole answer of Google Speech-to-Text')
    problems: list[Problem] = []
    results = [result for item in answer.lists["results"] if (result := _said(answer, item, problems))]
    channels = dict.fromkeys(_channel(item) for item in answer.lists["results"])
    if _says_all_again(results):
        results = results[-1:]
    sentences = [join(group) for words in results for group in by_sentence(words)]
    scribe = Scribe()
    take_down(in_order_of_time(sentences) if len(channels) > 1 else sentences, scribe)
    facts = Facts(language=next((each for item in answer.lists["results"] if (each := _language(item))), None))
    return Reading("google_stt", scribe.transcript(), facts=facts, problems=tuple(problems))


def _said(answer: Document, item: Item, problems: list[Problem]) -> list[Utterance]:
    result = answer.opened(item)
    for best in result.lists.get("alternatives", [])[:1]:
        words = result.opened(best).lists.get("words")
        said = list(utterances(result, words or [best], _WORD if words else _WHOLE, problems, _channel(item)))
        return [replace(said[0], start=0.0), *said[1:]] if words and said and _begins_all(words[0]) else said
    return []


def _begins_all(word: Item) -> bool:
    """Does the word begin at nought, which Google's JSON leaves out as it does every default?"""
    stated = word.value if isinstance(word.value, dict) else {}
    ends_soon = any((_time(stated.get(key)) or LONGEST_WORD) < LONGEST_WORD for key in _WORD.end)
    return ends_soon and not any(key in stated for key in _WORD.start)


def _says_all_again(results: list[list[Utterance]]) -> bool:
    """Does the last result begin where the first does, and say as many words as all the others?"""
    *others, last = results or [[]]
    if not others or last[0].start is None or last[0].start != others[0][0].start:
        return False
    return len(last) >= sum(map(len, others))


def _channel(item: Item) -> str | None:
    tag = item.value.get("channelTag") if isinstance(item.value, dict) else None
    return f"Channel {tag}" if isinstance(tag, int) and tag else None


def _language(item: Item) -> str | None:
    if not isinstance(item.value, dict):
        return None
    return one_line(item.value.get("languageCode", item.value.get("language_code")))


def _time(value: object) -> float | None:
    """A duration of Google's in seconds.

    >>> _time("1.500s"), _time({"seconds": "12", "nanos": 900000000}), _time({}), _time("soon"), _time(None)
    (1.5, 12.9, 0.0, None, None)
    """
    match value:
        case str():
            found = _DURATION.fullmatch(value)
            return seconds(float(found[1])) if found else None
        case dict():
            whole, nanos = _number(value.get("seconds", 0)), _number(value.get("nanos", 0))
            return None if whole is None or nanos is None else seconds(whole + nanos / 1e9)
        case _:
            return None


def _number(value: object) -> int | None:
    if isinstance(value, str) and re.fullmatch(r"[0-9]{1,9}", value):
        return int(value)
    return value if isinstance(value, int) and not isinstance(value, bool) else None


_WORD = Keys(
    words=("word",),
    start=("startTime", "startOffset", "start_time", "start_offset"),
    end=("endTime", "endOffset", "end_time", "end_offset"),
    speaker=("speakerLabel", "speakerTag", "speaker_label", "speaker_tag"),
    time=_time,
)
_WHOLE = Keys(words=("transcript",), start=(), end=())


FORMAT = Format(
    name="google_stt",
    title="JSON of Google Speech-to-Text",
    suffixes=(".json",),
    looks_like=looks_like,
    parse=parse,
    example='{"results": [{"alternatives": [{"words": [{"startTime": "2.2s", "endTime": "2.5s", "word": "in."}]}]}]}',
)
