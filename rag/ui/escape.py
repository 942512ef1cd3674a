"""Makes any text safe to stand in Streamlit markdown: it shows as it was typed."""

from __future__ import annotations

import string

from rag.text.legible import legible

JOINER = "\u2060"
MARKS = frozenset(string.punctuation)


def escape(text: str) -> str:
    """The text on one line, as markdown that shows every character of it and does nothing.

    A backslash stops markdown, math and HTML. Streamlit looks for emoji, icons, arrows and bare links once more
    after the backslashes are gone, so an invisible word joiner parts each mark from what stands before it.
    """
    line = legible(" ".join(text.split()))
    return "".join(
        f"{JOINER if before not in ('', ' ') else ''}\\{char}" if char in MARKS else char
        for before, char in zip(("", *line), line, strict=False)
    )
