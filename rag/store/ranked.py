"""Finds the chunks that match a question's words best without weighing all that hold one of them; it knows no articles and no vectors.

FTS5 weighs (BM25) every chunk that holds any word asked for, some 3 µs each: of common words, a third of the library. But a word can add only so much
to a score, and what a chunk's words together cannot bring to the score of the last one wanted need not be weighed (MaxScore: Turtle and Flood, 1995).
What is found is the same.
"""

from __future__ import annotations

import math
import sqlite3
from collections.abc import Callable, Sequence
from itertools import combinations

# A word of the title counts for more than one of the text, for BM25 (docs/evaluation.md).
_HEADER_WEIGHT = 3.0
# FTS5's k1 is 1.2: a word's weight times (k1 + 1) is what the most repetitions come to.
_MOST = 2.2
# Chunks that are weighed as quickly as others are ruled out.
_FEW, _FEW_A_PLACE = 4_000, 10
# The commonest words, of which chunks must hold several; more make too long a query.
_COMMON = 5
# Where words stand in the library independently, the score of the last one wanted is about this share of the most that its words could bring
# (half in nine of ten synthetic questions); a guess too high costs a second look.
_REACHED = 0.5


def best(
    db: sqlite3.Connection,
    query: str,
    *,
    where: tuple[str, Sequence[int | str]],
    limit: int,
    chunks: int,
    frequency: Callable[[str], int],
) -> list[tuple[str, float]]:
    """Chunk ids and BM25 scores (higher is better) for quoted words joined by OR, best first, ties by id.

    ``where`` narrows chunks ``c`` by SQL and its values; ``frequency`` says how many of the ``chunks`` hold a word.
    """
    terms = query.split(" OR ")
    held = {term: frequency(term) for term in terms}
    if sum(held.values()) <= max(_FEW, _FEW_A_PLACE * limit):
        return _weighed(db, query, None, where, limit)
    most = {term: _MOST * _idf(count, chunks) for term, count in held.items()}
    needed = _REACHED * _expected(held, most, chunks, limit)
    found = _weighed(db, query, _worth(most, needed), where, limit)
    reached = found[-1][1] if len(found) == limit else 0.0
    if reached >= needed or needed <= 0:
        return found
    return _weighed(db, query, _worth(most, reached), where, limit)


def _weighed(
    db: sqlite3.Connection, query: str, among: str | None, where: tuple[str, Sequence[int | str]], limit: int
) -> list[tuple[str, float]]:
    """The best of the chunks that match ``query``, and ``among`` too where it is given."""
    narrowed, values = where
    # The plus keeps SQLite from looking the rows up one by one, CROSS JOIN from going through chunks first.
    inside = " AND +chunks_fts.rowid IN (SELECT rowid FROM chunks_fts WHERE chunks_fts MATCH ?)" if among else ""
    sql = (
        f"SELECT c.chunk_id, bm25(chunks_fts, {_HEADER_WEIGHT}, 1.0) AS rank FROM chunks_fts CROSS JOIN chunks c ON c.id = chunks_fts.rowid"
        f" WHERE chunks_fts MATCH ?{inside}{narrowed} ORDER BY rank, c.chunk_id LIMIT ?"
    )
    return [(row[0], -row[1]) for row in db.execute(sql, (query, *([among] if among else []), *values, limit))]


def _idf(held: int, chunks: int) -> float:
    """As FTS5 computes it; a word of more than half the chunks weighs next to nothing."""
    return max(1e-6, math.log((chunks - held + 0.5) / (held + 0.5)))


def _worth(most: dict[str, float], needed: float) -> str | None:
    """The query for all chunks whose words together may bring ``needed``, and perhaps some more; None for all."""
    ranked = sorted(most, key=lambda term: (most[term], term))
    common, rare = ranked[:_COMMON], ranked[_COMMON:]
    parts = list[tuple[str, ...]]()
    for size in range(1, len(common) + 1):
        for chosen in combinations(common, size):
            enough = sum(most[term] for term in chosen) >= needed
            if enough and not any(set(part) <= set(chosen) for part in parts):
                parts.append(chosen)
    if needed <= 0 or len([part for part in parts if len(part) == 1]) == len(common):
        return None
    return " OR ".join([*rare, *(f"({' AND '.join(part)})" for part in parts)]) or None


def _expected(held: dict[str, int], most: dict[str, float], chunks: int, limit: int) -> float:
    """The most that the words of the ``limit``-th best chunk could bring, were words spread independently."""
    sums = [(0.0, float(chunks))]
    for term, count in held.items():
        share = count / max(chunks, 1)
        sums = [
            pair
            for total, number in sums
            for pair in ((total, number * (1 - share)), (total + most[term], number * share))
            if pair[1] > 0.1
        ]
    left = float(limit)
    for total, number in sorted(sums, reverse=True):
        left -= number
        if left <= 0:
            return total
    return 0.0
