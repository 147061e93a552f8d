"""One conversation, as every vendor would write it down: the same words, voices and seconds come out."""

from __future__ import annotations

import json
from collections.abc import Callable
from itertools import groupby
from operator import itemgetter
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ingest.formats import read, recognise
from playhead.errors import TranscriptError

Word = tuple[int, str, int, int]
"""Who (0 or 1), what, and from when to when in milliseconds."""


@st.composite
def conversations(draw: st.DrawFn) -> list[Word]:
    """Words that follow each other; the last of a voice ends a sentence."""
    said: list[Word] = []
    clock = draw(st.integers(0, 4_000_000))
    voice = draw(st.integers(0, 1))
    for length in draw(st.lists(st.integers(1, 6), min_size=1, max_size=6)):
        for place in range(length):
            clock += draw(st.integers(0, 3000))
            lasts = draw(st.integers(10, 900))
            word = draw(st.sampled_from(["tide", "Bell", "low", "harbour", "été"]))
            ends = place + 1 == length or draw(st.booleans())
            said.append((voice, f"{word}." if ends else word, clock, clock + lasts))
            clock += lasts
        voice = 1 - voice
    return said


def sentences(said: list[Word]) -> list[list[Word]]:
    found: list[list[Word]] = [[]]
    for word in said:
        found[-1].append(word)
        if word[1].endswith("."):
            found.append([])
    return found[:-1]


def turns(said: list[Word]) -> list[tuple[int, list[Word]]]:
    return [(voice, list(words)) for voice, words in groupby(said, key=itemgetter(0))]


def as_deepgram(said: list[Word]) -> Any:
    words = [
        {"word": word.strip("."), "punctuated_word": word, "start": start / 1000, "end": end / 1000, "speaker": voice}
        for voice, word, start, end in said
    ]
    return {"results": {"channels": [{"alternatives": [{"transcript": "", "words": words}]}]}}


def as_assemblyai(said: list[Word]) -> Any:
    def written(word: Word) -> dict[str, Any]:
        return {"text": word[1], "start": word[2], "end": word[3], "confidence": 1, "speaker": "AB"[word[0]]}

    return {
        "id": "x",
        "status": "completed",
        "audio_url": "https://example.org",
        "utterances": [
            {**written(words[0]), "text": "", "words": [written(word) for word in words]} for _, words in turns(said)
        ],
    }


def as_amazon(said: list[Word]) -> Any:
    items: list[dict[str, Any]] = []
    for voice, word, start, end in said:
        times = {"start_time": str(start / 1000), "end_time": str(end / 1000), "speaker_label": f"spk_{voice}"}
        items.append({"type": "pronunciation", "alternatives": [{"content": word.strip(".")}], **times})
        if word.endswith("."):
            items.append({"type": "punctuation", "alternatives": [{"content": "."}]})
    return {"results": {"transcripts": [{"transcript": ""}], "items": items}}


def as_rev(said: list[Word]) -> Any:
    monologues = []
    for voice, words in turns(said):
        elements: list[dict[str, Any]] = []
        for place, (_, word, start, end) in enumerate(words):
            elements += [{"type": "punct", "value": " "}] * bool(place)
            elements.append({"type": "text", "value": word.strip("."), "ts": start / 1000, "end_ts": end / 1000})
            elements += [{"type": "punct", "value": "."}] * word.endswith(".")
        monologues.append({"speaker": voice, "elements": elements})
    return {"monologues": monologues}


def as_google(said: list[Word]) -> Any:
    """Every sentence a result without voices, and at last all of them once more with voices."""

    def written(word: Word) -> dict[str, Any]:
        return {"word": word[1], "startTime": f"{word[2] / 1000:.3f}s", "endTime": f"{word[3] / 1000:.3f}s"}

    results = [[written(word) for word in sentence] for sentence in sentences(said)]
    results.append([{**written(word), "speakerTag": word[0]} for word in said])
    return {"results": [{"alternatives": [{"words": words}]} for words in results]}


def as_podlove(said: list[Word]) -> Any:
    return [
        {
            "start": "00:00:00",
            "start_ms": words[0][2],
            "end_ms": words[-1][3],
            "speaker": str(words[0][0]),
            "text": " ".join(word[1] for word in words),
        }
        for words in sentences(said)
    ]


def as_speechmatics(said: list[Word]) -> Any:
    results: list[dict[str, Any]] = []
    for voice, word, start, end in said:
        times = {"start_time": start / 1000, "end_time": end / 1000}
        best = {"confidence": 1.0, "speaker": f"S{voice}"}
        results.append({"type": "word", "alternatives": [{"content": word.strip("."), **best}], **times})
        if word.endswith("."):
            mark = {"type": "punctuation", "attaches_to": "previous", "start_time": end / 1000, "end_time": end / 1000}
            results.append({**mark, "is_eos": True, "alternatives": [{"content": ".", **best}]})
    return {"format": "2.9", "results": results}


def as_old_speechmatics(said: list[Word]) -> Any:
    def written(name: str, start: int, end: int) -> dict[str, Any]:
        return {"name": name, "time": str(start / 1000), "duration": str((end - start) / 1000), "confidence": None}

    words: list[dict[str, Any]] = []
    for _, word, start, end in said:
        words.append(written(word.strip("."), start, end))
        words += [written(".", end, end)] * word.endswith(".")
    speakers = [written(f"S{voice}", spoken[0][2], spoken[-1][3]) for voice, spoken in turns(said)]
    return {"job": {"lang": "en"}, "speakers": speakers, "words": words, "format": "1.0"}


def as_ibm(said: list[Word]) -> Any:
    """Every sentence a result, and the whole answer inside that of a job."""
    labels = [{"from": start / 1000, "to": end / 1000, "speaker": voice} for voice, _, start, end in said]
    results = [
        {
            "final": True,
            "alternatives": [
                {
                    "transcript": " ".join(word[1] for word in sentence),
                    "timestamps": [[word, start / 1000, end / 1000] for _, word, start, end in sentence],
                }
            ],
        }
        for sentence in sentences(said)
    ]
    interim = [{**results[0], "final": False}]
    return {"results": [{"result_index": 0, "speaker_labels": labels, "results": interim + results}]}


def as_kaldi(said: list[Word]) -> Any:
    words = [
        {"start": start / 1000, "end": end / 1000, "word": word.strip(".").lower(), "punct": word}
        for _, word, start, end in said
    ]
    segments = [
        {"@type": "Segment", "start": spoken[0][2] / 1000, "duration": 1, "speaker": {"@id": f"S{voice}"}}
        for voice, spoken in turns(said)
    ]
    return {"retval": {"status": True, "words": words, "segmentation": {"segments": segments}}}


def as_azure_batch(said: list[Word]) -> Any:
    """Every turn a phrase, its words as heard."""
    phrases = []
    for voice, spoken in turns(said):
        words = [
            {"word": word.strip(".").lower(), "offsetInTicks": start * 1e4, "durationInTicks": (end - start) * 1e4}
            for _, word, start, end in spoken
        ]
        best = {"display": " ".join(word[1] for word in spoken), "words": words}
        phrases.append({"recognitionStatus": "Success", "speaker": voice, "offset": "PT0S", "nBest": [best]})
    return {"durationInTicks": 1e7, "combinedRecognizedPhrases": [], "recognizedPhrases": phrases}


def as_azure_fast(said: list[Word]) -> Any:
    phrases = []
    for voice, spoken in turns(said):
        words = [
            {"text": word, "offsetMilliseconds": start, "durationMilliseconds": end - start}
            for _, word, start, end in spoken
        ]
        phrases.append({**words[0], "speaker": voice, "text": " ".join(word[1] for word in spoken), "words": words})
    return {"durationMilliseconds": 1, "combinedPhrases": [{"text": ""}], "phrases": phrases}


VENDORS: dict[str, tuple[Callable[[list[Word]], Any], tuple[str, str]]] = {
    "deepgram": (as_deepgram, ("Speaker 0", "Speaker 1")),
    "assemblyai": (as_assemblyai, ("Speaker A", "Speaker B")),
    "aws_transcribe": (as_amazon, ("spk_0", "spk_1")),
    "revai": (as_rev, ("Speaker 0", "Speaker 1")),
    "google_stt": (as_google, ("Speaker 0", "Speaker 1")),
    "podlove_transcript": (as_podlove, ("Speaker 0", "Speaker 1")),
    "speechmatics": (as_speechmatics, ("S0", "S1")),
    "speechmatics 1": (as_old_speechmatics, ("S0", "S1")),
    "ibm_watson": (as_ibm, ("Speaker 0", "Speaker 1")),
    "bbc_kaldi": (as_kaldi, ("S0", "S1")),
    "azure_speech": (as_azure_batch, ("Speaker 0", "Speaker 1")),
    "azure_speech fast": (as_azure_fast, ("Speaker 0", "Speaker 1")),
}


@pytest.mark.parametrize("name", VENDORS)
@settings(max_examples=60, deadline=None)
@given(said=conversations(), indent=st.sampled_from([None, 2]))
def test_every_vendor_tells_the_same_conversation_with_the_same_seconds(
    name: str, said: list[Word], indent: int | None
) -> None:
    write, voices = VENDORS[name]
    reading = read(json.dumps(write(said), indent=indent, ensure_ascii=False), "said.json")
    transcript = reading.transcript
    assert reading.format == name.partition(" ")[0]
    assert reading.problems == ()
    assert transcript is not None
    assert [(turn.speaker, transcript.said(turn.span)) for turn in transcript.turns] == [
        (voices[voice], " ".join(word for _, word, _, _ in words)) for voice, words in turns(said)
    ]
    assert [(stamp.seconds, stamp.until) for stamp in transcript.stamps] == [
        (pytest.approx(sentence[0][2] / 1000), pytest.approx(sentence[-1][3] / 1000)) for sentence in sentences(said)
    ]


@given(st.lists(st.tuples(st.integers(1, 5000), st.integers(0, 9000)), min_size=1, max_size=20))
def test_a_caption_of_youtube_ends_where_the_next_begins(captions: list[tuple[int, int]]) -> None:
    clock = 0
    events: list[dict[str, Any]] = []
    for place, (gap, length) in enumerate(captions):
        clock += gap
        events.append({"tStartMs": clock, "dDurationMs": length, "segs": [{"utf8": f"word{place}"}]})
    transcript = read(json.dumps({"events": events}), "captions.json3").transcript
    assert transcript is not None
    assert transcript.text.split() == [f"word{place}" for place in range(len(captions))]
    starts = [stamp.seconds for stamp in transcript.stamps]
    assert starts == [pytest.approx(event["tStartMs"] / 1000) for event in events]
    for stamp, following in zip(transcript.stamps, starts[1:], strict=False):
        assert stamp.until is not None
        assert stamp.seconds <= stamp.until <= following


def test_a_job_that_is_not_done_says_so() -> None:
    job = '{"id": "x", "status": "queued", "audio_url": "https://example.org/x", "words": null}'
    with pytest.raises(TranscriptError, match=r'job\.json: AssemblyAI says that this is "queued"; save its answer'):
        read(job, "job.json")


@pytest.mark.parametrize(
    ("answer", "remedy"),
    [
        ('{"results": {"channels": []}}', 'has no "channels"; save the whole answer of Deepgram'),
        ('{"acoustic_model": "x"}', "save the whole answer of AssemblyAI"),
        ('{"results": {"transcripts": []}}', "save the whole file that Amazon Transcribe wrote"),
        ('{"monologues": null}', "save the whole answer of Rev.ai"),
        ('{"wireMagic": "pb3"}', "save the captions again as json3"),
        ('{"speakers": [{"name": "S1", "time": "1", "duration": "1"}]}', "save the whole answer of Speechmatics"),
        ('{"results": null, "result_index": 0}', 'save the answer of IBM Watson when its job is "completed"'),
        ('{"segmentation": {"segments": []}}', "only who speaks when; save the whole transcript of Kaldi"),
        ('{"combinedRecognizedPhrases": []}', "save the whole answer of Azure AI Speech"),
    ],
)
def test_an_answer_without_its_words_says_what_to_save(answer: str, remedy: str) -> None:
    with pytest.raises(TranscriptError, match=remedy):
        read(answer, "answer.json")


def test_chapters_of_a_transcript_are_no_file_of_chapters() -> None:
    text = '{"acoustic_model": "x", "chapters": null, "words": [{"text": "Tide.", "start": 1, "end": 2}]}'
    assert recognise(text, "answer.json").name == "assemblyai"
