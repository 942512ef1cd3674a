"""Takes articles in for the app, uploaded files and registered sources alike, and says what became of each; it knows no screen."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from rag.errors import UsageError
from rag.fetch import is_address
from rag.intake import Rejection, keep_upload, uploads_folder
from rag.store.lock import writer_lock
from rag.store.publish import Progress, Stores
from rag.store.sync import SyncReport, sync


@dataclass(frozen=True, slots=True)
class Outcome:
    """What a pass did, None where there was nothing to do, and all that was left out."""

    report: SyncReport | None
    left_out: tuple[Rejection, ...]


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
