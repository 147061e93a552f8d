"""What docs/operator.md shows is true: commands parse, a backup restores, the unit and the proxies fit the service."""

from __future__ import annotations

import configparser
import re
import shlex
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from typer.main import get_command

from app.guard import hosts
from playhead.cli import app as command_line
from playhead.engine import open_engine
from playhead.library import Library
from playhead.query import Query
from playhead.settings import Settings
from tests.archive import EVERY, fill
from tests.doubles import HashingEmbedder

ROOT = Path(__file__).resolve().parent.parent
PAGE = (ROOT / "docs" / "operator.md").read_text("utf-8")


def blocks(language: str) -> list[str]:
    return re.findall(rf"^```{language}(?: [^\n]*)?\n(.*?)^```$", PAGE, re.MULTILINE | re.DOTALL)


def asked_elsewhere() -> list[list[str]]:
    """What lines for docker, compose and sudo ask of Playhead: the words after its name, or from the service on."""
    lines = [shlex.split(line, comments=True) for line in "".join(blocks("sh")).replace("\\\n", " ").splitlines()]
    asked = []
    for words in lines:
        named = [place for place, word in enumerate(words) if Path(word).name == "playhead"]
        if "compose" in words and "ingest" in words:
            asked.append(words[words.index("ingest") :])
        elif named:
            asked.append(words[named[-1] + 1 :])
    return [words for words in asked if len(words) > 1]


@pytest.mark.parametrize("words", asked_elsewhere(), ids=" ".join)
def test_what_is_asked_through_another_program_is_a_command(words: list[str]) -> None:
    name, *arguments = words
    command = get_command(command_line).get_command(None, name)  # type: ignore[attr-defined]

    assert command is not None
    assert command.make_context(name, arguments).params["paths"]


def test_the_commands_for_backups_do_what_the_page_says(tmp_path: Path, playhead, monkeypatch) -> None:
    section = PAGE.split("\n## Backups\n")[1].split("\n## Upgrading\n")[0]
    commands = [shlex.split(line)[1:] for line in re.findall(r"^\$ (playhead .+)$", section, re.MULTILINE)]
    monkeypatch.chdir(tmp_path)
    fill(tmp_path / "index", EVERY).close()
    said = [playhead(*words) for words in commands]
    restored = Library(open_engine("embedded:index"), HashingEmbedder())
    found = restored.search(Query("threads without a lock"))
    held = restored.engine.describe()
    restored.close()

    assert [words[0] for words in commands] == ["backup", "restore", "check", "check"]
    assert [code for code, _, _ in said] == [0, 0, 0, 0]
    assert (tmp_path / "index" / "replaced-1" / "library.sqlite").is_file()
    assert held.episodes == len(EVERY)
    assert held.findable == held.segments
    assert found.excerpts[0].episode.title == "Threads without a lock"


def test_the_unit_starts_the_service_on_a_directory_that_it_may_write_to() -> None:
    [text] = blocks("ini")
    parser = configparser.ConfigParser(strict=False, interpolation=None, delimiters=("=",))
    parser.optionxform = str  # type: ignore[assignment,method-assign]
    parser.read_string(text)
    program, name, *arguments = shlex.split(parser["Service"]["ExecStart"])
    named = dict(re.findall(r"^Environment=PLAYHEAD_(\w+)=(.+)$", text, re.MULTILINE))
    settings = Settings(**{key.lower(): value for key, value in named.items()})
    command = get_command(command_line).get_command(None, name)  # type: ignore[attr-defined]

    assert Path(program).name == "playhead"
    assert command.make_context(name, arguments).params["create"] is True
    assert settings.engine.startswith(f"embedded:/var/lib/{parser['Service']['StateDirectory']}/")


@pytest.mark.parametrize("language", ["nginx", "caddy"])
def test_a_proxy_leads_to_the_service_under_a_name_that_it_answers_to(language: str) -> None:
    [shown] = blocks(language)
    [address] = re.findall(r"127\.0\.0\.1:\d+", shown)
    [public_url] = re.findall(r"^Environment=PLAYHEAD_PUBLIC_URL=(.+)$", PAGE, re.MULTILINE)
    defaults = Settings()

    assert address == f"{defaults.host}:{defaults.port}"
    assert urlsplit(public_url).hostname in shown
    assert urlsplit(public_url).hostname in hosts(Settings(public_url=public_url))
    assert language == "caddy" or "proxy_set_header Host $host;" in shown


def test_the_page_names_every_argument_that_the_build_takes() -> None:
    dockerfile = (ROOT / "Dockerfile").read_text("utf-8")
    listed = {
        name for row in re.findall(r"^\| (`[A-Z_`, ]+) \|", PAGE, re.MULTILINE) for name in re.findall(r"\w+", row)
    }

    assert set(re.findall(r"^ARG (\w+)", dockerfile, re.MULTILINE)) <= listed
