"""The demo archive is heard in a real Chromium: a link from an answer plays from its second."""

from __future__ import annotations

import json
import socket
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
import uvicorn
from playwright.sync_api import Browser, Page, sync_playwright

from app.main import create_app
from ingest.folders import find
from ingest.pipeline import ingest
from playhead.library import open_library
from playhead.settings import Settings
from tests.conftest import ROOT
from tests.doubles import HashingEmbedder

pytestmark = pytest.mark.browser

EPISODE = "found-in-the-feed/the-lighthouse-is-in-episode-eighty-four"
FOLDER = ROOT / "data" / "transcripts" / EPISODE


@pytest.fixture(scope="module")
def address(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """Where the service over one episode of the demo archive is served."""
    settings = Settings(engine=f"embedded:{tmp_path_factory.mktemp('index')}")
    writing = open_library(settings, writing=True, embedder=HashingEmbedder())
    list(ingest(find([FOLDER]), writing))
    writing.close()
    library = open_library(settings, embedder=HashingEmbedder())
    with socket.create_server(("127.0.0.1", 0)) as listener:
        server = uvicorn.Server(uvicorn.Config(create_app(settings, library), log_level="warning"))
        serving = threading.Thread(target=server.run, kwargs={"sockets": [listener]})
        serving.start()
        yield f"http://127.0.0.1:{listener.getsockname()[1]}"
        server.should_exit = True
        serving.join(20)
    library.close()


@pytest.fixture(scope="module")
def browser(chromium: str) -> Iterator[Browser]:
    with sync_playwright() as playwright:
        launched = playwright.chromium.launch(
            executable_path=chromium, args=["--no-sandbox", "--disable-gpu", "--mute-audio"]
        )
        yield launched
        launched.close()


def _hear(page: Page, selector: str) -> float:
    """The second the first player of a page stands at, once it plays from there."""
    player = page.locator(selector).first.element_handle()
    player.evaluate("player => { player.muted = true; player.play().catch(() => {}); }")
    page.wait_for_function("player => player.error || (player.readyState >= 3 && !player.paused)", arg=player)
    assert player.evaluate("player => player.error && player.error.message") is None
    second: float = player.evaluate("player => player.currentTime")
    return second


def test_an_answer_is_heard_from_its_second(browser: Browser, address: str) -> None:
    page = browser.new_page()
    page.goto(f"{address}/search?q=flat+index+cells+vectors")
    second = int((page.locator("[data-audio]").first.get_attribute("data-audio") or "").rpartition("#t=")[2])
    page.get_by_role("button", name="Play from here").first.click()

    assert second > 100
    assert _hear(page, "#player audio") == pytest.approx(second, abs=1.5)
    player = page.locator("#player audio")
    assert player.evaluate("player => player.duration") == pytest.approx(_duration(), abs=0.1)
    page.close()


def test_a_play_link_opened_by_itself_begins_at_its_second(browser: Browser, address: str) -> None:
    page = browser.new_page()
    page.goto(f"{address}/audio/{EPISODE}#t=300")

    assert _hear(page, "video, audio") == pytest.approx(300, abs=1.5)
    page.close()


def test_the_page_of_an_episode_plays_from_the_second_in_its_address(browser: Browser, address: str) -> None:
    page = browser.new_page()
    page.goto(f"{address}/episodes/{EPISODE}?t=612")
    page.get_by_role("button", name="Play from 10:12").click()

    assert _hear(page, "#player audio") == pytest.approx(612, abs=1.5)
    page.close()


def _duration() -> float:
    lines = (FOLDER / f"{Path(EPISODE).name}.truth.jsonl").read_text("utf-8").splitlines()
    # The music after the last word is five to six seconds.
    return round(json.loads(lines[-1])["end"] + 5.5)
