"""Saved web pages become the article and what the page says of it; hostile pages become an article or a reason."""

from __future__ import annotations

import json
import sys
import time
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from rag.errors import RejectedFile
from rag.intake.fields import Place
from rag.intake.folder import read_file
from rag.intake.reading import Reading
from rag.intake.web import read_html
from rag.records import Article
from rag.settings import CHECKOUT, Settings

sys.path.insert(0, str(CHECKOUT / "benchmarks"))
import cleaning

PLACE = Place("pages", "page.html", 200_000)
PARAGRAPHS = (
    "The parish council of Little Garth voted on Monday to mend the clock on the market hall before the winter.",
    "The work will cost £4,200, which the treasurer, Ann Oakley, called “a great deal for the time of day”.",
    "A clockmaker from Ludbury will begin in November and expects to be done within three weeks.",
)
BODY = "".join(f"<p>{text}</p>" for text in PARAGRAPHS)
PAGE = (
    f"<!DOCTYPE html><html><head><title>Clock to be mended | Garth News</title></head><body><h1>Clock to be mended</h1>{BODY}</body></html>"
)


def read(page: str | bytes) -> Article:
    return read_html(page.encode() if isinstance(page, str) else page, PLACE).articles[0]


@pytest.mark.parametrize("page", cleaning.pages("dev"), ids=lambda page: page.name)
def test_development_page_comes_out_nearly_whole_and_nearly_alone(page: cleaning.Page) -> None:
    score = cleaning.score(page, cleaning.newsdesk(page))
    assert score.precision >= 0.97
    assert score.recall >= 0.97
    assert all(score.right.values()), score.right


@pytest.mark.parametrize("split", ["dev", "test", "long-dev"])
def test_halves_reach_the_bar_and_beat_plain_trafilatura(split: str) -> None:
    ours, _ = cleaning.measure(cleaning.newsdesk, split)
    plain, _ = cleaning.measure(cleaning.plain_trafilatura, split)
    for figure in ("precision", "recall"):
        mean = cleaning.summary(ours)[figure][0]
        assert mean > 0.97
        assert mean > cleaning.summary(plain)[figure][0]


def test_labels_stand_on_their_pages() -> None:
    # Every label says something of the article, and every page has one.
    for page in cleaning.pages("all"):
        assert page.label["title"]
        assert len(" ".join(page.label["text"]).split()) > 30
    assert len(cleaning.pages("all")) >= 40


def test_a_folder_with_a_page_gives_its_article(tmp_path: Path) -> None:
    for suffix in (".html", ".htm", ".XHTML"):
        path = tmp_path / f"page{suffix}"
        path.write_text(PAGE, encoding="utf-8")
        entry = read_file(path, relative=path.name, location="pages", settings=Settings())
        assert [article.title for article in entry.articles] == ["Clock to be mended"]
        assert entry.articles[0].text == "\n\n".join(PARAGRAPHS)
        assert entry.articles[0].source == "Garth News"


def test_entries_of_a_live_blog_stay_with_their_times_and_share_buttons_go() -> None:
    entries = "".join(
        f'<article><header><a href="#{i}"><time>1{i}.05 GMT</time></a></header><div><p>{text}</p></div><footer><button>Share</button></footer></article>'
        for i, text in enumerate(PARAGRAPHS)
    )
    assert read(PAGE.replace(BODY, entries)).text.split("\n\n") == [
        line for i, text in enumerate(PARAGRAPHS) for line in (f"1{i}.05 GMT", text)
    ]


@pytest.mark.parametrize("label", ["Read more:", "Lire aussi :", "Lesen Sie auch:", "Lea también", "Leggi anche:", "Читайте также:"])
def test_a_link_to_another_story_leaves_the_end_of_its_paragraph(label: str) -> None:
    page = PAGE.replace("the winter.</p>", f'the winter. <a href="/other">{label} Another clock stops</a></p>')
    assert read(page).text == "\n\n".join(PARAGRAPHS)
    inside = PAGE.replace("the winter.</p>", 'the winter, as <a href="/other">read in the minutes</a> of the meeting.</p>')
    assert "as read in the minutes of the meeting" in read(inside).text


def test_labels_of_adverts_in_other_languages_are_dropped() -> None:
    for label in ("Publicidad", "Anzeige", "Publicité", "Реклама", "إعلان"):
        assert label not in read(PAGE.replace("</p><p>", f"</p><div>{label}</div><p>", 1)).text


def test_a_line_of_dates_in_another_language_is_not_the_first_paragraph() -> None:
    line = "<p>Publié le 18 mai 2026 à 06h00, modifié le 18 mai 2026 à 14h47</p>"
    assert read(PAGE.replace("</h1>", f"</h1><div>Par Ann Oakley</div>{line}")).text == "\n\n".join(PARAGRAPHS)


def test_a_standfirst_that_is_drawn_stays_above_the_text_that_only_data_carries() -> None:
    whole = json.dumps(" ".join(PARAGRAPHS * 2))
    data = f'<script type="application/ld+json">{{"@type":"NewsArticle","headline":"Clock to be mended","articleBody":{whole}}}</script>'
    standfirst = "It has stood at ten to four since the summer before last, and nobody knew why."
    page = PAGE.replace(BODY, f"<p>{standfirst}</p><p>{PARAGRAPHS[0]}</p>").replace("<title>", data + "<title>")
    assert read(page).text == f"{standfirst}\n\n{' '.join(PARAGRAPHS * 2)}"


def test_dates_keep_their_zone_and_the_address_is_the_canonical_one() -> None:
    head = '<link rel="canonical" href="https://garth.example/clock?utm_source=x"><meta property="article:published_time" content="2026-10-05T17:20:00+02:00">'
    article = read(PAGE.replace("<title>", head + "<title>"))
    assert article.published == "2026-10-05T17:20:00+02:00"
    assert article.url == "https://garth.example/clock?utm_source=x"
    assert article.article_id == read(PAGE.replace("<title>", head.replace("?utm_source=x", "") + "<title>")).article_id


def test_writers_come_from_references_lists_and_bylines() -> None:
    graph = (
        '<script type="application/ld+json">{"@graph":[{"@type":"Person","@id":"#a","name":"Ann Oakley"},{"@type":"NewsArticle",'
        '"author":[{"@id":"#a"},{"name":"Bo Lind"}]}]}</script>'
    )
    assert read(PAGE.replace("<title>", graph + "<title>")).author == "Ann Oakley, Bo Lind"
    assert read(PAGE.replace("</h1>", "</h1><div>By Cara Fenn | 5 October 2026</div>")).author == "Cara Fenn"
    assert read(PAGE.replace("</h1>", "</h1><div>By Cara Fenn | 5 October 2026</div>")).published == "2026-10-05"


@pytest.mark.parametrize(
    ("encoding", "named"),
    [
        ("utf-8", "utf-8"),
        ("utf-8-sig", None),
        ("utf-8", "iso-8859-1"),
        ("windows-1252", "windows-1252"),
        ("windows-1252", "iso-8859-1"),
        ("windows-1252", "utf-8"),
        ("windows-1252", None),
        ("windows-1252", "no-such-encoding"),
        ("utf-16", None),
        ("utf-16", "utf-8"),
    ],
)
def test_encoding_is_found_even_where_the_page_lies(encoding: str, named: str | None) -> None:
    page = PAGE.replace("<head>", f'<head><meta charset="{named}">') if named else PAGE
    assert read(page.encode(encoding)).text == "\n\n".join(PARAGRAPHS)


def test_named_encoding_of_another_script() -> None:
    text = "Совет посёлка решил починить часы на рынке до зимы, и работа начнётся уже в ноябре, сообщил казначей."
    page = f'<html><head><meta charset="koi8-r"></head><body><h1>Часы на рынке починят</h1><p>{text}</p><p>Мастер приедет из соседнего города на три недели.</p></body></html>'
    assert text in read(page.encode("koi8-r")).text


@pytest.mark.parametrize(
    ("page", "reason"),
    [
        (b"", "not HTML"),
        (b"   \n ", "not HTML"),
        ("<html><body></body></html>", "no article"),
        ("<html><head><title>404 Not Found</title></head><body><h1>Page not found</h1>" + BODY + "</body></html>", "an error page"),
        ("<html><body><h1>Sign in</h1><form><input type=password></form>" + BODY + "</body></html>", "a log-in page"),
        (
            "<html><body>"
            + "".join(
                f"<div><h3><a href='/{i}'>Story number {i} of today</a></h3><p>What happened in story {i}, told in a line.</p></div>"
                for i in range(9)
            )
            + "</body></html>",
            "a list of articles|no article",
        ),
        (b"<html>\0\0" + PAGE.encode(), "binary"),
        ("<div>" * 100_000 + BODY, "nests more than"),
        (BODY * 8000, "elements"),
        ("<p>" + "word " * 2_300_000, "not HTML|no article"),
    ],
    ids=["empty", "blank", "no-text", "error", "log-in", "front", "binary", "deep", "wide", "one-line"],
)
def test_page_without_an_article_is_refused_with_a_reason(page: str | bytes, reason: str) -> None:
    began = time.perf_counter()
    with pytest.raises(RejectedFile, match=reason):
        read(page)
    assert time.perf_counter() - began < 10


def test_scripts_comments_and_entities_stay_harmless() -> None:
    bomb = '<!DOCTYPE html [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;&a;"><!ENTITY c SYSTEM "file:///etc/passwd">]>'
    page = (
        PAGE.replace("<!DOCTYPE html>", bomb)
        .replace("<p>", "<p><script>alert('no')</script><!-- no -->", 1)
        .replace("Monday", "Monday&b;&c;")
    )
    text = read(page).text
    assert "alert" not in text
    assert "<!--" not in text
    assert "aaaaaaaaaa" not in text
    assert "root:" not in text


def test_broken_markup_is_read_as_browsers_do() -> None:
    page = "<h1>Clock to be mended<p>" + "<p>".join(PARAGRAPHS).replace("clock", "<b>clock") + "</table></div></html></html>"
    assert all(text in read(page).text for text in PARAGRAPHS)


def test_soft_hyphens_go_and_hard_spaces_become_spaces() -> None:
    text = read(PAGE.replace("treasurer", "trea&shy;surer").replace("three weeks", "three&nbsp;weeks")).text
    assert text == "\n\n".join(PARAGRAPHS)


TAGS = st.sampled_from(
    "<p> </p> <div> </div> <h1> </h1> <h2> <br> <a href=x> </a> <table> <tr> <td> </table> <li> <time datetime=2026-01-01> <article> <aside>".split()
)
SCRIPTS = st.sampled_from(
    [
        '<script type="application/ld+json">{"@type":["NewsArticle",1],"author":{"name":[1]},"headline":7,"articleBody":[]}</script>',
        '<script type="application/ld+json">[[{"@type":"NewsArticle","author":[null,{"@id":[]}],"publisher":[[]],"url":{},"@id":3}]]</script>',
        '<base href="http://[x"><link rel=canonical href="//[">',
        '<meta property="article:published_time" content="0000-99-99T99:99">',
        "&#xD800;&#0;&#x1F600;",
        BODY,
    ]
)


@settings(max_examples=80, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(
    st.one_of(
        st.binary(max_size=300),
        st.lists(st.one_of(TAGS, SCRIPTS, st.text(max_size=30)), max_size=40).map(lambda parts: "".join(parts).encode("utf-8", "replace")),
    )
)
def test_any_bytes_give_a_reading_or_a_reason(raw: bytes) -> None:
    try:
        reading = read_html(raw, PLACE)
    except RejectedFile:
        return
    assert isinstance(reading, Reading)
    assert reading.articles[0].text.strip()
