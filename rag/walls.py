"""What stands around the pages: who may open them, and what every response says to the browser about itself. It knows no page.

The headers are a second wall behind the escaping: a text that slipped through it could still run nothing and ask nobody.
"""

from __future__ import annotations

import re
from base64 import b64encode
from collections.abc import Iterable
from hashlib import sha256
from urllib.parse import urlsplit

from starlette.datastructures import Headers, MutableHeaders
from starlette.responses import PlainTextResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

_SCRIPT = re.compile(r"<script>(.*?)</script>", re.DOTALL)
# A name or an address with or without a port, as it may stand in a policy.
_HOST = re.compile(r"(?P<name>[a-z0-9.-]+|\[[0-9a-f:]+\])(:[0-9]{1,5})?")
_LOOPBACK = re.compile(r"localhost|127(\.[0-9]{1,3}){3}|\[::1\]")
_ALWAYS = {
    "Cross-Origin-Resource-Policy": "same-origin",
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
}


def inline_scripts(page: str) -> list[str]:
    """The digests that let the scripts which stand in a page of HTML run, and no others."""
    return [f"'sha256-{b64encode(sha256(script.encode()).digest()).decode()}'" for script in _SCRIPT.findall(page)]


def policy(host: str, scripts: Iterable[str]) -> str:
    """The Content-Security-Policy of the pages at ``host``; ``scripts`` are the digests of those that stand in a page.

    Streamlit styles with elements that it makes, and loads our component from a ``blob:`` that it made itself. ``'self'`` means web sockets
    too, but not in every browser, hence the names.
    """
    sockets = f" ws://{host} wss://{host}" if _HOST.fullmatch(host) else ""
    return "; ".join(
        (
            "default-src 'self'",
            " ".join(("script-src 'self' blob:", *scripts)),
            "style-src 'self' 'unsafe-inline'",
            "img-src 'self' data: blob:",
            "font-src 'self' data:",
            f"connect-src 'self'{sockets}",
            "worker-src 'self' blob:",
            "frame-src 'none'",
            "object-src 'none'",
            "base-uri 'none'",
            "form-action 'self'",
            "frame-ancestors 'none'",
        )
    )


class Walled:
    """Adds the headers to what an application answers, where it says nothing else itself."""

    def __init__(self, app: ASGIApp, scripts: Iterable[str]) -> None:
        self._app = app
        self._scripts = tuple(scripts)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer a request."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        said = {**_ALWAYS, "Content-Security-Policy": policy(_host(Headers(scope=scope)), self._scripts)}

        async def with_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                for name, value in said.items():
                    headers.setdefault(name, value)
            await send(message)

        await self._app(scope, receive, with_headers)


class OwnName:
    """Lets the pages be opened under this computer's own name or one of ``names``, and by no page of another site.

    A name that somebody else bound to this computer would otherwise let their page read the library (DNS rebinding).
    """

    def __init__(self, app: ASGIApp, names: Iterable[str]) -> None:
        self._app = app
        self._names = frozenset(names)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer a request, or let it through."""
        headers = Headers(scope=scope) if scope["type"] in ("http", "websocket") else Headers()
        if scope["type"] == "websocket" and (not self._is_own(headers) or _is_foreign(headers)):
            # Not left to Streamlit, which asks a server on the internet for this machine's address before it refuses.
            await send({"type": "websocket.close", "code": 1008})
        elif scope["type"] == "http" and not self._is_own(headers):
            refusal = "Newsdesk is opened as localhost, and not by another name: name it in NEWSDESK_HOSTS where Newsdesk runs."
            await PlainTextResponse(refusal, 403)(scope, receive, send)
        else:
            await self._app(scope, receive, send)

    def _is_own(self, headers: Headers) -> bool:
        found = _HOST.fullmatch(_host(headers))
        return found is not None and (found["name"] in self._names or _LOOPBACK.fullmatch(found["name"]) is not None)


def _host(headers: Headers) -> str:
    given = headers.getlist("host")
    return given[0].lower() if len(given) == 1 else ""


def _is_foreign(headers: Headers) -> bool:
    """Whether a page of another site asks; programs that are no browser name no origin. Letter by letter, as Streamlit compares them."""
    return any(urlsplit(origin).netloc != headers.get("host") for origin in headers.getlist("origin"))
