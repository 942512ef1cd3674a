"""Carries out what was asked of the library from its page, one piece of work at a time, and leaves what came of it for the next run."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable

import streamlit as st

from rag.errors import NewsdeskError
from rag.ui import session

log = logging.getLogger("rag")

TROUBLE = "library-trouble"
# A second piece of work in this process would wait for the first one, with nothing to show for it.
_RUNNING = threading.Lock()


def carry_out(work: Callable[[], object], *, into: str, stopped: str) -> None:
    """Do it, leave what it gives under ``into``, or else what stood in its way, and draw the page again.

    A click or a reader who leaves stops it where it shows progress, and the old state stays served; ``stopped`` says so.
    Raises NotAllowed where whoever asks may not change it.
    """
    session.must_be_editor()
    if not _RUNNING.acquire(blocking=False):
        st.error("The library is being changed in another window: wait until that has ended.")
        return
    try:
        # Stands where the work is interrupted, by an exception of Streamlit's own.
        st.session_state[TROUBLE] = stopped
        st.session_state[into] = work()
        session.take(TROUBLE)
    except NewsdeskError as error:
        log.debug("", exc_info=error)
        st.session_state[TROUBLE] = str(error)
    finally:
        _RUNNING.release()
    st.rerun()
