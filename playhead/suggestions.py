"""Suggested chapters of an episode in a library: what every door shows when it is asked for them."""

from __future__ import annotations

import numpy as np

from playhead.chaptering import suggest
from playhead.engine import Engine
from playhead.model import Chapter, Episode, Transcript
from playhead.query import Filters


def suggest_chapters(engine: Engine, episode: Episode, transcript: Transcript) -> tuple[Chapter, ...]:
    """Chapters that nobody stated, by the words of an episode and the vectors that its passages have in the index.

    What the episode states itself has no say in where they begin. One that is not findable yet has its words alone.
    """
    view, model = engine.view(), engine.describe().model
    dimension = model.dimension if model else 1
    # A question about nothing: everything of the episode is equally near, and a passage has a sentence at least.
    found = view.nearest(
        np.zeros(dimension, np.float32), Filters(episode=(episode.id,), sponsors=True), len(transcript.sentences)
    )
    segments = sorted(view.segments(found.numbers.tolist()).values(), key=lambda segment: segment.ordinal)
    vectors = view.vectors([segment.id for segment in segments])
    known = [segment for segment in segments if segment.id in vectors]
    rows = np.array([vectors[segment.id] for segment in known], np.float32).reshape(len(known), dimension)
    return suggest(episode, transcript, known, rows)
