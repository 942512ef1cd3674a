"""The line at the head of every page, and the look that all pages share."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import streamlit as st

from rag.ui.escape import escape
from rag.ui.people import may_change, person

STYLE = Path(__file__).parent / "page.css"
_LONGEST_NAME, _LONGEST_TOLD = 20, 100


@contextmanager
def masthead() -> Iterator[None]:
    """The name, after it what the page puts there, and last who is signed in."""
    st.html(STYLE)
    with st.container(key="masthead", horizontal=True, vertical_alignment="center", gap="xsmall", wrap=False):
        st.title("Newsdesk", anchor=False)
        yield
        _account()


def _account() -> None:
    """Who is signed in, and the way out; nothing where nobody needs to be."""
    if not (who := person()):
        return
    with st.popover(escape(who.name[:_LONGEST_NAME]), icon=":material/account_circle:", type="tertiary", key="account"):
        st.markdown(f"**{escape(who.name[:_LONGEST_TOLD])}**")
        st.caption("May change the library." if may_change() else "Reads; editors change the library.")
        st.button("Sign out", icon=":material/logout:", key="sign-out", on_click=st.logout)
