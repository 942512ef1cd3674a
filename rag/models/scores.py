"""What the network says of each sentence of a passage: how much more it answers than nothing does, and which words answer."""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from tokenizers import Encoding

from rag.models.choice import Wanted
from rag.models.runtime import Runs, network
from rag.models.tokens import Tokens, batches, padded
from rag.records import Passage, Span

# Tokens that are read for one question, which is what 100 ms on two cores are enough for; passages are read whole, best first.
BUDGET = 1200
# Of them with padding in one run of the network, a quarter of a second in f32 on two cores; between two runs a suggestion gives way to a question.
_AT_ONCE = 600
# The longest question with passage that the network was trained on.
_MOST_TOKENS = 288
# Tokens of a question that is longer; the rest of it is not read.
_MOST_QUESTION = 64


@dataclass(frozen=True, slots=True)
class SentenceScore:
    """``answers`` and ``span`` are log-odds against "nothing in this passage answers"; ``words`` is the best span of at most 30 tokens,
    by its place in the article, and ``sure`` its share of the probability among the sentence's spans; ``tokens`` gives each token's place and the
    share of the spans that cover it."""

    answers: float
    span: float
    words: Span
    sure: float
    tokens: tuple[tuple[int, int, float], ...]


def header_of(title: str, published: str | None) -> str:
    """What a passage is read under: its article's title and day, each on a line where known."""
    return "".join(f"{line}\n" for line in (title, (published or "")[:10]) if line)


class Scorer:
    """The packaged reader network, loaded at first use; safe to share between threads."""

    def __init__(self, cache: Path, runtime: Wanted = "auto") -> None:
        self._cache = cache
        self._runtime = runtime
        self._tokens = Tokens()
        self._lock = threading.Lock()

    @cached_property
    def _network(self) -> Runs:
        return network("reader", self._cache, self._runtime)

    def load(self) -> None:
        """Load the network now instead of at the first question."""
        self._loaded()

    def warm(self) -> None:
        """Load it and run it once, on as much as it reads at once: what the runtime makes ready in a first run takes a tenth of a second."""
        self._loaded().run(padded(self._tokens.pairs("warm", ["warm " * (_AT_ONCE // 4)] * 4), most=_AT_ONCE // 4))

    def _loaded(self) -> Runs:
        # Two threads that ask at once must not load it twice.
        with self._lock:
            return self._network

    def score(
        self, question: str, passages: Sequence[Passage], *, between: Callable[[], None] = lambda: None
    ) -> list[list[SentenceScore | None]]:
        """Scores of the sentences of the first passages that fit the budget; None for a sentence that was cut off.

        ``between`` is called before each run of the network, and may raise what ends the reading.
        """
        shortened = self._shortened(question)
        headers = [header_of(p.title, p.published) for p in passages]
        encodings = self._tokens.pairs(shortened, [header + p.text for header, p in zip(headers, passages, strict=True)])
        lengths = [min(len(e.ids), _MOST_TOKENS) for e in encodings]
        read = max(1, int((np.cumsum(lengths) <= BUDGET).sum()))
        found: list[list[SentenceScore | None]] = [[] for _ in range(read)]
        for batch in batches(lengths[:read], most=_AT_ONCE):
            between()
            rows = self._loaded().run(padded([encodings[i] for i in batch], most=_MOST_TOKENS))
            for i, row in zip(batch, rows, strict=True):
                found[i] = _of_passage(row, encodings[i], len(headers[i]), passages[i])
        return found

    def _shortened(self, question: str) -> str:
        spans = self._tokens.spans(question)
        return question if len(spans) <= _MOST_QUESTION else question[: spans[_MOST_QUESTION - 1][1]]


def _of_passage(scores: NDArray[np.float32], encoding: Encoding, header: int, passage: Passage) -> list[SentenceScore | None]:
    offsets = np.asarray(encoding.offsets[:_MOST_TOKENS])
    types = np.asarray(encoding.type_ids[:_MOST_TOKENS])
    start = offsets[:, 0] - header + passage.start
    end = offsets[:, 1] - header + passage.start
    inside = (types == 1) & (offsets[:, 1] > offsets[:, 0]) & (offsets[:, 0] >= header)
    found: list[SentenceScore | None] = []
    for sentence in passage.sentences:
        tokens = np.flatnonzero(inside & (start >= sentence.start) & (start < sentence.end))
        found.append(_of_sentence(scores, tokens, start, end) if len(tokens) else None)
    return found


def _of_sentence(scores: NDArray[np.float32], tokens: NDArray[np.intp], start: NDArray[np.int64], end: NDArray[np.int64]) -> SentenceScore:
    own = scores[tokens].astype(np.float64)
    none = scores[0].astype(np.float64)
    # Every span of the sentence: starts down, ends across, at most 30 tokens long.
    spans = own[:, 1][:, None] + own[:, 2][None, :]
    length = np.arange(len(tokens))[None, :] - np.arange(len(tokens))[:, None]
    spans[(length < 0) | (length >= 30)] = -np.inf
    first, last = np.unravel_index(int(spans.argmax()), spans.shape)
    best = float(spans[first, last])
    shares = np.exp(spans - best)
    shares /= shares.sum()
    words = Span(int(start[tokens[first]]), int(end[tokens[last]]))
    # A token is covered by the spans that have begun and not yet ended.
    covered = np.cumsum(shares.sum(axis=1)) - np.concatenate([[0.0], np.cumsum(shares.sum(axis=0))[:-1]])
    places = tuple(zip(start[tokens].tolist(), end[tokens].tolist(), covered.tolist(), strict=True))
    return SentenceScore(float(_log_sum_exp(own[:, 0]) - none[0]), best - float(none[1] + none[2]), words, float(shares.max()), places)


def _log_sum_exp(values: NDArray[np.float64]) -> float:
    most = float(values.max())
    return most + float(np.log(np.exp(values - most).sum()))
