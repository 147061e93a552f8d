"""`python -m supply.bill`: a bill of materials of what is installed, as CycloneDX 1.6 JSON.

The form: https://cyclonedx.org/docs/1.6/json/. The same parts make the same bill: it has no time and no serial number.
"""

from __future__ import annotations

import json
from importlib.metadata import Distribution, distribution
from typing import Any

from supply.lock import LOCK, read_lock
from supply.parts import ROOT, needs, parts


def bill() -> dict[str, Any]:
    """Playhead, all it stands on, and which of these stands on which."""
    found = parts()
    locked = read_lock(LOCK.read_text("utf-8"))
    playhead = distribution(ROOT)
    return {
        "bomFormat": "CycloneDX",
        "specVersion": "1.6",
        "version": 1,
        "metadata": {"component": {**_component(ROOT, playhead), "type": "application"}},
        "components": [
            {**_component(name, part), **_hashes(locked.get(name), part)} for name, part in found.items()
        ],
        "dependencies": [
            {"ref": _mark(name, part), "dependsOn": sorted({_mark(each, found[each]) for each in needs(part)})}
            for name, part in {ROOT: playhead, **found}.items()
        ],
    }  # fmt: skip


def _mark(name: str, part: Distribution) -> str:
    """Its package URL: https://github.com/package-url/purl-spec."""
    return f"pkg:pypi/{name}@{part.version.replace('+', '%2B')}"


def _component(name: str, part: Distribution) -> dict[str, Any]:
    mark = _mark(name, part)
    said = part.metadata.get("License-Expression") or part.metadata.get("License", "").strip().partition("\n")[0][:100]
    licence = {"licenses": [{"license": {"name": said}}]} if said else {}
    return {"type": "library", "bom-ref": mark, "name": name, "version": part.version, "purl": mark, **licence}


def _hashes(locked: tuple[str, tuple[str, ...]] | None, part: Distribution) -> dict[str, Any]:
    if locked is None or locked[0] != part.version:
        return {}
    return {"hashes": [{"alg": "SHA-256", "content": each.removeprefix("sha256:")} for each in locked[1]]}


if __name__ == "__main__":
    print(json.dumps(bill(), indent=1, ensure_ascii=False))
