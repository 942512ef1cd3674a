"""Words that name days, such as "last week", "on Tuesday", "3 to 9 May" or "March 2024", as the first and last day that they mean; pure.

Which of two Tuesdays is meant is not known here: the caller says which way an expression leans.
"""

from __future__ import annotations

import re
from calendar import monthrange
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Literal

# "before" is "past" without today itself: who asks on a Friday after "Friday" does not mean today.
Lean = Literal["past", "before", "future"]
Days = tuple[date, date]

MONTHS = ("january", "february", "march", "april", "may", "june", "july", "august", "september", "october", "november", "december")
WEEKDAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
_SMALL = ("zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten", "eleven", "twelve")
_MONTH = r"(?:january|february|march|april|may|june|july|august|september|october|november|december|(?:jan|feb|mar|apr|aug|sept?|oct|nov|dec)\b\.?)"
_WEEKDAY = r"(?:monday|tuesday|wednesday|thursday|friday|saturday|sunday)"
_DAY = r"\d{1,2}(?:st|nd|rd|th)?"
_YEAR = r"(?:19|20)\d\d"
_COUNT = rf"(?:\d{{1,3}}|{'|'.join(_SMALL[1:])})"
_TO = r"\s?(?:and|to|until|till|through|[-–—])\s?"
# An expression without a year may lie further from today than this only where its clause says in which direction.
_NEAR = timedelta(days=60)
_SEASONS = {"spring": 3, "summer": 6, "autumn": 9, "fall": 9}


@dataclass(frozen=True, slots=True)
class Stretch:
    """Days as they are named in a text; ``relative`` where the words alone do not tell them."""

    text: str
    start: int
    end: int
    since: date
    until: date
    relative: bool


@dataclass(frozen=True, slots=True)
class _Sight:
    """What an expression is read by: the day that it is relative to, and which way it leans there."""

    today: date
    lean: Lean | None


_Reading = Callable[[re.Match[str], _Sight], Days | None]


def stretches(text: str, today: date, lean: Callable[[int, int], Lean | None]) -> Iterator[Stretch]:
    """Every stretch of days that a text names, in order; ``lean`` is asked with the start and end of an expression.

    What may mean one day or another is left out.
    """
    taken: list[tuple[int, int]] = []
    found: list[Stretch] = []
    for pattern, read, relative in _FORMS:
        for m in pattern.finditer(text):
            if any(m.start() < end and start < m.end() for start, end in taken):
                continue
            taken.append(m.span())
            try:
                days = read(m, _Sight(today, lean(*m.span())))
            except (ValueError, OverflowError):
                continue  # 31 June is no day
            if days and days[0] <= days[1]:
                without_year = relative is None and not m.groupdict().get("year")
                found.append(Stretch(m[0], *m.span(), *days, relative=bool(relative) or without_year))
    return iter(sorted(found, key=lambda s: s.start))


# Days of the calendar


def _month(year: int, month: int, months: int = 1) -> Days:
    """``months`` whole months from one on; ``month`` may lie outside 1 to 12."""
    first, last = year * 12 + month - 1, year * 12 + month + months - 2
    year, month = last // 12, last % 12 + 1
    return date(first // 12, first % 12 + 1, 1), date(year, month, monthrange(year, month)[1])


def _week(day: date, weeks: int = 0) -> Days:
    monday = day - timedelta(day.weekday()) + timedelta(7 * weeks)
    return monday, monday + timedelta(6)


def _one(day: date) -> Days:
    return day, day


def _number(word: str) -> int:
    return int(word) if word.isdigit() else _SMALL.index(word.casefold())


def _month_number(name: str) -> int:
    return next(place for place, full in enumerate(MONTHS, start=1) if full.startswith(name.casefold()[:3]))


def _unit(sight: _Sight, unit: str, shift: int) -> Days:
    day = sight.today
    if unit == "week":
        return _week(day, shift)
    if unit == "month":
        return _month(day.year, day.month + shift)
    if unit == "quarter":
        return _month(day.year, (day.month - 1) // 3 * 3 + 1 + 3 * shift, 3)
    return date(day.year + shift, 1, 1), date(day.year + shift, 12, 31)


def _leaning(sight: _Sight, days: Callable[[int], Days]) -> Days | None:
    """Days that recur every year, in the year that is meant; what does not lean is the nearest where that is near."""
    year, today = sight.today.year, sight.today
    around = [days(y) for y in (year - 1, year, year + 1)]
    if sight.lean == "future":
        return next((d for d in around if d[1] >= today), None)
    if sight.lean:
        return next((d for d in reversed(around) if d[0] <= today), None)
    near = [d for d in around if d[0] - _NEAR <= today <= d[1] + _NEAR]
    return near[0] if len(near) == 1 else None


_DAY_BEFORE = re.compile(
    r"\b(?:on|since|until|till|from|by|before|after|late|early|said|told|or|\w+ed)\s$|\b(?:today|yesterday|tomorrow),\s$", re.I
)
_NO_DAY_AFTER = re.compile(
    r"s\b|\s(?:week|in\s(?:1|20)\d\d)\b|(?:\s(?:and|or)\s\w+day)?\s(?:nights|mornings|afternoons|evenings)\b|\s(?:to|or)\s\w+day\b", re.I
)
_OWNER = re.compile(r"['’]s\b")
_NO_OWNER = re.compile(r"\b(?:a|an|the|every|each)\s$", re.I)


# The forms, each with what reads it


def _read_iso(m: re.Match[str], sight: _Sight) -> Days | None:
    day = date.fromisoformat(m["iso"]) if m["iso"] else date(int(m["y"]), int(m["m"]), int(m["d"]))
    return _one(day)


def _read_date(m: re.Match[str], sight: _Sight) -> Days | None:
    """A day, or two of one month, or two of two months, with a year or without."""
    month, day = _month_number(m["month"]), int(re.sub(r"\D", "", m["day"]))
    last = int(re.sub(r"\D", "", m["last"])) if m["last"] else day

    def days(year: int) -> Days:
        return date(year, month, day), date(year, month, last)

    if m["year"]:
        return days(int(m["year"]))
    if m["on"]:
        weekday = WEEKDAYS.index(m["on"].casefold())
        fits = [d for y in (-1, 0, 1) if (d := days(sight.today.year + y))[0].weekday() == weekday]
        return fits[0] if len(fits) == 1 else None
    return _leaning(sight, days)


def _read_month(m: re.Match[str], sight: _Sight) -> Days | None:
    first = _month_number(m["month"])
    many = (_month_number(m["other"]) - first) % 12 + 1 if m["other"] else 1
    return _month(int(m["year"]), first, many) if m["year"] else _leaning(sight, lambda year: _month(year, first, many))


def _read_part(m: re.Match[str], sight: _Sight) -> Days | None:
    year, parts = int(m["year"]), 2 if m["part"].casefold() == "half" else 4
    place = ("first", "second", "third", "fourth").index(m["place"].casefold())
    return _month(year, 1 + place * (12 // parts), 12 // parts) if place < parts else None


def _read_season(m: re.Match[str], sight: _Sight) -> Days | None:
    return _month(int(m["year"]), _SEASONS[m["season"].casefold()], 3)


def _read_year(m: re.Match[str], sight: _Sight) -> Days | None:
    return date(int(m["year"]), 1, 1), date(int(m["year"]), 12, 31)


def _read_unit(m: re.Match[str], sight: _Sight) -> Days | None:
    shift = {"this": 0, "current": 0, "next": 1, "coming": 1}.get(m["which"].casefold(), -1)
    since, until = _unit(sight, m["unit"].casefold(), shift)
    part = (m["part"] or "").casefold()
    return (since, sight.today) if part == "earlier" else (sight.today, until) if part == "later" else (since, until)


def _read_weekend(m: re.Match[str], sight: _Sight) -> Days | None:
    """Saturday and Sunday; "the weekend" is the one before, "this weekend" the one that comes, and on the day itself this one."""
    saturday = _week(sight.today)[0] + timedelta(5)
    which = (m["which"] or "the").casefold()
    if which == "last" or (which == "the" and sight.lean in ("past", "before") and sight.today <= saturday):
        saturday -= timedelta(7)
    elif which == "next" or (which == "the" and not sight.lean) or (which == "this" and sight.lean == "past" and sight.today < saturday):
        return None
    return saturday, saturday + timedelta(1)


def _read_counted(m: re.Match[str], sight: _Sight) -> Days | None:
    """ "The past three days", today the last of them."""
    many, unit, today = _number(m["count"]), m["unit"].casefold(), sight.today
    if unit in ("month", "year"):
        first = _month(today.year, today.month - many * (12 if unit == "year" else 1))
        day = min(today.day, first[1].day)
        return first[0].replace(day=day) + timedelta(1), today
    return today - timedelta(many * (7 if unit == "week" else 1) - 1), today


def _read_ago(m: re.Match[str], sight: _Sight) -> Days | None:
    """A day, or the week, month or year: "three weeks ago" names no day."""
    many, unit = _number(m["count"]), m["unit"].casefold()
    return _one(sight.today - timedelta(many)) if unit == "day" else _unit(sight, unit, -many)


_NEARBY = {"the day before yesterday": -2, "yesterday": -1, "last night": -1, "tomorrow": 1}


def _read_nearby(m: re.Match[str], sight: _Sight) -> Days | None:
    return _one(sight.today + timedelta(_NEARBY.get(" ".join(m[0].casefold().split()), 0)))


def _names_a_day(m: re.Match[str]) -> bool:
    """Whether a weekday names one day: not "every Friday", "Sundays", "the Saturday stall" or the Sunday Times."""
    if m["which"] or m["week"]:
        return True
    before, after = m.string[: m.start()], m.string[m.end() :]
    return bool(not _NO_DAY_AFTER.match(after) and (_DAY_BEFORE.search(before) or (_OWNER.match(after) and not _NO_OWNER.search(before))))


def _read_weekday(m: re.Match[str], sight: _Sight) -> Days | None:
    if not _names_a_day(m):
        return None
    today, wanted = sight.today, WEEKDAYS.index(m["weekday"].casefold())
    if m["week"]:
        monday = _week(today, {"this": 0, "next": 1}.get(m["week"].casefold(), -1))[0]
        return _one(monday + timedelta(wanted))
    back, ahead = (today.weekday() - wanted) % 7, (wanted - today.weekday()) % 7
    which = (m["which"] or "").casefold()
    if which == "last":
        # The day before is "yesterday"; in an article, "last Wednesday" two days on is one of two.
        return _one(today - timedelta(back if back > 1 else back + 7)) if sight.lean == "before" or not 0 < back < 3 else None
    if which == "next":
        return _one(today + timedelta(ahead or 7)) if ahead == 0 or ahead > 3 else None
    if sight.lean == "future":
        return _one(today + timedelta(ahead)) if ahead else None
    if sight.lean:
        return _one(today - timedelta(7 if sight.lean == "before" and back == 0 else back))
    return None


def _form(pattern: str, read: _Reading, relative: bool | None) -> tuple[re.Pattern[str], _Reading, bool | None]:
    return re.compile(pattern, re.I | re.X), read, relative


_PLACED = r"(?<=\bin\s|\bby\s|\bof\s|\bto\s)|(?<=\bmid-|\band\s)|(?<=\bfrom\s|\blast\s|\blate\s|\bnext\s|\bthis\s|\btill\s)|(?<=\bsince\s|\buntil\s|\bearly\s|\bafter\s)|(?<=\bduring\s|\bbefore\s)|(?<=\bbetween\s)"
# ``relative`` is None where it depends on whether a year is given. Earlier forms win where two overlap.
_FORMS: tuple[tuple[re.Pattern[str], _Reading, bool | None], ...] = (
    _form(r"(?<![\w.-])(?:(?P<iso>(?:19|20)\d\d-\d\d-\d\d)|(?P<d>\d{1,2})\.\s?(?P<m>\d{1,2})\.\s?(?P<y>(?:19|20)\d\d))(?![\w-])", _read_iso, False),
    _form(
        rf"\b(?:(?P<on>{_WEEKDAY}),?\s(?:the\s)?)?(?P<day>{_DAY})(?:{_TO}(?P<last>{_DAY}))?(?:\sof)?\s(?P<month>{_MONTH})(?:,?\s(?P<year>{_YEAR})\b)?(?!\w)",
        _read_date,
        None,
    ),
    _form(rf"\b(?:(?P<on>{_WEEKDAY}),?\s)?(?P<month>{_MONTH})\s(?P<day>{_DAY})(?:{_TO}(?P<last>{_DAY}))?(?!\w|[.:]\d)(?:,?\s(?P<year>{_YEAR})\b)?", _read_date, None),
    _form(rf"\bthe\s(?P<place>first|second|third|fourth)\s(?P<part>half|quarter)\sof\s(?P<year>{_YEAR})\b", _read_part, False),
    _form(rf"\b(?P<season>spring|summer|autumn|fall)\s(?:of\s)?(?P<year>{_YEAR})\b", _read_season, False),
    _form(r"\bthe\sday\sbefore\syesterday\b|\byesterday\b|\blast\snight\b|\btomorrow\b|\btonight\b|\btoday\b(?!['’]s\s(?:youth|young|world|children))"
          r"|\bthis\s(?:morning|afternoon|evening)\b", _read_nearby, True),
    _form(rf"(?<!\bthe\s)\b(?:(?P<which>last|next|this)\s)?(?P<weekday>{_WEEKDAY})\b(?:\s(?:of\s)?(?P<week>last|this|next)\sweek\b)?", _read_weekday, True),
    _form(r"\b(?:(?P<part>earlier|later)\s)?(?<!\bthe\s)(?P<which>this|last|next)\s(?P<unit>week|month|quarter|year)\b(?!\sof\b|-)", _read_unit, True),
    _form(r"(?<=\bthe\s)(?P<part>(?!))?(?P<which>current|previous|coming)\s(?P<unit>week|month|quarter|year)\b(?!\sof\b|-)", _read_unit, True),
    _form(r"\b(?P<which>this|last|next|the)\sweekend\b(?!\s(?:before|after|of)\b)", _read_weekend, True),
    _form(rf"\b(?:the\s)?(?:last|past)\s(?P<count>{_COUNT})\s(?P<unit>day|week|month|year)s?\b", _read_counted, True),
    _form(rf"\b(?P<count>{_COUNT})\s(?P<unit>day|week|month|year)s?\sago\b", _read_ago, True),
    _form(
        rf"(?:{_PLACED})(?P<month>{_MONTH})(?:{_TO}(?P<other>{_MONTH}))?(?:,?\s(?P<year>{_YEAR})\b)?(?!\w|\s(?:of\s)?that\syear)(?!\s\d)", _read_month, None
    ),
    _form(rf"\b(?P<month>{_MONTH})(?P<other>(?!))?,?\s(?P<year>{_YEAR})\b", _read_month, None),
    _form(rf"(?:{_PLACED})(?P<year>{_YEAR})\b(?![,.]?\d|\s[a-z]*(?:people|dollars|euros|metres|miles|tons)\b)", _read_year, False),
)  # fmt: skip
