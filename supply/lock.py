"""`python -m supply.lock > supply/requirements.lock`: what is installed now, with the hashes of its files.

Installed by `pip install --require-hashes --no-deps -r supply/requirements.lock`, after torch. pip is asked for the
files it would take here, so the hashes are of this platform's: Linux on x86-64 and the oldest Python we run on.
"""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
from collections.abc import Iterable, Mapping
from pathlib import Path

from packaging.utils import canonicalize_name

from supply.parts import NOT_LOCKED, parts

LOCK = Path(__file__).with_name("requirements.lock")


def pins() -> dict[str, str]:
    """The version of every package that is locked."""
    return {name: part.version for name, part in parts().items() if name not in NOT_LOCKED}


def read_lock(text: str) -> dict[str, tuple[str, tuple[str, ...]]]:
    """Name -> version and hashes, of a lock file."""
    found = {}
    for line in text.replace("\\\n", " ").splitlines():
        if line.strip() and not line.startswith("#"):
            pin, *hashes = line.split()
            name, _, version = pin.partition("==")
            found[name] = (version, tuple(each.removeprefix("--hash=") for each in hashes))
    return found


def asked(pins: Mapping[str, str]) -> Mapping[str, str]:
    """What pip says of the files it would take: name -> SHA-256. Raises CalledProcessError where it finds none."""
    with tempfile.TemporaryDirectory() as folder:
        wanted, report = Path(folder, "wanted.txt"), Path(folder, "report.json")
        wanted.write_text("".join(f"{name}=={version}\n" for name, version in pins.items()), "utf-8")
        subprocess.run(
            [sys.executable, "-m", "pip", "install", "--quiet", "--dry-run", "--ignore-installed", "--no-deps",
             "--only-binary", ":all:", "--report", str(report), "--requirement", str(wanted)],
            check=True,
        )  # fmt: skip
        taken = json.loads(report.read_text("utf-8"))["install"]
    return {
        canonicalize_name(each["metadata"]["name"]): each["download_info"]["archive_info"]["hashes"]["sha256"]
        for each in taken
    }


def written(pins: Mapping[str, str], hashes: Mapping[str, str]) -> Iterable[str]:
    """The lines of the lock file. Raises KeyError for a package without a hash."""
    yield "# Made by `make lock`; torch is left out, for its build differs by platform."
    for name, version in pins.items():
        yield f"{name}=={version} --hash=sha256:{hashes[name]}"


if __name__ == "__main__":
    found = pins()
    print(*written(found, asked(found)), sep="\n")
