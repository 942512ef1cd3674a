"""Backs a library up into one file, and restores it, while others read and ask; models and Chroma's index are left out, since both are made anew.

A backup is a zip: a consistent snapshot of the SQLite file, uploads, fetched pages, test prompts and evaluation runs, and a manifest with their digests.
Restoring builds the index from the stored vectors, then writes the snapshot over the library in one SQLite transaction: killed at any moment,
the library before or the restored one is served whole. Uploads, prompts and runs follow it one by one; what they replace lies in a
``.restore-`` folder of the data folder until the end.
"""

from __future__ import annotations

import hashlib
import json
import logging
import os
import shutil
import sqlite3
import tempfile
import zipfile
from collections.abc import Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import Any

import numpy as np
from numpy.typing import NDArray

from rag.errors import LibraryError, UsageError
from rag.fetch import FOLDER
from rag.store.database import SCHEMA, readable_errors
from rag.store.erase import bury, erase, forget_pending, scour
from rag.store.library import Library, utc_now
from rag.store.lock import writer_lock
from rag.store.publish import Stores, sweep
from rag.store.vectors import Row

log = logging.getLogger("rag")

_FORMAT = 1
_DATABASE, _MANIFEST = "library.sqlite3", "manifest.json"
# What else of the data folder cannot be made again.
_KEPT = ("uploads", FOLDER, "evaluations/runs", "prompts.yaml")
_BLOCK = 1 << 20
# No manifest of ours comes near it.
_LONGEST_MANIFEST = 50_000_000


@dataclass(frozen=True, slots=True)
class Backup:
    """What a backup file holds."""

    path: Path
    created: str
    articles: int
    conversations: int


def backup(library: Library, target: Path, *, force: bool = False) -> Backup:
    """Write everything that must not be lost into one file; syncs and questions go on meanwhile.

    Raises UsageError where the file is there already and ``force`` is not given, NoLibrary, StorageError.
    """
    if target.exists() and not force:
        raise UsageError(f"{target} is there already: name another file, or add --force to replace it.")
    with readable_errors(target), tempfile.TemporaryDirectory(prefix=".newsdesk-", dir=target.absolute().parent) as scratch:
        snapshot, archive = Path(scratch) / _DATABASE, Path(scratch) / "archive"
        with closing(sqlite3.connect(snapshot)) as copy:
            library.database.connection.backup(copy)
            copy.execute("PRAGMA journal_mode = DELETE")
            counts = _counts(copy)
        digests, created = dict[str, str](), utc_now()
        with zipfile.ZipFile(archive, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as zipped:
            for name, path in [(_DATABASE, snapshot), *_files(library.home)]:
                digests[name] = _packed(zipped, name, path)
            made = {"format": _FORMAT, "schema": SCHEMA, "created": created, **counts, "sha256": digests}
            zipped.writestr(_MANIFEST, json.dumps(made, indent=1))
        with archive.open("rb") as written:
            os.fsync(written.fileno())
        archive.replace(target)
    return Backup(target, created, counts["articles"], counts["conversations"])


def restore_backup(stores: Stores, source: Path, *, force: bool = False) -> Backup:
    """Make the library what a backup holds; an open app answers from it at its next question.

    Where a library is there, ``force`` is wanted, and it is first backed up beside itself as ``before-restore.zip``. Raises UsageError for a
    file that is no backup or is damaged; nothing was changed then.
    """
    home, library = stores.library.home, stores.library
    with (
        writer_lock(home, f"restore {source}"),
        readable_errors(home / _DATABASE),
        tempfile.TemporaryDirectory(prefix=".restore-", dir=home) as scratch,
    ):
        made = _unpacked(source, Path(scratch))
        restored = Library(Path(scratch))
        restored.database.create()
        if library.exists:
            if not force:
                raise UsageError(f"{home} holds a library already: add --force, and it is kept as {home / 'before-restore.zip'}.")
            backup(library, home / "before-restore.zip", force=True)
        purged = _purged_since(library, restored) if library.exists else []
        served = library.meta().get("generation") if library.exists else None
        _index(stores, restored, served)
        restored.database.close()
        library.database.create()
        with closing(sqlite3.connect(Path(scratch) / _DATABASE)) as snapshot:
            # One transaction of the library's own: who reads goes on with the old pages until it is committed.
            snapshot.backup(library.database.connection)
        _replace_files(Path(scratch), home)
        sweep(stores)
    if purged:
        log.warning(
            "The backup held articles that were purged since; they stay out. Clear its other files of them: `newsdesk purge %s`.",
            " ".join(purged),
        )
    return Backup(source, made["created"], made["articles"], made["conversations"])


def _purged_since(library: Library, restored: Library) -> list[str]:
    """Take out of a restored library what was purged from the one that it replaces, so that it is never served again."""
    purged = library.purged()
    back = sorted(id for id, held in restored.manifest().items() if id in purged and not held.purged)
    bury(restored.database, purged)
    if back:
        erase(restored.database, back, generation=restored.meta().get("generation"), files=())
        scour(restored.database, wait=0)
        forget_pending(restored.database)
    return back


def _counts(db: sqlite3.Connection) -> dict[str, int]:
    (articles,) = db.execute("SELECT count(*) FROM articles WHERE removed IS NULL").fetchone()
    (conversations,) = db.execute("SELECT count(*) FROM conversations").fetchone()
    return {"articles": articles, "conversations": conversations}


def _files(home: Path) -> Iterator[tuple[str, Path]]:
    for name in _KEPT:
        place = home / name
        for path in [place] if place.is_file() else sorted(place.rglob("*")):
            inside = path.relative_to(home)
            if path.is_file() and not path.is_symlink() and not any(part.startswith(".") for part in inside.parts):
                yield inside.as_posix(), path


def _unpacked(source: Path, folder: Path) -> dict[str, Any]:
    """Unpack a backup after its manifest says that every member is whole and belongs; raises UsageError."""
    try:
        with zipfile.ZipFile(source) as zipped:
            if zipped.getinfo(_MANIFEST).file_size > _LONGEST_MANIFEST:
                raise UsageError(f"{source} is no backup of Newsdesk: its manifest is too long.")
            made = json.loads(zipped.read(_MANIFEST))
            if made["format"] > _FORMAT or made["schema"] > SCHEMA:
                raise UsageError(f"{source} was written by a later release: restore it with that one.")
            digests: dict[str, str] = made["sha256"]
            if strange := [name for name in digests if not _belongs(name)] or sorted({_DATABASE} - digests.keys()):
                raise UsageError(f"{source} is no backup of Newsdesk ({strange[0]!r}): nothing was changed.")
            # zipfile reads no more of a member than this.
            if (size := sum(zipped.getinfo(name).file_size for name in digests)) > shutil.disk_usage(folder).free:
                raise UsageError(f"{source} unpacks to {size / 1e6:,.0f} MB, more than the disk has free: nothing was changed.")
            for name, digest in digests.items():
                path = folder / name
                path.parent.mkdir(parents=True, exist_ok=True)
                with zipped.open(name) as member, path.open("wb") as file:
                    shutil.copyfileobj(member, file, _BLOCK)
                if _digest(path) != digest:
                    raise UsageError(f"{source} is damaged: {name} is not what was backed up. Nothing was changed; use another backup.")
    except FileNotFoundError as error:
        raise UsageError(f"{source} does not exist.") from error
    except (zipfile.BadZipFile, KeyError, ValueError, TypeError, AttributeError, NotImplementedError, EOFError, RuntimeError) as error:
        raise UsageError(f"{source} is no backup of Newsdesk, or is damaged ({error}): nothing was changed.") from error
    return dict(made)


def _belongs(name: str) -> bool:
    path = PurePosixPath(name)
    known = name == _DATABASE or any(name == kept or name.startswith(f"{kept}/") for kept in _KEPT)
    return known and not path.is_absolute() and ".." not in path.parts and "\\" not in name and "\0" not in name


def _index(stores: Stores, restored: Library, served: str | None) -> None:
    """Build the index of a restored library beside the served one, and write its name into it."""
    meta, chunks = restored.meta(), restored.chunk_rows()

    def vectors(ids: Sequence[str]) -> NDArray[np.float32]:
        return restored.vectors(meta["model"], [chunks[id][0] for id in ids])

    described = {}
    if "generation" in meta:
        if lost := restored.missing_vectors(meta["model"], {digest for digest, _, _ in chunks.values()}):
            raise LibraryError(f"The backup lacks {len(lost):,} vectors: nothing was changed; use another backup.")
        rows = {id: Row(id, day, outlet) for id, (_, day, outlet) in chunks.items()}
        described["generation"] = stores.indexes.build(
            rows, vectors=vectors, base=None, on_progress=lambda done, total: stores.on_progress("indexing", done, total)
        )
    if served:
        # For readers that are in the middle of a question.
        described["previous"] = served
    with restored.database.writing() as db:
        db.execute("DELETE FROM meta WHERE key = 'previous'")
        db.executemany("INSERT INTO meta VALUES (?, ?) ON CONFLICT (key) DO UPDATE SET value = excluded.value", list(described.items()))


def _replace_files(restored: Path, home: Path) -> None:
    """Uploads, prompts and runs: what was restored stands in place of what was there."""
    for name in _KEPT:
        new, old = restored / name, home / name
        if not new.exists() and not old.exists():
            continue
        if old.exists():
            aside = restored / "aside" / name
            aside.parent.mkdir(parents=True, exist_ok=True)
            old.replace(aside)
        if new.exists():
            old.parent.mkdir(parents=True, exist_ok=True)
            new.replace(old)


def _packed(zipped: zipfile.ZipFile, name: str, path: Path) -> str:
    """Pack a file and give the digest of what was packed: it may be replaced meanwhile, as a fetched page is."""
    seen = hashlib.sha256()
    with path.open("rb") as file, zipped.open(name, "w", force_zip64=True) as member:
        while block := file.read(_BLOCK):
            seen.update(block)
            member.write(block)
    return seen.hexdigest()


def _digest(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
