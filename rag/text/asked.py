"""What a question says about time: the days, and whether they are those of publication or of an event; pure, relative to a day that is given.

Only words that stand right beside "articles", "the news", "was reported" or an outlet's name are about publication, since that narrows the
search and a wrong narrowing hides the answer. All others are about an event, which may be told on any later day.
"""

from __future__ import annotations

import itertools
import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Literal

from rag.records import TimeAsked
from rag.text.questions import understand
from rag.text.stretches import Lean, Stretch, stretches

_QUOTED = re.compile(r"“[^”]*”|\"[^\"]*\"|‘[^’]*’")
_FUTURE = re.compile(r"\b(?:will|going to|expected|forecast|planned|upcoming|scheduled|due|is to|are to|shall)\b", re.I)
_LITTLE = r"(?:the|a|so far|in|on|of|from|at|for|during|over|within|between|published|written|printed|dated|out|there)"
_LEAD = re.compile(
    rf"(?:(?:^|(?<=\s)){_LITTLE}\s+)*(?P<side>(?:since|after|before|until|till|up to|prior to)\s+)?(?:the\s+)?(?P<week>week of\s+|weekend of\s+)?$",
    re.I,
)
_JOINED = re.compile(r"\s*(?:and|to|until|till|through|[-–—])\s*(?:the\s+)?", re.I)
_NEWS = r"(?:news|articles?|stor(?:y|ies)|reports?|coverage|headlines?|pieces?|papers|press|reporting)"
_PASSIVE = r"(?:was|were|is|are|been|got)\s+(?:\w+\s+)?(?:reported|published|written|printed|covered|posted|carried)"
_TELLS = r"(?:report(?:ed)?|wr(?:i|o)te|sa(?:y|id)|print(?:ed)?|publish(?:ed)?|cover(?:ed)?|run|ran|carr(?:y|ied))"
_LINKS = r"(?:\s+(?:was|were|is|are|has|have|been|there|that|which))*"
_NEW = re.compile(r"\b(?:anything|what(?:['’]s| is| was)|something)\s+new\s*$", re.I)
_BEGINS = re.compile(
    rf"^\W*(?:please\s+)?(?:show me|find|list|give me)?\s*(?:the|any|all)?\s*{_NEWS}\b(?!.*\b(?:who|what|how|when|where|why|did|does|is|was|were)\b)",
    re.I,
)
# "This year: the year before?" moves a time that is not known here.
_BESIDE = re.compile(r"\bthe (?:(?:year|month|week) (?:before|after)|day (?:before|after)(?! yesterday| tomorrow))\b", re.I)
_BARE_YEAR = re.compile(r"(?:19|20)\d\d")
_OF_YEAR = re.compile(r"\b(?:of|by)\s$", re.I)


@dataclass(frozen=True, slots=True)
class Understood:
    """The days that a question names, and the question without the words that name them."""

    time: TimeAsked
    rest: str


def understood(question: str, today: date, outlets: Sequence[str] = ()) -> Understood | None:
    """What a question says about time, None where it says nothing or leaves open what; ``outlets`` are names that may stand for their articles.

    Where there are several times, that of publication counts, else the first.
    """
    plain = _QUOTED.sub(lambda m: " " * len(m[0]), question)
    lean: Lean = "future" if _FUTURE.search(plain) else "before"
    found = [s for s in stretches(plain, today, lambda start, end: lean) if not _is_attribute(s, plain)]
    if any(re.fullmatch(r"\s*,?\s*or\s+(?:on\s+|in\s+)?", plain[a.end : b.start], re.I) for a, b in itertools.pairwise(found)):
        return None  # "on Monday or on Tuesday?" asks which
    if _BESIDE.search(plain):
        return None
    readings = [_read(plain, question, found, place, today, outlets) for place in range(len(found))]
    known = [reading for reading in readings if reading]
    return next((u for u in known if u.time.kind == "published"), known[0] if known else None)


def without_time(question: str, time: TimeAsked) -> str:
    """The question without the words that name its time."""
    return " ".join(question.replace(time.text, " ", 1).split()).replace(" ?", "?")


def retimed(earlier: str, rest: str) -> str | None:
    """An earlier question with the time of a follow-up ("on Wednesday", "last month") in the place of its own; None where that is more than a time."""
    new = _phrases(rest)
    if len(new) != 1 or rest[: new[0][0]].strip(" ,") or rest[new[0][1] :].strip(" ?.!,"):
        return None
    phrase, old = rest.strip(" ?.!,"), _phrases(earlier)
    if old:
        start, end = old[-1]
        return f"{earlier[:start]}{phrase}{earlier[end:]}"
    return f"{earlier.rstrip(' ?.!')} {phrase}?"


def _phrases(text: str) -> list[tuple[int, int]]:
    """Where a text names a time, with the words that lead up to it; which days they are does not matter here."""
    spans = []
    for s in stretches(text, date(2024, 1, 3), lambda start, end: "before"):
        lead = _LEAD.search(text, 0, s.start)
        spans.append((lead.start() if lead else s.start, s.end))
    return spans


def _is_attribute(s: Stretch, text: str) -> bool:
    """ "The budget of 2025" is called so whenever it was voted on."""
    return bool(
        _BARE_YEAR.fullmatch(s.text) and _OF_YEAR.search(text[: s.start]) and not re.search(rf"\b{_NEWS}\s+of\s$", text[: s.start], re.I)
    )


def _read(plain: str, question: str, found: Sequence[Stretch], place: int, today: date, outlets: Sequence[str]) -> Understood | None:
    s, since, until = found[place], found[place].since, found[place].until
    end = s.end
    if place and _is_range(plain, found[place - 1], s):
        return None
    if place + 1 < len(found) and _is_range(plain, s, found[place + 1]):
        until, end = found[place + 1].until, found[place + 1].end
    lead = _LEAD.search(plain, 0, s.start)
    start, side, week = (lead.start(), (lead["side"] or "").split(" ")[0].casefold(), lead["week"]) if lead else (s.start, "", None)
    if week:
        since -= timedelta(since.weekday())
        until = since + timedelta(6)
    bounds: dict[str, tuple[date | None, date | None]] = {
        "since": (since, max(today, until)),
        "after": (until + timedelta(1), max(today, until + timedelta(1))),
        "before": (None, since - timedelta(1)),
        "prior": (None, since - timedelta(1)),
        "until": (None, until),
        "till": (None, until),
        "up": (None, until),
    }
    first, last = bounds.get(side, (since, until))
    kind: Literal["published", "event"] = "published" if _of_publication(plain, start, s.start, end, outlets) else "event"
    text = question[start + len(plain[start:]) - len(plain[start:].lstrip()) : end]
    owner = re.match(r"['’]s\b", plain[end:])
    rest = f"{question[:start].rstrip()} {question[end + (owner.end() if owner else 0) :].lstrip()}"
    rest = re.sub(r"\s+([?,.:;!])", r"\1", rest).strip()
    return Understood(TimeAsked(text, kind, first.isoformat() if first else None, last.isoformat() if last else None), rest)


def _is_range(text: str, one: Stretch, other: Stretch) -> bool:
    return bool(_JOINED.fullmatch(text[one.end : other.start])) and bool(
        re.search(r"\b(?:between|from)\s+(?:the\s+)?$", text[: one.start], re.I)
    )


def _of_publication(text: str, start: int, named: int, end: int, outlets: Sequence[str]) -> bool:
    """Whether the words right before the time (from ``start`` on they lead up to it), or right behind it, tell of articles."""
    before, lead, after = text[:start].rstrip(), text[start:named], text[end:]
    # "Was published in January": the word that leads up to the days is the one that tells of articles.
    if re.match(r"\s*(?:published|written|printed)\b", lead, re.I) and re.search(r"\b(?:was|were|is|are|been)$", before, re.I):
        return True
    papers = "|".join([r"papers", "press", "newspapers", "media", *(re.escape(name) for name in _names(outlets))])
    if re.search(rf"(?:\b{_NEWS}{_LINKS}|\b{_PASSIVE}|\b(?:{papers})\s+(?:\w+\s+)?{_TELLS})$", before, re.I) or _NEW.search(before):
        return True
    if re.match(rf"['’]s\s+(?:\w+\s+)?(?:{_NEWS}|{papers}|edition|paper)\b", after, re.I):
        return True
    if re.search(r"\b(?:of|by)\s+$", lead, re.I):
        return False
    return understand(text).intent == "latest" or bool(_BEGINS.match(text))


def _names(outlets: Sequence[str]) -> list[str]:
    """The outlets' names, and the last word of each, by which it is called: the Courier."""
    return sorted({*outlets, *(name.split()[-1] for name in outlets if name.split())}, key=len, reverse=True)
