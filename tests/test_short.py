"""Vectors of single words are kept, and are those of the model."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pytest

from rag.assistant import Assistant
from rag.models import short
from rag.models.short import ShortTexts, Vectors


def test_words_are_embedded_once_and_sentences_each_time(assistant: Assistant) -> None:
    asked = list[list[str]]()

    def embed(texts: Sequence[str]) -> Vectors:
        asked.append(list(texts))
        return assistant.embedder.embed(texts)

    kept, sentence = ShortTexts(embed), "The crane fell into the harbour of Skell."
    first = kept.embed(["harbour", "crane", sentence, "harbour"])
    second = kept.embed([sentence, "crane", "quay"])
    assert asked == [["harbour", "crane", sentence], [sentence, "quay"]]
    assert (first[0] == first[3]).all()
    assert (first[1] == second[1]).all()
    assert (first * assistant.embedder.embed(["harbour", "crane", sentence, "harbour"])).sum(1).min() >= 0.9999
    assert kept.embed([]).shape == (0, 384)


def test_words_that_were_asked_for_least_lately_go_first(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(short, "_MOST", 2)
    asked = list[str]()

    def embed(texts: Sequence[str]) -> Vectors:
        asked.extend(texts)
        return np.ones((len(texts), 3), dtype=np.float32)

    kept = ShortTexts(embed)
    for word in ("a", "b", "a", "c", "a", "b"):
        kept.embed([word])
    assert asked == ["a", "b", "c", "b"]
