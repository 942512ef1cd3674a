"""Which sentence answers: a probability for each sentence of the best passages, and the words that do; it knows neither stores nor wording.

A small network reads each passage with the question (scores.py); what it says is weighed together with what can be read off words
and ranks (features.py) by a logistic model whose weights stand in reader.json. ``python -m training`` makes both.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from rag.models.choice import Wanted
from rag.models.embeddings import Embedder
from rag.models.features import FEATURES, rows, sentences_of
from rag.models.scores import Scorer, SentenceScore
from rag.records import Passage, Span

WEIGHTS = Path(__file__).with_name("reader.json")
# Below this share of the probability among a sentence's spans, no words are set apart from the sentence.
_SURE = 0.5


@dataclass(frozen=True, slots=True)
class Weights:
    """The logistic model: one weight a feature, and the constant."""

    values: tuple[float, ...]
    bias: float


@cache
def fitted() -> Weights:
    """The weights that ship with the project."""
    held = json.loads(WEIGHTS.read_text(encoding="utf-8"))
    return Weights(tuple(held["weights"][name] for name in FEATURES), held["bias"])


@dataclass(frozen=True, slots=True)
class Reading:
    """A sentence of a passage (by its index), the probability that it answers, and the words in it that do, where they are sure.

    ``tokens`` are the sentence's tokens that were read: start and end in the article, and how likely each belongs to the words that answer.
    """

    passage: int
    span: Span
    text: str
    probability: float
    words: Span | None = None
    tokens: tuple[tuple[int, int, float], ...] = ()

    def share(self, start: int, end: int) -> float:
        """How likely the words from ``start`` to ``end`` of the article belong to the answer: that of their likeliest token, 0 where they were not read."""
        return max((likely for first, last, likely in self.tokens if first < end and start < last), default=0.0)


class Reader:
    """Scores the sentences of passages; safe to share between threads."""

    def __init__(self, embedder: Embedder, *, cache: Path, weights: Weights | None = None, runtime: Wanted = "auto") -> None:
        self._embedder = embedder
        self._scorer = Scorer(cache, runtime)
        self._weights = weights or fitted()

    def load(self) -> None:
        """Load the network now instead of at the first question."""
        self._scorer.load()

    def warm(self) -> None:
        """Load it and run it once, so that the first question takes no longer than others."""
        self._scorer.warm()

    def read(
        self, question: str, passages: Sequence[Passage], *, rarity: Mapping[str, float], between: Callable[[], None] = lambda: None
    ) -> list[Reading]:
        """The sentences of the passages that the budget allows to be read, best first, ties by passage and place.

        ``rarity`` gives the inverse document frequency of the question's terms (stems); ``between`` is called before each run of the network, and may
        raise what ends the reading.
        """
        if not any(p.sentences for p in passages):
            return []
        scores, features = self.features(question, passages, rarity=rarity, between=between)
        odds = features @ np.asarray(self._weights.values) + self._weights.bias
        probabilities = 1 / (1 + np.exp(-odds))
        readings = []
        for (number, i), probability in zip(sentences_of(passages[: len(scores)]), probabilities.tolist(), strict=True):
            p, score = passages[number], scores[number][i]
            span = p.sentences[i]
            words = score.words if score and score.sure >= _SURE else None
            text = p.text[span.start - p.start : span.end - p.start]
            readings.append(Reading(number, span, text, probability, words, score.tokens if score else ()))
        return sorted(readings, key=lambda r: (-r.probability, r.passage, r.span.start))

    def features(
        self, question: str, passages: Sequence[Passage], *, rarity: Mapping[str, float], between: Callable[[], None] = lambda: None
    ) -> tuple[list[list[SentenceScore | None]], NDArray[np.float64]]:
        """What the network says of each sentence of the passages that were read, and the features of those sentences in order."""
        scores = self._scorer.score(question, passages, between=between)
        return scores, rows(question, passages, scores, rarity)

    def alike(self, text: str, others: Sequence[str]) -> list[float]:
        """Cosine similarity of a sentence to each of the others."""
        if not others:
            return []
        vectors = self._embedder.embed([text, *others])
        return [float(x) for x in vectors[1:] @ vectors[0]]
