"""Where the time of one answer goes."""

from __future__ import annotations

from time import perf_counter


class Stopwatch:
    """Seconds by stage, each from the end of the one before; a stage entered twice is added up."""

    def __init__(self) -> None:
        self.stages: dict[str, float] = {}
        self._since = perf_counter()

    def lap(self, stage: str) -> None:
        """The time since the last lap was ``stage``."""
        now = perf_counter()
        self.stages[stage] = self.stages.get(stage, 0.0) + now - self._since
        self._since = now
