"""One article of the library in the drawer: its text, its versions and what changed in them, who carries it, and its removal."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import streamlit as st

from rag.answer.carried import carried
from rag.assistant import Assistant
from rag.errors import NewsdeskError
from rag.records import Article, Carrier, Version
from rag.ui import components, session, words
from rag.ui.drawer import WIDTH
from rag.ui.escape import escape
from rag.ui.holdings import changes_view, numbered, taken_in
from rag.ui.removal import confirm
from rag.ui.table import draw_table
from rag.ui.views import Place, article_view

OPEN = "library-open"
TEXT, CHANGED = "Text", "What changed"


@dataclass(frozen=True, slots=True)
class Opened:
    """The article that lies open; ``changed`` shows what changed in it first, ``removing`` asks whether it is to go."""

    article_id: str
    changed: bool = False
    removing: bool = False


def open_article(article_id: str, *, changed: bool = False, removing: bool = False) -> None:
    """Let an article lie open from the next run on."""
    st.session_state[OPEN] = Opened(article_id, changed, removing)


def close_article() -> None:
    """Let none lie open."""
    st.session_state.pop(OPEN, None)


def drawer(assistant: Assistant) -> None:
    """The drawer with the article that lies open; nothing where none does."""
    opened = st.session_state.get(OPEN)
    if not isinstance(opened, Opened):
        return
    try:
        article, versions = assistant.article(opened.article_id), assistant.versions(opened.article_id)
        copies = assistant.carried_by(article)
    except NewsdeskError as error:
        close_article()
        st.error(escape(str(error)))
        return

    def body() -> None:
        # The key by which page.css makes room for a drawer.
        with st.container(key="article"):
            try:
                # Set anew by a click inside, which draws nothing but this.
                if st.session_state.get(OPEN, opened).removing:
                    _removal(assistant, article.article_id)
                else:
                    _article(assistant, article, versions, copies, changed=opened.changed)
            except NewsdeskError as error:
                st.error(escape(str(error)))

    st.dialog(escape(article.source or "Article"), width=WIDTH, position="right", on_dismiss=close_article)(body)()


def _removal(assistant: Assistant, article_id: str) -> None:
    if confirm(assistant, article_id):
        close_article()
        st.rerun()


def _article(assistant: Assistant, newest: Article, versions: Sequence[Version], copies: Sequence[Carrier], *, changed: bool) -> None:
    id = newest.article_id
    chosen, show = _controls(id, versions, changed=changed)
    if copies:
        _copies(newest, copies)
    article = newest if chosen is None or chosen.version == newest.version else assistant.article(id, chosen.version)
    place = next((index for index, version in enumerate(versions) if version.version == article.version), 0)
    if show == CHANGED and place:
        draw_table(changes_view(assistant.article(id, versions[place - 1].version), article, versions), key="changes")
        return
    if show == CHANGED:
        st.caption("This is the first version: nothing came before it.")
    components.draw(article_view(article, Place(id, article.version, 0, 0), ()), key="held")


def _controls(article_id: str, versions: Sequence[Version], *, changed: bool) -> tuple[Version | None, str]:
    """The version and what of it is to be shown; and the button that asks for removal."""
    chosen, show = None, TEXT
    with st.container(horizontal=True, vertical_alignment="bottom", gap="small", key="held-controls"):
        if len(versions) > 1:
            latest_first = numbered(versions)[::-1]
            searched = next((index for index, (_, version) in enumerate(latest_first) if version.searched), 0)
            _, chosen = st.selectbox("Version", latest_first, searched, format_func=_named, key=f"held-version-{article_id}")
            show = (
                st.segmented_control(
                    "Show",
                    [TEXT, CHANGED],
                    default=CHANGED if changed else TEXT,
                    required=True,
                    key=f"held-show-{article_id}-{changed}",
                    label_visibility="collapsed",
                )
                or TEXT
            )
        if session.may_change():
            st.button(
                "Remove…",
                icon=":material/delete:",
                type="tertiary",
                key="held-remove",
                on_click=open_article,
                args=(article_id,),
                kwargs={"removing": True},
            )
    return chosen, show


def _named(numbered: tuple[int, Version]) -> str:
    number, version = numbered
    return words.meta(str(number), taken_in(version), "searched" if version.searched else None)


def _copies(article: Article, copies: Sequence[Carrier]) -> None:
    """Who else carries the text; each opens in place of this one."""
    heading = carried(article.source, copies) or ""
    with st.expander(escape(heading[0].upper() + heading[1:])):
        for copy in copies:
            label = words.meta(copy.source or "another article", words.day(copy.published))
            if st.button(escape(label), key=f"copy-{copy.article_id}", type="tertiary", on_click=open_article, args=(copy.article_id,)):
                st.rerun()
