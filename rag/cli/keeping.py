"""The commands that keep a library: watching, backup and restore; they print, and decide nothing."""

from __future__ import annotations

import argparse
import logging
import signal
import threading
from collections.abc import Callable, Sequence
from dataclasses import asdict, replace
from pathlib import Path

from rag.assistant import Assistant
from rag.settings import load_settings
from rag.store.backup import Backup, backup, restore_backup
from rag.store.publish import Stores
from rag.store.sync import SyncReport
from rag.store.watch import watch
from rag.terminal import Bars, print_json

log = logging.getLogger("rag")


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


def add_arguments(sub: argparse.ArgumentParser, *, force: str) -> None:
    """The file, and what ``--force`` allows."""
    sub.add_argument("file", type=Path, metavar="FILE")
    sub.add_argument("--force", action="store_true", help=force)


def _say(args: argparse.Namespace, made: Backup, what: str) -> None:
    if args.json:
        print_json(asdict(made) | {"path": str(made.path)})
    else:
        print(f"{what}: {made.articles:,} articles, {made.conversations:,} conversations, {made.path}")
