"""The boxes that take articles in, and what became of each file; it reads no file itself."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable

import streamlit as st

from rag.assistant import Assistant
from rag.librarian import Outcome, check_sources, take_address, take_in
from rag.ui import session, words
from rag.ui.escape import escape
from rag.ui.progress import Progress
from rag.ui.work import carry_out

DONE, ROUND = "library-done", "library-round"
_MOST_SHOWN = 50
_STOPPED = "Stopped. What was done is kept: add the same again, or check all sources again, to go on."


def intake(assistant: Assistant) -> None:
    """Draw the boxes, and carry out what was just asked of them."""
    number = st.session_state.setdefault(ROUND, 0)
    files = st.file_uploader(
        "Drop articles here",
        accept_multiple_files=True,
        key=f"library-files-{number}",
        max_upload_size=math.ceil(assistant.settings.max_file_mb),
    )
    with st.container(horizontal=True, gap="small"):
        label = f"Add {words.count(len(files), 'file')}" if files else "Add"
        add = st.button(label, type="primary", icon=":material/add:", disabled=not files, key="library-add")
        again = st.button(
            "Check all sources again", icon=":material/sync:", type="tertiary", disabled=not assistant.library.exists, key="library-again"
        )
    address = _address_box(number)
    if address:
        _take(lambda progress: take_address(assistant.stores, address, progress))
    elif add and files:
        given = [(file.name, file.getvalue()) for file in files]
        _take(lambda progress: take_in(assistant.stores, given, progress))
    elif again:
        _take(lambda progress: check_sources(assistant.stores, [], progress))


def _address_box(number: int) -> str:
    """The address that was just given; empty for none."""
    with st.form(f"library-address-form-{number}", border=False):
        with st.container(horizontal=True, gap="small", vertical_alignment="bottom"):
            address = st.text_input(
                "Paste an address of a page, feed or sitemap",
                key=f"library-address-{number}",
                placeholder="https://…",
            )
            fetch = st.form_submit_button("Fetch", icon=":material/language:", key="library-fetch")
    return address.strip() if fetch else ""


def _take(work: Callable[[Progress], Outcome]) -> None:
    """Do it with progress; where it was done, the boxes are emptied."""

    def whole() -> Outcome:
        outcome = work(Progress("library", "Reading the articles…"))
        st.session_state[ROUND] += 1
        return outcome

    carry_out(whole, into=DONE, stopped=_STOPPED)


def outcome() -> None:
    """What the last pass did, once."""
    done = session.take(DONE)
    if not isinstance(done, Outcome):
        return
    if report := done.report:
        st.success(escape(words.synced(report.added, report.changed, report.removed, report.unchanged)))
    _remarks("Left out", [(r.path, r.line, r.reason) for r in done.left_out])
    _remarks("Taken in, with a remark", [(r.path, r.line, r.reason) for r in done.report.warnings] if done.report else [])


def _remarks(title: str, remarks: Iterable[tuple[str, int | None, str]]) -> None:
    remarks = list(remarks)
    if not remarks:
        return
    with st.expander(f"{title}: {len(remarks):,}", expanded=len(remarks) <= 5):
        for path, line, reason in remarks[:_MOST_SHOWN]:
            st.markdown(f"**{escape(path)}**{'' if line is None else f', line {line}'}: {escape(reason)}")
        if len(remarks) > _MOST_SHOWN:
            st.caption(f"and {len(remarks) - _MOST_SHOWN:,} more; `newsdesk sync` prints all of them")
