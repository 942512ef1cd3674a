"""Sync twice is sync once, what is gone is gone everywhere, and a pass that was cut off leaves what was served."""

from __future__ import annotations

import logging
import os
import shutil
import signal
import sqlite3
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from processes import Forks
from samples import HARBOUR, LIBRARY, THREE, back_to_schema, held_ids, indexed, page

from rag.assistant import Assistant
from rag.errors import LibraryError, LibraryMismatch, NoSuchArticle, SourceError
from rag.models import packaged
from rag.models.embeddings import Embedder
from rag.records import Filters
from rag.retrieve import fts_query
from rag.settings import Settings
from rag.store import neighbours
from rag.store.checker import CHECKER
from rag.store.database import MIGRATIONS, SCHEMA, Database
from rag.store.doctor import examine, repair
from rag.store.sync import SyncReport, remove, restore, sync
from rag.store.vectors import Indexes, Row

LibraryOf = Callable[[dict[str, str]], Assistant]
CRANE = "What fell into the harbour of Skell?"
FERRY = page("The ferry to Hamre sank at its quay on Friday. Nobody was hurt.", id="ferry", title="Ferry sinks at quay")
QUESTIONS = (
    "how many homes were evacuated when the Wend rose",
    "who won the lottery",
    "court ruling on eviction",
    "price of a shopping basket",
    "ferry that ran aground",
    "what do stalls in the market pay",
)


def counts(report: SyncReport) -> tuple[int, int, int, int, int]:
    return report.added, report.changed, report.removed, report.unchanged, report.embedded


def reopened(assistant: Assistant, **settings: Any) -> Assistant:
    """Another process's view of the same library; the model is shared."""
    return Assistant(assistant.settings.model_copy(update=settings), embedder=assistant.embedder)


def folder_of(assistant: Assistant) -> Path:
    return assistant.settings.home.parent / "articles"


def quotes(assistant: Assistant, question: str = CRANE) -> list[tuple[str, str, str]]:
    return [(c.article_id, c.version, c.quote) for c in assistant.ask(question).citations]


@pytest.fixture(scope="module")
def prepared(tmp_path_factory: pytest.TempPathFactory, assistant: Assistant) -> Path:
    """Three articles and their library; copied for each test, since a pass takes over a second."""
    folder = tmp_path_factory.mktemp("prepared")
    write(folder / "articles", THREE)
    sync(Assistant(Settings(home=folder / "home"), embedder=assistant.embedder).stores, [folder / "articles"])
    return folder


@pytest.fixture
def three(prepared: Path, tmp_path: Path, assistant: Assistant) -> Assistant:
    """A library of three articles of the test's own."""
    shutil.copytree(prepared, tmp_path, dirs_exist_ok=True)
    opened = Assistant(Settings(home=tmp_path / "home"), embedder=assistant.embedder)
    with opened.library.database.writing() as db:
        for table in ("sources", "articles"):
            db.execute(f"UPDATE {table} SET location = ?", (str(tmp_path / "articles"),))
    return opened


def write(folder: Path, files: dict[str, str]) -> None:
    folder.mkdir(exist_ok=True)
    for name, content in files.items():
        (folder / name).write_text(content, encoding="utf-8")


# What a pass does


def test_second_sync_changes_and_embeds_nothing(three: Assistant) -> None:
    before = three.library.meta(), indexed(three)
    assert counts(sync(three.stores, [folder_of(three)])) == (0, 0, 0, 3, 0)
    assert counts(sync(three.stores, [])) == (0, 0, 0, 3, 0)
    assert (three.library.meta(), indexed(three)) == before


def test_changed_file_becomes_a_version_and_the_old_one_stays_readable(three: Assistant) -> None:
    old = three.article("harbour")
    (folder_of(three) / "harbour.md").write_text(HARBOUR.replace("14 ships", "19 ships"), encoding="utf-8")
    assert counts(sync(three.stores, [])) == (0, 1, 0, 2, 1)
    new = three.article("harbour")
    assert "19 ships" in new.text
    assert new.version != old.version
    assert three.article("harbour", old.version) == old
    assert {p.version for p in three.search("harbour") if p.article_id == "harbour"} == {new.version}


def test_changed_title_alone_is_a_change_of_the_same_version(three: Assistant) -> None:
    old = three.article("harbour")
    (folder_of(three) / "harbour.md").write_text(HARBOUR.replace("Crane falls", "Big crane falls"), encoding="utf-8")
    assert sync(three.stores, []).changed == 1
    assert three.article("harbour") == replace(old, title="Big crane falls into harbour of Skell")
    assert examine(three.stores) == []


def test_removed_file_leaves_every_index_at_once(three: Assistant) -> None:
    gone = {p.chunk_id for p in three.search("harbour crane") if p.article_id == "harbour"}
    old = three.article("harbour")
    (folder_of(three) / "harbour.md").unlink()
    assert sync(three.stores, []).removed == 1
    chunks, words, vectors = indexed(three)
    assert chunks == words == vectors
    assert not chunks & gone
    assert "harbour" not in {p.article_id for p in three.search("harbour crane water ships")}
    assert held_ids(three) == {"library", "orchard"}
    assert three.article("harbour", old.version) == old, "what an old conversation cites stays readable"


@pytest.mark.parametrize("prune", [False, True], ids=["kept", "pruned"])
@pytest.mark.parametrize("how", ["missing", "empty", "unreadable"])
def test_missing_or_empty_source_removes_nothing_without_prune(
    three: Assistant, how: str, prune: bool, caplog: pytest.LogCaptureFixture
) -> None:
    shutil.rmtree(folder_of(three))
    if how != "missing":
        folder_of(three).mkdir()
    if how == "unreadable":
        (folder_of(three) / "harbour.md").symlink_to("nowhere")
    report = sync(three.stores, [], prune=prune)
    if prune and how != "unreadable":
        assert (report.removed, held_ids(three)) == (3, set())
        assert three.ask(CRANE).status == "abstained"
        assert examine(three.stores) == []
    else:
        assert (report.removed, held_ids(three)) == (0 if not prune else 2, {"harbour"} if prune else {"harbour", "library", "orchard"})
        assert prune or "--prune" in caplog.text


def test_one_source_leaves_the_articles_of_another_alone(three: Assistant, tmp_path: Path) -> None:
    other = tmp_path / "other"
    other.mkdir()
    (other / "ferry.md").write_text(FERRY, encoding="utf-8")
    assert counts(sync(three.stores, [other])) == (1, 0, 0, 0, 1)
    assert held_ids(three) == {"harbour", "library", "orchard", "ferry"}
    (folder_of(three) / "orchard.md").unlink()
    assert sync(three.stores, [other]).removed == 0, "a pass over one source does not look at another"
    assert sync(three.stores, []).removed == 1


def test_source_that_gives_only_ids_of_another_is_still_reconciled(three: Assistant, tmp_path: Path) -> None:
    other = tmp_path / "other"
    write(other, {"ferry.md": FERRY, "harbour.md": HARBOUR.replace("14 ships", "19 ships")})
    sync(three.stores, [folder_of(three), other])
    (other / "ferry.md").unlink()
    assert sync(three.stores, []).removed == 1
    assert "ferry" not in held_ids(three)


def test_removed_by_hand_stays_out_until_undone(three: Assistant) -> None:
    remove(three.stores, "harbour")
    assert quotes(three) == []
    report = sync(three.stores, [])
    assert counts(report) == (0, 0, 0, 2, 0)
    assert "harbour" in report.warnings[0].reason
    assert held_ids(three) == {"library", "orchard"}
    with pytest.raises(NoSuchArticle):
        remove(three.stores, "harbour")
    restore(three.stores, "harbour")
    assert quotes(three)[0][0] == "harbour"
    with pytest.raises(NoSuchArticle):
        restore(three.stores, "harbour")


def test_same_id_twice_in_a_pass_is_rejected_with_the_reason(three: Assistant) -> None:
    (folder_of(three) / "zz.md").write_text(LIBRARY.replace("id: library", "id: harbour"), encoding="utf-8")
    report = sync(three.stores, [])
    assert [(r.path, "harbour.md" in r.reason) for r in report.rejected] == [("zz.md", True)]
    assert "crane" in three.article("harbour").text
    # In a later pass, alone, it is a new version.
    (folder_of(three) / "harbour.md").unlink()
    assert counts(sync(three.stores, [])) == (0, 1, 0, 2, 0), "the same words, title and date need no new vector"
    assert "violins" in three.article("harbour").text


def test_moved_file_with_an_id_stays_the_same_article(three: Assistant) -> None:
    (folder_of(three) / "old").mkdir()
    (folder_of(three) / "harbour.md").rename(folder_of(three) / "old" / "crane.md")
    assert counts(sync(three.stores, [])) == (0, 0, 0, 3, 0)
    assert three.library.manifest()["harbour"].path == "old/crane.md"
    assert quotes(three)[0][0] == "harbour"


def test_file_that_is_rejected_now_keeps_what_it_gave_before(three: Assistant) -> None:
    (folder_of(three) / "harbour.md").write_bytes(b"")
    report = sync(three.stores, [])
    assert (report.removed, len(report.rejected)) == (0, 1)
    assert "harbour" in held_ids(three)


def test_other_chunking_chunks_anew(library_of: LibraryOf) -> None:
    long = page(" ".join(f"Sentence number {n} says that ferry {n} sailed at noon." for n in range(40)), id="long", title="Ferries")
    assistant = library_of({"long.md": long, "harbour.md": HARBOUR})
    before = assistant.overview().chunks
    smaller = reopened(assistant, chunk_tokens=40)
    assert examine(smaller.stores)[0].part == "chunking"
    report = sync(smaller.stores, [])
    assert (report.added, report.changed, report.unchanged) == (0, 0, 2)
    assert smaller.overview().chunks > 2 * before
    assert examine(smaller.stores) == []
    assert sync(smaller.stores, []).embedded == 0
    assert sync(assistant.stores, []).embedded == 0, "going back finds the vectors that were computed before"


def test_words_that_an_article_repeats_without_end_are_searched_in_a_few_places(library_of: LibraryOf) -> None:
    endless = "The pump at Skell failed again. " * 20_000
    desk = library_of({"endless.txt": f"Pump fails\n\n{endless}", **THREE})
    [held] = [article for article in desk.library.articles() if article.title == "Pump fails"]
    assert len(held.text) > 600_000
    # The first and the last differ from those between them.
    assert len(list(desk.library.chunks_of(held.article_id))) <= 34
    assert "pump" in desk.ask("what failed again at Skell?").answer
    assert examine(desk.stores) == []


def test_library_of_another_model_says_so_and_sync_makes_it_anew(three: Assistant, tmp_path: Path) -> None:
    folder = tmp_path / "other-model"
    folder.mkdir()
    for item in packaged.folder().iterdir():
        (folder / item.name).symlink_to(item)
    other = Assistant(three.settings, embedder=Embedder(str(folder), cache=tmp_path))
    with pytest.raises(LibraryMismatch, match=r"newsdesk sync"):
        other.ask(CRANE)
    assert sync(other.stores, []).embedded == 3
    assert quotes(other)[0][0] == "harbour"
    with pytest.raises(LibraryMismatch):
        reopened(three).ask(CRANE)


def test_library_of_the_first_schema_opens_with_all_that_it_held(three: Assistant) -> None:
    with sqlite3.connect(three.library.database.path) as db:
        db.executescript(back_to_schema(1))
    later = reopened(three)
    assert quotes(later)[0][0] == "harbour"
    with sqlite3.connect(three.library.database.path) as db:
        assert db.execute("PRAGMA user_version").fetchone()[0] == SCHEMA
        assert db.execute("SELECT count(*) FROM usage").fetchone()[0] == 0


def test_old_library_opened_by_many_at_once_is_brought_up_to_date_once(tmp_path: Path) -> None:
    for number in range(10):
        path, together = tmp_path / f"{number}.sqlite3", threading.Barrier(6)
        if number % 2:
            with sqlite3.connect(path) as db:
                db.executescript(f"{MIGRATIONS[0]}; PRAGMA user_version = 1")

        def opened(_: int, path: Path = path, together: threading.Barrier = together) -> int:
            database = Database(path)
            together.wait()
            database.create()
            with database.reading() as db:
                tables = db.execute("SELECT count(*) FROM sqlite_master WHERE name IN ('meta', 'usage', 'written')").fetchone()[0]
            database.close()
            return int(tables)

        with ThreadPoolExecutor(6) as pool:
            assert list(pool.map(opened, range(6))) == [3] * 6


def test_indexes_of_one_process_open_a_generation_at_the_same_moment(three: Assistant) -> None:
    folder, generation = three.settings.home / "chroma", three.library.meta()["generation"]
    together = threading.Barrier(8)

    def opened(_: int) -> int:
        together.wait()
        index = Indexes(folder).reader(generation)
        held = len(index.ids())
        index.close()
        return held

    with ThreadPoolExecutor(8) as pool:
        for _ in range(20):
            assert set(pool.map(opened, range(8))) == {3}


def test_library_that_lost_the_name_of_its_index_keeps_its_articles(three: Assistant, tmp_path: Path) -> None:
    with three.library.database.writing() as db:
        db.execute("DELETE FROM meta WHERE key = 'generation'")
    (folder_of(three) / "ferry.md").write_text(FERRY, encoding="utf-8")
    sync(three.stores, [folder_of(three)])
    assert three.overview().articles == 4
    assert not examine(three.stores)


def test_library_of_a_newer_release_is_not_touched(three: Assistant) -> None:
    with sqlite3.connect(three.library.database.path) as db:
        db.execute("PRAGMA user_version = 999")
    later = reopened(three)
    for act in (lambda: later.ask(CRANE), lambda: sync(later.stores, []), lambda: examine(later.stores)):
        with pytest.raises(LibraryMismatch, match="999"):
            act()


def test_first_sync_that_finds_no_source_says_how_to_begin(tmp_path: Path, assistant: Assistant) -> None:
    empty = Assistant(Settings(home=tmp_path / "home"), embedder=assistant.embedder)
    with pytest.raises(SourceError, match="newsdesk sync FOLDER"):
        sync(empty.stores, [])


# What is stored


def test_every_chunk_and_sentence_is_a_slice_of_its_article(assistant: Assistant) -> None:
    with assistant.library.snapshot() as db:
        rows = db.execute("SELECT chunk_id, article_id, version, start, end FROM chunks").fetchall()
    assert len(rows) == assistant.overview().chunks > 0
    passages = assistant.library.passages({row["chunk_id"]: (1.0, None, None) for row in rows})
    assert len(passages) == len(rows)
    for passage in passages:
        text = assistant.article(passage.article_id, passage.version).text
        assert passage.text == text[passage.start : passage.end]
        assert all(passage.start <= span.start < span.end <= passage.end for span in passage.sentences)


def stored_vectors(assistant: Assistant) -> dict[str, Any]:
    chunks = assistant.library.chunk_rows()
    vectors = assistant.library.vectors(assistant.embedder.name, [digest for digest, _, _ in chunks.values()])
    return dict(zip(chunks, vectors, strict=True))


def brute_force(assistant: Assistant, vector: Any, allowed: set[str]) -> list[tuple[str, float]]:
    scored = [(id, float(stored @ vector)) for id, stored in stored_vectors(assistant).items() if id in allowed]
    return sorted(scored, key=lambda item: (-item[1], item[0]))


@pytest.mark.parametrize("question", QUESTIONS)
def test_chroma_agrees_with_brute_force(assistant: Assistant, question: str) -> None:
    vector = assistant.embedder.embed([question])[0]
    index = assistant.stores.indexes.reader(assistant.library.meta()["generation"])
    found = index.nearest(vector, filters=Filters(), limit=10)
    wanted = brute_force(assistant, vector, set(assistant.library.chunk_rows()))[:10]
    assert [id for id, _ in found] == [id for id, _ in wanted]
    assert [score for _, score in found] == pytest.approx([score for _, score in wanted], abs=1e-5)


FILTERS = [
    pytest.param(Filters(since=date(2025, 6, 3)), id="since"),
    pytest.param(Filters(until=date(2025, 2, 8)), id="until"),
    pytest.param(Filters(date(2025, 2, 10), date(2025, 2, 10)), id="one day"),
    pytest.param(Filters(outlets=("Northmere Wire", "The Ellery Lantern")), id="outlets"),
    pytest.param(Filters(date(2025, 1, 1), date(2025, 6, 30), ("Marrowshire Courier",)), id="all three"),
    pytest.param(Filters(until=date(1999, 1, 1)), id="nothing"),
]


@pytest.mark.parametrize("filters", FILTERS)
def test_filters_of_both_searches_agree_with_brute_force(assistant: Assistant, filters: Filters) -> None:
    allowed = set()
    for id, (_, day, outlet) in assistant.library.chunk_rows().items():
        after = filters.since is None or (day is not None and day >= int(f"{filters.since:%Y%m%d}"))
        before = filters.until is None or (day is not None and day <= int(f"{filters.until:%Y%m%d}"))
        if after and before and (not filters.outlets or outlet in filters.outlets):
            allowed.add(id)
    assert assistant.library.count_matching(filters) == len(allowed)
    query = fts_query("the people of Port Ellery said on Sunday that the river water was high")
    everything = assistant.library.match(query, filters=Filters(), limit=10_000)
    assert assistant.library.match(query, filters=filters, limit=10_000) == [hit for hit in everything if hit[0] in allowed]
    vector = assistant.embedder.embed(["the river is high"])[0]
    index = assistant.stores.indexes.reader(assistant.library.meta()["generation"])
    found = index.nearest(vector, filters=filters, limit=10_000)
    assert [id for id, _ in found] == [id for id, _ in brute_force(assistant, vector, allowed)]
    assert {p.chunk_id for p in assistant.search("river water", filters=filters)} <= allowed


def test_article_without_a_date_matches_no_filter_by_date(library_of: LibraryOf) -> None:
    undated = page("The crane of Skell was repaired. Nobody knows when.", id="undated", title="Crane repaired", source="Skell Gazette")
    assistant = library_of({"harbour.md": HARBOUR, "undated.md": undated})
    for filters in (Filters(since=date(1900, 1, 1)), Filters(until=date(2999, 1, 1))):
        assert {p.article_id for p in assistant.search("crane of Skell", filters=filters)} == {"harbour"}
    assert {p.article_id for p in assistant.search("crane of Skell")} == {"harbour", "undated"}


# Generations


def test_running_reader_picks_up_a_new_generation(three: Assistant, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(neighbours, "_WHOLE", -1)
    reader = reopened(three)
    assert quotes(reader)[0][0] == "harbour"
    for number in range(3):
        # Another quay, since a copy would be shown from the first article.
        other = FERRY.replace("id: ferry", f"id: ferry{number}").replace("its quay", f"quay {number}")
        (folder_of(three) / f"ferry{number}.md").write_text(other, encoding="utf-8")
        sync(three.stores, [])
        cosines = {p.article_id: p.cosine for p in reader.search("the ferry sank at a quay")}
        assert cosines[f"ferry{number}"] is not None, "found in Chroma too, without opening anything anew"
        folders = [entry.name for entry in (three.settings.home / "chroma").iterdir()]
        assert len(folders) == 2
        assert three.library.meta()["generation"] in folders
    assert examine(three.stores) == []


def test_library_whose_last_article_went_is_sound_and_fills_again(three: Assistant) -> None:
    kept = {file: file.read_text(encoding="utf-8") for file in folder_of(three).iterdir()}
    for file in kept:
        file.unlink()
    sync(three.stores, [], prune=True)
    assert three.search("the ferry sank at its quay") == []
    assert three.library.vectors(three.embedder.name, []).shape == (0, 0)
    assert examine(three.stores) == []
    for file, text in kept.items():
        file.write_text(text, encoding="utf-8")
    assert sync(three.stores, []).embedded == 0
    assert quotes(three)[0][0] == "harbour"


def test_reader_in_the_middle_of_a_search_is_not_cut_off(three: Assistant) -> None:
    old = three.stores.indexes.reader(three.library.meta()["generation"])
    (folder_of(three) / "library.md").unlink()
    sync(three.stores, [])
    assert quotes(three)[0][0] == "harbour"
    vector = three.embedder.embed(["crane"])[0]
    assert len(old.nearest(vector, filters=Filters(), limit=10)) == 3, "the generation before is still open and whole"


# A pass that was cut off


@pytest.fixture(scope="module")
def forks(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Forks]:
    opened = Forks(tmp_path_factory.mktemp("forks"))
    yield opened
    opened.close()


@pytest.fixture
def changing(three: Assistant) -> Assistant:
    """A library whose source then changed: four articles new, one gone, one with other words; five chunks to embed."""
    folder = folder_of(three)
    (folder / "library.md").unlink()
    (folder / "harbour.md").write_text(HARBOUR.replace("14 ships", "19 ships"), encoding="utf-8")
    for n in range(4):
        (folder / f"ferry{n}.md").write_text(
            page(f"Ferry number {n} left Hamre at noon.", id=f"ferry{n}", title=f"Ferry {n}"), encoding="utf-8"
        )
    return three


CUTS = [
    pytest.param(("reading", 2), 5, id="reading"),
    pytest.param(("splitting", 3), 5, id="splitting"),
    pytest.param(("embedding", 1), 3, id="embedding, after the first two"),
    pytest.param(("embedding", 3), 0, id="embedding, after the last"),
    pytest.param(("indexing", 1), 0, id="indexing"),
    pytest.param(("committing", 1), 0, id="before the commit"),
    pytest.param(("half committed", 1), 0, id="inside the commit"),
]


@pytest.mark.parametrize(("die", "left"), CUTS)
def test_killed_sync_leaves_the_old_state_and_the_next_goes_on(changing: Assistant, forks: Forks, die: tuple[str, int], left: int) -> None:
    before = quotes(changing), indexed(changing), changing.library.meta()
    assert forks.join(forks.start(changing.settings.home, "sync", die=die)) == -signal.SIGKILL
    for seen in (changing, reopened(changing)):
        assert (quotes(seen), indexed(seen), seen.library.meta()) == before
    assert counts(sync(changing.stores, [])) == (4, 1, 1, 1, left), "vectors computed before the kill are not computed again"
    assert held_ids(changing) == {"harbour", "orchard", "ferry0", "ferry1", "ferry2", "ferry3"}
    assert "19 ships" in changing.article("harbour").text
    assert examine(changing.stores) == []


def test_index_that_was_cut_off_bears_no_seal_of_the_one_it_was_copied_from(changing: Assistant, forks: Forks) -> None:
    known = {entry.name for entry in (changing.settings.home / "chroma").iterdir()}
    assert forks.join(forks.start(changing.settings.home, "sync", die=("indexing", 1))) == -signal.SIGKILL
    (begun,) = [entry for entry in (changing.settings.home / "chroma").iterdir() if entry.name not in known]
    assert (begun / "chroma.sqlite3").is_file()
    assert not changing.stores.indexes.is_sound(begun.name)


@pytest.mark.parametrize("seconds", [0.1, 0.6, 1.1], ids=lambda seconds: f"after {seconds} s")
def test_sync_killed_at_any_moment_can_be_run_again(changing: Assistant, forks: Forks, seconds: float) -> None:
    old = quotes(changing)
    pid = forks.start(changing.settings.home, "sync")
    time.sleep(seconds)
    os.kill(pid, signal.SIGKILL)
    forks.join(pid)
    seen = quotes(reopened(changing))
    sync(changing.stores, [])
    new = quotes(changing)
    assert seen in (old, new)
    assert old != new
    assert examine(changing.stores) == []


def test_leftovers_of_a_killed_sync_go_even_where_nothing_changed(three: Assistant) -> None:
    shutil.copytree(three.settings.home / "chroma", three.settings.home / "chroma" / "cut-off")
    assert [finding.part for finding in examine(three.stores)] == ["leftovers"]
    sync(three.stores, [])
    assert examine(three.stores) == []


def test_second_sync_waits_and_is_told_who_holds_the_lock(changing: Assistant, forks: Forks, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.WARNING)
    home = changing.settings.home
    pid = forks.start(home, "sync", hold=0.1)
    wait_for((home / "writer.json").is_file)
    report = sync(changing.stores, [])
    assert f"process {pid} holds the library for sync" in caplog.text
    assert forks.join(pid) == 0
    assert counts(report) == (0, 0, 0, 6, 0), "the first had done it all"
    assert examine(changing.stores) == []


def wait_for(condition: Callable[[], bool], seconds: float = 20) -> None:
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end, "waited in vain"
        time.sleep(0.01)


# Damage


def damage(file: Path, how: str) -> None:
    size = file.stat().st_size
    if how == "missing":
        file.unlink()
    elif how == "garbage":
        file.write_bytes(os.urandom(size))
    elif how == "garbage in the middle":
        with file.open("r+b") as opened:
            opened.seek(size // 3)
            opened.write(os.urandom(size // 3))
    else:
        os.truncate(file, {"empty": 0, "cut in half": size // 2}[how])


@pytest.mark.parametrize("how", ["missing", "empty", "cut in half", "garbage", "garbage in the middle"])
def test_damaged_index_says_what_mends_it_and_that_mends_it(three: Assistant, how: str, monkeypatch: pytest.MonkeyPatch) -> None:
    before = quotes(three)
    generation = three.library.meta()["generation"]
    three.stores.indexes.reader(generation).close()
    damage(three.settings.home / "chroma" / generation / "chroma.sqlite3", how)
    broken = reopened(three)
    assert quotes(broken) == before, "a small library is compared without it"
    monkeypatch.setattr(neighbours, "_WHOLE", -1)
    with pytest.raises(LibraryError, match=r"newsdesk doctor --repair"):
        broken.ask(CRANE)
    if how in ("cut in half", "garbage in the middle"):
        assert [finding.part for finding in examine(broken.stores)] == ["index"]
        assert repair(broken.stores) == []
        assert quotes(reopened(three)) == before


@pytest.fixture(scope="module")
def graph(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, str, Any]:
    """A generation of 1,200 rows, enough for Chroma to write its graph to files, and the vectors."""
    vectors = np.random.default_rng(7).normal(size=(1200, 384)).astype(np.float32)
    vectors /= np.linalg.norm(vectors, axis=1, keepdims=True)
    rows = {f"{n:04}": Row(f"{n:04}", None, None) for n in range(1200)}
    folder = tmp_path_factory.mktemp("graph")
    name = Indexes(folder).build(rows, vectors=lambda ids: vectors[[int(id) for id in ids]], base=None)
    return folder, name, vectors


def test_graph_finds_most_of_what_brute_force_finds(graph: tuple[Path, str, Any]) -> None:
    folder, name, vectors = graph
    index = Indexes(folder).reader(name)
    # Random vectors in 384 dimensions are the hardest case for a graph; real ones lie in heaps.
    right = 0
    for n in range(0, 1200, 24):
        query = vectors[n] + 0.5 * vectors[(n + 1) % 1200]
        query /= np.linalg.norm(query)
        found = [id for id, _ in index.nearest(query, filters=Filters(), limit=10)]
        right += len(set(found) & {f"{i:04}" for i in np.argsort(-(vectors @ query))[:10]})
    index.close()
    assert right / 500 >= 0.9


@pytest.mark.parametrize("how", ["missing", "empty", "cut in half", "garbage in the middle"])
@pytest.mark.parametrize("name", ["data_level0.bin", "header.bin", "link_lists.bin", "index_metadata.pickle"])
def test_damaged_graph_is_noticed_before_chroma_opens_it(graph: tuple[Path, str, Any], tmp_path: Path, name: str, how: str) -> None:
    folder, generation, _ = graph
    shutil.copytree(folder / generation, tmp_path / generation)
    (file,) = (tmp_path / generation).glob(f"*/{name}")
    damage(file, how)
    indexes = Indexes(tmp_path)
    assert not indexes.is_sound(generation)
    with pytest.raises(LibraryError, match=r"newsdesk doctor --repair"):
        indexes.reader(generation)


def test_reading_leaves_the_seal_of_a_graph_whole(graph: tuple[Path, str, Any], tmp_path: Path) -> None:
    folder, generation, vectors = graph
    shutil.copytree(folder / generation, tmp_path / generation)
    for _ in range(2):
        indexes = Indexes(tmp_path)
        assert indexes.is_sound(generation)
        index = indexes.reader(generation)
        assert index.nearest(vectors[5], filters=Filters(), limit=1)[0][0] == "0005"
        index.close()


def test_damaged_base_is_not_built_upon(three: Assistant) -> None:
    generation = three.library.meta()["generation"]
    three.stores.indexes.reader(generation).close()
    damage(three.settings.home / "chroma" / generation / "chroma.sqlite3", "garbage")
    (folder_of(three) / "harbour.md").unlink()
    later = reopened(three)
    assert counts(sync(later.stores, [])) == (0, 0, 1, 2, 0)
    assert examine(later.stores) == []


WOUNDS = [
    pytest.param(
        [
            "DELETE FROM chunks_fts WHERE rowid = 1",
            "UPDATE chunks_fts SET text = 'other' WHERE rowid = 2",
            "INSERT INTO chunks_fts (rowid, header, text) VALUES (99, 'x', 'x')",
        ],
        {
            "2 chunks that the full-text index lacks or holds with other words",
            "1 rows of the full-text index that belong to no chunk",
        },
        id="words",
    ),
    pytest.param(
        [
            "UPDATE chunks SET end = end + 1000 WHERE id = 1",
            "UPDATE chunks SET sentences = '[0, 99999]' WHERE id = 2",
            "DELETE FROM chunks WHERE id = 3",
        ],
        {
            "1 articles that cannot be found, since they have no chunks",
            "2 chunks that reach outside their article, or sentences outside their chunk",
        },
        id="chunks",
    ),
    pytest.param(
        [
            "UPDATE vectors SET vector = x'00' WHERE embedded = (SELECT embedded FROM chunks WHERE id = 1)",
            "DELETE FROM vectors WHERE embedded = (SELECT embedded FROM chunks WHERE id = 2)",
            "UPDATE articles SET version = 'other' WHERE article_id = (SELECT article_id FROM chunks WHERE id = 3)",
        ],
        {
            "1 articles without the text of their version",
            "1 chunks of articles that are removed, or of older versions",
            "2 chunks whose vector is missing, cut short or no unit vector",
        },
        id="vectors",
    ),
]


@pytest.mark.parametrize(("wounds", "problems"), WOUNDS)
def test_doctor_finds_and_repairs(three: Assistant, wounds: list[str], problems: set[str]) -> None:
    with three.library.database.writing() as db:
        for sql in wounds:
            db.execute(sql)
    assert problems <= {finding.problem for finding in examine(three.stores)}
    # An article's text is not to be made up: that one stays, and says so.
    assert {finding.problem for finding in repair(three.stores)} == {p for p in problems if p.endswith("text of their version")}
    sync(three.stores, [])
    assert examine(three.stores) == []
    chunks, words, vectors = indexed(three)
    assert chunks == words == vectors


def test_checking_process_that_died_is_replaced(three: Assistant) -> None:
    assert examine(three.stores) == []
    first = CHECKER._process
    assert first
    os.kill(first.pid, signal.SIGKILL)
    first.wait()
    assert examine(three.stores) == []
    second = CHECKER._process
    assert second
    assert second.pid != first.pid
    CHECKER.close()
    assert second.poll() is not None
    assert examine(three.stores) == []


def test_process_that_dies_over_an_index_condemns_it(three: Assistant) -> None:
    assert examine(three.stores) == []
    process = CHECKER._process
    assert process
    generation = three.library.meta()["generation"]
    # A pipe in place of the index's seal holds whoever opens it, so that it can be killed there.
    seal = three.settings.home / "chroma" / generation / "sealed.json"
    seal.unlink()
    os.mkfifo(seal)
    with ThreadPoolExecutor(1) as pool:
        found = pool.submit(examine, three.stores)
        killed: set[int] = set()
        while len(killed) < 2:  # a process that had answered before gets a second chance
            wait_for(lambda: (process := CHECKER._process) is not None and process.pid not in killed)
            time.sleep(0.3)
            killed.add(CHECKER._process.pid)
            os.kill(CHECKER._process.pid, signal.SIGKILL)
        assert "died over it (exit -9)" in found.result(20)[0].problem
    seal.unlink()


def test_doctor_names_chunks_that_chroma_lacks_or_has_too_many_of(three: Assistant) -> None:
    chunks = three.library.chunk_rows()
    rows = {id: Row(id, day, outlet) for id, (_, day, outlet) in chunks.items()}
    lost = sorted(rows)[0]
    rows["stranger"] = rows.pop(lost)
    digests = {id: digest for id, (digest, _, _) in chunks.items()} | {"stranger": chunks[lost][0]}
    name = three.stores.indexes.build(
        rows, vectors=lambda ids: three.library.vectors(three.embedder.name, [digests[id] for id in ids]), base=None
    )
    with three.library.database.writing() as db:
        db.execute("UPDATE meta SET value = ? WHERE key = 'generation'", (name,))
    problems = {finding.part: finding.problem for finding in examine(three.stores)}
    assert "of 3 chunks it lacks 1 and holds 1 others" in problems["index"]
    assert repair(three.stores) == []
