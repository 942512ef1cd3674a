"""What the command and HTTP take and give alike: filters that the library knows, articles and passages as JSON; it knows neither of them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict
from datetime import date
from typing import Any

from rag.assistant import Assistant
from rag.errors import UsageError
from rag.records import Filters, Passage
from rag.store.listing import Listed as Listed
from rag.store.listing import Order as Order
from rag.store.listing import Sought as Sought
from rag.store.listing import days, languages, listed
from rag.text.timeline import Bar as Bar
from rag.text.timeline import Unit as Unit
from rag.text.timeline import timeline

DETAILS = ("article_id", "version", "title", "source", "author", "published", "updated", "url", "language")
PASSAGE = ("article_id", "version", "start", "end", "text", "score", "title", "source", "published", "url", "carried_by")


def filters_of(assistant: Assistant, since: date | None, until: date | None, outlets: Sequence[str] | None) -> Filters:
    """Filters that can match something, outlets as the articles write them.

    Raises UsageError for days the wrong way round and for an outlet that the library does not hold.
    """
    if since and until and since > until:
        raise UsageError(f"since {since} lies after until {until}: exchange them.")
    if not outlets:
        return Filters(since, until)
    held = assistant.overview().outlets
    known = {outlet.casefold(): outlet for outlet in held}
    for outlet in outlets:
        if outlet.casefold() not in known:
            raise UsageError(f"The library holds no outlet {outlet!r}; it holds {', '.join(held) or 'none'}.")
    return Filters(since, until, tuple(dict.fromkeys(known[outlet.casefold()] for outlet in outlets)))


def passages_to_json(passages: Sequence[Passage]) -> list[dict[str, Any]]:
    """Passages with what is known of their articles."""
    return [{name: getattr(p, name) for name in PASSAGE} | {"carried_by": [asdict(c) for c in p.carried_by]} for p in passages]


def article_to_json(assistant: Assistant, article_id: str, version: str | None = None) -> dict[str, Any]:
    """One version of an article with its text; raises NoSuchArticle."""
    article = assistant.article(article_id, version)
    ingested = next(v.ingested for v in assistant.versions(article_id) if v.version == article.version)
    return {name: getattr(article, name) for name in DETAILS} | {"ingested": ingested, "text": article.text}


def articles(assistant: Assistant, sought: Sought = Sought(), *, limit: int | None = None, offset: int = 0) -> tuple[int, list[Listed]]:
    """How many articles are sought, and those of one page."""
    return listed(assistant.library.database, sought, limit=limit, offset=offset)


def over_time(assistant: Assistant, sought: Sought = Sought()) -> tuple[Unit, list[Bar]]:
    """How many of the articles that are sought were published when, by day, month or year."""
    return timeline(days(assistant.library.database, sought))


def languages_held(assistant: Assistant) -> tuple[str, ...]:
    """Languages of the articles that are searched, the commonest first."""
    return languages(assistant.library.database)


def listed_to_json(article: Listed) -> dict[str, Any]:
    """One article of a list."""
    known = {name: getattr(article, name) for name in (*DETAILS, "ingested")}
    return known | {"carried_by": [asdict(c) for c in article.carried_by]}
