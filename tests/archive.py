"""A small archive of our own writing, for the tests of the doors: known turns, known seconds, one of everything."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from datetime import date
from pathlib import Path

from ingest.folders import find
from ingest.pipeline import prepare
from ingest.segmenting import split
from playhead.engine import open_engine
from playhead.library import Library
from playhead.model import NO_TIME, Chapter, Episode, Person, Segment, Sentence, Time, Transcript, Turn
from playhead.passages import identify, passage
from tests.conftest import ROOT
from tests.doubles import HashingEmbedder


@dataclass(frozen=True)
class Said:
    """A turn as a test writes it down; no ``start`` is a time nobody knows."""

    chapter: int
    speaker: str | None
    start: float | None
    words: str
    error: float = 4.0


Recorded = tuple[Episode, Transcript, list[Segment]]


def record(episode: Episode, said: Iterable[Said]) -> Recorded:
    """An episode as an ingest would leave it, one segment a turn."""
    said = list(said)
    text, turns, sentences = "", [], []
    for each in said:
        text += "\n\n" if text else ""
        first = len(text)
        text += each.words
        turns.append(Turn(each.speaker, (first, len(text)), _time(each, 0), each.chapter))
        for sentence in re.finditer(r"\S[^.?!]*[.?!]?", each.words):
            span = (first + sentence.start(), first + sentence.end())
            # Three words a second, near enough.
            sentences.append(Sentence(span, _time(each, sentence.start() / 16)))
    transcript = Transcript(text, tuple(turns), sentences=tuple(sentences))
    chapters = []
    for chapter in episode.chapters:
        spoken = [turn.span for turn in turns if turn.chapter == chapter.number]
        chapters.append(replace(chapter, span=(spoken[0][0], spoken[-1][1]) if spoken else None))
    episode = replace(episode, chapters=tuple(chapters), fingerprint=episode.id)
    return episode, transcript, list(_segments(episode, transcript))


def _time(said: Said, later: float) -> Time:
    if said.start is None:
        return NO_TIME
    return Time(said.start + later, said.start + later + 10, "interpolated" if later else "stamp", said.error)


def _segments(episode: Episode, transcript: Transcript) -> Iterator[Segment]:
    chapters = {chapter.number: chapter for chapter in episode.chapters}
    for number, turn in enumerate(transcript.turns):
        first, last = turn.span
        chapter = chapters.get(turn.chapter or 0)
        said = transcript.said(turn.span)
        indexed = passage([(turn.speaker, said)], chapter.title if chapter else None)
        yield Segment(
            id=identify(episode.id, indexed),
            episode=episode.id,
            ordinal=number,
            span=turn.span,
            text=said,
            passage=indexed,
            first_turn=number,
            last_turn=number,
            time=turn.time,
            turns=(replace(turn, span=(0, last - first)),),
            sentences=tuple(
                replace(each, span=(each.span[0] - first, each.span[1] - first))
                for each in transcript.sentences
                if first <= each.span[0] < last
            ),
            chapter=turn.chapter if chapter else None,
            chapter_title=chapter.title if chapter else None,
            chapter_start=chapter.start if chapter else None,
            kind=chapter.kind if chapter else "content",
        )


LOCKS = record(
    Episode(
        id="the-long-run/12",
        podcast="the-long-run",
        podcast_title="The Long Run",
        title="Threads without a lock",
        published=date(2024, 10, 2),
        description="What a language pays for running on every core.",
        page_url="https://longrun.example/12",
        audio_url="https://longrun.example/12.mp3",
        duration=1260.0,
        language="en",
        chapters=(
            Chapter(1, "Hello", 0.0, 60.0, "intro", source="page"),
            Chapter(2, "Tea by post", 60.0, 95.0, "sponsor", source="page"),
            Chapter(3, "Why one thread is slower", 95.0, 900.0, source="page"),
            Chapter(4, "Closing music", 900.0, 1260.0, "music", source="page"),
        ),
        people=(Person("Ada Moss", "host", "https://longrun.example/ada"), Person("ADA MOSS", "guest")),
    ),
    [
        Said(1, "Ada Moss", 3.0, "Welcome back to the long run. Today we talk about interpreters with Grace Okoye."),
        Said(1, "Grace Okoye", 21.0, "Thank you for having me. I have waited a year to say this out loud."),
        Said(2, "Ada Moss", 61.0, "This part is paid for by Tea by Post. They send tea, slowly, by post."),
        Said(
            3,
            "Ada Moss",
            95.0,
            "So here is what everybody asks me on trains. Why is the free-threaded build slower?",
        ),
        Said(
            3,
            "Grace Okoye",
            112.0,
            "Nobody likes the answer. The free-threaded build is slower because every list and every dictionary "
            "now takes its own small lock. One thread alone pays for locks it never needed. That is the whole bill.",
            error=6.1,
        ),
        Said(3, "Ada Moss", 150.0, "And the bill shrinks? Every release shaves a little off it, I hear."),
        Said(
            3,
            "Grace Okoye",
            171.0,
            "It does shrink. Reference counts are now biased towards the thread that made the object, and that "
            "brought half of it back.",
        ),
    ],
)

GARDENS = record(
    Episode(
        id="the-long-run/13",
        podcast="the-long-run",
        podcast_title="The Long Run",
        title="A garden on the roof",
        published=date(2025, 3, 14),
        chapters=(Chapter(1, "Soil", 0.0, 400.0),),
    ),
    [
        Said(1, "Ada Moss", 2.0, "Soil is heavy when it is wet, and a roof has to carry it wet."),
        Said(
            1, "Bo Lindqvist", 19.0, "We weighed the roof garden after rain. It was slower work than anybody thought."
        ),
    ],
)

NIGHT = record(
    Episode(id="night-shift/one", podcast="night-shift", podcast_title="Night Shift", title="one"),
    [
        Said(0, None, None, "The night bus is slower than the day bus, because it stops wherever anybody waves."),
        Said(0, None, None, "Nobody knows what time it is on the night bus."),
    ],
)

_silent = Episode(
    id="the-long-run/14",
    podcast="the-long-run",
    podcast_title="The Long Run",
    title="A lighthouse by night",
    published=date(2025, 4, 1),
    description="Grace Okoye on the lamp that went dark.\nWith a recipe for tar.",
    audio_url="https://longrun.example/14.mp3",
    chapters=(Chapter(1, "The lamp", 0.0, 300.0),),
    fingerprint="the-long-run/14",
    transcribed=False,
)
SILENT: Recorded = _silent, Transcript("", ()), split(_silent, Transcript("", ()))
"""An episode that nobody has transcribed yet."""

SCRIPT = "<script>alert('heard')</script>"

HOSTILE = record(
    Episode(
        id="the-long-run/hostile",
        podcast="the-long-run",
        podcast_title=f"The Long Run {SCRIPT}",
        title=f"Title {SCRIPT}",
        published=date(2023, 1, 1),
        description=f"Description {SCRIPT}",
        page_url="javascript:alert('page')",
        audio_url="javascript:alert('audio')",
        chapters=(Chapter(1, f"Chapter {SCRIPT}", 0.0, 100.0, url="javascript:alert('chapter')"),),
    ),
    [Said(1, f"Mallory {SCRIPT}", 1.0, f"A cuckoo said {SCRIPT} and \"><img src=x onerror=alert('image')> loudly.")],
)

EVERY = (LOCKS, GARDENS, NIGHT)


def demo_archive() -> list[Recorded]:
    """The episodes of the demo archive, as an ingest leaves them."""
    prepared = [prepare(source) for source in find([ROOT / "data" / "transcripts"])]  # type: ignore[arg-type]
    return [(each.episode, each.transcript, each.segments) for each in prepared]


def fill(directory: Path, recorded: Iterable[Recorded]) -> Library:
    """A library of these episodes in ``directory``, open for reading."""
    return fill_at(f"embedded:{directory}", recorded)


def fill_at(url: str, recorded: Iterable[Recorded]) -> Library:
    """A library of these episodes in the engine at ``url``, open for reading."""
    writing = open_engine(url, writing=True)
    embedder = HashingEmbedder()
    writing.use(embedder.model)
    library = Library(writing, embedder)
    for each in recorded:
        library.add(*each)
    writing.publish()
    library.close()
    return Library(open_engine(url), embedder)
