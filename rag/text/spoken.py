"""Says days in words: "16 to 22 November 2026", "March 2024", "until 3 May 2025"; pure."""

from __future__ import annotations

from calendar import monthrange
from datetime import date

from rag.records import TimeAsked


def days_in_words(since: str | None, until: str | None) -> str:
    """Two ISO days, both inclusive and either one open, as a reader says them."""
    first, last = (date.fromisoformat(day) if day else None for day in (since, until))
    if first is None or last is None:
        return " ".join([*(["from", _day(first)] if first else []), *(["until", _day(last)] if last else [])])
    if first == last:
        return f"{first:%A} {_day(first)}"
    if first.day == 1 and last.day == monthrange(last.year, last.month)[1]:
        if (first.month, last.month, first.year) == (1, 12, last.year):
            return str(first.year)
        if (first.year, first.month) == (last.year, last.month):
            return f"{first:%B} {first.year}"
    if (first.year, first.month) == (last.year, last.month):
        return f"{first.day} to {_day(last)}"
    return f"{first.day} {first:%B} to {_day(last)}" if first.year == last.year else f"{_day(first)} to {_day(last)}"


def time_in_words(time: TimeAsked) -> str:
    """What was understood of a question's time, as its chip says it."""
    return f"{'Published' if time.kind == 'published' else 'About'} {days_in_words(time.since, time.until)}"


def _day(day: date) -> str:
    return f"{day.day} {day:%B} {day.year}"
