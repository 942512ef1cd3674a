"""Folds the passages of copies into one source: each is shown from the article of its group that had the words first, with those that carry them too.

It knows passages in the order in which search ranked them, and neither how they were found nor what an answer makes of them.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator, Sequence
from functools import lru_cache

from rag.errors import NoSuchArticle
from rag.records import Carrier, Citation, Filters, Origin, Passage, Span
from rag.store.copies import groups
from rag.store.library import Library, date_to_day, to_day
from rag.text.copies import Reduced, holds, place_of, reduce
from rag.text.datelines import without_dateline

# A passage of a copy may lie across the boundary of the first article's passages: as many of these stand in its place.
_MOST_IN_PLACE = 2
# A sentence is short, so house style changes more of its shingles than of a passage's.
_LEAST_OF_A_SENTENCE = 0.5
# A copy's own words are a passage from here on; fewer are a credit or a line of the house.
_LEAST_OWN_WORDS = 8
# Of a passage's shingles: where the passages that stand in its place have as many, no further one is wanted.
_COVERED = 0.8

# Some 60 KB a text.
_reduced = lru_cache(maxsize=512)(reduce)


def fold_copies(library: Library, ranked: Sequence[Passage], *, filters: Filters, limit: int) -> list[Passage]:
    """At most ``limit`` passages, best first, ties by chunk id; those of one group come from the first article that holds the words.

    First is by publication, among articles that the filters let through. What no earlier article of the group holds, such as a local paragraph, is
    shown from where it stands. The caller holds a snapshot.
    """
    together = groups(library.database, dict.fromkeys(p.version for p in ranked))
    if not together:
        return list(ranked[:limit])
    found = {p.chunk_id: p for p in ranked}
    shown: dict[str, Passage] = {}
    for passage in ranked:
        members = together.get(passage.version, ())
        for part in _shown(library, passage, members, filters):
            if part.chunk_id not in shown:
                # What search knows of the part that is shown, where it found that too.
                known = found.get(part.chunk_id, part)
                carriers = _carriers(library, part.article_id, [part.text], members)
                score = max(known.score, passage.score)
                shown[part.chunk_id] = dataclasses.replace(part, score=score, bm25=known.bm25, cosine=known.cosine, carried_by=carriers)
        if len(shown) >= limit:
            break
    return sorted(shown.values(), key=lambda p: (-p.score, p.chunk_id))[:limit]


def with_places(library: Library, citation: Citation, passages: Sequence[Passage]) -> Citation:
    """A citation with the copies of its words or of the passage around them, and among them, by their offsets, those where its very words stand.

    Of a copy that has the words otherwise, no place is given. ``passages`` are those of the answer.
    """
    with library.snapshot():
        members = groups(library.database, [citation.version]).get(citation.version, ())
        if not members:
            return citation
        around = next((p for p in passages if _covers(p, citation)), None)
        # The agency's dateline is no part of what a copy says. One that was cut may have the quote and not all that stands around it.
        wanted = [around.text if around else "", citation.quote, without_dateline(citation.quote)]
        carriers = _carriers(library, citation.article_id, wanted, members)
        own = {member.article_id for member in members}
        also = [origin for origin in citation.also_in if origin.article_id not in own]
        return dataclasses.replace(citation, carried_by=carriers, also_in=(*also, *_places(library, wanted[1:], carriers)))


def _covers(passage: Passage, citation: Citation) -> bool:
    same = (passage.article_id, passage.version) == (citation.article_id, citation.version)
    return same and passage.start <= citation.start and citation.end <= passage.end


def _places(library: Library, quotes: Sequence[str], carriers: Sequence[Carrier]) -> Iterator[Origin]:
    for carrier in carriers:
        text = _text(library, carrier)
        if span := next(filter(None, (place_of(_reduced(quote), _reduced(text), text) for quote in quotes)), None):
            yield Origin(carrier.article_id, carrier.version, carrier.source, span.start, span.end)


def _shown(library: Library, passage: Passage, members: Sequence[Carrier], filters: Filters) -> Iterator[Passage]:
    """What stands for a passage: the passages of earlier articles that hold its words, and what is its own of it."""
    left = list(passage.sentences)
    for member in members:
        if member.article_id == passage.article_id or not left:
            break
        if not _passes(member, filters):
            continue
        text = _reduced(_text(library, member))
        whole = len(left) == len(passage.sentences) and holds(text, _reduced(passage.text))
        held = left if whole else [span for span in left if holds(text, _reduced(_words(passage, span)), least=_LEAST_OF_A_SENTENCE)]
        if held and (found := _covering(library, member, _reduced(" ".join(_words(passage, span) for span in held)))):
            yield from found
            left = [span for span in left if span not in held]
    if left == list(passage.sentences):
        yield passage
    elif sum(len(_reduced(_words(passage, span)).words) for span in left) >= _LEAST_OWN_WORDS:
        start, end = left[0].start, left[-1].end
        yield dataclasses.replace(passage, start=start, end=end, text=_words(passage, Span(start, end)), sentences=tuple(left))


def _words(passage: Passage, span: Span) -> str:
    return passage.text[span.start - passage.start : span.end - passage.start]


def _covering(library: Library, member: Carrier, wanted: Reduced) -> list[Passage]:
    """The passages of an article that have the most of the wanted shingles, until nearly all are had."""
    left, chosen = set(wanted.shingles), list[Passage]()
    chunks = [(_reduced(chunk.text).shingles, chunk) for chunk in library.chunks_of(member.article_id)]
    while chunks and len(chosen) < _MOST_IN_PLACE and len(left) > (1 - _COVERED) * len(wanted.shingles):
        held, chunk = max(chunks, key=lambda pair: (len(left & pair[0]), -pair[1].start))
        if not left & held:
            break
        left -= held
        chosen.append(chunk)
    return chosen


def _carriers(library: Library, article_id: str, wanted: Sequence[str], members: Sequence[Carrier]) -> tuple[Carrier, ...]:
    """Other members that hold any of the texts."""
    others = [(member, _reduced(_text(library, member))) for member in members if member.article_id != article_id]
    return tuple(member for member, text in others if any(holds(text, _reduced(words)) for words in wanted))


def _text(library: Library, member: Carrier) -> str:
    try:
        return library.article(member.article_id, member.version).text
    except NoSuchArticle:
        return ""


def _passes(member: Carrier, filters: Filters) -> bool:
    day = to_day(member.published)
    if filters.outlets and member.source not in filters.outlets:
        return False
    if filters.since and (day is None or day < date_to_day(filters.since)):
        return False
    return not filters.until or (day is not None and day <= date_to_day(filters.until))
