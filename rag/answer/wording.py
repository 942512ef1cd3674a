"""How well the words of a passage bear out a sentence, in numbers: coverage, closeness, denials, speakers; pure but for the vectors it is given."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from rag.records import Passage, Span
from rag.text.polarity import denied, opposites
from rag.text.questions import NAME
from rag.text.speakers import descriptions, speaker_words, speakers
from rag.text.words import STOP_WORDS, content, fold, stem, tokens

Vectors = NDArray[np.float32]
Embed = Callable[[Sequence[str]], Vectors]

# Each with the sign that its weight may have: what is closer is better borne out, never worse.
FEATURES = {
    "cosine": 1,
    "other_speaker": -1,
    "rival_surroundings": -1,
}
# What one side denies must come this near to the words of the other for the two to disagree: denied by the sentence, by the window, and the
# surroundings of two opposite words. Chosen on the development half of `benchmarks/claims.jsonl` for few false alarms.
_DENIED_HERE, _DENIED_THERE, _OPPOSED = 0.7, 0.8, 0.7
# This near to each other, two denials are the same one.
_SAME_DENIAL = 0.5
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

    def closest(self, sentence: str, candidates: Sequence[Window], bonus: Sequence[float]) -> tuple[Window, float]:
        """The window that bears out most of the sentence, and their cosine; ``bonus`` is added to each window's score."""
        own = content(sentence)
        rarity = self._rarities(own)
        cosines = self.vectors([w.text for w in candidates]) @ self.vectors([sentence])[0]
        scores = [
            _mean(self.covered(own, content(w.text)), rarity) + float(cosine) - _FURTHER * (w.last - w.first) + more
            for w, cosine, more in zip(candidates, cosines, bonus, strict=True)
        ]
        at = int(np.argmax(scores))
        return candidates[at], float(cosines[at])

    def features(self, sentence: str, window: Window, cosine: float, texts: Sequence[str]) -> dict[str, float]:
        """What FEATURES names, of a sentence and its window; ``texts`` tell of the same people."""
        return {
            "cosine": cosine,
            "other_speaker": 1 - self.speaker(sentence, window, texts),
            "rival_surroundings": self.rival(sentence, window),
        }

    def disagree(self, sentence: str, window: Window) -> bool:
        """Whether one of the two denies what the other has, or both have opposite words in the same surroundings; two of it cancel out, as in
        "not open" for "closed"."""
        here, there = denied(sentence), denied(window.text)
        before = denied(window.before)
        own, other = content(sentence), content(window.text)
        added = [words for words in here if not self._denied_too(words, there + before) and self._fit(words, other) >= _DENIED_HERE]
        dropped = [words for words in there if not self._denied_too(words, here) and self._fit(words, own) >= _DENIED_THERE]
        against = [
            pair
            for pair in opposites(sentence, window.text)
            if self._fit(_beside(sentence, pair[0]), _beside(window.text, pair[1])) >= _OPPOSED
        ]
        return len(added) + len(dropped) + len(against) % 2 == 1

    def _denied_too(self, words: Sequence[str], denials: Sequence[Sequence[str]]) -> bool:
        return any(max(self._fit(words, other), self._fit(other, words)) >= _SAME_DENIAL for other in denials)

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
        return float(self.covered(own, other).mean()) if own else 0.0

    def _rarities(self, words: Sequence[str]) -> NDArray[np.float64]:
        if new := [word for word in words if word not in self._rare]:
            known = self._rarity(" ".join(new))
            self._rare.update((word, known.get(stem(word), _UNKNOWN)) for word in new)
        return np.array([self._rare[word] for word in words])


def _mean(values: NDArray[np.float64], weights: NDArray[np.float64]) -> float:
    return float((values * weights).sum() / weights.sum()) if weights.sum() else 1.0


def _marked(text: str) -> list[tuple[str, str]]:
    """The words in order, each with what it is: a name, a number or nothing of the two."""
    capitals = {fold(name) for name in re.findall(NAME, text)} - STOP_WORDS
    return [(w.removesuffix("'s"), "number" if w[0].isdigit() else "name" if w in capitals else "") for w in tokens(text)]


def _beside(text: str, word: str) -> list[str]:
    """The content words around the first place of a word."""
    words = [token for token in tokens(text) if token == word or token not in STOP_WORDS]
    at = words.index(word)
    return [*words[max(0, at - _NEIGHBOURS) : at], *words[at + 1 : at + 1 + _NEIGHBOURS]]


def _around(words: Sequence[tuple[str, str]], at: int) -> list[str]:
    near = [*words[max(0, at - _NEIGHBOURS) : at], *words[at + 1 : at + 1 + _NEIGHBOURS]]
    return [word for word, _ in near if word not in STOP_WORDS]
