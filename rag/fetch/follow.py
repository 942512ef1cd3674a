"""Fetches what an address stands for: a page, or the pages that a feed or sitemap lists; it gives them away and keeps nothing.

What is new or changed comes out one by one, so that whoever keeps it can go on after a kill where it was.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass, replace

from rag.errors import FetchError, RejectedFile
from rag.fetch.addresses import Address, parse_address
from rag.fetch.kinds import as_file, feeds_of
from rag.fetch.listings import Listed, Listing, kind_of, read_listing
from rag.fetch.shelf import Kept, Shelf
from rag.fetch.visitor import Gone, Unchanged, Validators, Visitor
from rag.fetch.wire import unpack_gzip
from rag.intake import Fields, Origin, read_bytes
from rag.intake.identity import digest
from rag.intake.markup import html_to_text
from rag.settings import Settings

# An index may name 50,000 sitemaps; the newest of them name the newest pages.
_MOST_SITEMAPS = 20
_DEEPEST_INDEX = 2  # an index inside an index is read, one inside that is not
_MEGABYTE = 1_000_000
_LONGEST_TITLE = 80  # characters, for an entry that has none and gives its first words


@dataclass(frozen=True, slots=True)
class Fetched:
    """Something to keep: what is known of it, its bytes (None where they did not change), and the suffix of their format."""

    item: Kept
    body: bytes | None
    suffix: str


@dataclass(frozen=True, slots=True)
class Remark:
    """Something to tell of an address; ``held`` where articles of it are there nevertheless."""

    url: str
    reason: str
    held: bool


@dataclass(frozen=True, slots=True)
class Step:
    """How far a pass over a list is: pages done, and pages in all."""

    done: int
    total: int


Found = Fetched | Remark | Step


@dataclass(frozen=True, slots=True)
class _Pass:
    start: Address
    shelf: Shelf
    visitor: Visitor
    settings: Settings


def follow(start: Address, shelf: Shelf, visitor: Visitor, settings: Settings) -> Iterator[Found]:
    """What is new at an address that a person gave, and what is to be told; the shelf is only read.

    Raises FetchError where the address gives nothing, unless it did before and the server says that it is gone.
    """
    now = _Pass(start, shelf, visitor, settings)
    item = shelf.kept.get(start.url)
    if item is not None and item.role == "barred":
        yield Remark(start.url, "was purged, and is not fetched again", True)
        return
    yield Step(0, 1)
    try:
        got = visitor.fetch(start, since=_since(shelf, item), by_hand=True)
    except Unchanged:
        if item is not None and item.role == "list":
            yield from _listed(now, _reread(shelf, item))
        return
    except Gone as error:
        if item is None or item.role == "list":
            raise
        yield Remark(start.url, f"{error}; what it said stays", True)
        return
    body = unpack_gzip(got.body, _most(settings))
    if kind_of(body) is not None:
        listing = read_listing(body, got.final)
        yield _as_list(start, got.validators, body)
        yield from _listed(now, listing)
        return
    body, suffix = as_file(replace(got, body=body))
    yield Fetched(_page(start.url, got.validators, Fields(url=got.final.url)), body, suffix)
    for feed in feeds_of(body, got.final) if suffix == ".html" else ():
        yield Remark(start.url, f"the page advertises a feed: `newsdesk sync {feed}` follows it", True)


def _listed(now: _Pass, listing: Listing) -> Iterator[Found]:
    """The pages of a list, or of the lists that it lists."""
    yield from (Remark(now.start.url, remark, True) for remark in listing.remarks)
    entries = list(listing.entries)
    if listing.kind == "index":
        entries, found = _of_index(now, listing)
        yield from found
    by_url = {_url_of(entry, now.start): entry for entry in reversed(entries)}
    newest = dict(reversed(by_url.items()))
    chosen = list(newest.items())[: now.settings.fetch_pages]
    if len(newest) > len(chosen):
        yield Remark(now.start.url, f"lists {len(newest):,} pages; the newest {len(chosen):,} are taken (NEWSDESK_FETCH_PAGES)", True)
    for done, (url, entry) in enumerate(chosen):
        yield Step(done, len(chosen))
        yield from _entry(now, url, entry, listing)
    yield Step(len(chosen), len(chosen))


def _of_index(now: _Pass, index: Listing) -> tuple[list[Listed], list[Found]]:
    """The pages of an index's sitemaps, newest first, and what came up."""
    queue, entries, found = [(1, entry) for entry in index.entries], list[Listed](), list[Found]()
    for _ in range(_MOST_SITEMAPS):
        if not queue:
            break
        depth, entry = queue.pop(0)
        url = _url_of(entry, now.start)
        try:
            listing = _list_at(now, url, found)
            if listing.kind != "index":
                entries += listing.entries
                found += [Remark(url, remark, True) for remark in listing.remarks]
            elif depth < _DEEPEST_INDEX:
                queue = [*((depth + 1, inner) for inner in listing.entries), *queue]
            else:
                raise FetchError("an index inside an index inside an index; give the address of the inner one")
        except FetchError as error:
            found.append(Remark(url, str(error), False))
    if queue:
        found.append(Remark(now.start.url, f"names more than {_MOST_SITEMAPS} sitemaps; the newest are read", True))
    dated = sorted((e for e in entries if e.moment), key=lambda e: str(e.moment), reverse=True)
    return [*dated, *(e for e in entries if not e.moment)], found


def _list_at(now: _Pass, url: str, found: list[Found]) -> Listing:
    """A list that another one names; what is to be kept of it goes to ``found``. Raises FetchError."""
    item = now.shelf.kept.get(url)
    address = parse_address(url)
    try:
        got = now.visitor.fetch(address, since=_since(now.shelf, item))
    except Unchanged:
        if item is None:
            raise
        return _reread(now.shelf, item)
    body = unpack_gzip(got.body, _most(now.settings))
    listing = read_listing(body, got.final)
    found.append(_as_list(address, got.validators, body))
    return listing


def _entry(now: _Pass, url: str, entry: Listed, listing: Listing) -> Iterator[Found]:
    """One page of a list: fetched where it may have changed; else, and where it cannot be had, what the entry carries itself."""
    item, listed = now.shelf.kept.get(url), entry.updated or entry.published
    if item is not None and (item.role == "barred" or _is_settled(item, listed, listing)):
        return
    if entry.link is None:
        yield from _carried(now, url, entry, listing)
        return
    try:
        got = now.visitor.fetch(entry.link, since=_since(now.shelf, item))
        body, suffix = as_file(got)
        known = _known(entry, listing, got.final.url)
        if (
            entry.body
            and not read_bytes(
                body, relative=f"page{suffix}", location=now.start.url, settings=now.settings, origin=Origin(got.final.url, known)
            ).articles
        ):
            raise FetchError("the page holds no article that can be read")
    except Unchanged:
        if item is not None and (known := _known(entry, listing, item.final), listed) != (item.known, item.listed):
            yield Fetched(replace(item, known=known, listed=listed), None, "")
    except FetchError as error:
        if item is not None and item.role == "page":
            yield Remark(url, f"{error}; what it said stays", True)
        elif entry.body:
            yield from _carried(now, url, entry, listing)
            if item is None:
                yield Remark(url, f"{error}; the text that the feed carries is taken", True)
        else:
            yield Remark(url, str(error), False)
    else:
        yield Fetched(replace(_page(url, got.validators, known), listed=listed), body, suffix)


def _is_settled(item: Kept, listed: str | None, listing: Listing) -> bool:
    """Whether a page need not be asked for: it waits to be read, or its sitemap gives the date that it gave before."""
    if item.role != "page":
        return False
    return not item.read or (listing.kind != "feed" and listed is not None and item.listed == listed)


def _carried(now: _Pass, url: str, entry: Listed, listing: Listing) -> Iterator[Found]:
    """An article of the entry's own text, in the form of a JSON line."""
    if not entry.body:
        yield Remark(url, "an entry without a link and without a text", False)
        return
    try:
        words = " ".join(html_to_text(entry.body).split())
    except RejectedFile as error:
        yield Remark(url, str(error), False)
        return
    known = _known(entry, listing, entry.link.url if entry.link else None)
    given = {name: getattr(known, name) for name in ("url", "source", "author", "published", "updated")}
    given |= {"title": known.title or words[:_LONGEST_TITLE], "body_html": f"<div>{entry.body}</div>"}
    body = json.dumps({name: value for name, value in given.items() if value}, ensure_ascii=False).encode()
    final = now.shelf.kept[now.start.url].final if now.start.url in now.shelf.kept else now.start.url
    yield Fetched(Kept(url, final, "entry"), body, ".json")


def _known(entry: Listed, listing: Listing, url: str | None) -> Fields:
    """What a list tells of a page. A sitemap's own dates tell when the file was touched, often at each change of the site's looks."""
    updated = entry.updated if listing.kind == "feed" else None
    author, source = (text[:most] if text else None for text, most in ((entry.author, 300), (listing.name, 200)))
    return Fields(url=url, title=entry.title, source=source, author=author, published=entry.published, updated=updated)


def _url_of(entry: Listed, start: Address) -> str:
    return entry.link.url if entry.link else f"{start.url}#{digest(entry.key)}"


def _page(url: str, validators: Validators, known: Fields) -> Kept:
    return Kept(url, validators.final, "page", etag=validators.etag, modified=validators.modified, known=known)


def _as_list(address: Address, validators: Validators, body: bytes) -> Fetched:
    return Fetched(Kept(address.url, validators.final, "list", etag=validators.etag, modified=validators.modified, read=True), body, ".xml")


def _since(shelf: Shelf, item: Kept | None) -> Validators | None:
    """What to ask with; nothing where the file is not there any more."""
    if item is None or item.role not in ("page", "list") or shelf.body(item) is None:
        return None
    return Validators(item.final, item.etag, item.modified)


def _reread(shelf: Shelf, item: Kept) -> Listing:
    return read_listing(shelf.body(item) or b"", parse_address(item.final))


def _most(settings: Settings) -> int:
    return int(settings.max_file_mb * _MEGABYTE)
