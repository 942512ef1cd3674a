"""Packs the sentences of an article into chunks for embedding; it does not know how tokens are made."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from itertools import accumulate, pairwise

from rag.records import Chunk, Span
from rag.text.sentences import split_sentences

CountTokens = Callable[[Sequence[str]], list[int]]

_WORD = re.compile(r"\S+")
_CLAUSE_END = re.compile(r"[,;:—–.!?…)\]][\"'”’»]*$")
_PARAGRAPH_END = re.compile(r"\n[^\S\n]*\n")
_FULL_ENOUGH = 0.5  # of max_tokens: from here on a chunk may end early, at the end of a paragraph
_TOO_SMALL = 0.25  # of max_tokens: a last chunk below this is filled up from the one before it
# Prose has four or five characters a token, but a "word" of a million letters, accents or invisible characters may count as one token or none.
_MOST_CHARS_A_TOKEN = 32
_WIDEST_GAP = 2000  # characters of white space inside a chunk


def chunk_article(text: str, *, count_tokens: CountTokens, max_tokens: int) -> list[Chunk]:
    """Chunks of whole sentences in order, none above ``max_tokens``, none overlapping, all sentences covered.

    A chunk takes as many sentences as fit, but ends at the last paragraph end in its second half if
    there is one. Tokens are counted by sentence and added up. A sentence above ``max_tokens`` is cut,
    at clauses if it can be, and its pieces stand in ``Chunk.sentences``; only a single character that
    counts more than ``max_tokens`` stays as it is. A token is never taken for more than ``_MOST_CHARS_A_TOKEN`` characters, so that
    no chunk is much longer than prose can be.
    """
    spans, counts = _fitting(text, split_sentences(text), count_tokens, max_tokens)
    groups = _apart(spans, _packed(counts, _paragraph_ends(text, spans), max_tokens))
    return [Chunk(spans[first].start, spans[last - 1].end, tuple(spans[first:last])) for first, last in groups]


def _fitting(text: str, sentences: list[Span], count_tokens: CountTokens, max_tokens: int) -> tuple[list[Span], list[int]]:
    """The spans, those above ``max_tokens`` divided, each with its tokens."""
    spans: list[Span] = []
    counts: list[int] = []
    for span, count in zip(sentences, _counted(text, sentences, count_tokens), strict=True):
        if count <= max_tokens:
            pieces, sums = [span], [count]
        else:
            pieces, sums = _divided(text, span, count_tokens, max_tokens)
        spans += pieces
        counts += sums
    return spans, counts


def _counted(text: str, spans: Sequence[Span], count_tokens: CountTokens) -> list[int]:
    """The tokens of each, or as many as its characters must count for."""
    if not spans:
        return []
    counts = count_tokens([text[span.start : span.end] for span in spans])
    return [max(count, (span.end - span.start) // _MOST_CHARS_A_TOKEN) for span, count in zip(spans, counts, strict=True)]


def _divided(text: str, sentence: Span, count_tokens: CountTokens, max_tokens: int) -> tuple[list[Span], list[int]]:
    words = [Span(word.start(), word.end()) for word in _WORD.finditer(text, sentence.start, sentence.end)]
    counts = _counted(text, words, count_tokens)
    # A word longer than a chunk (a data URL, text without spaces) is halved until its parts fit.
    while any(_too_long(word, count, max_tokens) for word, count in zip(words, counts, strict=True)):
        words = [part for word, count in zip(words, counts, strict=True) for part in _halved(word, count, max_tokens)]
        counts = _counted(text, words, count_tokens)
    clause_ends = [bool(_CLAUSE_END.search(text[word.start : word.end])) for word in words]
    groups = _apart(words, _packed(counts, clause_ends, max_tokens))
    return [Span(words[first].start, words[last - 1].end) for first, last in groups], [sum(counts[first:last]) for first, last in groups]


def _apart(spans: Sequence[Span], groups: Sequence[tuple[int, int]]) -> list[tuple[int, int]]:
    """The groups, each ended where a gap follows that no chunk should hold."""
    out = []
    for first, last in groups:
        cuts = [n for n in range(first + 1, last) if spans[n].start - spans[n - 1].end > _WIDEST_GAP]
        out += list(pairwise([first, *cuts, last]))
    return out


def _too_long(word: Span, count: int, max_tokens: int) -> bool:
    return count > max_tokens and word.end - word.start > 1


def _halved(word: Span, count: int, max_tokens: int) -> list[Span]:
    if not _too_long(word, count, max_tokens):
        return [word]
    middle = (word.start + word.end) // 2
    return [Span(word.start, middle), Span(middle, word.end)]


def _paragraph_ends(text: str, spans: list[Span]) -> list[bool]:
    """For each span, whether a chunk ends well after it: not after a heading, whose paragraph follows."""
    # Articles without a blank line carry one paragraph a line.
    paragraph_end = _PARAGRAPH_END if _PARAGRAPH_END.search(text.strip()) else re.compile(r"\n")
    ends = [
        paragraph_end.search(text, span.end, following.start) is not None and not text[span.end - 1].isalnum()
        for span, following in pairwise(spans)
    ]
    return [*ends, True] if spans else []


def _packed(counts: list[int], good_ends: list[bool], max_tokens: int) -> list[tuple[int, int]]:
    """Index ranges, end exclusive, whose counts add up to ``max_tokens`` at most, ended at good ends from half full on."""
    before = [0, *accumulate(counts)]
    groups: list[tuple[int, int]] = []
    first = 0
    while first < len(counts):
        last = first + 1
        while last < len(counts) and before[last + 1] - before[first] <= max_tokens:
            last += 1
        if last < len(counts):
            least = before[first] + _FULL_ENOUGH * max_tokens
            last = next((end for end in range(last, first, -1) if good_ends[end - 1] and before[end] >= least), last)
        groups.append((first, last))
        first = last
    if len(groups) > 1 and before[-1] - before[groups[-1][0]] < _TOO_SMALL * max_tokens:
        groups[-2:] = _balanced(before, good_ends, groups[-2][0], max_tokens)
    return groups


def _balanced(before: list[int], good_ends: list[bool], first: int, max_tokens: int) -> list[tuple[int, int]]:
    """The last two groups cut anew: within the limit, neither too small, at a good end, and even; the first that can be had counts most."""
    end = len(before) - 1

    def fault(cut: int) -> tuple[int, bool, bool, int]:
        left, right = before[cut] - before[first], before[end] - before[cut]
        return max(left, right, max_tokens), min(left, right) < _TOO_SMALL * max_tokens, not good_ends[cut - 1], abs(left - right)

    cut = min(range(first + 1, end), key=fault)
    return [(first, cut), (cut, end)]
