"""One request for one address, over a connection to a checked machine, bounded in bytes and time; it follows nothing and keeps nothing.

httpcore speaks the protocol. It takes no proxy and no password from the environment, keeps no cookie, and connects through the backend
below, which looks a name up once, judges what it finds, and connects to exactly that.
"""

from __future__ import annotations

import ssl
import time
import zlib
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from functools import cache
from importlib.metadata import version
from typing import Any

import certifi
import httpcore

from rag.errors import FetchError
from rag.fetch.addresses import Address, Resolve, allowed, resolve

AGENT = f"Newsdesk/{version('newsdesk')}"
_READ = 65_536
_HEADERS = 200_000  # bytes on the wire beside the body: headers, chunk sizes, TLS goes uncounted
_GZIP = b"\x1f\x8b"
# How zlib is told what to expect: gzip, zlib, or deflate without a header, which some servers send under that name.
_WINDOW = {"gzip": 31, "x-gzip": 31, "deflate": 15}


@dataclass(frozen=True, slots=True)
class Limits:
    """What one request may take: bytes of the body, packed and unpacked, and the moment (``time.monotonic``) when it must have ended."""

    bytes: int
    deadline: float

    @property
    def seconds(self) -> float:
        """What is left; raises FetchError where nothing is."""
        left = self.deadline - time.monotonic()
        if left <= 0:
            raise FetchError("it took longer than NEWSDESK_FETCH_SECONDS allows")
        return left


@dataclass(frozen=True, slots=True)
class Response:
    """What a server answered; header names are in lower case, ``body`` is unpacked."""

    status: int
    headers: Mapping[str, str]
    body: bytes


def request(
    address: Address, *, limits: Limits, private: bool, headers: Mapping[str, str] | None = None, lookup: Resolve = resolve
) -> Response:
    """Ask for one address; a redirect is an answer like any other.

    Raises FetchError in words for a machine that may not be asked, a limit that was passed, a failing certificate or connection.
    """
    sent = {"Host": address.origin.partition("://")[2], "User-Agent": AGENT, "Accept": "*/*", "Accept-Encoding": "gzip, deflate"}
    pairs = [
        (name.encode(), value.encode("ascii", "replace")) for name, value in (sent | dict(headers or {}) | {"Connection": "close"}).items()
    ]
    host, target = address.host.encode(), address.target.encode()
    place = httpcore.URL(scheme=address.scheme.encode(), host=host, port=address.port, target=target)
    backend = _Backend(limits, lambda name, port: allowed(name, port, lookup(name, port, limits.seconds), private=private))
    try:
        with httpcore.ConnectionPool(ssl_context=_verified(), network_backend=backend, max_keepalive_connections=0) as pool:
            with pool.stream("GET", place, headers=pairs) as response:
                got = {name.decode("latin-1").lower(): value.decode("latin-1") for name, value in response.headers}
                body = b"" if response.status in (204, 304) else _body(response.iter_stream(), got, limits)
                return Response(response.status, got, body)
    except (httpcore.TimeoutException, TimeoutError) as error:
        raise FetchError("it did not answer in the time that NEWSDESK_FETCH_SECONDS allows") from error
    except (httpcore.NetworkError, httpcore.ProtocolError, OSError) as error:
        raise FetchError(_in_words(error)) from error


@cache
def _verified() -> ssl.SSLContext:
    """The system's certificates and certifi's, since not every system has its own."""
    context = ssl.create_default_context()
    context.load_verify_locations(certifi.where())
    return context


def _in_words(error: Exception) -> str:
    cause: BaseException | None = error
    while cause is not None:
        if isinstance(cause, ssl.SSLCertVerificationError):
            return f"its certificate does not hold: {cause.verify_message}"
        cause = cause.__cause__ or cause.__context__
    if isinstance(error, httpcore.ProtocolError):
        return f"what it answered is not HTTP, or broke off: {str(error)[:120]}"
    return f"the connection failed: {str(error)[:120] or type(error).__name__}"


def _body(stream: Iterable[bytes], headers: Mapping[str, str], limits: Limits) -> bytes:
    """The whole body, unpacked as it comes, so that one that unpacks without end is never held."""
    coding = headers.get("content-encoding", "identity").strip().lower()
    if coding not in ("", "identity", *_WINDOW):
        raise FetchError(f"it is packed as {coding[:40]!r}, which was not asked for")
    length = headers.get("content-length", "")
    if length.isascii() and length.isdigit() and (len(length) > 15 or int(length) > limits.bytes):
        raise _too_large(limits)
    body = bytearray()
    for piece in _unpacked(stream, coding, limits) if coding in _WINDOW else stream:
        body += piece
        if len(body) > limits.bytes:
            raise _too_large(limits)
    return bytes(body)


def _unpacked(stream: Iterable[bytes], coding: str, limits: Limits) -> Iterable[bytes]:
    """Unpacks at most a little more than is allowed; what is sent under gzip or deflate and is neither is an error."""
    packer: Any = None
    for piece in filter(None, stream):
        if packer is None:
            raw = coding == "deflate" and (piece[0] & 0x0F) != 8
            packer = zlib.decompressobj(-15 if raw else _WINDOW[coding])
        got = b"-" * _READ
        # A full piece may leave more inside, although all of the input was taken.
        while not packer.eof and (piece or len(got) == _READ):
            try:
                got = packer.decompress(piece, _READ)
            except zlib.error as error:
                raise FetchError("it is packed in a way that cannot be unpacked") from error
            piece = packer.unconsumed_tail
            yield got
    if packer is not None and not packer.eof:
        raise FetchError("it broke off in the middle")


def unpack_gzip(raw: bytes, limit: int) -> bytes:
    """A file that is itself packed, as sitemaps are; anything else as it is. Raises FetchError beyond ``limit`` bytes."""
    if not raw.startswith(_GZIP):
        return raw
    return _body([raw], {"content-encoding": "gzip"}, Limits(limit, time.monotonic() + 60))


def _too_large(limits: Limits) -> FetchError:
    return FetchError(f"it has more than the {limits.bytes / 1e6:g} MB that NEWSDESK_MAX_FILE_MB allows")


class _Backend(httpcore.NetworkBackend):
    """Connects to what was judged, and to nothing else."""

    def __init__(self, limits: Limits, judge: Callable[[str, int], Iterable[object]]) -> None:
        self._limits, self._judge = limits, judge
        self._sockets = httpcore.SyncBackend()

    def connect_tcp(
        self, host: str, port: int, timeout: float | None = None, local_address: str | None = None, socket_options: Any = None
    ) -> httpcore.NetworkStream:
        """A connection to the first of the host's addresses that answers."""
        failed: Exception = FetchError(f"{host} has no address")
        for ip in self._judge(host, port):
            try:
                # A number is never looked up again; a quarter of the time leaves some for the next one.
                stream = self._sockets.connect_tcp(str(ip), port, timeout=max(self._limits.seconds / 4, 1), socket_options=socket_options)
                return _Stream(stream, self._limits, self._limits.bytes + _HEADERS)
            except (httpcore.ConnectError, httpcore.ConnectTimeout) as error:
                failed = error
        raise failed


class _Stream(httpcore.NetworkStream):
    """A connection that ends in time and after so many bytes, however slowly or endlessly the other side sends."""

    def __init__(self, inner: httpcore.NetworkStream, limits: Limits, budget: int) -> None:
        self._inner, self._limits, self._budget = inner, limits, budget

    def read(self, max_bytes: int, timeout: float | None = None) -> bytes:
        """Some bytes; raises FetchError beyond a limit."""
        got = self._inner.read(min(max_bytes, _READ), timeout=self._limits.seconds)
        self._budget -= len(got)
        if self._budget < 0:
            raise _too_large(self._limits)
        return got

    def write(self, buffer: bytes, timeout: float | None = None) -> None:
        """Send the request."""
        self._inner.write(buffer, timeout=self._limits.seconds)

    def close(self) -> None:
        """Close the connection."""
        self._inner.close()

    def start_tls(
        self, ssl_context: ssl.SSLContext, server_hostname: str | None = None, timeout: float | None = None
    ) -> httpcore.NetworkStream:
        """The same connection, encrypted, with the same limits."""
        return _Stream(self._inner.start_tls(ssl_context, server_hostname, self._limits.seconds), self._limits, self._budget)

    def get_extra_info(self, info: str) -> Any:
        """What httpcore asks of a socket."""
        return self._inner.get_extra_info(info)
