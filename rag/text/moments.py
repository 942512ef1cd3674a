"""The moment at which an article was published, so that newest comes first whatever zone its clock is in; pure."""

from __future__ import annotations

from datetime import UTC, datetime


def moment(published: str | None) -> datetime | None:
    """The moment of an ISO 8601 date or date-time, in UTC; None for nothing and for what is neither.

    A clock without a zone counts as UTC, so that the order is the same on every machine. A day without a clock is its first moment: what came
    on an unknown hour of a day must not displace what is known to have come later on it.
    """
    try:
        read = datetime.fromisoformat(published) if published else None
        return read and (read.astimezone(UTC) if read.tzinfo else read.replace(tzinfo=UTC))
    except (ValueError, OverflowError):
        return None


def newest_first(published: str | None) -> float:
    """A key that sorts the newest first and what has no date last."""
    at = moment(published)
    return -at.timestamp() if at else float("inf")
