"""Every page is walked: what it shows is saved, typed and run from top to bottom, as its reader would do it.

A page is walked in a copy of the checkout of its own, with the real model. Where a page shows what is printed,
``...`` stands for anything. The service of the demo archive stands in for the one at 127.0.0.1:8000.
"""

from __future__ import annotations

import argparse
import io
import json
import re
import shlex
import shutil
import socket
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import redirect_stderr, redirect_stdout
from doctest import ELLIPSIS, NORMALIZE_WHITESPACE, REPORT_NDIFF, Example, OutputChecker
from functools import cache
from importlib import invalidate_caches
from pathlib import Path
from typing import Any

import httpx
import pytest
import uvicorn

from app.main import create_app
from ingest import formats
from ingest.folders import find
from ingest.pipeline import ingest
from playhead.cli import main
from playhead.embedding import SentenceTransformerEmbedder
from playhead.library import open_library
from playhead.settings import Settings
from tests.chat import open_chat, searching
from tests.docs.pages import PAGES, ROOT, Block, Command, blocks_of, commands_of

pytestmark = pytest.mark.model

SHOWN = "http://127.0.0.1:8000"
MODEL = "http://127.0.0.1:11434/v1"
"""Where the page has its reader run a language model; a small one of ours stands in."""

DONE = {"run", "file", "more", "printed", "answer", "same", "in"}
WALKED = [page for page in PAGES if any(DONE & block.marks.keys() for block in blocks_of(page))]
LOADED = cache(SentenceTransformerEmbedder)
"""The model, loaded once for all that is typed."""

FLAGS = ELLIPSIS | NORMALIZE_WHITESPACE | REPORT_NDIFF

# Of these the answer's keys depend on what was asked and found.
OPEN = {"held_back", "duplicates", "facets", "filters", "scores"}


@pytest.fixture(scope="module")
def demo(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The index of the demo archive."""
    place = tmp_path_factory.mktemp("demo") / "index"
    library = open_library(Settings(engine=f"embedded:{place}"), writing=True)
    for _ in ingest(find([ROOT / "data" / "transcripts"]), library):
        pass
    library.close()
    return place


@pytest.fixture(scope="module")
def address(demo: Path) -> Iterator[str]:
    """Where the demo archive is served."""
    library = open_library(Settings(engine=f"embedded:{demo}"))
    with socket.create_server(("127.0.0.1", 0)) as listener:
        server = uvicorn.Server(uvicorn.Config(create_app(Settings(), library), log_level="warning"))
        serving = threading.Thread(target=server.run, kwargs={"sockets": [listener]})
        serving.start()
        yield f"http://127.0.0.1:{listener.getsockname()[1]}"
        server.should_exit = True
        serving.join(20)
    library.close()


class Reader:
    """Somebody who does what a page says, in a checkout of their own."""

    def __init__(self, checkout: Path, address: str, model: str, monkeypatch: pytest.MonkeyPatch) -> None:
        self.checkout = checkout
        self.address = address
        self.model = model
        self.monkeypatch = monkeypatch
        self.names: dict[str, Any] = {"__name__": "__main__"}
        self.seen = ""

    def follow(self, block: Block) -> None:
        """Do what the block's fence says, and compare what it shows."""
        for mark, value in block.marks.items():
            match mark:
                case "file" | "more":
                    path = self.checkout / value
                    path.parent.mkdir(parents=True, exist_ok=True)
                    with path.open("w" if mark == "file" else "a", encoding="utf-8") as file:
                        file.write(block.text)
                case "run" if block.language == "python":
                    with redirect_stdout(io.StringIO()) as printed:
                        exec(compile(self._here(block.text), str(block), "exec"), self.names)  # noqa: S102
                    self.seen = printed.getvalue()
                case "run":
                    for command in commands_of(block):
                        status, self.seen = self._type(command)
                        assert status == int(block.marks.get("exit", 0)), f"{block}: {self.seen}"
                        if command.printed:
                            self._compare(command.printed, block)
                case "printed":
                    self._compare(block.text, block)
                case "same":
                    assert json.loads(block.text) == json.loads((self.checkout / value).read_text("utf-8")), block
                case "in":
                    assert block.text in (self.checkout / value).read_text("utf-8"), block
                case "answer":
                    real = httpx.get(self.address + value).json()
                    assert shape(json.loads(block.text)) == shape(real), block

    def _type(self, command: Command) -> tuple[int, str]:
        arguments = [self._here(each) for each in command.arguments]
        match command.program:
            case "playhead":
                return self._playhead(arguments, command.settings)
            case "curl":
                return 0, curl(arguments)
            case "make" if arguments[0] == "test":
                tests = [word for each in arguments[1:] for word in shlex.split(each.removeprefix("TESTS="))]
                return self._start([sys.executable, "-m", "pytest", "-p", "no:cacheprovider", *tests], command.settings)
        raise AssertionError(f"nobody here knows how to run {command.program}")

    def _playhead(self, arguments: list[str], settings: dict[str, str]) -> tuple[int, str]:
        # Like a terminal's, this stdout takes bytes as well: files for others are written past the text.
        printed = io.TextIOWrapper(io.BytesIO(), "utf-8", newline="", write_through=True)
        with self.monkeypatch.context() as here, printed:
            formats.known.cache_clear()
            invalidate_caches()  # a process begun now would see every file
            here.setattr(sys, "argv", ["playhead", *arguments])
            for name, value in settings.items():
                here.setenv(name, value)
            with redirect_stdout(printed), redirect_stderr(printed), pytest.raises(SystemExit) as ended:
                main()
            printed.seek(0)
            return int(ended.value.code or 0), printed.read()

    def _start(self, program: list[str], settings: dict[str, str]) -> tuple[int, str]:
        with self.monkeypatch.context() as here:
            here.setenv("PYTHONPATH", str(self.checkout))
            for name, value in settings.items():
                here.setenv(name, value)
            ended = subprocess.run(program, cwd=self.checkout, capture_output=True, text=True, check=False)
        return ended.returncode, ended.stdout + ended.stderr

    def _here(self, text: str) -> str:
        return text.replace(SHOWN, self.address).replace(MODEL, self.model)

    def _compare(self, shown: str, block: Block) -> None:
        seen, checker = self.seen.replace(self.address, SHOWN), OutputChecker()
        if not checker.check_output(shown, seen, FLAGS):
            pytest.fail(f"{block} prints something else.\n{checker.output_difference(Example('', shown), seen, FLAGS)}")


def curl(arguments: list[str]) -> str:
    """What curl would print, so that nobody needs it installed to test the pages."""
    parser = argparse.ArgumentParser(prog="curl")
    for flag in ("-s", "-i", "-G"):
        parser.add_argument(flag, action="store_true")
    for option in ("-H", "--data-urlencode"):
        parser.add_argument(option, action="append", default=[])
    parser.add_argument("url")
    asked = parser.parse_args(arguments)
    answer = httpx.get(
        asked.url,
        params=[tuple(pair.split("=", 1)) for pair in asked.data_urlencode] or None,
        headers=[tuple(header.split(": ", 1)) for header in asked.H],
    )
    head = [f"HTTP/1.1 {answer.status_code} {answer.reason_phrase}", *(f"{k}: {v}" for k, v in answer.headers.items())]
    return "\n".join([*head, "", answer.text] if asked.i else [answer.text])


def shape(value: Any, path: str = "") -> set[str]:
    """The places of an answer: ``results[].time.start``."""
    if isinstance(value, dict):
        inside = {name: "" if name in OPEN else each for name, each in value.items()}
        return {place for name, each in inside.items() for place in shape(each, f"{path}.{name}" if path else name)}
    if isinstance(value, list):
        return {place for each in value for place in shape(each, f"{path}[]")} or {path.rstrip("[]")}
    return {path.rstrip("[]")}


@pytest.fixture
def reader(tmp_path: Path, demo: Path, address: str, monkeypatch: pytest.MonkeyPatch) -> Iterator[Reader]:
    checkout = tmp_path / "playhead"
    for name in ("app", "docs", "ingest", "playhead", "tests"):
        shutil.copytree(ROOT / name, checkout / name, ignore=shutil.ignore_patterns("__pycache__"))
    for name in ("README.md", "pyproject.toml"):
        shutil.copy(ROOT / name, checkout)
    (checkout / "data").symlink_to(ROOT / "data")
    shutil.copytree(demo, checkout / "index")
    monkeypatch.chdir(checkout)
    monkeypatch.setenv("COLUMNS", "100")
    monkeypatch.setattr("playhead.library.SentenceTransformerEmbedder", LOADED)
    # A format that a page adds is found beside our own.
    monkeypatch.setattr(formats, "__path__", [*formats.__path__, str(checkout / "ingest" / "formats")])
    loaded = set(sys.modules)
    with open_chat() as chat:
        chat.writes = searching
        yield Reader(checkout, address, chat.address, monkeypatch)
    formats.known.cache_clear()
    for name in {name for name in sys.modules if name.startswith("ingest.")} - loaded:
        vars(formats).pop(name.rpartition(".")[2], None)
        del sys.modules[name]


@pytest.mark.parametrize("page", WALKED, ids=lambda page: str(page.relative_to(ROOT)))
def test_a_page_can_be_followed_from_top_to_bottom(page: Path, reader: Reader) -> None:
    for block in blocks_of(page):
        reader.follow(block)


def test_every_field_of_an_answer_is_explained_and_no_other(address: str) -> None:
    """The tables of docs/chatbots.md, against an answer."""
    page = (ROOT / "docs" / "chatbots.md").read_text("utf-8")
    rows = re.findall(r"^\| (`[^|]+) \|", page.split("\n## The answer")[1].split("\n## ")[0], re.MULTILINE)
    answer = httpx.get(f"{address}/api/v1/search", params={"q": "why is free-threaded slower"}).json()

    assert {name for row in rows for name in re.findall(r"`([^`]+)`", row)} == shape(answer)
