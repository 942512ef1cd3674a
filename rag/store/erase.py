"""Takes articles out of the library's file so that none of their bytes stay in it; it knows nothing of other files.

``erase`` is one transaction, after which nothing of them is served. ``scour`` then makes the file anew, since SQLite keeps what is deleted in
free pages, in the rest of used ones and in its log.
"""

from __future__ import annotations

import json
import sqlite3
import time
from collections.abc import Collection

from rag.errors import StorageError
from rag.store.copies import forget_unsearched
from rag.store.database import Database, readable_errors
from rag.store.forget import forget_in_conversations
from rag.store.library import utc_now

# In ``meta`` from the erasing to the end of a purge: the files that are to be deleted, as JSON.
PENDING = "purging"


def erase(database: Database, ids: Collection[str], *, generation: str | None, files: Collection[str]) -> None:
    """Leave of each article its id and the day, so that no pass takes it in again, and take its words out of every answer that is kept.

    ``generation`` is served from then on, and no other is named; ``files``, paths inside the data folder, are remembered until ``forget_files``.
    """
    rows = [(id,) for id in sorted(ids)]
    with database.writing() as db:
        now = utc_now()
        # While the articles' words are still known.
        forget_in_conversations(db, ids)
        db.executemany("DELETE FROM chunks_fts WHERE rowid IN (SELECT id FROM chunks WHERE article_id = ?)", rows)
        db.executemany("DELETE FROM chunks WHERE article_id = ?", rows)
        db.executemany("DELETE FROM versions WHERE article_id = ?", rows)
        # An article without a version would be taken for a damage.
        db.executemany(
            "INSERT INTO versions (article_id, version, title, text, ingested) VALUES (?, '', '', '', ?)", [(*r, now) for r in rows]
        )
        db.executemany(
            "UPDATE articles SET location = '', path = '', version = '', withheld = 1, removed = ? WHERE article_id = ?",
            [(now, *r) for r in rows],
        )
        forget_unsearched(db)
        # What a file gave is remembered with titles and warnings.
        named = "SELECT 1 FROM json_each(gave, '$.articles') WHERE json_extract(value, '$.article_id') = ?"
        db.executemany(f"DELETE FROM reads WHERE EXISTS ({named})", rows)
        # Those of older versions and of removed articles have no chunks that would tell whose they are.
        db.execute("DELETE FROM vectors WHERE embedded NOT IN (SELECT embedded FROM chunks)")
        _forget_written(db, ids)
        # Merged into one, the index keeps no words that were deleted.
        db.execute("INSERT INTO chunks_fts (chunks_fts) VALUES ('optimize')")
        db.execute("DELETE FROM meta WHERE key IN ('generation', 'previous')")
        put = {PENDING: json.dumps(sorted(files))} | ({} if generation is None else {"generation": generation})
        db.executemany("INSERT OR REPLACE INTO meta VALUES (?, ?)", list(put.items()))


def bury(database: Database, ids: Collection[str]) -> None:
    """Keep purged articles out of a library that never held them."""
    now = utc_now()
    with database.writing() as db:
        db.executemany("INSERT OR IGNORE INTO articles VALUES (?, '', '', '', ?, 1)", [(id, now) for id in sorted(ids)])
        db.executemany(
            "INSERT OR IGNORE INTO versions (article_id, version, title, text, ingested) SELECT article_id, '', '', '', removed FROM articles"
            " WHERE version = '' AND article_id = ?",
            [(id,) for id in sorted(ids)],
        )


def _forget_written(db: sqlite3.Connection, ids: Collection[str]) -> None:
    """Answers that hold one of the ids, as JSON writes it."""
    db.executemany("DELETE FROM written WHERE instr(answer, ?)", [(json.dumps(id, ensure_ascii=False),) for id in sorted(ids)])


def pending(database: Database) -> list[str] | None:
    """The files that a purge which was cut off has still to delete; None where none was cut off."""
    with database.reading() as db:
        row = db.execute("SELECT value FROM meta WHERE key = ?", (PENDING,)).fetchone()
    return None if row is None else list(json.loads(row[0]))


def forget_files(database: Database) -> None:
    """The files are deleted: their names go, and the purge is still to be ended."""
    with database.writing() as db:
        db.execute("INSERT OR REPLACE INTO meta VALUES (?, '[]')", (PENDING,))


def forget_pending(database: Database) -> None:
    """The purge is ended."""
    with database.writing() as db:
        db.execute("DELETE FROM meta WHERE key = ?", (PENDING,))


def scour(database: Database, *, wait: float) -> bool:
    """Write the file anew and empty its log; False where another process still read the old pages after ``wait`` seconds.

    Raises StorageError where the disk has no room for the copy, LibraryError where another process keeps writing.
    """
    size = database.path.stat().st_size
    try:
        with readable_errors(database.path):
            database.connection.execute("VACUUM")
    except StorageError as error:
        raise StorageError(
            f"The articles are purged and nothing of them is served, but {database.path} still holds their bytes: writing it anew needs about "
            f"{2 * size / 1e6:,.0f} MB, on its disk and where temporary files lie (TMPDIR). Free some, then run `newsdesk purge`, which ends it."
        ) from error
    return empty_log(database, wait=wait)


def empty_log(database: Database, *, wait: float) -> bool:
    """Empty SQLite's log, in which deleted words stand until then; False where another process still read the old pages after ``wait`` seconds."""
    end = time.monotonic() + wait
    while not _log_emptied(database):
        if time.monotonic() > end:
            return False
        time.sleep(0.1)
    return True


def _log_emptied(database: Database) -> bool:
    with readable_errors(database.path):
        # SQLite waits for readers by itself, as long as for a lock.
        (before,) = database.connection.execute("PRAGMA busy_timeout").fetchone()
        database.connection.execute("PRAGMA busy_timeout = 100")
        try:
            busy, _, _ = database.connection.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()
        except sqlite3.OperationalError as error:
            if "locked" not in str(error):
                raise
            busy = 1
        finally:
            database.connection.execute(f"PRAGMA busy_timeout = {before}")
    return not busy
