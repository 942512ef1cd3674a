"""The embedding model of a library as a LangChain ``Embeddings``, for the stores of others; imported by them alone, since langchain-core takes a third
of a second."""

from __future__ import annotations

from langchain_core.embeddings import Embeddings

from rag.models.embeddings import Embedder


class NewsdeskEmbeddings(Embeddings):
    """Unit vectors of one ``Embedder``; safe to share between threads."""

    def __init__(self, embedder: Embedder) -> None:
        self._embedder = embedder

    def embed_documents(self, texts: list[str]) -> list[list[float]]:
        """A vector for each text, in their order."""
        return [list(map(float, row)) for row in self._embedder.embed(texts)]

    def embed_query(self, text: str) -> list[float]:
        """The vector of one text."""
        return self.embed_documents([text])[0]
