"""A library's segments as any other program can read them."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import numpy as np

from playhead.engine import View
from playhead.library import Library
from playhead.model import Segment
from playhead.query import EVERYTHING

AT_ONCE = 5_000


def segments_of(view: View, dimension: int) -> Iterator[Segment]:
    """Every segment that can be found, episode by episode."""
    found = np.sort(view.nearest(np.zeros(dimension, np.float32), EVERYTHING, view.size).numbers)
    numbers = found[np.argsort(view.episodes_of(found), kind="stable")].tolist()
    for first in range(0, len(numbers), AT_ONCE):
        yield from view.segments(numbers[first : first + AT_ONCE]).values()


def export(library: Library, folder: Path) -> dict[str, str]:
    """``passages.jsonl`` and ``vectors.npy`` (float16, a row each) in ``folder``; returns the texts by id."""
    view, texts = library.view(), {}
    vectors = []
    with (folder / "passages.jsonl").open("w", encoding="utf-8") as lines:
        for segment in segments_of(view, library.embedder.model.dimension):
            row = {"id": segment.id, "episode": segment.episode, "text": segment.text, "passage": segment.passage}
            lines.write(json.dumps(row, ensure_ascii=False) + "\n")
            texts[segment.id] = segment.text
    ids = list(texts)
    for first in range(0, len(ids), AT_ONCE):
        wanted = ids[first : first + AT_ONCE]
        kept = view.vectors(wanted)
        vectors.append(np.array([kept[each] for each in wanted], np.float16))
    np.save(folder / "vectors.npy", np.concatenate(vectors))
    return texts
