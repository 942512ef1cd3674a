"""Which addresses of articles may be linked to; pure."""

from __future__ import annotations

from urllib.parse import urlsplit


def web_address(url: str | None) -> str | None:
    """The address where it is one of the web, that can be followed without running anything and signs nobody in; else None."""
    if url is None or any(char.isspace() or not char.isprintable() for char in url):
        return None
    try:
        parts = urlsplit(url)
    except ValueError:
        return None
    # "https://bank.example@evil.example" reads as another site than it is.
    return url if parts.scheme in ("http", "https") and parts.netloc and "@" not in parts.netloc else None
