"""The documentation cannot rot: its examples run, its links lead somewhere, its command lines are commands."""

from __future__ import annotations

import doctest
import json
import re
import shlex
import struct
import subprocess
import sys
import tomllib
from importlib import import_module
from pathlib import Path
from typing import get_args

import pytest
from typer.main import get_command

from app.main import create_app
from playhead.cli import app as command_line
from playhead.model import TimeSource
from playhead.settings import Settings
from tests.docs.pages import FENCE, PAGES, ROOT, Block, blocks, commands_of

ROOMS = ("app", "ingest", "playhead")
LINK = re.compile(r"!?\[[^\]\n]*\]\(([^)\s]+)\)")
FILE = re.compile(r"`((?:app|bench|data|docs|ingest|playhead|tests)/[\w./-]+)`")
EXAMPLE = re.compile(r"Example: `([^`]+)`")


def modules_with_examples() -> list[str]:
    return sorted(
        ".".join(module.relative_to(ROOT).with_suffix("").parts)
        for room in ROOMS
        for module in (ROOT / room).rglob("*.py")
        if ">>> " in module.read_text("utf-8")
    )


def slug(heading: str) -> str:
    """The anchor that GitHub gives a heading."""
    return re.sub(r"[^\w\- ]", "", heading.strip().lower()).replace(" ", "-")


@pytest.mark.parametrize("module", modules_with_examples())
def test_the_examples_in_docstrings_are_true(module: str) -> None:
    results = doctest.testmod(import_module(module))

    assert results.attempted > 0
    assert results.failed == 0


def test_times_and_words_are_explained_by_examples() -> None:
    assert {"playhead.text", "playhead.timestamps"} <= set(modules_with_examples())


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_every_link_inside_the_repository_leads_somewhere(page: Path) -> None:
    for link in LINK.findall(FENCE.sub("", page.read_text("utf-8"))):
        if re.match(r"[a-z]+:", link):
            continue
        path, _, anchor = link.partition("#")
        target = page.parent / path if path else page
        assert target.exists(), link
        if anchor:
            headings = re.findall(r"^#+ (.+)$", target.read_text("utf-8"), re.MULTILINE)
            assert anchor in map(slug, headings), link


def test_the_decisions_that_code_refers_to_are_written_down() -> None:
    decisions = re.findall(r"^## (.+)$", (ROOT / "docs" / "design.md").read_text("utf-8"), re.MULTILINE)
    places = [ROOT / "pyproject.toml", *(module for room in ROOMS for module in (ROOT / room).rglob("*.py"))]
    named = [name for place in places for name in re.findall(r'docs/design\.md, "([^"]+)"', place.read_text("utf-8"))]

    assert named
    assert set(named) <= set(decisions)


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_every_file_named_is_there(page: Path) -> None:
    assert [name for name in FILE.findall(page.read_text("utf-8")) if not (ROOT / name).exists()] == []


@pytest.mark.parametrize("block", blocks("console"), ids=str)
def test_every_command_line_shown_is_one_that_works(block: Block) -> None:
    """Options and arguments are parsed by the real commands; nothing is run."""
    group = get_command(command_line)
    targets = set(re.findall(r"^([\w-]+):", (ROOT / "Makefile").read_text("utf-8"), re.MULTILINE))
    settings = {f"PLAYHEAD_{name.upper()}" for name in Settings.model_fields}
    commands = commands_of(block)
    assert commands or not block.text.strip(), "a console block shows commands after a $"
    for typed in commands:
        ours = {name for name in typed.settings if name.startswith("PLAYHEAD_")}
        assert {name for name in ours if not name.startswith("PLAYHEAD_TEST_")} <= settings
        if typed.program == "playhead":
            name, *rest = typed.arguments
            command = group.get_command(None, name)  # type: ignore[attr-defined]
            assert command is not None, f"playhead {name}"
            command.make_context(name, rest)
        elif typed.program == "make":
            assert {word for word in typed.arguments if "=" not in word} <= targets, typed


def test_every_command_ends_its_help_with_an_example_that_works() -> None:
    group = get_command(command_line)
    for name in group.list_commands(None):  # type: ignore[attr-defined]
        command = group.get_command(None, name)  # type: ignore[attr-defined]
        [example] = EXAMPLE.findall(command.help)
        program, shown, *arguments = shlex.split(example)
        assert (program, shown) == ("playhead", name)
        command.make_context(name, arguments)


@pytest.mark.parametrize("block", blocks("python"), ids=str)
def test_python_shown_is_python(block: Block) -> None:
    compile(block.text, "documentation", "exec")


def test_a_format_shown_passes_the_checks_it_will_meet() -> None:
    [shown] = [each for each in blocks("python") if each.marks.get("file", "").startswith("ingest/")]
    for check in (["check"], ["format", "--check"]):
        ruff = [str(Path(sys.executable).with_name("ruff")), *check, "--stdin-filename", shown.marks["file"], "-"]
        ended = subprocess.run(ruff, cwd=ROOT, input=shown.text, capture_output=True, text=True, check=False)
        assert ended.returncode == 0, ended.stdout + ended.stderr


@pytest.mark.parametrize("block", blocks("json"), ids=str)
def test_json_shown_is_json(block: Block) -> None:
    json.loads(block.text)


@pytest.mark.parametrize("block", blocks("toml"), ids=str)
def test_toml_shown_is_toml(block: Block) -> None:
    tomllib.loads(block.text)


def test_python_shown_is_run() -> None:
    """Or saved, or held against what it is taken from, by the walk in tests/docs."""
    assert [str(block) for block in blocks("python") if not {"run", "file", "in"} & block.marks.keys()] == []


def test_every_address_and_every_parameter_is_in_the_documentation() -> None:
    document = create_app(Settings()).openapi()
    page = (ROOT / "docs" / "chatbots.md").read_text("utf-8")
    asked = page.split("\n## Ask\n")[1].split("\n## ")[0]
    rows = re.findall(r"^\| (`[^|]+) \|", asked, re.MULTILINE)
    parameters = {each["name"] for each in document["paths"]["/api/v1/search"]["get"]["parameters"]}

    assert set(re.findall(r"^\| `(/[^`]+)` \|", page, re.MULTILINE)) == set(document["paths"])
    assert {name for row in rows for name in re.findall(r"`(\w+)`", row)} == parameters - {"q"}


def test_every_source_of_a_time_is_explained() -> None:
    page = (ROOT / "docs" / "podcaster.md").read_text("utf-8").split("\n| source |")[1].split("\n\n")[0]

    assert set(re.findall(r"^\| `(\w+)` \|", page, re.MULTILINE)) == set(get_args(TimeSource))


def test_the_messages_that_a_page_explains_are_those_an_ingest_gives() -> None:
    page = (ROOT / "docs" / "podcaster.md").read_text("utf-8").split("\n| it says |")[1].split("\n\n")[0]
    said = "".join(module.read_text("utf-8") for module in (ROOT / "ingest").rglob("*.py"))
    messages = re.findall(r"^\| ([^|-][^|]*) \|", page, re.MULTILINE)

    assert messages
    assert [part for each in messages for part in each.split("…") if part.strip() not in said] == []


def test_the_pictures_are_small_enough_to_wait_for() -> None:
    pictures = sorted((ROOT / "docs" / "images").glob("*.png"))

    assert [picture.stem for picture in pictures] == ["episode", "player", "search"]
    for picture in pictures:
        data = picture.read_bytes()
        assert struct.unpack(">II", data[16:24]) == (1280, 900)  # PNG: the header's first two numbers
        assert len(data) <= 200_000


def test_the_hooks_of_a_commit_are_the_checks_of_make() -> None:
    hooks = re.findall(r"entry: \.venv/bin/(.+)", (ROOT / ".pre-commit-config.yaml").read_text("utf-8"))
    check = (ROOT / "Makefile").read_text("utf-8").split("\ncheck:")[1].split("\n\n")[0]
    checks = re.findall(r"\$\(BIN\)/(.+)", check)

    assert [hook.replace(" --force-exclude", "") for hook in hooks] == [
        re.sub(r" --check| \.$", "", each) for each in checks
    ]
