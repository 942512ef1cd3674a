"""The scope of a search or a list: days, outlets and languages, each that is set visible as a chip that removes it."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

import streamlit as st

from rag.records import Filters, Overview
from rag.ui import words
from rag.ui.escape import escape

SINCE, UNTIL, OUTLETS, LANGUAGES = "since", "until", "outlets", "languages"
EARLIEST, LATEST = date(1700, 1, 1), date(2199, 12, 31)


def clear_filters(of: str = "") -> None:
    """Search everything again; ``of`` names the page where it is not the chat."""
    st.session_state.update({of + SINCE: None, of + UNTIL: None, of + OUTLETS: [], of + LANGUAGES: []})


def filter_menu(overview: Overview, *, of: str = "", languages: Sequence[str] = ()) -> Filters:
    """The popover in which filters are set, and what is set in it; of ``languages``, see ``chosen_languages``."""
    with st.popover("Filters", icon=":material/tune:"):
        since = st.date_input("From", None, EARLIEST, LATEST, key=of + SINCE, format="YYYY-MM-DD", persist_state="session")
        until = st.date_input("Until", None, EARLIEST, LATEST, key=of + UNTIL, format="YYYY-MM-DD", persist_state="session")
        outlets = st.multiselect("Outlets", overview.outlets, key=of + OUTLETS, placeholder="All outlets", persist_state="session")
        if len(languages) > 1:
            st.multiselect(
                "Languages",
                languages,
                key=of + LANGUAGES,
                placeholder="All languages",
                format_func=words.language,
                persist_state="session",
            )
        if overview.first and overview.last:
            st.caption(f"The articles run from {words.day(overview.first)} to {words.day(overview.last)}.")
    return Filters(_one_day(since), _one_day(until), tuple(outlets))


def chosen_languages(of: str) -> tuple[str, ...]:
    """The languages that are set in the popover of a page."""
    return tuple(st.session_state.get(of + LANGUAGES, ()))


def filter_chips(filters: Filters, *, of: str = "", lead: str = "Searching only") -> None:
    """A line that names every filter that is set; nothing where none is."""
    languages = chosen_languages(of)
    if not filters and not languages:
        return
    with st.container(horizontal=True, vertical_alignment="center", key="scope", gap="xsmall"):
        st.caption(lead, width="content")
        if filters.since:
            _chip(f"from {words.day(filters.since)}", of + SINCE, None)
        if filters.until:
            _chip(f"until {words.day(filters.until)}", of + UNTIL, None)
        if len(filters.outlets) > words.MOST_NAMED:
            _chip(words.outlets(filters.outlets), of + OUTLETS, [])
        else:
            for outlet in filters.outlets:
                _chip(outlet, of + OUTLETS, [other for other in filters.outlets if other != outlet])
        for language in languages:
            _chip(f"in {words.language(language)}", of + LANGUAGES, [other for other in languages if other != language])
        st.button("Clear all", on_click=clear_filters, args=(of,), type="tertiary")
    if filters.since and filters.until and filters.since > filters.until:
        st.warning("The first day lies after the last one, so no article fits.")


def _chip(label: str, key: str, without: list[str] | None) -> None:
    st.button(escape(label), key=f"drop {key} {label}", icon=":material/close:", icon_position="right", on_click=_set, args=(key, without))


def _set(key: str, value: list[str] | None) -> None:
    st.session_state[key] = value


def _one_day(value: object) -> date | None:
    return value if isinstance(value, date) else None
