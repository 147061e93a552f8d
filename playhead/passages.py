"""What is embedded and indexed of a segment, and the name it keeps: both come from its words alone."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable


def passage(turns: Iterable[tuple[str | None, str]], chapter_title: str | None = None) -> str:
    """``[Chapter title. ]Speaker: words Speaker: words`` on one line, from each turn's speaker and words.

    Names and titles in the indexed words are worth more than a larger model (docs/design.md has the figures).

    >>> passage([("Ada", "Why slower?"), ("Grace", "Locks.")], "Speed")
    'Speed. Ada: Why slower? Grace: Locks.'
    """
    parts = []
    if chapter_title:
        parts.append(chapter_title if chapter_title.endswith((".", "?", "!", "…")) else f"{chapter_title}.")
    parts.extend(f"{speaker}: {words}" if speaker else words for speaker, words in turns)
    return " ".join(" ".join(parts).split())


def identify(episode_id: str, passage: str, before: int = 0) -> str:
    """The id of a segment: 16 hex digits that stay the same as long as its words, names and chapter title do.

    ``before`` is how many times the same passage came before in the episode.
    """
    return hashlib.sha256(f"{episode_id}\n{passage}\n{before}".encode()).hexdigest()[:16]
