"""The commands that change or check the library: sync, remove, doctor; they print, and decide nothing."""

from __future__ import annotations

import argparse
import logging
from dataclasses import asdict
from pathlib import Path
from time import perf_counter

from rag.assistant import Assistant
from rag.cli import keeping
from rag.fetch import is_address
from rag.intake import Rejection
from rag.models.runtime import in_use
from rag.store.doctor import examine, repair
from rag.store.sync import SyncReport, remove, restore, sync
from rag.terminal import Bars, print_json
from rag.text.spoken import count

log = logging.getLogger("rag")


def run_sync(assistant: Assistant, args: argparse.Namespace) -> int:
    """Make the library equal to its sources."""
    sources = [source if is_address(source) else Path(source) for source in args.source]
    with Bars() as bars:
        assistant.stores.on_progress = bars.show
        if args.watch:
            return keeping.keep_watching(assistant.stores, sources, lambda report: _print_report(args, report, None))
        began = perf_counter()
        try:
            report = sync(assistant.stores, sources, prune=args.prune)
        except KeyboardInterrupt:
            log.error("Stopped: the library is as it was, and what was computed is kept. Run it again to go on.")
            raise
        seconds = perf_counter() - began
    _print_report(args, report, seconds)
    return 0


def _print_report(args: argparse.Namespace, report: SyncReport, seconds: float | None) -> None:
    if args.json:
        print_json(asdict(report) | {"seconds": seconds})
        return
    counts = ", ".join(f"{getattr(report, name)} {name}" for name in ("added", "changed", "removed", "unchanged"))
    print(f"{counts}; {report.embedded} chunks embedded" + ("" if seconds is None else f" in {seconds:.1f} s"), flush=True)
    for what, remarks in (("left out", report.rejected), ("warning", report.warnings)):
        for remark in remarks:
            print(f"{what}: {_place(remark)}: {remark.reason}")


def _place(remark: Rejection) -> str:
    return remark.path if remark.line is None else f"{remark.path}, line {remark.line}"


def run_remove(assistant: Assistant, args: argparse.Namespace) -> int:
    """Take an article out of search, or put it back."""
    stores = assistant.stores
    article = restore(stores, args.article) if args.undo else remove(stores, args.article)
    if args.json:
        print_json({"article_id": article.article_id, "version": article.version, "title": article.title, "removed": not args.undo})
    elif args.undo:
        print(f"Back in search: {article.title}")
    else:
        print(f"Removed from search, and kept out of later syncs: {article.title}")
        print(f"`newsdesk remove --undo {article.article_id}` puts it back.")
    return 0


def run_doctor(assistant: Assistant, args: argparse.Namespace) -> int:
    """Check that the stores agree; returns 1 where they do not."""
    stores = assistant.stores
    with Bars() as bars:
        stores.on_progress = bars.show
        findings = repair(stores) if args.repair else examine(stores)
    # Whatever embeds, the reader is the packaged one.
    models = in_use(assistant.settings.runtime)
    if args.json:
        print_json(
            {
                "sound": not findings,
                "index": stores.indexes.whereabouts(),
                "findings": [asdict(finding) for finding in findings],
                "models": asdict(models),
            }
        )
    for finding in findings if not args.json else ():
        print(f"{finding.part}: {finding.problem}; {finding.advice}")
    if not findings and not args.json:
        print("Sound: library, full-text index, copies, vectors and Chroma's index agree.")
    if not args.json:
        print(f"The index lies {stores.indexes.whereabouts()}.")
        print(
            f"Models: {models.runtime}, since {models.why}; {f'{models.precision}, ' if models.precision else ''}{count(models.threads, 'thread')}."
        )
    return 1 if findings else 0
