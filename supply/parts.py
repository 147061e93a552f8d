"""The packages that an installed Playhead stands on, directly and by way of others."""

from __future__ import annotations

from collections.abc import Iterator
from importlib.metadata import Distribution, distribution

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

ROOT = "playhead"
NOT_LOCKED = frozenset(["torch"])
"""Its build differs by platform and has no one hash; pyproject.toml pins its version."""


def parts() -> dict[str, Distribution]:
    """Every package by its name, Playhead itself left out."""
    found: dict[str, Distribution] = {}
    waiting = list(needs(distribution(ROOT)))
    while waiting:
        name = waiting.pop()
        if name not in found:
            found[name] = distribution(name)
            waiting.extend(needs(found[name]))
    return dict(sorted(found.items()))


def needs(part: Distribution) -> Iterator[str]:
    """The packages that one asks for here, without its extras."""
    for written in part.requires or ():
        requirement = Requirement(written)
        if requirement.marker is None or requirement.marker.evaluate({"extra": ""}):
            yield canonicalize_name(requirement.name)
            for extra in requirement.extras:
                yield from _of_extra(requirement.name, extra)


def _of_extra(name: str, extra: str) -> Iterator[str]:
    for written in distribution(name).requires or ():
        requirement = Requirement(written)
        if requirement.marker and requirement.marker.evaluate({"extra": extra}):
            yield canonicalize_name(requirement.name)
