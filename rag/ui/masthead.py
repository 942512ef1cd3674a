"""The line at the head of every page, and the look that all pages share."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import streamlit as st

STYLE = Path(__file__).parent / "page.css"


@contextmanager
def masthead() -> Iterator[None]:
    """The name, and after it what the page puts there."""
    st.html(STYLE)
    with st.container(key="masthead", horizontal=True, vertical_alignment="center", gap="xsmall", wrap=False):
        st.title("Newsdesk", anchor=False)
        yield
