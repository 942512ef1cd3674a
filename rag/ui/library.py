"""The Library page: what is held, and a box that takes more; progress and what became of each file. It reads no file itself."""

from __future__ import annotations

import logging
import math
import threading
from collections.abc import Callable, Iterable

import streamlit as st

from rag.assistant import Assistant
from rag.errors import NewsdeskError
from rag.librarian import Outcome, check_sources, take_address, take_in
from rag.ui import session, words
from rag.ui.escape import escape
from rag.ui.masthead import masthead
from rag.ui.progress import Progress

log = logging.getLogger("rag")

DONE, TROUBLE, ROUND = "library-done", "library-trouble", "library-round"
# A second pass of this process would wait for the first one, with nothing to show for it.
_RUNNING = threading.Lock()
_MOST_SHOWN = 50
_STOPPED = "Stopped. What was done is kept: add the same again, or check all sources again, to go on."


def library_page(assistant: Assistant, *, chat: st.Page) -> None:
    """Draw the page, with a link to the chat; an error that a person can act on is one line on it."""
    with masthead():
        st.page_link(chat, label="Chat", icon=":material/chat_bubble:")
    with st.container(key="library"):
        st.header("Library", anchor=False)
        try:
            _boxes(assistant)
            if trouble := session.take(TROUBLE):
                st.error(escape(str(trouble)))
            _outcome()
            _held(assistant)
        except NewsdeskError as error:
            st.error(escape(str(error)))


def _boxes(assistant: Assistant) -> None:
    if not session.may_change():
        st.caption("Editors add and remove articles.")
        return
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
        _carry_out(lambda progress: take_address(assistant.stores, address, progress))
    elif add and files:
        given = [(file.name, file.getvalue()) for file in files]
        _carry_out(lambda progress: take_in(assistant.stores, given, progress))
    elif again:
        _carry_out(lambda progress: check_sources(assistant.stores, [], progress))


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


def _carry_out(work: Callable[[Progress], Outcome]) -> None:
    """Do it with progress and draw the page again; a click or a reader who leaves stops it, and the old state stays served. Raises NotAllowed."""
    session.must_be_editor()
    if not _RUNNING.acquire(blocking=False):
        st.error("Articles are being added in another window: wait until that has ended.")
        return
    try:
        # Stands where the work is interrupted, by an exception of Streamlit's own.
        st.session_state[TROUBLE] = _STOPPED
        st.session_state[DONE] = work(Progress("library", "Reading the articles…"))
        session.take(TROUBLE)
        st.session_state[ROUND] += 1
    except NewsdeskError as error:
        log.debug("", exc_info=error)
        st.session_state[TROUBLE] = str(error)
    finally:
        _RUNNING.release()
    st.rerun()


def _outcome() -> None:
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


def _held(assistant: Assistant) -> None:
    overview = assistant.overview()
    if not overview.articles:
        if not session.may_change():
            return
        st.caption(
            "Nothing yet. Drop files above, paste an address, or name a folder on the command line: `newsdesk sync FOLDER`. "
            "Nothing leaves this computer, but requests for addresses that you give."
        )
        return
    st.caption(escape(words.holdings(overview)))
    copies = assistant.carried_by()
    held = [
        {
            "Published": (a.published or "")[:10] or None,
            "Outlet": a.source,
            "Language": a.language,
            "Title": a.title,
            "Copies": str(len(copies[a.article_id])) if a.article_id in copies else "",
        }
        for a in assistant.library.articles()
    ]
    st.dataframe(held, hide_index=True, height=min(36 * (len(held) + 1), 520), key="library-table")
