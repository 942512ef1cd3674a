"""A library of every schema that was ever released opens, keeps all that it held, and embeds nothing again; two processes may open it at once."""

from __future__ import annotations

import shutil
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest
from processes import Forks
from samples import HARBOUR, LIBRARY, ORCHARD, answers_of, page

from rag.assistant import Assistant
from rag.settings import CHECKOUT, Settings
from rag.store.database import SCHEMA
from rag.store.doctor import examine, repair
from rag.store.sync import restore, sync

LIBRARIES = CHECKOUT / "tests" / "libraries"
QUESTION = "What fell into the harbour of Skell?"


@pytest.fixture(params=range(1, SCHEMA + 1), ids=lambda number: f"schema {number}")
def home(request: pytest.FixtureRequest, tmp_path: Path) -> Path:
    path = LIBRARIES / f"schema_{request.param}.sqlite3"
    assert path.is_file(), "a new schema needs a library of its own: run `python tests/libraries/make.py` and commit what it writes"
    (tmp_path / "home").mkdir()
    shutil.copy(path, tmp_path / "home" / "library.sqlite3")
    with closing(sqlite3.connect(tmp_path / "home" / "library.sqlite3")) as db:
        assert db.execute("PRAGMA user_version").fetchone()[0] == request.param
    return tmp_path / "home"


def opened(home: Path, assistant: Assistant) -> tuple[Assistant, set[str]]:
    """The library, and the stages that its passes will have gone through."""
    made, stages = Assistant(Settings(home=home), embedder=assistant.embedder, reader=assistant.reader), set[str]()
    made.stores.on_progress = lambda stage, done, total: stages.add(stage)
    return made, stages


def test_old_library_keeps_its_articles_conversation_and_vectors(home: Path, assistant: Assistant) -> None:
    made, stages = opened(home, assistant)
    first, second = answers_of(made, "c" * 32)
    assert first.citations[0].article_id == "harbour"
    assert "30 instruments" in second.answer
    assert [version.searched for version in made.versions("harbour")] == [False, True]
    assert "14 ships" in made.article("harbour", made.versions("harbour")[0].version).text
    assert "ferry" in made.article("ferry").text
    # Chroma's index is not part of the file, so it is made anew, as after a restore.
    assert repair(made.stores) == []
    assert "embedding" not in stages
    assert {held.article_id for held in made.library.manifest().values() if held.live} == {"harbour", "library", "orchard"}
    assert made.ask(QUESTION).answer == first.answer
    made.ledger.tokens_today()
    assert restore(made.stores, "kiosk").title == "Kiosk closes"
    assert "embedding" not in stages
    made.library.database.close()


def test_old_library_is_synced_on(home: Path, tmp_path: Path, assistant: Assistant) -> None:
    made, stages = opened(home, assistant)
    folder = tmp_path / "articles"
    folder.mkdir()
    files = {"harbour.md": HARBOUR.replace("14 ships", "19 ships"), "library.md": LIBRARY, "orchard.md": ORCHARD}
    for name, text in files.items():
        (folder / name).write_text(text, encoding="utf-8")
    report = sync(made.stores, [folder])
    assert (report.added, report.changed, report.embedded) == (0, 0, 0), "the articles moved, and are the same"
    assert "embedding" not in stages
    (folder / "quay.md").write_text(page("A quay was built in Hamre.", id="quay", title="Quay built"), encoding="utf-8")
    assert sync(made.stores, [folder]).added == 1
    assert examine(made.stores) == []
    made.library.database.close()


@pytest.fixture(scope="module")
def forks(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Forks]:
    made = Forks(tmp_path_factory.mktemp("forks"))
    yield made
    made.close()


def test_old_library_is_opened_by_two_processes_at_once(home: Path, forks: Forks, assistant: Assistant) -> None:
    pids = [forks.start(home, *argv) for argv in (("list",), ("doctor", "--repair"), ("show", "harbour"))]
    assert [forks.join(pid) for pid in pids] == [0, 0, 0], forks.errors.read_text(encoding="utf-8")
    made, _ = opened(home, assistant)
    assert len(answers_of(made, "c" * 32)) == 2
    assert examine(made.stores) == []
    made.library.database.close()
