"""However little room is left, a pass says that the disk is full and changes nothing, and the library is read as before."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from samples import THREE, page
from soak import small_disk

from rag.assistant import Assistant
from rag.errors import StorageError
from rag.settings import Settings
from rag.store.doctor import examine
from rag.store.sync import sync


@pytest.fixture
def disk(tmp_path: Path) -> Iterator[Path]:
    with small_disk(tmp_path) as disk:
        if disk is None:
            pytest.skip("this user may mount no disk, so that full disks were not tried")
        yield disk


def _fill(disk: Path, room: int) -> None:
    with (disk / "filler").open("wb") as file:
        os.posix_fallocate(file.fileno(), 0, shutil.disk_usage(disk).free - room)


def test_full_disk_is_said_in_words_and_reading_goes_on(disk: Path, assistant: Assistant) -> None:
    articles, settings = disk.parent / "articles", Settings(home=disk / "home")
    articles.mkdir()
    for name, text in THREE.items():
        (articles / name).write_text(text, encoding="utf-8")
    opened = Assistant(settings, embedder=assistant.embedder, reader=assistant.reader)
    sync(opened.stores, [articles])
    before = opened.library.manifest(), opened.library.meta()
    (articles / "ferry.md").write_text(page("The ferry to Hamre sank at its quay.", id="ferry", title="Ferry sinks"), encoding="utf-8")
    for room in (0, 60_000, 150_000, 250_000, 350_000, 450_000):
        _fill(disk, room)
        with pytest.raises(StorageError, match="full"):
            sync(opened.stores, [])
        assert (opened.library.manifest(), opened.library.meta()) == before
        # One that is opened only now, and has to open the index too, while nobody else keeps SQLite's files open.
        opened.library.database.close()
        new = Assistant(settings, embedder=assistant.embedder, reader=assistant.reader)
        assert new.search("crane in the harbour")[0].article_id == "harbour"
        new.library.database.close()
        (disk / "filler").unlink()
    assert sync(opened.stores, []).added == 1
    assert examine(opened.stores) == []
