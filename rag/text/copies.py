"""Whether one text is a copy of another, as desks make of a wire story, and where words of the one stand in the other; pure.

Copies share most of the narrative of the shorter text, whatever house style, cuts and additions did to it, and no figure or name stands in the place
of another one. Quoted speech is not counted, since articles written separately print the same statements. It knows neither dates nor outlets.
"""

from __future__ import annotations

import re
import zlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cache, lru_cache
from importlib.metadata import version
from typing import Any

import numpy as np
from numpy.typing import NDArray
from rapidfuzz import fuzz
from rapidfuzz.distance import Indel

from rag.records import Span
from rag.text.words import STOP_WORDS, fold

# Words in a row. Chosen on the development half of benchmarks/copies.jsonl (docs/copies.md), as are the three shares below.
_SHINGLE = 3
# Of the shingles of the shorter text, outside quotations, that the other must hold.
_COPIED = 2 / 3
# Of a passage's shingles, quotations too, that an article must hold so that it can be shown in the passage's place.
_HELD = 0.8
# MinHash: bands of three values each. Texts that share 0.3 of their shingles meet in one of 64 bands with a probability of 0.83, 0.4 with 0.986.
_BANDS, _ROWS = 64, 3
# Below this many shingles a share says little, and only the same words are copies.
_FEW = 20
# A stretch of this many equal words holds two texts in place; between such stretches at most so many words replace each other one by one.
_ANCHOR, _REPLACED = 3, 8
# One other figure is another fact; one other name may be house style.
_MOST_OTHER_NAMES = 1
# Names that are this near (0 to 100) are one name spelt in two ways.
_SPELT = 75
# What is stored was made by these rules; another number or another release of datasketch makes all of it anew.
RULES = f"1 datasketch={version('datasketch')}"

_TOKEN = re.compile(r"per[ -]cent\b|[ap]\.m\b\.?|\d+(?:[.,:]\d+)*|[^\W\d_]+(?:['’][^\W_]+)*|%", re.I)
_OPENS, _CLOSES = frozenset("“‘«(\"'"), frozenset(".!?…”’»)\"'")
_QUOTATION = re.compile(r"“[^”\n]{1,2000}”?|\"[^\"\n]{1,2000}\"?")
_NUMBER_WORDS = {
    word: str(value)
    for value, word in enumerate("zero one two three four five six seven eight nine ten eleven twelve".split())
    if value != 1
}
_NUMBER_WORDS |= {
    word: str(value) for value, word in enumerate("thirteen fourteen fifteen sixteen seventeen eighteen nineteen twenty".split(), start=13)
}
_SAME = _NUMBER_WORDS | {
    "%": "percent",
    "m": "million",
    "bn": "billion",
    "per cent": "percent",
    "per-cent": "percent",
    "programme": "program",
    "centre": "center",
    "metre": "meter",
}
_SAME |= {"a.m": "am", "a.m.": "am", "p.m": "pm", "p.m.": "pm", "metres": "meters", "kilometre": "kilometer", "kilometres": "kilometers"}
# British and American spelling, where it follows a rule.
_SPELLING = (
    (re.compile(r"is(e|ed|es|ing|er|ers|ation|ations)$"), r"iz\1"),
    (re.compile(r"(?<=[a-z]{2})our(s|ed|ing|able|ite|hood)?$"), r"or\1"),
    (re.compile(r"ll(ed|ing|er|ers)$"), r"l\1"),
    (re.compile(r"storey"), "story"),
)
_MIX = np.array([0x9E3779B97F4A7C15, 0xC2B2AE3D27D4EB4F, 0x165667B19E3779F9], dtype=np.uint64)


@dataclass(frozen=True, slots=True)
class Reduced:
    """A text as copies are compared: its words in one spelling with their places, and hashes of words in a row.

    ``told`` are the shingles outside quotations, ``shingles`` all of them; ``facts`` says of each word whether it is a figure or a name.
    """

    words: tuple[str, ...]
    spans: tuple[tuple[int, int], ...]
    facts: tuple[bool, ...]
    shingles: frozenset[int]
    told: frozenset[int]


@dataclass(frozen=True, slots=True)
class Sketch:
    """The shingles of a text as sorted 32-bit numbers, some 4 KB, so that those of a whole library fit into memory."""

    told: NDArray[np.uint32]
    shingles: NDArray[np.uint32]


def reduce(text: str) -> Reduced:
    """The text in the form that the other functions of this module compare."""
    tokens = list(_TOKEN.finditer(text))
    words, spans = [_spelt(match.group()) for match in tokens], [match.span() for match in tokens]
    facts = (word[0].isdigit() or _is_name(text, match) for word, match in zip(words, tokens, strict=True))
    hashes, told = _hashes(text, words, spans)
    return Reduced(tuple(words), tuple(spans), tuple(facts), frozenset(hashes.tolist()), frozenset(told.tolist()))


def bands(text: str) -> tuple[int, ...]:
    """Keys, one a band, as signed 64-bit numbers: copies share at least one, as likely as stands at ``_BANDS``. Empty for a few words."""
    hashes = set(_shingles([_spelt(word) for word in _TOKEN.findall(text)]).tolist())
    if len(hashes) < _FEW:
        return ()
    sketch = _empty().copy()
    sketch.update_batch(hashes)
    rows = sketch.hashvalues.astype(np.uint64).reshape(_BANDS, _ROWS)
    # The number of the band goes in, so that keys of different bands do not meet.
    keys = ((rows * _MIX).sum(axis=1) + np.arange(1, _BANDS + 1, dtype=np.uint64)) * _MIX[0]
    return tuple(keys.view(np.int64).tolist())


@cache
def _empty() -> Any:
    """A MinHash of nothing, made once: to draw its permutations takes longer than to use them."""
    # Heavy, and not needed to answer: datasketch imports scipy's integration, a second of a processor.
    import datasketch

    return datasketch.MinHash(_BANDS * _ROWS, seed=1, hashfunc=int, scheme="affine32")


def sketch(text: str) -> Sketch:
    """What ``may_be_copy`` compares."""
    tokens = [(match.group(), match.span()) for match in _TOKEN.finditer(text)]
    hashes, told = _hashes(text, [_spelt(word) for word, _ in tokens], [span for _, span in tokens])
    return Sketch(np.unique(told).astype(np.uint32), np.unique(hashes).astype(np.uint32))


def may_be_copy(one: Sketch, other: Sketch) -> bool:
    """Whether two texts share enough to be copies; true of every pair with bands in common for which ``is_copy`` is."""
    few = min(len(one.told), len(other.told)) < _FEW
    a, b = (one.shingles, other.shingles) if few else (one.told, other.told)
    least = min(len(a), len(b))
    return least >= _FEW and len(np.intersect1d(a, b, assume_unique=True)) >= _COPIED * least


def is_copy(one: Reduced, other: Reduced) -> bool:
    """Whether the shorter text is mostly the other one's, with no figures or names exchanged; the same in both directions."""
    if one.words == other.words:
        return True
    return contained(one, other) >= _COPIED and not contradicts(one, other)


def contained(one: Reduced, other: Reduced) -> float:
    """Share of the shorter text's shingles outside quotations that the other holds; of all shingles where it is nearly all quotation."""
    few = min(len(one.told), len(other.told)) < _FEW
    a, b = (one.shingles, other.shingles) if few else (one.told, other.told)
    least = min(len(a), len(b))
    return len(a & b) / least if least >= _FEW else 0.0


def holds(article: Reduced, passage: Reduced, *, least: float = _HELD) -> bool:
    """Whether an article carries a passage of another one: this share of its shingles and every figure, none exchanged."""
    if not passage.shingles or len(passage.shingles & article.shingles) < least * len(passage.shingles):
        return False
    figures = {word for word in passage.words if word[0].isdigit()}
    return figures <= set(article.words) and not contradicts(passage, article)


def contradicts(one: Reduced, other: Reduced) -> bool:
    """Whether, in words that are otherwise the same, a figure of the one stands where the other has another figure, or several names do."""
    # Of several equally good alignments the one that is found depends on the order, so there is one order.
    one, other = sorted((one, other), key=lambda text: (len(text.words), text.words))
    names = 0
    for a, b in _replaced(one.words, other.words):
        left, right = _facts(one, a), _facts(other, b)
        figures = [{word for word in side if word[0].isdigit()} for side in (left, right)]
        if all(figures) and not figures[0] & figures[1]:
            return True
        named = [{word for word in side if not word[0].isdigit()} for side in (left, right)]
        if all(named) and not any(fuzz.ratio(x, y) >= _SPELT for x in named[0] for y in named[1]):
            names += 1
    return names > _MOST_OTHER_NAMES


def place_of(quote: Reduced, article: Reduced, text: str) -> Span | None:
    """Where an article, of this text, has the words of a quote in a row, in one spelling, with the punctuation around them.

    The first such place, None where there is none.
    """
    words, wanted = article.words, quote.words
    for start in range(len(words) - len(wanted) + 1) if wanted else ():
        if words[start] == wanted[0] and words[start : start + len(wanted)] == wanted:
            first, last = article.spans[start][0], article.spans[start + len(wanted) - 1][1]
            while first and text[first - 1] in _OPENS:
                first -= 1
            while last < len(text) and text[last] in _CLOSES:
                last += 1
            return Span(first, last)
    return None


@lru_cache(maxsize=100_000)
def _spelt(token: str) -> str:
    word = fold(token)
    if word[0].isdigit():
        return re.sub(r",(?=\d{3})", "", word).replace(":", ".")
    if word in _SAME:
        return _SAME[word]
    word = word.removesuffix("'s")
    for pattern, instead in _SPELLING:
        word = pattern.sub(instead, word)
    return word


def _is_name(text: str, match: re.Match[str]) -> bool:
    """A capital inside a sentence; first words are left out, since any word may begin one."""
    if not match.group()[0].isupper() or fold(match.group()) in STOP_WORDS:
        return False
    before = text[max(0, match.start() - 3) : match.start()].rstrip(" ")
    return bool(before) and before[-1] not in '.!?\n"“”:—-'


@lru_cache(maxsize=100_000)
def _code(word: str) -> int:
    return zlib.crc32(word.encode())


def _shingles(words: Sequence[str]) -> NDArray[np.uint64]:
    codes = np.array([_code(word) for word in words], dtype=np.uint64)
    if len(codes) < _SHINGLE:
        return np.empty(0, dtype=np.uint64)
    windows = np.lib.stride_tricks.sliding_window_view(codes, _SHINGLE)
    hashes: NDArray[np.uint64] = (windows * _MIX).sum(axis=1) >> np.uint64(32)
    return hashes


def _hashes(text: str, words: Sequence[str], spans: Sequence[tuple[int, int]]) -> tuple[NDArray[np.uint64], NDArray[np.uint64]]:
    """The shingles of a text, and those of them outside quotations."""
    hashes = _shingles(words)
    if not len(hashes):
        return hashes, hashes
    outside = np.array(_outside(spans, [match.span() for match in _QUOTATION.finditer(text)]))
    return hashes, hashes[np.lib.stride_tricks.sliding_window_view(outside, _SHINGLE).all(axis=1)]


def _outside(spans: Sequence[tuple[int, int]], quoted: Sequence[tuple[int, int]]) -> list[bool]:
    """For each word whether it stands outside all quotations; both lists are in order."""
    out, at = list[bool](), 0
    for start, _ in spans:
        while at < len(quoted) and quoted[at][1] <= start:
            at += 1
        out.append(at == len(quoted) or start < quoted[at][0])
    return out


def _replaced(one: Sequence[str], other: Sequence[str]) -> Iterator[tuple[range, range]]:
    """Short stretches that stand for each other between stretches that are the same in both."""
    a = b = 0
    for block in [*Indel.opcodes(one, other), None]:
        if block is not None and (block.tag != "equal" or block.src_end - block.src_start < _ANCHOR):
            continue
        ends = (len(one), len(other)) if block is None else (block.src_start, block.dest_start)
        left, right = range(a, ends[0]), range(b, ends[1])
        if 0 < len(left) <= _REPLACED and 0 < len(right) <= _REPLACED:
            yield left, right
        if block is not None:
            a, b = block.src_end, block.dest_end


def _facts(text: Reduced, places: range) -> set[str]:
    return {text.words[i] for i in places if text.facts[i]}
