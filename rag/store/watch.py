"""Keeps the library equal to its folders as they change; each pass holds the lock only while it runs."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

from watchfiles import Change
from watchfiles import watch as changes

from rag.errors import NewsdeskError
from rag.store.publish import Stores
from rag.store.sync import SyncReport, sync

log = logging.getLogger("rag")

# Milliseconds of quiet after which a burst of changes, such as an unpacked archive, counts as whole; and the longest that is waited for.
_QUIET_MS, _LONGEST_MS = 1_000, 10_000


def watch(
    stores: Stores, locations: Sequence[Path], *, stop: threading.Event, on_report: Callable[[SyncReport], None] = lambda report: None
) -> None:
    """Sync now, and again whenever something changes in one of the folders, until ``stop`` is set.

    Without locations all registered sources are watched. A pass that fails later is logged, and the watch goes on; the first one raises
    what ``sync`` raises.
    """
    on_report(sync(stores, locations))
    sources = [location.resolve() for location in locations] or [Path(source) for source in stores.library.sources()]
    for touched in _touched(sources, stores.library.home.resolve(), stop):
        try:
            on_report(sync(stores, touched))
        except NewsdeskError as error:
            log.warning("This pass changed nothing: %s", error)


def _touched(sources: Sequence[Path], home: Path, stop: threading.Event) -> Iterator[list[Path]]:
    """All sources once the watching has begun, since something may have changed meanwhile; then those of each burst of changes."""
    # A file is watched through its folder: editors write a new one and rename it.
    places = {source if source.is_dir() else source.parent for source in sources}
    there = sorted(place for place in places if place.is_dir())
    if missing := sorted(str(place) for place in places if not place.is_dir()):
        log.warning("Not watched, since they are not there: %s.", ", ".join(missing))
    if not there:
        return

    def counts(change: Change, path: str) -> bool:
        # The library itself may lie in a watched folder; hidden files are not read.
        seen = Path(path)
        above = next((place for place in there if seen.is_relative_to(place)), None)
        return not seen.is_relative_to(home) and not (above and any(part.startswith(".") for part in seen.relative_to(above).parts))

    begun = False
    for found in changes(
        *there,
        watch_filter=counts,
        step=_QUIET_MS,
        debounce=_LONGEST_MS,
        stop_event=stop,
        raise_interrupt=False,
        rust_timeout=500,
        yield_on_timeout=True,
    ):
        paths = [Path(path) for _, path in found]
        touched = [source for source in sources if not begun or any(path == source or path.is_relative_to(source) for path in paths)]
        begun = True
        if touched:
            yield touched
