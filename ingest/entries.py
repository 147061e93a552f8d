"""The timed entries of a vendor's JSON as utterances: every vendor has the same parts, and its own names for them."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass

from ingest.documents import Document, Item
from ingest.reading import Problem
from ingest.utterances import Utterance, labelled
from ingest.values import seconds


@dataclass(frozen=True, slots=True)
class Keys:
    """What a vendor calls the parts of an entry, the best name first, and how it writes a time.

    Some say how long it lasts, and not when it ends.
    """

    words: tuple[str, ...]
    start: tuple[str, ...]
    end: tuple[str, ...]
    speaker: tuple[str, ...] = ()
    time: Callable[[object], float | None] = seconds
    lasts: tuple[str, ...] = ()


def utterances(
    document: Document, items: Iterable[Item], keys: Keys, problems: list[Problem], speaker: str | None = None
) -> Iterator[Utterance]:
    """Each of ``items`` as an utterance; ``speaker`` says those that name nobody. One without words is a Problem."""
    for place, item in enumerate(items, 1):
        entry = item.value if isinstance(item.value, dict) else {}
        words = stated(entry, keys.words)
        key = next((name for name in keys.start if name in entry), keys.words[0])
        line = document.line(item, key)
        if not isinstance(words, str):
            problems.append(Problem(f'entry {place} has no "{keys.words[0]}"', line))
            continue
        start, end, lasts = (
            time_of(stated(entry, names), line, problems, keys.time) for names in (keys.start, keys.end, keys.lasts)
        )
        if end is None and start is not None and lasts is not None:
            end = start + lasts
        yield Utterance(words, start, end, labelled(stated(entry, keys.speaker)) or speaker, line, item.span)


def stated(entry: dict[str, object], names: tuple[str, ...]) -> object:
    """The first member of ``names`` that is there and says something."""
    return next((found for name in names if (found := entry.get(name)) is not None and found != ""), None)


def time_of(
    stated: object, line: int, problems: list[Problem], read: Callable[[object], float | None] = seconds
) -> float | None:
    """What is stated as a time, in seconds; None for nothing, and for what is no time, which becomes a Problem.

    >>> time_of(float("nan"), 7, problems := []), problems[0].message
    (None, 'this time is not understood: NaN')
    """
    found = read(stated)
    if found is None and stated is not None and stated != "":
        problems.append(Problem(f"this time is not understood: {json.dumps(stated, ensure_ascii=False)[:60]}", line))
    return found
