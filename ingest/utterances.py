"""Timed pieces of speech, as machines write them, joined into the sentences that people say.

Some files time every word. A sentence is said from the start of its first word, and that is all a search needs.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from operator import itemgetter

from ingest.scribe import Scribe
from ingest.values import one_line
from playhead.model import Span

_SENTENCE_END = re.compile(r"[.!?…。！？][\"'”’»)\]]{0,3}\s*\Z")
_CLOSES_UP = re.compile(r"[,.;:!?…%)\]}”»。、！？，；：」』）]|['’](?:s|t|re|ve|ll|d|m)\b|n['’]t\b", re.IGNORECASE)
# Han, Kana, Thai, Lao, Burmese and Khmer are written without spaces.
_UNSPACED = re.compile(
    "[\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u3000-\u30ff\u3400-\u9fff\uff00-\uff60\U00020000-\U0003ffff]"
)
_BARE_LABEL = re.compile(r"[0-9]{1,3}[A-Z]?|[A-Z]")
MOST_WORDS = 60
"""A sentence without an end is cut here."""
WORD_BY_WORD = 0.8
"""A file is written word by word when at least this share of its pieces is one word."""


@dataclass(frozen=True, slots=True)
class Utterance:
    """Words and their seconds, by whom (None where it is not said), and where they stand in the file."""

    words: str
    start: float | None
    end: float | None
    speaker: str | None
    line: int
    raw: Span


def take_down(said: Iterable[Utterance], scribe: Scribe) -> None:
    """Every utterance a cue, a turn where the speaker changes."""
    for each in said:
        if each.speaker != scribe.speaker:
            scribe.turn(each.speaker)
        if each.start is None:
            scribe.say(each.words, each.raw)
        else:
            end = each.end if each.end is not None and each.end >= each.start else None
            scribe.cue(each.start, end, each.words, each.line, each.raw)


def labelled(speaker: object) -> str | None:
    """A name as the file gives it. A bare number or letter is a label, and stays one: nobody knows the name yet.

    >>> labelled("Ada"), labelled("SPEAKER_00"), labelled(0), labelled("A"), labelled(""), labelled(None)
    ('Ada', 'SPEAKER_00', 'Speaker 0', 'Speaker A', None, None)
    """
    if isinstance(speaker, int) and not isinstance(speaker, bool):
        return f"Speaker {speaker}"
    label = one_line(speaker)
    return f"Speaker {label}" if label and _BARE_LABEL.fullmatch(label) else label


def who_speaks(turns: Iterable[tuple[float | None, str | None]]) -> Callable[[float | None], str | None]:
    """Who speaks at a second, by when each turn begins; nobody before the first, or where the second is not known.

    >>> at = who_speaks([(4.0, "Ojo"), (0.5, "Mara"), (None, "Quill")])
    >>> at(0.4), at(0.5), at(9.0), at(None)
    (None, 'Mara', 'Ojo', None)
    """
    known = sorted(((start, speaker) for start, speaker in turns if start is not None), key=itemgetter(0))
    starts = [start for start, _ in known]

    def at(second: float | None) -> str | None:
        place = bisect_right(starts, second) if second is not None else 0
        return known[place - 1][1] if place else None

    return at


def is_mark(words: str) -> bool:
    """Is this punctuation, written as an entry of its own?"""
    return bool(words.strip()) and not any(character.isalnum() for character in words)


def with_mark(said: Utterance, mark: str, raw: Span) -> Utterance:
    """``said`` with the punctuation that the file writes as an entry of its own, without a time."""
    return replace(said, words=said.words + mark, raw=(said.raw[0], raw[1]))


def in_order_of_time(said: Iterable[Utterance]) -> list[Utterance]:
    """What was said on several channels, as one conversation. One without a start stays behind the one before it."""
    timed: list[tuple[float, Utterance]] = []
    for each in said:
        timed.append((timed[-1][0] if each.start is None and timed else each.start or 0.0, each))
    return [each for _, each in sorted(timed, key=itemgetter(0))]


def is_word_by_word(said: Sequence[Utterance]) -> bool:
    """Is nearly every one of them a single word?"""
    single = sum(1 for each in said if len(each.words.split(maxsplit=1)) < 2)
    return len(said) > 1 and single >= WORD_BY_WORD * len(said)


def by_sentence(said: Iterable[Utterance]) -> Iterator[list[Utterance]]:
    """The utterances of a speaker up to the end of each sentence. None is lost, and none moves."""
    waiting: list[Utterance] = []
    for each in said:
        goes_on = not waiting or (
            each.speaker == waiting[0].speaker
            and len(waiting) < MOST_WORDS
            # A mark that stands alone belongs to the word before it.
            and (_CLOSES_UP.match(each.words.strip()) or not _SENTENCE_END.search(waiting[-1].words))
        )
        if not goes_on:
            yield waiting
            waiting = []
        waiting.append(each)
    if waiting:
        yield waiting


def join(said: Sequence[Utterance]) -> Utterance:
    """Utterances of one speaker as one, from the start of the first to the end of the last."""
    first, last = said[0], said[-1]
    words = running([each.words for each in said])
    return Utterance(words, first.start, last.end, first.speaker, first.line, (first.raw[0], last.raw[1]))


def running(pieces: Sequence[str]) -> str:
    """Pieces as running text: as they are where they bring their own spaces, else with one before every word."""
    if any(piece[:1].isspace() for piece in pieces[1:]):
        return "".join(pieces).strip()
    bare = [piece for piece in map(str.strip, pieces) if piece]
    return "".join(
        piece if not place or _closes_up(bare[place - 1], piece) else f" {piece}" for place, piece in enumerate(bare)
    )


def _closes_up(before: str, piece: str) -> bool:
    """Does no space part two pieces?

    >>> _closes_up("tide", "."), _closes_up("潮", "が"), _closes_up("the", "tide")
    (True, True, False)
    """
    return bool(_CLOSES_UP.match(piece) or (_UNSPACED.match(before[-1]) and _UNSPACED.match(piece)))


def commonest(names: Iterable[str | None]) -> str | None:
    """The name said most often, the first of equals."""
    counted = Counter(name for name in names if name)
    return counted.most_common(1)[0][0] if counted else None
