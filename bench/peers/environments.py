"""An environment for each peer, made once: what it needs stands in its requirements.txt."""

from __future__ import annotations

import hashlib
import os
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent.parent


def prepare(peer: str, folder: Path) -> Path:
    """The folder of the peer's environment, installed anew when its requirements have changed.

    pip takes packages from wherever it is set up to take them; PyTorch's build for CPUs is the small one.
    """
    environment, requirements = folder / peer, ROOT / "bench" / "peers" / peer / "requirements.txt"
    wanted = hashlib.sha256(requirements.read_bytes()).hexdigest()
    ready = environment / "ready"
    if not ready.is_file() or ready.read_text("utf-8") != wanted:
        subprocess.run([sys.executable, "-m", "venv", "--clear", str(environment)], check=True)
        install = [str(python(environment)), "-m", "pip", "--disable-pip-version-check", "install", "--quiet"]
        subprocess.run([*install, "--requirement", str(requirements)], cwd=ROOT, check=True)
        ready.write_text(wanted, "utf-8")
    return environment


def python(environment: Path) -> Path:
    """Its interpreter."""
    return environment / "bin" / "python"


def size(environment: Path) -> int:
    """Bytes on the disk, as du counts them."""
    return sum(path.lstat().st_blocks * 512 for path in environment.rglob("*"))


def run(peer: str, environment: Path, task: Path, trial: Path) -> None:
    """A trial in the peer's own environment, in which no model is looked for on a hub."""
    offline = {"HF_HUB_OFFLINE": "1", "HF_HUB_DISABLE_TELEMETRY": "1", "PYTHONPATH": str(ROOT)}
    command = [str(python(environment)), "-m", f"bench.peers.{peer}.run", str(task), str(trial)]
    subprocess.run(command, cwd=ROOT, env=os.environ | offline, check=True)
