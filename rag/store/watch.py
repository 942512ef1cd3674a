"""Keeps the library equal to its folders as they change, and to what has an address now and then; each pass holds the lock only while it runs."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from queue import SimpleQueue

from watchfiles import Change
from watchfiles import watch as changes

from rag.errors import NewsdeskError
from rag.fetch import is_address
from rag.store.fetching import News, fetch_all, location_of
from rag.store.publish import Stores
from rag.store.sync import SyncReport, sync

log = logging.getLogger("rag")

# Milliseconds of quiet after which a burst of changes, such as an unpacked archive, counts as whole; and the longest that is waited for.
_QUIET_MS, _LONGEST_MS = 1_000, 10_000
_TICK_MS = 500


def watch(
    stores: Stores, locations: Sequence[Path | str], *, stop: threading.Event, on_report: Callable[[SyncReport], None] = lambda report: None
) -> None:
    """Sync now, again whenever something changes in one of the folders, and again every ``fetch_minutes`` what has an address, until ``stop``.

    Without locations all registered sources are watched, addresses that are registered meanwhile too. A pass that fails later is logged, and
    the watch goes on; the first one raises what ``sync`` raises.
    """
    on_report(sync(stores, locations))
    given = [location_of(location) for location in locations]
    folders = [Path(source) for source in given or stores.library.sources() if not is_address(source)]
    fetching = _Fetching(stores, given)
    for touched in _touched(folders, stores.library.home.resolve(), stop):
        try:
            if touched:
                on_report(sync(stores, touched))
            if (news := fetching.news()) is not None:
                on_report(sync(stores, fetching.addresses, news=news))
        except NewsdeskError as error:
            log.warning("This pass changed nothing: %s", error)


class _Fetching:
    """Fetches addresses now and then in a thread of its own, since that takes minutes in which folders must not wait."""

    def __init__(self, stores: Stores, given: Sequence[str]) -> None:
        self._stores, self._given = replace(stores, on_progress=lambda stage, done, total: None), given
        self._done: SimpleQueue[News | NewsdeskError] = SimpleQueue()
        self._due = self._next()
        self._running = False
        self.addresses: list[str] = []

    def news(self) -> News | None:
        """What was fetched since the last call, once all of it is; begins when it is time. Raises what keeping it raised."""
        if self._running and not self._done.empty():
            found, self._running, self._due = self._done.get(), False, self._next()
            if isinstance(found, NewsdeskError):
                raise found
            return found
        if not self._running and time.monotonic() >= self._due:
            self.addresses = [source for source in self._given or self._stores.library.sources() if is_address(source)]
            self._running = bool(self.addresses)
            self._due = self._next()
            if self._running:
                # It ends with the process: what it has put on a shelf is whole.
                threading.Thread(target=self._fetch, args=(self.addresses,), daemon=True).start()
        return None

    def _fetch(self, addresses: Sequence[str]) -> None:
        try:
            self._done.put(fetch_all(self._stores, addresses, registered=addresses))
        except NewsdeskError as error:
            self._done.put(error)

    def _next(self) -> float:
        return time.monotonic() + self._stores.settings.fetch_minutes * 60


def _touched(sources: Sequence[Path], home: Path, stop: threading.Event) -> Iterator[list[Path]]:
    """All sources once the watching has begun, since something may have changed meanwhile; then those of each burst of changes.

    Twice a second at least something is given, if only that nothing changed.
    """
    # A file is watched through its folder: editors write a new one and rename it.
    places = {source if source.is_dir() else source.parent for source in sources}
    there = sorted(place for place in places if place.is_dir())
    if missing := sorted(str(place) for place in places if not place.is_dir()):
        log.warning("Not watched, since they are not there: %s.", ", ".join(missing))
    if not there:
        while not stop.wait(_TICK_MS / 1000):
            yield []
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
        rust_timeout=_TICK_MS,
        yield_on_timeout=True,
    ):
        paths = [Path(path) for _, path in found]
        touched = [source for source in sources if not begun or any(path == source or path.is_relative_to(source) for path in paths)]
        begun = True
        yield touched
