"""What Whisper and its relatives write as JSON.

openai-whisper, faster-whisper, whisper-timestamped and WhisperX have ``segments`` with seconds, and perhaps ``words``
(called ``word`` or ``text``; those that could not be aligned have no times); whisper.cpp has ``transcription`` with
``offsets`` in milliseconds; OpenAI's service may answer with ``words`` alone, without marks; the Transformers pipeline
has ``chunks`` with a ``timestamp`` of two. A diarizer's SPEAKER_00 stays who it is: nobody knows his name yet.

Whisper hears words in silence and music, and says them over and over. Such places are reported, never deleted.
"""

from __future__ import annotations

import re
import zlib
from collections.abc import Callable, Iterator
from dataclasses import replace
from itertools import groupby, islice

from ingest.documents import OUTLINED, Document, Item, outline, read_json
from ingest.entries import time_of
from ingest.formats import Format
from ingest.reading import Facts, Problem, Reading
from ingest.scribe import Scribe
from ingest.utterances import Utterance, by_sentence, commonest, is_word_by_word, join, labelled, take_down
from ingest.values import milliseconds, one_line, seconds
from playhead.errors import TranscriptError
from playhead.text import words as words_of

_SHAPES = (
    {"segments[].start", "segments[].text"},
    {"transcription[].offsets", "transcription[].text"},
    {"chunks[].timestamp", "chunks[].text"},
    {"[].start", "[].end", "[].text"},
    {"text", "words[].word", "words[].start", "words[].end"},
)
_LISTS = ("segments", "transcription", "chunks", "", "words")
_BEFORE_SEGMENTS = frozenset(["text", "language", "task", "duration"])
_LANGUAGE = re.compile(r"[a-z]{2,3}(?:-[A-Za-z]{2,4})?")

LOOP = 4
"""The same words so many times in a row are a loop."""
LONGEST_LOOP = 2000
"""Characters of a segment that are compared; Whisper's own are of thirty seconds at most."""
# The limits by which Whisper itself judges what it decoded (openai-whisper, transcribe.py).
COMPRESSED = 2.4
NO_SPEECH = 0.6
UNSURE = -1.0
PHANTOMS = frozenset(
    [
        "subtitles by the amara org community",
        "subtitles by steamteamextra",
        "thanks for watching",
        "thank you for watching",
        "transcription by castingwords",
    ]
)
"""What Whisper says most often where nobody speaks: the ends of the videos it was trained on."""


def looks_like(head: str) -> bool:
    """JSON whose entries have times and a text as these programs write them; a long ``text`` may stand before them."""
    keys = outline(head)
    if keys & {"vtt", "segments[].body", "[].start_ms", "[].voice"}:
        return False
    is_cut_off = len(head) >= OUTLINED
    return any(shape <= keys for shape in _SHAPES) or (is_cut_off and "text" in keys and keys <= _BEFORE_SEGMENTS)


def parse(text: str) -> Reading:
    """Read the segments, sentence by sentence where their words are timed. Doubtful ones become a Problem."""
    document = read_json(text)
    name = next((each for each in _LISTS if each in document.lists), None)
    if name is None:
        raise TranscriptError('there are no "segments" in it; have the transcript written with them')
    problems: list[Problem] = []
    said: list[Utterance] = []
    finely: list[Utterance] = []
    for place, item in enumerate(document.lists[name], 1):
        segment = item.value if isinstance(item.value, dict) else {}
        utterance = _utterance(document, item, segment, problems)
        if utterance is None:
            problems.append(Problem(f"segment {place} has no text", document.line(item, "start")))
            continue
        said.append(utterance)
        finely.extend(_sentences(utterance, segment))
        problems.extend(_doubts(utterance, segment))
    problems.extend(_loops(said))
    if name == "words":
        finely = _punctuated(finely, document.values.get("text"))
    if is_word_by_word(finely):
        finely = [join(group) for group in by_sentence(_glued(finely))]
    scribe = Scribe()
    take_down(finely, scribe)
    language = one_line(document.values.get("language"))
    facts = Facts(
        duration=seconds(document.values.get("duration")) or None,
        language=language if language and _LANGUAGE.fullmatch(language) else None,
    )
    return Reading("whisper", scribe.transcript(), facts=facts, problems=tuple(problems))


def _utterance(document: Document, item: Item, segment: dict[str, object], problems: list[Problem]) -> Utterance | None:
    words = segment.get("text", segment.get("word"))
    if not isinstance(words, str):
        return None
    key, stated, read = _times(segment)
    line = document.line(item, key)
    start, end = (time_of(each, line, problems, read) for each in stated)
    return Utterance(words, start, end, _speaker(segment), line, item.span)


def _times(segment: dict[str, object]) -> tuple[str, tuple[object, object], Callable[[object], float | None]]:
    """Where the times are, the times as they are written, and how they are read."""
    match segment:
        case {"offsets": {"from": start, "to": end}}:
            return "offsets", (start, end), milliseconds
        case {"timestamp": [start, end]}:
            return "timestamp", (start, end), seconds
        case _:
            return "start", (segment.get("start"), segment.get("end")), seconds


def _speaker(segment: dict[str, object]) -> str | None:
    """A label as given; whisper.cpp counts its two channels and writes "?" where it cannot tell."""
    label = labelled(segment.get("speaker"))
    return None if label == "?" else label


def _sentences(whole: Utterance, segment: dict[str, object]) -> Iterator[Utterance]:
    """A segment by its sentences where it lists its words, and they are all there; else the whole."""
    listed = segment.get("words")
    words = [each for each in listed if isinstance(each, dict)] if isinstance(listed, list) else []
    texts = [word for each in words if isinstance(word := each.get("word", each.get("text")), str)]
    if not texts or len(texts) != len(words) or "".join("".join(texts).split()) != "".join(whole.words.split()):
        yield whole
        return
    timed = [
        Utterance(text, seconds(each.get("start")), seconds(each.get("end")), None, whole.line, whole.raw)
        for text, each in zip(texts, words, strict=True)
    ]
    speakers = iter([one_line(each.get("speaker")) for each in words])
    characters = (place for place, character in enumerate(whole.words) if not character.isspace())
    for place, group in enumerate(by_sentence(timed)):
        # As the text has it: words alone do not tell where spaces are left out.
        spelled = list(islice(characters, sum(len("".join(each.words.split())) for each in group)))
        sentence = replace(join(group), words=whole.words[spelled[0] : spelled[-1] + 1] if spelled else "")
        # One word of a sentence in another voice is the diarizer's doubt, and no change of speaker.
        speaker = commonest(islice(speakers, len(group))) or whole.speaker
        start = whole.start if sentence.start is None and not place else sentence.start
        yield replace(sentence, speaker=speaker, start=start)


def _punctuated(said: list[Utterance], text: object) -> list[Utterance]:
    """Words without marks, as OpenAI's service lists them where no segments are asked for, with those of the text."""
    written = text.split() if isinstance(text, str) else []
    if [words_of(each) for each in written] != [words_of(each.words) for each in said]:
        return said
    return [replace(each, words=words) for each, words in zip(said, written, strict=True)]


def _glued(said: list[Utterance]) -> list[Utterance]:
    """Words of pieces, as whisper.cpp cuts them with ``-ml 1``: where words bring a space, those without go on."""
    if 2 * sum(each.words.startswith(" ") for each in said) < len(said):
        return said
    words: list[list[Utterance]] = []
    for each in said:
        if words and each.words[:1].strip() and each.speaker == words[-1][0].speaker:
            words[-1].append(each)
        else:
            words.append([each])
    return [replace(join(pieces), words="".join(each.words for each in pieces)) for pieces in words]


def _doubts(said: Utterance, segment: dict[str, object]) -> Iterator[Problem]:
    """What speaks against a segment, by the limits of Whisper itself."""
    written = said.words.encode("utf-8", "replace")
    silence, certainty = segment.get("no_speech_prob"), segment.get("avg_logprob")
    if " ".join(words_of(said.words[:LONGEST_LOOP])) in PHANTOMS:
        yield Problem(f"nobody may have said this, Whisper hears it in silence: {_start_of(said)}", said.line)
    elif len(written) > COMPRESSED * len(zlib.compress(written)):
        yield Problem(f"this goes round in circles, as Whisper does in music: {_start_of(said)}", said.line)
    elif _above(silence, NO_SPEECH) and certainty is not None and not _above(certainty, UNSURE):
        yield Problem(f"Whisper itself doubts that anybody speaks here: {_start_of(said)}", said.line)


def _loops(said: list[Utterance]) -> Iterator[Problem]:
    """The same words many times in a row."""
    for words, run in groupby(said, key=lambda each: words_of(each.words[:LONGEST_LOOP])):
        same = list(run)
        if words and len(same) >= LOOP:
            message = f"the same words {len(same)} times in a row, as Whisper hears in silence: {_start_of(same[0])}"
            yield Problem(message, same[0].line)


def _above(value: object, limit: float) -> bool:
    return isinstance(value, int | float) and value > limit


def _start_of(said: Utterance) -> str:
    return said.words.strip()[:60]


FORMAT = Format(
    name="whisper",
    title="JSON of Whisper, WhisperX or whisper.cpp",
    suffixes=(".json",),
    looks_like=looks_like,
    parse=parse,
    example='{"language": "en", "segments": [{"start": 14.2, "end": 20.1, "text": " In."}]}',
)
