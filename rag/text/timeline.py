"""Counts by day as a row of days, months or years, whichever is few enough to be seen at once; it knows nothing of articles."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Literal

Unit = Literal["day", "month", "year"]
# So many bars fit a page's width, and a month and a half of days or five years of months are one look.
_MOST = 62


@dataclass(frozen=True, slots=True)
class Bar:
    """A day, month or year by its first and last day, and how many fall into it."""

    first: date
    last: date
    count: int


def timeline(days: Mapping[date, int]) -> tuple[Unit, list[Bar]]:
    """What the bars stand for, and the bars from the first day to the last, empty ones included; none for no days."""
    if not days:
        return "day", []
    first, last = min(days), max(days)
    unit: Unit = "day" if (last - first).days < _MOST else "month" if _months(first, last) <= _MOST else "year"
    counts: dict[date, int] = {}
    for day, count in days.items():
        start = _start(day, unit)
        counts[start] = counts.get(start, 0) + count
    bars, at = [], _start(first, unit)
    while at <= last:
        end = _last(at, unit)
        bars.append(Bar(at, end, counts.get(at, 0)))
        if end == date.max:
            break
        at = end + timedelta(days=1)
    return unit, bars


def _months(first: date, last: date) -> int:
    return 12 * (last.year - first.year) + last.month - first.month + 1


def _start(day: date, unit: Unit) -> date:
    return day if unit == "day" else day.replace(day=1) if unit == "month" else day.replace(month=1, day=1)


def _last(start: date, unit: Unit) -> date:
    if unit == "day":
        return start
    if unit == "year":
        return start.replace(month=12, day=31)
    return start.replace(day=31) if start.month == 12 else start.replace(month=start.month + 1) - timedelta(days=1)
