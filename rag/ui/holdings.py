"""Turns what is held into words and plain data for the Library page; it knows nothing of Streamlit."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

from rag.answer.carried import carried
from rag.catalogue import Bar, Listed, Unit
from rag.librarian import MENDED, Check, Fate, Finding
from rag.records import Article, Overview, Version
from rag.text.differences import differences, tally
from rag.ui import words
from rag.ui.views import shortened

HEADS = ("Published", "Title", "Outlet", "Language", "Versions", "Passages")
TAKE_OUT, DELETE = "Take it out of search", "Delete it for good"


def table_view(listed: Sequence[Listed]) -> dict[str, Any]:
    """A row an article; ``open`` opens its text, ``changed`` what changed in it, None where there is one version."""
    return {"kind": "table", "heads": HEADS, "rows": [_row(place, article) for place, article in enumerate(listed)]}


def _row(place: int, article: Listed) -> dict[str, Any]:
    return {
        "open": f"a{place}",
        "changed": f"v{place}" if article.versions > 1 else None,
        "title": article.title,
        "lang": article.language,
        "dir": words.direction(article.language),
        "copies": carried(article.source, article.carried_by),
        "cells": (
            _short_day(article.published),
            article.source or "",
            words.language(article.language),
            f"{article.versions:,}",
            f"{article.chunks:,}",
        ),
    }


def timeline_view(unit: Unit, bars: Sequence[Bar]) -> dict[str, Any]:
    """A bar a day, month or year, its height its share of the most; ``open`` names the days that it narrows the list to."""
    most = max(bar.count for bar in bars)
    return {
        "kind": "timeline",
        "said": f"Articles by {unit} of publication",
        "ends": [_bar_name(bars[0], unit), _bar_name(bars[-1], unit)],
        "bars": [
            {
                "open": f"{bar.first}/{bar.last}" if bar.count else None,
                "said": f"{_bar_name(bar, unit)}: {words.count(bar.count, 'article')}",
                "share": round(bar.count / most, 3),
            }
            for bar in bars
        ],
    }


def _bar_name(bar: Bar, unit: Unit) -> str:
    named = words.day(bar.first.isoformat())
    return named if unit == "day" else named.partition(" ")[2] if unit == "month" else f"{bar.first.year}"


def changes_view(old: Article, new: Article, held: Sequence[Version]) -> dict[str, Any]:
    """What changed from one version to a later one, in words and marked; what stayed the same is cut short between changes."""
    pieces = differences(old.text, new.text)
    places, gone, came = tally(pieces)
    before, after = (next(v for v in numbered(held) if v[1].version == article.version) for article in (old, new))
    said = [
        *(["The title was changed."] if old.title != new.title else []),
        f"The text was changed in {words.count(places, 'place')}: {words.count(gone, 'word')} went, {words.count(came, 'word')} came."
        if places
        else "The text is the same.",
    ]
    retitled = [(old.title, "gone"), (new.title, "new"), ("\n\n", "same")] if old.title != new.title else []
    return {
        "kind": "changes",
        "heading": new.title,
        "meta": f"From version {before[0]} ({taken_in(before[1])}) to version {after[0]} ({taken_in(after[1])})",
        "said": " ".join(said),
        "pieces": [*retitled, *shortened(pieces)] if places else retitled,
        "lang": new.language,
        "dir": words.direction(new.language),
    }


def numbered(held: Sequence[Version]) -> list[tuple[int, Version]]:
    """The versions with their numbers, since two may come within a minute."""
    return list(enumerate(held, start=1))


def taken_in(version: Version) -> str:
    """When a version was taken in."""
    return f"{_short_day(version.ingested)}, {version.ingested[11:16]} UTC"


def page_of(total: int, offset: int, shown: int) -> str:
    """``51 to 100 of 1,204 articles``."""
    if shown == total:
        return words.count(total, "article")
    return f"{offset + 1:,} to {offset + shown:,} of {words.count(total, 'article')}"


def state(overview: Overview, check: Check | None, serving: str | None, now: datetime) -> str:
    """What is held and whether all of it was found in order when that was last looked at; ``serving`` is the generation that is searched now."""
    held = f"{words.count(overview.articles, 'article')} in {words.count(overview.chunks, 'passage')}"
    if check is None:
        return f"{held}; not checked since the app was started"
    ago = _ago((now - check.at).total_seconds())
    since = "" if check.generation == serving else ", before the library last changed"
    if check.findings:
        return f"{held}; checked {ago}{since}; {words.count(len(check.findings), 'thing')} wrong"
    return f"{held}{', all of them searchable' * (not since)}; checked {ago}{since}; nothing wrong"


def finding(found: Finding) -> str:
    """Something that is wrong, and what to do about it on this page where that can be done here."""
    advice = "“Repair” puts it right" if found.advice == MENDED else found.advice
    return f"{found.part[:1].upper()}{found.part[1:]}: {found.problem}; {advice}."


def fates(fate: Fate) -> dict[str, str]:
    """What each way of removing an article does, by the name of the way."""
    answers = words.count(fate.answers, "kept answer")
    stays = f"{fate.came_from} stays as it is, and the article is not taken in from it again."
    kept = f"What {answers} quoted or listed of it stays readable. " if fate.answers else ""
    goes = f", and what {answers} quoted or listed of it" if fate.answers else ""
    file = (
        f"The copy that Newsdesk keeps of {fate.came_from} goes too, unless it holds other articles."
        if fate.ours
        else f"{stays[0].upper()}{stays[1:]}"
    )
    return {
        TAKE_OUT: f"No answer is found in it any more. {kept}{stays[0].upper()}{stays[1:]} It can be put back.",
        DELETE: (
            f"{words.count(fate.versions, 'version')} and {words.count(fate.chunks, 'passage')} go{goes}. {file} The library's file is written anew. "
            "This cannot be undone."
        ),
    }


def _short_day(published: str | None) -> str:
    """``14 Oct 2025``, which leaves room for the title."""
    number, _, rest = words.day(published).partition(" ")
    month, _, year = rest.partition(" ")
    return f"{number} {month[:3]} {year}".strip()


def _ago(seconds: float) -> str:
    minutes = int(seconds // 60)
    if minutes < 1:
        return "just now"
    if minutes < 60:
        return f"{words.count(minutes, 'minute')} ago"
    if minutes < 48 * 60:
        return f"{words.count(minutes // 60, 'hour')} ago"
    return f"{words.count(minutes // (24 * 60), 'day')} ago"


def now() -> datetime:
    """The moment, as ``state`` compares it."""
    return datetime.now(UTC)
