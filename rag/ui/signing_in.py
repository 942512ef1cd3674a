"""The page in place of every other one for those who have not signed in, or may not come in."""

from __future__ import annotations

import streamlit as st

from rag.ui.escape import escape
from rag.ui.masthead import STYLE
from rag.ui.people import person, signin

# What rag/gate.py writes into the address after a sign-in that failed.
_TROUBLE = {
    "down": "The service that signs people in does not answer. Try again in a few minutes; if that does not help, tell whoever runs this Newsdesk.",
    "failed": "Signing in did not work. Try again; if that does not help, tell whoever runs this Newsdesk.",
}


def come_in() -> bool:
    """Whether a page may be drawn; where not, this one was drawn instead. Raises UsageError for half a sign-in."""
    if signin() is None:
        return True
    who = person()
    if who is not None and who.reader:
        return True
    st.html(STYLE)
    with st.container(key="sign-in"):
        st.title("Newsdesk", anchor=False)
        st.markdown("Answers questions from news articles; each sentence opens the exact words it rests on.")
        if who is not None:
            st.warning(f"You are signed in as {escape(who.name)}, who is not among the readers here. Ask whoever runs this Newsdesk.")
            st.button("Sign out", icon=":material/logout:", key="sign-out", on_click=st.logout)
            return False
        if said := _TROUBLE.get(st.query_params.get("signin", "")):
            st.error(said)
        st.button("Sign in", type="primary", icon=":material/login:", key="sign-in-button", on_click=st.login)
    return False
