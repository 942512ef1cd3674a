"""Backup and restore over real libraries: what comes back answers as before, and what is damaged changes nothing."""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import sys
import time
import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest
from samples import THREE, answers_of, keep

from rag.assistant import Assistant
from rag.cli import main
from rag.errors import UsageError
from rag.librarian import take_in
from rag.models.embeddings import Embedder
from rag.settings import Settings
from rag.store.backup import backup, restore_backup
from rag.store.doctor import examine
from rag.store.sync import sync

SHIPS = "how many ships were waiting in the harbour of Skell?"
FERRY = b"# Ferry to Quarn\n\nThe last ferry to Quarn leaves at 17.40, the harbour office said.\n"


@pytest.fixture(scope="module")
def shelf(tmp_path_factory: pytest.TempPathFactory, assistant: Assistant) -> Path:
    """A library of three articles, an upload and a conversation, and its backup; a test works on copies."""
    folder = tmp_path_factory.mktemp("shelf")
    (folder / "articles").mkdir()
    for name, text in THREE.items():
        (folder / "articles" / name).write_text(text, encoding="utf-8")
    made = Assistant(Settings(home=folder / "home"), embedder=assistant.embedder, reader=assistant.reader)
    sync(made.stores, [folder / "articles"])
    take_in(made.stores, [("quarn.md", FERRY)], lambda *_: None)
    keep(made, "c" * 32, made.ask(SHIPS))
    backup(made.library, folder / "b.zip")
    made.library.database.close()
    return folder


@pytest.fixture
def three(shelf: Path, tmp_path: Path, assistant: Assistant) -> Assistant:
    shutil.copytree(shelf / "home", tmp_path / "home")
    return Assistant(Settings(home=tmp_path / "home"), embedder=assistant.embedder, reader=assistant.reader)


@pytest.fixture
def kept(shelf: Path, tmp_path: Path) -> Path:
    return Path(shutil.copy(shelf / "b.zip", tmp_path / "b.zip"))


def another(tmp_path: Path, three: Assistant) -> Assistant:
    return Assistant(Settings(home=tmp_path / "other"), embedder=three.embedder, reader=three.reader)


def test_what_was_backed_up_comes_back(three: Assistant, kept: Path, tmp_path: Path) -> None:
    other = another(tmp_path, three)
    made = restore_backup(other.stores, kept)
    assert (made.articles, made.conversations) == (len(THREE) + 1, 1)
    assert not examine(other.stores)
    before, after = three.ask(SHIPS), other.ask(SHIPS)
    assert (after.sentences, after.citations) == (before.sentences, before.citations)
    assert answers_of(other, "c" * 32) == answers_of(three, "c" * 32)
    assert (tmp_path / "other" / "uploads" / "quarn.md").read_bytes() == FERRY


def test_restoring_embeds_nothing(kept: Path, three: Assistant, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    other = another(tmp_path, three)

    def refuse(self: Embedder, texts: object) -> None:
        raise AssertionError("embedded again")

    with monkeypatch.context() as patched:
        patched.setattr(Embedder, "embed", refuse)
        restore_backup(other.stores, kept)
    assert other.overview().articles == len(THREE) + 1


def test_open_reader_answers_from_what_was_restored(library_of: Callable[[dict[str, str]], Assistant], tmp_path: Path) -> None:
    three, kept = library_of(THREE), tmp_path / "b.zip"
    backup(three.library, kept)
    folder = three.settings.home.parent / "articles"
    for name in THREE:
        (folder / name).unlink()
    (folder / "new.md").write_text("# New\n\nThe kiosk in Brenn closed on Monday.\n", encoding="utf-8")
    sync(three.stores, [folder])
    assert three.ask(SHIPS).status == "abstained"
    with pytest.raises(UsageError, match="--force"):
        restore_backup(three.stores, kept)
    restore_backup(three.stores, kept, force=True)
    assert "14" in three.ask(SHIPS).answer
    # What was there before is not lost either.
    restore_backup(three.stores, three.settings.home / "before-restore.zip", force=True)
    assert three.ask(SHIPS).status == "abstained"
    assert not examine(three.stores)


def _without(path: Path, left_out: str, **instead: bytes) -> None:
    with zipfile.ZipFile(path) as zipped:
        members = {name: zipped.read(name) for name in zipped.namelist() if name != left_out}
    with zipfile.ZipFile(path, "w") as zipped:
        for name, raw in {**members, **instead}.items():
            zipped.writestr(name, raw)


def _strange(path: Path, name: str) -> None:
    with zipfile.ZipFile(path) as zipped:
        made = json.loads(zipped.read("manifest.json"))
    made["sha256"][name] = "0" * 64
    _without(path, "manifest.json", **{"manifest.json": json.dumps(made).encode(), name: b"x"})


def _truncate(path: Path) -> None:
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])


DAMAGES: dict[str, Callable[[Path], object]] = {
    "truncated": _truncate,
    "noise": lambda path: path.write_bytes(b"\x13" * 5000),
    "empty": lambda path: path.write_bytes(b""),
    "no-manifest": lambda path: _without(path, "manifest.json"),
    "other-database": lambda path: _without(path, "library.sqlite3", **{"library.sqlite3": b"SQLite format 3\0 but not really"}),
    "no-database": lambda path: _without(path, "library.sqlite3"),
    "outside": lambda path: _strange(path, "uploads/../../evil.md"),
    "absolute": lambda path: _strange(path, "/tmp/evil.md"),
    "unknown-member": lambda path: _strange(path, "writer.lock"),
    "missing": lambda path: path.unlink(),
}


@pytest.mark.parametrize("damage", DAMAGES)
def test_damaged_backup_changes_nothing(damage: str, three: Assistant, kept: Path, tmp_path: Path) -> None:
    DAMAGES[damage](kept)
    with pytest.raises(UsageError, match=r"b\.zip"):
        restore_backup(three.stores, kept, force=True)
    assert "14" in three.ask(SHIPS).answer
    assert not list(tmp_path.rglob("evil.md"))
    assert not [path for path in three.settings.home.iterdir() if path.name.startswith(".restore-")]


def test_backup_of_a_later_release_is_refused(three: Assistant, kept: Path) -> None:
    with zipfile.ZipFile(kept) as zipped:
        made = json.loads(zipped.read("manifest.json")) | {"schema": 999}
    _without(kept, "manifest.json", **{"manifest.json": json.dumps(made).encode()})
    with pytest.raises(UsageError, match="later release"):
        restore_backup(three.stores, kept, force=True)


def test_backup_during_a_sync_is_one_state(three: Assistant, tmp_path: Path) -> None:
    folder = tmp_path / "more"
    folder.mkdir()
    for number in range(150):
        (folder / f"{number}.md").write_text(f"# Kiosk {number}\n\nKiosk number {number} opened in street {number}.\n", encoding="utf-8")
    command = [sys.executable, "-m", "rag", "sync", str(folder)]
    running = subprocess.Popen(command, env=_environment(three.settings.home), stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    seen = set()
    for number in range(100):
        made = backup(three.library, tmp_path / f"{number}.zip")
        seen.add(made.articles)
        done = running.poll() is not None
        if done or number == 99:
            break
        time.sleep(0.05)
    assert running.wait(60) == 0
    assert seen <= {len(THREE) + 1, len(THREE) + 151}
    other = another(tmp_path, three)
    restore_backup(other.stores, tmp_path / "0.zip")
    assert not examine(other.stores)


@pytest.mark.parametrize("after", [0.0, 0.5, 1.0])
def test_restore_killed_at_any_moment_leaves_a_sound_library(three: Assistant, kept: Path, tmp_path: Path, after: float) -> None:
    home = three.settings.home
    command = [sys.executable, "-m", "rag", "restore", str(kept), "--force"]
    running = subprocess.Popen(command, env=_environment(home), stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    while not (home / "writer.json").exists() and running.poll() is None:
        time.sleep(0.01)
    time.sleep(after)
    running.send_signal(signal.SIGKILL)
    running.wait()
    opened = Assistant(three.settings, embedder=three.embedder, reader=three.reader)
    assert "14" in opened.ask(SHIPS).answer
    restore_backup(opened.stores, kept, force=True)
    assert not examine(opened.stores)


def test_command_line(three: Assistant, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.setenv("NEWSDESK_HOME", str(three.settings.home))
    target = tmp_path / "c.zip"
    assert main(["backup", str(target)]) == 0
    assert main(["backup", str(target)]) == 2
    assert main(["backup", str(target), "--force", "--json"]) == 0
    assert main(["restore", str(target)]) == 2
    shutil.rmtree(three.settings.home)
    assert main(["restore", str(target)]) == 0
    assert f"{len(THREE) + 1} articles" in capsys.readouterr().out


def _environment(home: Path) -> dict[str, str]:
    return os.environ | {"NEWSDESK_HOME": str(home)}
