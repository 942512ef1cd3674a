"""The chat page: a question, what happens while it is answered, the answer, and what it rests on."""

from __future__ import annotations

import streamlit as st

from rag.assistant import Assistant
from rag.errors import NewsdeskError
from rag.records import Filters, Overview
from rag.settings import CHECKOUT
from rag.ui import session, words
from rag.ui.asks import Ask
from rag.ui.escape import escape
from rag.ui.filters import filter_chips, filter_menu
from rag.ui.masthead import masthead
from rag.ui.progress import Progress
from rag.ui.respond import respond
from rag.ui.sidebar import sidebar
from rag.ui.suggested import following_view, opening_view
from rag.ui.turn import draw_turn

# Articles of the project's own, some about real events and the rest invented.
_SAMPLE = CHECKOUT / "corpus" / "articles"


def chat_page(assistant: Assistant, *, library: st.Page, evaluate: st.Page) -> None:
    """Draw the page, with links to the others; an error that a reader can act on is one line on it."""
    try:
        _page(assistant, library, evaluate)
    except NewsdeskError as error:
        session.wait_for(None)
        st.error(escape(str(error)))


def _page(assistant: Assistant, library: st.Page, evaluate: st.Page) -> None:
    overview = assistant.overview()
    session.restore(assistant)
    typed = st.chat_input("Ask the articles", disabled=overview.articles == 0, submit_mode="disable")
    if typed is not None:
        session.wait_for(Ask(typed))
    filters = _masthead(overview, library, evaluate)
    if assistant.library.exists:
        sidebar(assistant)
    if overview.articles == 0:
        _no_library(assistant, library)
        return
    filter_chips(filters)
    # Emptied as soon as a question waits; left alone, the suggestions would fade beside the answer until it is done.
    front = st.empty()
    ask = session.waiting()
    if not ask and not session.turns():
        with front.container(key="front"):
            _front(assistant, overview)
    fresh = session.take("fresh")
    stay = [turn for turn in session.turns() if not ask or turn.turn_id not in ask.instead_of]
    conversation = st.container(key="conversation") if stay or ask else front
    after = st.empty()
    for index, turn in enumerate(stay):
        with conversation, st.container(key=f"turn-{index}"):
            draw_turn(assistant, turn, index, fresh=turn.turn_id == fresh)
            if index == len(stay) - 1:
                # In the last turn, which fills the window; emptied as soon as a question waits, like the front.
                after = st.empty() if ask else st.container()
    if ask:
        with conversation, st.container(key=f"turn-{len(stay)}"):
            respond(assistant, ask, filters)
    with after:
        if used := words.usage(session.usage()):
            st.caption(f"This conversation: {escape(used)}")
        if trouble := session.take("trouble"):
            st.warning(escape(str(trouble)))
        if session.turns() and assistant.settings.follow_ups:
            with st.container(key="follow-ups", gap="xsmall"):
                following_view(assistant, filters)


def _masthead(overview: Overview, library: st.Page, evaluate: st.Page) -> Filters:
    with masthead():
        st.page_link(library, label="Library", icon=":material/newsmode:")
        st.page_link(evaluate, label="Evaluate", icon=":material/rule:")
        filters = filter_menu(overview) if overview.articles else Filters()
        if session.turns() or session.waiting():
            st.button("New chat", icon=":material/edit_square:", key="new-chat", on_click=session.new_chat)
    return filters


def _no_library(assistant: Assistant, library: st.Page) -> None:
    with st.container(key="front"):
        st.header("No library yet", anchor=False)
        if not session.may_change():
            st.markdown("Newsdesk answers from articles, and nobody has given it any yet: editors add them on the library page.")
            st.button("Look again", icon=":material/refresh:")
            return
        st.markdown("Newsdesk answers from articles that you give it. Drop files on the library page:")
        st.page_link(library, label="Add articles", icon=":material/add:")
        st.markdown("or name the folder that holds them, on the command line:")
        st.code("newsdesk sync FOLDER", language=None)
        st.markdown("Nothing leaves this computer.")
        with st.container(horizontal=True, gap="small"):
            sample = _SAMPLE.is_dir() and st.button("Try it with sample articles", icon=":material/science:", key="sample")
            st.button("Look again", icon=":material/refresh:")
        if sample:
            session.must_be_editor()
            # What reads articles takes half a second to import.
            from rag.librarian import check_sources

            check_sources(assistant.stores, [_SAMPLE], Progress("sample", "Reading the sample articles…"))
            st.rerun()


def _front(assistant: Assistant, overview: Overview) -> None:
    st.header("Ask the articles.", anchor=False)
    st.markdown(
        "Every sentence of an answer opens the exact words it rests on. "
        "Where the articles disagree, both accounts are shown; what they do not say is not answered."
    )
    st.caption(escape(words.holdings(overview)))
    opening_view(assistant)
