"""Keeps the library for the app: takes articles in, out and back, and looks after the index; it knows no screen."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from rag.errors import UsageError
from rag.fetch import is_address
from rag.intake import Rejection, keep_upload, uploads_folder
from rag.records import Article
from rag.store.doctor import examine, repair
from rag.store.fate import Fate as Fate
from rag.store.fate import OutOfSearch as OutOfSearch
from rag.store.fate import fate_of, out_of_search
from rag.store.lock import writer_lock
from rag.store.publish import Progress, Stores
from rag.store.purge import Purged as Purged
from rag.store.purge import purge
from rag.store.soundness import REPAIR
from rag.store.soundness import Finding as Finding
from rag.store.sync import SyncReport, remove, restore, sync

# The advice of a finding that ``mend`` puts right.
MENDED = REPAIR


@dataclass(frozen=True, slots=True)
class Outcome:
    """What a pass did, None where there was nothing to do, and all that was left out."""

    report: SyncReport | None
    left_out: tuple[Rejection, ...]


@dataclass(frozen=True, slots=True)
class Check:
    """What was found wrong, and when (UTC); ``generation`` is what was served then, None where nothing was."""

    at: datetime
    generation: str | None
    findings: tuple[Finding, ...]


def take_in(stores: Stores, files: Sequence[tuple[str, bytes]], on_progress: Progress) -> Outcome:
    """Keep uploaded files (name and bytes) that hold articles, and sync them; raises what a sync raises."""
    entries = []
    # A restore replaces the folder of uploads under the same lock, so that neither loses half of what the other writes.
    with writer_lock(stores.library.home, f"{len(files)} uploads"):
        for done, (name, raw) in enumerate(files):
            on_progress("reading", done, len(files))
            entries.append(keep_upload(name, raw, stores.settings))
    left_out = tuple(rejection for entry in entries if not entry.articles for rejection in entry.rejections)
    if not any(entry.articles for entry in entries):
        return Outcome(None, left_out)
    outcome = check_sources(stores, [uploads_folder(stores.settings)], on_progress)
    return dataclasses.replace(outcome, left_out=(*left_out, *outcome.left_out))


def take_address(stores: Stores, address: str, on_progress: Progress) -> Outcome:
    """Fetch an address that a person gave, and register it as a source; raises UsageError for what is none, else what a sync raises."""
    if not is_address(address):
        raise UsageError(f"{address[:100]!r} is no address: it begins with https:// or http://.")
    return check_sources(stores, [address], on_progress)


def check_sources(stores: Stores, sources: Sequence[Path | str], on_progress: Progress) -> Outcome:
    """Sync these sources (folders, files, or addresses as text), or with none all that are registered; raises what a sync raises."""
    report = sync(dataclasses.replace(stores, on_progress=on_progress), sources)
    return Outcome(report, report.rejected)


def what_hangs_on(stores: Stores, article_id: str) -> Fate:
    """What goes with an article when it is taken out or deleted; raises NoSuchArticle."""
    return fate_of(stores.library.database, stores.library.home, article_id)


def taken_out(stores: Stores, limit: int) -> tuple[int, list[OutOfSearch]]:
    """How many articles are held and not searched, and the last ones that were removed."""
    return out_of_search(stores.library.database, limit=limit)


def take_out(stores: Stores, article_id: str) -> Article:
    """Take an article out of search, and keep it out of later passes; raises NoSuchArticle."""
    return remove(stores, article_id)


def put_back(stores: Stores, article_id: str) -> Article:
    """Put back what ``take_out`` took; raises NoSuchArticle."""
    return restore(stores, article_id)


def delete_for_good(stores: Stores, article_id: str) -> Purged:
    """Purge an article, which cannot be undone; raises what ``purge`` raises."""
    return purge(stores, [article_id])


def check(stores: Stores) -> Check:
    """Whether library, full-text index, vectors and Chroma's index agree; raises what ``examine`` raises."""
    return _checked(stores, examine(stores))


def mend(stores: Stores, on_progress: Progress) -> Check:
    """Make anew what can be made anew, and check again; raises what ``repair`` raises."""
    return _checked(stores, repair(dataclasses.replace(stores, on_progress=on_progress)))


def serving(stores: Stores) -> str | None:
    """The generation that is served, which changes with every pass that changes anything."""
    return stores.library.meta().get("generation")


def _checked(stores: Stores, findings: Sequence[Finding]) -> Check:
    return Check(datetime.now(UTC), serving(stores) if stores.library.exists else None, tuple(findings))
