"""Which sentence answers: a probability for each sentence of the passages; it knows neither stores nor wording.

The seam for a trained reader: ``Reader.read`` takes a question and passages, and gives ``Reading``s. This one is a
logistic model over features that can be read off the words and the embeddings; ``training/fit_reader.py`` fits it.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from rag.models.embeddings import Embedder
from rag.records import Passage, Span
from rag.text.questions import Kind, evidence, names, understand
from rag.text.words import stem, terms

# Sentences that are embedded for a question; the others keep their word features only. All 60 of eight passages would
# take 220 ms on two cores, 12 take 45, and find the answering sentence as often (docs/evaluation.md).
_EMBEDDED = 12

FEATURES = (
    "similarity", "overlap", "context_overlap", "names_missing", "passage_rank", "passage_cosine",
    "kind_found", "kind_missing", "short", "question", "lead", "new_words", "not_embedded",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Weights:
    """The logistic model: one weight a feature, and the constant."""

    values: tuple[float, ...]
    bias: float


# Fitted on the development half of the prompts and of XQuAD by training/fit_reader.py; figures in docs/evaluation.md.
WEIGHTS = Weights(
    values=(4.299, 2.981, 1.283, -0.96, 4.615, 1.829, 0.785, -0.949, -1.45, -0.415, -0.913, -0.528, 0.827),
    bias=-10.267,
)


@dataclass(frozen=True, slots=True)
class Reading:
    """A sentence of a passage (by its index) and the probability that it answers the question."""

    passage: int
    span: Span
    text: str
    probability: float


class Reader:
    """Scores the sentences of passages; safe to share between threads."""

    def __init__(self, embedder: Embedder, *, weights: Weights = WEIGHTS) -> None:
        self._embedder = embedder
        self._weights = weights

    def read(self, question: str, passages: Sequence[Passage], *, rarity: Mapping[str, float]) -> list[Reading]:
        """Every sentence of the passages with its probability, best first, ties by passage and place.

        ``rarity`` gives the inverse document frequency of the question's terms (stems).
        """
        sentences = _sentences(passages)
        if not sentences:
            return []
        features = self.features(question, passages, rarity=rarity)
        odds = features @ np.asarray(self._weights.values) + self._weights.bias
        readings = [
            Reading(number, span, text, float(1 / (1 + math.exp(-x))))
            for (number, span, text), x in zip(sentences, odds.tolist(), strict=True)
        ]
        return sorted(readings, key=lambda r: (-r.probability, r.passage, r.span.start))

    def alike(self, text: str, others: Sequence[str]) -> list[float]:
        """Cosine similarity of a sentence to each of the others."""
        if not others:
            return []
        vectors = self._embedder.embed([text, *others])
        return [float(x) for x in vectors[1:] @ vectors[0]]

    def features(self, question: str, passages: Sequence[Passage], *, rarity: Mapping[str, float]) -> NDArray[np.float64]:
        """The features of every sentence, shape (sentences, len(FEATURES)), in the order of the passages."""
        sentences = _sentences(passages)
        kind = understand(question).kind
        wanted = {term: rarity.get(term, 0.0) for term in terms(question)}
        articles = _article_terms(passages)
        rows = np.array(
            [row for number, p in enumerate(passages) for row in _passage_rows(question, kind, wanted, number, passages, articles)]
        )
        words_only = (
            rows[:, FEATURES.index("overlap")]
            + 0.5 * rows[:, FEATURES.index("context_overlap")]
            + 0.3 * rows[:, FEATURES.index("kind_found")]
        )
        chosen = sorted(np.argsort(-words_only, kind="stable")[:_EMBEDDED].tolist())
        vectors = self._embedder.embed([question, *(sentences[i][2] for i in chosen)])
        rows[:, FEATURES.index("not_embedded")] = 1.0
        rows[chosen, FEATURES.index("not_embedded")] = 0.0
        rows[chosen, FEATURES.index("similarity")] = vectors[1:] @ vectors[0]
        return rows


def _sentences(passages: Sequence[Passage]) -> list[tuple[int, Span, str]]:
    return [(number, span, p.text[span.start - p.start : span.end - p.start]) for number, p in enumerate(passages) for span in p.sentences]


def _article_terms(passages: Sequence[Passage]) -> dict[str, frozenset[str]]:
    """All terms that were found of each article: a passage leans on its title and on what stands before it."""
    found: dict[str, set[str]] = {}
    for p in passages:
        found.setdefault(p.article_id, set()).update(terms(f"{p.title} {p.source or ''} {p.published or ''} {p.text}"))
    return {id: frozenset(held) for id, held in found.items()}


def _passage_rows(
    question: str,
    kind: Kind | None,
    wanted: Mapping[str, float],
    number: int,
    passages: Sequence[Passage],
    articles: Mapping[str, frozenset[str]],
) -> list[list[float]]:
    p = passages[number]
    texts = [p.text[span.start - p.start : span.end - p.start] for span in p.sentences]
    held = [frozenset(terms(text)) for text in texts]
    title = frozenset(terms(p.title))
    total = sum(wanted.values()) or 1.0
    article = articles[p.article_id]
    asked_names = {stem(word) for name in names(question) for word in terms(name)}
    rows = []
    for i, (text, own) in enumerate(zip(texts, held, strict=True)):
        near = title.union(*held[max(0, i - 1) : i + 2]) - own
        found = evidence(kind, text, question) if kind else False
        length = len(text.split())
        rows.append(
            [
                0.0,
                sum(w for t, w in wanted.items() if t in own) / total,
                sum(w for t, w in wanted.items() if t in near) / total,
                len(asked_names - article) / len(asked_names) if asked_names else 0.0,
                p.score / passages[0].score,
                p.cosine or 0.0,
                float(found),
                float(kind is not None and not found),
                float(length < 6),
                float(text.rstrip("\"”'’").endswith("?")),
                float(p.start == 0 and i == 0),
                min(len(own - wanted.keys()), 10) / 10,
                1.0,
            ]
        )
    return rows
