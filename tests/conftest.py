"""What every test may use: the shared data sets where they are, a browser where there is one, and no network."""

from __future__ import annotations

import os
import shutil
import sys
from pathlib import Path

import pytest
from hypothesis import settings

# The same examples every time, so that a change is refused for what it did; HYPOTHESIS_PROFILE=wild looks further.
settings.register_profile("steady", derandomize=True)
settings.register_profile("wild")
settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "steady"))

ROOT = Path(__file__).resolve().parent.parent
REQUIRED = frozenset(filter(None, os.environ.get("PLAYHEAD_TEST_REQUIRE", "").split(",")))
"""Kinds of test that may not be skipped here: `browser`, `postgres`, `shared`. Set by .ci/run."""


def _refuse_outbound(event: str, arguments: tuple[object, ...]) -> None:
    """No test talks to another machine; a library that phones home fails the test that woke it."""
    if event == "socket.connect":
        address = arguments[1]
        host = address[0] if isinstance(address, tuple) else None
        if host is not None and host not in ("127.0.0.1", "::1", "localhost"):
            raise RuntimeError(f"a test tried to connect to {host}")


sys.addaudithook(_refuse_outbound)


def unavailable(kind: str, reason: str) -> None:
    """Skip a test for want of ``kind``, unless this run requires it: then its absence is the failure."""
    if kind in REQUIRED:
        pytest.fail(f"{kind} tests may not be skipped here, but {reason}")
    pytest.skip(reason)


@pytest.fixture(scope="session")
def shared() -> Path:
    """The folder of real transcripts kept beside a checkout; tests that want it are skipped without it."""
    folder = Path(os.environ.get("PLAYHEAD_TEST_SHARED", ROOT.parent / "shared" / "data"))
    if not folder.is_dir():
        unavailable("shared", f"there are no shared data sets at {folder.name}/ beside the checkout")
    return folder


@pytest.fixture(scope="session")
def chromium() -> str:
    """The path of a Chromium found on the machine."""
    names = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
    found = os.environ.get("PLAYHEAD_TEST_CHROMIUM") or next(filter(None, map(shutil.which, names)), None)
    if not found:
        unavailable("browser", "no Chromium was found; apt-get install chromium, or set PLAYHEAD_TEST_CHROMIUM")
    assert found
    return found


@pytest.fixture(scope="session")
def pictures() -> Path:
    """Where pictures of pages are kept, to be looked at; git passes it over."""
    folder = ROOT / "artefacts" / "pages"
    folder.mkdir(parents=True, exist_ok=True)
    return folder


@pytest.fixture(autouse=True)
def _plain_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    """Tests never see the settings of the person who runs them."""
    for name in list(os.environ):
        if name.startswith("PLAYHEAD_") and not name.startswith("PLAYHEAD_TEST_"):
            monkeypatch.delenv(name)
    monkeypatch.setenv("COLUMNS", "120")


@pytest.fixture
def playhead(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]):
    """Run `playhead WORDS…`; its exit code, what it printed, and what it told the person."""

    from playhead.cli import main

    def run(*words: object) -> tuple[int, str, str]:
        monkeypatch.setattr("sys.argv", ["playhead", *map(str, words)])
        with pytest.raises(SystemExit) as ended:
            main()
        out, err = capsys.readouterr()
        return int(ended.value.code or 0), out, err

    return run
