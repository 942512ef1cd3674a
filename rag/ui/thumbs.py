"""What a reader thinks of an answer: thumbs, and after a thumb down what is wrong; either way the turn can become a test prompt."""

from __future__ import annotations

from dataclasses import replace

import streamlit as st

from rag.assistant import Assistant
from rag.conversation import LONGEST_NOTE, Exchange, Feedback, Verdict
from rag.ui import session
from rag.ui.keep import keep_button, keep_doubted_button

# As st.feedback counts.
_DOWN, _UP = 0, 1
_WRONG: dict[str, Verdict] = {"The answer is wrong": "answer wrong", "The evidence is wrong": "evidence wrong"}


# A click redraws nothing but this line.
@st.fragment
def judgement(assistant: Assistant, turn_id: str, index: int) -> None:
    """The line under an answer."""
    turn = session.turn(turn_id)
    if turn is None:
        return
    whole = not any(citation.deleted for citation in turn.answer.citations)
    doubted = turn.feedback is not None and turn.feedback.verdict != "right"
    with st.container(key=f"keep-{index}", horizontal=True, vertical_alignment="center", gap="small"):
        thumbs = f"thumbs-{turn_id}"
        # What was kept is what is shown, whichever page it was said on.
        st.session_state[thumbs] = None if turn.feedback is None else _DOWN if doubted else _UP
        st.feedback("thumbs", key=thumbs, on_change=_thumb, args=(assistant, turn_id, thumbs))
        if whole and not doubted:
            keep_button(assistant, turn, index)
    if doubted:
        with st.container(key=f"doubted-{index}", gap="xsmall"):
            _what_is_wrong(assistant, turn)
            if whole:
                keep_doubted_button(assistant, turn, index)


def _what_is_wrong(assistant: Assistant, turn: Exchange) -> None:
    assert turn.feedback
    which, note = f"wrong-{turn.turn_id}", f"note-{turn.turn_id}"
    said = next((label for label, verdict in _WRONG.items() if verdict == turn.feedback.verdict), None)
    st.session_state[which], st.session_state[note] = said, turn.feedback.note
    st.segmented_control("What is wrong?", list(_WRONG), key=which, on_change=_say_which, args=(assistant, turn.turn_id, which))
    st.text_input("A note, if you like", key=note, max_chars=LONGEST_NOTE, on_change=_note, args=(assistant, turn.turn_id, note))


def _thumb(assistant: Assistant, turn_id: str, thumbs: str) -> None:
    turn, thumb = session.turn(turn_id), st.session_state[thumbs]
    if turn:
        session.judge(assistant, turn, None if thumb is None else Feedback("right" if thumb == _UP else "wrong"))


def _say_which(assistant: Assistant, turn_id: str, which: str) -> None:
    turn = session.turn(turn_id)
    if turn and turn.feedback:
        session.judge(assistant, turn, replace(turn.feedback, verdict=_WRONG.get(st.session_state[which] or "", "wrong")))


def _note(assistant: Assistant, turn_id: str, note: str) -> None:
    turn = session.turn(turn_id)
    if turn and turn.feedback:
        session.judge(assistant, turn, replace(turn.feedback, note=st.session_state[note].strip()))
