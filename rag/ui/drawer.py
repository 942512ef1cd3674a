"""The drawer: one article beside the conversation, with the cited words marked."""

from __future__ import annotations

from collections.abc import Iterable

import streamlit as st

from rag.assistant import Assistant
from rag.errors import NewsdeskError
from rag.records import Article
from rag.ui import components
from rag.ui.escape import escape
from rag.ui.views import Place, View, article_view, revision_view

# Pixels: lines of about 75 characters; at 1400 and more the conversation stays in sight beside it (page.css).
WIDTH = 600


def open_drawer(assistant: Assistant, place: Place, cited: Iterable[Place]) -> None:
    """Open the article at ``place``; of ``cited``, what lies in the same version is marked too."""
    try:
        article = assistant.article(place.article_id, place.version)
        revision = _revision(assistant, article)
    except NewsdeskError as error:
        _unreadable(str(error))
        return
    same = [other for other in cited if (other.article_id, other.version) == (place.article_id, place.version)]
    view = article_view(article, place, same, revision)

    def body() -> None:
        components.draw(view, key="article")

    st.dialog(escape(article.source or "Article"), width=WIDTH, position="right")(body)()


def _revision(assistant: Assistant, article: Article) -> View | None:
    versions = assistant.versions(article.article_id)
    searched = any(version.searched for version in versions)
    return revision_view(article, versions, assistant.article(article.article_id) if searched else None)


@st.dialog("This article cannot be shown")
def _unreadable(message: str) -> None:
    st.error(escape(message))
