"""Takes the pictures of docs/ in a real Chromium over the sample corpus: ``make pictures`` (a minute on two cores)."""

from __future__ import annotations

import argparse
import io
import os
import shutil
import tempfile
from pathlib import Path

from PIL import Image
from playwright.sync_api import Browser, Page, sync_playwright

from rag.assistant import Assistant
from rag.settings import CHECKOUT, Settings
from rag.store.sync import sync
from tests.test_browser import served

QUESTION = "where did the attackers try to flee?"
WIDE, PHONE, TOUR = {"width": 1440, "height": 860}, {"width": 390, "height": 844}, {"width": 1080, "height": 720}
PATIENCE = 120_000
# Milliseconds that a picture of the tour stands.
GLANCE, LOOK, READ = 250, 1200, 2800


def main() -> None:
    """Write the pictures to a folder."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("-o", "--out", type=Path, default=CHECKOUT / "docs" / "pictures")
    out = parser.parse_args().out
    out.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as folder:
        home = Path(folder) / "home"
        sync(Assistant(Settings(home=home)).stores, [CHECKOUT / "corpus" / "articles"])
        with served(home) as address, sync_playwright() as playwright:
            chromium = os.environ.get("NEWSDESK_CHROMIUM") or shutil.which("chromium")
            browser = playwright.chromium.launch(executable_path=chromium, args=["--no-sandbox"])
            for name, viewport, scheme in (("light", WIDE, "light"), ("dark", WIDE, "dark"), ("phone", PHONE, "light")):
                page = browser.new_page(viewport=viewport, color_scheme=scheme, device_scale_factor=2 if name == "phone" else 1)
                _ask(page, address)
                page.screenshot(path=out / f"answer-{name}.png")
                _open_chip(page)
                page.screenshot(path=out / f"article-{name}.png")
                page.close()
            page = browser.new_page(viewport=WIDE)
            page.goto(f"{address}/library")
            page.get_by_role("heading", name="Library").wait_for(timeout=PATIENCE)
            page.wait_for_timeout(1500)
            page.screenshot(path=out / "library.png")
            _tour(browser, address, out / "tour.webp")


def _front(page: Page, address: str) -> None:
    page.goto(address)
    page.locator(".st-key-suggestions button").nth(3).wait_for(timeout=PATIENCE)


def _ask(page: Page, address: str) -> None:
    _front(page, address)
    box = page.get_by_test_id("stChatInputTextArea")
    box.fill(QUESTION)
    box.press("Enter")
    page.locator(".st-key-follow-ups button").first.wait_for(timeout=PATIENCE)
    page.wait_for_timeout(1500)


def _open_chip(page: Page) -> None:
    page.locator("[data-kind=answer] .chip").first.click()
    page.locator("[role=dialog] mark").first.wait_for(timeout=PATIENCE)
    page.wait_for_timeout(800)


def _tour(browser: Browser, address: str, file: Path) -> None:
    """From the question to the words it rests on, and on to the next question."""
    page = browser.new_page(viewport=TOUR, color_scheme="light")
    shots: list[tuple[bytes, int]] = []

    def shoot(stays: int) -> None:
        shots.append((page.screenshot(), stays))

    _front(page, address)
    shoot(LOOK)
    box = page.get_by_test_id("stChatInputTextArea")
    for end in range(9, len(QUESTION), 9):
        box.fill(QUESTION[:end])
        shoot(GLANCE)
    box.fill(QUESTION)
    shoot(LOOK)
    box.press("Enter")
    page.get_by_text("Reading", exact=False).first.wait_for(timeout=PATIENCE)
    shoot(LOOK)
    page.locator("[data-kind=answer] .chip").first.wait_for(timeout=PATIENCE)
    page.wait_for_timeout(1000)
    shoot(READ)
    page.locator("[data-kind=answer] .chip").first.hover()
    page.wait_for_timeout(600)
    shoot(READ)
    _open_chip(page)
    shoot(READ)
    page.keyboard.press("Escape")
    page.locator("[role=dialog]").wait_for(state="hidden", timeout=PATIENCE)
    page.locator(".st-key-follow-ups button").first.scroll_into_view_if_needed(timeout=PATIENCE)
    page.wait_for_timeout(800)
    shoot(READ)
    page.locator(".st-key-follow-ups button").first.click()
    page.locator("[data-kind=answer] .chip").nth(3).wait_for(timeout=PATIENCE)
    page.wait_for_timeout(1500)
    shoot(READ)
    page.close()
    frames = [Image.open(io.BytesIO(shot)).convert("RGB") for shot, _ in shots]
    frames[0].save(file, save_all=True, append_images=frames[1:], duration=[stays for _, stays in shots], loop=0, quality=70, method=6)


if __name__ == "__main__":
    main()
