"""One generation of Chroma's index as a collection on a server, asked; it neither fills nor deletes one, and knows nothing of articles."""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from rag.errors import IndexGone, LibraryError
from rag.records import Filters
from rag.store.chroma_server import Server
from rag.store.rows import nearest_first, parts, where

_FILL = "run `newsdesk sync`, or `newsdesk doctor --repair`, which fill it from the stored vectors"


class CollectionIndex:
    """One generation on a server, opened for reading; raises LibraryError when it is missing, unfinished or damaged, ServerError without an answer."""

    def __init__(self, server: Server, generation: str) -> None:
        self.generation = generation
        self._server = server
        self._id, self._rows = self._looked_up()

    def nearest(self, vector: NDArray[np.float32], *, filters: Filters, limit: int) -> list[tuple[str, float]]:
        """Chunk ids and cosine similarities of the nearest neighbours, best first, ties by id."""
        wanted = min(limit, self._rows)
        if not wanted:
            return []
        narrowed = where(filters)
        asked = {"query_embeddings": [vector.tolist()], "n_results": wanted, "where": narrowed, "include": ["distances"]}
        answer = self._posted("query", asked)
        with self._server.understood():
            found = nearest_first([str(id) for id in answer["ids"][0]], [float(distance) for distance in answer["distances"][0]])
        # Rows that a server lost must not look like articles that say nothing.
        if len(found) < wanted and (self._count() != self._rows or not (found or narrowed)):
            raise self._damaged()
        return found

    def ids(self) -> set[str]:
        """Every chunk id in it."""
        answer = self._posted("get", {"include": []})
        with self._server.understood():
            return {str(id) for id in answer["ids"]}

    def stored(self, ids: Sequence[str]) -> dict[str, tuple[dict[str, Any], NDArray[np.float32]]]:
        """Fields and vector of rows as they are held, by id; each id must be held."""
        found: dict[str, tuple[dict[str, Any], NDArray[np.float32]]] = {}
        for part in parts(ids):
            answer = self._posted("get", {"ids": list(part), "include": ["metadatas", "embeddings"]})
            with self._server.understood():
                vectors = np.asarray(answer["embeddings"], dtype=np.float32)
                found |= {id: (dict(fields), v) for id, fields, v in zip(answer["ids"], answer["metadatas"], vectors, strict=True)}
        return found

    def close(self) -> None:
        """Nothing is held open: the connections are the server's."""

    def check_count(self) -> None:
        """Raises LibraryError where the server holds more or fewer rows than went in."""
        if self._count() != self._rows:
            raise self._damaged()

    def _count(self) -> int:
        answer = self._server.get(f"/collections/{self._id}/count")
        with self._server.understood():
            return int(answer)

    def _posted(self, verb: str, body: dict[str, Any]) -> Any:
        try:
            return self._server.post(f"/collections/{self._id}/{verb}", body)
        except IndexGone:
            # The server may have been away and come back with another copy of its data, where the same name has another id.
            self._id, self._rows = self._looked_up()
            return self._server.post(f"/collections/{self._id}/{verb}", body)

    def _looked_up(self) -> tuple[str, int]:
        try:
            collection = self._server.get(f"/collections/{self.generation}")
        except IndexGone as error:
            raise IndexGone(f"The Chroma server at {self._server.url} does not hold the index {self.generation}: {_FILL}.") from error
        with self._server.understood():
            rows = (collection["metadata"] or {}).get("rows")
            if rows is None:
                raise LibraryError(f"The index {self.generation} on the Chroma server at {self._server.url} is unfinished: {_FILL}.")
            return str(uuid.UUID(collection["id"])), int(rows)

    def _damaged(self) -> LibraryError:
        return LibraryError(f"The index {self.generation} on the Chroma server at {self._server.url} is damaged: {_FILL}.")
