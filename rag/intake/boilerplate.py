"""Separates an article that was saved from the web as plain text from what surrounded it on its page.

Whole lines are kept or dropped, never changed. Most cues are shapes: no full stop, bullets, repetition, a picture's
credit, an address, the place after the last real paragraph. No outlet's name stands here; a page may teach its own.
Where nothing reads as prose, all but the plain furniture is kept, since a lost paragraph is worse than a stray link.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from rag.intake.colophon import author_below, is_biography, outlet, speaks_of_itself
from rag.intake.cues import Kind
from rag.intake.lines import Unit, split_units
from rag.intake.masthead import Masthead, read_masthead

_NEVER = frozenset([Kind.FURNITURE, Kind.CAPTION, Kind.LINKS, Kind.AUTHOR, Kind.COMMENTS])
_LOOSE = frozenset([Kind.BARE, Kind.BULLET, Kind.STAMP])
# A heading inside an article is short; a longer line without a full stop is a caption or a link.
_LONGEST_HEADING = 10  # words
# An unfinished line this long is a paragraph whose full stop was lost; pull quotes are shorter.
_PARAGRAPH = 40  # words
# How far a pull quote stands from the paragraph it was pulled from, in lines.
_PULL_REACH = 30
_REPLY = re.compile(
    r"(?i)^(?:reply|report|like|\d+ likes?|upvote|log ?in\b.*|sign in\b.*|(?:an?|\d+) (?:minute|hour|day|week|month|year)s? ago)\b"
)


@dataclass(frozen=True, slots=True)
class Page:
    """An article without its surroundings; its paragraphs are separated by blank lines."""

    title: str | None
    author: str | None
    published: str | None
    updated: str | None
    source: str | None
    text: str


def clean_page(text: str) -> Page:
    """The article on a page that was saved as plain text; the parts that the page does not state are None."""
    units = split_units(text)
    head = read_masthead(units)
    source = head.source or outlet(units)
    author = head.author or author_below(units)
    kept = _kept(units, head, author, source)
    return Page(head.title, author, head.published, head.updated, source, "\n\n".join(units[i].text for i in kept))


def _kept(units: Sequence[Unit], head: Masthead, author: str | None, source: str | None) -> list[int]:
    prose = sum(unit.words for unit in units if unit.kind is Kind.PROSE)
    unfinished = sum(unit.words for unit in units if unit.kind is Kind.BARE and unit.words > _LONGEST_HEADING)
    body = range(head.start, len(units))
    if prose * 3 <= unfinished:
        return [i for i in body if units[i].kind not in _NEVER and i not in head.used]
    dropped = set(range(head.start)) | head.used | {i for i in body if units[i].kind in _NEVER}
    dropped |= {i for i in body if author and units[i].kind is Kind.BARE and units[i].words > 1 and units[i].text in author}
    dropped |= _link_lists(units) | _below_the_end(units, head.start)
    repeated = _repeats(units)
    dropped |= repeated.later | _pulled(units) | _captions_above(units)
    dropped |= _boxes(units, dropped)
    dropped |= _tail(units, dropped, repeated.prose, author, source)
    dropped -= {head.standfirst} if head.standfirst is not None else set()
    dropped |= _loose_lines(units, dropped, head.standfirst)
    return [i for i in body if i not in dropped]


def _blocks_matter(units: Sequence[Unit]) -> bool:
    """Whether blank lines group the page; where every paragraph is just a line, they say nothing."""
    return len({unit.block for unit in units}) * 4 >= len(units)


def _link_lists(units: Sequence[Unit]) -> set[int]:
    """What follows a heading such as "Related": the rest of its block, else the lines until the next sentence."""
    found = set()
    grouped = _blocks_matter(units)
    for i, unit in enumerate(units):
        if unit.kind is not Kind.LINKS:
            continue
        own = grouped and i + 1 < len(units) and units[i + 1].block == unit.block
        for j in range(i + 1, len(units)):
            item = units[j]
            link = item.kind in _LOOSE or (
                item.kind is Kind.PROSE and item.words <= 14 and item.text.endswith(("?", "!", "’", "'", "”", '"'))
            )
            if (own and item.block != unit.block) or (not link and not (own and item.words <= 20)):
                break
            found.add(j)
    return found


def _below_the_end(units: Sequence[Unit], start: int) -> set[int]:
    """What follows the writer's biography or the readers' comments; a correction below the biography stays."""
    prose = [unit.words if unit.kind is Kind.PROSE else 0 for unit in units]
    whole, before = sum(prose[start:]), 0
    last_reply = max((i for i, unit in enumerate(units) if _REPLY.search(unit.text)), default=-1)
    for i in range(start, len(units)):
        before += prose[i]
        if units[i].kind is Kind.AUTHOR and before >= whole - before:
            return {j for j in range(i, len(units)) if units[j].kind is not Kind.NOTE}
        if units[i].kind is Kind.COMMENTS and before and (before == whole or last_reply > i):
            return set(range(i, len(units)))
    return set()


@dataclass(frozen=True, slots=True)
class _Repeats:
    later: set[int]  # dropped: every copy of a loose line, all but the first of a sentence
    prose: set[int]  # sentences that stand more than once


def _repeats(units: Sequence[Unit]) -> _Repeats:
    counts = Counter(unit.text for unit in units)
    seen: set[str] = set()
    later, prose = set(), set()
    for i, unit in enumerate(units):
        if counts[unit.text] > 1 and unit.kind is not Kind.STAMP:
            if unit.kind is Kind.PROSE:
                prose.add(i)
            if unit.text in seen or unit.kind is not Kind.PROSE:
                later.add(i)
        seen.add(unit.text)
    return _Repeats(later, prose)


def _plain(text: str) -> str:
    return " ".join(re.findall(r"\w+", text.lower()))


def _pulled(units: Sequence[Unit]) -> set[int]:
    """Pull quotes and captions: at least four words that also stand inside a longer line nearby."""
    plain = [f" {_plain(unit.text)} " for unit in units]
    found = set()
    for i, unit in enumerate(units):
        if unit.kind in (Kind.BARE, Kind.PROSE) and 4 <= unit.words <= _PARAGRAPH:
            nearby = range(max(0, i - _PULL_REACH), min(len(units), i + _PULL_REACH))
            if any(len(plain[j]) > len(plain[i]) + 8 and plain[i] in plain[j] for j in nearby if units[j].kind in (Kind.PROSE, Kind.BARE)):
                found.add(i)
    return found


def _captions_above(units: Sequence[Unit]) -> set[int]:
    """The line that names a picture right above its caption or credit."""
    found = set()
    for i in range(len(units) - 1):
        if units[i + 1].kind is Kind.CAPTION and units[i].kind is Kind.BARE:
            said = set(_plain(units[i].text).split())
            shared = len(said & set(_plain(units[i + 1].text).split()))
            if units[i].block == units[i + 1].block or shared * 5 >= len(said) * 3:
                found.add(i)
    return found


def _boxes(units: Sequence[Unit], dropped: set[int]) -> set[int]:
    """Loose lines that share a block with what is dropped, and sentences where most of a block is."""
    if not _blocks_matter(units):
        return set()
    members: dict[int, list[int]] = {}
    for i, unit in enumerate(units):
        members.setdefault(unit.block, []).append(i)
    found = set()
    for block in members.values():
        gone = sum(i in dropped for i in block)
        if gone:
            found |= {i for i in block if units[i].kind in _LOOSE or (units[i].kind is Kind.PROSE and gone * 2 > len(block) > 2)}
    return found


def _tail(units: Sequence[Unit], dropped: set[int], repeated: set[int], author: str | None, source: str | None) -> set[int]:
    """From the last line upwards, all that is not a paragraph: loose lines, biographies, what the outlet says of itself."""
    led_in = _led_in(units)
    found = set()
    for i in range(len(units) - 1, -1, -1):
        unit = units[i]
        if i in dropped or unit.kind is Kind.NOTE:
            continue
        above = units[i - 1] if i else None
        alone = above is None or above.kind is not Kind.PROSE
        if unit.kind is Kind.BULLET and led_in[i]:
            break
        said_of_itself = source is not None and (alone or i - 1 in dropped) and speaks_of_itself(unit.text, source)
        if unit.kind in _LOOSE or (i in repeated and alone) or said_of_itself or is_biography(unit, author):
            found.add(i)
        else:
            break
    return found


def _led_in(units: Sequence[Unit]) -> list[bool]:
    """For each line, whether it or the list that it stands in is announced with a colon."""
    led: list[bool] = []
    for unit in units:
        led.append(led[-1] if unit.kind is Kind.BULLET and led else unit.text.endswith(":"))
    return led


def _loose_lines(units: Sequence[Unit], dropped: set[int], standfirst: int | None) -> set[int]:
    """Lines without an end that are no headings: too long, three or more in a row, or over nothing that is kept."""
    found: set[int] = set()
    follower: int | None = None
    for i in range(len(units) - 1, -1, -1):
        if i in dropped or i == standfirst:
            continue
        if units[i].kind is Kind.BARE:
            heading = units[i].words <= _LONGEST_HEADING and follower is not None and not _in_row(units, i)
            if not heading and units[i].words < _PARAGRAPH:
                found.add(i)
                continue
        follower = i
    return found


def _in_row(units: Sequence[Unit], i: int) -> bool:
    """Whether three loose lines without a full stop stand together here: menus do, headings do not."""
    near = [0 <= j < len(units) and units[j].kind is Kind.BARE for j in range(i - 2, i + 3)]
    return any(all(near[j : j + 3]) for j in range(3))
