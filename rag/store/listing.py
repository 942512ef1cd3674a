"""The articles that are searched, page by page and without their texts; it knows no form of output."""

from __future__ import annotations

import sqlite3
from collections.abc import Collection
from dataclasses import dataclass

from rag.records import Carrier, Filters
from rag.store.copies import carried_by
from rag.store.database import Database
from rag.store.library import date_to_day, to_day
from rag.text.moments import newest_first
from rag.text.words import tokens


@dataclass(frozen=True, slots=True)
class Listed:
    """An article without its text; ``ingested`` is when the version that is searched was taken in, ``carried_by`` who has a copy of it."""

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
    carried_by: tuple[Carrier, ...]


_COLUMNS = ("article_id", "version", "title", "source", "author", "published", "updated", "url", "language", "ingested")


def listed(
    database: Database, *, filters: Filters = Filters(), title: str = "", limit: int | None = None, offset: int = 0
) -> tuple[int, list[Listed]]:
    """How many articles the filters leave, and those from ``offset`` on, newest first, ties by id.

    ``title`` keeps those whose title holds all its words, in any order, case and accents left aside.
    """
    with database.reading() as db:
        columns = ", ".join(f"v.{name}" for name in _COLUMNS)
        rows = db.execute(
            f"SELECT {columns} FROM articles a JOIN versions v USING (article_id, version) WHERE a.removed IS NULL ORDER BY article_id"
        ).fetchall()
        copies = carried_by(database)
    words = set(tokens(title))
    # By the moment, which ISO text in several zones does not sort by.
    kept = sorted((row for row in rows if _matches(row, filters, words)), key=lambda row: newest_first(row["published"]))
    page = kept[offset : None if limit is None else offset + limit]
    return len(kept), [Listed(**row, carried_by=copies.get(row["article_id"], ())) for row in page]


def _matches(row: sqlite3.Row, filters: Filters, words: Collection[str]) -> bool:
    day = to_day(row["published"])
    if filters.since and (day is None or day < date_to_day(filters.since)):
        return False
    if filters.until and (day is None or day > date_to_day(filters.until)):
        return False
    if filters.outlets and row["source"] not in filters.outlets:
        return False
    return not words or set(words) <= set(tokens(row["title"]))
