"""What IBM Watson Speech to Text answers: ``results``, each with the words of its best alternative as lists of three.

A result ends where somebody pauses; there is no punctuation. Who speaks stands in ``speaker_labels``, by the second a
word begins. The answer to a job holds the whole answer once more inside ``results``. ``%HESITATION`` is no word.
See https://cloud.ibm.com/docs/speech-to-text?topic=speech-to-text-speaker-labels.
"""

from __future__ import annotations

from collections.abc import Iterator

from ingest.documents import Document, Item, outline, read_json
from ingest.entries import time_of
from ingest.formats import Format
from ingest.reading import Problem, Reading
from ingest.scribe import Scribe
from ingest.utterances import Utterance, by_sentence, join, labelled, take_down, who_speaks
from ingest.values import seconds
from playhead.errors import TranscriptError

HESITATION = "%HESITATION"
_SHAPES = frozenset(
    f"{outer}{key}"
    for outer in ("", "results[].")
    for key in ("result_index", "results[].alternatives[].timestamps", "speaker_labels[].from")
)


def looks_like(head: str) -> bool:
    """JSON with a ``result_index``, labels of speakers ``from`` a second, or alternatives with ``timestamps``."""
    keys = outline(head)
    return "results" in keys and not keys.isdisjoint(_SHAPES)


def parse(text: str) -> Reading:
    """Read the words, up to each pause. A result without times is a cue without a time of its own.

    Raises TranscriptError where there are no results, as in the answer to a job that is not done.
    """
    document = read_json(text)
    if "results" not in document.lists:
        raise TranscriptError('"results" is not a list; save the answer of IBM Watson when its job is "completed"')
    problems: list[Problem] = []
    scribe = Scribe()
    for answer in _answers(document):
        speaker_at = who_speaks(_turn(item) for item in answer.lists.get("speaker_labels", []))
        for place, result in enumerate(answer.lists["results"], 1):
            words = [
                Utterance(each.words, each.start, each.end, speaker_at(each.start), each.line, each.raw)
                for each in _words(answer, result, place, problems)
            ]
            take_down(map(join, by_sentence(words)), scribe)
    return Reading("ibm_watson", scribe.transcript(), problems=tuple(problems))


def _answers(document: Document) -> list[Document]:
    """The answer, or those that are the results of a job."""
    inner = [document.opened(item) for item in document.lists["results"]]
    return [each for each in inner if "results" in each.lists] or [document]


def _turn(item: Item) -> tuple[float | None, str | None]:
    label = item.value if isinstance(item.value, dict) else {}
    return seconds(label.get("from")), labelled(label.get("speaker"))


def _words(answer: Document, item: Item, place: int, problems: list[Problem]) -> Iterator[Utterance]:
    result = answer.opened(item)
    if result.values.get("final") is False:
        # Only what is final is not said once more.
        return
    for best in result.lists.get("alternatives", [])[:1]:
        alternative = result.opened(best)
        words = alternative.lists.get("timestamps", [])
        for word in words:
            match word.value:
                case [str(said), start, end, *_]:
                    if said != HESITATION:
                        line = alternative.line(word, said)
                        begins, ends = (time_of(each, line, problems) for each in (start, end))
                        yield Utterance(said, begins, ends, None, line, word.span)
                case _:
                    line = alternative.line(word, "")
                    problems.append(Problem(f"a word of result {place} is no list of a word and two seconds", line))
        transcript = alternative.values.get("transcript")
        if not words and isinstance(transcript, str):
            yield Utterance(transcript, None, None, None, result.line(best, "transcript"), best.span)
        return
    problems.append(Problem(f"result {place} has no alternatives", answer.line(item, "alternatives")))


FORMAT = Format(
    name="ibm_watson",
    title="JSON of IBM Watson Speech to Text",
    suffixes=(".json",),
    looks_like=looks_like,
    parse=parse,
    example='{"result_index": 0, "results": [{"alternatives": [{"transcript": "in", "timestamps": []}]}]}',
)
