"""No pattern of ours takes time that grows with the square of a text (T9), the way it is used where it is used.

The parsers are held to hostile files as wholes; this is of each pattern by itself, and of every one there is.
"""

from __future__ import annotations

import importlib
import inspect
import os
import pkgutil
import re
import signal
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from types import FrameType, ModuleType

import pytest

import app
import ingest
import playhead
from tests.pace import slowness

LONG = 20_000
SECONDS = 0.12
"""Of computing for each text: a pattern that looks at every character from every other needs several times as much."""

RUNS = (
    " ", "\n", "\t", " \n", "\r\n", "a", "A", "é", "字", "1", "-", "- ", "--", ".", ". ", "...", ":", "1:", "1:1",
    "1:1:1 ", "00:00:00.000 --> ", "a ", "a\n", "a: ", "A. ", "Ab ", "Ab Cd: ", "1. ", "[", "]", "[a", "[1:", "(", "(1",
    "{", '{"a":', "<", "<a ", ">", '"', "'", "&", "&a", "=", "a=", "/", "//", "http://", "www.", "@", "a@", "*", "**",
    "_", "`", "\\", "|", "a|", "#", "# ", "!?", "—", "\u200b", "\u202e",
)  # fmt: skip

SHORT = {
    "playhead.notes._AND": 200,
    "playhead.notes._LAST": 60,
    "playhead.wording._SENTENCE_BEGINS": 8,
    "ingest.listed_chapters._LAST": 1_000,
}
"""How many characters those are given at most that look at each from every other."""

SCANNING = {"search", "finditer", "findall", "sub", "subn", "split"}
ANCHORED = {"match", "fullmatch"}


def modules() -> Iterator[ModuleType]:
    for package in (playhead, ingest, app):
        for found in pkgutil.walk_packages(package.__path__, f"{package.__name__}."):
            if not found.name.endswith("__main__"):
                yield importlib.import_module(found.name)


def patterns() -> dict[str, tuple[re.Pattern[str], set[str]]]:
    """Every compiled pattern of text by its name, and what is done with it anywhere."""
    sources = {module.__name__: Path(module.__file__ or os.devnull).read_text("utf-8") for module in modules()}
    everything = "\n".join(sources.values())
    found = {}
    for module in modules():
        for owner in (module, *(each for each in vars(module).values() if inspect.isclass(each))):
            if inspect.isclass(owner) and owner.__module__ != module.__name__:
                continue
            for name, value in vars(owner).items():
                if isinstance(value, re.Pattern) and isinstance(value.pattern, str):
                    where = sources[module.__name__] if name.startswith("_") else everything
                    used = set(re.findall(rf"\b{re.escape(name)}\.(\w+)", where)) & (SCANNING | ANCHORED)
                    found[
                        f"{owner.__module__}.{owner.__qualname__}.{name}"
                        if inspect.isclass(owner)
                        else f"{module.__name__}.{name}"
                    ] = (value, used or SCANNING)
    return found


FOUND = patterns()


@contextmanager
def no_more_than(seconds: float) -> Iterator[None]:
    """End what computes for longer: a pattern that needs hours says so in a moment."""

    def stop(_: int, __: FrameType | None) -> None:
        raise TimeoutError

    before = signal.signal(signal.SIGPROF, stop)
    signal.setitimer(signal.ITIMER_PROF, seconds)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_PROF, 0)
        signal.signal(signal.SIGPROF, before)


def use(pattern: re.Pattern[str], ways: Iterable[str], text: str) -> None:
    if set(ways) & SCANNING:
        for _ in pattern.finditer(text):
            pass
    if set(ways) & ANCHORED:
        pattern.match(text)
        pattern.fullmatch(text)


@pytest.mark.parametrize("name", sorted(FOUND))
def test_a_pattern_takes_no_longer_than_a_text_is_long(name: str) -> None:
    pattern, ways = FOUND[name]
    slow = []
    for run in RUNS:
        for end in ("", "\0!"):
            text = (run * (LONG // len(run) + 1))[: SHORT.get(name, LONG)] + end
            try:
                with no_more_than(SECONDS):
                    use(pattern, ways, text)
            except TimeoutError:
                try:
                    with no_more_than(SECONDS * slowness()):
                        use(pattern, ways, text)
                except TimeoutError:
                    slow.append(run + end)
    assert not slow, f"{pattern.pattern} on a run of any of {slow}"


def test_a_pattern_that_does_take_longer_is_noticed() -> None:
    with pytest.raises(TimeoutError), no_more_than(SECONDS):
        use(re.compile(r"\s*&\s*"), SCANNING, " " * LONG * 4)
