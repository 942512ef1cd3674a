"""Turns a saved page's bytes into a bounded tree of elements; it knows nothing of articles."""

from __future__ import annotations

import codecs
import re

from lxml import etree, html  # type: ignore[import-untyped]
from lxml.html import HtmlElement  # type: ignore[import-untyped]

from rag.errors import RejectedFile
from rag.intake.decode import guess, tidy

# libxml2 drops what is nested deeper than 256 without a word; a real page stays under 60.
_DEEPEST = 250
# About 20 times a long live blog; docs/cleaning.md has what reading so many takes.
_MOST_ELEMENTS = 20_000
_HEAD = 4096  # bytes in which a page must name its encoding; the standard asks for 1024
_CHARSET = re.compile(rb"""<(?:meta|\?xml)[^>]{0,200}?(?:charset|encoding)\s*=\s*["']?\s*([\w.:-]{1,40})""", re.IGNORECASE)
# What browsers take these names for.
_MEANT = {
    "iso-8859-1": "windows-1252",
    "latin1": "windows-1252",
    "latin-1": "windows-1252",
    "us-ascii": "windows-1252",
    "ascii": "windows-1252",
}
_MARKS = ((codecs.BOM_UTF8, "utf-8-sig"), (codecs.BOM_UTF16_LE, "utf-16"), (codecs.BOM_UTF16_BE, "utf-16"))


def parse_page(raw: bytes) -> tuple[HtmlElement, str | None]:
    """The page's root element, and a warning where its encoding had to be guessed.

    Raises RejectedFile for what is no HTML, is nested too deeply or has too many elements.
    """
    decoded, warning = _decoded(raw)
    parser = html.HTMLParser(huge_tree=False, remove_comments=True, remove_pis=True, no_network=True, encoding="utf-8")
    try:
        root = html.document_fromstring(tidy(decoded).encode("utf-8", "replace"), parser=parser)
    except (etree.LxmlError, ValueError, AssertionError) as error:
        raise RejectedFile("not HTML that can be read: empty, or one piece of text of more than 10 MB") from error
    _check_size(root)
    return root, warning


def _decoded(raw: bytes) -> tuple[str, str | None]:
    """By the byte order mark, else UTF-8 where it is, else what the page names, else guessed.

    Pages that name another encoding and are valid UTF-8 were saved anew; bytes of other encodings are hardly ever valid UTF-8.
    """
    for mark, name in _MARKS:
        if raw.startswith(mark):
            return raw.decode(name, errors="replace"), None
    if b"\0" in raw:
        raise RejectedFile("binary, or UTF-16 without its mark; save it as UTF-8")
    try:
        return raw.decode("utf-8"), None
    except UnicodeDecodeError:
        pass
    found = _CHARSET.search(raw[:_HEAD])
    if found:
        named = found[1].decode("ascii", "replace").lower()
        try:
            return raw.decode(_MEANT.get(named, named)), None
        except (LookupError, ValueError):  # no such encoding, or the page is not in it
            pass
    return guess(raw)


def _check_size(root: HtmlElement) -> None:
    depth = count = 0
    for event, _ in etree.iterwalk(root, events=("start", "end")):
        if event == "end":
            depth -= 1
            continue
        depth += 1
        count += 1
        if depth > _DEEPEST:
            raise RejectedFile(f"the page nests more than {_DEEPEST} elements in each other; save the article as text")
        if count > _MOST_ELEMENTS:
            raise RejectedFile(f"the page has more than {_MOST_ELEMENTS} elements; save the article alone")
