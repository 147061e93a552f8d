"""The player in a real Chromium: it goes on from page to page, the transcript follows it, and keys move it."""

from __future__ import annotations

import re
import socket
import threading
from collections.abc import Iterator

import pytest
import uvicorn
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, BrowserContext, Locator, Page, Route, expect, sync_playwright

from app.main import create_app
from ingest.folders import find
from ingest.pipeline import ingest
from playhead.library import open_library
from playhead.settings import Settings
from tests.conftest import ROOT
from tests.doubles import HashingEmbedder

pytestmark = pytest.mark.browser

SHOW = "found-in-the-feed"
EPISODE = f"{SHOW}/the-lighthouse-is-in-episode-eighty-four"
OTHER = f"{SHOW}/a-different-cake-in-winnipeg"
QUESTION = "flat index cells vectors"


@pytest.fixture(scope="module")
def address(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """Where the service over two episodes with sound is served."""
    settings = Settings(engine=f"embedded:{tmp_path_factory.mktemp('index')}")
    writing = open_library(settings, writing=True, embedder=HashingEmbedder())
    list(ingest(find([ROOT / "data" / "transcripts" / each for each in (EPISODE, OTHER)]), writing))
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
            executable_path=chromium,
            args=["--no-sandbox", "--disable-gpu", "--mute-audio", "--autoplay-policy=no-user-gesture-required"],
        )
        yield launched
        launched.close()


@pytest.fixture
def context(browser: Browser, address: str) -> Iterator[BrowserContext]:
    opened = browser.new_context()
    opened.grant_permissions(["clipboard-read", "clipboard-write"], origin=address)
    yield opened
    opened.close()


@pytest.fixture
def page(context: BrowserContext) -> Page:
    return context.new_page()


def player(page: Page) -> Locator:
    return page.locator("#player audio")


def plays(page: Page, beyond: float) -> float:
    """The second that is played, once it is beyond this one."""
    page.wait_for_function(
        "([audio, second]) => !audio.paused && audio.currentTime > second", arg=[player(page).element_handle(), beyond]
    )
    return now(page)


def now(page: Page) -> float:
    second: float = player(page).evaluate("audio => audio.currentTime")
    return second


def answered(page: Page, address: str) -> int:
    """The first answer's second, once it is played."""
    page.goto(f"{address}/search?q={QUESTION.replace(' ', '+')}")
    second = int((page.locator("[data-audio]").first.get_attribute("data-audio") or "").rpartition("#t=")[2])
    page.get_by_role("button", name="Play from here").first.click()
    assert plays(page, second) == pytest.approx(second, abs=3)
    return second


def test_no_sound_is_asked_for_before_somebody_presses_play(page: Page, address: str) -> None:
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    for path in (f"/search?q={QUESTION}", f"/episodes/{EPISODE}?t=100"):
        page.goto(f"{address}{path}", wait_until="networkidle")
    assert not [url for url in asked if "/audio/" in url]
    expect(page.locator("#player")).to_be_hidden()


def test_what_plays_goes_on_from_an_answer_to_its_episode_and_back(page: Page, address: str) -> None:
    second = answered(page, address)
    page.evaluate("document.body.dataset.seen = 'yes'")
    page.locator("article.excerpt h2 a").first.click()
    page.wait_for_url("**/episodes/**")
    assert plays(page, second) > second
    page.go_back()
    page.wait_for_url("**/search**")
    expect(page.locator("article.excerpt").first).to_be_visible()
    assert plays(page, second) > second
    assert page.evaluate("document.body.dataset.seen") == "yes", "the page was loaded anew"


def test_a_search_from_the_field_keeps_what_plays(page: Page, address: str) -> None:
    second = answered(page, address)
    page.get_by_role("searchbox").first.fill("cake")
    page.keyboard.press("Enter")
    page.wait_for_url("**/search?q=cake*")
    expect(page).to_have_title(re.compile("cake"))
    assert plays(page, second) > second


def test_the_sentence_that_is_heard_is_marked_and_in_view(page: Page, address: str) -> None:
    page.goto(f"{address}/episodes/{EPISODE}?t=300")
    page.get_by_role("button", name="Play from 5:00").click()
    plays(page, 300)
    said = page.locator(".transcript .now")
    expect(said).to_have_count(1)
    start = float(said.get_attribute("data-start") or "nan")
    assert start <= now(page) + 0.1
    expect(said).to_be_in_viewport()


def test_the_page_stays_where_the_reader_scrolls_to_until_asked_to_follow_again(page: Page, address: str) -> None:
    page.goto(f"{address}/episodes/{EPISODE}?t=300")
    page.get_by_role("button", name="Play from 5:00").click()
    plays(page, 300)
    page.mouse.wheel(0, -400)
    page.get_by_role("button", name="Follow").wait_for()
    page.wait_for_timeout(1000)  # whatever still glides comes to rest
    place = page.evaluate("scrollY")
    player(page).evaluate("audio => { audio.currentTime = 600; }")
    plays(page, 600)
    page.wait_for_timeout(1000)
    assert page.evaluate("scrollY") == place
    expect(page.locator(".transcript .now")).not_to_be_in_viewport()
    page.get_by_role("button", name="Follow").click()
    expect(page.locator(".transcript .now")).to_be_in_viewport()


def test_a_sentence_that_is_clicked_is_heard(page: Page, address: str) -> None:
    page.goto(f"{address}/episodes/{EPISODE}")
    sentence = page.locator(".transcript [data-start]").nth(12)
    start = float(sentence.get_attribute("data-start") or "nan")
    sentence.click()
    assert plays(page, start - 0.5) == pytest.approx(start, abs=3)


def test_a_second_after_the_hash_marks_its_words_and_cues_the_sound(page: Page, address: str) -> None:
    page.goto(f"{address}/episodes/{EPISODE}#t=300")
    said = page.locator(".transcript .cued")
    expect(said).to_be_in_viewport()
    assert float(said.get_attribute("data-start") or "nan") <= 300
    page.get_by_role("button", name="Play").first.click()
    assert plays(page, 300) == pytest.approx(300, abs=3)


def test_keys_pause_and_move_what_plays_and_step_through_answers(page: Page, address: str) -> None:
    second = answered(page, address)
    page.locator("h1").first.evaluate("heading => { heading.tabIndex = -1; heading.focus(); }")
    page.keyboard.press("ArrowRight")
    assert plays(page, second + 25) > second + 25
    page.keyboard.press("ArrowLeft")
    page.keyboard.press(" ")
    assert player(page).evaluate("audio => audio.paused")
    page.keyboard.press("j")
    page.keyboard.press("j")
    page.keyboard.press("k")
    assert page.evaluate("document.activeElement === document.querySelector('article.excerpt')")
    page.keyboard.press("Enter")
    page.wait_for_url("**/episodes/**")
    page.keyboard.press("/")
    page.keyboard.type("cake j k")
    expect(page.get_by_role("searchbox").first).to_have_value("cake j k")


def test_chapters_are_stepped_through(page: Page, address: str) -> None:
    chapters = page.request.get(f"{address}/api/v1/episodes/{EPISODE}/chapters").json()["chapters"]
    starts = [each["start"] for each in chapters if each["start"] is not None]
    page.goto(f"{address}/episodes/{EPISODE}?t=1")
    page.get_by_role("button", name="Play from 0:01").click()
    plays(page, 1)
    page.get_by_role("button", name="Next chapter").click()
    assert plays(page, starts[1] - 0.5) == pytest.approx(starts[1], abs=3)
    page.get_by_role("button", name="Previous chapter").click()
    page.wait_for_function(
        "([audio, second]) => audio.currentTime < second", arg=[player(page).element_handle(), starts[1]]
    )


def test_speed_and_place_are_remembered(page: Page, address: str) -> None:
    page.goto(f"{address}/episodes/{EPISODE}?t=400")
    page.get_by_role("button", name="Play from 6:40").click()
    plays(page, 401)
    page.get_by_role("combobox", name="Speed").select_option("1.5")
    page.wait_for_function(f"Number(localStorage.getItem('playhead:at:{EPISODE}')) >= 400")
    page.goto(f"{address}/episodes/{EPISODE}")
    page.get_by_role("button", name="Play", exact=True).first.click()
    assert plays(page, 400) == pytest.approx(404, abs=8)
    assert player(page).evaluate("audio => audio.playbackRate") == 1.5


def test_selected_words_are_copied_with_who_said_them_and_a_link(page: Page, address: str) -> None:
    page.goto(f"{address}/episodes/{EPISODE}")
    sentence = page.locator(".transcript [data-start]").nth(6)
    words = sentence.inner_text()
    sentence.select_text()
    page.get_by_role("button", name="Copy quote").click()
    copied: str = page.evaluate("navigator.clipboard.readText()")
    quoted, _, link = copied.partition("\n")
    assert quoted.startswith(f"“{' '.join(words.split())}” — ")
    assert "Found in the Feed: " in quoted
    assert link.startswith(f"{address}/episodes/{EPISODE}?t=")


def test_an_answer_is_copied_with_its_citation(page: Page, address: str) -> None:
    page.goto(f"{address}/search?q={QUESTION}")
    page.get_by_role("button", name="Copy citation").first.click()
    best = page.request.get(f"{address}/api/v1/search?q={QUESTION}").json()["results"][0]
    copied: str = page.evaluate("navigator.clipboard.readText()")
    assert copied == f"“{best['answer']['text']}” — {best['citation']}"


def test_notes_that_are_linked_meanwhile_keep_what_plays(page: Page, address: str) -> None:
    second = answered(page, address)
    page.get_by_role("link", name="Show notes").first.click()
    page.get_by_label("Episode").fill(EPISODE)
    page.get_by_label("Notes, in Markdown").fill("* Flat indexes and cells\n* Where to cut a conversation\n")
    page.get_by_role("button", name="Link the notes").click()
    page.wait_for_selector(".rows")
    assert plays(page, second) > second
    page.get_by_role("button", name="Apply and show").click()
    page.wait_for_function("scrollY === 0 && document.querySelector('#result')")
    assert plays(page, second) > second
    there = page.locator(".rows [data-audio]").last
    wanted = float((there.get_attribute("data-audio") or "").rpartition("#t=")[2])
    there.get_by_role("button", name="Play from there").click()
    assert plays(page, wanted) == pytest.approx(wanted, abs=3)


def test_notes_that_cannot_be_sent_are_not_lost(page: Page, address: str) -> None:
    answered(page, address)
    page.get_by_role("link", name="Show notes").first.click()
    page.get_by_label("Episode").fill(EPISODE)
    page.get_by_label("Notes, in Markdown").fill("* Flat indexes and cells\n")
    refused: list[str] = []

    def refuse_once(route: Route) -> None:
        if route.request.method == "POST" and not refused:
            refused.append(route.request.url)
            route.abort()
        else:
            route.continue_()

    page.route("**/notes", refuse_once)
    page.get_by_role("button", name="Link the notes").click()
    page.wait_for_selector(".rows")
    assert refused


def test_a_sound_that_is_gone_is_said_to_be(page: Page, address: str) -> None:
    page.route("**/audio/**", lambda route: route.fulfill(status=404))
    page.goto(f"{address}/search?q={QUESTION}")
    page.get_by_role("button", name="Play from here").first.click()
    expect(page.locator("#player")).to_contain_text("This sound cannot be played")


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_the_player_keeps_nobody_out_and_fits_a_phone(browser: Browser, address: str, scheme: str) -> None:
    context = browser.new_context(viewport={"width": 360, "height": 740}, color_scheme=scheme)  # type: ignore[arg-type]
    page = context.new_page()
    answered(page, address)
    page.get_by_role("link", name="Read in context").first.click()
    page.wait_for_selector(".now")
    page.mouse.wheel(0, -400)
    page.get_by_role("button", name="Follow").wait_for()
    assert [(each["id"], each["nodes"]) for each in Axe().run(page).response["violations"]] == []
    assert page.evaluate("document.documentElement.scrollWidth") == 360
    buttons = page.locator("#player .controls > :visible:not(audio, [data-do=close])")
    assert len({round(box["y"]) for box in (each.bounding_box() for each in buttons.all()) if box}) == 1
    context.close()


def test_without_a_script_everything_is_read_and_heard_too(browser: Browser, address: str) -> None:
    plain = browser.new_context(java_script_enabled=False)
    page = plain.new_page()
    page.goto(f"{address}/")
    page.get_by_role("searchbox").fill(QUESTION)
    page.get_by_role("button", name="Search").click()
    expect(page.locator("#player")).to_be_hidden()
    page.get_by_text("Play from here").first.click()
    expect(page.locator("article.excerpt audio").first).to_be_visible()
    page.locator("article.excerpt h2 a").first.click()
    expect(page.locator("#audio")).to_be_visible()
    expect(page.locator("#marked").first).to_be_visible()
    plain.close()
