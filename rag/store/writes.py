"""The one transaction that changes what is searched: articles, chunks, full-text index and the served generation together."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from rag.records import Article
from rag.store import fulltext
from rag.store.copies import Regrouping, write_regrouping
from rag.store.database import Database
from rag.store.library import ChunkRow, utc_now


@dataclass(frozen=True, slots=True)
class Placed:
    """An article and the source and file that gave it."""

    article: Article
    location: str
    path: str


@dataclass(frozen=True, slots=True)
class Switch:
    """Everything that becomes true at once; ``moved`` changes place and language alone, ``touched`` are the articles whose old chunks go, ``all_chunks`` means all of them."""

    put: Sequence[Placed]
    remove: frozenset[str]
    withhold: bool
    moved: Sequence[Placed]
    sources: Sequence[str]
    chunks: Sequence[ChunkRow]
    touched: Iterable[str]
    all_chunks: bool
    meta: Mapping[str, str]
    regrouping: Regrouping = field(default_factory=Regrouping)


def commit_switch(database: Database, switch: Switch) -> None:
    """All of it or nothing; readers see the old state until it is committed."""
    with database.writing() as db:
        now = utc_now()
        db.executemany("INSERT OR IGNORE INTO sources VALUES (?, ?)", [(location, now) for location in switch.sources])
        db.executemany(
            "INSERT INTO articles VALUES (?, ?, ?, ?, NULL, 0) ON CONFLICT (article_id) DO UPDATE SET"
            " location = excluded.location, path = excluded.path, version = excluded.version, removed = NULL, withheld = 0",
            [(p.article.article_id, p.location, p.path, p.article.version) for p in switch.put],
        )
        db.executemany(
            "INSERT INTO versions (article_id, version, title, text, source, author, published, updated, url, language, ingested)"
            " VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT (article_id, version) DO UPDATE SET title = excluded.title, text = excluded.text, source = excluded.source,"
            " author = excluded.author, published = excluded.published, updated = excluded.updated, url = excluded.url, language = excluded.language",
            [_version(p.article, now) for p in switch.put],
        )
        db.executemany(
            "UPDATE articles SET location = ?, path = ? WHERE article_id = ?",
            [(p.location, p.path, p.article.article_id) for p in switch.moved],
        )
        db.executemany(
            "UPDATE versions SET language = ? WHERE article_id = ? AND version = ?",
            [(p.article.language, p.article.article_id, p.article.version) for p in switch.moved],
        )
        db.executemany(
            "UPDATE articles SET removed = ?, withheld = ? WHERE article_id = ?",
            [(now, int(switch.withhold), id) for id in sorted(switch.remove)],
        )
        _replace_chunks(db, switch)
        write_regrouping(db, switch.regrouping)
        db.executemany("INSERT INTO meta VALUES (?, ?) ON CONFLICT (key) DO UPDATE SET value = excluded.value", list(switch.meta.items()))


def _version(a: Article, now: str) -> tuple[str | None, ...]:
    return (a.article_id, a.version, a.title, a.text, a.source, a.author, a.published, a.updated, a.url, a.language, now)


def _replace_chunks(db: sqlite3.Connection, switch: Switch) -> None:
    if switch.all_chunks:
        fulltext.empty(db)
        db.execute("DELETE FROM chunks")
    for article_id in () if switch.all_chunks else sorted(switch.touched):
        db.execute("DELETE FROM chunks_fts WHERE rowid IN (SELECT id FROM chunks WHERE article_id = ?)", (article_id,))
        db.execute("DELETE FROM chunks WHERE article_id = ?", (article_id,))
    for row in switch.chunks:
        spans = json.dumps([number for span in row.sentences for number in (span.start, span.end)])
        cursor = db.execute(
            "INSERT INTO chunks (chunk_id, article_id, version, start, end, sentences, embedded, day, outlet) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)",
            (row.chunk_id, row.article_id, row.version, row.start, row.end, spans, row.embedded, row.day, row.outlet),
        )
        db.execute("INSERT INTO chunks_fts (rowid, header, text) VALUES (?, ?, ?)", (cursor.lastrowid, row.header, row.text))
