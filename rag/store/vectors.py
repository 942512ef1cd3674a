"""The nearest-neighbour indexes of one library, in generations that can be thrown away and rebuilt; it knows nothing of articles.

A generation is a folder of this machine, or a collection on a Chroma server where one is set: it is filled from stored vectors, checked, and from
then on only read. Its name says which of the two it is, so that what was made before a server was set is served until the next pass.
"""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path

from rag.errors import LibraryError, ServerError
from rag.store.checker import CHECKER, Verdict
from rag.store.chroma_server import Server
from rag.store.collections import Collections, is_collection
from rag.store.folders import Folders
from rag.store.rows import Base as Base
from rag.store.rows import Index, Place, VectorsOf
from rag.store.rows import Row as Row

log = logging.getLogger(__name__)


class Indexes:
    """The generations of one library, and the reader of the served one; safe to share between threads."""

    def __init__(self, folder: Path, server: Server | None = None) -> None:
        self.folder = folder
        self._folders = Folders(folder)
        self._collections = Collections(server, folder) if server else None
        # Where new ones go.
        self._place: Place = self._collections or self._folders
        self._lock = threading.Lock()
        self._open: Index | None = None
        self._before: Index | None = None

    @property
    def on_server(self) -> bool:
        """Whether new generations go to a Chroma server, whose files are out of reach."""
        return self._collections is not None

    def reader(self, generation: str) -> Index:
        """The named generation, opened once and kept until another is asked for."""
        with self._lock:
            if self._open is None or self._open.generation != generation:
                opened = self._place_of(generation).open(generation)
                # The last one stays open for the threads that still search it, as its files do; the one before it goes.
                if self._before:
                    self._before.close()
                self._before, self._open = self._open, opened
            return self._open

    def is_elsewhere(self, generation: str) -> bool:
        """Whether a generation does not lie where the settings want new ones."""
        return is_collection(generation) != self.on_server

    def is_sound(self, generation: str) -> bool:
        """Whether a generation is where it should be, finished and undamaged, as far as can be seen without searching it.

        Raises ServerError where the server does not answer, so that nobody knows.
        """
        return not self.is_elsewhere(generation) and self._place.is_sound(generation)

    def warm(self) -> None:
        """Get ready for a check that will come within the minute."""
        if not self.on_server:
            CHECKER.warm()

    def build(
        self,
        rows: Mapping[str, Row],
        *,
        vectors: VectorsOf,
        base: Base | None,
        on_progress: Callable[[int, int], None] = lambda done, total: None,
    ) -> str:
        """Write and check a new generation that holds exactly ``rows``; returns its name.

        ``vectors`` gives the stored vectors of chunk ids, ``base`` is a generation to start from where that can be done.
        Raises LibraryError, StorageError, ServerError; nothing that is served has changed then.
        """
        return self._place.build(rows, vectors=vectors, base=base, on_progress=on_progress)

    def check(self, generation: str, rows: Mapping[str, Row], *, vectors: VectorsOf, whole: bool = False) -> Verdict:
        """Compare the ids that a generation holds, and ask for a sample of them by their own vectors.

        With ``whole`` every row's fields and vector are compared. Raises LibraryError where nothing could be learnt from it.
        """
        return self._place_of(generation).check(generation, rows, vectors=vectors, whole=whole)

    def sealed(self, generation: str) -> str | None:
        """The digest of the vectors that a generation was made of; None where none was recorded. Raises LibraryError, ServerError."""
        return self._place_of(generation).sealed(generation)

    def others(self, generations: Iterable[str]) -> list[str]:
        """Every generation of the library but these, finished or not; raises ServerError where the server does not answer."""
        return sorted(set(self._folders.names()).union(self._collections.names() if self._collections else ()) - set(generations))

    def keep_only(self, generations: Iterable[str]) -> bool:
        """Delete every other generation, as far as that can be done; False where a server did not answer, and a later pass must do it."""
        keep = set(generations)
        try:
            for place in (self._folders, self._collections):
                for name in place.names() if place else ():
                    if place and name not in keep:
                        place.drop(name)
        except ServerError as error:
            log.warning("%s Indexes that are used no more stay on it until the next sync.", error)
            return False
        return True

    def whereabouts(self) -> str:
        """In words, where new generations lie, and whether a server answers."""
        return self._place.whereabouts()

    def _place_of(self, generation: str) -> Place:
        if not is_collection(generation):
            return self._folders
        if self._collections is None:
            raise LibraryError(
                "The index of this library lies on a Chroma server, and NEWSDESK_CHROMA_URL is not set: "
                f"set it, or run `newsdesk sync`, which makes the index anew in {self.folder}."
            )
        return self._collections
