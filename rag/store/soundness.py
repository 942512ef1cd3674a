"""Looks for what does not agree inside the library: rows, texts, chunks, words, stored vectors; it mends nothing and opens no index.

Much of it describes itself: a version is the digest of its text, a chunk's id and the key of its vector are digests of what they name. The chunks
are held against those that a pass would make of the articles now.
"""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterator
from dataclasses import dataclass, replace
from itertools import pairwise

import numpy as np

from rag.intake.identity import digest
from rag.store.publish import Stores, make_chunks, vector_key

REPAIR = "run `newsdesk doctor --repair`"
RESTORE = "restore a backup (`newsdesk restore FILE`), or move the library away and sync again"
_AGAIN = "run `newsdesk sync` while their files are there, or restore a backup"
# Float32 unit vectors come within 1e-6; half precision would within 1e-3.
_UNIT = 1e-3
_VECTORS_AT_ONCE = 5_000

# Each query counts rows that should not be there. A purged article has the version ''.
_COUNTED = (
    (
        "library",
        "{} articles without the text of their version",
        _AGAIN,
        "SELECT count(*) FROM articles LEFT JOIN versions v USING (article_id, version) WHERE v.version IS NULL AND version <> ''",
    ),
    (
        "library",
        "{} articles whose texts are held, but which are not listed",
        REPAIR,
        "SELECT count(DISTINCT article_id) FROM versions WHERE article_id NOT IN (SELECT article_id FROM articles)",
    ),
    (
        "library",
        "{} sources that gave articles are not registered",
        REPAIR,
        "SELECT count(DISTINCT location) FROM articles WHERE removed IS NULL AND location <> '' AND location NOT IN (SELECT location FROM sources)",
    ),
    (
        "conversations",
        "{} turns of conversations that are not listed",
        REPAIR,
        "SELECT count(*) FROM turns WHERE conversation_id NOT IN (SELECT conversation_id FROM conversations)",
    ),
    (
        "conversations",
        "{} turns that cannot be read",
        RESTORE,
        "SELECT count(*) FROM turns WHERE NOT json_valid(answer)",
    ),
    (
        "conversations",
        "{} turns that no search of conversations finds",
        REPAIR,
        "SELECT count(*) FROM turns WHERE json_valid(answer) AND turn_id NOT IN (SELECT turn_id FROM said)",
    ),
    (
        "conversations",
        "{} conversations that lack a turn",
        RESTORE,
        "SELECT count(*) FROM (SELECT 1 FROM turns GROUP BY conversation_id HAVING count(*) <> max(ordinal) + 1)",
    ),
    (
        "chunks",
        "{} articles that cannot be found, since they have no chunks",
        REPAIR,
        "SELECT count(*) FROM articles JOIN versions USING (article_id, version)"
        " WHERE removed IS NULL AND article_id NOT IN (SELECT article_id FROM chunks)",
    ),
    (
        "chunks",
        "{} chunks of articles that are removed, or of older versions",
        REPAIR,
        "SELECT count(*) FROM chunks c WHERE NOT EXISTS"
        " (SELECT 1 FROM articles a WHERE a.article_id = c.article_id AND a.version = c.version AND a.removed IS NULL)",
    ),
)


@dataclass(frozen=True, slots=True)
class Finding:
    """Something that does not agree, in words, with what to do."""

    part: str
    problem: str
    advice: str


def rows(db: sqlite3.Connection) -> Iterator[Finding]:
    """Rows that lack their counterpart, and texts that are not those of their version."""
    yield from _counted(db)
    # A purged article has neither.
    altered = sum(1 for version, text in db.execute("SELECT version, text FROM versions WHERE version <> ''") if digest(text) != version)
    if altered:
        yield Finding("library", f"{altered} texts that are not those of their version", _AGAIN)


def words(db: sqlite3.Connection) -> Iterator[Finding]:
    """A full-text index that does not hold the chunks' words; it must be whole in itself."""
    sql = (
        "SELECT c.embedded, f.header, f.text, substr(v.text, c.start + 1, c.end - c.start)"
        " FROM chunks c JOIN versions v USING (article_id, version) LEFT JOIN chunks_fts f ON f.rowid = c.id"
    )
    other = sum(1 for key, header, text, cut in db.execute(sql) if text != cut or vector_key(header, text) != key)
    if other:
        yield Finding("full-text index", f"{other} chunks that the full-text index lacks or holds with other words", REPAIR)
    lone = db.execute("SELECT count(*) FROM chunks_fts WHERE rowid NOT IN (SELECT id FROM chunks)").fetchone()[0]
    if lone:
        yield Finding("full-text index", f"{lone} rows of the full-text index that belong to no chunk", REPAIR)


def chunks(stores: Stores, db: sqlite3.Connection) -> Iterator[Finding]:
    """Chunks that reach outside their article, and, for the model and chunking that are set, those that a pass would make otherwise."""
    sql = "SELECT start, end, sentences, length(text) FROM chunks JOIN versions USING (article_id, version)"
    outside = sum(1 for start, end, sentences, length in db.execute(sql) if not _in_order(start, end, sentences, length))
    if outside:
        yield Finding("chunks", f"{outside} chunks that reach outside their article, or sentences outside their chunk", REPAIR)
    meta = stores.library.meta()
    if (meta.get("model"), meta.get("chunking")) == (stores.embedder.name, stores.chunking) and (other := _otherwise(stores, db)):
        yield Finding("chunks", f"{other} articles whose chunks, days or outlets are not those of their text", REPAIR)


def bad_vectors(db: sqlite3.Connection, model: str) -> set[str]:
    """Digests of stored vectors that are of another length than the model's, not of unit length, or no numbers."""
    common = db.execute(
        "SELECT length(vector) FROM vectors WHERE model = ? GROUP BY length(vector) ORDER BY count(*) DESC LIMIT 1", (model,)
    ).fetchone()
    if common is None:
        return set()
    bad = {
        row[0] for row in db.execute("SELECT embedded FROM vectors WHERE model = ? AND length(vector) <> ?", (model, common[0])).fetchall()
    }
    cursor = db.execute("SELECT embedded, vector FROM vectors WHERE model = ? AND length(vector) = ?", (model, common[0]))
    while part := cursor.fetchmany(_VECTORS_AT_ONCE):
        vectors = np.frombuffer(b"".join(row[1] for row in part), dtype="<f4").reshape(len(part), -1)
        # NaN compares as false, so it counts as bad too.
        with np.errstate(over="ignore", invalid="ignore"):
            good = np.abs(np.linalg.norm(vectors.astype(np.float64), axis=1) - 1) <= _UNIT
        bad |= {row[0] for row, ok in zip(part, good, strict=True) if not ok}
    return bad


def _counted(db: sqlite3.Connection) -> Iterator[Finding]:
    for part, problem, advice, sql in _COUNTED:
        count = db.execute(sql).fetchone()[0]
        if count:
            yield Finding(part, problem.format(count), advice)


def _in_order(start: int, end: int, sentences: str, length: int) -> bool:
    try:
        offsets = [0, start, *json.loads(sentences), end, length]
        return all(one <= two for one, two in pairwise(offsets))
    except (ValueError, TypeError):
        return False


def _otherwise(stores: Stores, db: sqlite3.Connection) -> int:
    """How many live articles have other chunks than a pass would give them."""
    sql = "SELECT chunk_id, version, start, end, sentences, embedded, day, outlet FROM chunks WHERE article_id = ? ORDER BY start, end"
    other, stores = 0, replace(stores, on_progress=lambda stage, done, total: None)
    for article in stores.library.articles():
        made = [
            (r.chunk_id, r.version, r.start, r.end, [n for s in r.sentences for n in (s.start, s.end)], r.embedded, r.day, r.outlet)
            for r in make_chunks(stores, [article])
        ]
        held = [(*row[:4], _numbers(row[4]), *row[5:]) for row in db.execute(sql, (article.article_id,))]
        other += held != made and bool(held)
    return other


def _numbers(sentences: str) -> object:
    try:
        return json.loads(sentences)
    except ValueError:
        return None
