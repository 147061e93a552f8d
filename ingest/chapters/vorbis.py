"""Chapters as comments in a file of their own, as OGM tools write them and `vorbiscomment -l` lists them.

`ingest.numbered_chapters` says what is in them; other comments of such a list are passed over.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from ingest.formats import Format
from ingest.numbered_chapters import chapter_key, chapters_in
from ingest.reading import Facts, Problem, Reading
from ingest.values import one_line
from playhead.errors import TranscriptError

_COMMENT = re.compile(r"\ufeff?\s{0,200}[ -<>-}]{1,80}=")
_TIMED = re.compile(r"^\ufeff?[ \t]{0,20}CHAPTER\d{1,6}[ \t]{0,8}=[ \t]{0,8}\d", re.IGNORECASE | re.MULTILINE)


def looks_like(head: str) -> bool:
    """The first line is a comment, and one of them gives a chapter its time."""
    return _COMMENT.match(head) is not None and _TIMED.search(head) is not None


def parse(text: str) -> Reading:
    """Read the chapters in order of time. One without a usable start or title becomes a Problem, as does a line."""
    problems: list[Problem] = []
    comments = list(_comments(text, problems))
    numbered = [(*key, words, line) for line, name, words in comments if (key := chapter_key(name))]
    if not numbered:
        raise TranscriptError("there is not one chapter in it; a chapter is CHAPTER001=00:01:02 and CHAPTER001NAME=...")
    lines = {number: line for number, _, _, line in reversed(numbered)}
    chapters = chapters_in(((number, what, words) for number, what, words, _ in numbered), problems, lines)
    title = next((one_line(words) for _, name, words in comments if name.casefold() == "title"), None)
    return Reading("vorbis", chapters=chapters, facts=Facts(title=title), problems=tuple(problems))


def _comments(text: str, problems: list[Problem]) -> Iterator[tuple[int, str, str]]:
    """The comments with their lines: name and words."""
    for number, line in enumerate(text.removeprefix("\ufeff").split("\n"), 1):
        name, equals, words = line.partition("=")
        if equals:
            yield number, name.strip(), words.strip()
        elif line.strip():
            problems.append(Problem(f"this is no comment: {line.strip()[:80]}", number))


FORMAT = Format(
    name="vorbis",
    title="chapters as Vorbis comments",
    suffixes=(".txt", ".chapters"),
    looks_like=looks_like,
    parse=parse,
    role="chapters",
    example="CHAPTER001=00:02:01.500\nCHAPTER001NAME=The lock",
)
