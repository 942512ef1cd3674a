"""Makes the library equal to its sources: what is new goes in, what changed becomes a version, what is gone leaves."""

from __future__ import annotations

import logging
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath

from rag.errors import NoSuchArticle, SourceError
from rag.intake import KNOWN, Entry, Rejection, list_files, read_file
from rag.records import Article
from rag.store.library import Held
from rag.store.lock import writer_lock
from rag.store.publish import Change, Stores, is_current, publish, sweep
from rag.store.writes import Placed

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class SyncReport:
    """What a pass did; rejected files stay out, warned ones went in with a field left unknown."""

    added: int
    changed: int
    removed: int
    unchanged: int
    embedded: int
    rejected: tuple[Rejection, ...]
    warnings: tuple[Rejection, ...]


@dataclass
class _Gathered:
    """What the sources of one pass hold now."""

    placed: dict[str, Placed] = field(default_factory=dict)
    # Files that are there but were rejected, at least in part: they keep what they gave before.
    doubtful: set[tuple[str, str]] = field(default_factory=set)
    rejected: list[Rejection] = field(default_factory=list)
    warnings: list[Rejection] = field(default_factory=list)
    # Sources whose vanished files count as removed.
    reconciled: list[str] = field(default_factory=list)


def sync(stores: Stores, locations: Sequence[Path], *, prune: bool = False) -> SyncReport:
    """Reconcile the given sources, or with none given all that are registered.

    A source that is missing or suddenly empty removes nothing unless ``prune``. Raises SourceError when a new
    source cannot be read or holds no article, and when there is no source at all.
    """
    with writer_lock(stores.library.home, f"sync {' '.join(map(str, locations))}".strip()):
        stores.library.database.create()
        registered = stores.library.sources()
        wanted = [str(location.resolve()) for location in locations] or registered
        if not wanted:
            raise SourceError("No source yet: run `newsdesk sync FOLDER` with a folder of articles.")
        manifest = stores.library.manifest()
        gathered = _gather(stores, dict.fromkeys(wanted), registered, manifest, prune=prune)
        return _reconcile(stores, gathered, manifest, [location for location in wanted if location not in registered])


def remove(stores: Stores, article_id: str) -> Article:
    """Take an article out of search, and keep it out of later passes; old citations of it stay readable."""
    with writer_lock(stores.library.home, f"remove {article_id}"):
        held = stores.library.manifest().get(article_id)
        if held is None or not held.live:
            raise NoSuchArticle(f"The library holds no article {article_id!r} to remove: `newsdesk list` shows what it holds.")
        article = stores.library.article(article_id)
        publish(stores, Change(remove=frozenset({article_id}), withhold=True))
        return article


def restore(stores: Stores, article_id: str) -> Article:
    """Put back an article that was removed by hand."""
    with writer_lock(stores.library.home, f"restore {article_id}"):
        held = stores.library.manifest().get(article_id)
        if held is None or not held.withheld:
            raise NoSuchArticle(f"No article {article_id!r} was removed by hand.")
        article = stores.library.article(article_id)
        publish(stores, Change(put=[Placed(article, held.location, held.path)]))
        return article


def _gather(stores: Stores, wanted: Iterable[str], registered: Sequence[str], manifest: dict[str, Held], *, prune: bool) -> _Gathered:
    gathered = _Gathered()
    for location in wanted:
        had = sum(1 for held in manifest.values() if held.live and held.location == location)
        try:
            files = list_files(Path(location))
        except SourceError as error:
            if location not in registered:
                raise
            files = []
            log.warning("%s", error)
        gave = 0
        for done, file in enumerate(files, start=1):
            relative = file.relative_to(location).as_posix() if file != Path(location) else file.name
            gave += _take(gathered, location, read_file(file, relative=relative, location=location, settings=stores.settings))
            stores.on_progress("reading", done, len(files))
        if gave or prune:
            gathered.reconciled.append(location)
        elif had:
            log.warning("%s gave no article, so its %d articles stay; `newsdesk sync --prune` removes them.", location, had)
        elif location not in registered:
            raise SourceError(_nothing_in(location, gathered.rejected))
    return gathered


def _take(gathered: _Gathered, location: str, entry: Entry) -> int:
    """Add what a file gave; returns how many articles that was, those of another file's id counted too."""
    gathered.rejected += entry.rejections
    gathered.warnings += entry.warnings
    gathered.doubtful |= {(location, rejection.path) for rejection in entry.rejections}
    for article, path in entry.placed():
        first = gathered.placed.get(article.article_id)
        if first is None:
            gathered.placed[article.article_id] = Placed(article, location, path)
        else:
            gathered.rejected.append(
                Rejection(path, None, f"id {article.article_id!r} was already given by {first.path}; give it another id")
            )
    return len(entry.articles)


def _reconcile(stores: Stores, gathered: _Gathered, manifest: dict[str, Held], new_sources: Sequence[str]) -> SyncReport:
    # The text is compared too, not its digest alone: words that were damaged in the library are put right by the file.
    same = {a.article_id for a in stores.library.articles() if (placed := gathered.placed.get(a.article_id)) and placed.article == a}
    put, moved, added, withheld = list[Placed](), list[Placed](), 0, 0
    for id, placed in gathered.placed.items():
        held = manifest.get(id)
        if held and held.withheld:
            withheld += 1
            gathered.warnings.append(
                Rejection(placed.path, None, f"{id} was removed by hand and stays out; `newsdesk remove --undo {id}` puts it back")
            )
        elif held is None or not held.live:
            added += 1
            put.append(placed)
        elif id not in same:
            put.append(placed)
        elif (held.location, held.path) != (placed.location, placed.path):
            moved.append(placed)
    gone = frozenset(
        held.article_id
        for held in manifest.values()
        if held.live and held.location in gathered.reconciled and held.article_id not in gathered.placed and not _doubtful(held, gathered)
    )
    embedded = 0
    if put or moved or gone or new_sources or not is_current(stores):
        embedded = publish(stores, Change(put=put, remove=gone, moved=moved, sources=new_sources))
    else:
        sweep(stores)
    return SyncReport(
        added=added,
        changed=len(put) - added,
        removed=len(gone),
        unchanged=len(gathered.placed) - len(put) - withheld,
        embedded=embedded,
        rejected=tuple(gathered.rejected),
        warnings=tuple(gathered.warnings),
    )


def _doubtful(held: Held, gathered: _Gathered) -> bool:
    """Whether the article's file, or a folder above it, was rejected in this pass: it is then not known to be gone."""
    above = (held.path, *map(str, PurePosixPath(held.path).parents))
    return any((held.location, path) in gathered.doubtful for path in above)


def _nothing_in(location: str, rejected: Sequence[Rejection]) -> str:
    if not rejected:
        return f"{location} holds no article: Newsdesk reads {KNOWN} files."
    first = "; ".join(f"{r.path}: {r.reason}" for r in rejected[:3])
    more = f" and {len(rejected) - 3} more" if len(rejected) > 3 else ""
    return f"{location} gave no article ({first}{more})."
