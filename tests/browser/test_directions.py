"""Words from right to left, and words without spaces, as they are read."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from playwright.sync_api import Browser, sync_playwright

from playhead.model import Chapter
from tests.archive import LOCKS, Recorded, Said, record
from tests.browser.test_pages import PHONE, QUIET, served

pytestmark = pytest.mark.browser


def _told(name: str, title: str, words: str, speaker: str, language: str) -> Recorded:
    episode = replace(LOCKS[0], id=f"the-long-run/{name}", title=title, language=language, chapters=())
    return record(episode, [Said(0, speaker, 3.0, words)])


HEBREW = _told("hebrew", "על הסבלנות", "הסבלנות היא מידה טובה, אמר Linus בשנת 1991. ואחר כך חיכה.", "נועה", "he")
JAPANESE = _told("japanese", "東京の夜", "東京の夜行バスは昼のバスより遅いです。" * 30, "ゆき", "ja")


@pytest.fixture(scope="module")
def address(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    place: Path = tmp_path_factory.mktemp("index")
    with served(place, [HEBREW, JAPANESE]) as where:
        yield where


@pytest.fixture(scope="module")
def browser(chromium: str) -> Iterator[Browser]:
    with sync_playwright() as playwright:
        launched = playwright.chromium.launch(executable_path=chromium, args=QUIET)
        yield launched
        launched.close()


def test_hebrew_is_read_from_right_to_left_and_the_page_around_it_is_not(browser: Browser, address: str) -> None:
    page = browser.new_page()
    for path, where in (("/episodes/the-long-run/hebrew", ".turn"), ("/search?q=הסבלנות", "blockquote p")):
        page.goto(f"{address}{path}")
        style = "element => [getComputedStyle(element).direction, getComputedStyle(element).textAlign]"
        assert page.locator(where).first.evaluate(style) == ["rtl", "start"]
        assert page.locator("body").evaluate("element => getComputedStyle(element).direction") == "ltr"
    page.goto(f"{address}/episodes/the-long-run/hebrew")
    assert page.locator(".transcript").get_attribute("lang") == "he"
    page.close()


def test_words_without_spaces_fit_a_phone(browser: Browser, address: str) -> None:
    page = browser.new_page(viewport=PHONE)  # type: ignore[arg-type]
    for path in ("/episodes/the-long-run/japanese", "/search?q=夜行バス"):
        page.goto(f"{address}{path}")
        assert page.evaluate("document.documentElement.scrollWidth") == PHONE["width"]
    page.close()


def test_the_longest_names_and_words_fit_a_phone(browser: Browser, tmp_path: Path) -> None:
    endless = "W" * 10_000
    episode = replace(
        LOCKS[0],
        id="the-long-run/endless",
        title=f"Title {endless}",
        podcast_title=f"Podcast {endless}",
        description=endless,
        chapters=(Chapter(0, f"Chapter {endless}", 0.0),),
    )
    recorded = record(episode, [Said(0, f"Mallory {endless}", 3.0, f"A cuckoo said {endless}. And then it ended.")])
    with served(tmp_path, [recorded]) as address:
        page = browser.new_page(viewport=PHONE)  # type: ignore[arg-type]
        card = page.request.get(f"{address}/api/v1/search?q=cuckoo").json()["results"][0]["id"]
        for path in (
            "/",
            "/search?q=cuckoo",
            "/episodes/the-long-run/endless?q=cuckoo&t=3",
            "/podcasts",
            "/episodes",
            "/speakers",
            f"/embed/{card}",
        ):
            page.goto(f"{address}{path}")
            assert page.evaluate("document.documentElement.scrollWidth") == PHONE["width"], path
        page.close()


def test_a_name_from_right_to_left_leaves_the_date_beside_it_as_it_is(browser: Browser, tmp_path: Path) -> None:
    episode, transcript, segments = HEBREW
    named = (replace(episode, podcast_title="פודקאסט: שיחות"), transcript, segments)
    with served(tmp_path, [named]) as address:
        page = browser.new_page()
        for path in ("/", "/search?q=הסבלנות", "/episodes", "/episodes/the-long-run/hebrew"):
            page.goto(f"{address}{path}")
            place = page.locator(".facts time").first
            dated = "element => [...Array(2).keys()].map(n => { const range = document.createRange(); " + (
                "range.setStart(element.firstChild, n * 3); range.setEnd(element.firstChild, n * 3 + 1); "
                "return range.getBoundingClientRect().x; })"
            )
            day, month = place.evaluate(dated)
            assert 0 < month - day < 40, path
            assert place.evaluate("element => element.previousElementSibling.getBoundingClientRect().right") <= day
        page.close()
