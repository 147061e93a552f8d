"""The columns of a generation's rows, for filters and facets: which episode, who speaks, what day. No I/O."""

from __future__ import annotations

import io
import json
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

import numpy as np
from numpy.typing import NDArray

from playhead.engines import records
from playhead.engines.embedded.truth import Entry
from playhead.engines.terms import SPONSOR
from playhead.query import Filters

Column = NDArray[np.int32]
Mask = NDArray[np.bool_]

NOT_KNOWN = -1
COLUMNS = ("episode", "podcast", "day", "chapter", "title", "kind")
NAMED = ("episode", "podcast", "title", "kind", "speaker")


@dataclass(frozen=True, slots=True)
class Choice:
    """Filters in a generation's own numbers.

    Each clause of ``clauses`` holds when a row has one of the values in one of the columns; all must hold.
    ``days`` are the first and last day, as ordinals; ``without`` is the kind of passage that may not answer; ``rows``
    says of every row whether it may.
    """

    clauses: tuple[Mapping[str, list[int]], ...]
    days: tuple[int, int] | None
    without: int | None
    rows: Mask | None = None

    def __bool__(self) -> bool:
        """Whether it leaves anything out."""
        return bool(self.clauses) or any(each is not None for each in (self.days, self.without, self.rows))


class Gatherer:
    """Collects the columns while the rows of a generation are made."""

    def __init__(self) -> None:
        self._numbers: list[int] = []
        self._columns: dict[str, list[int]] = {column: [] for column in COLUMNS}
        self._speakers: list[int] = []
        self._bounds = [0]
        self._names: dict[str, dict[str, int]] = {column: {} for column in NAMED}
        self._spellings: list[str] = []

    def add(self, passage: Entry) -> dict[str, list[int]]:
        """Add a row; its values by column, several for speakers, none where nothing is known."""
        title = passage.chapter_title and records.fold(passage.chapter_title)
        speakers = list(dict.fromkeys(map(self._speaker, passage.speakers)))  # "Ada" and "ADA" are one
        values = {
            "episode": self._name("episode", passage.episode),
            "podcast": self._name("podcast", passage.podcast),
            "day": NOT_KNOWN if passage.published is None else date.fromisoformat(passage.published).toordinal(),
            "chapter": NOT_KNOWN if passage.chapter is None else passage.chapter,
            "title": NOT_KNOWN if title is None else self._name("title", title),
            "kind": self._name("kind", passage.kind),
        }
        self._numbers.append(passage.number)
        for column, value in values.items():
            self._columns[column].append(value)
        self._speakers += speakers
        self._bounds.append(len(self._speakers))
        known = {column: [value] for column, value in values.items() if value != NOT_KNOWN}
        return known | {"speaker": speakers}

    def columns(self) -> bytes:
        """The columns as an .npz, without pickle."""
        buffer = io.BytesIO()
        arrays = {column: np.array(values, np.int32) for column, values in self._columns.items()}
        np.savez(
            buffer,
            allow_pickle=False,
            number=np.array(self._numbers, np.int64),
            speaker=np.array(self._speakers, np.int32),
            speaker_bounds=np.array(self._bounds, np.int64),
            **arrays,
        )
        return buffer.getvalue()

    def names(self) -> bytes:
        """What the numbers in the columns stand for, as JSON."""
        names = {column: list(values) for column, values in self._names.items()}
        return json.dumps(names | {"spelling": self._spellings}).encode()

    def __len__(self) -> int:
        return len(self._numbers)

    def _name(self, column: str, name: str) -> int:
        known = self._names[column]
        return known.setdefault(name, len(known))

    def _speaker(self, name: str) -> int:
        number = self._name("speaker", records.fold(name))
        if number == len(self._spellings):
            self._spellings.append(name)
        return number


class Rows:
    """The columns of one generation, read-only. Row ``i`` of every column is the segment ``numbers[i]``.

    Raises ValueError or KeyError when the columns do not fit together.
    """

    def __init__(self, columns: bytes, names: bytes) -> None:
        with np.load(io.BytesIO(columns), allow_pickle=False) as arrays:
            self.numbers: NDArray[np.int64] = arrays["number"]
            self._columns: dict[str, Column] = {column: arrays[column] for column in COLUMNS}
            self._speakers: Column = arrays["speaker"]
            self._bounds: NDArray[np.int64] = arrays["speaker_bounds"]
        self._owners = np.repeat(np.arange(len(self.numbers), dtype=np.int32), np.diff(self._bounds))
        listed: dict[str, list[str]] = json.loads(names)
        self._spellings = listed["spelling"]
        self._podcasts, self._kinds = listed["podcast"], listed["kind"]
        self._known = {column: {name: place for place, name in enumerate(listed[column])} for column in NAMED}
        if {len(column) for column in self._columns.values()} != {len(self)} or len(self._owners) != len(
            self._speakers
        ):
            raise ValueError("the columns are not of one length")
        self._order = np.argsort(self.numbers, kind="stable")

    def __len__(self) -> int:
        return len(self.numbers)

    def same_as(self, other: Rows) -> bool:
        """Whether every passage of the other stands here, in the same place, and is filtered by the same names."""
        return self._known == other._known and all(map(_equal, self._arrays(), other._arrays()))

    def _arrays(self) -> list[NDArray[Any]]:
        return [self.numbers, self._speakers, self._bounds, *(self._columns[column] for column in COLUMNS)]

    def choose(self, filters: Filters) -> Choice | None:
        """The filters in this generation's numbers; None when a value is unknown, so that nothing can match."""
        clauses: list[dict[str, list[int]]] = []
        named: dict[str, tuple[str, ...]] = {
            "episode": filters.episode,
            "podcast": filters.podcast,
            "kind": filters.kind,
        }
        for column, names in named.items():
            if names:
                clauses.append({column: self._find(column, names)})
        if filters.speaker:
            clauses.append({"speaker": self._find("speaker", map(records.fold, filters.speaker))})
        if filters.chapter:
            titles = self._find("title", map(records.fold, filters.chapter))
            clauses.append({"title": titles, "chapter": records.numbers(filters.chapter)})
        if not all(any(clause.values()) for clause in clauses):
            return None
        days = None
        if filters.since or filters.until:
            days = (filters.since or date.min).toordinal(), (filters.until or date.max).toordinal()
        without = None if filters.sponsors else self._known["kind"].get(SPONSOR)
        return Choice(tuple(clauses), days, without)

    def allowed(self, choice: Choice) -> Mask:
        """For each row whether it may answer."""
        mask = np.ones(len(self), np.bool_)
        for clause in choice.clauses:
            mask &= np.logical_or.reduce([self._holds(column, values) for column, values in clause.items()])
        if choice.days is not None:
            first, last = choice.days
            mask &= (self._columns["day"] >= first) & (self._columns["day"] <= last)
        if choice.without is not None:
            mask &= self._columns["kind"] != choice.without
        if choice.rows is not None:
            mask &= choice.rows
        return mask

    def episodes_of(self, numbers: NDArray[np.int64]) -> NDArray[np.int64]:
        """For each segment the place of its episode; NOT_KNOWN for one that is not of this generation."""
        rows, known = self._rows_of(numbers)
        episodes = np.full(len(rows), NOT_KNOWN, np.int64)
        episodes[known] = self._columns["episode"][rows[known]]
        return episodes

    def places_of(self, numbers: NDArray[np.int64]) -> NDArray[np.int64]:
        """For each segment its row; NOT_KNOWN for one that is not of this generation."""
        rows, known = self._rows_of(numbers)
        return np.where(known, rows, NOT_KNOWN)

    def facets(self, numbers: NDArray[np.int64]) -> dict[str, list[tuple[str, int]]]:
        rows, known = self._rows_of(numbers)
        rows = rows[known]
        starts, sizes = self._bounds[rows], self._bounds[rows + 1] - self._bounds[rows]
        heard = np.arange(sizes.sum()) + np.repeat(starts - (np.cumsum(sizes) - sizes), sizes)
        years: Counter[str] = Counter()
        for day, count in zip(*np.unique(self._columns["day"][rows], return_counts=True), strict=True):
            if day != NOT_KNOWN:
                years[str(date.fromordinal(int(day)).year)] += int(count)
        return {
            "podcast": _counted(self._columns["podcast"][rows], self._podcasts),
            "speaker": _counted(self._speakers[heard], self._spellings),
            "year": _most_first(years),
            "kind": _counted(self._columns["kind"][rows], self._kinds),
        }

    def _rows_of(self, numbers: NDArray[np.int64]) -> tuple[NDArray[np.int64], Mask]:
        """For each number its row, and whether there is one."""
        wanted = np.asarray(numbers, np.int64)
        if not len(self):
            return np.zeros(len(wanted), np.int64), np.zeros(len(wanted), np.bool_)
        places = np.searchsorted(self.numbers, wanted, sorter=self._order)
        rows = self._order[np.minimum(places, len(self) - 1)]
        return rows, self.numbers[rows] == wanted

    def _holds(self, column: str, values: list[int]) -> Mask:
        if column != "speaker":
            return np.isin(self._columns[column], values)
        mask = np.zeros(len(self), np.bool_)
        mask[self._owners[np.isin(self._speakers, values)]] = True
        return mask

    def _find(self, column: str, names: Any) -> list[int]:
        known = self._known[column]
        return [known[name] for name in names if name in known]


def _equal(one: NDArray[Any], other: NDArray[Any]) -> bool:
    return np.array_equal(one, other)


def _counted(places: Column, names: list[str]) -> list[tuple[str, int]]:
    counts = np.bincount(places, minlength=len(names))
    return _most_first({names[place]: int(counts[place]) for place in np.flatnonzero(counts)})


def _most_first(counts: Mapping[str, int]) -> list[tuple[str, int]]:
    return sorted(counts.items(), key=lambda item: (-item[1], item[0]))
