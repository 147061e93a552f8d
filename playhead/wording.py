"""What two wordings of the same talk have in common: fillers, contractions, numbers, negations, names. Pure.

English mostly; of other languages the hesitations and negations that are heard most.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import lru_cache
from itertools import islice, product

from rapidfuzz.distance import Levenshtein

from playhead.model import Span
from playhead.text import STOP_WORDS, stem, words

_FILLERS: dict[str, list[tuple[str, ...]]] = {}
for _filler in (
    *"um uh uhm umm erm er ah eh oh ooh aha hm hmm mm mmm mhm huh ähm äh öh euh heu えっと えー 嗯 呃".split(),
    *"like well so okay ok yeah right anyway basically actually literally honestly kinda sorta".split(),
    *("you know what i mean", "you know", "i mean", "you see", "kind of", "sort of"),
):
    _FILLERS.setdefault(words(_filler)[0], []).append(tuple(words(_filler)))

_SMALL = STOP_WORDS | frozenset(
    "also because even ever however now pretty quite really since still that though today very yes".split()
)
_NEGATIONS = frozenset(
    (
        "not no nor none never neither nobody nothing nowhere cannot without hardly barely scarcely rarely seldom "
        "only almost nearly except unless dunno nicht kein keine nie pas jamais nunca non"
    ).split()
)
_UNITS = (
    "zero one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen sixteen seventeen "
    "eighteen nineteen"
).split()
_TENS = "twenty thirty forty fifty sixty seventy eighty ninety".split()
_VALUES = {word: value for value, word in enumerate(_UNITS)} | {ten: 20 + 10 * at for at, ten in enumerate(_TENS)}
_SCALES = {"thousand": 10**3, "million": 10**6, "billion": 10**9, "trillion": 10**12}
_COUNTING = frozenset("hundred half quarter dozen double triple twice once first second third".split())
_NUMBERS = frozenset({*_VALUES, *_SCALES, *_COUNTING})

# How the same is written otherwise.
_WHOLE = {
    "gonna": ("going to",),
    "wanna": ("want to",),
    "gotta": ("got to", "have got to"),
    "lemme": ("let me",),
    "dunno": ("do not know",),
    "cannot": ("can not",),
    "can't": ("can not",),
    "won't": ("will not",),
    "ain't": ("is not", "am not", "are not"),
    "let's": ("let us",),
    "c'mon": ("come on",),
    "y'all": ("you all",),
    "cause": ("because", "cause"),
    "cuz": ("because",),
    "em": ("them",),
    "til": ("until",),
    "till": ("until",),
    "ok": ("okay",),
    "yep": ("yes",),
    "yeah": ("yes",),
    "alright": ("all right",),
    "vs": ("versus",),
    "mr": ("mister",),
    "dr": ("doctor",),
    "c++": ("c plus plus",),
    "c#": ("c sharp",),
}
_ENDINGS = {
    "n't": ("not",),
    "'s": ("is", "has", "s"),
    "'re": ("are",),
    "'ve": ("have",),
    "'ll": ("will",),
    "'d": ("would", "had"),
    "'m": ("am",),
    "%": ("percent",),
}
_ENDING = re.compile("|".join(re.escape(ending) + r"\Z" for ending in _ENDINGS))
_PARTED = re.compile(r"(?<=\d)[.:](?=\d)")
_MOST_READINGS = 32
_MOST_DIGITS = 15

_ALIKE = 0.7
"""From which similarity on two words are one, misspelt or in another form: Levenshtein's distance as a share."""

_SENTENCE_BEGINS = re.compile(r"(?:\A|[.?!…:\n]|--|[“\"(])[\s\"'“”‘’(\[*_-]*\Z")


def fillers(said: Sequence[str]) -> set[int]:
    """The places of fillers among folded words, the longest of those that begin at a word.

    >>> sorted(fillers(["it", "is", "um", "you", "know", "fast"]))
    [2, 3, 4]
    """
    found: set[int] = set()
    for place, word in enumerate(said):
        if word in _FILLERS and place not in found:
            lengths = [len(each) for each in _FILLERS[word] if tuple(said[place : place + len(each)]) == each]
            found.update(range(place, place + max(lengths, default=0)))
    return found


def is_small(word: str) -> bool:
    """Whether a word carries grammar and not the subject, in contractions too."""
    return word in _SMALL or word.partition("'")[0] in _SMALL


def weigh(said: Sequence[str]) -> float:
    """What words count that one wording has and the other has not: a small one half."""
    return sum(0.5 if is_small(word) else 1.0 for word in said)


def negations(said: Sequence[str]) -> int:
    """How many of the words turn or narrow a sentence.

    >>> negations(["don't", "say", "never"]), negations(["only", "one"])
    (2, 1)
    """
    return sum(word in _NEGATIONS or word.endswith("n't") for word in said)


def has_number(said: Sequence[str]) -> bool:
    """Whether one of the words is a number, in digits or not."""
    return any(word in _NUMBERS or any(map(str.isdigit, word)) for word in said)


def is_same(one: Sequence[str], other: Sequence[str]) -> bool:
    """Whether two runs of folded words say the same, written otherwise: contractions, numbers, compounds.

    >>> is_same(["it's"], ["it", "is"]), is_same(["3.13"], ["three", "thirteen"]), is_same(["email"], ["e", "mail"])
    (True, True, True)
    >>> is_same(["can"], ["can't"]), is_same(["3.13"], ["3.12"]), is_same(["31.3"], ["3.13"])
    (False, False, False)
    """
    if [word.replace("'", "") for word in one] == [word.replace("'", "") for word in other]:
        return True  # "dont" is how some write "don't"
    if has_number(one) or has_number(other):
        return _is_same_number(one, other)
    if negations(one) != negations(other):
        return False  # "now here" is not "nowhere"
    return not _readings(tuple(one)).isdisjoint(_readings(tuple(other)))


def is_alike(one: str, other: str) -> bool:
    """Whether two words are forms or spellings of one.

    >>> is_alike("releases", "released"), is_alike("colour", "color"), is_alike("slower", "faster")
    (True, True, False)
    """
    return stem(one) == stem(other) or (
        one[0] == other[0] and Levenshtein.normalized_similarity(one, other) >= _ALIKE and min(len(one), len(other)) > 3
    )


def is_name(text: str, span: Span) -> bool:
    """Whether the word at ``span`` is written as a name is: with a capital where no sentence begins, or inside it.

    >>> is_name("So Ada left.", (3, 6)), is_name("So she left.", (0, 2)), is_name("It is CPython.", (6, 13))
    (True, False, True)
    """
    word = text[span[0] : span[1]]
    if word.partition("'")[0].partition("’")[0] == "I" or word == word.lower():
        return False
    return word[1:] != word[1:].lower() or not _SENTENCE_BEGINS.search(text[max(0, span[0] - 8) : span[0]])


@lru_cache(maxsize=4096)
def _readings(said: tuple[str, ...]) -> frozenset[str]:
    """Every way to write these words in full, without the spaces between them."""
    each = [_spelt_out(word) for word in said]
    return frozenset("".join(reading).replace(" ", "") for reading in islice(product(*each), _MOST_READINGS))


def _spelt_out(word: str) -> tuple[str, ...]:
    if word in _WHOLE:
        return _WHOLE[word]
    ending = _ENDING.search(word)
    if not ending:
        return (word,)
    return tuple(f"{word[: ending.start()]}{full}" for full in _ENDINGS[ending.group()])


def _is_same_number(one: Sequence[str], other: Sequence[str]) -> bool:
    """Numbers said one after the other and as they are written: 3.13 is three thirteen, 1995 nineteen ninety-five.

    The digits of a number that is written in one may be said in several: their order is the same.
    """
    first, second = in_digits(one), in_digits(other)
    return first == second or (min(len(first), len(second)) == 1 and "".join(first) == "".join(second))


def in_digits(said: Sequence[str]) -> list[str]:
    """The numbers that words spell, in digits; other words as they are.

    >>> in_digits("two thousand five hundred and six".split()), in_digits("three point one three".split())
    (['2506'], ['3', '13'])
    >>> in_digits("nineteen ninety five".split()), in_digits("3 million".split()), in_digits(["50%"])
    (['19', '95'], ['3000000'], ['50', 'percent'])
    """
    found: list[str] = []
    value: int | None = None
    written, fraction = "", False
    for word in [*(part for each in said for part in _PARTED.sub(" ", each.replace("%", " percent")).split()), ""]:
        if value is not None and word == "hundred":
            value, written = value + value % 100 * 99, ""
        elif value is not None and word in _SCALES:
            value, written = value * _SCALES[word], ""
        elif value is not None and not written and word in _VALUES and _takes(value, _VALUES[word]):
            value += _VALUES[word]
        elif value and not written and word == "and" and value % 100 == 0:
            continue
        else:
            if value is not None and fraction and value < 10 and not written:
                found[-1] += str(value)  # "point one three" is .13
            elif value is not None:
                found.append(written or str(value))
            is_number = word.isdecimal() and len(word) <= _MOST_DIGITS
            fraction = fraction and word in _VALUES
            value, written = (int(word), word) if is_number else (_VALUES.get(word), "")
            if word == "point" and found:
                fraction = True
                found.append("")
            elif value is None and word:
                found.append(word)
    return [number for number in found if number]


def _takes(value: int, more: int) -> bool:
    """Whether a number that was begun goes on with this word: twenty with five, a hundred with ninety."""
    return (value % 100 == 0 and value >= 100) or (more < 10 and value % 10 == 0 and value % 100 >= 20)
