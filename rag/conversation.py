"""What a conversation is: turns as they were answered, and the one form in which a turn is frozen; it knows neither where they are kept nor screens."""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from typing import Any, Literal
from uuid import uuid4

from rag.records import Answer, Filters, Turn, answer_from_dict

Verdict = Literal["right", "wrong", "answer wrong", "evidence wrong"]
# Characters; a note is a remark and a title a line of the sidebar.
LONGEST_NOTE = 1000
LONGEST_TITLE = 120
# Of the first question, where nobody has named the conversation.
_SHORTENED = 80


@dataclass(frozen=True, slots=True)
class Feedback:
    """What a reader thought of an answer, "wrong" where nothing was said of what is; the ``note`` has at most ``LONGEST_NOTE`` characters."""

    verdict: Verdict
    note: str = ""


@dataclass(frozen=True, slots=True)
class Exchange:
    """A question with its answer as it was given, and under what.

    ``asked`` is the moment of the question (ISO 8601, UTC), ``generation`` names the index that was searched, ``reworded`` says that a reader worded
    the search. ``leant_on`` is how many of the turns before it were in sight, None for all of them. Turns of older releases have neither
    filters nor these.
    """

    turn_id: str
    answer: Answer
    asked: str
    filters: Filters = field(default_factory=Filters)
    reworded: bool = False
    leant_on: int | None = None
    generation: str | None = None
    feedback: Feedback | None = None


@dataclass(frozen=True, slots=True)
class Heading:
    """A conversation as a list shows it; ``last`` is when its newest turn was kept (ISO 8601, UTC)."""

    conversation_id: str
    title: str
    created: str
    last: str
    turns: int


@dataclass(frozen=True, slots=True)
class Conversation:
    """A conversation whole, its turns oldest first; ``revision`` grows with each change."""

    conversation_id: str
    title: str
    created: str
    last: str
    revision: int
    turns: tuple[Exchange, ...]


def exchange(
    answer: Answer, *, turn_id: str | None = None, filters: Filters = Filters(), reworded: bool = False, leant_on: int | None = None
) -> Exchange:
    """A turn that was answered just now; one without an id gets one."""
    asked = datetime.now(UTC) - timedelta(seconds=answer.seconds.total)
    return Exchange(turn_id or uuid4().hex, answer, asked.isoformat(timespec="seconds"), filters, reworded, leant_on)


def history(turns: Sequence[Exchange]) -> list[Turn]:
    """Turns as the assistant takes them; a refusal is no answer."""
    return [Turn(t.answer.question, t.answer.answer if t.answer.status == "answered" else None) for t in turns]


def leant_on(turns: Sequence[Exchange], index: int) -> list[Turn]:
    """What the turn at ``index`` was asked after."""
    return history(turns[:index][: turns[index].leant_on])


def shortened(question: str) -> str:
    """The first question as a title."""
    line = " ".join(question.split())
    return line if len(line) <= _SHORTENED else f"{line[:_SHORTENED].rpartition(' ')[0] or line[:_SHORTENED]} …"


def freeze(turn: Exchange) -> tuple[dict[str, Any], dict[str, Any]]:
    """The answer and what it was asked under, as plain data that JSON can hold."""
    filters = {"since": _iso(turn.filters.since), "until": _iso(turn.filters.until), "outlets": list(turn.filters.outlets)}
    return dataclasses.asdict(turn.answer), {"filters": filters, "reworded": turn.reworded, "leant_on": turn.leant_on}


def thaw(row: Mapping[str, Any]) -> Exchange:
    """The turn of a row: ``turn_id``, ``answer`` and ``asked_under`` as JSON, ``asked``, ``created``, ``generation``, ``verdict``, ``note``."""
    under = json.loads(row["asked_under"] or "{}")
    filters = under.get("filters", {})
    since, until = (date.fromisoformat(day) if day else None for day in (filters.get("since"), filters.get("until")))
    return Exchange(
        row["turn_id"],
        answer_from_dict(json.loads(row["answer"])),
        row["asked"] or row["created"],
        Filters(since, until, tuple(filters.get("outlets", ()))),
        under.get("reworded", False),
        under.get("leant_on"),
        row["generation"],
        Feedback(row["verdict"], row["note"] or "") if row["verdict"] else None,
    )


def _iso(day: date | None) -> str | None:
    return day.isoformat() if day else None
