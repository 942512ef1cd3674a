"""Vectors for libraries that are too large to embed in an afternoon: kept from an earlier run, or drawn so that they lie as the model's do.

A drawn vector is mean + cos t (x - mean) + sin t (y - mean) for two vectors x, y of the model's, so that mean and covariance stay theirs; t is chosen so
that the similarity of nearest neighbours stays as well. Which text a drawn vector stands for means nothing: it serves time, memory and recall alone.
"""

from __future__ import annotations

import hashlib
import time
from collections.abc import Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from rag.models.embeddings import Embedder

Vectors = NDArray[np.float32]
# Radians tried for t.
_ANGLES = np.linspace(0.1, 0.78, 18)
_SAMPLE = 1_000
# Texts; so many may be embedded in vain where a run is cut off.
_KEPT_EVERY = 1_000


class Kept(Embedder):
    """The packaged model, which embeds no text twice across runs; ``seconds`` is what the model itself took, ``texts`` how many it was given."""

    def __init__(self, file: Path, *, cache: Path) -> None:
        super().__init__(cache=cache)
        self.seconds, self.texts = 0.0, 0
        self._file, self._known = file, dict[str, Vectors]()
        if file.exists():
            with np.load(file) as held:
                self._known = dict(zip(held["keys"].tolist(), held["vectors"], strict=True))

    def embed(self, texts: Sequence[str]) -> Vectors:
        """As the model does; what it has once embedded is looked up."""
        keys = [key_of(text) for text in texts]
        if new := [place for place, key in enumerate(keys) if key not in self._known]:
            began = time.perf_counter()
            made = super().embed([texts[place] for place in new])
            self.seconds += time.perf_counter() - began
            self.texts += len(new)
            self._known.update(zip([keys[place] for place in new], made, strict=True))
            if self.texts // _KEPT_EVERY > (self.texts - len(new)) // _KEPT_EVERY:
                self.keep()
        return np.stack([self._known[key] for key in keys])

    def keep(self) -> None:
        """Write down what is known, for the next run."""
        partial = self._file.with_suffix(".partial.npz")
        np.savez(partial, keys=np.array(list(self._known)), vectors=np.stack(list(self._known.values())))
        partial.replace(self._file)


class Drawn(Embedder):
    """Vectors drawn from a pool of the model's, the same for the same text; ``seconds`` and ``texts`` as in ``Kept``."""

    def __init__(self, pool: Vectors, *, angle: float, cache: Path) -> None:
        super().__init__(cache=cache)
        self.seconds, self.texts = 0.0, 0
        self._pool, self._angle = pool, angle

    def embed(self, texts: Sequence[str]) -> Vectors:
        """One drawn vector a text."""
        began = time.perf_counter()
        seeds = np.array([int(key_of(text)[:15], 16) for text in texts])
        made = mixed(self._pool, seeds % len(self._pool), seeds // len(self._pool) % len(self._pool), angle=self._angle)
        self.seconds += time.perf_counter() - began
        self.texts += len(texts)
        return made


def key_of(text: str) -> str:
    """A digest of a text."""
    return hashlib.sha256(text.encode()).hexdigest()[:24]


def mixed(pool: Vectors, one: NDArray[np.int64], other: NDArray[np.int64], *, angle: float) -> Vectors:
    """Unit vectors between those at the places ``one`` and those at ``other``."""
    mean = pool.mean(axis=0)
    drawn = mean + np.cos(angle) * (pool[one] - mean) + np.sin(angle) * (pool[other] - mean)
    return np.asarray(drawn / np.linalg.norm(drawn, axis=1, keepdims=True), dtype=np.float32)


def fitted_angle(pool: Vectors, *, seed: int = 7) -> float:
    """The angle at which as many drawn vectors have the median similarity of nearest neighbours that the pool has."""
    rng = np.random.default_rng(seed)
    goal = np.median(neighbour_similarity(pool, pool, seed=seed))
    ones, others = rng.integers(len(pool), size=(2, len(pool)))

    def distance(angle: float) -> float:
        drawn = mixed(pool, ones, others, angle=angle)
        return abs(float(np.median(neighbour_similarity(drawn, drawn, seed=seed))) - float(goal))

    return float(min(_ANGLES, key=distance))


def neighbour_similarity(sample: Vectors, among: Vectors, *, seed: int = 7) -> Vectors:
    """The cosine of some vectors' nearest neighbour that is not the same vector; equal ones, as of copies, are left out."""
    some = sample[np.random.default_rng(seed).permutation(len(sample))[:_SAMPLE]]
    similar = some @ among.T
    similar[similar > 0.9999] = -1
    return np.asarray(similar.max(axis=1), dtype=np.float32)


def exact(vectors: Vectors, question: Vectors, limit: int) -> NDArray[np.int64]:
    """Places of the nearest vectors by brute force, nearest first; all are unit vectors."""
    similar = vectors @ question
    best = np.argpartition(-similar, min(limit, len(similar) - 1))[:limit]
    return best[np.argsort(-similar[best], kind="stable")]


def recall(found: Sequence[str], wanted: Sequence[str]) -> float:
    """The share of the wanted that were found; of nothing wanted there is none, and ZeroDivisionError is raised."""
    return len(set(found) & set(wanted)) / len(wanted)
