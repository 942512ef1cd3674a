"""Questions in other words than their passages': people ask before they have read, so a word of the article is seldom theirs; pure but for the embedding."""

from __future__ import annotations

import random
import re
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from rag.text.sentences import split_sentences
from rag.text.words import STOP_WORDS, stem, terms
from training.examples import Example
from training.negatives import TURNED

_WORD = re.compile(r"\b[a-z]{4,}\b")
_FREQUENT = 12
# Cosine similarity of single words; below it neighbours seldom mean alike.
_ALIKE = 0.66
_MOST = 3


def neighbours(examples: Sequence[Example], embed: Callable[[Sequence[str]], NDArray[np.float32]]) -> dict[str, list[str]]:
    """For each frequent word of the questions the frequent words nearest in meaning, other than its own inflections and opposites."""
    asked = Counter(word for e in examples for word in _WORD.findall(e.question))
    told = Counter(word for text in {e.paragraph.text for e in examples} for word in _WORD.findall(text))
    words = sorted(
        word for word in asked | told if max(asked[word], told[word]) >= _FREQUENT and word not in STOP_WORDS and word not in TURNED
    )
    vectors = embed(words)
    found = {}
    for word, vector in zip(words, vectors, strict=True):
        if asked[word] >= _FREQUENT:
            alike = vectors @ vector
            order = [words[i] for i in np.argsort(-alike, kind="stable")[:12] if alike[i] >= _ALIKE]
            if others := [other for other in order if stem(other) != stem(word)][:_MOST]:
                found[word] = others
    return found


def harder(examples: Sequence[Example], *, seed: int) -> list[Example]:
    """The examples without most of those whose question repeats the words of its sentence: these teach little but to look for them."""
    rng = random.Random(seed)
    return [e for e in examples if e.answer is None or rng.random() < min(1.0, 1.3 - 1.1 * _repeated(e))]


def _repeated(example: Example) -> float:
    """Share of the question's terms that the answering sentence holds."""
    assert example.answer
    asked = set(terms(example.question))
    sentence = next((s for s in split_sentences(example.paragraph.text) if s.start <= example.answer.start < s.end), example.answer)
    return len(asked & set(terms(example.paragraph.text[sentence.start : sentence.end]))) / max(1, len(asked))


def reworded(examples: Sequence[Example], near: Mapping[str, Sequence[str]], *, share: float, seed: int) -> list[Example]:
    """The examples, in a share of those that have an answer a word of the question replaced by a neighbour that the passage lacks, and in
    the same share of these a second one."""
    rng = random.Random(seed)
    out = []
    for e in examples:
        for _ in range(2):
            e = _reworded(e, near, rng) if e.answer and rng.random() < share else e
        out.append(e)
    return out


def _reworded(example: Example, near: Mapping[str, Sequence[str]], rng: random.Random) -> Example:
    places = [match for match in _WORD.finditer(example.question) if match.group() in near]
    if not places:
        return example
    place = rng.choice(places)
    other = rng.choice(near[place.group()])
    if re.search(rf"\b{other}\b", example.paragraph.text):
        return example
    return replace(example, question=example.question[: place.start()] + other + example.question[place.end() :])
