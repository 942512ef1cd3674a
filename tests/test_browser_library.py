"""Documents dropped into the running page are read, searched and cited; what cannot be read is named, and a revision shows what changed."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from documents import FERRY, docx, pdf, word_paragraphs
from playwright.sync_api import Browser, FilePayload, Page, expect
from test_browser import STARTS_WITHIN, browser, served
from website import Site, article, item, rss

from rag.ui.escape import JOINER

pytestmark = pytest.mark.browser
__all__ = ["browser"]

TRAM = (
    "The tram depot of Orrest burned down on Sunday night, the fire chief said.",
    "Eleven trams were lost, and buses will run on three lines until the autumn.",
)

# The class of the button of ours that has the focus.
FOCUSED = "(() => { let at = document.activeElement; while (at?.shadowRoot) at = at.shadowRoot.activeElement; return at?.className })()"


@pytest.fixture
def page(browser: Browser, tmp_path: Path) -> Iterator[Page]:
    """The page of an empty library."""
    with served(tmp_path / "home") as address:
        page = browser.new_page(viewport={"width": 1440, "height": 900})
        page.goto(f"{address}/library")
        yield page
        page.close()


def drop(page: Page, *files: FilePayload) -> None:
    page.locator("input[type=file]").set_input_files(list(files))
    page.get_by_role("button", name=f"Add {len(files)} file").click()
    page.get_by_test_id("stAlertContentSuccess").wait_for(timeout=STARTS_WITHIN * 1000)


def ask(page: Page, question: str) -> None:
    page.get_by_role("link", name="Chat").first.click()
    box = page.get_by_test_id("stChatInputTextArea")
    box.fill(question)
    box.press("Enter")
    page.locator("[data-kind=answer] .chip").first.wait_for(timeout=STARTS_WITHIN * 1000)


def markdown(text: str) -> FilePayload:
    content = f"---\nid: port\ntitle: Port of Skell closed\nsource: Skell Post\n---\n{text}\n"
    return {"name": "port.md", "mimeType": "text/markdown", "buffer": content.encode()}


def test_documents_dropped_on_the_page_are_answered_from(page: Page) -> None:
    drop(
        page,
        {"name": "ferry.pdf", "mimeType": "application/pdf", "buffer": pdf([list(FERRY)], info="/Title (Ferry sails again)")},
        {"name": "tram.docx", "mimeType": "application/octet-stream", "buffer": docx(word_paragraphs("Tram depot burns", *TRAM))},
        {"name": "broken.pdf", "mimeType": "application/pdf", "buffer": b"%PDF-1.7\nnothing more"},
    )
    assert "2 added" in (page.get_by_test_id("stAlertContentSuccess").text_content() or "")
    left_out = page.get_by_test_id("stExpander").text_content() or ""
    assert "Left out: 1" in left_out
    assert "broken.pdf: a PDF that is broken" in left_out.replace(JOINER, "")
    ask(page, "How many trams were lost in Orrest?")
    assert "Eleven trams were lost" in (page.locator("[data-kind=answer]").text_content() or "")


def test_revised_upload_marks_what_an_earlier_answer_cited(page: Page) -> None:
    drop(page, markdown("A crane fell into the port of Skell on Monday. The port stays closed until Friday."))
    ask(page, "What fell into the port of Skell?")
    conversation = page.url
    page.get_by_role("link", name="Library").first.click()
    drop(page, markdown("A crane fell into the port of Skell on Monday. The port stays closed until Sunday."))
    page.goto(conversation)
    page.locator("[data-kind=answer] .chip").first.click(timeout=STARTS_WITHIN * 1000)
    revision = page.locator("details.revision")
    revision.locator("summary", has_text="Since revised").click()
    assert revision.locator("del").all_text_contents() == ["Friday"]
    assert revision.locator("ins").all_text_contents() == ["Sunday"]
    assert page.locator("mark.focus").text_content() == "A crane fell into the port of Skell on Monday."
    page.keyboard.press("Escape")
    page.get_by_role("link", name="Library").first.click()
    keep_by_keyboard(page)


def keep_by_keyboard(page: Page) -> None:
    """Find the revised article, read it, see what changed, take it out and put it back, without a mouse."""
    page.get_by_placeholder("Search title, outlet and text").fill("skell pos")
    page.get_by_text("1 article", exact=True).wait_for(timeout=STARTS_WITHIN * 1000)
    expect(page.locator("[data-kind=table] .title")).to_have_count(1, timeout=STARTS_WITHIN * 1000)  # drawn after the line above it
    tab_to(page, "title")
    page.keyboard.press("Enter")
    expect(page.locator("[data-kind=article] .body")).to_contain_text("closed until Sunday")
    close_drawer(page)
    page.wait_for_function(f"() => ({FOCUSED}) === 'title'")  # the drawer leads back to the row that opened it
    tab_to(page, "changed")
    page.keyboard.press("Enter")
    changes = page.locator("[data-kind=changes]")
    expect(changes).to_contain_text("The text was changed in 1 place: 1 word went, 1 word came")
    assert (changes.locator("del").all_text_contents(), changes.locator("ins").all_text_contents()) == (["Friday"], ["Sunday"])
    page.get_by_role("button", name="Remove…").press("Enter")
    page.get_by_text("No answer is found in it any more").wait_for()
    page.get_by_role("button", name="Take it out of search").press("Enter")
    page.get_by_text("Out of search: Port of Skell closed").wait_for(timeout=STARTS_WITHIN * 1000)
    expect(page.get_by_role("dialog")).to_have_count(0)
    page.get_by_role("button", name="Put it back").first.press("Enter")
    page.get_by_text("Back in search: Port of Skell closed").wait_for(timeout=STARTS_WITHIN * 1000)
    expect(page.locator("[data-kind=table] .title")).to_have_text("Port of Skell closed")


def close_drawer(page: Page) -> None:
    page.keyboard.press("Escape")
    expect(page.get_by_role("dialog")).to_have_count(0)


def tab_to(page: Page, name: str) -> None:
    """Press Tab, round the whole page at most: what is drawn once more on the way may let go of the focus."""
    for _ in range(90):
        page.keyboard.press("Tab")
        if page.evaluate(FOCUSED) == name:
            return
    pytest.fail(f"Tab never comes to {name!r}")


def test_address_of_a_feed_is_fetched_with_progress_and_answered_from(browser: Browser, tmp_path: Path) -> None:
    with Site() as site, served(tmp_path / "home", NEWSDESK_FETCH_PRIVATE="true", NEWSDESK_FETCH_PAUSE="0.5") as address:
        for number in range(6):
            site.put(
                f"/{number}",
                article(
                    f"Kiosk {number} opens in Skell",
                    f"Kiosk number {number} opened in the old harbour of Skell on Monday, the mayor said to {number + 40} guests.",
                ),
            )
        feed = site.put("/feed", rss(*(item(f"/{number}") for number in range(6)), item("/lost")))
        page = browser.new_page(viewport={"width": 1440, "height": 900})
        page.goto(f"{address}/library")
        box = page.get_by_label("Paste an address of a page, feed or sitemap")
        box.fill(feed)
        box.press("Enter")
        # The host is escaped, with marks that nobody sees.
        page.get_by_text(re.compile(r"Fetching\W*127")).wait_for(timeout=STARTS_WITHIN * 1000)
        page.get_by_test_id("stAlertContentSuccess").wait_for(timeout=STARTS_WITHIN * 1000)
        assert "6 added" in (page.get_by_test_id("stAlertContentSuccess").text_content() or "")
        left_out = (page.get_by_test_id("stExpander").text_content() or "").replace(JOINER, "")
        assert "/lost: it answers that it is not there (404)" in left_out
        expect(box).to_have_count(1)
        expect(box).to_have_value("")
        ask(page, "How many guests heard of kiosk number 3 in Skell?")
        page.close()
