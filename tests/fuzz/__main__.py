"""`python -m tests.fuzz [SECONDS] [TARGET]`: give every target mutated samples until time is up; `make fuzz`.

Each round has a seed, and what fails is printed with it; `python -m tests.fuzz 0 TARGET SEED` makes it fail again.
Where atheris is installed, `python -m tests.fuzz.covered TARGET` lets what the code does lead the way instead.
"""

from __future__ import annotations

import sys
import time
import traceback
from random import Random

from tests.fuzz.mutations import mutate
from tests.fuzz.targets import SAMPLES, TARGETS, attempt

SLOW = 2.0
"""Seconds of the processor for samples of a few kilobytes."""


def made_by(seed: int) -> bytes:
    """The input of a seed: one sample, or two grown together, after some accidents."""
    random = Random(seed)
    data = random.choice(SAMPLES).read_bytes()
    if random.random() < 0.2:
        other = random.choice(SAMPLES).read_bytes()
        data = data[: random.randint(0, len(data))] + other[random.randint(0, len(other)) :]
    return mutate(data, random, 8)


def failure(name: str, seed: int) -> str | None:
    """What goes wrong with the input of a seed, if anything does."""
    begun = time.process_time()
    try:
        attempt(TARGETS[name], made_by(seed))
    except Exception:  # noqa: BLE001 - whatever it is, it is what is looked for
        return traceback.format_exc(limit=-4)
    spent = time.process_time() - begun
    return f"{spent:.1f} s" if spent > SLOW else None


def main() -> None:
    seconds = float(sys.argv[1]) if len(sys.argv) > 1 else 60.0
    names = [sys.argv[2]] if len(sys.argv) > 2 else list(TARGETS)
    if len(sys.argv) > 3:
        print(failure(names[0], int(sys.argv[3])) or "nothing is wrong")
        return
    seed = first = time.time_ns() % 2**32
    ends, found = time.monotonic() + seconds, 0
    while time.monotonic() < ends:
        for name in names:
            wrong = failure(name, seed)
            if wrong:
                found += 1
                print(f"{name}, seed {seed}: {wrong}", flush=True)
        seed += 1
    print(f"{seed - first} inputs for {len(names)} targets, {found} failures")
    sys.exit(1 if found else 0)


if __name__ == "__main__":
    main()
