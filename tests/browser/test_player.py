"""The player in a real Chromium: it goes on from page to page, the transcript follows it, and keys move it."""

from __future__ import annotations

import re
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager

import pytest
import uvicorn
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, BrowserContext, Locator, Page, Route, expect, sync_playwright

from app.main import create_app
from ingest.folders import find
from ingest.pipeline import ingest
from playhead.library import Library, open_library
from playhead.settings import Settings
from tests.conftest import ROOT
from tests.doubles import HashingEmbedder

pytestmark = pytest.mark.browser

SHOW = "found-in-the-feed"
EPISODE = f"{SHOW}/the-lighthouse-is-in-episode-eighty-four"
OTHER = f"{SHOW}/a-different-cake-in-winnipeg"
QUESTION = "flat index cells vectors"


@pytest.fixture(scope="module")
def library(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Library]:
    """Two episodes with sound."""
    settings = Settings(engine=f"embedded:{tmp_path_factory.mktemp('index')}")
    writing = open_library(settings, writing=True, embedder=HashingEmbedder())
    list(ingest(find([ROOT / "data" / "transcripts" / each for each in (EPISODE, OTHER)]), writing))
    writing.close()
    opened = open_library(settings, embedder=HashingEmbedder())
    yield opened
    opened.close()


@contextmanager
def served(library: Library, folder: str = "") -> Iterator[str]:
    """Where a service over these episodes can be reached, as a site of its own or in a folder of one."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        place = f"http://127.0.0.1:{listener.getsockname()[1]}{folder}"
        app = create_app(Settings(public_url=place if folder else ""), library)
        server = uvicorn.Server(uvicorn.Config(app, log_level="warning"))
        serving = threading.Thread(target=server.run, kwargs={"sockets": [listener]})
        serving.start()
        try:
            yield place
        finally:
            server.should_exit = True
            serving.join(20)


@pytest.fixture(scope="module")
def address(library: Library) -> Iterator[str]:
    with served(library) as place:
        yield place


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
    expect(said).to_have_css("text-decoration-line", "underline")  # where the turn is marked, its ground is no sign


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


def test_a_page_that_is_slow_to_come_does_not_take_the_place_of_the_one_gone_back_to(page: Page, address: str) -> None:
    page.goto(f"{address}/podcasts")
    page.get_by_role("link", name="About").click()
    page.wait_for_url("**/about")
    held: list[Route] = []
    page.route("**/podcasts", lambda route: held.append(route))  # noqa: PLW0108 - a method takes no mark
    page.evaluate("history.back()")
    page.wait_for_url("**/podcasts")
    page.evaluate("history.forward()")
    page.wait_for_url("**/about")
    page.wait_for_timeout(200)
    assert held
    for route in held:
        route.continue_()
    page.wait_for_timeout(500)
    expect(page.locator("h1")).to_have_text("About this archive")
    expect(page.locator("#main")).not_to_have_attribute("aria-busy", "true")


def test_a_link_to_the_page_one_is_on_keeps_what_plays(page: Page, address: str) -> None:
    second = answered(page, address)
    for _ in range(2):
        page.get_by_role("link", name="Podcasts").click()
        page.wait_for_url("**/podcasts")
        assert plays(page, second) > second
    page.go_back()
    page.wait_for_url("**/search**")


def test_a_closed_player_marks_nothing_and_leaves_the_focus_on_the_page(page: Page, address: str) -> None:
    page.goto(f"{address}/episodes/{EPISODE}?t=300")
    page.get_by_role("button", name="Play from 5:00").click()
    plays(page, 300)
    page.locator(".transcript .now").wait_for()
    page.get_by_role("button", name="Close the player").click()
    page.wait_for_timeout(500)  # a pause is told to the page later
    expect(page.locator(".transcript .now")).to_have_count(0)
    assert page.evaluate("document.activeElement.id") == "main"
    assert player(page).evaluate("audio => audio.paused")


def test_to_press_play_again_goes_on_where_it_was_stopped(page: Page, address: str) -> None:
    page.goto(f"{address}/episodes/{EPISODE}")
    page.get_by_role("button", name="Play", exact=True).first.click()
    plays(page, 0)
    player(page).evaluate("audio => { audio.currentTime = 200; }")
    plays(page, 200)
    player(page).evaluate("audio => { audio.pause(); audio.currentTime = 203.5; }")
    page.wait_for_function("() => document.querySelector('#player audio').currentTime === 203.5")
    page.get_by_role("button", name="Play", exact=True).first.click()
    assert now(page) == pytest.approx(204, abs=0.5)


def test_a_quote_over_several_turns_says_who_says_what(page: Page, address: str) -> None:
    page.goto(f"{address}/episodes/{EPISODE}")
    first, last = page.locator(".turn").nth(2), page.locator(".turn").nth(4)
    page.evaluate(
        """([first, last]) => getSelection().setBaseAndExtent(
            first.querySelector('[data-start]').firstChild, 5, last, last.childNodes.length)""",
        arg=[first.element_handle(), last.locator(".said").element_handle()],
    )
    page.get_by_role("button", name="Copy quote").click()
    *said, source, link = str(page.evaluate("navigator.clipboard.readText()")).splitlines()
    assert len(said) == 3
    for line, turn in zip(said, (page.locator(".turn").nth(number) for number in (2, 3, 4)), strict=True):
        who, _, words = line.partition(": ")
        assert who == turn.locator("cite").inner_text()
        assert words.strip("“”") in " ".join(turn.locator(".said").inner_text().split())
    assert said[0].partition("“")[2] == " ".join(first.locator(".said").inner_text().split())[5:] + "”"
    assert source.startswith("— Found in the Feed: ")
    assert link.startswith(f"{address}/episodes/{EPISODE}?t=")


def test_a_button_that_is_pressed_twice_says_again_what_it_does(page: Page, address: str) -> None:
    page.goto(f"{address}/search?q={QUESTION}")
    button = page.locator("article.excerpt .copy").first
    button.dblclick()
    expect(button).to_have_text("Copied")
    expect(page.get_by_role("status").filter(has_text="Copied")).to_have_count(1)
    expect(button).to_have_text("Copy link", timeout=4000)


def test_a_passage_that_is_looked_up_is_not_scrolled_away_by_what_plays(page: Page, address: str) -> None:
    page.goto(f"{address}/episodes/{EPISODE}?t=300")
    page.get_by_role("button", name="Play from 5:00").click()
    plays(page, 300)
    page.get_by_role("searchbox").fill(QUESTION)
    page.keyboard.press("Enter")
    hit = page.locator(".hits li a").last
    hit.click()
    page.wait_for_url("**#marked")
    expect(page.locator("#marked")).to_be_in_viewport()
    player(page).evaluate("audio => { audio.currentTime = 30; }")
    plays(page, 30)
    page.wait_for_timeout(1000)
    expect(page.locator("#marked")).to_be_in_viewport()
    page.get_by_role("button", name="Follow").click()
    expect(page.locator(".transcript .now")).to_be_in_viewport()
    page.mouse.wheel(0, -400)
    page.get_by_role("button", name="Follow").wait_for()
    page.get_by_role("link", name="Podcasts").click()
    page.wait_for_url("**/podcasts")
    expect(page.get_by_role("button", name="Follow")).to_be_hidden()


def test_back_and_forward_come_to_where_the_page_was_read(page: Page, address: str) -> None:
    page.goto(f"{address}/podcasts")
    page.get_by_role("link", name="Episodes", exact=True).click()
    page.wait_for_url("**/episodes")
    page.get_by_role("link", name="lighthouse").click()
    page.wait_for_url("**/episodes/**")
    page.mouse.wheel(0, 1500)
    page.wait_for_function("() => history.state?.scroll > 1000")
    place = page.evaluate("scrollY")
    page.go_back()
    page.wait_for_url("**/episodes")
    expect(page.locator("h1")).to_have_text("Episodes")
    page.go_forward()
    page.wait_for_function("place => Math.abs(scrollY - place) < 5", arg=place)


def test_a_page_that_comes_without_a_reload_is_announced_by_its_title(page: Page, address: str) -> None:
    page.goto(f"{address}/podcasts")
    page.get_by_role("link", name="About").click()
    expect(page.get_by_role("status").filter(has_text="About · Playhead")).to_have_count(1)
    assert page.evaluate("document.activeElement.id") == "main"
    expect(page).to_have_title("About · Playhead")


def test_an_answer_and_a_turn_are_played_by_keys_alone(page: Page, address: str) -> None:
    page.goto(f"{address}/search?q={QUESTION}")
    second = int((page.locator("[data-audio]").first.get_attribute("data-audio") or "").rpartition("#t=")[2])
    page.evaluate("document.activeElement.blur()")
    page.keyboard.press("j")
    page.keyboard.press(" ")
    assert plays(page, second) == pytest.approx(second, abs=3)
    page.goto(f"{address}/episodes/{EPISODE}")
    for _ in range(3):
        page.keyboard.press("j")
    start = float(page.locator(".turn").nth(2).locator("[data-start]").first.get_attribute("data-start") or "nan")
    page.keyboard.press("Enter")
    assert plays(page, start) == pytest.approx(start, abs=3)


def test_a_second_that_is_changed_after_the_hash_is_gone_to(page: Page, address: str) -> None:
    page.goto(f"{address}/episodes/{EPISODE}#t=300")
    page.evaluate("location.hash = '#t=500'")
    said = page.locator(".transcript .cued")
    expect(said).to_be_in_viewport()
    assert 450 < float(said.get_attribute("data-start") or "nan") <= 500
    page.reload()
    expect(page.locator(".transcript .cued")).to_be_in_viewport()


def test_what_has_the_focus_is_not_hidden_by_the_player(browser: Browser, address: str) -> None:
    """WCAG 2.2, 2.4.11."""
    context = browser.new_context(viewport={"width": 390, "height": 600})
    page = context.new_page()
    answered(page, address)
    page.locator("#main").focus()
    for _ in range(40):
        page.keyboard.press("Tab")
        seen = page.evaluate(
            """() => { const box = document.activeElement.getBoundingClientRect();
            const shown = document.elementFromPoint(box.x + box.width / 2, box.y + box.height / 2);
            return document.activeElement.closest('#player, .top, body > button') || !shown?.closest('#player, .top')
            }"""
        )
        assert seen, page.evaluate("document.activeElement.outerHTML")
    context.close()


def test_at_four_times_the_size_there_is_still_room_to_read(browser: Browser, address: str) -> None:
    """WCAG 1.4.10: 1280 by 1024 at 400 %."""
    context = browser.new_context(viewport={"width": 320, "height": 256})
    page = context.new_page()
    answered(page, address)
    page.get_by_role("link", name="Read in context").first.click()
    page.wait_for_url("**#marked")
    assert page.evaluate("document.documentElement.scrollWidth") == 320
    covered = page.evaluate(
        """[...document.querySelectorAll('.top, .player')].filter(each => getComputedStyle(each).position === 'sticky')
        .reduce((sum, each) => sum + each.offsetHeight, 0)"""
    )
    assert covered < 128
    context.close()


def test_in_a_folder_of_a_site_pages_follow_each_other_and_what_plays_goes_on(page: Page, library: Library) -> None:
    with served(library, "/podcasts") as here:
        second = answered(page, here)
        page.evaluate("document.body.dataset.seen = 'yes'")
        page.get_by_role("link", name="Read in context").first.click()
        page.wait_for_url(f"{here}/episodes/**")
        assert plays(page, second) > second
        expect(page.get_by_role("button", name="Next chapter")).to_be_visible()
        page.locator("#player a").click()
        page.wait_for_url(f"{here}/episodes/{EPISODE}")
        assert page.evaluate("document.body.dataset.seen") == "yes"
