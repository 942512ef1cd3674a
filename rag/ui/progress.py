"""How far a long piece of work is: a bar with its rate and the time left, and a button that stops it."""

from __future__ import annotations

import time

import streamlit as st

from rag.ui.escape import escape

STAGES = {
    "fetching": "Fetching",
    "reading": "Reading the articles",
    "splitting": "Splitting the articles",
    "embedding": "Embedding the articles",
    "comparing": "Looking for copies",
    "indexing": "Indexing the articles",
    "asking": "Asking the prompts",
}
SECONDS_BETWEEN_UPDATES = 0.2
# A rate that was measured for less than this says little.
SECONDS_BEFORE_RATE = 1.0


class Progress:
    """The bar of one piece of work; drawn at most five times a second, since each drawing is a message to the browser."""

    def __init__(self, key: str, begin: str) -> None:
        with st.container(key=f"{key}-progress"):
            self._bar = st.progress(0.0, begin)
            # Any click ends the work; this one says so.
            st.button("Stop", icon=":material/stop:", type="tertiary", key=f"{key}-stop")
        self._drawn = 0.0
        self._stage = ""
        self._began, self._first = 0.0, 0

    def __call__(self, stage: str, done: int, total: int) -> None:
        now = time.monotonic()
        if stage != self._stage:
            self._stage, self._began, self._first = stage, now, done
        if done < total and now - self._drawn < SECONDS_BETWEEN_UPDATES:
            return
        self._drawn = now
        label = f"{STAGES.get(stage) or escape(stage.capitalize())}: {done:,} of {total:,}"
        self._bar.progress(done / total if total else 1.0, label + pace(done - self._first, total - done, now - self._began))


def pace(done: int, left: int, seconds: float) -> str:
    """Rate and time left in words; nothing as long as the rate is not known."""
    if seconds < SECONDS_BEFORE_RATE or done <= 0:
        return ""
    rate = done / seconds
    remaining = left / rate
    time_left = f"{remaining:.0f} s" if remaining < 100 else f"{remaining / 60:.0f} min"
    return f" · {rate:,.0f} a second · {time_left} left" if rate >= 1 else f" · {1 / rate:.0f} s each · {time_left} left"
