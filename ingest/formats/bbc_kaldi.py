"""What Kaldi writes at the BBC: ``words`` in seconds, as heard and with ``punct``, and a ``segmentation`` by speakers.

An answer of the BBC's service has both inside ``retval``. A segment says when it begins and how long it lasts; which
words are in it follows from their start. See https://github.com/bbc/react-transcript-editor, ``stt-adapters``.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import replace

from ingest.documents import Item, outline, read_json
from ingest.entries import Keys, utterances
from ingest.formats import Format
from ingest.reading import Problem, Reading
from ingest.scribe import Scribe
from ingest.utterances import by_sentence, join, labelled, take_down, who_speaks
from ingest.values import seconds
from playhead.errors import TranscriptError

_WORD = Keys(words=("punct", "word"), start=("start",), end=("end",))
_SHAPES = frozenset(f"{outer}{key}" for outer in ("", "retval.") for key in ("words[].punct", "segmentation.segments"))


def looks_like(head: str) -> bool:
    """JSON whose words have a ``punct``, or with a segmentation."""
    keys = outline(head)
    return not keys.isdisjoint(_SHAPES) or {"retval", "retval.punct"} <= keys


def parse(text: str) -> Reading:
    """Read the words, sentence by sentence. Raises TranscriptError where there are only segments, and no words."""
    document = read_json(text)
    answer = document.within("retval") if "retval" in document.values else document
    if not answer.lists.get("words"):
        raise TranscriptError('there are no "words" in it, only who speaks when; save the whole transcript of Kaldi')
    problems: list[Problem] = []
    speaker_at = who_speaks(_turns(answer.within("segmentation").lists.get("segments", [])))
    words = utterances(answer, answer.lists["words"], _WORD, problems)
    scribe = Scribe()
    take_down(map(join, by_sentence(replace(each, speaker=speaker_at(each.start)) for each in words)), scribe)
    return Reading("bbc_kaldi", scribe.transcript(), problems=tuple(problems))


def _turns(segments: Iterable[Item]) -> Iterator[tuple[float | None, str | None]]:
    for item in segments:
        match item.value:
            case {"start": start, "speaker": {"@id": speaker}}:
                yield seconds(start), labelled(speaker)


FORMAT = Format(
    name="bbc_kaldi",
    title="JSON of the BBC's Kaldi",
    suffixes=(".json",),
    looks_like=looks_like,
    parse=parse,
    example='{"words": [{"start": 2.2, "end": 2.5, "word": "in", "punct": "in."}], "segmentation": {"segments": []}}',
)
