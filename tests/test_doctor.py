"""Every planted damage is found, is mended from the stored vectors, and leaves the answers as they were."""

from __future__ import annotations

import os
import random
import shutil
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pytest
from processes import Forks
from samples import HARBOUR, THREE, answers_of, keep, page

from rag.assistant import Assistant
from rag.errors import LibraryError
from rag.settings import Settings
from rag.store.doctor import examine, repair
from rag.store.library import Library
from rag.store.sync import remove, sync
from rag.store.vectors import Indexes, Row

QUESTIONS = ("What fell into the harbour of Skell?", "Who bought 30 instruments?", "What destroyed the apple blossom?")
FERRY = page("The ferry to Hamre sank at its quay on Friday. Nobody was hurt.", id="ferry", title="Ferry sinks at quay")
KIOSK = page("The kiosk in Brenn closed on Monday for good.", id="kiosk", title="Kiosk closes")
FIRST = "(SELECT min(id) FROM chunks)"
FIRST_VECTOR = f"embedded = (SELECT embedded FROM chunks WHERE id = {FIRST})"


def open_library(folder: Path, assistant: Assistant) -> Assistant:
    return Assistant(Settings(home=folder / "home"), embedder=assistant.embedder, reader=assistant.reader)


def said(assistant: Assistant) -> list[object]:
    """What it answers, and what it keeps."""
    quotes = [(c.article_id, c.version, c.quote) for c in assistant.ask(QUESTIONS[0]).citations]
    found = [[(p.chunk_id, p.text, p.bm25 and round(p.bm25, 6)) for p in assistant.search(question)] for question in QUESTIONS[1:]]
    kept = answers_of(assistant, "c" * 32), sorted(held.article_id for held in assistant.library.manifest().values() if held.live)
    return [quotes, found, kept]


@pytest.fixture(scope="module")
def shelf(tmp_path_factory: pytest.TempPathFactory, assistant: Assistant) -> tuple[Path, list[object]]:
    """A library with a revised article, one that is gone, one removed by hand and a conversation; and what it says."""
    folder = tmp_path_factory.mktemp("shelf")
    articles = folder / "articles"
    articles.mkdir()
    for name, text in (THREE | {"ferry.md": FERRY, "kiosk.md": KIOSK}).items():
        (articles / name).write_text(text, encoding="utf-8")
    made = open_library(folder, assistant)
    sync(made.stores, [articles])
    (articles / "harbour.md").write_text(HARBOUR.replace("14 ships", "19 ships"), encoding="utf-8")
    (articles / "ferry.md").unlink()
    sync(made.stores, [])
    remove(made.stores, "kiosk")
    keep(made, "c" * 32, made.ask(QUESTIONS[0]))
    keep(made, "c" * 32, made.ask(QUESTIONS[1]))
    before = said(made)
    assert examine(made.stores) == []
    made.library.database.close()
    return folder, before


@pytest.fixture
def home(shelf: tuple[Path, list[object]], tmp_path: Path) -> Path:
    """A copy to be damaged; its sources are where the first one's are."""
    return Path(shutil.copytree(shelf[0] / "home", tmp_path / "home"))


@dataclass(frozen=True)
class Damage:
    """``do`` damages a data folder; ``found`` stands in a finding; ``embedded`` chunks have lost their vector; ``sync`` where a repair is not enough."""

    do: Callable[[Path], object]
    found: str
    embedded: int = 0
    sync: bool = False


def sql(*statements: str) -> Callable[[Path], None]:
    def do(home: Path) -> None:
        with closing(sqlite3.connect(home / "library.sqlite3", isolation_level=None)) as db:
            for statement in statements:
                db.execute(statement)

    return do


def vector(make: Callable[[np.ndarray], np.ndarray]) -> Callable[[Path], None]:
    """The first chunk's stored vector becomes another one."""

    def do(home: Path) -> None:
        with closing(sqlite3.connect(home / "library.sqlite3", isolation_level=None)) as db:
            (blob,) = db.execute(f"SELECT vector FROM vectors WHERE {FIRST_VECTOR}").fetchone()
            made = make(np.frombuffer(blob, dtype="<f4").copy()).astype("<f4").tobytes()
            db.execute(f"UPDATE vectors SET vector = ? WHERE {FIRST_VECTOR}", (made,))

    return do


def with_nan(vector: np.ndarray) -> np.ndarray:
    vector[7] = np.nan
    return vector


def served(home: Path) -> Path:
    with closing(sqlite3.connect(home / "library.sqlite3")) as db:
        return home / "chroma" / str(db.execute("SELECT value FROM meta WHERE key = 'generation'").fetchone()[0])


def index_of(rows: Callable[[dict[str, Row]], dict[str, Row]], turned: int = 0) -> Callable[[Path], None]:
    """A sound generation under the served one's name that holds other rows, or the same with their vectors turned about."""

    def do(home: Path) -> None:
        library, indexes = Library(home), Indexes(home / "chroma")
        chunks, model = library.chunk_rows(), library.meta()["model"]
        wanted = rows({id: Row(id, day, outlet) for id, (_, day, outlet) in chunks.items()})
        names = sorted(chunks)
        digests = {id: chunks[names[(number + turned) % len(names)]][0] for number, id in enumerate(sorted(wanted))}
        made = indexes.build(wanted, vectors=lambda ids: library.vectors(model, [digests[id] for id in ids]), base=None)
        seal = (served(home) / "vectors.sha256").read_text(encoding="utf-8")
        shutil.rmtree(served(home))
        (home / "chroma" / made).rename(served(home))
        if turned:
            (served(home) / "vectors.sha256").write_text(seal, encoding="utf-8")
        library.database.close()

    return do


def file(name: str, change: Callable[[Path], object]) -> Callable[[Path], None]:
    return lambda home: change(served(home) / name) and None


def cut(share: float) -> Callable[[Path], None]:
    return lambda path: os.truncate(path, int(path.stat().st_size * share))


def noise(path: Path) -> None:
    """The second half is not what it was."""
    size = path.stat().st_size
    with path.open("r+b") as opened:
        opened.seek(size // 2)
        opened.write(random.Random(5).randbytes(size // 2))


DAMAGES = {
    "a version is lost": Damage(sql("DELETE FROM versions WHERE article_id = 'library'"), "without the text", sync=True),
    "an article is lost": Damage(sql("DELETE FROM articles WHERE article_id = 'library'"), "not listed"),
    "a revised article is lost": Damage(sql("DELETE FROM articles WHERE article_id = 'harbour'"), "not listed"),
    "an article removed by hand is lost": Damage(sql("DELETE FROM articles WHERE article_id = 'kiosk'"), "not listed"),
    "an article too many": Damage(
        sql("INSERT INTO articles SELECT 'no', location, 'no.md', '0123', NULL, 0 FROM articles LIMIT 1"), "without the text", sync=True
    ),
    "the sources are lost": Damage(sql("DELETE FROM sources"), "not registered"),
    "a conversation is lost": Damage(sql("PRAGMA foreign_keys = OFF", "DELETE FROM conversations"), "turns of conversations"),
    "the words of conversations are lost": Damage(sql("DELETE FROM said"), "no search of conversations"),
    "all of meta is lost": Damage(sql("DELETE FROM meta"), "there is none yet"),
    "the model is not named": Damage(sql("DELETE FROM meta WHERE key = 'model'"), "which model"),
    "the chunking is not named": Damage(sql("DELETE FROM meta WHERE key = 'chunking'"), "which chunking"),
    "the index is not named": Damage(sql("DELETE FROM meta WHERE key = 'generation'"), "there is none yet"),
    "another index is named": Damage(sql("UPDATE meta SET value = 'other' WHERE key = 'generation'"), "missing or unfinished"),
    "a text was altered": Damage(
        sql("UPDATE versions SET text = replace(text, 'violins', 'trumpets') WHERE article_id = 'library'"),
        "not those of their version",
        embedded=1,  # what it says now is searched until a pass brings the words back
        sync=True,
    ),
    "an older text was altered by a letter of its digest": Damage(
        sql("UPDATE versions SET version = 'x' || substr(version, 2) WHERE article_id = 'orchard'"), "without the text", sync=True
    ),
    "a chunk is lost": Damage(sql(f"DELETE FROM chunks WHERE id = {FIRST}"), "have no chunks"),
    "all chunks are lost": Damage(sql("DELETE FROM chunks"), "have no chunks"),
    "a chunk too many": Damage(
        sql(
            "INSERT INTO chunks (chunk_id, article_id, version, start, end, sentences, embedded)"
            f" SELECT 'more', article_id, version, start, start + 9, '[0, 9]', embedded FROM chunks WHERE id = {FIRST}"
        ),
        "are not those of their text",
    ),
    "a chunk reaches outside": Damage(sql(f"UPDATE chunks SET end = end + 1000 WHERE id = {FIRST}"), "reach outside"),
    "a chunk is shifted": Damage(sql(f"UPDATE chunks SET start = start + 1 WHERE id = {FIRST}"), "reach outside"),
    "a chunk ends early": Damage(
        sql(f"UPDATE chunks SET end = end - 1, sentences = '[' || start || ', ' || (end - 1) || ']' WHERE id = {FIRST}"),
        "not those of their text",
    ),
    "sentences are wrong": Damage(sql(f"UPDATE chunks SET sentences = '[3, 20]' WHERE id = {FIRST}"), "not those of their text"),
    "sentences are no numbers": Damage(sql(f"UPDATE chunks SET sentences = 'lost' WHERE id = {FIRST}"), "sentences outside their chunk"),
    "a day is wrong": Damage(sql(f"UPDATE chunks SET day = 19990101 WHERE id = {FIRST}"), "days or outlets"),
    "an outlet is wrong": Damage(sql(f"UPDATE chunks SET outlet = 'Other' WHERE id = {FIRST}"), "days or outlets"),
    "a chunk names another's vector": Damage(
        sql(f"UPDATE chunks SET embedded = (SELECT embedded FROM chunks WHERE id > {FIRST}) WHERE id = {FIRST}"), "not those of their text"
    ),
    "a row of words is lost": Damage(sql(f"DELETE FROM chunks_fts WHERE rowid = {FIRST}"), "lacks or holds with other words"),
    "all words are lost": Damage(sql("DELETE FROM chunks_fts"), "lacks or holds with other words"),
    "a row of words is changed": Damage(sql(f"UPDATE chunks_fts SET text = 'other' WHERE rowid = {FIRST}"), "with other words"),
    "a header's words are changed": Damage(sql(f"UPDATE chunks_fts SET header = 'other' WHERE rowid = {FIRST}"), "with other words"),
    "a row of words too many": Damage(sql("INSERT INTO chunks_fts (rowid, header, text) VALUES (99, 'x', 'x')"), "belong to no chunk"),
    "FTS5 lost its data": Damage(sql("DELETE FROM chunks_fts_data"), "it is damaged"),
    "FTS5 lost part of its data": Damage(sql("DELETE FROM chunks_fts_data WHERE id > 10"), "it is damaged"),
    "FTS5 has noise for data": Damage(sql("UPDATE chunks_fts_data SET block = x'0102030405'"), "it is damaged"),
    "FTS5 lost its table of data": Damage(sql("DROP TABLE chunks_fts_data"), "it is damaged"),
    "FTS5 lost its table of terms": Damage(sql("DROP TABLE chunks_fts_idx"), "it is damaged"),
    "FTS5 lost its table of rows": Damage(sql("DROP TABLE chunks_fts_content"), "it is damaged"),
    "FTS5 lost its table of sizes": Damage(sql("DROP TABLE chunks_fts_docsize"), "it is damaged"),
    "FTS5 lost its settings": Damage(sql("DROP TABLE chunks_fts_config"), "it is damaged"),
    "FTS5 says it is of another version": Damage(sql("UPDATE chunks_fts_config SET v = 99"), "it is damaged"),
    "FTS5's rows are changed under its terms": Damage(sql("UPDATE chunks_fts_content SET c1 = 'other'"), "it is damaged"),
    "the full-text index is gone": Damage(sql("DROP TABLE chunks_fts"), "it is damaged"),
    "a vector is lost": Damage(sql(f"DELETE FROM vectors WHERE {FIRST_VECTOR}"), "vector is missing", embedded=1),
    "all vectors are lost": Damage(sql("DELETE FROM vectors"), "vector is missing", embedded=3),
    "a vector is cut short": Damage(vector(lambda v: v[:100]), "cut short", embedded=1),
    "a vector is too long": Damage(vector(lambda v: np.concatenate([v, v])), "cut short", embedded=1),
    "a vector is empty": Damage(vector(lambda v: v[:0]), "cut short", embedded=1),
    "a vector is not of unit length": Damage(vector(lambda v: 2 * v), "no unit vector", embedded=1),
    "a vector is nothing": Damage(vector(lambda v: 0 * v), "no unit vector", embedded=1),
    "a vector holds no number": Damage(vector(with_nan), "no unit vector", embedded=1),
    "a vector is another's": Damage(
        sql(
            f"UPDATE vectors SET vector = (SELECT vector FROM vectors v JOIN chunks USING (embedded) WHERE id > {FIRST}) WHERE {FIRST_VECTOR}"
        ),
        "not the one that was indexed",
        embedded=1,
    ),
    "a vector is turned round": Damage(vector(lambda v: v[::-1]), "not the one that was indexed", embedded=1),
    "a vector that nothing uses is bad": Damage(
        sql("UPDATE vectors SET vector = x'00' WHERE embedded NOT IN (SELECT embedded FROM chunks)"), "stored vectors that are cut short"
    ),
    "the index lacks a row": Damage(index_of(lambda rows: dict(list(rows.items())[1:])), "it lacks 1"),
    "the index has a row too many": Damage(index_of(lambda rows: rows | {"more": Row("more", None, None)}), "holds 1 others"),
    "the index is of another library": Damage(index_of(lambda rows: {f"{n}": Row(f"{n}", None, None) for n in range(3)}), "it lacks 3"),
    "the index has other days": Damage(
        index_of(lambda rows: {id: Row(id, 19990101, row.outlet) for id, row in rows.items()}), "another vector, day or outlet"
    ),
    "the index has the vectors of others": Damage(index_of(lambda rows: rows, turned=1), "another vector, day or outlet"),
    "the index's file is cut": Damage(file("chroma.sqlite3", cut(0.5)), "index"),
    "the index's file is empty": Damage(file("chroma.sqlite3", cut(0)), "index"),
    "the index's file is gone": Damage(file("chroma.sqlite3", Path.unlink), "index"),
    "the index's file is noise": Damage(file("chroma.sqlite3", noise), "index"),
    "the seal is gone": Damage(file("sealed.json", Path.unlink), "missing or unfinished"),
    "the seal is noise": Damage(file("sealed.json", lambda path: path.write_bytes(b"\x00{")), "missing or unfinished"),
    "the index is gone": Damage(lambda home: shutil.rmtree(home / "chroma"), "missing or unfinished"),
    "a pass left something behind": Damage(lambda home: shutil.copytree(served(home), home / "chroma" / "0123456789ab"), "cut off"),
}


@pytest.mark.parametrize("name", DAMAGES)
def test_damage_is_found_and_mended_without_embedding_again(
    name: str, home: Path, shelf: tuple[Path, list[object]], assistant: Assistant
) -> None:
    damage = DAMAGES[name]
    damage.do(home)
    opened, embedded = open_library(home.parent, assistant), [0]
    found = examine(opened.stores)
    assert any(damage.found in f"{finding.part}: {finding.problem}" for finding in found), found

    def count(stage: str, done: int, total: int) -> None:
        if stage == "embedding":
            embedded.append(total)

    opened.stores.on_progress = count
    left = repair(opened.stores)
    assert max(embedded) == damage.embedded
    if damage.sync:
        assert {finding.advice.split("`")[1] for finding in left} == {"newsdesk sync"}
        sql("DELETE FROM articles WHERE article_id = 'no'")(home)
        sync(opened.stores, [])
        with opened.library.database.writing() as db:
            db.execute("DELETE FROM versions WHERE version LIKE 'x%'")
        left = examine(opened.stores)
    assert left == []
    assert said(open_library(home.parent, assistant)) == shelf[1]
    opened.library.database.close()


@pytest.mark.parametrize("share", [0, 0.3, 0.9], ids=["emptied", "cut short", "end lost"])
def test_library_that_is_cut_says_so_and_names_the_backup(home: Path, assistant: Assistant, share: float) -> None:
    cut(share)(home / "library.sqlite3")
    before = (home / "library.sqlite3").read_bytes()
    for act in (examine, repair):
        try:
            problems = [f"{finding.problem}; {finding.advice}" for finding in act(open_library(home.parent, assistant).stores)]
        except LibraryError as error:
            problems = [str(error)]
        assert len(problems) == 1
        assert "restore a backup" in problems[0]
    assert (home / "library.sqlite3").read_bytes() == before, "what is left of it is not touched"


def test_index_of_the_file_is_made_anew(home: Path, shelf: tuple[Path, list[object]], assistant: Assistant) -> None:
    # Rows that the index of SQLite's own does not know: as it was before they came.
    sql(
        "PRAGMA writable_schema = ON",
        "UPDATE sqlite_master SET sql = 'CREATE INDEX chunks_by_article ON chunks (version)' WHERE name = 'chunks_by_article'",
    )(home)
    sql("REINDEX chunks_by_article")(home)
    sql(
        "PRAGMA writable_schema = ON",
        "UPDATE sqlite_master SET sql = 'CREATE INDEX chunks_by_article ON chunks (article_id)' WHERE name = 'chunks_by_article'",
    )(home)
    opened = open_library(home.parent, assistant)
    assert "index of the file" in examine(opened.stores)[0].problem
    assert repair(opened.stores) == []
    assert said(opened) == shelf[1]


def test_library_without_its_log_is_the_one_of_the_last_checkpoint(home: Path, tmp_path: Path, assistant: Assistant) -> None:
    opened = open_library(home.parent, assistant)
    articles = tmp_path / "more"
    articles.mkdir()
    for number in range(2):
        (articles / f"{number}.md").write_text(page(f"Kiosk {number} opened in Brenn.", id=f"k{number}", title="Kiosk"), encoding="utf-8")
        sync(opened.stores, [articles])
    lost = shutil.copytree(home, tmp_path / "lost" / "home")
    opened.library.database.close()
    assert (lost / "library.sqlite3-wal").stat().st_size
    (lost / "library.sqlite3-wal").unlink()
    later = open_library(tmp_path / "lost", assistant)
    assert repair(later.stores) == []
    assert {"harbour", "library", "orchard"} <= set(later.library.manifest())
    sync(later.stores, [articles])
    assert examine(later.stores) == []


@pytest.fixture(scope="module")
def graph(tmp_path_factory: pytest.TempPathFactory, assistant: Assistant) -> Path:
    """A library of over a thousand chunks, for which Chroma writes its graph into files; the vectors come from a lender and mean nothing."""
    folder = tmp_path_factory.mktemp("graph")
    lines = [f'{{"id": "{n}", "title": "Kiosk {n}", "text": "Kiosk number {n} opened in street {n}."}}' for n in range(1100)]
    (folder / "all.jsonl").write_text("\n".join(lines), encoding="utf-8")
    lender = Lender(folder / "lender")
    made = open_library(folder, assistant)
    made.stores.lenders = [lender]
    sync(made.stores, [folder / "all.jsonl"])
    made.library.database.close()
    return folder


class Lender(Library):
    """A library that has a random unit vector for whatever it is asked for."""

    def missing_vectors(self, model: str, embedded: object) -> set[str]:
        return set()

    def vectors(self, model: str, embedded: object) -> np.ndarray:
        found = [np.random.default_rng(int(digest, 16)).normal(size=384) for digest in embedded]
        return np.array([v / np.linalg.norm(v) for v in found], dtype=np.float32)


@pytest.mark.parametrize("change", [noise, cut(0.5), cut(0), Path.unlink], ids=["noise", "cut", "empty", "gone"])
@pytest.mark.parametrize("name", ["data_level0.bin", "index_metadata.pickle"])
def test_damaged_graph_is_mended_without_embedding(
    name: str, change: Callable[[Path], object], graph: Path, tmp_path: Path, assistant: Assistant
) -> None:
    shutil.copytree(graph / "home", tmp_path / "home")
    (path,) = served(tmp_path / "home").glob(f"*/{name}")
    change(path)
    opened, stages = open_library(tmp_path, assistant), set[str]()
    assert "index" in [finding.part for finding in examine(opened.stores)]
    opened.stores.on_progress = lambda stage, done, total: stages.add(stage)
    assert repair(opened.stores) == []
    assert "embedding" not in stages
    opened.library.database.close()


@pytest.fixture(scope="module")
def forks(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Forks]:
    opened = Forks(tmp_path_factory.mktemp("forks"))
    yield opened
    opened.close()


@pytest.mark.parametrize("seed", range(3))
def test_flipped_bytes_never_kill_who_opens_the_index(
    seed: int, home: Path, forks: Forks, shelf: tuple[Path, list[object]], assistant: Assistant
) -> None:
    """Eight places at a time: either the answers are the same, or the doctor finds it and mends it."""
    choose, path = random.Random(seed), served(home) / "chroma.sqlite3"
    raw = bytearray(path.read_bytes())
    for _ in range(8):
        raw[choose.randrange(100, len(raw))] ^= 1 << choose.randrange(8)
    path.write_bytes(raw)
    status, words = forks.join(forks.start(home, "search", "harbour crane")), forks.errors.read_text(encoding="utf-8")
    assert status in (0, 1), words
    assert status == 0 or "doctor --repair" in words
    opened = open_library(home.parent, assistant)
    if examine(opened.stores):
        assert repair(opened.stores) == []
    assert said(open_library(home.parent, assistant)) == shelf[1]
