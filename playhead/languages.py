"""What works for a language: how its words are found, and whether the model knows it. Pure.

`playhead.text` cuts words; this says in words what that comes to, for `playhead status`. docs/languages.md has more.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable
from dataclasses import dataclass

STEMMED = frozenset("en ru el ar hy hi ta".split())
PAIRED = frozenset("ja zh yue ko th lo km my".split())
EVERY = "multilingual"


@dataclass(frozen=True, slots=True)
class Standing:
    """How a language stands: None is not stated. ``meaning`` is None where the model does not say what it knows."""

    language: str | None
    episodes: int
    words: str
    meaning: bool | None


def standings(languages: Iterable[str | None], model: Collection[str] | None) -> list[Standing]:
    """The languages of episodes, most first, against those of the model.

    >>> [(each.words, each.meaning) for each in standings(["en-GB", "ja", "ja"], ["en"])]
    [('pairs of characters', False), ('stems', True)]
    """
    counts = Counter(base(language) for language in languages)
    return [
        Standing(language, count, _words(language), _is_known(language, model))
        for language, count in sorted(counts.items(), key=lambda item: (-item[1], item[0] or ""))
    ]


def base(language: str | None) -> str | None:
    """The language of a tag as BCP 47 writes it: ``en-GB`` is ``en``."""
    return (language or "").strip().casefold().replace("_", "-").partition("-")[0] or None


def _words(language: str | None) -> str:
    if language in PAIRED:
        return "pairs of characters"
    return "stems" if language in STEMMED else "whole words" if language else "by script"


def _is_known(language: str | None, model: Collection[str] | None) -> bool | None:
    if model is None or (language is None and EVERY not in model):
        return None
    return EVERY in model or language in model
