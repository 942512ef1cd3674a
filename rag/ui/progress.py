"""How far a run of test prompts is, as a bar."""

from __future__ import annotations

import time

import streamlit as st

STAGES = {
    "reading": "Reading the articles",
    "splitting": "Splitting the articles",
    "embedding": "Embedding the articles",
    "indexing": "Indexing the articles",
    "asking": "Asking the prompts",
}
SECONDS_BETWEEN_UPDATES = 0.2


class Progress:
    """The bar of a run; drawn at most five times a second, since each drawing is a message to the browser."""

    def __init__(self) -> None:
        with st.container(key="evaluate-progress"):
            self._bar = st.progress(0.0, "Reading the prompts…")
            # Any click ends a run; this one says so.
            st.button("Stop", icon=":material/stop:", type="tertiary")
        self._drawn = 0.0

    def __call__(self, stage: str, done: int, total: int) -> None:
        now = time.monotonic()
        if done < total and now - self._drawn < SECONDS_BETWEEN_UPDATES:
            return
        self._drawn = now
        self._bar.progress(done / total if total else 1.0, f"{STAGES.get(stage, stage.capitalize())}: {done:,} of {total:,}")
