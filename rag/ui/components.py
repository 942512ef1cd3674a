"""The one component of the pages: answers with citation chips, and articles with marked words.

Markdown cannot call back and ``st.html`` is sanitised, so chips need JavaScript of their own. It sets text with
``textContent`` only: nothing that an article or a model says can become markup.
"""

from __future__ import annotations

from pathlib import Path

import streamlit as st

from rag.ui.views import View

HERE = Path(__file__).parent

_mount = st.components.v2.component(
    "newsdesk",
    html='<div class="nd"></div>',
    css=(HERE / "newsdesk.css").read_text("utf-8"),
    js=(HERE / "newsdesk.js").read_text("utf-8"),
)


def draw(view: View, *, key: str | None = None) -> str | None:
    """Draw a view; the key of the place that the reader has just asked to open, else None."""
    opened = _mount(data=view, key=key, on_open_change=lambda: None).get("open")
    return opened if isinstance(opened, str) else None
