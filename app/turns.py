"""A transcript in parts that fit: whole turns, and sentences of a turn that alone is longer than there is room for."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, TypeVar

from playhead.model import Sentence, Transcript, Turn
from playhead.rendering import size_of, time_as_dict

Plain = dict[str, Any]
Timed = TypeVar("Timed", Turn, Sentence)


def within(turns: Sequence[Plain], transcript: Transcript, at: int, room: int) -> tuple[list[Plain], int]:
    """The ``turns`` of a transcript, as `playhead.rendering` gives them, from the character ``at`` on, that fit.

    ``room`` is in characters of JSON. The second value is the character to go on at. Something is always given: of a
    first turn that is too long, the sentences that fit, and at least one; only such a part is not ``whole``.
    """
    shown: list[Plain] = []
    for turn in turns:
        first, last = max(at, turn["span"][0]), turn["span"][1]
        if first >= last:
            continue
        part, following = _part(turn, transcript, first, last), last
        if size_of(part) > room:
            if shown:
                break
            part, following = _beginning(turn, transcript, first, room)
        shown.append(part)
        room -= size_of(part)
        at = following
        if following < last:
            break
    return shown, at


def spoken_at(transcript: Transcript, second: float, room: int) -> int:
    """The character to begin at to hear what is said at a ``second``: of the turn, or of the sentence in a long one.

    0 where no time is known before it.
    """
    turn = _latest(transcript.turns, second)
    if turn is None:
        return 0
    if turn.span[1] - turn.span[0] > room:
        sentence = _latest(_sentences(transcript, *turn.span), second)
        if sentence is not None:
            return sentence.span[0]
    return turn.span[0]


def _latest(timed: Sequence[Timed], second: float) -> Timed | None:
    """The last of these that has begun."""
    return next((each for each in reversed(timed) if each.time.start is not None and each.time.start <= second), None)


def _beginning(turn: Plain, transcript: Transcript, first: int, room: int) -> tuple[Plain, int]:
    """The sentences of a turn from ``first`` on that fit, and where the next begins."""
    sentences = _sentences(transcript, first, turn["span"][1])
    part, following = _part(turn, transcript, first, turn["span"][1]), turn["span"][1]
    for number in range(1, len(sentences)):
        shorter = _part(turn, transcript, first, sentences[number - 1].span[1])
        if number > 1 and size_of(shorter) > room:
            break
        part, following = shorter, sentences[number].span[0]
    return part, following


def _part(turn: Plain, transcript: Transcript, first: int, last: int) -> Plain:
    """A turn from ``first`` to ``last``, with the times of its sentences where it is not the whole of it."""
    if turn["span"] == [first, last]:
        return {**turn, "whole": True}
    sentences = _sentences(transcript, first, last)
    times = time_as_dict(sentences[0].time) | {"end": time_as_dict(sentences[-1].time)["end"]} if sentences else {}
    return {**turn, **times, "text": transcript.said((first, last)), "span": [first, last], "whole": False}


def _sentences(transcript: Transcript, first: int, last: int) -> list[Sentence]:
    return [each for each in transcript.sentences if first <= each.span[0] < last]
