"""The commands that keep a library: watching, backup, restore and purge; they print, and decide nothing."""

from __future__ import annotations

import argparse
import logging
import signal
import sys
import threading
from collections.abc import Callable, Sequence
from dataclasses import asdict, replace
from pathlib import Path

from rag.assistant import Assistant
from rag.errors import UsageError
from rag.settings import load_settings
from rag.store.backup import Backup, backup, restore_backup
from rag.store.publish import Stores
from rag.store.purge import Purged, is_unfinished, purge, removed_articles
from rag.store.sync import SyncReport
from rag.store.watch import watch
from rag.terminal import Bars, dotted, print_json

log = logging.getLogger("rag")

# Titles that are shown before a purge is confirmed.
_NAMED = 20


def keep_watching(stores: Stores, sources: Sequence[Path | str], on_report: Callable[[SyncReport], None]) -> int:
    """Sync at every change until Ctrl-C or SIGTERM, which end it at once, in the middle of a pass too."""

    def stop(number: int, frame: object) -> None:
        raise KeyboardInterrupt

    signal.signal(signal.SIGTERM, stop)
    quiet = SyncReport(0, 0, 0, 0, 0, (), ())

    def tell(report: SyncReport) -> None:
        # A pass that found nothing is no news.
        if replace(report, unchanged=0) != quiet:
            on_report(report)

    try:
        watch(stores, sources, stop=threading.Event(), on_report=tell)
    except KeyboardInterrupt:
        log.info("Stopped watching.")
    return 0


def keep(args: argparse.Namespace) -> int:
    """Write a backup."""
    assistant = Assistant(load_settings())
    made = backup(assistant.library, args.file, force=args.force)
    _say(args, made, "Backed up")
    return 0


def bring_back(args: argparse.Namespace) -> int:
    """Restore a backup."""
    assistant = Assistant(load_settings())
    with Bars() as bars:
        assistant.stores.on_progress = bars.show
        made = restore_backup(assistant.stores, args.file, force=args.force)
    _say(args, made, f"Restored from {made.created}")
    return 0


def delete_for_good(args: argparse.Namespace) -> int:
    """Purge articles, after a yes."""
    stores = Assistant(load_settings()).stores
    ids = dict.fromkeys([*args.article, *(removed_articles(stores) if args.removed else ())])
    if args.removed and not ids and not is_unfinished(stores):
        _report(args, Purged((), (), (), True))
        return 0
    if ids and not args.yes:
        _confirm(stores, list(ids))
    with Bars() as bars:
        stores.on_progress = bars.show
        done = purge(stores, ids)
    _report(args, done)
    return 0 if done.finished else 1


def _confirm(stores: Stores, ids: Sequence[str]) -> None:
    """Raises UsageError unless a person at the terminal types yes."""
    if not sys.stdin.isatty():
        raise UsageError("A purge cannot be undone, and there is no terminal to ask at: add --yes.")
    held = stores.library.manifest()
    for id in ids[:_NAMED]:
        known = id in held and not held[id].purged
        print(dotted(id, stores.library.article(id).title if known else None), file=sys.stderr)
    if len(ids) > _NAMED:
        print(f"and {len(ids) - _NAMED:,} more", file=sys.stderr)
    print("This deletes them for good, with all that old answers quote of them. Type yes to go on: ", end="", file=sys.stderr, flush=True)
    if sys.stdin.readline().strip().lower() != "yes":
        raise UsageError("Nothing was purged.")


def _report(args: argparse.Namespace, done: Purged) -> None:
    if args.json:
        print_json(asdict(done))
        return
    print(f"Purged: {', '.join(done.articles)}" if done.articles else "No article is left to purge.")
    for path in done.deleted:
        print(f"deleted: {path}")
    for trace in done.left:
        print(f"left: {trace.place}: {trace.advice}")
    if done.articles:
        print("The ids stay, so that no sync takes them in again. Backups that were made before hold the articles still.")
    if not done.finished:
        log.error("The purge has not ended: bytes of the articles are left in the library's log. Run `newsdesk purge` once more.")


def _say(args: argparse.Namespace, made: Backup, what: str) -> None:
    if args.json:
        print_json(asdict(made) | {"path": str(made.path)})
    else:
        print(f"{what}: {made.articles:,} articles, {made.conversations:,} conversations, {made.path}")
