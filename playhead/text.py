"""Text as Playhead keeps it and as Playhead compares it: the one door every string comes in by.

What an index holds, a question asks and a highlight marks is cut here, so that all three agree in every script:
docs/languages.md says how. Raise `ANALYSIS` with every change to what `plain` gives.
"""

from __future__ import annotations

import re
import threading
import unicodedata
from functools import lru_cache
from itertools import pairwise
from typing import cast

import Stemmer

# What is not seen and carries no speech: soft hyphens, zero-width and direction marks, fillers, characters that mark up
# others. They hide words from a search and can make a line read differently from what it says (Unicode TR 36); tag
# characters and selectors of variants smuggle whole sentences to machines.
_INVISIBLE = re.compile(
    "[\u00ad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180e\u200b-\u200f\u202a-\u202e\u2060-\u206f\u3164\ufe00-\ufe0d"
    "\ufeff\uffa0\ufff0-\ufffb\U0001bca0-\U0001bca3\U0001d173-\U0001d17a\U000e0000-\U000e0fff]"
)
# Text or picture is a question for symbols alone, and asked once: 1\ufe0f\u20e3.
_SELECTOR = re.compile(r"[\ufe0e\ufe0f](?<=[^\W\d].|[\ufe0e\ufe0f].)")
_CONTROL = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f]")
_STEERING = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u2028\u2029]")
_SURROGATE = re.compile("[\ud800-\udfff]")
_SPACES = re.compile(r"[^\S\n]+")

# Marks belong to the letter before them: \w alone breaks words of Hindi, Thai, and Hebrew with points.
_MARKS = "".join(
    chr(code)
    for first, last in ((0x300, 0x3100), (0xA600, 0xAC00), (0xFB1E, 0xFB1F), (0xFE00, 0xFE30))
    for code in range(first, last)
    if unicodedata.category(chr(code)).startswith("M")
)
# Scripts that part no words, or whose words carry what others write apart (Unicode blocks).
_HAN = (
    "\u3005-\u3007\u3040-\u30ff\u31f0-\u31ff\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\uff66-\uff9f\U00020000-\U0003134f"
)
_THAI = "\u0e01-\u0eff\u1000-\u109f\u1780-\u17ff"  # and Lao, Myanmar, Khmer
_HANGUL = "\u1100-\u11ff\u3130-\u318f\uac00-\ud7ff"
_LETTER = f"(?:(?![{_HAN}{_THAI}{_HANGUL}])[^\\W_][{_MARKS}]*)"

_BEYOND = re.compile(f"[{_MARKS}{_HAN}{_THAI}{_HANGUL}]")
_WORD = re.compile(r"[^\W_]+(?:['’][^\W_]+)*")
_WORD_OR_RUN = re.compile(f"(?P<run>(?:(?=[^\\W_])[{_HAN}{_THAI}{_HANGUL}][{_MARKS}]*)+)|{_LETTER}+(?:['’]{_LETTER}+)*")
_UNIT = re.compile(
    f"(?P<part>(?:(?=[^\\W_])[{_HAN}][{_MARKS}]*){{1,2}}|(?:(?=[^\\W_])[{_THAI}][{_MARKS}]*){{1,4}})"
    f"|(?:(?=[^\\W_])[{_HANGUL}][{_MARKS}]*)+|{_LETTER}+(?:['’]{_LETTER}+)*"
)
_RUN_OR_LETTERS = re.compile(f"(?:(?=[^\\W_])[{_HAN}{_THAI}{_HANGUL}][{_MARKS}]*)+|{_LETTER}+")
_CHARACTER = re.compile(f"[^{_MARKS}][{_MARKS}]*")
_NOT_ASCII = re.compile(r"[^\x00-\x7f]")
_TERM = re.compile(r"[^\W_]+")
_LATIN = str.maketrans(
    {"ł": "l", "ø": "o", "æ": "ae", "œ": "oe", "đ": "d", "ð": "d", "þ": "th", "ı": "i", "ħ": "h", "ŧ": "t", "’": "'"}
)
# й is a letter of its own, and Russian endings need it. Marks of Thai, Hindi and kana are part of the spelling.
_ACCENT = re.compile(
    "(?<!и)\u0306|[\u0300-\u0305\u0307-\u036f\u0591-\u05c7\u0640\u064b-\u065f\u0670"
    "\u1ab0-\u1aff\u1dc0-\u1dff\u20d0-\u20ff\ufe20-\ufe2f]"
)
_ELISION = re.compile("(?:[cdjlmnst]|qu)'(?=[aeiouyh])")
_SCRIPTS = (
    ("russian", "\u0400-\u052f"),
    ("greek", "\u0370-\u03ff"),
    ("arabic", "\u0600-\u06ff"),
    ("armenian", "\u0530-\u058f"),
    ("hindi", "\u0900-\u097f"),
    ("tamil", "\u0b80-\u0bff"),
)
_BY_SCRIPT = re.compile("|".join(f"(?P<{language}>[{block}])" for language, block in _SCRIPTS))

ANALYSIS = 3
"""Which way of cutting text an index of words was made by."""

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
    text = _SELECTOR.sub("", _CONTROL.sub("", _INVISIBLE.sub("", text)))
    return unicodedata.normalize("NFC", _SPACES.sub(" ", text)).strip()


def visible(text: str) -> str:
    """``text`` as a terminal may have it: what would steer the terminal, or not be seen, as its number.

    >>> visible("a name\\x1b[31m in red")
    'a name\\\\x1b[31m in red'
    """
    for unseen in (_STEERING, _INVISIBLE):
        text = unseen.sub(lambda found: found.group().encode("unicode_escape").decode(), text)
    return text


def words(text: str) -> list[str]:
    """The words of ``text`` as they are compared: case, accents and quote marks folded.

    >>> words("It’s Łukasz’s 3.13 free-threaded build")
    ["it's", "lukasz's", '3', '13', 'free', 'threaded', 'build']
    """
    return [word for word, _, _ in word_spans(text)]


def word_spans(text: str) -> list[tuple[str, int, int]]:
    """The words of ``text`` as they are compared, each with its span; where none are parted, each character.

    >>> word_spans("l’été à 東京")
    [("l'ete", 0, 5), ('a', 6, 7), ('東', 8, 9), ('京', 9, 10)]
    """
    if not _BEYOND.search(text):
        return [(fold(match.group()), match.start(), match.end()) for match in _WORD.finditer(text)]
    spans = [
        span
        for match in _WORD_OR_RUN.finditer(text)
        for span in (_characters(text, *match.span()) if match["run"] else [match.span()])
    ]
    return [(fold(text[start:end]), start, end) for start, end in spans]


def unit_starts(text: str) -> list[int]:
    """Where each word begins, as lengths are measured: two ideographs count as a word, and four letters of Thai."""
    pattern = _UNIT if _BEYOND.search(text) else _WORD
    return [match.start() for match in pattern.finditer(text)]


def breaks(token: str) -> list[int]:
    """Where ``token``, which has no space, may be cut: before every unit of a script that parts no words."""
    if not _BEYOND.search(token):
        return []
    return [match.start() for match in _UNIT.finditer(token) if match["part"] and match.start()]


class _Stems(dict[str, str]):
    """The stem of every word seen, as it stands in a text: looking one up is a tenth of the work of finding it."""

    def __missing__(self, word: str) -> str:
        if len(self) >= 200_000:
            self.clear()
        self[word] = found = stem(fold(word))
        return found


_stems = _Stems()


@lru_cache(maxsize=4096)
def said(passage: str) -> tuple[str, ...]:
    """The stems of a passage in their order: kept, for questions find the same passages again.

    >>> said("Slower builds, he said.")
    ('slower', 'build', 'he', 'said')
    """
    if passage.isascii() or not _BEYOND.search(passage):
        return tuple([_stems[word] for word in _WORD.findall(passage)])
    return tuple(each for each, _, _ in stem_spans(passage))


@lru_cache(maxsize=2048)
def stem_spans(passage: str) -> tuple[tuple[str, int, int], ...]:
    """The stems of a passage, each with its word's span; kept, too."""
    if passage.isascii() or not _BEYOND.search(passage):
        return tuple((_stems[match.group()], *match.span()) for match in _WORD.finditer(passage))
    return tuple(
        (stem(fold(passage[start:end])), start, end)
        for match in _WORD_OR_RUN.finditer(passage)
        for start, end in (_grams(_characters(passage, *match.span())) if match["run"] else [match.span()])
    )


@lru_cache(maxsize=4096)
def stems(passage: str) -> frozenset[str]:
    """The stems of a passage, each once; kept, too."""
    return frozenset(said(passage))


@lru_cache(maxsize=200_000)
def stem(word: str) -> str:
    """The stem of a folded word, by the rules of its script's largest language: "releases" and "release" are one.

    An article that French and its relatives write with an apostrophe goes: "l'ete" is "ete".
    """
    script = None if word.isascii() else _BY_SCRIPT.match(word)
    bare = _ELISION.sub("", word, count=1) if "'" in word and _ELISION.match(word) else word
    return _stemmers.stem(script.lastgroup or "" if script else "english", bare.removesuffix("'s"))


def asked_spans(question: str) -> list[tuple[str, int, int]]:
    """The words of a question that carry its subject, folded, each with its span; all if every word is common.

    What has no space in it is one, of any length.
    """
    spans = [(fold(match.group()), *match.span()) for match in _WORD_OR_RUN.finditer(question)]
    telling = [span for span in spans if span[0].partition("'")[0] not in STOP_WORDS]
    return telling or spans


def plain(text: str, *, asked: bool = False) -> tuple[str, list[str]]:
    """``text`` as far as an English analyzer can read it, and the terms of what it cannot.

    Words in Latin letters lose their accents. A run of a script that parts no words becomes its pairs of characters,
    and each single one, so that a question (``asked``) of one can find it.

    >>> plain("a café in 東京都")
    ('a cafe in  ', ['東', '東京', '京', '京都', '都'])
    >>> plain("東京都", asked=True)
    (' ', ['東京', '京都'])
    """
    if text.isascii():
        return text, []
    terms: list[str] = []

    def read(match: re.Match[str]) -> str:
        word = match.group()
        if word.isascii():
            return word
        if _BEYOND.search(word) and (run := _WORD_OR_RUN.fullmatch(word)) and run["run"]:
            spans = _characters(word, 0, len(word))
            pairs = [(first, last) for (first, _), (_, last) in pairwise(spans)]
            terms.extend(fold(word[first:last]) for first, last in ((pairs or spans) if asked else _grams(spans)))
            return " "
        folded = fold(word)
        if folded.isascii():
            return folded
        terms.append(stem(folded))
        return " "

    rest = (_RUN_OR_LETTERS if _BEYOND.search(text) else _TERM).sub(read, text)
    return _NOT_ASCII.sub(" ", rest), terms  # what is left of it are marks, and letters younger than Python's Unicode


def _characters(text: str, first: int, last: int) -> list[tuple[int, int]]:
    """The span of each character with its marks."""
    return [match.span() for match in _CHARACTER.finditer(text, first, last)]


def _grams(spans: list[tuple[int, int]]) -> list[tuple[int, int]]:
    """Each character and each pair of neighbours, in order of where they begin."""
    pairs = zip(spans, [*spans[1:], None], strict=True)
    return [gram for one, two in pairs for gram in ([one, (one[0], two[1])] if two else [one])]


def says(text: str, phrase: str) -> bool:
    """Whether ``text`` has the words of ``phrase`` in a row, as words are compared.

    >>> says("It is: Free, as in beer.", "free as in Beer"), says("free beer", "free as in beer")
    (True, False)
    """
    return f" {' '.join(words(phrase))} " in f" {' '.join(words(text))} "


class _Stemmers(threading.local):
    """A stemmer keeps the word it is working on, so every thread has its own."""

    def __init__(self) -> None:
        self._known: dict[str, Stemmer.Stemmer] = {}

    def stem(self, language: str, word: str) -> str:
        if language not in self._known:
            self._known[language] = Stemmer.Stemmer(language, 0)
        return cast(str, self._known[language].stemWord(word))


_stemmers = _Stemmers()


def subject(text: str) -> list[str]:
    """The stems of the words that carry a question's subject, each once; all of them if every word is common."""
    if _BEYOND.search(text):
        found: dict[str, None] = {}
        for word, start, end in asked_spans(text):
            _, terms = plain(text[start:end], asked=True)
            found |= dict.fromkeys(terms or [stem(word)])
        return list(found)
    every = words(text)
    telling = [word for word in every if word not in STOP_WORDS]
    return list(dict.fromkeys(stem(word) for word in telling or every))


@lru_cache(maxsize=200_000)
def fold(word: str) -> str:
    """``word`` in lower case without accents, with a plain apostrophe."""
    if word.isascii():
        return word.lower()
    folded = unicodedata.normalize("NFKD", word.casefold().translate(_LATIN))
    return unicodedata.normalize("NFC", _ACCENT.sub("", folded))


def slug(text: str, fallback: str = "untitled") -> str:
    """``text`` as a piece of a URL: lower-case ASCII letters, digits, single hyphens; at most 80 of them.

    >>> slug("The Changelog #611: Łukasz & Pablo!")
    'the-changelog-611-lukasz-pablo'
    """
    made = re.sub(r"[^a-z0-9]+", "-", fold(text)).strip("-")
    return made[:80].rstrip("-") or fallback
