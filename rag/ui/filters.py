"""The scope of the search: days and outlets, each that is set visible as a chip that removes it."""

from __future__ import annotations

from datetime import date

import streamlit as st

from rag.records import Filters, Overview
from rag.ui import words
from rag.ui.escape import escape

SINCE, UNTIL, OUTLETS = "since", "until", "outlets"
EARLIEST, LATEST = date(1700, 1, 1), date(2199, 12, 31)


def clear_filters() -> None:
    """Search everything again."""
    st.session_state.update({SINCE: None, UNTIL: None, OUTLETS: []})


def filter_menu(overview: Overview) -> Filters:
    """The popover in which filters are set, and what is set in it."""
    with st.popover("Filters", icon=":material/tune:"):
        since = st.date_input("From", None, EARLIEST, LATEST, key=SINCE, format="YYYY-MM-DD", persist_state="session")
        until = st.date_input("Until", None, EARLIEST, LATEST, key=UNTIL, format="YYYY-MM-DD", persist_state="session")
        outlets = st.multiselect("Outlets", overview.outlets, key=OUTLETS, placeholder="All outlets", persist_state="session")
        if overview.first and overview.last:
            st.caption(f"The articles run from {words.day(overview.first)} to {words.day(overview.last)}.")
    return Filters(_one_day(since), _one_day(until), tuple(outlets))


def filter_chips(filters: Filters) -> None:
    """A line that names every filter that is set; nothing where none is."""
    if not filters:
        return
    with st.container(horizontal=True, vertical_alignment="center", key="scope", gap="xsmall"):
        st.caption("Searching only", width="content")
        if filters.since:
            _chip(f"from {words.day(filters.since)}", SINCE, None)
        if filters.until:
            _chip(f"until {words.day(filters.until)}", UNTIL, None)
        if len(filters.outlets) > words.MOST_NAMED:
            _chip(words.outlets(filters.outlets), OUTLETS, [])
        else:
            for outlet in filters.outlets:
                _chip(outlet, OUTLETS, [other for other in filters.outlets if other != outlet])
        st.button("Clear all", on_click=clear_filters, type="tertiary")
    if filters.since and filters.until and filters.since > filters.until:
        st.warning("The first day lies after the last one, so no article fits.")


def _chip(label: str, key: str, without: list[str] | None) -> None:
    st.button(escape(label), key=f"drop {key} {label}", icon=":material/close:", icon_position="right", on_click=_set, args=(key, without))


def _set(key: str, value: list[str] | None) -> None:
    st.session_state[key] = value


def _one_day(value: object) -> date | None:
    return value if isinstance(value, date) else None
