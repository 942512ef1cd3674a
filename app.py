"""The web app: opens the assistant once and lists the pages."""

from __future__ import annotations

from pathlib import Path

import streamlit as st

from rag.assistant import Assistant
from rag.errors import NewsdeskError
from rag.settings import load_settings
from rag.ui.chat import chat_page
from rag.ui.escape import escape

ICON = Path(__file__).parent / "rag" / "ui" / "icon.svg"


@st.cache_resource(show_spinner="Opening the library…")
def open_assistant() -> Assistant:
    """One assistant for every session of this process."""
    return Assistant(load_settings())


def chat() -> None:
    """The chat page, over the assistant of the session where a test has put one there."""
    try:
        assistant = st.session_state.get("assistant") or open_assistant()
    except NewsdeskError as error:
        st.error(escape(str(error)))
        return
    chat_page(assistant)


st.set_page_config(page_title="Newsdesk", page_icon=str(ICON), layout="centered")
st.navigation([st.Page(chat, title="Chat", default=True)], position="hidden").run()
