"""How far off times are on real recordings: each stamp is hidden once and told by the others.

    python -m bench.timing DIR [--every N] [--half tested|fitted|all] [--dense DIR]

DIR holds labelled Markdown with stamps, as the Changelog's open transcripts are. Episodes with fewer than eight stamps
are left out. Halves go by the CRC-32 of a file's name: even to fit weights on, odd to test them, and the latter is
measured unless `--half` says otherwise. The yardstick is every word as long as any other, at the episode's own rate,
breaks known. `--dense` names a folder of JSONL with a real time for every turn (`start`, `speaker`, `text`): one time
in 240 s is kept there, and the rest are told.
"""

from __future__ import annotations

import argparse
import json
import zlib
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from itertools import pairwise
from math import inf
from pathlib import Path

import numpy as np

from ingest import pace
from ingest.anchors import Anchor, believed, gaps, stated
from ingest.formats import changelog
from ingest.hiding import THINNED, Told, Tuning, each, own_pace, thinned
from ingest.pace import Speech
from ingest.scribe import Scribe
from playhead.model import Transcript

FEWEST = 8
HALVES = {"fitted": (0,), "tested": (1,), "all": (0, 1)}
BANDS = (0.0, 5.0, 15.0, 30.0, 60.0, 120.0, 180.0, 300.0, 480.0, inf)
USUAL = 0.34
"""Seconds a word takes where an episode has no two stamps without a break between."""

Row = tuple[str, Sequence[Told]]


def words_alike(speech: Speech, anchors: list[Anchor]) -> Speech:
    """Every word as long as any other: the yardstick."""
    rates = [seconds / (last - first) for first, last, seconds in gaps(anchors, speech) if last > first]
    rate = float(np.median(rates)) if rates else USUAL
    return replace(speech, said=list(np.arange(len(speech.said)) * rate))


def transcripts(folder: Path, halves: Sequence[int]) -> Iterator[Transcript]:
    for file in sorted(folder.rglob("*.md")):
        if zlib.crc32(file.name.encode()) % 2 in halves:
            transcript = changelog.FORMAT.parse(file.read_text("utf-8")).transcript
            if transcript is not None and transcript.stamps:
                yield transcript


def hide(told_by: Iterable[Transcript], tunings: Sequence[Tuning]) -> tuple[int, list[list[Told]]]:
    """How many episodes have stamps enough, and what each of ``tunings`` tells of every stamp."""
    episodes, told = 0, [list[Told]() for _ in tunings]
    for transcript in told_by:
        speech = pace.listen(transcript)
        anchors, _ = believed(stated(transcript, speech), speech)
        if len(anchors) >= FEWEST:
            episodes += 1
            for tuning, found in zip(tunings, told, strict=True):
                found.extend(each(transcript, speech, anchors, tuning))
    return episodes, told


def dense(folder: Path, tuning: Tuning) -> list[Told]:
    told: list[Told] = []
    for file in sorted(folder.glob("*.jsonl")):
        scribe = Scribe()
        for turn in map(json.loads, file.read_text("utf-8").splitlines()):
            scribe.turn(turn["speaker"])
            scribe.stamp(turn["start"])
            scribe.say(turn["text"])
        transcript = scribe.transcript()
        speech = pace.listen(transcript)
        anchors, _ = believed(stated(transcript, speech), speech)
        told += thinned(transcript, speech, anchors, THINNED, tuning)
    return told


def table(title: str, rows: Iterable[Row]) -> None:
    print(f"\n{title:<34}  times  median   p90   p95  within error")
    for name, told in rows:
        if told:
            median, p90, p95 = np.percentile([abs(one.off) for one in told], [50, 90, 95])
            covered = np.mean([one.is_covered for one in told])
            print(f"{name:<34} {len(told):>6,} {median:>7.2f} {p90:>5.1f} {p95:>5.1f} {covered:>8.1%}")


def main() -> None:
    parser = argparse.ArgumentParser(description="How far off times are, each stamp told by the others.")
    parser.add_argument("archive", type=Path)
    parser.add_argument("--every", type=int, default=1, help="only every so manieth episode")
    parser.add_argument("--half", choices=HALVES, default="tested")
    parser.add_argument("--dense", type=Path)
    given = parser.parse_args()
    chosen = list(transcripts(given.archive, HALVES[given.half]))[:: given.every]
    episodes, (ours, alike) = hide(chosen, [own_pace, words_alike])
    table(f"{episodes} episodes", [("ours", ours), ("every word alike", alike)])
    ratio = np.percentile([abs(one.off) for one in ours], [50, 90, 95]) / np.percentile(
        [abs(one.off) for one in alike], [50, 90, 95]
    )
    print(f"{'ours / every word alike':<34} {'':>6} {ratio[0]:>7.3f} {ratio[1]:>5.3f} {ratio[2]:>5.3f}")
    sources = ("interpolated", "across_break", "extrapolated")
    grouped = [(source, [one for one in ours if one.time.source == source]) for source in sources]
    table("ours, by source", [*grouped, ("first after a break", [one for one in ours if one.after_break])])
    table(
        "ours, by distance",
        [(f"{a:g} to {b:g} s", [o for o in ours if a <= o.distance < b]) for a, b in pairwise(BANDS)],
    )
    if given.dense:
        rows = [("ours", dense(given.dense, own_pace)), ("every word alike", dense(given.dense, words_alike))]
        table("other shows, a time in 240 s", rows)


if __name__ == "__main__":
    main()
