"""What leaves the house: a source distribution, a wheel made from it, and that wheel at work far from any checkout."""

from __future__ import annotations

import json
import os
import re
import shutil
import socket
import subprocess
import sys
import sysconfig
import tarfile
import time
import tomllib
import urllib.error
import urllib.request
import venv
import zipfile
from email import message_from_bytes
from pathlib import Path

import pytest

from playhead.settings import Settings

ROOT = Path(__file__).resolve().parent.parent
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
VERSION = PROJECT["version"]
SOURCES = (
    "app",
    "ingest",
    "playhead",
    "tests",
    "CHANGELOG.md",
    "LICENSE",
    "MANIFEST.in",
    "README.md",
    "pyproject.toml",
)

# The hooks that every front-end calls (PEP 517); called here without one, nothing is fetched.
BUILD = "import sys; from setuptools import build_meta; print(getattr(build_meta, sys.argv[1])(sys.argv[2]))"


def build(kind: str, tree: Path, into: Path) -> Path:
    """The distribution that ``tree`` builds; ``kind`` is sdist or wheel."""
    done = subprocess.run(
        [sys.executable, "-c", BUILD, f"build_{kind}", str(into)], cwd=tree, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    return into / done.stdout.splitlines()[-1]


@pytest.fixture(scope="module")
def sdist(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Built in a copy, so that the checkout stays clean and its leftovers stay out."""
    tree = tmp_path_factory.mktemp("tree")
    for name in SOURCES:
        if (ROOT / name).is_dir():
            shutil.copytree(ROOT / name, tree / name, ignore=shutil.ignore_patterns("__pycache__"))
        else:
            shutil.copy(ROOT / name, tree / name)
    return build("sdist", tree, tmp_path_factory.mktemp("sdist"))


@pytest.fixture(scope="module")
def wheel(sdist: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Built from the source distribution alone, as a packager would."""
    place = tmp_path_factory.mktemp("unpacked")
    with tarfile.open(sdist) as archive:
        archive.extractall(place, filter="data")
    return build("wheel", place / f"playhead-{VERSION}", tmp_path_factory.mktemp("wheel"))


@pytest.fixture(scope="module")
def installed(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The ``playhead`` of an environment with this wheel; its dependencies are those that run this test.

    A folder on the path that a .pth names is not searched for .pth files of its own, so an editable checkout
    among those dependencies stays out of sight.
    """
    environment = tmp_path_factory.mktemp("environment")
    venv.create(environment, symlinks=True)
    paths = {"base": str(environment), "platbase": str(environment)}
    site = Path(sysconfig.get_path("purelib", "venv", paths))
    (site / "dependencies.pth").write_text(f"{sysconfig.get_path('purelib')}\n", "utf-8")
    python = environment / "bin" / "python"
    pip = [sys.executable, "-m", "pip", "--python", str(python), "install", "--quiet", "--no-deps", "--no-index"]
    subprocess.run([*pip, str(wheel)], check=True)
    return environment / "bin" / "playhead"


def run(*command: object, **options: str) -> subprocess.CompletedProcess[str]:
    environment = {name: value for name, value in os.environ.items() if name not in ("PYTHONPATH", "PYTHONHOME")}
    return subprocess.run(
        list(map(str, command)), capture_output=True, text=True, check=False, env=environment, **options
    )


def listed(sdist: Path) -> set[str]:
    with tarfile.open(sdist) as archive:
        return {member.name.partition("/")[2] for member in archive if member.isfile()}


def modules() -> set[str]:
    return {
        str(file.relative_to(ROOT))
        for room in ("app", "ingest", "playhead")
        for file in (ROOT / room).rglob("*")
        if file.is_file() and file.suffix != ".pyc"
    }


def test_the_source_distribution_holds_every_source_the_licence_and_no_test(sdist: Path) -> None:
    files = listed(sdist)

    assert modules() | {"LICENSE", "README.md", "CHANGELOG.md", "pyproject.toml"} <= files
    assert not [name for name in files if name.startswith("tests/")]


def test_the_wheel_holds_the_three_rooms_with_all_their_files_and_nothing_else(wheel: Path) -> None:
    with zipfile.ZipFile(wheel) as archive:
        files = {name for name in archive.namelist() if ".dist-info/" not in name}

    assert files == modules()


def test_the_wheel_carries_its_licence_and_its_description(wheel: Path) -> None:
    with zipfile.ZipFile(wheel) as archive:
        metadata = message_from_bytes(archive.read(f"playhead-{VERSION}.dist-info/METADATA"))
        licence = archive.read(f"playhead-{VERSION}.dist-info/licenses/LICENSE")

    assert metadata["License-Expression"] == "Apache-2.0"
    assert licence == (ROOT / "LICENSE").read_bytes()
    assert "# Playhead" in metadata.get_payload()


def test_the_version_and_the_changelog_agree() -> None:
    """The newest section is this version's, or the unreleased one that says which version it will be."""
    newest = re.split(r"^## ", (ROOT / "CHANGELOG.md").read_text("utf-8"), flags=re.MULTILINE)[1]

    assert VERSION in re.findall(r"\d+\.\d+\.\d+", newest.split("\n###")[0])


def test_only_a_python_that_was_tried_is_claimed() -> None:
    """Every run of these tests is on the one version that the classifiers name."""
    claimed = [name.rpartition(" ")[2] for name in PROJECT["classifiers"] if re.search(r"Python :: 3\.", name)]

    assert claimed == ["3.11"]


def test_what_is_installed_is_the_wheel_and_not_the_checkout(installed: Path, tmp_path: Path) -> None:
    asked = "import app, ingest, playhead; print(*(room.__file__ for room in (app, ingest, playhead)), sep='\\n')"
    said = run(installed.with_name("python"), "-c", asked, cwd=str(tmp_path))

    assert said.returncode == 0, said.stderr
    assert all(Path(place).is_relative_to(installed.parent.parent) for place in said.stdout.split())


def test_the_installed_command_lists_its_commands_and_its_version(installed: Path, tmp_path: Path) -> None:
    helped, versioned = (run(installed, word, cwd=str(tmp_path)) for word in ("--help", "--version"))

    assert helped.returncode == 0, helped.stderr
    assert all(f" {name} " in helped.stdout for name in PROJECT["entry-points"]["playhead.commands"])
    assert versioned.stdout == f"playhead {VERSION}\n"


@pytest.mark.model
def test_the_installed_command_ingests_and_serves_far_from_any_checkout(installed: Path, tmp_path: Path) -> None:
    """Templates, styles and scripts come out of the wheel; the library is made in the folder it is started in."""
    with socket.create_server((Settings().host, 0)) as free:
        port = free.getsockname()[1]
    address = f"http://127.0.0.1:{port}"
    ingested = run(installed, "ingest", ROOT / "data" / "transcripts", "--json", cwd=str(tmp_path))
    command = [str(installed), "serve", "--port", str(port)]
    with subprocess.Popen(command, cwd=tmp_path, stderr=subprocess.PIPE, text=True) as serving:
        try:
            home = fetch(f"{address}/", serving)
            assets = re.findall(r'(?:href|src)="(/static/[^"]+)"', home)
            sizes = [len(fetch(address + asset, serving)) for asset in assets]
            answer = json.loads(fetch(f"{address}/api/v1/search?q=why+is+free-threaded+slower", serving))
        finally:
            serving.terminate()

    assert ingested.returncode == 0, ingested.stderr
    assert json.loads(ingested.stdout)["added"] == len(list((ROOT / "data" / "transcripts").glob("*/*/")))
    assert (tmp_path / "index" / "library.sqlite").is_file()
    assert len({asset.partition("?")[0].rpartition(".")[2] for asset in assets}) == 3
    assert all(sizes)
    assert answer["results"][0]["episode"]["title"] == "One thread in the slow lane"


def fetch(url: str, serving: subprocess.Popen[str], patience: float = 120.0) -> str:
    """What is answered at ``url``, once anything is."""
    until = time.monotonic() + patience
    while True:
        assert serving.poll() is None, serving.stderr and serving.stderr.read()
        try:
            with urllib.request.urlopen(url, timeout=30) as answer:
                return str(answer.read(), "utf-8")
        except urllib.error.URLError as error:
            # Not listening yet. An answer that is an error is an HTTPError, and final.
            if isinstance(error, urllib.error.HTTPError) or time.monotonic() > until:
                raise
            time.sleep(0.1)
