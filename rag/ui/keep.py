"""The quiet button under an answer that keeps it as a test prompt."""

from __future__ import annotations

import dataclasses
from pathlib import Path
from typing import Any

import streamlit as st

from rag.assistant import Assistant
from rag.errors import NewsdeskError
from rag.evaluate.prompt_file import append_prompt
from rag.evaluate.turns import prompt_of_answer
from rag.settings import Settings
from rag.ui.escape import escape
from rag.ui.session import Shown


# A click redraws nothing but the button.
@st.fragment
def keep_button(assistant: Assistant, shown: Shown, index: int) -> None:
    """Write the turn to the file of test prompts with one click, and say where."""
    with st.container(key=f"keep-{index}"):
        clicked = st.button("Keep as test prompt", key=f"bookmark-{index}", icon=":material/bookmark_add:", type="tertiary")
    if not clicked:
        return
    if assistant.without_purged(shown.answer) is not shown.answer:
        st.toast("Not kept: an article of this answer was purged.", icon=":material/error:", duration="long")
        return
    path = assistant.settings.prompts_file
    try:
        line = append_prompt(path, _prompt(shown))
    except NewsdeskError as error:
        st.toast(escape(str(error)), icon=":material/error:", duration="long")
        return
    st.toast(f"Kept in {escape(place(path, assistant.settings))}, line {line}", icon=":material/bookmark_added:")


def _prompt(shown: Shown) -> dict[str, Any]:
    if not shown.reworded:
        return prompt_of_answer(shown.answer, history=shown.history, filters=shown.filters)
    # What was searched is the reader's own question; the turns before it played no part.
    return prompt_of_answer(dataclasses.replace(shown.answer, question=shown.answer.searched_as), filters=shown.filters)


def place(path: Path, settings: Settings) -> str:
    """A file as a person names it: short inside the data folder, whole elsewhere."""
    return str(path.relative_to(settings.home)) if path.is_relative_to(settings.home) else str(path)
