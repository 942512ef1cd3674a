"""The Library page and what feeds it, run by Streamlit's AppTest over real libraries."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from samples import HARBOUR
from streamlit.testing.v1 import AppTest
from streamlit.util import calc_hash
from test_page import APP, ask, shown, views
from website import Site, article, item, rss

from rag.assistant import Assistant
from rag.intake import keep_upload, uploads_folder
from rag.intake.uploads import _plain_name
from rag.librarian import take_in
from rag.settings import Settings
from rag.store.lock import writer_lock
from rag.ui.progress import pace

FERRY = b"""---
title: Ferry to Quarn stops at nightfall
source: Quarn Post
published: 2025-02-03
---
The ferry to Quarn no longer sails after dark, the harbour office said. The last boat leaves at 17.40.
"""


@pytest.fixture
def empty(tmp_path: Path, assistant: Assistant) -> Assistant:
    return Assistant(Settings(home=tmp_path / "home"), embedder=assistant.embedder, reader=assistant.reader)


def open_library(assistant: Assistant) -> AppTest:
    page = AppTest.from_file(str(APP), default_timeout=60)
    page.session_state["assistant"] = assistant
    page._page_hash = calc_hash("library")
    return page.run()


def titles(page: AppTest) -> list[str]:
    """Those of the list as it is drawn."""
    return [row["title"] for view in views(page, "table") for row in view["rows"]]


def test_upload_leads_to_an_answer_from_it(empty: Assistant) -> None:
    page = open_library(empty)
    assert not page.exception
    assert "Nothing yet" in page.caption[0].value
    page.file_uploader[0].set_value([("ferry.md", FERRY, "text/markdown"), ("movie.mp4", b"\0\0\0\x18ftyp", "video/mp4")]).run()
    page.button(key="library-add").click().run()
    assert not page.exception
    assert shown(page.success[0].value) == "Articles: 1 added."
    assert any("movie.mp4" in shown(element.value) for element in page.markdown)
    assert titles(page) == ["Ferry to Quarn stops at nightfall"]
    chat = AppTest.from_file(str(APP), default_timeout=60)
    chat.session_state["assistant"] = empty
    (answer,) = views(ask(chat.run(), "When does the last boat to Quarn leave?"), "answer")
    assert "17.40" in str(answer["sentences"])


def fetch(page: AppTest, address: str) -> AppTest:
    next(box for box in page.text_input if box.label.startswith("Paste")).input(address)
    return page.button(key="library-fetch").click().run()


def test_feed_that_is_pasted_is_answered_from_in_an_app_that_is_open(empty: Assistant) -> None:
    empty.stores.settings = empty.settings.model_copy(update={"fetch_private": True, "fetch_pause": 0})
    take_in(empty.stores, [("harbour.md", HARBOUR.encode())], lambda *_: None)
    chat = AppTest.from_file(str(APP), default_timeout=60)
    chat.session_state["assistant"] = empty
    chat.run()
    with Site() as site:
        site.put(
            "/quarn",
            article(
                "Ferry to Quarn", "The ferry to Quarn no longer sails after dark, the harbour office said. The last boat leaves at 17.40."
            ),
        )
        page = fetch(open_library(empty), f"  {site.put('/feed', rss(item('/quarn'), item('/lost')))}  ")
        assert not page.exception
        assert shown(page.success[0].value) == "Articles: 1 added."
        assert any(f"{site.url}/lost" in shown(element.value) for element in page.markdown)
        assert not any(box.value for box in page.text_input)
    (answer,) = views(ask(chat, "When does the last boat to Quarn leave?"), "answer")
    assert "17.40" in str(answer["sentences"])


@pytest.mark.parametrize(
    ("address", "said"),
    [
        ("http://127.0.0.1:1/feed", "not an address of the open internet"),
        ("ftp://news.example/feed", "begins with https:// or http://"),
        ("http://u:p@news.example/", "holds a user name"),
    ],
)
def test_pasted_address_that_is_refused_says_why(empty: Assistant, address: str, said: str) -> None:
    page = fetch(open_library(empty), address)
    assert not page.exception
    assert said in shown(page.error[0].value)
    assert not empty.library.exists or not empty.library.sources()


def test_same_upload_again_changes_nothing_and_a_new_text_is_a_new_version(empty: Assistant) -> None:
    seen: list[str] = []

    def progress(stage: str, done: int, total: int) -> None:
        seen.append(stage)

    first = take_in(empty.stores, [("ferry.md", FERRY)], progress)
    again = take_in(empty.stores, [("ferry.md", FERRY)], progress)
    changed = take_in(empty.stores, [("ferry.md", FERRY.replace(b"17.40", b"18.10"))], progress)
    assert [(o.report.added, o.report.changed, o.report.unchanged) for o in (first, again, changed) if o.report] == [
        (1, 0, 0),
        (0, 0, 1),
        (0, 1, 0),
    ]
    assert {"reading", "embedding", "indexing"} <= set(seen)


def test_upload_waits_for_a_pass_that_may_replace_the_folder(empty: Assistant) -> None:
    with ThreadPoolExecutor() as pool:
        with writer_lock(empty.library.home, "restore backup.zip"):
            waiting = pool.submit(take_in, empty.stores, [("ferry.md", FERRY)], lambda *_: None)
            with pytest.raises(TimeoutError):
                waiting.result(timeout=1)
            assert not uploads_folder(empty.settings).exists()
        outcome = waiting.result(timeout=60)
    assert outcome.report is not None
    assert outcome.report.added == 1


def test_what_gave_no_article_is_not_kept(empty: Assistant) -> None:
    outcome = take_in(empty.stores, [("movie.mp4", b"\0\0\0\x18ftyp"), ("empty.txt", b"")], lambda *_: None)
    assert outcome.report is None
    assert {rejection.path for rejection in outcome.left_out} == {"movie.mp4", "empty.txt"}
    assert [path for path in uploads_folder(empty.settings).rglob("*") if path.is_file()] == []


@pytest.mark.parametrize(
    ("name", "kept"),
    [
        ("../../etc/passwd.txt", "passwd.txt"),
        ("C:\\articles\\a.md", "a.md"),
        (".hidden.md", "hidden.md"),
        ("a\0b\n.md", "ab.md"),
        ("é" * 300 + ".md", "é" * 98 + ".md"),
        ("..", None),
        ("\ud800.md", "md"),
    ],
)
def test_name_of_an_upload_is_a_plain_one(name: str, kept: str | None) -> None:
    assert _plain_name(name) == kept


@given(st.text())
def test_any_name_stays_inside_the_folder(name: str) -> None:
    kept = _plain_name(name)
    assert kept is None or (Path("uploads") / kept).parent == Path("uploads")
    assert kept is None or not kept.startswith(".")


def test_a_name_that_cannot_be_kept_is_refused_in_words(empty: Assistant) -> None:
    entry = keep_upload("..", FERRY, empty.settings)
    assert "rename it" in entry.rejections[0].reason


@pytest.mark.parametrize(
    ("done", "left", "seconds", "said"),
    [
        (0, 10, 5, ""),
        (5, 5, 0.5, ""),
        (100, 300, 2.0, " · 50 a second · 6 s left"),
        (10, 30_000, 10.0, " · 1 a second · 500 min left"),
        (1, 3, 4.0, " · 4 s each · 12 s left"),
    ],
)
def test_pace_in_words(done: int, left: int, seconds: float, said: str) -> None:
    assert pace(done, left, seconds) == said
