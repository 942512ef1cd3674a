"""What can be read off a sentence, its passage and its rank besides what the network says; pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

from rag.models.scores import SentenceScore
from rag.records import Passage
from rag.text.questions import Kind, evidence, names, understand
from rag.text.words import stem, terms

FEATURES = (
    "answers", "answers_share", "span", "overlap", "context_overlap", "article_overlap", "names_missing", "names_missing_near",
    "passage_rank", "passage_cosine", "kind_found", "kind_missing", "short", "question", "lead", "new_words",
)  # fmt: skip
# What the network says of a sentence that was cut off.
_UNREAD = -8.0
_MOST = 12.0


def sentences_of(passages: Sequence[Passage]) -> list[tuple[int, int]]:
    """Every sentence of the passages, as the places of its passage and of itself in it."""
    return [(number, i) for number, p in enumerate(passages) for i in range(len(p.sentences))]


def rows(
    question: str, passages: Sequence[Passage], scores: Sequence[Sequence[SentenceScore | None]], rarity: Mapping[str, float]
) -> NDArray[np.float64]:
    """The features of every sentence of the passages that were read, shape (sentences, len(FEATURES)), in their order."""
    kind = understand(question).kind
    wanted = {term: rarity.get(term, 0.0) for term in terms(question)}
    asked = {stem(word) for name in names(question) for word in terms(name)}
    articles = _article_terms(passages)
    values = np.array(
        [
            row
            for p, held in zip(passages, scores, strict=False)
            for row in _passage_rows(question, kind, wanted, asked, p, held, articles[p.article_id], passages[0].score)
        ]
    )
    # How far each stands above all others: the network scores passages one by one, and here they meet.
    answers = values[:, 0]
    most = answers.max()
    values[:, 1] = answers - (most + np.log(np.exp(answers - most).sum()))
    return values


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
    asked: set[str],
    p: Passage,
    scores: Sequence[SentenceScore | None],
    article: frozenset[str],
    best: float,
) -> list[list[float]]:
    texts = [p.text[span.start - p.start : span.end - p.start] for span in p.sentences]
    held = [frozenset(terms(text)) for text in texts]
    title = frozenset(terms(f"{p.title} {p.published or ''}"))
    total = sum(wanted.values()) or 1.0

    def share(found: frozenset[str]) -> float:
        return sum(w for t, w in wanted.items() if t in found) / total

    rows = []
    for i, (text, own, score) in enumerate(zip(texts, held, scores, strict=True)):
        near = title.union(*held[max(0, i - 1) : i + 2])
        found = evidence(kind, text, question) if kind else False
        rows.append(
            [
                min(_MOST, max(_UNREAD, score.answers)) if score else _UNREAD,
                0.0,
                min(_MOST, max(_UNREAD, score.span)) if score else _UNREAD,
                share(own),
                share(near - own),
                share(article),
                len(asked - article) / len(asked) if asked else 0.0,
                len(asked - near) / len(asked) if asked else 0.0,
                p.score / best,
                p.cosine or 0.0,
                float(found),
                float(kind is not None and not found),
                float(len(text.split()) < 6),
                float(text.rstrip("\"”'’").endswith("?")),
                float(p.start == 0 and i == 0),
                min(len(own - wanted.keys()), 10) / 10,
            ]
        )
    return rows
