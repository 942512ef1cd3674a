"""Input and surroundings that are wrong: one readable line, nothing lost, and never a traceback."""

from __future__ import annotations

import gc
import json
import os
import subprocess
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from samples import HARBOUR, LIBRARY, THREE, page

import rag.cli.commands
from rag.assistant import Assistant
from rag.cli import main
from rag.settings import Settings
from rag.store.doctor import examine
from rag.store.sync import sync

CRANE = "What fell into the harbour of Skell?"
Capture = pytest.CaptureFixture[str]


@pytest.fixture(autouse=True)
def _loaded_model(monkeypatch: pytest.MonkeyPatch, assistant: Assistant) -> None:
    """The command uses the model that is already loaded."""
    monkeypatch.setattr(rag.cli.commands, "Assistant", lambda settings: Assistant(settings, embedder=assistant.embedder))


@pytest.fixture
def articles(tmp_path: Path) -> Path:
    """A folder with one good article."""
    folder = tmp_path / "articles"
    folder.mkdir()
    (folder / "harbour.md").write_text(HARBOUR, encoding="utf-8")
    return folder


def fails(capsys: Capture, *argv: str, status: int) -> str:
    """The one line that a failing call says."""
    assert main(list(argv)) == status
    printed = capsys.readouterr()
    assert printed.out == ""
    assert printed.err.count("\n") == 1, printed.err
    return printed.err


# Sources


def test_missing_folder(capsys: Capture, tmp_path: Path) -> None:
    assert "does not exist" in fails(capsys, "sync", str(tmp_path / "nowhere"), status=2)


def test_empty_folder(capsys: Capture, tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()
    assert "holds no article" in fails(capsys, "sync", str(tmp_path / "empty"), status=2)
    assert "No source yet" in fails(capsys, "sync", status=2)


def test_source_that_is_a_pipe(capsys: Capture, tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe.md")
    assert "neither a folder nor a file" in fails(capsys, "sync", str(tmp_path / "pipe.md"), status=2)


def test_folder_of_nothing_but_bad_files_names_them(capsys: Capture, tmp_path: Path) -> None:
    folder = tmp_path / "bad"
    folder.mkdir()
    (folder / "a.md").write_bytes(b"")
    (folder / "b.exe").write_bytes(b"MZ")
    said = fails(capsys, "sync", str(folder), status=2)
    assert "a.md" in said
    assert "b.exe" in said


def test_files_that_are_no_articles_are_left_out_with_the_reason(capsys: Capture, articles: Path) -> None:
    (articles / "binary.txt").write_bytes(bytes(range(256)) * 40)
    (articles / "dangling.txt").symlink_to(articles / "nowhere.txt")
    (articles / "folder.txt").mkdir()
    os.mkfifo(articles / "pipe.txt")
    (articles / "huge.txt").write_bytes(b"A sentence of news. " * 2_500_000)
    (articles / "long.txt").write_bytes(b"A sentence of news. " * 60_000)
    (articles / "picture.png").write_bytes(b"\x89PNG\r\n\x1a\n")
    (articles / "zz-duplicate.md").write_text(HARBOUR, encoding="utf-8")
    (articles / "lines.jsonl").write_bytes(
        b'{"title": "Good", "text": "This line is good news for Skell."}\n{"title": 3, "text": "x"}\nnot json\n{"title": "No text"}\n'
    )
    assert main(["sync", str(articles), "--json"]) == 0
    report = json.loads(capsys.readouterr().out)
    rejected = {(item["path"], item["line"]): item["reason"] for item in report["rejected"]}
    assert set(rejected) == {
        ("binary.txt", None),
        ("dangling.txt", None),
        ("pipe.txt", None),
        ("huge.txt", None),
        ("long.txt", None),
        ("picture.png", None),
        ("zz-duplicate.md", None),
        ("lines.jsonl", 2),
        ("lines.jsonl", 3),
        ("lines.jsonl", 4),
    }
    assert "50.0 MB" in rejected["huge.txt", None]
    assert "harbour.md" in rejected["zz-duplicate.md", None]
    assert report["added"] == 2


def test_date_that_is_none_is_taken_as_unknown_with_a_warning(capsys: Capture, articles: Path) -> None:
    for number, written in enumerate(["2025-02-30", "03/04/2024", "soon", "2024-13-01T00:00:00Z"]):
        content = page(f"Article number {number} has an odd date.", id=f"odd{number}", title="Odd", published=f'"{written}"')
        (articles / f"odd{number}.md").write_text(content, encoding="utf-8")
    assert main(["sync", str(articles), "--json"]) == 0
    report = json.loads(capsys.readouterr().out)
    assert report["added"] == 5
    assert [item["path"] for item in report["warnings"]] == ["odd0.md", "odd1.md", "odd2.md", "odd3.md"]
    assert main(["show", "odd1", "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["published"] is None


def test_chunks_longer_than_the_model_reads_are_refused(capsys: Capture, articles: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NEWSDESK_CHUNK_TOKENS", "500")
    assert "254" in fails(capsys, "sync", str(articles), status=2)


# The data folder


def test_library_that_is_none(capsys: Capture, articles: Path) -> None:
    home = Path(os.environ["NEWSDESK_HOME"])
    home.mkdir()
    (home / "library.sqlite3").write_bytes(b"garbage " * 4000)
    for argv in (["list"], ["ask", CRANE], ["sync", str(articles)], ["doctor"]):
        assert "library.sqlite3" in fails(capsys, *argv, status=1)


def test_library_with_a_damaged_page(library_of: Callable[[dict[str, str]], Assistant], capsys: Capture) -> None:
    assistant = library_of(THREE)
    path = assistant.library.database.path
    assistant.library.database.close()
    size = path.stat().st_size
    with path.open("r+b") as file:
        file.seek(4096)
        file.write(b"\xff" * (size - 4096))
    assert "damaged" in fails(capsys, "list", status=1)
    assert main(["doctor"]) == 1
    printed = capsys.readouterr()
    assert "damaged" in printed.out + printed.err
    assert "backup" in printed.out + printed.err


def test_data_folder_that_is_a_file(capsys: Capture, articles: Path) -> None:
    Path(os.environ["NEWSDESK_HOME"]).write_text("x", encoding="utf-8")
    assert "NEWSDESK_HOME" in fails(capsys, "sync", str(articles), status=1)


@contextmanager
def mounted(folder: Path, *, megabytes: float) -> Iterator[None]:
    """A small file system of its own on the folder; skips where this machine allows none."""
    folder.mkdir(exist_ok=True)
    done = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", f"size={int(megabytes * 1024)}k", "newsdesk", str(folder)], capture_output=True, text=True
    )
    if done.returncode != 0:
        pytest.skip(f"no tmpfs can be mounted here: {done.stderr.strip()}")
    try:
        yield
    finally:
        subprocess.run(["umount", "--lazy", str(folder)], check=True)


@pytest.mark.parametrize("megabytes", [0.03, 0.1, 0.25, 0.4], ids=lambda size: f"{size} MB")
def test_full_disk_is_said_and_loses_nothing(capsys: Capture, articles: Path, megabytes: float) -> None:
    home = Path(os.environ["NEWSDESK_HOME"])
    with mounted(home, megabytes=megabytes):
        said = fails(capsys, "sync", str(articles), status=1)
        assert "free" in said.lower()
        subprocess.run(["mount", "-o", "remount,size=20m", str(home)], check=True)
        assert main(["sync", str(articles)]) == 0
        assert main(["doctor"]) == 0


def test_full_disk_keeps_what_was_served(articles: Path, capsys: Capture, assistant: Assistant) -> None:
    home = Path(os.environ["NEWSDESK_HOME"])
    with mounted(home, megabytes=20):
        assert main(["sync", str(articles)]) == 0
        (articles / "library.md").write_text(LIBRARY, encoding="utf-8")
        rest = os.statvfs(home)
        (home / "ballast").write_bytes(b"x" * (rest.f_bavail * rest.f_frsize - 150_000))
        capsys.readouterr()
        assert "free" in fails(capsys, "sync", status=1).lower()
        opened = Assistant(Settings(home=home), embedder=assistant.embedder)
        assert [citation.article_id for citation in opened.ask(CRANE).citations] == ["harbour"]
        (home / "ballast").unlink()
        assert sync(opened.stores, []).added == 1
        assert examine(opened.stores) == []


@contextmanager
def read_only(folder: Path, at: Path) -> Iterator[None]:
    """The folder once more under another path, where nothing can be written; skips where this machine allows none."""
    at.mkdir()
    if subprocess.run(["mount", "--bind", str(folder), str(at)], capture_output=True).returncode != 0:
        pytest.skip("nothing can be mounted here")
    try:
        subprocess.run(["mount", "-o", "remount,bind,ro", str(at)], check=True)
        yield
    finally:
        subprocess.run(["umount", "--lazy", str(at)], check=True)


def test_read_only_folder_answers_and_says_why_it_keeps_nothing(
    articles: Path, tmp_path: Path, capsys: Capture, monkeypatch: pytest.MonkeyPatch
) -> None:
    home = Path(os.environ["NEWSDESK_HOME"])
    assert main(["sync", str(articles)]) == 0
    gc.collect()  # closes what the call had open
    assert not list(home.glob("*-wal"))
    monkeypatch.setenv("NEWSDESK_HOME", str(tmp_path / "inside"))
    with read_only(home, tmp_path / "inside"):
        capsys.readouterr()
        for argv in (["ask", CRANE], ["search", "crane"], ["list"], ["show", "harbour"], ["doctor"]):
            assert main(argv) == 0, capsys.readouterr().err
            assert capsys.readouterr().err == ""
        for argv in (["sync"], ["remove", "harbour"], ["doctor", "--repair"]):
            assert "NEWSDESK_HOME" in fails(capsys, *argv, status=1)


def test_reader_of_a_read_only_folder_sees_what_others_write(tmp_path: Path, articles: Path, assistant: Assistant) -> None:
    """As in a container that has the folder mounted read-only, while a pass runs outside."""
    writer = Assistant(Settings(home=tmp_path / "home"), embedder=assistant.embedder)
    sync(writer.stores, [articles])
    with read_only(tmp_path / "home", tmp_path / "inside"):
        reader = Assistant(Settings(home=tmp_path / "inside"), embedder=assistant.embedder)
        assert [citation.article_id for citation in reader.ask(CRANE).citations] == ["harbour"]
        (articles / "library.md").write_text(LIBRARY, encoding="utf-8")
        sync(writer.stores, [])
        found = {passage.article_id: passage.cosine for passage in reader.search("violins of the town library")}
        assert found["library"] is not None
        writer.library.database.close()
        assert {article.article_id for article in reader.library.articles()} == {"harbour", "library"}
