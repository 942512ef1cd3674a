"""Run as a process of its own: opens an index, compares the ids it holds and asks for some of them by their own vectors.

Reads one JSON object on standard input (folder, ids, sample, vectors); exits 1 with one line when anything is off.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path

import numpy as np

from rag.errors import LibraryError
from rag.records import Filters
from rag.store.vectors import Index

# Another chunk may carry the very same words, so a row need only be as near to its own vector as its twin is.
_OWN = 0.999


def main() -> None:
    """Check the index that standard input names."""
    asked = json.load(sys.stdin)
    index = Index(Path(asked["folder"]))
    held, wanted = index.ids(), set(asked["ids"])
    if held != wanted:
        sys.exit(f"of {len(wanted)} chunks it lacks {len(wanted - held)} and holds {len(held - wanted)} others")
    for chunk_id, vector in zip(asked["sample"], asked["vectors"], strict=True):
        found = index.nearest(np.asarray(vector, dtype=np.float32), filters=Filters(), limit=10)
        if not found or (chunk_id not in dict(found) and found[0][1] < _OWN):
            sys.exit(f"row {chunk_id} is not found by its own vector")


if __name__ == "__main__":
    try:
        main()
    except LibraryError as error:
        sys.exit(str(error))
