"""What the vectors of all embedders are compared with: sentence-transformers in full precision on the packaged weights."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from sentence_transformers import SentenceTransformer

from benchmarks.speed.kinds import Vectors
from rag.models import packaged


def vectors(texts: Sequence[str]) -> Vectors:
    """Shape (n, 384)."""
    model = SentenceTransformer(str(packaged.checked_folder()), device="cpu")
    return np.asarray(model.encode(list(texts)), dtype=np.float32)
