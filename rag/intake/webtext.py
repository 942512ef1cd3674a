"""Chooses the blocks of a page that are its article: where trafilatura finds it, made whole and rid of what came along.

trafilatura says where on the page the article is. All of that place is then taken, since it drops short paragraphs, subheadings and corrections,
and each block in it is judged by its links, its words and its neighbours.
"""

from __future__ import annotations

import copy
import html as entities
import logging
import re
from collections.abc import Sequence
from dataclasses import dataclass

from lxml.html import HtmlElement
from trafilatura import bare_extraction

from rag.intake.colophon import is_biography
from rag.intake.cues import Kind, date_in, kind_of
from rag.intake.lines import Unit
from rag.intake.webblocks import Block, cut_blocks
from rag.intake.webfacts import Facts, writer_in
from rag.intake.webfurniture import find_furniture, tokens

# It warns of every page that it finds nothing on; what comes of a page is said in its reading.
logging.getLogger("trafilatura").setLevel(logging.CRITICAL)

_HEADINGS = ("h1", "h2", "h3", "h4", "h5", "h6")
_NEVER = frozenset([Kind.FURNITURE, Kind.CAPTION, Kind.LINKS, Kind.AUTHOR, Kind.COMMENTS])
# The share of the words that trafilatura kept which the article's element must hold.
_MOST = 0.9
_PULL_REACH = 30  # blocks between a pull quote and its paragraph
# Looking for each block inside the whole text is quadratic; on longer pages only equal lines count.
_MOST_SEARCHED = 3000  # blocks
_PARAGRAPH = 20  # words
_SENTENCE = 12  # words; the least of an article's first paragraph
_HEADER = 30  # blocks after the headline in which the first paragraph must stand
# Where links of a line lead that asks the reader to do something.
_ASKS = re.compile(
    r"/(?:subscribe|subscription|newsletters?|sign-?up|sign-?in|log-?in|register|join|donate|membership|support-us|abo|tips)(?:[/?#]|$)",
    re.IGNORECASE,
)
_SIGNED = re.compile(r"(?:^|-)(?:by|byl|byline|bylines|author|authors|writer|contributor|reporter)(?:-|$)")
_NOTE = re.compile(
    r"^\W*(?:korrektur|berichtigung|rectificatif|errata|correction|corrección|fe de errores|correzione|rectificatie|rättelse)\b[^.]{0,40}[:—–]",
    re.IGNORECASE,
)
_MONTHS = re.compile(r"(?i)\b(?:jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec)[a-zé]*\.?\b|\d{1,2}[./:]\d\d")
_YEAR = re.compile(r"\b(?:19|20)\d\d\b")


@dataclass(frozen=True, slots=True)
class Story:
    """An article's paragraphs, the words of its headline where that is drawn, and the short lines around it."""

    paragraphs: tuple[str, ...]
    headline: str | None
    header: tuple[str, ...]

    @property
    def text(self) -> str:
        return "\n\n".join(self.paragraphs)

    @property
    def words(self) -> int:
        return sum(len(paragraph.split()) for paragraph in self.paragraphs)


def read_story(root: HtmlElement, facts: Facts) -> Story:
    """The article of the page; its paragraphs are empty where there is none."""
    body = root.find("body")
    if body is None:
        return Story((), None, ())
    headline = _headline_element(body, facts.title)
    blocks = cut_blocks(body, find_furniture(body, headline))
    start = _headline_block(blocks, headline, facts.title)
    votes = _votes(root, blocks)
    place = _place(blocks, votes, start)
    header_end = _header_end(blocks, start, facts)
    kept = []
    for i in range(start + 1, len(blocks)):
        block = blocks[i]
        inside = place is not None and (place is block.element or place in block.element.iterancestors())
        note = _is_note(block)
        if (block.furniture and not note) or not (inside or note or i <= header_end):
            continue
        if note or not _is_furniture(block, facts, header=i < header_end):
            kept.append(i)
    kept = _without_loose_ends(blocks, _without_repeats(blocks, kept), header_end)
    kept = _without_imprint(blocks, kept, facts.source)
    around = [blocks[i] for i in range(max(0, start), header_end) if i not in kept]
    around.sort(key=lambda block: not _is_signed(block))
    header = tuple(line for block in around for line in block.text.split("\n"))
    return Story(_joined([blocks[i] for i in kept]), blocks[start].text if start >= 0 else None, header[:20])


def from_data(body: str) -> tuple[str, ...]:
    """The paragraphs of a text that JSON-LD carries, with its markup taken out."""
    text = re.sub(r"(?i)</(?:p|h\d|li|div)\s*>|<br\s*/?>\s*<br\s*/?>", "\n", body)
    text = entities.unescape(re.sub(r"<[^<>]{0,2000}>", "", text)).replace("\u00ad", "")
    return tuple(" ".join(line.split()) for line in text.split("\n") if line.strip())


def _plain(text: str) -> str:
    return " ".join(re.findall(r"\w+", text.replace("\u00ad", "").lower()))


def _headline_element(body: HtmlElement, title: str | None) -> HtmlElement | None:
    """The first heading that says what the page's data says, else the first h1 of some length."""
    wanted = set(_plain(title).split()) if title else set()
    headings = [element for element in body.iter("h1", "h2", "h3") if element.text_content().strip()]
    for element in sorted(headings, key=lambda element: element.tag):
        said = set(_plain(element.text_content()).split())
        if wanted and len(said & wanted) * 10 >= 7 * max(len(said), min(len(wanted), 6)):
            return element
    return next((element for element in headings if element.tag == "h1" and len(element.text_content().split()) >= 3), None)


def _headline_block(blocks: Sequence[Block], headline: HtmlElement | None, title: str | None) -> int:
    """Where the headline stands, -1 where it does not."""
    if headline is not None:
        found = [i for i, block in enumerate(blocks) if block.element is headline or headline in block.element.iterancestors()]
        if found:
            return found[-1]
    wanted = _plain(title) if title else ""
    return next((i for i, block in enumerate(blocks) if wanted and _plain(block.text.split("\n")[0]) == wanted), -1)


def _votes(root: HtmlElement, blocks: Sequence[Block]) -> set[int]:
    """The blocks that trafilatura keeps; all that read as paragraphs where it keeps nothing."""
    try:
        found = bare_extraction(copy.deepcopy(root), include_comments=False, include_tables=True)
        text = found.text or "" if found is not None and not isinstance(found, dict) else ""
    except Exception:  # a third-party parser on untrusted input: the blocks can still be judged without it
        text = ""
    held: str | set[str] = f" {_plain(text)} " if len(blocks) <= _MOST_SEARCHED else {f" {_plain(line)} " for line in text.split("\n")}
    votes = {i for i, block in enumerate(blocks) if not block.furniture and block.words >= 5 and f" {_plain(block.text)} " in held}
    votes = {i for i in votes if blocks[i].linked * 2 < blocks[i].words}
    if sum(blocks[i].words for i in votes) < 25:
        votes |= {
            i for i, b in enumerate(blocks) if not b.furniture and b.words >= 8 and b.linked * 3 < b.words and kind_of(b.text) is Kind.PROSE
        }
    return votes


def _place(blocks: Sequence[Block], votes: set[int], start: int) -> HtmlElement | None:
    """The deepest element that holds nearly all words that were voted for, below the headline."""
    weights: dict[HtmlElement, int] = {}
    whole = 0
    for i in sorted(votes):
        if i > start:
            whole += blocks[i].words
            for element in (blocks[i].element, *blocks[i].element.iterancestors()):
                weights[element] = weights.get(element, 0) + blocks[i].words
    enough = [element for element, words in weights.items() if words >= _MOST * whole]
    return max(enough, key=lambda element: sum(1 for _ in element.iterancestors()), default=None)


def _header_end(blocks: Sequence[Block], start: int, facts: Facts) -> int:
    """Where the article's first paragraph stands; a byline below a standfirst makes it the second. Without a headline there is no header."""
    if start < 0:
        return 0
    reach = range(start + 1, min(len(blocks), start + 1 + _HEADER))
    first = [
        i
        for i in reach
        if not blocks[i].furniture
        and blocks[i].words >= _SENTENCE
        and kind_of(blocks[i].text) is Kind.PROSE
        and blocks[i].linked * 2 < blocks[i].words
    ]
    if not first:
        return start + 1
    if len(first) > 1 and any(_is_header_line(blocks[i], facts) for i in range(first[0] + 1, first[1])):
        return first[1]
    return first[0]


def _is_signed(block: Block) -> bool:
    """Whether the site calls the block, or what it stands in, a byline."""
    up = block.element.getparent()
    return any(
        _SIGNED.search(tokens(element)) is not None
        for element in (block.element, up)
        if element is not None and element.tag not in ("body", "article")
    )


def _is_note(block: Block) -> bool:
    return block.linked * 2 < block.words and (
        (block.correction and block.words >= 5) or (kind_of(block.text) is Kind.NOTE and block.words >= 6) or bool(_NOTE.search(block.text))
    )


def _is_furniture(block: Block, facts: Facts, *, header: bool) -> bool:
    text = block.text
    kind = kind_of(" ".join(text.split()))
    if block.linked * 10 >= block.words * 6 and block.words <= 30:
        return True
    if header and _is_header_line(block, facts):
        return True
    if block.words <= 30 and any(_ASKS.search(link.get("href") or "") for link in block.element.iter("a")):
        return True
    if block.tag in _HEADINGS:
        return kind in (Kind.FURNITURE, Kind.LINKS, Kind.AUTHOR, Kind.COMMENTS)
    if kind in _NEVER or is_biography(Unit(text, 0, kind), facts.author):
        return True
    return re.search(r"[^\W_]", text) is None


def _is_header_line(block: Block, facts: Facts) -> bool:
    """Bylines, roles, dates, counts and section labels between the headline and the first paragraph."""
    text, said = block.text, f" {_plain(block.text)} "
    if facts.author and any(f" {_plain(name)} " in said for name in facts.author.split(", ")) and block.words <= 25:
        return True
    if block.words <= 25 and any(writer_in(line) or date_in(line)[0] for line in text.split("\n")):
        return True
    if block.words <= 8 and _MONTHS.search(text) and re.search(r"\d", text) and kind_of(text) is Kind.BARE:
        return True
    if block.words <= 16 and _YEAR.search(text) and _MONTHS.search(text):
        return True
    unfinished = kind_of(text) not in (Kind.PROSE, Kind.NOTE, Kind.STAMP)
    return unfinished and block.words <= 5 and block.tag not in (*_HEADINGS, "li", "table")


def _without_repeats(blocks: Sequence[Block], kept: Sequence[int]) -> list[int]:
    """Without pull quotes: words that also stand inside a longer block, and second copies."""
    plain = [f" {_plain(blocks[i].text)} " for i in kept]
    seen: set[str] = set()
    out = []
    for at, i in enumerate(kept):
        words, heading = blocks[i].words, blocks[i].tag in (*_HEADINGS, "table", "li")
        near = plain[max(0, at - _PULL_REACH) : at + _PULL_REACH]
        pulled = 4 <= words <= 60 and not heading and any(plain[at] in other and len(other) > len(plain[at]) for other in near)
        if not pulled and not (words >= 8 and plain[at] in seen):
            out.append(i)
        seen.add(plain[at])
    return out


def _without_loose_ends(blocks: Sequence[Block], kept: Sequence[int], header_end: int) -> list[int]:
    """Without headings over nothing, and without unfinished lines after the last sentence."""
    out: list[int] = []
    for i in reversed(kept):
        block = blocks[i]
        follower = blocks[out[-1]] if out else None
        heading = block.tag in _HEADINGS
        if follower is None and (heading or (_is_loose(block) and block.tag not in ("li", "table", "dd"))):
            continue
        if heading and follower is not None and follower.tag == block.tag and i >= header_end:
            continue
        out.append(i)
    return out[::-1]


def _without_imprint(blocks: Sequence[Block], kept: Sequence[int], source: str | None) -> list[int]:
    """Without what the outlet says of itself in the last paragraphs, below something that was dropped."""
    out = list(kept)
    while source and len(out) > 1:
        last = blocks[out[-1]]
        of_itself = _plain(last.text).removeprefix("the ").startswith(_plain(source).removeprefix("the "))
        if not of_itself or last.words > 40 or out[-2] == out[-1] - 1 or _is_note(last):
            break
        out.pop()
    return out


def _is_loose(block: Block) -> bool:
    return all(kind_of(line) in (Kind.BARE, Kind.BULLET, Kind.STAMP) for line in block.text.split("\n")) and block.words < _PARAGRAPH


def _joined(blocks: Sequence[Block]) -> tuple[str, ...]:
    """One paragraph a block; the rows of a table and the items of a list stay together, line by line."""
    out: list[str] = []
    last: HtmlElement | None = None
    for block in blocks:
        group = block.element if block.tag == "table" else block.element.getparent() if block.tag == "li" else None
        if group is not None and group is last:
            out[-1] += "\n" + block.text
        else:
            out.append(block.text)
        last = group
    return tuple(out)
