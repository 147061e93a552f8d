"""Cuts an episode into the passages that are indexed: about 120 words of whole turns, inside one chapter.

Larger passages are found more often but answer less precisely, smaller ones the other way round; a question stays
with its answer because the words of both are looked for together.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise

from ingest.scribe import PARAGRAPH
from playhead.model import Chapter, Episode, Segment, Sentence, Span, Time, Transcript, Turn
from playhead.passages import identify, passage
from playhead.sentences import sentence_spans
from playhead.text import unit_starts

# What a cut costs beside the distance from the size that was asked for, (size / words - 1) squared.
_INSIDE_TURN = 0.25
_INSIDE_PARAGRAPH = 0.15
_AFTER_QUESTION = 0.2

_LARGEST = 1.6
"""A segment is at most this many times the size asked for, unless one of its sentences is larger by itself."""


@dataclass(frozen=True, slots=True)
class _Atom:
    """What is never cut: a sentence, or the part of one inside a chapter, or of one that is too long.

    ``cost`` is what a cut after it costs; ``last`` is set where a chapter ends.
    """

    sentence: Sentence
    turn: int
    chapter: Chapter | None
    words: int
    cost: float = 0.0
    last: bool = False


def split(episode: Episode, transcript: Transcript, words: int = 120) -> list[Segment]:
    """The segments of ``transcript``, about ``words`` words each, in order of speech.

    Together they hold all of its text but for the space between them. None crosses a chapter of ``episode``
    (whose spans are of this transcript). An id depends on the segment's passage alone, and on how often the
    same passage came before, so that what did not change keeps its name. Of an episode that is not transcribed they
    are its notes.
    """
    if not episode.transcribed:
        return _named(_notes(episode, words))
    groups = _groups(_atoms(episode.chapters, transcript, words), words)
    return _named(_segment(episode, transcript, atoms, ordinal) for ordinal, atoms in enumerate(groups))


def _notes(episode: Episode, words: int) -> Iterator[Segment]:
    """What is written about an episode, cut as speech is. Nobody says it: it has no turns, no chapter and no time.

    What does not begin with the title is indexed behind it.
    """
    written = Transcript(episode.notes, (Turn(None, (0, len(episode.notes))),))
    for ordinal, atoms in enumerate(_groups(_atoms((), written, words), words)):
        segment = _segment(episode, written, atoms, ordinal)
        indexed = passage([(None, segment.text)], episode.title if ordinal else None)
        yield replace(segment, kind="notes", passage=indexed, first_turn=0, last_turn=-1, turns=())


def _named(segments: Iterable[Segment]) -> list[Segment]:
    """The segments with their ids."""
    seen: Counter[str] = Counter()
    named: list[Segment] = []
    for segment in segments:
        named.append(replace(segment, id=identify(segment.episode, segment.passage, seen[segment.passage])))
        seen[segment.passage] += 1
    return named


def _atoms(chapters: Sequence[Chapter], transcript: Transcript, words: int) -> list[_Atom]:
    sentences = transcript.sentences or tuple(
        Sentence(span) for turn in transcript.turns for span in sentence_spans(transcript.text, turn.span)
    )
    spoken = {chapter.span[0]: chapter for chapter in chapters if chapter.span is not None}
    begins = sorted(spoken)
    turns = [turn.span[0] for turn in transcript.turns]
    starts = unit_starts(transcript.text)
    atoms: list[_Atom] = []
    for whole in sentences:
        for sentence in _parts(whole, transcript.text, begins, starts, 2 * words):
            at = sentence.span[0]
            index = bisect_right(begins, at) - 1
            chapter = spoken[begins[index]] if index >= 0 else None
            count = bisect_left(starts, sentence.span[1]) - bisect_left(starts, at)
            atoms.append(_Atom(sentence, bisect_right(turns, at) - 1, chapter, count))
    return [
        replace(atom, cost=_cost(atom, following, transcript), last=atom.chapter is not following.chapter)
        for atom, following in pairwise(atoms)
    ] + [replace(atom, last=True) for atom in atoms[-1:]]


def _parts(
    sentence: Sentence, text: str, begins: Sequence[int], starts: Sequence[int], most: int
) -> Iterator[Sentence]:
    """The sentence, cut where a chapter begins inside it, and between words where it has more than ``most``."""
    first, last = sentence.span
    low, high = bisect_left(starts, first), bisect_left(starts, last)
    count = -(-(high - low) // most)
    cuts = {starts[low + (high - low) * part // count] for part in range(1, count)}
    cuts.update(begins[bisect_right(begins, first) : bisect_left(begins, last)])
    for start, end in zip([first, *sorted(cuts)], [*sorted(cuts), last], strict=True):
        said = text[start:end].strip()
        if said:
            begin = text.index(said, start)
            yield Sentence((begin, begin + len(said)), _time_within(sentence, begin))


def _time_within(sentence: Sentence, at: int) -> Time:
    """The time of the word at ``at``: in an even pace from the sentence's start, as much in doubt as that is far."""
    time, (first, last) = sentence.time, sentence.span
    if at == first or time.start is None or time.end is None:
        return time if at == first else Time()
    into = (time.end - time.start) * (at - first) / (last - first)
    error = round((time.error or 0.0) + into / 2, 1)
    source = time.source if time.source in ("cue", "across_break", "extrapolated") else "interpolated"
    return Time(round(time.start + into, 3), time.end, source, error)


def _cost(atom: _Atom, following: _Atom, transcript: Transcript) -> float:
    if atom.turn == following.turn:
        between = transcript.text[atom.sentence.span[1] : following.sentence.span[0]]
        return _INSIDE_PARAGRAPH if PARAGRAPH in between else _INSIDE_TURN
    asks = transcript.said(atom.sentence.span).rstrip("\"'”’) ").endswith("?")
    return _AFTER_QUESTION if asks else 0.0


def _groups(atoms: list[_Atom], words: int) -> Iterator[list[_Atom]]:
    """The atoms of one segment after the other: at each place the cheapest end within reach.

    What lies further ahead than the next segment has no say, so words added at the end of an episode move
    nothing but its last few segments.
    """
    first = 0
    while first < len(atoms):
        end = _end(atoms, first, words)
        yield atoms[first:end]
        first = end


def _end(atoms: list[_Atom], first: int, words: int) -> int:
    """Where the segment that begins with ``first`` ends best; a tail too short to stand alone stays with it."""
    ahead = 0
    reach = first
    while reach < len(atoms) and ahead <= 2 * _LARGEST * words:
        ahead += atoms[reach].words
        reach += 1
        if atoms[reach - 1].last:
            break
    size = 0
    best, cheapest = first + 1, float("inf")
    for index in range(first, reach):
        atom = atoms[index]
        size += atom.words
        if index > first and size > _LARGEST * words:
            break
        rest = ahead - size if atoms[reach - 1].last else words
        cost = (size / words - 1) ** 2
        if index + 1 < reach:
            cost += atom.cost + max(0.0, 1 - rest / words) ** 2
        if cost <= cheapest:
            best, cheapest = index + 1, cost
    return best


def _segment(episode: Episode, transcript: Transcript, atoms: Sequence[_Atom], ordinal: int) -> Segment:
    start, end = atoms[0].sentence.span[0], atoms[-1].sentence.span[1]
    chapter = atoms[0].chapter
    turns = tuple(_turns(transcript, atoms, start))
    text = transcript.text[start:end]
    return Segment(
        id="",
        episode=episode.id,
        ordinal=ordinal,
        span=(start, end),
        text=text,
        passage=passage(
            ((turn.speaker, text[slice(*turn.span)]) for turn in turns), None if chapter is None else chapter.title
        ),
        first_turn=atoms[0].turn,
        last_turn=atoms[-1].turn,
        time=replace(atoms[0].sentence.time, end=atoms[-1].sentence.time.end),
        turns=turns,
        sentences=tuple(replace(atom.sentence, span=_moved(atom.sentence.span, start)) for atom in atoms),
        chapter=None if chapter is None else chapter.number,
        chapter_title=None if chapter is None else chapter.title,
        chapter_start=None if chapter is None else chapter.start,
        kind="content" if chapter is None else chapter.kind,
    )


def _turns(transcript: Transcript, atoms: Sequence[_Atom], start: int) -> Iterator[Turn]:
    """The transcript's turns as far as they lie in these atoms; a turn cut short has its first sentence's time."""
    for number in range(atoms[0].turn, atoms[-1].turn + 1):
        inside = [atom.sentence for atom in atoms if atom.turn == number]
        if inside:
            turn = transcript.turns[number]
            span = (inside[0].span[0], inside[-1].span[1])
            time = replace(inside[0].time, end=inside[-1].time.end)
            raw = turn.raw if span == turn.span else None
            chapter = atoms[0].chapter
            yield replace(
                turn, span=_moved(span, start), time=time, raw=raw, chapter=None if chapter is None else chapter.number
            )


def _moved(span: Span, start: int) -> Span:
    return (span[0] - start, span[1] - start)
