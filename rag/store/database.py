"""Opens the library's SQLite file: connections, transactions, migrations, readable errors; it knows no query."""

from __future__ import annotations

import os
import shutil
import sqlite3
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from rag.errors import LibraryError, LibraryMismatch, NoLibrary, StorageError
from rag.text.moments import newest_first
from rag.text.words import fold, tokens

SCHEMA = 6
# MIGRATIONS[n] brings a library of schema n to n + 1.
MIGRATIONS: dict[int, str] = {
    number: (Path(__file__).parent / name).read_text(encoding="utf-8")
    for number, name in enumerate(("schema.sql", "schema_2.sql", "schema_3.sql", "schema_4.sql", "schema_5.sql", "schema_6.sql"))
}
_BUSY_MS = 10_000


class Database:
    """One SQLite file in WAL mode, with a connection a thread.

    Raises StorageError when the folder cannot be written or the disk is full, LibraryMismatch when a
    later release wrote the file, LibraryError when it is damaged.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self._local = threading.local()

    @property
    def exists(self) -> bool:
        """Whether there is a library here at all."""
        with readable_errors(self.path):
            return self.path.is_file() and self.path.stat().st_size > 0

    def create(self) -> None:
        """Make the file when it is missing, and bring its schema up to date."""
        with readable_errors(self.path):
            self.path.parent.mkdir(parents=True, exist_ok=True)
            connection = self._connect()
            _write_ahead(connection)
            while self._schema(connection) < SCHEMA:
                self._migrate(connection)
            self._local.connection = connection

    def _migrate(self, connection: sqlite3.Connection) -> None:
        """One step, unless another process has taken it meanwhile: an app and a sync may open the same old library at once."""
        connection.execute("BEGIN IMMEDIATE")
        try:
            if (number := self._schema(connection)) < SCHEMA:
                for statement in statements(MIGRATIONS[number]):
                    connection.execute(statement)
                connection.execute(f"PRAGMA user_version = {number + 1}")
            connection.execute("COMMIT")
        finally:
            if connection.in_transaction:
                connection.execute("ROLLBACK")

    @property
    def connection(self) -> sqlite3.Connection:
        """This thread's connection, outside any transaction unless ``reading`` or ``writing`` is open."""
        connection: sqlite3.Connection | None = getattr(self._local, "connection", None)
        if connection is None:
            if not self.exists:
                raise NoLibrary(f"There is no library in {self.path.parent} yet: run `newsdesk sync FOLDER` first.")
            with readable_errors(self.path):
                connection = self._connect()
                if self._schema(connection) < SCHEMA:
                    connection.close()
                    self.create()
                    return self.connection
                # Kept only once its schema is known to be one that this release reads.
                self._local.connection = connection
        return connection

    @contextmanager
    def reading(self) -> Iterator[sqlite3.Connection]:
        """One consistent view for several queries; nests inside another transaction of this thread."""
        with readable_errors(self.path):
            connection = self.connection
            if connection.in_transaction:
                yield connection
                return
            connection.execute("BEGIN")
            try:
                yield connection
            finally:
                connection.execute("ROLLBACK")
                if self.read_only:
                    # Opened as it lay, so a later pass from elsewhere would not be seen.
                    self.close()

    @contextmanager
    def writing(self) -> Iterator[sqlite3.Connection]:
        """All of it or nothing."""
        with readable_errors(self.path):
            connection = self.connection
            connection.execute("BEGIN IMMEDIATE")
            try:
                yield connection
                connection.execute("COMMIT")
            finally:
                # A full disk rolls back by itself; whatever else went wrong is undone here.
                if connection.in_transaction:
                    connection.execute("ROLLBACK")

    def close(self) -> None:
        """Close this thread's connection."""
        connection: sqlite3.Connection | None = getattr(self._local, "connection", None)
        if connection is not None:
            connection.close()
            self._local.connection = None

    @property
    def read_only(self) -> bool:
        """Whether its folder cannot be written."""
        return not os.access(self.path.parent, os.W_OK)

    def _connect(self) -> sqlite3.Connection:
        connection = sqlite3.connect(self._address(), uri=True, isolation_level=None, timeout=_BUSY_MS / 1000)
        connection.row_factory = sqlite3.Row
        connection.execute("PRAGMA synchronous = NORMAL")
        # What a reader deletes leaves no bytes in free pages; Debian's SQLite has it on by itself, others have not.
        connection.execute("PRAGMA secure_delete = ON")
        connection.create_function("fold", 1, _fold, deterministic=True)
        connection.create_function("tokens", 1, _tokens, deterministic=True)
        connection.create_function("newest_first", 1, newest_first, deterministic=True)
        connection.execute("PRAGMA foreign_keys = ON")
        return connection

    def _address(self) -> str:
        """WAL needs files beside the library; where none can be made, it is opened as it lies, unless a log of changes lies there too."""
        address = self.path.absolute().as_uri()
        if not self.read_only:
            return address
        log = self.path.with_name(f"{self.path.name}-wal")
        return f"{address}?mode=ro" if log.is_file() and log.stat().st_size else f"{address}?immutable=1"

    def _schema(self, connection: sqlite3.Connection) -> int:
        number = int(connection.execute("PRAGMA user_version").fetchone()[0])
        if number > SCHEMA:
            raise LibraryMismatch(
                f"The library in {self.path.parent} has schema {number}, this release reads up to {SCHEMA}: use the newer Newsdesk."
            )
        return number


def _fold(text: str | None) -> str:
    """What SQL calls fold: words as they are compared."""
    return fold(text or "")


def _tokens(text: str | None) -> str:
    """What SQL calls tokens: the words as they are compared, parted by blanks."""
    return " ".join(tokens(text or ""))


def statements(script: str) -> Iterator[str]:
    """The statements one by one: ``executescript`` would commit the transaction that they are to share."""
    statement = ""
    for line in script.splitlines(keepends=True):
        statement += line
        if sqlite3.complete_statement(statement):
            yield statement
            statement = ""


def _write_ahead(connection: sqlite3.Connection) -> None:
    """Turn the log on; SQLite does not wait by itself where another process looks at a file that was just made."""
    end = time.monotonic() + _BUSY_MS / 1000
    while True:
        try:
            connection.execute("PRAGMA journal_mode = WAL")
            return
        except sqlite3.OperationalError as error:
            if "locked" not in str(error) or time.monotonic() > end:
                raise
            time.sleep(0.02)


@contextmanager
def readable_errors(path: Path) -> Iterator[None]:
    """Turns what SQLite and the file system raise into errors that say what to do."""
    try:
        yield
    except OSError as error:
        raise StorageError(
            f"Cannot use {path.parent}: {error.strerror or error}. Free the disk, or choose another folder with NEWSDESK_HOME."
        ) from error
    except sqlite3.OperationalError as error:
        # A log that found no room is reported as "disk I/O error".
        if "full" in str(error) or ("I/O" in str(error) and not shutil.disk_usage(path.parent).free):
            raise StorageError(
                f"The disk that holds {path.parent} is full; nothing was changed. Free some space and run the command again."
            ) from error
        if "readonly" in str(error) or "unable to open" in str(error):
            raise StorageError(
                f"{path.parent} cannot be written: make it writable, or choose another folder with NEWSDESK_HOME."
            ) from error
        if "locked" in str(error):
            raise LibraryError(f"Another process keeps {path} locked: try again when it has finished.") from error
        raise LibraryError(f"The library {path} cannot be read ({error}): run `newsdesk doctor`.") from error
    except sqlite3.DatabaseError as error:
        raise LibraryError(f"{path} is damaged or is no library ({error}): restore a backup, or move it away and sync again.") from error
