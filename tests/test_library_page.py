"""The Library page and what feeds it, run by Streamlit's AppTest over real libraries."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from datetime import date
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from samples import HARBOUR, LIBRARY, THREE, held_ids
from streamlit.testing.v1 import AppTest
from streamlit.util import calc_hash
from test_page import APP, HOSTILE, ask, shown, views
from website import Site, article, item, rss

from rag.assistant import Assistant
from rag.catalogue import Bar
from rag.errors import NoSuchArticle
from rag.intake import keep_upload, uploads_folder
from rag.intake.uploads import _plain_name
from rag.librarian import take_in
from rag.settings import Settings
from rag.store.lock import writer_lock
from rag.store.sync import sync
from rag.ui.held import OPEN, Opened
from rag.ui.holdings import DELETE, TAKE_OUT
from rag.ui.progress import pace
from rag.ui.shelf import DAYS

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


@pytest.fixture
def kept(library_of: Callable[[dict[str, str]], Assistant], tmp_path: Path) -> Assistant:
    """Three articles in a folder, one of them revised, one carried by a second outlet."""
    copy = HARBOUR.replace("id: harbour", "id: copy").replace("Skell Gazette", "Fjord Radio")
    made = library_of(THREE | {"copy.md": copy})
    (tmp_path / "articles" / "library.md").write_text(LIBRARY.replace("30 instruments", "45 instruments"), encoding="utf-8")
    sync(made.stores, [])
    return made


def opened(assistant: Assistant, article_id: str, *, changed: bool = False) -> AppTest:
    """The page with an article lying open, as a click on its row leaves it."""
    page = open_library(assistant)
    page.session_state[OPEN] = Opened(article_id, changed)
    return page.run()


def said(page: AppTest) -> str:
    """All that the page says in words of its own."""
    return " ".join(shown(e.value) for kind in (page.markdown, page.caption, page.success, page.warning, page.error) for e in kind)


def searched(page: AppTest, words: str) -> list[str]:
    next(box for box in page.text_input if box.label.startswith("Search")).set_value(words).run()
    assert not page.exception
    return titles(page)


def test_list_shows_what_is_known_of_each_article(kept: Assistant) -> None:
    (view,) = views(open_library(kept), "table")
    rows = {row["title"]: row for row in view["rows"]}
    assert [row["title"] for row in view["rows"]][:2] == ["Frost ruins apple blossom", "Library lends violins"]
    assert rows["Library lends violins"]["cells"] == ["20 Feb 2025", "Fjord Radio", "English", "2", "1"]
    assert rows["Library lends violins"]["changed"]
    assert rows["Frost ruins apple blossom"]["changed"] is None
    assert rows["Crane falls into harbour of Skell"]["copies"] == "carried by 2 outlets"


def test_list_is_searched_and_narrowed_and_says_so(kept: Assistant) -> None:
    page = open_library(kept)
    assert searched(page, "gazette blossom") == ["Frost ruins apple blossom"]
    assert searched(page, "zeppelin") == []
    assert "Nothing fits." in said(page)
    searched(page, "")
    page.multiselect(key="library-outlets").set_value(["Fjord Radio"]).run()
    assert titles(page) == ["Library lends violins", "Crane falls into harbour of Skell"]
    assert "Showing only" in said(page)
    page.selectbox(key="library-order").set_value("Oldest first").run()
    assert titles(page) == ["Crane falls into harbour of Skell", "Library lends violins"]


def test_list_says_when_its_articles_were_published_and_a_bar_narrows_it(kept: Assistant) -> None:
    page = open_library(kept)
    (view,) = views(page, "timeline")
    bars = {bar["said"]: bar["open"] for bar in view["bars"] if bar["open"]}
    assert len(view["bars"]) > len(bars) > 1
    chosen = next(name for name in bars if name.startswith("January 2025"))
    first, last = map(date.fromisoformat, bars[chosen].split("/"))
    page.session_state[DAYS] = Bar(first, last, 1)  # as a click leaves it
    page.run()
    assert set(titles(page)) == {"Crane falls into harbour of Skell"}
    assert "from 1 January 2025" in " ".join(shown(button.label) for button in page.button)
    assert not views(page, "timeline")


def test_long_list_is_drawn_a_page_at_a_time(library_of: Callable[[dict[str, str]], Assistant]) -> None:
    lines = [
        json.dumps({"id": str(n), "title": f"Kiosk {n}", "text": f"Kiosk {n} opened.", "published": f"2025-01-01T{n // 60:02}:{n % 60:02}"})
        for n in range(60)
    ]
    page = open_library(library_of({"kiosks.jsonl": "\n".join(lines)}))
    assert titles(page) == [f"Kiosk {n}" for n in range(59, 9, -1)]
    page.button(key="library-next").click().run()
    assert titles(page) == [f"Kiosk {n}" for n in range(9, -1, -1)]
    assert "51 to 60 of 60 articles" in said(page)
    page.session_state["library-page"] = 7  # as where articles have gone since
    page.run()
    assert not page.exception
    assert "51 to 60 of 60 articles" in said(page)
    assert searched(page, "kiosk 59") == ["Kiosk 59"]


def test_article_opens_whole_with_its_copies_and_versions(kept: Assistant) -> None:
    (view,) = views(opened(kept, "library"), "article")
    assert "".join(text for text, _ in view["text"]) == kept.article("library").text
    page = opened(kept, "harbour")
    assert any("Fjord Radio" in shown(button.label) for button in page.button)
    page = opened(kept, "library")
    (version,) = [box for box in page.selectbox if box.label == "Version"]
    version.select_index(1).run()
    (view,) = views(page, "article")
    assert "30 instruments" in "".join(text for text, _ in view["text"])


def test_what_changed_is_said_and_marked(kept: Assistant) -> None:
    (view,) = views(opened(kept, "library", changed=True), "changes")
    assert view["said"] == "The text was changed in 1 place: 1 word went, 1 word came."
    assert [piece for piece in view["pieces"] if piece[1] != "same"] == [["30", "gone"], ["45", "new"]]


def remove(page: AppTest, how: str) -> None:
    page.button(key="held-remove").click().run()
    page.radio(key="library-how").set_value(how).run()
    page.button(key="library-remove-now").click().run()
    assert not page.exception


def test_article_that_is_taken_out_stays_out_until_it_is_put_back(kept: Assistant) -> None:
    page = opened(kept, "orchard")
    remove(page, TAKE_OUT)
    assert "Out of search: Frost ruins apple blossom" in said(page)
    assert "Frost ruins apple blossom" not in titles(page)
    page.button(key="library-again").click().run()
    assert "orchard" not in held_ids(kept), "its file still lies in the folder"
    page.button(key="back-orchard").click().run()
    assert "orchard" in held_ids(kept)
    assert "Frost ruins apple blossom" in titles(page)


def test_article_that_is_deleted_for_good_takes_its_upload_along(empty: Assistant) -> None:
    take_in(empty.stores, [("ferry.md", FERRY), ("harbour.md", HARBOUR.encode())], lambda *_: None)
    id = next(id for id in held_ids(empty) if id != "harbour")
    page = opened(empty, id)
    page.button(key="held-remove").click().run()
    assert any("The copy that Newsdesk keeps" in shown(caption) for caption in page.radio(key="library-how").proto.captions)
    remove(opened(empty, id), DELETE)
    assert held_ids(empty) == {"harbour"}
    assert [file.name for file in uploads_folder(empty.settings).iterdir() if file.is_file()] == ["harbour.md"]
    with pytest.raises(NoSuchArticle):
        empty.article(id)


def test_decision_to_keep_an_article_changes_nothing(kept: Assistant) -> None:
    page = opened(kept, "orchard")
    page.button(key="held-remove").click().run()
    page.button(key="library-keep").click().run()
    assert "orchard" in held_ids(kept)
    assert not page.radio


def test_damaged_index_is_told_in_words_and_repaired_by_the_button(kept: Assistant) -> None:
    page = open_library(kept)
    assert "not checked since the app was started" in said(page)
    page.button(key="library-check").click().run()
    assert "4 articles in 4 passages, all of them searchable; checked just now; nothing wrong." in said(page)
    index = kept.settings.home / "chroma" / kept.library.meta()["generation"] / "chroma.sqlite3"
    index.write_bytes(b"\0noise" * 10_000)
    page.button(key="library-check").click().run()
    assert "1 thing wrong" in said(page)
    assert "“Repair” puts it right." in said(page)
    page.button(key="library-repair").click().run()
    assert not page.exception
    assert "nothing wrong" in said(page)
    assert not page.warning
    assert "crane" in kept.ask("What fell into the water in the harbour of Skell?").answer


def test_full_text_index_that_is_lost_leaves_the_page_and_is_repaired(kept: Assistant) -> None:
    with closing(sqlite3.connect(kept.library.database.path)) as db:
        db.execute("DROP TABLE chunks_fts_data")
    page = open_library(kept)
    assert searched(page, "violins") == []
    assert page.error
    page.button(key="library-repair").click().run()
    assert searched(page, "violins") == ["Library lends violins"]


def test_markup_in_an_article_stays_text_on_every_part_of_the_page(library_of: Callable[[dict[str, str]], Assistant]) -> None:
    fields = {"id": "hostile", "title": HOSTILE, "source": HOSTILE, "text": f"Nothing to see. {HOSTILE}."}
    assistant = library_of({"hostile.jsonl": json.dumps(fields), "harbour.md": HARBOUR})
    page = opened(assistant, "hostile")
    page.button(key="held-remove").click().run()
    assert HOSTILE in said(page)
    remove(opened(assistant, "hostile"), TAKE_OUT)
    again = open_library(assistant)
    assert HOSTILE in said(again)
    raw = " ".join(element.value for element in (*page.markdown, *again.markdown, *again.success))
    assert "<b>" not in raw
    assert "](https" not in raw
