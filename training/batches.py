"""Examples to padded batches of about equal work; the same encoding as at answering time."""

from __future__ import annotations

import random
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import torch
from tokenizers import Tokenizer
from torch import Tensor

from rag.models.scores import header_of
from rag.text.sentences import split_sentences
from training.examples import Example, window

# The header that a passage gets at answering time is part of it; longer passages are cut around the answer.
_MOST_CHARS = 1000
_MOST_TOKENS = 288


@dataclass(frozen=True, slots=True)
class Encoded:
    """Token ids of question and passage; ``sentence`` numbers each token's sentence (0 for none), ``target`` is the answering one's
    number (0 where none answers), ``start`` and ``end`` are the answer's tokens (0 where none)."""

    ids: list[int]
    types: list[int]
    sentence: list[int]
    target: int
    start: int
    end: int


def encode(tokenizer: Tokenizer, examples: Sequence[Example], *, seed: int) -> list[Encoded]:
    """Each example encoded, those left out whose answer is cut off; passages start up to three sentences ahead of the answer."""
    rng = random.Random(seed)
    out = []
    for example in examples:
        cut = window(example, most_chars=_MOST_CHARS, before=rng.randrange(8))
        if encoded := _encode(tokenizer, cut):
            out.append(encoded)
    return out


def _encode(tokenizer: Tokenizer, example: Example) -> Encoded | None:
    header = header_of(example.paragraph.title, example.paragraph.published)
    text = example.paragraph.text
    pair = tokenizer.encode(example.question, header + text)
    ids, types, offsets = pair.ids[:_MOST_TOKENS], pair.type_ids[:_MOST_TOKENS], pair.offsets[:_MOST_TOKENS]
    sentences = split_sentences(text)
    number_at = [0] * (len(text) + 1)
    for number, span in enumerate(sentences, start=1):
        number_at[span.start : span.end] = [number] * (span.end - span.start)
    number_of = [0] * len(ids)
    start = end = 0
    for i, (kind, (a, b)) in enumerate(zip(types, offsets, strict=True)):
        at = a - len(header)
        if kind == 1 and at >= 0 and b > a:
            number_of[i] = number_at[at]
            if example.answer and at < example.answer.end and b - len(header) > example.answer.start:
                start, end = start or i, i
    if example.answer and not start:
        return None
    return Encoded(ids, types, number_of, number_of[start] if start else 0, start, end)


def batches(encoded: Sequence[Encoded], *, tokens: int, seed: int) -> Iterator[list[Encoded]]:
    """Batches of alike lengths of at most ``tokens`` tokens with padding, in random order."""
    rng = random.Random(seed)
    order = sorted(encoded, key=lambda e: len(e.ids) + rng.random() * 12)
    groups: list[list[Encoded]] = [[]]
    for example in order:
        if (len(groups[-1]) + 1) * len(example.ids) > tokens:
            groups.append([])
        groups[-1].append(example)
    rng.shuffle(groups)
    yield from groups


def tensors(batch: Sequence[Encoded]) -> dict[str, Tensor]:
    """The padded inputs and targets of a batch, shape (batch, tokens) and (batch,)."""
    length = max(len(e.ids) for e in batch)

    def padded(rows: list[list[int]]) -> Tensor:
        return torch.tensor([row + [0] * (length - len(row)) for row in rows])

    return {
        "input_ids": padded([e.ids for e in batch]),
        "token_type_ids": padded([e.types for e in batch]),
        "attention_mask": padded([[1] * len(e.ids) for e in batch]),
        "sentence": padded([e.sentence for e in batch]),
        "target": torch.tensor([e.target for e in batch]),
        "start": torch.tensor([e.start for e in batch]),
        "end": torch.tensor([e.end for e in batch]),
    }
