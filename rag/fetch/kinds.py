"""Tells what was fetched by its content; what the server and the address call it only decides between formats that look alike."""

from __future__ import annotations

import codecs
from collections.abc import Iterator

from lxml.html import HtmlElement

from rag.errors import FetchError, RejectedFile
from rag.fetch.addresses import Address, parse_address
from rag.fetch.visitor import Got
from rag.intake import KNOWN
from rag.intake.formats import ARCHIVE, READERS, format_of
from rag.intake.markup import looks_like_html
from rag.intake.sniff import suffix_of
from rag.intake.webtree import parse_page

_TYPES = {
    "text/html": ".html",
    "application/xhtml+xml": ".html",
    "application/json": ".json",
    "application/ld+json": ".json",
    "application/feed+json": ".json",
    "application/x-ndjson": ".jsonl",
    "application/jsonl": ".jsonl",
    "text/markdown": ".md",
    "text/csv": ".csv",
    "text/tab-separated-values": ".tsv",
    "application/pdf": ".pdf",
    "application/epub+zip": ".epub",
    "application/zip": ".zip",
    "message/rfc822": ".eml",
    "application/mbox": ".mbox",
    "application/vnd.openxmlformats-officedocument.wordprocessingml.document": ".docx",
}
_TEXT = frozenset([".html", ".md", ".txt", ".csv", ".tsv", ".json", ".jsonl"])
_FEEDS = frozenset(["application/rss+xml", "application/atom+xml", "application/rdf+xml", "application/feed+json"])
_MOST_ADVERTISED = 3


def as_file(got: Got) -> tuple[bytes, str]:
    """The bytes as a file of our own, in UTF-8 where the server alone names the encoding, and the suffix of their format.

    Raises FetchError for what no reader reads.
    """
    claimed = _claimed(got)
    body = _in_utf8(got.body, got.charset) if claimed in _TEXT else got.body
    try:
        found, _ = format_of(body, f"fetched{claimed}")
    except RejectedFile as error:
        raise FetchError(f"it gives {error}") from error
    if found is None:
        raise FetchError(f"it gives {got.type or 'something'} that is none of the formats that Newsdesk reads ({KNOWN})")
    return body, found


def _claimed(got: Got) -> str:
    """The suffix that the content's type, else the address, else the look of the content speaks for."""
    suffix = suffix_of(got.final.target.partition("?")[0])
    suffix = suffix if suffix in READERS or suffix == ARCHIVE else ""
    named = _TYPES.get(got.type) or suffix or (".txt" if got.type.startswith("text/") or not got.type else "")
    start = got.body[:4096].lstrip(codecs.BOM_UTF8 + b" \t\r\n")
    if named in (".html", ".txt", "") and start[:1] in (b"{", b"["):
        return ".json"
    if named in (".txt", "") and looks_like_html(start.decode("utf-8", "replace")):
        return ".html"
    return named


def _in_utf8(body: bytes, charset: str | None) -> bytes:
    """Pages that were saved lose the encoding that their server named; bytes that are UTF-8 or marked need none."""
    if charset is None or body.startswith((codecs.BOM_UTF8, codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        return body
    try:
        body.decode("utf-8")
        if b"\0" not in body:
            return body
    except UnicodeDecodeError:
        pass
    try:
        return body.decode(charset).encode("utf-8")
    except (LookupError, ValueError):  # no such encoding, or not in it: the page's own word, or a guess
        return body


def feeds_of(body: bytes, base: Address) -> list[str]:
    """The feeds that a page advertises, at most three; none for what is no page."""
    try:
        root, _ = parse_page(body)
    except RejectedFile:
        return []
    return list(dict.fromkeys(_advertised(root, base)))[:_MOST_ADVERTISED]


def _advertised(root: HtmlElement, base: Address) -> Iterator[str]:
    for link in root.iter("link"):
        if "alternate" in (link.get("rel") or "").lower().split() and (link.get("type") or "").strip().lower() in _FEEDS:
            try:
                yield parse_address(link.get("href") or "", base=base).url
            except FetchError:
                continue
