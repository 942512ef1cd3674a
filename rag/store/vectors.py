"""Nearest neighbours from Chroma, in generations that can be thrown away and rebuilt; it knows nothing of articles.

A generation is a folder that is written by one process, closed, checked in a subprocess and from then on
only read. Writing to a folder that another process serves loses rows in silence (chroma #3792), so a change
makes a new generation: a copy of the served one, plus the difference.
"""

from __future__ import annotations

import hashlib
import logging
import os
import random
import shutil
import threading
import uuid
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence, Set
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import chromadb
import numpy as np
from chromadb.config import Settings as ChromaSettings
from numpy.typing import NDArray

from rag.errors import LibraryError, StorageError
from rag.records import Filters
from rag.store.checker import CHECKER, Verdict
from rag.store.seal import SEALS, check_seal, seal

log = logging.getLogger(__name__)

# Gives the stored vectors of chunk ids.
VectorsOf = Callable[[Sequence[str]], NDArray[np.float32]]

_COLLECTION = "chunks"
# Chroma refuses more than 5,461 rows a call; smaller batches let the progress line move.
_ROWS = 1000
# With Chroma's defaults (100, 100, 16) two builds of one library of 7,228 alike chunks find 0.96 of the true 50 nearest and not
# the same ones; with these 0.999, for 0.3 ms more a question.
_CONFIGURATION: Any = {"hnsw": {"space": "cosine", "ef_construction": 200, "ef_search": 400, "max_neighbors": 32}}
# Chroma shares what lies behind the clients of a folder, without a lock: a second client that is made meanwhile finds half of it.
_CLIENTS = threading.Lock()
_CHECKED = 20
# Bytes: the smallest index takes 0.2 MB, and Chroma as much again while it writes.
_LEAST_FREE = 1_000_000
# Past this share of rows to delete, building from nothing is quicker than a copy and leaves no holes in the graph.
_REBUILD_SHARE = 0.5


@dataclass(frozen=True, slots=True)
class Row:
    """What Chroma holds of a chunk; day is YYYYMMDD."""

    chunk_id: str
    day: int | None
    outlet: str | None

    def metadata(self) -> dict[str, int | str]:
        """The fields that filters compare; unknown ones are left out, so that no filter matches them."""
        return {key: value for key, value in (("day", self.day), ("outlet", self.outlet)) if value is not None} or {"day": 0}


@dataclass(frozen=True, slots=True)
class Base:
    """A generation that a new one may start from, and the chunk ids that it holds as far as the library knows."""

    generation: str
    ids: Set[str]


class Index:
    """One generation, opened for reading; raises LibraryError when it is missing, unfinished or damaged."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
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
            except BaseException:
                _close(self._client)
                raise

    def nearest(self, vector: NDArray[np.float32], *, filters: Filters, limit: int) -> list[tuple[str, float]]:
        """Chunk ids and cosine similarities of the nearest neighbours, best first, ties by id."""
        with _repairable(self.folder):
            count = self._collection.count()
            if not count:
                return []
            found = self._collection.query(
                query_embeddings=vector.reshape(1, -1), n_results=min(limit, count), where=_where(filters), include=["distances"]
            )
        distances = found["distances"] or [[]]
        return sorted(((id, 1 - distance) for id, distance in zip(found["ids"][0], distances[0], strict=True)), key=lambda x: (-x[1], x[0]))

    def ids(self) -> set[str]:
        """Every chunk id in it."""
        with _repairable(self.folder):
            return set(self._collection.get(include=[])["ids"])

    def stored(self, ids: Sequence[str]) -> dict[str, tuple[dict[str, Any], NDArray[np.float32]]]:
        """Fields and vector of rows as they are held, by id; each id must be held."""
        found: dict[str, tuple[dict[str, Any], NDArray[np.float32]]] = {}
        with _repairable(self.folder):
            for part in _parts(ids):
                got = self._collection.get(ids=list(part), include=["metadatas", "embeddings"])
                vectors = np.asarray(got["embeddings"], dtype=np.float32)
                found |= {id: (dict(fields), v) for id, fields, v in zip(got["ids"], got["metadatas"] or [], vectors, strict=True)}
        return found

    def close(self) -> None:
        """Release the files."""
        _close(self._client)
        if self._copy:
            self._copy.cleanup()


class Indexes:
    """The generations of one library, and the reader of the served one; safe to share between threads."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._lock = threading.Lock()
        self._open: Index | None = None
        self._before: Index | None = None

    def reader(self, generation: str) -> Index:
        """The named generation, opened once and kept until another is asked for."""
        with self._lock:
            if self._open is None or self._open.folder.name != generation:
                opened = Index(self.folder / generation)
                # The last one stays open for the threads that still search it, as its files do; the one before it goes.
                if self._before:
                    self._before.close()
                self._before, self._open = self._open, opened
            return self._open

    def is_sound(self, generation: str) -> bool:
        """Whether a generation is there, finished and undamaged, as far as can be seen without opening it."""
        try:
            check_seal(self.folder / generation)
        except LibraryError:
            return False
        return (self.folder / generation / "chroma.sqlite3").is_file()

    def build(
        self,
        rows: Mapping[str, Row],
        *,
        vectors: VectorsOf,
        base: Base | None,
        on_progress: Callable[[int, int], None] = lambda done, total: None,
    ) -> str:
        """Write and check a new generation that holds exactly ``rows``; returns its name.

        ``vectors`` gives the stored vectors of chunk ids, ``base`` is a generation to start from.
        A base that does not lead to a sound generation is not used again: it is then built from nothing.
        """
        for start in (base, None) if base else (None,):
            name = uuid.uuid4().hex[:12]
            try:
                self._write(name, rows, vectors=vectors, base=start, on_progress=on_progress)
                if problem := self.check(name, rows, vectors=vectors).problem:
                    raise LibraryError(f"The index {name} failed its check: {problem}")
                return name
            except LibraryError as error:
                full = _is_full(self.folder)
                shutil.rmtree(self.folder / name, ignore_errors=True)
                if full and not isinstance(error, StorageError):
                    raise _disk_full(self.folder) from error
                if start is None or isinstance(error, StorageError):
                    raise
                log.warning("The index could not be brought up to date (%s); building it anew from the stored vectors.", error)
        raise AssertionError("unreachable: the last attempt returns or raises")

    def check(self, generation: str, rows: Mapping[str, Row], *, vectors: VectorsOf, whole: bool = False) -> Verdict:
        """Open a generation in another process, compare the ids that it holds, and ask for a sample of them by their own vectors.

        With ``whole`` every row's fields and vector are compared. Raises LibraryError where nothing could be learnt from it.
        """
        ids = sorted(rows)
        sample = range(len(ids)) if whole else random.Random(generation).sample(range(len(ids)), min(_CHECKED, len(ids)))
        question = {
            "folder": str(self.folder / generation),
            "rows": [[id, rows[id].day, rows[id].outlet] for id in ids],
            "sample": list(sample),
            "whole": whole,
        }
        return CHECKER.ask(question, vectors([ids[place] for place in sample]).astype("<f4").tobytes() if sample else b"")

    def keep_only(self, generations: Iterable[str]) -> None:
        """Delete every other generation, finished or not."""
        keep = set(generations)
        if self.folder.is_dir():
            for entry in self.folder.iterdir():
                if entry.name not in keep:
                    shutil.rmtree(entry, ignore_errors=True)

    def _write(
        self,
        name: str,
        rows: Mapping[str, Row],
        *,
        vectors: VectorsOf,
        base: Base | None,
        on_progress: Callable[[int, int], None],
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
                collection = client.get_or_create_collection(_COLLECTION, configuration=_CONFIGURATION, embedding_function=None)
                for part in _parts(sorted(held - rows.keys())):
                    collection.delete(ids=list(part))
                new = sorted(rows.keys() - held)
                for number, part in enumerate(_parts(new)):
                    metadatas: list[Any] = [rows[id].metadata() for id in part]
                    collection.add(ids=list(part), embeddings=vectors(part), metadatas=metadatas)
                    on_progress(min((number + 1) * _ROWS, len(new)), len(new))
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


def digest_of(ids: Sequence[str], vectors: VectorsOf) -> str:
    """SHA-256 of rows' ids and vectors, in the order given."""
    found = hashlib.sha256()
    for part in _parts(ids):
        found.update("\n".join(part).encode())
        found.update(np.ascontiguousarray(vectors(part), dtype="<f4").tobytes())
    return found.hexdigest()


@contextmanager
def _repairable(folder: Path) -> Iterator[None]:
    try:
        yield
    except LibraryError:
        raise
    except BaseException as error:
        if not _is_chromas(error):
            raise
        raise LibraryError(f"The index {folder} cannot be read ({error}): run `newsdesk doctor --repair`.") from error


@contextmanager
def _writable(folder: Path) -> Iterator[None]:
    try:
        yield
    except LibraryError:
        raise
    except BaseException as error:
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
    with _CLIENTS:
        return chromadb.PersistentClient(str(folder), settings=ChromaSettings(anonymized_telemetry=False))


def _close(client: Any) -> None:
    with _CLIENTS:
        client.close()


def _where(filters: Filters) -> Any:
    parts: list[dict[str, Any]] = []
    if filters.since:
        parts.append({"day": {"$gte": int(filters.since.strftime("%Y%m%d"))}})
    if filters.until:
        # 0 stands for an unknown day, see Row.metadata.
        parts += [{"day": {"$lte": int(filters.until.strftime("%Y%m%d"))}}, {"day": {"$gt": 0}}]
    if filters.outlets:
        parts.append({"outlet": {"$in": list(filters.outlets)}})
    return None if not parts else parts[0] if len(parts) == 1 else {"$and": parts}


def _parts(items: Sequence[str]) -> Iterable[Sequence[str]]:
    return (items[start : start + _ROWS] for start in range(0, len(items), _ROWS))
