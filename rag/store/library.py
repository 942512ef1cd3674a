"""The library's queries: articles and versions, chunks and their words, vectors.

Those of conversations stand in ``conversations.py``. It knows nothing of Chroma beyond the name of the served generation.
"""

from __future__ import annotations

import json
import re
import sqlite3
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from datetime import UTC, date, datetime
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from rag.errors import NoSuchArticle
from rag.records import Article, Filters, Overview, Passage, Span, Version
from rag.store.database import Database
from rag.store.ranked import best
from rag.store.remembered import Remembered
from rag.text.moments import newest_first
from rag.text.words import fold, stem

_ARTICLE = "v.article_id, v.version, v.title, v.text, v.source, v.author, v.published, v.updated, v.url, v.language"
# SQLite binds at most 32,766 values in a statement.
_BIND = 10_000
# Vectors are of unit length but for rounding.
_UNIT = 1e-3
# Texts are read so many at a time where all are wanted one after the other.
_ARTICLES_AT_HAND = 200


@dataclass(frozen=True, slots=True)
class Held:
    """A live or removed article as the manifest knows it, without its text."""

    article_id: str
    version: str
    location: str
    path: str
    withheld: bool
    live: bool

    @property
    def purged(self) -> bool:
        """Whether nothing is left of it but its id."""
        return not self.version


@dataclass(frozen=True, slots=True)
class ChunkRow:
    """A chunk as it is stored: ``header`` and ``text`` are what is embedded and searched."""

    chunk_id: str
    article_id: str
    version: str
    start: int
    end: int
    sentences: tuple[Span, ...]
    header: str
    text: str
    embedded: str
    day: int | None
    outlet: str | None


class Library:
    """Everything that must not be lost, in one SQLite file under ``home``."""

    def __init__(self, home: Path) -> None:
        self.home = home
        self.database = Database(home / "library.sqlite3")
        self._remembered = Remembered()

    @property
    def exists(self) -> bool:
        """Whether anything was ever synced here."""
        return self.database.exists

    def snapshot(self) -> AbstractContextManager[sqlite3.Connection]:
        """One consistent view for several calls of this thread."""
        return self.database.reading()

    # What it is and holds

    def meta(self) -> dict[str, str]:
        """What the library says of itself: ``model``, ``chunking``, ``generation``, ``previous``."""
        with self.snapshot() as db:
            return {row["key"]: row["value"] for row in db.execute("SELECT key, value FROM meta")}

    def overview(self) -> Overview:
        """Counts, outlets and the span of days."""
        with self.snapshot() as db:
            return self._remembered.get(_generation(db), "overview", lambda: _overview(db))

    def sources(self) -> list[str]:
        """Locations that bare ``sync`` reconciles, in the order of their names."""
        with self.snapshot() as db:
            return [row[0] for row in db.execute("SELECT location FROM sources ORDER BY location")]

    def manifest(self) -> dict[str, Held]:
        """Every article that was ever held, by id."""
        with self.snapshot() as db:
            rows = db.execute("SELECT article_id, version, location, path, withheld, removed IS NULL FROM articles").fetchall()
        return {row[0]: Held(row[0], row[1], row[2], row[3], bool(row[4]), bool(row[5])) for row in rows}

    def articles(self) -> Iterator[Article]:
        """The live articles, newest first, ties by id; one that is purged while they are gone through is left out from there on."""
        with self.snapshot() as db:
            rows = db.execute(
                "SELECT a.article_id, a.version, v.published FROM articles a JOIN versions v USING (article_id, version)"
                " WHERE a.removed IS NULL ORDER BY a.article_id"
            ).fetchall()
        # By the moment, which ISO text in several zones does not sort by.
        keys = [(row[0], row[1]) for row in sorted(rows, key=lambda row: newest_first(row["published"]))]
        return self._texts(keys)

    def _texts(self, keys: Sequence[tuple[str, str]]) -> Iterator[Article]:
        """Articles by id and version, some at a time, since all texts of a large library are much to hold."""
        for start in range(0, len(keys), _ARTICLES_AT_HAND):
            with self.snapshot() as db:
                sql = f"SELECT {_ARTICLE} FROM versions v WHERE article_id = ? AND version = ?"
                rows = [db.execute(sql, key).fetchone() for key in keys[start : start + _ARTICLES_AT_HAND]]
            yield from (Article(**row) for row in rows if row is not None)

    def article(self, article_id: str, version: str | None = None) -> Article:
        """One article; the version that is searched unless another is named.

        Raises NoSuchArticle, which says where the article was purged.
        """
        with self.snapshot() as db:
            _refuse_purged(db, article_id)
            row = db.execute(
                f"SELECT {_ARTICLE} FROM articles a JOIN versions v USING (article_id) WHERE article_id = ? AND v.version = coalesce(?, a.version)",
                (article_id, version),
            ).fetchone()
        if row is None:
            what = f"version {version!r} of article {article_id!r}" if version else f"article {article_id!r}"
            raise NoSuchArticle(f"The library holds no {what}: `newsdesk list` shows what it holds.")
        return Article(**row)

    def versions_of(self, article_id: str) -> list[Version]:
        """Every version of an article that was ever held, in the order in which they came; raises NoSuchArticle."""
        with self.snapshot() as db:
            _refuse_purged(db, article_id)
            rows = db.execute(
                "SELECT v.version, v.ingested, v.title, v.published, v.updated, v.version = a.version AND a.removed IS NULL"
                " FROM versions v JOIN articles a USING (article_id) WHERE article_id = ? ORDER BY v.ingested, v.rowid",
                (article_id,),
            ).fetchall()
        if not rows:
            raise NoSuchArticle(f"The library holds no article {article_id!r}: `newsdesk list` shows what it holds.")
        return [Version(row[0], row[1], row[2], row[3], row[4], bool(row[5])) for row in rows]

    def text_of(self, article_id: str, version: str) -> str | None:
        """The text of a version; None where it is not held."""
        with self.snapshot() as db:
            row = db.execute("SELECT text FROM versions WHERE article_id = ? AND version = ?", (article_id, version)).fetchone()
        return row and str(row[0])

    def author_of(self, article_id: str, version: str) -> str | None:
        """Who wrote a version; None where it does not say, or is not held."""
        with self.snapshot() as db:
            row = db.execute("SELECT author FROM versions WHERE article_id = ? AND version = ?", (article_id, version)).fetchone()
        return None if row is None or row[0] is None else str(row[0])

    def ingested(self) -> dict[str, str]:
        """When the version of each live article that is searched was taken in, by id."""
        with self.snapshot() as db:
            rows = db.execute(
                "SELECT article_id, v.ingested FROM articles a JOIN versions v USING (article_id, version) WHERE a.removed IS NULL"
            )
            return {row[0]: row[1] for row in rows}

    # What files gave

    def reads(self, location: str) -> list[tuple[str, str, str, str]]:
        """Path, digest of the bytes, rules and what it gave, of each file of a source that was kept."""
        with self.snapshot() as db:
            rows = db.execute("SELECT path, digest, rules, gave FROM reads WHERE location = ?", (location,)).fetchall()
        return [(row[0], row[1], row[2], row[3]) for row in rows]

    def replace_reads(self, location: str, rules: str, reads: Mapping[str, tuple[str, str]]) -> None:
        """Keep what the files of a source gave (digest and JSON by path) in place of what was kept of it."""
        with self.database.writing() as db:
            db.execute("DELETE FROM reads WHERE location = ?", (location,))
            rows = [(location, path, digest, rules, gave) for path, (digest, gave) in reads.items()]
            db.executemany("INSERT INTO reads VALUES (?, ?, ?, ?, ?)", rows)

    # Search

    def match(self, query: str, *, filters: Filters, limit: int) -> list[tuple[str, float]]:
        """Chunk ids and BM25 scores (higher is better) for quoted words joined by OR, best first, ties by id."""
        with self.snapshot() as db:
            return best(db, query, where=narrowing(filters), limit=limit, chunks=self.overview().chunks, frequency=self.document_frequency)

    def count_matching(self, filters: Filters) -> int:
        """How many chunks the filters leave."""
        where, values = narrowing(filters)
        sql = f"SELECT count(*) FROM chunks c WHERE 1{where}"
        with self.snapshot() as db:
            return self._remembered.get(_generation(db), (sql, *values), lambda: int(db.execute(sql, values).fetchone()[0]))

    def document_frequency(self, query: str) -> int:
        """How many chunks an FTS5 query matches."""
        sql = "SELECT count(*) FROM chunks_fts WHERE chunks_fts MATCH ?"
        with self.snapshot() as db:
            return self._remembered.get(_generation(db), ("held", query), lambda: int(db.execute(sql, (query,)).fetchone()[0]))

    def terms(self, first_letter: str) -> Sequence[tuple[str, int]]:
        """The index's terms (folded and stemmed) that begin with a letter, with the number of chunks that hold each."""
        span = (first_letter, chr(ord(first_letter) + 1))
        with self.snapshot() as db:
            return self._remembered.get(
                _generation(db),
                ("terms", first_letter),
                # Counting them reads all that FTS5 holds under the letter: 90 ms for 100,000 chunks.
                lambda: [(row[0], row[1]) for row in db.execute("SELECT term, doc FROM terms WHERE term >= ? AND term < ?", span)],
            )

    def spelling(self, term: str) -> str | None:
        """A term of the index as an article writes it; None when the stem leads back to no word."""
        with self.snapshot() as db:
            rows = db.execute("SELECT text || ' ' || header FROM chunks_fts WHERE chunks_fts MATCH ? LIMIT 5", (f'"{term}"',)).fetchall()
        return next((word for row in rows for word in re.findall(r"[^\W_]+", row[0]) if stem(fold(word)) == term), None)

    def passages(self, scored: Mapping[str, tuple[float, float | None, float | None]]) -> list[Passage]:
        """The chunks with their articles' details; ``scored`` gives (score, bm25, cosine) by chunk id.

        Best first, ties by id. Ids that are no longer held are left out.
        """
        ids = list(scored)
        marks = ", ".join("?" * len(ids))
        sql = (
            "SELECT c.chunk_id, c.article_id, c.version, c.start, c.end, c.sentences, substr(v.text, c.start + 1, c.end - c.start) AS text,"
            f" v.title, v.source, v.published, v.url, v.updated FROM chunks c JOIN versions v USING (article_id, version) WHERE c.chunk_id IN ({marks})"
        )
        with self.snapshot() as db:
            rows = [dict(row) for row in db.execute(sql, ids)]
        found = []
        for row in rows:
            score, bm25, cosine = scored[row["chunk_id"]]
            row["sentences"] = _to_spans(row["sentences"])
            found.append(Passage(**row, score=score, bm25=bm25, cosine=cosine))
        return sorted(found, key=lambda p: (-p.score, p.chunk_id))

    def chunks_of(self, article_id: str) -> list[Passage]:
        """Every chunk of a live article as a passage without scores, in the order of its text; empty for an unknown id."""
        with self.snapshot() as db:
            ids = [row[0] for row in db.execute("SELECT chunk_id FROM chunks WHERE article_id = ?", (article_id,))]
            return sorted(self.passages(dict.fromkeys(ids, (0.0, None, None))), key=lambda p: p.start)

    # Chunks and vectors

    def chunk_rows(self, *, without: Iterable[str] = ()) -> dict[str, tuple[str, int | None, str | None]]:
        """Digest of the embedded text, day and outlet of every chunk that is searched, by id; some articles left out."""
        left_out = set(without)
        with self.snapshot() as db:
            rows = db.execute("SELECT chunk_id, article_id, embedded, day, outlet FROM chunks").fetchall()
        return {row[0]: (row[2], row[3], row[4]) for row in rows if row[1] not in left_out}

    def missing_vectors(self, model: str, embedded: Iterable[str]) -> set[str]:
        """Which of the digests have no vector by this model yet."""
        wanted = set(embedded)
        with self.snapshot() as db:
            for part in _parts(sorted(wanted)):
                marks = ", ".join("?" * len(part))
                rows = db.execute(f"SELECT embedded FROM vectors WHERE model = ? AND embedded IN ({marks})", (model, *part))
                wanted -= {row[0] for row in rows}
        return wanted

    def vectors(self, model: str, embedded: Sequence[str]) -> NDArray[np.float32]:
        """Stored vectors, shape (n, dimension), in the order of the digests; each must be there."""
        found: dict[str, bytes] = {}
        with self.snapshot() as db:
            for part in _parts(list(embedded)):
                marks = ", ".join("?" * len(part))
                rows = db.execute(f"SELECT embedded, vector FROM vectors WHERE model = ? AND embedded IN ({marks})", (model, *part))
                found |= {row[0]: row[1] for row in rows}
        return np.frombuffer(b"".join(found[digest] for digest in embedded), dtype="<f4").reshape(len(embedded), -1 if embedded else 0)

    def chunk_vectors(self, model: str, dimension: int, filters: Filters = Filters()) -> tuple[list[str], NDArray[np.float32]]:
        """Ids of the chunks that pass and have a whole vector, of unit length, and those vectors, shape (n, dimension); those of all are kept a
        generation."""
        where, values = narrowing(filters)
        sql = (
            "SELECT c.chunk_id, v.vector FROM chunks c JOIN vectors v ON v.model = ? AND v.embedded = c.embedded"
            f" WHERE length(v.vector) = ?{where}"
        )

        def read(db: sqlite3.Connection) -> tuple[list[str], NDArray[np.float32]]:
            rows = db.execute(sql, (model, 4 * dimension, *values)).fetchall()
            held = np.frombuffer(b"".join(row[1] for row in rows), dtype="<f4").reshape(len(rows), dimension)
            # A damaged one may be of any length, or of none that is a number.
            whole = np.abs(np.linalg.norm(held, axis=1) - 1) < _UNIT
            return [row[0] for row, good in zip(rows, whole, strict=True) if good], held[whole]

        with self.snapshot() as db:
            return read(db) if filters else self._remembered.get(_generation(db), ("vectors", model, dimension), lambda: read(db))

    def add_vectors(self, model: str, embedded: Sequence[str], vectors: NDArray[np.float32]) -> None:
        """Keep vectors at once, so that a pass that is cut off has not computed them in vain."""
        rows = [(model, digest, vector.astype("<f4").tobytes()) for digest, vector in zip(embedded, vectors, strict=True)]
        with self.database.writing() as db:
            db.executemany("INSERT OR IGNORE INTO vectors VALUES (?, ?, ?)", rows)

    # What was purged

    def purged(self) -> frozenset[str]:
        """Ids of all articles that were purged."""
        with self.snapshot() as db:
            return frozenset(row[0] for row in db.execute("SELECT article_id FROM articles WHERE version = ''"))


def _generation(db: sqlite3.Connection) -> str | None:
    row = db.execute("SELECT value FROM meta WHERE key = 'generation'").fetchone()
    return row and str(row[0])


def _overview(db: sqlite3.Connection) -> Overview:
    articles = db.execute("SELECT count(*) FROM articles WHERE removed IS NULL").fetchone()[0]
    rows = db.execute("SELECT outlet, count(*), min(day), max(day) FROM chunks GROUP BY outlet ORDER BY outlet").fetchall()
    days = [day for row in rows for day in row[2:] if day is not None]
    outlets = tuple(row[0] for row in rows if row[0] is not None)
    return Overview(articles, sum(row[1] for row in rows), outlets, _to_date(min(days, default=None)), _to_date(max(days, default=None)))


def purged_among(db: sqlite3.Connection, ids: Iterable[str]) -> set[str]:
    """Which of the articles were purged."""
    found = set[str]()
    for part in _parts(sorted(ids)):
        marks = ", ".join("?" * len(part))
        found |= {row[0] for row in db.execute(f"SELECT article_id FROM articles WHERE version = '' AND article_id IN ({marks})", part)}
    return found


def _refuse_purged(db: sqlite3.Connection, article_id: str) -> None:
    row = db.execute("SELECT removed FROM articles WHERE article_id = ? AND version = ''", (article_id,)).fetchone()
    if row is not None:
        raise NoSuchArticle(
            f"The article {article_id!r} was purged on {row[0][:10]}: its words are gone for good, and nothing can be shown."
        )


def utc_now() -> str:
    """Now, as it is written into the library."""
    return datetime.now(UTC).isoformat(timespec="seconds")


def to_day(published: str | None) -> int | None:
    """The date of an ISO 8601 date or date-time as YYYYMMDD, by which filters compare; None when unknown."""
    return int(published[:10].replace("-", "")) if published else None


def date_to_day(value: date) -> int:
    """A date as YYYYMMDD."""
    return value.year * 10_000 + value.month * 100 + value.day


def _to_date(day: int | None) -> date | None:
    return date(day // 10_000, day // 100 % 100, day % 100) if day else None


def _to_spans(stored: str) -> tuple[Span, ...]:
    numbers = json.loads(stored)
    return tuple(Span(start, end) for start, end in zip(numbers[::2], numbers[1::2], strict=True))


def narrowing(filters: Filters) -> tuple[str, list[int | str]]:
    """SQL that narrows chunks ``c`` to those that pass, to be put after a condition, and its values."""
    sql, values = "", list[int | str]()
    if filters.since:
        sql, values = sql + " AND c.day >= ?", [*values, date_to_day(filters.since)]
    if filters.until:
        sql, values = sql + " AND c.day <= ?", [*values, date_to_day(filters.until)]
    if filters.outlets:
        sql, values = sql + f" AND c.outlet IN ({', '.join('?' * len(filters.outlets))})", [*values, *filters.outlets]
    return sql, values


def _parts(items: Sequence[str]) -> Iterator[Sequence[str]]:
    for start in range(0, len(items), _BIND):
        yield items[start : start + _BIND]
