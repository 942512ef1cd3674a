"""The running page by keyboard alone, read by axe-core, right to left, in narrow windows and high contrast, and without a jump while it answers."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from axe_playwright_python.base import AXE_SCRIPT
from newsstand import DIED, TALK, newsstand
from playwright.sync_api import Browser, Locator, Page, expect
from test_browser import STARTS_WITHIN, browser, served

from tests.wire import Reply, Server

pytestmark = pytest.mark.browser
__all__ = ["browser"]

WIDE, PHONE = {"width": 1440, "height": 860}, {"width": 390, "height": 800}
# What axe finds in elements of Streamlit's own: the rule, how grave it is, and where. docs/accessibility.md lists the same.
STREAMLIT = {("presentation-role-conflict", "minor", "stFileUploaderDropzone")}
# Sum of layout shifts without recent input below which web.dev calls a page good.
CLS = 0.1
TARGET = 24
# What has the focus, through shadow roots: its name, whether the focus shows, and whether something lies over it.
FOCUS = """() => {
    let node = document.activeElement;
    while (node.shadowRoot?.activeElement) node = node.shadowRoot.activeElement;
    const box = node.getBoundingClientRect(), style = getComputedStyle(node);
    let top = document.elementFromPoint(box.left + box.width / 2, box.top + Math.min(box.height / 2, 12));
    while (top?.shadowRoot?.elementFromPoint(box.left + box.width / 2, box.top + Math.min(box.height / 2, 12)) ?? false) {
        const inner = top.shadowRoot.elementFromPoint(box.left + box.width / 2, box.top + Math.min(box.height / 2, 12));
        if (inner === top) break;
        top = inner;
    }
    return {
        tag: node.tagName, name: (node.ariaLabel || node.textContent || node.placeholder || "").trim(),
        ring: style.outlineStyle !== "none" || style.boxShadow !== "none" || ["INPUT", "TEXTAREA"].includes(node.tagName),
        onTop: !!top && (node === top || node.contains(top) || top.contains(node)), box: [box.left, box.top, box.width, box.height],
    };
}"""
AXE = """() => axe.run(document, {elementRef: true, resultTypes: ["violations"], rules: {"target-size": {enabled: true}}}).then(found =>
    found.violations.flatMap(rule => rule.nodes.map(node => {
        const ours = node.element.getRootNode() instanceof ShadowRoot;
        return [rule.id, rule.impact, ours ? "newsdesk " + node.html : (node.element.closest("[data-testid]")?.dataset.testid ?? node.html)];
    })))"""
WATCH = """() => {
    // web.dev's score: the most that shifts within a window of five seconds at most, which a second of rest ends.
    const one = {sum: 0, first: -1e9, last: -1e9};
    window.shifted = 0;
    new PerformanceObserver(list => list.getEntries().filter(entry => !entry.hadRecentInput).forEach(entry => {
        const goes = entry.startTime - one.last < 1000 && entry.startTime - one.first < 5000;
        Object.assign(one, {sum: (goes ? one.sum : 0) + entry.value, first: goes ? one.first : entry.startTime, last: entry.startTime});
        window.shifted = Math.max(window.shifted, one.sum);
    })).observe({type: "layout-shift"});
    window.stood = [];
    const begun = performance.now();
    const look = () => {
        const asked = [...document.querySelectorAll("[data-testid=stBidiComponentIsolated]")].map(host => host.shadowRoot?.querySelector("h2.question")).filter(Boolean);
        if (asked.length) window.stood.push([performance.now() - begun, asked.length, Math.round(asked.at(-1).getBoundingClientRect().top)]);
        requestAnimationFrame(look);
    };
    look();
}"""


def _writes(body: dict[str, Any]) -> Reply:
    """A chat model that writes two true sentences and one with a changed number, a word at a time."""
    prompt = body["messages"][-1]["content"]
    if "rewrite" in body["messages"][0]["content"]:
        return Reply(DIED)
    passages = {text: id for id, text in re.findall(r"<passage (\w+)>(.*?)</passage>", prompt, re.S)}
    first, later = (next(id for text, id in passages.items() if words in text) for words in ("At least nine", "has risen to 12"))
    return Reply(
        f"At least nine people died when a tram left the rails at Harrow Quay, police said [{first}]. "
        f"The number of people who died has since risen to 12, police said [{later}]. Flowers lined 40 stops, police said [{later}].",
        slow=0.05,
    )


@pytest.fixture(scope="module")
def root(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("everyone")


@pytest.fixture(scope="module")
def address(root: Path) -> Iterator[str]:
    """One server for the file, whose library is empty until ``filled``."""
    with Server("openai", _writes) as model:
        variables = {"NEWSDESK_MODEL": "openai:test", "NEWSDESK_MODEL_URL": model.url, "OPENAI_API_KEY": "k"}
        with served(root / "home", **variables, NEWSDESK_CACHED_ANSWERS="0") as address:
            yield address


@pytest.fixture(scope="module")
def filled(address: str, root: Path) -> str:
    newsstand(root)
    return address


@pytest.fixture
def page(browser: Browser) -> Iterator[Page]:
    context = browser.new_context(viewport=WIDE, color_scheme="light", permissions=["clipboard-read", "clipboard-write"])
    page = context.new_page()
    errors: list[str] = []
    page.on("pageerror", lambda error: errors.append(str(error)))
    yield page
    context.close()
    assert errors == []


def violations(page: Page, at: str) -> set[tuple[str, str, str]]:
    """What axe finds in a wide light window and on a dark phone; prints which view showed it."""
    if not page.evaluate("() => Boolean(window.axe)"):
        page.evaluate(AXE_SCRIPT)
    found = set()
    for scheme, size in (("light", WIDE), ("dark", PHONE)):
        page.emulate_media(color_scheme=scheme)
        page.set_viewport_size(size)
        page.wait_for_timeout(400)
        for violation in page.evaluate(AXE):
            print(at, scheme, size["width"], violation)
            found.add(tuple(violation))
    page.set_viewport_size(WIDE)
    return found


def open_talk(page: Page, address: str) -> None:
    page.goto(f"{address}?c={TALK}")
    expect(page.locator("[data-kind=answer]")).to_have_count(3, timeout=STARTS_WITHIN * 1000)
    page.wait_for_timeout(1000)


def test_axe_finds_nothing_of_ours(page: Page, address: str, request: pytest.FixtureRequest) -> None:
    page.goto(address)
    page.get_by_role("button", name="Try it with sample articles").wait_for(timeout=STARTS_WITHIN * 1000)
    found = violations(page, "empty library")
    request.getfixturevalue("filled")
    page.goto(address)
    page.locator(".st-key-suggestions button").first.wait_for(timeout=STARTS_WITHIN * 1000)
    found |= violations(page, "front page")
    open_talk(page, address)
    answer = page.locator("[data-kind=answer]").first
    answer.locator(".why summary").click()
    found |= violations(page, "answer, accounts, why, sidebar")
    chip = answer.locator(".chip").first
    chip.hover()
    page.locator(".preview:popover-open").wait_for()
    found |= violations(page, "card beside a chip")
    chip.click()
    page.locator("mark.focus").wait_for()
    found |= violations(page, "drawer")
    for path in ("library", "evaluate"):
        page.goto(f"{address}/{path}")
        page.get_by_role("link", name="Chat").wait_for()
        page.wait_for_timeout(1000)
        found |= violations(page, path)
    assert found == STREAMLIT


def tab_to(page: Page, name: str, *, tag: str = "", back: bool = False) -> dict[str, Any]:
    """Press Tab until what is called so has the focus; on the way the focus is always seen."""
    for _ in range(90):
        page.keyboard.press("Shift+Tab" if back else "Tab")
        focus: dict[str, Any] = page.evaluate(FOCUS)
        if focus["tag"] in ("BODY", "MAIN", "SECTION"):
            continue
        assert focus["ring"], focus
        assert focus["onTop"], focus
        if name in focus["name"] and tag in ("", focus["tag"]):
            return focus
    pytest.fail(f"Tab does not reach {name}")


def test_keyboard_alone_does_everything(page: Page, filled: str) -> None:
    press = page.keyboard.press
    page.goto(filled)
    page.locator(".st-key-suggestions button").first.wait_for(timeout=STARTS_WITHIN * 1000)

    # Asked while it is watched: the question goes to its place and stays there.
    tab_to(page, "Ask the articles", tag="TEXTAREA")
    page.keyboard.type(DIED)
    page.evaluate(WATCH)
    press("Enter")
    answers = page.locator("[data-kind=answer]")
    expect(answers).to_have_count(1, timeout=60_000)
    page.wait_for_timeout(1500)
    assert _stands_still(page)
    live = page.locator("body > [aria-live=polite]")
    expect(live).to_have_text(re.compile(r"^Answer: At least nine people died .* \d quotes cited\.$"))

    # Focus shows what hovering shows; the drawer keeps the focus, and gives it back.
    chip = tab_to(page, "Source 1: Tram crash at Harrow Quay, Ostrand Wire, 9 February 2026")
    card = page.locator(".preview:popover-open")
    expect(card).to_contain_text("At least nine people died")
    press("Escape")
    expect(card).to_have_count(0)
    press("Enter")
    drawer = page.get_by_role("dialog", name="Ostrand Wire")
    drawer.locator("mark.focus").wait_for()
    page.wait_for_timeout(600)
    tab_to(page, "Open the original", tag="A")
    for _ in range(3):
        press("Tab")
        assert page.evaluate("() => document.querySelector('[role=dialog]').contains(document.activeElement)")
    press("Escape")
    expect(drawer).to_have_count(0)
    page.wait_for_timeout(300)
    assert page.evaluate(FOCUS)["name"] == chip["name"]

    tab_to(page, "Why this answer", tag="SUMMARY")
    press("Enter")
    expect(page.locator(".why table")).to_be_visible()
    tab_to(page, "Copy with sources")
    press("Enter")
    expect(page.get_by_role("button", name="Copied")).to_be_visible()
    tab_to(page, "Thumbs")
    press("ArrowRight")
    press("Space")
    expect(page.get_by_text("What is wrong?")).to_be_visible()

    # The same question again, with quotes.
    tab_to(page, "Answer with quotes instead")
    press("Enter")
    expect(answers).to_have_count(2, timeout=60_000)
    page.wait_for_timeout(1500)
    expect(page.locator("h2.question").nth(1)).to_be_in_viewport()
    expect(live).to_have_text(re.compile("^Answer: .*risen to 12"))

    tab_to(page, "Edit this question", back=True)
    press("Enter")
    box = page.get_by_label("Ask this instead")
    expect(box).to_be_focused()
    tab_to(page, "Cancel")
    press("Enter")
    expect(box).to_have_count(0)

    # Beside the page: found, named, shared, deleted.
    tab_to(page, "Search conversations", tag="INPUT")
    page.keyboard.type("tram")
    for entry, inside in (("Rename", "Name"), ("Share or export", "Address of the conversation"), ("Delete", "Keep it")):
        tab_to(page, "More about “How many people died")
        # The list is drawn once more after the field of the search was left, which takes an open menu's focus.
        page.wait_for_timeout(600)
        expect(page.get_by_test_id("stApp")).to_have_attribute("data-test-script-state", "notRunning", timeout=60_000)
        dialog = page.get_by_role("dialog", name=entry)
        for _ in range(3):
            press("Enter")
            page.get_by_role("menu").wait_for()
            # The menu itself has the focus first; the arrows go round, and the focus follows at the next drawing.
            item = page.get_by_role("menuitem", name=entry)
            for _ in range(7):
                press("ArrowDown")
                page.wait_for_timeout(200)
                if item.evaluate("item => item === document.activeElement"):
                    break
            press("Enter")
            page.wait_for_timeout(1500)
            if dialog.count():
                break
            # A drawing came between, and the menu has lost the focus.
            press("Escape")
            tab_to(page, "More about “How many people died")
        dialog.wait_for()
        tab_to(page, inside)
        press("Escape")
        expect(dialog).to_have_count(0)

    tab_to(page, "Filters")
    press("Enter")
    page.get_by_label("From").first.wait_for()
    press("Escape")
    for name in ("Library", "Evaluate"):
        expect(page.get_by_role("link", name=name, exact=True)).to_be_visible()


def _stands_still(page: Page) -> bool:
    """Whether the shifts since ``WATCH`` stay under the bar, and the question in its place, from a second after it stood there to the end."""
    shifted, stood = page.evaluate("() => [window.shifted, window.stood]")
    count = stood[-1][1]
    began = next(at for at, asked, _ in stood if asked == count)
    places = [top for at, asked, top in stood if asked == count and at > began + 1000]
    print(f"shifts {shifted:.4f}, the question between {min(places)} and {max(places)}")
    return shifted < CLS and max(places) - min(places) < 16


def test_right_to_left_narrow_and_high_contrast(page: Page, filled: str, browser: Browser) -> None:
    open_talk(page, filled)
    answer = page.locator("[data-kind=answer]").nth(1)
    question = page.locator("h2.question").nth(1)
    # What is Arabic, Hebrew or Persian runs from the right: the question, the answer, its sentences, cards, accounts.
    for words in (question, answer.locator(".prose"), answer.locator(".card .title").first, answer.locator(".said").first):
        assert _direction(words) == "rtl"
    for number in range(3):
        assert _reads_from_the_right(answer.locator(".sentence").nth(number))
        assert _direction(answer.locator(".card .words").nth(number)) == "rtl"
    # Outlet and day keep their own order: the Arabic outlet right of the English day.
    outlet, day = (answer.locator(".card .meta bdi").nth(number).bounding_box() for number in (0, 1))
    assert outlet
    assert day
    assert outlet["x"] > day["x"] + day["width"]
    chip = answer.locator(".chip").first
    chip.hover()
    assert _direction(page.locator(".preview:popover-open .preview-quote")) == "rtl"
    chip.click()
    mark = page.locator("mark.focus")
    mark.wait_for()
    page.wait_for_timeout(1000)
    assert _direction(page.locator(".body")) == "rtl"
    assert mark.text_content() == answer.locator(".card .words").first.text_content()
    expect(mark).to_be_in_viewport()
    page.keyboard.press("Escape")

    # 640 is a window of 1280 at 200 %; 320 one at 400 %.
    for width in (640, 390, 320):
        page.set_viewport_size({"width": width, "height": 800})
        page.wait_for_timeout(500)
        widths = page.evaluate(
            "() => { const main = document.querySelector('.stMain'); return [main.scrollWidth, document.body.scrollWidth]; }"
        )
        assert max(widths) <= width
    assert _small_targets(page) == []

    page.set_viewport_size(WIDE)
    page.emulate_media(color_scheme="dark", reduced_motion="reduce")
    page.wait_for_timeout(500)
    assert page.evaluate("() => getComputedStyle(document.querySelector('.stApp')).backgroundColor") == "rgb(22, 20, 18)"
    page.locator("[data-kind=answer] .chip").first.click()
    mark.wait_for()
    assert page.evaluate("() => document.getAnimations().filter(a => a.effect.getComputedTiming().duration > 1).length") == 0
    page.emulate_media(forced_colors="active")
    page.wait_for_timeout(300)
    style = "(node, name) => getComputedStyle(node)[name]"
    ground = page.evaluate("() => getComputedStyle(document.body).backgroundColor")
    assert mark.evaluate(style, "backgroundColor") != ground
    assert page.locator("[data-kind=answer] .chip").first.evaluate(style, "borderTopColor") != ground


def _direction(place: Locator) -> str:
    return str(place.evaluate("node => getComputedStyle(node).direction"))


def _reads_from_the_right(sentence: Locator) -> bool:
    """Whether the chip that ends a sentence stands left of where its last line begins."""
    first, chip = sentence.bounding_box(), sentence.locator(".chip").bounding_box()
    return bool(first and chip and chip["x"] + chip["width"] / 2 < first["x"] + first["width"] / 2)


def _small_targets(page: Page) -> list[str]:
    """What can be pressed and is smaller than a fingertip, with the room that ``::after`` adds; links within a sentence of Streamlit's own apart."""
    script = """least => {
        const small = [];
        const look = root => root.querySelectorAll("*").forEach(node => {
            if (node.shadowRoot) look(node.shadowRoot);
            if (!node.matches("a[href], button, summary, input, textarea, [role=radio]") || !node.checkVisibility({visibilityProperty: true})) return;
            const box = node.getBoundingClientRect(), more = getComputedStyle(node, "::after");
            const room = more.position === "absolute" ? side => -parseFloat(more[side]) : () => 0;
            const width = box.width + room("left") + room("right"), height = box.height + room("top") + room("bottom");
            if (node.closest("[data-testid=stSidebar], [data-testid=stSkipToContent]") || !box.width) return;
            if (Math.min(width, height) < least - 0.5) small.push(`${node.outerHTML.slice(0, 120)} ${width} ${height}`);
        });
        look(document.body);
        return small;
    }"""
    return list(page.evaluate(script, TARGET))
