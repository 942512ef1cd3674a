"""Finds in a clause what can be asked for: numbers, sums, shares, dates, years, places and people, each with its question words; pure."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from rag.drafting.clauses import HEDGE, NAME, PERSON
from rag.drafting.gazetteer import Gazetteer

_MONTH = r"(?:January|February|March|April|May|June|July|August|September|October|November|December|(?:Jan|Feb|Aug|Sept|Oct|Nov|Dec)\.)"
_DAY = r"(?:Mon|Tues|Wednes|Thurs|Fri|Satur|Sun)day"
_YEAR = r"(?:1[0-9]|20)\d\d"
_SMALL = r"(?:two|three|four|five|six|seven|eight|nine|ten|eleven|twelve|\w+teen|(?:twenty|thirty|forty|fifty|sixty|seventy|eighty|ninety)(?:-\w+)?)"
_COUNT = rf"(?:\d[\d,]*(?:\.\d+)?(?: (?:million|billion|thousand))?|{_SMALL})"
_FUNCTION = (
    r"(?:a|an|the|and|or|but|as|at|by|for|from|in|into|of|off|on|onto|out|over|to|up|with|without|within|after|before|since|until|till|under|during|than|that"
    r"|who|which|where|when|while|is|are|was|were|be|been|has|have|had|will|would|can|could|may|might|must|should|per|each|it|they|he|she|his|her|its|their"
    r"|not|more|less|fewer|last|this|next|because|so|if|against|between|among|across|along|through|around|near|behind|down|away|back|only|also|late|early)"
)
_PLURAL = r"(?:[a-z][a-z-]*(?<![suio])s|people|men|women|children|police|staff|fish)\b"
# What belongs to a number and moves with it: "9 hangers of the Market Cross Bridge".
_OF = rf" of (?:the |a |an |all |its |their )?(?:(?!{_FUNCTION}\b)[\w’'-]+ ?){{1,4}}(?<! )(?= {_FUNCTION}\b|$)"
_PREPOSITION = r"(?:in|at|for|with|to|by|from|after|on|into|across|within|of|than)"
_LEAD = rf"(?<![\w$€£¥.,’'-])(?:(?P<prep>{_PREPOSITION}) )?(?:{HEDGE} )?"
_MONEY = re.compile(
    rf"{_LEAD.replace('(?:in|', '(?:')}(?P<value>[$€£¥]\s?\d[\d,]*(?:\.\d+)?(?: (?:million|billion|trillion))?\b|{_COUNT} (?:dollars|euros|pounds|cents|roubles)\b)(?![-\w])",
    re.IGNORECASE,
)
_SHARE = re.compile(rf"{_LEAD}(?P<value>\d[\d.]* ?(?:percent|per cent|%))(?P<of>{_OF})?")
_NUMBER = re.compile(
    rf"{_LEAD}(?P<value>{_COUNT})(?P<what> (?:(?!{_FUNCTION}\b)[a-z][\w-]* ){{0,2}}?{_PLURAL}(?: {_PLURAL})?(?:{_OF})?)",
    re.IGNORECASE,
)
_DATES = (
    (
        "date",
        re.compile(rf"\b(?P<prep>on|from|until|by|since) (?P<value>\d{{1,2}} {_MONTH}(?: {_YEAR})?|{_MONTH} \d{{1,2}}(?! {_MONTH})\b)"),
    ),
    (
        "day",
        re.compile(
            rf"\b(?:late |early )?(?P<prep>on|from|until|by|since) (?P<value>{_DAY})\b(?: (?:morning|noon|midday|afternoon|evening|night))?"
        ),
    ),
    ("month", re.compile(rf"\b(?P<prep>in|by|since|until|from) (?P<value>{_MONTH}(?: (?:of )?{_YEAR})?)(?! \d)")),
    ("year", re.compile(rf"\b(?P<prep>in|since|by|until|before|after|from) (?P<value>{_YEAR})\b")),
    ("time", re.compile(r"\b(?P<prep>at|from|until|by|since) (?P<value>\d{1,2}(?:[.:]\d\d)? [ap]\.m\b\.?)")),
)
_PLACE = re.compile(rf"\b(?P<prep>in|at|near|outside) (?P<value>{NAME})")
_BY = re.compile(rf"\b(?P<prep>by) (?:the [a-z]+ )?(?P<value>{PERSON})")
_AFTER_MEASURE = re.compile(
    rf"(?:-|/| (?:and|or|ago|earlier|later|away|old|long|wide|high|deep|tall|more|fewer|less|out of|before$|previously|in advance|to (?:[$€£]?\d|{_SMALL})|\w+er than|\w+er\b|of)\b)"
)
_BEFORE_MEASURE = frozenset(
    """a an the its his her their our my your this these those all other first last past next every another no route number age aged and or between buses lines line
    not same following extra further additional by own above below beyond upwards towards against""".split()
)
_DISTANCE = re.compile(r"(?:miles|metres|meters|feet|yards|centimetres|inches|degrees|storeys)\b")
_NOT_COUNTED = frozenset(
    "tons tonnes kilos kilograms grams litres dollars euros pounds cents roubles others thirds quarters kilometres kilometers".split()
)


@dataclass(frozen=True, slots=True)
class Piece:
    """What is asked for: ``value`` in the words of the article, and the stretch of the clause that ``asked`` stands for.

    ``asked`` are the question words in their place ("for how many years"); ``moves`` says whether they may go to the front.
    """

    kind: str
    value: str
    start: int
    end: int
    asked: str
    moves: bool = True


def pieces(clause: str, gazetteer: Gazetteer) -> Iterator[Piece]:
    """Everything in the clause that can be asked for, by kinds."""
    for kind, pattern in (("money", _MONEY), ("percentage", _SHARE), ("number", _NUMBER)):
        for found in pattern.finditer(clause):
            if _is_measure(clause, found):
                yield _measure(kind, found, relative=re.match(r" (?:who|that|which|whose)\b", clause[found.end() :]) is not None)
    for unit, pattern in _DATES:
        for found in pattern.finditer(clause):
            if not re.match(r"(?:,? (?:and|or|to|of)\b|[–/-]|, \d)", clause[found.end() :]):
                asked = (
                    "when" if (found["prep"], unit) == ("on", "date") else f"{found['prep']} {'what' if unit == 'time' else 'which'} {unit}"
                )
                yield Piece("year" if unit == "year" else "date", found["value"], found.start(), found.end(), asked)
    for found in _PLACE.finditer(clause):
        if found["value"] in gazetteer.places and re.match(rf"$| (?!and\b){_FUNCTION}\b", clause[found.end() :]):
            yield Piece(
                "place",
                found["value"],
                found.start(),
                found.end(),
                "where" if found["prep"] in ("in", "at") else f"{found['prep']} which place",
            )
    yield from _people(clause, gazetteer)


def _people(clause: str, gazetteer: Gazetteer) -> Iterator[Piece]:
    first = re.match(PERSON, clause)
    if first and first["name"] in gazetteer.people and clause[first.end() :].startswith(" "):
        yield Piece("name", first["name"], 0, first.end(), "who")
    for found in _BY.finditer(clause):
        if found["name"] in gazetteer.people and not re.match(r"[’']s|,? (?:and|of|from)\b", clause[found.end() :]):
            yield Piece("name", found["name"], found.start(), found.end(), "by whom")


def _is_measure(clause: str, found: re.Match[str]) -> bool:
    """Whether the number stands for itself, and not in a name, a comparison, a range or another noun."""
    before, after = clause[: found.start()].split(), clause[found.end() :]
    last = before[-1] if before else ""
    if _AFTER_MEASURE.match(after) or (found["prep"] == "to" and last[:1].isdigit()):
        return False
    if not found["prep"] and (last.lower() in _BEFORE_MEASURE or (len(before) > 1 and last[:1].isupper())):
        return False
    counted = found.groupdict()
    what = counted.get("what", "").strip()
    # "A nine months leave", "90 percent market share": in the middle of a clause what is counted ends before a function word.
    if before and (what or "of" in counted) and re.match(rf" (?!{_FUNCTION}\b)(?!\w+(?:ed|ing|ly|en)\b)[a-z]", after):
        return False
    if _DISTANCE.match(what) and (found["prep"] == "at" or re.match(r" (?:from|off|out|above|below|north|south|east|west|into)\b", after)):
        return False
    return " of " in what or not _NOT_COUNTED & set(what.split())


def _measure(kind: str, found: re.Match[str], *, relative: bool) -> Piece:
    prep = f"{found['prep']} " if found["prep"] else ""
    value = found["value"]
    if kind == "number":
        asked = f"{prep}how many{found['what']}"
        # "The yard will take on 260 people": the word belongs to the verb.
        relative = relative or (found["prep"] == "on" and not re.match(r" (?:days|nights|evenings|occasions)", found["what"]))
        # A digit or two stand in many sentences by chance.
        value = value if len(value) > 2 and value[0].isdigit() else f"{value}{found['what'].split(' of ')[0]}"
    else:
        asked = f"{prep}how much" if kind == "money" else f"{prep}what percentage{found['of'] or ''}"
    return Piece(kind, value, found.start(), found.end(), asked, moves=found["prep"] not in ("of", "than") and not relative)
