"""Nearest neighbours by whichever way is quick: a small library is compared whole, and under filters what they leave; Chroma searches the rest.

Chroma's own filter slows a search down most where few chunks pass: over 71,390 chunks it took 517 ms for the 75 of a week, 114 ms for the 11,023
since a day, 14 ms without a filter. It knows Chroma only as an index that is asked.
"""

from __future__ import annotations

import math
from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from rag.records import Filters
from rag.store.library import Library, narrowing
from rag.store.rows import Index

# A library of so many chunks is compared whole in memory, 2.3 MB of 384 dimensions: 1 ms, and nothing is missed; one-shot commands need not import
# Chroma, which takes a second (docs/decisions/0018-small-libraries.md).
_WHOLE = 1_500
# Of a larger one so many vectors are read and compared one by one, some 60 µs each; above, looking through is quicker (2,938 chunks: 160 ms and 49 ms).
_FEW = 1_500
# Of all chunks so many of the nearest are looked through for those that pass; 2,430 took 49 ms where Chroma's filter took 434.
_LOOKED_THROUGH = 6_000
# Chunks that pass may be rarer near a question than elsewhere.
_SPARE = 2


def nearest(
    library: Library,
    index: Callable[[], Index],
    vector: NDArray[np.float32],
    *,
    model: str,
    filters: Filters,
    limit: int,
    whole: bool = True,
) -> list[tuple[str, float]]:
    """Chunk ids and cosine similarities of the nearest chunks that pass, best first, ties by id.

    ``index`` opens that of the generation which the library names in the caller's snapshot, ``vector`` is of unit length; with ``whole`` a small
    library is compared without it. Raises what ``index`` raises where it is needed.
    """
    chunks = library.overview().chunks
    if whole and chunks <= _WHOLE:
        ids, stored = library.chunk_vectors(model, len(vector))
        # Where a vector is missing or damaged, the index still has it.
        if len(ids) == chunks:
            found = _nearest_first(ids, stored @ vector)
            passed = _passing(library, ids, filters) if filters else None
            return [pair for pair in found if passed is None or pair[0] in passed][:limit]
    if not filters:
        return index().nearest(vector, filters=filters, limit=limit)
    passing = library.count_matching(filters)
    if passing <= _FEW:
        ids, stored = library.chunk_vectors(model, len(vector), filters)
        if len(ids) == passing:
            return _nearest_first(ids, stored @ vector)[:limit]
    elif (most := math.ceil(_SPARE * limit * chunks / max(passing, 1))) <= _LOOKED_THROUGH:
        near = index().nearest(vector, filters=Filters(), limit=most)
        passed = _passing(library, [id for id, _ in near], filters)
        kept = [(id, cosine) for id, cosine in near if id in passed]
        if len(kept) >= limit:
            return kept[:limit]
    return index().nearest(vector, filters=filters, limit=limit)


def _nearest_first(ids: list[str], cosines: NDArray[np.float32]) -> list[tuple[str, float]]:
    return sorted(zip(ids, cosines.tolist(), strict=True), key=lambda pair: (-pair[1], pair[0]))


def _passing(library: Library, ids: list[str], filters: Filters) -> set[str]:
    where, values = narrowing(filters)
    marks = ", ".join("?" * len(ids))
    with library.snapshot() as db:
        return {row[0] for row in db.execute(f"SELECT c.chunk_id FROM chunks c WHERE c.chunk_id IN ({marks}){where}", (*ids, *values))}
