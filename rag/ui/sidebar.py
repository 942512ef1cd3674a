"""The conversations beside the page: found, opened, named, shared and deleted. It draws no turn."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from datetime import date, datetime
from functools import partial
from itertools import groupby
from zoneinfo import ZoneInfo

import streamlit as st

from rag.assistant import Assistant
from rag.conversation import LONGEST_TITLE, Heading
from rag.errors import NewsdeskError
from rag.export import FORMS, file_name
from rag.ui import components, session, words
from rag.ui.escape import escape

SEARCH, SHOWN, CHOSEN = "conversations-search", "conversations-shown", "conversations-chosen"
# Each row is two widgets.
_A_PAGE = 30
_LONGEST_SEARCH = 100
RENAME, SHARE, DELETE = "Rename", "Share or export", "Delete"
_ICONS = {RENAME: ":material/edit:", SHARE: ":material/ios_share:", DELETE: ":material/delete:"}
_FORMS = {"md": "Markdown", "html": "Web page", "json": "JSON"}
_TYPES = {"md": "text/markdown", "html": "text/html", "json": "application/json"}


def sidebar(assistant: Assistant) -> None:
    """Draw the sidebar."""
    with st.sidebar, st.container(key="conversations", gap="small"):
        st.button("New chat", icon=":material/edit_square:", key="new-conversation", width="stretch", on_click=_new)
        _list(assistant)
        if session.take(CHOSEN):
            components.draw({"kind": "chosen"})


def _new() -> None:
    session.new_chat()
    st.session_state[CHOSEN] = True


# Typing redraws nothing but the list, and stops no answer that is under way.
@st.fragment
def _list(assistant: Assistant) -> None:
    typed = st.text_input(
        "Search conversations",
        key=SEARCH,
        type="search",
        live=True,
        max_chars=_LONGEST_SEARCH,
        placeholder="Search conversations",
        label_visibility="collapsed",
        persist_state="session",
    )
    most = st.session_state.setdefault(SHOWN, _A_PAGE)
    found = assistant.conversations.of(session.owner()).listed(containing=typed or "", most=most + 1)
    if not found:
        st.caption("Nothing found." if typed else "What you ask is kept here.")
    zone = ZoneInfo(assistant.settings.zone) if assistant.settings.zone else None
    for group, headings in by_day(found[:most], datetime.now(zone)):
        st.caption(group)
        with st.container(gap=None):
            for heading in headings:
                _row(assistant, heading)
    if len(found) > most and st.button("Show more", key="conversations-more", type="tertiary"):
        st.session_state[SHOWN] = most + _A_PAGE
        st.rerun(scope="fragment")


def by_day(headings: Sequence[Heading], now: datetime) -> Iterator[tuple[str, list[Heading]]]:
    """The conversations, newest first, under the day of their last turn in words; days are those of ``now``'s zone."""
    for group, held in groupby(
        headings, lambda heading: _group(datetime.fromisoformat(heading.last).astimezone(now.tzinfo).date(), now.date())
    ):
        yield group, list(held)


def _group(day: date, today: date) -> str:
    ago = (today - day).days
    if ago <= 0:
        return "Today"
    if ago == 1:
        return "Yesterday"
    return "The last seven days" if ago < 7 else f"{day:%B} {day.year}"


def _row(assistant: Assistant, heading: Heading) -> None:
    id = heading.conversation_id
    here = id == st.session_state.conversation
    with st.container(key=f"{'here' if here else 'talk'}-{id}", horizontal=True, vertical_alignment="center", gap=None, wrap=False):
        title = escape(heading.title)
        opened = st.button(f"**{title}**" if here else title, key=f"open-{id}", type="tertiary", width="stretch")
        chosen = st.menu_button(
            f"More about “{escape(heading.title)}”",
            list(_ICONS),
            key=f"menu-{id}",
            type="tertiary",
            icon=":material/more_horiz:",
            format_func=lambda name: f"{_ICONS[name]} {name}",
        )
    if opened:
        session.open_conversation(assistant, id)
        st.session_state[CHOSEN] = True
        st.rerun()
    if chosen:
        {RENAME: _rename, SHARE: _share, DELETE: _delete}[chosen](assistant, heading)


# A click in a dialog is carried out before anything is drawn anew, and the page with it, which closes the dialog.
@st.dialog("Rename")
def _rename(assistant: Assistant, heading: Heading) -> None:
    key = f"name-{heading.conversation_id}"
    with st.form("rename", border=False):
        st.text_input("Name", heading.title, max_chars=LONGEST_TITLE, key=key)
        st.caption("Without a name it is called by its first question.")
        if st.form_submit_button("Save", type="primary", on_click=_save_name, args=(assistant, heading.conversation_id, key)):
            st.rerun()


def _save_name(assistant: Assistant, conversation_id: str, key: str) -> None:
    _carry_out(lambda: assistant.conversations.of(session.owner()).rename(conversation_id, st.session_state[key] or ""))


@st.dialog("Delete")
def _delete(assistant: Assistant, heading: Heading) -> None:
    st.markdown(f"Delete “{escape(heading.title)}” for good? It has {words.count(heading.turns, 'question')}.")
    with st.container(horizontal=True, gap="xsmall"):
        gone = st.button("Delete", type="primary", key="delete-for-good", on_click=_delete_for_good, args=(assistant, heading))
        if st.button("Keep it", key="delete-not") or gone:
            st.rerun()


def _delete_for_good(assistant: Assistant, heading: Heading) -> None:
    _carry_out(lambda: session.delete(assistant, heading.conversation_id))


@st.dialog("Share or export")
def _share(assistant: Assistant, heading: Heading) -> None:
    id = heading.conversation_id
    owner = session.owner()
    sees = "Whoever may open this app sees" if owner is None else "You alone see"
    st.markdown(f"{sees} the conversation, as it was answered, at its address:")
    components.draw({"kind": "link", "query": f"?{session.PARAMETER}={id}"}, key="link")
    st.markdown("As a file, with all sources in full:")
    with st.container(horizontal=True, gap="xsmall"):
        for form in FORMS:
            st.download_button(
                _FORMS[form],
                partial(_written, assistant, owner, id, form),
                file_name(id, form),
                _TYPES[form],
                key=f"export-{form}",
                on_click="ignore",
                icon=":material/download:",
            )


def _written(assistant: Assistant, owner: str | None, conversation_id: str, form: str) -> str:
    """Streamlit calls it outside of the session, where nobody is signed in."""
    return FORMS[form](assistant.conversations.of(owner).opened(conversation_id))


def _carry_out(act: Callable[[], None]) -> None:
    try:
        act()
    except NewsdeskError as error:
        st.session_state.trouble = str(error)
