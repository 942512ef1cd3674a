"""The list of articles: searched, narrowed, a page at a time; choosing one opens it in the drawer."""

from __future__ import annotations

import streamlit as st

from rag.assistant import Assistant
from rag.catalogue import Listed, Order, Sought, articles, languages_held, over_time
from rag.errors import NewsdeskError
from rag.ui.escape import escape
from rag.ui.filters import SINCE, UNTIL, chosen_languages, filter_chips, filter_menu
from rag.ui.held import drawer, open_article
from rag.ui.holdings import page_of, table_view, timeline_view
from rag.ui.table import draw_table

SEARCH, ORDER, PAGE, SOUGHT = "library-search", "library-order", "library-page", "library-sought"
DAYS = "library-days"
# The filters of the list are not those of the chat.
OF = "library-"
A_PAGE = 50
_LONGEST_SEARCH = 100
_ORDERS: dict[str, Order] = {"Newest first": "newest", "Oldest first": "oldest", "Last taken in": "latest in"}


# Typing redraws nothing but the list.
@st.fragment
def shelf(assistant: Assistant) -> None:
    """Draw the list, and the article that lies open."""
    try:
        _list(assistant)
        drawer(assistant)
    except NewsdeskError as error:
        st.error(escape(str(error)))


def _list(assistant: Assistant) -> None:
    sought = _sought(assistant)
    filter_chips(sought.filters, of=OF, lead="Showing only")
    if sought != st.session_state.get(SOUGHT):
        st.session_state.update({SOUGHT: sought, PAGE: 0})
    total, listed = _page(assistant, sought)
    if total and not listed:
        # Articles have gone since.
        st.session_state[PAGE] = (total - 1) // A_PAGE
        total, listed = _page(assistant, sought)
    if not total:
        st.caption("Nothing fits." if sought.words else "No article fits these filters.")
    else:
        _timeline(assistant, sought)
        st.caption(page_of(total, A_PAGE * st.session_state[PAGE], len(listed)))
        _open(draw_table(table_view(listed), key="library-table"), listed)
        _pages(total)


def _timeline(assistant: Assistant, sought: Sought) -> None:
    """When the articles of the list were published; a click narrows it to a day, month or year."""
    unit, bars = over_time(assistant, sought)
    if len(bars) > 1 and (chosen := draw_table(timeline_view(unit, bars), key="library-timeline")):
        # The fields that hold the days are drawn already, and take a value before that alone.
        st.session_state[DAYS] = next((bar for bar in bars if f"{bar.first}/{bar.last}" == chosen), None)
        st.rerun(scope="fragment")


def _page(assistant: Assistant, sought: Sought) -> tuple[int, list[Listed]]:
    return articles(assistant, sought, limit=A_PAGE, offset=A_PAGE * st.session_state[PAGE])


def _sought(assistant: Assistant) -> Sought:
    if chosen := st.session_state.pop(DAYS, None):
        st.session_state.update({OF + SINCE: chosen.first, OF + UNTIL: chosen.last})
    with st.container(horizontal=True, vertical_alignment="bottom", gap="small", key="library-tools"):
        typed = st.text_input(
            "Search title, outlet and text",
            key=SEARCH,
            type="search",
            live=True,
            max_chars=_LONGEST_SEARCH,
            placeholder="Search title, outlet and text",
            label_visibility="collapsed",
            persist_state="session",
        )
        filters = filter_menu(assistant.overview(), of=OF, languages=languages_held(assistant))
        order = st.selectbox("Order", list(_ORDERS), key=ORDER, label_visibility="collapsed", width=170, persist_state="session")
    return Sought(filters, words=typed or "", languages=chosen_languages(OF), order=_ORDERS[order])


def _open(key: str | None, listed: list[Listed]) -> None:
    """Let the article of the row that was clicked lie open."""
    if key and key[1:].isdigit() and int(key[1:]) < len(listed):
        open_article(listed[int(key[1:])].article_id, changed=key[0] == "v")


def _pages(total: int) -> None:
    last = (total - 1) // A_PAGE
    page = st.session_state[PAGE]
    if not last:
        return
    with st.container(horizontal=True, horizontal_alignment="center", vertical_alignment="center", gap="small", key="library-pages"):
        st.button("Previous", icon=":material/chevron_left:", key="library-previous", disabled=page == 0, on_click=_turn, args=(page - 1,))
        st.caption(escape(f"Page {page + 1:,} of {last + 1:,}"), width="content")
        st.button(
            "Next",
            icon=":material/chevron_right:",
            icon_position="right",
            key="library-next",
            disabled=page == last,
            on_click=_turn,
            args=(page + 1,),
        )


def _turn(page: int) -> None:
    st.session_state[PAGE] = page
