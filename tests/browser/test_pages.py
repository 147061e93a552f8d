"""The pages in a real Chromium: with a script and without, on a phone and on a desk, and quiet in the console."""

from __future__ import annotations

import re
import socket
import threading
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import urlencode, urlsplit

import pytest
import uvicorn
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, BrowserContext, Page, Request, expect, sync_playwright

from app.main import create_app
from app.pages import find_place
from playhead.links import landing
from playhead.settings import Settings
from tests.archive import EVERY, HOSTILE, SILENT, Recorded, demo_archive, fill
from tests.web import web

pytestmark = pytest.mark.browser

QUIET = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-background-networking",
    "--disable-component-update",
    "--no-first-run",
]
PAGES = (
    "/",
    "/search?q=slower",
    "/search?q=cuckoo",
    "/search?q=%3F",
    "/episodes/the-long-run/12?t=112",
    "/docs",
    "/search?q=lamp+went+dark",
    "/episodes/the-long-run/14",
    "/notes",
    "/podcasts",
    "/episodes",
    "/speakers",
    "/speaker?name=Ada+Moss",
    "/about",
    "/episodes/the-long-run/12?q=slower",
)
PHONE, TABLET, DESK = {"width": 360, "height": 740}, {"width": 768, "height": 1000}, {"width": 1280, "height": 900}


@contextmanager
def served(index: Path, recorded: Iterable[Recorded]) -> Iterator[str]:
    """Where the service over these episodes can be reached."""
    library = fill(index, recorded)
    with socket.create_server(("127.0.0.1", 0)) as listener:
        server = uvicorn.Server(uvicorn.Config(create_app(Settings(), library), log_level="warning"))
        serving = threading.Thread(target=server.run, kwargs={"sockets": [listener]})
        serving.start()
        # Connections wait in the listener's queue until the server takes them.
        yield f"http://127.0.0.1:{listener.getsockname()[1]}"
        server.should_exit = True
        serving.join(20)
    library.close()


@pytest.fixture(scope="module")
def address(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The service over the small archive, and a hostile episode."""
    with served(tmp_path_factory.mktemp("index"), [*EVERY, HOSTILE, SILENT]) as address:
        yield address


@pytest.fixture(scope="module")
def browser(chromium: str) -> Iterator[Browser]:
    with sync_playwright() as playwright:
        launched = playwright.chromium.launch(executable_path=chromium, args=QUIET)
        yield launched
        launched.close()


class Visit:
    """A page being looked at, and everything it did that it should not have."""

    def __init__(self, context: BrowserContext, address: str) -> None:
        self.address = address
        self.complaints: list[str] = []
        self.page: Page = context.new_page()
        self.page.on("console", lambda message: self.complaints.append(message.text))
        self.page.on("pageerror", lambda error: self.complaints.append(str(error)))
        self.page.on("dialog", lambda dialog: (self.complaints.append(dialog.message), dialog.dismiss()))
        self.page.on("request", self._note)

    def _note(self, request: Request) -> None:
        if urlsplit(request.url).netloc != urlsplit(self.address).netloc:
            self.complaints.append(f"asked {request.url}")

    def open(self, path: str) -> Page:
        self.page.goto(f"{self.address}{path}")
        return self.page


@pytest.fixture(params=["with a script", "without"])
def visit(request: pytest.FixtureRequest, browser: Browser, address: str) -> Iterator[Visit]:
    """A visit with JavaScript and one without: what a test says holds for both."""
    context = browser.new_context(viewport=DESK, java_script_enabled=request.param == "with a script")
    yield Visit(context, address)
    context.close()


@pytest.fixture
def scripted(browser: Browser, address: str) -> Iterator[Visit]:
    context = browser.new_context(viewport=DESK, permissions=["clipboard-read", "clipboard-write"])
    yield Visit(context, address)
    context.close()


def _is_in_view(page: Page, selector: str) -> bool:
    """Whether a part of ``selector`` is on the screen, below the bar at the top."""
    box = page.locator(selector).bounding_box()
    size = page.viewport_size
    assert box
    assert size
    return box["y"] + box["height"] > 60 and box["y"] < size["height"]


def test_a_question_typed_is_answered_and_the_answer_is_a_click_away(visit: Visit) -> None:
    page = visit.open("/")
    page.get_by_role("searchbox").fill("free-threaded build slower locks")
    page.get_by_role("searchbox").press("Enter")
    page.get_by_role("link", name="Grace Okoye").click()
    page.get_by_role("link", name="Read in context").first.click()
    page.wait_for_url("**/episodes/the-long-run/12?t=*&at=*#marked")
    assert page.locator(".turn.marked").get_attribute("id") == "turn-4"
    assert page.locator("mark").inner_text().startswith("The free-threaded build is slower")
    assert _is_in_view(page, "#marked")
    assert visit.complaints == []


@pytest.mark.parametrize("path", PAGES)
def test_a_page_is_quiet_and_asks_nobody_else(visit: Visit, path: str) -> None:
    page = visit.open(path)
    page.wait_for_load_state("networkidle")
    # A page for a question that cannot be asked says so by its status, which the console repeats.
    assert [each for each in visit.complaints if "status of 422" not in each] == []
    assert page.locator("h1").count() == 1


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_axe_finds_nothing_that_would_keep_somebody_out(browser: Browser, address: str, scheme: str) -> None:
    """The rules of axe-core: names, roles, contrast, order of headings."""
    context = browser.new_context(viewport=PHONE, color_scheme=scheme)  # type: ignore[arg-type]
    page = context.new_page()
    for path in PAGES:
        page.goto(f"{address}{path}")
        violations = Axe().run(page).response["violations"]
        assert [(path, each["id"], [node["html"] for node in each["nodes"]]) for each in violations] == []
    context.close()


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("size", [PHONE, TABLET, DESK], ids=lambda size: str(size["width"]))
def test_nothing_is_wider_than_the_screen(
    browser: Browser, address: str, size: dict[str, int], scheme: str, pictures: Path
) -> None:
    """On three widths in both colours; a picture of each is kept, to be looked at."""
    context = browser.new_context(viewport=size, color_scheme=scheme)  # type: ignore[arg-type]
    page = context.new_page()
    for path in PAGES:
        page.goto(f"{address}{path}")
        name = re.sub(r"\W+", "-", path).strip("-") or "start"
        page.screenshot(path=pictures / f"{name}-{size['width']}-{scheme}.png")
        assert page.evaluate("document.documentElement.scrollWidth") == size["width"], path
    context.close()


def test_a_card_in_somebody_else_s_page_keeps_nobody_out(scripted: Visit) -> None:
    page = scripted.open("/search?q=slower")
    page.get_by_role("button", name="Embed").first.click()
    code: str = page.evaluate("navigator.clipboard.readText()")
    with web() as elsewhere:
        page.goto(elsewhere.put("/a-blog", code, content_type="text/html"))
        assert "slower" in page.frame_locator("iframe").get_by_role("article").inner_text()
    page.goto(re.findall('src="([^"]+)"', code)[0])
    assert Axe().run(page).response["violations"] == []


def test_results_are_put_in_order_and_narrowed_down_and_back_leads_back(visit: Visit) -> None:
    page = visit.open("/search?q=slower&include=sponsor")
    page.get_by_role("link", name="Newest").click()
    page.wait_for_url("**sort=newest**")
    expect(page.get_by_role("link", name="Newest")).to_have_attribute("aria-current", "true")
    page.get_by_role("complementary", name="Narrow down").get_by_role("link", name="Ada Moss").click()
    page.wait_for_url("**speaker=Ada**")
    expect(page.get_by_role("link", name="Newest")).to_have_attribute("aria-current", "true")
    page.get_by_role("link", name="Without: Ada Moss").click()
    page.wait_for_url(lambda url: "speaker" not in url)
    page.go_back()
    page.wait_for_url("**speaker=Ada**")
    page.go_back()
    page.go_back()
    page.wait_for_url("**include=sponsor")
    expect(page.get_by_role("link", name="Best first")).to_have_attribute("aria-current", "true")


def test_a_printed_episode_is_its_words_and_nothing_to_press(scripted: Visit) -> None:
    page = scripted.open("/episodes/the-long-run/12")
    page.emulate_media(media="print")
    assert page.locator(".transcript .said").first.is_visible()
    for pressed in (".top", ".bottom", ".chapters", ".away", ".listen"):
        assert page.locator(pressed).first.is_hidden(), pressed


def test_a_second_in_the_address_is_scrolled_to(scripted: Visit) -> None:
    scripted.page.set_viewport_size({"width": 360, "height": 400})
    page = scripted.open("/episodes/the-long-run/12?t=171")
    page.wait_for_function("window.scrollY > 0")
    assert _is_in_view(page, "#turn-6")


def test_without_a_script_one_click_jumps_to_the_second(browser: Browser, address: str) -> None:
    context = browser.new_context(viewport={"width": 360, "height": 400}, java_script_enabled=False)
    page = context.new_page()
    page.goto(f"{address}/episodes/the-long-run/12?t=171")
    assert not _is_in_view(page, "#turn-6")
    page.get_by_role("link", name="Jump to 2:51").click()
    assert _is_in_view(page, "#turn-6")
    context.close()


def test_without_a_script_the_sentence_that_answers_is_marked_and_in_view(browser: Browser, tmp_path: Path) -> None:
    """In the demo archive, by a sentence whose second is another's too."""
    episode, transcript, segments = next(each for each in demo_archive() if each[0].id.endswith("slow-lane"))
    shared = [
        (number, each)
        for number, each in enumerate(transcript.sentences)
        if (place := find_place(transcript, landing(each.time))) and place.sentence != number
    ]
    # The longest is told from all others by its words.
    number, sentence = max(shared, key=lambda each: each[1].span[1] - each[1].span[0])
    said = transcript.said(sentence.span)
    context = browser.new_context(viewport=PHONE, java_script_enabled=False)
    with served(tmp_path, [(episode, transcript, segments)]) as address:
        page = context.new_page()
        page.goto(f"{address}/search?{urlencode({'q': said, 'mode': 'words'})}")
        page.get_by_role("link", name="Read in context").first.click()
        page.wait_for_url("**#marked")
        assert page.locator("mark").all_inner_texts() == [said]
        assert page.locator(f"#sentence-{number} mark").count() == 1
        assert _is_in_view(page, "mark")
    context.close()


def test_a_link_is_copied_whole(scripted: Visit) -> None:
    page = scripted.open("/search?q=locks+bill+answer&speaker=Grace+Okoye")
    button = page.get_by_role("button", name="Copy link").first
    button.click()
    page.get_by_role("button", name="Copied").wait_for()
    copied = page.evaluate("navigator.clipboard.readText()")
    assert copied.startswith(f"{scripted.address}/episodes/the-long-run/12?t=")


def test_slash_goes_to_the_field(scripted: Visit) -> None:
    page = scripted.open("/episodes/the-long-run/12")
    page.keyboard.press("/")
    page.keyboard.type("locks")
    assert page.get_by_role("searchbox").input_value() == "locks"


def test_the_player_opens_without_a_script(browser: Browser, address: str) -> None:
    context = browser.new_context(java_script_enabled=False)
    page = context.new_page()
    page.goto(f"{address}/search?q=locks+bill+answer&speaker=Grace+Okoye")
    page.get_by_text("Play from here").first.click()
    player = page.locator("audio").first
    assert player.is_visible()
    assert "12.mp3#t=" in (player.get_attribute("src") or "")
    context.close()


def test_hostile_words_stay_words(scripted: Visit) -> None:
    for path in ("/", "/search?q=cuckoo", "/episodes/the-long-run/hostile?t=1"):
        page = scripted.open(path)
        page.wait_for_load_state("networkidle")
        assert "<script>" in page.locator("main").inner_text()
    assert scripted.complaints == []


@pytest.mark.parametrize("path", ["/", "/search?q=slower", "/episodes/the-long-run/12"])
def test_everything_can_be_reached_by_keyboard_and_shows_it(scripted: Visit, path: str) -> None:
    page = scripted.open(path)
    page.evaluate("document.activeElement.blur()")
    for _ in range(6):
        page.keyboard.press("Tab")
        tag, outline = page.evaluate(
            "[document.activeElement.tagName, getComputedStyle(document.activeElement).outlineStyle]"
        )
        assert outline == "solid" or tag == "AUDIO"  # the browser draws its own around its own controls


NOTES = """* Why the free-threaded build is **slower**: every list and dictionary takes its own small lock
* [Reference counts](https://counts.example) biased towards the thread that made the object
* Growing tomatoes in winter <script>alert("heard")</script>
"""


def test_notes_are_linked_corrected_and_taken_away(visit: Visit) -> None:
    page = visit.open("/episodes/the-long-run/12")
    page.get_by_role("link", name="Link show notes").click()
    page.get_by_label("Notes, in Markdown").fill(NOTES)
    page.get_by_role("button", name="Link the notes").click()
    assert "](https://longrun.example/12.mp3#t=" in page.locator("#result").input_value()
    page.get_by_label("Time of: Growing tomatoes").fill("1:05")
    page.get_by_role("button", name="Apply and show").click()
    assert "* [1:05](https://longrun.example/12.mp3#t=64) Growing tomatoes" in page.locator("#result").input_value()
    page.get_by_label("Take away as").select_option("json-chapters")
    with page.expect_download() as download:
        page.get_by_role("button", name="Download").click()
    assert download.value.suggested_filename == "12.chapters.json"
    assert visit.complaints == []


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_linked_notes_keep_nobody_out_and_fit_a_phone(browser: Browser, address: str, scheme: str) -> None:
    context = browser.new_context(viewport=PHONE, color_scheme=scheme)  # type: ignore[arg-type]
    page = context.new_page()
    page.goto(f"{address}/notes?episode=the-long-run/12")
    page.get_by_label("Notes, in Markdown").fill(NOTES)
    page.get_by_role("button", name="Link the notes").click()
    page.wait_for_selector(".rows")
    violations = Axe().run(page).response["violations"]
    assert [(each["id"], [node["html"] for node in each["nodes"]]) for each in violations] == []
    assert page.evaluate("document.documentElement.scrollWidth") == PHONE["width"]
    context.close()


def test_the_result_is_copied(scripted: Visit) -> None:
    page = scripted.open("/notes?episode=the-long-run/12")
    page.get_by_label("Notes, in Markdown").fill(NOTES)
    page.get_by_role("button", name="Link the notes").click()
    page.get_by_role("button", name="Copy").click()
    assert page.evaluate("navigator.clipboard.readText()").strip() == page.locator("#result").input_value().strip()
    assert scripted.complaints == []
