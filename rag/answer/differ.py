"""Whether sentences that answer a question give accounts that differ, and which; pure but for the vectors of words and sentences that it is given.

A logistic model weighs each pair of pairs.py. Crying wolf is worse than silence, so a pair must be likely. The weights are fitted on the development and training
parts of ``benchmarks/accounts``; how, and what they are worth on prompts that were held out, stands in docs/accounts.md.
"""

from __future__ import annotations

import math
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Literal

from rag.answer.pairs import OF_DENIALS, OF_VALUES, SUPERSEDES, Candidate, Pair, pairs
from rag.answer.wording import Wording
from rag.models.reader import Reading
from rag.records import Passage, Span
from rag.text.datelines import without_dateline
from rag.text.moments import moment
from rag.text.questions import Kind
from rag.text.speakers import speakers
from rag.text.values import COUNTED, Value

# One weight a feature, in the order of OF_VALUES and OF_DENIALS, and the constant.
VALUES = ((2.09, -0.02, 3.27, 0.39, 0.29, 0.85, 1.21, 0.59, 2.3, -0.75, 0.37, 0.22, 2.08, 1.18, -1.33, 3.87), -7.23)
DENIALS = ((5.83, 1.13, 4.77, 0.62, 0.33, 0.61, -0.22, 1.3, 0.83, 0.04), -8.02)
# Least probability of a difference that is shown.
_SURE = 0.5
_MOST_SIDES = 3
_UPDATE_SECONDS = 60 * 60
_RECOUNT_SECONDS = 2 * 24 * 60 * 60
_WHO = re.compile(r"(?:[Tt]he|[Aa]n?|[Hh]is|[Hh]er|[Ii]ts|[Tt]heir)\b|[A-Z“\"]")
# A pronoun, a day, or the words before a relative clause: nobody to name.
_NOBODY = re.compile(r"^(?:he|she|they|it|we|i|this|that|and|but)\b|\b(?:mon|tues|wednes|thurs|fri|satur|sun)day\b|\bof$|\barticle$", re.I)
_RELATIVE = re.compile(r"\b(?:that|which|whom|while|because)\s", re.I)
_MOST_OF_A_VALUE = 60


@dataclass(frozen=True, slots=True)
class Said:
    """One side: the sentence, its passage, and the value or, to yes or no, the sentence itself; ``start`` and ``end`` are in the article."""

    reading: Reading
    passage: Passage
    start: int
    end: int

    @property
    def words(self) -> str:
        """What it says, in the article's own words."""
        return self.passage.text[self.start - self.passage.start : self.end - self.passage.start]

    @property
    def speaker(self) -> str | None:
        """Who says it, in the sentence's own words; None where the outlet itself does, or it cannot be told."""
        for who in speakers(without_dateline(self.reading.text)):
            told = _RELATIVE.split(who)[-1].strip(" ,")
            if _WHO.match(told) and len(told.split()) <= 8 and not _NOBODY.search(told):
                return told
        return None


@dataclass(frozen=True, slots=True)
class Difference:
    """Sides that cannot all be right, newest first; ``update`` where the newest merely supersedes the others."""

    kind: Literal["conflict", "update"]
    sides: tuple[Said, ...]

    def marked(self, readings: Sequence[Reading]) -> list[Reading]:
        """The readings with the values of the sides as the words that answer, where the reader was not sure of any."""
        values = {
            (side.reading.passage, side.reading.span): Span(side.start, side.end)
            for side in self.sides
            if Span(side.start, side.end) != side.reading.span
        }
        return [replace(r, words=r.words or values.get((r.passage, r.span))) for r in readings]


def differing(question: str, readings: Sequence[Reading], passages: Sequence[Passage], wording: Wording) -> Difference | None:
    """The sides of what the best sentences say otherwise; None where nothing surely differs. ``readings`` come best first."""
    kind, found = pairs(question, readings, passages, wording)
    sure = sorted(((p, pair) for pair in found if (p := probability(pair)) >= _SURE), key=lambda pair: -pair[0])
    if not sure:
        return None
    sides = _sides(sure[0][1])
    for _, pair in sure[1:]:
        for new in _sides(pair):
            # A third account differs from both, in pairs of its own.
            if len(sides) < _MOST_SIDES and all(_are_pair(new, side, sure) for side in sides):
                sides.append(new)
    sides.sort(key=lambda side: (-_moment(side), side.passage.article_id, side.start))
    return Difference("update" if kind and _supersedes(kind, sides) else "conflict", tuple(sides))


def probability(pair: Pair) -> float:
    """How likely the two sentences of a pair differ."""
    names, (weights, bias) = (OF_VALUES, VALUES) if pair.values else (OF_DENIALS, DENIALS)
    return 1 / (1 + math.exp(-_weighed(pair.features, names, weights, bias)))


def _weighed(features: Mapping[str, float], names: Sequence[str], weights: Sequence[float], bias: float) -> float:
    return bias + sum(weight * features[name] for name, weight in zip(names, weights, strict=True))


def _sides(pair: Pair) -> list[Said]:
    values = pair.values or (None, None)
    return [_said(candidate, value) for candidate, value in zip((pair.one, pair.other), values, strict=True)]


def _said(candidate: Candidate, value: Value | None) -> Said:
    """The side of a value: the words that answer where they hold it and are few, else the value; of a denial, the sentence."""
    reading, at = candidate.reading, candidate.reading.span.start
    if value is None:
        return Said(reading, candidate.passage, at, reading.span.end)
    start, end, words = at + value.start, at + value.end, reading.words
    if words and words.start <= start and end <= words.end and words.end - words.start <= _MOST_OF_A_VALUE:
        start, end = words.start, words.end
    return Said(reading, candidate.passage, start, end)


def _are_pair(one: Said, other: Said, sure: Sequence[tuple[float, Pair]]) -> bool:
    return any({one.reading.text, other.reading.text} == {p.one.reading.text, p.other.reading.text} for _, p in sure)


def _supersedes(kind: Kind, sides: Sequence[Said]) -> bool:
    """Whether the newest side comes in place of the others: it says so and is an hour later at least, or is another count days later; newest first."""
    newest = sides[0]
    gap = min(_moment(newest) - _moment(side) for side in sides[1:])
    return (gap >= _UPDATE_SECONDS and bool(SUPERSEDES.search(newest.reading.text))) or (kind in COUNTED and gap >= _RECOUNT_SECONDS)


def _moment(side: Said) -> float:
    at = moment(side.passage.published)
    return at.timestamp() if at else 0.0
