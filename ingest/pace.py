"""How long words take to say: what fills the time between two stamps.

Weights are a non-negative robust fit on 15,918 break-free gaps of published Changelog transcripts; words,
sentences, commas and turns got weight 0 beside them. One speaker's pace comes from the episode's own gaps.
"""

from __future__ import annotations

import re
from bisect import bisect_left
from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from itertools import accumulate

import numpy as np
from numpy.typing import NDArray

from playhead.model import Transcript
from playhead.text import word_spans

SYLLABLE = 0.235
LAUGH = 1.92
UNINTELLIGIBLE = 1.64
PARAGRAPH = 0.14
DASH = 0.03

# Seconds of speech at the common pace that a speaker's own gaps must outweigh; fixed before it was measured.
RIDGE = 60.0
FEWEST_GAPS = 3

_VOWELS = re.compile(r"[aeiouy]+")
_SILENT = re.compile(r"(?<=[^aeiouyl])e$|(?<=[^aeiouydt])ed$")
_PAUSE = re.compile(r"[–—…]|--|\.\.\.")
_DIGIT = re.compile(r"\d")


@dataclass(frozen=True, slots=True)
class Speech:
    """A transcript as a row of words. ``said[i]`` is the seconds of speech before word ``i``; one more than words.

    ``starts`` are the words' offsets in the text, ``voices`` the number of each word's speaker.
    """

    starts: list[int]
    said: list[float]
    voices: NDArray[np.int64]

    def word_at(self, offset: int) -> int:
        """The first word at or after ``offset``."""
        return bisect_left(self.starts, offset)

    def between(self, first: int, last: int) -> float:
        """Seconds of speech from word ``first`` to word ``last``."""
        return self.said[last] - self.said[first]


Gap = tuple[int, int, float]
"""A stretch of speech without a break: its first word, the word after its last, and how long it really took."""


def listen(transcript: Transcript) -> Speech:
    """The words of ``transcript``, each with the time it is expected to take at the common pace."""
    text = transcript.text
    words = word_spans(text)
    lengths: list[float] = []
    end = 0
    for word, start, stop in words:
        between = text[end:start]
        pause = PARAGRAPH if "\n" in between else 0.0
        lengths.append(pause + DASH * len(_PAUSE.findall(between)) + _length(word, noted=between.endswith("[")))
        end = stop
    numbers: dict[str | None, int] = {}
    starts = [start for _, start, _ in words]
    voices = np.zeros(len(words), np.int64)
    for turn in transcript.turns:
        number = numbers.setdefault(turn.speaker, len(numbers))
        voices[bisect_left(starts, turn.span[0]) : bisect_left(starts, turn.span[1])] = number
    return Speech(starts, list(accumulate(lengths, initial=0.0)), voices)


def tune(speech: Speech, gaps: Sequence[Gap]) -> Speech:
    """``speech`` at its speakers' own pace: a ridge on the gaps, each weighted by one over its length.

    With fewer than three gaps the common pace stays: a fit would only hurt.
    """
    if len(gaps) < FEWEST_GAPS:
        return speech
    lengths = np.diff(speech.said)
    shares = np.zeros((len(gaps), int(speech.voices.max()) + 1))
    for row, (first, last, _) in zip(shares, gaps, strict=True):
        np.add.at(row, speech.voices[first:last], lengths[first:last])
    taken = np.array([seconds for _, _, seconds in gaps])
    weighted = shares / taken[:, None]
    system = weighted.T @ shares + RIDGE * np.eye(shares.shape[1])
    change = np.linalg.solve(system, weighted.T @ (taken - shares.sum(axis=1)))
    paced = lengths * np.maximum(1 + change, 0.3)[speech.voices]
    return replace(speech, said=[0.0, *np.cumsum(paced).tolist()])


@lru_cache(maxsize=200_000)
def _length(word: str, *, noted: bool) -> float:
    """Seconds ``word`` takes; ``noted`` words open a bracket: ``[laughs]``, ``[unintelligible]``."""
    if noted and word.startswith("laugh"):
        return LAUGH
    if noted and word == "unintelligible":
        return UNINTELLIGIBLE
    return SYLLABLE * max(1, len(_VOWELS.findall(_SILENT.sub("", word))) + len(_DIGIT.findall(word)))
