"""Texts to token ids as the packaged model counts them; `tokenizers` alone, without torch."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cached_property

import numpy as np
from numpy.typing import NDArray
from tokenizers import Encoding, Tokenizer

from rag.models import packaged

Inputs = dict[str, NDArray[np.int64]]

# What a run of the network costs beside its tokens, in tokens: 9 in f32 on two cores with avx2, and more where bf16 makes tokens cheap (not measured).
_RUN = 32


class Tokens:
    """The packaged model's tokenizer, loaded at first use; safe to share between threads."""

    @cached_property
    def _tokenizer(self) -> Tokenizer:
        tokenizer = Tokenizer.from_file(str(packaged.folder() / "tokenizer.json"))
        tokenizer.no_truncation()
        tokenizer.no_padding()
        # "[SEP]" in an article is five characters of an article, not a border between question and passage.
        tokenizer.encode_special_tokens = True
        return tokenizer

    def counts(self, texts: Sequence[str]) -> list[int]:
        """Tokens of each text, special tokens not counted."""
        return [len(e.ids) for e in self._tokenizer.encode_batch_fast(list(texts), add_special_tokens=False)] if texts else []

    def spans(self, text: str) -> list[tuple[int, int]]:
        """Start and end of each token in the text, in code points, special tokens left out."""
        return [(int(start), int(end)) for start, end in self._tokenizer.encode(text, add_special_tokens=False).offsets]

    def single(self, texts: Sequence[str]) -> list[Encoding]:
        """Each text between the two special tokens, not cut."""
        return list(self._tokenizer.encode_batch(list(texts)))

    def pairs(self, first: str, second: Sequence[str]) -> list[Encoding]:
        """``first`` with each of the other texts: one special token ahead, one after each text; offsets are in code points."""
        return list(self._tokenizer.encode_batch([(first, text) for text in second]))


def padded(encodings: Sequence[Encoding], *, most: int) -> Inputs:
    """The inputs of a network, shape (n, longest), each text cut to ``most`` tokens and its last special token kept."""
    rows = [(_cut(e.ids, most), _cut(e.type_ids, most)) for e in encodings]
    length = max(len(ids) for ids, _ in rows)
    inputs = {name: np.zeros((len(rows), length), dtype=np.int64) for name in ("input_ids", "attention_mask", "token_type_ids")}
    for number, (ids, types) in enumerate(rows):
        inputs["input_ids"][number, : len(ids)] = ids
        inputs["token_type_ids"][number, : len(ids)] = types
        inputs["attention_mask"][number, : len(ids)] = 1
    return inputs


def batches(lengths: Sequence[int], *, most: int) -> list[list[int]]:
    """The places of texts by length, longest first, in groups of at most ``most`` tokens with padding, a text alone of any; of all such groups those
    that cost least: padding is computed like any token, and each group costs ``_RUN`` more."""
    order = sorted(range(len(lengths)), key=lambda place: -lengths[place])
    # For the first texts in that order: least cost, and where their last group begins.
    cost, begins = [0.0], [0]
    for end in range(1, len(order) + 1):
        least, at = float("inf"), end - 1
        for begin in range(end - 1, -1, -1):
            tokens = (end - begin) * lengths[order[begin]]
            if tokens > most and begin < end - 1:
                break
            if cost[begin] + tokens + _RUN < least:
                least, at = cost[begin] + tokens + _RUN, begin
        cost.append(least)
        begins.append(at)
    groups: list[list[int]] = []
    end = len(order)
    while end:
        groups.append(order[begins[end] : end])
        end = begins[end]
    return groups[::-1]


def _cut(row: list[int], most: int) -> list[int]:
    return row if len(row) <= most else [*row[: most - 1], row[-1]]
