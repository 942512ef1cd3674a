"""Makes a change to the library searchable: chunks, vectors, a checked index, then one transaction that switches.

Until that transaction commits, the old state is served; vectors are kept as they are computed, so a pass
that was killed continues where it was. The caller holds the writer lock.
"""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from rag.errors import UsageError
from rag.models.embeddings import Embedder
from rag.records import Article, Chunk
from rag.settings import Settings
from rag.store.copies import regroup
from rag.store.library import ChunkRow, Library, to_day
from rag.store.vectors import Base, Indexes, Row
from rag.store.writes import Placed, Switch, commit_switch
from rag.text.chunks import CountTokens, chunk_article

# Raise it when chunk or header rules change, so that every library is chunked again.
RULES = 1
_EMBED_BATCH = 128
# Equal vectors by the thousand know each other alone in Chroma's graph, and a search that begins among them finds nothing else: of a passage that an
# article repeats, so many places are searched. A node of the graph has twice as many neighbours.
_MOST_EQUAL = 32

Progress = Callable[[str, int, int], None]


class Chunker(Protocol):
    """Cuts a text into chunks; ``chunk_article`` is ours, the chunking lab compares others."""

    def __call__(self, text: str, *, count_tokens: CountTokens, max_tokens: int) -> list[Chunk]:
        """Chunks in the order of the text, their sentences inside them."""


@dataclass(frozen=True, slots=True)
class Change:
    """What a pass wants: articles to put in, ids to take out (``withhold``: by hand), those that only moved or had no language yet, sources to register."""

    put: Sequence[Placed] = ()
    remove: frozenset[str] = frozenset()
    withhold: bool = False
    moved: Sequence[Placed] = ()
    sources: Sequence[str] = ()


@dataclass
class Stores:
    """The library, its indexes and the model that fills them, as one pass needs them.

    ``lenders`` are other libraries whose vectors are copied where they have what would have to be embedded.
    """

    library: Library
    indexes: Indexes
    embedder: Embedder
    settings: Settings
    on_progress: Progress = field(default=lambda stage, done, total: None)
    lenders: Sequence[Library] = ()
    chunker: Chunker = chunk_article

    @property
    def chunking(self) -> str:
        """How chunks are made, as the library records it."""
        return f"tokens={self.settings.chunk_tokens} header={self.settings.header_tokens} rules={RULES}"


def is_current(stores: Stores) -> bool:
    """Whether what is served was made by this model and chunking, and its index is sound and where it should be; raises ServerError."""
    meta = stores.library.meta()
    made = (meta.get("model"), meta.get("chunking")) == (stores.embedder.name, stores.chunking)
    return made and "generation" in meta and stores.indexes.is_sound(meta["generation"])


def publish(stores: Stores, change: Change, *, rebuild: bool = False) -> int:
    """Carry out a change; returns how many chunks had to be embedded.

    ``rebuild`` makes every chunk, the full-text index and the Chroma index anew, as a change of model or chunking does.
    Raises StorageError, ServerError and LibraryError; the served state is then the old one.
    """
    library, meta = stores.library, stores.library.meta()
    stale = rebuild or not is_current(stores)
    stores.indexes.warm()
    if stale:
        put_ids = {placed.article.article_id for placed in change.put}
        again = [a for a in library.articles() if a.article_id not in put_ids and a.article_id not in change.remove]
    else:
        again = []
    new = make_chunks(stores, [placed.article for placed in change.put] + again)
    touched = {row.article_id for row in new} | {p.article.article_id for p in change.put} | change.remove
    kept = {} if stale else library.chunk_rows(without=touched)
    embedded = _embed(stores, new)
    regrouping = regroup(
        library.database,
        put={p.article.article_id: (p.article.version, p.article.text) for p in change.put},
        remove=change.remove,
        anew=rebuild,
        on_progress=lambda done, total: stores.on_progress("comparing", done, total),
    )
    rows = {id: Row(id, day, outlet) for id, (_, day, outlet) in kept.items()} | {r.chunk_id: Row(r.chunk_id, r.day, r.outlet) for r in new}
    digests = {id: digest for id, (digest, _, _) in kept.items()} | {r.chunk_id: r.embedded for r in new}

    def vectors(ids: Sequence[str]) -> NDArray[np.float32]:
        return library.vectors(stores.embedder.name, [digests[id] for id in ids])

    served = meta.get("generation")
    base = None if stale or not served else Base(served, library.chunk_rows().keys())
    sweep(stores)
    generation = stores.indexes.build(
        rows, vectors=vectors, base=base, on_progress=lambda done, total: stores.on_progress("indexing", done, total)
    )
    described = {"model": stores.embedder.name, "chunking": stores.chunking, "generation": generation}
    if served:
        described["previous"] = served
    commit_switch(
        library.database,
        Switch(change.put, change.remove, change.withhold, change.moved, change.sources, new, touched, stale, described, regrouping),
    )
    # The one before stays for readers that are in the middle of a question.
    sweep(stores)
    return embedded


def sweep(stores: Stores) -> bool:
    """Delete what a pass that was killed left behind, and generations that no reader uses any more; False where a server did not answer."""
    meta = stores.library.meta()
    return stores.indexes.keep_only(meta[key] for key in ("generation", "previous") if key in meta)


def make_chunks(stores: Stores, articles: Iterable[Article]) -> list[ChunkRow]:
    """The chunks of articles as a pass stores them, in the order of their texts; raises UsageError for chunks longer than the model reads."""
    settings, embedder, rows = stores.settings, stores.embedder, []
    articles = list(articles)
    if articles and settings.chunk_tokens + settings.header_tokens > embedder.max_tokens:
        raise UsageError(
            f"chunk_tokens {settings.chunk_tokens} and header_tokens {settings.header_tokens} make more than the {embedder.max_tokens} tokens "
            f"that {embedder.name} reads: lower one of them (NEWSDESK_CHUNK_TOKENS, NEWSDESK_HEADER_TOKENS)."
        )
    for done, article in enumerate(articles, start=1):
        header = _header(article, embedder, settings.header_tokens)
        day = to_day(article.published)
        held = Counter[str]()
        for chunk in stores.chunker(article.text, count_tokens=embedder.count_tokens, max_tokens=settings.chunk_tokens):
            text = article.text[chunk.start : chunk.end]
            id = _digest(article.article_id, article.version, chunk.start, chunk.end, header, day, article.source)
            embedded = vector_key(header, text)
            if held[embedded] >= _MOST_EQUAL:
                continue
            held[embedded] += 1
            rows.append(
                ChunkRow(
                    id,
                    article.article_id,
                    article.version,
                    chunk.start,
                    chunk.end,
                    chunk.sentences,
                    header,
                    text,
                    embedded,
                    day,
                    article.source,
                )
            )
        stores.on_progress("splitting", done, len(articles))
    return rows


def vector_key(header: str, text: str) -> str:
    """The key of the vector of a chunk's header and text, the same wherever the words stand."""
    return _digest(header, text)


def _header(article: Article, embedder: Embedder, most: int) -> str:
    """Title and date, cut to ``most`` tokens; it is embedded and searched with each chunk, and never quoted."""
    date = f"({article.published[:10]})" if article.published else ""
    words = article.title.split()
    counts = embedder.count_tokens([*words, date or "-"])
    room, kept = most - counts.pop(), list[str]()
    for word, count in zip(words, counts, strict=True):
        room -= count
        if room < 0:
            break
        kept.append(word)
    return " ".join([*kept, date]).strip() if most else ""


def _embed(stores: Stores, new: Sequence[ChunkRow]) -> int:
    texts = {row.embedded: f"{row.header}\n{row.text}".strip() for row in new}
    model = stores.embedder.name
    missing = stores.library.missing_vectors(model, texts)
    for lender in stores.lenders:
        if lent := sorted(missing - lender.missing_vectors(model, missing)):
            stores.library.add_vectors(model, lent, lender.vectors(model, lent))
            missing.difference_update(lent)
    # Alike lengths share a batch, so that little is spent on padding; ties by digest keep the order the same each time.
    queue = sorted(missing, key=lambda digest: (len(texts[digest]), digest))
    for start in range(0, len(queue), _EMBED_BATCH):
        batch = queue[start : start + _EMBED_BATCH]
        stores.library.add_vectors(model, batch, stores.embedder.embed([texts[digest] for digest in batch]))
        stores.on_progress("embedding", start + len(batch), len(queue))
    return len(queue)


def _digest(*parts: object) -> str:
    return hashlib.sha256("\0".join(map(str, parts)).encode()).hexdigest()[:24]
