"""The component of the Library page: a table of articles that a keyboard walks through, and marked changes.

A table of Streamlit's own is drawn on a canvas, which neither opens a row with Enter nor is read out. As in ``components.py`` text enters through
text nodes only.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import streamlit as st

HERE = Path(__file__).parent

_mount = st.components.v2.component(
    "newsdesk-table",
    html='<div class="nd"></div>',
    css=(HERE / "table.css").read_text("utf-8"),
    js=(HERE / "table.js").read_text("utf-8"),
)


def draw_table(view: dict[str, Any], *, key: str) -> str | None:
    """Draw a table or changes; the key of the row that the reader has just asked to open, else None."""
    opened = _mount(data=view, key=key, on_open_change=lambda: None).get("open")
    return opened if isinstance(opened, str) else None
