"""The nouns as rows of a database and back again. A row is sealed, so that a changed byte is noticed."""

from __future__ import annotations

import hashlib
import json
import math
import os
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import astuple
from datetime import date
from typing import Any

import numpy as np
from numpy.typing import NDArray

from playhead.model import (
    Break,
    Chapter,
    Edition,
    Episode,
    Person,
    Segment,
    Sentence,
    Span,
    Speaker,
    Spoken,
    Stamp,
    Time,
    Transcript,
    Turn,
)
from playhead.voices import voice

Row = Sequence[Any]

SEGMENT_COLUMNS = (
    "id", "ordinal", "span_first", "span_last", "text", "passage", "first_turn", "last_turn",
    "time_start", "time_end", "time_source", "time_error", "turns", "sentences",
    "chapter", "chapter_title", "chapter_start", "kind",
)  # fmt: skip
CHAPTER_COLUMNS = (
    "number", "title", "time_start", "time_end", "kind", "url", "source", "span_first", "span_last",
)  # fmt: skip
EPISODE_COLUMNS = (
    "id", "podcast", "title", "published", "description", "page_url", "audio_url", "audio_file", "duration",
    "language", "sources", "fingerprint", "people", "transcribed", "time_offset", "drift", "editions",
)  # fmt: skip
TRANSCRIPT_COLUMNS = ("text", "turns", "stamps", "breaks", "sentences")


def seal(values: Row) -> bytes:
    """128 bits of BLAKE2b over a row: SQLite's own check misses nine of ten flipped bits (measured)."""
    parts = (value if isinstance(value, bytes) else str(value).encode("utf-8", "surrogateescape") for value in values)
    return hashlib.blake2b(b"\x1f".join(parts), digest_size=16).digest()


FLOAT16 = np.dtype("<f2")


def halved(vectors: NDArray[np.float32], count: int, dimension: int) -> NDArray[np.float16]:
    """Vectors as every engine keeps them. Raises ValueError for another shape, or a number that is not finite."""
    rows = np.asarray(vectors, np.float32)
    if rows.shape != (count, dimension) and (count or rows.size):
        raise ValueError(f"{count} segments need vectors of shape ({count}, {dimension}), not {rows.shape}.")
    with np.errstate(over="ignore"):
        kept = rows.reshape(count, dimension).astype(FLOAT16)
    if not np.isfinite(kept).all():
        raise ValueError("A vector holds a number that is not finite; the embedder failed.")
    return kept


def fold(name: str) -> str:
    """A name or title as filters compare it: case ignored."""
    return name.strip().casefold()


def numbers(values: Iterable[str]) -> list[int]:
    """Those of a chapter filter's values that are numbers."""
    return [int(value) for value in values if value.strip().isdecimal() and len(value) < 10]


def segment_row(segment: Segment) -> tuple[Any, ...]:
    time = segment.time
    return (
        segment.id, segment.ordinal, *segment.span, segment.text, segment.passage,
        segment.first_turn, segment.last_turn,
        _seconds(time.start), _seconds(time.end), time.source, _seconds(time.error),
        _dump(map(_turn_values, segment.turns)), _dump(map(_sentence_values, segment.sentences)),
        segment.chapter, segment.chapter_title, _seconds(segment.chapter_start), segment.kind,
    )  # fmt: skip


def read_segment(row: Row, episode: str) -> Segment:
    (
        identity, ordinal, first, last, text, passage, first_turn, last_turn, start, end, source, error,
        turns, sentences, chapter, chapter_title, chapter_start, kind,
    ) = row  # fmt: skip
    return Segment(
        id=identity,
        episode=episode,
        ordinal=ordinal,
        span=(first, last),
        text=text,
        passage=passage,
        first_turn=first_turn,
        last_turn=last_turn,
        time=Time(start, end, source, error),
        turns=tuple(map(_read_turn, json.loads(turns))),
        sentences=tuple(map(_read_sentence, json.loads(sentences))),
        chapter=chapter,
        chapter_title=chapter_title,
        chapter_start=chapter_start,
        kind=kind,
    )


def read_speakers(turns: str) -> list[str]:
    """Who speaks in a segment, from its row alone."""
    return list(dict.fromkeys(values[0] for values in json.loads(turns) if values[0]))


def read_names(people: str) -> list[str]:
    """The names of an episode's people, from its row."""
    return [name for name, *_ in json.loads(people)]


def gather_speakers(heard: Iterable[tuple[str, str, str, int]]) -> Iterator[Speaker]:
    """Who is heard, from each folded name with a spelling, an episode and how many of its segments it is heard in."""
    found: dict[tuple[str, str | None], list[tuple[str, int]]] = {}
    for folded, name, episode, segments in heard:
        kind = voice(name)
        if kind != "recording":
            found.setdefault((folded, episode if kind == "anonymous" else None), []).append((name, segments))
    for (_, alone), counts in found.items():
        yield Speaker(min(counts)[0], sum(count for _, count in counts), len(counts), episode=alone)


def gather_roles(people: Iterable[str]) -> dict[str, str]:
    """The role of each folded name that is stated most often, an episode counting once, from their rows."""
    stated: dict[str, Counter[str]] = {}
    for row in people:
        of_episode: dict[str, str] = {}
        for name, role, *_ in json.loads(row):
            if role:
                of_episode.setdefault(fold(name), role)
        for name, role in of_episode.items():
            stated.setdefault(name, Counter())[role] += 1
    return {name: counts.most_common(1)[0][0] for name, counts in stated.items()}


def count_spoken(episode: str, text: str, turns: str) -> list[Spoken]:
    """How much is said under each label of a transcript, from its row."""
    counts: dict[tuple[str, str | None], list[int]] = {}
    for speaker, (first, last), _, _, _, *label in json.loads(turns):
        if speaker:
            tally = counts.setdefault((speaker, label[0] if label else None), [0, 0])
            tally[0] += 1
            tally[1] += len(text[first:last].split())
    return [Spoken(episode, speaker, label, *tally) for (speaker, label), tally in counts.items()]


def chapter_row(chapter: Chapter) -> tuple[Any, ...]:
    first, last = chapter.span or (None, None)
    start, end = _seconds(chapter.start), _seconds(chapter.end)
    return chapter.number, chapter.title, start, end, chapter.kind, chapter.url, chapter.source, first, last


def read_chapter(row: Row) -> Chapter:
    number, title, start, end, kind, url, source, first, last = row
    return Chapter(number, title, start, end, kind, url, source, None if first is None else (first, last))


def episode_row(episode: Episode) -> tuple[Any, ...]:
    return (
        episode.id, episode.podcast, episode.title, episode.published and episode.published.isoformat(),
        episode.description, episode.page_url, episode.audio_url,
        # A path is bytes: not every file's name is text.
        episode.audio_file and os.fsencode(episode.audio_file), _seconds(episode.duration), episode.language,
        _dump(episode.sources), episode.fingerprint, _dump(map(astuple, episode.people)),
        int(episode.transcribed), _seconds(episode.offset), _seconds(episode.drift),
        _dump(map(astuple, episode.editions)),
    )  # fmt: skip


def read_episode(row: Row, podcast_title: str, chapters: Iterable[Chapter] = ()) -> Episode:
    (
        identity, podcast, title, published, description, page, audio, audio_file, duration,
        language, sources, fingerprint, people, transcribed, offset, drift, editions,
    ) = row  # fmt: skip
    return Episode(
        id=identity,
        podcast=podcast,
        podcast_title=podcast_title,
        title=title,
        published=published and date.fromisoformat(published),
        description=description,
        page_url=page,
        audio_url=audio,
        audio_file=audio_file and os.fsdecode(audio_file),
        duration=duration,
        language=language,
        chapters=tuple(chapters),
        sources=tuple(json.loads(sources)),
        fingerprint=fingerprint,
        people=tuple(Person(*values) for values in json.loads(people)),
        transcribed=bool(transcribed),
        offset=offset,
        drift=drift,
        editions=tuple(Edition(*values) for values in json.loads(editions)),
    )


def transcript_row(transcript: Transcript) -> tuple[str, ...]:
    return (
        transcript.text,
        _dump(map(_turn_values, transcript.turns)),
        _dump(
            (stamp.at, stamp.seconds, stamp.error, stamp.until, stamp.kind, stamp.line) for stamp in transcript.stamps
        ),
        _dump((gap.at, gap.kind, gap.start, gap.end, gap.line) for gap in transcript.breaks),
        _dump(map(_sentence_values, transcript.sentences)),
    )


def read_transcript(row: Row) -> Transcript:
    text, *parts = row
    turns, stamps, breaks, sentences = map(json.loads, parts)
    return Transcript(
        text=text,
        turns=tuple(map(_read_turn, turns)),
        stamps=tuple(Stamp(*values) for values in stamps),
        breaks=tuple(Break(*values) for values in breaks),
        sentences=tuple(map(_read_sentence, sentences)),
    )


def _dump(values: Iterable[Any]) -> str:
    return json.dumps(list(values), allow_nan=False, separators=(",", ":"))


def _seconds(value: float | None) -> float | None:
    """A float as SQLite gives it back; it would turn NaN into NULL, an unknown time, without a word."""
    if value is not None and not math.isfinite(value):
        raise ValueError(f"{value} is no time in seconds.")
    return None if value is None else float(value) + 0.0  # SQLite keeps no sign of a zero


def _span(values: Sequence[int] | None) -> Span | None:
    return None if values is None else (values[0], values[1])


def _time_values(time: Time) -> tuple[Any, ...]:
    return time.start, time.end, time.source, time.error


def _turn_values(turn: Turn) -> tuple[Any, ...]:
    """The label goes last and only where there is one, as rows were written before there was any."""
    values = turn.speaker, turn.span, _time_values(turn.time), turn.chapter, turn.raw
    return values if turn.label is None else (*values, turn.label)


def _read_turn(values: Any) -> Turn:
    speaker, (first, last), time, chapter, raw, *label = values
    return Turn(speaker, (first, last), Time(*time), chapter, _span(raw), *label)


def _sentence_values(sentence: Sentence) -> tuple[Any, ...]:
    return sentence.span, _time_values(sentence.time)


def _read_sentence(values: Any) -> Sentence:
    (first, last), time = values
    return Sentence((first, last), Time(*time))
