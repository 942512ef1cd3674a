"""Questions that wait for an answer, held by conversation while they are answered: a page that is loaded again meanwhile goes on with its own.

They are held in this process's memory alone, for whoever owns the conversation.
"""

from __future__ import annotations

from collections import OrderedDict
from dataclasses import dataclass, field
from threading import Lock
from uuid import uuid4

from rag.records import Filters

# Of readers who left and never came back.
_MOST = 1000


@dataclass(frozen=True, slots=True)
class Ask:
    """A question that waits; ``searched_as`` where the reader worded the search, ``after`` that many turns; without ``write`` quotes are asked for,
    with ``any_time`` the question's days were taken off. Its answer takes the place of the turns with the ids ``instead_of``, and is kept as
    ``turn_id``; ``filters`` are those that it was begun under."""

    question: str
    searched_as: str | None = None
    after: int | None = None
    write: bool = True
    any_time: bool = False
    instead_of: tuple[str, ...] = ()
    filters: Filters | None = None
    turn_id: str = field(default_factory=lambda: uuid4().hex)


_LOCK = Lock()
_HELD: OrderedDict[tuple[str | None, str], Ask] = OrderedDict()


def hold(owner: str | None, conversation_id: str, ask: Ask) -> None:
    """Let ``ask`` be what is being answered there."""
    with _LOCK:
        _HELD[owner, conversation_id] = ask
        _HELD.move_to_end((owner, conversation_id))
        if len(_HELD) > _MOST:
            _HELD.popitem(last=False)


def held(owner: str | None, conversation_id: str) -> Ask | None:
    """What is being answered there, or was when its page went away."""
    with _LOCK:
        return _HELD.get((owner, conversation_id))


def release(owner: str | None, conversation_id: str) -> None:
    """It was answered, failed, or is wanted no more."""
    with _LOCK:
        _HELD.pop((owner, conversation_id), None)
