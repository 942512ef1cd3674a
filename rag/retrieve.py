"""Question to passages: word search and nearest neighbours, fused by rank; it does not know how answers are worded."""

from __future__ import annotations

import math
import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import partial
from typing import Any

from rapidfuzz import process
from rapidfuzz.distance import OSA

from rag.errors import LibraryError, LibraryMismatch, ServerError
from rag.folding import fold_copies
from rag.models.embeddings import Embedder
from rag.records import Filters, Passage, Ranks
from rag.settings import Settings
from rag.store.library import Library
from rag.store.neighbours import nearest
from rag.store.vectors import Indexes
from rag.text.words import STOP_WORDS, fold, stem, tokens, unique

# How fast a rank loses weight. 60 is the constant of Cormack, Clarke and Büttcher (SIGIR 2009), where the rank lists are many;
# with two lists a smaller one lets a first rank count for more (chosen on the development half, docs/evaluation.md).
RANK_CONSTANT = 5
# Shorter words have too many neighbours to guess from.
_LEAST_CORRECTED = 5
# 1 - (edits / length): one slip in five letters, two in ten.
_LEAST_ALIKE = 0.8


# How many times deeper each further look goes; the last is as deep as Newsdesk looks.
_DEEPER = (1, 4, 16)


@dataclass(frozen=True, slots=True)
class Retriever:
    """Searches one library; safe to share between threads."""

    library: Library
    indexes: Indexes
    embedder: Embedder
    settings: Settings

    def search(self, question: str, *, filters: Filters = Filters(), limit: int | None = None) -> list[Passage]:
        """The best passages for a question, best first, ties by chunk id; at most ``limit`` or the setting ``passages``.

        Raises NoLibrary when nothing was synced, LibraryMismatch when the library was made by another model,
        LibraryError when the index cannot be searched, ServerError when its server does not answer: words alone are never searched instead.
        """
        vector = self.embedder.embed([question])[0]
        # A pass that ends meanwhile may delete the generation that was looked up; the next look finds the new one.
        try:
            return self._search(question, vector, filters, limit or self.settings.passages)
        except ServerError:  # which waited for long enough
            raise
        except LibraryError:
            return self._search(question, vector, filters, limit or self.settings.passages)

    def _search(self, question: str, vector: Any, filters: Filters, limit: int) -> list[Passage]:
        settings = self.settings
        with self.library.snapshot():
            meta = self.library.meta()
            if meta.get("model", self.embedder.name) != self.embedder.name:
                raise LibraryMismatch(
                    f"The library was made with {meta['model']}, but {self.embedder.name} is set: "
                    "run `newsdesk sync` to make it anew, or set NEWSDESK_EMBEDDING_MODEL back."
                )
            query = fts_query(question)
            generation = meta.get("generation")
            # Copies that fold make room for what ranks below them, so that no fewer passages are left than were asked for.
            for deeper in _DEEPER:
                candidates = deeper * max(settings.candidates, limit)
                by_words = self.library.match(query, filters=filters, limit=candidates) if query else []
                by_meaning = self._near(generation, vector, filters, candidates) if generation else []
                weights = [settings.bm25_weight, settings.dense_weight]
                fused = fuse([[id for id, _ in by_words], [id for id, _ in by_meaning]], weights=weights)
                bm25, cosine = dict(by_words), dict(by_meaning)
                # A removed article may still be in the generation; a few more than asked for make up for it.
                best = sorted(fused, key=lambda id: (-fused[id], id))[: 2 * deeper * limit]
                ranked = self.library.passages({id: (fused[id], bm25.get(id), cosine.get(id)) for id in best})
                found = fold_copies(self.library, ranked, filters=filters, limit=limit)
                if len(found) >= limit or (len(best) == len(fused) and max(len(by_words), len(by_meaning)) < candidates):
                    break
            places = [
                {id: rank for rank, id in enumerate(ids, start=1)} for ids in ([i for i, _ in by_words], [i for i, _ in by_meaning], best)
            ]
            return [replace(p, ranks=Ranks(*(place.get(p.chunk_id) for place in places))) for p in found]

    def _near(self, generation: str, vector: Any, filters: Filters, limit: int) -> list[tuple[str, float]]:
        opened = partial(self.indexes.reader, generation)
        # Who has set a server is told where it does not answer, and who has one no more that the index lies there.
        if on_server := self.indexes.on_server or self.indexes.is_elsewhere(generation):
            opened()
        return nearest(self.library, opened, vector, model=self.embedder.name, filters=filters, limit=limit, whole=not on_server)

    def rarity(self, text: str) -> dict[str, float]:
        """Inverse document frequency of each term (stem) of a text, ln(1 + N / (1 + df)) over the library's chunks."""
        with self.library.snapshot():
            chunks = self.library.overview().chunks
            return {
                stem(token.removesuffix("'s")): math.log(1 + chunks / (1 + self.library.document_frequency(f'"{token}"')))
                for token in unique(tokens(text))
                if token not in STOP_WORDS
            }

    def corrected(self, question: str) -> str:
        """The question with words that no article holds replaced by the nearest word that one does, where it is near enough."""
        with self.library.snapshot():
            for token in unique(tokens(question)):
                if (
                    token in STOP_WORDS
                    or len(token) < _LEAST_CORRECTED
                    or not token.isalpha()
                    or self.library.document_frequency(f'"{token}"')
                    # One token of the model's vocabulary is a word that it has often seen, and no slip of the finger.
                    or self.embedder.count_tokens([token])[0] == 1
                ):
                    continue
                if better := self._nearest_word(token):
                    question = re.sub(rf"(?<!\w){re.escape(_as_typed(token, question))}(?!\w)", better, question)
        return question

    def _nearest_word(self, token: str) -> str | None:
        # Sorted: among equally near words the first wins, and the order of a set differs from process to process.
        known = sorted(term for term, _ in self.library.terms(token[0]) if abs(len(term) - len(token)) <= 2)
        found = process.extractOne(stem(token), known, scorer=OSA.normalized_similarity, score_cutoff=_LEAST_ALIKE)
        return self.library.spelling(found[0]) if found else None


def _as_typed(token: str, question: str) -> str:
    return next((word for word in re.findall(r"[^\W_]+(?:['’][^\W_]+)*", question) if fold(word) == token), token)


def fts_query(question: str) -> str:
    """The words that carry meaning, each quoted, joined by OR; all words when none does; empty when there is no word.

    A question as typed is no FTS5 query: ``?`` alone is a syntax error in it.
    """
    all_words = unique(token.removesuffix("'s") for token in tokens(question))
    kept = [word for word in all_words if word not in STOP_WORDS] or all_words
    return " OR ".join(f'"{word}"' for word in kept)


def fuse(rankings: Sequence[Sequence[str]], *, weights: Sequence[float]) -> dict[str, float]:
    """Weighted reciprocal rank fusion: the sum of weight / (RANK_CONSTANT + rank) over the rankings that hold an id."""
    scores: dict[str, float] = {}
    for ranking, weight in zip(rankings, weights, strict=True):
        if weight:
            for rank, id in enumerate(ranking, start=1):
                scores[id] = scores.get(id, 0.0) + weight / (RANK_CONSTANT + rank)
    return scores


def __getattr__(name: str) -> Any:
    """``NewsdeskRetriever``, where it was before it had a module of its own."""
    if name != "NewsdeskRetriever":
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    # Heavy, and not needed to answer: LangChain's retrievers import its tracing, a second of a processor.
    from rag.langchain_retriever import NewsdeskRetriever

    return NewsdeskRetriever
