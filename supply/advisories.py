"""`python -m supply.advisories`: has anything in the lock file a known hole? Asks PyPI's advisories through pip-audit.

Ends with 1 where there is one, and also where a single package could not be looked up: no answer is no good news.
"""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from supply.lock import LOCK, read_lock
from supply.parts import NOT_LOCKED, parts


def wanted() -> dict[str, str]:
    """What is to be looked up: the lock, and what cannot be in it by the version that is public."""
    locked = {name: version for name, (version, _) in read_lock(LOCK.read_text("utf-8")).items()}
    installed = parts()
    return locked | {name: installed[name].version.partition("+")[0] for name in NOT_LOCKED}


def asked(pins: Mapping[str, str]) -> Mapping[str, Any]:
    """pip-audit's report, empty where it gives none; what it says besides goes to whoever runs this."""
    with tempfile.TemporaryDirectory() as folder:
        listed = Path(folder, "pins.txt")
        listed.write_text("".join(f"{name}=={version}\n" for name, version in pins.items()), "utf-8")
        told = subprocess.run(
            [sys.executable, "-m", "pip_audit", "--requirement", str(listed), "--no-deps", "--disable-pip",
             "--format", "json", "--progress-spinner", "off"],
            stdout=subprocess.PIPE, text=True, check=False,
        ).stdout  # fmt: skip
    return json.loads(told) if told.strip() else {}


def faults(pins: Mapping[str, str], report: Mapping[str, Any]) -> Iterator[str]:
    """A line for every known hole, and for every package of which nothing is known."""
    answers = {each["name"]: each for each in report.get("dependencies", ())}
    for name, version in pins.items():
        answer = answers.get(name, {"skip_reason": "no answer"})
        if "skip_reason" in answer or answer.get("version") != version:
            yield f"{name} {version}: could not be looked up: {answer.get('skip_reason', 'another version was')}"
        for hole in answer.get("vulns", ()):
            fixed = ", ".join(hole["fix_versions"]) or "nothing yet"
            yield f"{name} {version}: {hole['id']}, mended by {fixed}"


if __name__ == "__main__":
    pins = wanted()
    found = list(faults(pins, asked(pins)))
    print(*found or [f"{len(pins)} packages, no known hole"], sep="\n")
    sys.exit(1 if found else 0)
