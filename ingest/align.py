"""Carries the speakers of one transcript onto the words of another of the same talk.

A page has the finer stamps and the typography, a labelled file has the names. Words are matched as they are
compared in a search, so that quotes, dashes and case do not matter. Of a match only runs of two words and more
count, and single words in step with one: others meet by chance (of two different hours of talk 12 % of the words
line up one by one, 1.5 % in runs of two).
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections import Counter
from collections.abc import Hashable, Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import groupby, pairwise

from rapidfuzz.distance import LCSseq

from ingest.rising import longest_rising
from ingest.scribe import PARAGRAPH
from playhead.model import Span, Transcript, Turn
from playhead.sentences import sentence_spans
from playhead.text import word_spans

SHORTEST_RUN = 2
IN_STEP = 2
"""How many words may have gone or come between a run and a single match beside it."""
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
    sentences. Where nothing matches the speaker is None, unless the words around leave but one turn it can be.
    """
    names = word_spans(labelled.text)
    heard = word_spans(page.text)
    partner = _match([word for word, _, _ in heard], [word for word, _, _ in names])
    turn_starts = [turn.span[0] for turn in labelled.turns]
    starts = [start for _, start, _ in heard]
    turns = [bisect_right(turn_starts, start) - 1 for _, start, _ in names]
    votes = _votes(partner, turns)

    pieces: list[_Piece] = []
    for piece in _paragraphs(page):
        pieces.extend(_decided(piece, page.text, starts, votes))
    share = sum(at is not None for at in partner) / max(len(partner), 1)
    return Alignment(_rebuilt(page, pieces, labelled), share)


def _match(words: Sequence[Hashable], others: Sequence[Hashable]) -> list[int | None]:
    """For each of ``words`` the index of its partner in ``others``: the longest common subsequence.

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
    return _certain(partner)


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


def _certain(partner: list[int | None]) -> list[int | None]:
    """``partner`` with the matches that come in runs, and of the single ones those in step with a run beside them."""
    matches = [(index, at - index) for index, at in enumerate(partner) if at is not None]
    runs = [list(run) for _, run in groupby(enumerate(matches), key=lambda each: (each[1][0] - each[0], each[1][1]))]
    certain: list[int | None] = [None] * len(partner)
    for number, run in enumerate(runs):
        beside = [near[0][1][1] for near in runs[max(number - 1, 0) : number + 2] if len(near) >= SHORTEST_RUN]
        shift = run[0][1][1]
        if any(abs(shift - other) <= IN_STEP for other in beside):
            for _, (index, _) in run:
                certain[index] = partner[index]
    return certain


def _votes(partner: Sequence[int | None], turns: Sequence[int]) -> list[int | None]:
    """The labelled turn of each word. One that matched nothing stands between two that did: it is of the one turn
    whose words stand there in the labelled text, if there are about as many; where none stand, of the turn both
    its neighbours are in."""
    ahead: list[int] = []
    for at in reversed(partner):
        ahead.append(at if at is not None else ahead[-1] if ahead else len(turns))
    ahead.reverse()
    votes: list[int | None] = []
    before = -1
    for matched, run in groupby(partner, key=lambda at: at is not None):
        places = list(run)
        if matched:
            votes.extend(turns[at] for at in places if at is not None)
            before = places[-1] if places[-1] is not None else before
            continue
        after = ahead[len(votes)]
        between = turns[before + 1 : after]
        if between:
            alike = between[0] == between[-1] and len(places) <= 2 * len(between) + SHORTEST_RUN
            vote = between[0] if alike else None
        else:
            inside = before >= 0 and after < len(turns) and turns[before] == turns[after]
            vote = turns[before] if inside else None
        votes.extend([vote] * len(places))
    return votes


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
