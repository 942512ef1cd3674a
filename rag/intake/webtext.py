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

from rag.intake.cues import Kind, kind_of
from rag.intake.webblocks import Block, cut_blocks
from rag.intake.webfacts import Facts
from rag.intake.webfurniture import find_furniture
from rag.intake.webjudge import HEADINGS, is_furniture, is_header_line, is_mostly_numbers, is_note, is_signed, is_stamp, plain_words
from rag.intake.webwords import find_pointers

log = logging.getLogger(__name__)
# It warns of every page that it finds nothing on; what comes of a page is said in its reading.
logging.getLogger("trafilatura").setLevel(logging.CRITICAL)

# The share of the words that trafilatura kept which the article's element must hold.
_MOST = 0.9
_PULL_REACH = 30  # blocks between a pull quote and its paragraph
# Looking for each block inside the whole text is quadratic; on longer pages only equal lines count.
_MOST_SEARCHED = 3000  # blocks
_LIVE = 3  # clock times on lines of their own, on a page that tells what happened hour by hour
_PARAGRAPH = 20  # words
_SENTENCE = 12  # words; the least of an article's first paragraph
_HEADER = 30  # blocks after the headline in which the first paragraph must stand


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
    furniture = find_furniture(body, headline) | find_pointers(body)
    blocks = cut_blocks(body, furniture)
    start = _headline_block(blocks, headline, facts.title)
    votes = _votes(_without(root, furniture), blocks)
    place = _place(blocks, votes, start)
    header_end = _header_end(blocks, start, facts)
    # The times of a live blog's entries are kept though they link to the entries.
    live = sum(is_stamp(block) for block in blocks if not block.furniture) >= _LIVE
    kept = []
    for i in range(start + 1, len(blocks)):
        block = blocks[i]
        inside = place is not None and (place is block.element or place in block.element.iterancestors())
        note = is_note(block)
        if (block.furniture and not note) or not (inside or note or i <= header_end):
            continue
        if note or (live and is_stamp(block)) or not is_furniture(block, facts, header=i < header_end):
            kept.append(i)
    kept = _without_loose_ends(blocks, _without_repeats(blocks, kept), header_end)
    kept = _without_imprint(blocks, kept, facts.source)
    around = [blocks[i] for i in range(max(0, start), header_end) if i not in kept]
    around.sort(key=lambda block: not is_signed(block))
    header = tuple(line for block in around for line in block.text.split("\n"))
    return Story(_joined([blocks[i] for i in kept]), blocks[start].text if start >= 0 else None, header[:20])


def from_data(body: str) -> tuple[str, ...]:
    """The paragraphs of a text that JSON-LD carries, with its markup taken out."""
    text = re.sub(r"(?i)</(?:p|h\d|li|div)\s*>|<br\s*/?>\s*<br\s*/?>", "\n", body)
    text = entities.unescape(re.sub(r"<[^<>]{0,2000}>", "", text)).replace("\u00ad", "")
    return tuple(" ".join(line.split()) for line in text.split("\n") if line.strip())


def _headline_element(body: HtmlElement, title: str | None) -> HtmlElement | None:
    """The first heading that says what the page's data says, else the first h1 of some length."""
    wanted = set(plain_words(title).split()) if title else set()
    headings = [element for element in body.iter("h1", "h2", "h3") if element.text_content().strip()]
    for element in sorted(headings, key=lambda element: element.tag):
        said = set(plain_words(element.text_content()).split())
        if wanted and len(said & wanted) * 10 >= 7 * max(len(said), min(len(wanted), 6)):
            return element
    return next((element for element in headings if element.tag == "h1" and len(element.text_content().split()) >= 3), None)


def _headline_block(blocks: Sequence[Block], headline: HtmlElement | None, title: str | None) -> int:
    """Where the headline stands, -1 where it does not."""
    if headline is not None:
        found = [i for i, block in enumerate(blocks) if block.element is headline or headline in block.element.iterancestors()]
        if found:
            return found[-1]
    wanted = plain_words(title) if title else ""
    return next((i for i, block in enumerate(blocks) if wanted and plain_words(block.text.split("\n")[0]) == wanted), -1)


def _without(root: HtmlElement, furniture: set[HtmlElement]) -> HtmlElement:
    """A copy of the page without its furniture, which trafilatura would read up to four times."""
    twin = copy.deepcopy(root)
    for gone in [there for here, there in zip(root.iter(), twin.iter(), strict=True) if here in furniture]:
        if gone.getparent() is not None:
            gone.drop_tree()
    return twin


def _votes(page: HtmlElement, blocks: Sequence[Block]) -> set[int]:
    """The blocks that trafilatura keeps of a page that it may change; all that read as paragraphs where it keeps nothing."""
    try:
        found = bare_extraction(page, include_comments=False, include_tables=True)
        text = found.text or "" if found is not None and not isinstance(found, dict) else ""
    except Exception as error:  # a third-party parser on untrusted input: the blocks can still be judged without it
        log.debug("trafilatura failed on a page.", exc_info=error)
        text = ""
    held: str | set[str] = (
        f" {plain_words(text)} " if len(blocks) <= _MOST_SEARCHED else {f" {plain_words(line)} " for line in text.split("\n")}
    )
    votes = {i for i, block in enumerate(blocks) if not block.furniture and block.words >= 5 and f" {plain_words(block.text)} " in held}
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
        and not is_mostly_numbers(blocks[i])
    ]
    if not first:
        return start + 1
    if len(first) > 1 and any(is_header_line(blocks[i], facts) for i in range(first[0] + 1, first[1])):
        return first[1]
    return first[0]


def _without_repeats(blocks: Sequence[Block], kept: Sequence[int]) -> list[int]:
    """Without pull quotes: words that also stand inside a longer block, and second copies."""
    plain = [f" {plain_words(blocks[i].text)} " for i in kept]
    seen: set[str] = set()
    out = []
    for at, i in enumerate(kept):
        words, heading = blocks[i].words, blocks[i].tag in (*HEADINGS, "table", "li")
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
        heading = block.tag in HEADINGS
        if follower is None and (heading or (_is_loose(block) and block.tag not in ("li", "table", "dd"))):
            continue
        if heading and follower is not None and follower.tag == block.tag and i >= header_end:
            continue
        if follower is not None and is_stamp(block) and is_stamp(follower):
            continue
        out.append(i)
    return out[::-1]


def _without_imprint(blocks: Sequence[Block], kept: Sequence[int], source: str | None) -> list[int]:
    """Without what the outlet says of itself in the last paragraphs, below something that was dropped."""
    out = list(kept)
    while source and len(out) > 1:
        last = blocks[out[-1]]
        of_itself = plain_words(last.text).removeprefix("the ").startswith(plain_words(source).removeprefix("the "))
        if not of_itself or last.words > 40 or out[-2] == out[-1] - 1 or is_note(last):
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
