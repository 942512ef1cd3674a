"""What one browser session holds: its conversation, and the question that waits for an answer."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from uuid import uuid4

import streamlit as st

from rag.assistant import Assistant
from rag.errors import NewsdeskError
from rag.records import Answer, Filters, Turn, Usage

PARAMETER = "c"
_OPAQUE = re.compile(r"[0-9a-f]{32}")


@dataclass(frozen=True, slots=True)
class Ask:
    """A question that waits; ``searched_as`` where the reader worded the search, ``after`` that many turns; without ``write`` quotes are asked for,
    with ``any_time`` the question's days were taken off."""

    question: str
    searched_as: str | None = None
    after: int | None = None
    write: bool = True
    any_time: bool = False


@dataclass(frozen=True, slots=True)
class Shown:
    """An answer as it stands on the page, with the filters and the earlier turns that it was given under.

    ``reworded`` says that a reader worded the search. A conversation that is read back has neither this nor filters.
    """

    answer: Answer
    filters: Filters = field(default_factory=Filters)
    history: tuple[Turn, ...] = ()
    reworded: bool = False


def restore(assistant: Assistant) -> None:
    """Load the conversation that the address names, once a session; an id of another form names none."""
    if "turns" in st.session_state:
        _forget_purged(assistant)
        # Another page had an address of its own.
        if st.session_state.conversation and PARAMETER not in st.query_params:
            st.query_params[PARAMETER] = st.session_state.conversation
        return
    conversation = st.query_params.get(PARAMETER, "")
    known = bool(_OPAQUE.fullmatch(conversation))
    shown: list[Shown] = []
    for answer in assistant.conversation(conversation) if known else []:
        shown.append(Shown(answer, history=tuple(history(shown))))
    st.session_state.turns = shown
    st.session_state.conversation = conversation if known else None
    st.session_state.waiting = None
    st.session_state.purged = assistant.purged()


def _forget_purged(assistant: Assistant) -> None:
    """What a purge took from the library, this session does not go on showing or leaning on."""
    purged = assistant.purged()
    if purged == st.session_state.get("purged"):
        return
    st.session_state.purged = purged
    shown: list[Shown] = []
    for turn in turns():
        shown.append(replace(turn, answer=assistant.without_purged(turn.answer), history=tuple(history(shown))[: len(turn.history)]))
    st.session_state.turns = shown


def turns() -> list[Shown]:
    """The conversation so far."""
    shown: list[Shown] = st.session_state.turns
    return shown


def waiting() -> Ask | None:
    """The question to answer in this run: it stays until it is answered or fails, so an interruption loses none."""
    ask: Ask | None = st.session_state.waiting
    return ask


def wait_for(ask: Ask | None) -> None:
    """Let ``ask`` be the question to answer."""
    st.session_state.waiting = ask


def add(assistant: Assistant, shown: Shown) -> None:
    """Keep an answer, in this session and in the library; where the library cannot, the page says so."""
    st.session_state.fresh = len(turns())
    st.session_state.turns = [*turns(), shown]
    conversation = st.session_state.conversation or uuid4().hex
    st.session_state.conversation = conversation
    try:
        assistant.save_turn(conversation, shown.answer)
    except NewsdeskError as error:
        st.session_state.trouble = f"This answer is not kept: {error}"
        return
    st.query_params[PARAMETER] = conversation


def take(key: str) -> object:
    """What was left under ``key`` for this run alone, else None."""
    return st.session_state.pop(key, None)


def new_chat(ask: Ask | None = None) -> None:
    """Begin again, with ``ask`` where there is one; the old conversation stays under its address."""
    st.session_state.update(turns=[], conversation=None, waiting=ask)
    st.query_params.pop(PARAMETER, None)


def usage() -> Usage | None:
    """Tokens of the whole conversation; None where no chat model was asked."""
    used = [shown.answer.usage for shown in turns() if shown.answer.usage]
    return sum(used[1:], used[0]) if used else None


def history(shown: Sequence[Shown]) -> list[Turn]:
    """Earlier turns as the assistant takes them; a refusal is no answer."""
    return [Turn(s.answer.question, s.answer.answer if s.answer.status == "answered" else None) for s in shown]
