"""The quiet buttons under an answer that keep it as a test prompt: as it was answered, or as what it should not have been."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import streamlit as st

from rag.assistant import Assistant
from rag.conversation import Exchange, leant_on
from rag.errors import NewsdeskError
from rag.evaluate.prompt_file import append_prompt
from rag.evaluate.turns import prompt_of_answer, prompt_of_doubt
from rag.records import Answer, Turn
from rag.settings import Settings
from rag.ui import session
from rag.ui.escape import escape


def keep_button(assistant: Assistant, turn: Exchange, index: int) -> None:
    """Write the turn to the file of test prompts with one click, and say where; for editors, since all share the file."""
    if not session.may_change():
        return
    if st.button("Keep as test prompt", key=f"bookmark-{index}", icon=":material/bookmark_add:", type="tertiary"):
        answer, history = _asked(turn)
        _append(assistant, turn, prompt_of_answer(answer, history=history, filters=turn.filters), "")


def keep_doubted_button(assistant: Assistant, turn: Exchange, index: int) -> None:
    """The same of an answer that a reader doubts: the prompt fails until the answer is another one."""
    if not session.may_change():
        return
    expected = st.text_input("The answer should hold, if you know it", key=f"expected-{turn.turn_id}")
    with st.container(key=f"keep-doubted-{index}"):
        clicked = st.button("Make a test prompt of it", key=f"doubt-{index}", icon=":material/bookmark_add:", type="tertiary")
    if clicked and turn.feedback:
        answer, history = _asked(turn)
        prompt = prompt_of_doubt(answer, turn.feedback, expected=expected.strip(), history=history, filters=turn.filters)
        _append(assistant, turn, prompt, "" if expected.strip() else ": say there what the answer should hold")


def _asked(turn: Exchange) -> tuple[Answer, list[Turn]]:
    turns = session.turns()
    if not turn.reworded:
        return turn.answer, leant_on(turns, [other.turn_id for other in turns].index(turn.turn_id))
    # What was searched is the reader's own question; the turns before it played no part.
    return replace(turn.answer, question=turn.answer.searched_as), []


def _append(assistant: Assistant, turn: Exchange, prompt: Mapping[str, Any], more: str) -> None:
    if assistant.conversations.without_purged(turn.answer) is not turn.answer:
        st.toast("Not kept: an article of this answer was purged.", icon=":material/error:", duration="long")
        return
    path = assistant.settings.prompts_file
    try:
        session.must_be_editor()
        line = append_prompt(path, prompt)
    except NewsdeskError as error:
        st.toast(escape(str(error)), icon=":material/error:", duration="long")
        return
    st.toast(f"Kept in {escape(place(path, assistant.settings))}, line {line}{more}", icon=":material/bookmark_added:")


def place(path: Path, settings: Settings) -> str:
    """A file as a person names it: short inside the data folder, whole elsewhere."""
    return str(path.relative_to(settings.home)) if path.is_relative_to(settings.home) else str(path)
