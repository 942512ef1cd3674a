"""What a page says about its article: headline, outlet, writers, dates, address; it does not look at the text itself.

JSON-LD is asked first, then microdata, then meta elements, then what is drawn around the headline. Titles and writers that
none of these gives come from trafilatura.
"""

from __future__ import annotations

import html as entities
import json
import logging
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import urljoin

from lxml.html import HtmlElement
from trafilatura import extract_metadata

from rag.intake.dates import parse_date
from rag.intake.language import primary_tag

log = logging.getLogger(__name__)

_ARTICLE = re.compile(r"(?:Article|BlogPosting|Report|Review|Recipe)$")
_MOST_JSON = 2_000_000  # characters of one script
_MOST_NODES = 20_000
_META = {
    "title": ("og:title", "twitter:title", "dc.title", "parsely-title", "headline"),
    "source": ("og:site_name", "application-name", "dc.publisher", "publisher"),
    "author": ("author", "byl", "article:author", "og:article:author", "parsely-author", "dc.creator", "twitter:data1", "sailthru.author", "cxenseparse:author"),
    "published": ("article:published_time", "og:article:published_time", "datepublished", "parsely-pub-date", "pubdate", "publishdate", "date", "dc.date.issued", "dc.date", "dcterms.created", "analytics.date"),
    "updated": ("article:modified_time", "og:article:modified_time", "datemodified", "lastmod", "last-modified", "dcterms.modified", "og:updated_time"),
    "url": ("og:url", "twitter:url"),
}  # fmt: skip
_BY = re.compile(
    r"^(?:(?:written |words |story |text |reported )?by|interview|von|par|por|door|av|di|autor|texte?)\b\s*:?\s*", re.IGNORECASE
)
_NAME = re.compile(
    r"[^\W\d_a-z][\w'’.-]*(?: (?:(?:de|da|di|du|del|der|den|van|von|bin|al|el|la|le|ter|y|and|und|et|&) )*[^\W\d_a-z][\w'’.-]*){1,5}"
)
_SITE = re.compile(r"\s+[|·•—–-]\s+|\s*»\s*")
_DATE_WORDS = re.compile(r"\d{1,2}(?:st|nd|rd|th)?\.? [A-Z][a-z]{2,8}\.?,? \d{4}|[A-Z][a-z]{2,8}\.? \d{1,2},? \d{4}|\d{4}-\d\d-\d\d")


@dataclass(frozen=True, slots=True)
class Facts:
    """What the page says; ``body`` is the article's text where JSON-LD carries it, ``declared`` whether the page calls itself an article."""

    title: str | None
    source: str | None
    author: str | None
    published: str | None
    updated: str | None
    url: str | None
    language: str | None
    body: str | None
    declared: bool


def read_facts(root: HtmlElement) -> Facts:
    """What can be read from the page's data and head; what is not said is None."""
    nodes = list(_json_nodes(root))
    story = next((node for node in nodes if _is_article(node)), {})
    known = {node["@id"]: node for node in nodes if isinstance(node.get("@id"), str) and len(node) > 1}
    meta = _meta(root)
    props = _microdata(root)
    found = {name: _first(meta.get(key) for key in keys) for name, keys in _META.items()}
    window = _text(root.find(".//title"))
    source = _first([_names(story.get("publisher"), known), props.get("publisher"), found["source"], _site_node(nodes)])
    author = _first([_names(story.get("author") or story.get("creator"), known), props.get("author"), _person(found["author"])])
    title = _first([_plain(story.get("headline")), props.get("headline"), found["title"]])
    url = _first([_link(root, "canonical"), _address(story), props.get("url"), props.get("mainEntityOfPage"), found["url"]])
    return Facts(
        title=title or (_split_title(window)[0] if window else None),
        source=source or (_split_title(window)[1] if window else None),
        author=author,
        published=_moment(story.get("datePublished"), props.get("datePublished"), found["published"]),
        updated=_moment(story.get("dateModified"), props.get("dateModified"), found["updated"]),
        url=_absolute(_base(root), url) if url else None,
        language=_language(root, story, props, meta),
        body=_body(story),
        declared=bool(story or "articleBody" in props or "article:published_time" in meta or meta.get("og:type") == "article"),
    )


def fallback_author(root: HtmlElement) -> str | None:
    """The writer as trafilatura finds it by class names, where the page's data says none."""
    try:
        found = extract_metadata(root, extensive=False).author
    except Exception as error:  # a third-party parser on untrusted input: a missing byline is better than a lost article
        log.debug("trafilatura failed on the writer of a page.", exc_info=error)
        return None
    return found.replace("; ", ", ") if found and len(found) < 100 else None


def date_near(lines: Iterable[str]) -> str | None:
    """The first date in the lines around a headline."""
    for line in lines:
        if whole := parse_date(line):
            return whole
        for hit in _DATE_WORDS.finditer(line[:300]):
            if day := parse_date(hit[0].replace(".", "") if "-" not in hit[0] else hit[0]):
                return day
    return None


def writer_in(line: str) -> str | None:
    """The names after "By" in a short line."""
    found = _BY.match(line)
    if not found or len(line) > 120:
        return None
    name = re.split(r"\s+[|·@]\s*|\n|, |\s\d|\s(?:Published|Updated|Posted)\b", line[found.end() :])[0].strip()
    return _person(name) if name and name[0].isupper() and len(name.split()) <= 6 else None


def bare_name(line: str) -> str | None:
    """A name on its own, or before a date, in a line around a headline."""
    parts = [part.strip() for part in re.split(r"[|·•]|,|\n|(?=\d)|\s{2,}", line) if part.strip()]
    if not parts or not _NAME.fullmatch(parts[0]) or len(line) > 120:
        return None
    return parts[0] if len(parts) > 1 and re.search(r"\d", line) else None


def _json_nodes(root: HtmlElement) -> Iterator[dict[str, Any]]:
    """All objects of the page's JSON-LD, outermost first; scripts that are no JSON are passed over."""
    queue: list[Any] = []
    for script in root.iter("script"):
        if "ld+json" in (script.get("type") or "").lower() and script.text and len(script.text) <= _MOST_JSON:
            try:
                queue.append(json.loads(script.text.strip().removesuffix(";"), strict=False))
            except (ValueError, RecursionError):
                continue
    seen = 0
    while queue and seen < _MOST_NODES:
        node = queue.pop(0)
        seen += 1
        if isinstance(node, list):
            queue.extend(node)
        elif isinstance(node, dict):
            yield node
            queue.extend(node[key] for key in ("@graph", "mainEntity", "mainEntityOfPage", "publisher", "author") if key in node)


def _is_article(node: Mapping[str, Any]) -> bool:
    kinds = node.get("@type")
    return any(
        isinstance(kind, str) and (_ARTICLE.search(kind) or kind == "LiveBlogPosting")
        for kind in (kinds if isinstance(kinds, list) else [kinds])
    )


def _site_node(nodes: list[dict[str, Any]]) -> str | None:
    kinds = ("WebSite", "NewsMediaOrganization", "Organization")
    return next((_plain(node.get("name")) for node in nodes if node.get("@type") in kinds and node.get("name")), None)


def _names(value: Any, known: Mapping[str, Any]) -> str | None:
    """One or several names, given as text, objects, lists or references."""
    names: list[str] = []
    for item in (value if isinstance(value, list) else [value])[:20]:
        if isinstance(item, dict):
            item = item.get("name") or known.get(str(item.get("@id")), {}).get("name")
        if isinstance(item, str) and (name := _person(item)) and name not in names:
            names.append(name)
    return ", ".join(names) or None


def _person(value: str | None) -> str | None:
    name = _BY.sub("", _plain(value) or "").strip(" ,.")
    if not name or "://" in name or name.startswith("@"):
        return None
    return name.title() if name.isupper() and " " in name else name


def _body(story: Mapping[str, Any]) -> str | None:
    value = story.get("articleBody")
    return value if isinstance(value, str) and len(value.split()) >= 30 else None


def _address(story: Mapping[str, Any]) -> str | None:
    main = story.get("mainEntityOfPage")
    value = story.get("url") or (main.get("@id") if isinstance(main, dict) else main)
    return value if isinstance(value, str) and value.startswith("http") else None


def _meta(root: HtmlElement) -> dict[str, str]:
    """Every meta element's content by its name, the first of each."""
    found: dict[str, str] = {}
    for element in root.iter("meta"):
        key = element.get("property") or element.get("name") or element.get("itemprop") or ""
        content = _plain(element.get("content"))
        if key and content:
            found.setdefault(key.lower(), content)
    return found


def _microdata(root: HtmlElement) -> dict[str, str]:
    """The properties of the page's article, read off its elements."""
    found: dict[str, str] = {}
    for element in root.iter():
        for name in (element.get("itemprop") or "").split():
            inner = element.find(".//*[@itemprop='name']") if name in ("author", "publisher") else None
            value = (inner if inner is not None else element).get("content") or element.get("datetime") or element.get("href")
            if name not in ("url", "mainEntityOfPage") and not element.get("datetime"):
                target = inner if inner is not None else element
                value = target.get("content") or ("" if name == "articleBody" else _text(target))
            if name == "author":
                value = _person(value)
            if value is not None and (value or name == "articleBody"):
                found.setdefault(name, value)
    return found


def _language(root: HtmlElement, story: Mapping[str, Any], props: Mapping[str, str], meta: Mapping[str, str]) -> str | None:
    """The first statement that is a tag: of the article, of the page, of its head."""
    root_tag = root.get("lang") or root.get("{http://www.w3.org/XML/1998/namespace}lang") or root.get("xml:lang")
    header = next((e.get("content") for e in root.iter("meta") if (e.get("http-equiv") or "").lower() == "content-language"), None)
    stated = (_plain(story.get("inLanguage")), props.get("inLanguage"), root_tag, meta.get("og:locale"), meta.get("dc.language"), header)
    return _first(primary_tag(value) for value in stated)


def _moment(*values: Any) -> str | None:
    return next((day for value in values if isinstance(value, str) and (day := parse_date(value.strip()))), None)


def _link(root: HtmlElement, rel: str) -> str | None:
    return next((link.get("href") for link in root.iter("link") if (link.get("rel") or "").lower() == rel and link.get("href")), None)


def _base(root: HtmlElement) -> str:
    base = root.find(".//base")
    return (base.get("href") if base is not None else None) or ""


def _absolute(base: str, url: str) -> str | None:
    try:
        return urljoin(base, url)
    except ValueError:  # an address such as "//[", which no page means
        return None


def _split_title(window: str) -> tuple[str, str | None]:
    """A window's title is "Headline | Outlet", "Outlet: Headline" or "Outlet - Headline"; the longer part is the headline."""
    parts = [part.strip() for part in _SITE.split(window) if part.strip()]
    if len(parts) == 1:
        site, colon, rest = window.partition(": ")
        return (rest, site) if colon and len(site.split()) <= 3 <= len(rest.split()) - 2 and site.istitle() else (window, None)
    headline = max(parts, key=lambda part: len(part.split()))
    site = parts[-1] if parts[-1] != headline else parts[0]
    return headline, site if len(site.split()) <= 5 else None


def _plain(value: Any) -> str | None:
    return " ".join(entities.unescape(value).replace("\u00ad", "").split()) or None if isinstance(value, str) else None


def _text(element: HtmlElement | None) -> str | None:
    return _plain(element.text_content()) if element is not None else None


def _first(values: Iterable[str | None]) -> str | None:
    return next((value for value in values if value), None)
