"""Compares an index with the rows that it should hold, and asks for some of them by their own vectors; it knows no kind of index."""

from __future__ import annotations

import random
from collections.abc import Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

from rag.records import Filters
from rag.store.rows import CHECKED, Index, Row

# Another chunk may carry the very same words, so a row need only be as near to its own vector as its twin is.
_OWN = 0.999
# Chroma keeps the float32 that it was given; what it divides by its length differs in the last digits.
_SAME = 1e-4
_ASKED = 20


def sample(generation: str, count: int, *, whole: bool) -> list[int]:
    """The places of the rows that are looked at more closely: all, or a few, the same ones each time."""
    return list(range(count)) if whole else random.Random(generation).sample(range(count), min(CHECKED, count))


def compared(
    index: Index, rows: Sequence[Row], vectors: Mapping[int, NDArray[np.float32]], *, whole: bool
) -> tuple[str | None, tuple[str, ...]]:
    """What is wrong in words, None where nothing is, and the ids that stand there with other fields or another vector, sought where ``whole``.

    ``vectors`` are those of some rows, by their place. Raises LibraryError where the index cannot be read.
    """
    held, wanted = index.ids(), {row.chunk_id for row in rows}
    if held != wanted:
        return f"of {len(wanted)} chunks it lacks {len(wanted - held)} and holds {len(held - wanted)} others", ()
    if whole and (other := _differing(index, rows, vectors)):
        return f"{len(other)} of {len(rows)} chunks stand in it with another vector, day or outlet", other
    for place in list(vectors)[:_ASKED]:
        chunk_id = rows[place].chunk_id
        found = index.nearest(vectors[place], filters=Filters(), limit=10)
        if not found or (chunk_id not in dict(found) and found[0][1] < _OWN):
            return f"row {chunk_id} is not found by its own vector", ()
    return None, ()


def _differing(index: Index, rows: Sequence[Row], vectors: Mapping[int, NDArray[np.float32]]) -> tuple[str, ...]:
    other = []
    stored = index.stored([rows[place].chunk_id for place in vectors])
    for place, vector in vectors.items():
        metadata, kept = stored[rows[place].chunk_id]
        if metadata != rows[place].metadata() or kept.shape != vector.shape or not np.allclose(kept, vector, atol=_SAME):
            other.append(rows[place].chunk_id)
    return tuple(other)
