"""How much work something may be, said in seconds and the same on a slow machine, a crowded one, and after many tests.

Such a limit tells work that grows with a text from work that grows with its square, so it is a few times what was
seen; how long things take is measured by `bench/`.
"""

from __future__ import annotations

import gc
import time
from collections.abc import Iterator
from contextlib import contextmanager

YARDSTICK_SECONDS = 0.02
"""What the yardstick took on the machine the limits were first written on."""


@contextmanager
def within(seconds: float) -> Iterator[None]:
    """Fail if the block takes more than ``seconds`` of computing here, on a machine as quick as the yardstick's.

    What earlier tests left lying about is no garbage of this one's, and is not searched meanwhile.
    """
    gc.freeze()
    started = time.process_time()
    try:
        yield
        spent = time.process_time() - started
    finally:
        gc.unfreeze()
    assert spent < seconds or spent / slowness() < seconds, f"{spent:.2f} seconds of computing, not {seconds:g}"


def slowness() -> float:
    """How many times slower than the yardstick's machine this one is at the moment, and never less than once."""

    def yardstick() -> float:
        started = time.process_time()
        lines = [f"{number}: the tide".split() for number in range(60_000)]
        assert len({line[0] for line in lines}) == 60_000
        return time.process_time() - started

    return max(1.0, max(yardstick() for _ in range(3)) / YARDSTICK_SECONDS)
