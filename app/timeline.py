"""An episode as a strip: its chapters, who speaks when, and where a question is answered. Pure.

Lengths are thousandths of the episode, so that a template can draw them at any width.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import dataclass

from playhead.model import Episode, Transcript

WIDTH = 1000.0
TONES = 6
"""So many speakers have a tone of their own, those who say most; all others share the last."""


@dataclass(frozen=True, slots=True)
class Stretch:
    """A piece of the strip. ``tone`` counts chapters or speakers, ``kind`` is a chapter's; ``start`` is in seconds."""

    x: float
    width: float
    label: str
    start: float
    tone: int = 0
    kind: str = "content"


@dataclass(frozen=True, slots=True)
class Share:
    """Who says how much of an episode: ``percent`` of its words, and the tone they have in the strip."""

    name: str
    percent: int
    tone: int


@dataclass(frozen=True, slots=True)
class Strip:
    """An episode of ``seconds``. ``hits`` are places along it."""

    seconds: float
    chapters: list[Stretch]
    speech: list[Stretch]
    hits: list[float]


def lay_out(episode: Episode, transcript: Transcript, hits: Iterable[float] = ()) -> Strip | None:
    """The strip of an episode, with ``hits`` at these seconds; None where no time is known."""
    times = [turn.time for turn in transcript.turns if turn.time.start is not None]
    known = [chapter.start for chapter in episode.chapters if chapter.start is not None]
    known += [time.end or time.start or 0.0 for time in times]
    seconds = max([*known, (episode.duration or 0.0) - episode.offset], default=0.0)
    if seconds <= 0 or not known:
        return None

    def place(second: float) -> float:
        return round(min(max(second, 0.0), seconds) * WIDTH / seconds, 1)

    timed = [(chapter.start, chapter) for chapter in episode.chapters if chapter.start is not None]
    ends = [*(start for start, _ in timed[1:]), seconds]
    chapters = [
        _stretch(place, start, ends[number], chapter.title, number % 2, chapter.kind)
        for number, (start, chapter) in enumerate(timed)
    ]
    tones = {share.name: share.tone for share in shares(transcript)}
    speech = [
        _stretch(place, turn.time.start, turn.time.end, turn.speaker, tones[turn.speaker])
        for turn in transcript.turns
        if turn.speaker and turn.time.start is not None and turn.time.end is not None
    ]
    return Strip(seconds, chapters, _joined(speech), [place(second) for second in sorted(set(hits))])


def _stretch(
    place: Callable[[float], float], start: float, end: float, label: str, tone: int, kind: str = "content"
) -> Stretch:
    x = place(start)
    return Stretch(x, round(max(0.0, place(end) - x), 1), label, start, tone, kind)


def shares(transcript: Transcript) -> list[Share]:
    """Who says how much, by words, most first.

    >>> from playhead.model import Turn
    >>> shares(Transcript("one two three four", (Turn("Ada", (0, 13)), Turn("Cy", (14, 18)))))
    [Share(name='Ada', percent=75, tone=0), Share(name='Cy', percent=25, tone=1)]
    """
    counts: Counter[str] = Counter()
    for turn in transcript.turns:
        if turn.speaker:
            counts[turn.speaker] += len(transcript.said(turn.span).split())
    total = counts.total() or 1
    return [
        Share(name, round(100 * words / total), min(tone, TONES - 1))
        for tone, (name, words) in enumerate(counts.most_common())
    ]


def _joined(speech: Iterable[Stretch]) -> list[Stretch]:
    """Neighbours of one tone as one: a talk of two hours has a thousand turns, and a strip fewer points."""
    joined: list[Stretch] = []
    for each in speech:
        last = joined[-1] if joined else None
        if last and last.tone == each.tone and each.x - (last.x + last.width) < 1:
            width = round(max(last.width, each.x + each.width - last.x), 1)
            joined[-1] = Stretch(last.x, width, last.label, last.start, last.tone)
        elif each.width > 0:
            joined.append(each)
    return joined
