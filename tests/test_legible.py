"""Texts that would turn other words around, cover them, or fill a page: bounded wherever they come out, and without a browser."""

from __future__ import annotations

import json
import re
import unicodedata
from collections.abc import Callable, Sequence
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from streamlit.testing.v1 import AppTest

from rag.assistant import Assistant
from rag.export.html import escape as html_escape
from rag.intake import read_file
from rag.models.tokens import Tokens
from rag.records import Article, Version
from rag.settings import Settings
from rag.text.chunks import chunk_article
from rag.text.legible import MOST_MARKS, legible, legible_name
from rag.text.links import web_address
from rag.ui.escape import escape
from rag.ui.views import Place, article_view, revision_view

FLOOD = "\u0301"


@given(st.text(alphabet=st.characters(exclude_categories=["Mn", "Me", "Cf"])))
def test_usual_text_stays_as_it_is(text: str) -> None:
    assert legible(text) == legible_name(text) == text


@pytest.mark.parametrize("text", ["Tiếng Việt", "שָׁלוֹם עֲלֵיכֶם", "بِسْمِ ٱللَّهِ", "བསྒྲུབས", "नमस्ते", "e\u0301\u0323"])
def test_marks_that_languages_write_stay(text: str) -> None:
    assert legible(unicodedata.normalize("NFD", text)) == unicodedata.normalize("NFD", text)


def test_override_shows_as_something_that_was_there() -> None:
    assert legible("cost \u202e63\u202c crowns") == "cost \ufffd63\u202c crowns"
    assert legible_name("\u202eten\u202c.\u2067x\u2069") == "ten.x"


@pytest.mark.parametrize("show", [legible, legible_name, html_escape, escape], ids=["text", "name", "html", "streamlit"])
def test_no_letter_carries_a_flood_of_marks(show: Callable[[str], str]) -> None:
    assert show(f"z{FLOOD * 5000}a").count(FLOOD) <= MOST_MARKS


def test_article_cannot_turn_its_own_byline_around(tmp_path: Path) -> None:
    line = {"title": f"A\u202eB{FLOOD * 400}", "source": "Skell \u202ePost", "author": "\u2067Ida", "text": "It fell \u202etoday."}
    (tmp_path / "a.jsonl").write_text(json.dumps(line), "utf-8")
    (article,) = read_file(tmp_path / "a.jsonl", relative="a.jsonl", location="src", settings=Settings(home=tmp_path)).articles
    assert (article.source, article.author) == ("Skell Post", "Ida")
    assert article.title.count(FLOOD) + article.title.count("B\u0301") <= MOST_MARKS + 1
    assert article.text == "It fell \u202etoday."


FLOODS = {
    "one-word": "x" * 100_000,
    "marks": "e" + FLOOD * 100_000,
    "invisible": "a" + "\u200b" * 100_000 + "b",
    "overrides": "\u202e" * 100_000 + "b",
    "spaces": "a" + " " * 100_000 + "b.",
    "lines": "a" + "\n" * 100_000 + "b.",
    "emoji": "👩\u200d👩\u200d👧" * 20_000,
}


@pytest.mark.parametrize("flood", FLOODS.values(), ids=FLOODS.keys())
def test_no_chunk_is_much_longer_than_prose(flood: str) -> None:
    text = f"The crane of Skell fell on Monday. {flood} And then it rained."
    chunks = chunk_article(text, count_tokens=Tokens().counts, max_tokens=200)
    assert max(chunk.end - chunk.start for chunk in chunks) < 10_000
    assert max(span.end - span.start for chunk in chunks for span in chunk.sentences) < 10_000
    covered = "".join(text[span.start : span.end] for chunk in chunks for span in chunk.sentences)
    assert re.sub(r"\s", "", covered) == re.sub(r"\s", "", text)


def _plain(counts: Sequence[str]) -> list[int]:
    return [len(text.split()) for text in counts]


def test_a_long_gap_ends_a_chunk_and_a_paragraph_does_not() -> None:
    apart = chunk_article("One fell." + "\n" * 3000 + "Two fell.", count_tokens=_plain, max_tokens=50)
    near = chunk_article("One fell." + "\n" * 30 + "Two fell.", count_tokens=_plain, max_tokens=50)
    assert (len(apart), len(near)) == (2, 1)


def article(text: str) -> Article:
    return Article("a", "v", "Title", text, source="Skell Post")


@pytest.mark.parametrize("at", [0, 150_000, 999_990], ids=["begin", "middle", "end"])
def test_drawer_of_a_million_characters_shows_those_around_the_quote(at: int) -> None:
    text = "abcdefghij" * 100_000
    view = article_view(article(text), Place("a", "v", at, at + 10), [Place("a", "v", 5, 9), Place("a", "v", 999_000, 999_005)])
    assert len(json.dumps(view)) < 300_000
    assert [piece for piece, kind in view["text"] if kind == "focus"] == [text[at : at + 10]]
    assert "".join(piece for piece, _ in view["text"]) in text
    assert "of 1,000,000" in view["part"]


def test_drawer_of_a_usual_article_is_whole() -> None:
    view = article_view(article("The crane fell. It rained."), Place("a", "v", 0, 15), [])
    assert (view["part"], "".join(piece for piece, _ in view["text"])) == (None, "The crane fell. It rained.")


def test_quote_of_a_million_characters_that_an_older_release_kept_is_cut() -> None:
    view = article_view(article("x" * 1_000_000), Place("a", "v", 0, 1_000_000), [])
    assert sum(len(piece) for piece, _ in view["text"]) == 100_000


def test_revision_of_a_million_characters_is_cut() -> None:
    versions = [Version("v", "2025-01-01", "Title", None, None, False), Version("w", "2025-01-02", "Title", None, None, True)]
    newest = Article("a", "w", "Title", "y" * 1_000_000, source="Skell Post")
    view = revision_view(article("x" * 1_000_000), versions, newest)
    assert view
    assert sum(len(text) for text, _ in view["changes"]) < 60_000


@pytest.mark.parametrize("url", ["https://bank.example@evil.example/", "http://mayor:secret@a.example", "https://@a.example"])
def test_address_that_signs_somebody_in_is_no_link(url: str) -> None:
    assert web_address(url) is None


def test_stage_of_a_hostile_address_is_words_alone() -> None:
    page = AppTest.from_string(
        "from rag.ui.progress import Progress\nProgress('x', 'Begin')('fetching :red[x] ![y](http://evil.example/z)', 1, 1)"
    ).run()
    (bar,) = page.get("progress")
    assert r"\[y" in bar.proto.text
    assert not re.search(r"(?<!\\)\[", bar.proto.text)


def test_million_character_line_is_answered_from_and_stays_small(library_of: Callable[[dict[str, str]], Assistant]) -> None:
    text = f"The crane of Skell fell on Monday at noon with {FLOOD * 1000} {'x' * 200_000}."
    answer = library_of({"a.jsonl": json.dumps({"title": "Crane", "text": text}) + "\n"}).ask("When did the crane of Skell fall?")
    assert answer.passages
    assert max(len(passage.text) for passage in answer.passages) < 10_000
    assert all(len(citation.quote) < 10_000 for citation in answer.citations)
