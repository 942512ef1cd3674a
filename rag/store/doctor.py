"""Compares what must agree (library, full-text index, Chroma, settings) and puts it right; it changes no article.

All of it but the articles themselves can be made anew, so there is one remedy: chunk, index and switch again.
"""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from rag.errors import LibraryError
from rag.store.lock import is_locked, writer_lock
from rag.store.publish import Change, Stores, publish
from rag.store.vectors import Row

_REPAIR = "run `newsdesk doctor --repair`"
_RESTORE = "restore a backup, or move the library away and sync again"

# Each query counts rows that should not be there.
_COUNTED = (
    (
        "library",
        "{} articles without the text of their version",
        "run `newsdesk sync` while their files are there, or restore a backup",
        "SELECT count(*) FROM articles LEFT JOIN versions v USING (article_id, version) WHERE v.version IS NULL",
    ),
    (
        "chunks",
        "{} articles that cannot be found, since they have no chunks",
        _REPAIR,
        "SELECT count(*) FROM articles JOIN versions USING (article_id, version)"
        " WHERE removed IS NULL AND article_id NOT IN (SELECT article_id FROM chunks)",
    ),
    (
        "chunks",
        "{} chunks of articles that are removed, or of older versions",
        _REPAIR,
        "SELECT count(*) FROM chunks c WHERE NOT EXISTS"
        " (SELECT 1 FROM articles a WHERE a.article_id = c.article_id AND a.version = c.version AND a.removed IS NULL)",
    ),
    (
        "full-text index",
        "{} chunks that the full-text index lacks or holds with other words",
        _REPAIR,
        "SELECT count(*) FROM chunks c JOIN versions v USING (article_id, version) LEFT JOIN chunks_fts f ON f.rowid = c.id"
        " WHERE f.text IS NOT substr(v.text, c.start + 1, c.end - c.start)",
    ),
    (
        "full-text index",
        "{} rows of the full-text index that belong to no chunk",
        _REPAIR,
        "SELECT count(*) FROM chunks_fts WHERE rowid NOT IN (SELECT id FROM chunks)",
    ),
)


@dataclass(frozen=True, slots=True)
class Finding:
    """Something that does not agree, in words, with what to do."""

    part: str
    problem: str
    advice: str


def examine(stores: Stores) -> list[Finding]:
    """What is wrong; empty when all is sound. Needs no model.

    Raises NoLibrary when nothing was synced, LibraryError when the library is too damaged to be asked.
    """
    with stores.library.snapshot() as db:
        broken = [row[0] for row in db.execute("PRAGMA integrity_check(3)") if row[0] != "ok"]
        if broken:
            return [Finding("library", f"SQLite finds the file damaged ({'; '.join(broken)})", _RESTORE)]
        found = [*_settings(stores), *_counted(db), *_spans(db)]
        lost = _vectors(stores, db)
        # Without its vectors there is nothing to ask the index with, and the remedy is the same.
        return [*found, *(lost or _index(stores)), *_leftovers(stores)]


def repair(stores: Stores) -> list[Finding]:
    """Make chunks, full-text index and Chroma's index anew from the stored articles and vectors; returns what is still wrong.

    Raises LibraryError and StorageError where that fails; what was served before is then served still.
    """
    with writer_lock(stores.library.home, "doctor --repair"):
        stores.library.database.create()
        with stores.library.database.writing() as db:
            db.execute(
                "DELETE FROM vectors WHERE length(vector) <> (SELECT max(length(vector)) FROM vectors o WHERE o.model = vectors.model)"
            )
        publish(stores, Change(), rebuild=True)
    return examine(stores)


def _settings(stores: Stores) -> Iterator[Finding]:
    meta = stores.library.meta()
    for what, set_now in (("model", stores.embedder.name), ("chunking", stores.chunking)):
        if what in meta and meta[what] != set_now:
            yield Finding(
                what, f"the library was made with {meta[what]}, the settings say {set_now}", "run `newsdesk sync`, or set it back"
            )


def _counted(db: sqlite3.Connection) -> Iterator[Finding]:
    for part, problem, advice, sql in _COUNTED:
        count = db.execute(sql).fetchone()[0]
        if count:
            yield Finding(part, problem.format(count), advice)


def _spans(db: sqlite3.Connection) -> Iterator[Finding]:
    rows = db.execute("SELECT start, end, sentences, length(text) FROM chunks JOIN versions USING (article_id, version)")
    outside = sum(1 for start, end, sentences, length in rows if not _in_order([0, start, *json.loads(sentences), end, length]))
    if outside:
        yield Finding("chunks", f"{outside} chunks that reach outside their article, or sentences outside their chunk", _REPAIR)


def _in_order(offsets: Sequence[int]) -> bool:
    return all(one <= two for one, two in pairwise(offsets))


def _vectors(stores: Stores, db: sqlite3.Connection) -> list[Finding]:
    sql = (
        "SELECT count(*) FROM chunks c LEFT JOIN vectors v ON v.embedded = c.embedded AND v.model = ?"
        " WHERE v.vector IS NULL OR length(v.vector) <> (SELECT max(length(vector)) FROM vectors WHERE model = ?)"
    )
    model = stores.library.meta().get("model")
    count = db.execute(sql, (model, model)).fetchone()[0]
    return [Finding("vectors", f"{count} chunks whose vector is missing or cut short", _REPAIR)] if count else []


def _index(stores: Stores) -> list[Finding]:
    meta, chunks = stores.library.meta(), stores.library.chunk_rows()
    rows = {id: Row(id, day, outlet) for id, (_, day, outlet) in chunks.items()}
    if "generation" not in meta:
        return [Finding("index", "there is none yet", "run `newsdesk sync`")] if chunks else []

    def vectors(ids: Sequence[str]) -> NDArray[np.float32]:
        return stores.library.vectors(meta["model"], [chunks[id][0] for id in ids])

    try:
        problem = stores.indexes.check(meta["generation"], rows, vectors=vectors, whole=True).problem
    except LibraryError as error:
        problem = str(error)
    return [Finding("index", problem.partition(": run `newsdesk")[0], _REPAIR)] if problem else []


def _leftovers(stores: Stores) -> list[Finding]:
    meta = stores.library.meta()
    known = {meta.get("generation"), meta.get("previous")}
    folder = stores.indexes.folder
    left = sorted(entry.name for entry in folder.iterdir() if entry.name not in known) if folder.is_dir() else []
    if not left or is_locked(stores.library.home):
        return []
    return [Finding("leftovers", f"index folders of a pass that was cut off: {', '.join(left)}", "run `newsdesk sync`, which deletes them")]
