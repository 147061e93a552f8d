"""The pages of the documentation as a reader meets them: blocks in order, each with what its fence says of it.

After the language a fence may say what the reader does with the block: ``run`` it, save it as ``file=PATH``, add it
to ``more=PATH``, or compare it: ``printed`` with what the block before printed, ``answer=ADDRESS`` with what the
service answers there, ``in=PATH`` and ``same=PATH`` with a file. A run ends with 0 unless ``exit=`` says otherwise.
GitHub shows only the language.
"""

from __future__ import annotations

import re
import shlex
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent.parent
PLACES = ("*.md", "docs/*.md", "index/*.md", "data/*/*.md", ".github/*.md", ".github/*/*.md")
PAGES = sorted(page for place in PLACES for page in ROOT.glob(place))

FENCE = re.compile(r"^```(\w+)(?: ([^\n]*))?\n(.*?)^```$", re.MULTILINE | re.DOTALL)
SETTING = re.compile(r"[A-Z_]+=.*")


@dataclass(frozen=True)
class Block:
    """A fenced block; ``line`` is that of its first word, ``marks`` what its fence says after the language."""

    page: str
    line: int
    language: str
    marks: dict[str, str]
    text: str

    def __str__(self) -> str:
        return f"{self.page}-{self.line}"


@dataclass(frozen=True)
class Command:
    """A line typed after a ``$``: the settings before it, the program, and what the page says is printed."""

    settings: dict[str, str]
    program: str
    arguments: list[str]
    printed: str


def blocks_of(page: Path) -> list[Block]:
    text = page.read_text("utf-8")
    return [
        Block(
            page=str(page.relative_to(ROOT)),
            line=text[: found.start()].count("\n") + 2,
            language=found[1],
            marks={name: value for name, _, value in (mark.partition("=") for mark in shlex.split(found[2] or ""))},
            text=found[3],
        )
        for found in FENCE.finditer(text)
    ]


def blocks(*languages: str) -> list[Block]:
    return [block for page in PAGES for block in blocks_of(page) if block.language in languages]


def commands_of(block: Block) -> list[Command]:
    """The commands of a console block, without prompt and comment; a program is known by its last name."""
    commands = []
    for typed in re.split(r"^\$ ", block.text.replace("\\\n", " "), flags=re.MULTILINE)[1:]:
        line, _, printed = typed.partition("\n")
        words = shlex.split(line, comments=True)
        first = next(place for place, word in enumerate(words) if not SETTING.fullmatch(word))
        settings = dict(word.split("=", 1) for word in words[:first])
        commands.append(Command(settings, Path(words[first]).name, words[first + 1 :], printed))
    return commands
