"""Days, months, years, weekdays and times of day in a text, in whatever form; weekdays become days by the day of the article; pure."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

_MONTHS = "january february march april may june july august september october november december".split()
_WEEKDAYS = "monday tuesday wednesday thursday friday saturday sunday".split()
_SMALL = "zero one two three four five six seven eight nine ten eleven twelve".split()
_MONTH = r"(?:January|February|March|April|May|June|July|August|September|October|November|December|(?:Jan|Feb|Mar|Apr|Aug|Sept?|Oct|Nov|Dec)\b\.?)"
_COUNT = rf"(?:\d{{1,2}}|{'|'.join(_SMALL[1:])})"
_DAY = re.compile(
    rf"""\b(?P<month>{_MONTH})\s(?P<day>\d{{1,2}})(?:st|nd|rd|th)?(?:,?\s(?P<year>\d{{4}}))?\b
    |\b(?P<day2>\d{{1,2}})(?:st|nd|rd|th)?(?:\sof)?\s(?P<month2>{_MONTH})(?:,?\s(?P<year2>\d{{4}}))?
    |\b(?P<iso>(?:19|20)\d\d-\d\d-\d\d)\b
    |\b(?P<month3>{_MONTH})(?:,?\s(?P<year3>(?:1[0-9]|20)\d\d))?(?!\w)
    |(?<![$€£,.\d])\b(?P<year4>1[5-9]\d\d|20\d\d)\b(?![,.]?\d|\s(?:dollars|euros|pounds|people|tons|miles|kilometres|metres)\b)
    |\b(?P<weekday>(?:Mon|Tues|Wednes|Thurs|Fri|Satur|Sun)day)s?\b
    |\b(?P<ago>{_COUNT})\syears\s(?:ago|earlier|before)\b
    |\b(?P<near>today|yesterday|tomorrow|this\syear|last\syear|the\s(?:year\sbefore|previous\syear)|next\syear)\b
    |\b(?P<hour>\d{{1,2}})(?:[.:](?P<minute>\d\d))?\s?(?P<half>[ap])\.?m\b\.?
    |\b(?P<clock>{_COUNT}|half|(?:a\s)?quarter)\s(?P<side>past|to)\s(?P<of>{_COUNT})\b(?:\sin\sthe\s(?P<part2>morning|afternoon|evening)\b)?
    |\b(?P<told>{_COUNT})(?:[.:](?P<past>[0-5]\d))?\s(?:o['’]clock\s)?in\sthe\s(?P<part>morning|afternoon|evening)\b
    |\b(?P<bare>{_COUNT})(?:\so['’]clock|:(?P<bare_past>[0-5]\d))\b(?![:.]\d)
    |(?:(?<=\bat\s)|(?<=\bby\s)|(?<=\buntil\s)|(?<=\bsince\s)|(?<=\baround\s)|(?<=\babout\s))(?P<dotted>[01]?\d|2[0-3])\.(?P<dotted_past>[0-5]\d)
        (?=[,.;:!?”"]|$|\s(?:on|and|but|this|that|when|while|after|before|as|local|yesterday|today)\b)
    |\b(?P<point>noon|midday|midnight)\b
    |\b(?P<season>spring|summer|autumn|winter|Christmas|Easter|Thanksgiving)\b""",
    re.X | re.I,
)
# Months that may be meant, the ones at the edge included.
_SEASONS = {
    "spring": (3, 4, 5, 6),
    "summer": (6, 7, 8, 9),
    "autumn": (9, 10, 11, 12),
    "winter": (12, 1, 2, 3),
    "christmas": (12,),
    "easter": (3, 4),
}
# What tells which half of the day a clock means.
_HALF = re.compile(r"[ap]\.?m\b|morning|afternoon|evening|noon|midday|midnight", re.I)
# "may" and "march" in lower case are verbs.
_VERBS = ("may", "march", "mar", "dec", "jan")


@dataclass(frozen=True, slots=True)
class When:
    """A point in time as it is written: what is known of year, month, day, weekday (0 is Monday), minute of the day and season."""

    text: str
    start: int
    end: int
    year: int | None = None
    month: int | None = None
    day: int | None = None
    weekday: int | None = None
    minute: int | None = None
    season: str | None = None


def days(text: str) -> list[When]:
    """Every point in time of the text, in order; "today" and "last year" are none by themselves, see ``resolved``."""
    return [when for when, _ in _found(text)]


def resolved(text: str, published: str | None) -> list[When]:
    """As ``days``, with what the day of publication adds: the days that "Tuesday" or "yesterday" may be, the year of "last year"."""
    own = _day(published)
    held: list[When] = []
    for when, match in _found(text, relative=True):
        held += [when, *_by(when, match, own)] if own else [when]
    return held


def stated(claim: When, held: list[When], published: str | None) -> bool:
    """Whether one of the points in time may be the claimed one; the day of publication itself counts as known."""
    own = days(published[:10]) if published else []
    return any(_agree(claim, other) for other in [*held, *own])


def _day(published: str | None) -> date | None:
    try:
        return date.fromisoformat(published[:10]) if published else None
    except ValueError:
        return None


def _agree(claim: When, held: When) -> bool:
    if claim.minute is not None or held.minute is not None:
        return claim.minute is not None and held.minute is not None and _same_minute(claim, held)
    if claim.season:
        return held.season == claim.season or held.month in _SEASONS.get(claim.season, ())
    if claim.weekday is not None and claim.day is None:
        return held.weekday == claim.weekday or (_weekday(held) == claim.weekday)
    named = [(claim.year, held.year), (claim.month, held.month), (claim.day, held.day)]
    # What both name must be the same, and the smallest thing that is claimed must be named.
    if any(a is not None and b is not None and a != b for a, b in named):
        return False
    smallest = next((b for a, b in reversed(named) if a is not None), None)
    return smallest is not None


def _same_minute(one: When, other: When) -> bool:
    """ "Ten past three" and "3.10" leave open which half of the day it is."""
    whole = 720 if _open_half(one) or _open_half(other) else 1440
    return (one.minute or 0) % whole == (other.minute or 0) % whole


def _open_half(when: When) -> bool:
    return (when.minute or 0) < 13 * 60 and not _HALF.search(when.text)


def _weekday(when: When) -> int | None:
    if when.weekday is not None:
        return when.weekday
    try:
        return date(when.year, when.month, when.day).weekday() if when.year and when.month and when.day else None
    except ValueError:
        return None


def _found(text: str, *, relative: bool = False) -> Iterator[tuple[When, re.Match[str]]]:
    for match in _DAY.finditer(text):
        if match[0] in _VERBS or not (relative or not (match["near"] or match["ago"])):
            continue
        yield When(match[0], match.start(), match.end(), **_parts(match)), match


def _parts(match: re.Match[str]) -> dict[str, Any]:
    if match["iso"]:
        return dict(zip(("year", "month", "day"), map(int, match["iso"].split("-")), strict=True))
    if name := match["month"] or match["month2"] or match["month3"]:
        year, day = match["year"] or match["year2"] or match["year3"], match["day"] or match["day2"]
        month = next(place for place, full in enumerate(_MONTHS, start=1) if full.startswith(name.casefold()[:3]))
        return {"year": int(year) if year else None, "month": month, "day": int(day) if day else None}
    if match["year4"]:
        return {"year": int(match["year4"])}
    if match["weekday"]:
        return {"weekday": _WEEKDAYS.index(match["weekday"].casefold())}
    if match["hour"]:
        return {"minute": (int(match["hour"]) % 12 + (12 if match["half"].casefold() == "p" else 0)) * 60 + int(match["minute"] or 0)}
    if match["clock"]:
        minutes, hour = _count(match["clock"]), _hour(match["of"], match["part2"])
        return {"minute": hour * 60 + (minutes if match["side"].casefold() == "past" else -minutes)}
    if match["told"]:
        return {"minute": _hour(match["told"], match["part"]) * 60 + int(match["past"] or 0)}
    if clock := match["bare"] or match["dotted"]:
        return {"minute": _count(clock) * 60 + int(match["bare_past"] or match["dotted_past"] or 0)}
    if match["point"]:
        return {"minute": 0 if match["point"].casefold() == "midnight" else 720}
    if match["season"]:
        return {"season": match["season"].casefold()}
    return {}


def _by(when: When, match: re.Match[str], own: date) -> Iterator[When]:
    """What a word that leans on the day of publication may mean."""
    found: list[date] = []
    if when.weekday is not None:
        back = (own.weekday() - when.weekday) % 7
        found = [own - timedelta(back), own - timedelta(back + 7), own + timedelta(7 - back)]
    elif near := (match["near"] or "").casefold():
        shift = {"today": 0, "yesterday": -1, "tomorrow": 1}.get(near)
        if shift is not None:
            found = [own + timedelta(shift)]
        else:
            yield When(match[0], match.start(), match.end(), year=own.year + {"this": 0, "next": 1}.get(near.split()[0], -1))
    elif match["ago"]:
        yield When(match[0], match.start(), match.end(), year=own.year - _count(match["ago"]))
    elif when.day and when.month and not when.year:
        try:
            found = [date(own.year, when.month, when.day)]
        except ValueError:
            return
    for day in found:
        yield When(match[0], match.start(), match.end(), day.year, day.month, day.day, day.weekday())


def _hour(word: str, part: str | None) -> int:
    """The hour of the day, in a part of it where that is said."""
    return _count(word) if part is None else _count(word) % 12 + (0 if part.casefold() == "morning" else 12)


def _count(word: str) -> int:
    if word.isdigit():
        return int(word)
    return {"half": 30, "quarter": 15}.get(word.casefold().removeprefix("a ")) or _SMALL.index(word.casefold())
