"""The LangChain pipeline that tutorials build, and the same with its BM25 retriever beside the vectors, joined by its ensemble."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache
from pathlib import Path

import numpy as np
from langchain_chroma import Chroma
from langchain_core.documents import Document
from langchain_core.retrievers import BaseRetriever
from langchain_huggingface import HuggingFaceEmbeddings

from benchmarks.speed.files import pieces
from benchmarks.speed.kinds import Hit, Vectors
from rag.models import packaged


class Plain:
    """HuggingFaceEmbeddings with its defaults on the packaged weights, and a persistent Chroma."""

    def __init__(self, home: Path) -> None:
        self._home = home
        self._embeddings = HuggingFaceEmbeddings(model_name=str(packaged.checked_folder()))
        self._embeddings.embed_query("warm")

    def index(self, folder: Path) -> None:
        """``Chroma.from_documents``, which embeds everything anew and adds it whatever is there."""
        documents = [Document(piece.text, metadata=piece.details | {"article": piece.id}) for piece in pieces(folder)]
        self._store = Chroma.from_documents(documents, self._embeddings, persist_directory=str(self._home))

    def size(self) -> int:
        """Pieces in the collection."""
        return int(self._store._collection.count())

    def search(self, question: str, most: int) -> list[Hit]:
        """``similarity_search``."""
        return _hits(self._store.similarity_search(question, k=most))

    def embed(self, texts: Sequence[str]) -> Vectors:
        """``embed_documents``."""
        return np.asarray(self._embeddings.embed_documents(list(texts)), dtype=np.float32)


class Ensemble(Plain):
    """BM25 over the same pieces and the vectors, half and half, by reciprocal ranks."""

    def __init__(self, home: Path) -> None:
        super().__init__(home)
        self._retriever = cache(self._ensemble)

    def index(self, folder: Path) -> None:
        """The vectors' index, and BM25's, which is in memory only."""
        super().index(folder)
        held = self._store.get()
        self._documents = [Document(text, metadata=details) for text, details in zip(held["documents"], held["metadatas"], strict=True)]
        self._retriever.cache_clear()
        self._retriever(1)

    def search(self, question: str, most: int) -> list[Hit]:
        """As many as asked of each, and the first of both."""
        return _hits(self._retriever(most).invoke(question))[:most]

    def _ensemble(self, most: int) -> BaseRetriever:
        # Only here: the plain pipeline must not pay for their imports.
        from langchain_classic.retrievers import EnsembleRetriever
        from langchain_community.retrievers import BM25Retriever

        words = BM25Retriever.from_documents(self._documents, k=most)
        return EnsembleRetriever(retrievers=[words, self._store.as_retriever(search_kwargs={"k": most})], weights=[0.5, 0.5])


def _hits(documents: Sequence[Document]) -> list[Hit]:
    return [Hit(document.metadata["article"], document.page_content) for document in documents]


def plain(home: Path, prepared: Path) -> Plain:
    """The pipeline with its model loaded."""
    return Plain(home)


def ensemble(home: Path, prepared: Path) -> Ensemble:
    """The pipeline of two retrievers with its model loaded."""
    return Ensemble(home)
