"""A library for each way of cutting texts, filled as any library is and kept for the next run; it knows nothing of questions."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from importlib.metadata import version

from langchain_text_splitters import RecursiveCharacterTextSplitter

from rag.models.embeddings import Embedder
from rag.records import Article, Chunk, Span
from rag.settings import Settings
from rag.store.library import Library
from rag.store.lock import writer_lock
from rag.store.publish import Change, Chunker, Progress, Stores, is_current, publish
from rag.store.vectors import Indexes
from rag.store.writes import Placed
from rag.text.chunks import CountTokens, chunk_article

# From here on every code point can stand for a place: none is white space, to which the splitter looks.
_MARK = 0x10000


@dataclass(frozen=True, slots=True)
class Chunking:
    """A way to cut texts, in tokens; ``made_by`` is the release of what cuts them, so that a newer one cuts anew."""

    name: str
    chunker: Chunker
    chunk_tokens: int
    header_tokens: int
    made_by: str = ""


def our_chunking(name: str, size: int, header_tokens: int) -> Chunking:
    """Our chunks, each embedded and searched with its header, as `sync` makes them."""
    return Chunking(name, chunk_article, size, header_tokens)


def recursive_chunking(name: str, size: int, overlap: int) -> Chunking:
    """LangChain's recursive splitter as a plain pipeline uses it: without headers, and the model cuts off what it cannot read."""
    # The splitter decides the size: the setting only has to be one that is accepted.
    return Chunking(name, recursive_chunker(size, overlap), 32, 0, f"langchain-text-splitters {version('langchain-text-splitters')}")


def recursive_chunker(size: int, overlap: int) -> Chunker:
    """LangChain's recursive splitter with its own separators, counting by the model's tokenizer; for texts of up to 2^20 characters."""

    def cut(text: str, *, count_tokens: CountTokens, max_tokens: int) -> list[Chunk]:
        # The splitter says what it cut, not where: its add_start_index takes the overlap for characters and gives -1 for half of the
        # chunks, and words that repeat have several places. So it cuts a text whose letters are their own places, white space aside.
        marked = "".join(letter if letter.isspace() else chr(_MARK + place) for place, letter in enumerate(text))

        def span(part: str) -> Span:
            blank = len(part) - len(part.lstrip())
            start = ord(part[blank]) - _MARK - blank
            return Span(start, start + len(part))

        def length(part: str) -> int:
            place = None if not part or part.isspace() else span(part)
            return count_tokens([text[place.start : place.end] if place else part])[0]

        splitter = RecursiveCharacterTextSplitter(chunk_size=size, chunk_overlap=overlap, length_function=length)
        spans = map(span, splitter.split_text(marked))
        return [Chunk(place.start, place.end, (place,)) for place in spans]

    return cut


def filled(
    texts: Mapping[str, str],
    chunking: Chunking,
    *,
    embedder: Embedder,
    settings: Settings,
    on_progress: Progress,
    lenders: Sequence[Library],
) -> tuple[Stores, int]:
    """The library of the texts cut this way, under ``settings.home``, and how many chunks had to be embedded for it.

    A text's id, with spaces for underscores, is its title. Nothing is done where the library is what it should be.
    """
    home = settings.home / chunking.name.replace("/", "-").replace(" ", "-")
    update = {"home": home, "chunk_tokens": chunking.chunk_tokens, "header_tokens": chunking.header_tokens}
    stores = Stores(
        Library(home), Indexes(home / "chroma"), embedder, settings.model_copy(update=update), on_progress, lenders, chunking.chunker
    )
    # The version names what cut the text, too, so that a library that was kept does not outlive its splitter.
    versions = {id: hashlib.sha256(f"{chunking.made_by}\0{text}".encode()).hexdigest()[:16] for id, text in texts.items()}
    with writer_lock(home, "eval --retrieval"):
        stores.library.database.create()
        held = {id: article.version for id, article in stores.library.manifest().items() if article.live}
        if held == versions and is_current(stores):
            return stores, 0
        articles = [Article(id, versions[id], id.replace("_", " "), text) for id, text in texts.items()]
        put = [Placed(article, "chunking lab", article.article_id) for article in articles]
        return stores, publish(stores, Change(put=put, remove=frozenset(held.keys() - versions.keys())))
