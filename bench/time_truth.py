"""How far times are from the sound, once all but the times that are usually published is hidden.

    python -m bench.time_truth

`bench.speak` wrote down when every sentence of the spoken episodes begins. Their transcripts are settled anew
with all the times they state, with a few of them, and with none but those of the chapters, and every estimate is held
against the sound. A machine's voice keeps a steadier pace than people do, so read the figures as a floor, and
`tests/shared/test_timing_archive.py` for real recordings.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass, replace
from math import inf
from pathlib import Path

import numpy as np

from ingest.folders import find
from ingest.preparing import prepare
from ingest.sources import Source
from ingest.timing import settle
from playhead import links
from playhead.model import Chapter, Stamp, Time, Transcript

MODES = {"as published": 0.0, "a stamp in three minutes": 180.0, "chapters and duration alone": inf}
"""What is left of the stamps and cues: the least seconds between two."""

ARCHIVE = Path(__file__).resolve().parent.parent / "data" / "transcripts"


@dataclass(frozen=True)
class Judged:
    """A sentence's estimated time, and the second at which it really begins."""

    time: Time
    spoken: float

    @property
    def off(self) -> float:
        """Seconds between the estimate and the sound."""
        return abs((self.time.start or 0.0) - self.spoken)

    @property
    def wait(self) -> float:
        """Seconds a listener who follows the link waits for the sentence; below 0 its beginning is missed."""
        return self.spoken - (links.landing(self.time) or 0)


def spoken_episodes() -> Iterator[tuple[str, Transcript, tuple[Chapter, ...], float | None, list[float]]]:
    """Each episode with sound: its name, what its files state, and when its sentences begin.

    Raises ValueError when the words are no longer those that were spoken.
    """
    for truth in sorted(ARCHIVE.glob("*/*/*.truth.jsonl")):
        [source] = [found for found in find([truth.parent]) if isinstance(found, Source)]
        prepared = prepare(source)
        lines = [json.loads(line) for line in truth.read_text("utf-8").splitlines()]
        said = [prepared.transcript.said(sentence.span) for sentence in prepared.transcript.sentences]
        if [line["text"] for line in lines] != said:
            raise ValueError(f"{truth} is of other words; speak the episode again with python -m bench.speak")
        episode = prepared.episode
        yield (
            truth.parent.name,
            prepared.transcript,
            episode.chapters,
            episode.duration,
            [line["start"] for line in lines],
        )


def thinned(transcript: Transcript, apart: float) -> Transcript:
    """Its stamps and cues at least ``apart`` seconds from each other; none, nor a break's time, for infinity."""
    kept: list[Stamp] = []
    for stamp in transcript.stamps:
        if stamp.seconds >= (kept[-1].seconds if kept else 0.0) + apart:
            kept.append(replace(stamp, until=None, kind="stamp") if apart else stamp)
    bare = tuple(replace(each, start=None, end=None) for each in transcript.breaks)
    return replace(transcript, stamps=tuple(kept), breaks=bare if apart == inf else transcript.breaks)


def judge(apart: float) -> dict[str, list[Judged]]:
    """Every sentence of every spoken episode by the episode's name, its times `thinned`."""
    judged = {}
    for name, transcript, chapters, duration, spoken in spoken_episodes():
        bare = [replace(chapter, span=None, end=None) for chapter in chapters]
        sentences = settle(thinned(transcript, apart), bare, duration).transcript.sentences
        judged[name] = [Judged(each.time, second) for each, second in zip(sentences, spoken, strict=True)]
    return judged


def line(name: str, judged: list[Judged]) -> str:
    off = np.array([each.off for each in judged])
    wait = np.array([each.wait for each in judged])
    covered = np.mean([each.off <= (each.time.error or 0.0) for each in judged])
    late = np.mean(wait < -0.5)
    return (
        f"{name:<42} {len(off):>4}  {np.median(off):5.1f} {np.percentile(off, 90):5.1f}   "
        f"{np.median(wait):5.1f} {np.percentile(wait, 90):5.1f} {late:6.0%}   {covered:6.0%}"
    )


def main() -> None:
    for title, apart in MODES.items():
        judged = judge(apart)
        print(f"{title:<42}    n  off: p50 p90   wait: p50 p90  late  covered")
        for name, sentences in judged.items():
            print(line(name, sentences))
        print(line("all", [each for sentences in judged.values() for each in sentences]), end="\n\n")


if __name__ == "__main__":
    main()
