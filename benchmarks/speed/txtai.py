"""txtai's own index (faiss, SQLite for the texts) over the packaged weights, dense or hybrid; txtai cuts no articles, so it gets the splitter's pieces."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np
from txtai.embeddings import Embeddings

from benchmarks.speed.files import pieces
from benchmarks.speed.kinds import Hit, Vectors
from rag.models import packaged


class Txtai:
    """An ``Embeddings`` database with its content."""

    def __init__(self, home: Path, *, hybrid: bool) -> None:
        self._home = home
        self._embeddings = Embeddings({"path": str(packaged.checked_folder()), "content": True, "hybrid": hybrid})
        self.embed(["warm"])

    def index(self, folder: Path) -> None:
        """``index`` and ``save``."""
        held = pieces(folder)
        self._articles = [piece.id for piece in held]
        self._embeddings.index([(number, piece.text, None) for number, piece in enumerate(held)])
        self._embeddings.save(str(self._home))

    def size(self) -> int:
        """Pieces in the database."""
        return int(self._embeddings.count())

    def search(self, question: str, most: int) -> list[Hit]:
        """``search``, with the texts."""
        return [Hit(self._articles[int(found["id"])], found["text"]) for found in self._embeddings.search(question, most)]

    def embed(self, texts: Sequence[str]) -> Vectors:
        """``batchtransform``."""
        return np.asarray(self._embeddings.batchtransform(list(texts)), dtype=np.float32)


def plain(home: Path, prepared: Path) -> Txtai:
    """The dense index, its model loaded."""
    return Txtai(home, hybrid=False)


def hybrid(home: Path, prepared: Path) -> Txtai:
    """The index with txtai's BM25 beside the vectors, its model loaded."""
    return Txtai(home, hybrid=True)
