"""Front matter that states facts or chapters of an episode, above a text that is nobody's speech: show notes, mostly.

Above a transcript it comes off, and the transcript is read as what it is; then this format is not asked. What is in it,
`ingest.front_matter` says.
"""

from __future__ import annotations

from ingest.formats import Format
from ingest.front_matter import FRONT_MATTER, find_matter, read_matter
from ingest.reading import Problem, Reading
from playhead.errors import TranscriptError


def looks_like(head: str) -> bool:
    """Front matter with the episode's sound, its length or its chapters; of other pages there are too many."""
    try:
        matter = find_matter(head)
    except TranscriptError:
        return False
    stated = read_matter(matter) if matter else Reading(FRONT_MATTER)
    return bool(stated.chapters or stated.facts.audio_url or stated.facts.duration)


def parse(text: str) -> Reading:
    """Read nothing of the text below: what the front matter states is known already."""
    if not text.strip("\ufeff \t\r\n"):
        return Reading(FRONT_MATTER)
    line = text.count("\n", 0, len(text) - len(text.lstrip("\ufeff \t\r\n"))) + 1
    return Reading(FRONT_MATTER, problems=(Problem("from here on this is no transcript, and is not read", line),))


FORMAT = Format(
    name=FRONT_MATTER,
    title="front matter with the sound, the length or the chapters of an episode",
    suffixes=(".md", ".markdown", ".mdx"),
    looks_like=looks_like,
    parse=parse,
    role="notes",
    example='{"title": "Tides", "audio_url": "https://example.org/tides.mp3", "chapters": []}',
)
