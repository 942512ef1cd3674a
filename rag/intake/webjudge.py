"""Judges one block of a page by its own words, links and class names: is it part of the article, a line of the header, a correction, a time?

It knows nothing of the block's neighbours.
"""

from __future__ import annotations

import re

from rag.intake.colophon import is_biography
from rag.intake.cues import Kind, date_in, kind_of
from rag.intake.lines import Unit
from rag.intake.webblocks import Block
from rag.intake.webfacts import Facts, writer_in
from rag.intake.webfurniture import tokens
from rag.intake.webwords import heads_correction, is_advert_label

HEADINGS = ("h1", "h2", "h3", "h4", "h5", "h6")
_NEVER = frozenset([Kind.FURNITURE, Kind.CAPTION, Kind.LINKS, Kind.AUTHOR, Kind.COMMENTS])
# Where links of a line lead that asks the reader to do something.
_ASKS = re.compile(
    r"/(?:subscribe|subscription|newsletters?|sign-?up|sign-?in|log-?in|register|join|donate|membership|support-us|abo|tips)(?:[/?#]|$)",
    re.IGNORECASE,
)
_SIGNED = re.compile(r"(?:^|-)(?:by|byl|byline|bylines|author|authors|writer|contributor|reporter)(?:-|$)")
_MONTHS = re.compile(r"(?i)\b(?:jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec)[a-zé]*\.?\b|\d{1,2}[./:]\d\d")
_YEAR = re.compile(r"\b(?:19|20)\d\d\b")


def plain_words(text: str) -> str:
    """The text's words alone, lower case, a space between."""
    return " ".join(re.findall(r"\w+", text.replace("\u00ad", "").lower()))


def is_note(block: Block) -> bool:
    """Whether it is a correction or an editor's note, which is kept wherever it stands."""
    return block.linked * 2 < block.words and (
        (block.correction and block.words >= 5) or (kind_of(block.text) is Kind.NOTE and block.words >= 6) or heads_correction(block.text)
    )


def is_stamp(block: Block) -> bool:
    """Whether it is a clock time and nothing else."""
    return block.words <= 3 and kind_of(block.text) is Kind.STAMP


def is_signed(block: Block) -> bool:
    """Whether the site calls the block, or what it stands in, a byline."""
    up = block.element.getparent()
    return any(
        _SIGNED.search(tokens(element)) is not None
        for element in (block.element, up)
        if element is not None and element.tag not in ("body", "article")
    )


def is_furniture(block: Block, facts: Facts, *, header: bool) -> bool:
    """Whether its own links and words give it away; ``header`` where it stands above the article's first paragraph."""
    text = block.text
    kind = kind_of(" ".join(text.split()))
    if block.linked * 10 >= block.words * 6 and block.words <= 30:
        return True
    if is_advert_label(text):
        return True
    if header and is_header_line(block, facts):
        return True
    if block.words <= 30 and any(_ASKS.search(link.get("href") or "") for link in block.element.iter("a")):
        return True
    if block.tag in HEADINGS:
        return kind in (Kind.FURNITURE, Kind.LINKS, Kind.AUTHOR, Kind.COMMENTS)
    if kind in _NEVER or is_biography(Unit(text, 0, kind), facts.author):
        return True
    return re.search(r"[^\W_]", text) is None


def is_header_line(block: Block, facts: Facts) -> bool:
    """Bylines, roles, dates, counts and section labels between the headline and the first paragraph."""
    text, said = block.text, f" {plain_words(block.text)} "
    if facts.author and any(f" {plain_words(name)} " in said for name in facts.author.split(", ")) and block.words <= 25:
        return True
    if block.words <= 25 and any(writer_in(line) or date_in(line)[0] for line in text.split("\n")):
        return True
    if is_mostly_numbers(block) and not is_stamp(block):
        return True
    if block.words <= 8 and _MONTHS.search(text) and re.search(r"\d", text) and kind_of(text) is Kind.BARE:
        return True
    if block.words <= 16 and _YEAR.search(text) and _MONTHS.search(text):
        return True
    unfinished = kind_of(text) not in (Kind.PROSE, Kind.NOTE, Kind.STAMP)
    return unfinished and block.words <= 5 and block.tag not in (*HEADINGS, "li", "table")


def is_mostly_numbers(block: Block) -> bool:
    """Dates and clocks in any language: two words in five of the line hold a digit."""
    return block.words <= 20 and sum(any(c.isdigit() for c in word) for word in block.text.split()) * 5 >= block.words * 2
