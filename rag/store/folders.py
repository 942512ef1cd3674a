"""Generations of Chroma's index as folders that are written once; it knows nothing of articles.

A generation is a folder that is written by one process, closed, checked in a subprocess and from then on
only read. Writing to a folder that another process serves loses rows in silence (chroma #3792), so a change
makes a new generation: a copy of the served one, plus the difference.
"""

from __future__ import annotations

import logging
import os
import shutil
import threading
import uuid
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np
from numpy.typing import NDArray

from rag.errors import LibraryError, StorageError
from rag.records import Filters
from rag.store.checker import CHECKER, Verdict
from rag.store.comparing import sample
from rag.store.rows import AT_ONCE, CONFIGURATION, Base, Progress, Row, VectorsOf, digest_of, nearest_first, parts, where
from rag.store.seal import SEALS, check_seal, seal, sealed_vectors

log = logging.getLogger(__name__)

_COLLECTION = "chunks"
# Chroma shares what lies behind the clients of a folder, without a lock: a second client that is made meanwhile finds half of it.
_CLIENTS = threading.Lock()
# Bytes: the smallest index takes 0.2 MB, and Chroma as much again while it writes.
_LEAST_FREE = 1_000_000
# Past this share of rows to delete, building from nothing is quicker than a copy and leaves no holes in the graph.
_REBUILD_SHARE = 0.5


class FolderIndex:
    """One generation in a folder, opened for reading; raises LibraryError when it is missing, unfinished or damaged."""

    def __init__(self, folder: Path) -> None:
        self.folder, self.generation = folder, folder.name
        check_seal(folder)
        self._copy: TemporaryDirectory[str] | None = None
        with _repairable(folder):
            if not os.access(folder, os.W_OK) or _is_full(folder):
                # Chroma writes even when it only reads, so where it cannot, it gets a copy for the life of this reader.
                self._copy = TemporaryDirectory(prefix="newsdesk-index-")
                folder = _copied(folder, Path(self._copy.name))
            self._client = _client(folder)
            try:
                self._collection = self._client.get_collection(_COLLECTION, embedding_function=None)
            except BaseException:  # a panic of Chroma's Rust core is no Exception, and the client must be closed then too
                _close(self._client)
                raise

    def nearest(self, vector: NDArray[np.float32], *, filters: Filters, limit: int) -> list[tuple[str, float]]:
        """Chunk ids and cosine similarities of the nearest neighbours, best first, ties by id."""
        with _repairable(self.folder):
            count = self._collection.count()
            if not count:
                return []
            found = self._collection.query(
                query_embeddings=vector.reshape(1, -1), n_results=min(limit, count), where=where(filters), include=["distances"]
            )
        distances = found["distances"] or [[]]
        return nearest_first(found["ids"][0], distances[0])

    def ids(self) -> set[str]:
        """Every chunk id in it."""
        with _repairable(self.folder):
            return set(self._collection.get(include=[])["ids"])

    def stored(self, ids: Sequence[str]) -> dict[str, tuple[dict[str, Any], NDArray[np.float32]]]:
        """Fields and vector of rows as they are held, by id; each id must be held."""
        found: dict[str, tuple[dict[str, Any], NDArray[np.float32]]] = {}
        with _repairable(self.folder):
            for part in parts(ids):
                got = self._collection.get(ids=list(part), include=["metadatas", "embeddings"])
                vectors = np.asarray(got["embeddings"], dtype=np.float32)
                found |= {id: (dict(fields), v) for id, fields, v in zip(got["ids"], got["metadatas"] or [], vectors, strict=True)}
        return found

    def close(self) -> None:
        """Release the files."""
        _close(self._client)
        if self._copy:
            self._copy.cleanup()


class Folders:
    """The generations of one library as folders of this machine."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def open(self, generation: str) -> FolderIndex:
        """See ``Place.open``."""
        return FolderIndex(self.folder / generation)

    def is_sound(self, generation: str) -> bool:
        """See ``Place.is_sound``."""
        try:
            check_seal(self.folder / generation)
        except LibraryError:
            return False
        return (self.folder / generation / "chroma.sqlite3").is_file()

    def build(self, rows: Mapping[str, Row], *, vectors: VectorsOf, base: Base | None, on_progress: Progress) -> str:
        """Write and check a new generation; a base that does not lead to a sound one is not used again: it is then built from nothing."""
        for start in (base, None) if base else (None,):
            name = uuid.uuid4().hex[:12]
            try:
                self._write(name, rows, vectors=vectors, base=start, on_progress=on_progress)
                if problem := self.check(name, rows, vectors=vectors, whole=False).problem:
                    raise LibraryError(f"The index {name} failed its check: {problem}")
                return name
            except LibraryError as error:
                full = _is_full(self.folder)
                self.drop(name)
                if full and not isinstance(error, StorageError):
                    raise _disk_full(self.folder) from error
                if start is None or isinstance(error, StorageError):
                    raise
                log.warning("The index could not be brought up to date (%s); building it anew from the stored vectors.", error)
        raise AssertionError("unreachable: the last attempt returns or raises")

    def check(self, generation: str, rows: Mapping[str, Row], *, vectors: VectorsOf, whole: bool) -> Verdict:
        """Have a generation opened and compared in another process, which it may crash; raises LibraryError where nothing could be learnt from it."""
        ids = sorted(rows)
        looked_at = sample(generation, len(ids), whole=whole)
        question = {
            "folder": str(self.folder / generation),
            "rows": [[id, rows[id].day, rows[id].outlet] for id in ids],
            "sample": looked_at,
            "whole": whole,
        }
        return CHECKER.ask(question, vectors([ids[place] for place in looked_at]).astype("<f4").tobytes() if looked_at else b"")

    def sealed(self, generation: str) -> str | None:
        """See ``Place.sealed``."""
        return sealed_vectors(self.folder / generation)

    def names(self) -> list[str]:
        """See ``Place.names``."""
        return sorted(entry.name for entry in self.folder.iterdir() if entry.is_dir()) if self.folder.is_dir() else []

    def drop(self, generation: str) -> None:
        """Delete a generation, as far as the system lets."""
        shutil.rmtree(self.folder / generation, ignore_errors=True)

    def whereabouts(self) -> str:
        """See ``Place.whereabouts``."""
        return f"in {self.folder}"

    def _write(
        self,
        name: str,
        rows: Mapping[str, Row],
        *,
        vectors: VectorsOf,
        base: Base | None,
        on_progress: Progress,
    ) -> None:
        with _writable(self.folder):
            target, held = self.folder / name, frozenset[str]()
            if base and self._leads_to(base, rows):
                held = frozenset(base.ids)
                shutil.copytree(self.folder / base.generation, target, ignore=shutil.ignore_patterns(*SEALS))
            else:
                target.mkdir(parents=True)
            client = _client(target)
            try:
                collection = client.get_or_create_collection(_COLLECTION, configuration=CONFIGURATION, embedding_function=None)
                for part in parts(sorted(held - rows.keys())):
                    collection.delete(ids=list(part))
                new = sorted(rows.keys() - held)
                for number, part in enumerate(parts(new)):
                    metadatas: list[Any] = [rows[id].metadata() for id in part]
                    collection.add(ids=list(part), embeddings=vectors(part), metadatas=metadatas)
                    on_progress(min((number + 1) * AT_ONCE, len(new)), len(new))
            finally:
                _close(client)
            seal(target, digest_of(sorted(rows), vectors))

    def _leads_to(self, base: Base, rows: Mapping[str, Row]) -> bool:
        """Whether copying a generation is better than building from nothing; one that holds other ids than it should fails the check after it."""
        folder = self.folder / base.generation
        if not folder.is_dir():
            return False
        check_seal(folder)
        return bool(base.ids) and len(base.ids - rows.keys()) <= _REBUILD_SHARE * len(base.ids)


@contextmanager
def _repairable(folder: Path) -> Iterator[None]:
    try:
        yield
    except LibraryError:
        raise
    except BaseException as error:  # a panic of Chroma's Rust core is no Exception
        if not _is_chromas(error):
            raise
        raise LibraryError(f"The index {folder} cannot be read ({error}): run `newsdesk doctor --repair`.") from error


@contextmanager
def _writable(folder: Path) -> Iterator[None]:
    try:
        yield
    except LibraryError:
        raise
    except BaseException as error:  # a panic of Chroma's Rust core is no Exception
        if not _is_chromas(error):
            raise
        if "disk is full" in str(error) or "No space left" in str(error) or _is_full(folder):
            raise _disk_full(folder) from error
        if isinstance(error, OSError):
            raise StorageError(f"The new index cannot be written to {folder} ({error}): make it writable, or set NEWSDESK_HOME.") from error
        raise LibraryError(f"Chroma could not write the new index: {error}") from error


def _copied(folder: Path, scratch: Path) -> Path:
    try:
        return Path(shutil.copytree(folder, scratch / folder.name))
    except OSError as error:
        if _is_full(scratch):
            raise StorageError(f"The disks of {folder} and {scratch.parent} are full: free some space and ask again.") from error
        raise


def _is_full(folder: Path) -> bool:
    """Whether the disk may have been too full for Chroma, which often does not say why it failed."""
    return folder.is_dir() and shutil.disk_usage(folder).free < _LEAST_FREE


def _disk_full(folder: Path) -> StorageError:
    return StorageError(f"The disk that holds {folder} is full; nothing was changed. Free some space and run the command again.")


def _is_chromas(error: BaseException) -> bool:
    """Chroma raises many kinds; a panic of its Rust core is no Exception, and its type cannot be imported."""
    return isinstance(error, Exception) or type(error).__name__ == "PanicException"


def _client(folder: Path) -> Any:
    # Heavy: it takes a second to import, and a question to a small library does without.
    import chromadb
    from chromadb.config import Settings as ChromaSettings

    with _CLIENTS:
        return chromadb.PersistentClient(str(folder), settings=ChromaSettings(anonymized_telemetry=False))


def _close(client: Any) -> None:
    with _CLIENTS:
        client.close()
