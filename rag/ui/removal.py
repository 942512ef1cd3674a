"""Takes articles out of the library and back: asked twice, told what goes with it, and said what became of it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import Any

import streamlit as st

from rag.assistant import Assistant
from rag.errors import NewsdeskError
from rag.librarian import OutOfSearch, Purged, delete_for_good, put_back, take_out, taken_out, what_hangs_on
from rag.records import Article
from rag.ui import session, words
from rag.ui.escape import escape
from rag.ui.holdings import DELETE, TAKE_OUT, fates
from rag.ui.work import carry_out

ASKED, SURE, GONE, HOW = "library-asked", "library-sure", "library-gone", "library-how"
PUT_BACK = "Put it back"
_DOING = {TAKE_OUT: "Taking it out of search…", DELETE: "Deleting it…", PUT_BACK: "Putting it back…"}
_MOST_SHOWN = 20


@dataclass(frozen=True, slots=True)
class Asked:
    """What is to be done with an article at the next run."""

    how: str
    article_id: str
    title: str


@dataclass(frozen=True, slots=True)
class _Gone:
    """What was done, and what it gave."""

    asked: Asked
    gave: Article | Purged


def confirm(assistant: Assistant, article_id: str) -> bool:
    """Ask how an article is to go, and say what goes with it; True once the reader has decided, either way."""
    try:
        fate = what_hangs_on(assistant.stores, article_id)
    except NewsdeskError as error:
        st.error(escape(str(error)))
        return False
    ways = fates(fate)
    st.markdown(f"**Remove “{escape(fate.title)}”?**")
    how = st.radio("How", list(ways), captions=[escape(said) for said in ways.values()], key=HOW, label_visibility="collapsed")
    with st.container(horizontal=True, gap="small"):
        asked = Asked(how or TAKE_OUT, article_id, fate.title)
        done = st.button(asked.how, type="primary", key="library-remove-now", on_click=_ask, args=(asked,))
        kept = st.button("Keep it", key="library-keep")
    return done or kept


def _ask(asked: Asked) -> None:
    st.session_state[ASKED] = asked


def do_what_was_asked(assistant: Assistant) -> None:
    """Carry out what was decided at the run before."""
    asked = session.take(ASKED)
    if not isinstance(asked, Asked):
        return
    ways: dict[str, Callable[[Any, str], Article | Purged]] = {TAKE_OUT: take_out, DELETE: delete_for_good, PUT_BACK: put_back}
    with st.spinner(_DOING[asked.how]):
        carry_out(
            lambda: _Gone(asked, ways[asked.how](assistant.stores, asked.article_id)),
            into=GONE,
            stopped="Stopped. Look at the list to see whether the article is still there.",
        )


def said_of_removal() -> None:
    """What became of it, once; what was taken out can be put back from here."""
    gone = session.take(GONE)
    if not isinstance(gone, _Gone):
        return
    title = escape(gone.asked.title)
    if isinstance(gone.gave, Purged):
        st.success(f"Deleted for good: {title}")
        for trace in gone.gave.left:
            st.warning(escape(f"{trace.place}: {trace.advice}"))
    elif gone.asked.how == PUT_BACK:
        st.success(f"Back in search: {title}")
    else:
        st.success(f"Out of search: {title}")
        back = Asked(PUT_BACK, gone.asked.article_id, gone.asked.title)
        st.button(PUT_BACK, icon=":material/undo:", key="library-undo", on_click=_ask, args=(back,))


def out_of_search(assistant: Assistant) -> None:
    """The articles that are held and not searched, to be put back or deleted for good."""
    total, shown = taken_out(assistant.stores, _MOST_SHOWN)
    if not total:
        return
    with st.expander(f"Out of search: {total:,}"):
        for article in shown:
            _row(article)
        if total > len(shown):
            st.caption(f"and {total - len(shown):,} more; `newsdesk purge --removed` deletes all of them for good")


def _row(article: OutOfSearch) -> None:
    id = article.article_id
    why = f"taken out on {words.day(article.removed)}" if article.by_hand else f"its file is gone since {words.day(article.removed)}"
    with st.container(horizontal=True, vertical_alignment="center", gap="small", key=f"out-{id}"):
        st.markdown(f"**{escape(article.title)}**  \n{escape(words.meta(article.source, words.day(article.published), why))}")
        if not session.may_change():
            return
        ask = partial(Asked, article_id=id, title=article.title)
        if article.by_hand:
            st.button(PUT_BACK, key=f"back-{id}", type="tertiary", on_click=_ask, args=(ask(PUT_BACK),))
        st.button("Delete…", key=f"delete-{id}", type="tertiary", on_click=_sure, args=(id,))


def _sure(article_id: str) -> None:
    st.session_state[SURE] = article_id


def ask_again(assistant: Assistant) -> None:
    """The question before an article that is out of search is deleted for good."""
    id = session.take(SURE)
    if isinstance(id, str):
        _really(assistant, id)


@st.dialog("Delete for good")
def _really(assistant: Assistant, article_id: str) -> None:
    try:
        fate = what_hangs_on(assistant.stores, article_id)
    except NewsdeskError as error:
        st.error(escape(str(error)))
        return
    st.markdown(f"**{escape(fate.title)}**  \n{escape(fates(fate)[DELETE])}")
    with st.container(horizontal=True, gap="small"):
        gone = st.button(DELETE, type="primary", key="library-delete-now", on_click=_ask, args=(Asked(DELETE, article_id, fate.title),))
        if st.button("Keep it", key="library-keep-out") or gone:
            st.rerun()
