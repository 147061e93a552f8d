"""Carries the speakers of one transcript onto the words of another of the same talk.

A page has the finer stamps and the typography, a labelled file has the names. Words are matched as they are
compared in a search, so that quotes, dashes and case do not matter. Of a match only runs of two words and more
count: single common words meet by chance (of two different hours of talk 12 % of the words line up one by one,
1.5 % in runs of two).
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections import Counter
from collections.abc import Hashable, Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise

from rapidfuzz.distance import LCSseq

from ingest.rising import longest_rising
from ingest.scribe import PARAGRAPH
from playhead.model import Span, Transcript, Turn
from playhead.sentences import sentence_spans
from playhead.text import word_spans

SHORTEST_RUN = 2
CLEAR_MAJORITY = 0.8
MOST_CELLS = 2_000_000_000
"""The largest table the word matcher may fill, in bits: 250 MB, 44,000 words that share nothing unique."""

_LANDMARK = 4


@dataclass(frozen=True, slots=True)
class Alignment:
    """A transcript with speakers carried onto it, and the ``share`` of its words that were found, 0 to 1.

    The same talk reaches .6 with a third of the words damaged; two different talks stay under .05.
    """

    transcript: Transcript
    share: float


@dataclass(frozen=True, slots=True)
class _Piece:
    """A paragraph of the page, or a sentence of a contested one; ``turn`` is of the labelled text, or None.

    ``opens`` says that the page has a break before it, which ends any turn.
    """

    span: Span
    source: int
    joint: str
    opens: bool
    turn: int | None = None


def carry_speakers(labelled: Transcript, page: Transcript) -> Alignment:
    """``page``'s words, stamps and breaks with ``labelled``'s speakers and turns.

    Paragraphs that fall in one labelled turn become one turn. A paragraph in which two speak is cut between
    sentences. Where nothing matches the speaker is None, unless both neighbours lie in one labelled turn.
    """
    names = word_spans(labelled.text)
    heard = word_spans(page.text)
    partner = _match([word for word, _, _ in heard], [word for word, _, _ in names])
    turn_starts = [turn.span[0] for turn in labelled.turns]
    starts = [start for _, start, _ in heard]
    votes = [None if at is None else bisect_right(turn_starts, names[at][1]) - 1 for at in partner]

    pieces: list[_Piece] = []
    for piece in _paragraphs(page):
        pieces.extend(_decided(piece, page.text, starts, votes))
    share = sum(at is not None for at in partner) / max(len(partner), 1)
    return Alignment(_rebuilt(page, _bridged(pieces), labelled), share)


def _match(words: Sequence[Hashable], others: Sequence[Hashable]) -> list[int | None]:
    """For each of ``words`` the index of its partner in ``others``: the longest common subsequence, runs only.

    Landmarks - four words that occur once in both - cut the texts into short stretches first, so that time
    and memory grow with the length and not with its square.
    """
    partner: list[int | None] = [None] * len(words)
    landmarks = [(-1, -1), *_landmarks(words, others), (len(words), len(others))]
    for (low, other_low), (high, other_high) in pairwise(landmarks):
        if low >= 0:
            partner[low] = other_low
        first, other_first = low + 1, other_low + 1
        if (high - first) * (other_high - other_first) > MOST_CELLS:
            continue
        for block in LCSseq.opcodes(words[first:high], others[other_first:other_high]):
            if block.tag == "equal":
                for step in range(block.src_end - block.src_start):
                    partner[first + block.src_start + step] = other_first + block.dest_start + step
    return _runs_only(partner)


def _landmarks(words: Sequence[Hashable], others: Sequence[Hashable]) -> list[tuple[int, int]]:
    """Pairs of places where the same four words begin that stand nowhere else, in an order both texts share."""
    here, there = _once(words), _once(others)
    shared = [(index, there[four]) for four, index in here.items() if four in there]
    rising = longest_rising([other for _, other in shared])
    return [shared[index] for index in rising]


def _once(words: Sequence[Hashable]) -> dict[tuple[Hashable, ...], int]:
    """Where each run of four words begins that occurs once, in order."""
    fours = list(zip(*(words[shift:] for shift in range(_LANDMARK)), strict=False))
    counts = Counter(fours)
    return {four: index for index, four in enumerate(fours) if counts[four] == 1}


def _runs_only(partner: list[int | None]) -> list[int | None]:
    """``partner`` without the matches that stand alone."""
    kept: list[int | None] = [None] * len(partner)
    first = 0
    for index in range(1, len(partner) + 1):
        here = partner[index] if index < len(partner) else None
        if here is None or here - 1 != partner[index - 1]:
            if index - first >= SHORTEST_RUN:
                kept[first:index] = partner[first:index]
            first = index
    return kept


def _paragraphs(page: Transcript) -> Iterator[_Piece]:
    breaks = {pause.at for pause in page.breaks}
    for source, turn in enumerate(page.turns):
        start = turn.span[0]
        joint = "\n\n"
        for paragraph in page.said(turn.span).split(PARAGRAPH):
            if paragraph:
                yield _Piece((start, start + len(paragraph)), source, joint, start in breaks)
            start += len(paragraph) + len(PARAGRAPH)
            joint = PARAGRAPH


def _decided(piece: _Piece, text: str, starts: list[int], votes: list[int | None]) -> list[_Piece]:
    """The piece with the labelled turn its words lie in; in sentences where no turn has a clear majority."""
    count = _ballot(piece.span, starts, votes)
    if not count or count.most_common(1)[0][1] >= CLEAR_MAJORITY * count.total():
        return [replace(piece, turn=_winner(count))]
    parts: list[_Piece] = []
    for span in sentence_spans(text, piece.span):
        turn = _winner(_ballot(span, starts, votes))
        first = not parts
        parts.append(_Piece(span, piece.source, piece.joint if first else " ", piece.opens and first, turn))
    return parts


def _ballot(span: Span, starts: list[int], votes: list[int | None]) -> Counter[int]:
    low, high = bisect_left(starts, span[0]), bisect_left(starts, span[1])
    return Counter(vote for vote in votes[low:high] if vote is not None)


def _winner(count: Counter[int]) -> int | None:
    return count.most_common(1)[0][0] if count else None


def _bridged(pieces: list[_Piece]) -> list[_Piece]:
    """Pieces that matched nothing take the turn both their neighbours lie in, if it is one."""
    after: list[int | None] = []
    turn: int | None = None
    for piece in reversed(pieces):
        turn = piece.turn if piece.turn is not None else turn
        after.append(turn)
    bridged: list[_Piece] = []
    before: int | None = None
    for piece, following in zip(pieces, reversed(after), strict=True):
        if piece.turn is not None:
            before = piece.turn
        elif before == following:
            piece = replace(piece, turn=before)  # noqa: PLW2901
        bridged.append(piece)
    return bridged


def _rebuilt(page: Transcript, pieces: list[_Piece], labelled: Transcript) -> Transcript:
    """The page's transcript with its pieces joined into turns, and everything moved with its words."""
    text = ""
    turns: list[Turn] = []
    moved: list[int] = []
    last: _Piece | None = None
    for piece in pieces:
        raw = page.turns[piece.source].raw
        same = (
            last is not None
            and not piece.opens
            and (
                last.turn == piece.turn if piece.turn is not None else last.turn is None and piece.source == last.source
            )
        )
        joint = ("\n\n" if text else "") if not same else PARAGRAPH if piece.joint == "\n\n" else piece.joint
        start = len(text) + len(joint)
        text += joint + page.said(piece.span)
        moved.append(start)
        if same:
            grown = turns[-1].raw if raw is None or turns[-1].raw is None else (turns[-1].raw[0], raw[1])
            turns[-1] = replace(turns[-1], span=(turns[-1].span[0], len(text)), raw=grown)
        else:
            speaker = None if piece.turn is None else labelled.turns[piece.turn].speaker
            turns.append(Turn(speaker, (start, len(text)), raw=raw))
        last = piece

    starts = [piece.span[0] for piece in pieces]

    def move(at: int) -> int:
        """Where the word at ``at`` stands now; what stood between pieces moves to the next one."""
        index = bisect_right(starts, at) - 1
        if index < 0 or at >= pieces[index].span[1]:
            return moved[index + 1] if index + 1 < len(pieces) else len(text)
        return moved[index] + at - starts[index]

    return Transcript(
        text=text,
        turns=tuple(turns),
        stamps=tuple(replace(stamp, at=move(stamp.at)) for stamp in page.stamps),
        breaks=tuple(replace(pause, at=move(pause.at)) for pause in page.breaks),
    )
