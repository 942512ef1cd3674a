"""Tells whether the full-text index is whole in itself, and empties it even where SQLite can no longer open it; it knows no chunk."""

from __future__ import annotations

import sqlite3

from rag.store.database import MIGRATIONS, Database, statements

_NAME = "chunks_fts"
# What FTS5 keeps a table in.
_SHADOWS = ("data", "idx", "content", "docsize", "config")
_REFUSED = (sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED, sqlite3.SQLITE_FULL, sqlite3.SQLITE_IOERR, sqlite3.SQLITE_READONLY)


def is_whole(database: Database) -> bool:
    """Whether FTS5 finds its own tables in order: each word where its rows say, no table lost.

    Takes the library's write lock for a moment, since FTS5 is asked by an INSERT that writes nothing; raises what ``Database.writing`` does.
    """
    with database.writing() as db:
        try:
            db.execute(f"INSERT INTO {_NAME} ({_NAME}, rank) VALUES ('integrity-check', 0)")
        except sqlite3.DatabaseError as error:
            if error.sqlite_errorcode & 0xFF in _REFUSED:
                raise
            return False
    return True


def empty(db: sqlite3.Connection) -> None:
    """Leave it as it was made, without a row, inside the caller's transaction, whatever state it is in."""
    create = _creation(db)
    try:
        db.execute(f"DROP TABLE IF EXISTS {_NAME}")
    except sqlite3.DatabaseError:
        # FTS5 does not open what it cannot read, and SQLite does not drop what does not open: it gets blank tables first.
        _blank(db, create)
        db.execute(f"DROP TABLE {_NAME}")
    for shadow in _SHADOWS:
        db.execute(f"DROP TABLE IF EXISTS {_NAME}_{shadow}")
    db.execute(create)


def _creation(db: sqlite3.Connection) -> str:
    row = db.execute("SELECT sql FROM sqlite_master WHERE name = ?", (_NAME,)).fetchone()
    return str(row[0]) if row else next(s for script in MIGRATIONS.values() for s in statements(script) if f"VIRTUAL TABLE {_NAME}" in s)


def _blank(db: sqlite3.Connection, create: str) -> None:
    db.execute(create.replace(_NAME, "blank_fts", 1))
    for shadow in _SHADOWS:
        (made,) = db.execute("SELECT sql FROM sqlite_master WHERE name = ?", (f"blank_fts_{shadow}",)).fetchone()
        db.execute(f"DROP TABLE IF EXISTS {_NAME}_{shadow}")
        db.execute(made.replace("blank_fts", _NAME, 1))
        db.execute(f"INSERT INTO {_NAME}_{shadow} SELECT * FROM blank_fts_{shadow}")
    db.execute("DROP TABLE blank_fts")
