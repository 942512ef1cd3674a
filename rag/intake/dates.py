"""Reads the dates of news pages and files into ISO 8601 text; it knows no files.

Only forms with one reading are taken: 03/04/2024 is March in one country and April in another, so it is none.
"""

from __future__ import annotations

import re
from datetime import date, datetime, time, timedelta, timezone

_MONTHS = {name: number for number, name in enumerate("jan feb mar apr may jun jul aug sep oct nov dec".split(), start=1)}
_MONTH = r"(?P<month>jan(?:uary)?|feb(?:ruary)?|mar(?:ch)?|apr(?:il)?|may|june?|july?|aug(?:ust)?|sept?(?:ember)?|oct(?:ober)?|nov(?:ember)?|dec(?:ember)?)\.?"
_DAY = r"(?P<day>\d{1,2})(?:st|nd|rd|th)?"
_YEAR = r"(?P<year>\d{4})"
_WEEKDAY = r"(?:(?:mon|tues?|wed(?:nes)?|thu(?:rs?)?|fri|sat(?:ur)?|sun)(?:day)?\.?,?\s+)?"
_CLOCK = (
    r"(?:,?\s+(?:at\s+|[-–—|]\s+)?(?P<hour>\d{1,2})(?:[:.](?P<minute>\d\d)(?::(?P<second>\d\d))?)?"
    r"\s*(?P<half>[ap]\.?m\.?)?\s*(?P<zone>[a-z]{2,4}|[+-]\d\d:?\d\d)?)?"
)
_FORMS = tuple(
    re.compile(_WEEKDAY + form + _CLOCK, re.IGNORECASE)
    for form in (
        rf"{_MONTH}\s+{_DAY},?\s+{_YEAR}",
        rf"{_DAY}\s+{_MONTH},?\s+{_YEAR}",
        r"(?P<day>\d{1,2})\.\s?(?P<month>\d{1,2})\.\s?(?P<year>\d{4})",
    )
)
_CLOCK_FIRST = re.compile(r"^(?P<clock>\d{1,2}[:.]\d\d(?: ?[ap]\.?m\.?)?(?: [A-Z]{2,4})?),? (?P<date>[\w,. ]+ \d{4})$", re.IGNORECASE)
_ISO = re.compile(r"\d{4}[-/]\d{2}[-/]\d{2}(?:[T ]\d{2}:\d{2}.*)?")
# Hours from UTC. Abbreviations that mean two zones (IST, and CST outside America) are left out, the American CST aside,
# which is what an English news page nearly always means.
_ZONES: dict[str, int] = {"utc": 0, "gmt": 0, "z": 0, "bst": 1, "cet": 1, "cest": 2, "msk": 3, "ast": -4, "adt": -3} | {
    "est": -5, "edt": -4, "cst": -6, "cdt": -5, "mst": -7, "mdt": -6, "pst": -8, "pdt": -7
}  # fmt: skip


def parse_date(text: str) -> str | None:
    """``2024-03-27``, or a date-time with its offset where it has one; None for what is not a whole date."""
    if len(text) > 80:
        return None  # no date is that long, and a page may be one endless line
    text = _CLOCK_FIRST.sub(r"\g<date> \g<clock>", " ".join(text.split()))
    if _ISO.fullmatch(text):
        return _iso(text[:10].replace("/", "-") + text[10:])
    for form in _FORMS:
        if found := form.fullmatch(text):
            return _from_parts(found)
    return None


def _iso(text: str) -> str | None:
    try:
        text = re.sub(r" (?=[+-]\d\d:?\d\d$)", "", text)
        return date.fromisoformat(text).isoformat() if len(text) == 10 else datetime.fromisoformat(text).isoformat()
    except ValueError:
        return None


def _from_parts(found: re.Match[str]) -> str | None:
    month = found["month"]
    try:
        day = date(int(found["year"]), int(month) if month.isdigit() else _MONTHS[month[:3].lower()], int(found["day"]))
        if found["hour"] is None:
            return day.isoformat()
        if found["minute"] is None and found["half"] is None:
            return None  # a bare number after a date is no clock
        clock = time(
            _hour(int(found["hour"]), found["half"]), int(found["minute"] or 0), int(found["second"] or 0), tzinfo=_zone(found["zone"])
        )
        return datetime.combine(day, clock).isoformat()
    except ValueError:
        return None


def _hour(hour: int, half: str | None) -> int:
    """The hour of the day; raises ValueError for 13 PM."""
    if half is None:
        return hour
    if not 1 <= hour <= 12:
        raise ValueError(f"{hour} {half} is no hour")
    return hour % 12 + (12 if half.lower().startswith("p") else 0)


def _zone(name: str | None) -> timezone | None:
    """None for a zone that is not known: a local time without an offset is right, a guessed offset may not be."""
    if name is None:
        return None
    if name[0] in "+-":
        minutes = int(name[1:3]) * 60 + int(name[-2:])
        return timezone(timedelta(minutes=-minutes if name[0] == "-" else minutes))
    hours = _ZONES.get(name.lower())
    return None if hours is None else timezone(timedelta(hours=hours))
