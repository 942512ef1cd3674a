"""What is measured, as data, and what a pipeline must be able to do; it imports none of them, since each is loaded in a process of its own."""

from __future__ import annotations

import importlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from typing import Protocol, runtime_checkable

import numpy as np
from numpy.typing import NDArray

Vectors = NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class Hit:
    """A passage as a pipeline found it."""

    article_id: str
    text: str


class Pipeline(Protocol):
    """A model that is loaded, and an index in a folder of its own."""

    def index(self, folder: Path) -> None:
        """From the files of a folder to an index that is searched and on disk."""

    def size(self) -> int:
        """Chunks in the index."""

    def search(self, question: str, most: int) -> Sequence[Hit]:
        """At most so many passages, best first."""

    def embed(self, texts: Sequence[str]) -> Vectors:
        """Vectors of texts as the index gets them, shape (n, 384)."""


@runtime_checkable
class Answering(Protocol):
    """A pipeline that also answers, without a chat model."""

    def ask(self, question: str) -> object:
        """The finished answer."""


@dataclass(frozen=True, slots=True)
class Kind:
    """A pipeline by name; ``opener`` is a function of ``module``, which gets the folder of the index and that of what was prepared for all.

    ``needs`` are modules of the extra `bench`. ``embeds``: embedding alone is measured, not where another kind has the same embedder. ``keeps``: so is a
    second pass over the unchanged folder, where the pipeline is what decides about that.
    """

    name: str
    title: str
    module: str
    opener: str
    needs: tuple[str, ...]
    embeds: bool = True
    keeps: bool = False

    def missing(self) -> list[str]:
        """The modules that it needs and that are not installed."""
        return [name for name in self.needs if find_spec(name) is None]

    def open(self, home: Path, prepared: Path) -> Pipeline:
        """Import it and load its model."""
        opener: Callable[[Path, Path], Pipeline] = getattr(importlib.import_module(f"benchmarks.speed.{self.module}"), self.opener)
        return opener(home, prepared)


_LANGCHAIN = ("langchain_chroma", "langchain_huggingface")
NEWSDESK = "newsdesk"
KINDS = {
    kind.name: kind
    for kind in (
        Kind(NEWSDESK, "Newsdesk", "newsdesk", "opened", (), keeps=True),
        Kind("langchain", "LangChain", "langchain", "plain", _LANGCHAIN, keeps=True),
        Kind(
            "ensemble",
            "LangChain, BM25 and vectors",
            "langchain",
            "ensemble",
            (*_LANGCHAIN, "langchain_classic", "langchain_community", "rank_bm25"),
            embeds=False,
        ),
        Kind("chroma", "Chroma's own embedding", "chroma", "opened", ("onnx",)),
        Kind("txtai", "txtai", "txtai", "plain", ("txtai",)),
        Kind("txtai-hybrid", "txtai, hybrid", "txtai", "hybrid", ("txtai",), embeds=False),
    )
}
