"""Seals a finished index folder, so that a damaged one is noticed before Chroma opens it.

Chroma 1.5.9 reads a truncated graph file without complaint and answers wrongly from it; other damage crashes the process.
"""

from __future__ import annotations

import hashlib
import json
from pathlib import Path

from rag.errors import LibraryError

_SEAL = "sealed.json"
_VECTORS = "vectors.sha256"


# What a copy must not take along: it is not finished until it is sealed itself.
SEALS = (_SEAL, _VECTORS)


def seal(folder: Path, vectors: str) -> None:
    """Record the graph's files as they are now, and the digest of the vectors that went in; call it once the folder is written and closed."""
    (folder / _VECTORS).write_text(vectors, encoding="utf-8")
    (folder / _SEAL).write_text(json.dumps(_digests(folder)), encoding="utf-8")


def check_seal(folder: Path) -> None:
    """Raises LibraryError when the folder was never finished, or its graph files are not what they were."""
    try:
        sealed = json.loads((folder / _SEAL).read_text(encoding="utf-8"))
        found = _digests(folder)
    except (OSError, ValueError) as error:
        raise LibraryError(f"The index {folder} is missing or unfinished: run `newsdesk doctor --repair`.") from error
    if found != sealed:
        raise LibraryError(f"The index {folder} is damaged: run `newsdesk doctor --repair`.")


def sealed_vectors(folder: Path) -> str | None:
    """The digest of the vectors that an index was made of; None where none was recorded."""
    try:
        return (folder / _VECTORS).read_text(encoding="utf-8")
    except (OSError, ValueError):
        return None


def _digests(folder: Path) -> dict[str, str]:
    """SHA-256 by file of a graph; a gigabyte takes about a second.

    Without index_metadata.pickle (under 1,000 rows) the other files are unused. Opening changes chroma.sqlite3, which minds itself.
    """
    files = [file for graph in folder.glob("*/index_metadata.pickle") for file in graph.parent.iterdir()]
    return {file.relative_to(folder).as_posix(): _sha256(file) for file in sorted(files)}


def _sha256(file: Path) -> str:
    with file.open("rb") as opened:
        return hashlib.file_digest(opened, "sha256").hexdigest()
