"""Cuts a saved page into the lines that belong together; it knows nothing of what they say beyond their kind."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

from rag.intake.cues import Kind, kind_of, words

# Browsers and mail programs wrap at 65 to 80 columns; a longer line was not wrapped.
_WIDEST_WRAP = 100
# A wrapped line may stay this far below the widest, since a long word went to the next.
_SLACK = 4


@dataclass(frozen=True, slots=True)
class Unit:
    """A paragraph, heading, caption or the like; ``block`` counts the blank-line-separated groups."""

    text: str
    block: int
    kind: Kind

    @property
    def words(self) -> int:
        return words(self.text)


def split_units(text: str) -> list[Unit]:
    """All lines of the page, those that were merely wrapped put back together with their line ends."""
    blocks = [[line.strip() for line in block.split("\n")] for block in re.split(r"\n(?:[ \t]*\n)+", text.strip("\n"))]
    width = _wrap_width([line for block in blocks for line in block])
    units = []
    for number, block in enumerate(blocks):
        for piece in _joined(block, width) if width else block:
            if piece:
                units.append(Unit(piece, number, kind_of(" ".join(piece.split()))))
    return units


def _wrap_width(lines: Sequence[str]) -> int | None:
    """The column at which the page was wrapped, or None; at least three lines must go on in lower case on the next."""
    broken = sum(1 for one, two in pairwise(lines) if len(one) > 40 and two[:1].islower() and one[-1:] not in ".!?:")
    longest = max(map(len, lines), default=0)
    return longest if broken >= 3 and longest <= _WIDEST_WRAP else None


def _joined(block: Sequence[str], width: int) -> list[str]:
    """Lines are one paragraph where the next line's first word would not have fitted any more."""
    pieces: list[str] = []
    last = ""
    for line in block:
        first_word = line.split(" ", 1)[0]
        if pieces and len(last) + 1 + len(first_word) > width - _SLACK:
            pieces[-1] += "\n" + line
        else:
            pieces.append(line)
        last = line
    return pieces
