"""The Library page: what is held and in what state, boxes that take more, the list of articles and what is out of search."""

from __future__ import annotations

from collections.abc import Callable

import streamlit as st

from rag.assistant import Assistant
from rag.errors import NewsdeskError
from rag.ui import session
from rag.ui.escape import escape
from rag.ui.intake import intake, outcome
from rag.ui.masthead import masthead
from rag.ui.removal import ask_again, do_what_was_asked, out_of_search, said_of_removal
from rag.ui.shelf import shelf
from rag.ui.soundness import index_state
from rag.ui.work import TROUBLE


def library_page(assistant: Assistant, *, chat: st.Page) -> None:
    """Draw the page, with a link to the chat; an error that a person can act on is one line in its place."""
    with masthead():
        st.page_link(chat, label="Chat", icon=":material/chat_bubble:")
    with st.container(key="library"):
        st.header("Library", anchor=False)
        if trouble := session.take(TROUBLE):
            st.error(escape(str(trouble)))
        said_of_removal()
        outcome()
        # A damaged index must not keep the buttons that repair it from being drawn.
        for part in (do_what_was_asked, index_state, _boxes, _articles):
            _in_words(part, assistant)


def _in_words(part: Callable[[Assistant], None], assistant: Assistant) -> None:
    try:
        part(assistant)
    except NewsdeskError as error:
        st.error(escape(str(error)))


def _boxes(assistant: Assistant) -> None:
    if session.may_change():
        intake(assistant)
    else:
        st.caption("Editors add and remove articles.")


def _articles(assistant: Assistant) -> None:
    if assistant.overview().articles:
        shelf(assistant)
    elif session.may_change():
        st.caption(
            "Nothing yet. Drop files above, paste an address, or name a folder on the command line: `newsdesk sync FOLDER`. "
            "Nothing leaves this computer, but requests for addresses that you give."
        )
    if assistant.library.exists:
        out_of_search(assistant)
        ask_again(assistant)
