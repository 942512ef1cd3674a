"""Finds and clears what the data folder's other files hold of articles that are purged: uploads, runs, libraries under test, safety copies.

What can be made again or is ours alone is cleared; what a person writes is named, with what to do. It knows the files by their places and forms,
and nothing of the served library. The caller holds the writer lock.
"""

from __future__ import annotations

import json
import os
import re
import shutil
import sqlite3
import tempfile
import zipfile
from collections.abc import Collection, Iterable, Iterator, Mapping
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from filelock import FileLock, Timeout

from rag.errors import LibraryError
from rag.store.database import readable_errors
from rag.store.redact import mentioned, redact

# So many words in a row are taken for the article's own.
WINDOW = 8
_WORD = re.compile(r"\w+")
# Made again from their sources by the next evaluation.
_MADE_AGAIN = ("evaluations/libraries", "evaluations/chunking")
_RUNS = "evaluations/runs"
_SAFETY_COPY = "before-restore.zip"
# Looked after elsewhere, or no words at all.
_ELSEWHERE = ("library.sqlite3", "chroma", "models", "uploads", "evaluations", "writer.")
_LARGEST_BYTES = 50_000_000


@dataclass(frozen=True, slots=True)
class Trace:
    """A place outside the library that still holds words of a purged article, and what to do about it."""

    place: str
    advice: str


@dataclass(frozen=True, slots=True)
class Gone:
    """What is purged: ids, digests of every version, and all runs of ``WINDOW`` words."""

    ids: frozenset[str]
    versions: frozenset[str]
    windows: frozenset[str]

    def first_in(self, text: str) -> int | None:
        """Where the first run of the articles' words begins; None where there is none."""
        words = list(_WORD.finditer(text))
        return next((words[at].start() for at, run in enumerate(_runs(words)) if run in self.windows), None)


def windows_of(texts: Iterable[str], size: int = WINDOW) -> frozenset[str]:
    """Every run of ``size`` words, without case and punctuation."""
    return frozenset(run for text in texts for run in _runs(list(_WORD.finditer(text)), size))


def _runs(words: list[re.Match[str]], size: int = WINDOW) -> Iterator[str]:
    plain = [word.group().casefold() for word in words]
    return (" ".join(plain[at : at + size]) for at in range(len(plain) - size + 1))


def refuse_running(home: Path) -> None:
    """Raises LibraryError while an evaluation is under way in some process: it would write the words down again."""
    for folder in _folders(home / _RUNS):
        try:
            with FileLock(folder / "lock", timeout=0):
                pass
        except Timeout as error:
            raise LibraryError(
                f"The evaluation {folder.name} is under way and may write the words down again: wait for it or stop it. Nothing was purged."
            ) from error


def clear(home: Path, gone: Gone) -> tuple[list[str], list[Trace]]:
    """Clear the data folder's other files; what was deleted, and what still holds words. Raises StorageError; run again, it goes on."""
    with readable_errors(home / _RUNS):
        deleted = [name for name in _MADE_AGAIN if _delete(home / name)]
        # An upload that was cut off; none is under way while the lock is held.
        _delete(home / "uploads" / ".incoming")
        for folder in _folders(home / _RUNS):
            _clean_run(folder, gone)
        left = []
        for path in sorted(home.glob("*.zip")):
            if _backup_holds(path, gone):
                if path.name == _SAFETY_COPY:
                    path.unlink()
                    deleted.append(path.name)
                else:
                    left.append(Trace(str(path), "a backup that holds it: delete the file, and make a new backup"))
        return deleted, left + list(_written_by_people(home, gone))


def holds_words(path: Path, gone: Gone) -> Trace | None:
    """A file that a person writes, with the first line that holds the articles' words."""
    if not path.is_file() or path.stat().st_size > _LARGEST_BYTES:
        return None
    text = path.read_text(encoding="utf-8", errors="replace")
    at = gone.first_in(text)
    if at is None:
        return None
    return Trace(f"{path}, line {text.count(chr(10), 0, at) + 1}", "holds words of it: take them out of the file")


def _folders(place: Path) -> list[Path]:
    return sorted(path for path in place.iterdir() if path.is_dir()) if place.is_dir() else []


def _delete(folder: Path) -> bool:
    """Whether it was there. It is renamed first, so that nobody opens half of it."""
    for doomed in folder.parent.glob(f".{folder.name}.*.purged"):
        shutil.rmtree(doomed)
    if not folder.exists():
        return False
    doomed = folder.with_name(f".{folder.name}.{os.getpid()}.purged")
    folder.rename(doomed)
    shutil.rmtree(doomed)
    return True


def _clean_run(folder: Path, gone: Gone) -> None:
    """A run keeps its figures and loses the words; a last line that was cut off goes."""
    results, part = folder / "results.jsonl", folder / "results.jsonl.part"
    part.unlink(missing_ok=True)
    if not results.is_file():
        return
    changed = False
    with results.open(encoding="utf-8") as lines, part.open("w", encoding="utf-8") as cleaned:
        for line in lines:
            try:
                given = json.loads(line)
            except ValueError:
                changed = True
                continue
            kept = _without(given, gone)
            changed = changed or kept != given
            cleaned.write(json.dumps(kept, ensure_ascii=False) + "\n" if kept != given else line)
        cleaned.flush()
        os.fsync(cleaned.fileno())
    if changed:
        part.replace(results)
    part.unlink(missing_ok=True)


def _without(value: Any, gone: Gone) -> Any:
    """Answers are redacted, passages dropped, and other texts that hold a run of the words emptied; questions stay."""
    if isinstance(value, dict):
        if "searched_as" in value and "citations" in value:
            # A library under test may know the same text by another id.
            same = {c["article_id"] for c in value["citations"] if c["version"] in gone.versions}
            value = redact(value, (gone.ids | same) & mentioned(value))
        return {key: item if key == "question" else _without(item, gone) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [_without(item, gone) for item in value if not _is_passage(item, gone)]
    return "" if isinstance(value, str) and gone.first_in(value) is not None else value


def _is_passage(item: Any, gone: Gone) -> bool:
    return isinstance(item, Mapping) and "text" in item and item.get("article_id") in gone.ids


def _backup_holds(path: Path, gone: Gone) -> bool:
    """Whether a zip is a backup whose library holds one of the articles; what is none, or is damaged, holds nothing that can be read."""
    try:
        with tempfile.TemporaryDirectory(prefix=".purge-", dir=path.parent) as scratch, zipfile.ZipFile(path) as zipped:
            library = Path(zipped.extract("library.sqlite3", scratch))
            with closing(sqlite3.connect(library)) as db:
                return any(id in gone.ids or version in gone.versions for id, version in _versions(db))
    except (zipfile.BadZipFile, KeyError, sqlite3.DatabaseError, NotImplementedError, RuntimeError, EOFError):
        return False


def _versions(db: sqlite3.Connection) -> Collection[tuple[str, str]]:
    return db.execute("SELECT article_id, version FROM versions WHERE version <> ''").fetchall()


def _written_by_people(home: Path, gone: Gone) -> Iterator[Trace]:
    """Test prompts and whatever else lies in the data folder; what a restore that was cut off has left is named whole."""
    for top in sorted(home.iterdir()):
        if top.name.startswith(".restore-"):
            yield Trace(str(top), "left by a restore that was cut off, and may hold it: delete the folder")
        elif not top.name.startswith(_ELSEWHERE) and top.suffix != ".zip":
            for path in [top] if top.is_file() else sorted(top.rglob("*")):
                if trace := holds_words(path, gone):
                    yield trace
