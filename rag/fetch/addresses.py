"""What an address is, and which machines may be asked; it knows no protocol beyond the spelling.

Spellings are not judged but resolved: whatever a host is called (a name, ``127.1``, ``0x7f000001``, full-width digits), the
numbers that come out are the ones that are checked, and the ones that are connected to.
"""

from __future__ import annotations

import ipaddress
import re
import socket
import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from ipaddress import IPv4Address, IPv6Address
from urllib.parse import quote, urljoin, urlsplit

import idna

from rag.errors import FetchError

IP = IPv4Address | IPv6Address
Resolve = Callable[[str, int, float], Sequence[IP]]

PORTS = {"http": 80, "https": 443}
_LONGEST = 2000  # characters, as of an article's address
_HOST = re.compile(r"[a-z0-9_-]+(?:\.[a-z0-9_-]+)*")
_BAD = re.compile(r"[\x00-\x1f\x7f\\\ud800-\udfff]")
_AS_IT_STANDS = "/%:@!$&'()*+,;=~-._?"
# IANA's registries of special addresses; https://www.iana.org/assignments/iana-ipv4-special-registry
_SPECIAL_4 = tuple(
    ipaddress.IPv4Network(net)
    for net in (
        "0.0.0.0/8 10.0.0.0/8 100.64.0.0/10 127.0.0.0/8 169.254.0.0/16 172.16.0.0/12 192.0.0.0/24 192.0.2.0/24 192.88.99.0/24"
        " 192.168.0.0/16 198.18.0.0/15 198.51.100.0/24 203.0.113.0/24 224.0.0.0/4 240.0.0.0/4"
    ).split()
)
_UNICAST_6 = ipaddress.IPv6Network("2000::/3")
_SPECIAL_6 = tuple(ipaddress.IPv6Network(net) for net in ("2001::/23", "2001:db8::/32", "2002::/16", "3fff::/20"))
_NAT64 = ipaddress.IPv6Network("64:ff9b::/96")


@dataclass(frozen=True, slots=True)
class Address:
    """An http or https address in one spelling: host in lower-case ASCII, no user name, no fragment."""

    scheme: str
    host: str
    port: int
    target: str

    @property
    def origin(self) -> str:
        """Scheme, host and port, the port only where it is not the usual one."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        return f"{self.scheme}://{host}" + ("" if self.port == PORTS[self.scheme] else f":{self.port}")

    @property
    def url(self) -> str:
        """The whole address."""
        return self.origin + self.target


def is_address(text: str) -> bool:
    """Whether somebody means an address and not a path."""
    return text.lower().startswith(("http://", "https://"))


def parse_address(text: str, *, base: Address | None = None) -> Address:
    """The address that is meant, relative to ``base`` where there is one.

    Raises FetchError for another scheme, a user name, a broken host or port, and what is too long.
    """
    text = text.strip()
    shown = text if len(text) <= 100 else text[:99] + "…"
    try:
        whole = urljoin(base.url, text) if base else text
        parts = urlsplit(whole)
        port = parts.port
    except ValueError as error:
        raise FetchError(f"{shown!r} is no address: {error}.") from error
    if _BAD.search(whole) or len(whole) > _LONGEST:
        raise FetchError(f"{shown!r} is no address: it holds a character that none has, or more than {_LONGEST} of them.")
    scheme = parts.scheme.lower()
    if scheme not in PORTS:
        raise FetchError(f"{shown!r} is not fetched: only http and https addresses are.")
    if "@" in parts.netloc:
        raise FetchError(f"The address of {parts.hostname!r} holds a user name: leave it out, none is ever sent.")
    target = quote(parts.path or "/", safe=_AS_IT_STANDS) + (f"?{quote(parts.query, safe=_AS_IT_STANDS)}" if parts.query else "")
    return Address(scheme, _ascii_host(parts.hostname or "", shown), PORTS[scheme] if port is None else port, target)


def _ascii_host(host: str, shown: str) -> str:
    """Names in other scripts as the name service knows them; dots of any script count."""
    try:
        if ":" in host:
            return str(IPv6Address(host)) if "%" not in host else _no_host(shown)
        plain = (host if host.isascii() else idna.encode(host, uts46=True).decode()).rstrip(".").lower()
    except (ValueError, UnicodeError) as error:  # idna's errors are UnicodeErrors
        raise FetchError(f"{shown!r} is no address: {error}.") from error
    return plain if _HOST.fullmatch(plain) and len(plain) <= 253 else _no_host(shown)


def _no_host(shown: str) -> str:
    raise FetchError(f"{shown!r} is no address: it names no host that can be looked up.")


def is_public(ip: IP) -> bool:
    """Whether the address is one of the open internet; an IPv4 address inside an IPv6 one is judged for itself."""
    if isinstance(ip, IPv4Address):
        return not any(ip in net for net in _SPECIAL_4)
    if ip.ipv4_mapped is not None:
        return is_public(ip.ipv4_mapped)
    if ip in _NAT64:
        return is_public(IPv4Address(int(ip) & 0xFFFFFFFF))
    return ip in _UNICAST_6 and not any(ip in net for net in _SPECIAL_6)


def allowed(host: str, port: int, found: Sequence[IP], *, private: bool) -> Sequence[IP]:
    """The resolved addresses when all of them may be asked; ``private`` allows any machine and port.

    One private address among public ones is enough to refuse. Raises FetchError.
    """
    if private:
        bad = next((ip for ip in found if ip.is_multicast), None)
    else:
        bad = next((ip for ip in found if not is_public(ip)), None)
        if bad is None and port not in PORTS.values():
            raise FetchError(f"{host} is not asked on port {port}: only 80 and 443 are, unless NEWSDESK_FETCH_PRIVATE=true allows any")
    if bad is not None:
        which = host if host == str(bad) else f"{host} is {bad}, which"
        raise FetchError(f"{which} is not an address of the open internet; NEWSDESK_FETCH_PRIVATE=true would allow it")
    return found


def resolve(host: str, port: int, seconds: float) -> Sequence[IP]:
    """The addresses that the system's resolver gives for a host, in its order; raises FetchError, after ``seconds`` at the latest."""
    found: list[IP] = []
    trouble: list[Exception] = []

    def ask() -> None:
        try:
            for family, _, _, _, place in socket.getaddrinfo(host, port, type=socket.SOCK_STREAM):
                if family in (socket.AF_INET, socket.AF_INET6):
                    found.append(ipaddress.ip_address(str(place[0]).partition("%")[0]))
        except (OSError, UnicodeError) as error:
            trouble.append(error)

    # The resolver takes no time limit; a thread that it holds up is left behind, and ends with it.
    thread = threading.Thread(target=ask, daemon=True)
    thread.start()
    thread.join(seconds)
    if thread.is_alive():
        raise FetchError(f"{host} could not be looked up within {seconds:.0f} seconds")
    if trouble or not found:
        raise FetchError(f"{host} is not known to the name service: check the spelling, and whether this computer is on the network")
    return tuple(dict.fromkeys(found))
