"""Takes the pictures of the README from the demo archive while `make demo` is serving it: python docs/images/shoot.py

Needs Chromium on the PATH; `pngquant`, where there is one, makes the files a third as large.
"""

import shutil
import subprocess
import sys
from pathlib import Path

from playwright.sync_api import Page, sync_playwright

HERE = Path(__file__).parent
EPISODE = "/episodes/bytecode-at-breakfast/one-thread-in-the-slow-lane?t=9:55"
HEARD = "/episodes/found-in-the-feed/the-lighthouse-is-in-episode-eighty-four?t=2:40#marked"
PICTURES = {"search": "/search?q=why+is+free-threaded+slower", "episode": EPISODE, "player": HEARD}


def shoot(address: str) -> None:
    """Write one picture a page, 1280 by 900, in light colours."""
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=shutil.which("chromium"), args=["--no-sandbox", "--mute-audio"]
        )
        page = browser.new_page(viewport={"width": 1280, "height": 900}, color_scheme="light")
        for name, path in PICTURES.items():
            page.goto(address + path)
            page.wait_for_load_state("networkidle")
            if path is HEARD:
                listen(page)
            page.screenshot(path=HERE / f"{name}.png", animations="disabled")
        browser.close()
    if shutil.which("pngquant"):
        pictures = [HERE / f"{name}.png" for name in PICTURES]
        subprocess.run(["pngquant", "--force", "--ext", ".png", "--strip", *pictures], check=True)  # noqa: S603, S607


def listen(page: Page) -> None:
    """Play an episode from the second in its address until the page has marked what is said."""
    page.get_by_role("button", name="Play from").click()
    page.locator(".transcript .now").wait_for()
    page.wait_for_timeout(6000)  # seconds heard: the sentence of the picture has begun, and the page has come to rest


if __name__ == "__main__":
    shoot(sys.argv[1] if len(sys.argv) > 1 else "http://127.0.0.1:8000")
