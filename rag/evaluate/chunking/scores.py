"""How well retrieved stretches of text cover the excerpts that answer a question, in tokens; it knows neither files nor libraries."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import scipy
from numpy.typing import NDArray

from rag.models.embeddings import Embedder
from rag.records import Span

_SEED = 2024


@dataclass(frozen=True, slots=True)
class Piece:
    """A stretch of a corpus in the model's tokens, end exclusive."""

    corpus: str
    start: int
    end: int


@dataclass(frozen=True, slots=True)
class Score:
    """How well one question's pieces cover its excerpts; ``tokens`` is how many were retrieved."""

    recall: float
    precision: float
    iou: float
    tokens: int


@dataclass(frozen=True, slots=True)
class Estimate:
    """A mean over questions with its 95 % interval."""

    mean: float
    low: float
    high: float


@dataclass(frozen=True, slots=True)
class Ruler:
    """Where the model's tokens stand in a corpus, in code points, special tokens left out."""

    corpus: str
    starts: NDArray[np.int64]
    ends: NDArray[np.int64]

    def piece(self, span: Span) -> Piece:
        """The tokens that a stretch of the text overlaps."""
        first = int(np.searchsorted(self.ends, span.start, side="right"))
        return Piece(self.corpus, first, max(first, int(np.searchsorted(self.starts, span.end, side="left"))))


def ruler(embedder: Embedder, corpus: str, text: str) -> Ruler:
    """The tokens of a text by the embedding model's own tokenizer."""
    offsets = np.asarray(embedder.token_spans(text), dtype=np.int64).reshape(-1, 2)
    return Ruler(corpus, offsets[:, 0], offsets[:, 1])


def score(relevant: Sequence[Piece], retrieved: Sequence[Piece]) -> Score:
    """Recall = |R ∩ r| / |R|, precision = |R ∩ r| / |r|, IoU = |R ∩ r| / (|R| + |r| − |R ∩ r|), for excerpts R and retrieved r.

    As in "Evaluating Chunking Strategies for Retrieval" (Smith and Troynikov, Chroma, 2024), |r| counts a token each time it
    was retrieved (overlapping chunks repeat it) and from whichever corpus; R and R ∩ r count it once. ``relevant`` is of one
    corpus and holds a token at least; where nothing was retrieved, all three are 0.
    """
    wanted = _tokens(relevant)
    found = len(wanted & _tokens([piece for piece in retrieved if piece.corpus == relevant[0].corpus]))
    tokens = total(retrieved)
    return Score(found / len(wanted), found / tokens if tokens else 0.0, found / (len(wanted) + tokens - found), tokens)


def total(pieces: Sequence[Piece]) -> int:
    """Tokens of the pieces together, counted again where they overlap."""
    return sum(piece.end - piece.start for piece in pieces)


def _tokens(pieces: Sequence[Piece]) -> set[int]:
    return {token for piece in pieces for token in range(piece.start, piece.end)}


def fitting(ranked: Sequence[Piece], tokens: int) -> list[Piece]:
    """The best pieces, up to the first that would make more than ``tokens``; smaller ones behind it are not tried."""
    kept: list[Piece] = []
    for piece in ranked:
        tokens -= piece.end - piece.start
        if tokens < 0:
            break
        kept.append(piece)
    return kept


def estimate(values: Sequence[float]) -> Estimate:
    """The mean of two values or more, its interval by the percentile bootstrap over them (9,999 resamples, fixed seed)."""
    interval = scipy.stats.bootstrap(
        (np.asarray(values),), np.mean, method="percentile", rng=np.random.default_rng(_SEED)
    ).confidence_interval
    return Estimate(float(np.mean(values)), float(interval.low), float(interval.high))
