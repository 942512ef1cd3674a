"""The state of the index in words, and the two buttons that look after it; what is sound is decided elsewhere."""

from __future__ import annotations

import streamlit as st

from rag.assistant import Assistant
from rag.errors import NewsdeskError
from rag.librarian import Check, check, mend, serving
from rag.ui import session
from rag.ui.escape import escape
from rag.ui.holdings import finding, now, state
from rag.ui.progress import Progress
from rag.ui.work import carry_out

CHECKED = "library-checked"
_STOPPED = "Stopped. What was searched before is searched still: repair again to go on."


@st.cache_resource
def _last() -> dict[str, Check]:
    """The last check of each library, by its folder; everybody who opens the page sees it."""
    return {}


def index_state(assistant: Assistant) -> None:
    """A line on what is held and whether it is in order, what is not, and the buttons."""
    home = str(assistant.settings.home)
    checked = session.take(CHECKED)
    if isinstance(checked, Check):
        _last()[home] = checked
    last = _last().get(home)
    if not assistant.library.exists and last is None and not assistant.stores.indexes.folder.is_dir():
        return
    with st.container(key="library-state", horizontal=True, vertical_alignment="center", gap="small"):
        _say(assistant, last)
        look, repair = _buttons(last) if session.may_change() else (False, False)
    for found in last.findings if last else ():
        st.warning(escape(finding(found)), icon=":material/error:")
    if look:
        with st.spinner("Checking the library…"):
            carry_out(lambda: check(assistant.stores), into=CHECKED, stopped="Stopped, before the check came to an end.")
    elif repair:
        carry_out(lambda: mend(assistant.stores, Progress("library-repair", "Making the index anew…")), into=CHECKED, stopped=_STOPPED)


def _say(assistant: Assistant, last: Check | None) -> None:
    try:
        serves = serving(assistant.stores) if assistant.library.exists else None
        st.markdown(escape(state(assistant.overview(), last, serves, now())) + ".")
    except NewsdeskError as error:
        st.error(escape(str(error)))


def _buttons(last: Check | None) -> tuple[bool, bool]:
    """Whether a check, or a repair, was just asked for."""
    look = st.button("Check", icon=":material/fact_check:", type="tertiary", key="library-check")
    wrong = last is not None and bool(last.findings)
    repair = st.button("Repair", icon=":material/build:", type="primary" if wrong else "tertiary", key="library-repair")
    return look, repair
