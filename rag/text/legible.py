"""Text that stays in its own place on a page: characters that would turn other words around, or cover them, are shown as what they are; pure."""

from __future__ import annotations

import re
import unicodedata

# A line that reads "36" backwards reads "63". No language needs these two: right-to-left script orders itself.
OVERRIDES = re.compile("[\u202d\u202e]")
# Order letters and figures too, and one that is not closed goes on doing so in what stands behind it.
_DIRECTIONS = re.compile("[\u202a-\u202e\u2066-\u2069]")
# Vietnamese, Hebrew and Tibetan write up to six on one letter. Hundreds cover the lines around, and 100,000 hold a browser up for minutes.
MOST_MARKS = 8
_STANDS_FOR_IT = "\ufffd"


def legible(text: str) -> str:
    """The text with overrides of direction, and marks beyond ``MOST_MARKS`` on one letter, each run shown as ``\ufffd``."""
    return _few_marks(OVERRIDES.sub(_STANDS_FOR_IT, text))


def legible_name(line: str) -> str:
    """A title, an outlet or a writer, that is set among words of ours: as ``legible``, and without any control of direction."""
    return _few_marks(_DIRECTIONS.sub("", line))


def _few_marks(text: str) -> str:
    if text.isascii():
        return text
    kept: list[str] = []
    marks = 0
    for char in text:
        marks = marks + 1 if unicodedata.category(char) in ("Mn", "Me") else 0
        if marks <= MOST_MARKS:
            kept.append(char)
        elif marks == MOST_MARKS + 1:
            kept.append(_STANDS_FOR_IT)
    return "".join(kept)
