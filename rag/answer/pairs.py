"""Pairs of sentences that may give differing answers to a question, with what speaks for it and against it; pure but for the vectors that it is given.

Two sorts: values of the asked kind that cannot be the same, and, to a question for yes or no, sentences that deny each other. What cannot differ is left out here,
how likely the rest does is weighed in differ.py.
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import combinations

import numpy as np
from numpy.typing import NDArray

from rag.answer.extract import odds
from rag.answer.wording import Wording
from rag.models.reader import Reading
from rag.records import Passage
from rag.text.names import words_of
from rag.text.numbers import Number
from rag.text.polarity import denied, opposites
from rag.text.questions import NAME, Kind, understand
from rag.text.speakers import speaker_words
from rag.text.values import COUNTED, DATED, NAMED, Value, around, counted, is_past, values
from rag.text.words import content, stem, tokens

# Sentences below these, as a probability and as a share of the best one's odds, do not answer the question.
_LEAST, _ODDS_SHARE = 0.005, 0.005
_MOST = 10
# How likely a value must belong to the words that answer, at least.
_SHARE = 0.1
# Of several numbers of a sentence, that one counts what is asked for weighs as much as this much of that likelihood.
_FITS = 0.5
_YES_OR_NO = re.compile(r"^\W*(?:and |so |but )?(?:did|do|does|is|are|was|were|will|would|has|have|had|can|could|should|may|might)\b", re.I)
_ONE_SPEAKER = re.compile(r"\baccording to\b|\b(?:say|says|said|claim\w*|told|telling|view|think|thinks)\b", re.I)
# What is not told as having happened; of these, what is planned answers a question for what will be.
_UNSURE = re.compile(r"\b(?:ask(?:ed|s)|wondered|questioned|whether|forecast|predict\w*|survey|poll)\b", re.I)
_PLANS = re.compile(r"(?<!\bthan )(?<!\bas )\b(?:hope[ds]?|plan(?:s|ned)?|expect(?:s|ed)?|aims?|wants?|intend\w*)\b", re.I)
_FUTURE = re.compile(r"\b(?:will|due|going to|to be|is|are)\b", re.I)
_MONEY_ASKED = re.compile(
    r"\b(?:money|pa(?:y|ys|id)|cost\w*|price\w*|spen[dt]\w*|worth|earn\w*|fined?|budget|salar\w+|wages?|raise[ds]?|sums?|fund\w*|loss\w*|profit\w*|saved?)\b",
    re.I,
)
SUPERSEDES = re.compile(
    r"\b(?:revised?|correct(?:ed|ion|s)|ris(?:en|es|ing)|rose|raised|initial\w*|earlier|first said|up from|down from|at first|now|final|gr[eo]wn?|climbed|shrunk"
    r"|prolong\w*|put back|brought forward|postponed|moved|official|confirmed|new (?:count|figure|total|date))\b",
    re.I,
)
_ASKING = frozenset("number many much people total final figure amount count".split())
_DAYS = frozenset(
    "Monday Tuesday Wednesday Thursday Friday Saturday Sunday January February March April May June July August September October November December The".split()
)
# What a pair of values is weighed by, and what a pair of denials.
OF_VALUES = (
    "asked",
    "far",
    "close",
    "least",
    "best",
    "share",
    "alike",
    "apart",
    "attributed",
    "same",
    "supersedes",
    "has_best",
    "dated",
    "named",
    "sum",
    "denied",
)
OF_DENIALS = ("asked", "far", "close", "least", "best", "denies", "opposed", "apart", "attributed", "same")


@dataclass(frozen=True, eq=False)
class Candidate:
    """A sentence that may answer, its passage, its likely values with how likely they belong to the words that answer, likeliest first, and those that it denies."""

    reading: Reading
    passage: Passage
    values: tuple[tuple[float, Value], ...]
    denied: tuple[Value, ...]
    question: Sequence[str]
    wording: Wording

    @cached_property
    def asked(self) -> NDArray[np.float64]:
        """For each word of the question how near the sentence comes to it; looked at only where something may differ, for it takes time."""
        return self.wording.covered(self.question, content(self.reading.text))

    @cached_property
    def spoken(self) -> frozenset[str]:
        """Words for who speaks in it."""
        return frozenset(speaker_words(self.reading.text))

    @cached_property
    def names(self) -> frozenset[str]:
        """Names of its passage and title."""
        return frozenset(re.findall(rf"(?<=[\w,;:)] ){NAME}", f"{self.passage.title}. {self.passage.text}")) - _DAYS


@dataclass(frozen=True, slots=True)
class Pair:
    """Two candidates that may differ, with their values, None in a pair of denials; ``features`` are those of OF_VALUES or OF_DENIALS."""

    one: Candidate
    other: Candidate
    values: tuple[Value, Value] | None
    features: Mapping[str, float]


def pairs(question: str, readings: Sequence[Reading], passages: Sequence[Passage], wording: Wording) -> tuple[Kind | None, list[Pair]]:
    """The kind of value that is asked for, None for yes or no and all else, and the pairs; ``readings`` come best first."""
    kind = _kind(question, readings, passages)
    found = list(_candidates(question, kind, readings, passages, wording))
    best = next((c for c in found if c.reading is readings[0]), None)
    out = []
    for one, other in combinations(found, 2):
        if one.reading.text == other.reading.text or not _one_story(question, one, other) or _asks_one(question, one, other):
            continue
        if kind is None:
            if features := _denial(question, one, other, wording):
                out.append(Pair(one, other, None, features))
        elif given := _apart(kind, one, other):
            if kind in NAMED and not _two_speak(one, other):
                continue
            sums = {"sum": float(kind in COUNTED and _is_sum(given, found))}
            out.append(Pair(one, other, given, {**_of_values(question, kind, (one, other), given, best, wording), **sums}))
    return kind, out


def _kind(question: str, readings: Sequence[Reading], passages: Sequence[Passage]) -> Kind | None:
    """By the question, or else by the words that answer it best."""
    kind = understand(question).kind
    if kind == "money" and readings and not _MONEY_ASKED.search(question):
        text = readings[0].text
        if not values("money", text, question, None) and values("number", text, question, None):
            return "number"
    if kind in COUNTED + DATED + NAMED:
        return kind
    if kind or not readings or not readings[0].words or _YES_OR_NO.search(question):
        return None
    best, p = readings[0].words, passages[readings[0].passage]
    words = p.text[best.start - p.start : best.end - p.start + len(" per cent")]
    if values("percentage", words, question, None):
        return "percentage"
    return "number" if values("number", words, question, None) else None


def _candidates(
    question: str, kind: Kind | None, readings: Sequence[Reading], passages: Sequence[Passage], wording: Wording
) -> Iterator[Candidate]:
    if not readings or (kind is None and not _YES_OR_NO.search(question)):
        return
    asked, floor = _asked(question), _ODDS_SHARE * odds(readings[0].probability)
    for reading in readings[:_MOST]:
        p = passages[reading.passage]
        unlikely = reading.probability < _LEAST or odds(reading.probability) < floor
        if unlikely or (kind is None and _only_planned(question, reading.text)):
            continue
        likely = _likely(kind, reading, p, question, wording) if kind else ()
        if (kind and not likely) or (not kind and is_past(reading.text) and not is_past(question)):
            continue
        denies = values(kind, reading.text, question, p.published, denied=True) if kind else ()
        yield Candidate(reading, p, likely, tuple(denies), asked, wording)


def _only_planned(question: str, text: str) -> bool:
    """Whether a text leaves open that it happened, where the question asks for what did."""
    if _UNSURE.search(text) and not _UNSURE.search(question):
        return True
    return bool(_PLANS.search(text)) and not (_PLANS.search(question) or _FUTURE.search(question))


def _likely(kind: Kind, reading: Reading, p: Passage, question: str, wording: Wording) -> tuple[tuple[float, Value], ...]:
    at = reading.span.start
    given = [(reading.share(at + v.start, at + v.end), v) for v in values(kind, reading.text, question, p.published)]
    given = [(share, v) for share, v in given if share >= _SHARE and not _only_planned(question, around(reading.text, v))]
    if kind in NAMED and not given and reading.words:
        # "Below the summit tower" is where, though it is no name.
        first, last = reading.words.start - at, reading.words.end - at
        said = Value(reading.text[first:last], first, last, frozenset(content(reading.text[first:last])))
        # Who speaks is not what is spoken of.
        return ((_SHARE, said),) if said.held and not set(content(said.text)) & set(speaker_words(reading.text)) else ()
    if kind in COUNTED and len(given) > 1:
        whole = content(question)
        fits = [float(wording.covered(counted(reading.text, v), whole).max(initial=0.0)) for _, v in given]
        order = sorted(range(len(given)), key=lambda place: -(given[place][0] + _FITS * fits[place]))
        return tuple(given[place] for place in order)
    return tuple(sorted(given, key=lambda pair: (-pair[0], pair[1].start)))


def _asked(question: str) -> list[str]:
    """The words of a question that say what is asked of whom it names; all of them where that leaves none."""
    named = _named(question)
    return [w for w in content(question) if w not in _ASKING and w.removesuffix("'s") not in named] or content(question)


def _named(question: str) -> set[str]:
    return {token.removesuffix("'s") for name in re.findall(rf"(?<=\S ){NAME}", question) for token in tokens(name)}


def _one_story(question: str, one: Candidate, other: Candidate) -> bool:
    """Whether two passages share a name, or both have those of the question."""
    if one.names & other.names:
        return True
    asked = _named(question)
    return bool(asked) and all(asked <= words_of(f"{c.passage.title} {c.passage.text}") for c in (one, other))


def _asks_one(question: str, one: Candidate, other: Candidate) -> bool:
    """Whether the question asks for the words of one who speaks in a sentence."""
    return bool(_ONE_SPEAKER.search(question) and _named(question) & (one.spoken | other.spoken))


def _two_speak(one: Candidate, other: Candidate) -> bool:
    """Whether both sentences say who speaks, and it is not the same."""
    return bool(one.spoken and other.spoken and not one.spoken & other.spoken)


def _apart(kind: Kind, one: Candidate, other: Candidate) -> tuple[Value, Value] | None:
    """The values of two sentences that can be compared and cannot be the same; of points in time the finest, which is what differs."""
    comparable = [(a, b) for a in one.values for b in other.values if a[1].grain == b[1].grain]
    if kind not in DATED:
        comparable = [pair for pair in comparable if pair == (one.values[0], other.values[0])]
    if not comparable:
        return None
    (_, a), (_, b) = max(comparable, key=lambda pair: (pair[0][1].grain == "minute", min(pair[0][0], pair[1][0])))
    # Two that share a likely value tell the same, in more words or fewer; at two hours of one day they do not.
    same = (x.agrees(y) for _, x in one.values for _, y in other.values if kind not in DATED or x.grain == y.grain == a.grain)
    return None if any(same) else (a, b)


def _is_sum(given: tuple[Value, Value], found: Sequence[Candidate]) -> bool:
    """Whether the larger of two numbers is the smaller and a third one that is given together: a whole and its part."""
    small, large = sorted(value.held.values[0] for value in given if isinstance(value.held, Number))
    others = {value.held.values[0] for c in found for _, value in c.values if isinstance(value.held, Number)} - {small, large}
    return any(math.isclose(small + other, large) for other in others)


def _of_values(
    question: str, kind: Kind, pair: tuple[Candidate, Candidate], given: tuple[Value, Value], best: Candidate | None, wording: Wording
) -> Mapping[str, float]:
    shares = [next(share for share, value in c.values if value is v) for c, v in zip(pair, given, strict=True)]
    compared = best is not None and best.values[0][1].grain == given[0].grain
    has_best = not compared or any(c is best or (best and v.agrees(best.values[0][1])) for c, v in zip(pair, given, strict=True))
    supersedes = any(SUPERSEDES.search(c.reading.text) for c in pair)
    return _of_both(pair, wording) | {
        "share": min(shares),
        "alike": _alike(question, pair, given, wording) if kind in COUNTED else 0.0,
        "supersedes": float(supersedes),
        "has_best": float(has_best),
        "dated": float(kind in DATED),
        "named": float(kind in NAMED),
        "denied": float(any(v.agrees(other) for c, other in zip(pair, reversed(given), strict=True) for v in c.denied)),
    }


def _of_both(pair: tuple[Candidate, Candidate], wording: Wording) -> dict[str, float]:
    one, other = pair
    vectors = wording.vectors([one.reading.text, other.reading.text])
    both = [c.reading.probability for c in pair]
    return {
        "asked": float(np.minimum(one.asked, other.asked).mean()) if one.asked.size else 0.0,
        "far": float(np.abs(one.asked - other.asked).max()) if one.asked.size else 0.0,
        "close": float(vectors[0] @ vectors[1]),
        "least": math.log(odds(min(both))),
        "best": math.log(odds(max(both))),
        "apart": float(_two_speak(one, other)),
        "attributed": (bool(one.spoken) + bool(other.spoken)) / 2,
        "same": float(one.passage.article_id == other.passage.article_id),
    }


def _alike(question: str, pair: tuple[Candidate, Candidate], given: tuple[Value, Value], wording: Wording) -> float:
    """How alike the words are for what two numbers count, or how near to what is asked for; the less near of the two."""
    here, there = (counted(c.reading.text, v) for c, v in zip(pair, given, strict=True))
    if not here or not there:
        return 0.0
    asked = _asked(question)
    return min(float(wording.covered(here, there + asked).max()), float(wording.covered(there, here + asked).max()))


def _denial(question: str, one: Candidate, other: Candidate, wording: Wording) -> Mapping[str, float] | None:
    """Features where one of two sentences denies something of the question, or they have opposite words of it; None where neither does."""
    asked = content(question)
    stems = {stem(word) for word in asked}
    opposed = any(stems & {stem(a), stem(b)} for a, b in opposites(one.reading.text, other.reading.text))
    here, there = (_denies(asked, one, other, wording), _denies(asked, other, one, wording))
    if not opposed and not here and not there:
        return None
    return _of_both((one, other), wording) | {"denies": abs(here - there), "opposed": float(opposed)}


def _denies(asked: Sequence[str], one: Candidate, other: Candidate, wording: Wording) -> float:
    """How near what one sentence denies comes to the question and to the other sentence, the less near of the two."""
    said = content(other.reading.text)
    heads = [words[:2] for words in denied(one.reading.text) if words]
    return max((min(_fit(head, asked, wording), _fit(head, said, wording)) for head in heads), default=0.0)


def _fit(words: Sequence[str], other: Sequence[str], wording: Wording) -> float:
    return float(wording.covered(words, other).mean())
