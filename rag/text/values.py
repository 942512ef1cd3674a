"""What a sentence may give as the answer to a question of a kind: its numbers, points in time or names, and whether two may be the same; pure."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from rag.text.days import When, resolved, stated
from rag.text.names import TITLES, Name, holds, words_of
from rag.text.numbers import Number, numbers
from rag.text.questions import NAME, Kind
from rag.text.speakers import speakers
from rag.text.words import STOP_WORDS, content, fold, tokens

COUNTED: tuple[Kind, ...] = ("number", "money", "percentage")
DATED: tuple[Kind, ...] = ("date", "year")
NAMED: tuple[Kind, ...] = ("name", "place")
_RUN = re.compile(rf"{NAME}(?:(?: (?:of|the|de|van|von|al|&)){{0,2}} {NAME})*")
_CLAUSE = re.compile(r"[,;:()–—]\s|\b(?:and|but|while|when|which|who|after|before)\b")
_PERCENT = re.compile(r"%|\bper ?cent\b", re.I)
_MONEY = re.compile(r"[$€£¥]|\b(?:million|billion|dollars?|euros?|pounds?|crowns?|roubles?|cents)\b", re.I)
_OLD = re.compile(r"\bhow old\b", re.I)
_LASTS = re.compile(r"\bhow (?:long|old|soon)\b|\b(?:days|hours|minutes|years|weeks|months|age)\b", re.I)
# An age, or a number that stands in a word: "Ferrant, 43, takes office", "a 12-year-old".
# "Eleven and not nine", "to Belarus, not to Ukraine": what is denied is no answer.
_NEGATED = re.compile(r"\bnot (?!only |just |least |(?:\w+ )?(?:until|till|before) )(?:\w+ ){0,2}$", re.I)
# The whole of which a part is told ("48 of its 310 shops", not "the records of 190,000 patients"), and the day on which something was said.
_PART = r"\d[\d,.]*|two|three|four|five|six|seven|eight|nine|ten|eleven|twelve|some|most|many|half|part|thirds?|quarters?|none|each|one|out|few|several|majority|%|per ?cent"
_WHOLE = re.compile(rf"(?:^|[\s(])(?:{_PART}) of (?:the |its |their |his |her |our |all |some |about )*$", re.I)
_SAID_ON = re.compile(
    r"\b(?:said|told|announced|reported|confirmed|corrected|added|wrote|warned|admitted)(?: \w+){0,3}?(?: (?:late|early))?(?: on)? $", re.I
)
_AGED = re.compile(r"(?:\baged?|[A-Z][\w’'-]+,) $")
# Earlier events of the same sort have figures of their own.
_PAST = re.compile(
    r"\b(?:(?:in|since|from|of|than) (?:1[89]\d\d|20[012]\d)|last year|previous(?:ly)?|years? (?:ago|earlier|before)|on that occasion|the year before)\b",
    re.I,
)
# What news counts side by side: the dead are not the injured, and homes that were flooded not those that were destroyed.
_SORTS = [
    frozenset(line.split())
    for line in """dead died die dies killed deaths fatalities toll lives
    injured injuries hurt wounded
    missing disappeared
    arrested detained arrests custody
    charged convicted sentenced
    destroyed demolished collapsed gutted
    flooded damaged inundated
    rescued saved refloated surface freed survivors survived
    evacuated shelters
    board aboard carrying
    employ employs employed employees
    trapped stranded beached ashore
    ill sick infected cases caught infections""".splitlines()
]


@dataclass(frozen=True, slots=True)
class Value:
    """A number, a point in time (all that it may mean) or the words of a name, from ``start`` to ``end`` of a sentence."""

    text: str
    start: int
    end: int
    held: Number | tuple[When, ...] | frozenset[str]

    def agrees(self, other: Value) -> bool:
        """Whether the two may be the same, as "at least 30" and "30", or "Tuesday" and "12 March"; values of two sorts never are."""
        one, two = self.held, other.held
        if isinstance(one, Number) and isinstance(two, Number):
            return one.agrees(two)
        if isinstance(one, tuple) and isinstance(two, tuple):
            return any(stated(a, list(two), None) for a in one) or any(stated(b, list(one), None) for b in two)
        if isinstance(one, frozenset) and isinstance(two, frozenset):
            return _known_by(one, two) or _known_by(two, one)
        return False

    @property
    def grain(self) -> str:
        """What two values must share to be compared: the unit of time of numbers, the smallest part of points in time."""
        if isinstance(self.held, Number):
            return self.held.unit or "number"
        if isinstance(self.held, tuple):
            if any(when.minute is not None for when in self.held):
                return "minute"
            if any(when.day or when.weekday is not None for when in self.held):
                return "day"
            return "month" if any(when.month for when in self.held) else "year"
        return "name"


def values(kind: Kind, sentence: str, question: str, published: str | None, *, denied: bool = False) -> list[Value]:
    """The values of a sentence that may answer a question of a kind, in their order; none for kinds that ask for words.

    Left out is what the question says already, what belongs to an earlier event, and what counts another sort than is asked for. What the sentence
    denies ("to Belarus, not to Ukraine") is left out too, or with ``denied`` given alone.
    """
    if kind in COUNTED:
        sorts = _sorts(question)
        found = [
            value
            for value in _numbers(kind, sentence, question)
            if not sorts or not (other := _sorts(around(sentence, value))) or sorts & other
        ]
    elif kind in DATED:
        found = list(_times(sentence, published))
    elif kind in NAMED:
        found = list(_names(sentence, question))
    else:
        return []
    found = [value for value in found if bool(_NEGATED.search(sentence[: value.start])) is denied]
    return found if is_past(question) else [value for value in found if not is_past(sentence[: value.end] + _after(sentence, value))]


def is_past(text: str) -> bool:
    """Whether a text turns to another time than that of the news."""
    return bool(_PAST.search(text))


def around(sentence: str, value: Value) -> str:
    """The clause of a value, without the value."""
    return f"{_before(sentence, value)} {_after(sentence, value)}"


def counted(sentence: str, value: Value) -> list[str]:
    """The words for what a number counts: the two that follow it in its clause, else the last before it; before it for sums of money and shares."""
    sum_or_share = (
        _PERCENT.match(sentence[value.end :].lstrip()) or _MONEY.search(sentence[value.start : value.end + 10]) or "%" in value.text
    )
    after = [] if sum_or_share else content(_after(sentence, value))[:2]
    return after or content(_before(sentence, value))[-6:]


def _before(sentence: str, value: Value) -> str:
    return sentence[max((match.end() for match in _CLAUSE.finditer(sentence[: value.start])), default=0) : value.start]


def _after(sentence: str, value: Value) -> str:
    rest = sentence[value.end :]
    end = _CLAUSE.search(rest)
    return rest[: end.start()] if end else rest


def _sorts(text: str) -> set[int]:
    own = set(tokens(text))
    return {place for place, sort in enumerate(_SORTS) if own & sort}


def _numbers(kind: Kind, sentence: str, question: str) -> Iterator[Value]:
    dated = [(when.start, when.end) for when in resolved(sentence, None)]
    for number in numbers(sentence):
        before, after = sentence[: number.start], sentence[number.end :]
        if number.hidden or _WHOLE.search(before) or any(start < number.end and number.start < end for start, end in dated):
            continue
        if (
            (number.unit and not _LASTS.search(question))
            or re.match(r"-?year-old|[-–]\w", after)
            or (_AGED.search(before) and after[:1] in (",", " "))
        ):
            continue
        if _OLD.search(question) and number.unit not in (None, "year"):
            continue
        share = bool(_PERCENT.search(number.text) or _PERCENT.match(after.lstrip()))
        if share != (kind == "percentage") and (kind == "percentage" or not _PERCENT.search(question)) and not (share and kind == "number"):
            continue
        if kind == "money" and not (_MONEY.search(number.text) or _MONEY.match(after.lstrip())):
            continue
        if number.text.casefold() in ("half", "third", "quarter"):
            continue
        yield Value(number.text, number.start, number.end, number)


def _times(sentence: str, published: str | None) -> Iterator[Value]:
    places: dict[tuple[int, int], list[When]] = {}
    for when in resolved(sentence, published):
        places.setdefault((when.start, when.end), []).append(when)
    for (start, end), meant in places.items():
        if _SAID_ON.search(sentence[:start]):
            continue
        yield Value(sentence[start:end], start, end, tuple(meant))


def _names(sentence: str, question: str) -> Iterator[Value]:
    asked, speak = words_of(question), speakers(sentence)
    for run in _RUN.finditer(sentence):
        own = frozenset(fold(word).removesuffix("'s") for word in run.group().split()) - STOP_WORDS - TITLES
        known = all(holds(asked, Name(word, (word,))) for word in own)
        if own and not known and not any(run.group() in who for who in speak):
            yield Value(run.group(), run.start(), run.end(), own)


def _known_by(one: frozenset[str], other: frozenset[str]) -> bool:
    return holds(frozenset(tokens(" ".join(other))) | other, Name(" ".join(one), tuple(sorted(one))))
