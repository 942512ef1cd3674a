"""Makes the library equal to its sources: what is new goes in, what changed becomes a version, what is gone leaves."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path, PurePosixPath

from rag.errors import NoSuchArticle, SourceError
from rag.fetch import Kept, is_address
from rag.intake import KNOWN, Entry, Rejection, list_files, read_file
from rag.records import Article
from rag.store.copies import catch_up
from rag.store.erase import pending
from rag.store.fetching import News, discard, fetch_all, location_of, mark_read, unread
from rag.store.library import Held
from rag.store.lock import writer_lock
from rag.store.publish import Change, Stores, is_current, publish, sweep
from rag.store.reads import Reads
from rag.store.writes import Placed

_MOST_REMARKS = 20  # a library in another language would give one for each of its articles

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
    # What was read of each address.
    seen: dict[str, list[tuple[Kept, Entry]]] = field(default_factory=dict)


def sync(stores: Stores, locations: Sequence[Path | str], *, prune: bool = False, news: News | None = None) -> SyncReport:
    """Reconcile the given sources (paths, or http and https addresses as text), or with none given all that are registered.

    A source that is missing or suddenly empty removes nothing unless ``prune``; what an address gave stays. Raises SourceError when a new
    source cannot be read or fetched or holds no article, and when there is no source at all. With ``news`` the addresses were fetched before.
    """
    given = [location_of(location) for location in locations]
    known = stores.library.sources() if stores.library.exists else []
    if news is None:
        news = fetch_all(stores, dict.fromkeys(given or known), registered=known)
    with writer_lock(stores.library.home, f"sync {' '.join(given)}".strip()):
        stores.library.database.create()
        registered = stores.library.sources()
        wanted = given or registered
        if not wanted:
            raise SourceError("No source yet: run `newsdesk sync FOLDER` with a folder of articles.")
        if pending(stores.library.database) is not None:
            log.warning("A purge was cut off and has not cleared all bytes yet: `newsdesk purge` ends it.")
        manifest = stores.library.manifest()
        gathered = _Gathered(rejected=list(news.rejected), warnings=list(news.warnings))
        for location in dict.fromkeys(wanted):
            if is_address(location):
                _gather_fetched(stores, gathered, location, registered)
            else:
                _gather(stores, gathered, location, registered, manifest, prune=prune)
        report = _reconcile(stores, gathered, manifest, [location for location in dict.fromkeys(wanted) if location not in registered])
        for location, seen in gathered.seen.items():
            mark_read(stores, location, seen)
        return report


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
        if held.purged:
            raise NoSuchArticle(f"The article {article_id!r} was purged: nothing of it is left to put back.")
        article = stores.library.article(article_id)
        publish(stores, Change(put=[Placed(article, held.location, held.path)]))
        return article


def _gather(
    stores: Stores, gathered: _Gathered, location: str, registered: Sequence[str], manifest: dict[str, Held], *, prune: bool
) -> None:
    had = sum(1 for held in manifest.values() if held.live and held.location == location)
    try:
        files = list_files(Path(location))
    except SourceError as error:
        if location not in registered:
            raise
        files = []
        log.warning("%s", error)
    gave, reads, entries = 0, Reads(stores.library, location, stores.settings), list[Entry]()
    for done, file in enumerate(files, start=1):
        relative = file.relative_to(location).as_posix() if file != Path(location) else file.name
        entry = read_file(file, relative=relative, location=location, settings=stores.settings, known=reads.known(relative))
        entries.append(entry)
        gave += _take(gathered, location, entry)
        stores.on_progress("reading", done, len(files))
    reads.keep(entries)
    if gave or prune:
        gathered.reconciled.append(location)
    elif had:
        log.warning("%s gave no article, so its %d articles stay; `newsdesk sync --prune` removes them.", location, had)
    elif location not in registered:
        raise SourceError(_nothing_in(location, gathered.rejected))


def _gather_fetched(stores: Stores, gathered: _Gathered, location: str, registered: Sequence[str]) -> None:
    """What an address gave since the last pass; what it no longer lists stays, since feeds roll."""
    new = location not in registered
    seen = unread(stores, location, everything=new)
    for _, entry in seen:
        _take(gathered, location, entry)
    if new and not any(entry.articles for _, entry in seen):
        discard(stores, location)
        raise SourceError(_nothing_in(location, [*gathered.rejected, *gathered.warnings]))
    gathered.seen[location] = seen


def _take(gathered: _Gathered, location: str, entry: Entry) -> int:
    """Add what a file gave; returns how many articles that was, those of another file's id counted too."""
    gathered.rejected += entry.rejections
    gathered.warnings += entry.warnings
    gathered.doubtful |= {(location, rejection.path) for rejection in entry.rejections}
    for article, path in entry.placed():
        first = gathered.placed.get(article.article_id)
        if first is None:
            gathered.placed[article.article_id] = Placed(article, location, path)
        elif not (is_address(location) and is_address(first.location)) or (first.location, first.path) == (location, path):
            # Feeds and sitemaps of one site list the same pages.
            gathered.rejected.append(
                Rejection(path, None, f"id {article.article_id!r} was already given by {first.path}; give it another id")
            )
    return len(entry.articles)


def _reconcile(stores: Stores, gathered: _Gathered, manifest: dict[str, Held], new_sources: Sequence[str]) -> SyncReport:
    # The text is compared too, not its digest alone: words that were damaged in the library are put right by the file.
    same = {
        a.article_id: a.language
        for a in stores.library.articles()
        if (placed := gathered.placed.get(a.article_id)) and replace(placed.article, language=a.language) == a
    }
    put, moved, added, withheld = list[Placed](), list[Placed](), 0, 0
    for id, placed in gathered.placed.items():
        held = manifest.get(id)
        if held and held.withheld:
            withheld += 1
            way_back = "under another id it can be taken in again" if held.purged else f"`newsdesk remove --undo {id}` puts it back"
            how = "purged" if held.purged else "removed by hand"
            gathered.warnings.append(Rejection(placed.path, None, f"{id} was {how} and stays out; {way_back}"))
        elif held is None or not held.live:
            added += 1
            put.append(placed)
        elif id not in same:
            put.append(placed)
        elif (held.location, held.path, same[id]) != (placed.location, placed.path, placed.article.language):
            moved.append(placed)  # a library of before schema 3 learns its languages here: no new version, nothing embedded
    gathered.warnings += _foreign(put)
    gone = frozenset(
        held.article_id
        for held in manifest.values()
        if held.live and held.location in gathered.reconciled and held.article_id not in gathered.placed and not _doubtful(held, gathered)
    )
    # Pages that the library has seen already are not read again.
    passed_over = sum(
        1 for held in manifest.values() if held.live and held.location in gathered.seen and held.article_id not in gathered.placed
    )
    embedded = 0
    if put or moved or gone or new_sources or not is_current(stores):
        embedded = publish(stores, Change(put=put, remove=gone, moved=moved, sources=new_sources))
    else:
        sweep(stores)
        catch_up(stores.library.database, on_progress=lambda done, total: stores.on_progress("comparing", done, total))
    return SyncReport(
        added=added,
        changed=len(put) - added,
        removed=len(gone),
        unchanged=len(gathered.placed) - len(put) - withheld + passed_over,
        embedded=embedded,
        rejected=tuple(gathered.rejected),
        warnings=tuple(gathered.warnings),
    )


def _foreign(put: Sequence[Placed]) -> list[Rejection]:
    """A remark for each new or changed article that is not in English, which questions are."""
    found = [placed for placed in put if placed.article.language not in (None, "en")]
    remarks = [
        Rejection(p.path, None, f"in another language ({p.article.language}): questions are understood in English and find it less well")
        for p in found[:_MOST_REMARKS]
    ]
    if len(found) > _MOST_REMARKS:
        last, rest = found[_MOST_REMARKS - 1], len(found) - _MOST_REMARKS
        remarks.append(
            Rejection(last.path, None, f"and {rest} more articles are not in English; `newsdesk list --json` gives the language of each")
        )
    return remarks


def _doubtful(held: Held, gathered: _Gathered) -> bool:
    """Whether the article's file, or a folder above it, was rejected in this pass: it is then not known to be gone."""
    above = (held.path, *map(str, PurePosixPath(held.path).parents))
    return any((held.location, path) in gathered.doubtful for path in above)


def _nothing_in(location: str, rejected: Sequence[Rejection]) -> str:
    if not rejected:
        return f"{location} holds no article" + (": it lists no pages." if is_address(location) else f": Newsdesk reads {KNOWN} files.")
    first = "; ".join(f"{r.path}: {r.reason}" for r in rejected[:3])
    more = f" and {len(rejected) - 3} more" if len(rejected) > 3 else ""
    return f"{location} gave no article ({first}{more})."
