"""Makes any text safe to stand in Streamlit markdown: it shows as it was typed."""

from __future__ import annotations

import re

JOINER = "\u2060"
_MARK = re.compile(r"""([!"#$%&'()*+,\-./:;<=>?@\[\\\]^_`{|}~])(?=(\S?))""")


def escape(text: str) -> str:
    """The text on one line, as markdown that shows every character of it and does nothing.

    A backslash stops markdown, math and HTML. Streamlit looks for emoji, colours, icons, arrows and bare links
    once more after the backslashes are gone, so an invisible word joiner parts each mark from what follows.
    """
    return _MARK.sub(lambda match: f"\\{match[1]}{JOINER if match[2] else ''}", " ".join(text.split()))
