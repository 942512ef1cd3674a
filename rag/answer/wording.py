"""How well the words of a passage bear out a sentence, in numbers: coverage, closeness, polarity, speakers; pure but for the vectors it is given."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from rag.records import Passage, Span
from rag.text.attributions import descriptions, speaker_words, speakers
from rag.text.polarity import bounds_differ, negations, opposites
from rag.text.questions import NAME
from rag.text.words import STOP_WORDS, fold, stem, tokens

Vectors = NDArray[np.float32]
Embed = Callable[[Sequence[str]], Vectors]

FEATURES = (
    "coverage", "passage_coverage", "same_words", "least_covered", "cosine", "best_cosine", "length", "facts",
    "negation_added", "negation_dropped", "opposites", "bounds", "rival_surroundings", "speaker", "names_elsewhere",
)  # fmt: skip
# Rarity of a word that no article has.
_UNKNOWN = 6.0
_MOST_SENTENCES = 3
# What each further sentence of a window must add to be worth it.
_FURTHER = 0.03
_NEIGHBOURS = 4
_PRONOUNS = frozenset("he she it they i we his her who".split())


@dataclass(frozen=True, slots=True)
class Window:
    """Up to three sentences of a passage in a row, from ``first`` to before ``last``; ``before`` is what precedes them in the passage."""

    passage: Passage
    first: int
    last: int
    text: str
    before: str

    @property
    def span(self) -> Span:
        """Where the window stands in the article."""
        return Span(self.passage.sentences[self.first].start, self.passage.sentences[self.last - 1].end)


def windows(p: Passage) -> Iterator[Window]:
    """All windows of a passage."""
    cut = [p.text[span.start - p.start : span.end - p.start] for span in p.sentences]
    for first in range(len(cut)):
        for last in range(first + 1, min(len(cut), first + _MOST_SENTENCES) + 1):
            yield Window(p, first, last, " ".join(cut[first:last]), " ".join(cut[max(0, first - 2) : first]))


class Wording:
    """Compares sentences with passages; keeps the vectors of what it has seen, for one answer."""

    def __init__(self, embed: Embed, rarity: Callable[[str], Mapping[str, float]]) -> None:
        self._embed = embed
        self._rarity = rarity
        self._vectors: dict[str, Vectors] = {}
        self._rare: dict[str, float] = {}

    def vectors(self, texts: Sequence[str]) -> Vectors:
        """Unit vectors, shape (n, dimension); each text is embedded once."""
        if new := [text for text in dict.fromkeys(texts) if text not in self._vectors]:
            self._vectors.update(zip(new, self._embed(new), strict=True))
        return np.stack([self._vectors[text] for text in texts])

    def closest(self, sentence: str, candidates: Sequence[Window], bonus: Sequence[float]) -> tuple[Window, dict[str, float]]:
        """The window that bears out most of the sentence, and how well; ``bonus`` is added to each window's score."""
        own = content(sentence)
        rarity = self._rarities(own)
        singles = [w.text for w in candidates if w.last - w.first == 1]
        cosines = self.vectors([w.text for w in candidates]) @ self.vectors([sentence])[0]
        covers = [self.covered(own, content(w.text)) for w in candidates]
        scores = [
            _mean(c, rarity) + float(cosine) - _FURTHER * (w.last - w.first) + more
            for w, c, cosine, more in zip(candidates, covers, cosines, bonus, strict=True)
        ]
        at = int(np.argmax(scores))
        window = candidates[at]
        same = {stem(word) for word in content(window.text)}
        whole = self.covered(own, content(f"{window.passage.title} {window.passage.text}"))
        found = {
            "coverage": _mean(covers[at], rarity),
            "passage_coverage": _mean(whole, rarity),
            "same_words": _mean(np.array([float(stem(word) in same) for word in own]), rarity),
            "least_covered": float(np.sort(whole)[:2].mean()) if len(whole) else 1.0,
            "cosine": float(cosines[at]),
            "best_cosine": float((self.vectors(singles) @ self.vectors([sentence])[0]).max()),
            "length": len(own) / 10,
        }
        return window, found

    def covered(self, own: Sequence[str], other: Sequence[str]) -> NDArray[np.float64]:
        """For each word how near the nearest of the other words comes, 1 where it has the same stem; shape (len(own),)."""
        if not own or not other:
            return np.zeros(len(own))
        near: NDArray[np.float64] = (self.vectors(own) @ self.vectors(other).T).max(axis=1).astype(np.float64)
        stems = {stem(word) for word in other}
        near[[stem(word) in stems for word in own]] = 1.0
        return np.clip(near, 0.0, 1.0)

    def speaker(self, sentence: str, window: Window, texts: Sequence[str]) -> float:
        """How near the words for who speaks come to those of the window, 1 where the sentence reports nobody; ``texts`` tell of the same people."""
        own = speaker_words(sentence)
        if not own:
            return 1.0
        there = set(speaker_words(window.text)) | descriptions(window.text, texts)
        named = [set(tokens(who)) for who in speakers(window.text)]
        if not named or any(words & _PRONOUNS for words in named):
            there |= set(content(f"{window.before} {window.text}"))
        return float(self.covered(own, sorted(there)).mean())

    def rival(self, sentence: str, window: Window) -> float:
        """How much better a name or number of the sentence fits the surroundings of another one in the window than its own; 0 where none does."""
        here, there = _marked(sentence), _marked(window.text)
        worst = 0.0
        for at, (word, counts) in enumerate(here):
            same = [place for place, (other, _) in enumerate(there) if other == word]
            rivals = [place for place, (other, kind) in enumerate(there) if kind == counts and other != word]
            around = _around(here, at)
            if counts and same and rivals and around:
                fits = {place: self._fit(around, _around(there, place)) for place in same + rivals}
                worst = max(worst, max(fits[p] for p in rivals) - max(fits[p] for p in same))
        return worst

    def _fit(self, own: Sequence[str], other: Sequence[str]) -> float:
        return float(self.covered(own, other).mean())

    def _rarities(self, words: Sequence[str]) -> NDArray[np.float64]:
        if new := [word for word in words if word not in self._rare]:
            known = self._rarity(" ".join(new))
            self._rare.update((word, known.get(stem(word), _UNKNOWN)) for word in new)
        return np.array([self._rare[word] for word in words])


def polarity(sentence: str, window: str) -> dict[str, float]:
    """Where one of the two denies, opposes or bounds what the other does not."""
    here, there = negations(sentence) > 0, negations(window) > 0
    return {
        "negation_added": float(here and not there),
        "negation_dropped": float(there and not here),
        "opposites": float(min(2, len(opposites(sentence, window)))),
        "bounds": float(bounds_differ(sentence, window)),
    }


def content(text: str) -> list[str]:
    """Folded words that carry meaning, in order."""
    return [word for word in tokens(text) if word not in STOP_WORDS and not word.endswith("n't")]


def _mean(values: NDArray[np.float64], weights: NDArray[np.float64]) -> float:
    return float((values * weights).sum() / weights.sum()) if weights.sum() else 1.0


def _marked(text: str) -> list[tuple[str, str]]:
    """The words in order, each with what it is: a name, a number or nothing of the two."""
    capitals = {fold(name) for name in re.findall(NAME, text)} - STOP_WORDS
    return [(w.removesuffix("'s"), "number" if w[0].isdigit() else "name" if w in capitals else "") for w in tokens(text)]


def _around(words: Sequence[tuple[str, str]], at: int) -> list[str]:
    near = [*words[max(0, at - _NEIGHBOURS) : at], *words[at + 1 : at + 1 + _NEIGHBOURS]]
    return [word for word, _ in near if word not in STOP_WORDS]
