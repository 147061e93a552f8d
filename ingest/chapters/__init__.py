"""Every way of writing chapters down in a file of their own, one file each, as in `ingest.formats`."""

from __future__ import annotations

import re

from playhead.model import ChapterKind

_KINDS: tuple[tuple[ChapterKind, re.Pattern[str]], ...] = (
    (
        "sponsor",
        re.compile(r"(?:(?:our |today['’]s |episode |show )?sponsors?|sponsored|ads?|advert\w*)\b", re.IGNORECASE),
    ),
    ("music", re.compile(r"(?:music|song|jingle|musical interlude)(?:\s*[:–—-].*)?", re.IGNORECASE)),
    ("intro", re.compile(r"(?:intro|introduction|theme|opening)", re.IGNORECASE)),
    ("outro", re.compile(r"(?:outro|closing|credits|end credits)", re.IGNORECASE)),
)


def kind_of(title: str) -> ChapterKind:
    """What a chapter holds, from its title; ``content`` unless the title says otherwise.

    >>> kind_of("Sponsor: Acme"), kind_of("Ad"), kind_of("Adding a type"), kind_of("Outro"), kind_of("Intro to types")
    ('sponsor', 'sponsor', 'content', 'outro', 'content')
    """
    title = title.strip()
    for kind, pattern in _KINDS:
        match = pattern.match(title) if kind == "sponsor" else pattern.fullmatch(title)
        if match:
            return kind
    return "content"
