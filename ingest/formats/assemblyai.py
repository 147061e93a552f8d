"""What AssemblyAI answers: ``utterances`` by speaker, or ``words`` alone, in milliseconds.

Its ``sentences`` and ``paragraphs``, asked for one by one, look like utterances. ``utterances`` is null where no
speakers were asked for; the words may name them all the same. ``audio_duration`` is in seconds, everything else in
milliseconds. Chapters are the service's own summaries. ``audio_url`` is where the service fetched the sound, not where
listeners do, so it is left. See https://www.assemblyai.com/docs/api-reference/transcripts.
"""

from __future__ import annotations

from collections.abc import Iterator

from ingest.chapters import in_order, kind_of
from ingest.documents import Document, outline, read_json
from ingest.entries import Keys, stated, utterances
from ingest.formats import Format
from ingest.reading import Facts, Problem, Reading
from ingest.scribe import Scribe
from ingest.utterances import Utterance, by_sentence, join, take_down
from ingest.values import milliseconds, one_line, seconds
from playhead.errors import TranscriptError
from playhead.model import Chapter

_ENTRY = Keys(words=("text",), start=("start",), end=("end",), speaker=("speaker",), time=milliseconds)
_GROUPS = ("utterances", "sentences", "paragraphs")
_SHAPES = (
    {"acoustic_model"},
    {"audio_url", "status", "id"},
    {"id", "status", "text"},
    {"words[].text", "words[].start", "words[].confidence"},
    {"utterances[].text", "utterances[].start", "utterances[].confidence"},
    {"sentences[].text", "sentences[].start", "sentences[].confidence"},
    {"paragraphs[].text", "paragraphs[].start", "paragraphs[].confidence"},
)


def looks_like(head: str) -> bool:
    """JSON with the service's own members first, or with words or utterances that have a text and a confidence."""
    keys = outline(head)
    return any(shape <= keys for shape in _SHAPES)


def parse(text: str) -> Reading:
    """Read the words, sentence by sentence, by the speakers of the utterances. Raises for an unfinished job."""
    document = read_json(text)
    status = one_line(document.values.get("status"))
    if status and status != "completed":
        raise TranscriptError(f'AssemblyAI says that this is "{status}"; save its answer again when it is "completed"')
    if document.lists.keys().isdisjoint(("words", *_GROUPS)):
        raise TranscriptError('there are neither "words" nor "utterances" in it; save the whole answer of AssemblyAI')
    problems: list[Problem] = []
    scribe = Scribe()
    take_down(map(join, by_sentence(_words(document, problems))), scribe)
    stated_chapters = [item.value for item in document.lists.get("chapters", [])]
    chapters = in_order(((place, _chapter(each)) for place, each in enumerate(stated_chapters, 1)), problems)
    language = one_line(document.values.get("language_code"))
    facts = Facts(
        duration=seconds(document.values.get("audio_duration")),
        language=language.replace("_", "-") if language else None,
    )
    return Reading("assemblyai", scribe.transcript(), chapters, facts, tuple(problems))


def _words(document: Document, problems: list[Problem]) -> Iterator[Utterance]:
    said = next((document.lists[name] for name in _GROUPS if document.lists.get(name)), None)
    if said is None:
        yield from utterances(document, document.lists.get("words", []), _ENTRY, problems)
        return
    for item in said:
        words = document.opened(item).lists.get("words")
        speaker = next((each.speaker for each in utterances(document, [item], _ENTRY, [])), None)
        yield from utterances(document, words or [item], _ENTRY, problems, speaker)


def _chapter(stated_one: object) -> Chapter | None:
    if not isinstance(stated_one, dict):
        return None
    start = milliseconds(stated_one.get("start"))
    title = one_line(stated(stated_one, ("headline", "gist")))
    if start is None or title is None:
        return None
    return Chapter(
        number=0,
        title=title,
        start=start,
        end=milliseconds(stated_one.get("end")),
        kind=kind_of(title),
        source="assemblyai",
    )


FORMAT = Format(
    name="assemblyai",
    title="JSON of AssemblyAI",
    suffixes=(".json",),
    looks_like=looks_like,
    parse=parse,
    example='{"utterances": [{"speaker": "A", "start": 6000, "end": 6500, "text": "Not yet.", "confidence": 0.9}]}',
)
