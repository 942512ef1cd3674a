"""What a question's time does: days of publication narrow the search, days of an event order what was found; pure."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from datetime import date, timedelta

from rag.models.reader import Reading
from rag.records import Filters, Passage, TimeAsked
from rag.text.notes import told

# News of an event is mostly printed within this many days of it; beyond, the day of publication says nothing about it.
_TOLD_WITHIN = timedelta(days=7)
# By how much the odds of a sentence count more when its own days lie in the window, or its article came out then; less when they lie elsewhere,
# and least when its article came out before and so cannot know. Set on the first half of tests/data/time_questions.jsonl (docs/time.md).
_IN, _THEN, _ELSEWHERE, _BEFORE = 6.0, 2.0, 0.5, 0.1
# "Last year" holds the third of May, and says nothing about it.
_LONGEST_DAY = timedelta(days=31)


def narrowed(filters: Filters, time: TimeAsked | None) -> Filters | None:
    """The filters with the days of publication that a question names; None where no day is in both. An event narrows nothing."""
    if not time or time.kind == "event":
        return filters
    return _both(filters, _day(time.since), _day(time.until))


def soon_after(filters: Filters, time: TimeAsked | None) -> Filters | None:
    """The filters with the days on which an event is first told; None where there is no event, or no day in both."""
    if not time or time.kind == "published" or not time.since:
        return None
    until = _day(time.until)
    return _both(filters, _day(time.since), until and until + _TOLD_WITHIN)


def joined(found: Sequence[Passage], then: Sequence[Passage], limit: int) -> list[Passage]:
    """Passages found anywhere and passages of the event's days in turn, so that neither kind can crowd out the other; each once."""
    if not then:
        return list(found)
    turns = [p for pair in zip(found, then, strict=False) for p in pair] + [*found[len(then) :], *then[len(found) :]]
    return list({p.chunk_id: p for p in turns}.values())[:limit]


def preferred(readings: Sequence[Reading], passages: Sequence[Passage], time: TimeAsked | None, threshold: float) -> list[Reading]:
    """Readings ordered for an event: of those that answer, first the ones that tell of its days; where the first does, those of other days go.

    Nothing that does not reach ``threshold`` moves, so that whether there is an answer stays as it was.
    """
    if not time or time.kind == "published":
        return list(readings)
    answering = [r for r in readings if r.probability >= threshold]
    weights = {id(r): _weight(r, passages[r.passage], time) for r in answering}
    ordered = sorted(answering, key=lambda r: -weights[id(r)] * r.probability / max(1e-9, 1 - r.probability))
    if max(weights.values(), default=0.0) <= 1:
        return list(readings)  # the library holds nothing of those days
    if weights[id(ordered[0])] > 1:
        ordered = [r for r in ordered if weights[id(r)] >= 1]
    return [*ordered, *readings[len(answering) :]]


def of_those_days(readings: Sequence[Reading], passages: Sequence[Passage], time: TimeAsked) -> list[Reading]:
    """The readings whose own words name days of the event."""
    return [r for r in readings if _weight(r, passages[r.passage], time) == _IN]


def _weight(reading: Reading, passage: Passage, time: TimeAsked) -> float:
    since, until = _day(time.since) or date.min, _day(time.until) or date.max
    own = [s for s in told(reading.text, passage.published) if s.until - s.since <= max(_LONGEST_DAY, until - since)]
    if any(s.since <= until and since <= s.until for s in own):
        return _IN
    if own:
        return _ELSEWHERE
    published = passage.published and passage.published[:10]
    soon = until + _TOLD_WITHIN if until < date.max - _TOLD_WITHIN else until
    if not published or published > soon.isoformat():
        return 1.0
    return _THEN if published >= since.isoformat() else _BEFORE


def _both(filters: Filters, since: date | None, until: date | None) -> Filters | None:
    since = max(filter(None, (filters.since, since)), default=None)
    until = min(filter(None, (filters.until, until)), default=None)
    return None if since and until and since > until else dataclasses.replace(filters, since=since, until=until)


def _day(iso: str | None) -> date | None:
    return date.fromisoformat(iso) if iso else None
