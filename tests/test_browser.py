"""What only a browser shows: the page is served, a citation chip opens the drawer, the marked words are in sight."""

from __future__ import annotations

import json
import os
import re
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, sync_playwright
from samples import keep

from rag.assistant import Assistant
from rag.records import Answer, Citation, Seconds, Sentence
from rag.settings import Settings
from rag.store.sync import sync
from rag.ui.escape import JOINER
from tests.wire import Reply, Server

pytestmark = pytest.mark.browser

CHECKOUT = Path(__file__).parent.parent
CHROMIUM = Path(os.environ.get("NEWSDESK_CHROMIUM", "/usr/bin/chromium"))
FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
STARTS_WITHIN = 120
# Stands in a variable for the port that the app is given.
PORT = "{port}"
HOSTILE = "Costs $5 or $6, :red[alarm] <b>bold</b> ![x](https://evil.example/x.png) [go](https://evil.example) :smile: -> www.evil.example *stars*"
CONVERSATION = "0" * 31 + "1"


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    if not CHROMIUM.exists():
        reason = f"no browser at {CHROMIUM}: install chromium or set NEWSDESK_CHROMIUM"
        if os.environ.get("NEWSDESK_REQUIRE_BROWSER") == "1":
            pytest.fail(reason)
        pytest.skip(reason)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
        yield browser
        browser.close()


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A library of the corpus, one hostile article, and a kept conversation that cites it."""
    folder = tmp_path_factory.mktemp("browser")
    line = {
        "id": "hostile",
        "title": HOSTILE,
        "source": HOSTILE,
        "url": "javascript:alert(1)",
        "text": f"Nothing to see here. {HOSTILE}. Nothing at all.",
    }
    (folder / "hostile.jsonl").write_text(json.dumps(line) + "\n", "utf-8")
    assistant = Assistant(Settings(home=folder / "home"))
    sync(assistant.stores, [CHECKOUT / "corpus" / "articles", folder / "hostile.jsonl"])
    article = assistant.article("hostile")
    start = article.text.index(HOSTILE)
    citation = Citation(
        1, article.article_id, article.version, article.title, article.source, None, article.url, start, start + len(HOSTILE), HOSTILE
    )
    sentence = Sentence(HOSTILE, "quoted", (1,))
    keep(
        assistant, CONVERSATION, Answer(HOSTILE, HOSTILE, "answered", HOSTILE, (sentence,), (citation,), (), Seconds(None, None, None, 0.1))
    )
    return folder / "home"


@contextmanager
def served(home: Path, **variables: str) -> Iterator[str]:
    """The page, served as a reader starts it."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    variables = {name: value.replace(PORT, str(port)) for name, value in variables.items()}
    command = [sys.executable, "-m", "rag.serve", "--port", str(port)]
    with subprocess.Popen(command, cwd=CHECKOUT, env=os.environ | {"NEWSDESK_HOME": str(home)} | variables) as server:
        try:
            _wait_for(f"http://127.0.0.1:{port}/_stcore/health", server)
            yield f"http://127.0.0.1:{port}"
        finally:
            server.terminate()
            server.wait(timeout=20)


@pytest.fixture(scope="module")
def address(home: Path) -> Iterator[str]:
    with served(home) as address:
        yield address


@pytest.fixture
def page(browser: Browser, address: str) -> Iterator[Page]:
    """A page that reports every request to another host and every error of its own."""
    page = browser.new_page(viewport={"width": 1440, "height": 860}, color_scheme="light")
    foreign: list[str] = []
    errors: list[str] = []
    page.on("request", lambda request: None if re.match(rf"({address}|data:|blob:)", request.url) else foreign.append(request.url))
    page.on("pageerror", lambda error: errors.append(str(error)))
    yield page
    page.close()
    assert foreign == []
    assert errors == []


def test_chip_opens_the_exact_words_in_the_article(page: Page, address: str) -> None:
    page.goto(address)
    # The suggestions have been answered before they are shown, so the models are loaded then.
    page.locator(".st-key-suggestions button").first.wait_for(timeout=STARTS_WITHIN * 1000)
    box = page.get_by_test_id("stChatInputTextArea")
    box.fill("where did the attackers try to flee?")
    box.press("Enter")
    chip = page.locator("[data-kind=answer] .chip").first
    chip.wait_for()
    quote = page.locator(".card .words").first.text_content()
    bold = page.locator("[data-kind=answer] .sentence strong").all_text_contents()
    assert bold
    assert all(words in " ".join(page.locator(".card .words").all_text_contents()) for words in bold)
    chip.hover()
    page.locator(".preview:popover-open").wait_for()
    assert page.locator(".preview:popover-open .preview-quote").text_content() == quote
    chip.click()
    mark = page.locator("mark.focus")
    mark.wait_for()
    page.wait_for_timeout(1000)
    assert mark.text_content() == quote
    assert _in_sight(page)


def test_hostile_article_shows_as_typed(page: Page, address: str) -> None:
    page.goto(f"{address}?c={CONVERSATION}")
    chip = page.locator("[data-kind=answer] .chip").first
    chip.wait_for(timeout=STARTS_WITHIN * 1000)
    assert page.locator("h2.question").text_content() == HOSTILE
    chip.click()
    page.locator("mark.focus").wait_for()
    drawer = page.get_by_role("dialog")
    outlet = drawer.get_by_text("Costs").first.text_content() or ""
    assert outlet.replace(JOINER, "") == HOSTILE
    assert drawer.locator("h2.headline").text_content() == HOSTILE
    assert page.locator("mark.focus").text_content() == HOSTILE
    assert drawer.locator("a, b, em, strong, img, .katex, script").count() == 0


def _in_sight(page: Page) -> bool:
    """Whether the marked words lie in the window, and on top where they lie."""
    script = """mark => {
        const box = mark.getBoundingClientRect();
        const top = mark.getRootNode().elementFromPoint(box.left + box.width / 2, box.top + Math.min(10, box.height / 2));
        return box.top >= 0 && box.bottom <= window.innerHeight && box.left >= 0 && box.right <= window.innerWidth
            && (top === mark || mark.getClientRects().length > 1);
    }"""
    return bool(page.locator("mark.focus").evaluate(script))


def _wait_for(url: str, server: subprocess.Popen[bytes]) -> None:
    deadline = time.monotonic() + STARTS_WITHIN
    while time.monotonic() < deadline:
        assert server.poll() is None, "the server ended"
        try:
            with urllib.request.urlopen(url, timeout=2):
                return
        except OSError:
            time.sleep(0.2)
    pytest.fail(f"{url} did not answer within {STARTS_WITHIN} s")


DETAINED = "How many people have been detained over the Crocus City Hall attack?"


def _writes(body: dict[str, Any]) -> Reply:
    """A chat model that writes a true sentence, one with a changed number and an invented one, slowly."""
    if "rewrite" in body["messages"][0]["content"]:
        return Reply(DETAINED)
    prompt = body["messages"][-1]["content"]
    id = next(m[1] for m in re.finditer(r"<passage (\w+)>(.*?)</passage>", prompt, re.S) if "Eleven people have been detained" in m[2])
    said = [
        "So far 11 people have been detained over the Crocus City Hall shooting",
        "So far 17 people have been detained over the shooting",
    ]
    said.append("The minister of tourism resigned in tears over the price of pineapples")
    # Slow enough that a page on busy cores is not behind by a whole answer when it is stopped.
    return Reply(" ".join(f"{sentence} [{id}]." for sentence in said), slow=0.25)


def test_written_answer_is_marked_stopped_and_kept(browser: Browser, home: Path) -> None:
    with Server("openai", _writes) as model:
        variables = {"NEWSDESK_MODEL": "openai:test", "NEWSDESK_MODEL_URL": model.url, "OPENAI_API_KEY": "k"}
        with served(home, **variables, NEWSDESK_CACHED_ANSWERS="0") as address:
            page = browser.new_page(viewport={"width": 400, "height": 800}, has_touch=True)
            errors: list[str] = []
            page.on("pageerror", lambda error: errors.append(str(error)))
            page.goto(address)
            field = page.get_by_placeholder("Ask the articles")
            field.fill(DETAINED)
            field.press("Enter")
            page.locator(".writing").first.wait_for(timeout=60_000)
            page.locator(".foot").wait_for(timeout=60_000)
            assert page.locator(".struck").count() == 1
            assert page.locator(".flag").all_inner_texts() == ["in part", "not supported"]
            page.locator(".flag").first.tap()
            assert "Not in the cited words: 17." in page.locator(".preview").filter(visible=True).inner_text()
            field.fill(DETAINED)
            field.press("Enter")
            page.locator(".prose").nth(1).locator(".chip").first.wait_for(timeout=60_000)
            page.get_by_role("button", name="Stop").click()
            page.get_by_text("Stopped before its end.").wait_for(timeout=20_000)
            page.reload()
            page.get_by_text("Stopped before its end.").wait_for(timeout=60_000)
            assert model.client_left.wait(10)
            page.get_by_role("button", name="Answer with quotes instead").last.click()
            page.locator(".prose", has_text="Eleven people have been detained so far").wait_for(timeout=30_000)
            assert len(model.requests) == 2 + 1  # the second question is also rewritten
            answers = page.locator(".prose").count()
            field.fill(DETAINED)
            field.press("Enter")
            page.locator(".prose").nth(answers).locator(".chip").first.wait_for(timeout=60_000)
            page.reload()  # the question goes on
            page.locator(".foot").nth(answers).wait_for(timeout=60_000)
            assert page.locator(".struck").count() == 2
            assert page.locator("h2.question").all_inner_texts()[-2:] == [DETAINED, DETAINED]
            assert errors == []
            page.close()
