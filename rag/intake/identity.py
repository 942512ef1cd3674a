"""What makes an article the same article: its given id, else its address, else its place; it reads no files."""

from __future__ import annotations

import hashlib
import re
from urllib.parse import parse_qsl, urlencode, urlsplit

_DIGITS = 16  # 64 bits: two of a million articles share a digest with a chance of 3 in 10^8
_TRACKING = ("utm_", "mc_", "at_")
_PHONES = re.compile(r"^(?:www|m|mobile|amp)\.")
_TRACKERS = frozenset(["fbclid", "gclid", "dclid", "msclkid", "igshid", "ref_src", "cmpid", "smid"])


def digest(text: str) -> str:
    """The first 16 hex digits of the text's SHA-256."""
    return hashlib.sha256(text.encode()).hexdigest()[:_DIGITS]


def canonical_url(url: str) -> str:
    """One spelling for an address: without scheme, ``www.``, default port, fragment, closing slash and click tracking.

    Raises ValueError for what is not an http or https address.
    """
    parts = urlsplit(url)
    if parts.scheme.lower() not in ("http", "https") or not parts.hostname or any(char.isspace() for char in url):
        raise ValueError(f"{url!r} is not an http or https address")
    host = parts.hostname.removeprefix("www.")
    if parts.port not in (None, 80, 443):
        host += f":{parts.port}"
    kept = [(key, value) for key, value in parse_qsl(parts.query, keep_blank_values=True) if not _is_tracking(key.lower())]
    query = "?" + urlencode(sorted(kept)) if kept else ""
    return host + parts.path.rstrip("/") + query


def site_of(url: str) -> str:
    """The host that speaks for an address, with its port where that is unusual; pages for phones are the same site.

    Raises ValueError for what is not an http or https address.
    """
    site = canonical_url(url).partition("/")[0].partition("?")[0]
    return _PHONES.sub("", site) if site.count(".") > 1 else site


def _is_tracking(key: str) -> bool:
    return key.startswith(_TRACKING) or key in _TRACKERS


def article_id(*, given: str | None, url: str | None, place: tuple[str, ...]) -> str:
    """The given id, else a digest of the canonical address, else of the place (source, relative path, and the title for a line)."""
    if given:
        return given
    return digest(canonical_url(url) if url else "\n".join(place))
