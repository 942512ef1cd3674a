"""Finds what does not agree (library, full-text index, stored vectors, Chroma, settings) and puts it right; it changes no article's words.

All but the articles and conversations can be made anew, so there is one remedy: lost rows are listed again, vectors that cannot be right are
dropped, and everything is chunked, indexed and switched again, from the stored vectors.
"""

from __future__ import annotations

import logging
import sqlite3
from collections.abc import Iterator, Sequence

import numpy as np
from numpy.typing import NDArray

from rag.errors import LibraryError, ServerError
from rag.store import fulltext, soundness
from rag.store.copies import disagreements
from rag.store.library import utc_now
from rag.store.lock import is_locked, writer_lock
from rag.store.publish import Change, Stores, make_chunks, publish
from rag.store.rows import Row, VectorsOf, digest_of
from rag.store.soundness import REPAIR, RESTORE, Finding

log = logging.getLogger("rag")

# Of what SQLite's integrity check says, what REINDEX or making the full-text index anew mends.
_MENDABLE = ("missing from index", "wrong # of entries in index", "non-unique entry in index", "FTS5 table")

# Texts without their row in `articles`: what has chunks was searched, what has none was removed, and stays out until someone puts it back.
_LIST_ARTICLES = """
INSERT INTO articles
SELECT v.article_id, '', '', coalesce((SELECT c.version FROM chunks c JOIN versions o USING (article_id, version) WHERE c.article_id = v.article_id),
    (SELECT o.version FROM versions o WHERE o.article_id = v.article_id ORDER BY o.ingested DESC, o.rowid DESC)),
    CASE WHEN v.article_id IN (SELECT article_id FROM chunks) THEN NULL ELSE ? END, v.article_id NOT IN (SELECT article_id FROM chunks)
FROM (SELECT DISTINCT article_id FROM versions) v WHERE v.article_id NOT IN (SELECT article_id FROM articles)
"""
_LIST_SOURCES = "INSERT OR IGNORE INTO sources SELECT DISTINCT location, ? FROM articles WHERE removed IS NULL AND location <> ''"
_LIST_CONVERSATIONS = (
    "INSERT OR IGNORE INTO conversations (conversation_id, created, last) SELECT conversation_id, min(created), max(created) FROM turns"
    " GROUP BY conversation_id"
)
_LIST_SAID = (
    "INSERT OR IGNORE INTO said SELECT conversation_id, turn_id, fold(json_extract(answer, '$.question') || ' ' || json_extract(answer, '$.answer'))"
    " FROM turns WHERE json_valid(answer)"
)


def examine(stores: Stores) -> list[Finding]:
    """What is wrong; empty when all is sound. Loads no network, only the model's tokenizer.

    Raises NoLibrary when nothing was synced, LibraryError when the library is too damaged to be asked.
    """
    if _emptied(stores):
        return [Finding("library", f"{stores.library.database.path} is empty or gone, though its index is there", RESTORE)]
    with stores.library.snapshot() as db:
        broken = [row[0] for row in db.execute("PRAGMA integrity_check(100)") if row[0] != "ok"]
        if broken and not all(any(words in line for words in _MENDABLE) for line in broken):
            return [Finding("library", f"SQLite finds the file damaged ({'; '.join(broken[:3])})", RESTORE)]
        found = [Finding("library", f"SQLite finds an index of the file damaged ({broken[0]})", REPAIR)] if broken else []
        found += [*_settings(stores), *soundness.rows(db), *soundness.chunks(stores, db), *_copies(stores)]
    # FTS5 is asked by a write, which is a transaction of its own; where nothing can be written, its rows are compared all the same.
    whole = stores.library.database.read_only or fulltext.is_whole(stores.library.database)
    with stores.library.snapshot() as db:
        found += soundness.words(db) if whole else [Finding("full-text index", "it is damaged", REPAIR)]
        lost, suspect, index = _vectors(stores, db)
        return [*found, *lost, *suspect, *index, *_leftovers(stores)]


def repair(stores: Stores) -> list[Finding]:
    """Make chunks, full-text index and Chroma's index anew from the stored articles and vectors; returns what is still wrong.

    Only vectors that are lost or cannot be right are computed again; how many is logged. Raises LibraryError and StorageError where that fails;
    what was served before is then served still.
    """
    if _emptied(stores) or not stores.library.exists:
        return examine(stores)
    with writer_lock(stores.library.home, "doctor --repair"):
        stores.library.database.create()
        suspects = _suspects(stores)
        with stores.library.database.writing() as db:
            db.execute("REINDEX")
            db.execute(_LIST_ARTICLES, (utc_now(),))
            db.execute(_LIST_SOURCES, (utc_now(),))
            db.execute(_LIST_CONVERSATIONS)
            db.execute(_LIST_SAID)
            db.executemany("DELETE FROM vectors WHERE model = ? AND embedded = ?", [(stores.embedder.name, digest) for digest in suspects])
        embedded = publish(stores, Change(), rebuild=True)
    if embedded:
        log.warning("%d chunks were embedded again, since their vectors were lost or could not be right.", embedded)
    return examine(stores)


def _emptied(stores: Stores) -> bool:
    return not stores.library.exists and stores.indexes.folder.is_dir()


def _settings(stores: Stores) -> Iterator[Finding]:
    meta = stores.library.meta()
    for what, set_now in (("model", stores.embedder.name), ("chunking", stores.chunking)):
        if what not in meta and "generation" in meta:
            yield Finding(what, f"the library does not say with which {what} it was made", REPAIR)
        elif what in meta and meta[what] != set_now:
            yield Finding(
                what, f"the library was made with {meta[what]}, the settings say {set_now}", "run `newsdesk sync`, or set it back"
            )


def _vectors(stores: Stores, db: sqlite3.Connection) -> tuple[list[Finding], list[Finding], list[Finding]]:
    """What is wrong with stored vectors as such, with those that differ from Chroma's, and with Chroma's index."""
    meta = stores.library.meta()
    model = meta.get("model", stores.embedder.name)
    bad, used = soundness.bad_vectors(db, model), {digest for digest, _, _ in stores.library.chunk_rows().values()}
    if lost := used & bad | stores.library.missing_vectors(model, used):
        # Without its vectors there is nothing to ask the index with, and the remedy is the same.
        return [Finding("vectors", f"{len(lost)} chunks whose vector is missing, cut short or no unit vector", REPAIR)], [], []
    unused = [Finding("vectors", f"{len(bad)} stored vectors that are cut short or no unit vectors", REPAIR)] if bad else []
    try:
        problem, differing = _index(stores)
    except ServerError as error:
        what, _, advice = str(error).rpartition(": ")
        return unused, [], [Finding("index", what, advice.removesuffix("."))]
    if differing and not _as_sealed(stores):
        return unused, [Finding("vectors", f"{len(differing)} chunks whose vector is not the one that was indexed", REPAIR)], []
    advice = REPAIR if "generation" in meta else "run `newsdesk sync`, or `newsdesk doctor --repair`"
    if problem is None and "generation" in meta and stores.indexes.is_elsewhere(meta["generation"]):
        problem, advice = "it lies in a folder, while NEWSDESK_CHROMA_URL is set", "run `newsdesk sync`, which fills the server"
    return unused, [], [Finding("index", problem, advice)] if problem else []


def _suspects(stores: Stores) -> set[str]:
    """Digests of stored vectors that cannot be right by themselves, or are not those that the index was made of."""
    with stores.library.snapshot() as db:
        bad = soundness.bad_vectors(db, stores.embedder.name)
        chunks = stores.library.chunk_rows()
        used = {digest for digest, _, _ in chunks.values()}
        model = stores.library.meta().get("model", stores.embedder.name)
        if model != stores.embedder.name or bad & used or stores.library.missing_vectors(model, used) or _as_sealed(stores):
            return bad
        # A chunk that names the wrong vector is no fault of that vector's.
        differing = _index(stores)[1]
        made = {row.chunk_id: row.embedded for row in make_chunks(stores, stores.library.articles())} if differing else {}
        return bad | {chunks[id][0] for id in differing if made.get(id) == chunks[id][0]}


def _index(stores: Stores) -> tuple[str | None, tuple[str, ...]]:
    """What is wrong with the served index, and the chunks that stand in it with another vector, day or outlet; raises ServerError."""
    meta, chunks = stores.library.meta(), stores.library.chunk_rows()
    if "generation" not in meta:
        return ("there is none yet" if chunks else None), ()
    rows = {id: Row(id, day, outlet) for id, (_, day, outlet) in chunks.items()}
    try:
        verdict = stores.indexes.check(meta["generation"], rows, vectors=_vectors_of(stores), whole=True)
    except ServerError:
        raise
    except LibraryError as error:
        return str(error).partition(": run `newsdesk")[0], ()
    return verdict.problem and verdict.problem.partition(": run `newsdesk")[0], verdict.differing


def _as_sealed(stores: Stores) -> bool:
    """Whether the library's vectors are, all in all, those of which the served index was made, so that it is not they that changed."""
    generation = stores.library.meta().get("generation")
    try:
        sealed = stores.indexes.sealed(generation) if generation else None
    except ServerError:
        raise
    except LibraryError:
        return False
    return sealed is not None and sealed == digest_of(sorted(stores.library.chunk_rows()), _vectors_of(stores))


def _copies(stores: Stores) -> Iterator[Finding]:
    if count := disagreements(stores.library.database):
        yield Finding("copies", f"{count} articles whose copies are not those that their texts give", REPAIR)


def _vectors_of(stores: Stores) -> VectorsOf:
    model, chunks = stores.library.meta().get("model", stores.embedder.name), stores.library.chunk_rows()

    def vectors(ids: Sequence[str]) -> NDArray[np.float32]:
        return stores.library.vectors(model, [chunks[id][0] for id in ids])

    return vectors


def _leftovers(stores: Stores) -> list[Finding]:
    meta = stores.library.meta()
    try:
        left = stores.indexes.others(meta[key] for key in ("generation", "previous") if key in meta)
    except ServerError:  # which is said of the index already
        return []
    if not left or is_locked(stores.library.home):
        return []
    return [Finding("leftovers", f"indexes of a pass that was cut off: {', '.join(left)}", "run `newsdesk sync`, which deletes them")]
