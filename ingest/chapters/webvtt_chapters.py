"""Chapters as a WebVTT track of them, as the web's players take it: a cue a chapter, its words the title.

Spec: https://www.w3.org/TR/webvtt1/#introduction-chapters. That a file holds chapters is said by the page around it;
here by its first line, ``WEBVTT chapters``, or by ``Kind: chapters`` below it, as YouTube's captions say theirs.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from ingest.chapters import in_order, stated_chapter
from ingest.cues import is_track_of_chapters
from ingest.formats import Format
from ingest.reading import Problem, Reading
from playhead.errors import TranscriptError
from playhead.model import Chapter

_TIME = r"(?:\d{1,4}:)?\d{1,2}:\d{2}[.,]\d{1,3}"
_TIMING = re.compile(rf"\s{{0,8}}({_TIME})\s{{1,8}}-->\s{{1,8}}({_TIME})(?:\s.{{0,500}})?")
_TAG = re.compile(r"</?[^<>\n]{0,200}>")


def looks_like(head: str) -> bool:
    """The header, with a word that says what kind of track it is."""
    return is_track_of_chapters(head)


def parse(text: str) -> Reading:
    """Read the chapters in order of time. One without a title becomes a Problem."""
    problems: list[Problem] = []
    stated = list(_chapters(text))
    if not stated:
        raise TranscriptError("there is no chapter in it; one is 00:00.000 --> 04:00.000 and a line with its title")
    lines = {place: line for place, (line, _) in enumerate(stated, 1)}
    chapters = in_order(((place, chapter) for place, (_, chapter) in enumerate(stated, 1)), problems, lines)
    return Reading("webvtt_chapters", chapters=chapters, problems=tuple(problems))


def _chapters(text: str) -> Iterator[tuple[int, Chapter | None]]:
    """Each cue, with the line its times stand on."""
    lines = [line.rstrip("\r") for line in text.split("\n")]
    for place, line in enumerate(lines):
        timing = _TIMING.fullmatch(line)
        if timing:
            words = []
            for title in lines[place + 1 :]:
                if not title.strip() or _TIMING.fullmatch(title):
                    break
                words.append(title)
            start, end = timing.groups()
            yield place + 1, stated_chapter(start, _TAG.sub("", " ".join(words)), "webvtt_chapters", end=end)


FORMAT = Format(
    name="webvtt_chapters",
    title="a WebVTT track of chapters",
    suffixes=(".vtt", ".webvtt"),
    looks_like=looks_like,
    parse=parse,
    role="chapters",
    example="WEBVTT chapters\n\n00:00:00.000 --> 00:02:01.500\nToast first",
)
