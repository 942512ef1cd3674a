"""The web app: opens the assistant once, asks who is there, and lists the pages."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import streamlit as st

from rag.assistant import Assistant
from rag.errors import NewsdeskError
from rag.opened import shared_assistant
from rag.ui.chat import chat_page
from rag.ui.escape import escape
from rag.ui.signing_in import come_in

ICON = Path(__file__).parent / "rag" / "ui" / "icon.svg"


@st.cache_resource(show_spinner="Opening the library…")
def open_assistant() -> Assistant:
    """One assistant for every session of this process."""
    return shared_assistant()


def chat() -> None:
    """The chat page."""
    _draw(lambda assistant: chat_page(assistant, library=LIBRARY, evaluate=EVALUATE))


def library() -> None:
    """The page of what is held."""
    # The chat, which is opened first, need not wait for what this page and the next import.
    from rag.ui.library import library_page

    _draw(lambda assistant: library_page(assistant, chat=CHAT))


def evaluate() -> None:
    """The page of test prompts."""
    from rag.ui.evaluate import evaluate_page

    _draw(lambda assistant: evaluate_page(assistant, chat=CHAT))


def _draw(page: Callable[[Assistant], None]) -> None:
    """A page for those who may see it, over the assistant of the session where a test has put one there."""
    try:
        if not come_in():
            return
        assistant = st.session_state.get("assistant") or open_assistant()
    except NewsdeskError as error:
        st.error(escape(str(error)))
        return
    page(assistant)


CHAT = st.Page(chat, title="Chat", default=True)
LIBRARY = st.Page(library, title="Library")
EVALUATE = st.Page(evaluate, title="Evaluate")

st.set_page_config(page_title="Newsdesk", page_icon=str(ICON), layout="centered")
# Hidden: Streamlit's own bar would stand above the masthead; each masthead links to the other pages.
st.navigation([CHAT, LIBRARY, EVALUATE], position="hidden").run()
