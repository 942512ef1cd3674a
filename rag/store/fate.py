"""What hangs on an article that is to be removed or deleted for good, and which ones are out of search; it changes nothing."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path

from rag.errors import NoSuchArticle
from rag.fetch import is_address
from rag.store.database import Database


@dataclass(frozen=True, slots=True)
class Fate:
    """``answers`` are kept answers that quote the article or list it; ``came_from`` is the file or address that gave it, ``ours`` whether that is an
    uploaded file or a fetched page, which Newsdesk keeps itself."""

    article_id: str
    title: str
    versions: int
    chunks: int
    answers: int
    came_from: str
    ours: bool


@dataclass(frozen=True, slots=True)
class OutOfSearch:
    """An article that is held and not searched; ``by_hand`` says that it was taken out and can be put back, else its file is gone."""

    article_id: str
    title: str
    source: str | None
    published: str | None
    removed: str
    by_hand: bool


def fate_of(database: Database, home: Path, article_id: str) -> Fate:
    """What hangs on an article, live or removed; raises NoSuchArticle for one that is not held, or was purged."""
    with database.reading() as db:
        row = db.execute(
            "SELECT v.title, a.location, a.path FROM articles a JOIN versions v USING (article_id, version) WHERE article_id = ? AND version <> ''",
            (article_id,),
        ).fetchone()
        if row is None:
            raise NoSuchArticle(f"The library holds no article {article_id!r}: `newsdesk list` shows what it holds.")
        (versions,) = db.execute("SELECT count(*) FROM versions WHERE article_id = ?", (article_id,)).fetchone()
        (chunks,) = db.execute("SELECT count(*) FROM chunks WHERE article_id = ?", (article_id,)).fetchone()
        # An id as JSON writes it.
        named = json.dumps(article_id, ensure_ascii=False)
        (answers,) = db.execute("SELECT count(*) FROM turns WHERE instr(answer, ?)", (named,)).fetchone()
    title, location, path = row
    fetched = is_address(location)
    # A source may be one file; what is fetched is kept under names that say nothing to a reader.
    place = location if fetched or Path(location).name == path else str(Path(location) / path)
    return Fate(article_id, title, versions, chunks, answers, place, fetched or Path(location).is_relative_to(home.resolve()))


def out_of_search(database: Database, *, limit: int) -> tuple[int, list[OutOfSearch]]:
    """How many articles are held and not searched, and the first of them, the last removed first; purged ones are not among them."""
    held = "FROM articles a JOIN versions v USING (article_id, version) WHERE a.removed IS NOT NULL AND version <> ''"
    sql = f"SELECT article_id, v.title, v.source, v.published, a.removed, a.withheld AS by_hand {held} ORDER BY a.removed DESC, article_id LIMIT ?"
    with database.reading() as db:
        (total,) = db.execute(f"SELECT count(*) {held}").fetchone()
        return total, [OutOfSearch(**row | {"by_hand": bool(row["by_hand"])}) for row in map(dict, db.execute(sql, (limit,)))]
