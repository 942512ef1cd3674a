"""The language of an article: what is stated, checked against its words; kept, shown, and learnt by a library of before it was known."""

from __future__ import annotations

import json
import sqlite3
import sys
from collections.abc import Callable

import pytest
from samples import back_to_schema

from rag.assistant import Assistant
from rag.intake.fields import Place
from rag.intake.language import language_of, primary_tag
from rag.intake.web import read_html
from rag.settings import CHECKOUT
from rag.store.sync import sync
from rag.ui.views import Place as Spot
from rag.ui.views import article_view

sys.path.insert(0, str(CHECKOUT / "benchmarks"))
import cleaning

GERMAN = "Der Stadtrat hat am Montag beschlossen, die Uhr am Rathaus vor dem Winter zu reparieren. Die Arbeit kostet 4200 Euro und beginnt im November."
ENGLISH = (
    "The council voted on Monday to mend the clock on the market hall before the winter. The work will cost £4,200 and begin in November."
)
ARABIC = "قرر المجلس البلدي يوم الاثنين إصلاح ساعة السوق قبل الشتاء. وستكلف الأعمال أربعة آلاف دينار وتبدأ في نوفمبر."


@pytest.mark.parametrize("split", ["all", "long"])
@pytest.mark.parametrize("stated", [None, "en", "de"])
def test_every_labelled_article_gets_its_language_whatever_is_stated(split: str, stated: str | None) -> None:
    for page in cleaning.pages(split):
        assert language_of("\n\n".join(page.label["text"]), stated) == page.label["language"], page.name


@pytest.mark.parametrize(
    ("text", "stated", "language"),
    [
        pytest.param(GERMAN, "en", "de", id="words that are sure win over a statement"),
        pytest.param(ENGLISH, "de-DE", "en", id="English too"),
        pytest.param("Tor!", "de", "de", id="too few words to check"),
        pytest.param("Tor!", None, None, id="too few words and nothing stated"),
        pytest.param("2:1 (1:0)", None, None, id="no words"),
        pytest.param(
            "Regjeringen la mandag fram et forslag om nye regler for ferjer i hele landet.", "nn", "nn", id="near languages: the statement"
        ),
        pytest.param(ENGLISH, "gsw", "gsw", id="a language that the detector does not know"),
        pytest.param(ENGLISH.upper(), None, "en", id="capitals"),
    ],
)
def test_statement_and_words_are_weighed(text: str, stated: str | None, language: str | None) -> None:
    assert language_of(text, stated) == language


@pytest.mark.parametrize(
    ("stated", "tag"),
    [("de-AT", "de"), ("pt_BR", "pt"), ("EN", "en"), ("iw", "he"), ("und", None), ("English", None), ("", None), ("zh-Hans-CN", "zh")],
)
def test_tags_are_cut_to_the_language(stated: str, tag: str | None) -> None:
    assert primary_tag(stated) == tag


@pytest.mark.parametrize(
    "page",
    [
        pytest.param('<html lang="de-AT"><head></head>', id="html"),
        pytest.param('<html><head><meta property="og:locale" content="de_DE"></head>', id="og:locale"),
        pytest.param('<html lang="%%"><head><meta http-equiv="Content-Language" content="de"></head>', id="header"),
        pytest.param(
            '<html lang="en"><head><script type="application/ld+json">{"@type":"NewsArticle","inLanguage":"de-DE"}</script></head>',
            id="JSON-LD first",
        ),
    ],
)
def test_a_page_states_its_language_where_its_words_are_unsure(page: str) -> None:
    names = "Anna Kolb, Mara Lind, Tom Weis, Ida Frey, Udo Holm, Eva Brand. Jan Roth, Lea Thal, Max Wind, Ina Berg, Pia Moor."
    read = read_html(
        f"{page}<body><h1>Lind, Weis, Frey und Holm</h1><p>{names}</p></body></html>".encode(), Place("pages", "page.html", 10_000)
    )
    unsure = language_of(read.articles[0].text)
    assert read.articles[0].language == (unsure or "de")


def test_front_matter_and_lines_state_it_and_odd_values_lose_no_article(library_of: Callable[[dict[str, str]], Assistant]) -> None:
    lines = [
        {"id": "one", "title": "Tor", "language": "de-DE", "text": "Tor!"},
        {"id": "two", "title": "Tor", "inLanguage": ["fr"], "text": "But !"},
        {"id": "three", "title": "Tor", "language": "Deutsch, glaube ich", "text": GERMAN},
        {"id": "four", "title": "Tor", "language": 7, "text": ENGLISH},
    ]
    opened = library_of({"a.jsonl": "\n".join(map(json.dumps, lines)), "b.md": "---\nid: five\nlanguage: sv\ntitle: Mål\n---\nMål!\n"})
    found = {article.article_id: article.language for article in opened.library.articles()}
    assert found == {"one": "de", "two": "fr", "three": "de", "four": "en", "five": "sv"}
    reasons = [remark.reason for remark in sync(opened.stores, []).warnings]
    assert sum("is no tag such as en" in reason for reason in reasons) == 2


def test_an_article_in_another_language_is_taken_in_with_a_remark_once(library_of: Callable[[dict[str, str]], Assistant]) -> None:
    opened = library_of({"en.txt": f"Clock\n\n{ENGLISH}"})
    (opened.stores.library.home.parent / "articles" / "de.txt").write_text(f"Uhr\n\n{GERMAN}", encoding="utf-8")
    report = sync(opened.stores, [])
    assert [(remark.path, "questions are understood in English" in remark.reason) for remark in report.warnings] == [("de.txt", True)]
    assert report.added == 1
    assert sync(opened.stores, []).warnings == ()


def test_remarks_on_a_library_in_another_language_are_few(library_of: Callable[[dict[str, str]], Assistant]) -> None:
    opened = library_of({"en.txt": f"Clock\n\n{ENGLISH}"})
    lines = [json.dumps({"id": f"n{i}", "title": "Uhr", "text": f"{GERMAN} Nummer {i}."}) for i in range(30)]
    (opened.stores.library.home.parent / "articles" / "de.jsonl").write_text("\n".join(lines), encoding="utf-8")
    report = sync(opened.stores, [])
    assert report.added == 30
    assert len(report.warnings) == 21
    assert "and 10 more articles" in report.warnings[-1].reason


def test_a_library_of_before_learns_its_languages_at_the_next_pass(library_of: Callable[[dict[str, str]], Assistant]) -> None:
    opened = library_of({"en.txt": f"Clock\n\n{ENGLISH}", "de.txt": f"Uhr\n\n{GERMAN}"})
    path = opened.library.database.path
    before = {article.article_id: article.version for article in opened.library.articles()}
    opened.library.database.close()
    with sqlite3.connect(path) as db:
        db.executescript(back_to_schema(2))
    again = Assistant(opened.settings, embedder=opened.embedder)
    assert {article.language for article in again.library.articles()} == {None}
    report = sync(again.stores, [])
    assert (report.added, report.changed, report.unchanged, report.embedded) == (0, 0, 2, 0)
    assert sorted(str(article.language) for article in again.library.articles()) == ["de", "en"]
    assert {article.article_id: article.version for article in again.library.articles()} == before
    assert all(len(again.versions(id)) == 1 for id in before)


def test_the_drawer_says_the_language_and_which_way_the_text_runs(library_of: Callable[[dict[str, str]], Assistant]) -> None:
    opened = library_of({"en.txt": f"Clock\n\n{ENGLISH}", "ar.txt": f"ساعة السوق\n\n{ARABIC}", "none.txt": "Tor\n\nTor!"})
    views = {a.language: article_view(a, Spot(a.article_id, a.version, 0, 3), []) for a in opened.library.articles()}
    assert {tag: (view["lang"], view["dir"]) for tag, view in views.items()} == {
        "en": ("en", "ltr"),
        "ar": ("ar", "rtl"),
        None: (None, "auto"),
    }
    assert "in Arabic" in views["ar"]["byline"]
    assert "English" not in views["en"]["byline"]


@pytest.mark.parametrize(
    ("stated", "kept"),
    [
        ("2026-03-01T10:00:00Z", "2026-03-01T10:00:00+00:00"),
        ("2026-03-01T10:00:00-0700", "2026-03-01T10:00:00-07:00"),
        ("2026-03-01T10:00+05:30", "2026-03-01T10:00:00+05:30"),
        ("2026-10-25T02:30:00+01:00", "2026-10-25T02:30:00+01:00"),
        ("2026-03-01T10:00:00", "2026-03-01T10:00:00"),
        ("2026-03-01 10:00", "2026-03-01T10:00:00"),
        ("2026-03-01", "2026-03-01"),
    ],
)
@pytest.mark.parametrize(
    "head",
    [
        '<script type="application/ld+json">{"@type":"NewsArticle","datePublished":"%s","dateModified":"2026-03-02T01:00:00+09:00"}</script>',
        '<meta property="article:published_time" content="%s"><meta property="article:modified_time" content="2026-03-02T01:00:00+09:00">',
    ],
    ids=["JSON-LD", "meta"],
)
def test_moments_of_a_page_keep_their_offset_and_local_ones_get_none(head: str, stated: str, kept: str) -> None:
    page = f"<html><head>{head % stated}</head><body><h1>Clock to be mended</h1><p>{ENGLISH}</p></body></html>"
    article = read_html(page.encode(), Place("pages", "page.html", 10_000)).articles[0]
    assert article.published == kept
    assert article.updated == "2026-03-02T01:00:00+09:00"
