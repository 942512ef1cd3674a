"""Generations of Chroma's index as collections on a server, each filled once, checked and then only read; it knows nothing of articles.

Their names carry an id of the library, so that several libraries share a server and none deletes what is another's. The id lies in a file of the
data folder and not in the library itself: a backup that is restored elsewhere becomes another library.
"""

from __future__ import annotations

import base64
import re
import uuid
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path

from rag.errors import IndexGone, LibraryError, ServerError, StorageError
from rag.store.checker import Verdict
from rag.store.chroma_server import Server
from rag.store.collection_index import CollectionIndex
from rag.store.comparing import compared, sample
from rag.store.rows import CONFIGURATION, Base, Progress, Row, VectorsOf, digest_of, parts

_PREFIX = "newsdesk-"
_ID = "library.id"
_LISTED = 1000


def is_collection(generation: str) -> bool:
    """Whether a generation of that name is a collection, and not a folder."""
    return generation.startswith(_PREFIX)


class Collections:
    """The generations of one library as collections on a server; ``folder`` is where the library's id lies."""

    def __init__(self, server: Server, folder: Path) -> None:
        self._server, self._folder = server, folder

    def open(self, generation: str) -> CollectionIndex:
        """See ``Place.open``."""
        return CollectionIndex(self._server, generation)

    def is_sound(self, generation: str) -> bool:
        """See ``Place.is_sound``."""
        try:
            self.open(generation).check_count()
        except LibraryError as error:
            return _no_answer(error)
        return True

    def build(self, rows: Mapping[str, Row], *, vectors: VectorsOf, base: Base | None, on_progress: Progress) -> str:
        """Fill and check a new collection. A base is no help: only Chroma's cloud can copy a collection (a server of 1.5.9 answers so)."""
        name = f"{_PREFIX}{self._own_id(make=True)}-{uuid.uuid4().hex[:12]}"
        try:
            self._fill(name, rows, vectors=vectors, on_progress=on_progress)
            if problem := self.check(name, rows, vectors=vectors, whole=False).problem:
                raise LibraryError(f"The index {name} failed its check: {problem}")
        except LibraryError:
            with suppress(LibraryError):  # where the server is away, the next pass deletes it
                self.drop(name)
            raise
        return name

    def check(self, generation: str, rows: Mapping[str, Row], *, vectors: VectorsOf, whole: bool) -> Verdict:
        """Compare a generation; a broken one crashes the server at most, so it is asked from here. Raises ServerError where nobody can say."""
        ids = sorted(rows)
        looked_at = sample(generation, len(ids), whole=whole)
        wanted = dict(zip(looked_at, vectors([ids[place] for place in looked_at]), strict=True)) if looked_at else {}
        try:
            return Verdict(*compared(self.open(generation), [rows[id] for id in ids], wanted, whole=whole))
        except LibraryError as error:
            _no_answer(error)
            return Verdict(str(error), ())

    def sealed(self, generation: str) -> str | None:
        """See ``Place.sealed``."""
        try:
            collection = self._server.get(f"/collections/{generation}")
        except IndexGone:
            return None
        with self._server.understood():
            return (collection["metadata"] or {}).get("vectors")

    def names(self) -> list[str]:
        """See ``Place.names``."""
        own = self._own_id()
        found, listed = list[str](), _LISTED
        while own and listed == _LISTED:
            page = self._server.get(f"/collections?limit={_LISTED}&offset={len(found)}")
            with self._server.understood():
                found += [str(collection["name"]) for collection in page]
                listed = len(page)
        return sorted(name for name in found if name.startswith(f"{_PREFIX}{own}-"))

    def drop(self, generation: str) -> None:
        """See ``Place.drop``."""
        with suppress(IndexGone):  # what is gone need not be deleted
            self._server.delete(f"/collections/{generation}")

    def whereabouts(self) -> str:
        """See ``Place.whereabouts``."""
        try:
            return f"on the Chroma server at {self._server.url}, which answers (version {self._server.version()[:20]})"
        except LibraryError:
            return f"on the Chroma server at {self._server.url}, which does not answer"

    def _fill(self, name: str, rows: Mapping[str, Row], *, vectors: VectorsOf, on_progress: Progress) -> None:
        created = self._server.post("/collections", {"name": name, "configuration": CONFIGURATION})
        with self._server.understood():
            place = f"/collections/{uuid.UUID(created['id'])}"
        ids, done = sorted(rows), 0
        for part in parts(ids):
            packed = [base64.b64encode(vector.astype("<f4").tobytes()).decode() for vector in vectors(part)]
            fields = [rows[id].metadata() for id in part]
            self._server.post(f"{place}/add", {"ids": list(part), "embeddings": packed, "metadatas": fields})
            done += len(part)
            on_progress(done, len(ids))
        # What a folder has in its seal: without it the collection is not finished.
        self._server.put(place, {"new_metadata": {"rows": len(ids), "vectors": digest_of(ids, vectors)}})

    def _own_id(self, *, make: bool = False) -> str | None:
        """The id of this library on any server, None where it has none yet; made under the writer's lock. Raises StorageError."""
        file = self._folder / _ID
        try:
            if file.is_file() and re.fullmatch("[0-9a-f]{12}", held := file.read_text(encoding="utf-8").strip()):
                return held
            if not make:
                return None
            made = uuid.uuid4().hex[:12]
            self._folder.mkdir(parents=True, exist_ok=True)
            file.with_suffix(".new").write_text(made, encoding="utf-8")
            file.with_suffix(".new").replace(file)
        except (OSError, ValueError) as error:
            raise StorageError(f"{file} cannot be read or written ({error}): make it writable, or set NEWSDESK_HOME.") from error
        return made


def _no_answer(error: LibraryError) -> bool:
    """Raises it again where the server did not answer, so that nothing is known of the index; else False: it is not sound."""
    if isinstance(error, ServerError):
        raise error
    return False
