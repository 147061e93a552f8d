"""Names that are said: of products, projects and people, by how they are written. Pure."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from playhead.model import Sentence, Transcript
from playhead.text import STOP_WORDS, fold

OFTEN = 4
"""So often a name is said before it is worth a note."""

MOST_CAPITALS = 0.25
"""Where more of the words within sentences begin with a capital, as nouns do in German, capitals tell no names."""

_WORD = re.compile(r"[^\W_](?:[\w'’.+#-]*[\w+#])?")
_CALENDAR = frozenset(
    "monday tuesday wednesday thursday friday saturday sunday january february march april may june july august "
    "september october november december".split()
)
_EXCLAIMED = frozenset("oh hey hi hello wow yeah yes no okay ok well god bye thanks".split())


@dataclass(frozen=True, slots=True)
class Name:
    """A name as it is mostly written, how often it is said, and the sentence that says it first."""

    written: str
    times: int
    first: Sentence


def said_names(transcript: Transcript, sentences: Sequence[Sentence]) -> list[Name]:
    """The names that are said often, most often first; none of them is a speaker's.

    A name is a word with a capital where no sentence begins, or with one inside ("GitHub"), that is hardly ever
    written without; up to three in a row are one name.
    """
    spoken = Counter[str]()
    plain = Counter[str]()
    spellings: dict[str, Counter[str]] = {}
    first: dict[str, Sentence] = {}
    people = {part for turn in transcript.turns for part in fold(turn.speaker or "").split()}
    for sentence in sentences:
        words = [word.group() for word in _WORD.finditer(transcript.said(sentence.span))]
        plain.update(fold(word) for word in words if word[0].islower())
        for name in _runs(words):
            key = fold(name)
            spoken[key] += 1
            spellings.setdefault(key, Counter())[name] += 1
            first.setdefault(key, sentence)
    capitals = sum(times * len(key.split()) for key, times in spoken.items())
    if capitals > MOST_CAPITALS * (capitals + plain.total()):
        return []
    return [
        Name(spellings[key].most_common(1)[0][0], times, first[key])
        for key, times in spoken.most_common()
        if times >= OFTEN and plain[key] * 4 <= times and not people & set(re.split(r"[\s'’]", key))
    ]


def _runs(words: Sequence[str]) -> list[str]:
    """The names of a sentence."""
    found: list[list[str]] = []
    last = -2
    for place, word in enumerate(words):
        bare = re.sub(r"['’]s$", "", word)
        if not _is_name(bare, begins=place == 0):
            continue
        if place == last + 1 and len(found[-1]) < 3:
            found[-1].append(bare)
        else:
            found.append([bare])
        last = place
    return [" ".join(each) for each in found]


def _is_name(word: str, *, begins: bool) -> bool:
    folded = fold(word).partition("'")[0]
    if len(word) < 2 or folded in STOP_WORDS | _EXCLAIMED or {folded, folded.removesuffix("s")} & _CALENDAR:
        return False
    inside = any(letter.isupper() for letter in word[1:]) and any(letter.islower() for letter in word)
    return inside or (word[0].isupper() and not begins)
