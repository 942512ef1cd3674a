"""Any sentence-transformers CrossEncoder that is on this machine orders the passages, for who sets NEWSDESK_RERANKER; it imports torch."""

from __future__ import annotations

import os
import threading
from collections.abc import Sequence
from functools import cached_property
from typing import Any

from rag.errors import ModelError


class Reranker:
    """A folder or the name of a CrossEncoder, loaded at first use; safe to share between threads.

    Raises ModelError when it is not on this machine.
    """

    def __init__(self, model: str) -> None:
        self._model = model
        self._lock = threading.Lock()

    @cached_property
    def _encoder(self) -> Any:
        # Nothing here may reach for a model hub: set before the libraries read it.
        os.environ.update(
            {"HF_HUB_OFFLINE": "1", "TRANSFORMERS_OFFLINE": "1", "HF_HUB_DISABLE_TELEMETRY": "1", "TOKENIZERS_PARALLELISM": "false"}
        )
        from sentence_transformers import CrossEncoder

        try:
            return CrossEncoder(self._model, device="cpu", local_files_only=True)
        except (OSError, ValueError) as error:
            raise ModelError(
                f"The reranker {self._model!r} is not on this machine, and Newsdesk downloads none: unset NEWSDESK_RERANKER, "
                "or set it to a folder that holds a sentence-transformers CrossEncoder."
            ) from error

    def order(self, question: str, texts: Sequence[str]) -> list[int]:
        """The places of the texts, the best for the question first, ties in their order."""
        with self._lock:
            scores = self._encoder.predict([(question, text) for text in texts], show_progress_bar=False).tolist() if texts else []
        return sorted(range(len(texts)), key=lambda place: -scores[place])
