"""Compares a real library, its full-text index and its Chroma index with what must be held, and says each difference in words."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
from expected import State
from samples import answers_of

from rag.assistant import Assistant
from rag.records import Filters

# A chunk's own vector is as near as float32 allows; a twin with the same words may come first.
_OWN = 0.999


def agrees(assistant: Assistant, state: State) -> bool:
    """Whether the library holds exactly this state."""
    return not differences(assistant, state)


def differences(assistant: Assistant, state: State) -> list[str]:
    """In words, none where all agree."""
    with assistant.library.snapshot():
        return [*_articles(assistant, state), *_chunks(assistant, state), *_words(assistant, state), *_index(assistant)]


def _articles(assistant: Assistant, state: State) -> Iterator[str]:
    library = assistant.library
    manifest = library.manifest()
    live = {id: (held.version, held.location, held.path) for id, held in manifest.items() if held.live}
    wanted = {id: (held.version, held.location, held.path) for id, held in state.live.items()}
    if live != wanted:
        yield f"live: {sorted(set(live.items()) ^ set(wanted.items()))}"
    for article in library.articles():
        told = state.live[article.article_id].told if article.article_id in state.live else None
        if told and (article.title, article.source, article.published) != (told.title, told.outlet, told.published or None):
            yield f"{article.article_id} has other details"
    if (withheld := {id for id, held in manifest.items() if held.withheld and not held.purged}) != set(state.withheld):
        yield f"withheld: {withheld ^ set(state.withheld)}"
    if library.purged() != state.purged:
        yield f"purged: {library.purged() ^ state.purged}"
    with library.snapshot() as db:
        texts = {(row[0], row[1]): row[2] for row in db.execute("SELECT article_id, version, text FROM versions")}
    if texts != dict(state.texts):
        yield f"readable texts: {sorted(texts.keys() ^ state.texts.keys()) or 'other words'}"
    if set(library.sources()) != state.sources:
        yield f"sources: {library.sources()}"
    turns = answers_of(assistant, "c" * 32)
    if len(turns) != state.turns:
        yield f"turns: {len(turns)}, not {state.turns}"
    for citation in (citation for turn in turns for citation in turn.citations):
        if bool(citation.quote) is (citation.article_id in state.purged):
            yield f"a turn quotes {citation.article_id}, which was purged, or lost its words"


def _chunks(assistant: Assistant, state: State) -> Iterator[str]:
    for id, held in state.live.items():
        at, text = 0, held.told.text or ""
        for passage in assistant.library.chunks_of(id):
            if passage.version != held.version or passage.text != text[passage.start : passage.end] or text[at : passage.start].strip():
                yield f"{id} is cut into other chunks than its text"
            if [passage.start, passage.end] != [passage.sentences[0].start, passage.sentences[-1].end]:
                yield f"{id} has sentences outside their chunk"
            at = passage.end
        if text[at:].strip():
            yield f"{id} lacks its last chunk"
    with assistant.library.snapshot() as db:
        rows = db.execute("SELECT article_id, day, outlet FROM chunks").fetchall()
    for id, day, outlet in rows:
        told = state.live[id].told if id in state.live else None
        if told is None or (day, outlet) != (int(told.published.replace("-", "")) if told.published else None, told.outlet):
            yield f"a chunk of {id} has another day or outlet, or should not be there"


def _words(assistant: Assistant, state: State) -> Iterator[str]:
    """The word of each text finds its article, and those of texts that are not searched find nothing."""
    with assistant.library.snapshot() as db:
        words = {row[0] for row in db.execute("SELECT term FROM terms WHERE term GLOB 'x????x'")}
        sql = "SELECT DISTINCT article_id FROM chunks_fts JOIN chunks c ON c.id = chunks_fts.rowid WHERE chunks_fts MATCH ?"
        found = {word: {row[0] for row in db.execute(sql, (f'"{word}"',))} for word in words}
        rows = db.execute("SELECT c.id, f.rowid FROM chunks c LEFT JOIN chunks_fts f ON f.rowid = c.id").fetchall()
        many = db.execute("SELECT count(*) FROM chunks_fts").fetchone()[0]
    wanted: dict[str, set[str]] = {}
    for id, held in state.live.items():
        wanted.setdefault((held.told.text or "").split(" at ")[1].split()[0], set()).add(id)
    if found != wanted:
        yield f"words: {found} instead of {wanted}"
    if many != len(rows) or any(row[1] is None for row in rows):
        yield f"the full-text index has {many} rows for {len(rows)} chunks"


def _index(assistant: Assistant) -> Iterator[str]:
    """Chroma holds the library's chunks, and each is the nearest to its own vector."""
    library = assistant.library
    meta, chunks = library.meta(), library.chunk_rows()
    if "generation" not in meta:
        if chunks:
            yield "no index"
        return
    index = assistant.stores.indexes.reader(meta["generation"])
    if (held := index.ids()) != set(chunks):
        yield f"Chroma lacks {set(chunks) - held} and holds {held - set(chunks)} besides"
        return
    vectors = library.vectors(meta["model"], [digest for digest, _, _ in chunks.values()])
    if not np.allclose(np.linalg.norm(vectors, axis=1), 1, atol=1e-3):
        yield "a stored vector is not of unit length"
    for id, vector in zip(chunks, vectors, strict=True):
        found = index.nearest(vector, filters=Filters(), limit=3)
        if found[0][1] < _OWN or (id not in dict(found) and found[-1][1] < _OWN):
            yield f"chunk {id} is not the nearest to its own vector"
