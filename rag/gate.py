"""Stands before Streamlit where people sign in: files and uploads are for those who did, and the way there and back loses nothing.

Streamlit asks nobody who they are where it hands out and takes files; it sends everybody to the front page after signing in, says a failed
sign-in in two words of its own, and leaves cookies without ``Secure``.
"""

from __future__ import annotations

import json
import re
import time
from http.cookies import CookieError, SimpleCookie
from urllib.parse import urlsplit

from starlette.datastructures import MutableHeaders
from starlette.requests import Request
from starlette.responses import PlainTextResponse, RedirectResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send
from streamlit.web.server.starlette.starlette_websocket import _get_signed_cookie_with_chunks

from rag.signin import CALLBACK, Person, SignIn

# What the sign-in page finds in the address after a sign-in that failed.
FAILED, DOWN, TROUBLE = "failed", "down", "signin"
_LOGIN = "/auth/login"
_USER, _ASKED = "_streamlit_user", "newsdesk_asked"
_CLOSED = ("/media/", "/_stcore/upload_file/", "/_stcore/metrics", "/_stcore/agent/", "/_stcore/script-health-check")
# Pages of the app, and conversations: nothing that leads elsewhere.
_OURS = re.compile(r"/(?:library|evaluate)?(?:\?c=[0-9a-f]{32})?")
_ASKED_SECONDS = 900


class Gate:
    """Lets requests through to ``pages``, as ``signin`` says."""

    def __init__(self, pages: ASGIApp, signin: SignIn) -> None:
        self._pages = pages
        self._signin = signin
        self._secure = urlsplit(signin.address).scheme == "https"

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer a request, or let it through."""
        if scope["type"] != "http":
            await self._pages(scope, receive, send)
            return
        request = Request(scope)
        # As it is routed; request.url is put together with the Host header, which may say anything.
        path = scope["path"]
        if path.startswith(_CLOSED) and not _may_come_in(self.person(request)):
            await PlainTextResponse("Sign in first.", 403)(scope, receive, send)
            return

        async def passed_on(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                if path == CALLBACK and message["status"] == 302:
                    _lead_back(request, headers)
                elif path in ("/", "/library", "/evaluate") and self.person(request) is None:
                    _remember(request, headers)
                if self._secure:
                    _only_over_tls(headers)
            await send(message)

        if path == _LOGIN:
            await self._to_provider(scope, receive, passed_on)
        else:
            await self._pages(scope, receive, passed_on)

    def person(self, request: Request) -> Person | None:
        """Who a request comes from, by the cookie that Streamlit signed for this address; None where it carries none that holds."""
        given = _get_signed_cookie_with_chunks(dict(request.cookies), _USER)
        try:
            claims = json.loads(given) if given else {}
        except ValueError:
            return None
        if claims.get("origin") != self._signin.address:
            return None
        return self._signin.person(claims, time.time())

    async def _to_provider(self, scope: Scope, receive: Receive, send: Send) -> None:
        """To the provider; where it does not answer, back to the page that says so."""
        down = False

        async def unless_down(message: Message) -> None:
            nonlocal down
            if message["type"] == "http.response.start":
                down = message["status"] >= 400
            if not down:
                await send(message)

        await self._pages(scope, receive, unless_down)
        if down:
            await RedirectResponse(f"/?{TROUBLE}={DOWN}", 302)(scope, receive, send)


def _remember(request: Request, headers: MutableHeaders) -> None:
    """What was asked for, until its reader has signed in."""
    path, query = request.scope["path"], request.scope["query_string"].decode("latin-1")
    asked = f"{path}?{query}" if query else path
    if asked != "/" and _OURS.fullmatch(asked):
        headers.append("set-cookie", f"{_ASKED}={asked}; Max-Age={_ASKED_SECONDS}; Path=/; HttpOnly; SameSite=Lax")


def _lead_back(request: Request, headers: MutableHeaders) -> None:
    """After signing in, to what was asked for; after a failure, to the page that says so."""
    if _signs_in(headers):
        asked = request.cookies.get(_ASKED, "")
        if _OURS.fullmatch(asked):
            headers["location"] = asked
        headers.append("set-cookie", f"{_ASKED}=; Max-Age=0; Path=/; HttpOnly; SameSite=Lax")
    elif {"state", "error"} & request.query_params.keys():
        # With neither it is the way back from signing out.
        headers["location"] = f"/?{TROUBLE}={FAILED}"


def _may_come_in(person: Person | None) -> bool:
    return person is not None and person.reader


def _signs_in(headers: MutableHeaders) -> bool:
    return any(value.startswith(f"{_USER}=") and not _deletes(value) for value in headers.getlist("set-cookie"))


def _deletes(cookie: str) -> bool:
    try:
        return bool(next(iter(SimpleCookie(cookie).values()))["max-age"] == "0")
    except (CookieError, StopIteration):
        return True


def _only_over_tls(headers: MutableHeaders) -> None:
    cookies = headers.getlist("set-cookie")
    del headers["set-cookie"]
    for cookie in cookies:
        headers.append("set-cookie", cookie if "; secure" in cookie.lower() else f"{cookie}; Secure")
