"""The lock file, the bill of materials and the check for known holes: each whole, or it says so."""

from __future__ import annotations

import json
import re
import tomllib
from importlib.metadata import distribution
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from supply.advisories import faults
from supply.bill import bill
from supply.lock import LOCK, pins, read_lock, written
from supply.parts import NOT_LOCKED, needs, parts

ROOT = Path(__file__).resolve().parent.parent
LOCKED = read_lock(LOCK.read_text("utf-8"))
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
STATED = [Requirement(each) for each in PROJECT["dependencies"]]


def test_the_lock_has_every_package_in_a_version_that_is_asked_for() -> None:
    for each in STATED:
        name = canonicalize_name(each.name)
        assert (name in LOCKED) != (name in NOT_LOCKED), f"{name}: run `make lock`"
        assert name in NOT_LOCKED or each.specifier.contains(LOCKED[name][0]), f"{name}: run `make lock`"


def test_the_lock_has_what_those_packages_stand_on() -> None:
    assert set(parts()) - set(LOCKED) <= NOT_LOCKED


def test_every_package_is_locked_by_a_hash() -> None:
    for name, (version, hashes) in LOCKED.items():
        assert version, name
        assert hashes, name
        assert all(re.fullmatch(r"sha256:[0-9a-f]{64}", each) for each in hashes), name


def test_a_package_without_a_hash_is_not_locked_without_one() -> None:
    found = pins()
    name = next(iter(found))
    with pytest.raises(KeyError):
        list(written(found, {each: "0" * 64 for each in found if each != name}))
    assert read_lock("\n".join(written({"tide": "1.0"}, {"tide": "ab"}))) == {"tide": ("1.0", ("sha256:ab",))}


def test_the_bill_names_every_part_once_and_what_stands_on_it() -> None:
    made = json.loads(json.dumps(bill()))
    assert (made["bomFormat"], made["specVersion"]) == ("CycloneDX", "1.6")
    assert [each["name"] for each in made["components"]] == list(parts())
    marks = {each["bom-ref"] for each in (*made["components"], made["metadata"]["component"])}
    assert len(marks) == len(parts()) + 1
    assert {each["ref"] for each in made["dependencies"]} == marks
    assert all(set(each["dependsOn"]) <= marks for each in made["dependencies"])
    of_playhead = next(each for each in made["dependencies"] if each["ref"].startswith("pkg:pypi/playhead@"))
    assert len(of_playhead["dependsOn"]) == len(set(needs(distribution("playhead")))) > 20


def test_the_bill_is_the_same_each_time() -> None:
    assert bill() == bill()


FINE = {"dependencies": [{"name": "tide", "version": "1.0", "vulns": []}]}


def test_a_lookup_that_found_nothing_bad_is_good_news() -> None:
    assert list(faults({"tide": "1.0"}, FINE)) == []


def test_a_known_hole_is_named_with_what_mends_it() -> None:
    hole = {"id": "CVE-2030-1", "fix_versions": ["1.1"]}
    report = {"dependencies": [{"name": "tide", "version": "1.0", "vulns": [hole]}]}
    assert list(faults({"tide": "1.0"}, report)) == ["tide 1.0: CVE-2030-1, mended by 1.1"]


@pytest.mark.parametrize(
    "report",
    [
        {},
        {"dependencies": []},
        {"dependencies": [{"name": "tide", "skip_reason": "not found"}]},
        {"dependencies": [{"name": "tide", "version": "0.9", "vulns": []}]},
    ],
    ids=["no report", "not in it", "skipped", "another version"],
)
def test_a_package_that_could_not_be_looked_up_is_no_good_news(report: dict[str, object]) -> None:
    assert [each.partition(" could")[0] for each in faults({"tide": "1.0"}, report)] == ["tide 1.0:"]
