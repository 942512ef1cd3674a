"""Checks a sentence that a chat model wrote against the words it cites; pure but for the vectors and rarities it is given.

The sentence of the cited passage that bears it out best, with up to two neighbours, becomes the exact citation. Numbers, days, names and
quotations must stand there in some form; neither may deny what the other says; closeness of wording and speaker are weighed by a logistic model fitted on
the development half of ``benchmarks/claims.jsonl``. The check finds the words; it does not prove the meaning.
"""

from __future__ import annotations

import math
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from rag.answer.wording import FEATURES, Window, Wording, windows
from rag.records import Passage, Verdict
from rag.text.days import When, days, resolved, stated
from rag.text.names import Name, beside, holds, name_words, names, words_of
from rag.text.numbers import Number, numbers
from rag.text.words import content, tokens

# Fitted by `python -m benchmarks.claims --fit`, in the order of FEATURES; its docstring says how.
_WEIGHTS = (4.82, -1.18, -1.85)
_BIAS = -2.93
# Least probability of "supported", and of "partly"; chosen on the development half.
_SUPPORTED = 0.38
_PARTLY = 0.25
# Who speaks in the sentence is none of those who speak in the words when nothing there comes nearer than this.
_OTHER = 0.5
_BONUS = 0.15  # for each fact of the sentence that a window has
_QUOTED = re.compile(r"[\"“]([^\"“”]{3,})[\"”]")
_MORE = re.compile(r"\b(?:more|less|fewer|dearer|cheaper|extra|additional|another|up|down|rises?|fell|by|remaining|rest)\b", re.I)
# A word this near to none of the cited words is named in the reason.
_FAR = 0.55


@dataclass(frozen=True, slots=True)
class Evidence:
    """The window of a passage (by its index) that bears a sentence out best, and what of the sentence it lacks."""

    passage: int
    window: Window
    probability: float
    lacking: tuple[str, ...]
    features: Mapping[str, float]
    opposed: bool

    @property
    def stands(self) -> bool:
        """Whether these words are enough."""
        return not self.lacking and not self.opposed and self.probability >= _SUPPORTED and self.features["other_speaker"] <= _OTHER


@dataclass(frozen=True, slots=True)
class _Facts:
    """What of a sentence must stand in the cited words."""

    times: Sequence[When]
    amounts: Sequence[Number]
    names: Sequence[Name]
    quotations: Sequence[str]


@dataclass(frozen=True, slots=True)
class Checked:
    """The verdict on a sentence with its reason, and the evidence that becomes its citations, none where it is unsupported."""

    verdict: Verdict
    reason: str | None
    evidence: tuple[Evidence, ...]


class Checker:
    """Checks the sentences of one answer against the passages it was written from."""

    def __init__(self, passages: Sequence[Passage], wording: Wording) -> None:
        self._passages = passages
        self._wording = wording
        self._known = name_words(text for p in passages for text in (p.text, f". {p.title}"))

    def check(self, sentence: str, cited: Sequence[int]) -> Checked:
        """The verdict; ``cited`` are the passages, by index, that the sentence names, none where it names none."""
        readable = [place for place, p in enumerate(self._passages) if p.sentences]
        found = [self.evidence(sentence, place) for place in cited if place in readable]
        best = max(found, key=lambda e: (e.stands, e.probability), default=None)
        if best and best.stands:
            return Checked("supported", None, (best,))
        if len(found) > 1 and (together := self._together(sentence, found)):
            return Checked("supported", None, together)
        others = [self.evidence(sentence, place) for place in readable if place not in cited]
        other = max((e for e in others if e.stands), key=lambda e: e.probability, default=None)
        if other and not (best and best.opposed):
            where = f"The words stand in “{other.window.passage.title}”"
            return Checked(
                "misattributed", f"{where}, not in what was cited." if cited else f"{where}; the sentence cited nothing.", (other,)
            )
        if not best:
            return Checked("unsupported", "The sentence cites nothing, and no passage has its words.", ())
        return _doubtful(best, self._far(sentence, best))

    def evidence(self, sentence: str, place: int) -> Evidence:
        """What of one passage, which must have sentences, bears the sentence out best."""
        p = self._passages[place]
        candidates = list(windows(p))
        facts = _Facts(days(sentence), numbers(sentence), names(sentence, self._known), _QUOTED.findall(sentence))
        lacking = [self._lacking(sentence, facts, window) for window in candidates]
        window, cosine = self._wording.closest(sentence, candidates, [-_BONUS * len(missing) for missing in lacking])
        features = self._wording.features(sentence, window, cosine, self._texts(p))
        odds = _BIAS + sum(weight * features[name] for weight, name in zip(_WEIGHTS, FEATURES, strict=True))
        return Evidence(
            place, window, 1 / (1 + math.exp(-odds)), lacking[candidates.index(window)], features, self._wording.disagree(sentence, window)
        )

    def _lacking(self, sentence: str, facts: _Facts, window: Window) -> tuple[str, ...]:
        """The numbers, days, names and quotations of the sentence that the window does not have in any form."""
        p = window.passage
        times = resolved(window.text, p.published)
        missing = [when for when in facts.times if not stated(when, times, p.published)]
        counted = [*numbers(window.text), *numbers(p.title)]
        dated = [(when.start, when.end) for when in resolved(sentence, p.published) if any(stated(when, [held], None) for held in times)]
        dated += [(when.start, when.end) for when in facts.times]
        amounts = [n for n in facts.amounts if not any(start < n.end and n.start < end for start, end in dated) and not n.hidden]
        lost = [n for n in amounts if not any(n.agrees(held) for held in counted) and not _derived(n, sentence, counted)]
        unnamed = [name for name in facts.names if not self._named(name, window)]
        words = " ".join(tokens(p.text))
        misquoted = [f"“{quote}”" for quote in facts.quotations if not _quoted(quote, words)]
        return (*(w.text for w in missing), *(n.text for n in lost), *(n.text for n in unnamed), *misquoted)

    def _named(self, name: Name, window: Window) -> bool:
        """Whether the window, its heading or what stands right before it has the name, whole or by its last word where another passage of the
        article has it whole; or has another word for its bearer that stands beside the name elsewhere in the article."""
        p = window.passage
        near = words_of(f"{p.title} {p.source or ''} {window.before} {window.text}")
        if holds(near, name):
            return True
        last = Name(name.text, name.words[-1:])
        elsewhere = [text for text in self._texts(p) if holds(words_of(text), name)]
        if elsewhere and len(name.words) > 1 and holds(near, last):
            return True
        held = set(content(window.text))
        return any(held & beside(name, text) for text in elsewhere)

    def _texts(self, passage: Passage) -> list[str]:
        return [p.text for p in self._passages if p.article_id == passage.article_id]

    def _together(self, sentence: str, found: Sequence[Evidence]) -> tuple[Evidence, ...]:
        """The evidence of several passages where each fact stands in one of them and each alone comes near; none otherwise."""
        if any(e.opposed or e.probability < _PARTLY for e in found) or set.intersection(*(set(e.lacking) for e in found)):
            return ()
        own = content(sentence)
        covered = [self._wording.covered(own, content(e.window.text)) for e in found]
        least = min(max(cover[i] for cover in covered) for i in range(len(own))) if own else 1.0
        return tuple(found) if least >= _FAR else ()

    def _far(self, sentence: str, evidence: Evidence) -> list[str]:
        own = content(sentence)
        return [word for word, near in zip(own, self._wording.covered(own, content(evidence.window.text)), strict=True) if near < _FAR]


def _doubtful(best: Evidence, far: Sequence[str]) -> Checked:
    if best.lacking:
        what = ", ".join(best.lacking[:3])
        if best.probability >= _SUPPORTED:
            return Checked("partly", f"Not in the cited words: {what}.", (best,))
        return Checked("unsupported", f"The cited words do not say this: they lack {what}.", ())
    if best.features["other_speaker"] > _OTHER:
        return Checked("partly", "The cited words do not name that speaker.", (best,))
    if best.opposed:
        return Checked("partly", "The cited words may say the opposite of part of this.", (best,))
    what = f": nothing there comes near “{' '.join(far[:4])}”" if far else ""
    if best.probability >= _PARTLY:
        return Checked("partly", f"The cited words do not clearly say all of this{what}.", (best,))
    return Checked("unsupported", f"The cited words do not say this{what}.", ())


def _derived(number: Number, sentence: str, held: Sequence[Number]) -> bool:
    """Whether a number is the difference of two that are there, and is told as one: "$25 more" for a rise from $85 to $110."""
    if not _MORE.search(sentence[max(0, number.start - 20) : number.end + 20]):
        return False
    values = [value for n in held for value in n.values]
    return any(math.isclose(abs(a - b), value) for a in values for b in values for value in number.values if value)


def _quoted(quote: str, words: str) -> bool:
    parts = [" ".join(tokens(part)) for part in re.split(r"…|\.\.\.|\[[^\]]*\]", quote)]
    return all(part in words for part in parts)
