"""Purges articles: nothing of them is served, quoted by old answers, or left in any byte of the data folder that is ours to clear.

The index is built without them from nothing; other files are cleared while the articles' words are still known; one transaction takes them out of
the library; then files are deleted and the library's own is written anew. Killed at any moment, run again it ends.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from rag.errors import LibraryError, NoSuchArticle, UsageError
from rag.fetch import Shelf, is_address
from rag.intake import list_files, read_file
from rag.store.database import readable_errors
from rag.store.erase import erase, forget_files, forget_pending, pending, scour
from rag.store.library import Held
from rag.store.lock import writer_lock
from rag.store.publish import Stores, sweep
from rag.store.traces import Gone, Trace, clear, holds_words, refuse_running, windows_of
from rag.store.vectors import Row

# Folders of the data folder that are sources of articles, and whose files are ours to delete.
_OWN_SOURCES = ("uploads",)
_ON_SERVER = "its folder keeps the vectors of indexes that were deleted: stop it, empty that folder, start it and run `newsdesk sync`"
_AWAY = "it did not answer, and holds an index with their vectors: run `newsdesk sync` once it does, which deletes it"
# Seconds that another process may go on reading the old pages.
_WAIT = 10.0


@dataclass(frozen=True, slots=True)
class Purged:
    """What a purge did: the articles, files that were deleted, and what still holds words of them; ``finished`` is False where it must be run again."""

    articles: tuple[str, ...]
    deleted: tuple[str, ...]
    left: tuple[Trace, ...]
    finished: bool


def removed_articles(stores: Stores) -> list[str]:
    """Ids of the articles that are out of search and not purged yet."""
    return sorted(id for id, held in stores.library.manifest().items() if not held.live and not held.purged)


def is_unfinished(stores: Stores) -> bool:
    """Whether a purge was cut off."""
    return pending(stores.library.database) is not None


def purge(stores: Stores, ids: Collection[str]) -> Purged:
    """Purge articles, live or removed, and end a purge that was cut off; with no ids only that.

    Raises NoLibrary, NoSuchArticle for an id that was never held and UsageError where there is nothing to do: nothing was changed then.
    LibraryError, StorageError: run again, it goes on.
    """
    library = stores.library
    library.meta()
    with writer_lock(library.home, f"purge {' '.join(sorted(ids))}".strip()):
        manifest = library.manifest()
        if unknown := sorted(set(ids) - manifest.keys()):
            raise NoSuchArticle(
                f"The library never held an article {unknown[0]!r}: `newsdesk list` shows what it holds. Nothing was purged."
            )
        if not ids and pending(library.database) is None:
            raise UsageError(
                "No article is named, and no purge was cut off: name articles, or add --removed for all that are out of search."
            )
        deleted, left = _take_out(stores, {id: manifest[id] for id in ids}) if ids else ([], [])
        swept = sweep(stores)
        if stores.indexes.on_server:
            left.append(Trace("the Chroma server", _ON_SERVER if swept else _AWAY))
        deleted += _delete_files(stores)
        finished = scour(library.database, wait=_WAIT)
        if finished:
            forget_pending(library.database)
        else:
            left.append(Trace(f"{library.database.path}-wal", "another process still reads old pages in it: run `newsdesk purge` again"))
        return Purged(tuple(sorted(ids)), tuple(deleted), tuple(left), finished)


def _take_out(stores: Stores, wanted: dict[str, Held]) -> tuple[list[str], list[Trace]]:
    """Everything up to the transaction after which nothing of the articles is served, it included; other files of those purged before."""
    library = stores.library
    fresh = {id: held for id, held in wanted.items() if not held.purged}
    gone = _gone(stores, wanted.keys(), fresh)
    refuse_running(library.home)
    generation = _index_without(stores, gone) if fresh else library.meta().get("generation")
    files, left = _own_files(stores, gone)
    pages = _forget_pages(library.home, fresh)
    deleted, others = clear(library.home, gone)
    left += others
    prompts = stores.settings.prompts_file
    if not prompts.is_relative_to(library.home) and (trace := holds_words(prompts, gone)):
        left.append(trace)
    left += _foreign_files(library.home, fresh)
    left += [Trace(id, "an article of the same words, which is searched") for id in _twins(stores, gone)]
    erase(library.database, fresh, generation=generation, files=[*(pending(library.database) or ()), *files])
    return [*pages, *deleted], left


def _gone(stores: Stores, ids: Collection[str], fresh: Collection[str]) -> Gone:
    articles = [stores.library.article(id, version.version) for id in fresh for version in stores.library.versions_of(id)]
    texts = (f"{article.title}\n{article.text}" for article in articles)
    return Gone(frozenset(ids), frozenset(article.version for article in articles), windows_of(texts))


def _index_without(stores: Stores, gone: Gone) -> str | None:
    """A generation from nothing: a copy of the served one would keep the vectors of rows that were deleted. None where there was no index."""
    library, meta = stores.library, stores.library.meta()
    if "generation" not in meta:
        return None
    chunks = library.chunk_rows(without=gone.ids)
    if lost := library.missing_vectors(meta["model"], {digest for digest, _, _ in chunks.values()}):
        raise LibraryError(
            f"The library lacks {len(lost):,} vectors: run `newsdesk doctor --repair`, then purge again. Nothing was purged."
        )

    def vectors(ids: Sequence[str]) -> NDArray[np.float32]:
        return library.vectors(meta["model"], [chunks[id][0] for id in ids])

    return stores.indexes.build(
        {id: Row(id, day, outlet) for id, (_, day, outlet) in chunks.items()},
        vectors=vectors,
        base=None,
        on_progress=lambda done, total: stores.on_progress("indexing", done, total),
    )


def _own_files(stores: Stores, gone: Gone) -> tuple[list[str], list[Trace]]:
    """Files of ours that hold nothing else, as paths inside the data folder, and those that hold other articles too."""
    whole, shared, home = list[str](), list[Trace](), stores.library.home
    manifest = stores.library.manifest().values()
    for folder in (home / name for name in _OWN_SOURCES):
        files = list_files(folder) if folder.is_dir() else []
        known = {(held.path, held.article_id) for held in manifest if held.location == str(folder.resolve())}
        for done, file in enumerate(files, start=1):
            relative = file.relative_to(folder).as_posix()
            # As it reads now and as the library knows its place: a second file with the same article was left out when it came.
            entry = read_file(file, relative=relative, location=str(folder.resolve()), settings=stores.settings)
            held = {article.article_id for article in entry.articles}
            held |= {id for path, id in known if path == relative or path.startswith(f"{relative}/")}
            if held and held <= gone.ids:
                whole.append(file.relative_to(home).as_posix())
            elif purged := held & gone.ids:
                advice = f"holds {', '.join(sorted(purged))} beside other articles: take it out of the file, or delete the file and sync"
                shared.append(Trace(str(file), advice))
            stores.on_progress("reading", done, len(files))
    return whole, shared


def _forget_pages(home: Path, fresh: dict[str, Held]) -> list[str]:
    """Delete what addresses gave of the articles, with the feeds that told of it; those pages are never fetched again."""
    deleted = list[str]()
    for held in fresh.values():
        if is_address(held.location):
            shelf = Shelf(home, held.location)
            # A member of an archive stands in the file of that name.
            file = held.path.partition("/")[0]
            if shelf.forget(file):
                deleted.append((shelf.folder / file).relative_to(home).as_posix())
    return deleted


def _foreign_files(home: Path, fresh: dict[str, Held]) -> Iterator[Trace]:
    """The files of a person's own folders that gave the articles, where they are still there."""
    for held in fresh.values():
        if is_address(held.location):
            continue
        source = Path(held.location)
        # A member of an archive is inside the nearest path that is a file; a source may be one file.
        places = [source / held.path, *(source / held.path).parents] if source.is_dir() else [source]
        file = next((place for place in places if place.is_file()), None)
        if file is not None and not file.is_relative_to(home.resolve()):
            yield Trace(str(file), "a file of yours, which gave it: Newsdesk neither touches it nor takes it in again")


def _twins(stores: Stores, gone: Gone) -> list[str]:
    manifest = stores.library.manifest().values()
    return sorted(held.article_id for held in manifest if held.live and held.version in gone.versions and held.article_id not in gone.ids)


def _delete_files(stores: Stores) -> list[str]:
    """The files that the transaction has remembered."""
    home, deleted = stores.library.home, list[str]()
    names = pending(stores.library.database) or []
    with readable_errors(home / "uploads"):
        for name in names:
            # A library may come from a stranger's backup, which is not to name files outside.
            if (
                any((home / name).parent.resolve().is_relative_to((home / own).resolve()) for own in _OWN_SOURCES)
                and (home / name).is_file()
            ):
                (home / name).unlink()
                deleted.append(name)
    if names:
        forget_files(stores.library.database)
    return deleted
