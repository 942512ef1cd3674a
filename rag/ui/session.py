"""What one browser session holds: the conversation that it shows, and the question that waits for an answer.

The library is the truth: what another page adds to the conversation, or takes from it, is seen at the next run.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace
from uuid import uuid4

import streamlit as st

from rag.assistant import Assistant
from rag.conversation import Exchange, Feedback
from rag.errors import NewsdeskError, NoSuchConversation
from rag.records import Usage
from rag.ui import asks
from rag.ui.asks import Ask
from rag.ui.people import may_change as may_change
from rag.ui.people import must_be_editor as must_be_editor
from rag.ui.people import owner as owner

PARAMETER = "c"
_OPAQUE = re.compile(r"[0-9a-f]{32}")


def restore(assistant: Assistant) -> None:
    """Load the conversation that the address names, once a session, and whatever became of it since; an id that names none begins a new one."""
    if "turns" not in st.session_state:
        named = st.query_params.get(PARAMETER, "")
        new_chat()
        st.session_state.purged = assistant.conversations.purged()
        if _OPAQUE.fullmatch(named):
            open_conversation(assistant, named)
            _go_on(named)
        return
    _forget_purged(assistant)
    conversation = st.session_state.conversation
    if conversation is None:
        return
    # Another page had an address of its own.
    if PARAMETER not in st.query_params:
        st.query_params[PARAMETER] = conversation
    revision = assistant.conversations.of(owner()).revision(conversation)
    if revision is None and st.session_state.revision is not None:
        new_chat()
        st.session_state.trouble = "This conversation was deleted."
    elif revision != st.session_state.revision:
        _load(assistant, conversation)


def _go_on(conversation_id: str) -> None:
    """Wait for what was being answered when the page went away."""
    if ask := asks.held(owner(), conversation_id):
        st.session_state.update(conversation=conversation_id, waiting=ask)


def _load(assistant: Assistant, conversation_id: str) -> None:
    """What the library holds of it, then what it could not keep."""
    try:
        kept = assistant.conversations.of(owner()).opened(conversation_id)
    except NoSuchConversation:
        return
    known = {turn.turn_id for turn in kept.turns}
    unkept = [turn for turn in turns() if turn.turn_id in st.session_state.get("unkept", ()) and turn.turn_id not in known]
    st.session_state.update(turns=[*kept.turns, *unkept], conversation=conversation_id, revision=kept.revision)


def _forget_purged(assistant: Assistant) -> None:
    """What a purge took from the library, this session does not go on showing or leaning on, kept or not."""
    purged = assistant.conversations.purged()
    if purged != st.session_state.get("purged"):
        st.session_state.purged = purged
        st.session_state.turns = [replace(turn, answer=assistant.conversations.without_purged(turn.answer)) for turn in turns()]


def turns() -> list[Exchange]:
    """The conversation so far."""
    shown: list[Exchange] = st.session_state.turns
    return shown


def turn(turn_id: str) -> Exchange | None:
    """One turn as it stands now; None where it is gone."""
    return next((turn for turn in turns() if turn.turn_id == turn_id), None)


def waiting() -> Ask | None:
    """The question to answer in this run: it stays until it is answered or fails, so an interruption loses none."""
    ask: Ask | None = st.session_state.waiting
    return ask


def wait_for(ask: Ask | None) -> None:
    """Let ``ask`` be the question to answer."""
    _release()
    st.session_state.waiting = ask


def begin(ask: Ask) -> None:
    """Name the conversation in the address before its question is answered, so that a page that is loaded again goes on with it."""
    conversation = st.session_state.conversation or uuid4().hex
    asks.hold(owner(), conversation, ask)
    st.session_state.conversation = conversation
    st.query_params[PARAMETER] = conversation


def _release() -> None:
    if st.session_state.get("waiting") and st.session_state.conversation:
        asks.release(owner(), st.session_state.conversation)


def add(assistant: Assistant, turn: Exchange, *, instead_of: Sequence[str] = ()) -> None:
    """Keep a turn, in this session and in the library, in place of others; where the library cannot, the page says so."""
    conversation = st.session_state.conversation or uuid4().hex
    st.session_state.turns = [*(other for other in turns() if other.turn_id not in instead_of), turn]
    st.session_state.update(conversation=conversation, fresh=turn.turn_id, editing=None)
    try:
        assistant.conversations.of(owner()).add(conversation, turn, instead_of=instead_of)
    except NewsdeskError as error:
        st.session_state.unkept = {*st.session_state.get("unkept", ()), turn.turn_id}
        st.session_state.trouble = f"This answer is not kept: {error}"
        return
    _load(assistant, conversation)
    st.query_params[PARAMETER] = conversation


def judge(assistant: Assistant, turn: Exchange, feedback: Feedback | None) -> None:
    """Keep what the reader thinks of a turn, in this session and in the library; where the library cannot, the page says so."""
    st.session_state.turns = [replace(other, feedback=feedback) if other.turn_id == turn.turn_id else other for other in turns()]
    try:
        assistant.conversations.of(owner()).judge(st.session_state.conversation, turn.turn_id, feedback)
    except NewsdeskError as error:
        st.session_state.trouble = f"What you think of the answer is not kept: {error}"
        return
    st.session_state.revision = assistant.conversations.of(owner()).revision(st.session_state.conversation)


def take(key: str) -> object:
    """What was left under ``key`` for this run alone, else None."""
    return st.session_state.pop(key, None)


def open_conversation(assistant: Assistant, conversation_id: str) -> None:
    """Show another conversation; a question that waits is dropped, and an id that names none begins a new one."""
    new_chat()
    _load(assistant, conversation_id)
    if st.session_state.conversation:
        st.query_params[PARAMETER] = conversation_id


def delete(assistant: Assistant, conversation_id: str) -> None:
    """Delete a conversation for good; where it is the one that is shown, begin again. Raises NoSuchConversation."""
    if conversation_id == st.session_state.conversation:
        new_chat()
    assistant.conversations.of(owner()).delete(conversation_id)


def new_chat(ask: Ask | None = None) -> None:
    """Begin again, with ``ask`` where there is one; the old conversation stays under its address."""
    _release()
    st.session_state.update(turns=[], conversation=None, revision=None, waiting=ask, editing=None)
    st.query_params.pop(PARAMETER, None)


def usage() -> Usage | None:
    """Tokens of the whole conversation; None where no chat model was asked."""
    used = [turn.answer.usage for turn in turns() if turn.answer.usage]
    return sum(used[1:], used[0]) if used else None
