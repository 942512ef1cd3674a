"""Texts to vectors, without a network: the packaged model on the runtime that is chosen, any other through sentence-transformers; it knows nothing of articles."""

from __future__ import annotations

import threading
from collections.abc import Sequence
from functools import cached_property
from pathlib import Path
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from rag.models import packaged
from rag.models.choice import Wanted
from rag.models.runtime import Runs, network
from rag.models.tokens import Tokens, batches, padded

PACKAGED = "packaged"
# Texts of about equal length together, at most so many tokens with padding: what lies between two layers stays in the caches, and 4,096 take an
# eighth more processor time (docs/performance.md).
_BATCH_TOKENS = 1024

Vectors = NDArray[np.float32]


class Backend(Protocol):
    """What turns texts into vectors and tokens; ``Embedder`` says what each method gives."""

    max_tokens: int

    def embed(self, texts: Sequence[str]) -> Vectors: ...

    def count_tokens(self, texts: Sequence[str]) -> list[int]: ...

    def token_spans(self, text: str) -> list[tuple[int, int]]: ...


class Embedder:
    """An embedding model, loaded at first use; ``rag.models.langchain_embeddings`` makes a LangChain ``Embeddings`` of it.

    ``model`` is ``packaged``, a folder, or the name of a sentence-transformers model that is already on this machine;
    ``cache`` is the folder that keeps the packaged one as it was converted, ``runtime`` what computes it. ``name`` identifies model and weights, and is
    recorded in every library. Safe to share between threads. Raises ModelError when the model is missing or the packaged
    weights are not the expected ones.
    """

    def __init__(self, model: str = PACKAGED, *, cache: Path, runtime: Wanted = "auto") -> None:
        self._model = model
        self._cache = cache
        self._runtime = runtime
        self._lock = threading.Lock()

    @cached_property
    def name(self) -> str:
        """Model and weights in words, such as ``all-MiniLM-L6-v2@53aa51172d14``; needs no loading."""
        if self._model == PACKAGED:
            return f"{packaged.NAME}@{packaged.SHA256[:12]}"
        weights = sorted(Path(self._model).glob("*.safetensors"))
        if not weights:
            return self._model
        return f"{Path(self._model).resolve().name}@{packaged.digest(weights[0])[:12]}"

    @cached_property
    def _backend(self) -> Backend:
        if self._model == PACKAGED:
            return _Packaged(self._cache, self._runtime)
        # Heavy and optional: torch, transformers and sklearn take 5 to 9 s to import, and the packaged model needs none of them.
        from rag.models.sentence_transformer import SentenceTransformerBackend

        return SentenceTransformerBackend(self._model)

    def _loaded(self) -> Backend:
        # Two threads that ask at once must not load it twice.
        with self._lock:
            return self._backend

    @cached_property
    def dimension(self) -> int:
        """Length of a vector."""
        return int(self.embed(["x"]).shape[1])

    @property
    def max_tokens(self) -> int:
        """Most tokens that the model reads of a text, its two special tokens not counted."""
        return self._loaded().max_tokens

    def warm(self) -> None:
        """Load the model now instead of at the first question."""
        self.embed(["warm"])

    def embed(self, texts: Sequence[str]) -> Vectors:
        """Unit vectors of the texts, shape (n, dimension), in their order."""
        return self._loaded().embed(texts)

    def count_tokens(self, texts: Sequence[str]) -> list[int]:
        """Tokens of each text as the model counts them, special tokens not counted."""
        return self._loaded().count_tokens(texts)

    def token_spans(self, text: str) -> list[tuple[int, int]]:
        """Start and end of each of the model's tokens in the text, in code points, special tokens left out."""
        return self._loaded().token_spans(text)


class _Packaged:
    """all-MiniLM-L6-v2; the network is loaded when the first text is embedded, since counting needs only the tokenizer."""

    max_tokens = packaged.MAX_TOKENS - 2

    def __init__(self, cache: Path, runtime: Wanted) -> None:
        self._cache = cache
        self._runtime = runtime
        self._tokens = Tokens()
        self._lock = threading.Lock()
        self.count_tokens = self._tokens.counts
        self.token_spans = self._tokens.spans

    @cached_property
    def _network(self) -> Runs:
        return network("embedding", self._cache, self._runtime)

    def embed(self, texts: Sequence[str]) -> Vectors:
        with self._lock:
            run = self._network.run
        encodings = self._tokens.single(texts)
        lengths = [min(len(e.ids), packaged.MAX_TOKENS) for e in encodings]
        vectors = np.zeros((len(texts), 384), dtype=np.float32)
        for batch in batches(lengths, most=_BATCH_TOKENS):
            vectors[batch] = run(padded([encodings[i] for i in batch], most=packaged.MAX_TOKENS))
        norms = np.linalg.norm(vectors, axis=1, keepdims=True)
        return np.asarray(vectors / np.maximum(norms, 1e-12), dtype=np.float32)
