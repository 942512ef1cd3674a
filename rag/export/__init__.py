"""Conversations as files: Markdown, one page of HTML, JSON; and one answer as plain text. Pure: frozen turns in, text out.

All forms are written from the same outline (``outline.py``), so that numbers, marks and sources are the same in each, and as on the page.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from types import MappingProxyType

from rag.conversation import Conversation
from rag.export.html import to_html
from rag.export.markdown import to_markdown
from rag.export.plain import to_json, with_sources

__all__ = ["FORMS", "file_name", "to_html", "to_json", "to_markdown", "with_sources"]

# By the ending of the file.
FORMS: Mapping[str, Callable[[Conversation], str]] = MappingProxyType({"md": to_markdown, "html": to_html, "json": to_json})


def file_name(conversation_id: str, form: str) -> str:
    """What a file of a conversation is called: no word of a title, which any file system would have to bear."""
    return f"newsdesk-{conversation_id[:8]}.{form}"
