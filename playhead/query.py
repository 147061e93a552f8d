"""What was asked: words, filters and limits, one object for every door."""

from __future__ import annotations

import re
from dataclasses import dataclass, field, replace
from datetime import date
from typing import Literal, get_args

from playhead.errors import InvalidQueryError
from playhead.model import SegmentKind
from playhead.text import clean, words

MOST_CHARACTERS = 1000
MOST_RESULTS = 50
FEW = 5
"""How many passages of one episode stand before the others have had as many (docs/ranking.md)."""

Mode = Literal["hybrid", "meaning", "words"]
Sort = Literal["best", "newest", "oldest"]
KINDS: tuple[SegmentKind, ...] = get_args(SegmentKind)


@dataclass(frozen=True, slots=True)
class Filters:
    """Which segments may answer: every field that is not empty must hold, any one of its values is enough.

    ``podcast`` and ``episode`` hold ids, ``speaker`` names as the transcript writes them (case ignored),
    ``chapter`` titles (case ignored) or numbers, ``kind`` what a chapter is. Episodes without a date are left out by
    ``since`` and ``until``. Sponsors' passages answer only when ``sponsors`` is set, which it is by asking for that
    kind. Unlike the others, all of ``phrases`` must hold: each is said word for word in the passage, whatever its case,
    accents and punctuation, and whoever goes on with it.
    """

    podcast: tuple[str, ...] = ()
    episode: tuple[str, ...] = ()
    speaker: tuple[str, ...] = ()
    chapter: tuple[str, ...] = ()
    kind: tuple[SegmentKind, ...] = ()
    since: date | None = None
    until: date | None = None
    sponsors: bool = False
    phrases: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        if "sponsor" in self.kind:
            object.__setattr__(self, "sponsors", True)


EVERYTHING = Filters(sponsors=True)

# A quote opens where a word may begin and closes where one may end: 5" and צה"ל are words.
_QUOTED = re.compile(r"""(?<!\w)(?:"([^"]*)"|[“„]([^“”„]*)[”“]|«([^«»]*)»)(?!\w)""")


def quoted(text: str) -> tuple[str, ...]:
    """What stands in quotes, each once; quotes that are not closed, or hold no word, are none.

    >>> quoted('who said "free as in beer" or “free speech” of a 5" disk and a 3" disk')
    ('free as in beer', 'free speech')
    """
    found = ("".join(filter(None, match.groups())).strip() for match in _QUOTED.finditer(text))
    return tuple(dict.fromkeys(phrase for phrase in found if words(phrase)))


@dataclass(frozen=True, slots=True)
class Query:
    """A question as it was asked, made safe to answer: cleaned, of bounded length, with at least one word.

    What it has in quotes becomes a filter: ``filters.phrases``. ``offset`` is how many results were shown before (what
    a cursor stands for). ``turn`` is how many passages of an episode stand before any other has had as many: a few,
    unless episodes are asked for by id; None for all in the order of their scores. ``sort`` by date lists only what
    seems to answer, for a date says nothing about that.
    Raises InvalidQueryError, naming the parameter, for what cannot be asked.
    """

    text: str
    filters: Filters = field(default_factory=Filters)
    limit: int = 10
    offset: int = 0
    mode: Mode = "hybrid"
    turn: int | None = FEW
    sort: Sort = "best"

    def __post_init__(self) -> None:
        if self.filters.episode or self.sort != "best":
            object.__setattr__(self, "turn", None)
        if len(self.text) > MOST_CHARACTERS:
            raise InvalidQueryError(
                f"The question has {len(self.text):,} characters; ask in {MOST_CHARACTERS:,} or fewer."
            )
        object.__setattr__(self, "text", " ".join(clean(self.text).split()))
        if not self.text:
            raise InvalidQueryError("The question is empty; ask for a topic, a name or a phrase.")
        if not words(self.text):
            raise InvalidQueryError("The question has no words in it; ask for a topic, a name or a phrase.")
        phrases = tuple(dict.fromkeys([*self.filters.phrases, *quoted(self.text)]))
        object.__setattr__(self, "filters", replace(self.filters, phrases=phrases))
        if not 1 <= self.limit <= MOST_RESULTS:
            raise InvalidQueryError(f"limit is {self.limit}; it goes from 1 to {MOST_RESULTS}.", "limit")
        if self.offset < 0:
            raise InvalidQueryError("The cursor does not belong to this search; leave it out.", "cursor")
        if self.mode not in ("hybrid", "meaning", "words"):
            raise InvalidQueryError(f"mode is {self.mode!r}; it is hybrid, meaning or words.", "mode")
        if self.sort not in get_args(Sort):
            raise InvalidQueryError(f"sort is {self.sort!r}; it is best, newest or oldest.", "sort")
        if unknown := [kind for kind in self.filters.kind if kind not in KINDS]:
            raise InvalidQueryError(f"kind is {unknown[0]!r}; it is one of {', '.join(KINDS)}.", "kind")
        since, until = self.filters.since, self.filters.until
        if since and until and since > until:
            raise InvalidQueryError(f"since ({since}) is after until ({until}); swap them.", "since")
