"""Text as Playhead keeps it and as Playhead compares it: the one door every string comes in by."""

from __future__ import annotations

import re
import threading
import unicodedata
from functools import lru_cache
from typing import cast

import Stemmer

# Soft hyphens, zero-width and direction marks carry no speech; they hide words from a search and can
# make a line read differently from what it says (Unicode TR 36). Tag characters smuggle text to machines.
_INVISIBLE = re.compile("[\u00ad\u200b-\u200f\u202a-\u202e\u2060-\u2069\ufeff\U000e0000-\U000e007f]")
_CONTROL = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f]")
_SURROGATE = re.compile("[\ud800-\udfff]")
_SPACES = re.compile(r"[^\S\n]+")
_WORD = re.compile(r"[^\W_]+(?:['’][^\W_]+)*")

# The words of a question that say nothing about its subject.
STOP_WORDS = frozenset(
    (
        "a about an and are as at be been being but by can could did do does doing for from had has have having he "
        "her hers him his how i if in into is it its just me my of on or our ours out over shall she should so some "
        "such than that the their theirs them then there these they this those to too up us very was we were what "
        "when where which while who whom whose why will with would you your yours"
    ).split()
)


def clean(text: str) -> str:
    """``text`` in NFC, without control, invisible or half characters; spaces folded, line ends as ``\\n``."""
    text = text.replace("\r\n", "\n").replace("\r", "\n")
    text = _SURROGATE.sub("\ufffd", text)
    text = _CONTROL.sub("", _INVISIBLE.sub("", text))
    return unicodedata.normalize("NFC", _SPACES.sub(" ", text)).strip()


def words(text: str) -> list[str]:
    """The words of ``text`` as they are compared: case, accents and quote marks folded.

    >>> words("It’s Łukasz’s 3.13 free-threaded build")
    ["it's", "lukasz's", '3', '13', 'free', 'threaded', 'build']
    """
    return [fold(match.group()) for match in _WORD.finditer(text)]


def word_spans(text: str) -> list[tuple[str, int, int]]:
    """The words of ``text`` as they are compared, each with its span."""
    return [(fold(match.group()), match.start(), match.end()) for match in _WORD.finditer(text)]


@lru_cache(maxsize=2048)
def stem_spans(passage: str) -> tuple[tuple[str, int, int], ...]:
    """The stems of a passage, each with its word's span: kept, for a question looks at the same passages many times."""
    return tuple((stem(word), start, end) for word, start, end in word_spans(passage))


@lru_cache(maxsize=2048)
def stems(passage: str) -> frozenset[str]:
    """The stems of a passage, each once; kept, too."""
    return frozenset(each for each, _, _ in stem_spans(passage))


@lru_cache(maxsize=200_000)
def stem(word: str) -> str:
    """The English stem of a folded word: "releases" and "release" are one."""
    return cast(str, _stemmers.english.stemWord(word.removesuffix("'s")))


def says(text: str, phrase: str) -> bool:
    """Whether ``text`` has the words of ``phrase`` in a row, as words are compared.

    >>> says("It is: Free, as in beer.", "free as in Beer"), says("free beer", "free as in beer")
    (True, False)
    """
    return f" {' '.join(words(phrase))} " in f" {' '.join(words(text))} "


class _Stemmers(threading.local):
    """A stemmer keeps the word it is working on, so every thread has its own."""

    def __init__(self) -> None:
        self.english = Stemmer.Stemmer("english", 0)


_stemmers = _Stemmers()


def subject(text: str) -> list[str]:
    """The stems of the words that carry a question's subject, each once; all of them if every word is common."""
    every = words(text)
    telling = [word for word in every if word not in STOP_WORDS]
    return list(dict.fromkeys(stem(word) for word in telling or every))


@lru_cache(maxsize=200_000)
def fold(word: str) -> str:
    """``word`` in lower case without accents, with a plain apostrophe."""
    folded = unicodedata.normalize("NFKD", word.casefold().replace("’", "'").replace("ł", "l").replace("ø", "o"))
    return "".join(character for character in folded if not unicodedata.combining(character))


def slug(text: str, fallback: str = "untitled") -> str:
    """``text`` as a piece of a URL: lower-case ASCII letters, digits, single hyphens; at most 80 of them.

    >>> slug("The Changelog #611: Łukasz & Pablo!")
    'the-changelog-611-lukasz-pablo'
    """
    made = re.sub(r"[^a-z0-9]+", "-", fold(text)).strip("-")
    return made[:80].rstrip("-") or fallback
