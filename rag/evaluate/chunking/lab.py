"""The chunking lab: our chunks against those of LangChain's recursive splitter, by the excerpts that a search brings back.

Every chunking fills a library of its own, through the same publishing, model and search as any library. Our size is chosen on
some corpora and reported on others; against a baseline ours gets, question by question, at most the tokens that it retrieved.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from itertools import product

import numpy as np

from rag.errors import UsageError
from rag.evaluate.chunking.corpora import Corpora, Question
from rag.evaluate.chunking.libraries import Chunking, filled, our_chunking, recursive_chunking
from rag.evaluate.chunking.report import DEVELOPMENT, HELD_OUT, Comparison, LabReport, Row, ours
from rag.evaluate.chunking.scores import Piece, Ruler, Score, estimate, fitting, ruler, score
from rag.models.embeddings import Embedder
from rag.records import Span
from rag.retrieve import Retriever
from rag.settings import Settings
from rag.store.library import Library
from rag.store.publish import Progress

# How a library is searched, as what differs from the settings; sizes are chosen by the last one, the way we retrieve.
WAYS: Mapping[str, Mapping[str, float]] = {"dense": {"bm25_weight": 0.0}, "hybrid": {}}
_CHOSEN_BY = "hybrid"
# The most that the setting `passages` allows; 64-token chunks then still fill the 4,000 tokens of the largest baseline.
_DEEPEST = 100


@dataclass(frozen=True, slots=True)
class Plan:
    """What is compared, at the ``top`` passages: our chunk sizes, and size and overlap of each baseline, in tokens."""

    sizes: tuple[int, ...] = (64, 96, 128, 160, 200, 214)
    baselines: tuple[tuple[int, int], ...] = ((200, 0), (200, 100), (400, 0), (400, 200), (800, 0), (800, 400))
    top: int = 5


@dataclass
class _Half:
    """The corpora of one half and what is asked of them, the libraries filled so far, and how many chunks that took to embed."""

    split: str
    texts: Mapping[str, str]
    questions: Sequence[Question]
    rulers: Mapping[str, Ruler]
    relevant: Sequence[Sequence[Piece]]
    embedder: Embedder
    settings: Settings
    on_progress: Progress
    libraries: list[Library] = field(default_factory=list)
    embedded: int = 0


@dataclass(frozen=True, slots=True)
class _Found:
    """What one chunking brought back one way, by question; ``ranked`` is as deep as comparing needs it."""

    row: Row
    scores: Sequence[Score]
    ranked: Sequence[Sequence[Piece]]


def run_lab(
    corpora: Corpora,
    *,
    embedder: Embedder,
    settings: Settings,
    plan: Plan = Plan(),
    on_progress: Progress = lambda stage, done, total: None,
) -> LabReport:
    """Compare all sizes on the corpora to choose on, then the chosen size and the one that is set on the others.

    The libraries are kept under ``settings.home``, so that a second run embeds nothing; headers and weights are those that are
    set. Raises UsageError when a half has fewer than two questions, or when a size is above what the model reads.
    """
    ids = dict(zip((DEVELOPMENT, HELD_OUT), halves(corpora.texts), strict=True))
    made = {split: _half(corpora, split, ids[split], embedder, settings, on_progress) for split in ids}
    rows, comparisons = _measure(made[DEVELOPMENT], plan, plan.sizes)
    choices = {size: _judged(comparisons, size) for size in plan.sizes}
    chosen = max(choices, key=lambda size: (choices[size], size))
    more_rows, more_comparisons = _measure(made[HELD_OUT], plan, list(dict.fromkeys((chosen, settings.chunk_tokens))))
    return LabReport(
        model=embedder.name,
        header_tokens=settings.header_tokens,
        corpora=ids,
        moved=corpora.moved,
        skipped=corpora.skipped,
        embedded=sum(half.embedded for half in made.values()),
        choices=choices,
        chosen=chosen,
        rows=(*rows, *more_rows),
        comparisons=(*comparisons, *more_comparisons),
    )


def halves(corpora: Mapping[str, str]) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Ids of the corpora to choose on and of those to report: the first three fifths in alphabetical order (rounded down), and the others."""
    ordered = sorted(corpora)
    cut = len(ordered) * 3 // 5
    return tuple(ordered[:cut]), tuple(ordered[cut:])


def _half(corpora: Corpora, split: str, ids: Sequence[str], embedder: Embedder, settings: Settings, on_progress: Progress) -> _Half:
    questions = [question for question in corpora.questions if question.corpus in ids]
    if len(questions) < 2:
        raise UsageError(
            f"{len(questions)} questions are about the {split} corpora ({', '.join(ids) or 'none'}): two are needed to compare anything."
        )
    texts = {id: corpora.texts[id] for id in ids}
    rulers = {id: ruler(embedder, id, text) for id, text in texts.items()}
    relevant = [[rulers[question.corpus].piece(excerpt) for excerpt in question.excerpts] for question in questions]
    settings = settings.model_copy(update={"home": settings.home / split})
    return _Half(split, texts, questions, rulers, relevant, embedder, settings, on_progress)


def _measure(half: _Half, plan: Plan, sizes: Sequence[int]) -> tuple[list[Row], list[Comparison]]:
    plain = [recursive_chunking(f"recursive {size}/{overlap}", size, overlap) for size, overlap in plan.baselines]
    own = [our_chunking(ours(size), size, half.settings.header_tokens) for size in sizes]
    baselines = [found for chunking in plain for found in _searched(half, chunking, plan.top, deepest=plan.top)]
    compared = [found for chunking in own for found in _searched(half, chunking, plan.top, deepest=_DEEPEST)]
    pairs = [(mine, other) for mine, other in product(compared, baselines) if mine.row.way == other.row.way]
    return [found.row for found in (*baselines, *compared)], [_compared(half, mine, other) for mine, other in pairs]


def _searched(half: _Half, chunking: Chunking, top: int, *, deepest: int) -> list[_Found]:
    def show(stage: str, done: int, total: int) -> None:
        half.on_progress(f"{chunking.name}, {half.split}: {stage}", done, total)

    stores, embedded = filled(
        half.texts, chunking, embedder=half.embedder, settings=half.settings, on_progress=show, lenders=tuple(half.libraries)
    )
    half.embedded += embedded
    half.libraries.append(stores.library)
    found = []
    for way, update in WAYS.items():
        retriever = Retriever(stores.library, stores.indexes, half.embedder, half.settings.model_copy(update=update))
        first, ranked = list[list[Piece]](), list[list[Piece]]()
        for done, question in enumerate(half.questions, start=1):
            first.append(_pieces(half, retriever, question, top))
            ranked.append(_pieces(half, retriever, question, deepest) if deepest > top else first[-1])
            show(f"searching, {way}", done, len(half.questions))
        scores = [score(relevant, pieces) for relevant, pieces in zip(half.relevant, first, strict=True)]
        row = _row(chunking.name, half.split, way, stores.library.overview().chunks, scores)
        found.append(_Found(row, scores, ranked))
    return found


def _pieces(half: _Half, retriever: Retriever, question: Question, limit: int) -> list[Piece]:
    return [half.rulers[p.article_id].piece(Span(p.start, p.end)) for p in retriever.search(question.text, limit=limit)]


def _row(chunking: str, split: str, way: str, chunks: int, scores: Sequence[Score]) -> Row:
    return Row(
        chunking,
        split,
        way,
        len(scores),
        chunks,
        estimate([s.recall for s in scores]),
        estimate([s.precision for s in scores]),
        estimate([s.iou for s in scores]),
        float(np.mean([s.tokens for s in scores])),
    )


def _compared(half: _Half, mine: _Found, other: _Found) -> Comparison:
    scores = [
        score(wanted, fitting(ranked, given.tokens)) for wanted, ranked, given in zip(half.relevant, mine.ranked, other.scores, strict=True)
    ]
    return Comparison(
        mine.row.chunking,
        other.row.chunking,
        mine.row.split,
        mine.row.way,
        len(scores),
        estimate([s.recall for s in scores]),
        other.row.recall,
        estimate([s.recall - given.recall for s, given in zip(scores, other.scores, strict=True)]),
        float(np.mean([s.tokens for s in scores])),
        other.row.tokens,
    )


def _judged(comparisons: Sequence[Comparison], size: int) -> float:
    """What chooses a size, fixed before any was measured: the mean over the baselines of our recall at their tokens, as we retrieve."""
    return float(np.mean([c.recall.mean for c in comparisons if (c.chunking, c.way) == (ours(size), _CHOSEN_BY)]))
