"""Newsdesk as it comes: packaged models, SQLite and Chroma; it opens what ``newsdesk sync`` and ``newsdesk ask`` open."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from benchmarks.speed.kinds import Hit, Vectors
from rag.assistant import Assistant
from rag.records import Answer
from rag.settings import Settings
from rag.store.sync import sync


class Newsdesk:
    """An assistant over a library of its own."""

    def __init__(self, home: Path) -> None:
        self._assistant = Assistant(Settings(home=home))
        self._assistant.embedder.warm()
        self._assistant.reader.warm()

    def index(self, folder: Path) -> None:
        """``newsdesk sync FOLDER``."""
        sync(self._assistant.stores, [folder])

    def size(self) -> int:
        """Chunks in the library."""
        return self._assistant.overview().chunks

    def search(self, question: str, most: int) -> list[Hit]:
        """``newsdesk search``: before the reader orders the passages."""
        return [Hit(passage.article_id, passage.text) for passage in self._assistant.search(question, limit=most)]

    def embed(self, texts: Sequence[str]) -> Vectors:
        """The packaged model alone."""
        return self._assistant.embedder.embed(texts)

    def ask(self, question: str) -> Answer:
        """``newsdesk ask``."""
        return self._assistant.ask(question)


def opened(home: Path, prepared: Path) -> Newsdesk:
    """Newsdesk with its models loaded."""
    return Newsdesk(home)
