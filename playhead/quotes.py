"""Is this quote verbatim, nearly so, or not there: one quote held against what was said. Pure.

**Verbatim** are the same words in the same order. Case, accents, quotes, dashes and punctuation do not count, and what
the quote itself marks as left out (…) or put in by an editor ([brackets]) is shown. **Near** adds fillers, words said
twice and other spellings, and one word in ten that is added, left out or in another form. A negation, a number, a
name or any telling word in the place of another makes it another sentence: **not found**.

Why the line runs there: docs/design.md, "When is it still a quote?".
"""

from __future__ import annotations

import re
from bisect import bisect_left
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from itertools import pairwise
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from playhead.errors import InvalidQueryError
from playhead.model import Span
from playhead.text import clean, word_spans
from playhead.wording import fillers, has_number, is_alike, is_name, is_same, is_small, negations, weigh

Verdict = Literal["verbatim", "near", "not_found"]

DifferenceKind = Literal[
    "filler",
    "repetition",
    "spelling",
    "omission",
    "insertion",
    "word",
    "form",
    "replaced",
    "negation",
    "number",
    "name",
]

MOST_CHARACTERS = 5000
FEWEST_WORDS = 3
"""A shorter quote is verbatim or nothing: of two words, one is half of what was said."""

EDITED = 0.1
"""What share of a near quote's words may be added, left out or in another form."""

MOST_LEFT_OUT = {"omission": 100, "insertion": 8}
"""How many words an ellipsis may stand for, half a minute of talk; and how many of them a bracket."""

GRAVE: frozenset[DifferenceKind] = frozenset({"replaced", "negation", "number", "name"})
"""Differences that make it another sentence."""

MARKED: frozenset[DifferenceKind] = frozenset({"omission", "insertion"})
"""Differences that the quote owns up to."""

MOST_PLACES = 100
"""Of one text."""

_GAP = re.compile(
    r"(?P<omission>[\[(]\s*(?:…|\.(?: ?\.)+)\s*[\])]|…|\.(?: ?\.){2,})"
    r"|\[(?P<insertion>[^\[\]]{1,200})\]"
)
_NOTE = re.compile(r"\[[^\[\]\n]{1,80}\]")
_NUMBER = re.compile(r"(?<!\d)\d+(?:[.,:]\d+)+")
_THOUSANDS = re.compile(r"\d{1,3}(?:,\d{3})+")
_MARK_BEHIND = re.compile(r"\+\+|[#%](?!\w)")
_APOSTROPHES = str.maketrans(dict.fromkeys("‘‛ʼ`´′＇", "'"))
_CLOSING = re.compile(r"[.?!…。！？]+")
_CLOSED = re.compile(r"[.?!…。！？][\s\"'’”»)\]]*\Z")
_ENDS = re.compile(r"[.?!…。！？\n]")
_BROKEN_OFF = re.compile(r"\s*(?:[-–—…]|\.\.)")
_PAUSE = re.compile(r"[^\w\s'’]")

_CLAUSE = 5
"""Words; an ellipsis that leaves out no more keeps every "not" of its sentence."""

_TELLING, _WEIGHT = 5, 1.5
"""How many different words are rare enough together to be looked for in every passage; those of weight count more."""

_LOST, _MORE = 3, 2
"""What it costs that a word of the quote is not said, and that a word is said which the quote has not."""

_SLACK, _FEW = 2, 6
"""How many words more than the best a place may lose to be judged too, and how many such places are."""

_RANK: dict[Verdict, int] = {"verbatim": 0, "near": 1, "not_found": 2}

Cells = NDArray[np.int32]


@dataclass(frozen=True, slots=True)
class Difference:
    """Where a quote departs from what was said: its words and theirs, "" where there are none.

    ``quoted_span`` is in the quote's text, ``span`` in the transcript's.
    """

    kind: DifferenceKind
    quoted: str
    said: str
    quoted_span: Span
    span: Span

    @property
    def is_grave(self) -> bool:
        """Whether it alone makes it another sentence."""
        return self.kind in GRAVE


@dataclass(frozen=True, slots=True)
class Occurrence:
    """A place where a quote is said, or what comes nearest to it.

    ``span`` is in the transcript's text; ``likeness`` is the share of the quote's words that are said there.
    """

    verdict: Verdict
    span: Span
    differences: tuple[Difference, ...]
    likeness: float

    @property
    def is_verbatim(self) -> bool:
        return self.verdict == "verbatim"

    def moved(self, by: int) -> Occurrence:
        """The same in a text that begins ``by`` characters earlier."""
        differences = tuple(replace(each, span=_moved(each.span, by)) for each in self.differences)
        return replace(self, span=_moved(self.span, by), differences=differences)


@dataclass(frozen=True, slots=True)
class Word:
    """A word as it is compared, and where it stands."""

    folded: str
    start: int
    end: int


@dataclass(frozen=True, slots=True)
class Gap:
    """What a quote marks before its word number ``before``: something left out, or an editor's words."""

    kind: Literal["omission", "insertion"]
    before: int
    span: Span
    inserted: tuple[str, ...] = ()


@dataclass(frozen=True)
class Quote:
    """A quote that can be looked for: cleaned, of bounded length, with at least one word outside of brackets.

    Raises InvalidQueryError for what cannot be looked for. Spans are in ``text``, which is the quote as cleaned.
    """

    text: str
    every_word: bool = False

    def __post_init__(self) -> None:
        if len(self.text) > MOST_CHARACTERS:
            raise InvalidQueryError(
                f"The quote has {len(self.text):,} characters; check one of {MOST_CHARACTERS:,} or fewer at a time.",
                "quote",
            )
        object.__setattr__(self, "text", " ".join(clean(self.text).split()))
        if not self.text:
            raise InvalidQueryError("The quote is empty; give the words that somebody is said to have said.", "quote")
        if not self.words:
            raise InvalidQueryError(
                "The quote has no words in it, or only an editor's in [brackets]; give the words that were said.",
                "quote",
            )

    @cached_property
    def words(self) -> tuple[Word, ...]:
        """Its words, without what stands in brackets."""
        marked = [match.span() for match in _GAP.finditer(self.text)]
        edges = [0, *(edge for span in marked for edge in span), len(self.text)]
        parts = zip(edges[::2], edges[1::2], strict=True)
        return tuple(word for part in parts for word in _words(self.text, part))

    @cached_property
    def gaps(self) -> tuple[Gap, ...]:
        """What it marks between its words; what it marks at its ends says nothing."""
        found = []
        for match in _GAP.finditer(self.text):
            before = sum(word.start < match.start() for word in self.words)
            if 0 < before < len(self.words):
                inserted = tuple(word.folded for word in _words(self.text, match.span("insertion")))
                found.append(Gap("insertion" if match["insertion"] else "omission", before, match.span(), inserted))
        return tuple(found)

    @cached_property
    def core(self) -> tuple[int, ...]:
        """The places of the words that it is laid along the talk by: those that are no fillers, if they are most."""
        return tuple(range(len(self.words))) if self.keeps_fillers else _core(self.words)

    @cached_property
    def keeps_fillers(self) -> bool:
        """Whether every word of it counts, also because more than half of them are fillers."""
        return self.every_word or 2 * len(_core(self.words)) < len(self.words)

    @cached_property
    def whole(self) -> Quote:
        """The same with every word counting."""
        return Quote(self.text, every_word=True)

    @property
    def spoken(self) -> str:
        """Its words to look for it by: without fillers, and without what it marks."""
        return " ".join(self.words[place].folded for place in self.core)

    def phrases(self) -> Iterator[tuple[str, ...]]:
        """What a passage that says it says word for word, each of the phrases: several ways, the surest last.

        Its words in a row; what stands between its fillers; one half and the words of the other, for there may be
        fillers in what was said. Of its longest part without a gap, and nothing where that has only common words.
        """
        edges = [0, *(gap.before for gap in self.gaps), len(self.words)]
        first, last = max(pairwise(edges), key=lambda part: part[1] - part[0])
        core = set(self.core)
        runs: list[list[str]] = [[]]
        for place in range(first, last):
            if place in core:
                runs[-1].append(self.words[place].folded)
            elif runs[-1]:
                runs.append([])
        spoken = [word for run in runs for word in run]
        different = set(_folded(self.words[first:last]))
        if len(different) + _WEIGHT * sum(not is_small(word) for word in different) < _TELLING:
            return
        middle = len(spoken) // 2
        yield from dict.fromkeys(
            (
                (" ".join(_folded(self.words[first:last])),),
                tuple(" ".join(run) for run in runs if run),
                (" ".join(spoken[:middle]), *spoken[middle:]),
                (" ".join(spoken[middle:]), *spoken[:middle]),
            )
        )


def find(quote: Quote, text: str, within: Span | None = None) -> list[Occurrence]:
    """Where ``text`` says the quote, best first; where it nowhere does, the place that comes nearest, if any.

    Only what is ``within`` a span of it is looked at. No two places share a word.
    """
    heard = _heard(text, within or (0, len(text)))
    exact, loose = _Said(text, heard, quote.whole), _Said(text, heard, quote)
    # "Mean it" is said in "I mean it", though "I mean" is a filler there.
    judged = [each for path in _paths(quote.whole, exact) if (each := _judge(quote.whole, exact, path)).is_verbatim]
    judged += [_judge(quote, loose, path) for path in _paths(quote, loose)]
    judged.sort(key=lambda each: (_RANK[each.verdict], -each.likeness, len(each.differences), each.span))
    found: list[Occurrence] = []
    for each in judged:
        if found and each.verdict == "not_found":
            break
        if all(each.span[1] <= other.span[0] or other.span[1] <= each.span[0] for other in found):
            found.append(each)
    return found


class _Said:
    """A stretch of a text, word by word, and the places of those words that a quote is laid along."""

    def __init__(self, text: str, words: tuple[Word, ...], quote: Quote) -> None:
        self.text = text
        self.words = words
        self.core = tuple(range(len(words))) if quote.keeps_fillers else _core(words)

    def place(self, at: int) -> int:
        """Which word the core's word ``at`` is; behind its last, the one behind that."""
        return self.core[at] if at < len(self.core) else self.core[-1] + 1


@dataclass(frozen=True, slots=True)
class _Path:
    """A way to lay a quote along what was said, by places in both cores.

    ``same`` are pairs of words that are one, ``gaps`` what each gap of the quote stands for: its place, and from which
    word to which. ``span`` is from the first word said to behind the last.
    """

    same: tuple[tuple[int, int], ...]
    gaps: tuple[tuple[int, int, int], ...]
    span: Span


def _paths(quote: Quote, said: _Said) -> Iterator[_Path]:
    """The ways to lay a quote along what was said that cost least: Sellers 1980, with gaps.

    Row ``i`` holds, for each place in what was said, the least that the first ``i`` words cost if they end there. A
    quote may begin anywhere, so the first row is free; at a gap it goes on from the best of the places before.
    """
    if not said.core:
        return
    numbers: dict[str, int] = {}
    asked = [numbers.setdefault(quote.words[place].folded, len(numbers)) for place in quote.core]
    heard = np.array([numbers.get(said.words[place].folded, -1) for place in said.core], np.int32)
    places = np.arange(len(heard) + 1, dtype=np.int32)
    gaps = _gaps(quote)
    rows, bases = [np.zeros(len(places), np.int32)], {}
    for at, word in enumerate(asked):
        above = rows[-1]
        if at in gaps:
            above = bases[at] = _reached(above, gaps[at])
        row = above + _LOST
        np.minimum(row[1:], above[:-1] + _LOST * (heard != word), out=row[1:])
        rows.append(np.minimum.accumulate(row - _MORE * places) + _MORE * places)
    for end in _ends(rows[-1], len(asked)):
        yield _trace(rows, bases, gaps, asked, heard, end)


def _gaps(quote: Quote) -> dict[int, int]:
    """For each place in the quote's core before which it has gaps: for how many words they may stand.

    An ellipsis beside a word or two is none: of such scraps anything could be put together.
    """
    found: dict[int, int] = {}
    marks = [(bisect_left(quote.core, gap.before), gap.kind) for gap in quote.gaps]
    edges = [0, *(at for at, kind in marks if kind == "omission"), len(quote.core)]
    scraps = {edge for first, last in pairwise(edges) if last - first < FEWEST_WORDS for edge in (first, last)}
    for at, kind in marks:
        if 0 < at < len(quote.core) and (kind == "insertion" or at not in scraps):
            found[at] = found.get(at, 0) + MOST_LEFT_OUT[kind]
    return found


def _reached(row: Cells, most: int) -> Cells:
    """The least of each cell and the ``most`` before it."""
    padded = np.concatenate([np.full(most, row.max(), np.int32), row])
    least: Cells = np.lib.stride_tricks.sliding_window_view(padded, most + 1).min(axis=1)
    return least


def _ends(row: Cells, words: int) -> Iterator[int]:
    """Where the quote may end: all places where every word is said, or a few that cost least, apart from each other."""
    least = int(row.min())
    if least == 0:
        yield from np.flatnonzero(row == 0)[:MOST_PLACES].tolist()
        return
    chosen: list[int] = []
    for end in np.argsort(row, kind="stable").tolist():
        if row[end] > min(least + _SLACK * _LOST, _LOST * words / 2) or len(chosen) == _FEW:
            return
        if all(abs(end - other) > words / 2 for other in chosen):
            chosen.append(end)
            yield end


def _trace(
    rows: Sequence[Cells], bases: dict[int, Cells], gaps: dict[int, int], asked: Sequence[int], heard: Cells, end: int
) -> _Path:
    """The path that ends there, walked backwards; words that are one are taken first, the nearest of equals."""
    same: list[tuple[int, int]] = []
    jumps: list[tuple[int, int, int]] = []
    at, place = len(asked), end
    while at:
        row, above = rows[at], bases.get(at - 1, rows[at - 1])
        here = row[place]
        if place and asked[at - 1] == heard[place - 1] and above[place - 1] == here:
            at, place = at - 1, place - 1
            same.append((at, place))
        elif place and row[place - 1] + _MORE == here:
            place -= 1
            continue
        elif place and above[place - 1] + _LOST == here:
            at, place = at - 1, place - 1
        else:
            at -= 1
        if at in gaps:
            came = next(before for before in range(place, -1, -1) if rows[at][before] == bases[at][place])
            jumps.append((at, came, place))
            place = came
    return _Path(tuple(reversed(same)), tuple(reversed(jumps)), (place, end))


@dataclass(frozen=True, slots=True)
class _Block:
    """Words of the quote and words that were said, by places, that stand where the other has others.

    ``gap`` is what the quote marks there itself.
    """

    quoted: Span
    said: Span
    gap: Gap | None = None


def _judge(quote: Quote, said: _Said, path: _Path) -> Occurrence:
    """What a path comes to: the differences along it, and the verdict they add up to."""
    blocks, (first, last) = _blocks(quote, said, path)
    differences, edited = [], 0.0
    for block in blocks:
        heard = said.words[slice(*block.said)]
        kind, weight = (_mark(block.gap, heard), 0.0) if block.gap else _compare(block, quote, said)
        edited += weight
        differences.append(_difference(kind, block, quote, said))
    kinds = {difference.kind for difference in differences}
    verdict: Verdict = "near"
    if kinds <= {"omission"}:
        verdict = "verbatim"
    elif kinds & GRAVE or edited > EDITED * len(quote.core) or len(quote.words) < FEWEST_WORDS:
        verdict = "not_found"
    end = said.words[last - 1].end
    closing = _CLOSING.match(said.text, end) if _CLOSED.search(quote.text) else None
    span = (said.words[first].start, closing.end() if closing else end)
    return Occurrence(verdict, span, tuple(differences), len(path.same) / len(quote.core))


def _blocks(quote: Quote, said: _Said, path: _Path) -> tuple[list[_Block], Span]:
    """Where quote and talk differ along a path, and from which word to behind which it goes."""
    steps = [
        ((quote.core[at], quote.core[at] + 1), (said.place(place), said.place(place) + 1), False)
        for at, place in path.same
    ]
    begin, end = _edges(quote, said, path, *steps[0][:2], *steps[-1][:2])
    for at, came, went in path.gaps:
        marks = [gap.before for gap in quote.gaps if bisect_left(quote.core, gap.before) == at]
        left = said.place(came - 1) + 1 if came > path.span[0] else begin
        right = max(left, said.place(went))
        before, behind = quote.words[quote.core[at - 1] + 1 : marks[0]], quote.words[marks[-1] : quote.core[at]]
        if _folded(before) == _folded(said.words[left : left + len(before)]):  # fillers beside the gap
            left = min(left + len(before), right)
        if _folded(behind) == _folded(said.words[right - len(behind) : right]):
            right = max(right - len(behind), left)
        steps.append(((marks[0], marks[-1]), (left, right), True))
    found, at, place = list[_Block](), 0, begin
    for asked, heard, is_gap in [*sorted(steps), ((len(quote.words),) * 2, (end, end), False)]:
        found.append(_Block((at, asked[0]), (place, heard[0])))
        if is_gap:
            found.append(_Block(asked, heard, next(gap for gap in quote.gaps if gap.before == asked[0])))
        at, place = asked[1], heard[1]
    return [block for block in found if not _is_the_same(block, quote, said)], (begin, end)


def _edges(quote: Quote, said: _Said, path: _Path, first: Span, at: Span, last: Span, to: Span) -> Span:
    """From which word to behind which a path goes, from its ``first`` word that is said to its ``last``.

    Fillers of the quote at its ends are looked for beside it. A word of it that nobody says stands for none in another
    sentence, and a small one for none at all.
    """
    begin, end = said.place(path.span[0]), said.place(path.span[1] - 1) + 1
    lead, tail = quote.words[: first[0]], quote.words[last[1] :]
    before, behind = _folded(said.words[: at[0]]), _folded(said.words[to[1] :])
    if width := _otherwise(lead, [before[-many:] for many in range(1, len(lead) + 2)]):
        begin = at[0] - width
    elif _is_apart(lead, _between(said, begin, at[0])):
        begin = at[0]
    if width := _otherwise(tail, [behind[:many] for many in range(1, len(tail) + 2)]):
        end = to[1] + width
    elif _is_apart(tail, _between(said, to[1] - 1, end - 1)):
        end = to[1]
    if lead and _folded(lead) == _folded(said.words[max(0, begin - len(lead)) : begin]):
        begin -= len(lead)
    if tail and _folded(tail) == _folded(said.words[end : end + len(tail)]):
        end += len(tail)
    return begin, end


def _otherwise(quoted: Sequence[Word], heard: Sequence[tuple[str, ...]]) -> int:
    """How many of the words at the end of a path say the same as the quote's, written otherwise: "it is", "it's"."""
    asked = _folded(_spoken(quoted))
    return next((len(words) for words in heard if asked and is_same(asked, words)), 0)


def _is_apart(quoted: Sequence[Word], between: str) -> bool:
    """Whether words at the end of a path have nothing to do with those of the quote."""
    return all(is_small(word.folded) for word in _spoken(quoted)) or _ENDS.search(between) is not None


def _is_the_same(block: _Block, quote: Quote, said: _Said) -> bool:
    """Whether there is no difference after all: an ellipsis that leaves nothing out, a note that the transcript has."""
    first, last = block.said
    heard = _folded(said.words[first:last])
    if not block.gap:
        return heard == _folded(quote.words[slice(*block.quoted)])
    if heard or not block.gap.inserted:
        return heard == block.gap.inserted
    edges = [0, *(edge for word in said.words for edge in (word.start, word.end)), len(said.text)]
    return block.gap.inserted == _folded(tuple(_words(said.text, (edges[2 * first], edges[2 * first + 1]))))


def _mark(gap: Gap, heard: Sequence[Word]) -> DifferenceKind:
    """What a mark of the quote stands for: no editor may lose a "not" in it."""
    turned = negations(_folded(heard)) - negations(gap.inserted)
    if gap.kind == "omission" and len(heard) > _CLAUSE:
        turned = 0
    return "negation" if turned else gap.kind


def _compare(block: _Block, quote: Quote, said: _Said) -> tuple[DifferenceKind, float]:
    """What kind of difference it is, and what it weighs: as many words as it changes, a small one half."""
    asked, heard = _spoken(quote.words[slice(*block.quoted)]), _spoken(said.words[slice(*block.said)])
    one, other = _folded(asked), _folded(heard)
    if not one and not other:
        return "filler", 0.0
    if is_same(one, other):
        return "spelling", 0.0
    if (not one and _is_repeated(heard, said.words, said.text)) or (
        not other and _is_repeated(asked, quote.words, quote.text)
    ):
        return "repetition", 0.0
    if negations(one) != negations(other):
        return "negation", 0.0
    if has_number(one) or has_number(other):
        return "number", 0.0
    ours, theirs = _unlike(one, other), _unlike(other, one)
    is_edge = not block.quoted[0] or block.quoted[1] == len(quote.words)
    names = [*_names(asked, ours, quote.text), *_names(heard, theirs, said.text)]
    if names:
        return "name", 0.0
    if weigh(ours) > len(ours) / 2 and (weigh(theirs) > len(theirs) / 2 or is_edge):
        return "replaced", 0.0
    if is_edge:
        return "word", len(one) + weigh(theirs)
    return "word" if ours or theirs else "form", len(one) - len(ours) + weigh(ours) + weigh(theirs)


def _unlike(words: Sequence[str], others: Sequence[str]) -> list[str]:
    """Those of the words that are no form of any of the others."""
    return [word for word in words if not any(is_alike(word, other) for other in others)]


def _names(words: Sequence[Word], unlike: Sequence[str], text: str) -> list[Word]:
    """Those of the words that are names, as far as the text tells them by their capitals."""
    if text.isupper() or text.istitle():
        return []
    return [word for word in words if word.folded in unlike and is_name(text, (word.start, word.end))]


def _is_repeated(words: Sequence[Word], among: Sequence[Word], text: str) -> bool:
    """Whether words are said once more beside themselves, or broken off and begun again: "we sh- we should".

    "Not, not" is; "not not" may be meant.
    """
    core = _spoken(among)
    if words[0] not in core:
        return False  # part of a filler
    folded = _folded(core)
    first, many = core.index(words[0]), len(words)
    for begin in range(first, max(-1, first - many - 1), -1):
        once, again = folded[begin : begin + many], folded[begin + many : begin + 2 * many]
        behind = text[core[begin + many - 1].end : core[begin + many].start] if begin + many < len(core) else ""
        if negations(once) and not _PAUSE.search(behind):
            return False
        if any(once == once[:part] * (many // part) and again[:part] == once[:part] for part in range(1, many + 1)):
            return True
        if (
            once[:-1] == again[: many - 1]
            and _BROKEN_OFF.match(behind)
            and again[many - 1 :]
            and again[many - 1].startswith(once[-1])
        ):
            return True
        if not begin or folded[begin - 1] != folded[begin + many - 1]:
            return False
    return False


def _difference(kind: DifferenceKind, block: _Block, quote: Quote, said: _Said) -> Difference:
    quoted = block.gap.span if block.gap else _span(quote.words, block.quoted)
    span = _span(said.words, block.said)
    return Difference(kind, quote.text[slice(*quoted)], said.text[slice(*span)], quoted, span)


def _span(words: Sequence[Word], places: Span) -> Span:
    """Where these words stand; where there are none, where they would."""
    first, last = places
    if first < last:
        return words[first].start, words[last - 1].end
    at = words[first].start if first < len(words) else words[-1].end
    return at, at


def _heard(text: str, within: Span) -> tuple[Word, ...]:
    """The words that are said within a span. Notes in brackets, such as [laughter], are nobody's."""
    notes = [match.span() for match in _NOTE.finditer(text, *within)]
    edges = [within[0], *(edge for note in notes for edge in note), within[1]]
    return tuple(word for part in zip(edges[::2], edges[1::2], strict=True) for word in _words(text, part))


def _words(text: str, within: Span) -> Iterator[Word]:
    """The words within a span; 3.13 is one, 2,000 is 2000, and C++, C# and 5% are not C and 5."""
    first, last = within
    part = text[first:last].translate(_APOSTROPHES)
    numbers = {match.start(): match for match in _NUMBER.finditer(part)}
    until = 0
    for folded, start, end in word_spans(part):
        if start < until:
            continue
        number = numbers.get(start)
        until = max(end, number.end()) if number else end
        written = folded if until == end else _without_commas(part[start:until])
        mark = _MARK_BEHIND.match(part, until)
        yield Word(written + (mark.group() if mark else ""), first + start, first + (mark.end() if mark else until))


def _without_commas(number: str) -> str:
    return number.replace(",", "") if _THOUSANDS.fullmatch(number) else number


def _core(words: Sequence[Word]) -> tuple[int, ...]:
    """The places of the words that are no fillers."""
    left_out = fillers(_folded(words))
    return tuple(place for place in range(len(words)) if place not in left_out)


def _spoken(words: Sequence[Word]) -> list[Word]:
    return [words[place] for place in _core(words)]


def _moved(span: Span, by: int) -> Span:
    return span[0] + by, span[1] + by


def _folded(words: Sequence[Word]) -> tuple[str, ...]:
    return tuple(word.folded for word in words)


def _between(said: _Said, first: int, last: int) -> str:
    """What is written between two words, with those that stand there."""
    return said.text[said.words[first].end : said.words[last].start] if first < last else ""
