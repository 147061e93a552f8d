"""`python -m tests.fuzz.covered TARGET [libFuzzer's options]`: let what the code does lead the way; needs atheris.

For example `python -m tests.fuzz.covered feed -max_total_time=3600`. What fails is written to `crash-*`, and becomes a
test with a name of its own.
"""

from __future__ import annotations

import sys
from random import Random

import atheris

with atheris.instrument_imports(include=["ingest", "playhead"]):
    from tests.fuzz.mutations import mutate
    from tests.fuzz.targets import SAMPLES, TARGETS, attempt


def main() -> None:
    target = TARGETS[sys.argv[1]]

    def seeded(data: bytes, most: int, seed: int) -> bytes:
        """libFuzzer's own accidents, ours, and now and then a good file to begin with."""
        random = Random(seed)
        if random.random() < 0.05:
            data = random.choice(SAMPLES).read_bytes()[:most]
        return mutate(data, random)[:most] if random.random() < 0.5 else atheris.Mutate(data, most)

    atheris.Setup(
        [sys.argv[0], *sys.argv[2:], "-max_len=65536"], lambda data: attempt(target, data), custom_mutator=seeded
    )
    atheris.Fuzz()


if __name__ == "__main__":
    main()
