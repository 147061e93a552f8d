"""The documentation cannot rot: its examples run, its links lead somewhere, its command lines are commands."""

from __future__ import annotations

import doctest
import json
import re
import shlex
import tomllib
from importlib import import_module
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
from typer.main import get_command

from playhead.cli import app as command_line

ROOT = Path(__file__).resolve().parent.parent
ROOMS = ("app", "ingest", "playhead")
PAGES = sorted(page for place in ("*.md", "docs/*.md", "index/*.md", "data/*/*.md") for page in ROOT.glob(place))

FENCE = re.compile(r"^```(\w+)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
LINK = re.compile(r"(?<!!)\[[^\]\n]+\]\(([^)\s]+)\)")
EXAMPLE = re.compile(r"Example: `([^`]+)`")


def modules_with_examples() -> list[str]:
    return sorted(
        ".".join(module.relative_to(ROOT).with_suffix("").parts)
        for room in ROOMS
        for module in (ROOT / room).rglob("*.py")
        if ">>> " in module.read_text("utf-8")
    )


def blocks(*languages: str) -> list[Any]:
    return [
        pytest.param(text, id=f"{page.relative_to(ROOT)}-{page.read_text('utf-8')[: found.start()].count(chr(10)) + 2}")
        for page in PAGES
        for found in FENCE.finditer(page.read_text("utf-8"))
        for language, text in [found.groups()]
        if language in languages
    ]


def command_lines(text: str) -> list[list[str]]:
    """The ``playhead`` commands of a console block, without the prompt and the comment."""
    typed = [line[2:] for line in text.replace("\\\n", " ").splitlines() if line.startswith("$ ")]
    split = [shlex.split(line, comments=True) for line in typed]
    return [[Path(words[0]).name, *words[1:]] for words in split if words]


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


@pytest.mark.parametrize("text", blocks("console"))
def test_every_command_line_shown_is_one_that_works(text: str) -> None:
    """Options and arguments are parsed by the real commands; nothing is run."""
    group = get_command(command_line)
    targets = set(re.findall(r"^([\w-]+):", (ROOT / "Makefile").read_text("utf-8"), re.MULTILINE))
    lines = command_lines(text)
    assert lines, "a console block shows commands after a $"
    for program, *arguments in lines:
        if program == "playhead":
            name, *rest = arguments
            command = group.get_command(None, name)  # type: ignore[attr-defined]
            assert command is not None, f"playhead {name}"
            command.make_context(name, rest)
        elif program == "make":
            assert {word for word in arguments if "=" not in word} <= targets, arguments


def test_every_command_ends_its_help_with_an_example_that_works() -> None:
    group = get_command(command_line)
    for name in group.list_commands(None):  # type: ignore[attr-defined]
        command = group.get_command(None, name)  # type: ignore[attr-defined]
        [example] = EXAMPLE.findall(command.help)
        program, shown, *arguments = shlex.split(example)
        assert (program, shown) == ("playhead", name)
        command.make_context(name, arguments)


@pytest.mark.parametrize("text", blocks("python"))
def test_python_shown_is_python(text: str) -> None:
    compile(text, "documentation", "exec")


@pytest.mark.parametrize("text", blocks("json"))
def test_json_shown_is_json(text: str) -> None:
    json.loads(text)


@pytest.mark.parametrize("text", blocks("toml"))
def test_toml_shown_is_toml(text: str) -> None:
    tomllib.loads(text)


def test_the_format_written_in_the_documentation_reads_what_it_says() -> None:
    """Whoever copies it begins with something that works."""
    [source] = [block.values[0] for block in blocks("python") if "FORMAT = Format(" in block.values[0]]
    minutes = ModuleType("minutes")
    exec(source, minutes.__dict__)  # noqa: S102 - our own page
    said = "00:00:05 Ada: Who has the lock?\n00:00:09 Grace: I do.\n(coughs)\n"

    reading = minutes.FORMAT.parse(said)

    assert minutes.FORMAT.looks_like(said)
    assert [turn.speaker for turn in reading.transcript.turns] == ["Ada", "Grace"]
    assert [stamp.seconds for stamp in reading.transcript.stamps] == [5.0, 9.0]
    assert reading.transcript.said(reading.transcript.turns[1].span) == "I do."
    assert [problem.line for problem in reading.problems] == [3]
