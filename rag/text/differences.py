"""What changed between two versions of a text: whole sentences first, words inside the sentences that were reworded."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from itertools import pairwise
from typing import Literal

from rapidfuzz.distance import Indel

from rag.text.sentences import split_sentences

Piece = tuple[str, Literal["same", "gone", "new"]]

# The comparison keeps a bit for each pair: 25 MB at most. Larger stretches are shown as replaced.
_MOST_PAIRS = 200_000_000
# Below this share of common words the words of two sentences interleave to what nobody can read.
_LEAST_COMMON = 0.5


def differences(old: str, new: str) -> list[Piece]:
    """Pieces of both texts in order: ``same`` and ``gone`` joined are the old text, ``same`` and ``new`` the new one."""
    pieces: list[Piece] = []
    for before, after in _stretches(_sentences(old), _sentences(new)):
        if before == after:
            pieces.append(("".join(before), "same"))
        elif len(before) == len(after):
            # As many sentences as before: each was reworded by itself.
            pieces += [piece for one, two in zip(before, after, strict=True) for piece in _reworded(one, two)]
        else:
            pieces += _reworded("".join(before), "".join(after))
    return _merged(pieces)


def tally(pieces: Sequence[Piece]) -> tuple[int, int, int]:
    """In how many places the texts differ, how many words are gone and how many are new."""
    counts = {kind: sum(len(_letters(_words(text))) for text, own in pieces if own == kind) for kind in ("gone", "new")}
    places = sum(
        1 for before, piece in zip([None, *pieces], pieces, strict=False) if piece[1] != "same" and (not before or before[1] == "same")
    )
    return places, counts["gone"], counts["new"]


def _reworded(old: str, new: str) -> list[Piece]:
    one, two = _words(old), _words(new)
    if len(one) * len(two) > _MOST_PAIRS or Indel.normalized_similarity(_letters(one), _letters(two)) < _LEAST_COMMON:
        return [(old, "gone"), (new, "new")]
    pieces: list[Piece] = []
    for before, after in _stretches(one, two):
        pieces += [("".join(before), "same")] if before == after else [("".join(before), "gone"), ("".join(after), "new")]
    return pieces


def _stretches(old: Sequence[str], new: Sequence[str]) -> Iterator[tuple[Sequence[str], Sequence[str]]]:
    """Both lists cut alike: stretches that are equal and stretches that differ, by turns."""
    if len(old) * len(new) > _MOST_PAIRS:
        yield old, new
        return
    one = two = 0
    for op in Indel.opcodes(old, new):
        if op.tag == "equal":
            if (one, two) != (op.src_start, op.dest_start):
                yield old[one : op.src_start], new[two : op.dest_start]
            yield old[op.src_start : op.src_end], new[op.dest_start : op.dest_end]
            one, two = op.src_end, op.dest_end
    if (one, two) != (len(old), len(new)):
        yield old[one:], new[two:]


def _sentences(text: str) -> list[str]:
    """The text cut where sentences begin; joined, the parts are the text."""
    starts = [0, *(span.start for span in split_sentences(text)), len(text)]
    return [text[start:end] for start, end in pairwise(starts) if start < end]


def _words(text: str) -> list[str]:
    return re.findall(r"\w+|\s+|[^\w\s]", text)


def _letters(words: Sequence[str]) -> list[str]:
    """The words without spaces and punctuation, which any two sentences share."""
    return [word for word in words if word[0].isalnum()]


def _merged(pieces: Sequence[Piece]) -> list[Piece]:
    out: list[Piece] = []
    for text, kind in pieces:
        if text and out and out[-1][1] == kind:
            out[-1] = (out[-1][0] + text, kind)
        elif text:
            out.append((text, kind))
    return out
