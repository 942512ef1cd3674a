"""Who is let in, and with how much: key, loopback, size and time of a body; it knows nothing of what lies behind."""

from __future__ import annotations

import asyncio
import hmac
import re
from ipaddress import ip_address

from starlette.datastructures import Headers
from starlette.requests import ClientDisconnect
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from rag.api.problems import Problem

# A question of 2,000 characters with a hundred earlier turns fits.
MOST_BODY = 256_000
BODY_SECONDS = 20.0
# What a supervisor asks, from wherever it runs; neither says what the library holds or where it lies.
_ANYBODY = ("/health", "/ready")
_LOOPBACK = re.compile(r"(localhost|127(?:\.[0-9]{1,3}){3}|\[::1\])(:[0-9]{1,5})?", re.IGNORECASE)
# Only proxies write these.
_FORWARDED = re.compile(r"forwarded|via|x-forwarded-.+|x-real-ip|x-client-ip|true-client-ip|cf-connecting-ip", re.IGNORECASE)
_OUTSIDE = "set NEWSDESK_API_KEY where Newsdesk runs, and send it as Authorization: Bearer KEY."


class Door:
    """Stands before an application: refuses whom it does not know, and hands on requests whose body is there, whole and small."""

    def __init__(self, app: ASGIApp, key: str | None, *, local: bool = True) -> None:
        self._app = app
        self._key = key
        self._local = local

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer a request, or let it through."""
        if scope["type"] == "websocket":
            await send({"type": "websocket.close", "code": 1008})
            return
        path = scope["path"].removeprefix(scope.get("root_path", ""))
        refused = None if path in _ANYBODY else refusal(scope, self._key, local=self._local)
        try:
            body = b"" if refused else await _body(Headers(scope=scope), receive)
        except _Refused as error:
            refused = error.problem
        except ClientDisconnect:
            return
        if refused:
            # What is left of the body is not read, so that the connection is of no more use.
            refused.headers["Connection"] = "close"
            await refused(scope, receive, send)
            return
        await self._app(scope, _again(body, receive), send)


def refusal(scope: Scope, key: str | None, *, local: bool = True) -> Problem | None:
    """Why a request is not answered, None where it is: the one place that decides who asks.

    With a key, whoever carries it. Without one, and where ``local``, programs on this computer: a page of another site that a browser shows here
    would name that site as the origin, or, after its name was bound to this computer, as the host; a proxy on this computer says for whom it
    asks, or, where it is nginx as it comes, speaks HTTP/1.0.
    """
    headers = Headers(scope=scope)
    if key is not None:
        scheme, _, given = headers.get("authorization", "").partition(" ")
        if scheme.lower() == "bearer" and hmac.compare_digest(given.strip().encode(), key.encode()):
            return None
        return Problem(
            401, "This needs a key: send it as Authorization: Bearer KEY (NEWSDESK_API_KEY).", headers={"WWW-Authenticate": "Bearer"}
        )
    if not local:
        return Problem(403, f"People sign in here, so that programs need a key: {_OUTSIDE}")
    if scope.get("http_version") == "1.0" or any(_FORWARDED.fullmatch(name) for name in headers):
        return Problem(403, f"Without a key, what comes through a proxy is not answered: {_OUTSIDE}")
    hosts, origins = headers.getlist("host"), headers.getlist("origin")
    if not _is_loopback(scope.get("client")):
        return Problem(403, f"Without a key, only programs on the same computer are answered: {_OUTSIDE}")
    if len(hosts) != 1 or not _LOOPBACK.fullmatch(hosts[0]):
        return Problem(403, f"Without a key, Newsdesk is asked as localhost, and not by another name: {_OUTSIDE}")
    if any(origin.lower() not in (f"http://{hosts[0].lower()}", f"https://{hosts[0].lower()}") for origin in origins):
        return Problem(403, f"Pages of other sites are not answered: {_OUTSIDE}")
    return None


def _is_loopback(client: tuple[str, int] | None) -> bool:
    try:
        address = ip_address(client[0]) if client else None
    except ValueError:
        return False
    mapped = getattr(address, "ipv4_mapped", None)
    return bool(address and (mapped or address).is_loopback)


class _Refused(Exception):
    def __init__(self, problem: Problem) -> None:
        self.problem = problem


async def _body(headers: Headers, receive: Receive) -> bytes:
    """The whole body; raises _Refused where it is too large or too slow, ClientDisconnect where it does not come to its end."""
    too_large = _Refused(Problem(413, f"The body is larger than {MOST_BODY:,} bytes: send fewer or shorter turns."))
    if (stated := headers.get("content-length", "0")).isdecimal() and int(stated[:20]) > MOST_BODY:
        raise too_large
    parts, size = [], 0
    try:
        async with asyncio.timeout(BODY_SECONDS):
            while True:
                message = await receive()
                if message["type"] == "http.disconnect":
                    raise ClientDisconnect
                parts.append(message.get("body", b""))
                size += len(parts[-1])
                if size > MOST_BODY:
                    raise too_large
                if not message.get("more_body"):
                    return b"".join(parts)
    except TimeoutError as error:
        raise _Refused(Problem(408, f"The body did not come within {BODY_SECONDS:.0f} s: send it at once.")) from error


def _again(body: bytes, receive: Receive) -> Receive:
    """What gives a body that was read, and then what comes after it."""
    first: list[Message] = [{"type": "http.request", "body": body}]

    async def next_message() -> Message:
        return first.pop() if first else await receive()

    return next_message
