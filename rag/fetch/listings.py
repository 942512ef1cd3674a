"""Reads feeds (RSS, RDF, Atom) and sitemaps into the pages that they list; it fetches nothing.

Each list is read from its start, and never further than the limits; entities are refused before anything is parsed, and none is resolved.
"""

from __future__ import annotations

import html
import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from io import BytesIO
from typing import Any, Literal

from lxml import etree

from rag.errors import FetchError, RejectedFile
from rag.fetch.addresses import Address, parse_address
from rag.intake.dates import parse_date
from rag.intake.markup import html_to_text, looks_like_html, refuse_entities

Kind = Literal["feed", "sitemap", "index"]

_Parts = dict[str, list[Any]]
# A sitemap may name 50,000 pages (sitemaps.org); feeds have some dozens.
MOST_ENTRIES: dict[Kind, int] = {"feed": 5_000, "sitemap": 50_000, "index": 50_000}
_MOST_ELEMENTS = 1_000_000  # some 20 for each page of the largest sitemap
_LONGEST_TEXT = 500  # characters of a title or name
_WHOLE = 150  # words of a description; teasers end long before
_ENTRIES = frozenset(["item", "entry", "url", "sitemap"])
_ASIDE = ("search.yahoo.com/mrss", "itunes", "podcast", "sitemap-image", "sitemap-video")
_NAMED = re.compile(rb"&(?!(?:amp|lt|gt|quot|apos);)[A-Za-z][A-Za-z0-9]{1,30};")
_ROOTS: dict[str, Kind] = {"rss": "feed", "rdf": "feed", "feed": "feed", "urlset": "sitemap", "sitemapindex": "index"}
_ROOT = re.compile(
    rb"(?:\s|<\?.{0,1000}?\?>|<!--.{0,5000}?-->|<!DOCTYPE[^>\[]{0,500}(?:\[[^\]]{0,2000}\]\s*)?>)*<(?:[\w.-]{1,30}:)?(\w{1,20})[\s>/]",
    re.DOTALL,
)


@dataclass(frozen=True, slots=True)
class Listed:
    """One page as a feed or sitemap tells of it; ``body`` is the HTML that a feed's entry carries, None for a mere summary.

    ``key`` tells entries without a link apart; ``moment`` orders them, and is None where no date is given.
    """

    link: Address | None
    key: str
    title: str | None = None
    author: str | None = None
    published: str | None = None
    updated: str | None = None
    body: str | None = None

    @property
    def moment(self) -> datetime | None:
        """When it last changed, as far as is known."""
        day = self.updated or self.published
        if day is None:
            return None
        moment = datetime.fromisoformat(day)
        return moment if moment.tzinfo else moment.replace(tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Listing:
    """What a feed or sitemap lists, newest first, what it calls itself, and what of it cannot be used."""

    kind: Kind
    entries: tuple[Listed, ...]
    name: str | None = None
    remarks: tuple[str, ...] = ()


@dataclass
class _Reader:
    """What has been read of one list so far."""

    base: Address
    entries: list[Listed] = field(default_factory=list)
    bad: list[str] = field(default_factory=list)
    name: str | None = None
    seen: int = 0


def kind_of(raw: bytes) -> Kind | None:
    """What the content is by its first element; None for what is no list."""
    start = raw[:20_000].removeprefix(b"\xef\xbb\xbf")
    if start[:2] in (b"\xff\xfe", b"\xfe\xff"):
        start = start.decode("utf-16", "replace").encode()
    found = _ROOT.match(start)
    return _ROOTS.get(found[1].decode().lower()) if found else None


def read_listing(raw: bytes, base: Address) -> Listing:
    """The list in ``raw``, which was found at ``base``.

    Raises FetchError for what declares entities or cannot be parsed at all.
    """
    kind = kind_of(raw)
    if kind is None:
        raise FetchError("it is neither a feed nor a sitemap")
    try:
        refuse_entities(raw, "the feed" if kind == "feed" else "the sitemap")
    except RejectedFile as error:
        raise FetchError(str(error)) from error
    reader, most = _Reader(base), MOST_ENTRIES[kind]
    try:
        for element in _elements(_NAMED.sub(_numbered, raw)):
            if reader.seen == most:
                reader.bad.insert(0, f"it lists more than {most:,} pages; only the first of them are read")
                break
            _take(reader, element)
    except (etree.LxmlError, ValueError) as error:
        if not reader.entries:
            raise FetchError(f"the {kind} cannot be read: {str(error)[:200]}") from error
        reader.bad.insert(0, "it breaks off in the middle; what stands before that is read")
    remarks = [*reader.bad[:3], *([f"and {len(reader.bad) - 3:,} entries more that cannot be used"] if len(reader.bad) > 3 else [])]
    return Listing(kind, _newest_first(reader.entries), reader.name, tuple(remarks))


def _numbered(found: re.Match[bytes]) -> bytes:
    """Names that HTML knows and XML does not, as numbers, which mean the same to both."""
    meant = html.unescape(found[0].decode())
    return b"".join(b"&#%d;" % ord(char) for char in meant) if meant != found[0].decode() else found[0]


def _elements(raw: bytes) -> Iterator[Any]:
    """Every element outside an entry, and each entry, as they end; what was given is taken out of the tree.

    Raises ValueError where there are more than any list has.
    """
    events = etree.iterparse(
        BytesIO(raw), events=("start", "end"), recover=True, resolve_entities=False, no_network=True, load_dtd=False,
        huge_tree=False, remove_comments=True, remove_pis=True,
    )  # fmt: skip
    inside = count = 0
    for event, element in events:
        entry = _name(element) in _ENTRIES
        if event == "start":
            inside += entry
            count += 1
            if count > _MOST_ELEMENTS:
                raise ValueError(f"it has more than {_MOST_ELEMENTS:,} elements")
            continue
        inside -= entry
        if not inside:
            yield element
            if (parent := element.getparent()) is not None:
                parent.remove(element)


def _newest_first(entries: list[Listed]) -> tuple[Listed, ...]:
    """By their moments, those without one last, in the order of the list."""
    known = sorted((e for e in entries if e.moment is not None), key=lambda e: e.moment or datetime.min, reverse=True)
    return (*known, *(e for e in entries if e.moment is None))


def _take(reader: _Reader, element: Any) -> None:
    name = _name(element)
    if name in ("item", "entry"):
        _keep(reader, _feed_entry, element)
    elif name in ("url", "sitemap"):
        # RSS has an image's url, which is no entry.
        if len(element):
            _keep(reader, _sitemap_entry, element)
    elif name == "title" and reader.name is None and _name(element.getparent()) in ("channel", "feed"):
        reader.name = _line([element])


def _keep(reader: _Reader, read: Callable[[Any, _Parts, _Reader], Listed], element: Any) -> None:
    reader.seen += 1
    try:
        reader.entries.append(read(element, _parts(element), reader))
    except FetchError as error:
        reader.bad.append(str(error).rstrip("."))


def _parts(element: Any) -> _Parts:
    """The children by their local names; those of vocabularies for pictures and podcasts have the same names for other things."""
    parts: _Parts = {}
    for child in element:
        if isinstance(child.tag, str):
            space, _, name = child.tag.rpartition("}")
            if not space or not any(aside in space for aside in _ASIDE):
                parts.setdefault(name.lower(), []).append(child)
    return parts


def _feed_entry(entry: Any, parts: _Parts, reader: _Reader) -> Listed:
    """RSS, RDF and Atom name the same things differently; the first name that has a value counts."""
    link = _link(parts)
    address = parse_address(link, base=_base_of(entry, reader.base)) if link else None
    title = _line(parts.get("title", ()))
    key = _line(parts.get("id", ())) or _line(parts.get("guid", ())) or link or title
    if not key:
        raise FetchError("an entry without link, id and title")
    published, updated = _day(parts, "published", "pubdate", "date", "issued", "created"), _day(parts, "updated", "modified")
    return Listed(
        address,
        key,
        title=title,
        author=_authors(parts),
        published=published or updated,
        updated=updated if updated != published and published else None,
        body=_body(parts),
    )


def _sitemap_entry(entry: Any, parts: _Parts, reader: _Reader) -> Listed:
    if "loc" not in parts:
        raise FetchError("an entry without an address")
    address = parse_address(_whole(parts["loc"][0]), base=reader.base)
    news = _parts(parts["news"][0]) if "news" in parts else {}
    if "publication" in news:
        reader.name = reader.name or _line(_parts(news["publication"][0]).get("name", ()))
    published, title = _day(news, "publication_date"), _line(news.get("title", ()))
    return Listed(address, address.url, title=title, published=published, updated=_day(parts, "lastmod"))


def _link(parts: _Parts) -> str | None:
    """The page that an entry tells of; Atom has several links, RSS may have only a permanent id."""
    for link in parts.get("link", ()):
        if (target := link.get("href")) is not None:
            if link.get("rel", "alternate") == "alternate" and target.strip():
                return str(target).strip()
        elif text := _whole(link):
            return text
    guid = next((guid for guid in parts.get("guid", ()) if guid.get("isPermaLink", "true").lower() == "true"), None)
    text = _whole(guid) if guid is not None else ""
    return text if text.startswith(("http://", "https://")) else None


def _base_of(entry: Any, base: Address) -> Address:
    """``xml:base`` of the entry and what it stands in."""
    for element in (*reversed(list(entry.iterancestors())), entry):
        if given := element.get("{http://www.w3.org/XML/1998/namespace}base"):
            base = parse_address(given, base=base)
    return base


def _authors(parts: _Parts) -> str | None:
    """Names alone: RSS wants a mail address under ``author``, with the name in brackets."""
    names: list[str] = []
    for element in (*parts.get("creator", ()), *parts.get("author", ()))[:20]:
        text = _line(_parts(element).get("name") or [element]) or ""
        bracketed = re.fullmatch(r"\S{1,200}@\S{1,200} \((.+)\)", text)
        text = bracketed[1] if bracketed else text
        if text and "@" not in text and text not in names:
            names.append(text)
    return ", ".join(names) or None


def _body(parts: _Parts) -> str | None:
    """The article's HTML where the entry carries all of it: under ``content``, or as a description that is too long for a teaser."""
    for content in (*parts.get("encoded", ()), *parts.get("content", ())):
        if content.get("src") is None and (text := _markup(content)):
            return text
    summaries = (_markup(element) for element in (*parts.get("description", ()), *parts.get("summary", ())))
    return next((text for text in summaries if len(text.split()) >= _WHOLE), None)


def _markup(element: Any) -> str:
    """HTML that is escaped inside an element, or stands in it as elements; plain text becomes HTML."""
    kind = element.get("type", "html")
    if len(element) and "xhtml" in kind:
        return "".join(etree.tostring(child, encoding="unicode", method="html", with_tail=False) for child in element)
    text = _whole(element)
    return html.escape(text) if kind in ("text", "text/plain") else text


def _day(parts: _Parts, *names: str) -> str | None:
    return next((day for name in names for element in parts.get(name, ()) if (day := to_day(_whole(element)))), None)


def to_day(text: str) -> str | None:
    """A date of a feed as ISO 8601 text; None for what is none."""
    if found := parse_date(text):
        return found
    try:
        return parsedate_to_datetime(text[:80]).isoformat()
    except (ValueError, TypeError, IndexError):
        return None


def _line(elements: Sequence[Any]) -> str | None:
    """The first that has text, as one plain line: markup and entities that were escaped twice are taken out."""
    for element in elements:
        text = html.unescape(_whole(element))
        if looks_like_html(text):
            try:
                text = html_to_text(text)
            except RejectedFile:
                continue
        if text.strip():
            return " ".join(text.split())[:_LONGEST_TEXT]
    return None


def _whole(element: Any) -> str:
    """All text of an element."""
    return ((element.text or "") if not len(element) else "".join(element.itertext())).strip()


def _name(element: Any) -> str:
    return element.tag.rpartition("}")[2].lower() if element is not None and isinstance(element.tag, str) else ""
