"""Speaks an episode of the demo archive, and writes down when every sentence began.

    python -m bench.speak data/transcripts/SHOW/EPISODE...

Reads an episode as an ingest does, says it with espeak-ng, a voice for each speaker (`voices.toml`), and leaves
``<slug>.opus`` and ``<slug>.truth.jsonl`` beside the transcript. Then the times the episode states - stamps, cues,
chapters, duration - are rewritten to those that were spoken (`bench.restate`), so that the sound is the truth for
all of them. The same words give the same bytes. Needs the packages espeak-ng and opus-tools.
"""

from __future__ import annotations

import argparse
import ctypes
import json
import re
import shutil
import subprocess
import sys
import tomllib
from bisect import bisect_right
from collections.abc import Iterator
from ctypes.util import find_library
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ingest.folders import find
from ingest.pipeline import Prepared, prepare
from ingest.sources import Source

Samples = NDArray[np.int16]

VOICES = Path(__file__).with_name("voices.toml")
RATE = 22_050
KILOBITS = 14
"""A second, for about a megabyte in ten minutes."""

PAUSE, PARAGRAPH_PAUSE, TURN_PAUSE = 0.3, 0.5, 0.55
LAUGH = 1.2
LEAST_BREAK = 8.0
"""Seconds between two sentences from which on something else is heard there."""

BREAK_STEP = 5.0
"""Breaks last as long as the transcript says, to so many seconds: it knows no better, and a second run agrees."""

LEAD, TAIL = 3.0, 5.0

_NOTE = re.compile(r"\[[^\]]*\]")
_PLAIN = str.maketrans({"’": "'", "‘": "'", "“": '"', "”": '"', "–": "-", "—": "-", "…": ","})


class Voice:
    """espeak-ng in this process: unlike its command line, it says at which sample every word begins."""

    SYNCHRONOUS, POSITION_CHARACTER, UTF8 = 2, 1, 1
    SPEED, PITCH = 1, 3
    LIST_TERMINATED, WORD = 0, 1

    class _Event(ctypes.Structure):
        _fields_ = (
            ("type", ctypes.c_int),
            ("unique_identifier", ctypes.c_uint),
            ("text_position", ctypes.c_int),
            ("length", ctypes.c_int),
            ("audio_position", ctypes.c_int),
            ("sample", ctypes.c_int),
            ("user_data", ctypes.c_void_p),
            ("id", ctypes.c_char * 8),
        )

    def __init__(self) -> None:
        library = find_library("espeak-ng") or ""
        if not library or not shutil.which("opusenc"):
            sys.exit("espeak-ng or opusenc is missing; apt-get install espeak-ng opus-tools")
        self._espeak = ctypes.CDLL(library)
        rate = self._espeak.espeak_Initialize(self.SYNCHRONOUS, 0, None, 0)
        if rate != RATE:
            sys.exit(f"espeak-ng speaks at {rate} Hz, not at {RATE}; install its data with apt-get install espeak-ng")
        self._heard: list[Samples] = []
        self._words: list[tuple[int, int]] = []
        kind = ctypes.CFUNCTYPE(ctypes.c_int, ctypes.POINTER(ctypes.c_short), ctypes.c_int, ctypes.POINTER(self._Event))
        self._callback = kind(self._hear)
        self._espeak.espeak_SetSynthCallback(self._callback)

    def say(self, words: str, voice: str, pitch: int, speed: int) -> tuple[Samples, list[tuple[int, float]]]:
        """The sound of ``words``, silence around it cut off, and for each word its offset and its second."""
        self._heard, self._words = [], []
        if self._espeak.espeak_SetVoiceByName(voice.encode()):
            sys.exit(f"espeak-ng has no voice {voice}; see espeak-ng --voices")
        self._espeak.espeak_SetParameter(self.PITCH, pitch, 0)
        self._espeak.espeak_SetParameter(self.SPEED, speed, 0)
        text = words.encode()
        self._espeak.espeak_Synth(text, len(text) + 1, 0, self.POSITION_CHARACTER, 0, self.UTF8, None, None)
        sound = np.concatenate(self._heard) if self._heard else np.zeros(0, np.int16)
        loud = np.flatnonzero(np.abs(sound.astype(np.int32)) > 200)
        if not len(loud):
            return np.zeros(0, np.int16), []
        first, last = int(loud[0]), int(loud[-1]) + 1
        return sound[first:last], [(at, max(0, sample - first) / RATE) for at, sample in self._words]

    def _hear(self, samples: Any, count: int, events: Any) -> int:
        if samples and count:
            self._heard.append(np.ctypeslib.as_array(samples, (count,)).copy())
        number = 0
        while events[number].type != self.LIST_TERMINATED:
            if events[number].type == self.WORD:
                self._words.append((events[number].text_position - 1, events[number].sample))
            number += 1
        return 0


@dataclass
class Recording:
    """An episode as it was spoken. ``marks`` are offsets in the transcript with their seconds, in order.

    ``sentences`` are when each begins and ends, ``before`` when it did as the files have it; ``gaps`` are the breaks,
    as they were and as they are.
    """

    before: list[tuple[float, float]]

    sound: list[Samples] = field(default_factory=list)
    length: int = 0
    marks: list[tuple[int, float]] = field(default_factory=list)
    sentences: list[tuple[float, float]] = field(default_factory=list)
    gaps: list[tuple[tuple[float, float], tuple[float, float]]] = field(default_factory=list)

    @property
    def seconds(self) -> float:
        return self.length / RATE

    def add(self, samples: Samples) -> None:
        self.sound.append(samples)
        self.length += len(samples)

    def rest(self, seconds: float) -> None:
        self.add(np.zeros(round(seconds * RATE), np.int16))

    def interlude(self, stated: tuple[float, float], seconds: float) -> None:
        """Something to listen to where the transcript says nothing."""
        began = self.seconds
        self.add(tune(seconds))
        self.gaps.append((stated, (began, self.seconds)))

    def at(self, offset: int) -> float:
        """When the word at ``offset`` of the transcript is said; between two known words by their letters."""
        index = bisect_right(self.marks, (offset, float("inf"))) - 1
        before, began = self.marks[max(index, 0)]
        if before >= offset or index + 1 >= len(self.marks):
            return began
        after, ended = self.marks[index + 1]
        return began + (ended - began) * (offset - before) / (after - before)


def tune(seconds: float) -> Samples:
    """A few plucked notes, round and round, with a moment of quiet at both ends."""
    count = round(seconds * RATE)
    sound = np.zeros(count)
    for number, begins in enumerate(np.arange(0.5, seconds - 1.5, 0.6)):
        note = (0, 7, 12, 16, 14, 7, 9, 4)[number % 8] - (5 if number // 8 % 2 else 0)
        first = round(float(begins) * RATE)
        time = np.arange(min(round(1.2 * RATE), count - first)) / RATE
        wave = np.sin(2 * np.pi * 220 * 2 ** (note / 12) * time) * np.exp(-4 * time) * np.minimum(time * 200, 1)
        sound[first : first + len(time)] += wave * np.linspace(1, 0, len(time))
    return (sound * 3500).astype(np.int16)


def spoken_before(prepared: Prepared, truth: Path) -> list[tuple[float, float]]:
    """When sentences begin and end by the files as they are: exactly where the same words were spoken before."""
    sentences = prepared.transcript.sentences
    times = [(each.time.start or 0.0, each.time.end or 0.0) for each in sentences]
    lines = [json.loads(line) for line in truth.read_text("utf-8").splitlines()] if truth.is_file() else []
    if [line["text"] for line in lines] != [prepared.transcript.said(each.span) for each in sentences]:
        return times
    return [(line["start"], line["end"]) for line in lines]


def record(prepared: Prepared, before: list[tuple[float, float]], voice: Voice) -> Recording:
    """Say every sentence of an episode, with the breaks it states."""
    voices = tomllib.loads(VOICES.read_text("utf-8"))
    transcript, recording = prepared.transcript, Recording(before)
    speakers = [(turn.span[0], turn.speaker or "") for turn in transcript.turns]
    recording.interlude((0.0, before[0][0]), max(LEAD, to_step(before[0][0])))
    for number, sentence in enumerate(transcript.sentences):
        first, last = sentence.span
        if number:
            _pause(prepared, number, recording)
        speaker = speakers[bisect_right(speakers, (first, "\U0010ffff")) - 1][1]
        if speaker not in voices:
            sys.exit(f"{prepared.episode.id}: {speaker!r} has no voice; add a line to {VOICES.name}")
        said = transcript.said((first, last)).translate(_PLAIN)
        words = _NOTE.sub(lambda note: " " * len(note.group()), said)
        began = recording.seconds
        recording.marks.append((first, began))
        sound, marks = voice.say(words, **voices[speaker]) if words.strip(" .") else (np.zeros(0, np.int16), [])
        recording.add(sound)
        recording.marks += [(first + at, began + second) for at, second in marks if at > 0]
        if len(words) - len(words.strip()) > 1 or not len(sound):
            recording.rest(LAUGH)
        recording.sentences.append((began, recording.seconds))
    recording.interlude((before[-1][1], float("inf")), TAIL + 1 - (recording.seconds + TAIL) % 1)
    return recording


def _pause(prepared: Prepared, number: int, recording: Recording) -> None:
    """What is heard before a sentence: a break, or a breath."""
    transcript = prepared.transcript
    last, first = transcript.sentences[number - 1].span[1], transcript.sentences[number].span[0]
    ended, begins = recording.before[number - 1][1], recording.before[number][0]
    if begins - ended >= LEAST_BREAK or any(last <= each.at <= first for each in transcript.breaks):
        recording.interlude((ended, begins), max(BREAK_STEP, to_step(begins - ended)))
        return
    between = transcript.said((last, first))
    recording.rest({0: PAUSE, 1: PARAGRAPH_PAUSE}.get(between.count("\n"), TURN_PAUSE))


def to_step(seconds: float) -> float:
    return round(seconds / BREAK_STEP) * BREAK_STEP


def encode(recording: Recording, prepared: Prepared, path: Path) -> None:
    """One Ogg Opus file, the same bytes each time: the stream's number is fixed."""
    episode = prepared.episode
    told = [f"--title={episode.title}", f"--artist={episode.podcast_title}", "--serial=1", "--discard-comments"]
    raw = ["--raw", f"--raw-rate={RATE}", "--raw-chan=1", f"--bitrate={KILOBITS}", "--framesize=60", "--quiet"]
    data = np.concatenate(recording.sound).astype("<i2").tobytes()
    subprocess.run(["opusenc", *raw, *told, "-", str(path)], input=data, check=True)


def truth(recording: Recording, prepared: Prepared) -> Iterator[str]:
    """A line for each sentence: when it began and ended, who said it, what."""
    transcript = prepared.transcript
    turns = [(turn.span[0], turn.speaker) for turn in transcript.turns]
    starts = [start for start, _ in turns]
    for sentence, (start, end) in zip(transcript.sentences, recording.sentences, strict=True):
        speaker = turns[bisect_right(starts, sentence.span[0]) - 1][1]
        times = {"start": round(start, 3), "end": round(end, 3)}
        said = times | {"speaker": speaker, "text": transcript.said(sentence.span)}
        yield json.dumps(said, ensure_ascii=False) + "\n"


def main() -> None:
    from bench.restate import restate

    options = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    options.add_argument("episodes", type=Path, nargs="+", metavar="EPISODE", help="a folder of one episode")
    voice = Voice()
    for source in find(options.parse_args().episodes):
        if not isinstance(source, Source):
            raise source.error
        prepared = prepare(source)
        folder = source.files[0].parent
        path = folder / f"{folder.name}.opus"
        facts = path.with_suffix(".truth.jsonl")
        recording = record(prepared, spoken_before(prepared, facts), voice)
        encode(recording, prepared, path)
        facts.write_text("".join(truth(recording, prepared)), "utf-8")
        restate(source, prepared, recording)
        print(f"{path}: {recording.seconds / 60:.1f} minutes, {path.stat().st_size / 1e6:.2f} MB")


if __name__ == "__main__":
    main()
