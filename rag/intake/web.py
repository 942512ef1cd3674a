"""Reads saved web pages: bytes in, the article and what the page says about it out; it fetches nothing.

A page that holds no article (a front page, a log-in, an error) is rejected with the reason.
"""

from __future__ import annotations

import re
from dataclasses import replace
from itertools import takewhile

from lxml.html import HtmlElement

from rag.errors import RejectedFile
from rag.intake.decode import tidy
from rag.intake.fields import Place, check_length, make_article, own_address, read_fields
from rag.intake.reading import Reading, Remark
from rag.intake.webfacts import Facts, bare_name, date_near, fallback_author, read_facts, writer_in
from rag.intake.webtext import Story, from_data, read_story
from rag.intake.webtree import parse_page

_LEAST = 15  # words; the shortest briefs have about 30
# A page whose data carries this many times the words that are drawn shows only the beginning.
_CUT_SHORT = 1.3
_ERROR = re.compile(
    r"\b(?:404|403|410|50[0234])\b|\b(?:page )?not found\b|\baccess denied\b|\bforbidden\b|\bjust a moment\b|\bare you (?:a )?(?:human|robot)\b",
    re.I,
)
_SHORT_PAGE = 80  # words; error pages and log-ins say less


def read_html(raw: bytes, place: Place) -> Reading:
    """The article of a saved page.

    Raises RejectedFile for what is no HTML, is built to be endless, or holds no article.
    """
    root, warning = parse_page(raw)
    facts = read_facts(root)
    story = _fuller(read_story(root, facts), facts)
    _refuse_no_article(root, facts, story)
    text = tidy(story.text)
    check_length(text, place)
    given = _given(root, facts, story) | {"url": own_address(facts.url, place.address)}
    fields, warnings = read_fields(given)
    article = make_article(fields, text, place=place, by_title=False)
    return Reading((article,), warnings=tuple(Remark(None, reason) for reason in (warning, *warnings) if reason))


def _given(root: HtmlElement, facts: Facts, story: Story) -> dict[str, str | None]:
    """What is known of the article; the headline as it is drawn comes before the one for search engines."""
    drawn = (name for read in (writer_in, bare_name) for line in story.header if (name := read(line)))
    author = facts.author or next(drawn, None) or fallback_author(root)
    published = facts.published or _drawn_time(root) or date_near(story.header)
    updated = facts.updated if facts.updated != published else None
    title = (story.headline or "").split("\n")[0] or facts.title
    return {
        "title": title,
        "source": facts.source,
        "author": author,
        "published": published,
        "updated": updated,
        "url": facts.url,
        "language": facts.language,
    }


def _drawn_time(root: HtmlElement) -> str | None:
    """The first time element of the page that is machine-readable and outside lists of links."""
    times = (element for element in root.iter("time") if not any(up.tag in ("a", "nav", "aside") for up in element.iterancestors()))
    return date_near(element.get("datetime") or "" for element in times)


def _fuller(story: Story, facts: Facts) -> Story:
    """What the page's data carries, where the page draws much less of it; a standfirst that only the page has stays above it."""
    if facts.body is None:
        return story
    carried = from_data(facts.body)
    if sum(len(paragraph.split()) for paragraph in carried) < _CUT_SHORT * story.words:
        return story
    whole = " ".join(carried)
    above = list(takewhile(lambda paragraph: paragraph not in whole, story.paragraphs))
    return replace(story, paragraphs=(*(above if len(above) < len(story.paragraphs) else ()), *carried))


def _refuse_no_article(root: HtmlElement, facts: Facts, story: Story) -> None:
    window = root.findtext(".//title") or ""
    if story.words < _SHORT_PAGE and not facts.body:
        if _ERROR.search(f"{window} {story.headline or ''}") and not facts.declared:
            raise RejectedFile("an error page, not an article; save the page again")
        if root.find(".//input[@type='password']") is not None and not facts.declared:
            raise RejectedFile("a log-in page, not an article; log in and save the page again")
    if story.words < _LEAST:
        raise RejectedFile("no article was found on the page; save the page of one article, or its text")
    if not facts.declared and _is_front(root, story):
        raise RejectedFile("a list of articles, not an article; save the page of each article")


def _is_front(root: HtmlElement, story: Story) -> bool:
    """Front pages have more headings that are links than paragraphs of some length, and no headline of their own."""
    linked = sum(
        1
        for heading in root.iter("h2", "h3", "h4")
        if heading.find(".//a") is not None or any(up.tag == "a" for up in heading.iterancestors())
    )
    long = sum(len(paragraph.split()) >= 25 for paragraph in story.paragraphs)
    return linked >= 5 and linked > long
