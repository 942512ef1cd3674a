"""Run as a process of its own: opens indexes, compares what they hold, and asks for some rows by their own vectors.

Reads a line of JSON (``folder``, ``rows`` as [id, day, outlet], ``sample`` as places in rows, ``whole``, ``size``) and then ``size`` bytes: the
sample's vectors, float32. Answers a line of JSON: ``problem`` in words or null, and ``differing`` ids, sought only where ``whole``.
"""

from __future__ import annotations

import json
import os
import select
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from rag.errors import LibraryError
from rag.records import Filters
from rag.store.vectors import Index, Row

# Another chunk may carry the very same words, so a row need only be as near to its own vector as its twin is.
_OWN = 0.999
# Chroma keeps the float32 that it was given; what it divides by its length differs in the last digits.
_SAME = 1e-4
_ASKED = 20
_IDLE_SECONDS = 60


def main() -> None:
    """Serve until standard input ends, or nothing was asked for a minute."""
    answers = os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)  # what a library prints is no answer
    questions = os.fdopen(0, "rb", buffering=0)
    while select.select([questions], [], [], _IDLE_SECONDS)[0]:
        line = questions.readline()
        if not line:
            return
        asked = json.loads(line)
        vectors = np.frombuffer(_exactly(questions, asked["size"]), dtype="<f4").reshape(len(asked["sample"]), -1 if asked["sample"] else 0)
        problem, differing = _judged(asked, vectors)
        answers.write(json.dumps({"problem": problem, "differing": differing}).encode() + b"\n")
        answers.flush()


def _exactly(file: Any, size: int) -> bytes:
    parts = []
    while size and (part := file.read(size)):
        parts.append(part)
        size -= len(part)
    return b"".join(parts)


def _judged(asked: dict[str, Any], vectors: NDArray[np.float32]) -> tuple[str | None, list[str]]:
    rows = [Row(*row) for row in asked["rows"]]
    try:
        index = Index(Path(asked["folder"]))
        try:
            return _compared(index, rows, dict(zip(asked["sample"], vectors, strict=True)), whole=asked["whole"])
        finally:
            index.close()
    except LibraryError as error:
        return str(error), []


def _compared(index: Index, rows: list[Row], vectors: dict[int, NDArray[np.float32]], *, whole: bool) -> tuple[str | None, list[str]]:
    held, wanted = index.ids(), {row.chunk_id for row in rows}
    if held != wanted:
        return f"of {len(wanted)} chunks it lacks {len(wanted - held)} and holds {len(held - wanted)} others", []
    if whole and (other := _differing(index, rows, vectors)):
        return f"{len(other)} of {len(rows)} chunks stand in it with another vector, day or outlet", other
    for place in list(vectors)[:_ASKED]:
        chunk_id = rows[place].chunk_id
        found = index.nearest(vectors[place], filters=Filters(), limit=10)
        if not found or (chunk_id not in dict(found) and found[0][1] < _OWN):
            return f"row {chunk_id} is not found by its own vector", []
    return None, []


def _differing(index: Index, rows: list[Row], vectors: dict[int, NDArray[np.float32]]) -> list[str]:
    other = []
    stored = index.stored([rows[place].chunk_id for place in vectors])
    for place, vector in vectors.items():
        metadata, kept = stored[rows[place].chunk_id]
        if metadata != rows[place].metadata() or kept.shape != vector.shape or not np.allclose(kept, vector, atol=_SAME):
            other.append(rows[place].chunk_id)
    return other


if __name__ == "__main__":
    main()
