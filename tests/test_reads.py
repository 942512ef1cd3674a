"""A file is parsed again when its bytes, the readers or the settings changed, or when the library lost its text; else it is not."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

import pytest
from samples import THREE

from rag.assistant import Assistant
from rag.store.sync import sync

LibraryOf = Callable[[dict[str, str]], Assistant]


def kept(assistant: Assistant) -> dict[str, str]:
    """Path and digest of all files that are remembered."""
    with assistant.library.snapshot() as db:
        return {row["path"]: row["digest"] for row in db.execute("SELECT path, digest FROM reads")}


def tampered(assistant: Assistant, column: str, value: str) -> None:
    with assistant.library.database.writing() as db:
        assert db.execute(f"UPDATE reads SET {column} = {value}").rowcount == 3


def folder_of(assistant: Assistant) -> Path:
    return assistant.settings.home.parent / "articles"


def test_what_is_remembered_is_used(library_of: LibraryOf) -> None:
    opened = library_of(THREE)
    # Only a pass that does not parse the files sees these titles.
    tampered(opened, "gave", """json_replace(gave, '$.articles[0].title', 'Remembered')""")
    assert sync(opened.stores, []).changed == 3
    assert {article.title for article in opened.library.articles()} == {"Remembered"}


def test_other_bytes_of_the_same_size_and_time_are_parsed(library_of: LibraryOf) -> None:
    opened = library_of(THREE)
    path = next(folder_of(opened).iterdir())
    before, state = path.read_text(encoding="utf-8"), path.stat()
    path.write_text(before[:-2] + "!\n", encoding="utf-8")
    os.utime(path, ns=(state.st_atime_ns, state.st_mtime_ns))
    assert (path.stat().st_size, path.stat().st_mtime_ns) == (state.st_size, state.st_mtime_ns)
    report = sync(opened.stores, [])
    assert (report.changed, report.unchanged) == (1, 2)


@pytest.mark.parametrize("column", ["rules", "digest"])
def test_other_readers_parse_again(library_of: LibraryOf, column: str) -> None:
    opened = library_of(THREE)
    before = kept(opened)
    tampered(opened, "gave", """json_replace(gave, '$.articles[0].title', 'Stale')""")
    tampered(opened, column, "'other'")
    assert sync(opened.stores, []).unchanged == 3
    assert kept(opened) == before


def test_another_setting_parses_again(library_of: LibraryOf) -> None:
    opened = library_of(THREE)
    stricter = Assistant(opened.settings.model_copy(update={"max_article_chars": 1000}), embedder=opened.embedder)
    path = next(folder_of(opened).iterdir())
    path.write_text(path.read_text(encoding="utf-8") + "\n\nThe report goes on.\n" * 100, encoding="utf-8")
    assert sync(opened.stores, []).changed == 1
    (rejection,) = sync(stricter.stores, []).rejected
    assert rejection.path == path.name


def test_a_rejected_file_is_not_remembered(library_of: LibraryOf) -> None:
    opened = library_of(THREE | {"broken.pdf": "%PDF-1.7 and nothing more"})
    assert set(kept(opened)) == set(THREE)
    assert [rejection.path for rejection in sync(opened.stores, []).rejected] == ["broken.pdf"]


def test_a_file_that_is_gone_is_forgotten(library_of: LibraryOf) -> None:
    opened = library_of(THREE)
    path = next(folder_of(opened).iterdir())
    path.unlink()
    sync(opened.stores, [])
    assert set(kept(opened)) == set(THREE) - {path.name}


def test_a_text_that_the_library_lost_is_read_from_its_file(library_of: LibraryOf) -> None:
    opened = library_of(THREE)
    texts = {article.article_id: article.text for article in opened.library.articles()}
    with opened.library.database.writing() as db:
        db.execute("DELETE FROM versions")
    sync(opened.stores, [])
    assert {article.article_id: article.text for article in opened.library.articles()} == texts
