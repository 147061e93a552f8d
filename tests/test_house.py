"""The house keeps its own rules: rooms, packages, a light command line, and documentation that names everything."""

from __future__ import annotations

import re
import subprocess
import sys
import time
import tomllib
from itertools import chain
from pathlib import Path

import pytest

from ingest.formats import known
from playhead.settings import Settings

ROOT = Path(__file__).resolve().parent.parent
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))
COMMANDS = sorted(PROJECT["project"]["entry-points"]["playhead.commands"])
README = (ROOT / "README.md").read_text("utf-8")
DOCS = {page.name: page.read_text("utf-8") for page in sorted((ROOT / "docs").glob("*.md"))}

HEAVY = ("faiss", "sentence_transformers", "tantivy", "torch", "transformers")
LOADED_BY = f"""
import sys
from playhead.cli import main
sys.argv = ["playhead", *sys.argv[1:]]
try:
    main()
finally:
    print(*sorted(set(sys.modules) & set({HEAVY})), file=sys.stderr)
"""

# A place on somebody's machine. Ours are relative, and a user's begin with their own folder's name.
MACHINE_PATH = re.compile(r"(?<![\w.~-])/(?:work|home|root|Users|tmp)/\w")


def run(*arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(arguments, cwd=ROOT, capture_output=True, text=True, check=False)


def names(requirements: list[str]) -> set[str]:
    return {re.split(r"[\[<>=!~; ]", requirement)[0] for requirement in requirements}


def test_the_package_list_and_the_folders_are_the_same() -> None:
    """A new folder that is not listed works in a checkout and is missing from every wheel."""
    folders = {
        ".".join(module.parent.relative_to(ROOT).parts)
        for room in ("app", "ingest", "playhead")
        for module in (ROOT / room).rglob("__init__.py")
    }

    assert set(PROJECT["tool"]["setuptools"]["packages"]) == folders


def test_the_rooms_keep_apart() -> None:
    """The contracts of import-linter: who may import whom, and the one home of every engine."""
    linted = run(str(Path(sys.executable).with_name("lint-imports")), "--no-cache")

    assert linted.returncode == 0, linted.stdout + linted.stderr


@pytest.mark.parametrize("command", [(), *((name,) for name in COMMANDS)], ids=lambda command: " ".join(command) or "-")
def test_help_loads_neither_a_model_nor_an_index(command: tuple[str, ...]) -> None:
    helped = run(sys.executable, "-c", LOADED_BY, *command, "--help")

    assert helped.returncode == 0, helped.stderr
    assert "Usage: playhead" in helped.stdout
    assert helped.stderr.split() == []


def test_help_is_there_within_a_second() -> None:
    """The best of three, and a hundred starts of bare Python where a crowded machine makes even those slow."""

    def fastest(*arguments: str) -> float:
        def once() -> float:
            begun = time.perf_counter()
            run(sys.executable, *arguments)
            return time.perf_counter() - begun

        return min(once() for _ in range(3))

    assert fastest("-c", LOADED_BY, "--help") < max(1.0, 100 * fastest("-S", "-c", "pass"))


def test_the_readme_lists_every_command_and_no_other() -> None:
    assert set(re.findall(r"^\| `playhead ([\w-]+)", README, re.MULTILINE)) == set(COMMANDS)


def test_the_documentation_names_every_setting_and_no_other() -> None:
    pages = "\n".join([README, *DOCS.values()])
    named = {name for name in re.findall(r"`PLAYHEAD_([A-Z_]+)`", pages) if not name.startswith("TEST_")}

    assert named == {name.upper() for name in Settings.model_fields}


@pytest.mark.parametrize("name", [entry.name for entry in known()])
def test_every_format_is_in_the_documentation(name: str) -> None:
    assert f"\n| `{name}` |" in DOCS["formats.md"]
    assert f"\n## `{name}`" in DOCS["formats.md"]


def test_every_dependency_says_why_it_is_there_and_no_other_is_named() -> None:
    project = PROJECT["project"]
    named = set(re.findall(r"^\| `([\w.-]+)` \|", DOCS["design.md"].split("\n## What we stand on\n")[1], re.MULTILINE))

    assert named == names([*project["dependencies"], *chain(*project["optional-dependencies"].values())])


def test_no_tracked_file_holds_the_path_of_a_machine() -> None:
    listed = run("git", "ls-files", "-z")
    if listed.returncode:
        pytest.skip("this is no git checkout, so nothing says which files are ours")
    found = [
        f"{name}:{number}: {line.strip()[:80]}"
        for name in filter(None, listed.stdout.split("\0"))
        if (ROOT / name).is_file()
        for number, line in enumerate((ROOT / name).read_text("utf-8", errors="replace").splitlines(), 1)
        if MACHINE_PATH.search(line)
    ]

    assert found == []
