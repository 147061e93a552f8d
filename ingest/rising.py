"""The longest part of a sequence that keeps rising: what two orders agree on, or what of a clock to believe."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Sequence


def longest_rising(values: Sequence[float]) -> list[int]:
    """Indices of a longest non-decreasing subsequence (patience sorting, n log n).

    >>> longest_rising([1, 9, 2, 3, 3])
    [0, 2, 3, 4]
    """
    ends: list[float] = []
    last: list[int] = []
    before: list[int] = []
    for index, value in enumerate(values):
        length = bisect_right(ends, value)
        before.append(last[length - 1] if length else -1)
        ends[length : length + 1] = [value]
        last[length : length + 1] = [index]
    chain: list[int] = []
    index = last[-1] if last else -1
    while index >= 0:
        chain.append(index)
        index = before[index]
    return chain[::-1]
