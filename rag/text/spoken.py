"""Says days, counts and scopes in words: "16 to 22 November 2026", "1,240 articles", "from 1 March 2025 · World Brief"; pure."""

from __future__ import annotations

from calendar import monthrange
from collections.abc import Sequence
from datetime import date

from rag.records import Filters, TimeAsked

MOST_NAMED = 3

# What stands over accounts beside each other; it says no more than is known (docs/accounts.md).
DIFFER = {"conflict": "The articles may differ", "update": "Perhaps updated since"}


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


def dotted(*parts: str | None) -> str:
    """The parts that are known, on one line."""
    return " · ".join(part for part in parts if part)


def day(value: str | date | None) -> str:
    """``2024-03-22`` as ``22 March 2024``; what is no ISO day stays as it is, nothing is the empty text."""
    if value is None:
        return ""
    if isinstance(value, str):
        try:
            value = date.fromisoformat(value[:10])
        except ValueError:
            return str(value)
    return f"{value.day} {value:%B} {value.year}"


def updated(published: str | None, later: str | None) -> str | None:
    """``updated 3 May 2025`` where an article says so; None where that is the day on which it was published."""
    return f"updated {day(later)}" if later and later[:10] != (published or "")[:10] else None


def count(number: int, noun: str) -> str:
    """``1 article``, ``1,240 articles``."""
    return f"{number:,} {noun}" if number == 1 else f"{number:,} {noun}s"


def scope(filters: Filters) -> str:
    """The filters on one line; the empty text where there are none."""
    since = f"from {day(filters.since)}" if filters.since else None
    until = f"until {day(filters.until)}" if filters.until else None
    return dotted(since, until, outlets(filters.outlets))


def outlets(names: Sequence[str]) -> str:
    """A few outlets by name, many as a count."""
    return ", ".join(names) if len(names) <= MOST_NAMED else count(len(names), "outlet")
