"""Turns the HTML of an article into its paragraphs; it knows nothing of whole web pages and their furniture.

libxml2 parses and the tree is walked without recursion, so neither a broken nor a deep document can end the process.
Nothing is fetched: no DTD, no entity of a document's own, no picture.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from lxml import etree

from rag.errors import RejectedFile
from rag.intake.decode import tidy

_LONGEST = 20_000_000  # characters of HTML; the largest file that is read by default
_DEEPEST = 2000  # elements inside each other; a layout of tables in a mail reaches 60
_SKIPPED = frozenset("script style head title template noscript iframe object svg math select button textarea audio video canvas".split())
_INLINE = frozenset(
    "a abbr acronym b bdi bdo big cite code data del dfn em font i img ins kbd label mark q s samp small span strike strong sub sup time tt u var wbr".split()
)
_CELLS = frozenset(["td", "th"])
_LINE = "\v"  # a line break inside a paragraph, while other white space is still to be folded
_DECLARATION = re.compile(r"^\s*<\?xml[^>]*\?>")
_LOOKS = re.compile(r"</(?:p|div|br|h[1-6]|li|ul|span|a|strong|em|b|i|table|html|body)\s*>|<(?:p|br)\s*/?>", re.IGNORECASE)


def looks_like_html(text: str) -> bool:
    """Whether the text holds a tag that only HTML has; a lone ``<`` is none."""
    return _LOOKS.search(text) is not None


def html_to_text(html: str) -> str:
    """The paragraphs, separated by blank lines; the rows of a table are lines with `` | `` between the cells.

    Raises RejectedFile for HTML that is too long or too deep.
    """
    if len(html) > _LONGEST:
        raise RejectedFile(f"HTML of {len(html)} characters, more than {_LONGEST}")
    source = _DECLARATION.sub("", html).replace("\0", "")
    if not source.strip():
        return ""
    parser = etree.HTMLParser(encoding="utf-8", huge_tree=True, remove_comments=True, remove_pis=True, no_network=True)
    try:
        root = etree.fromstring(source.encode("utf-8", "replace"), parser)
    except etree.LxmlError as error:
        raise RejectedFile(f"HTML that cannot be read: {error}") from error
    return "" if root is None else tidy(_Writer().written(root)).strip()


def parse_xml(raw: bytes, what: str) -> Any:
    """The root of an XML part that declares no entities; none is ever resolved, nothing is fetched.

    Raises RejectedFile that names the part.
    """
    refuse_entities(raw, what)
    parser = etree.XMLParser(
        resolve_entities=False, no_network=True, load_dtd=False, huge_tree=False, remove_comments=True, remove_pis=True
    )
    try:
        return etree.fromstring(raw, parser)
    except (etree.LxmlError, ValueError) as error:
        raise RejectedFile(f"{what} is not XML that can be read: {error}") from error


def refuse_entities(raw: bytes, what: str) -> None:
    """Raises RejectedFile for XML that declares entities, which grow without bound or name files; no office program writes any."""
    plain = raw.replace(b"\0", b"") if raw[:2] in (b"\xff\xfe", b"\xfe\xff") or b"\0" in raw[:4] else raw
    if b"<!ENTITY" in plain:
        raise RejectedFile(f"{what} declares XML entities, which are never needed and can grow without bound")


def _events(root: Any) -> Iterator[tuple[bool, Any, str]]:
    """(begins, element, name) in document order; what is skipped is not entered, but its tail is part of its parent."""
    stack = [(root, iter(root))]
    yield True, root, _name(root)
    while stack:
        element, children = stack[-1]
        child = next(children, None)
        if child is None:
            stack.pop()
            yield False, element, _name(element)
        elif _name(child) in _SKIPPED or not isinstance(child.tag, str):
            yield False, child, ""
        else:
            if len(stack) >= _DEEPEST:
                raise RejectedFile(f"HTML with more than {_DEEPEST} elements inside each other")
            stack.append((child, iter(child)))
            yield True, child, _name(child)


def _name(element: Any) -> str:
    return element.tag.rpartition("}")[2].lower() if isinstance(element.tag, str) else ""


class _Writer:
    """Owns the text while the tree is walked."""

    def __init__(self) -> None:
        self._blocks: list[tuple[str, bool]] = []  # the text, and whether it is the row of a table
        self._now: list[str] = []
        self._cells = 0  # cells that are open; they can only be nested where the HTML is broken
        self._in_row = 0

    def written(self, root: Any) -> str:
        layout = _layout_tables(root)
        tables: list[bool] = []
        for begins, element, name in _events(root):
            if name == "table":
                self._flush()
                tables = [*tables, element not in layout] if begins else tables[:-1]
            elif name == "br":
                self._add(_LINE if begins and not self._cells else " ")
            elif name == "tr" or (name in _CELLS and not (tables and tables[-1])):
                self._flush(row=not begins and self._in_row > 1)
                self._in_row = 0
            elif name in _CELLS:
                self._cell(begins)
            elif name and name not in _INLINE:
                self._flush() if not self._cells else self._add(" ")
            if begins:
                self._add(element.text)
            elif element is not root:
                self._add(element.tail)
        self._flush()
        return self._joined()

    def _cell(self, begins: bool) -> None:
        if begins and any(part.strip() for part in self._now):
            self._add(" | ")
        self._cells += 1 if begins else -1
        self._in_row += begins

    def _add(self, text: str | None) -> None:
        if text:
            self._now.append(text)

    def _flush(self, *, row: bool = False) -> None:
        lines = (" ".join(line.split()) for line in "".join(self._now).split(_LINE))
        block = "\n".join(line for line in lines if line)
        if block:
            self._blocks.append((block, row))
        self._now = []

    def _joined(self) -> str:
        text: list[str] = []
        for i, (block, row) in enumerate(self._blocks):
            if i:
                text.append("\n" if row and self._blocks[i - 1][1] else "\n\n")
            text.append(block)
        return "".join(text)


def _layout_tables(root: Any) -> set[Any]:
    """Tables that hold tables only arrange the page, as in mails: their cells are paragraphs."""
    found: set[Any] = set()
    open_tables: list[Any] = []
    for begins, element, name in _events(root):
        if name == "table":
            if begins:
                found.update(open_tables[-1:])
                open_tables.append(element)
            else:
                open_tables.pop()
    return found
