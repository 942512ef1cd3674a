"""Hostile articles, names, questions and answers in the running page: nothing of them runs, nothing asks for anything, and the page goes on answering."""

from __future__ import annotations

import json
import re
import time
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import pytest
from hostile import PAYLOADS, RAN, Listener, articles, lines, listening, payload, payloads
from markdown_it import MarkdownIt
from playwright.sync_api import Browser, BrowserContext, Locator, Page, expect
from samples import keep
from test_browser import STARTS_WITHIN, browser, served

from rag.assistant import Assistant
from rag.evaluate.datasets import read_suite
from rag.evaluate.report import write_report
from rag.evaluate.runner import Options, make_report, run_suite
from rag.export import to_html, to_markdown
from rag.records import Account, Answer, Carrier, Chunk, Citation, Note, Origin, Passage, Ranks, Seconds, Sentence, Side, Span, TimeAsked
from rag.settings import Settings
from rag.store.sync import sync
from rag.text.legible import legible
from rag.ui.escape import JOINER
from tests.wire import Reply, Server

pytestmark = pytest.mark.browser
__all__ = ["browser"]

SKELL = "How many ships were waiting in the harbour of Skell?"
PLAIN = {
    "id": "plain",
    "title": "Crane",
    "text": "A crane fell into the harbour of Skell. 14 ships were waiting in the harbour of Skell on Monday.",
}
CONVERSATION, LONG = "a" * 32, "b" * 32
# What a text could have become; the preview and the previewed are ours.
LIVE = "a, img, script, iframe, form, svg, style, input, video, object, embed, .katex"
# What stands beside each chip and each mark when a pointer comes over it, and how much of it is live.
PREVIEWS = """(first, live) => {
    const root = first.getRootNode(), texts = [];
    let found = 0;
    for (const node of root.querySelectorAll(".sentence .chip, .sentence .flag")) {
        node.dispatchEvent(new MouseEvent("mouseenter"));
        texts.push(root.querySelector(".preview").textContent);
        found += root.querySelector(".preview").querySelectorAll(live).length;
    }
    return { texts, live: found };
}"""


@dataclass
class Watched:
    """A browser context in which nothing foreign may happen, and what happened."""

    context: BrowserContext
    own: str
    foreign: list[str] = field(default_factory=list)
    dialogs: list[str] = field(default_factory=list)
    errors: list[str] = field(default_factory=list)

    def page(self) -> Page:
        """A new page that is watched."""
        page = self.context.new_page()
        page.on("dialog", lambda dialog: (self.dialogs.append(dialog.message), dialog.dismiss()))
        page.on("pageerror", lambda error: self.errors.append(str(error)))
        page.on("console", lambda said: self.errors.append(said.text) if said.type == "error" else None)
        return page

    def check(self, page: Page, listener: Listener) -> None:
        """Nothing ran, nothing asked, nothing was refused by the second wall that should not have come so far."""
        assert page.evaluate("window.__ran") is None
        assert (listener.seen, self.foreign, self.dialogs, self.errors) == ([], [], [], [])


def watched(browser: Browser, own: str, **options: Any) -> Watched:
    made = Watched(browser.new_context(viewport={"width": 1440, "height": 900}, **options), own)
    made.context.on(
        "request", lambda request: None if request.url.startswith((own, "data:", "blob:")) else made.foreign.append(request.url)
    )
    return made


@dataclass(frozen=True)
class Desk:
    """A library of hostile articles with all that was kept of them, served with a chat model that writes what they write."""

    assistant: Assistant
    listener: Listener
    address: str
    folder: Path


@pytest.fixture(scope="module")
def listener() -> Iterator[Listener]:
    with listening() as made:
        yield made


@pytest.fixture(scope="module")
def desk(tmp_path_factory: pytest.TempPathFactory, listener: Listener) -> Iterator[Desk]:
    root = tmp_path_factory.mktemp("hostile")
    (root / "articles.jsonl").write_text(lines(listener) + json.dumps(PLAIN) + "\n", "utf-8")
    assistant = Assistant(Settings(home=root / "home"))
    sync(assistant.stores, [root / "articles.jsonl"])
    for number, name in enumerate(PAYLOADS):
        keep(assistant, f"{number:032x}", _refusal(payload(name, listener, "conversation")))
    keep(assistant, CONVERSATION, everything(assistant, listener))
    _evaluated(assistant, listener, root)
    keep(assistant, LONG, long(assistant))
    with Server("openai", lambda body: Reply(_written(body, listener))) as model:
        variables = {"NEWSDESK_MODEL": "openai:test", "NEWSDESK_MODEL_URL": model.url, "OPENAI_API_KEY": "k"}
        with served(root / "home", **variables) as address:
            yield Desk(assistant, listener, address, root)


def long(assistant: Assistant) -> Answer:
    """An answer that quotes a line of a million letters of a script that browsers set slowly, as a release that bounded nothing kept it."""
    text = ("\u0645\u0631\u062d\u0628\u0627 " * 200_000)[:1_000_000]
    path = assistant.settings.home.parent / "long.jsonl"
    path.write_text(json.dumps({"id": "long", "title": "Long " * 20_000, "text": text}) + "\n", "utf-8")
    sync(replace(assistant.stores, chunker=lambda text, **_: [Chunk(0, 100, (Span(0, 100),))]), [path])
    held = assistant.article("long")
    citation = Citation(1, "long", held.version, held.title, None, None, None, 0, 2000, text[:2000])
    return replace(_refusal("What is long?"), status="answered", sentences=(Sentence("Long.", "quoted", (1,)),), citations=(citation,))


def _refusal(question: str) -> Answer:
    return Answer(question, question, "abstained", "The articles do not say.", (), (), (), Seconds(None, None, None, 0.1))


def _written(body: dict[str, Any], listener: Listener) -> str:
    """Payloads as sentences, each with a citation of a passage that is there and of one that is not."""
    id = re.search(r"<passage (\w+)>", body["messages"][-1]["content"])
    names = ("script", "image", "md-image", "md-script", "math", "directive")
    return " ".join(f"The bridge cost {payload(name, listener, 'written')} [{id[1] if id else 1}] [p99]." for name in names)


def everything(assistant: Assistant, listener: Listener) -> Answer:
    """An answer in which every text that can be is hostile."""
    verdicts = ("quoted", "supported", "partly", "misattributed", "unsupported")
    citations, passages, sentences = [], [], []
    for number, given in enumerate(articles(listener), start=1):
        held = assistant.article(given["id"])
        name = given["id"].removeprefix("hostile-")
        quote = held.text.partition("\n")[0]
        where = (held.article_id, held.version)
        origin, carrier = Origin(*where, held.source, 0, len(quote)), Carrier("plain", "", held.source, held.published)
        note = Note(0, 3, payload(name, listener, "note"), "2025-03-01", "2025-03-01")
        citations.append(
            Citation(
                number, *where, held.title, held.source, held.published, held.url, 0, len(quote), quote, (origin,), Span(4, len(quote) - 1),
                notes=(note,), carried_by=(carrier,), author=held.author,
            )
        )  # fmt: skip
        ranks = Ranks(1, None, number)
        passages.append(
            Passage(
                f"c{number}", *where, 0, len(held.text), held.text, (Span(0, len(quote)),), 0.4, 1.0, None, held.title, held.source,
                held.published, held.url, None, (carrier,), ranks,
            )
        )  # fmt: skip
        text = quote if number % 2 else payload(name, listener, "sentence")
        sentences.append(Sentence(text, verdicts[number % 5], (number,), payload(name, listener, "reason")))
    every = payloads(listener, "account")
    sides = tuple(Side(payload(name, listener, "value"), payload(name, listener, "speaker"), n) for n, name in enumerate(PAYLOADS, start=1))
    return Answer(
        payloads(listener, "question"),
        payloads(listener, "searched"),
        "answered",
        " ".join(sentence.text for sentence in sentences),
        tuple(sentences),
        tuple(citations),
        tuple(passages),
        Seconds(0.1, 0.1, 0.1, 0.3),
        accounts=(Account(every, "conflict", sides),),
        model=payloads(listener, "model"),
        notice=payloads(listener, "notice"),
        time=TimeAsked(payloads(listener, "time"), "published", "2025-03-01", "2025-03-31"),
        confidence=0.4,
    )


def _evaluated(assistant: Assistant, listener: Listener, root: Path) -> None:
    """Test prompts that fail, with hostile words in all that a prompt can hold, and a run of them."""
    tests = [
        {
            "description": payload(name, listener, "description"),
            "question": f"How much did the bridge of {name} cost? {payload(name, listener, 'prompt')}",
            "assert": [{"type": "contains", "value": payload(name, listener, "expected")}],
        }
        for name in ("md-image", "math")
    ]
    assistant.settings.prompts_file.write_text(json.dumps({"description": payloads(listener, "suite"), "tests": tests}), "utf-8")
    run = run_suite(read_suite(assistant.settings.prompts_file), assistant.settings, Options(), embedder=assistant.embedder).run
    write_report(root / "report.html", make_report(run))


def ask(page: Page, question: str, number: int) -> None:
    box = page.get_by_test_id("stChatInputTextArea")
    box.fill(question)
    box.press("Enter")
    expect(page.locator("[data-kind=answer]")).to_have_count(number, timeout=STARTS_WITHIN * 1000)


def test_listener_hears_a_page_that_is_not_walled(browser: Browser) -> None:
    """The control: the same browser, watched in the same way, asks for a planted picture and runs a planted script."""
    with listening() as heard:
        watch = watched(browser, "about:")
        page = watch.page()
        page.set_content(f"<p>{payload('image', heard, 'control')}</p><script>alert(1);window.__ran=1;console.error('x')</script>")
        page.wait_for_function("document.images[0].complete")
        assert heard.seen == ["/control/image"]
        assert watch.foreign == [heard.at("control/image")]
        assert (watch.dialogs, watch.errors, page.evaluate("window.__ran")) == (["1"], ["x"], 1)
        watch.context.close()


def test_kept_answer_shows_as_typed_and_the_page_goes_on(browser: Browser, desk: Desk) -> None:
    """Question, sentences, chips and their cards, marks, accounts, cards, "why", sidebar, drawer, filters, suggestions; then another question."""
    watch = watched(browser, desk.address)
    page = watch.page()
    page.goto(f"{desk.address}?c={CONVERSATION}")
    page.locator("[data-kind=answer] .chip").first.wait_for(timeout=STARTS_WITHIN * 1000)
    assert page.title() == "Newsdesk"
    assert page.locator("h2.question").text_content() == legible(payloads(desk.listener, "question"))
    answer = page.locator("[data-kind=answer]")
    assert answer.locator(LIVE).count() == 0
    for summary in answer.locator("summary").all():
        summary.dispatch_event("click")
    previewed = answer.locator(".sentence").first.evaluate(PREVIEWS, LIVE)
    assert len(previewed["texts"]) > 40
    assert any("<iframe src=" in text for text in previewed["texts"])
    assert previewed["live"] == 0
    # What an article says from the right turns nothing around that stands behind it.
    behind = page.locator(".sentence", has_text="bridge of marks").first
    assert behind.evaluate("node => getComputedStyle(node).unicodeBidi") in ("isolate", "plaintext")
    rows = page.locator("[class*=st-key-open-]")
    assert rows.count() == 30
    assert rows.locator("a, img, script, iframe, form, style, input, video, .katex").count() == 0
    assert shown(rows.filter(has_text="iframe").first).startswith("<iframe src=")
    for name in ("md-link", "marks"):
        open_drawer(page, name, desk)
    filters(page)
    watch.check(page, desk.listener)
    page.locator(".st-key-new-conversation button").click()
    page.locator(".st-key-suggestions button").first.wait_for(timeout=STARTS_WITHIN * 1000)
    assert page.locator(".st-key-suggestions").locator("a, img, script, iframe, form, style, input, video, .katex").count() == 0
    ask(page, SKELL, 1)
    watch.check(page, desk.listener)
    watch.context.close()


def open_drawer(page: Page, name: str, desk: Desk) -> None:
    number = list(PAYLOADS).index(name) + 1
    page.locator("[data-kind=answer] .card .quote").nth(number - 1).dispatch_event("click")
    drawer = page.get_by_role("dialog")
    mark = drawer.locator("mark.focus")
    mark.wait_for()
    held = desk.assistant.article(f"hostile-{name}")
    assert drawer.locator("h2.headline").text_content() == legible(held.title)
    assert (mark.text_content() or "") == legible(held.text.partition("\n")[0])
    assert held.source
    expect(drawer.get_by_text(held.source[:20]).first).to_be_visible()
    assert all(link.get_attribute("href").startswith(desk.listener.at("url")) for link in drawer.locator("a").all())
    assert drawer.locator("img, script, iframe, form, input, video, .katex").count() == 0
    drawer.get_by_role("button", name="Close").click()
    expect(drawer).to_have_count(0)


def filters(page: Page) -> None:
    """An outlet with a hostile name is chosen, and shown as a chip."""
    page.get_by_role("button", name="Filters").click()
    page.get_by_test_id("stMultiSelect").locator("input").click()
    option = page.get_by_role("option").filter(has_text="![x](http").first
    option.wait_for()
    option.click()
    page.keyboard.press("Escape")
    page.keyboard.press("Escape")
    chip = page.locator(".st-key-scope button").first
    chip.wait_for()
    assert shown(chip).startswith("![x](http://")
    page.get_by_role("button", name="Clear all").click()


def shown(place: Locator) -> str:
    return (place.text_content() or "").replace(JOINER, "")


def test_what_a_hostile_chat_model_writes_is_text(browser: Browser, desk: Desk) -> None:
    """It writes markup, and citations of passages that are not there; quotes instead follow."""
    watch = watched(browser, desk.address)
    page = watch.page()
    page.goto(desk.address)
    ask(page, f"How much did the bridge of image cost? {payload('image', desk.listener, 'asked')}", 1)
    answer = page.locator("[data-kind=answer]")
    assert "<img src=" in (answer.first.text_content() or "")
    assert answer.locator(LIVE).count() == 0
    watch.check(page, desk.listener)
    page.get_by_role("button", name="Answer with quotes instead").last.click()
    expect(answer).to_have_count(2, timeout=STARTS_WITHIN * 1000)
    watch.check(page, desk.listener)
    watch.context.close()


def test_hostile_files_addresses_and_prompts_are_named_as_text(browser: Browser, desk: Desk) -> None:
    """The library with its table, what was left out and a wrong address; test prompts and their results; then the page of the API."""
    watch = watched(browser, desk.address)
    page = watch.page()
    page.goto(desk.address)
    page.get_by_role("link", name="Library").first.click()
    page.locator(".st-key-library-table").wait_for(timeout=STARTS_WITHIN * 1000)
    # A file name has no slash, so the address in it has none either.
    name = f"![x](data:image) <img src=x onerror={RAN.format(name='file')}> :red[a] $x$.pdf"
    page.locator("input[type=file]").set_input_files([{"name": name, "mimeType": "application/pdf", "buffer": b"%PDF-1.7\nno more"}])
    page.get_by_role("button", name="Add 1 file").click()
    left_out = page.get_by_test_id("stExpander").filter(has_text="Left out")
    left_out.wait_for(timeout=STARTS_WITHIN * 1000)
    assert "<img src=x" in shown(left_out)
    assert left_out.locator("img, script, .katex").count() == 0
    box = page.get_by_label("Paste an address of a page, feed or sitemap")
    expect(box).to_have_count(1)
    box.fill(payload("md-image", desk.listener, "address"))
    box.press("Enter")
    error = page.get_by_test_id("stAlertContentError")
    error.wait_for(timeout=STARTS_WITHIN * 1000)
    assert error.locator("a, img, script").count() == 0
    page.get_by_role("link", name="Chat").first.click()
    page.get_by_role("link", name="Evaluate").first.click()
    page.get_by_text("Failing (").wait_for(timeout=STARTS_WITHIN * 1000)
    page.locator("[class*=st-key-failing-] summary").first.click()
    page.get_by_text("broken ·").first.wait_for(timeout=STARTS_WITHIN * 1000)
    assert page.locator("[class*=st-key-failing-]").locator("a, img, script, iframe, .katex").count() == 0
    watch.check(page, desk.listener)
    page.goto(f"{desk.address}/api/docs")
    assert page.get_by_role("heading").count() > 5
    watch.check(page, desk.listener)
    watch.context.close()


def test_written_conversations_and_reports_run_nothing_from_a_file(browser: Browser, desk: Desk) -> None:
    """As HTML, as Markdown made HTML by a reader that lets HTML in, and the report of a run, each opened from the disk."""
    conversation = desk.assistant.conversations.opened(CONVERSATION)
    rendered = MarkdownIt("commonmark", {"html": True}).enable(["table", "strikethrough"]).render(to_markdown(conversation))
    (desk.folder / "talk.html").write_text(to_html(conversation), "utf-8")
    (desk.folder / "markdown.html").write_text(f"<!DOCTYPE html><meta charset=utf-8>{rendered}", "utf-8")
    for name in ("talk.html", "markdown.html", "report.html"):
        watch = watched(browser, "file:")
        page = watch.page()
        page.goto((desk.folder / name).as_uri())
        assert "bridge of image" in (page.locator("body").text_content() or "")
        assert page.locator("img, script, iframe, form, input, video, object, embed").count() == 0
        watch.check(page, desk.listener)
        watch.context.close()


def test_line_of_a_million_characters_leaves_the_page_usable(browser: Browser, desk: Desk) -> None:
    """Seconds on two busy cores; before it was bounded the drawer alone took Chromium more than a minute with 200,000 Arabic letters."""
    watch = watched(browser, desk.address)
    page = watch.page()
    page.goto(f"{desk.address}?c={LONG}")
    quote = page.locator("[data-kind=answer] .card .quote").first
    quote.wait_for(timeout=STARTS_WITHIN * 1000)
    began = time.monotonic()
    quote.click()
    page.locator("mark.focus").wait_for()
    page.get_by_text("Shown are the characters 1 to 100,000 of 1,000,000.").wait_for()
    assert page.locator("mark.focus").bounding_box()
    page.get_by_role("dialog").get_by_role("button", name="Close").click()
    expect(page.get_by_role("dialog")).to_have_count(0)
    assert time.monotonic() - began < 20
    ask(page, SKELL, 2)
    watch.check(page, desk.listener)
    watch.context.close()
