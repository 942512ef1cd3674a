"""Cuts a page's tree into blocks of text: paragraphs, headings, list items, rows of tables; it judges none of them."""

from __future__ import annotations

import re
from dataclasses import dataclass

from lxml.html import HtmlElement

from rag.intake.webfurniture import is_correction

_INLINE = frozenset(
    "a abbr acronym b bdi bdo big cite code data del dfn em font i ins kbd mark q rp rt ruby s samp small span strike strong sub sup time tt u var wbr nobr".split()
)
_SILENT = frozenset("script style noscript template svg math head".split())
_UNSEEN = re.compile("[\u00ad\u200b\u2060\ufeff]")
_LONGEST_CELL = 60  # words; what holds more is a layout, not data


@dataclass(frozen=True, slots=True)
class Block:
    """A stretch of text between two breaks, of so many words, of which ``linked`` stand inside links."""

    text: str
    element: HtmlElement
    words: int
    linked: int
    furniture: bool
    correction: bool

    @property
    def tag(self) -> str:
        return str(self.element.tag)


def cut_blocks(body: HtmlElement, furniture: set[HtmlElement]) -> list[Block]:
    """All blocks in the order of the page, those inside furniture too, marked."""
    cutter = _Cutter(furniture)
    cutter.visit(body, linked=False, gone=False, correction=False)
    cutter.flush(body, gone=False, correction=False)
    return cutter.blocks


def is_data_table(table: HtmlElement) -> bool:
    """Whether rows and columns carry data; old pages lay themselves out in tables."""
    rows = [[cell for cell in row if cell.tag in ("td", "th")] for row in table.iter("tr")]
    if len(rows) < 2 or next(table.iterdescendants("table"), None) is not None:
        return False
    cells = [cell for row in rows for cell in row]
    wide = sum(len(row) >= 2 for row in rows)
    return wide * 2 > len(rows) and not any(len(cell.text_content().split()) > _LONGEST_CELL for cell in cells)


class _Cutter:
    """Walks the tree once; libxml2 lets no tree be deeper than 256, so that recursion is safe."""

    def __init__(self, furniture: set[HtmlElement]) -> None:
        self.furniture = furniture
        self.blocks: list[Block] = []
        self._run: list[tuple[str, bool]] = []
        self._broken = False

    def visit(self, element: HtmlElement, *, linked: bool, gone: bool, correction: bool) -> None:
        """Everything in the element, its tail not."""
        gone = gone or element in self.furniture
        correction = correction or (element.tag not in ("body", "html") and is_correction(element))
        linked = linked or element.tag == "a"
        if element.tag == "table" and is_data_table(element):
            self._table(element, gone=gone, correction=correction)
            return
        self._say(element.text, linked)
        before: HtmlElement | None = None
        for child in element:
            if not isinstance(child.tag, str) or child.tag in _SILENT:
                pass
            elif child.tag == "br":
                self._break(element, gone=gone, correction=correction)
            elif child.tag in _INLINE and child not in self.furniture:
                if before is not None and before.tag == child.tag and not before.tail:
                    self._say(" ", False)  # two neighbours with nothing between them are two words, not one
                self.visit(child, linked=linked, gone=gone, correction=correction)
            else:
                self.flush(element, gone=gone, correction=correction)
                self.visit(child, linked=linked, gone=gone, correction=correction)
                inside = child in self.furniture
                self.flush(child, gone=gone or inside, correction=correction or is_correction(child))
            self._say(child.tail, linked)
            before = child

    def flush(self, element: HtmlElement, *, gone: bool, correction: bool) -> None:
        """Ends the block that is being gathered."""
        text = "".join(piece for piece, _ in self._run)
        lines = [" ".join(_UNSEEN.sub("", line).split()) for line in text.split("\n")]
        whole = "\n".join(line for line in lines if line)
        if whole:
            count = sum(len(piece.split()) for piece, linked in self._run if linked)
            self.blocks.append(Block(whole, element, len(whole.split()), count, gone, correction))
        self._run.clear()
        self._broken = False

    def _say(self, text: str | None, linked: bool) -> None:
        if text:
            text = re.sub(r"\s+", " ", text)
            self._broken = self._broken and not text.strip()
            self._run.append((text, linked))

    def _break(self, element: HtmlElement, *, gone: bool, correction: bool) -> None:
        """One break ends a line, two in a row a paragraph."""
        if self._broken:
            self.flush(element, gone=gone, correction=correction)
        else:
            self._run.append(("\n", False))
            self._broken = True

    def _table(self, table: HtmlElement, *, gone: bool, correction: bool) -> None:
        for row in table.iter("caption", "tr"):
            cells = [row] if row.tag == "caption" else [cell for cell in row if cell.tag in ("td", "th")]
            texts = [" ".join(_UNSEEN.sub("", cell.text_content()).split()) for cell in cells]
            if any(texts):
                row_text = " | ".join(texts).strip(" |")
                self.blocks.append(Block(row_text, table, len(row_text.split()), 0, gone, correction))
