"""Any sentence-transformers model that is on this machine, for who sets NEWSDESK_EMBEDDING_MODEL; importing it imports torch."""

from __future__ import annotations

import logging
import os
import threading
from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from rag.errors import ModelError

# Nothing here may reach for a model hub or report usage: set before the libraries read them.
os.environ.update({"HF_HUB_OFFLINE": "1", "TRANSFORMERS_OFFLINE": "1", "HF_HUB_DISABLE_TELEMETRY": "1", "TOKENIZERS_PARALLELISM": "false"})

from sentence_transformers import SentenceTransformer  # after the environment
from transformers.utils import logging as transformers_logging

_BATCH = 32


class SentenceTransformerBackend:
    """A folder or the name of a model in the local cache.

    Raises ModelError when it is not on this machine.
    """

    def __init__(self, model: str) -> None:
        logging.getLogger("sentence_transformers").setLevel(logging.WARNING)
        transformers_logging.disable_progress_bar()  # type: ignore[no-untyped-call]  # transformers does not annotate it
        try:
            self._model = SentenceTransformer(model, device="cpu", local_files_only=True)
        except (OSError, ValueError) as error:
            raise ModelError(
                f"The embedding model {model!r} is not on this machine, and Newsdesk downloads none: "
                "set NEWSDESK_EMBEDDING_MODEL to `packaged` or to a folder that holds a sentence-transformers model."
            ) from error
        self._lock = threading.Lock()
        self.max_tokens = int(self._model.max_seq_length or 512) - 2

    def embed(self, texts: Sequence[str]) -> NDArray[np.float32]:
        """Unit vectors of the texts, shape (n, dimension), in their order."""
        with self._lock:
            out = self._model.encode(
                list(texts), batch_size=_BATCH, normalize_embeddings=True, convert_to_numpy=True, show_progress_bar=False
            )
        return np.asarray(out, dtype=np.float32)

    def count_tokens(self, texts: Sequence[str]) -> list[int]:
        """Tokens of each text, special tokens not counted."""
        return [len(ids) for ids in self._tokenized(list(texts))["input_ids"]] if texts else []

    def token_spans(self, text: str) -> list[tuple[int, int]]:
        """Start and end of each token in the text, special tokens left out."""
        return [(int(start), int(end)) for start, end in self._tokenized(text, return_offsets_mapping=True)["offset_mapping"]]

    def _tokenized(self, texts: str | list[str], **options: bool) -> Any:
        with self._lock:
            return self._model.tokenizer(texts, add_special_tokens=False, truncation=False, padding=False, verbose=False, **options)
