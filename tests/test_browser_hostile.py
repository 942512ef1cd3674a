"""Hostile articles, names, questions and answers in the running page: nothing of them runs, nothing asks for anything, and the page goes on answering."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from hostile import PAYLOADS, Listener, articles, lines, listening, payload, payloads
from playwright.sync_api import Browser, BrowserContext, Page, expect
from samples import keep
from test_browser import STARTS_WITHIN, browser, served

from rag.assistant import Assistant
from rag.evaluate.datasets import read_suite
from rag.evaluate.report import write_report
from rag.evaluate.runner import Options, make_report, run_suite
from rag.records import Account, Answer, Carrier, Citation, Note, Origin, Passage, Ranks, Seconds, Sentence, Side, Span, TimeAsked
from rag.settings import Settings
from rag.store.sync import sync
from tests.wire import Reply, Server

pytestmark = pytest.mark.browser
__all__ = ["browser"]

SKELL = "How many ships were waiting in the harbour of Skell?"
PLAIN = {
    "id": "plain",
    "title": "Crane",
    "text": "A crane fell into the harbour of Skell. 14 ships were waiting in the harbour of Skell on Monday.",
}
CONVERSATION = "a" * 32


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
    with Server("openai", lambda body: Reply(_written(body, listener))) as model:
        variables = {"NEWSDESK_MODEL": "openai:test", "NEWSDESK_MODEL_URL": model.url, "OPENAI_API_KEY": "k"}
        with served(root / "home", **variables) as address:
            yield Desk(assistant, listener, address, root)


def _refusal(question: str) -> Answer:
    return Answer(question, question, "abstained", "The articles do not say.", (), (), (), Seconds(None, None, None, 0.1))


def _written(body: dict[str, Any], listener: Listener) -> str:
    """Each payload as a sentence, each with a citation of a passage that is there and of one that is not."""
    return " ".join(f"The bridge cost {payload(name, listener, 'written')} [p1] [p99]." for name in PAYLOADS)


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
        for name in ("image", "md-image", "directive", "math")
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
    watch = watched(browser, desk.address)
    page = watch.page()
    page.goto(f"{desk.address}?c={CONVERSATION}")
    page.locator("[data-kind=answer] .chip").first.wait_for(timeout=STARTS_WITHIN * 1000)
    assert page.locator("h2.question").text_content() == payloads(desk.listener, "question")
    assert page.locator("[data-kind=answer]").locator("a, img, script, iframe, form, svg, style, input, video, .katex").count() == 0
    watch.check(page, desk.listener)
    watch.context.close()
