"""Writes ``schema_N.sqlite3``, a small library as a release of schema N left it: ``python tests/libraries/make.py``, once for each new schema.

Made with that release's own schema files: articles, one of them revised, one gone, one removed by hand, their vectors, two turns, and whatever
rows later schemas have. A file that is there is not written again, since it stands for what is out there.
"""

from __future__ import annotations

import sqlite3
import sys
import tempfile
from contextlib import closing
from pathlib import Path

from rag.assistant import Assistant
from rag.records import Usage
from rag.settings import Settings
from rag.store.database import MIGRATIONS, SCHEMA, statements
from rag.store.sync import remove, sync
from rag.text.words import fold

HERE = Path(__file__).parent
sys.path.insert(0, str(HERE.parent))

from samples import HARBOUR, THREE, keep, page  # noqa: E402  # the tests are no installed package

CONVERSATION = "c" * 32
QUESTION = "What fell into the harbour of Skell?"
FERRY = page("The ferry to Hamre sank at its quay on Friday. Nobody was hurt.", id="ferry", title="Ferry sinks at quay")
KIOSK = page("The kiosk in Brenn closed on Monday for good.", id="kiosk", title="Kiosk closes")


def main() -> None:
    """Every schema that has no file yet."""
    wanted = [number for number in range(1, SCHEMA + 1) if not (HERE / f"schema_{number}.sqlite3").exists()]
    with tempfile.TemporaryDirectory() as name:
        current = _library(Path(name)) if wanted else Path()
        for number in wanted:
            _write(HERE / f"schema_{number}.sqlite3", number, current)
            print(f"schema_{number}.sqlite3")


def _library(folder: Path) -> Path:
    """A library of this release, through what a release does."""
    articles = folder / "articles"
    articles.mkdir()
    for name, text in (THREE | {"ferry.md": FERRY, "kiosk.md": KIOSK}).items():
        (articles / name).write_text(text, encoding="utf-8")
    made = Assistant(Settings(home=folder / "home"))
    sync(made.stores, [articles])
    (articles / "harbour.md").write_text(HARBOUR.replace("14 ships", "19 ships"), encoding="utf-8")
    (articles / "ferry.md").unlink()
    sync(made.stores, [])
    remove(made.stores, "kiosk")
    answer = made.ask(QUESTION)
    keep(made, CONVERSATION, answer)
    keep(made, CONVERSATION, made.ask("Who bought 30 instruments?"))
    made.ledger.spend(Usage(1200, 80, None))
    made.ledger.keep("a" * 24, {"answer": answer.answer}, most=10)
    made.library.database.close()
    return folder / "home" / "library.sqlite3"


def _write(path: Path, number: int, current: Path) -> None:
    """The rows of ``current`` that schema ``number`` has a place for."""
    with closing(sqlite3.connect(path, isolation_level=None)) as db:
        db.create_function("fold", 1, fold, deterministic=True)
        db.execute("ATTACH ? AS later", (str(current),))
        for step in range(number):
            for statement in statements(MIGRATIONS[step]):
                db.execute(statement)
        db.execute(f"PRAGMA user_version = {number}")
        tables = [row[0] for row in db.execute("SELECT name FROM main.sqlite_master WHERE type = 'table' AND sql NOT LIKE '%fts5vocab%'")]
        for table in tables:
            if table == "chunks_fts":
                db.execute("INSERT INTO main.chunks_fts (rowid, header, text) SELECT rowid, header, text FROM later.chunks_fts")
            elif not table.startswith(("chunks_fts_", "sqlite_")):
                columns = ", ".join(row[1] for row in db.execute(f"PRAGMA main.table_info({table})"))
                db.execute(f"DELETE FROM main.{table}")
                db.execute(f"INSERT INTO main.{table} ({columns}) SELECT {columns} FROM later.{table}")
        db.execute("UPDATE articles SET location = '/articles'")
        db.execute("UPDATE sources SET location = '/articles'")
        db.execute("DETACH later")
        db.execute("VACUUM")


if __name__ == "__main__":
    main()
