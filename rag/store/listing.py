"""The articles that are searched, page by page and without their texts; it knows no form of output."""

from __future__ import annotations

import sqlite3
from dataclasses import dataclass, field
from datetime import date
from typing import Literal

from rag.records import Carrier, Filters
from rag.store.copies import carried_by
from rag.store.database import Database
from rag.text.words import tokens, unique

Order = Literal["newest", "oldest", "latest in"]


@dataclass(frozen=True, slots=True)
class Sought:
    """Which articles are listed, and in what order.

    ``title`` keeps those whose title holds all its words. ``words`` keeps those that hold all of them in text, outlet or title (of a title longer than
    NEWSDESK_HEADER_TOKENS, in its beginning), in any form that the full-text index takes as one, the last one perhaps not typed to its end. Order, case
    and accents are left aside. ``languages`` are primary tags, none means all. "latest in" is by when a version was taken in.
    """

    filters: Filters = field(default_factory=Filters)
    title: str = ""
    words: str = ""
    languages: tuple[str, ...] = ()
    order: Order = "newest"


@dataclass(frozen=True, slots=True)
class Listed:
    """An article without its text; ``ingested`` is when the version that is searched was taken in, ``carried_by`` who has a copy of it,
    ``versions`` and ``chunks`` are counts."""

    article_id: str
    version: str
    title: str
    source: str | None
    author: str | None
    published: str | None
    updated: str | None
    url: str | None
    language: str | None
    ingested: str
    versions: int
    chunks: int
    carried_by: tuple[Carrier, ...]


_COLUMNS = ("article_id", "version", "title", "source", "author", "published", "updated", "url", "language", "ingested")
_COUNTS = (
    "(SELECT count(*) FROM versions o WHERE o.article_id = v.article_id) AS versions,"
    " (SELECT count(*) FROM chunks c WHERE c.article_id = v.article_id) AS chunks"
)
_LIVE = "FROM articles a JOIN versions v USING (article_id, version) WHERE a.removed IS NULL"
# By the moment, which ISO text in several zones does not sort by; what has no date comes last either way.
_ORDERS: dict[Order, str] = {
    "newest": "newest_first(v.published)",
    "oldest": "v.published IS NULL, -newest_first(v.published)",
    "latest in": "v.ingested DESC",
}


def listed(database: Database, sought: Sought = Sought(), *, limit: int | None = None, offset: int = 0) -> tuple[int, list[Listed]]:
    """How many articles are sought, and those from ``offset`` on, ties by id."""
    columns = ", ".join(f"v.{name}" for name in _COLUMNS)
    with database.reading() as db:
        where, values = _where(db, sought)
        # Of those that are not shown, nothing is kept but their place.
        places = [row[0] for row in db.execute(f"SELECT v.rowid {_LIVE}{where} ORDER BY {_ORDERS[sought.order]}, article_id", values)]
        # One by one: a page may be the whole library, and SQLite binds so many values at most.
        sql = f"SELECT {columns}, {_COUNTS} FROM versions v WHERE v.rowid = ?"
        rows = [db.execute(sql, (place,)).fetchone() for place in places[offset : None if limit is None else offset + limit]]
        copies = carried_by(database, None if limit is None else [row["version"] for row in rows])
    return len(places), [Listed(**row, carried_by=copies.get(row["article_id"], ())) for row in rows]


def days(database: Database, sought: Sought = Sought()) -> dict[date, int]:
    """How many of the articles that are sought were published on each day; those without a day are left out."""
    with database.reading() as db:
        where, values = _where(db, sought)
        rows = db.execute(
            f"SELECT date(substr(v.published, 1, 10)) AS day, count(*) {_LIVE}{where} AND day IS NOT NULL GROUP BY day", values
        )
        return {date.fromisoformat(day): count for day, count in rows}


def languages(database: Database) -> tuple[str, ...]:
    """Languages of the articles that are searched, the commonest first."""
    with database.reading() as db:
        rows = db.execute(f"SELECT v.language {_LIVE} AND v.language IS NOT NULL GROUP BY v.language ORDER BY count(*) DESC, v.language")
        return tuple(row[0] for row in rows)


def _where(db: sqlite3.Connection, sought: Sought) -> tuple[str, list[str]]:
    """Conditions that follow those of ``_LIVE``, and their values."""
    sql, values = "", list[str]()
    for condition, day in ((">=", sought.filters.since), ("<=", sought.filters.until)):
        if day:
            sql, values = f"{sql} AND substr(v.published, 1, 10) {condition} ?", [*values, day.isoformat()]
    for column, wanted in (("source", sought.filters.outlets), ("language", sought.languages)):
        if wanted:
            sql, values = f"{sql} AND v.{column} IN ({', '.join('?' * len(wanted))})", [*values, *wanted]
    for word in unique(tokens(sought.title)):
        sql, values = f"{sql} AND instr(' ' || tokens(v.title) || ' ', ?)", [*values, f" {word} "]
    typed = tokens(sought.words)
    outlets = [row[0] for row in db.execute("SELECT DISTINCT outlet FROM chunks WHERE outlet IS NOT NULL")] if typed else []
    for word in unique(typed):
        begun = word == typed[-1]
        meant = [outlet for outlet in outlets if any(held.startswith(word) if begun else held == word for held in tokens(outlet))]
        sql += (
            " AND (article_id IN (SELECT article_id FROM chunks WHERE id IN (SELECT rowid FROM chunks_fts WHERE chunks_fts MATCH ?))"
            f" OR v.source IN ({', '.join('?' * len(meant))}))"
        )
        values += [f'"{word}"{"*" * begun}', *meant]
    return sql, values
