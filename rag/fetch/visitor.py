"""Fetches addresses as a polite guest: one request at a time, pauses, robots.txt, few redirects; it does not know what it fetches."""

from __future__ import annotations

import time
from dataclasses import dataclass
from email.message import Message

from rag.errors import FetchError
from rag.fetch.addresses import Address, Resolve, parse_address, resolve
from rag.fetch.robots import NOTHING, Robots, read_robots
from rag.fetch.wire import Limits, Response, request
from rag.settings import Settings

_MEGABYTE = 1_000_000
_MOST_REDIRECTS = 5
_REDIRECTS = frozenset([301, 302, 303, 307, 308])
_GONE = frozenset([404, 410])
_LATER = frozenset([429, 503])
_SAID = {
    401: "asks for a login (401)",
    402: "asks for payment (402)",
    403: "refuses (403)",
    404: "answers that it is not there (404)",
    410: "answers that it is gone (410)",
    451: "is blocked for legal reasons (451)",
}
# A host that failed so often in a row is not asked again in the same pass: each failure may take NEWSDESK_FETCH_SECONDS.
_MOST_FAILURES = 3


@dataclass(frozen=True, slots=True)
class Validators:
    """What a server gave to ask later whether something changed, and the address that gave it."""

    final: str
    etag: str | None
    modified: str | None


@dataclass(frozen=True, slots=True)
class Got:
    """What an address gave: its final address, the bytes, what the server calls them, and what to ask with next time."""

    final: Address
    body: bytes
    type: str
    charset: str | None
    validators: Validators


class Gone(FetchError):
    """The server says that there is nothing at this address, or not any more."""


class Unchanged(FetchError):
    """The server says that nothing changed since it was fetched."""


class Visitor:
    """One pass over any number of addresses; remembers when each host was asked last, and what its robots.txt says."""

    def __init__(self, settings: Settings, *, lookup: Resolve = resolve) -> None:
        self._settings, self._lookup = settings, lookup
        self._asked: dict[str, float] = {}
        self._robots: dict[str, Robots | FetchError] = {}
        self._failures: dict[str, int] = {}
        self._put_off: dict[str, str] = {}

    def fetch(self, address: Address, *, since: Validators | None = None, by_hand: bool = False) -> Got:
        """What the address gives, redirects followed; ``by_hand`` for one that a person gave, which robots.txt does not concern.

        Raises Unchanged where it is still what ``since`` tells of, Gone, FetchError.
        """
        limits = self._limits()
        first = address
        for _ in range(_MOST_REDIRECTS + 1):
            if not by_hand:
                self._check_robots(address)
            headers = _conditional(since) if since and since.final == address.url else {}
            response = self._ask(address, limits, headers)
            if response.status not in _REDIRECTS:
                return self._judged(address, response)
            address = _redirected(address, response)
        raise FetchError(f"it leads from {first.host} through more than {_MOST_REDIRECTS} redirects")

    def _limits(self) -> Limits:
        return Limits(int(self._settings.max_file_mb * _MEGABYTE), time.monotonic() + self._settings.fetch_seconds)

    def _ask(self, address: Address, limits: Limits, headers: dict[str, str]) -> Response:
        host = address.origin
        if host in self._put_off:
            raise FetchError(self._put_off[host])
        pause = self._pause(address)
        wait = self._asked.get(host, float("-inf")) + pause - time.monotonic()
        if wait > 0:
            time.sleep(wait)
        # The pauses that we make are not held against the server.
        limits = Limits(limits.bytes, limits.deadline + max(wait, 0))
        try:
            response = request(address, limits=limits, private=self._settings.fetch_private, headers=headers, lookup=self._lookup)
        except FetchError:
            self._failures[host] = self._failures.get(host, 0) + 1
            if self._failures[host] >= _MOST_FAILURES:
                self._put_off[host] = f"{address.host} failed {_MOST_FAILURES} times in a row; the rest is fetched at the next sync"
            raise
        finally:
            self._asked[host] = time.monotonic()
        self._failures[host] = 0
        if response.status in _LATER:
            self._put_off[host] = f"{address.host} asks to come back later ({response.status}); the rest is fetched at the next sync"
        return response

    def _pause(self, address: Address) -> float:
        robots = self._robots.get(address.origin)
        return max(self._settings.fetch_pause, robots.delay if isinstance(robots, Robots) else 0)

    def _judged(self, address: Address, response: Response) -> Got:
        status, headers = response.status, response.headers
        if status == 304:
            raise Unchanged("nothing changed")
        if status in _GONE:
            raise Gone(f"it {_SAID[status]}")
        if status in _LATER:
            raise FetchError(self._put_off[address.origin])
        if not 200 <= status < 300:
            raise FetchError(f"it {_SAID.get(status, f'answers with the error {status}')}")
        if not response.body:
            raise FetchError("it answers with nothing")
        kind, charset = _content_type(headers.get("content-type", ""))
        return Got(address, response.body, kind, charset, Validators(address.url, headers.get("etag"), headers.get("last-modified")))

    def _check_robots(self, address: Address) -> None:
        """Raises FetchError where the site's robots.txt forbids us the address, or cannot be had for the site's own trouble."""
        if address.target == "/robots.txt":
            return
        if address.origin not in self._robots:
            self._robots[address.origin] = self._read_robots(address)
        robots = self._robots[address.origin]
        if isinstance(robots, FetchError):
            raise robots
        if not robots.allows(address.target):
            raise FetchError(f"the robots.txt of {address.host} does not allow it to be fetched")

    def _read_robots(self, address: Address) -> Robots | FetchError:
        """RFC 9309: where the site answers that it has none, everything is allowed; where it fails, nothing is."""
        place = parse_address("/robots.txt", base=address)
        limits = self._limits()
        try:
            for _ in range(_MOST_REDIRECTS + 1):
                response = self._ask(place, limits, {})
                if response.status not in _REDIRECTS:
                    break
                place = _redirected(place, response)
        except FetchError as error:
            return FetchError(f"its robots.txt cannot be read: {error}")
        if response.status == 200:
            return read_robots(response.body)
        return NOTHING if response.status >= 500 else Robots()


def _conditional(since: Validators) -> dict[str, str]:
    given = (("If-None-Match", since.etag), ("If-Modified-Since", since.modified))
    return {name: value for name, value in given if value and value.isprintable()}


def _redirected(address: Address, response: Response) -> Address:
    location = response.headers.get("location", "")
    if not location:
        raise FetchError("it redirects to nowhere")
    # Servers send raw UTF-8 in a header, which is read byte by byte.
    target = parse_address(location.encode("latin-1").decode("utf-8", "replace"), base=address)
    if address.scheme == "https" and target.scheme == "http":
        raise FetchError(f"it redirects from an encrypted address to {target.url}, which is not")
    return target


def _content_type(header: str) -> tuple[str, str | None]:
    """The media type in lower case, and the character set that it names."""
    message = Message()
    message["Content-Type"] = header
    charset = message.get_content_charset()
    return message.get_content_type() if header else "", charset
