"""How long words take to say: what fills the time between two stamps.

Weights are non-negative and were fitted on half of 1,231 published Changelog transcripts so that hidden stamps are
told best; paragraphs, commas, changes of speaker, hesitations and the length of a turn got weight 0 beside them. One
speaker's pace comes from the episode's own gaps; what is left over in a gap says nothing about the next one
(correlation .07), so pace is not smoothed along the episode.
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
from playhead.text import STOP_WORDS, word_spans

# Seconds for a syllable, each consonant beyond one a syllable, a word that is stressed, a digit over its syllable,
# and for capitals spelled out.
SYLLABLE = 0.2
CONSONANT = 0.036
STRESS = 0.023
DIGIT = 0.08
SPELLED = 0.37

# Seconds for what is written in brackets: laughter, words nobody understood, any other note.
LAUGH = 1.15
UNINTELLIGIBLE = 2.5
NOTE = 3.9

# Seconds for what stands between words: dashes and dots that trail off, the end of a question, a dot that is said.
DASH = 0.12
QUESTION = 0.09
DOT = 0.3

# Seconds of speech at the common pace that a speaker's own gaps must outweigh.
RIDGE = 80.0
FEWEST_GAPS = 3

_VOWELS = re.compile(r"[aeiouy]+")
_CONSONANT = re.compile(r"[^\W\d_aeiouy]")
_SILENT = re.compile(r"(?<=[^aeiouyl])e$|(?<=[^aeiouydt])ed$")
_PAUSE = re.compile(r"[–—…]|--|\.\.\.")
_SAID = re.compile(r"[./@_]|://")
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
        spelled = stop - start > 1 and text[start:stop].isupper()
        lengths.append(_pause(between) + _length(word, noted=between.endswith("["), spelled=spelled))
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


@lru_cache(maxsize=10_000)
def _pause(between: str) -> float:
    """Seconds for what stands between two words."""
    pause = DASH * len(_PAUSE.findall(between)) + (QUESTION if "?" in between else 0.0)
    return pause + (DOT if _SAID.fullmatch(between) else 0.0)


@lru_cache(maxsize=200_000)
def _length(word: str, *, noted: bool, spelled: bool) -> float:
    """Seconds ``word`` takes; ``noted`` words open a bracket: ``[laughs]``, ``[unintelligible]``."""
    if noted:
        return LAUGH if word.startswith("laugh") else UNINTELLIGIBLE if word == "unintelligible" else NOTE
    digits = len(_DIGIT.findall(word))
    syllables = max(1, len(_VOWELS.findall(_SILENT.sub("", word))) + digits)
    consonants = max(0, len(_CONSONANT.findall(word)) - syllables)
    stress = 0.0 if word in STOP_WORDS else STRESS
    return SYLLABLE * syllables + CONSONANT * consonants + DIGIT * digits + stress + (SPELLED if spelled else 0.0)
