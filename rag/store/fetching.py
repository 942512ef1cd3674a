"""Brings what addresses give onto their shelves, and from there into a pass over the library; it speaks to no server itself.

Fetching takes minutes and needs no library, so the lock is held only while a page is put on its shelf.
"""

from __future__ import annotations

import logging
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from rag.errors import FetchError
from rag.fetch import Fetched, Kept, Remark, Shelf, Step, Visitor, follow, is_address, parse_address
from rag.intake import Entry, Origin, Rejection, read_file
from rag.store.lock import writer_lock
from rag.store.publish import Stores

log = logging.getLogger("rag")


@dataclass(frozen=True, slots=True)
class News:
    """What came up while addresses were fetched: what could not be had, and what is only told."""

    rejected: tuple[Rejection, ...] = ()
    warnings: tuple[Rejection, ...] = ()


def location_of(source: Path | str) -> str:
    """What the library calls a source: an address in its one spelling, else the absolute path. Raises FetchError for a bad address."""
    return parse_address(source).url if isinstance(source, str) and is_address(source) else str(Path(source).resolve())


def fetch_all(stores: Stores, locations: Iterable[str], *, registered: Sequence[str]) -> News:
    """Fetch those of the locations that are addresses. Raises FetchError where one that is not registered yet gives nothing."""
    rejected, warnings = list[Rejection](), list[Rejection]()
    visitor = Visitor(stores.settings)
    for location in filter(is_address, locations):
        try:
            for remark in _fetch(stores, location, visitor):
                (warnings if remark.held else rejected).append(Rejection(remark.url, None, remark.reason))
        except FetchError as error:
            if location not in registered:
                raise FetchError(f"{location} was not fetched: {error}.") from error
            rejected.append(Rejection(location, None, f"{error}; what it gave before stays"))
    return News(tuple(rejected), tuple(warnings))


def _fetch(stores: Stores, location: str, visitor: Visitor) -> Iterable[Remark]:
    shelf, start = Shelf(stores.library.home, location), parse_address(location)
    for found in follow(start, shelf, visitor, stores.settings):
        if isinstance(found, Fetched):
            with writer_lock(stores.library.home, f"fetching {location}"):
                shelf.keep(found.item, found.body, found.suffix)
        elif isinstance(found, Step):
            stores.on_progress(f"fetching {start.host}", found.done, found.total)
        else:
            yield found


def unread(stores: Stores, location: str, *, everything: bool) -> list[tuple[Kept, Entry]]:
    """What the shelf of an address holds that the library has not seen yet, read; ``everything`` for a library that lost the address.

    What gave no article is read at each pass, as files of a folder are, since settings may have changed.
    """
    shelf = Shelf(stores.library.home, location)
    items = [item for item in shelf.kept.values() if item.role in ("page", "entry") and (everything or item.refused or not item.read)]
    found = []
    for done, item in enumerate(items, start=1):
        origin = Origin(item.final, item.known)
        entry = read_file(shelf.folder / item.file, relative=item.file, location=location, settings=stores.settings, origin=origin)
        found.append((item, _by_address(entry, item)))
        stores.on_progress("reading", done, len(items))
    return found


def _by_address(entry: Entry, item: Kept) -> Entry:
    """Remarks name the address; the library keeps the file's name, by which it is found on the shelf."""

    def named(remarks: Sequence[Rejection]) -> tuple[Rejection, ...]:
        return tuple(replace(remark, path=item.url + remark.path.removeprefix(item.file)) for remark in remarks)

    return replace(entry, rejections=named(entry.rejections), warnings=named(entry.warnings))


def mark_read(stores: Stores, location: str, seen: Sequence[tuple[Kept, Entry]]) -> None:
    """The library holds what these gave."""
    if seen:
        Shelf(stores.library.home, location).mark_read((item, bool(entry.rejections)) for item, entry in seen)


def discard(stores: Stores, location: str) -> None:
    """Delete the shelf of an address that gave no article and is not registered."""
    Shelf(stores.library.home, location).discard()
