"""Pages saved from the web: the article is kept to the letter, what surrounded it is not."""

from __future__ import annotations

import json
import time
from pathlib import Path

import pytest

from rag.intake.boilerplate import clean_page
from rag.intake.decode import tidy
from rag.intake.identity import digest

PAGES = Path(__file__).parent / "pages"
SAMPLE = Path(__file__).parent.parent.parent / "shared" / "articles" / "putin-key-ally-undermines-him.txt"

FIRST = "The ferry between Port Alda and Lerum will sail again on Friday, the harbour office said."
SECOND = "It had been laid up since a storm in March damaged its rudder."
THIRD = "Tickets cost 12 crowns."


@pytest.mark.parametrize("name", sorted(path.stem for path in PAGES.glob("*.txt")))
def test_saved_page(name: str) -> None:
    page = clean_page(tidy((PAGES / f"{name}.txt").read_text(encoding="utf-8")))
    for field, expected in json.loads((PAGES / f"{name}.expected.json").read_text(encoding="utf-8")).items():
        assert getattr(page, field) == expected, field


def test_there_are_ten_pages() -> None:
    assert len(list(PAGES.glob("*.txt"))) == len(list(PAGES.glob("*.expected.json"))) == 10


@pytest.mark.skipif(
    not SAMPLE.exists(), reason="the real page may not be copied into the project; it is only on the machine where this was written"
)
def test_real_page_keeps_its_eleven_paragraphs_and_nothing_else() -> None:
    raw = SAMPLE.read_text(encoding="utf-8")
    page = clean_page(tidy(raw))
    paragraphs = page.text.split("\n\n")
    assert page.title == raw.split("\n", 1)[0]
    assert len(paragraphs) == 11
    assert all(f"\n{paragraph}\n" in raw for paragraph in paragraphs)
    assert digest(page.text) == "e2495941c8200d9e"  # read through by hand once


@pytest.mark.parametrize(
    "paragraph",
    [
        "“Sign up for nothing you have not read,” the judge told him.",
        '"Click here," said the screen, and he did.',
        '"No."',
        "Subscribers to the theatre may keep their seats, said its director, Oda Lind.",
        "The photograph was taken by Ines Moro.",
        "Police have published a photo of the suspect: a man of about 40 with a grey cap.",
        "Readers of the newspaper can now cancel their subscription by post, the court ruled.",
        "The regulator found that the app had read the contacts of its users without asking them.",
        "You cannot step into the same river twice, as the saying goes.",
        "About the author of the letter nothing is known.",
        "The law now requires sites to ask before they set cookies, said Commissioner Dara Vance.",
        "Latest figures show that prices rose by 3.4% in May.",
        "Related charges against his brother were dropped.",
        "Comment was not available from the ministry on Sunday.",
    ],
)
def test_real_paragraph_stays(paragraph: str) -> None:
    page = clean_page(f"Ferry to Lerum sails again after storm\n\n{FIRST}\n\n{paragraph}\n\n{SECOND}\n\n{THIRD}\n")
    assert page.text == "\n\n".join([FIRST, paragraph, SECOND, THIRD])


@pytest.mark.parametrize(
    "line",
    [
        "Sign up for our newsletter and get the news in your inbox.",
        "Click here to read the full story.",
        "Do you know more about this? Write to us at tips@lerumpost.example.",
        "Workers mend the rudder in dry dock. Photo: Ada Quist/Bildwerk",
        "Workers mend the rudder in dry dock on Monday. (Ada Quist for The Lerum Post)",
        "READ MORE: The ferryman who cannot swim",
        "Advertisement",
        "Share on Facebook",
        "We use cookies to improve your experience.",
        "Already a subscriber? Log in",
        "3 min read",
        "Tags: ferries, Lerum",
        "© 2031 The Lerum Post. All rights reserved.",
        "https://lerumpost.example/ferry",
    ],
)
@pytest.mark.parametrize("at", ["top", "middle", "end"])
def test_furniture_goes(line: str, at: str) -> None:
    title = "Ferry to Lerum sails again after storm"
    order = {"top": [line, title, FIRST, SECOND], "middle": [title, FIRST, line, SECOND], "end": [title, FIRST, SECOND, line]}[at]
    page = clean_page("\n\n".join(order))
    assert page.title == title
    assert page.text == f"{FIRST}\n\n{SECOND}"


def test_outlet_is_learnt_from_the_page() -> None:
    page = clean_page(
        f"Ferry to Lerum sails again\n\n{FIRST}\n\nThe Lerum Post reported it first.\n\nGot a tip? Write to us: news@lerumpost.example\n"
    )
    assert page.source == "Lerum Post"


def test_prose_without_a_full_stop_is_kept_where_there_is_no_other() -> None:
    poem = "the ferry lies where the ferry lay and nobody asks it to go\nand under the rust and the gulls and the spray the rudder hangs broken and low"
    assert clean_page("The ferry of Lerum, a poem\n\n" + poem).text == poem.replace("\n", "\n\n")


def test_kept_lines_are_lines_of_the_page() -> None:
    for path in PAGES.glob("*.txt"):
        text = tidy(path.read_text(encoding="utf-8"))
        assert all(paragraph in text for paragraph in clean_page(text).text.split("\n\n"))


def test_cleaning_twice_changes_nothing_more() -> None:
    for path in PAGES.glob("*.txt"):
        page = clean_page(tidy(path.read_text(encoding="utf-8")))
        again = clean_page(f"{page.title}\n\n{page.text}")
        assert again.text == page.text, path.stem


@pytest.mark.parametrize(
    "text",
    [
        "A" * 300_000,
        ". " + "A" * 300_000,
        "„" * 300_000,
        "x\n" * 100_000,
        "Related\n" * 40_000,
        "• item\n" * 40_000,
        "you app our " * 25_000,
        "a@" * 150_000,
    ],
    ids=["one word", "after a stop", "open quotes", "short lines", "headings", "bullets", "calls", "addresses"],
)
def test_hostile_page_takes_no_long_time(text: str) -> None:
    started = time.monotonic()
    clean_page(text)
    assert time.monotonic() - started < 10  # about 0.3 s alone; a pattern that backtracks takes minutes


@pytest.mark.parametrize("text", ["", "\n\n\n", "word", "One sentence only."])
def test_tiny_page_does_not_fail(text: str) -> None:
    assert clean_page(text).text in ("", text.strip())
