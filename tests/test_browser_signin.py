"""Two people at one Newsdesk, each in a browser of their own: what one asks, the other does not see, and only an editor changes the library."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

import httpx
import pytest
from playwright.sync_api import Browser, Page, expect
from samples import THREE
from signing import CLIENT_SECRET, COOKIE, provider, variables
from test_browser import PORT, STARTS_WITHIN, browser, served
from test_browser_conversations import FELL, ask, choose

from rag.assistant import Assistant
from rag.settings import Settings
from rag.store.sync import sync

pytestmark = pytest.mark.browser
__all__ = ["browser"]


@pytest.fixture(scope="module")
def served_with(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[str, Callable[[], None]]]:
    """The address of the app, and what stops the provider."""
    root = tmp_path_factory.mktemp("people")
    for name, text in THREE.items():
        (root / name).write_text(text, encoding="utf-8")
    made = Assistant(Settings(home=root / "home"))
    sync(made.stores, [root / name for name in THREE])
    made.ask(FELL)
    with ExitStack() as running:
        where = running.enter_context(provider())
        with served(made.settings.home, **variables(where, f"http://localhost:{PORT}")) as address:
            yield address.replace("127.0.0.1", "localhost"), running.close


@pytest.fixture
def address(served_with: tuple[str, Callable[[], None]]) -> str:
    return served_with[0]


@contextmanager
def alone(browser: Browser) -> Iterator[Page]:
    """A page in a browser of its own."""
    context = browser.new_context(viewport={"width": 1400, "height": 900})
    yield context.new_page()
    context.close()


def sign_in(page: Page, id: str) -> None:
    page.get_by_role("button", name="Sign in").click(timeout=STARTS_WITHIN * 1000)
    page.get_by_role("button", name=id, exact=True).click()
    page.locator(".st-key-account button").wait_for(timeout=30_000)


def test_two_people_share_the_library_and_not_their_conversations(browser: Browser, address: str, tmp_path: Path) -> None:
    with alone(browser) as ann, alone(browser) as ben:
        ann.goto(address)
        expect(ann.get_by_role("button", name="Sign in")).to_be_visible(timeout=STARTS_WITHIN * 1000)
        expect(ann.get_by_test_id("stChatInputTextArea")).to_have_count(0)
        sign_in(ann, "ann-1")
        ask(ann, FELL, 1)
        ann.wait_for_url(re.compile(r"\?c=[0-9a-f]{32}$"))
        hers = ann.url
        id = hers[-32:]

        # Her export is made for her; where it then lies is no way in.
        choose(ann, id, "Share or export")
        expect(ann.get_by_text("You alone see the conversation")).to_be_visible()
        with ann.expect_download() as download:
            ann.get_by_role("dialog").get_by_role("button", name="Markdown").click()
        download.value.save_as(tmp_path / "talk.md")
        assert FELL in (tmp_path / "talk.md").read_text("utf-8").replace("\\", "")
        assert httpx.get(download.value.url).status_code == 403
        ann.get_by_role("dialog").get_by_role("button", name="Close").click()

        # The address leads through the sign-in, and shows nothing of hers to him.
        ben.goto(hers)
        sign_in(ben, "ben-2")
        expect(ben.get_by_text("Ask the articles.")).to_be_visible()
        expect(ben.locator("h2.question")).to_have_count(0)
        expect(ben.get_by_text("What you ask is kept here.")).to_be_visible()
        assert id not in ben.content()

        # He sees the library and changes nothing; she does.
        ben.goto(f"{address}/library")
        expect(ben.locator(".st-key-library-table").first).to_be_visible(timeout=30_000)
        expect(ben.get_by_test_id("stFileUploader")).to_have_count(0)
        expect(ben.get_by_role("button", name="Fetch")).to_have_count(0)
        ben.goto(f"{address}/evaluate")
        expect(ben.get_by_text("Editors run test prompts and write them.")).to_be_visible(timeout=30_000)
        ann.goto(f"{address}/library")
        expect(ann.get_by_test_id("stFileUploader")).to_be_visible(timeout=30_000)

        # Signed out, the address asks who is there; signed in again, one lands on it.
        ann.locator(".st-key-account button").click()
        ann.get_by_role("button", name="Sign out").click()
        ann.get_by_role("button", name="End session").click()
        expect(ann.get_by_role("button", name="Sign in")).to_be_visible(timeout=30_000)
        ann.goto(hers)
        expect(ann.get_by_role("button", name="Sign in")).to_be_visible(timeout=30_000)
        expect(ann.locator("h2.question")).to_have_count(0)
        sign_in(ann, "ann-1")
        expect(ann.locator("h2.question")).to_have_text([FELL], timeout=30_000)
        assert ann.url == hers

        # A cookie that somebody changed is none.
        cookies = {cookie["name"]: cookie for cookie in ben.context.cookies()}
        forged = cookies["_streamlit_user"] | {"value": cookies["_streamlit_user"]["value"][:-2] + "xx"}
        ben.context.add_cookies([forged])
        ben.goto(hers)
        expect(ben.get_by_role("button", name="Sign in")).to_be_visible(timeout=30_000)
        expect(ben.locator("h2.question")).to_have_count(0)


def test_nothing_else_answers_those_who_did_not_sign_in(
    browser: Browser, served_with: tuple[str, Callable[[], None]], capfd: pytest.CaptureFixture[str]
) -> None:
    address, stop_provider = served_with
    files = {"file": ("a.md", b"x", "text/markdown")}
    for path in ("/media/x.md", "/_stcore/metrics", "/_stcore/agent/openapi.json", "/_stcore/script-health-check"):
        assert httpx.get(address + path).status_code == 403, path
        assert httpx.get(address + path, headers={"Host": "localhost/b"}).status_code == 403, path
    assert httpx.put(f"{address}/_stcore/upload_file/a/b", files=files).text == "Sign in first."
    assert httpx.get(f"{address}/api/articles").status_code == 403
    assert httpx.get(f"{address}/api/health").status_code == 200
    with alone(browser) as ben:
        ben.goto(address)
        sign_in(ben, "ben-2")
        cookies = {cookie["name"]: cookie["value"] for cookie in ben.context.cookies()}
        # He may, and there is no such file.
        assert httpx.get(f"{address}/media/x.md", cookies=cookies).status_code == 404
    with alone(browser) as page:
        # Denied at the provider, one is told; a callback that nobody asked for signs nobody in.
        page.goto(address)
        page.get_by_role("button", name="Sign in").click()
        page.get_by_role("button", name="Deny").click()
        expect(page.get_by_text("Signing in did not work.")).to_be_visible(timeout=30_000)
        page.goto(f"{address}/oauth2callback?state=made-up&code=made-up")
        expect(page.get_by_text("Signing in did not work.")).to_be_visible(timeout=30_000)
        stop_provider()
        page.get_by_role("button", name="Sign in").click()
        expect(page.get_by_text("does not answer")).to_be_visible(timeout=30_000)
    said = "".join(capfd.readouterr())
    assert COOKIE not in said
    assert CLIENT_SECRET not in said
