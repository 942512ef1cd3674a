"""A library as a LangChain retriever, for the chains of others; it knows neither how passages are found nor how answers are worded."""

from __future__ import annotations

from typing import Any

from langchain_core.callbacks import CallbackManagerForRetrieverRun
from langchain_core.documents import Document
from langchain_core.retrievers import BaseRetriever

from rag.records import Filters, Passage


class NewsdeskRetriever(BaseRetriever):
    """A library as a LangChain retriever: each Document's metadata holds the exact span that it was cut from."""

    retriever: Any
    filters: Any = Filters()
    k: int = 8

    def _get_relevant_documents(self, query: str, *, run_manager: CallbackManagerForRetrieverRun) -> list[Document]:
        passages = self.retriever.search(query, filters=self.filters, limit=self.k)
        return [Document(page_content=p.text, id=p.chunk_id, metadata=_metadata(p)) for p in passages]


def _metadata(passage: Passage) -> dict[str, Any]:
    fields = ("article_id", "version", "start", "end", "title", "source", "published", "url", "score")
    return {field: getattr(passage, field) for field in fields}
