"""A conversation in the running page: asked, reloaded, found, named, asked otherwise, copied, judged, exported and deleted."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect
from samples import THREE
from test_browser import STARTS_WITHIN, browser, served

from rag.assistant import Assistant
from rag.conversation import Feedback
from rag.export import to_html
from rag.settings import Settings
from rag.store.sync import sync

pytestmark = pytest.mark.browser
__all__ = ["browser"]

FELL = "What fell into the harbour of Skell?"
SHIPS = "How many ships were waiting in the harbour of Skell?"


@pytest.fixture(scope="module")
def desk(tmp_path_factory: pytest.TempPathFactory) -> Assistant:
    root = tmp_path_factory.mktemp("desk")
    for name, text in THREE.items():
        (root / name).write_text(text, encoding="utf-8")
    made = Assistant(Settings(home=root / "home"))
    sync(made.stores, [root / name for name in THREE])
    # The reader is converted at its first use, which is not to be waited for in the page.
    made.ask(FELL)
    return made


@pytest.fixture
def page(browser: Browser, desk: Assistant) -> Iterator[Page]:
    with served(desk.settings.home) as address:
        context = browser.new_context(viewport={"width": 1400, "height": 900}, permissions=["clipboard-read", "clipboard-write"])
        page = context.new_page()
        errors: list[str] = []
        page.on("pageerror", lambda error: errors.append(str(error)))
        page.goto(address)
        page.locator(".st-key-suggestions button").first.wait_for(timeout=STARTS_WITHIN * 1000)
        yield page
        context.close()
        assert errors == []


def ask(page: Page, question: str, number: int) -> None:
    box = page.get_by_test_id("stChatInputTextArea")
    box.fill(question)
    box.press("Enter")
    expect(page.locator("[data-kind=answer]")).to_have_count(number, timeout=30_000)


def choose(page: Page, id: str, what: str) -> None:
    page.locator(f".st-key-menu-{id} button").click()
    page.get_by_role("menuitem", name=what).click()


def test_conversation_lives_beside_the_page(page: Page, desk: Assistant, tmp_path: Path) -> None:
    ask(page, FELL, 1)
    ask(page, SHIPS, 2)
    expect(page.locator("h2.question")).to_have_text([FELL, SHIPS])
    id = re.fullmatch(r".*\?c=([0-9a-f]{32})", page.url)[1]
    answers = page.locator("[data-kind=answer] .prose").all_inner_texts()

    page.reload()
    expect(page.locator("h2.question")).to_have_text([FELL, SHIPS], timeout=30_000)
    assert page.locator("[data-kind=answer] .prose").all_inner_texts() == answers

    page.locator(".st-key-new-conversation button").click()
    expect(page.locator("h2.question")).to_have_count(0)
    field = page.get_by_placeholder("Search conversations")
    field.press_sequentially("nowhere")
    expect(page.get_by_text("Nothing found.")).to_be_visible()
    field.fill("cran")
    page.locator(f".st-key-open-{id} button").click()
    expect(page.locator("h2.question")).to_have_text([FELL, SHIPS])
    field.fill("")

    choose(page, id, "Rename")
    dialog = page.get_by_role("dialog")
    dialog.get_by_label("Name").fill("The <b>crane</b>")
    dialog.get_by_role("button", name="Save").click()
    expect(dialog).to_have_count(0)
    assert desk.conversations.opened(id).title == "The <b>crane</b>"
    assert (page.locator(f".st-key-open-{id}").inner_text()).replace("\u2060", "") == "The <b>crane</b>"

    page.locator(".edit").first.click()
    box = page.get_by_label("Ask this instead: the 1 question after it goes too")
    expect(box).to_have_value(FELL)
    box.fill("Who bought 30 instruments?")
    page.get_by_role("button", name="Ask", exact=True).click()
    expect(page.locator("h2.question")).to_have_text(["Who bought 30 instruments?"], timeout=30_000)
    expect(page.locator("[data-kind=answer] .prose")).to_contain_text("Tomas Egeland")
    (turn,) = desk.conversations.opened(id).turns

    page.get_by_role("button", name="Copy with sources").click()
    expect(page.get_by_role("button", name="Copied")).to_be_visible()
    copied = page.evaluate("navigator.clipboard.readText()")
    assert "[1]" in copied
    assert f"“{turn.answer.citations[0].quote}”" in copied

    page.get_by_role("radio", name="Thumbs down").click()
    page.get_by_text("The evidence is wrong").click()
    page.get_by_role("button", name="Make a test prompt of it").click()
    page.get_by_text("Kept in prompts").wait_for()
    assert desk.conversations.opened(id).turns[0].feedback == Feedback("evidence wrong")
    assert "not-cites" in desk.settings.prompts_file.read_text("utf-8")

    choose(page, id, "Share or export")
    dialog.get_by_role("button", name="Copy link").click()
    expect(dialog.get_by_role("button", name="Copied")).to_be_visible()
    assert page.evaluate("navigator.clipboard.readText()") == page.url
    with page.expect_download() as download:
        dialog.get_by_role("button", name="Web page").click()
    download.value.save_as(tmp_path / "talk.html")
    assert download.value.suggested_filename == f"newsdesk-{id[:8]}.html"
    assert (tmp_path / "talk.html").read_text("utf-8") == to_html(desk.conversations.opened(id))
    dialog.get_by_role("button", name="Close").click()
    expect(dialog).to_have_count(0)

    choose(page, id, "Delete")
    page.get_by_role("dialog").get_by_role("button", name="Delete").click()
    expect(page.locator("h2.question")).to_have_count(0)
    expect(page.locator(f".st-key-open-{id}")).to_have_count(0)
    assert id not in page.url
    assert desk.conversations.listed() == []


def test_everything_is_within_reach_of_a_thumb(browser: Browser, desk: Assistant) -> None:
    with served(desk.settings.home) as address:
        context = browser.new_context(viewport={"width": 390, "height": 844}, has_touch=True, is_mobile=True, device_scale_factor=2)
        page = context.new_page()
        page.goto(address)
        page.locator(".st-key-suggestions button").first.tap(timeout=STARTS_WITHIN * 1000)
        answer = page.locator("[data-kind=answer]")
        expect(answer).to_have_count(1, timeout=30_000)
        answer.locator(".chip").first.tap()
        expect(page.locator("mark.focus")).to_be_in_viewport()
        assert page.get_by_role("dialog").bounding_box()["width"] > 0.9 * 390
        page.get_by_role("button", name="Close").tap()
        expect(page.get_by_role("dialog")).to_have_count(0)
        ask(page, SHIPS, 2)
        page.locator(".st-key-new-chat button").tap()
        expect(answer).to_have_count(0)
        page.get_by_test_id("stExpandSidebarButton").tap()
        page.locator("[class*=st-key-talk-] button").first.tap()
        expect(answer).to_have_count(2, timeout=30_000)
        # Nothing is wider than the screen.
        assert page.evaluate("() => document.documentElement.scrollWidth") <= 390
        context.close()
